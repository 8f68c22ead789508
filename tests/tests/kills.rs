//! kill -9 at random moments of an import: run again, it ends exactly as an undisturbed one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path, time::Duration};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use stories::{order_file, state};
use testkit::process::{folder, run, trunkline};

/// Kills a database suffers; `TRUNKLINE_STORY_KILLS` asks for more.
fn kills() -> u32 {
    std::env::var("TRUNKLINE_STORY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

fn import(data: &Path, database: &str, file: &Path) -> std::process::Command {
    let mut command = trunkline(["import", "orders"]);
    command
        .arg(file)
        .args(["--source", "online", "--region", "FI", "--json", "--data"])
        .arg(data)
        .args(["--database", database]);
    command
}

fn export(data: &Path, database: &str) -> Vec<String> {
    let mut command = trunkline(["customer", "export", "--json", "--data"]);
    command.arg(data).args(["--database", database]);
    state(&run(command).success().json_lines())
}

fn story(undisturbed: (&Path, &str), killed: (&Path, &str), seed: u64) {
    let file = killed.0.join("orders.csv");
    fs::write(&file, order_file(6_000, 11)).unwrap();
    let _ = run(import(undisturbed.0, undisturbed.1, &file)).success();
    let expected = export(undisturbed.0, undisturbed.1);
    assert!(expected.len() > 8_000, "{} records", expected.len());

    let mut rng = SmallRng::seed_from_u64(seed);
    for _ in 0..kills() {
        let mut child = import(killed.0, killed.1, &file)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // The moment of the kill is what is random here; nothing waits for anything.
        std::thread::park_timeout(Duration::from_millis(rng.random_range(20..1_500)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let summary = run(import(killed.0, killed.1, &file)).success().json();
    assert_eq!(summary["rejected"], 0);
    let found = export(killed.0, killed.1);
    let different = expected.iter().zip(&found).find(|(a, b)| a != b);
    assert!(
        expected == found,
        "{} and {} records; first difference {different:?}",
        expected.len(),
        found.len()
    );
}

#[test]
fn on_sqlite() {
    let (one, two) = (folder(), folder());
    let url = |folder: &Path| format!("sqlite:{}", folder.join("t.sqlite").display());
    story((one.path(), &url(one.path())), (two.path(), &url(two.path())), 1);
}

#[test]
fn on_postgresql() {
    let (one, two) = (folder(), folder());
    let (first, second) = (testkit::postgres::database(), testkit::postgres::database());
    story((one.path(), &first.url), (two.path(), &second.url), 2);
}
