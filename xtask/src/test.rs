//! `cargo xtask test`: everything that must hold before a change lands, in one command that works in a fresh clone. Its last
//! line says how many tests passed and how many failed; a check that is no test (lints, say) counts as one when it fails.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
};

use crate::{Failure, generate, requirements, shell, tidy};

#[derive(PartialEq, Eq, Debug, Default)]
struct Options {
    filter: Option<String>,
    quick: bool,
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        let mut options = Self::default();
        for &argument in arguments {
            match argument {
                "--quick" => options.quick = true,
                _ if argument.starts_with('-') => return Err(format!("there is no option {argument}").into()),
                _ if options.filter.is_some() => return Err("one FILTER at most".into()),
                _ => options.filter = Some(argument.to_owned()),
            }
        }
        Ok(options)
    }
}

/// Counted tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Tally {
    passed: u64,
    failed: u64,
}

/// All steps, as far as they can go after one has failed.
pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    let options = Options::parse(arguments)?;
    requirements::ensure()?;
    let mut broken = Vec::new();
    if options.filter.is_none() {
        step("house rules", &mut broken, tidy::run);
        if !options.quick {
            step("formatting", &mut broken, || shell::run(&mut shell::cargo(&["fmt", "--all", "--check"])));
            step("lints", &mut broken, lints);
        }
    }
    let mut tally = Tally::default();
    step("build", &mut broken, build);
    if !broken.iter().any(|step| step == "build") {
        if options.filter.is_none() {
            step("generated files", &mut broken, || generate::check_files(&shell::built("trunkline")?));
        }
        step("tests", &mut broken, || tests(&options, &mut tally));
    }
    finish(tally, &broken)
}

fn step(name: &str, broken: &mut Vec<String>, work: impl FnOnce() -> Result<(), Failure>) {
    println!("\n── {name}");
    if let Err(failure) = work() {
        println!("{failure}");
        broken.push(name.to_owned());
    }
}

fn lints() -> Result<(), Failure> {
    shell::run(&mut shell::cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))
}

/// Everything at once, so that each dependency is built once, with the features that all of the house asks for.
fn build() -> Result<(), Failure> {
    shell::run(&mut shell::cargo(&["build", "--workspace", "--all-targets"]))
}

fn tests(options: &Options, tally: &mut Tally) -> Result<(), Failure> {
    let postgres = SharedPostgres::start()?;
    let mut command = shell::cargo(&["test", "--workspace", "--no-fail-fast"]);
    if options.quick {
        command.args(["--lib", "--bins", "--tests"]);
    }
    command.args(&options.filter);
    println!("$ {}", shell::written(&command));
    command.env("TRUNKLINE_TEST_POSTGRES", &postgres.url).env("TRUNKLINE_BIN", shell::built("trunkline")?);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().expect("it is piped");
    let read = count(BufReader::new(stdout), &mut std::io::stdout().lock());
    let status = child.wait()?;
    *tally = read?;
    if status.success() || tally.failed > 0 {
        Ok(()) // failed tests are counted as such
    } else {
        Err(format!("`{}` failed ({status}) without naming a failed test", shell::written(&command)).into())
    }
}

/// Passes the tests' output on and sums up its `test result:` lines.
fn count(mut output: impl BufRead, copy: &mut impl Write) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        copy.write_all(&line)?;
        copy.flush()?;
        if let Some(one) = tally_of_line(&String::from_utf8_lossy(&line)) {
            tally.passed += one.passed;
            tally.failed += one.failed;
        }
        line.clear();
    }
    Ok(tally)
}

/// Reads `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn tally_of_line(line: &str) -> Option<Tally> {
    let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let number = |what: &str| {
        counts.split(';').find_map(|count| count.trim().strip_suffix(what)?.trim_end().parse::<u64>().ok())
    };
    Some(Tally { passed: number("passed")?, failed: number("failed")? })
}

/// Says which checks failed, then the one line that counts.
fn finish(tally: Tally, broken: &[String]) -> Result<(), Failure> {
    if !broken.is_empty() {
        println!("\nFailed beside the tests: {}.", broken.join(", "));
    }
    let failed = tally.failed + broken.len() as u64;
    println!("\n{} passed, {failed} failed", tally.passed);
    if failed == 0 && tally.passed > 0 {
        return Ok(());
    }
    // The line above must stay the last one.
    std::io::stdout().flush()?;
    std::process::exit(1)
}

/// The PostgreSQL cluster that all test programs of this run share. It ends when its standard input does: with us, however
/// we end.
struct SharedPostgres {
    url: String,
    process: Child,
    stdin: Option<ChildStdin>,
}

impl SharedPostgres {
    fn start() -> Result<Self, Failure> {
        let program = shell::built("examples/postgres")?;
        let mut process = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdin = process.stdin.take();
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("it is piped")).read_line(&mut url)?;
        let this = Self { url: url.trim().to_owned(), process, stdin };
        if this.url.is_empty() {
            return Err("the private PostgreSQL did not start; it said why above".into());
        }
        println!("A private PostgreSQL listens on {}.", this.url);
        Ok(this)
    }
}

impl Drop for SharedPostgres {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let filter = Some("merge".to_owned());
        assert_eq!(Options::parse(&[]).unwrap(), Options::default());
        assert_eq!(Options::parse(&["--quick", "merge"]).unwrap(), Options { filter, quick: true });
        assert!(Options::parse(&["--slow"]).is_err());
        assert!(Options::parse(&["merge", "split"]).is_err());
    }

    #[test]
    fn results_are_summed_up_and_everything_is_passed_on() {
        let output = "running 2 tests\ntest a ... ok\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s\n\
            bytes \u{fffd} that are no text\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            a test result: ok. 9 passed; 9 failed in the middle of a line is none\n\
            test result: unfinished";
        let mut copy = Vec::new();
        assert_eq!(count(output.as_bytes(), &mut copy).unwrap(), Tally { passed: 15, failed: 2 });
        assert_eq!(copy, output.as_bytes());
    }
}
