//! What the readers promise, format by format and trouble by trouble.

mod columns;
mod damage;
mod dates;
mod delimited;
mod json;
mod money;
mod properties;
mod table;

use std::io::Cursor;

use base::Fault;

use super::{Field, Options, OrderRow, Reader, Reject, open};

/// A whole file, read.
struct Whole {
    rows: Vec<OrderRow>,
    rejects: Vec<Reject>,
    reader: Reader,
}

fn try_read(bytes: impl Into<Vec<u8>>, options: &Options) -> Result<Whole, Fault> {
    read_on(open(Cursor::new(bytes.into()), options)?)
}

fn read_on(mut reader: Reader) -> Result<Whole, Fault> {
    let (mut rows, mut rejects) = (Vec::new(), Vec::new());
    let mut row = OrderRow::default();
    while let Some(outcome) = reader.next(&mut row)? {
        match outcome {
            Ok(()) => rows.push(row.clone()),
            Err(reject) => rejects.push(reject),
        }
    }
    assert_eq!(reader.rows(), (rows.len() + rejects.len()) as u64);
    assert_eq!(reader.rejected(), rejects.len() as u64);
    Ok(Whole { rows, rejects, reader })
}

fn read(text: impl Into<Vec<u8>>) -> Whole {
    read_with(text, &Options::default())
}

fn read_with(text: impl Into<Vec<u8>>, options: &Options) -> Whole {
    try_read(text, options).expect("the file can be read")
}

fn fault(text: impl Into<Vec<u8>>) -> Fault {
    match try_read(text, &Options::default()) {
        Ok(_) => panic!("the file could be read"),
        Err(fault) => fault,
    }
}

impl Whole {
    fn texts(&self, field: Field) -> Vec<Option<&str>> {
        self.rows.iter().map(|row| row.text(field)).collect()
    }

    fn order_ids(&self) -> Vec<&str> {
        self.rows.iter().map(OrderRow::order_id).collect()
    }

    /// Line, field and code of each reject.
    fn rejected(&self) -> Vec<(u64, Option<Field>, &str)> {
        self.rejects.iter().map(|reject| (reject.line_number, reject.field, reject.code)).collect()
    }

    fn note_codes(&self) -> Vec<&str> {
        self.reader.notes().iter().map(|note| note.code).collect()
    }
}
