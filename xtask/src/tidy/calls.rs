//! Calls that have one place, or none.

use super::{
    Finding,
    tree::{File, Tree},
};

/// A call, and where it may stand.
struct Banned {
    calls: &'static [&'static str],
    /// Whether it may stand in this file; the flag says that the line is compiled for tests only.
    allowed: fn(&File, bool) -> bool,
    instead: &'static str,
}

const BANNED: &[Banned] = &[
    Banned {
        calls: &["SystemTime::now(", "Timestamp::now(", "Zoned::now(", "Utc::now("],
        // The clock itself, and what is no part of the product.
        allowed: |file, _| file.path == "crates/base/src/time.rs" || is_tool(file),
        instead: "take the time from the context (cx.now()), so that a test can freeze it",
    },
    Banned {
        calls: &["Instant::now("],
        // How long something took may be measured where something is waited for or shown; never where it is decided.
        allowed: |file, test| test || is_tool(file) || !DECIDING.contains(&file.package()),
        instead: "take the time from the context (cx.now()); this crate decides, it does not measure",
    },
    Banned {
        calls: &["env::var(", "env::var_os(", "env::vars(", "env::vars_os("],
        allowed: |file, _| ["app", "trunkline"].contains(&file.package()) || is_tool(file),
        instead: "settings arrive through the configuration that app reads",
    },
    Banned {
        calls: &["process::exit("],
        allowed: |file, _| file.package() == "trunkline" || is_tool(file),
        instead: "return a Fault; only the binary ends the process",
    },
    Banned {
        calls: &[".unwrap()"],
        allowed: |file, test| test || file.is_for_tests(),
        instead: "return a Fault, or expect(\"why it cannot fail\")",
    },
    Banned {
        calls: &["thread::sleep(", "time::sleep("],
        allowed: |file, test| {
            !test || ["testkit", "benches"].contains(&file.package()) || file.path.contains("/examples/")
        },
        instead: "a test waits for what it needs, not for a while",
    },
    Banned {
        calls: &["#[ignore"],
        allowed: |_, _| false,
        instead: "a test that does not run tells nothing; mend it or delete it",
    },
];

/// Crates that hold rules, which must give the same answer at any time.
const DECIDING: &[&str] = &["numbering", "base", "vault", "customers", "history", "privacy", "risk"];

/// Programs around the product.
fn is_tool(file: &File) -> bool {
    ["testkit", "tests", "benches", "xtask"].contains(&file.package())
}

pub fn banned(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for (number, line, test) in file.lines() {
            for banned in BANNED {
                let call = banned.calls.iter().find(|call| line.contains(**call));
                if let Some(call) = call.filter(|_| !(banned.allowed)(file, test)) {
                    let call = call.trim_end_matches('(');
                    findings.push(Finding::new(&file.path, number, format!("{call}: {}", banned.instead)));
                }
            }
        }
    }
    findings
}

/// Crates whose whole work is rows.
const KEEPERS: &[&str] = &["db", "jobs", "vault"];

pub fn sql(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let elsewhere = |file: &&File| {
        let mut parts = file.path.split('/');
        !KEEPERS.contains(&file.package()) && !parts.any(|part| part == "rows" || part == "rows.rs")
    };
    for file in tree.rust().filter(elsewhere).filter(|file| !is_tool(file)) {
        for (number, line, test) in file.lines() {
            if line.contains("sql!(") && !test {
                findings.push(Finding::new(&file.path, number, "SQL belongs into the rows file of its part"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    fn found(check: fn(&Tree) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn each_call_has_its_place() {
        for (line, good, bad) in [
            ("SystemTime::now();", "crates/base/src/time.rs", "crates/base/src/id.rs"),
            ("jiff::Timestamp::now();", "xtask/src/main.rs", "crates/trunkline/src/main.rs"),
            ("Instant::now();", "crates/warehouse/src/progress.rs", "crates/customers/src/link.rs"),
            ("std::env::var(name);", "crates/app/src/config.rs", "crates/db/src/lib.rs"),
            ("std::process::exit(1);", "crates/trunkline/src/main.rs", "crates/app/src/lib.rs"),
            ("value.unwrap();", "crates/db/tests/story.rs", "crates/db/src/lib.rs"),
            ("value.unwrap();", "crates/db/src/row/tests.rs", "xtask/src/main.rs"),
            ("thread::sleep(second);", "crates/jobs/src/worker.rs", "crates/jobs/tests/worker.rs"),
            ("tokio::time::sleep(second)", "crates/testkit/src/process.rs", "tests/tests/import.rs"),
            (
                "tokio::time::sleep(second)",
                "crates/web/examples/gallery/main.rs",
                "crates/web/tests/pages.rs",
            ),
        ] {
            let text = format!("\n{line}\n");
            assert_eq!(found(banned, good, &text), NONE, "{line} in {good}");
            assert_eq!(found(banned, bad, &text), [2], "{line} in {bad}");
        }
    }

    #[test]
    fn tests_may_unwrap_but_neither_sleep_nor_be_ignored() {
        let text = "#[cfg(test)]\nmod tests {\n#[ignore]\nvalue.unwrap();\nthread::sleep(second);\n}\n";
        assert_eq!(found(banned, "crates/db/src/lib.rs", text), [3, 5]);
    }

    #[test]
    fn words_about_calls_are_none() {
        let text =
            "// value.unwrap()\nlet text = \"SystemTime::now()\";\nvalue.unwrap_or(3);\nenv!(\"HOME\");\n";
        assert_eq!(found(banned, "crates/customers/src/lib.rs", text), NONE);
    }

    #[test]
    fn sql_stands_in_rows_files() {
        let text = "tx.run(sql!(\"SELECT 1\"));\n#[cfg(test)]\nmod tests {\nsql!(\"SELECT 2\");\n}\n";
        for path in
            ["crates/history/src/order/rows.rs", "crates/history/src/rows/order.rs", "crates/db/src/lib.rs"]
        {
            assert_eq!(found(sql, path, text), NONE, "{path}");
        }
        assert_eq!(found(sql, "crates/history/src/order.rs", text), [1]);
    }
}
