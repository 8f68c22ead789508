//! The only file that names the library underneath; nothing of it shows outside this crate.
//!
//! It also stands guard: where the library is known to fail or to answer otherwise than libphonenumber does, [`reading`] brings the
//! input into a form that it handles, with the reason beside each step.

use std::{collections::BTreeSet, sync::LazyLock};

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError as LibraryError, PhoneNumber as LibraryNumber,
    PhoneNumberFormat, PhoneNumberType, Region as LibraryRegion, ValidationError, interfaces::AsOriginal,
};

use crate::{Format, LineType, ParseError, PhoneNumber, Possibility, Region, number::Parts};

mod reading;
mod rules;
mod search;

pub use rules::{LEADING_DIGITS_MIN, Plan, Trunk, Way};
pub use search::find;

/// libphonenumber refuses longer texts unread, and so do we: it bounds the time that hostile input can take.
const INPUT_CHARACTERS_MAX: usize = 250;
/// More leading zeros than these are cut off when the library writes a number out.
const LIBRARY_ZEROS_MAX: u8 = 10;

pub fn parse(raw: &str, default_region: Option<Region>) -> Result<(Parts, Option<Box<str>>), ParseError> {
    if raw.len() > INPUT_CHARACTERS_MAX && raw.chars().nth(INPUT_CHARACTERS_MAX).is_some() {
        return Err(ParseError::TooLong);
    }
    let readable = reading::readable(raw);
    let outcome = PHONE_NUMBER_UTIL.parse(&readable, default_region.and_then(to_library_region));
    let settled = match &outcome {
        Ok(number) => number.extension.is_none(),
        Err(error) => matches!(error, LibraryError::NotANumber(_)),
    };
    if !settled && reading::is_two_digits_and_extension(&readable) {
        return Err(ParseError::NotANumber);
    }
    match outcome {
        Ok(number) => Ok((from_library(&number), number.extension.map(String::into_boxed_str))),
        Err(LibraryError::InvalidCountryCode) => Err(ParseError::InvalidCountryCode),
        Err(LibraryError::NotANumber(_)) => Err(ParseError::NotANumber),
        Err(LibraryError::TooShortAfterIdd) => Err(ParseError::TooShortAfterIdd),
        Err(LibraryError::TooShortNsn) => Err(ParseError::TooShortNsn),
        Err(LibraryError::TooLongNsn) => Err(ParseError::TooLong),
    }
}

fn from_library(number: &LibraryNumber) -> Parts {
    let leading_zeros = if number.italian_leading_zero() { number.number_of_leading_zeros() } else { 0 };
    Parts {
        country_code: u16::try_from(number.country_code).expect("calling codes have three digits"),
        leading_zeros: u8::try_from(leading_zeros).expect("at most as many as a national number has digits"),
        rest: number.national_number,
    }
}

fn to_library(parts: Parts) -> LibraryNumber {
    LibraryNumber {
        country_code: i32::from(parts.country_code),
        national_number: parts.rest,
        italian_leading_zero: (parts.leading_zeros > 0).then_some(true),
        number_of_leading_zeros: (parts.leading_zeros > 1).then_some(i32::from(parts.leading_zeros)),
        ..LibraryNumber::default()
    }
}

fn to_library_region(region: Region) -> Option<LibraryRegion> {
    // Numbers of no place are always written in full, so 001 is no region to read a number in.
    (region != Region::NON_GEOGRAPHIC).then(|| LibraryRegion::from_code(region.as_str()).ok()).flatten()
}

fn from_library_region(region: LibraryRegion) -> Region {
    region.as_region_str().parse().expect("the library's regions are two letters or 001")
}

/// Region and line type. A number is valid exactly when its type is known.
pub fn place(parts: Parts) -> (Option<Region>, LineType) {
    let number = to_library(parts);
    let Some(region) = PHONE_NUMBER_UTIL.get_region_for_number(&number) else {
        return (None, LineType::Unknown);
    };
    let library = PHONE_NUMBER_UTIL.as_original();
    let line_type = library
        .get_metadata_for_region_or_calling_code(number.country_code, region)
        .and_then(|plan| library.get_number_type_helper(parts.national().as_str(), plan).ok())
        .map_or(LineType::Unknown, from_library_type);
    (Some(from_library_region(region)), line_type)
}

pub fn possibility(parts: Parts) -> Possibility {
    let mut parts = parts;
    if parts.leading_zeros > LIBRARY_ZEROS_MAX {
        // Only the length counts here, so any number as long will do.
        parts = Parts { leading_zeros: 0, rest: 10u64.pow(parts.national_length() - 1), ..parts };
    }
    match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&to_library(parts)) {
        Ok(NumberLengthType::IsPossible) => Possibility::Possible,
        Ok(NumberLengthType::IsPossibleLocalOnly) => Possibility::LocalOnly,
        Err(ValidationError::InvalidCountryCode) => Possibility::InvalidCountryCode,
        Err(ValidationError::TooShort) => Possibility::TooShort,
        Err(ValidationError::InvalidLength) => Possibility::InvalidLength,
        Err(ValidationError::TooLong) => Possibility::TooLong,
    }
}

