//! Short digit texts on the stack, so that writing a number out costs no allocation.

use std::fmt;

use crate::engine::digits::Packed;

/// The longest text kept: a plus, a calling code of three digits, a national number of seventeen.
/// Two more make the whole as large as three words.
const CAPACITY: usize = 21 + 2;

/// ASCII digits, perhaps after a plus sign. `Display` and `as_str` show them in the clear, `Debug` does not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digits {
    bytes: [u8; CAPACITY],
    length: u8,
}

impl Digits {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; CAPACITY], length: 0 }
    }

    /// The caller sees to it that there is room: everything built here has at most `CAPACITY` characters.
    pub(crate) fn push(&mut self, byte: u8) {
        debug_assert!(byte.is_ascii_digit() || byte == b'+');
        self.bytes[usize::from(self.length)] = byte;
        self.length += 1;
    }

    pub(crate) fn push_number(&mut self, number: u64) {
        let mut reversed = [0u8; 20];
        let mut rest = number;
        let mut count = 0;
        loop {
            reversed[count] = b'0' + u8::try_from(rest % 10).expect("a digit");
            count += 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        for byte in reversed[..count].iter().rev() {
            self.push(*byte);
        }
    }

    pub(crate) fn push_zeros(&mut self, count: u8) {
        for _ in 0..count {
            self.push(b'0');
        }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("ASCII by construction")
    }

    /// How many characters.
    pub const fn len(&self) -> usize {
        self.length as usize
    }

    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl AsRef<str> for Digits {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digits({} characters)", self.length)
    }
}

/// A number in E.164 form, `+8801712345678`, in the clear.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(pub(crate) Digits);

impl E164 {
    /// What stands where there is no number.
    pub(crate) const EMPTY: Self = Self(Digits::new());

    /// A plus and digits, which the caller sees to.
    #[inline]
    pub(crate) fn of(packed: &Packed) -> Self {
        let mut bytes = [0; CAPACITY];
        bytes.copy_from_slice(&packed.bytes()[..CAPACITY]);
        Self(Digits { bytes, length: packed.length as u8 })
    }

    /// How many characters.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Without the plus sign, as some providers want it.
    pub fn without_plus(&self) -> &str {
        &self.as_str()[1..]
    }
}

impl AsRef<str> for E164 {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E164({} characters)", self.0.len())
    }
}
