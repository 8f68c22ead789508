//! The quick way to digits, for the texts that most numbers are: ASCII digits, separators, perhaps a plus in front.

use super::digits::{Buffer, READ_MAX};

const DIGIT: u8 = 1;
const SEPARATOR: u8 = 2;
const PLUS: u8 = 4;
/// Anything that makes the text one for the slow way.
const OTHER: u8 = 8;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [OTHER; 256];
    let mut at = 0;
    while at < 128 {
        classes[at] = match at as u8 {
            b'0'..=b'9' => DIGIT,
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'[' | b']' => SEPARATOR,
            b'+' => PLUS,
            _ => OTHER,
        };
        at += 1;
    }
    classes
}

/// Puts the digits into the buffer and says whether a plus stands before them. Nothing if the text needs the slow way: a plus
/// elsewhere than once in front, fewer than three digits, or anything but digits and separators.
#[inline]
pub fn scan(raw: &[u8], buffer: &mut Buffer) -> Option<bool> {
    let (plus, digits) = match raw {
        [b'+', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if plain_digits(digits, buffer) { Some(plus) } else { one_by_one(raw, buffer) }
}

const WORD: usize = 8;
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Whether all eight bytes are digits: the upper half is 3, and adding 6 to the lower half does not change that.
#[inline]
const fn are_digits(word: u64) -> bool {
    const UPPER: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    word & UPPER == ZEROS && word.wrapping_add(0x0606_0606_0606_0606) & UPPER == ZEROS
}

/// Texts of eight to sixteen digits and nothing else, as two words that may overlap.
#[inline]
fn plain_digits(text: &[u8], buffer: &mut Buffer) -> bool {
    let (Some(first), Some(last)) = (text.first_chunk::<WORD>(), text.last_chunk::<WORD>()) else {
        return false;
    };
    let is_plain = text.len() <= 2 * WORD
        && are_digits(u64::from_le_bytes(*first))
        && are_digits(u64::from_le_bytes(*last));
    if is_plain {
        let count = text.len();
        buffer.bytes[count - WORD..count].copy_from_slice(last);
        buffer.bytes[..WORD].copy_from_slice(first);
        buffer.count = count;
    }
    is_plain
}

#[inline]
fn one_by_one(raw: &[u8], buffer: &mut Buffer) -> Option<bool> {
    if raw.len() > READ_MAX {
        return None;
    }
    let mut seen = 0;
    let mut count = 0;
    for byte in raw {
        let class = CLASSES[usize::from(*byte)];
        // A plus after a digit or another plus is none of a number's.
        let late = seen & (DIGIT | PLUS) != 0 && class == PLUS;
        seen |= if late { OTHER } else { class };
        buffer.bytes[count] = *byte;
        count += usize::from(class == DIGIT);
    }
    buffer.bytes[count] = 0;
    buffer.count = count;
    (seen & OTHER == 0 && count > 2).then_some(seen & PLUS != 0)
}
