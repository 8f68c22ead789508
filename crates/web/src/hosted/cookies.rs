//! Cookies of the hosted pages, one set a shop: the session, the visitor before there is one, and the device.

use axum::http::{HeaderMap, header};

use crate::session::{self, Token, Transport};

/// Which cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Somebody signed in, or on the way.
    Session,
    /// Ties forms to a browser before anybody is signed in.
    Visitor,
    /// Survives signing out.
    Device,
}

const YEAR_SECONDS: u64 = 365 * 24 * 3600;
const DAY_SECONDS: u64 = 24 * 3600;

impl Kind {
    /// Over HTTPS the `__Host-` prefix makes browsers refuse it from any other host or path.
    fn name(self, transport: Transport, slug: &str) -> String {
        let prefix = if transport == Transport::Https { "__Host-" } else { "" };
        let kind = match self {
            Self::Session => "session",
            Self::Visitor => "visitor",
            Self::Device => "device",
        };
        format!("{prefix}account-{kind}-{slug}")
    }

    const fn seconds(self) -> u64 {
        match self {
            Self::Session => identity::accounts::SESSION_SECONDS_MAX.unsigned_abs(),
            Self::Visitor => DAY_SECONDS,
            Self::Device => YEAR_SECONDS,
        }
    }

    /// The value of `Set-Cookie`.
    pub fn set(self, transport: Transport, slug: &str, value: &str) -> String {
        let seconds = if value.is_empty() { 0 } else { self.seconds() };
        session::set(&self.name(transport, slug), value, transport, seconds)
    }

    /// The value that a browser sent.
    fn read(self, headers: &HeaderMap, transport: Transport, slug: &str) -> Option<String> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        session::sent_once(lines, &self.name(transport, slug)).map(str::to_owned)
    }

    pub fn token(self, headers: &HeaderMap, transport: Transport, slug: &str) -> Option<Token> {
        Token::parse(&self.read(headers, transport, slug)?)
    }
}

/// What the cookie of the device holds.
pub(super) fn device(headers: &HeaderMap, transport: Transport, slug: &str) -> Option<String> {
    Kind::Device.read(headers, transport, slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(line: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, line.parse().unwrap())])
    }

    #[test]
    fn cookies_of_one_shop_are_not_those_of_another() {
        let token = Token::visitor(&mut rand::rng());
        for transport in [Transport::Plain, Transport::Https] {
            let set = Kind::Session.set(transport, "kivi", token.reveal());
            let pair = set.split(';').next().unwrap();
            assert_eq!(Kind::Session.token(&sent(pair), transport, "kivi"), Some(token.clone()));
            assert_eq!(Kind::Session.token(&sent(pair), transport, "kaari"), None);
            assert_eq!(Kind::Visitor.token(&sent(pair), transport, "kivi"), None);
            assert_eq!(Kind::Session.token(&sent(&format!("{pair}; {pair}")), transport, "kivi"), None);
            assert_eq!(set.contains("; Secure") && set.starts_with("__Host-"), transport == Transport::Https);
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"));
        }
    }
}
