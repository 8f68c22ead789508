//! What holds for any file: no panic, a verdict for every record, and the same cells as another reader sees.

use encoding_rs::Encoding;
use proptest::prelude::*;

use super::{read_with, try_read};
use crate::files::{Field, Options};

/// Bytes of the kind that upset readers of delimited text.
fn awkward_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[a-z0-9 ]{0,6}".prop_map(String::into_bytes),
        3 => prop::sample::select(vec![&b","[..], b";", b"\"", b"\"\"", b"\n", b"\r\n", b"\r", b"\t", b"{", b"}", b":"])
            .prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..4),
        1 => Just(b"2024-01-02".to_vec()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A cell as the csv crate may write it: any text without control characters.
fn cell() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9äöüéß€ ,;|'\"\t\n.-]{0,12}"
}

/// What a text field keeps of a cell.
fn kept(cell: &str) -> Option<String> {
    let trimmed = cell.trim();
    let mut words = String::new();
    let mut spaced = false;
    for c in trimmed.chars() {
        let space = matches!(c, '\t' | '\n' | '\r');
        if !(space && spaced) {
            words.push(if space { ' ' } else { c });
        }
        spaced = space;
    }
    let nothing = ["", "-", "nan", "none", "nil", "null", "nat", "n/a", "undefined"];
    (!nothing.contains(&trimmed.to_lowercase().as_str())).then_some(words)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = try_read(bytes, &Options::default());
    }

    /// `read_on` checks that rows are accepted or rejected, one by one.
    #[test]
    fn awkward_bytes_after_a_header_are_all_answered_for(
        bytes in awkward_text(),
        delimiter in prop::sample::select(vec![",", ";", "\t", "|"]),
        record_bytes_max in 20usize..200,
    ) {
        let header = ["order_id", "date", "name"].join(delimiter) + "\n";
        let end = [&["last", "2024-01-02", "Ann"].join(delimiter), "\n"].concat();
        let file = [header.as_bytes(), &bytes, b"\n", end.as_bytes()].concat();
        let options = Options { record_bytes_max, ..Options::default() };
        let whole = try_read(file, &options).unwrap();
        let last = whole.rows.last().is_some_and(|row| row.order_id() == "last");
        let after = whole.rejects.last().is_some_and(|reject| reject.line_number > 1);
        prop_assert!(last || after, "the last line got a verdict");
    }

    #[test]
    fn awkward_json_lines_are_all_answered_for(lines in prop::collection::vec("[^\r\n]{0,40}", 0..20)) {
        let good = "{\"order_id\":\"1\",\"date\":\"2024-01-02\"}\n";
        let file = format!("{good}{}\n{good}", lines.join("\n"));
        let whole = try_read(file, &Options::default()).unwrap();
        let filled = lines.iter().filter(|line| !line.bytes().all(|b| b.is_ascii_whitespace())).count();
        prop_assert_eq!(whole.reader.rows(), filled as u64 + 2);
        prop_assert_eq!(whole.rows.last().unwrap().line_number, lines.len().max(1) as u64 + 2);
    }

    #[test]
    fn what_the_csv_crate_writes_is_read(
        cells in prop::collection::vec((cell(), cell(), cell()), 1..20),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        label in prop::sample::select(vec!["utf-8", "utf-16le", "utf-16be", "windows-1252"]),
        every_cell_quoted in any::<bool>(),
        crlf in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .quote_style(if every_cell_quoted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        writer.write_record(["order_id", "date", "name", "product", "address"]).unwrap();
        for (order, (name, product, address)) in cells.iter().enumerate() {
            writer.write_record([&order.to_string(), "2024-01-02", name, product, address]).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let bytes: Vec<u8> = match label {
            "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            label => Encoding::for_label(label.as_bytes()).unwrap().encode(&text).0.into_owned(),
        };
        let options = Options { encoding: Some(label.to_owned()), ..Options::default() };
        let whole = read_with(bytes, &options);
        prop_assert!(whole.rejects.is_empty(), "{:?}", whole.rejects);
        prop_assert_eq!(whole.rows.len(), cells.len());
        for (row, (name, product, address)) in whole.rows.iter().zip(&cells) {
            for (field, cell) in [(Field::Name, name), (Field::Product, product), (Field::Address, address)] {
                prop_assert_eq!(row.text(field).map(str::to_owned), kept(cell));
            }
        }
    }
}
