//! `cargo xtask bench numbering`: reading numbers with our engine beside rlibphonenumber and libphonenumber's C++ (if Debian's package
//! is there or can be had), on the same made-up texts and one core. What is measured: parsing, validity, type, and E.164 as text.
//! `--write` keeps the table in `benches/numbering.md`.

#![allow(clippy::print_stdout, reason = "a measurement prints its table")]

mod corpus;

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use clap::Parser;
use corpus::Corpus;
use numbering::{Batch, METADATA_VERSION};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region as PeerRegion};

/// Rows that go through at a time: what stays in a core's own memory.
const STEP: usize = 2_000;
const PEER: &str = include_str!("peer.cpp");

#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 1_000_000)]
    rows: usize,
    /// Rows for the peers, which need more time for each; the first of the same texts.
    #[arg(long, default_value_t = 100_000)]
    peer_rows: usize,
    #[arg(long, default_value_t = 7)]
    runs: usize,
    #[arg(long, default_value_t = 3)]
    peer_runs: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the table in benches/numbering.md.
    #[arg(long)]
    write: bool,
}

/// One program on one corpus.
struct Measured {
    who: String,
    corpus: &'static str,
    rows_per_second: f64,
    /// Rows whose E.164 is ours.
    agreeing: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let first = numbering::parse("+358 40 123 4567", None)?;
    let start_up = start.elapsed();
    let arguments = Arguments::parse();
    let peer = peer();
    let mut table = Vec::new();
    for corpus in
        [corpus::mixed(arguments.rows, arguments.seed), corpus::clean(arguments.rows, arguments.seed)]
    {
        let ours = ours(&corpus, arguments.runs, &mut table);
        library(&corpus, &arguments, &ours, &mut table);
        if let Some(peer) = &peer {
            cpp(peer, &corpus, &arguments, &ours, &mut table)?;
        }
    }
    let text = report(&arguments, &table, start_up.as_secs_f64() * 1e6, first.number.is_valid());
    println!("{text}");
    if arguments.write {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("numbering.md"), text)?;
    }
    Ok(())
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Our engine; the answer is the E.164 of each row, empty for errors.
fn ours(corpus: &Corpus, runs: usize, table: &mut Vec<Measured>) -> Vec<String> {
    let mut batch = Batch::default();
    let mut seconds = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        for (texts, regions) in corpus.texts.chunks(STEP).zip(corpus.regions.chunks(STEP)) {
            batch.read_with_regions(texts, regions);
            std::hint::black_box(&batch);
        }
        seconds.push(start.elapsed().as_secs_f64());
    }
    table.push(Measured {
        who: format!("numbering, release {METADATA_VERSION}"),
        corpus: corpus.name,
        rows_per_second: corpus.texts.len() as f64 / median(seconds),
        agreeing: 1.0,
    });
    batch.read_with_regions(&corpus.texts, &corpus.regions);
    batch.e164.iter().map(|number| number.as_str().to_owned()).collect()
}

fn agreeing(ours: &[String], theirs: &[String]) -> f64 {
    let same = ours.iter().zip(theirs).filter(|(own, other)| own == other).count();
    same as f64 / theirs.len().max(1) as f64
}

fn library(corpus: &Corpus, arguments: &Arguments, ours: &[String], table: &mut Vec<Measured>) {
    let rows = arguments.peer_rows.min(corpus.texts.len());
    let regions: Vec<Option<PeerRegion>> = corpus.regions[..rows]
        .iter()
        .map(|region| region.and_then(|region| PeerRegion::from_code(region.as_str()).ok()))
        .collect();
    let read = |text: &str, region: Option<PeerRegion>| {
        let number = PHONE_NUMBER_UTIL.parse(text, region).ok()?;
        std::hint::black_box((
            PHONE_NUMBER_UTIL.is_valid_number(&number),
            PHONE_NUMBER_UTIL.get_number_type(&number),
        ));
        Some(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned())
    };
    let mut seconds = Vec::new();
    for _ in 0..=arguments.peer_runs {
        let start = Instant::now();
        for (text, region) in corpus.texts.iter().zip(&regions) {
            std::hint::black_box(read(text, *region));
        }
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.remove(0); // it compiles its expressions when they are first needed
    let theirs: Vec<String> = corpus
        .texts
        .iter()
        .zip(&regions)
        .map(|(text, region)| read(text, *region).unwrap_or_default())
        .collect();
    table.push(Measured {
        who: format!("rlibphonenumber {}", locked("rlibphonenumber")),
        corpus: corpus.name,
        rows_per_second: rows as f64 / median(seconds),
        agreeing: agreeing(ours, &theirs),
    });
}

/// The version of a package in the lock file.
fn locked(package: &str) -> &'static str {
    const LOCK: &str = include_str!("../../../../Cargo.lock");
    let entry = LOCK.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{package}\"\n")));
    entry.and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next()).unwrap_or("?")
}

