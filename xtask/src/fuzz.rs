//! Fuzzing: libFuzzer over the targets of `fuzz/`, which needs a nightly compiler and `cargo fuzz`. What it finds stays in `fuzz/artifacts`.

use std::{fs, process::Command};

use crate::{Failure, shell};

const SECONDS: u64 = 60;
/// An input that takes longer than this is a finding.
const SECONDS_AN_INPUT: u64 = 2;
/// Longest input, in bytes: more than any parser takes before it says that it is too much.
const BYTES_MAX: u64 = 1_024;

/// `fuzz TARGET [--seconds N]`; without TARGET, all of them, one after the other.
pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    let (targets, seconds) = match arguments {
        [] => (targets()?, SECONDS),
        ["--seconds", seconds] => (targets()?, seconds.parse()?),
        [target] => (vec![(*target).to_owned()], SECONDS),
        [target, "--seconds", seconds] => (vec![(*target).to_owned()], seconds.parse()?),
        _ => return Err("cargo xtask fuzz [TARGET] [--seconds N]".into()),
    };
    let mut is_there = Command::new("rustup");
    is_there.args(["run", "nightly", "cargo", "fuzz", "--version"]);
    if !is_there.output().is_ok_and(|output| output.status.success()) {
        let needed = "fuzzing needs a nightly compiler and cargo-fuzz: rustup toolchain install nightly && cargo install cargo-fuzz";
        return Err(needed.into());
    }
    for target in targets {
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", "cargo", "fuzz", "run", "--fuzz-dir", "fuzz", &target, "--"]);
        command.arg("-print_final_stats=1");
        let dictionary = format!("fuzz/{target}.dict");
        if shell::root().join(&dictionary).exists() {
            command.arg(format!("-dict={dictionary}"));
        }
        command.arg(format!("-max_total_time={seconds}")).arg(format!("-timeout={SECONDS_AN_INPUT}"));
        command.arg(format!("-max_len={BYTES_MAX}"));
        shell::run(command.current_dir(shell::root()))?;
    }
    Ok(())
}

fn targets() -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for file in fs::read_dir(shell::root().join("fuzz/fuzz_targets"))? {
        names.extend(file?.path().file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}
