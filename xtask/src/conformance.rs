//! `cargo xtask conformance`: our engine beside Google's own port to Python, on texts that are new each time. Numbers that differ are
//! printed: they are made up.

mod chance;
mod suites;
mod texts;

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::{BuildHasher, Hasher},
    io::{BufRead, BufReader, BufWriter, Write},
    path::PathBuf,
    process::{Command, Stdio},
};

use numbering::{Format, LineType, METADATA_VERSION, Number, Plans, Region};

use crate::{Failure, numbering::python, shell};
use chance::Chance;
use texts::{Maker, Text};

const ORACLE: &str = include_str!("conformance/oracle.py");
/// Texts that one process of the oracle is given.
const SHARE: usize = 25_000;
/// Differences that are printed for each field.
const SHOWN: usize = 5;
const FIELDS: [&str; 16] = [
    "error",
    "E.164",
    "valid",
    "type",
    "region",
    "extension",
    "possible",
    "international",
    "national",
    "RFC 3966",
    "carrier",
    "code source",
    "as dialled",
    "by carrier",
    "possible mobile",
    "from abroad",
];

struct Options {
    seed: u64,
    rows: usize,
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        let chance = RandomState::new().build_hasher().finish();
        let mut options = Self { seed: chance, rows: 100_000 };
        for pair in arguments.chunks(2) {
            match pair {
                ["--seed", value] => options.seed = value.parse()?,
                ["--rows", value] => options.rows = value.parse()?,
                _ => return Err("conformance takes --seed N, --rows N or --suites".into()),
            }
        }
        Ok(options)
    }
}

pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    if arguments == ["--suites"] {
        return suites::run();
    }
    let options = Options::parse(arguments)?;
    println!("{} rows from seed {}, beside phonenumbers {METADATA_VERSION}", options.rows, options.seed);
    let python = python::with_release(METADATA_VERSION)?;
    let script = python::kept("oracle.py", ORACLE)?;
    let maker = Maker::new();
    let mut tally = Tally::default();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let shares: Vec<(u64, usize)> = (0..options.rows.div_ceil(SHARE))
        .map(|share| (options.seed.wrapping_add(share as u64), SHARE.min(options.rows - share * SHARE)))
        .collect();
    for together in shares.chunks(workers) {
        let results: Vec<Result<Tally, Failure>> = std::thread::scope(|scope| {
            let running: Vec<_> = together
                .iter()
                .map(|(seed, rows)| scope.spawn(|| compare(&maker, &python, &script, *seed, *rows)))
                .collect();
            running.into_iter().map(|one| one.join().expect("comparing does not panic")).collect()
        });
        for result in results {
            tally.add(result?);
        }
    }
    tally.print();
    if tally.different == 0 { Ok(()) } else { Err(format!("{} rows differ", tally.different).into()) }
}

#[derive(Default)]
struct Tally {
    rows: usize,
    different: usize,
    numbers: usize,
    by_field: [usize; FIELDS.len()],
    shown: Vec<(usize, String)>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.different += other.different;
        self.numbers += other.numbers;
        for (own, others) in self.by_field.iter_mut().zip(other.by_field) {
            *own += others;
        }
        for (field, difference) in other.shown {
            self.show(field, difference);
        }
    }

    fn show(&mut self, field: usize, difference: String) {
        if self.shown.iter().filter(|(other, _)| *other == field).count() < SHOWN {
            self.shown.push((field, difference));
        }
    }

    fn compare(&mut self, text: &Text, ours: &[String], theirs: &[&str]) {
        self.rows += 1;
        self.numbers += usize::from(theirs.len() > 1);
        let count = ours.len().max(theirs.len());
        let mut differs = false;
        for field in 0..count {
            let (own, other) = (ours.get(field).map(String::as_str), theirs.get(field).copied());
            if own == other {
                continue;
            }
            differs = true;
            self.by_field[field] += 1;
            let (own, other) = (own.unwrap_or("-"), other.unwrap_or("-"));
            self.show(field, format!("{:?} in {}: ours {own:?}, theirs {other:?}", text.raw, text.region));
        }
        self.different += usize::from(differs);
    }

    fn print(&self) {
        println!("\n{:<16} {:>12} {:>12}", "field", "agree", "differ");
        for (field, name) in FIELDS.iter().enumerate() {
            let different = self.by_field[field];
            println!("{name:<16} {:>12} {different:>12}", self.rows - different);
        }
        println!("{} rows, of which {} are numbers; {} differ", self.rows, self.numbers, self.different);
        for (field, difference) in &self.shown {
            println!("  {}: {difference}", FIELDS[*field]);
        }
    }
}

fn compare(
    maker: &Maker,
    python: &PathBuf,
    script: &PathBuf,
    seed: u64,
    rows: usize,
) -> Result<Tally, Failure> {
    let mut chance = Chance::new(seed);
    let texts: Vec<Text> = (0..rows).map(|_| maker.text(&mut chance)).collect();
    let questions = python::scratch(&format!("questions-{seed}"))?;
    let mut out = BufWriter::new(fs::File::create(&questions)?);
    for text in &texts {
        serde_json::to_writer(&mut out, &(text.region.as_str(), &text.raw))?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    let mut child = Command::new(python)
        .arg(script)
        .stdin(fs::File::open(&questions)?)
        .stdout(Stdio::piped())
        .env("PYTHONIOENCODING", "utf-8")
        .spawn()?;
    let answers = BufReader::new(child.stdout.take().ok_or("it is piped")?);
    let mut tally = Tally::default();
    // Only \n ends a line: other line ends may be part of an answer.
    let mut lines = answers.split(b'\n');
    for text in &texts {
        let line = lines.next().ok_or("the oracle stopped early")??;
        let theirs = String::from_utf8(line)?;
        let theirs: Vec<&str> = theirs.split('\t').collect();
        tally.compare(text, &answers_of(text), &theirs);
    }
    let status = child.wait()?;
    fs::remove_file(questions)?;
    if status.success() {
        Ok(tally)
    } else {
        Err(format!("`{}` failed ({status})", shell::written(&Command::new(python))).into())
    }
}

fn answers_of(text: &Text) -> Vec<String> {
    match Plans::BUILT_IN.parse(&text.raw, Some(text.region)) {
        Ok(number) => facts(&number, text.region),
        Err(error) => vec![error.code().to_owned()],
    }
}

fn facts(number: &Number, region: Region) -> Vec<String> {
    let (home, line_type) = number.region_and_line_type();
    let extension = number.extension().map_or("", |extension| extension.as_str());
    vec![
        String::new(),
        number.e164().as_str().to_owned(),
        number.is_valid().to_string(),
        line_type.code().to_owned(),
        home.map_or_else(String::new, |home| home.to_string()),
        extension.to_owned(),
        number.possibility(LineType::Unknown).code().to_owned(),
        number.format(Format::International),
        number.format(Format::National),
        number.format(Format::Rfc3966),
        number.carrier().to_owned(),
        format!("{:?}", number.code_source()),
        number.format_from(Some(region)),
        number.format_by_carrier("15"),
        number.possibility(LineType::Mobile).code().to_owned(),
        number.is_callable_from_abroad().to_string(),
    ]
}
