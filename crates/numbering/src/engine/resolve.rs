//! From digits to a number: which calling code they begin with, and what of the rest is only prefix.

use super::{
    place::Length,
    table::{Code, DIGITS_MAX, Plans, Territory},
};
use crate::{ParseError, number::Parts};

/// Digits beyond these change nothing: whatever is stripped in front, what remains is too long.
pub const DIGITS_READ_MAX: usize = 64;
const NATIONAL_MIN: usize = 2;
const CODE_MAX: usize = 3;
/// Longer than any prefix and what may replace it, and than any number.
const REWRITTEN_MAX: usize = 32;

/// How the calling code was known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeSource {
    Plus,
    InternationalPrefix,
    /// The number began with it, without anything in front.
    Digits,
    DefaultRegion,
    /// There is none.
    Nowhere,
}

/// A number, and what it was made of.
#[derive(Clone, Copy)]
pub struct Resolved {
    pub parts: Parts,
    /// National digits, leading zeros included.
    pub national: [u8; DIGITS_MAX],
    pub length: u8,
    pub source: CodeSource,
    pub code: Option<Code>,
    pub carrier: Carrier,
}

impl Resolved {
    #[inline]
    pub fn digits(&self) -> &[u8] {
        &self.national[..usize::from(self.length)]
    }
}

/// The code of a carrier that stood before a national number, mostly none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Carrier {
    digits: [u8; 16],
    length: u8,
}

impl Carrier {
    fn of(digits: &[u8]) -> Self {
        let mut carrier = Self::default();
        let kept = digits.len().min(carrier.digits.len());
        carrier.digits[..kept].copy_from_slice(&digits[..kept]);
        carrier.length = u8::try_from(kept).unwrap_or_default();
        carrier
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..usize::from(self.length)]).unwrap_or_default()
    }
}

/// Digits that took the place of others.
pub struct Rewritten {
    digits: [u8; REWRITTEN_MAX],
    length: usize,
}

impl Rewritten {
    pub const fn new() -> Self {
        Self { digits: [0; REWRITTEN_MAX], length: 0 }
    }

    /// What does not fit is left out: it is too long for a number anyway.
    fn push(&mut self, digits: &[u8]) {
        let room = &mut self.digits[self.length..];
        let kept = digits.len().min(room.len());
        room[..kept].copy_from_slice(&digits[..kept]);
        self.length += kept;
    }
}

/// What is left when the national prefix is gone.
pub struct Stripped<'d> {
    pub national: &'d [u8],
    pub carrier: Carrier,
    /// Whether there was a prefix.
    pub found: bool,
}

/// Takes the national prefix off, unless what remains would be less of a number than before.
#[inline]
pub fn strip_national_prefix<'d>(
    plans: &Plans,
    territory: Territory,
    digits: &'d [u8],
    room: &'d mut Rewritten,
) -> Stripped<'d> {
    let unchanged = Stripped { national: digits, carrier: Carrier::default(), found: false };
    if digits.is_empty() || !territory.has_prefix_for_parsing() {
        return unchanged;
    }
    match plans.beginning(territory.national_prefix(), digits) {
        Some(found) => strip_found(plans, territory, digits, found, room).unwrap_or(unchanged),
        None => unchanged,
    }
}

fn strip_found<'d>(
    plans: &Plans,
    territory: Territory,
    digits: &'d [u8],
    found: u16,
    room: &'d mut Rewritten,
) -> Option<Stripped<'d>> {
    let found = plans.prefix_match(found);
    let rest = &digits[found.end..];
    let national = if found.transforms {
        for byte in plans.text(territory.transform()) {
            match *byte {
                group @ 1..10 => room.push(found.spans.group(usize::from(group), digits)),
                digit => room.push(&[digit]),
            }
        }
        room.push(rest);
        &room.digits[..room.length]
    } else {
        rest
    };
    let general = territory.general();
    if plans.matches(general, digits) && !plans.matches(general, national) {
        return None;
    }
    let carrier = found
        .carrier
        .map(|(start, end)| Carrier::of(&digits[usize::from(start)..usize::from(end)]))
        .unwrap_or_default();
    Some(Stripped { national, carrier, found: true })
}

/// The calling code at the beginning of the digits, and the rest.
#[inline]
pub fn split_code<'d>(plans: &Plans, digits: &'d [u8]) -> Option<(Code, &'d [u8])> {
    let mut code = 0;
    for length in 1..=digits.len().min(CODE_MAX) {
        code = code * 10 + u16::from(digits[length - 1] & 15);
        if code == 0 {
            return None;
        }
        if let Some(found) = plans.code(code) {
            return Some((found, &digits[length..]));
        }
    }
    None
}

/// Where a number was written.
#[derive(Clone, Copy)]
pub enum Home {
    /// In a region with a plan.
    Territory(u8),
    /// In none, so that only international numbers are understood.
    Nowhere,
    /// In none, and a number without calling code is welcome.
    Anywhere,
}

/// Whether digits begin with a calling code.
enum InFront<'d> {
    Found(Code, &'d [u8], CodeSource),
    Missing,
}

