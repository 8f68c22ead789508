//! JSON Lines: one object a line, nested objects flattened to dotted names, numbers kept as they are written.

use std::{collections::HashMap, fmt};

use base::Fault;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    Options,
    buffer::Buffer,
    charset::{Charset, NotText, Text},
    record::{Kind, Record},
    row::Reject,
};

/// Distinct names kept; further ones are left out, so that a file with random keys costs no memory without end.
const NAMES_MAX: usize = 4096;
const NAME_BYTES_MAX: usize = 512;
const DEPTH_MAX: usize = 16;

/// A JSON Lines file.
pub struct JsonLines {
    buffer: Buffer,
    charset: Charset,
    names: Names,
    line: u64,
    record_bytes_max: usize,
}

impl JsonLines {
    pub fn open(mut buffer: Buffer, charset: Charset, options: &Options) -> Result<Self, Fault> {
        buffer.fill()?;
        if buffer.available().trim_ascii_start().is_empty() && buffer.finished() {
            return Err(Fault::invalid("empty_file", "The file is empty."));
        }
        let record_bytes_max = options.record_bytes_max;
        let mut this = Self { buffer, charset, names: Names::default(), line: 1, record_bytes_max };
        this.refuse_other_json()?;
        Ok(this)
    }

    pub fn names(&self) -> &[String] {
        &self.names.list
    }

    pub const fn charset(&self) -> &Charset {
        &self.charset
    }

    /// An array, or one object spread over lines, would otherwise show as a reject for every line.
    fn refuse_other_json(&mut self) -> Result<(), Fault> {
        let how = "write one JSON object a line (`jq -c '.[]'` does)";
        if self.buffer.available().trim_ascii_start().starts_with(b"[") {
            return Err(Fault::invalid("json_not_lines", format!("The file is a JSON array; {how}.")));
        }
        let end = self.buffer.line_end(0)?;
        let available = self.buffer.available();
        let first = &available[..end.unwrap_or(available.len())];
        let next = end.and_then(|end| available[end..].trim_ascii_start().first());
        let cut = serde_json::from_slice::<IgnoredAny>(first).is_err_and(|error| error.is_eof());
        let spread = first.trim_ascii_end().ends_with(b"[") || next.is_some_and(|byte| *byte != b'{');
        if cut && next.is_some() && spread {
            return Err(Fault::invalid(
                "json_not_lines",
                format!(
                    "The file's first object goes on beyond its line; {how} (`jq -c .` for single objects)."
                ),
            ));
        }
        Ok(())
    }

    pub fn next(&mut self, record: &mut Record) -> Result<Option<Result<(), Reject>>, Fault> {
        loop {
            let line_number = self.line;
            let length = match self.buffer.line_end(0)? {
                Some(end) => end,
                None if self.buffer.finished() => self.buffer.available().len(),
                None if self.buffer.available().len() < self.record_bytes_max => {
                    self.buffer.fill()?;
                    continue;
                }
                None => usize::MAX,
            };
            if length == 0 {
                return Ok(None);
            }
            self.line += 1;
            if length > self.record_bytes_max {
                self.buffer.skip_line()?;
                return Ok(Some(Err(Reject::row(
                    line_number,
                    "record_too_long",
                    "The record is longer than a record may be.",
                ))));
            }
            let available = self.buffer.available();
            let line = available[..length].trim_ascii();
            if line.is_empty() {
                self.buffer.consume(length);
                continue;
            }
            record.clear();
            record.line_number = line_number;
            let taken = match self.charset.read(line, available) {
                Ok(Text::Utf8(text)) => take(record, &mut self.names, text),
                Ok(Text::Older(encoding)) => {
                    match encoding.decode_without_bom_handling_and_without_replacement(line) {
                        Some(text) => take(record, &mut self.names, &text),
                        None => Err(NOT_TEXT),
                    }
                }
                Err(NotText) => Err(NOT_TEXT),
            };
            self.buffer.consume(length);
            return Ok(Some(taken.map_err(|(code, reason)| Reject::row(line_number, code, reason))));
        }
    }
}

type Problem = (&'static str, &'static str);

const NOT_TEXT: Problem =
    ("invalid_encoding", "The line holds bytes that are no text in the file's encoding.");

fn take(record: &mut Record, names: &mut Names, text: &str) -> Result<(), Problem> {
    if !text.starts_with('{') {
        return Err(("not_an_object", "The line is not a JSON object."));
    }
    let mut path = String::new();
    let flatten = Flatten { record, names, path: &mut path, depth: 0 };
    let mut parser = serde_json::Deserializer::from_str(text);
    // The parser's own words may quote the line, so they are not passed on.
    flatten.deserialize(&mut parser).and_then(|()| parser.end()).map_err(|error| {
        if error.to_string().starts_with(TOO_DEEP) {
            ("too_deep", "The line's objects are nested too deeply.")
        } else {
            ("invalid_json", "The line is not valid JSON.")
        }
    })
}

