//! A persona: one distinct set of identity details as a source wrote them, and when it was seen. A fact, never rewritten.

use std::{fmt, str::FromStr};

use base::{Id, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What an `Id<Persona>` identifies.
#[derive(Debug)]
pub enum Persona {}

/// What an `Id<Customer>` identifies: a person known to the shop. Its id is the id of the persona that founded it.
#[derive(Debug)]
pub enum Customer {}

/// The keyed index of a number: equal for equal numbers, useless to whoever lacks the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumberKey(pub [u8; 32]);

impl fmt::Debug for NumberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NumberKey({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

impl fmt::Display for NumberKey {
    /// All of it, as 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotANumberKey;

impl fmt::Display for NotANumberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the 64 hexadecimal digits of a number's index")
    }
}

impl std::error::Error for NotANumberKey {}

impl FromStr for NumberKey {
    type Err = NotANumberKey;
    fn from_str(text: &str) -> Result<Self, NotANumberKey> {
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NotANumberKey);
        }
        let mut key = [0u8; 32];
        for (at, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| NotANumberKey)?;
        }
        Ok(Self(key))
    }
}

impl Serialize for NumberKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NumberKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Identity details in the clear, as written. Printing them for debugging shows only which of them there are.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Details {
    pub name: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
    pub postcode: Option<String>,
    pub country: Option<String>,
    pub loyalty_id: Option<String>,
    pub device_id: Option<String>,
}

impl Details {
    /// Whether anything in it says who it is (a device or a country alone does not).
    pub fn says_who(&self) -> bool {
        self.name.is_some() || self.email.is_some() || self.loyalty_id.is_some()
    }
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut set = f.debug_set();
        for (label, value) in [
            ("name", &self.name),
            ("email", &self.email),
            ("address", &self.address),
            ("postcode", &self.postcode),
            ("country", &self.country),
            ("loyalty_id", &self.loyalty_id),
            ("device_id", &self.device_id),
        ] {
            if value.is_some() {
                set.entry(&format_args!("{label}"));
            }
        }
        set.finish()
    }
}

/// A persona with the orders that came in under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sighting {
    pub persona: Id<Persona>,
    pub number: Option<NumberKey>,
    pub details: Details,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub orders: u32,
    /// When its orders were placed, ascending. Empty when not loaded: then `first_at` and `last_at` stand for all.
    pub dates: Vec<Timestamp>,
}
