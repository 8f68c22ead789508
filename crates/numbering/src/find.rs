//! Finding numbers in free text: messages, notes, pages.

use std::ops::Range;

use crate::{
    Extension, Number, PhoneNumber, Plans, Region,
    engine::search::{Leniency, Search},
};

/// A number found in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub number: PhoneNumber,
    pub extension: Option<Extension>,
    /// Where it stands, in bytes: `&text[range]` is how it was written.
    pub range: Range<usize>,
}

/// The valid numbers in a text, from left to right. Dates, prices, and numbers inside words are not taken for phone numbers, nor
/// are keypad words (`1-800-FLOWERS`). Numbers in national form are found if they are valid in `default_region`.
///
/// ```
/// let text = "Ring 020 7946 0000 before 12/10/2024, or write to +880 1712-345678.";
/// let found: Vec<_> = numbering::find(text, Some("GB".parse().unwrap())).collect();
/// assert_eq!(found.len(), 2);
/// assert_eq!(found[0].number.e164().as_str(), "+442079460000");
/// assert_eq!(&text[found[1].range.clone()], "+880 1712-345678");
/// ```
pub fn find(text: &str, default_region: Option<Region>) -> impl Iterator<Item = Found> {
    find_with(text, default_region, Leniency::Valid)
}

/// The same, for whoever wants to be more or less sure.
///
/// ```
/// use numbering::{Leniency, find_with};
///
/// let text = "A voucher: 20 79 46 00 00, or ring 020 7946 0000";
/// let numbers = |leniency| find_with(text, "GB".parse().ok(), leniency).count();
/// assert_eq!(numbers(Leniency::ExactGrouping), 1);
/// ```
pub fn find_with(
    text: &str,
    default_region: Option<Region>,
    leniency: Leniency,
) -> impl Iterator<Item = Found> {
    let numbers = Plans::BUILT_IN.find(text, default_region, leniency, u64::MAX);
    numbers.filter_map(|(range, number)| {
        Some(Found { number: number.number()?, extension: number.extension, range })
    })
}

impl Plans {
    /// Numbers in a text under these plans, giving up after so many candidates that turned out to be none.
    pub fn find(
        &'static self,
        text: &str,
        default_region: Option<Region>,
        leniency: Leniency,
        tries_max: u64,
    ) -> impl Iterator<Item = (Range<usize>, Number)> {
        let mut search = Search::new(self, text, default_region, leniency, tries_max);
        std::iter::from_fn(move || {
            let hit = search.next()?;
            Some((search.range(&hit), hit.number))
        })
    }
}
