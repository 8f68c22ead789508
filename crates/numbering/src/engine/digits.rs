//! Digits on their way to be a number: a buffer with room behind them, so that pieces of fixed size can be taken anywhere.

use super::table::DIGITS_MAX;

/// Digits beyond these change nothing: whatever is stripped in front, what remains is too long.
pub const READ_MAX: usize = 64;
/// What a national number is copied as.
pub const PIECE: usize = 24;
const SIZE: usize = READ_MAX + PIECE;

/// ASCII digits, with zero bytes behind them.
pub struct Buffer {
    pub bytes: [u8; SIZE],
    pub count: usize,
}

impl Buffer {
    #[inline]
    pub const fn new() -> Self {
        Self { bytes: [0; SIZE], count: 0 }
    }

    /// The digits from a place on.
    #[inline]
    pub fn from(&self, start: usize) -> &[u8] {
        &self.bytes[start..self.count]
    }

    /// More digits than are read are left out.
    pub fn push(&mut self, digit: u8) {
        if self.count < READ_MAX {
            self.bytes[self.count] = digit;
            self.count += 1;
        }
    }

    pub fn extend(&mut self, digits: &[u8]) {
        digits.iter().for_each(|digit| self.push(*digit));
    }

    /// The digits from a place on, and zero bytes.
    #[inline]
    pub fn piece(&self, start: usize) -> [u8; PIECE] {
        let mut piece = [0; PIECE];
        piece.copy_from_slice(&self.bytes[start..start + PIECE]);
        piece
    }
}

const EIGHT: u64 = 100_000_000;

/// Eight digits at once, the first in the lowest byte; zero bytes count as zeros.
#[inline]
const fn eight(digits: u64) -> u64 {
    let digits = digits & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = digits.wrapping_mul(10 * 256 + 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100 * 65_536 + 1) >> 16 & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 * (1 << 32) + 1) >> 32
}

const POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, EIGHT];

/// The number that the first digits of a piece are.
#[inline]
pub fn value(piece: &[u8; PIECE], length: usize) -> u64 {
    let word = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&piece[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    match length {
        0 => 0,
        1..=8 => eight(word(0) << (8 * (8 - length))),
        9..=16 => {
            let rest = length - 8;
            eight(word(0)) * POWERS[rest] + eight(word(8) << (8 * (8 - rest)))
        }
        _ => {
            debug_assert!(length == DIGITS_MAX);
            (eight(word(0)) * EIGHT + eight(word(8))) * 10 + u64::from(piece[16] & 15)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_as_numbers() {
        for text in [
            "",
            "7",
            "42",
            "0",
            "00",
            "12345678",
            "123456789",
            "0123456789",
            "1234567890123456",
            "12345678901234567",
        ] {
            let mut buffer = Buffer::new();
            buffer.extend(text.as_bytes());
            assert_eq!(value(&buffer.piece(0), text.len()), text.parse().unwrap_or(0), "{text}");
        }
    }
}