/// Digits without the plus that may have stood before them.
#[inline]
pub fn resolve(plans: &Plans, digits: &[u8], plus: bool, home: Home) -> Result<Resolved, ParseError> {
    if plus {
        if digits.len() <= NATIONAL_MIN {
            return Err(ParseError::TooShortAfterIdd);
        }
        if let Some((code, national)) = split_code(plans, digits) {
            let main = plans.territory(code.main());
            return finish(plans, national, Some((code, main)), CodeSource::Plus);
        }
    } else if matches!(home, Home::Nowhere) {
        return Err(ParseError::InvalidCountryCode);
    }
    resolve_from_home(plans, digits, plus, home)
}

/// Digits that are no international number by a plus in front, or are one that makes no sense as such.
fn resolve_from_home(plans: &Plans, digits: &[u8], plus: bool, home: Home) -> Result<Resolved, ParseError> {
    let Home::Territory(number) = home else {
        return if plus {
            Err(ParseError::InvalidCountryCode)
        } else {
            finish(plans, digits, None, CodeSource::Nowhere)
        };
    };
    let territory = plans.territory(number);
    let mut room = Rewritten::new();
    match code_in_front(plans, territory, digits, &mut room)? {
        InFront::Found(code, national, source) => {
            finish(plans, national, Some((code, plans.territory(code.main()))), source)
        }
        InFront::Missing if plus => Err(ParseError::InvalidCountryCode),
        InFront::Missing => {
            let code = plans.code(territory.code()).ok_or(ParseError::InvalidCountryCode)?;
            finish(plans, digits, Some((code, territory)), CodeSource::DefaultRegion)
        }
    }
}

fn code_in_front<'d>(
    plans: &Plans,
    territory: Territory,
    digits: &'d [u8],
    room: &'d mut Rewritten,
) -> Result<InFront<'d>, ParseError> {
    if let Some(end) = plans.beginning(territory.international_prefix(), digits) {
        let rest = &digits[usize::from(end)..];
        // No calling code begins with a zero, so what comes before one is no prefix for calls abroad.
        if rest.first() != Some(&b'0') {
            if rest.len() <= NATIONAL_MIN {
                return Err(ParseError::TooShortAfterIdd);
            }
            let (code, national) = split_code(plans, rest).ok_or(ParseError::InvalidCountryCode)?;
            return Ok(InFront::Found(code, national, CodeSource::InternationalPrefix));
        }
    }
    let Some(code) = plans.code(territory.code()) else { return Ok(InFront::Missing) };
    let Some(national) = after_code(digits, code.number()) else { return Ok(InFront::Missing) };
    let stripped = strip_national_prefix(plans, territory, national, room);
    let general = territory.general();
    let is_code = (!plans.matches(general, digits) && plans.matches(general, stripped.national))
        || territory.lengths(Territory::GENERAL).judge(digits.len()) == Length::TooLong;
    Ok(if is_code { InFront::Found(code, stripped.national, CodeSource::Digits) } else { InFront::Missing })
}

/// The digits after a calling code, if they begin with it.
#[inline]
fn after_code(digits: &[u8], code: u16) -> Option<&[u8]> {
    let length = match code {
        0..10 => 1,
        10..100 => 2,
        _ => 3,
    };
    let (front, rest) = digits.split_at_checked(length)?;
    let value = front.iter().fold(0, |value, digit| value * 10 + u16::from(digit & 15));
    (value == code).then_some(rest)
}

#[inline]
fn finish(
    plans: &Plans,
    digits: &[u8],
    place: Option<(Code, Territory)>,
    source: CodeSource,
) -> Result<Resolved, ParseError> {
    if digits.len() < NATIONAL_MIN {
        return Err(ParseError::TooShortNsn);
    }
    let mut national = digits;
    let mut carrier = Carrier::default();
    let mut room = Rewritten::new();
    if let Some((_, territory)) = place
        && territory.has_prefix_for_parsing()
        && let Some(found) = plans.beginning(territory.national_prefix(), digits)
        && let Some(stripped) = strip_found(plans, territory, digits, found, &mut room)
    {
        // Without the prefix it must still be long enough: it could have been a short number with the same digits in front.
        let length = territory.lengths(Territory::GENERAL).judge(stripped.national.len());
        if matches!(length, Length::Possible | Length::TooLong) {
            national = stripped.national;
            carrier = stripped.carrier;
        }
    }
    if national.len() < NATIONAL_MIN {
        return Err(ParseError::TooShortNsn);
    }
    if national.len() > DIGITS_MAX {
        return Err(ParseError::TooLong);
    }
    Ok(packed(national, place.map(|(code, _)| code), source, carrier))
}

#[inline]
fn packed(digits: &[u8], code: Option<Code>, source: CodeSource, carrier: Carrier) -> Resolved {
    let mut national = [0; DIGITS_MAX];
    national[..digits.len()].copy_from_slice(digits);
    let rest = digits.iter().fold(0u64, |value, digit| value * 10 + u64::from(digit & 15));
    // The last digit counts as the number itself, even if it is a zero.
    let zeros = digits[..digits.len() - 1].iter().take_while(|digit| **digit == b'0').count();
    let parts = Parts {
        country_code: code.map_or(0, Code::number),
        leading_zeros: u8::try_from(zeros).unwrap_or_default(),
        rest,
    };
    Resolved {
        parts,
        national,
        length: u8::try_from(digits.len()).unwrap_or_default(),
        source,
        code,
        carrier,
    }
}
