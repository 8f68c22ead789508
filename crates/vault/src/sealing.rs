//! Sealing: XChaCha20-Poly1305 with a random 192-bit nonce, bound to the place where the value is kept.
//!
//! Format of a sealed value: `1` (format), key version (u16, little endian), nonce (24 bytes), ciphertext, tag (16 bytes).

use std::fmt;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use rand::Rng;
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const HEADER: usize = 3;
const NONCE: usize = 24;

/// Where a sealed value lives; part of what is authenticated, so that values cannot be moved about.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub table: &'static str,
    pub column: &'static str,
    pub row: &'a [u8],
}

impl Place<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.table.len() + self.column.len() + self.row.len() + 2);
        bytes.extend_from_slice(self.table.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(self.column.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(self.row);
        bytes
    }
}

/// Why a sealed value could not be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenError {
    /// Too short or of an unknown format.
    NotSealed,
    /// Sealed by a key version that the key file does not hold.
    UnknownKeyVersion(u16),
    /// Another key, another place, or changed bytes.
    Forged,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSealed => f.write_str("the stored value is not in the sealed format"),
            Self::UnknownKeyVersion(version) => write!(f, "the key file does not hold key version {version}"),
            Self::Forged => {
                f.write_str("the sealed value does not belong to this key and place, or was changed")
            }
        }
    }
}

impl std::error::Error for OpenError {}

impl From<OpenError> for base::Fault {
    fn from(error: OpenError) -> Self {
        base::Fault::internal(error)
    }
}

/// A symmetric key that seals the details of one record.
pub struct DataKey {
    version: u16,
    cipher: XChaCha20Poly1305,
    bytes: Zeroizing<[u8; 32]>,
}

impl DataKey {
    pub(crate) fn generate() -> Self {
        let mut bytes = Zeroizing::new([0u8; 32]);
        rand::rng().fill_bytes(bytes.as_mut());
        Self::from_bytes(1, bytes)
    }

    pub(crate) fn from_bytes(version: u16, bytes: Zeroizing<[u8; 32]>) -> Self {
        let cipher = XChaCha20Poly1305::new_from_slice(bytes.as_ref()).expect("32 bytes are a key");
        Self { version, cipher, bytes }
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Seals `plain` for `place`.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0u8; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad: &place.associated_data() };
        let sealed = self.cipher.encrypt(&nonce.into(), payload).expect("below the cipher's 256 GiB limit");
        let mut out = Vec::with_capacity(HEADER + NONCE + sealed.len());
        out.push(FORMAT);
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        out
    }

    /// Opens what [`DataKey::seal`] made for the same place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let version = version_of(sealed)?;
        if version != self.version {
            return Err(OpenError::UnknownKeyVersion(version));
        }
        let (nonce, body) = sealed[HEADER..].split_at(NONCE);
        let nonce: [u8; NONCE] = nonce.try_into().expect("split at the nonce's length");
        let payload = Payload { msg: body, aad: &place.associated_data() };
        self.cipher.decrypt(&nonce.into(), payload).map_err(|_| OpenError::Forged)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey(v{}, …)", self.version)
    }
}

/// The key version that a sealed value names.
pub(crate) fn version_of(sealed: &[u8]) -> Result<u16, OpenError> {
    match sealed {
        [FORMAT, low, high, rest @ ..] if rest.len() >= NONCE + 16 => Ok(u16::from_le_bytes([*low, *high])),
        _ => Err(OpenError::NotSealed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLACE: Place<'static> = Place { table: "t", column: "c", row: b"1" };

    proptest! {
        #[test]
        fn what_is_sealed_opens(plain: Vec<u8>) {
            let key = DataKey::generate();
            prop_assert_eq!(key.open(PLACE, &key.seal(PLACE, &plain)), Ok(plain));
        }

        #[test]
        fn a_changed_byte_never_opens(plain: Vec<u8>, at: prop::sample::Index, flip in 1u8..) {
            let key = DataKey::generate();
            let mut sealed = key.seal(PLACE, &plain);
            let at = at.index(sealed.len());
            sealed[at] ^= flip;
            prop_assert!(key.open(PLACE, &sealed).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_open(bytes: Vec<u8>) {
            prop_assert!(DataKey::generate().open(PLACE, &bytes).is_err());
        }
    }

    #[test]
    fn another_key_or_place_does_not_open() {
        let key = DataKey::generate();
        let sealed = key.seal(PLACE, b"x");
        assert_eq!(DataKey::generate().open(PLACE, &sealed), Err(OpenError::Forged));
        for place in
            [Place { table: "u", ..PLACE }, Place { column: "d", ..PLACE }, Place { row: b"2", ..PLACE }]
        {
            assert_eq!(key.open(place, &sealed), Err(OpenError::Forged));
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let key = DataKey::generate();
        assert_eq!(format!("{key:?}"), "DataKey(v1, …)");
    }
}
