//! CSV and its relatives: finds the delimiter and the header, then reads record by record, each physical line answered for.

use std::borrow::Cow;

use base::Fault;
use encoding_rs::Encoding;

use super::{
    Options,
    buffer::Buffer,
    charset::{Charset, NotText, Text},
    columns,
    record::{Kind, Record},
    row::Reject,
    scan::{Rules, Scan, Span},
};

const DELIMITERS: [u8; 4] = *b",;\t|";
/// Records looked at to choose the delimiter.
const SNIFF_RECORDS: usize = 50;
/// A header with more columns than this is no order file.
const COLUMNS_MAX: usize = 4096;
/// After a broken quote its lines are read again one by one. All such reading is bounded by this and a multiple of what was read
/// anyway, so that a file made of broken quotes costs no more than a few times its size.
const RESCAN_FREE: u64 = 64 * 1024 * 1024;
const RESCAN_SHARE: u64 = 4;

/// A delimited file, past its header.
pub struct Delimited {
    buffer: Buffer,
    charset: Charset,
    delimiter: u8,
    names: Vec<String>,
    /// The physical line that the window starts with.
    line: u64,
    record_bytes_max: usize,
    rescanned: u64,
    spans: Vec<Span>,
}

/// What became of the bytes at the window's start.
enum Found {
    Record { length: usize, lines: u64 },
    Broken(&'static str, &'static str),
    End,
}

