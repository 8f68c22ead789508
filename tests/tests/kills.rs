//! kill -9 at moments spread over a whole import: run again, it ends exactly as an undisturbed one, and what was interrupted is said to be.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use stories::{order_file, state};
use testkit::{
    counts::kills,
    process::{folder, run, trunkline},
};

/// A database is killed over so often before it is run to the end: the second kill meets a half-done import that was taken up again.
const KILLS_A_ROUND: u32 = 2;
/// From so many rounds on, moments lie close enough together that every phase must have been met.
const ROUNDS_THAT_MEET_ALL: u32 = 20;

fn command(data: &Path, database: &str, words: &[&str]) -> std::process::Command {
    let mut command = trunkline(words);
    command.arg("--json").arg("--data").arg(data).args(["--database", database]);
    command
}

fn import(data: &Path, database: &str, file: &Path) -> std::process::Command {
    let mut command = command(data, database, &["import", "orders", "--source", "online", "--region", "FI"]);
    command.arg(file);
    command
}

fn export(data: &Path, database: &str) -> Vec<String> {
    state(&run(command(data, database, &["customer", "export"])).success().json_lines())
}

/// What an import was doing when it was killed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Phase {
    /// Opening the database, making tables and the shop.
    Starting,
    /// Nothing is written yet.
    Reading,
    Writing,
    Linking,
    /// It was quicker.
    Done,
}

/// The newest import and the phase it was in. `before` is the newest one of an earlier kill.
fn killed_in(data: &Path, database: &str, before: &mut Option<String>) -> Phase {
    let listed = run(command(data, database, &["import", "list", "--limit", "1"]));
    if !listed.status.success() {
        let unborn = ["shop_unknown", "migration_needed", "keys_missing"];
        assert!(unborn.iter().any(|code| listed.stderr.contains(code)), "{}", listed.stderr);
        return Phase::Starting; // tables or the shop are not there yet
    }
    let listed = listed.json();
    let newest = &listed["items"][0];
    let id = newest["id"].as_str().map(str::to_owned);
    if id.is_none() || id == *before {
        return Phase::Starting;
    }
    *before = id;
    match (newest["state"].as_str().unwrap(), newest["reached"].as_str().unwrap()) {
        ("done", _) => Phase::Done,
        ("interrupted", "linking") => Phase::Linking,
        ("interrupted", "running") if newest["rows"] == 0 => Phase::Reading,
        ("interrupted", "running") => Phase::Writing,
        other => panic!("nobody runs it any more, and it is said to be {other:?}"),
    }
}

/// Runs undisturbed: the state that every killed one must come to, and how long it takes.
fn undisturbed(file: &Path, database: &dyn Fn() -> Place) -> (Vec<String>, Duration) {
    let place = database();
    let begun = Instant::now();
    let _ = run(import(place.data.path(), &place.url, file)).success();
    let took = begun.elapsed();
    let expected = export(place.data.path(), &place.url);
    assert!(expected.len() > 12_000, "{} records", expected.len());
    (expected, took)
}

/// A data folder and a database, both empty.
struct Place {
    data: tempfile::TempDir,
    url: String,
    _database: Option<testkit::postgres::Database>,
}

fn story(name: &str, database: &dyn Fn() -> Place, seed: u64) {
    let files = folder();
    let file = files.path().join("orders.csv");
    fs::write(&file, order_file(12_000, 11)).unwrap();
    let (expected, length) = undisturbed(&file, database);
    let mut rng = SmallRng::seed_from_u64(seed);
    let rounds = u32::try_from(kills(6)).unwrap().div_ceil(KILLS_A_ROUND);
    let mut met: BTreeMap<Phase, u32> = BTreeMap::new();
    for round in 0..rounds {
        let place = database();
        let (data, url) = (place.data.path(), place.url.as_str());
        let mut newest = None;
        for kill in 0..KILLS_A_ROUND {
            // The first kills of all rounds together cover the length of an import; the others come at any time.
            let share = match kill {
                0 => (f64::from(round) + rng.random_range(0.0..1.0)) / f64::from(rounds),
                _ => rng.random_range(0.0..1.0),
            };
            let mut child = import(data, url, &file)
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            wait(length.mul_f64(share));
            child.kill().unwrap();
            child.wait().unwrap();
            *met.entry(killed_in(data, url, &mut newest)).or_default() += 1;
        }
        let summary = run(import(data, url, &file)).success().json();
        assert_eq!(summary["rejected"], 0);
        assert_same(&expected, &export(data, url), round);
    }
    eprintln!("{name}: an import of {length:.1?} was killed {} times: {met:?}", rounds * KILLS_A_ROUND);
    if rounds >= ROUNDS_THAT_MEET_ALL {
        for phase in [Phase::Reading, Phase::Writing, Phase::Linking] {
            assert!(met.contains_key(&phase), "{phase:?} was never met: {met:?}");
        }
    }
}

/// The moment of the kill is what is random here; nothing waits for anything. Whoever joined threads on this one may have left it a
/// token that ends the first wait at once.
fn wait(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::park_timeout(left);
    }
}

fn assert_same(expected: &[String], found: &[String], round: u32) {
    let different = expected.iter().zip(found).find(|(a, b)| a != b);
    assert!(
        expected == found,
        "round {round}: {} and {} records; first difference {different:?}",
        expected.len(),
        found.len()
    );
}

#[test]
fn on_sqlite() {
    let place = || {
        let data = folder();
        let url = format!("sqlite:{}", data.path().join("t.sqlite").display());
        Place { data, url, _database: None }
    };
    story("SQLite", &place, 1);
}

#[test]
fn on_postgresql() {
    let place = || {
        let database = testkit::postgres::database();
        Place { data: folder(), url: database.url.clone(), _database: Some(database) }
    };
    story("PostgreSQL", &place, 2);
}
