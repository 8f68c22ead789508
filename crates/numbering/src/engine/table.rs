//! The plans as one flat table, read in place. `cargo xtask generate numbering` writes it (`xtask/src/numbering/table.rs`).
//!
//! Eight bytes of magic, then offset and length of each section (32 bits each, little-endian as all that follows), then the
//! sections, each beginning at a multiple of eight:
//!
//! | section | entries |
//! |---|---|
//! | codes | for each calling code below 1000 its number from 1, or 0 |
//! | code records | [`CODE_SHORTS`] of 16 bits: code, start of its place automaton, first territory, how many, first alternate way, how many, then the code as text |
//! | territories | [`TERRITORY`] bytes, see [`Territory`] |
//! | states | twelve of 16 bits: where each next digit leads, the outcome if the digits end here, one unused |
//! | rows | the outcome by total length, 0 to 17 |
//! | prefixes | what a national prefix did, see [`PrefixMatch`] |
//! | spans | number of groups, end of the match, then start and end of each group |
//! | choices | way of writing, and place of its spans |
//! | ways | [`WAY`] bytes, see [`Way`] |
//! | leads | starts of automata for leading digits |
//! | texts | pieces named by offset and length |
//! | zeros | the zero of each script's digits, 32 bits |
//! | words | ranges of letters and numbers beyond ASCII, 32 bits twice |
//! | release | the metadata's release |
//! | roots | for each code record, where each pair of digits leads in its place automaton |
//!
//! A reference with its upper bit set is a row, else a state. An automaton reads digits until it is in a row: from there only
//! their number matters.

mod records;

pub use records::{Code, Lengths, PrefixMatch, Spans, Territory, Way};

const MAGIC: &[u8; 8] = b"TRUNKNP3";
const SECTIONS: usize = 15;
const ROW: u16 = 0x8000;
const LENGTHS: usize = 18;
const STATE: usize = 24;
const END: usize = 10;
const CODE_SHORTS: usize = 8;
const TERRITORY: usize = 192;
const WAY: usize = 32;
/// Outcome of an automaton that found nothing.
pub const NONE: u16 = u16::MAX;
/// No national number has more digits.
pub const DIGITS_MAX: usize = 17;
const NO_TERRITORY: u8 = u8::MAX;
const PAIRS: usize = 100;
const FRONTS: usize = 1000;
const FRONT_SHIFT: u16 = 14;
const LETTERS: usize = 26;
const TERRITORIES_MAX: usize = 256;

/// A table of numbering plans. All answers come from one; a program needs only [`Plans::BUILT_IN`].
pub struct Plans {
    codes: &'static [[u8; 2]],
    code_records: &'static [[u8; 2 * CODE_SHORTS]],
    territories: &'static [[u8; TERRITORY]],
    states: &'static [[u8; STATE]],
    rows: &'static [[u8; 2 * LENGTHS]],
    prefixes: &'static [[u8; 6]],
    spans: &'static [u8],
    choices: &'static [[u8; 4]],
    ways: &'static [[u8; WAY]],
    leads: &'static [[u8; 2]],
    texts: &'static [u8],
    zeros: &'static [[u8; 4]],
    words: &'static [[u8; 8]],
    release: &'static [u8],
    roots: &'static [[u8; 2 * PAIRS]],
    /// The territory of each pair of letters.
    regions: [u8; LETTERS * LETTERS],
    /// For the first three digits of an international number, the number of its calling code and, in the upper bits, how many of
    /// the digits it is.
    fronts: [u16; FRONTS],
    /// The region of each territory.
    names: [[u8; 2]; TERRITORIES_MAX],
}

/// The table at a place in memory where no record lies across more cache lines than it must.
#[repr(align(64))]
struct Aligned<Bytes: ?Sized>(Bytes);

static TABLE: &Aligned<[u8]> = &Aligned(*include_bytes!("../plans.bin"));

static BUILT_IN: Plans = match Plans::read(&TABLE.0) {
    Some(plans) => plans,
    None => panic!("the table and this file are of one make"),
};

