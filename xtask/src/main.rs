//! The house's own commands, one binary without heavy dependencies: `cargo xtask test` is what the README, CI and every
//! developer run; the others measure, generate and fetch.

// It talks to a person at a terminal, or to the log of a CI run.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cdnow;
mod conformance;
mod fuzz;
mod generate;
mod measure;
mod numbering;
mod numbering_knowledge;
mod pattern;
mod python;
mod requirements;
mod shell;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  test [FILTER] [--quick]   install what is missing, then formatting, lints, house rules and all tests on both databases;
                            with FILTER only the tests whose name contains it; --quick leaves out formatting, lints and
                            the examples in documentation
  tidy                      the house rules that a program can hold
  generate [--check]        write docs/reference from the binary, or say which file is stale
  generate numbering-knowledge
                            write the tables of carriers, places, time zones and short numbers from the release that
                            numbering names, and say what changed
  conformance-knowledge [--seed N] [--rows N]
                            what numbering knows beside what the package its tables come from says, on generated numbers
                            and on the questions of that package's own test suites
  generate numbering [--version V]
                            make the tables of numbering plans from a release of libphonenumber's metadata
  conformance [--about numbers|typing|search|agreement] [--seed N] [--rows N]
                            what the numbering engine says of made-up texts, beside libphonenumber's Python port
  conformance --suites      the calls that the test suites of that port make, made again here
  fuzz [TARGET] [--seconds N]
                            made-up input for the parsers, guided by what it reaches; needs a nightly compiler
  bench [NAME] [ARGUMENT…]  run a measurement in release mode; without NAME, list them
  quality [--seed N]… [--rows N] [--profile NAME]… [--through-import] [--database sqlite|postgres|both]
                            how well orders are linked to people, on labelled timelines from this seed: by the rules
                            alone, or through files, import and export of the built binary as well
  cdnow [--out FOLDER] [--check] [--database sqlite|postgres|both]
                            write an order file of real purchases (CDNOW 1997–98), a number for each customer; with
                            --check import it with the built binary and compare customers, purchases and revenue
  postgres [--durable]      a private PostgreSQL until Ctrl-D";

/// How a command went wrong: said once, in main.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.split_first() {
        Some((&"test", rest)) => test::run(rest),
        Some((&"tidy", [])) => tidy::run(),
        Some((&"generate", ["numbering-knowledge"])) => numbering_knowledge::generate(),
        Some((&"generate", rest)) => generate::run(rest),
        Some((&"conformance-knowledge", rest)) => numbering_knowledge::conformance(rest),
        Some((&"conformance", rest)) => conformance::run(rest),
        Some((&"fuzz", rest)) => fuzz::run(rest),
        Some((&"bench", rest)) => measure::bench(rest),
        Some((&"quality", rest)) => measure::quality(rest),
        Some((&"cdnow", rest)) => cdnow::run(rest),
        Some((&"postgres", rest)) => measure::postgres(rest),
        Some((&("help" | "--help" | "-h"), _)) => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
