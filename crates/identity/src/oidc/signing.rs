//! Signed tokens: ES256 keys made and used by `ring`, tokens written and read by `jsonwebtoken`, and the set of public keys that clients fetch.

use std::sync::Once;

use base::{Fault, Id, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
    signature::{self, Signer, Verifier},
};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
        VerificationAlgorithm as _,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use vault::{Place, Vault};

use super::SigningKey;

/// A key signs for so long, and then another one does.
pub const KEY_SECONDS_MAX: i64 = 90 * 86_400;
/// A key is published for so long before it signs, so that clients that keep the set a while know it.
pub const PUBLISHED_BEFORE_SECONDS: i64 = 3_600;
/// A key is published for so long after its successor began to sign: what it signed has ended by then.
pub const PUBLISHED_AFTER_SECONDS: i64 = 86_400;

/// A key as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptKey {
    pub id: Id<SigningKey>,
    pub data_key: Vec<u8>,
    pub private: Vec<u8>,
    /// The point, uncompressed.
    pub public: Vec<u8>,
    pub created_at: Timestamp,
}

fn place(id: &Id<SigningKey>) -> Place<'_> {
    Place { table: "oidc_keys", column: "private", row: id.as_bytes() }
}

impl KeptKey {
    pub fn generate(vault: &Vault, id: Id<SigningKey>, now: Timestamp) -> Result<Self, Fault> {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(Fault::internal)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random)
            .map_err(Fault::internal)?;
        let (key, data_key) = vault.new_data_key(id.as_bytes());
        let private = key.seal(place(&id), made.as_ref());
        Ok(Self { id, data_key, private, public: pair.public_key().as_ref().to_vec(), created_at: now })
    }

    /// Signs claims; the type says what kind of token it is.
    pub fn sign(&self, vault: &Vault, kind: &str, claims: &impl Serialize) -> Result<String, Fault> {
        install();
        let opened =
            vault.unwrap(&self.data_key, self.id.as_bytes())?.open(place(&self.id), &self.private)?;
        let header = Header {
            typ: Some(kind.to_owned()),
            kid: Some(self.id.to_string()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(&opened)).map_err(Fault::internal)
    }

    /// The key as clients fetch it (RFC 7517).
    pub fn published(&self) -> serde_json::Value {
        let (x, y) = self.coordinates();
        serde_json::json!({ "kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "kid": self.id.to_string(), "x": x, "y": y })
    }

    fn coordinates(&self) -> (String, String) {
        let (x, y) = self.public.get(1..65).unwrap_or(&[0; 64]).split_at(32);
        (BASE64URL_NOPAD.encode(x), BASE64URL_NOPAD.encode(y))
    }
}

/// The key that signs now: the newest that has been published long enough, or the oldest there is.
pub fn signing(keys: &[KeptKey], now: Timestamp) -> Option<&KeptKey> {
    let known_since = now.plus_micros(-PUBLISHED_BEFORE_SECONDS * Timestamp::SECOND);
    let ready =
        keys.iter().filter(|key| key.created_at <= known_since).max_by_key(|key| (key.created_at, key.id));
    ready.or_else(|| keys.iter().min_by_key(|key| (key.created_at, key.id)))
}

/// Whether it is time for another key.
pub fn is_due(keys: &[KeptKey], now: Timestamp) -> bool {
    let newest = keys.iter().map(|key| key.created_at).max();
    newest.is_none_or(|at| now.as_micros() - at.as_micros() >= KEY_SECONDS_MAX * Timestamp::SECOND)
}

/// Keys that sign no more and whose tokens have ended.
pub fn outlived(keys: &[KeptKey], now: Timestamp) -> Vec<Id<SigningKey>> {
    let Some(current) = signing(keys, now) else { return Vec::new() };
    let began = current.created_at.plus_micros(PUBLISHED_BEFORE_SECONDS * Timestamp::SECOND);
    if now.as_micros() - began.as_micros() < PUBLISHED_AFTER_SECONDS * Timestamp::SECOND {
        return Vec::new();
    }
    keys.iter().filter(|key| key.created_at < current.created_at).map(|key| key.id).collect()
}

/// The kind of identity tokens.
pub const ID_TOKEN: &str = "JWT";

/// The claims of an identity token that one of our keys signed; tokens of other kinds are none. Its time is not looked at: an old token still says who was meant.
pub fn read<T: DeserializeOwned>(
    token: &str,
    keys: &[KeptKey],
    audience: Option<&str>,
    issuer: &str,
) -> Option<T> {
    install();
    let header = jsonwebtoken::decode_header(token).ok()?;
    let kid = header.kid.filter(|_| header.typ.as_deref() == Some(ID_TOKEN))?;
    let key = keys.iter().find(|key| key.id.to_string() == kid)?;
    let (x, y) = key.coordinates();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    validation.set_issuer(&[issuer]);
    match audience {
        Some(audience) => validation.set_audience(&[audience]),
        None => validation.validate_aud = false,
    }
    let decoding = DecodingKey::from_ec_components(&x, &y).ok()?;
    jsonwebtoken::decode(token, &decoding, &validation).ok().map(|token| token.claims)
}

/// Half of the SHA-256 of a value, for `at_hash` (OpenID Connect Core, 3.1.3.6).
pub fn half_hash(value: &str) -> String {
    use sha2::{Digest as _, Sha256};
    BASE64URL_NOPAD.encode(&Sha256::digest(value.as_bytes())[..16])
}

/// Tells `jsonwebtoken`, once, to leave cryptography to `ring`, which TLS uses already.
fn install() {
    static ONCE: Once = Once::new();
    // Whoever installed another one before has a program that can sign, too.
    ONCE.call_once(|| {
        let _ = RING.install_default();
    });
}

static RING: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Algorithm::ES256 => {
            let pair = EcdsaKeyPair::from_pkcs8(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                key.as_bytes(),
                &SystemRandom::new(),
            );
            Ok(Box::new(Es256Signer(pair.map_err(|_| invalid_key())?)))
        }
        _ => Err(invalid_key()),
    },
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::ES256 => Ok(Box::new(Es256Verifier(key.try_get_as_bytes()?.to_vec()))),
        _ => Err(invalid_key()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

fn invalid_key() -> Error {
    ErrorKind::InvalidEcdsaKey.into()
}

struct Es256Signer(EcdsaKeyPair);

impl Signer<Vec<u8>> for Es256Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let signed = self.0.sign(&SystemRandom::new(), message).map_err(|_| signature::Error::new())?;
        Ok(signed.as_ref().to_vec())
    }
}

