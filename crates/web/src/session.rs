//! Who the browser is: session tokens, the cookie that carries them, and the token that proves a form is ours.
//!
//! Pure parts only: the sessions themselves are the service's, which keeps them as keyed hashes.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const TOKEN_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 32..=128;
const VISITOR: &str = "tlv_";

/// Form field of the forgery token.
pub const CSRF_FIELD: &str = "csrf";
/// Header of the forgery token, sent by the script.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// How the browser reaches us: it decides on cookie attributes and headers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// On the machine itself or behind nothing.
    Plain,
    /// TLS, here or at the proxy before us.
    Https,
}

/// What names one browser: before signing in a token of ours that only ties forms to the browser, afterwards the token of the
/// staff's session. `Debug` keeps it to itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// For a browser whose person is not known yet: 256 bits of chance.
    pub fn visitor(rng: &mut impl rand::Rng) -> Self {
        let mut bytes = [0; TOKEN_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(format!("{VISITOR}{}", BASE64URL_NOPAD.encode(&bytes)))
    }

    /// The form of a token, whoever made it; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (TOKEN_LENGTH.contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    pub fn is_visitor(&self) -> bool {
        self.0.starts_with(VISITOR)
    }

    /// The text itself, for the cookie and the service that knows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The name of the session cookie. Over HTTPS the `__Host-` prefix makes browsers refuse it from any other host or path.
pub const fn cookie_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Plain => "trunkline-session",
        Transport::Https => "__Host-trunkline-session",
    }
}

/// The value of `Set-Cookie` that begins or prolongs a session.
pub fn cookie(token: &Token, transport: Transport, seconds_left: u64) -> String {
    set(cookie_name(transport), token.reveal(), transport, seconds_left)
}

/// The value of `Set-Cookie` that ends it.
pub fn cookie_gone(transport: Transport) -> String {
    set(cookie_name(transport), "", transport, 0)
}

/// The value of `Set-Cookie` for a cookie of any name.
pub(crate) fn set(name: &str, value: &str, transport: Transport, seconds_left: u64) -> String {
    let secure = if transport == Transport::Https { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds_left}{secure}")
}

/// Reads the session out of a `Cookie` header.
pub fn from_cookies(header: &str, transport: Transport) -> Option<Token> {
    Token::parse(sent_once(std::iter::once(header), cookie_name(transport))?)
}

/// The value of a cookie in `Cookie` headers. A name that appears twice is refused: one of the two was planted.
pub(crate) fn sent_once<'h>(headers: impl Iterator<Item = &'h str>, name: &str) -> Option<&'h str> {
    let pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

/// Makes and checks forgery tokens: salt ‖ HMAC-SHA256(key, salt ‖ session). Bound to the session and salted afresh for every
/// page, so compression of the page tells nothing of it and nothing has to be kept.
#[derive(Clone)]
pub struct CsrfKey([u8; 32]);

impl CsrfKey {
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    pub fn token(&self, session: &Token, rng: &mut impl rand::Rng) -> String {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let mut bytes = salt.to_vec();
        bytes.extend_from_slice(&self.mac(session, &salt).finalize().into_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// In constant time.
    pub fn verifies(&self, session: &Token, token: &str) -> bool {
        let Ok(bytes) = BASE64URL_NOPAD.decode(token.as_bytes()) else { return false };
        let Some((salt, mac)) = bytes.split_at_checked(SALT_BYTES) else { return false };
        self.mac(session, salt).verify_slice(mac).is_ok()
    }

    fn mac(&self, session: &Token, salt: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(b"trunkline console form");
        mac.update(salt);
        mac.update(session.0.as_bytes());
        mac
    }
}

impl fmt::Debug for CsrfKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token::visitor(&mut rand::rng())
    }

    #[test]
    fn a_cookie_reads_back() {
        for transport in [Transport::Plain, Transport::Https] {
            let token = token();
            let set = cookie(&token, transport, 3_600);
            let pair = set.split(';').next().unwrap();
            assert_eq!(from_cookies(&format!("other=1; {pair}"), transport), Some(token));
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"));
            assert_eq!(set.contains("Secure"), transport == Transport::Https);
        }
    }

    #[test]
    fn a_planted_second_cookie_is_refused() {
        let (ours, theirs) = (token(), token());
        let header = format!("trunkline-session={}; trunkline-session={}", theirs.reveal(), ours.reveal());
        assert_eq!(from_cookies(&header, Transport::Plain), None);
    }

    #[test]
    fn a_plain_cookie_is_no_session_over_https() {
        let header = format!("trunkline-session={}", token().reveal());
        assert_eq!(from_cookies(&header, Transport::Https), None);
    }

    #[test]
    fn nonsense_is_no_session() {
        for text in ["", "x", "trunkline-session=", "trunkline-session=AAAA", "trunkline-session=%%%"] {
            assert_eq!(from_cookies(text, Transport::Plain), None, "{text}");
        }
    }

    #[test]
    fn a_form_token_holds_for_its_session_and_key_only() {
        let (key, session) = (CsrfKey::new([7; 32]), token());
        let form = key.token(&session, &mut rand::rng());
        assert!(key.verifies(&session, &form));
        assert!(!key.verifies(&token(), &form));
        assert!(!CsrfKey::new([8; 32]).verifies(&session, &form));
        for forged in ["", "AAAA", &form[1..], &format!("{form}A")] {
            assert!(!key.verifies(&session, forged), "{forged}");
        }
    }

    #[test]
    fn every_page_has_another_form_token() {
        let (key, session) = (CsrfKey::new([7; 32]), token());
        assert_ne!(key.token(&session, &mut rand::rng()), key.token(&session, &mut rand::rng()));
    }

    #[test]
    fn secrets_stay_out_of_debug() {
        let token = token();
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert_eq!(format!("{:?}", CsrfKey::new([7; 32])), "CsrfKey(…)");
    }
}
