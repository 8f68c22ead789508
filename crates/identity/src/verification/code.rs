//! One-time codes: derived when they are sent and derived again when they are checked; in between they are nowhere.

use base::{Id, Secret};
use customers::NumberKey;
use vault::IndexKey;

use super::{Purpose, Verification};

/// Fewest and most digits of a code.
pub const DIGITS_MIN: u8 = 4;
pub const DIGITS_MAX: u8 = 10;

/// What a code is bound to, besides the shop, whose key derives it.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    pub id: Id<Verification>,
    pub number: &'a NumberKey,
    pub purpose: Purpose,
    pub approving: Option<&'a str>,
    pub digits: u8,
}

/// The code of a verification: HMAC-SHA256 under the shop's key for codes, cut to its digits. The bias of cutting 128 bits to ten digits is below 1e-28.
pub fn derive(key: &IndexKey, binding: Binding<'_>) -> Secret<String> {
    let digits = binding.digits.clamp(DIGITS_MIN, DIGITS_MAX);
    let mac = key.of_parts([
        &binding.id.as_bytes()[..],
        &binding.number.0,
        binding.purpose.code().as_bytes(),
        binding.approving.unwrap_or_default().as_bytes(),
        &[digits],
    ]);
    let high: [u8; 16] = mac[..16].try_into().expect("sixteen of 32 bytes");
    let value = u128::from_be_bytes(high) % 10u128.pow(digits.into());
    Secret::new(format!("{value:0width$}", width = usize::from(digits)))
}

/// A code as people type it, with the digits of their script and blanks or dashes between them: its digits, or `None` when it cannot be a code.
pub fn read(typed: &str) -> Option<Secret<String>> {
    let mut digits = String::with_capacity(usize::from(DIGITS_MAX));
    for c in typed.chars() {
        match digit(c) {
            Some(digit) if digits.len() < usize::from(DIGITS_MAX) => digits.push(digit),
            Some(_) => return None,
            None if c.is_whitespace() || "-‐‑–.\u{200e}\u{200f}".contains(c) => {}
            None => return None,
        }
    }
    (digits.len() >= usize::from(DIGITS_MIN)).then(|| Secret::new(digits))
}

/// The decimal digit that a character is in the scripts whose keyboards have digits of their own.
fn digit(c: char) -> Option<char> {
    const ZEROS: [char; 9] = ['0', '٠', '۰', '०', '০', '๐', '໐', '၀', '０'];
    ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value <= 9)?;
        char::from_digit(value, 10)
    })
}

/// Compares without telling by its time where two codes differ.
pub fn is_same(left: &Secret<String>, right: &Secret<String>) -> bool {
    let (left, right) = (left.reveal().as_bytes(), right.reveal().as_bytes());
    let differing = left.iter().zip(right).fold(0u8, |all, (l, r)| all | (l ^ r));
    left.len() == right.len() && std::hint::black_box(differing) == 0
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use base::ShopId;
    use vault::{KeyFile, Vault};

    use super::*;

    const NUMBER: NumberKey = NumberKey([7; 32]);

    fn shop(of: u128) -> ShopId {
        ShopId::from_uuid(uuid::Uuid::from_u128(of))
    }

    fn binding() -> Binding<'static> {
        let id = Id::from_uuid(uuid::Uuid::from_u128(1));
        Binding { id, number: &NUMBER, purpose: Purpose::SignIn, approving: None, digits: 10 }
    }

    #[test]
    fn a_code_is_the_same_again_and_another_for_everything_else_that_it_is_bound_to() {
        let vault = Vault::new(KeyFile::generate());
        let key = &vault.indexes(shop(1)).code;
        let code = |binding| derive(key, binding).reveal().clone();
        let own = code(binding());
        assert_eq!(code(binding()), own);
        let other = NumberKey([8; 32]);
        let others = [
            code(Binding { id: Id::from_uuid(uuid::Uuid::from_u128(2)), ..binding() }),
            code(Binding { number: &other, ..binding() }),
            code(Binding { purpose: Purpose::StepUp, ..binding() }),
            code(Binding { approving: Some("a new address"), ..binding() }),
            derive(&vault.indexes(shop(2)).code, binding()).reveal().clone(),
            derive(&Vault::new(KeyFile::generate()).indexes(shop(1)).code, binding()).reveal().clone(),
        ];
        let all: HashSet<&String> = others.iter().chain([&own]).collect();
        assert_eq!(all.len(), 7, "seven bindings, seven codes");
    }

    #[test]
    fn codes_have_their_digits_and_are_spread_evenly() {
        let vault = Vault::new(KeyFile::generate());
        let key = &vault.indexes(shop(1)).code;
        for digits in DIGITS_MIN..=DIGITS_MAX {
            assert_eq!(derive(key, Binding { digits, ..binding() }).reveal().len(), usize::from(digits));
        }
        let mut firsts = [0u32; 10];
        for at in 0..10_000u128 {
            let id = Id::from_uuid(uuid::Uuid::from_u128(at));
            let code = derive(key, Binding { id, digits: 6, ..binding() });
            firsts[usize::from(code.reveal().as_bytes()[0] - b'0')] += 1;
        }
        // A thousand each; seven standard deviations are 210.
        assert!(firsts.iter().all(|count| (790..=1210).contains(count)), "{firsts:?}");
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        for (typed, read_as) in [
            ("123456", Some("123456")),
            (" 123 456 ", Some("123456")),
            ("123-456", Some("123456")),
            ("১২৩৪৫৬", Some("123456")),
            ("٠١٢٣", Some("0123")),
            ("１２３４", Some("1234")),
            ("123", None),
            ("12345678901", None),
            ("12a456", None),
            ("", None),
        ] {
            assert_eq!(read(typed).map(|code| code.reveal().clone()).as_deref(), read_as, "{typed}");
        }
    }

    #[test]
    fn comparing_takes_all_digits_into_account() {
        let code = |text: &str| Secret::new(text.to_owned());
        assert!(is_same(&code("123456"), &code("123456")));
        for other in ["023456", "123457", "12345", "1234567", ""] {
            assert!(!is_same(&code("123456"), &code(other)), "{other}");
        }
    }
}
