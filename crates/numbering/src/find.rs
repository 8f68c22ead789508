//! Finding numbers in free text: messages, notes, pages.

use std::ops::Range;

use crate::{Extension, PhoneNumber, Region, engine};

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
    engine::find(text, default_region).filter_map(move |(range, parts, extension)| {
        // An "ext" that leads nowhere may be read as three more digits.
        let letters = text[range.clone()].bytes().filter(u8::is_ascii_alphabetic).count();
        if extension.is_none() && letters >= 3 {
            return None;
        }
        let number = PhoneNumber::pack(parts)?;
        Some(Found { number, extension: extension.map(Extension), range })
    })
}