impl Delimited {
    pub fn open(mut buffer: Buffer, charset: Charset, options: &Options) -> Result<Self, Fault> {
        buffer.fill()?;
        let mut line = 1;
        let mut delimiter = options.delimiter;
        if let Some((announced, length)) = announced_delimiter(buffer.available()) {
            delimiter = delimiter.or(Some(announced));
            buffer.consume(length);
            line += 1;
        }
        line += skip_blank_lines(&mut buffer)?;
        let delimiter = delimiter.unwrap_or_else(|| sniff(buffer.available(), buffer.finished(), options));
        let mut this = Self {
            buffer,
            charset,
            delimiter,
            names: Vec::new(),
            line,
            record_bytes_max: options.record_bytes_max,
            rescanned: 0,
            spans: Vec::new(),
        };
        this.read_header()?;
        Ok(this)
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub const fn charset(&self) -> &Charset {
        &self.charset
    }

    fn read_header(&mut self) -> Result<(), Fault> {
        let mut record = Record::default();
        match self.next(&mut record)? {
            None => return Err(Fault::invalid("empty_file", "The file is empty.")),
            Some(Err(reject)) => {
                return Err(Fault::invalid(
                    "no_header",
                    format!("The line with the column names cannot be read: {}", reject.reason),
                ));
            }
            Some(Ok(())) => {}
        }
        if self.spans.len() > COLUMNS_MAX {
            return Err(Fault::invalid(
                "no_header",
                format!("The first line has more than {COLUMNS_MAX} columns; is this an order file?"),
            ));
        }
        self.names =
            (0..self.spans.len()).map(|column| columns::shown_name(record.cell(column).0, column)).collect();
        Ok(())
    }

    /// The next record that is not blank: `None` at the end, a reject if it cannot be read as a record.
    pub fn next(&mut self, record: &mut Record) -> Result<Option<Result<(), Reject>>, Fault> {
        loop {
            let line_number = self.line;
            match self.find()? {
                Found::End => return Ok(None),
                Found::Broken(code, reason) => {
                    self.line += 1;
                    return Ok(Some(Err(Reject::row(line_number, code, reason))));
                }
                Found::Record { length, .. } if self.is_blank(length) => {
                    self.line += 1;
                    self.buffer.consume(length);
                }
                Found::Record { length, lines } => {
                    return self.take(record, length, lines).map(Some);
                }
            }
        }
    }

    /// Scans until a record ends, reading on as needed. A broken record is consumed up to its first line end.
    fn find(&mut self) -> Result<Found, Fault> {
        loop {
            let allowance = RESCAN_FREE + RESCAN_SHARE * self.buffer.consumed();
            let rules = Rules { delimiter: self.delimiter, multiline: self.rescanned <= allowance };
            let (available, whole) = (self.buffer.available(), self.buffer.finished());
            if available.is_empty() && whole {
                return Ok(Found::End);
            }
            match rules.scan(available, whole, &mut self.spans) {
                Scan::Record { length, .. } if length > self.record_bytes_max => {
                    return self.too_long(false);
                }
                Scan::Record { length, lines } => return Ok(Found::Record { length, lines }),
                Scan::More { in_quotes } if available.len() >= self.record_bytes_max => {
                    return self.too_long(in_quotes);
                }
                Scan::More { .. } => self.buffer.fill()?,
                Scan::AfterQuote => {
                    self.give_up_line()?;
                    return Ok(Found::Broken(
                        "broken_quotes",
                        "A quoted cell goes on after its closing quote; a quote within quotes must be doubled.",
                    ));
                }
                Scan::OpenQuote => {
                    self.give_up_line()?;
                    return Ok(UNCLOSED);
                }
            }
        }
    }

    fn too_long(&mut self, in_quotes: bool) -> Result<Found, Fault> {
        let one_line = self.buffer.line_end(0)?.is_none();
        self.give_up_line()?;
        Ok(if in_quotes && !one_line {
            UNCLOSED
        } else {
            Found::Broken("record_too_long", "The record is longer than a record may be.")
        })
    }

    /// Leaves out the physical line at the window's start, so that those after it are read for themselves.
    fn give_up_line(&mut self) -> Result<(), Fault> {
        self.rescanned += self.buffer.available().len().min(self.record_bytes_max) as u64;
        self.buffer.skip_line().map(|_| ())
    }

    fn is_blank(&self, length: usize) -> bool {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n') || *byte == self.delimiter;
        self.buffer.available()[..length].iter().all(blank)
    }

    /// Turns the scanned bytes into a record, if they are text and have the header's columns.
    fn take(&mut self, record: &mut Record, length: usize, lines: u64) -> Result<Result<(), Reject>, Fault> {
        let line_number = self.line;
        let ragged = self.count_columns();
        if let (Some((code, reason)), true) = (&ragged, lines > 1) {
            // A quote that opened by mistake may have swallowed good lines: each is looked at again.
            let reject = Reject::row(line_number, code, reason.clone());
            self.line += 1;
            self.give_up_line()?;
            return Ok(Err(reject));
        }
        let available = self.buffer.available();
        let bytes = &available[..length];
        let taken = if let Some((code, reason)) = ragged {
            Err((code, reason))
        } else if memchr::memchr(0, bytes).is_some() {
            Err(("nul_byte", "The line holds a NUL byte; the file is damaged or not text.".into()))
        } else {
            record.clear();
            let filled = match self.charset.read(bytes, available) {
                Ok(Text::Utf8(text)) => {
                    fill(record, text, &self.spans);
                    Ok(())
                }
                Ok(Text::Older(encoding)) => fill_decoded(record, bytes, encoding, &self.spans),
                Err(NotText) => Err(NotText),
            };
            filled.map_err(|_| {
                let reason = "The line holds bytes that are no text in the file's encoding.";
                ("invalid_encoding", reason.into())
            })
        };
        record.line_number = line_number;
        self.line += lines;
        self.buffer.consume(length);
        Ok(taken.map_err(|(code, reason)| Reject::row(line_number, code, reason)))
    }

    /// What is wrong with the number of cells, once the header is known.
    fn count_columns(&self) -> Option<(&'static str, Cow<'static, str>)> {
        let (wanted, found) = (self.names.len(), self.spans.len());
        if wanted == 0 || found == wanted {
            return None;
        }
        let blank = |span: &Span| self.buffer.available()[span.start..span.end].trim_ascii().is_empty();
        if found > wanted && self.spans[wanted..].iter().all(blank) {
            return None;
        }
        let code = if found < wanted { "too_few_columns" } else { "too_many_columns" };
        Some((code, format!("The row has {found} columns, the header has {wanted}.").into()))
    }
}

const UNCLOSED: Found =
    Found::Broken("unclosed_quote", "A quote opens on this line and is not closed; the line is left out.");

/// Takes the text over whole; only cells with doubled quotes are written anew.
fn fill(record: &mut Record, text: &str, spans: &[Span]) {
    record.take_text(text);
    for span in spans {
        if span.doubled {
            let cell = text.get(span.start..span.end).unwrap_or_default();
            record.push_with(Kind::Text, |into| push_undoubled(into, cell));
        } else {
            record.push_span(span.start, span.end);
        }
    }
}

fn fill_decoded(
    record: &mut Record,
    bytes: &[u8],
    encoding: &'static Encoding,
    spans: &[Span],
) -> Result<(), NotText> {
    for span in spans {
        let cell = encoding
            .decode_without_bom_handling_and_without_replacement(&bytes[span.start..span.end])
            .ok_or(NotText)?;
        record.push_with(Kind::Text, |into| {
            if span.doubled { push_undoubled(into, &cell) } else { into.push_str(&cell) }
        });
    }
    Ok(())
}

fn push_undoubled(into: &mut String, cell: &str) {
    let mut pieces = cell.split("\"\"");
    into.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        into.push('"');
        into.push_str(piece);
    }
}