pub fn format(parts: Parts, format: Format) -> String {
    if parts.leading_zeros > LIBRARY_ZEROS_MAX {
        // The library would drop zeros. No plan has such numbers, so there is no grouping to lose.
        let (code, national) = (parts.country_code, parts.national());
        return match format {
            Format::E164 => parts.e164().as_str().to_owned(),
            Format::International => format!("+{code} {national}"),
            Format::National => national.as_str().to_owned(),
            Format::Rfc3966 => format!("tel:+{code}-{national}"),
        };
    }
    let number = to_library(parts);
    let format = match format {
        Format::E164 => PhoneNumberFormat::E164,
        Format::International => PhoneNumberFormat::International,
        Format::National => PhoneNumberFormat::National,
        Format::Rfc3966 => PhoneNumberFormat::RFC3966,
    };
    PHONE_NUMBER_UTIL.format(&number, format).into_owned()
}

/// The calling code at the start of the digits, and the digits after it. No code is the beginning of another one.
pub fn split_calling_code(digits: &str) -> Option<(u16, &str)> {
    static KNOWN: LazyLock<BTreeSet<u16>> = LazyLock::new(|| {
        PHONE_NUMBER_UTIL.get_supported_calling_codes().filter_map(|code| u16::try_from(code).ok()).collect()
    });
    (1..=3)
        .filter_map(|length| Some((digits.get(..length)?, digits.get(length..)?)))
        .filter(|(code, _)| !code.starts_with('0'))
        .filter_map(|(code, rest)| Some((code.parse().ok()?, rest)))
        .find(|(code, _)| KNOWN.contains(code))
}

pub fn regions() -> &'static [(Region, u16)] {
    static REGIONS: LazyLock<Vec<(Region, u16)>> = LazyLock::new(|| {
        let places = PHONE_NUMBER_UTIL.get_supported_regions().filter_map(|region| {
            let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
            Some((from_library_region(region), u16::try_from(code).ok()?))
        });
        let no_places = PHONE_NUMBER_UTIL
            .get_supported_global_network_calling_codes()
            .filter_map(|code| Some((Region::NON_GEOGRAPHIC, u16::try_from(code).ok()?)));
        let mut regions: Vec<_> = places.chain(no_places).collect();
        regions.sort_unstable();
        regions
    });
    &REGIONS
}

/// The decimal digits of any script in the text as ASCII digits; everything else is left out.
pub fn ascii_digits(text: &str) -> String {
    PHONE_NUMBER_UTIL.normalize_digits_only(text)
}

pub fn example(region: Region, line_type: LineType) -> Option<PhoneNumber> {
    let library_type = to_library_type(line_type)?;
    let number = if region == Region::NON_GEOGRAPHIC {
        regions()
            .iter()
            .filter(|(region, _)| *region == Region::NON_GEOGRAPHIC)
            .filter_map(|(_, code)| {
                PHONE_NUMBER_UTIL.get_example_number_for_non_geo_entity(i32::from(*code)).ok()
            })
            .find(|number| PHONE_NUMBER_UTIL.get_number_type(number) == library_type)?
    } else {
        let region = LibraryRegion::from_code(region.as_str()).ok()?;
        PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, library_type).ok()?
    };
    // Where the plan does not tell fixed from mobile, an example of either is one of both; elsewhere there is none of both.
    let number = PhoneNumber::pack(from_library(&number))?;
    let is_of_type = line_type != LineType::FixedLineOrMobile || number.line_type() == line_type;
    is_of_type.then_some(number)
}

fn from_library_type(line_type: PhoneNumberType) -> LineType {
    match line_type {
        PhoneNumberType::FixedLine => LineType::FixedLine,
        PhoneNumberType::Mobile => LineType::Mobile,
        PhoneNumberType::FixedLineOrMobile => LineType::FixedLineOrMobile,
        PhoneNumberType::TollFree => LineType::TollFree,
        PhoneNumberType::PremiumRate => LineType::PremiumRate,
        PhoneNumberType::SharedCost => LineType::SharedCost,
        PhoneNumberType::VoIP => LineType::Voip,
        PhoneNumberType::PersonalNumber => LineType::PersonalNumber,
        PhoneNumberType::Pager => LineType::Pager,
        PhoneNumberType::UAN => LineType::Uan,
        PhoneNumberType::VoiceMail => LineType::Voicemail,
        PhoneNumberType::Unknown => LineType::Unknown,
    }
}

/// `None` for unknown: the library takes it to mean "any number of the plan".
fn to_library_type(line_type: LineType) -> Option<PhoneNumberType> {
    Some(match line_type {
        LineType::FixedLine => PhoneNumberType::FixedLine,
        LineType::Mobile => PhoneNumberType::Mobile,
        LineType::FixedLineOrMobile => PhoneNumberType::FixedLineOrMobile,
        LineType::TollFree => PhoneNumberType::TollFree,
        LineType::PremiumRate => PhoneNumberType::PremiumRate,
        LineType::SharedCost => PhoneNumberType::SharedCost,
        LineType::Voip => PhoneNumberType::VoIP,
        LineType::PersonalNumber => PhoneNumberType::PersonalNumber,
        LineType::Pager => PhoneNumberType::Pager,
        LineType::Uan => PhoneNumberType::UAN,
        LineType::Voicemail => PhoneNumberType::VoiceMail,
        LineType::Unknown => return None,
    })
}
