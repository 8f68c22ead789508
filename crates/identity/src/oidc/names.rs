//! The words of the protocol that we know: kinds of clients, scopes, and how strongly somebody was proved.

use std::{fmt, str::FromStr};

use base::Fault;
use serde::{Deserialize, Serialize};

use crate::accounts::Methods;

/// Whether a client can keep a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// A server: it has a secret.
    Confidential,
    /// An app or a page: it has none.
    Public,
}

impl ClientKind {
    pub const ALL: [Self; 2] = [Self::Confidential, Self::Public];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Confidential => "confidential",
            Self::Public => "public",
        }
    }
}

impl FromStr for ClientKind {
    type Err = Fault;
    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL.into_iter().find(|kind| kind.code() == text).ok_or_else(|| {
            Fault::invalid("client_kind_unknown", "A client is confidential or public.").field("kind")
        })
    }
}

/// What a client may be granted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grantable {
    /// Who it is: an opaque subject.
    Openid,
    /// The number and that it was proved.
    Phone,
    /// When the account was changed last; we keep no name of our own making.
    Profile,
    /// Refresh tokens, for when nobody is there.
    OfflineAccess,
}

impl Grantable {
    pub const ALL: [Self; 4] = [Self::Openid, Self::Phone, Self::Profile, Self::OfflineAccess];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Openid => "openid",
            Self::Phone => "phone",
            Self::Profile => "profile",
            Self::OfflineAccess => "offline_access",
        }
    }

    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// Several of them, in order and once each.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Scopes(Vec<Grantable>);

impl Scopes {
    pub fn all() -> Self {
        Self(Grantable::ALL.to_vec())
    }

    pub fn new(mut scopes: Vec<Grantable>) -> Self {
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }

    /// Those of a list that we know; the protocol says to leave the others out.
    pub fn known_in(text: &str) -> Self {
        Self::new(text.split_ascii_whitespace().filter_map(Grantable::of).collect())
    }

    pub fn has(&self, scope: Grantable) -> bool {
        self.0.contains(&scope)
    }

    pub fn is_within(&self, allowed: &Self) -> bool {
        self.0.iter().all(|scope| allowed.has(*scope))
    }

    pub fn codes(&self) -> Vec<&'static str> {
        self.0.iter().map(|scope| scope.code()).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.codes().join(" "))
    }
}

/// How strongly somebody was proved: the authenticator assurance levels of NIST SP 800-63B.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acr {
    /// One factor: a code to a number.
    One,
    /// Two factors, or a passkey that asked for a finger, a face or a PIN.
    Two,
}

impl Acr {
    pub const ALL: [Self; 2] = [Self::One, Self::Two];

    pub const fn code(self) -> &'static str {
        match self {
            Self::One => "urn:trunkline:acr:1",
            Self::Two => "urn:trunkline:acr:2",
        }
    }

    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|acr| acr.code() == code)
    }

    pub fn by(methods: Methods) -> Self {
        if methods.are_two_factors() { Self::Two } else { Self::One }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_known_ordered_and_once() {
        let scopes = Scopes::known_in("phone  openid email phone");
        assert_eq!(scopes.to_string(), "openid phone");
        assert!(scopes.is_within(&Scopes::all()) && !Scopes::all().is_within(&scopes));
    }
}