/// `sep=;` on the first line, as spreadsheet programs write it: the delimiter and the line's length.
fn announced_delimiter(bytes: &[u8]) -> Option<(u8, usize)> {
    let rest = bytes.strip_prefix(b"sep=").or_else(|| bytes.strip_prefix(b"SEP="))?;
    let (&delimiter, rest) = rest.split_first()?;
    let line_end = if rest.starts_with(b"\r\n") {
        2
    } else if rest.starts_with(b"\n") || rest.starts_with(b"\r") {
        1
    } else {
        return None;
    };
    delimiter.is_ascii().then_some((delimiter, 5 + line_end))
}

fn skip_blank_lines(buffer: &mut Buffer) -> Result<u64, Fault> {
    let mut skipped = 0;
    while let Some(end) = buffer.line_end(0)? {
        if !buffer.available()[..end].trim_ascii().is_empty() {
            break;
        }
        buffer.consume(end);
        skipped += 1;
        if buffer.available().is_empty() && !buffer.finished() {
            buffer.fill()?;
        }
    }
    Ok(skipped)
}

/// The delimiter under which most header cells are known names; then the one that cuts the lines most evenly into most columns.
fn sniff(bytes: &[u8], whole: bool, options: &Options) -> u8 {
    let score = |delimiter: u8| {
        let rules = Rules { delimiter, multiline: true };
        let (mut at, mut spans, mut widths) = (0, Vec::new(), Vec::new());
        let mut known = 0;
        while widths.len() < SNIFF_RECORDS && at < bytes.len() {
            let Scan::Record { length, .. } = rules.scan(&bytes[at..], whole, &mut spans) else { break };
            if widths.is_empty() {
                let cells =
                    spans.iter().map(|span| String::from_utf8_lossy(&bytes[at..][span.start..span.end]));
                known = cells.filter(|cell| columns::is_known(cell, &options.map)).count();
            }
            widths.push(spans.len());
            at += length;
        }
        let width = widths.first().copied().unwrap_or(0);
        let even = widths.iter().filter(|other| **other == width).count();
        (known.min(width), if width > 1 { even * width } else { 0 })
    };
    // The first of equals wins: the comma.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read, repeat};

    use super::*;
    use crate::files::{RECORD_BYTES_MAX, charset};

    #[test]
    fn a_gigabyte_line_takes_no_more_memory_than_a_record() {
        let input = Cursor::new("order_id,date\n")
            .chain(repeat(b'x').take(1 << 30))
            .chain(Cursor::new("\n1,2024-01-02\n"));
        let decision = charset::decide(b"order_id,date\n", false, None).unwrap();
        let buffer = Buffer::new(Box::new(input), None);
        let mut file = Delimited::open(buffer, Charset::new(decision), &Options::default()).unwrap();
        let mut record = Record::default();
        let reject = file.next(&mut record).unwrap().unwrap().unwrap_err();
        assert_eq!((reject.line_number, reject.code), (2, "record_too_long"));
        assert!(file.next(&mut record).unwrap().unwrap().is_ok());
        assert_eq!(record.line_number, 3);
        assert!(file.buffer.consumed() > 1 << 30);
        assert!(file.buffer.capacity() <= 4 * RECORD_BYTES_MAX, "{}", file.buffer.capacity());
    }
}
