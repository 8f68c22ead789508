//! What is handed to clients: tokens and claims, and what of them is kept.

use base::{Id, Secret, Timestamp};
use serde::Serialize;

use super::{Acr, Client, Grant, Grantable, Scopes};
use crate::accounts::{Account, Methods, SessionView};

/// Everything that came of one sign-in at one client, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KeptGrant {
    pub id: Id<Grant>,
    pub client: Id<Client>,
    pub account: Id<Account>,
    pub session: Id<SessionView>,
    pub scopes: Scopes,
    pub methods: Methods,
    pub proved_at: Timestamp,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A code as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KeptCode {
    pub grant: Id<Grant>,
    pub redirect_uri: String,
    pub challenge: String,
    pub nonce: Option<String>,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenKind {
    Access,
    Refresh,
}

impl TokenKind {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }

    pub fn of(code: &str) -> Option<Self> {
        [Self::Access, Self::Refresh].into_iter().find(|kind| kind.code() == code)
    }
}

/// A token as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Kept {
    pub kind: TokenKind,
    pub grant: Id<Grant>,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl Kept {
    pub fn stands(&self, now: Timestamp) -> bool {
        self.expires_at > now && self.used_at.is_none() && self.revoked_at.is_none()
    }
}

/// How a client says who it is.
#[derive(Clone, Debug)]
pub struct Presented {
    /// As it wrote it: a UUID, if it is one of ours.
    pub client: String,
    pub secret: Option<Secret<String>>,
}

/// The answer of the token endpoint (RFC 6749, 5.1).
#[derive(Clone, Serialize)]
pub struct TokenAnswer {
    pub access_token: String,
    pub token_type: &'static str,
    pub expires_in: i64,
    pub scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl std::fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAnswer").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// The claims of an identity token (OpenID Connect Core, 2).
#[derive(Clone, Serialize)]
pub(super) struct IdToken<'a> {
    pub iss: &'a str,
    pub sub: String,
    pub aud: String,
    pub exp: i64,
    pub iat: i64,
    pub auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    pub acr: &'static str,
    pub amr: Vec<&'static str>,
    pub sid: String,
    pub at_hash: String,
}

pub(super) const fn seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(Timestamp::SECOND)
}

impl<'a> IdToken<'a> {
    pub fn new(
        issuer: &'a str,
        grant: &KeptGrant,
        nonce: Option<String>,
        access_token: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            iss: issuer,
            sub: grant.account.to_string(),
            aud: grant.client.to_string(),
            exp: seconds(now) + super::ID_TOKEN_SECONDS_MAX,
            iat: seconds(now),
            auth_time: seconds(grant.proved_at),
            nonce,
            acr: Acr::by(grant.methods).code(),
            amr: grant.methods.references(),
            sid: grant.session.to_string(),
            at_hash: super::signing::half_hash(access_token),
        }
    }
}

/// What a client may know of a person (OpenID Connect Core, 5.1).
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Claims {
    pub sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
}

impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claims").field("sub", &self.sub).finish_non_exhaustive()
    }
}

impl Claims {
    pub(super) fn of(account: &Account, scopes: &Scopes) -> Self {
        let phone = scopes.has(Grantable::Phone);
        Self {
            sub: account.id.to_string(),
            phone_number: phone.then(|| account.number.e164().as_str().to_owned()),
            phone_number_verified: phone.then_some(account.holds_number),
            updated_at: scopes.has(Grantable::Profile).then(|| seconds(account.proved_at)),
        }
    }
}

/// What is known of a token (RFC 7662, 2.2). Of one that does not stand nothing is said.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Introspection {
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
}