/// The C++ program, built; nothing if the library cannot be had.
fn peer() -> Option<PathBuf> {
    let has_library = || Path::new("/usr/include/phonenumbers/phonenumberutil.h").is_file();
    if !has_library() {
        let installed = Command::new("apt-get")
            .args(["install", "--yes", "--quiet", "libphonenumber-dev", "g++"])
            .output();
        if !installed.is_ok_and(|output| output.status.success()) || !has_library() {
            println!("Without libphonenumber-dev and g++ there is no C++ to measure.");
            return None;
        }
    }
    let folder = std::env::temp_dir().join(format!("trunkline-numbering-{}", std::process::id()));
    fs::create_dir_all(&folder).ok()?;
    let (source, program) = (folder.join("peer.cpp"), folder.join("peer"));
    fs::write(&source, PEER).ok()?;
    let mut build = Command::new("g++");
    build.args(["-O2", "-std=c++17", "-o"]).arg(&program).arg(&source).arg("-lphonenumber");
    match build.status() {
        Ok(status) if status.success() => Some(program),
        _ => {
            println!("The C++ program does not build, so there is no C++ to measure.");
            None
        }
    }
}

fn cpp(
    program: &Path,
    corpus: &Corpus,
    arguments: &Arguments,
    ours: &[String],
    table: &mut Vec<Measured>,
) -> Result<(), Box<dyn Error>> {
    let rows = arguments.peer_rows.min(corpus.texts.len());
    let mut lines = String::new();
    for (text, region) in corpus.texts.iter().zip(&corpus.regions).take(rows) {
        let region = region.map_or("ZZ".to_owned(), |region| region.to_string());
        writeln!(lines, "{region}\t{text}")?;
    }
    let file = program.with_extension("txt");
    fs::write(&file, lines)?;
    let output = Command::new(program).arg(&file).arg((arguments.peer_runs + 1).to_string()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.split('\n');
    let seconds =
        lines.by_ref().take(arguments.peer_runs + 1).filter_map(|line| Some(line.parse::<f64>().ok()? / 1e9));
    let seconds: Vec<f64> = seconds.skip(1).collect();
    let theirs: Vec<String> = lines.take(rows).map(str::to_owned).collect();
    let version =
        Command::new("dpkg-query").args(["-W", "-f", "${Version}", "libphonenumber-dev"]).output()?;
    table.push(Measured {
        who: format!("libphonenumber C++ {} (Debian)", String::from_utf8_lossy(&version.stdout)),
        corpus: corpus.name,
        rows_per_second: rows as f64 / median(seconds),
        agreeing: agreeing(ours, &theirs),
    });
    Ok(())
}

fn report(arguments: &Arguments, table: &[Measured], start_up_microseconds: f64, is_valid: bool) -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("?", |(_, name)| name);
    let mut text = format!(
        "# Reading numbers\n\n\
         Written by `cargo xtask bench numbering --write`. One core of {processor}; {} rows from seed {} (peers: the first {}), median of {} runs\n\
         (peers: {}). Measured: parse, validity, type, E.164 as text. The mixed rows are nine in ten ASCII digits and separators; the tenth has\n\
         extensions, words, other scripts' digits, `tel:`. \"Same\" is the share of rows whose E.164 is ours.\n\n\
         | | texts | numbers a second | ours is | same |\n|---|---|---:|---:|---:|\n",
        arguments.rows, arguments.seed, arguments.peer_rows, arguments.runs, arguments.peer_runs,
    );
    for row in table {
        let own =
            table.iter().find(|other| other.corpus == row.corpus).map_or(0.0, |own| own.rows_per_second);
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} | {:.1} × | {:.2} % |",
            row.who,
            row.corpus,
            row.rows_per_second,
            own / row.rows_per_second,
            100.0 * row.agreeing
        );
    }
    let _ = writeln!(
        text,
        "\nThe tables are {} bytes in the binary and need no start: the first number of the process took {start_up_microseconds:.1} µs{}.",
        numbering::TABLE_BYTES,
        if is_valid { "" } else { " and was wrong" }
    );
    text
}