impl JwtSigner for Es256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

struct Es256Verifier(Vec<u8>);

impl Verifier<Vec<u8>> for Es256Verifier {
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> Result<(), signature::Error> {
        let (key, message, signed) = (self.0.as_slice().into(), message.into(), signed.as_slice().into());
        ECDSA_P256_SHA256_FIXED.verify(key, message, signed).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Es256Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use vault::KeyFile;

    use super::*;

    fn key(vault: &Vault, at: i64) -> KeptKey {
        let now = Timestamp::from_micros(at * Timestamp::SECOND);
        KeptKey::generate(vault, Id::new(now, &mut rand::rng()), now).unwrap()
    }

    #[test]
    fn what_we_signed_reads_back_and_nothing_else_does() {
        let vault = Vault::new(KeyFile::generate());
        let (ours, other) = (key(&vault, 1), key(&vault, 2));
        let claims = json!({ "iss": "https://shop.example", "aud": "client", "sub": "person" });
        let token = ours.sign(&vault, "JWT", &claims).unwrap();
        let keys = [other.clone(), ours.clone()];
        let read = |token: &str, audience, issuer| super::read::<Value>(token, &keys, audience, issuer);
        assert_eq!(read(&token, Some("client"), "https://shop.example").unwrap()["sub"], "person");
        assert_eq!(read(&token, Some("another"), "https://shop.example"), None);
        let told = ours.sign(&vault, "logout+jwt", &claims).unwrap();
        assert_eq!(read(&told, Some("client"), "https://shop.example"), None, "another kind of token");
        assert_eq!(read(&token, None, "https://other.example"), None);
        assert_eq!(super::read::<Value>(&token, &[other], None, "https://shop.example"), None);
        let (head, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = head.split_once('.').unwrap();
        let forged = BASE64URL_NOPAD.encode(claims.to_string().replace("person", "thief!").as_bytes());
        assert_eq!(read(&format!("{header}.{forged}.{signature}"), None, "https://shop.example"), None);
        let unsigned = BASE64URL_NOPAD
            .encode(json!({ "alg": "none", "kid": ours.id.to_string() }).to_string().as_bytes());
        let body = BASE64URL_NOPAD.encode(claims.to_string().as_bytes());
        assert_eq!(read(&format!("{unsigned}.{body}."), None, "https://shop.example"), None);
    }

    #[test]
    fn the_private_half_is_sealed_and_unpublished() {
        let vault = Vault::new(KeyFile::generate());
        let key = key(&vault, 1);
        assert!(KeptKey { data_key: vec![], ..key.clone() }.sign(&vault, "JWT", &json!({})).is_err());
        let published = key.published();
        assert_eq!(published.get("d"), None);
        assert_eq!(published["x"].as_str().unwrap().len(), 43);
    }

    #[test]
    fn a_new_key_is_published_before_it_signs_and_an_old_one_after() {
        let vault = Vault::new(KeyFile::generate());
        let day = 86_400;
        let (old, new) = (key(&vault, 0), key(&vault, 90 * day));
        let keys = [old.clone(), new.clone()];
        let at = |seconds: i64| Timestamp::from_micros(seconds * Timestamp::SECOND);
        let signs = |seconds| signing(&keys, at(seconds)).unwrap().id;
        assert_eq!(signs(90 * day), old.id);
        assert_eq!(signs(90 * day + 3_599), old.id);
        assert_eq!(signs(90 * day + 3_600), new.id);
        assert_eq!(outlived(&keys, at(90 * day + 3_600)), []);
        assert_eq!(outlived(&keys, at(91 * day + 3_600)), [old.id]);
        assert!(is_due(&keys[..1], at(90 * day)) && !is_due(&keys[..1], at(89 * day)) && is_due(&[], at(0)));
        // The very first key signs at once.
        assert_eq!(signing(&keys[..1], at(0)).unwrap().id, old.id);
    }

    #[test]
    fn the_half_hash_of_the_standard() {
        // OpenID Connect Core, appendix A.3: the access token and its at_hash.
        assert_eq!(half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
