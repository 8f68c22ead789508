//! Links in the place of codes: an address of ours that ends in the verification's id and a secret, which is derived like a code, by a key outside the database, and is nowhere in between.
//!
//! Messengers open links to show what is behind them, so that opening one does nothing: whoever shows it to [`Verifications::check_link`](super::Verifications::check_link) has pressed a button.

use std::fmt;

use base::{Id, Secret};
use data_encoding::BASE64URL_NOPAD;
use vault::IndexKey;

use super::{Verification, code::Binding};

/// 160 bits: nobody finds one by trying.
const SECRET_BYTES: usize = 20;
const ID_BYTES: usize = 16;
/// Longest address of a page that a link may open, in bytes: the text must not grow beyond three segments.
pub const PAGE_BYTES_MAX: usize = 200;

/// What stands at the end of a link: which verification it is for, and the secret that shows that the text was received.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    pub id: Id<Verification>,
    secret: [u8; SECRET_BYTES],
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, …)", self.id)
    }
}

impl Token {
    /// HMAC-SHA256 under the shop's key for codes, of the same things as a code and of a word that no code has.
    pub(super) fn derive(key: &IndexKey, binding: Binding<'_>) -> Self {
        let mac = key.of_parts([
            &b"link"[..],
            &binding.id.as_bytes()[..],
            &binding.number.0,
            binding.purpose.code().as_bytes(),
            binding.approving.unwrap_or_default().as_bytes(),
        ]);
        let mut secret = [0; SECRET_BYTES];
        secret.copy_from_slice(&mac[..SECRET_BYTES]);
        Self { id: binding.id, secret }
    }

    /// Reads what stands at the end of a link; `None` when it can be none of ours.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (id, secret) = bytes.split_at_checked(ID_BYTES)?;
        let id = uuid::Uuid::from_slice(id).ok()?;
        Some(Self { id: Id::from_uuid(id), secret: secret.try_into().ok()? })
    }

    /// Compares without telling by its time where two differ.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let differing = self.secret.iter().zip(&other.secret).fold(0u8, |all, (l, r)| all | (l ^ r));
        self.id == other.id && std::hint::black_box(differing) == 0
    }

    /// The link to a page.
    pub(super) fn at(&self, page: &str) -> Secret<String> {
        let bytes = [&self.id.as_bytes()[..], &self.secret].concat();
        Secret::new(format!("{page}{}", BASE64URL_NOPAD.encode(&bytes)))
    }
}

#[cfg(test)]
mod tests {
    use base::ShopId;
    use customers::NumberKey;
    use vault::{KeyFile, Vault};

    use super::*;
    use crate::verification::Purpose;

    #[test]
    fn a_link_is_read_as_it_was_made_and_is_bound_to_everything() {
        let vault = Vault::new(KeyFile::generate());
        let shop = |of: u128| ShopId::from_uuid(uuid::Uuid::from_u128(of));
        let (number, other) = (NumberKey([7; 32]), NumberKey([8; 32]));
        let binding = Binding {
            id: Id::from_uuid(uuid::Uuid::from_u128(1)),
            number: &number,
            purpose: Purpose::Recovery,
            approving: None,
            digits: 6,
        };
        let key = &vault.indexes(shop(1)).code;
        let own = Token::derive(key, binding);
        let link = own.at("https://shop.example/l/");
        let end = link.reveal().strip_prefix("https://shop.example/l/").unwrap();
        assert!(Token::read(end).unwrap().is_same(&own));
        // 36 bytes are 48 letters of base64.
        assert_eq!(end.len(), 48);
        for another in [
            Token::derive(key, Binding { id: Id::from_uuid(uuid::Uuid::from_u128(2)), ..binding }),
            Token::derive(key, Binding { number: &other, ..binding }),
            Token::derive(key, Binding { purpose: Purpose::CallerCheck, ..binding }),
            Token::derive(key, Binding { approving: Some("a"), ..binding }),
            Token::derive(&vault.indexes(shop(2)).code, binding),
        ] {
            assert!(!another.is_same(&own) && another.secret != own.secret);
        }
    }

    #[test]
    fn what_is_no_link_of_ours_is_not_read() {
        let whole = BASE64URL_NOPAD.encode(&[1; ID_BYTES + SECRET_BYTES]);
        assert!(Token::read(&whole).is_some());
        for bad in ["", "x", &whole[..47], &format!("{whole}AAAA"), &format!("{}+", &whole[..47])] {
            assert!(Token::read(bad).is_none(), "{bad}");
        }
    }
}
