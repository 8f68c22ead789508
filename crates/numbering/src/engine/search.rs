//! Finding numbers in text with the library's matcher.

use std::ops::Range;

use rlibphonenumber::phonenumber_matcher::{Leniency, PHONE_MATCHER_FACTORY};

use super::{from_library, to_library_region};
use crate::{Region, number::Parts};

/// Valid numbers in the text, in order.
pub fn find(
    text: &str,
    default_region: Option<Region>,
) -> impl Iterator<Item = (Range<usize>, Parts, Option<Box<str>>)> {
    // The library counts its tries down past zero and panics when given a limit, so it gets none.
    PHONE_MATCHER_FACTORY
        .create_matcher(text, Leniency::Valid, u64::MAX, default_region.and_then(to_library_region))
        .map(|found| {
            let range = found.start..found.end();
            (range, from_library(&found.number), found.number.extension.map(String::into_boxed_str))
        })
}
