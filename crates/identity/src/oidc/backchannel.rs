//! Clients that ask somebody on their phone, without a browser of theirs: OpenID Client-Initiated Backchannel Authentication (core 1.0), in poll mode, for the check of a caller. Here are the
//! rules, pure: what may be asked, and what a client that asks how it stands is told. The verbs are [`Backchannel`]'s.
//!
//! A number that nobody signs in with is answered like any other and stays undecided until its time is over.

mod rows;
mod service;

use base::{Id, Timestamp};
use numbering::{PhoneNumber, Possibility, Region};

use super::{Client, ClientKind, Grantable, Refused, Scopes, request::Parameters};
use crate::{
    accounts::{Account, Methods},
    verification::{Verification, texts},
};

pub(super) use rows::{erase, forget};
pub use service::{Asking, Backchannel, Way};

/// The grant's name at the token endpoint.
pub const GRANT_TYPE: &str = "urn:openid:params:grant-type:ciba";
/// How long a client waits between two questions, and by how much longer once it was too quick.
pub const PAUSE_SECONDS: i64 = 5;

base::coded! {
    /// How a request stands.
    State {
        Pending = "pending",
        Approved = "approved",
        Denied = "denied",
        /// Its tokens were given out.
        Taken = "taken",
    }
}

/// A request as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Kept {
    pub client: Id<Client>,
    pub verification: Id<Verification>,
    pub scopes: Scopes,
    pub state: State,
    pub account: Option<Id<Account>>,
    pub methods: Methods,
    pub proved_at: Option<Timestamp>,
    pub pause_seconds: i64,
    pub asked_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a client that asks how a request stands is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// It gets its tokens.
    Approved,
    No(Refused),
    /// The same, and from now on it waits longer.
    TooQuick(Refused),
}

impl Kept {
    /// How it stands for this client now (core 1.0, 11).
    pub fn standing(&self, client: Id<Client>, now: Timestamp) -> Standing {
        if self.client != client || self.state == State::Taken {
            return Standing::No(Refused::grant(
                "The auth_req_id is not known, or its tokens were given out.",
            ));
        }
        let is_too_quick = self
            .asked_at
            .is_some_and(|at| now.as_micros() - at.as_micros() < self.pause_seconds * Timestamp::SECOND);
        match self.state {
            State::Denied => Standing::No(Refused::access_denied("The person said no.")),
            _ if self.expires_at <= now => {
                Standing::No(Refused::expired_token("Nobody answered in time; ask again from the beginning."))
            }
            State::Approved => Standing::Approved,
            _ if is_too_quick => {
                Standing::TooQuick(Refused::slow_down("Wait five seconds longer between two questions."))
            }
            _ => Standing::No(Refused::authorization_pending("The person has not answered yet.")),
        }
    }
}

/// What a client wants, read strictly (core 1.0, 7.1).
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub scopes: Scopes,
    pub number: PhoneNumber,
    /// What the text and the page say that it is about.
    pub saying: String,
    pub seconds_max: Option<i64>,
}

impl Wish {
    pub fn read(parameters: &Parameters, client: &Client, region: Option<Region>) -> Result<Self, Refused> {
        if client.kind != ClientKind::Confidential || !client.settings.backchannel_authentication {
            return Err(Refused::unauthorized_client("The client may not ask people on their phones."));
        }
        for name in ["request", "id_token_hint", "login_hint_token"] {
            if parameters.get(name).is_some() {
                return Err(Refused::request(
                    "Say whom you mean by login_hint, a number, and by nothing else.",
                ));
            }
        }
        let scopes = Scopes::known_in(parameters.need("scope", "scope is missing.")?);
        if !scopes.has(Grantable::Openid) || !scopes.is_within(&client.settings.scopes) {
            return Err(Refused::scope("scope holds openid, and nothing that the client may not have."));
        }
        let hint = parameters.need("login_hint", "login_hint is missing: the number.")?;
        let number = customers::identity::read_number(hint, region).ok().map(|parsed| parsed.number);
        let number = number.filter(|number| number.possibility() == Possibility::Possible);
        let saying = match parameters.get("binding_message") {
            Some(text) => texts::approving(text).map_err(|_| {
                Refused::binding_message("binding_message is one line of at most 60 characters.")
            })?,
            None => client.name.chars().take(texts::APPROVING_CHARS_MAX).collect(),
        };
        Ok(Self {
            scopes,
            number: number.ok_or(Refused::request("login_hint is no number."))?,
            saying,
            seconds_max: seconds_of(parameters)?,
        })
    }
}

fn seconds_of(parameters: &Parameters) -> Result<Option<i64>, Refused> {
    let Some(text) = parameters.get("requested_expiry") else { return Ok(None) };
    let seconds = text.parse::<u32>().ok().filter(|seconds| *seconds > 0);
    seconds
        .map(|seconds| Some(i64::from(seconds)))
        .ok_or(Refused::request("requested_expiry is a positive number of seconds."))
}

