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

/// The digits of a text, the buffer's if it has to hold them, and whether a plus stands before them. Nothing if the text needs the
/// slow way: a plus elsewhere than once in front, fewer than three digits, or anything but digits and separators.
#[inline]
pub fn scan<'d>(raw: &'d [u8], buffer: &'d mut Buffer) -> Option<(&'d [u8], bool)> {
    let (plus, digits) = match raw {
        [b'+', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if are_plain_digits(digits) {
        return Some((digits, plus));
    }
    let plus = one_by_one(raw, buffer)?;
    Some((buffer.digits(), plus))
}

const WORD: usize = 8;
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Whether all eight bytes are digits: the upper half is 3, and adding 6 to the lower half does not change that.
#[inline]
const fn are_digits(word: [u8; WORD]) -> bool {
    const UPPER: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    let word = u64::from_le_bytes(word);
    word & UPPER == ZEROS && word.wrapping_add(0x0606_0606_0606_0606) & UPPER == ZEROS
}

/// Eight to sixteen digits and nothing else, seen as two words that may overlap.
#[inline]
fn are_plain_digits(text: &[u8]) -> bool {
    let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) else { return false };
    text.len() <= 2 * WORD && are_digits(*first) && are_digits(*last)
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
    buffer.count = count;
    (seen & OTHER == 0 && count > 2).then_some(seen & PLUS != 0)
}
