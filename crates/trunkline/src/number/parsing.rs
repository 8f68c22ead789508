//! Lines of numbers in, lines of columns out, in the same order, on all cores.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufRead, BufReader, Read, Write as _},
};

use base::Fault;
use numbering::{Batch, KnownNumber, LineType, ParsedLine, Region};
use rayon::prelude::*;
use serde::Serialize;

use super::ParseArguments;
use crate::output::unwritable;

/// Bytes read before they are parsed: enough to keep every core busy.
const BLOCK: usize = 1 << 20;
/// Lines that one core takes at a time.
const SHARE: usize = 1_000;

pub(super) fn run(arguments: &ParseArguments, json: bool) -> Result<(), Fault> {
    let form = Form { region: arguments.region, with_region: arguments.with_region, json };
    if arguments.file.as_os_str() == "-" {
        return form.parse_all(BufReader::with_capacity(BLOCK, io::stdin()));
    }
    let unreadable = |error: io::Error| {
        let why = crate::import::reason(&error);
        Fault::not_found("file_unknown", format!("{} cannot be read: {why}.", arguments.file.display()))
            .field("file")
    };
    form.parse_all(BufReader::with_capacity(BLOCK, File::open(&arguments.file).map_err(unreadable)?))
}

#[derive(Clone, Copy)]
struct Form {
    region: Option<Region>,
    with_region: bool,
    json: bool,
}

/// One line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    raw: &'a str,
    e164: Option<&'a str>,
    valid: bool,
    #[serde(rename = "type")]
    line_type: Option<&'a str>,
    region: Option<&'a str>,
    extension: Option<&'a str>,
    error: Option<&'a str>,
}

impl Form {
    fn parse_all(self, mut input: impl BufRead) -> Result<(), Fault> {
        let mut out = io::stdout().lock();
        let unreadable = |error| {
            Fault::unavailable("input_unreadable", "The input cannot be read on.").field("file").cause(error)
        };
        let mut block = Vec::with_capacity(BLOCK + 4096);
        loop {
            block.clear();
            let read = input.by_ref().take(BLOCK as u64).read_to_end(&mut block).map_err(unreadable)?;
            if read == 0 {
                return out.flush().map_err(unwritable);
            }
            if block.last() != Some(&b'\n') {
                input.read_until(b'\n', &mut block).map_err(unreadable)?;
            }
            let ended = block.strip_suffix(b"\n").unwrap_or(&block);
            let lines: Vec<&[u8]> = ended.split(|byte| *byte == b'\n').collect();
            let parts: Vec<Vec<u8>> = lines.par_chunks(SHARE).map(|lines| self.parse_some(lines)).collect();
            for part in parts {
                out.write_all(&part).map_err(unwritable)?;
            }
        }
    }

    fn parse_some(self, lines: &[&[u8]]) -> Vec<u8> {
        let lines: Vec<Cow<str>> = lines
            .iter()
            .map(|line| String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)))
            .collect();
        let (raws, regions): (Vec<&str>, Vec<Option<Region>>) =
            lines.iter().map(|line| self.take_apart(line)).unzip();
        let mut out = Vec::with_capacity(lines.len() * 96);
        if self.json {
            for (raw, region) in raws.iter().zip(&regions) {
                write_json(&ParsedLine::of(raw, *region), &mut out);
                out.push(b'\n');
            }
        } else {
            let mut batch = Batch::default();
            batch.read_with_regions(&raws, &regions);
            write_columns(&raws, &batch, &mut out);
        }
        out
    }

    fn take_apart(self, text: &str) -> (&str, Option<Region>) {
        if !self.with_region {
            return (text, self.region);
        }
        match text.split_once('\t') {
            Some((region, raw)) => (raw, Some(region.trim().parse().unwrap_or(Region::UNKNOWN))),
            None => (text, None),
        }
    }
}

/// The columns of [`ParsedLine::COLUMNS`] for each text.
fn write_columns(raws: &[&str], batch: &Batch, out: &mut Vec<u8>) {
    let mut extensions = batch.extensions.iter().peekable();
    for (row, raw) in raws.iter().enumerate() {
        write_on_one_line(raw, out);
        out.push(b'\t');
        let extension =
            extensions.next_if(|(at, _)| *at == row).map_or("", |(_, extension)| extension.as_str());
        if let Some(error) = batch.errors[row] {
            out.extend_from_slice(b"\tfalse\t\t\t\t");
            out.extend_from_slice(error.code().as_bytes());
        } else {
            let line_type = batch.line_types[row];
            out.extend_from_slice(batch.e164[row].as_str().as_bytes());
            out.extend_from_slice(if line_type == LineType::Unknown { b"\tfalse\t" } else { b"\ttrue\t" });
            out.extend_from_slice(line_type.code().as_bytes());
            out.push(b'\t');
            out.extend_from_slice(batch.regions[row].as_ref().map_or("", Region::as_str).as_bytes());
            out.push(b'\t');
            out.extend_from_slice(extension.as_bytes());
            out.push(b'\t');
        }
        out.push(b'\n');
    }
}

/// The text, but for tabs and line ends, which become spaces.
fn write_on_one_line(raw: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(raw.as_bytes());
    for byte in &mut out[start..] {
        if matches!(*byte, b'\t' | b'\r' | b'\n') {
            *byte = b' ';
        }
    }
}

fn write_json(parsed: &ParsedLine<'_>, out: &mut Vec<u8>) {
    let known: Option<&KnownNumber> = parsed.outcome.as_ref().ok();
    let line = Line {
        raw: parsed.raw(),
        e164: known.map(|known| known.e164.as_str()),
        valid: known.is_some_and(|known| known.valid),
        line_type: known.map(|known| known.line_type.code()),
        region: known.and_then(|known| known.region.as_ref()).map(Region::as_str),
        extension: known.and_then(|known| known.extension.as_ref()).map(numbering::Extension::as_str),
        error: parsed.outcome.as_ref().err().map(|error| error.code()),
    };
    // Strings and booleans always have a JSON form, and a vector takes all of it.
    drop(serde_json::to_writer(out, &line));
}
