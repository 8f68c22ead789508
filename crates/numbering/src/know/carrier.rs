//! Who first had a number.

use super::{Language, digits};
use crate::{
    LineType, PhoneNumber,
    tables::{Aligned, names::Names, region_key, row, section},
};

static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!("../../tables/carriers.bin"));
static CARRIERS: Names = Names::of(&FILE.0);
/// Regions whose mobile numbers move between carriers, sorted.
static PORTABLE: &[u8] = section(&FILE.0, 5);

/// The carrier to which the number's range was issued; known for mobile numbers and pagers. Not the one that serves it today:
/// where numbers can be taken along, millions have been. `None` for other types, for numbers that are not valid and where nothing
/// is known.
///
/// ```
/// use numbering::{PhoneNumber, know::{Language, carrier}};
///
/// let number = PhoneNumber::from_e164("+8801712345678").unwrap();
/// assert_eq!(carrier(number, Language::ENGLISH), Some("Grameenphone"));
/// ```
pub fn carrier(number: PhoneNumber, language: Language) -> Option<&'static str> {
    match number.line_type() {
        LineType::Mobile | LineType::FixedLineOrMobile | LineType::Pager => {
            carrier_of_valid(number, language)
        }
        _ => None,
    }
}

/// The same for a number of which the caller knows that it is a valid mobile number or pager: nothing is checked.
pub fn carrier_of_valid(number: PhoneNumber, language: Language) -> Option<&'static str> {
    CARRIERS.find(digits(number), language)
}

/// The carrier where it cannot have changed, because numbers of the region do not move between carriers. So this one may be shown
/// as a fact; `None` wherever there is a doubt.
pub fn unported_carrier(number: PhoneNumber, language: Language) -> Option<&'static str> {
    let moves = number
        .region()
        .is_some_and(|region| row(PORTABLE, 2, region_key(region), |row| [row[0], row[1]]).is_some());
    if moves { None } else { carrier(number, language) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_of_the_table_is_found() {
        let all = CARRIERS.prefixes.all();
        assert_eq!(all.len() * 3, CARRIERS.prefixes.values.len());
        for (prefix, value) in all {
            let digits = prefix.bytes().chain(*b"0000").map(|byte| byte - b'0').take(prefix.len());
            assert_eq!(CARRIERS.prefixes.matches(digits).longest_first().next(), Some(value), "{prefix}");
        }
    }
}
