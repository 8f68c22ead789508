//! Tables in flat memory: they lie in the program as they are looked up, so that nothing is read, built or allocated at the start
//! or in a look-up. `cargo xtask generate numbering-knowledge` writes them.
//!
//! A table is a header of 512 bytes for people, a list of sections and the sections.

#[cfg(any(feature = "places", feature = "short-numbers"))]
pub mod automata;
#[cfg(any(feature = "carrier", feature = "places"))]
pub mod names;
#[cfg(any(feature = "carrier", feature = "places", feature = "time-zones"))]
pub mod prefixes;

const HEADER: usize = 512;

/// A whole table at the start of a line of the processor's cache, so that a step in a tree touches one line.
#[repr(align(64))]
#[derive(Debug)]
pub struct Aligned<T: ?Sized>(pub T);

/// A section of a table. Every table is cut when the crate is compiled: one that is cut wrongly does not compile.
pub const fn section(table: &'static [u8], number: usize) -> &'static [u8] {
    let entry = HEADER + number * 8;
    let at = four_bytes(table, entry) as usize;
    let length = four_bytes(table, entry + 4) as usize;
    table.split_at(at).1.split_at(length).0
}

#[cfg(any(feature = "places", feature = "short-numbers"))]
pub const fn two_bytes(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

#[cfg(any(feature = "carrier", feature = "places", feature = "time-zones"))]
pub const fn three_bytes(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], 0])
}

pub const fn four_bytes(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The text at a place: its length in one byte, or in two if it is longer than 127 bytes, then the text. `None` for an empty one.
pub fn text(texts: &'static [u8], place: usize) -> Option<&'static str> {
    let (length, from) = match texts[place] {
        short @ 0..=127 => (usize::from(short), place + 1),
        low => (usize::from(low & 127) | usize::from(texts[place + 1]) << 7, place + 2),
    };
    let text = std::str::from_utf8(&texts[from..from + length]).expect("the generator writes UTF-8");
    Some(text).filter(|text| !text.is_empty())
}

/// Finds a row by its key, in rows of one width that are sorted by it.
#[cfg(any(feature = "carrier", feature = "places", feature = "short-numbers"))]
pub fn row<K: Ord>(
    rows: &'static [u8],
    width: usize,
    key: K,
    of: impl Fn(&[u8]) -> K,
) -> Option<&'static [u8]> {
    let (mut low, mut high) = (0, rows.len() / width);
    while low < high {
        let middle = (low + high) / 2;
        let row = &rows[middle * width..(middle + 1) * width];
        match of(row).cmp(&key) {
            std::cmp::Ordering::Equal => return Some(row),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

/// The two letters by which tables name a region; `001` has two as well.
#[cfg(any(feature = "carrier", feature = "places", feature = "short-numbers"))]
pub fn region_key(region: crate::Region) -> [u8; 2] {
    match region.as_str().as_bytes() {
        [first, second] => [*first, *second],
        _ => *b"01",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_of_the_release_of_the_numbering_plans() {
        let release = format!("Facts of libphonenumber {},", crate::METADATA_VERSION);
        for (table, limit) in [
            (include_bytes!("../tables/carriers.bin").as_slice(), 500_000),
            (include_bytes!("../tables/time_zones.bin").as_slice(), 200_000),
            (include_bytes!("../tables/short_numbers.bin").as_slice(), 500_000),
            (include_bytes!("../tables/places.bin").as_slice(), 6_000_000),
        ] {
            let header = std::str::from_utf8(&table[..HEADER]).expect("text");
            assert!(header.contains(&release), "{header}");
            assert!(header.contains("Apache License, Version 2.0"), "{header}");
            assert!(table.len() <= limit, "{} bytes", table.len());
        }
    }

    #[cfg(any(feature = "carrier", feature = "places", feature = "short-numbers"))]
    #[test]
    fn rows_are_found_by_their_keys() {
        static ROWS: [u8; 8] = [1, 10, 3, 30, 5, 50, 7, 70];
        let find = |key| row(&ROWS, 2, key, |row| row[0]).map(|row| row[1]);
        assert_eq!(
            (0..9).map(find).collect::<Vec<_>>(),
            [None, Some(10), None, Some(30), None, Some(50), None, Some(70), None]
        );
    }

    #[test]
    fn texts_of_every_length_are_read() {
        static TEXTS: [u8; 134] = {
            let mut texts = [b'x'; 134];
            texts[0] = 0;
            texts[1] = 1;
            texts[3] = 128 | 1;
            texts[4] = 1;
            texts
        };
        assert_eq!(text(&TEXTS, 0), None);
        assert_eq!(text(&TEXTS, 1), Some("x"));
        assert_eq!(text(&TEXTS, 3).map(str::len), Some(129));
    }
}
