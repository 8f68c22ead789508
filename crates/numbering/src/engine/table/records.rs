//! The records of a table: calling codes, territories, ways of writing, and what automata found.

use super::{CODE_SHORTS, TERRITORY, WAY, long, short};

/// A calling code.
#[derive(Clone, Copy)]
pub struct Code {
    pub(super) record: &'static [u8; 2 * CODE_SHORTS],
    pub(super) number: u16,
}

impl Code {
    #[inline]
    pub fn number(self) -> u16 {
        short(self.record, 0)
    }

    /// A plus and the code, in the lowest bytes, and how many they are.
    #[inline]
    pub fn text(self) -> (u32, u32) {
        let text = long(self.record, 12);
        (text, 4 - text.leading_zeros() / 8)
    }

    /// The territory whose rules all of its numbers follow.
    #[inline]
    pub fn main(self) -> u8 {
        self.record[4]
    }

    pub fn territories(self) -> impl Iterator<Item = u8> {
        (self.main()..).take(usize::from(short(self.record, 3)))
    }

    pub fn alternate_ways(self) -> impl Iterator<Item = u16> {
        (short(self.record, 4)..).take(usize::from(short(self.record, 5)))
    }
}

/// A region, or a calling code of no place, with its own plan.
#[derive(Clone, Copy)]
pub struct Territory {
    pub(super) record: &'static [u8; TERRITORY],
}

/// Possible numbers of digits, as sets of bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lengths {
    pub all: u32,
    pub local: u32,
}

impl Territory {
    const LONGS: usize = 36;

    #[inline]
    fn long(self, number: usize) -> u32 {
        long(self.record, Self::LONGS + 4 * number)
    }

    #[inline]
    fn short(self, number: usize) -> u16 {
        short(self.record, 1 + number)
    }

    #[inline]
    pub fn region(self) -> [u8; 2] {
        [self.record[0], self.record[1]]
    }

    #[inline]
    pub fn code(self) -> u16 {
        self.short(0)
    }

    /// Start of the automaton for the prefix of calls abroad; its outcome is where the prefix ends.
    pub fn international_prefix(self) -> u16 {
        self.short(1)
    }

    /// Start of the automaton for the national prefix; its outcome is a [`PrefixMatch`].
    #[inline]
    pub fn national_prefix(self) -> u16 {
        self.short(2)
    }

    /// Start of the automaton of what numbers look like in general.
    #[inline]
    pub fn general(self) -> u16 {
        self.short(3)
    }

    /// Start of the automaton for the kind of number in this territory alone.
    pub fn kinds(self) -> u16 {
        self.short(4)
    }

    /// Start of the automaton of numbers that cannot be called from abroad, and how long they are; any length if 0.
    pub fn not_from_abroad(self) -> (u16, u32) {
        (self.short(5), self.long(2))
    }

    pub fn ways(self) -> impl ExactSizeIterator<Item = u16> {
        let first = self.short(6);
        first..first + self.short(7)
    }

    pub fn ways_from_abroad(self) -> impl ExactSizeIterator<Item = u16> {
        let first = self.short(8);
        first..first + self.short(9)
    }

    /// Start of the automaton that chooses a way of writing: at home, or for people abroad.
    pub fn choice(self, abroad: bool) -> u16 {
        self.short(if abroad { 11 } else { 10 })
    }

    pub fn is_portable(self) -> bool {
        self.short(12) & 1 != 0
    }

    #[inline]
    pub fn has_prefix_for_parsing(self) -> bool {
        self.short(12) & 2 != 0
    }

    pub fn has_international_prefix(self) -> bool {
        self.short(12) & 4 != 0
    }

    pub fn has_national_prefix(self) -> bool {
        self.short(12) & 8 != 0
    }

    pub fn has_kind(self, kind: usize) -> bool {
        self.short(13) >> kind & 1 != 0
    }

    pub fn national_prefix_text(self) -> u32 {
        self.long(3)
    }

    /// The prefix for calls abroad, where there is exactly one; else empty.
    pub fn single_international_prefix(self) -> u32 {
        self.long(4)
    }

    pub fn preferred_international_prefix(self) -> u32 {
        self.long(5)
    }

    pub fn extension_prefix(self) -> u32 {
        self.long(6)
    }

