//! `cargo xtask generate`: the files of `docs/reference` come from the binary itself, so that they cannot say anything else
//! than what it does. With `--check` nothing is written; a file that differs is named.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::{Failure, numbering, shell};

/// A file of the reference and the command line of `trunkline` that prints it.
const FILES: &[(&str, &[&str])] = &[
    ("docs/reference/openapi.json", &["openapi"]),
    ("docs/reference/config.schema.json", &["config", "schema"]),
    ("docs/reference/errors.md", &["errors"]),
];

pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    let check = match arguments {
        [] => false,
        ["--check"] => true,
        ["numbering", rest @ ..] => return numbering::generate(rest),
        _ => return Err("generate takes --check or nothing".into()),
    };
    shell::run(&mut shell::cargo(&["build", "--package", "trunkline"]))?;
    let binary = shell::built("trunkline")?;
    if check { check_files(&binary) } else { write_files(&binary) }
}

fn write_files(binary: &Path) -> Result<(), Failure> {
    for (file, command) in FILES {
        let path = shell::root().join(file);
        fs::create_dir_all(path.parent().ok_or("a file lies in a folder")?)?;
        fs::write(&path, printed(binary, command)?)?;
        println!("wrote {file}");
    }
    Ok(())
}

/// Fails when a file is not what this binary prints.
pub fn check_files(binary: &Path) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for (file, command) in FILES {
        let fresh = printed(binary, command)?;
        if !fs::read(shell::root().join(file)).is_ok_and(|kept| kept == fresh) {
            stale.push(*file);
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("stale: {}. Run `cargo xtask generate` and commit what it writes.", stale.join(", ")).into())
}

fn printed(binary: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let mut command = Command::new(binary);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output()?;
    if output.status.success() && !output.stdout.is_empty() {
        Ok(output.stdout)
    } else {
        Err(format!("`{}` failed or printed nothing ({})", shell::written(&command), output.status).into())
    }
}
