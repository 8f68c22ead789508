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
    process::Stdio,
};

use numbering::{Agreement, AsYouType, Format, Leniency, LineType, METADATA_VERSION, Number, Plans, Region};
use serde_json::{Value, json};

use crate::{
    Failure,
    python::{self, Python},
    shell,
};
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

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Numbers,
    Typing,
    Search,
    Agreement,
}

impl About {
    const ALL: [(&'static str, Self); 4] = [
        ("numbers", Self::Numbers),
        ("typing", Self::Typing),
        ("search", Self::Search),
        ("agreement", Self::Agreement),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, about)| *about == self).map_or("", |(name, _)| name)
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Numbers => &FIELDS,
            Self::Typing => &["as you type"],
            Self::Search => &["possible", "valid", "strict grouping", "exact grouping"],
            Self::Agreement => &["agreement"],
        }
    }
}

struct Options {
    seed: u64,
    rows: usize,
    about: About,
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        let chance = RandomState::new().build_hasher().finish();
        let mut options = Self { seed: chance, rows: 100_000, about: About::Numbers };
        for pair in arguments.chunks(2) {
            match pair {
                ["--seed", value] => options.seed = value.parse()?,
                ["--rows", value] => options.rows = value.parse()?,
                ["--about", value] => {
                    let known = About::ALL.iter().find(|(name, _)| name == value);
                    options.about = known.ok_or("--about numbers, typing, search or agreement")?.1;
                }
                _ => return Err("conformance takes --about WHAT, --seed N, --rows N or --suites".into()),
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
    let python = Python::with_release(METADATA_VERSION)?;
    let script = python::kept("oracle.py", ORACLE)?;
    let oracle = Oracle { maker: Maker::new(), python, script };
    let mut tally = Tally::new(options.about);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let shares: Vec<(u64, usize)> = (0..options.rows.div_ceil(SHARE))
        .map(|share| (options.seed.wrapping_add(share as u64), SHARE.min(options.rows - share * SHARE)))
        .collect();
    for together in shares.chunks(workers) {
        let results: Vec<Result<Tally, Failure>> = std::thread::scope(|scope| {
            let running: Vec<_> = together
                .iter()
                .map(|(seed, rows)| scope.spawn(|| compare(&oracle, options.about, *seed, *rows)))
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

struct Tally {
    about: About,
    rows: usize,
    different: usize,
    numbers: usize,
    by_field: [usize; FIELDS.len()],
    shown: Vec<(usize, String)>,
}

impl Tally {
    fn new(about: About) -> Self {
        Self { about, rows: 0, different: 0, numbers: 0, by_field: [0; FIELDS.len()], shown: Vec::new() }
    }

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
        for (field, name) in self.about.fields().iter().enumerate() {
            let different = self.by_field[field];
            println!("{name:<16} {:>12} {different:>12}", self.rows - different);
        }
        if self.about == About::Numbers {
            println!("{} rows, of which {} are numbers; {} differ", self.rows, self.numbers, self.different);
        } else {
            println!("{} rows; {} differ", self.rows, self.different);
        }
        for (field, difference) in &self.shown {
            println!("  {}: {difference}", self.about.fields()[*field]);
        }
    }
}

struct Oracle {
    maker: Maker,
    python: Python,
    script: PathBuf,
}

fn compare(oracle: &Oracle, about: About, seed: u64, rows: usize) -> Result<Tally, Failure> {
    let mut chance = Chance::new(seed);
    let make = match about {
        About::Numbers => Maker::text,
        About::Typing => Maker::typed,
        About::Search => Maker::running,
        About::Agreement => Maker::pair,
    };
    let texts: Vec<Text> = (0..rows).map(|_| make(&oracle.maker, &mut chance)).collect();
    let questions = python::scratch(&format!("questions-{}-{seed}", about.name()))?;
    let mut out = BufWriter::new(fs::File::create(&questions)?);
    for text in &texts {
        serde_json::to_writer(&mut out, &(text.region.as_str(), &text.raw, &text.other))?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    let mut command = oracle.python.command();
    command.arg(&oracle.script).arg(about.name()).stdin(fs::File::open(&questions)?).stdout(Stdio::piped());
    let mut child = command.env("PYTHONIOENCODING", "utf-8").spawn()?;
    let answers = BufReader::new(child.stdout.take().ok_or("it is piped")?);
    let mut tally = Tally::new(about);
    // Only \n ends a line: other line ends may be part of an answer.
    let mut lines = answers.split(b'\n');
    for text in &texts {
        let line = lines.next().ok_or("the oracle stopped early")??;
        let theirs = String::from_utf8(line)?;
        let theirs: Vec<&str> = theirs.split('\t').collect();
        tally.compare(text, &answers_of(about, text), &theirs);
    }
    let status = child.wait()?;
    fs::remove_file(questions)?;
    if status.success() {
        Ok(tally)
    } else {
        Err(format!("`{}` failed ({status})", shell::written(&command)).into())
    }
}

fn answers_of(about: About, text: &Text) -> Vec<String> {
    let region = Some(text.region);
    match about {
        About::Numbers => match Plans::BUILT_IN.parse(&text.raw, region) {
            Ok(number) => facts(&number, text.region),
            Err(error) => vec![error.code().to_owned()],
        },
        About::Typing => {
            let mut field = AsYouType::new(region);
            let shown: Vec<String> = text.raw.chars().map(|key| field.push(key).to_owned()).collect();
            vec![as_python_writes(&json!(shown))]
        }
        About::Search => {
            [Leniency::Possible, Leniency::Valid, Leniency::StrictGrouping, Leniency::ExactGrouping]
                .map(|leniency| found(text, leniency))
                .to_vec()
        }
        About::Agreement => {
            let agreement = match numbering::agreement(&text.raw, &text.other) {
                Agreement::NotANumber => "NOT_A_NUMBER",
                Agreement::None => "NO_MATCH",
                Agreement::Short => "SHORT_NSN_MATCH",
                Agreement::National => "NSN_MATCH",
                Agreement::Exact => "EXACT_MATCH",
            };
            vec![agreement.to_owned()]
        }
    }
}

fn found(text: &Text, leniency: Leniency) -> String {
    let characters = |bytes: usize| text.raw[..bytes].chars().count();
    let hits = Plans::BUILT_IN.find(&text.raw, Some(text.region), leniency, u64::MAX);
    let hits: Vec<Value> = hits
        .map(|(range, number)| {
            let extension = number.extension().map_or("", |extension| extension.as_str());
            json!([characters(range.start), characters(range.end), number.e164().as_str(), extension])
        })
        .collect();
    as_python_writes(&json!(hits))
}

/// JSON with a space behind each comma, and nothing but ASCII.
fn as_python_writes(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(as_python_writes).collect();
            format!("[{}]", items.join(", "))
        }
        other => {
            let mut text = String::new();
            for c in other.to_string().chars() {
                match c {
                    ' '..='~' => text.push(c),
                    _ => {
                        c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text += &format!("\\u{unit:04x}"))
                    }
                }
            }
            text
        }
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
