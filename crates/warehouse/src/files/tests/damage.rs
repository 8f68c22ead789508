//! Bad input: every record gets a verdict, and nothing after a broken one is lost.

use std::io::{self, Read};

use super::{fault, read, read_on, read_with, try_read};
use crate::files::{Field, Options, open};

const HEADER: &str = "order_id,date,name\n";

fn csv(rest: &str) -> String {
    HEADER.to_owned() + rest
}

#[test]
fn ragged_rows() {
    let whole = read(csv(
        "1,2024-01-02,Ann\n2,2024-01-02\n3,2024-01-02,Bo,extra\n4,2024-01-02,Cy,,\n5,2024-01-02,Di\n",
    ));
    assert_eq!(whole.order_ids(), ["1", "4", "5"], "blank extra cells do no harm");
    assert_eq!(whole.rejected(), [(3, None, "too_few_columns"), (4, None, "too_many_columns")]);
    assert_eq!(whole.rejects[0].reason, "The row has 2 columns, the header has 3.");
}

#[test]
fn an_unclosed_quote_costs_its_own_line_only() {
    let mut text = csv("1,2024-01-02,Ann\n2,2024-01-02,\"Bo\n");
    for order in 3..1_000 {
        text.push_str(&format!("{order},2024-01-02,Cy\n"));
    }
    let whole = read(text);
    assert_eq!(whole.rejected(), [(3, None, "unclosed_quote")]);
    assert_eq!(whole.rows.len(), 998);
}

#[test]
fn an_unclosed_quote_in_a_long_file_is_found_within_the_bound() {
    let options = Options { record_bytes_max: 10_000, ..Options::default() };
    let mut text = csv("1,2024-01-02,\"Ann\n");
    for order in 2..50_000 {
        text.push_str(&format!("{order},2024-01-02,Cy\n"));
    }
    text.push_str("last,2024-01-02,\"Di\n");
    let whole = read_with(text, &options);
    assert_eq!(whole.rejected(), [(2, None, "unclosed_quote"), (50_001, None, "unclosed_quote")]);
    assert_eq!(whole.rows.len(), 49_998);
}

#[test]
fn a_quote_closed_by_another_rows_quote_swallows_no_good_row() {
    let whole = read(csv("1,2024-01-02,\"Ann\n2,2024-01-02,Bo\n3,2024-01-02,\"Cy\"\n4,2024-01-02,Di\n"));
    assert_eq!(whole.rejected(), [(2, None, "broken_quotes")]);
    assert_eq!(whole.order_ids(), ["2", "3", "4"]);

    let ragged = read(csv("1,\"2024-01-02,Ann\n2,2024-01-02,Bo\",x,y,z\n3,2024-01-02,Cy\n"));
    assert_eq!(ragged.rejected(), [(2, None, "too_many_columns"), (3, None, "too_many_columns")]);
    assert_eq!(ragged.order_ids(), ["3"]);
}

#[test]
fn text_after_a_closing_quote() {
    let whole = read(csv("1,2024-01-02,\"Screen 12\" wide\"\n2,2024-01-02,Bo\n"));
    assert_eq!(whole.rejected(), [(2, None, "broken_quotes")]);
    assert_eq!(whole.order_ids(), ["2"]);
}

#[test]
fn a_file_of_broken_quotes_is_read_in_bounded_time() {
    // Each line, read by itself, opens a quote that no later line closes; read from inside that quote, it opens another.
    let mut text = csv("");
    for _ in 0..300_000 {
        text.push_str("a\",\"b\n");
    }
    let whole = read_with(text, &Options { record_bytes_max: 100_000, ..Options::default() });
    assert_eq!(whole.rejects.len(), 300_000);
    assert!(whole.rejects.iter().all(|reject| reject.code == "unclosed_quote"));
}

#[test]
fn nul_bytes_and_control_characters() {
    let whole =
        read(csv("1,2024-01-02,An\0n\n2,2024-01-02,B\u{1b}o\n3,2024-01-02,C\ty\n4\u{7},2024-01-02,Di\n"));
    assert_eq!(
        whole.rejected(),
        [
            (2, None, "nul_byte"),
            (3, Some(Field::Name), "control_character"),
            (5, Some(Field::OrderId), "control_character"),
        ]
    );
    assert_eq!(whole.texts(Field::Name), [Some("C y")]);
}

#[test]
fn a_broken_letter_in_a_utf8_file() {
    let mut bytes = csv("1,2024-01-02,Zoë\n").into_bytes();
    bytes.extend_from_slice(b"2,2024-01-02,Zo\xeb\n3,2024-01-02,Ann\n");
    let whole = read(bytes);
    assert_eq!(whole.rejected(), [(3, None, "invalid_encoding")]);
    assert_eq!(whole.order_ids(), ["1", "3"]);
}

#[test]
fn fields_that_are_too_long() {
    let whole = read(csv(&format!("1,2024-01-02,{}\n2,2024-01-02,{}\n", "x".repeat(513), "x".repeat(512))));
    assert_eq!(whole.rejected(), [(2, Some(Field::Name), "field_too_long")]);
    assert_eq!(whole.order_ids(), ["2"]);
}

