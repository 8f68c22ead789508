//! Signatures as Standard Webhooks defines them: HMAC-SHA256 of `id.timestamp.body`, in base64, behind the version `v1`.

use std::fmt;

use base::Secret;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What secrets begin with as they are shown, so that scanners recognise one that leaked.
const PREFIX: &str = "whsec_";
const BYTES: usize = 32;

/// What calls to an endpoint are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Secret<Vec<u8>>);

impl Key {
    pub fn generate() -> Self {
        use rand::Rng as _;
        let mut bytes = vec![0u8; BYTES];
        rand::rng().fill_bytes(&mut bytes);
        Self(Secret::new(bytes))
    }

    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Secret::new(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.reveal()
    }

    /// As the receiver is given it, once: `whsec_` and base64.
    pub fn shown(&self) -> Secret<String> {
        Secret::new(format!("{PREFIX}{}", BASE64.encode(self.bytes())))
    }

    fn mac(&self, id: &str, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.bytes()).expect("HMAC takes keys of every length");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        mac
    }

    /// The signature of a call; `timestamp` is in seconds since 1970.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        format!("v1,{}", BASE64.encode(&self.mac(id, timestamp, body).finalize().into_bytes()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Whether one of the signatures of a header is by one of the keys. Whoever receives also refuses a timestamp that is far from now.
pub fn verify(keys: &[&Key], id: &str, timestamp: i64, body: &[u8], header: &str) -> bool {
    let signatures = header.split(' ').filter_map(|one| one.strip_prefix("v1,"));
    signatures
        .filter_map(|text| BASE64.decode(text.as_bytes()).ok())
        .any(|signature| keys.iter().any(|key| key.mac(id, timestamp, body).verify_slice(&signature).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification's own libraries test with.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let key = Key::from_bytes(BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
        assert_eq!(*key.shown().reveal(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = br#"{"test": 2432232314}"#;
        let signed = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn only_what_was_signed_is_believed() {
        let (key, other) = (Key::generate(), Key::generate());
        let signed = key.sign("a", 1, b"x");
        assert!(verify(&[&other, &key], "a", 1, b"x", &signed));
        assert!(verify(&[&key], "a", 1, b"x", &format!("v1,AAAA v2,x {signed}")));
        for (id, at, body) in [("b", 1, b"x"), ("a", 2, b"x"), ("a", 1, b"y")] {
            assert!(!verify(&[&key], id, at, body, &signed));
        }
        assert!(!verify(&[&other], "a", 1, b"x", &signed));
        assert!(!verify(&[&key], "a", 1, b"x", ""));
        assert_eq!(format!("{key:?}"), "Key(…)");
    }

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (key, other) = (Key::generate(), Key::generate());
        assert_eq!(key.bytes().len(), 32);
        assert_ne!(key.bytes(), other.bytes());
    }
}
