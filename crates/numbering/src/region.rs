//! A region: the country or territory whose numbering plan a number follows.

use std::{fmt, str::FromStr};

use crate::Plans;

/// Two letters as in ISO 3166-1 (`BD`, `FI`, and libphonenumber's additions such as `XK` and `AC`), `001` for numbers of no
/// place (satellite phones, international freephone), `ZZ` for unknown.
///
/// ```
/// use numbering::Region;
///
/// let region: Region = "bd".parse().unwrap();
/// assert_eq!(region.to_string(), "BD");
/// assert_eq!(region.calling_code(), Some(880));
/// assert_eq!("001".parse(), Ok(Region::NON_GEOGRAPHIC));
/// assert!("Bangladesh".parse::<Region>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; 2]);

impl Region {
    /// Numbers of no place, written `001`.
    pub const NON_GEOGRAPHIC: Self = Self(*b"01");
    /// Unknown, written `ZZ`.
    pub const UNKNOWN: Self = Self(*b"ZZ");

    pub fn as_str(&self) -> &str {
        if *self == Self::NON_GEOGRAPHIC {
            return "001";
        }
        std::str::from_utf8(&self.0).expect("two ASCII letters by construction")
    }

    /// The country calling code, if there is a numbering plan for this region.
    pub fn calling_code(self) -> Option<u16> {
        let plans = Plans::BUILT_IN;
        // A calling code is not a property of 001: many share it.
        Some(plans.territory(plans.territory_of(self.0)?).code())
    }

    pub(crate) const fn bytes(self) -> [u8; 2] {
        self.0
    }

    /// The region of a plan, which writes `01` for `001`.
    pub(crate) const fn of_plan(id: [u8; 2]) -> Self {
        Self(id)
    }

    /// Whether there is a numbering plan for this region.
    pub fn is_supported(self) -> bool {
        self.calling_code().is_some()
    }
}

impl FromStr for Region {
    type Err = NotARegion;

    fn from_str(text: &str) -> Result<Self, NotARegion> {
        match text.as_bytes() {
            b"001" => Ok(Self::NON_GEOGRAPHIC),
            [first, second] if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() => {
                Ok(Self([first.to_ascii_uppercase(), second.to_ascii_uppercase()]))
            }
            _ => Err(NotARegion),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a region code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotARegion;

impl fmt::Display for NotARegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a region is two letters such as BD, or 001 for numbers of no place")
    }
}

impl std::error::Error for NotARegion {}
