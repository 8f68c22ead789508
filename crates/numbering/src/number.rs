//! The number itself: eight bytes that hold any E.164 number, leading zeros included, and never print it by accident.

use std::{fmt, num::NonZeroU64};

use crate::{
    Format, LineType, ParseError, Plans, Possibility, Region,
    digits::{Digits, E164},
    engine::{
        place::{self, place_of_parts},
        resolve::split_code,
        writing,
    },
};

/// Bits below the calling code. The national number needs 54: see [`rank`].
const NATIONAL_BITS: u32 = 54;
const NATIONAL_MASK: u64 = (1 << NATIONAL_BITS) - 1;
/// A national number of this length fits only if it starts with `00`. No plan has any other (Indonesia and Japan have these).
const LENGTH_MAX: u32 = 17;
const LENGTH_MIN: u32 = 2;
const LONGEST_BELOW: u64 = 10u64.pow(LENGTH_MAX - 2);

/// A phone number: country calling code and national significant number with its leading zeros (Italy's `06…` is part of the
/// number). Two spellings of one number are one value. Printing it shows a mask; [`PhoneNumber::e164`] is the way to the digits.
///
/// ```
/// use numbering::PhoneNumber;
///
/// let number = PhoneNumber::from_e164("+8801712345678").unwrap();
/// assert_eq!(format!("{number} {number:?}"), "+880•••••••678 +880•••••••678");
/// assert_eq!(number.e164().as_str(), "+8801712345678");
/// assert_eq!(number.country_code(), 880);
/// assert_eq!(number.national_significant().as_str(), "1712345678");
/// assert_eq!(PhoneNumber::from_bits(number.to_bits()), Some(number));
/// assert_eq!(size_of::<Option<PhoneNumber>>(), 8);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(NonZeroU64);

const _: () = assert!(size_of::<PhoneNumber>() == 8);
const _: () = assert!(first_of_length(LENGTH_MAX) + LONGEST_BELOW <= NATIONAL_MASK);

/// A number taken apart: what the engine works on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    pub country_code: u16,
    pub leading_zeros: u8,
    /// The national number after its leading zeros; zero itself counts as the one digit `0`.
    pub rest: u64,
}

impl Parts {
    pub const fn national_length(self) -> u32 {
        let digits = match self.rest.checked_ilog10() {
            Some(log) => log + 1,
            None => 1,
        };
        digits + self.leading_zeros as u32
    }

    pub fn national(self) -> Digits {
        let mut digits = Digits::new();
        digits.push_zeros(self.leading_zeros);
        digits.push_number(self.rest);
        digits
    }

    pub fn e164(self) -> E164 {
        let mut digits = Digits::new();
        digits.push(b'+');
        digits.push_number(u64::from(self.country_code));
        digits.push_zeros(self.leading_zeros);
        digits.push_number(self.rest);
        E164(digits)
    }
}

/// How many digit strings are shorter than `length`: the rank of the first one of that length. Counting strings, not values, is
/// what keeps leading zeros: `06` and `6` have different ranks.
const fn first_of_length(length: u32) -> u64 {
    FIRST_OF_LENGTH[length as usize]
}

const FIRST_OF_LENGTH: [u64; LENGTH_MAX as usize + 1] = {
    let mut firsts = [0; LENGTH_MAX as usize + 1];
    let mut length = 1;
    while length <= LENGTH_MAX as usize {
        firsts[length] = firsts[length - 1] * 10 + if length == 1 { 0 } else { 10 };
        length += 1;
    }
    firsts
};

impl PhoneNumber {
    /// `None` if it does not fit: more than seventeen national digits, or seventeen that do not start with `00`.
    pub(crate) fn pack(parts: Parts) -> Option<Self> {
        Self::pack_with(parts, parts.national_length())
    }

    /// The same where the length is known.
    #[inline]
    pub(crate) fn pack_with(parts: Parts, length: u32) -> Option<Self> {
        let fits = (1..=999).contains(&parts.country_code)
            && (LENGTH_MIN..=LENGTH_MAX).contains(&length)
            && (length < LENGTH_MAX || parts.rest < LONGEST_BELOW);
        let rank = fits.then(|| first_of_length(length) + parts.rest)?;
        NonZeroU64::new((u64::from(parts.country_code) << NATIONAL_BITS) | rank).map(Self)
    }

    pub(crate) fn parts(self) -> Parts {
        let rank = self.0.get() & NATIONAL_MASK;
        let mut length = LENGTH_MIN;
        while length < LENGTH_MAX && rank >= first_of_length(length + 1) {
            length += 1;
        }
        let rest = rank - first_of_length(length);
        let digits = rest.checked_ilog10().map_or(1, |log| log + 1);
        Parts {
            country_code: u16::try_from(self.0.get() >> NATIONAL_BITS).expect("ten bits"),
            leading_zeros: u8::try_from(length - digits).expect("at most sixteen"),
            rest,
        }
    }

