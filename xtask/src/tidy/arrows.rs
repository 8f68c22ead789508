//! Who may depend on whom, and which crate alone may name a library.

use super::{
    Finding,
    code::has_word,
    manifest::{Dependency, Section, dependencies},
    tree::{File, Tree},
};

/// All crates; an arrow points from a later one to an earlier one.
const ORDER: &[&str] = &[
    "numbering",
    "base",
    "vault",
    "db",
    "jobs",
    "outward",
    "webhooks",
    "privacy",
    "customers",
    "history",
    "messaging",
    "sandbox",
    "risk",
    "identity",
    "payments",
    "notifications",
    "campaigns",
    "support",
    "warehouse",
    "app",
    "api",
    "web",
    "trunkline",
    "testkit",
];

/// Libraries that one place alone may name.
struct Owned {
    libraries: &'static [&'static str],
    /// Crates, or the beginnings of paths.
    owners: &'static [&'static str],
    why: &'static str,
}

const OWNED: &[Owned] = &[
    Owned {
        libraries: &[
            "rusqlite",
            "tokio_postgres",
            "tokio_postgres_rustls",
            "deadpool_postgres",
            "deadpool",
            "postgres_types",
        ],
        owners: &["crates/db/"],
        why: "only db speaks to the drivers; use Db, Tx and sql!",
    },
    Owned {
        libraries: &["rustls", "tokio_rustls", "rustls_native_certs"],
        owners: &["crates/db/", "crates/outward/", "crates/testkit/"],
        why: "only lines to databases and to the outside are encrypted by us, and by the doors that tests put before peers",
    },
    Owned {
        libraries: &["axum", "axum_extra", "tower_http"],
        owners: &["crates/api/", "crates/web/", "crates/trunkline/Cargo.toml", "crates/trunkline/src/serve"],
        why: "only the doors (api, web, trunkline's serve) speak HTTP",
    },
    Owned {
        libraries: &["hyper", "hyper_util", "reqwest"],
        owners: &["crates/outward/", "crates/testkit/"],
        why: "only outward asks other servers",
    },
    Owned {
        libraries: &["datafusion", "parquet"],
        owners: &["crates/warehouse/"],
        why: "only warehouse reads columns in bulk",
    },
    Owned {
        libraries: &["arrow", "arrow_array", "arrow_schema"],
        owners: &["crates/warehouse/", "crates/numbering/"],
        why: "only warehouse reads columns in bulk; numbering gives its answers in them, behind a feature",
    },
    Owned {
        libraries: &["rlibphonenumber", "phonenumber"],
        owners: &[],
        why: "numbering has an engine of its own; other libraries are only measured against, in benches",
    },
];

/// Crates whose own dependencies are bound: those that a shop runs, and the test kit.
fn bound(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.manifests().filter(|manifest| manifest.path.starts_with("crates/"))
}

pub fn direction(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in bound(tree) {
        let own = manifest.package();
        let Some(own_place) = place(own) else {
            let message = format!("{own} has no place in the order of crates (xtask/src/tidy/arrows.rs)");
            findings.push(Finding::new(&manifest.path, 1, message));
            continue;
        };
        for dependency in dependencies(&manifest.text) {
            if let Some(message) = wrong_arrow(own, own_place, &dependency) {
                findings.push(Finding::new(&manifest.path, dependency.line, message));
            }
        }
    }
    findings
}

fn place(name: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == name)
}

fn wrong_arrow(own: &str, own_place: usize, dependency: &Dependency) -> Option<String> {
    let other = &dependency.package;
    let other_place = place(other)?;
    let for_tests = dependency.section == Section::Development;
    if other == "testkit" {
        return (!for_tests).then(|| format!("{own} needs the test kit outside its tests"));
    }
    if other_place < own_place || (for_tests && other == own) {
        return None;
    }
    Some(format!("{own} points up at {other}; let {own} own a small trait and app hand it in"))
}

