//! From what somebody wrote to a number, or to the precise reason why it is none.

use std::fmt;

use crate::{PhoneNumber, Region, engine};

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
    let (parts, extension) = engine::parse(raw, default_region)?;
    let number = PhoneNumber::pack(parts).ok_or(ParseError::TooLong)?;
    Ok(Parsed { number, extension: extension.map(Extension) })
}

/// What was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parsed {
    pub number: PhoneNumber,
    pub extension: Option<Extension>,
}

/// Digits to dial after the call is answered, as written. `Debug` hides them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Extension(pub(crate) Box<str>);

impl Extension {
    pub fn as_str(&self) -> &str {
        &self.0
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