    pub fn transform(self) -> u32 {
        self.long(7)
    }

    /// Whether a national number that begins with this digit may have a national prefix.
    #[inline]
    pub fn may_have_national_prefix(self, digit: u8) -> bool {
        self.short(15) >> (digit & 15) & 1 != 0
    }

    /// Whether digits that begin with this one may be a call abroad.
    #[inline]
    pub fn may_have_international_prefix(self, digit: u8) -> bool {
        self.short(14) >> (digit & 15) & 1 != 0
    }

    /// Lengths of numbers of any kind.
    #[inline]
    pub fn general_lengths(self) -> Lengths {
        Lengths { all: self.long(0), local: self.long(1) }
    }

    /// Lengths of a kind of number; [`Self::GENERAL`] for all.
    pub fn lengths(self, kind: usize) -> Lengths {
        if kind == Self::GENERAL {
            return self.general_lengths();
        }
        Lengths { all: self.long(8 + 3 * kind), local: self.long(9 + 3 * kind) }
    }

    /// An example of a kind; empty if there is none.
    pub fn example(self, kind: usize) -> u32 {
        self.long(if kind == Self::GENERAL { 38 } else { 10 + 3 * kind })
    }

    /// The place of the general description among the kinds.
    pub const GENERAL: usize = 10;
}

/// What stood before a national number.
#[derive(Clone, Copy)]
pub struct PrefixMatch {
    /// Where the prefix ends.
    pub end: usize,
    /// Whether it is replaced by something, rather than dropped.
    pub transforms: bool,
    /// Where the code of a carrier stands in it.
    pub carrier: Option<(u8, u8)>,
    pub spans: Spans,
}

/// Where the groups of a pattern lie.
#[derive(Clone, Copy)]
pub struct Spans {
    pub(super) entry: &'static [u8],
}

impl Spans {
    /// How far the pattern reaches.
    pub fn end(self) -> usize {
        usize::from(self.entry[1])
    }

    /// The digits of a group, counted from 1; none if it took no part.
    pub fn group(self, number: usize, digits: &[u8]) -> &[u8] {
        match self.entry.get(2 * number..2 * number + 2) {
            Some(&[start, end]) if end != u8::MAX => &digits[usize::from(start)..usize::from(end)],
            _ => &[],
        }
    }
}

/// A way of writing a national number.
#[derive(Clone, Copy)]
pub struct Way {
    pub(super) record: &'static [u8; WAY],
}

impl Way {
    /// The template without prefix.
    pub fn template(self) -> u32 {
        long(self.record, 0)
    }

    /// The template with national prefix, where the plan writes one.
    pub fn at_home(self) -> u32 {
        long(self.record, 4)
    }

    /// The template with the code of a carrier; empty if there is none.
    pub fn by_carrier(self) -> u32 {
        long(self.record, 8)
    }

    /// The template filled with as many nines as fit.
    pub fn nines(self) -> u32 {
        long(self.record, 12)
    }

    /// The rule for the national prefix.
    pub fn rule(self) -> u32 {
        long(self.record, 16)
    }

    /// Start of the automaton of its pattern; its outcome is a place of spans.
    pub fn pattern(self) -> u16 {
        short(self.record, 10)
    }

    /// Numbers of its leading digits, from rough to detailed.
    pub fn leads(self) -> impl ExactSizeIterator<Item = u16> {
        let first = short(self.record, 11);
        first..first + u16::from(self.record[26])
    }

    /// Ways with one pattern have one such number.
    pub fn pattern_number(self) -> u16 {
        short(self.record, 12)
    }

    fn has(self, flag: u8) -> bool {
        self.record[27] & flag != 0
    }

    pub fn has_rule(self) -> bool {
        self.has(1)
    }

    pub fn is_prefix_optional(self) -> bool {
        self.has(2)
    }

    /// Whether the rule writes no prefix.
    pub fn is_without_prefix(self) -> bool {
        self.has(4)
    }

    pub fn has_carrier_rule(self) -> bool {
        self.has(8)
    }

    pub fn is_for_typing(self) -> bool {
        self.has(16)
    }

    pub fn has_gap_after_prefix(self) -> bool {
        self.has(32)
    }

    /// How many nines its pattern takes.
    pub fn nines_length(self) -> usize {
        usize::from(self.record[28])
    }
}
