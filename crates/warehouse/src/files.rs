//! Reads order files: CSV in any common dress, JSON Lines and Parquet become canonical rows, and what cannot be used becomes a
//! reject with its line, field and reason. Knows nothing of databases. Memory does not grow with the file.
//!
//! Every record of a file comes out once, as a row or as a reject; [`Reader::rows`] is the sum of both.
//!
//! ```
//! use warehouse::files::{Options, OrderRow, open};
//!
//! let file = "Order No;Date;Phone;Total;Currency\n\
//!             A-1;29.02.2024 13:05;+358 40 123 4567;12,50;EUR\n\
//!             A-2;soon;040 765 4321;3,00;EUR\n";
//! let mut reader = open(file.as_bytes(), &Options::default())?;
//! let mut row = OrderRow::default();
//!
//! assert!(reader.next(&mut row)?.unwrap().is_ok());
//! assert_eq!(row.order_id(), "A-1");
//! assert_eq!(row.ordered_at, "2024-02-29T13:05:00Z".parse().unwrap());
//! assert_eq!(row.number(), Some("+358 40 123 4567"));
//! assert_eq!(row.amount, Some(1250));
//!
//! let reject = reader.next(&mut row)?.unwrap().unwrap_err();
//! assert_eq!(reject.to_string(), "line 3: ordered_at: The date is not written in a form that is known.");
//! assert!(reader.next(&mut row)?.is_none());
//! # Ok::<(), base::Fault>(())
//! ```

mod amounts;
mod buffer;
mod charset;
mod columns;
mod dates;
mod delimited;
mod digits;
mod interpret;
mod json;
mod months;
mod names;
mod opening;
mod record;
mod row;
mod sample;
mod scan;
mod sealed;
mod table;
#[cfg(test)]
mod tests;
mod told;

use std::{
    borrow::Cow,
    collections::VecDeque,
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use base::{Currency, DecimalMark, Fault};

pub use dates::DateOrder;
pub use jiff::tz::TimeZone;
pub use opening::{open, open_file, open_sealed};
pub use row::{Field, OrderRow, Reject};
pub use told::ToldOptions;

use dates::DateRules;
use delimited::Delimited;
use interpret::Interpreter;
use json::JsonLines;
use record::Record;
use table::Table;

/// The longest record that is read, in bytes of UTF-8.
pub const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// What a file is made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// Delimited text, whatever the delimiter.
    Csv,
    JsonLines,
    Parquet,
}

impl Format {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Fault;
    fn from_str(text: &str) -> Result<Self, Fault> {
        match text {
            "csv" | "tsv" => Ok(Self::Csv),
            "jsonl" | "ndjson" | "json-lines" => Ok(Self::JsonLines),
            "parquet" => Ok(Self::Parquet),
            _ => {
                Err(Fault::invalid("unknown_format", "The formats are csv, jsonl and parquet.")
                    .field("format"))
            }
        }
    }
}

/// What the caller knows about a file. Everything left out is found out from the file.
#[derive(Clone, Debug)]
pub struct Options {
    pub format: Option<Format>,
    /// Fields and the columns that hold them; wins over every guess. Several columns for the name, the address or the date are
    /// parts of it; for other fields, the first that is not blank counts.
    pub map: Vec<(Field, String)>,
    /// One ASCII character.
    pub delimiter: Option<u8>,
    /// A label of the WHATWG encoding standard: `utf-8`, `windows-1252`, `utf-16le` …
    pub encoding: Option<String>,
    pub decimal: Option<DecimalMark>,
    pub date_order: Option<DateOrder>,
    /// For rows that do not say theirs.
    pub currency_default: Option<Currency>,
    /// Of dates without an offset; UTC if not given.
    pub time_zone: Option<TimeZone>,
    /// A longer record is rejected.
    pub record_bytes_max: usize,
    /// A Parquet file from a stream is kept in a sealed temporary file meanwhile; a longer one is refused.
    pub spool_bytes_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: None,
            map: Vec::new(),
            delimiter: None,
            encoding: None,
            decimal: None,
            date_order: None,
            currency_default: None,
            time_zone: None,
            record_bytes_max: RECORD_BYTES_MAX,
            spool_bytes_max: 16 * 1024 * 1024 * 1024,
        }
    }
}

/// Reads the character between columns, as `--delimiter` takes it: one ASCII character, or `tab`.
///
/// ```
/// use warehouse::files::parse_delimiter;
///
/// assert_eq!(parse_delimiter("tab").unwrap(), b'\t');
/// assert!(parse_delimiter("ab").is_err());
/// ```
pub fn parse_delimiter(text: &str) -> Result<u8, Fault> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [one] if one.is_ascii() => Ok(*one),
        _ => Err(Fault::invalid("invalid_delimiter", "A delimiter is one ASCII character, or `tab`.")
            .field("delimiter")),
    }
}

/// Reads `field=column`, as `--map` takes it.
///
/// ```
/// use warehouse::files::{Field, parse_map};
///
/// assert_eq!(parse_map("number=Billing Phone").unwrap(), (Field::Number, "Billing Phone".to_owned()));
/// assert!(parse_map("shoe_size=EU").is_err());
/// ```
pub fn parse_map(text: &str) -> Result<(Field, String), Fault> {
    match text.split_once('=') {
        Some((field, column)) if !column.trim().is_empty() => {
            Ok((field.trim().parse()?, column.trim().to_owned()))
        }
        _ => Err(Fault::invalid("invalid_map", "A mapping is written field=column.").field("map")),
    }
}

