//! `cargo xtask generate numbering`: the table of the numbering crate, made from the plans that libphonenumber publishes.

mod automaton;
mod changes;
mod machine;
mod source;
mod table;
mod ways;

use std::{fs, path::Path};

use numbering::METADATA_VERSION;

use crate::{
    Failure,
    python::{self, Python},
    shell,
};
use source::Source;

const SCRIPT: &str = include_str!("numbering/plans.py");
const TABLE: &str = "crates/numbering/src/plans.bin";
const HEADER: &str = "crates/numbering/src/release.rs";
/// The table and everything beside it are to stay smaller.
const BYTES_MAX: usize = 2_000_000;

/// Makes the table from a release, that which stands unless another is named, and says what is different.
pub fn generate(arguments: &[&str]) -> Result<(), Failure> {
    let version = match arguments {
        [] => METADATA_VERSION,
        ["--version", version] => version,
        _ => return Err("generate numbering takes --version V or nothing".into()),
    };
    let python = Python::with_release(version)?;
    let (_, source_sum) = python.source()?;
    let source = plans_of(version, None)?;
    let bytes = table::write(&source)?;
    if bytes.len() >= BYTES_MAX {
        return Err(format!("the table has {} bytes, more than {BYTES_MAX}", bytes.len()).into());
    }
    let path = shell::root().join(TABLE);
    fs::write(&path, &bytes)?;
    let table_sum = python.hash_of_file(&path)?;
    fs::write(shell::root().join(HEADER), header(version, &source_sum, &table_sum, bytes.len()))?;
    println!("wrote {TABLE} ({} bytes) and {HEADER} from release {version}", bytes.len());
    if version == METADATA_VERSION {
        println!("It is the release that stood before.");
        return Ok(());
    }
    let changes = changes::describe(&plans_of(METADATA_VERSION, None)?, &source)?;
    println!("{} changes since {METADATA_VERSION}:", changes.len());
    changes.iter().for_each(|change| println!("  {change}"));
    Ok(())
}

/// The made-up plans of the release's own tests, as a table.
pub fn table_of_tests(version: &str) -> Result<Vec<u8>, Failure> {
    let (folder, _) = Python::with_release(version)?.source()?;
    table::write(&plans_of(version, Some(&folder))?)
}

fn plans_of(version: &str, tests: Option<&Path>) -> Result<Source, Failure> {
    let script = python::kept("plans.py", SCRIPT)?;
    let mut command = Python::with_release(version)?.command();
    command.arg(script);
    if let Some(folder) = tests {
        command.arg("--tests").arg(folder);
    }
    let source = Source::read(&python::output(&mut command)?)?;
    if source.version == version {
        Ok(source)
    } else {
        Err(format!("Python has release {}", source.version).into())
    }
}

fn header(version: &str, source_sum: &str, table_sum: &str, bytes: usize) -> String {
    format!(
        "//! Where `plans.bin` comes from. Written by `cargo xtask generate numbering`; change neither by hand.\n\
         //!\n\
         //! The numbering plans are libphonenumber's metadata, Copyright The Libphonenumber Authors, licensed under the Apache License,\n\
         //! Version 2.0, taken from the Python package `phonenumbers`.\n\
         \n\
         /// Which release of the numbering-plan data (libphonenumber's metadata) the answers come from. Keep it beside stored numbers:\n\
         /// plans change, and [`crate::renormalised`] brings old numbers up to date.\n\
         pub const METADATA_VERSION: &str = \"{version}\";\n\
         /// SHA-256 of the source archive that the plans were taken from.\n\
         pub const METADATA_SHA256: &str = \"{source_sum}\";\n\
         /// Bytes of the table, and their SHA-256.\n\
         pub const TABLE_BYTES: usize = {bytes};\n\
         pub const TABLE_SHA256: &str = \"{table_sum}\";\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_change_of_a_plan_stands_in_the_guide() {
        let guide = fs::read_to_string(shell::root().join("docs/guide/cli.md")).unwrap();
        let listed: Vec<&str> = guide
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .map(|(id, _)| id)
            .collect();
        let known: Vec<&str> = numbering::RECIPES.iter().map(|recipe| recipe.id).collect();
        let listed: Vec<&str> =
            listed.into_iter().filter(|id| id.get(2..5).is_some_and(|year| year.starts_with("-2"))).collect();
        assert_eq!(listed, known);
    }
}
