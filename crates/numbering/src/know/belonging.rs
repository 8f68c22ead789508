//! Which numbers belong to a place at all.

use crate::{LineType, PhoneNumber};

/// Calling codes under which mobile numbers have area codes: China, Mexico, Argentina, Brazil, Indonesia.
const MOBILE_WITH_PLACE: [u16; 5] = [86, 52, 54, 55, 62];

/// Whether numbers of this type belong to a place.
pub fn has_place(number: PhoneNumber, line_type: LineType) -> bool {
    match line_type {
        LineType::FixedLine | LineType::FixedLineOrMobile => true,
        LineType::Mobile => MOBILE_WITH_PLACE.contains(&number.country_code()),
        _ => false,
    }
}
