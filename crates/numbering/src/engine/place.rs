//! What the plans say of a number: whose it is, of which kind, and whether its length can be right.

use super::table::{Code, Lengths, Plans, Territory};
use crate::{LineType, Possibility, Region, number::Parts};

/// What a number of digits means to a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Length {
    Possible,
    Local,
    TooShort,
    Wrong,
    TooLong,
}

impl Lengths {
    #[inline]
    pub fn judge(self, length: usize) -> Length {
        if length >= 32 {
            return Length::TooLong;
        }
        let bit = 1u32 << length;
        if self.local & bit != 0 {
            Length::Local
        } else if self.all & bit != 0 {
            Length::Possible
        } else if self.all & (bit - 1) == 0 {
            Length::TooShort
        } else if self.all < bit {
            Length::TooLong
        } else {
            Length::Wrong
        }
    }
}

const UNKNOWN: u16 = 11;
const FIXED: usize = 0;
const MOBILE: usize = 1;

fn line_type(code: u16) -> LineType {
    LineType::ALL.get(usize::from(code)).copied().unwrap_or(LineType::Unknown)
}

/// The place of a kind among those that a plan describes; fixed-line for numbers that are both.
pub fn kind_of(line_type: LineType) -> usize {
    match line_type {
        LineType::FixedLine | LineType::FixedLineOrMobile => FIXED,
        LineType::Mobile => MOBILE,
        LineType::Unknown => Territory::GENERAL,
        other => other as usize - 1,
    }
}

/// Region and line type. A number is valid exactly when its type is known.
#[inline]
pub fn place(plans: &Plans, code: Code, digits: &[u8]) -> (Option<Region>, LineType) {
    let found = plans.place(code, digits).unwrap_or(UNKNOWN << 8 | 0xff);
    let [territory, kind] = found.to_le_bytes();
    (plans.region_name(territory).map(Region::of_plan), line_type(u16::from(kind)))
}

/// The same for a number that is not spelt out.
pub fn place_of_parts(plans: &Plans, parts: Parts) -> (Option<Region>, LineType) {
    match plans.code(parts.country_code) {
        Some(code) => place(plans, code, parts.national().as_str().as_bytes()),
        None => (None, LineType::Unknown),
    }
}

/// The kind that a number is in one territory, whoever else has it.
pub fn kind_in(plans: &Plans, territory: Territory, digits: &[u8]) -> LineType {
    plans.whole(territory.kinds(), digits).map_or(LineType::Unknown, |found| line_type(found >> 8))
}

pub fn possibility(plans: &Plans, code: u16, length: usize, line_type: LineType) -> Possibility {
    let Some(code) = plans.code(code) else { return Possibility::InvalidCountryCode };
    let territory = plans.territory(code.main());
    let Some(lengths) = lengths_of(territory, line_type) else { return Possibility::InvalidLength };
    match lengths.judge(length) {
        Length::Possible => Possibility::Possible,
        Length::Local => Possibility::LocalOnly,
        Length::TooShort => Possibility::TooShort,
        Length::Wrong => Possibility::InvalidLength,
        Length::TooLong => Possibility::TooLong,
    }
}

/// The lengths of numbers of a type, if the plan has any.
fn lengths_of(territory: Territory, line_type: LineType) -> Option<Lengths> {
    let kind = kind_of(line_type);
    if line_type != LineType::FixedLineOrMobile {
        return territory.has_kind(kind).then(|| territory.lengths(kind));
    }
    let mobile = territory.has_kind(MOBILE).then(|| territory.lengths(MOBILE));
    if !territory.has_kind(FIXED) {
        return mobile;
    }
    let fixed = territory.lengths(FIXED);
    let mobile = mobile.unwrap_or(Lengths { all: 0, local: 0 });
    Some(Lengths { all: fixed.all | mobile.all, local: fixed.local | mobile.local })
}

/// Whether a number can be called from other countries.
pub fn is_callable_from_abroad(plans: &Plans, parts: Parts) -> bool {
    let national = parts.national();
    let digits = national.as_str().as_bytes();
    let Some(code) = plans.code(parts.country_code) else { return true };
    let found = plans.place(code, digits).unwrap_or(0xff);
    let [territory, _] = found.to_le_bytes();
    if usize::from(territory) >= plans.territory_count() {
        return true;
    }
    let territory = plans.territory(territory);
    if territory.region() == Region::NON_GEOGRAPHIC.bytes() {
        return true;
    }
    let (start, lengths) = territory.not_from_abroad();
    let fits = lengths == 0 || lengths >> digits.len() & 1 == 1;
    !(fits && plans.matches(start, digits))
}
