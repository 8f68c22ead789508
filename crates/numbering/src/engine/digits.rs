//! Digits on their way to be a number: gathered in a buffer, then packed into words.

use super::table::DIGITS_MAX;

/// Digits beyond these change nothing: whatever is stripped in front, what remains is too long.
pub const READ_MAX: usize = 64;

/// ASCII digits from a text that has other characters too.
pub struct Buffer {
    pub bytes: [u8; READ_MAX + 1],
    pub count: usize,
}

impl Buffer {
    #[inline]
    pub const fn new() -> Self {
        Self { bytes: [0; READ_MAX + 1], count: 0 }
    }

    #[inline]
    pub fn digits(&self) -> &[u8] {
        &self.bytes[..self.count]
    }

    /// More digits than are read are left out.
    pub fn push(&mut self, digit: u8) {
        if self.count < READ_MAX {
            self.bytes[self.count] = digit;
            self.count += 1;
        }
    }
}

const WORD: usize = 8;
const EIGHT: u64 = 100_000_000;

/// At most seventeen ASCII digits as they stand in memory, in three words whose rest is zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packed {
    pub words: [u64; 3],
    pub length: usize,
}

#[inline]
fn first_word(digits: &[u8]) -> u64 {
    match digits.first_chunk::<WORD>() {
        Some(word) => u64::from_le_bytes(*word),
        None => digits.iter().rev().fold(0, |word, digit| word << 8 | u64::from(*digit)),
    }
}

impl Packed {
    /// The caller sees to it that there are at most seventeen digits.
    #[inline]
    pub fn of(digits: &[u8]) -> Self {
        let length = digits.len();
        let first = first_word(digits);
        let words = match digits.last_chunk::<WORD>() {
            // The last word holds some of the first eight digits again, which are shifted out.
            Some(last) if length < 2 * WORD => {
                let surplus = 2 * WORD - length;
                let last = u64::from_le_bytes(*last);
                [first, if surplus == WORD { 0 } else { last >> (8 * surplus) }, 0]
            }
            Some(_) => [first, first_word(&digits[WORD..]), first_word(&digits[2 * WORD..])],
            None => [first, 0, 0],
        };
        Self { words, length }
    }

    /// The number that they are.
    #[inline]
    pub fn value(&self) -> u64 {
        let [first, second, third] = self.words;
        if self.length > 2 * WORD {
            debug_assert!(self.length == DIGITS_MAX);
            return (eight(first) * EIGHT + eight(second)) * 10 + (third & 15);
        }
        // Moved up to end at sixteen digits, so that no branch depends on how many there are.
        let moved = (u128::from(second) << 64 | u128::from(first)) << ((8 * (2 * WORD - self.length)) & 127);
        eight(moved as u64) * EIGHT + eight((moved >> 64) as u64)
    }

    /// How many zeros stand in front, the last digit not counted.
    #[inline]
    pub fn leading_zeros(&self) -> usize {
        const ZEROS: u64 = 0x3030_3030_3030_3030;
        let first = ((self.words[0] ^ ZEROS).trailing_zeros() / 8) as usize;
        if first < WORD {
            return first.min(self.length - 1);
        }
        let second = ((self.words[1] ^ ZEROS).trailing_zeros() / 8) as usize;
        let third = if second == WORD { usize::from(self.words[2] == u64::from(b'0')) } else { 0 };
        (WORD + second + third).min(self.length - 1)
    }

    /// The digits, and zero bytes.
    #[inline]
    pub fn bytes(&self) -> [u8; 3 * WORD] {
        let mut bytes = [0; 3 * WORD];
        for (place, word) in bytes.as_chunks_mut::<WORD>().0.iter_mut().zip(self.words) {
            *place = word.to_le_bytes();
        }
        bytes
    }

    /// The same behind a few bytes of text: at most four.
    #[inline]
    pub fn after(&self, (text, length): (u32, u32)) -> Self {
        let [first, second, third] = self.words;
        let up = 8 * length;
        let down = 64 - up;
        let words =
            [u64::from(text) | first << up, first >> down | second << up, second >> down | third << up];
        Self { words, length: self.length + length as usize }
    }
}

/// Eight digits at once, the first in the lowest byte; zero bytes count as zeros.
#[inline]
const fn eight(digits: u64) -> u64 {
    let digits = digits & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = digits.wrapping_mul(10 * 256 + 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100 * 65_536 + 1) >> 16 & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 * (1 << 32) + 1) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_digits_are_what_they_were() {
        let digits = b"12345678912345678";
        let zeros = b"00000000000000000";
        for length in 1..=DIGITS_MAX {
            for count in 0..=length {
                let mut text = digits[..length].to_vec();
                text[..count].copy_from_slice(&zeros[..count]);
                let packed = Packed::of(&text);
                let written = String::from_utf8(text.clone()).unwrap();
                assert_eq!(packed.value(), written.parse().unwrap(), "{written}");
                assert_eq!(packed.leading_zeros(), count.min(length - 1), "{written}");
                assert_eq!(packed.bytes()[..length], text[..]);
                assert!(packed.bytes()[length..].iter().all(|byte| *byte == 0));
                let behind = packed.after((u32::from_le_bytes(*b"+44\0"), 3));
                assert_eq!(behind.bytes()[..length + 3], [b"+44".as_slice(), &text].concat());
            }
        }
    }
}
