//! Where the knowledge comes from: the package `phonenumbers` of the release that `numbering` names.

use std::{collections::BTreeMap, ffi::OsStr, fs, path::PathBuf};

use serde_json::Value;

use super::automata::Pattern;
use crate::{
    Failure,
    python::{self, Python},
    shell,
};

/// The text of each language, by language.
pub type Texts = BTreeMap<String, String>;

/// What the package knows.
#[derive(Debug, Default)]
pub struct Source {
    pub carriers: BTreeMap<String, Texts>,
    /// Regions whose mobile numbers move with their holders.
    pub portable: Vec<String>,
    pub places: BTreeMap<String, Texts>,
    pub countries: BTreeMap<String, Texts>,
    /// Calling codes and their regions, the main one first.
    pub calling_codes: Vec<(u16, Vec<String>)>,
    /// The plans of regions that share a calling code.
    pub plans: BTreeMap<String, Plan>,
    pub zones: BTreeMap<String, Vec<String>>,
    pub short: BTreeMap<String, BTreeMap<String, Kind>>,
}

/// By which patterns a number is valid: the general one and one of the kinds.
#[derive(Debug, Default)]
pub struct Plan {
    pub general: Option<Pattern>,
    pub kinds: Vec<Pattern>,
}

/// A pattern of short numbers, and an example if there is one.
#[derive(Debug)]
pub struct Kind {
    pub pattern: Pattern,
    pub example: String,
}

/// A Python program of ours.
pub fn script(name: &str) -> PathBuf {
    shell::root().join("xtask/src/numbering_knowledge").join(name)
}

/// The release that `numbering::METADATA_VERSION` names, read from the source: this program does not wait for that crate.
pub fn metadata_version() -> Result<String, Failure> {
    const MARK: &str = "METADATA_VERSION: &str = \"";
    for entry in walkdir::WalkDir::new(shell::root().join("crates/numbering/src")) {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(entry.path())?;
            if let Some(version) = text.split_once(MARK).and_then(|(_, rest)| rest.split('"').next()) {
                return Ok(version.to_owned());
            }
        }
    }
    Err("crates/numbering names no METADATA_VERSION".into())
}

impl Source {
    /// What the package knows; with arguments for `dump.py`, what the data of its test suites say instead.
    pub fn of(python: &Python, arguments: &[&OsStr]) -> Result<Self, Failure> {
        let dump = python::output(python.command().arg(script("dump.py")).args(arguments))?;
        Self::read(&serde_json::from_slice(&dump)?)
    }

    fn read(document: &Value) -> Result<Self, Failure> {
        Ok(Self {
            carriers: map(&document["carriers"], texts)?,
            portable: strings(&document["portable"])?,
            places: map(&document["places"], texts)?,
            countries: map(&document["countries"], texts)?,
            calling_codes: list(&document["calling_codes"], |pair| {
                let code = pair[0].as_u64().ok_or("a calling code is a number")?;
                Ok((u16::try_from(code)?, strings(&pair[1])?))
            })?,
            plans: map(&document["plans"], |plan| {
                let general = Some(&plan["general"]).filter(|general| !general.is_null());
                let general = general.map(pattern).transpose()?;
                Ok(Plan { general, kinds: list(&plan["kinds"], pattern)? })
            })?,
            zones: map(&document["zones"], strings)?,
            short: map(&document["short"], |kinds| {
                let kinds: BTreeMap<String, Option<Kind>> = map(kinds, kind)?;
                Ok(kinds.into_iter().filter_map(|(name, kind)| Some((name, kind?))).collect())
            })?,
        })
    }
}

fn map<T>(
    value: &Value,
    read: impl Fn(&Value) -> Result<T, Failure>,
) -> Result<BTreeMap<String, T>, Failure> {
    let object = value.as_object().ok_or("a map is missing")?;
    object.iter().map(|(key, value)| Ok((key.clone(), read(value)?))).collect()
}

fn list<T>(value: &Value, read: impl Fn(&Value) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
    value.as_array().ok_or("a list is missing")?.iter().map(read).collect()
}

fn text(value: &Value) -> Result<String, Failure> {
    Ok(value.as_str().ok_or("a text is missing")?.to_owned())
}

fn strings(value: &Value) -> Result<Vec<String>, Failure> {
    list(value, text)
}

fn texts(value: &Value) -> Result<Texts, Failure> {
    map(value, text)
}

fn pattern(value: &Value) -> Result<Pattern, Failure> {
    let lengths = list(&value["lengths"], |length| Ok(length.as_i64().ok_or("a length is a number")?))?;
    // An empty list means that every length will do; one of -1 alone that none will.
    let lengths = (!lengths.is_empty())
        .then(|| lengths.into_iter().filter_map(|length| usize::try_from(length).ok()).collect());
    Ok(Pattern { text: text(&value["pattern"])?, lengths })
}

fn kind(value: &Value) -> Result<Option<Kind>, Failure> {
    if value.is_null() {
        return Ok(None);
    }
    Ok(Some(Kind { pattern: pattern(value)?, example: text(&value["example"])? }))
}
