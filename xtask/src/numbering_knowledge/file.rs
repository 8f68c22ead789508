//! The form of a table file: a header for people, a list of its sections, and the sections, each at the start of a line of 64
//! bytes. `crates/numbering/src/tables.rs` reads the same form.

use std::collections::BTreeMap;

use crate::Failure;

pub const HEADER: usize = 512;
const LIST: usize = 128;
const LINE: usize = 64;

/// What the header says, beside the hash of what follows it.
#[derive(Clone, Debug)]
pub struct Origin {
    pub version: String,
    pub package_hash: String,
}

/// What follows the header.
pub fn body(sections: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut at = HEADER + LIST;
    for section in sections {
        body.extend_from_slice(&(at as u32).to_le_bytes());
        body.extend_from_slice(&(section.len() as u32).to_le_bytes());
        at += section.len().next_multiple_of(LINE);
    }
    assert!(body.len() <= LIST, "a table has sixteen sections at most");
    body.resize(LIST, 0);
    for section in sections {
        body.extend_from_slice(section);
        body.resize(body.len().next_multiple_of(LINE), 0);
    }
    body
}

/// The header as text, filled up with spaces.
pub fn header(name: &str, origin: &Origin, body_hash: &str) -> Result<Vec<u8>, Failure> {
    let Origin { version, package_hash } = origin;
    let text = format!(
        "Trunkline numbering table: {name}. Facts of libphonenumber {version}, from the Python package phonenumbers \
         {version}.\nCopyright The Libphonenumber Authors; Apache License, Version 2.0.\nSHA-256 of the package: \
         {package_hash}\nSHA-256 of this table after its first 512 bytes: {body_hash}\nWritten by `cargo xtask generate \
         numbering-knowledge`; not to be edited."
    );
    if text.len() >= HEADER {
        return Err("the header of a table is too long".into());
    }
    let mut bytes = text.into_bytes();
    bytes.resize(HEADER - 1, b' ');
    bytes.push(b'\n');
    Ok(bytes)
}

/// The hash that the header gives for what follows it.
pub fn stated_hash(file: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(file.get(..HEADER)?).ok()?;
    text.split_once("512 bytes: ")?.1.split('\n').next()
}

/// The release that the header names.
pub fn stated_version(file: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(file.get(..HEADER)?).ok()?;
    text.split_once("libphonenumber ")?.1.split(',').next()
}

/// A section of a whole file.
pub fn section(file: &[u8], number: usize) -> Option<&[u8]> {
    let entry = file.get(HEADER + number * 8..HEADER + number * 8 + 8)?;
    let at = u32::from_le_bytes(entry[..4].try_into().ok()?) as usize;
    let length = u32::from_le_bytes(entry[4..].try_into().ok()?) as usize;
    file.get(at..at + length)
}

/// Texts one after the other, each once and after its length: one byte, or two for the few that are longer than 127 bytes. The
/// text at 0 is empty.
#[derive(Debug)]
pub struct Texts {
    pub bytes: Vec<u8>,
    known: BTreeMap<String, u32>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: vec![0], known: BTreeMap::from([(String::new(), 0)]) }
    }
}

impl Texts {
    /// Where the text stands, in three bytes.
    pub fn place(&mut self, text: &str) -> Result<u32, Failure> {
        if let Some(place) = self.known.get(text) {
            return Ok(*place);
        }
        let place = self.bytes.len() as u32;
        match text.len() {
            short @ 0..=127 => self.bytes.push(short as u8),
            long @ 128..=0x7fff => self.bytes.extend([128 | (long & 127) as u8, (long >> 7) as u8]),
            _ => return Err(format!("too long: {text}").into()),
        }
        self.bytes.extend_from_slice(text.as_bytes());
        if self.bytes.len() >= 1 << 24 {
            return Err("there is more text than three bytes can number".into());
        }
        self.known.insert(text.to_owned(), place);
        Ok(place)
    }
}

/// The text at a place.
pub fn text(texts: &[u8], place: u32) -> Option<&str> {
    let texts = texts.get(place as usize..)?;
    let (length, texts) = match texts {
        [short @ 0..=127, rest @ ..] => (usize::from(*short), rest),
        [low, high, rest @ ..] => (usize::from(low & 127) | usize::from(*high) << 7, rest),
        _ => return None,
    };
    std::str::from_utf8(texts.get(..length)?).ok()
}

/// A name in a field of this many bytes, filled up with zeros.
pub fn field(name: &str, width: usize) -> Result<Vec<u8>, Failure> {
    if name.len() > width {
        return Err(format!("{name} has more than {width} letters").into());
    }
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(width, 0);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_back_as_it_was_written() {
        let sections = [vec![1, 2, 3], vec![], vec![9; 65]];
        let origin = Origin { version: "1.2.3".to_owned(), package_hash: "ab".repeat(32) };
        let mut file = header("tests", &origin, "cd").unwrap();
        file.extend(body(&sections));
        for (number, expected) in sections.iter().enumerate() {
            assert_eq!(section(&file, number), Some(expected.as_slice()));
        }
        assert_eq!((stated_version(&file), stated_hash(&file)), (Some("1.2.3"), Some("cd")));
        assert_eq!(file.len() % LINE, 0);
    }

    #[test]
    fn a_text_stands_once() {
        let mut texts = Texts::default();
        let place = texts.place("Łódź").unwrap();
        assert_eq!((texts.place("Łódź").unwrap(), texts.place("").unwrap()), (place, 0));
        assert_eq!((text(&texts.bytes, place), text(&texts.bytes, 0)), (Some("Łódź"), Some("")));
        for length in [127, 128, 255, 256, 0x7fff] {
            let long = "x".repeat(length);
            let place = texts.place(&long).unwrap();
            assert_eq!(text(&texts.bytes, place), Some(long.as_str()));
        }
        assert!(texts.place(&"x".repeat(0x8000)).is_err());
    }
}
