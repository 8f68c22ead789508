//! From digits to a number: which calling code they begin with, and what of the rest is only prefix.

use super::{
    digits::Packed,
    place::{Length, place},
    table::{Code, DIGITS_MAX, Plans, PrefixMatch, Territory},
};
use crate::{LineType, ParseError, PhoneNumber, Region, digits::E164, number::Parts};

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
    /// National digits, leading zeros included.
    national: Packed,
    pub source: CodeSource,
    pub code: Option<Code>,
    pub carrier: Carrier,
}

impl Resolved {
    /// The number alone; nothing if it has more digits than one holds.
    #[inline]
    pub fn number(&self) -> Option<PhoneNumber> {
        PhoneNumber::pack_with(self.parts, self.national.length as u32)
    }

    /// Region and line type.
    #[inline]
    pub fn place(&self, plans: &Plans) -> (Option<Region>, LineType) {
        let bytes = self.national.bytes();
        let digits = &bytes[..self.national.length];
        self.code.map_or((None, LineType::Unknown), |code| place(plans, code, digits))
    }

    #[inline]
    pub fn e164(&self) -> E164 {
        E164::of(&self.national.after(self.code.map_or((u32::from_le_bytes(*b"+0\0\0"), 2), Code::text)))
    }
}

/// The code of a carrier that stood before a national number, mostly none: at most eight digits, the first in the lowest byte.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Carrier([u8; 8]);

impl Carrier {
    fn of(found: &PrefixMatch, digits: &[u8]) -> Self {
        let Some((start, end)) = found.carrier else { return Self::default() };
        Self::of_digits(&digits[usize::from(start)..usize::from(end)])
    }

    fn of_digits(digits: &[u8]) -> Self {
        let mut carrier = Self::default();
        for (place, digit) in carrier.0.iter_mut().zip(digits) {
            *place = *digit;
        }
        carrier
    }

    /// Of a text that is digits; of any other there is none.
    pub fn of_text(text: &str) -> Self {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::of_digits(text.as_bytes())
        } else {
            Self::default()
        }
    }

    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        std::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }
}

/// Longer than any prefix and what may replace it, and than any number.
const REWRITTEN_MAX: usize = 32;

/// Digits that took the place of others.
struct Rewritten {
    digits: [u8; REWRITTEN_MAX],
    length: usize,
}

impl Rewritten {
    const fn new() -> Self {
        Self { digits: [0; REWRITTEN_MAX], length: 0 }
    }

    /// What does not fit is left out: it is too long for a number anyway.
    fn extend(&mut self, digits: &[u8]) {
        let room = &mut self.digits[self.length..];
        let kept = digits.len().min(room.len());
        room[..kept].copy_from_slice(&digits[..kept]);
        self.length += kept;
    }
}

/// Whether digits begin with the national prefix, and it can go.
pub fn has_national_prefix(plans: &Plans, territory: Territory, digits: &[u8]) -> bool {
    strip_national_prefix(plans, territory, digits, &mut Rewritten::new()).is_some()
}

/// Takes the national prefix off, unless what remains would be less of a number than before.
#[inline]
fn strip_national_prefix<'d>(
    plans: &Plans,
    territory: Territory,
    digits: &'d [u8],
    room: &'d mut Rewritten,
) -> Option<(&'d [u8], Carrier)> {
    if !territory.may_have_national_prefix(*digits.first()?) {
        return None;
    }
    let found = plans.prefix_match(plans.beginning(territory.national_prefix(), digits)?);
    let rest =
        if found.transforms { rewrite(plans, territory, &found, digits, room) } else { &digits[found.end..] };
    let general = territory.general();
    if plans.matches(general, digits) && !plans.matches(general, rest) {
        return None;
    }
    Some((rest, Carrier::of(&found, digits)))
}

#[cold]
fn rewrite<'d>(
    plans: &Plans,
    territory: Territory,
    found: &PrefixMatch,
    digits: &[u8],
    room: &'d mut Rewritten,
) -> &'d [u8] {
    for byte in plans.text(territory.transform()) {
        match *byte {
            group @ 1..10 => room.extend(found.spans.group(usize::from(group), digits)),
            digit => room.extend(&[digit]),
        }
    }
    room.extend(&digits[found.end..]);
    &room.digits[..room.length]
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

/// A number whose calling code is known: its national digits, perhaps with a prefix, and the plan to read them by.
struct Located<'d> {
    national: &'d [u8],
    place: Option<(Code, Territory)>,
    source: CodeSource,
}

/// Digits without the plus that may have stood before them.
#[inline]
pub fn resolve(plans: &Plans, digits: &[u8], plus: bool, home: Home) -> Result<Resolved, ParseError> {
    let mut room = Rewritten::new();
    let located = locate(plans, digits, plus, home, &mut room)?;
    finish(plans, &located)
}

