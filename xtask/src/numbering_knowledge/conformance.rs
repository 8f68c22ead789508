//! `cargo xtask conformance-knowledge`: the crate's answers beside those of the package that its tables come from, on generated
//! numbers, and the questions of the package's own test suites.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    FOLDER, file,
    source::{self, Source},
    write,
};
use crate::{Failure, python::Python, shell};

const FEATURES: &str = "carrier,places,time-zones,short-numbers";
const ROWS: u64 = 200_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Options {
    seed: u64,
    rows: u64,
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        let chance = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
        let mut options = Self { seed: chance, rows: ROWS };
        let (pairs, rest) = arguments.as_chunks::<2>();
        for [name, value] in pairs {
            match *name {
                "--seed" => options.seed = value.parse()?,
                "--rows" => options.rows = value.parse()?,
                _ => return Err(format!("there is no option {name}").into()),
            }
        }
        if rest.is_empty() { Ok(options) } else { Err("an option has no value".into()) }
    }
}

pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    let options = Options::parse(arguments)?;
    let python = Python::with_release(&source::metadata_version()?)?;
    hashes(&python)?;
    let program = build(shell::root(), &shell::target_folder()?)?;
    let mut failed = Vec::new();
    let mut compare = python.command();
    compare.arg(source::script("compare.py")).arg(&program);
    compare.args([options.seed.to_string(), options.rows.to_string()]);
    if let Err(failure) = shell::run(&mut compare) {
        failed.push(failure.to_string());
    }
    let (suites, _) = python.source()?;
    let test_program = with_test_tables(&python, "suites", &[suites.as_os_str()])?;
    let grown_program = with_test_tables(&python, "suites-grown", &[suites.as_os_str(), "grown".as_ref()])?;
    let mut replay = python.command();
    replay.arg(source::script("suites.py")).args([&suites, &program, &test_program, &grown_program]);
    if let Err(failure) = shell::run(&mut replay) {
        failed.push(failure.to_string());
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}

/// Whether the tables are what their headers say: of this release, and unchanged since they were written.
fn hashes(python: &Python) -> Result<(), Failure> {
    for entry in fs::read_dir(shell::root().join(FOLDER))? {
        let path = entry?.path();
        let table = fs::read(&path)?;
        let hash = python.hash(table.get(file::HEADER..).ok_or("a table is cut off")?)?;
        let version = Some(python.version());
        if file::stated_hash(&table) != Some(hash.as_str()) || file::stated_version(&table) != version {
            return Err(format!("{} is not what its header says", path.display()).into());
        }
    }
    Ok(())
}

/// Builds the crate's example in a workspace.
fn build(workspace: &Path, target: &Path) -> Result<PathBuf, Failure> {
    let arguments =
        ["build", "--release", "--package", "numbering", "--example", "know_lines", "--features", FEATURES];
    let mut command = shell::cargo(&arguments);
    shell::run(command.current_dir(workspace).arg("--target-dir").arg(target))?;
    Ok(target.join("release/examples/know_lines"))
}

/// Builds the crate once more, from a copy whose tables are those of the suites' own prefixes.
fn with_test_tables(python: &Python, name: &str, data: &[&OsStr]) -> Result<PathBuf, Failure> {
    let copy = python.folder().join("with-test-tables");
    let own = shell::root();
    for entry in walkdir::WalkDir::new(own.join("crates/numbering")) {
        let entry = entry?;
        let to = copy.join(entry.path().strip_prefix(own)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    let manifest = fs::read_to_string(own.join("Cargo.toml"))?;
    let alone = |line: &str| match line.split_once(" = ") {
        Some(("members" | "default-members", _)) => {
            format!("{} = [\"crates/numbering\"]", line.split(' ').next().unwrap_or_default())
        }
        _ => line.to_owned(),
    };
    let manifest: Vec<String> = manifest.lines().map(alone).collect();
    fs::write(copy.join("Cargo.toml"), manifest.join("\n"))?;
    fs::copy(own.join("Cargo.lock"), copy.join("Cargo.lock"))?;
    let source = Source::of(python, data)?;
    write(python, &source, &copy.join(FOLDER))?;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--format-version=1"]).current_dir(&copy); // brings the lock file in line with one crate
    if !command.output()?.status.success() {
        return Err("the copy of numbering cannot be read".into());
    }
    let program = build(&copy, &copy.join("target"))?;
    let kept = python.folder().join(name);
    fs::copy(program, &kept)?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options = Options::parse(&["--rows", "5", "--seed", "7"]).unwrap();
        assert_eq!(options, Options { seed: 7, rows: 5 });
        assert_eq!(Options::parse(&[]).unwrap().rows, ROWS);
        for wrong in [["--rows", "x"].as_slice(), &["--seed"], &["--what", "1"]] {
            assert!(Options::parse(wrong).is_err());
        }
    }
}
