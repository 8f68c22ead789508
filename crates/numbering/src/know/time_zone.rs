//! What time it may be where a number belongs.

use std::fmt;

use super::{belonging::has_place, digits};
use crate::{
    LineType, PhoneNumber,
    tables::{Aligned, prefixes::Prefixes, section, text, three_bytes},
};

static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!("../../tables/time_zones.bin"));
static PREFIXES: Prefixes = Prefixes { lines: section(&FILE.0, 0), values: section(&FILE.0, 1) };
/// A count, then three bytes for the name of each zone.
static SETS: &[u8] = section(&FILE.0, 2);
static TEXTS: &[u8] = section(&FILE.0, 3);

/// Names of the IANA time-zone database, such as `Europe/Helsinki`. One for many numbers; all zones of the country for mobile and
/// toll-free ones; never none: [`TimeZones::UNKNOWN`] has one name too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TimeZones {
    /// Three bytes each; nothing if it is not known.
    names: &'static [u8],
}

impl TimeZones {
    /// The set of the one name [`TimeZones::UNKNOWN_NAME`].
    pub const UNKNOWN: Self = Self { names: &[] };
    /// What the IANA and Unicode databases call a zone that is not known.
    pub const UNKNOWN_NAME: &'static str = "Etc/Unknown";

    fn at(place: usize) -> Self {
        let names = &SETS[place + 1..];
        Self { names: &names[..usize::from(SETS[place]) * 3] }
    }

    pub fn is_known(self) -> bool {
        !self.names.is_empty()
    }

    /// The names in alphabetical order.
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        let known = self.names.chunks_exact(3).filter_map(|name| text(TEXTS, three_bytes(name, 0) as usize));
        known.chain((!self.is_known()).then_some(Self::UNKNOWN_NAME))
    }
}

impl fmt::Debug for TimeZones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The time zones in which the number's place lies. A mobile phone may be anywhere, and is told by its country alone, as are numbers
/// of no place such as toll-free ones. [`TimeZones::UNKNOWN`] for numbers that are not valid.
///
/// ```
/// use numbering::{PhoneNumber, know::time_zones};
///
/// let seattle = PhoneNumber::from_e164("+12065550100").unwrap();
/// assert_eq!(time_zones(seattle).iter().collect::<Vec<_>>(), ["America/Los_Angeles"]);
/// ```
pub fn time_zones(number: PhoneNumber) -> TimeZones {
    match number.line_type() {
        LineType::Unknown => TimeZones::UNKNOWN,
        line_type if has_place(number, line_type) => time_zones_of_valid(number),
        _ => longest(digits(number).take(code_length(number))),
    }
}

/// The same for a number of which the caller knows that it is valid and belongs to a place: nothing is checked.
pub fn time_zones_of_valid(number: PhoneNumber) -> TimeZones {
    longest(digits(number))
}

fn longest(digits: impl Iterator<Item = u8>) -> TimeZones {
    let place = PREFIXES.matches(digits).longest_first().next();
    place.map_or(TimeZones::UNKNOWN, |place| TimeZones::at(place as usize))
}

fn code_length(number: PhoneNumber) -> usize {
    number.country_code().checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_of_the_table_has_zones() {
        let all = PREFIXES.all();
        assert_eq!(all.len() * 3, PREFIXES.values.len());
        for (prefix, place) in all {
            let zones = TimeZones::at(place as usize);
            assert!(zones.is_known(), "{prefix}");
            assert!(zones.iter().all(|zone| zone.contains('/') || zone == "UTC"), "{prefix}: {zones:?}");
            assert_eq!(longest(prefix.bytes().map(|byte| byte - b'0')), zones, "{prefix}");
        }
    }
}
