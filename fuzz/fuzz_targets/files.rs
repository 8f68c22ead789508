//! Whatever a text file of orders holds: each of its rows is an order or says why not, and it makes no difference in which pieces the file arrives.

#![no_main]

use std::io::{self, Read};

use base::DecimalMark;
use libfuzzer_sys::fuzz_target;
use warehouse::files::{DateOrder, Field, Format, Options, OrderRow, open};

/// A file that arrives a few bytes at a time.
struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    piece: usize,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let until = self.bytes.len().min(self.at + self.piece.min(into.len()));
        let piece = &self.bytes[self.at..until];
        into[..piece.len()].copy_from_slice(piece);
        self.at = until;
        Ok(piece.len())
    }
}

/// What was read, or the code of why it could not be.
type Said = (Vec<String>, Option<&'static str>);

fn read(bytes: &[u8], piece: usize, options: &Options) -> Said {
    let input = Pieces { bytes: bytes.to_vec(), at: 0, piece };
    let mut reader = match open(input, options) {
        Ok(reader) => reader,
        Err(fault) => return (Vec::new(), Some(fault.code)),
    };
    let (mut said, mut row) = (Vec::new(), OrderRow::default());
    loop {
        match reader.next(&mut row) {
            Ok(None) => break,
            Ok(Some(Ok(()))) => {
                assert!(row.text(Field::OrderId).is_some(), "an order has its id");
                let texts: Vec<_> = Field::ALL.iter().map(|field| row.text(*field)).collect();
                said.push(format!("{:?} {:?} {texts:?}", row.ordered_at, row.amount));
            }
            Ok(Some(Err(reject))) => {
                assert!(!reject.code.is_empty() && !reject.reason.is_empty());
                said.push(format!("{} {:?} {}", reject.line_number, reject.field, reject.code));
            }
            Err(fault) => return (said, Some(fault.code)),
        }
    }
    assert_eq!(reader.rows(), said.len() as u64);
    (said, None)
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else { return };
    if bytes.starts_with(b"PAR1") {
        return; // the reader of Parquet panics at some files, which we catch; libFuzzer ends at the panic already
    }
    let options = Options {
        format: [None, Some(Format::Csv), Some(Format::JsonLines)][usize::from(first & 3) % 3],
        decimal: [None, Some(DecimalMark::Comma)][usize::from(first >> 2 & 1)],
        date_order: [None, Some(DateOrder::MonthFirst)][usize::from(first >> 3 & 1)],
        record_bytes_max: 600,
        spool_bytes_max: 64 * 1024,
        ..Options::default()
    };
    let whole = read(bytes, usize::MAX, &options);
    let piece = 1 + usize::from(first >> 4) * 3;
    assert_eq!(whole, read(bytes, piece, &options));
});