#[cfg(test)]
mod tests {
    use base::ShopId;

    use super::*;
    use crate::oidc::Settings;

    fn client(kind: ClientKind, backchannel_authentication: bool) -> Client {
        let scopes = Scopes::known_in("openid phone");
        Client {
            id: Id::from_uuid(uuid::Uuid::from_u128(1)),
            shop: ShopId::from_uuid(uuid::Uuid::nil()),
            name: "Desk".to_owned(),
            kind,
            settings: Settings { scopes, backchannel_authentication, ..Settings::default() },
            created_at: Timestamp::from_micros(0),
        }
    }

    fn read(more: &[(&str, &str)]) -> Result<Wish, &'static str> {
        let mut pairs = vec![("scope", "openid"), ("login_hint", "+358 40 123 4567")];
        pairs.retain(|(name, _)| more.iter().all(|(changed, _)| changed != name));
        pairs.extend(more);
        let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let client = client(ClientKind::Confidential, true);
        let region = "FI".parse().ok();
        Wish::read(&Parameters::new(pairs).unwrap(), &client, region).map_err(|refused| refused.error)
    }

    #[test]
    fn a_wish_is_read_strictly() {
        let wish = read(&[]).unwrap();
        assert_eq!((wish.number.e164().as_str(), wish.saying.as_str()), ("+358401234567", "Desk"));
        assert_eq!(wish.seconds_max, None);
        // As one dials it at home.
        assert_eq!(read(&[("login_hint", "040 1234567")]).unwrap().number, wish.number);
        let wish = read(&[("binding_message", "Ticket 4711"), ("requested_expiry", "60")]).unwrap();
        assert_eq!((wish.saying.as_str(), wish.seconds_max), ("Ticket 4711", Some(60)));
        for (name, value, error) in [
            ("scope", "", "invalid_request"),
            ("scope", "phone", "invalid_scope"),
            ("scope", "openid offline_access", "invalid_scope"),
            ("login_hint", "", "invalid_request"),
            ("login_hint", "aino", "invalid_request"),
            ("login_hint_token", "x", "invalid_request"),
            ("id_token_hint", "x", "invalid_request"),
            ("binding_message", "two\nlines", "invalid_binding_message"),
            ("binding_message", &"x".repeat(61), "invalid_binding_message"),
            ("requested_expiry", "0", "invalid_request"),
            ("requested_expiry", "soon", "invalid_request"),
        ] {
            assert_eq!(read(&[(name, value)]).err(), Some(error), "{name}={value}");
        }
    }

    #[test]
    fn only_a_client_with_a_secret_that_may_asks() {
        let pairs = [("scope", "openid"), ("login_hint", "+358401234567")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let parameters = Parameters::new(pairs).unwrap();
        for (kind, may) in [(ClientKind::Confidential, false), (ClientKind::Public, true)] {
            let refused = Wish::read(&parameters, &client(kind, may), None).err().unwrap();
            assert_eq!(refused.error, "unauthorized_client");
        }
    }

    #[test]
    fn a_client_is_told_how_it_stands() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * Timestamp::SECOND);
        let own = Id::from_uuid(uuid::Uuid::from_u128(1));
        let kept = Kept {
            client: own,
            verification: Id::from_uuid(uuid::Uuid::from_u128(2)),
            scopes: Scopes::known_in("openid"),
            state: State::Pending,
            account: None,
            methods: Methods::default(),
            proved_at: None,
            pause_seconds: 5,
            asked_at: None,
            created_at: at(0),
            expires_at: at(600),
        };
        let told = |state: State, asked_at: Option<i64>, now: i64| match (Kept {
            state,
            asked_at: asked_at.map(at),
            ..kept.clone()
        })
        .standing(own, at(now))
        {
            Standing::Approved => "approved",
            Standing::No(refused) | Standing::TooQuick(refused) => refused.error,
        };
        for (state, asked_at, now, error) in [
            (State::Pending, None, 0, "authorization_pending"),
            (State::Pending, Some(10), 14, "slow_down"),
            (State::Pending, Some(10), 15, "authorization_pending"),
            (State::Pending, Some(10), 600, "expired_token"),
            (State::Denied, Some(10), 11, "access_denied"),
            (State::Approved, Some(10), 11, "approved"),
            (State::Approved, Some(10), 600, "expired_token"),
            (State::Taken, None, 20, "invalid_grant"),
        ] {
            assert_eq!(told(state, asked_at, now), error, "{state} {now}");
        }
        let other = Id::from_uuid(uuid::Uuid::from_u128(3));
        assert!(
            matches!(kept.standing(other, at(0)), Standing::No(refused) if refused.error == "invalid_grant")
        );
    }
}