pub fn owners(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for owned in OWNED {
        let is_owner = |file: &&File| !owned.owners.iter().any(|owner| file.path.starts_with(owner));
        for manifest in bound(tree).filter(is_owner) {
            for dependency in dependencies(&manifest.text) {
                if owned.libraries.contains(&dependency.package.replace('-', "_").as_str()) {
                    let message = format!("names {}: {}", dependency.package, owned.why);
                    findings.push(Finding::new(&manifest.path, dependency.line, message));
                }
            }
        }
        for file in tree.rust().filter(|file| file.path.starts_with("crates/")).filter(is_owner) {
            for (number, line, _) in file.lines() {
                let named = owned.libraries.iter().find(|library| names_library(line, library));
                if let Some(library) = named {
                    findings.push(Finding::new(
                        &file.path,
                        number,
                        format!("names {library}: {}", owned.why),
                    ));
                }
            }
        }
    }
    findings
}

/// `use axum;`, `axum::Router`, `extern crate axum`; not a variable that happens to be called so.
fn names_library(line: &str, library: &str) -> bool {
    has_word(line, library)
        && (line.contains(&format!("{library}::"))
            || line.trim_start().starts_with("use ")
            || line.contains("extern crate"))
}

pub fn versions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in tree.manifests() {
        for dependency in dependencies(&manifest.text).into_iter().filter(|dependency| !dependency.inherited)
        {
            let message =
                format!("{} has a version of its own; write {0}.workspace = true", dependency.package);
            findings.push(Finding::new(&manifest.path, dependency.line, message));
        }
        let lints = manifest.text.split_once("[lints]").map(|(_, after)| after.trim_start());
        if !lints.is_some_and(|after| after.starts_with("workspace = true")) {
            findings.push(Finding::new(
                &manifest.path,
                1,
                "has not the house's lints: [lints] workspace = true",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINTS: &str = "[lints]\nworkspace = true\n";

    fn found(check: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<(String, usize)> {
        check(&Tree::of(files)).into_iter().map(|finding| (finding.file, finding.line)).collect()
    }

    #[test]
    fn arrows_point_down_the_list() {
        let down = "[dependencies]\nbase.workspace = true\n[dev-dependencies]\ntestkit.workspace = true\n";
        assert_eq!(found(direction, &[("crates/db/Cargo.toml", down)]), []);
        for (path, text, line) in [
            ("crates/db/Cargo.toml", "[dependencies]\nbase.workspace = true\napp.workspace = true\n", 3),
            ("crates/db/Cargo.toml", "[dev-dependencies]\nweb = { workspace = true }\n", 2),
            ("crates/app/Cargo.toml", "[dependencies]\ntestkit.workspace = true\n", 2),
            ("crates/numbering/Cargo.toml", "[dependencies]\nbase.workspace = true\n", 2),
            ("crates/unheard/Cargo.toml", "[dependencies]\n", 1),
        ] {
            assert_eq!(found(direction, &[(path, text)]), [(path.to_owned(), line)], "{text}");
        }
    }

    #[test]
    fn a_library_has_one_owner() {
        let code = "//! About axum.\nuse axum::Router;\nlet axum = 3; // axum::Router\n";
        for (path, lines) in [
            ("crates/api/src/lib.rs", vec![]),
            ("crates/trunkline/src/serve.rs", vec![]),
            ("crates/trunkline/src/serve/drain.rs", vec![]),
            ("crates/trunkline/src/main.rs", vec![2]),
            ("crates/app/src/lib.rs", vec![2]),
        ] {
            let expected: Vec<_> = lines.into_iter().map(|line: usize| (path.to_owned(), line)).collect();
            assert_eq!(found(owners, &[(path, code)]), expected, "{path}");
        }
        let manifest = "[dependencies]\nbase.workspace = true\ntokio-postgres.workspace = true\n";
        assert_eq!(found(owners, &[("crates/db/Cargo.toml", manifest)]), []);
        let path = "crates/jobs/Cargo.toml";
        assert_eq!(found(owners, &[(path, manifest)]), [(path.to_owned(), 3)]);
    }

    #[test]
    fn versions_and_lints_come_from_the_house() {
        let path = "crates/db/Cargo.toml";
        let text = |dependency: &str| format!("[dependencies]\n{dependency}\n{LINTS}");
        assert_eq!(found(versions, &[(path, &text("csv.workspace = true"))]), []);
        assert_eq!(found(versions, &[(path, &text("csv = \"1\""))]), [(path.to_owned(), 2)]);
        assert_eq!(
            found(versions, &[(path, "[dependencies]\ncsv.workspace = true\n")]),
            [(path.to_owned(), 1)]
        );
    }
}