const TOO_DEEP: &str = "nested too deeply";

/// Names seen so far, in order of appearance: each is a column.
#[derive(Default)]
struct Names {
    list: Vec<String>,
    columns: HashMap<String, usize>,
    /// Records of one file mostly name the same things in the same order: the column expected next.
    expected: usize,
}

impl Names {
    fn column(&mut self, path: &str) -> Option<usize> {
        let column = if self.list.get(self.expected).is_some_and(|name| name == path) {
            self.expected
        } else if let Some(known) = self.columns.get(path) {
            *known
        } else {
            if self.list.len() >= NAMES_MAX || path.len() > NAME_BYTES_MAX {
                return None;
            }
            let column = self.list.len();
            self.list.push(path.to_owned());
            self.columns.insert(path.to_owned(), column);
            column
        };
        self.expected = column + 1;
        Some(column)
    }
}

/// Writes an object's members into the record's columns.
struct Flatten<'a> {
    record: &'a mut Record,
    names: &'a mut Names,
    path: &'a mut String,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Flatten<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Flatten<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        use serde::de::Error;
        if self.depth == 0 {
            self.names.expected = 0;
        }
        let stem = self.path.len();
        while members.next_key_seed(AppendKey(self.path))?.is_some() {
            let raw: &RawValue = members.next_value()?;
            let text = raw.get();
            if text.starts_with('{') {
                if self.depth == DEPTH_MAX {
                    return Err(A::Error::custom(TOO_DEEP));
                }
                self.path.push('.');
                let inner = Flatten {
                    record: self.record,
                    names: self.names,
                    path: self.path,
                    depth: self.depth + 1,
                };
                inner.deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(A::Error::custom)?;
            } else if let Some(column) = self.names.column(self.path) {
                set(self.record, column, text).map_err(A::Error::custom)?;
            }
            self.path.truncate(stem);
        }
        Ok(())
    }
}

/// Appends a member's name to the path.
struct AppendKey<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for AppendKey<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for AppendKey<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E>(self, name: &str) -> Result<(), E> {
        self.0.push_str(name);
        Ok(())
    }
}

/// Sets a column to a scalar, as it stands in the file. Arrays have no column's meaning and stay blank.
fn set(record: &mut Record, column: usize, raw: &str) -> Result<(), serde_json::Error> {
    match raw.as_bytes().first() {
        Some(b'"') => {
            let inner = raw.get(1..raw.len() - 1).unwrap_or_default();
            if inner.contains('\\') {
                let text: String = serde_json::from_str(raw)?;
                record.set_with(column, Kind::Text, |into| into.push_str(&text));
            } else {
                record.set_with(column, Kind::Text, |into| into.push_str(inner));
            }
        }
        Some(b'-' | b'0'..=b'9') => {
            record.set_with(column, Kind::Number, |into| push_plain_number(into, raw));
        }
        Some(b't' | b'f') => record.set_with(column, Kind::Text, |into| into.push_str(raw)),
        _ => record.set_with(column, Kind::Text, |_| {}),
    }
    Ok(())
}

/// Writes `1.25e3` as `1250`; longer than any amount or phone number, it stays as it is.
fn push_plain_number(into: &mut String, raw: &str) {
    let plain = raw.split_once(['e', 'E']).and_then(|(mantissa, exponent)| {
        let exponent: i32 = exponent.parse().ok().filter(|exponent| (-30..=30).contains(exponent))?;
        let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let digits = format!("{whole}{fraction}");
        let point = i32::try_from(whole.len()).ok()? + exponent;
        Some(match usize::try_from(point) {
            Err(_) | Ok(0) => format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
            Ok(point) if point >= digits.len() => {
                format!("{sign}{digits}{}", "0".repeat(point - digits.len()))
            }
            Ok(point) => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
        })
    });
    into.push_str(plain.as_deref().unwrap_or(raw));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_their_exponent_and_nothing_else() {
        for (raw, plain) in [
            ("8801712345678", "8801712345678"),
            ("12.5", "12.5"),
            ("-0.10", "-0.10"),
            ("1.25e3", "1250"),
            ("8.801712345678E+12", "8801712345678"),
            ("125e-2", "1.25"),
            ("-125e-3", "-0.125"),
            ("5e-3", "0.005"),
            ("1e99", "1e99"),
        ] {
            let mut text = String::new();
            push_plain_number(&mut text, raw);
            assert_eq!(text, plain, "{raw}");
        }
    }
}