    /// Reads strict E.164: a plus, then digits only, with a calling code that exists. For text that people wrote use
    /// [`crate::parse`]; this is for numbers that we or another system wrote, and changes nothing in them.
    ///
    /// # Errors
    /// [`ParseError::NotANumber`] unless it is a plus and digits; otherwise what is wrong with code or length.
    pub fn from_e164(text: &str) -> Result<Self, ParseError> {
        let digits = text.strip_prefix('+').ok_or(ParseError::NotANumber)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseError::NotANumber);
        }
        let (code, national) =
            split_code(Plans::BUILT_IN, digits.as_bytes()).ok_or(ParseError::InvalidCountryCode)?;
        let length = u32::try_from(national.len()).unwrap_or(u32::MAX);
        match length {
            ..LENGTH_MIN => return Err(ParseError::TooShortNsn),
            LENGTH_MIN..=LENGTH_MAX => {}
            _ => return Err(ParseError::TooLong),
        }
        let rest = national.iter().fold(0u64, |value, digit| value * 10 + u64::from(digit & 15));
        let significant = rest.checked_ilog10().map_or(1, |log| log + 1);
        let leading_zeros = u8::try_from(length - significant).map_err(|_| ParseError::TooLong)?;
        Self::pack(Parts { country_code: code.number(), leading_zeros, rest }).ok_or(ParseError::TooLong)
    }

    /// For storing. Stable: the calling code in the upper ten bits, below it the rank of the national number among digit strings
    /// ordered by length, then value. So the order of the bits is the order of the numbers.
    pub const fn to_bits(self) -> u64 {
        self.0.get()
    }

    /// What [`PhoneNumber::to_bits`] gave; `None` for anything that it cannot have given.
    pub fn from_bits(bits: u64) -> Option<Self> {
        let country_code = bits >> NATIONAL_BITS;
        let rank = bits & NATIONAL_MASK;
        let sound = (1..=999).contains(&country_code)
            && (first_of_length(LENGTH_MIN)..first_of_length(LENGTH_MAX) + LONGEST_BELOW).contains(&rank);
        NonZeroU64::new(bits).filter(|_| sound).map(Self)
    }

    /// The number in the clear, `+8801712345678`.
    pub fn e164(self) -> E164 {
        self.parts().e164()
    }

    pub fn country_code(self) -> u16 {
        self.parts().country_code
    }

    /// The digits after the calling code, in the clear.
    pub fn national_significant(self) -> Digits {
        self.parts().national()
    }

    /// The number for people to recognise but not to learn: calling code and at most the last three digits, fewer of short
    /// numbers. `Display` and `Debug` show the same.
    pub fn mask(self) -> String {
        self.to_string()
    }

    /// Whether the numbering plan has this number. Says nothing about whether somebody answers it.
    pub fn is_valid(self) -> bool {
        place_of_parts(Plans::BUILT_IN, self.parts()).1 != LineType::Unknown
    }

    /// Whether its length can be right; `Possible` and not valid means that the plan does not know the range (yet).
    pub fn possibility(self) -> Possibility {
        self.possibility_as(LineType::Unknown)
    }

    /// The same for numbers of one type; of any for [`LineType::Unknown`].
    pub fn possibility_as(self, line_type: LineType) -> Possibility {
        let parts = self.parts();
        place::possibility(Plans::BUILT_IN, parts.country_code, parts.national_length() as usize, line_type)
    }

    /// [`LineType::Unknown`] exactly when the number is not valid.
    pub fn line_type(self) -> LineType {
        place_of_parts(Plans::BUILT_IN, self.parts()).1
    }

    /// Whose numbering plan it belongs to; where several share a calling code, the one that has it. An invalid number may have
    /// a region too, when its calling code has only one.
    pub fn region(self) -> Option<Region> {
        place_of_parts(Plans::BUILT_IN, self.parts()).0
    }

    /// Region and line type in one look-up, for bulk work.
    pub fn region_and_line_type(self) -> (Option<Region>, LineType) {
        place_of_parts(Plans::BUILT_IN, self.parts())
    }

    /// Writes it for people or programs, in the clear.
    pub fn format(self, format: Format) -> String {
        match format {
            Format::E164 => self.e164().as_str().to_owned(),
            _ => writing::format(Plans::BUILT_IN, self.parts(), format, ""),
        }
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let national = self.national_significant();
        let shown = match national.len() {
            8.. => 3,
            6..8 => 2,
            4..6 => 1,
            _ => 0,
        };
        let hidden = national.len() - shown;
        write!(f, "+{}", self.country_code())?;
        for _ in 0..hidden {
            f.write_str("•")?;
        }
        f.write_str(&national.as_str()[hidden..])
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
