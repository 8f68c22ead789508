//! Names by prefix and language, as carriers and places have them.

use super::{four_bytes, prefixes::Prefixes, section, text};
use crate::know::Language;

/// Bytes of a language's name in a list.
pub const LANGUAGE_WIDTH: usize = 12;
/// How many languages one look-up may try.
const CHOICES_MAX: usize = 6;

/// The first five sections of a table.
#[derive(Debug)]
pub struct Names {
    languages: &'static [u8],
    pub(crate) prefixes: Prefixes,
    /// Four bytes: where the text stands, its language, and whether it is the last of its prefix.
    pub(crate) rows: &'static [u8],
    pub(crate) texts: &'static [u8],
}

impl Names {
    pub const fn of(table: &'static [u8]) -> Self {
        Self {
            languages: section(table, 0),
            prefixes: Prefixes { lines: section(table, 1), values: section(table, 2) },
            rows: section(table, 3),
            texts: section(table, 4),
        }
    }

    /// The name that the longest prefix has in the language, or in one that it falls back on. A prefix with none of them leaves
    /// it to a shorter one.
    pub fn find(&self, digits: impl Iterator<Item = u8>, language: Language) -> Option<&'static str> {
        let matches = self.prefixes.matches(digits);
        let mut choices = [None; CHOICES_MAX];
        for (choice, code) in choices.iter_mut().zip(language.fallbacks()) {
            *choice = code.position(self.languages).and_then(|position| u32::try_from(position).ok());
        }
        matches.longest_first().find_map(|value| self.name(value as usize, &choices))
    }

    fn name(&self, first: usize, choices: &[Option<u32>]) -> Option<&'static str> {
        let mut best: Option<(usize, u32)> = None;
        for (row, last) in self.rows(first) {
            let rank = choices.iter().position(|choice| *choice == Some(row >> 24 & 127));
            if let Some(rank) = rank.filter(|rank| best.is_none_or(|(best, _)| *rank < best)) {
                best = Some((rank, row & 0xff_ffff));
            }
            if last {
                break;
            }
        }
        text(self.texts, best?.1 as usize)
    }

    fn rows(&self, first: usize) -> impl Iterator<Item = (u32, bool)> {
        let rows = self.rows[first * 4..].chunks_exact(4);
        rows.map(|row| four_bytes(row, 0)).map(|row| (row, row >> 31 == 1))
    }
}
