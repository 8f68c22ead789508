//! From what somebody wrote to a number, or to the precise reason why it is none.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use crate::{PhoneNumber, Plans, Region, engine};

/// Reads a number however it is written: national or international, with trunk or international prefix, punctuation, other
/// scripts' digits, letters of a telephone keypad, an extension, as a `tel:` address. `default_region` is where it was written; without
/// it (or with one that has no plan) only international spellings can be understood. A number that parses need not be valid: see
/// [`PhoneNumber::is_valid`] and [`PhoneNumber::possibility`].
///
/// ```
/// use numbering::{ParseError, Region, parse};
///
/// let bangladesh: Region = "BD".parse().unwrap();
/// for spelling in ["01712-345678", "+880 1712 345678", "008801712345678", "০১৭১২-৩৪৫৬৭৮", "tel:+880-1712-345678"] {
///     assert_eq!(parse(spelling, Some(bangladesh)).unwrap().number.e164().as_str(), "+8801712345678");
/// }
/// assert_eq!(parse("01712-345678", None), Err(ParseError::InvalidCountryCode));
/// let office = parse("+44 20 7946 0000 ext. 12", None).unwrap();
/// assert_eq!(office.extension.unwrap().as_str(), "12");
/// ```
///
/// # Errors
/// Says which of libphonenumber's five reasons it is. One is wider here: [`ParseError::TooLong`] is also the answer for seventeen
/// national digits that do not start with `00`, which libphonenumber reads as an impossible number and no plan has.
pub fn parse(raw: &str, default_region: Option<Region>) -> Result<Parsed, ParseError> {
    let plans = Plans::BUILT_IN;
    let parsed =
        engine::parse_and(plans, raw, engine::home(plans, default_region), |resolved, extension| {
            resolved.number().map(|number| Parsed { number, extension })
        })?;
    parsed.ok_or(ParseError::TooLong)
}

/// What was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parsed {
    pub number: PhoneNumber,
    pub extension: Option<Extension>,
}

/// Digits to dial after the call is answered, as written. `Debug` hides them.
#[derive(Clone)]
pub struct Extension(Kept);

/// No extension has more digits, so that those of ASCII need no memory of their own.
const EXTENSION_DIGITS_MAX: usize = 20;

#[derive(Clone)]
enum Kept {
    Ascii {
        digits: [u8; EXTENSION_DIGITS_MAX],
        length: u8,
    },
    /// Digits of another script.
    Text(Box<str>),
}

impl Extension {
    /// The caller sees to it that these are ASCII digits, and not more than an extension has.
    pub(crate) fn of_ascii(written: &[u8]) -> Self {
        let mut digits = [0; EXTENSION_DIGITS_MAX];
        digits[..written.len()].copy_from_slice(written);
        Self(Kept::Ascii { digits, length: u8::try_from(written.len()).unwrap_or_default() })
    }

    pub(crate) fn of_text(written: &str) -> Self {
        Self(Kept::Text(written.into()))
    }

    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kept::Ascii { digits, length } => {
                std::str::from_utf8(&digits[..usize::from(*length)]).expect("ASCII by construction")
            }
            Kept::Text(text) => text,
        }
    }
}

impl PartialEq for Extension {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Extension {}

impl PartialOrd for Extension {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Extension {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Extension {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl AsRef<str> for Extension {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extension(…)")
    }
}

/// Why a text is not a number. The sentence never repeats the text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ParseError {
    InvalidCountryCode,
    NotANumber,
    TooShortAfterIdd,
    TooShortNsn,
    TooLong,
}

impl ParseError {
    pub const ALL: &'static [Self] = &[
        Self::InvalidCountryCode,
        Self::NotANumber,
        Self::TooShortAfterIdd,
        Self::TooShortNsn,
        Self::TooLong,
    ];

    /// The name in libphonenumber.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidCountryCode => "INVALID_COUNTRY_CODE",
            Self::NotANumber => "NOT_A_NUMBER",
            Self::TooShortAfterIdd => "TOO_SHORT_AFTER_IDD",
            Self::TooShortNsn => "TOO_SHORT_NSN",
            Self::TooLong => "TOO_LONG",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|error| error.code() == code)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidCountryCode => {
                "The country calling code does not exist, or it is missing and no region was given to read the number in."
            }
            Self::NotANumber => "The text is not a phone number.",
            Self::TooShortAfterIdd => {
                "After the prefix for international calls there are too few digits for a phone number."
            }
            Self::TooShortNsn => "There are too few digits for a phone number.",
            Self::TooLong => "There are too many digits for a phone number.",
        })
    }
}

impl std::error::Error for ParseError {}