#[test]
fn rows_without_an_order_id() {
    let whole = read(csv(",2024-01-02,Ann\n2,2024-01-02,Bo\n"));
    assert_eq!(whole.rejected(), [(2, Some(Field::OrderId), "missing_field")]);
}

#[test]
fn blank_lines_are_no_rows() {
    let whole = read(csv("\n1,2024-01-02,Ann\n,,\n  \n\n2,2024-01-02,Bo\n\n"));
    assert!(whole.rejects.is_empty());
    let lines: Vec<u64> = whole.rows.iter().map(|row| row.line_number).collect();
    assert_eq!(lines, [3, 7]);
}

#[test]
fn files_that_hold_nothing() {
    for text in ["", "\n\n  \n", "\u{feff}"] {
        assert_eq!(fault(text).code, "empty_file", "{text:?}");
    }
    let whole = read(HEADER);
    assert!(whole.rows.is_empty() && whole.rejects.is_empty());
    assert_eq!(read(HEADER.trim()).reader.columns().len(), 3);
}

#[test]
fn files_of_other_kinds() {
    for (bytes, code) in [
        (&b"PK\x03\x04rest of a workbook"[..], "unsupported_format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "unsupported_format"),
        (b"%PDF-1.7 ...", "unsupported_format"),
        (b"\x28\xb5\x2f\xfd....", "unsupported_format"),
        (b"\xff\xfe\0\0o\0\0\0", "unsupported_encoding"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "missing_column"),
        (b"\x1f\x8b\x08 not gzip at all", "file_unreadable"),
    ] {
        assert_eq!(fault(bytes).code, code, "{bytes:?}");
    }
    let label = Options { encoding: Some("klingon".to_owned()), ..Options::default() };
    assert_eq!(try_read(HEADER, &label).err().unwrap().code, "unknown_encoding");
}

#[test]
fn a_packed_file_that_is_cut_off_is_a_fault_not_an_end() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut chance = 12_345u64;
    writeln!(packer, "order_id,date,name").unwrap();
    for order in 0..200_000 {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        writeln!(packer, "{order},2024-01-02,{chance:x}").unwrap();
    }
    let mut packed = packer.finish().unwrap();
    packed.truncate(packed.len() / 2);
    let mut reader = open(io::Cursor::new(packed), &Options::default()).unwrap();
    let mut row = crate::files::OrderRow::default();
    let fault = loop {
        match reader.next(&mut row) {
            Ok(Some(outcome)) => assert!(outcome.is_ok()),
            Ok(None) => panic!("the end came without a fault"),
            Err(fault) => break fault,
        }
    };
    assert_eq!(fault.code, "file_unreadable");
    assert!(reader.rows() > 10_000);
}

#[test]
fn a_line_beyond_all_bounds_is_one_reject() {
    for start in ["", "\"", "{\"a\":\""] {
        let row = if start.starts_with('{') {
            "{\"order_id\":\"1\",\"date\":\"2024-01-02\"}\n"
        } else {
            "1,2024-01-02\n"
        };
        let header = if start.starts_with('{') { "" } else { "order_id,date\n" };
        let head = io::Cursor::new(format!("{header}{row}{start}").into_bytes());
        let line = io::repeat(b'x').take(64 * 1024 * 1024);
        let input = head.chain(line).chain(io::Cursor::new(format!("\n{row}").into_bytes()));
        let whole = read_on(open(input, &Options::default()).unwrap()).unwrap();
        assert_eq!(whole.order_ids(), ["1", "1"]);
        let number = whole.rows[0].line_number + 1;
        assert_eq!(whole.rejected(), [(number, None, "record_too_long")], "{start}");
        assert_eq!(whole.rows[1].line_number, number + 1);
    }
}

#[test]
fn an_input_that_fails_is_a_fault() {
    struct Failing(io::Cursor<Vec<u8>>);
    impl Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match self.0.read(into)? {
                0 => Err(io::Error::other("the disk is gone")),
                count => Ok(count),
            }
        }
    }
    let fault = open(Failing(io::Cursor::new(csv("1,2024-01-02,Ann\n").into_bytes())), &Options::default());
    assert_eq!(fault.err().unwrap().code, "file_unreadable");
}

#[test]
fn nothing_personal_is_shown() {
    let whole = read(
        "order_id,date,number,name,email,amount,currency\n\
         1,2024-01-02,+8801712345678,Rahima,rahima@example.com,1.00,EUR\n\
         2,+8801712345678,+8801712345678,Rahima,rahima@example.com,1.00,EUR\n\
         3,2024-01-02,+8801712345678,Rahi\u{1}ma,rahima@example.com,1.00,EUR\n\
         4,2024-01-02,+8801712345678,Rahima,rahima@example.com,rahima@example.com,EUR\n\
         5,2024-01-02,+8801712345678,Rahima,rahima@example.com,1.00,+8801712345678\n",
    );
    assert_eq!((whole.rows.len(), whole.rejects.len()), (1, 4));
    let shown = format!("{:?} {:?} {:?} {:?}", whole.rows, whole.rejects, whole.reader, whole.reader.notes());
    for part in ["8801712345678", "ahima"] {
        assert!(!shown.contains(part), "{shown}");
    }
}