#[inline]
fn locate<'d>(
    plans: &Plans,
    digits: &'d [u8],
    plus: bool,
    home: Home,
    room: &'d mut Rewritten,
) -> Result<Located<'d>, ParseError> {
    if plus {
        if digits.len() <= NATIONAL_MIN {
            return Err(ParseError::TooShortAfterIdd);
        }
        if let Some((code, length)) = plans.code_in_front(digits) {
            let place = Some((code, plans.territory(code.main())));
            return Ok(Located { national: &digits[length..], place, source: CodeSource::Plus });
        }
    }
    match home {
        Home::Territory(number) => locate_at_home(plans, digits, plus, plans.territory(number), room),
        Home::Anywhere if !plus => Ok(Located { national: digits, place: None, source: CodeSource::Nowhere }),
        _ => Err(ParseError::InvalidCountryCode),
    }
}

/// Digits that are no international number by a plus in front, or are one that makes no sense as such.
#[inline]
fn locate_at_home<'d>(
    plans: &Plans,
    digits: &'d [u8],
    plus: bool,
    territory: Territory,
    room: &'d mut Rewritten,
) -> Result<Located<'d>, ParseError> {
    if let Some(rest) = after_international_prefix(plans, territory, digits) {
        if rest.len() <= NATIONAL_MIN {
            return Err(ParseError::TooShortAfterIdd);
        }
        let (code, length) = plans.code_in_front(rest).ok_or(ParseError::InvalidCountryCode)?;
        let place = Some((code, plans.territory(code.main())));
        let source = CodeSource::InternationalPrefix;
        return Ok(Located { national: &rest[length..], place, source });
    }
    let code = plans.code(territory.code()).ok_or(ParseError::InvalidCountryCode)?;
    if let Some(national) = after_code(digits, code.number())
        && let Some(national) = without_own_code(plans, territory, digits, national, room)
    {
        let place = Some((code, plans.territory(code.main())));
        return Ok(Located { national, place, source: CodeSource::Digits });
    }
    if plus {
        return Err(ParseError::InvalidCountryCode);
    }
    Ok(Located { national: digits, place: Some((code, territory)), source: CodeSource::DefaultRegion })
}

/// What follows the prefix for calls abroad.
#[inline]
fn after_international_prefix<'d>(plans: &Plans, territory: Territory, digits: &'d [u8]) -> Option<&'d [u8]> {
    if !territory.may_have_international_prefix(*digits.first()?) {
        return None;
    }
    let end = plans.beginning(territory.international_prefix(), digits)?;
    let rest = &digits[usize::from(end)..];
    // No calling code begins with a zero, so what comes before one is no prefix for calls abroad.
    (rest.first() != Some(&b'0')).then_some(rest)
}

/// What follows the region's own calling code, if digits that begin with it are better read so.
fn without_own_code<'d>(
    plans: &Plans,
    territory: Territory,
    digits: &[u8],
    national: &'d [u8],
    room: &'d mut Rewritten,
) -> Option<&'d [u8]> {
    let general = territory.general();
    let rest = strip_national_prefix(plans, territory, national, room).map_or(national, |(rest, _)| rest);
    let is_code = (!plans.matches(general, digits) && plans.matches(general, rest))
        || territory.general_lengths().judge(digits.len()) == Length::TooLong;
    is_code.then_some(rest)
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
fn finish(plans: &Plans, located: &Located<'_>) -> Result<Resolved, ParseError> {
    let Located { national: digits, place, source } = *located;
    if digits.len() < NATIONAL_MIN {
        return Err(ParseError::TooShortNsn);
    }
    let mut room = Rewritten::new();
    let mut national = digits;
    let mut carrier = Carrier::default();
    if let Some((_, territory)) = place
        && let Some((rest, code)) = strip_national_prefix(plans, territory, digits, &mut room)
    {
        // Without the prefix it must still be long enough: it could have been a short number with the same digits in front.
        let length = territory.general_lengths().judge(rest.len());
        if matches!(length, Length::Possible | Length::TooLong) {
            national = rest;
            carrier = code;
        }
    }
    if national.len() < NATIONAL_MIN {
        return Err(ParseError::TooShortNsn);
    }
    if national.len() > DIGITS_MAX {
        return Err(ParseError::TooLong);
    }
    let code = place.map(|(code, _)| code);
    let national = Packed::of(national);
    let parts = Parts {
        country_code: code.map_or(0, Code::number),
        leading_zeros: national.leading_zeros() as u8,
        rest: national.value(),
    };
    Ok(Resolved { parts, national, source, code, carrier })
}
