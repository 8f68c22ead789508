//! From digits to a number: which calling code they begin with, and what of the rest is only prefix.

use super::{
    digits::{Buffer, PIECE, value},
    place::Length,
    table::{Code, DIGITS_MAX, Plans, PrefixMatch, Territory},
};
use crate::{ParseError, digits::E164, number::Parts};

const NATIONAL_MIN: usize = 2;
const CODE_MAX: usize = 3;

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
    /// National digits, leading zeros included, and zero bytes behind them.
    national: [u8; PIECE],
    length: u8,
    pub source: CodeSource,
    pub code: Option<Code>,
    pub carrier: Carrier,
}

impl Resolved {
    #[inline]
    pub fn digits(&self) -> &[u8] {
        &self.national[..usize::from(self.length)]
    }

    #[inline]
    pub fn e164(&self) -> E164 {
        E164::of(self.parts.country_code, &self.national, self.length)
    }
}

/// The code of a carrier that stood before a national number, mostly none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Carrier {
    digits: [u8; 15],
    length: u8,
}

impl Carrier {
    fn of(found: &PrefixMatch, digits: &[u8]) -> Self {
        let Some((start, end)) = found.carrier else { return Self::default() };
        let digits = &digits[usize::from(start)..usize::from(end)];
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

/// The digits of a buffer from a place on, or others that took their place.
struct Rest {
    start: usize,
    rewritten: Option<Box<Buffer>>,
}

impl Rest {
    fn digits<'b>(&'b self, buffer: &'b Buffer) -> &'b [u8] {
        match &self.rewritten {
            Some(rewritten) => rewritten.from(0),
            None => buffer.from(self.start),
        }
    }
}

/// Whether digits begin with the national prefix, and it can go.
pub fn has_national_prefix(plans: &Plans, territory: Territory, digits: &[u8]) -> bool {
    let mut buffer = Buffer::new();
    buffer.extend(digits);
    strip_national_prefix(plans, territory, &buffer, 0).is_some()
}

/// Takes the national prefix off, unless what remains would be less of a number than before.
#[inline]
fn strip_national_prefix(
    plans: &Plans,
    territory: Territory,
    buffer: &Buffer,
    start: usize,
) -> Option<(Rest, Carrier)> {
    let digits = buffer.from(start);
    let first = *digits.first()?;
    if !territory.may_have_national_prefix(first) {
        return None;
    }
    let found = plans.prefix_match(plans.beginning(territory.national_prefix(), digits)?);
    let rest = if found.transforms {
        rewrite(plans, territory, &found, digits)
    } else {
        Rest { start: start + found.end, rewritten: None }
    };
    let general = territory.general();
    if plans.matches(general, digits) && !plans.matches(general, rest.digits(buffer)) {
        return None;
    }
    Some((rest, Carrier::of(&found, digits)))
}

#[cold]
fn rewrite(plans: &Plans, territory: Territory, found: &PrefixMatch, digits: &[u8]) -> Rest {
    let mut buffer = Buffer::new();
    for byte in plans.text(territory.transform()) {
        match *byte {
            group @ 1..10 => buffer.extend(found.spans.group(usize::from(group), digits)),
            digit => buffer.push(digit),
        }
    }
    buffer.extend(&digits[found.end..]);
    Rest { start: 0, rewritten: Some(Box::new(buffer)) }
}

/// The calling code at the beginning of the digits, and how many of them it is.
#[inline]
pub fn split_code(plans: &Plans, digits: &[u8]) -> Option<(Code, usize)> {
    let mut code = 0;
    for (at, digit) in digits.iter().take(CODE_MAX).enumerate() {
        code = code * 10 + u16::from(digit & 15);
        if code == 0 {
            return None;
        }
        if let Some(found) = plans.code(code) {
            return Some((found, at + 1));
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

/// Digits without the plus that may have stood before them.
#[inline]
pub fn resolve(plans: &Plans, buffer: &Buffer, plus: bool, home: Home) -> Result<Resolved, ParseError> {
    if plus {
        if buffer.count <= NATIONAL_MIN {
            return Err(ParseError::TooShortAfterIdd);
        }
        if let Some((code, start)) = split_code(plans, buffer.from(0)) {
            let main = plans.territory(code.main());
            return finish(plans, buffer, start, Some((code, main)), CodeSource::Plus);
        }
    }
    match home {
        Home::Territory(number) => resolve_at_home(plans, buffer, plus, plans.territory(number)),
        Home::Anywhere if !plus => finish(plans, buffer, 0, None, CodeSource::Nowhere),
        _ => Err(ParseError::InvalidCountryCode),
    }
}

/// Digits that are no international number by a plus in front, or are one that makes no sense as such.
#[inline]
fn resolve_at_home(
    plans: &Plans,
    buffer: &Buffer,
    plus: bool,
    territory: Territory,
) -> Result<Resolved, ParseError> {
    if let Some(start) = after_international_prefix(plans, territory, buffer) {
        if buffer.count - start <= NATIONAL_MIN {
            return Err(ParseError::TooShortAfterIdd);
        }
        let (code, length) = split_code(plans, buffer.from(start)).ok_or(ParseError::InvalidCountryCode)?;
        let main = plans.territory(code.main());
        let source = CodeSource::InternationalPrefix;
        return finish(plans, buffer, start + length, Some((code, main)), source);
    }
    let code = plans.code(territory.code()).ok_or(ParseError::InvalidCountryCode)?;
    if let Some(rest) = after_own_code(plans, territory, code, buffer) {
        let main = plans.territory(code.main());
        return match rest.rewritten {
            Some(rewritten) => finish(plans, &rewritten, 0, Some((code, main)), CodeSource::Digits),
            None => finish(plans, buffer, rest.start, Some((code, main)), CodeSource::Digits),
        };
    }
    if plus {
        return Err(ParseError::InvalidCountryCode);
    }
    finish(plans, buffer, 0, Some((code, territory)), CodeSource::DefaultRegion)
}

/// Where the calling code begins after the prefix for calls abroad.
#[inline]
fn after_international_prefix(plans: &Plans, territory: Territory, buffer: &Buffer) -> Option<usize> {
    let digits = buffer.from(0);
    if !territory.may_have_international_prefix(*digits.first()?) {
        return None;
    }
    let end = usize::from(plans.beginning(territory.international_prefix(), digits)?);
    // No calling code begins with a zero, so what comes before one is no prefix for calls abroad.
    (buffer.bytes[end] != b'0').then_some(end)
}

/// What follows the region's own calling code, if digits that begin with it are better read so.
#[inline]
fn after_own_code(plans: &Plans, territory: Territory, code: Code, buffer: &Buffer) -> Option<Rest> {
    let start = length_of_code(buffer, code.number())?;
    let general = territory.general();
    let digits = buffer.from(0);
    let rest = match strip_national_prefix(plans, territory, buffer, start) {
        Some((rest, _)) => rest,
        None => Rest { start, rewritten: None },
    };
    let is_code = (!plans.matches(general, digits) && plans.matches(general, rest.digits(buffer)))
        || territory.general_lengths().judge(digits.len()) == Length::TooLong;
    is_code.then_some(rest)
}

/// How long a calling code is, if the digits begin with it.
#[inline]
fn length_of_code(buffer: &Buffer, code: u16) -> Option<usize> {
    let length = match code {
        0..10 => 1,
        10..100 => 2,
        _ => 3,
    };
    let front = buffer.bytes[..length].iter().fold(0, |value, digit| value * 10 + u16::from(digit & 15));
    (front == code && buffer.count >= length).then_some(length)
}

#[inline]
fn finish(
    plans: &Plans,
    buffer: &Buffer,
    start: usize,
    place: Option<(Code, Territory)>,
    source: CodeSource,
) -> Result<Resolved, ParseError> {
    if buffer.count - start < NATIONAL_MIN {
        return Err(ParseError::TooShortNsn);
    }
    if let Some((code, territory)) = place
        && let Some((rest, carrier)) = strip_national_prefix(plans, territory, buffer, start)
    {
        // Without the prefix it must still be long enough: it could have been a short number with the same digits in front.
        let length = territory.general_lengths().judge(rest.digits(buffer).len());
        if matches!(length, Length::Possible | Length::TooLong) {
            let packed = match &rest.rewritten {
                Some(rewritten) => packed(rewritten, 0, Some(code), source),
                None => packed(buffer, rest.start, Some(code), source),
            };
            return packed.map(|packed| Resolved { carrier, ..packed });
        }
    }
    packed(buffer, start, place.map(|(code, _)| code), source)
}

#[inline]
fn packed(
    buffer: &Buffer,
    start: usize,
    code: Option<Code>,
    source: CodeSource,
) -> Result<Resolved, ParseError> {
    let length = buffer.count - start;
    if length < NATIONAL_MIN {
        return Err(ParseError::TooShortNsn);
    }
    if length > DIGITS_MAX {
        return Err(ParseError::TooLong);
    }
    let national = buffer.piece(start);
    // The last digit counts as the number itself, even if it is a zero.
    let zeros = national[..length - 1].iter().take_while(|digit| **digit == b'0').count();
    let parts = Parts {
        country_code: code.map_or(0, Code::number),
        leading_zeros: zeros as u8,
        rest: value(&national, length),
    };
    Ok(Resolved { parts, national, length: length as u8, source, code, carrier: Carrier::default() })
}