/// Something a person should know about how a file was read: an assumption, or a thing left out.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Note {
    /// Stable, `snake_case`.
    pub code: &'static str,
    /// Plain sentences.
    pub message: Cow<'static, str>,
}

impl Note {
    fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }
}

/// A column of the file, and the field it became (or helped to make); `None` if it is not used.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct ColumnUse {
    pub name: String,
    pub field: Option<Field>,
}

/// A file of one of the formats, past its beginning.
enum Source {
    Delimited(Delimited),
    JsonLines(JsonLines),
    Table(Table),
}

impl Source {
    fn names(&self) -> &[String] {
        match self {
            Self::Delimited(file) => file.names(),
            Self::JsonLines(file) => file.names(),
            Self::Table(file) => file.names(),
        }
    }

    fn next(&mut self, record: &mut Record) -> Result<Option<Result<(), Reject>>, Fault> {
        match self {
            Self::Delimited(file) => file.next(record),
            Self::JsonLines(file) => file.next(record),
            Self::Table(file) => file.next(record),
        }
    }
}

/// How far along a file is.
#[derive(Default)]
struct Progress {
    read: Arc<AtomicU64>,
    bytes_total: Option<u64>,
}

/// An open order file. [`open`] and [`open_file`] make one.
pub struct Reader {
    source: Source,
    /// Records that were looked at to decide how to read them, still to be handed out.
    sample: VecDeque<Result<Record, Reject>>,
    record: Record,
    interpreter: Interpreter,
    notes: Vec<Note>,
    progress: Progress,
    rows: u64,
    rejected: u64,
}

impl Reader {
    /// The next row, into `row`, or a reject that says why it is none; `None` at the end of the file. A [`Fault`] means that the
    /// file cannot be read on.
    #[allow(clippy::should_implement_trait)] // an iterator could not lend its row
    pub fn next(&mut self, row: &mut OrderRow) -> Result<Option<Result<(), Reject>>, Fault> {
        let outcome = match self.sample.pop_front() {
            Some(Ok(record)) => self.interpreter.row(&record, row),
            Some(Err(reject)) => self.broken(reject),
            None => match self.source.next(&mut self.record)? {
                None => return Ok(None),
                Some(Err(reject)) => self.broken(reject),
                Some(Ok(())) => {
                    self.interpreter.plan.extend(self.source.names());
                    self.interpreter.row(&self.record, row)
                }
            },
        };
        self.rows += 1;
        self.rejected += u64::from(outcome.is_err());
        Ok(Some(outcome))
    }

    fn broken(&mut self, reject: Reject) -> Result<(), Reject> {
        self.interpreter.forget_above();
        Err(reject)
    }

    pub const fn format(&self) -> Format {
        match self.source {
            Source::Delimited(_) => Format::Csv,
            Source::JsonLines(_) => Format::JsonLines,
            Source::Table(_) => Format::Parquet,
        }
    }

    /// The file's columns and what they became. In JSON Lines, those seen so far.
    pub fn columns(&self) -> Vec<ColumnUse> {
        let names = self.source.names().iter().enumerate();
        names
            .map(|(column, name)| ColumnUse {
                name: name.clone(),
                field: self.interpreter.plan.field_of(column),
            })
            .collect()
    }

    /// What was assumed, left out or changed, up to here.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = self.notes.clone();
        notes.extend(self.interpreter.notes());
        let charset = match &self.source {
            Source::Delimited(file) => Some(file.charset()),
            Source::JsonLines(file) => Some(file.charset()),
            Source::Table(_) => None,
        };
        if let Some(encoding) = charset.and_then(|charset| charset.fallback()) {
            notes.push(encoding_note(encoding));
        }
        notes
    }

    /// Rows handed out, rejects among them.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    pub const fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Bytes of the file read so far (as they lie on disk, packed or not).
    pub fn bytes_read(&self) -> u64 {
        match (&self.source, self.progress.bytes_total) {
            // Its columns lie apart, so rows tell the progress better.
            (Source::Table(file), Some(total)) if file.rows_total() > 0 => {
                let share = u128::from(total) * u128::from(file.rows_read()) / u128::from(file.rows_total());
                u64::try_from(share).unwrap_or(total).min(total)
            }
            _ => self.progress.read.load(Ordering::Relaxed),
        }
    }

    /// The file's size, where it is known beforehand.
    pub const fn bytes_total(&self) -> Option<u64> {
        self.progress.bytes_total
    }

    /// The number of rows, where the file says it.
    pub const fn rows_total(&self) -> Option<u64> {
        match &self.source {
            Source::Table(file) => Some(file.rows_total()),
            _ => None,
        }
    }
}

fn encoding_note(encoding: &'static encoding_rs::Encoding) -> Note {
    Note::new(
        "encoding_assumed",
        format!("The text is not UTF-8; it was read as {}. --encoding overrides this.", encoding.name()),
    )
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("format", &self.format())
            .field("rows", &self.rows)
            .field("rejected", &self.rejected)
            .finish_non_exhaustive()
    }
}
