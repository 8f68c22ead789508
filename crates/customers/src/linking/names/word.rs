//! A short ASCII word kept in place: names are compared far more often than they are made, and by the million.

use std::{fmt, ops::Deref};

const ROOM: usize = 23;

/// Up to 23 ASCII letters; what is longer is cut off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct Word {
    letters: [u8; ROOM],
    length: u8,
}

impl Word {
    pub const EMPTY: Self = Self { letters: [0; ROOM], length: 0 };

    /// `letter` must be ASCII; anything else is left out.
    pub fn push(&mut self, letter: u8) {
        if usize::from(self.length) < ROOM && letter.is_ascii() {
            self.letters[usize::from(self.length)] = letter;
            self.length += 1;
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.letters[..usize::from(self.length)]
    }
}

impl Deref for Word {
    type Target = str;
    fn deref(&self) -> &str {
        std::str::from_utf8(self.bytes()).expect("only ASCII is pushed")
    }
}

/// A part of somebody's name: never shown.
impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Word({} letters)", self.length)
    }
}