const fn section(table: &'static [u8], number: usize) -> &'static [u8] {
    let at = MAGIC.len() + 8 * number;
    let (_, fields) = table.split_at(at);
    let offset = u32::from_le_bytes([fields[0], fields[1], fields[2], fields[3]]) as usize;
    let length = u32::from_le_bytes([fields[4], fields[5], fields[6], fields[7]]) as usize;
    let (_, rest) = table.split_at(offset);
    rest.split_at(length).0
}

const fn short(bytes: &[u8], number: usize) -> u16 {
    u16::from_le_bytes([bytes[2 * number], bytes[2 * number + 1]])
}

const fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

impl Plans {
    /// The plans that this crate carries.
    pub const BUILT_IN: &'static Self = &BUILT_IN;

    /// Reads a table; `None` if it is none of this make. It is trusted beyond that: what is no whole table may panic later.
    pub const fn read(table: &'static [u8]) -> Option<Self> {
        let mut at = 0;
        while at < MAGIC.len() {
            if table.len() <= MAGIC.len() + 8 * SECTIONS || table[at] != MAGIC[at] {
                return None;
            }
            at += 1;
        }
        let mut plans = Self {
            codes: section(table, 0).as_chunks().0,
            code_records: section(table, 1).as_chunks().0,
            territories: section(table, 2).as_chunks().0,
            states: section(table, 3).as_chunks().0,
            rows: section(table, 4).as_chunks().0,
            prefixes: section(table, 5).as_chunks().0,
            spans: section(table, 6),
            choices: section(table, 7).as_chunks().0,
            ways: section(table, 8).as_chunks().0,
            leads: section(table, 9).as_chunks().0,
            texts: section(table, 10),
            zeros: section(table, 11).as_chunks().0,
            words: section(table, 12).as_chunks().0,
            release: section(table, 13),
            roots: section(table, 14).as_chunks().0,
            regions: [NO_TERRITORY; LETTERS * LETTERS],
            fronts: [NONE; FRONTS],
            names: [*b"ZZ"; TERRITORIES_MAX],
        };
        let mut number = 0;
        while number < plans.territories.len() {
            let id = plans.territories[number];
            plans.names[number] = [id[0], id[1]];
            if id[0] >= b'A' {
                plans.regions[(id[0] - b'A') as usize * LETTERS + (id[1] - b'A') as usize] = number as u8;
            }
            number += 1;
        }
        let mut number = 0;
        while number < plans.code_records.len() {
            let code = short(&plans.code_records[number], 0) as usize;
            let (length, unit) = if code < 10 {
                (1, 100)
            } else if code < 100 {
                (2, 10)
            } else {
                (3, 1)
            };
            let mut front = code * unit;
            while front < (code + 1) * unit {
                plans.fronts[front] = (length << FRONT_SHIFT) | number as u16;
                front += 1;
            }
            number += 1;
        }
        Some(plans)
    }

    /// The release of the metadata that the table was made from.
    pub fn release(&self) -> &'static str {
        std::str::from_utf8(self.release).unwrap_or_default()
    }

    pub(crate) const fn territory_count(&self) -> usize {
        self.territories.len()
    }

    /// The region and calling code of a territory.
    pub(crate) const fn territory_name(&self, number: usize) -> ([u8; 2], u16) {
        let record = &self.territories[number];
        ([record[0], record[1]], short(record, 1))
    }

    /// The region of a territory; nothing for the number that stands for none.
    #[inline]
    pub(crate) fn region_name(&self, territory: u8) -> Option<[u8; 2]> {
        (territory != NO_TERRITORY).then(|| self.names[usize::from(territory)])
    }

    /// Two capital letters to a territory; `001` belongs to many and has none.
    #[inline]
    pub(crate) fn territory_of(&self, region: [u8; 2]) -> Option<u8> {
        let [first, second] = region.map(|letter| usize::from(letter.wrapping_sub(b'A')));
        if first >= LETTERS || second >= LETTERS {
            return None;
        }
        let found = self.regions[first * LETTERS + second];
        (found != NO_TERRITORY).then_some(found)
    }

    #[inline]
    pub(crate) fn territory(&self, number: u8) -> Territory {
        Territory { record: &self.territories[usize::from(number)] }
    }

    #[inline]
    pub(crate) fn code(&self, code: u16) -> Option<Code> {
        let number = u16::from_le_bytes(*self.codes.get(usize::from(code))?).checked_sub(1)?;
        Some(Code { record: &self.code_records[usize::from(number)], number })
    }

    /// The calling code that three digits or more begin with, and how many of them it is.
    #[inline]
    pub(crate) fn code_in_front(&self, digits: &[u8]) -> Option<(Code, usize)> {
        let [a, b, c, ..] = digits else { return None };
        let front = usize::from(a & 15) * 100 + usize::from(b & 15) * 10 + usize::from(c & 15);
        let found = self.fronts[front.min(FRONTS - 1)];
        if found == NONE {
            return None;
        }
        let number = found & ((1 << FRONT_SHIFT) - 1);
        let code = Code { record: &self.code_records[usize::from(number)], number };
        Some((code, usize::from(found >> FRONT_SHIFT)))
    }

    pub(crate) fn codes(&self) -> impl Iterator<Item = Code> {
        (0..).zip(self.code_records).map(|(number, record)| Code { record, number })
    }

    /// The kind of a number (upper byte) and its territory (lower byte); nothing if it is too long or too short to be one.
    #[inline]
    pub(crate) fn place(&self, code: Code, digits: &[u8]) -> Option<u16> {
        let [first, second, rest @ ..] = digits else { return None };
        let pair = usize::from(first & 15) * 10 + usize::from(second & 15);
        let start = short(&self.roots[usize::from(code.number)], pair.min(PAIRS - 1));
        if digits.len() > DIGITS_MAX {
            return None;
        }
        let [third, fourth, rest @ ..] = rest else { return Some(self.walk(start, rest, digits.len())) };
        // Most are decided by now or soon. Two steps without asking cost less than being wrong about when.
        let at = self.step_unless_row(self.step_unless_row(start, *third), *fourth);
        Some(self.walk(at, rest, digits.len()))
    }

    /// The next state, or the same row.
    #[inline]
    fn step_unless_row(&self, at: u16, digit: u8) -> u16 {
        let is_row = (at.cast_signed() >> 15).cast_unsigned();
        let next = short(&self.states[usize::from(at & !is_row)], usize::from(digit & 15).min(9));
        (at & is_row) | (next & !is_row)
    }

    /// What all the digits mean to an automaton; nothing if they are more than any number has.
    #[inline]
    pub(crate) fn whole(&self, start: u16, digits: &[u8]) -> Option<u16> {
        (digits.len() <= DIGITS_MAX).then(|| self.walk(start, digits, digits.len()))
    }

    /// What the digits begin with, to an automaton that looks for a beginning.
    #[inline]
    pub(crate) fn beginning(&self, start: u16, digits: &[u8]) -> Option<u16> {
        let found = self.walk(start, digits, digits.len());
        (found != NONE).then_some(found)
    }

    /// Whether an automaton of one pattern matches.
    #[inline]
    pub(crate) fn matches(&self, start: u16, digits: &[u8]) -> bool {
        self.whole(start, digits) == Some(1)
    }

    /// Reads on from a place in an automaton, `length` being the number of all digits.
    #[inline]
    fn walk(&self, start: u16, digits: &[u8], length: usize) -> u16 {
        let mut at = start;
        let mut rest = digits.iter();
        while at & ROW == 0 {
            let state = &self.states[usize::from(at)];
            let Some(digit) = rest.next() else { return short(state, END) };
            at = short(state, usize::from(digit & 15).min(9));
        }
        short(&self.rows[usize::from(at & !ROW)], length.min(DIGITS_MAX))
    }

    pub(crate) fn prefix_match(&self, number: u16) -> PrefixMatch {
        let [end, transforms, carrier_start, carrier_end, low, high] = self.prefixes[usize::from(number)];
        PrefixMatch {
            end: usize::from(end),
            transforms: transforms != 0,
            carrier: (carrier_start != u8::MAX).then_some((carrier_start, carrier_end)),
            spans: self.spans(u16::from_le_bytes([low, high])),
        }
    }

    pub(crate) fn spans(&self, place: u16) -> Spans {
        let entry = &self.spans[usize::from(place)..];
        Spans { entry: &entry[..2 + 2 * usize::from(entry[0])] }
    }

    pub(crate) fn choice(&self, number: u16) -> (Way, Spans) {
        let choice = &self.choices[usize::from(number)];
        (self.way(short(choice, 0)), self.spans(short(choice, 1)))
    }

    pub(crate) fn way(&self, number: u16) -> Way {
        Way { record: &self.ways[usize::from(number)] }
    }

    pub(crate) fn lead(&self, number: u16) -> u16 {
        u16::from_le_bytes(self.leads[usize::from(number)])
    }

    pub(crate) fn text(&self, place: u32) -> &'static [u8] {
        let offset = (place >> 8) as usize;
        &self.texts[offset..offset + (place & 0xff) as usize]
    }

    /// A piece of text that is known to be no template.
    pub(crate) fn plain(&self, place: u32) -> &'static str {
        std::str::from_utf8(self.text(place)).unwrap_or_default()
    }

    /// The value of a decimal digit beyond ASCII.
    pub(crate) fn digit_beyond_ascii(&self, c: char) -> Option<u8> {
        let point = u32::from(c);
        let above = self.zeros.partition_point(|zero| u32::from_le_bytes(*zero) <= point);
        let zero = u32::from_le_bytes(*self.zeros.get(above.checked_sub(1)?)?);
        u8::try_from(point - zero).ok().filter(|value| *value < 10)
    }

    /// Whether a character beyond ASCII is a letter or a number.
    pub(crate) fn is_word_beyond_ascii(&self, c: char) -> bool {
        let point = u32::from(c);
        let above = self.words.partition_point(|range| long(range, 0) <= point);
        above > 0 && point <= long(&self.words[above - 1], 4)
    }
}

impl std::fmt::Debug for Plans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plans({})", self.release())
    }
}
