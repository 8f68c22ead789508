//! Lines of numbers in, lines of columns out, in the same order, on all cores.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write as _},
};

use base::Fault;
use numbering::{KnownNumber, ParsedLine, Region};
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
        Fault::not_found("file_unknown", format!("{} cannot be read: {error}.", arguments.file.display()))
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
        let mut out = Vec::with_capacity(lines.len() * 64);
        for line in lines {
            let text = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
            let (raw, region) = self.take_apart(&text);
            let parsed = ParsedLine::of(raw, region);
            if self.json {
                write_json(&parsed, &mut out)
            } else {
                write_columns(&parsed, &mut out)
            }
            out.push(b'\n');
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

fn write_columns(parsed: &ParsedLine<'_>, out: &mut Vec<u8>) {
    for (at, column) in parsed.columns().into_iter().enumerate() {
        if at > 0 {
            out.push(b'\t');
        }
        out.extend_from_slice(column.as_bytes());
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
