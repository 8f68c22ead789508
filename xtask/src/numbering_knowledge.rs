//! `cargo xtask generate numbering-knowledge` writes the tables from which `numbering` knows carriers, places, time zones and
//! short numbers, and says what changed; `cargo xtask conformance-knowledge` compares its answers with the package that the tables
//! come from.

mod automata;
mod changes;
mod conformance;
mod file;
mod machine;
mod prefixes;
mod source;
mod tables;

use std::{fs, path::Path};

pub use conformance::run as conformance;
use file::Origin;
use source::Source;

use crate::{Failure, python::Python, shell};

/// Where the tables lie.
const FOLDER: &str = "crates/numbering/tables";

/// Writes the tables and says what changed.
pub fn generate() -> Result<(), Failure> {
    let python = Python::with_release(&source::metadata_version()?)?;
    let source = Source::of(&python, &[])?;
    let said = write(&python, &source, &shell::root().join(FOLDER))?;
    said.iter().for_each(|sentence| println!("{sentence}"));
    if said.is_empty() {
        println!("Nothing changed against the tables that stood.");
    }
    Ok(())
}

fn write(python: &Python, source: &Source, folder: &Path) -> Result<Vec<String>, Failure> {
    let origin = Origin { version: python.version().to_owned(), package_hash: python.package_hash()? };
    let codes: Vec<u16> = source.calling_codes.iter().map(|(code, _)| *code).collect();
    fs::create_dir_all(folder)?;
    let mut said = Vec::new();
    for (name, sections) in tables::all(source)? {
        let path = folder.join(format!("{name}.bin"));
        let old = fs::read(&path).ok();
        let body = file::body(&sections);
        let mut table = file::header(name, &origin, &python.hash(&body)?)?;
        table.extend(body);
        said.extend(changes::between(name, old.as_deref(), &table, &codes));
        fs::write(&path, &table)?;
        println!("wrote {}: {} bytes", path.display(), table.len());
    }
    Ok(said)
}
