//! Keyed indexes: 32 bytes of HMAC-SHA256 in place of a value, different for each shop and purpose.

use std::fmt;

use base::ShopId;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Where everything that belongs to an index value is kept: its first eight bytes.
pub fn anchor_of(key: &[u8; 32]) -> i64 {
    i64::from_be_bytes(key[..8].try_into().expect("eight of 32 bytes"))
}

/// One keyed index: maps values to 32 bytes.
#[derive(Clone)]
pub struct IndexKey(Hmac<Sha256>);

impl IndexKey {
    fn derive(secret: &[u8; 32], shop: ShopId, purpose: &str) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length is a key");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(shop.as_bytes());
        let key = mac.finalize().into_bytes();
        Self(Hmac::new_from_slice(&key).expect("any length is a key"))
    }

    /// The index value of `value`.
    pub fn of(&self, value: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(value);
        mac.finalize().into_bytes().into()
    }

    /// The index value of several parts, told apart by their lengths.
    pub fn of_parts<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey(…)")
    }
}

/// The indexes of one shop.
#[derive(Clone, Debug)]
pub struct ShopIndexes {
    pub number: IndexKey,
    pub email: IndexKey,
    pub loyalty: IndexKey,
    pub device: IndexKey,
    pub name: IndexKey,
    /// Over all details of a persona: finds the same details again.
    pub persona: IndexKey,
    /// Chains the audit trail; whoever has only the database cannot forge it.
    pub audit: IndexKey,
    /// Credentials that we only compare: API key secrets, session tokens.
    pub credential: IndexKey,
    /// Derives one-time codes, which are kept nowhere.
    pub code: IndexKey,
}

impl ShopIndexes {
    pub(crate) fn derive(secret: &[u8; 32], shop: ShopId) -> Self {
        let key = |purpose| IndexKey::derive(secret, shop, purpose);
        Self {
            number: key("number"),
            email: key("email"),
            loyalty: key("loyalty"),
            device: key("device"),
            name: key("name"),
            persona: key("persona"),
            audit: key("audit"),
            credential: key("credential"),
            code: key("code"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shops_purposes_and_values_are_apart() {
        let secret = [3u8; 32];
        let shop = |n: u128| ShopId::from_uuid(u128_uuid(n));
        let one = ShopIndexes::derive(&secret, shop(1));
        let same = ShopIndexes::derive(&secret, shop(1));
        let two = ShopIndexes::derive(&secret, shop(2));
        assert_eq!(one.number.of(b"x"), same.number.of(b"x"));
        assert_ne!(one.number.of(b"x"), two.number.of(b"x"));
        assert_ne!(one.number.of(b"x"), one.email.of(b"x"));
        assert_ne!(one.number.of(b"x"), one.number.of(b"y"));
        assert_ne!(one.persona.of_parts([&b"ab"[..], b"c"]), one.persona.of_parts([&b"a"[..], b"bc"]));
    }

    fn u128_uuid(n: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(n)
    }

    #[test]
    fn hmac_is_the_standard_one() {
        // RFC 4231, test case 2.
        let key = IndexKey(Hmac::new_from_slice(b"Jefe").unwrap());
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(data_encoding::HEXLOWER.encode(&key.of(b"what do ya want for nothing?")), expected);
    }
}
