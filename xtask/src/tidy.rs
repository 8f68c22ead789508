//! The house rules that a program can hold. Each rule has a name, says why it exists, and points at file and line.
//!
//! They run as `cargo xtask tidy`, in `cargo xtask test`, and as a test of this crate. A rule sees the house as a [`Tree`] of
//! texts, so that its own tests can break it on a tree of two files.

mod arrows;
mod calls;
mod code;
mod files;
mod manifest;
mod orphans;
mod records;
mod tree;

use tree::Tree;

use crate::{Failure, shell};

/// One rule.
struct Rule {
    name: &'static str,
    why: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

/// One place that breaks a rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Finding {
    file: String,
    /// Counted from one; one as well for what concerns the whole file.
    line: usize,
    message: String,
}

impl Finding {
    fn new(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into() }
    }
}

const RULES: &[Rule] = &[
    Rule {
        name: "arrows",
        why: "capabilities stay separable only while every dependency points down the list",
        check: arrows::direction,
    },
    Rule {
        name: "one-owner",
        why: "a library that one crate names can be replaced by changing one crate",
        check: arrows::owners,
    },
    Rule {
        name: "one-version",
        why: "one version list and one lint list for the whole house",
        check: arrows::versions,
    },
    Rule { name: "size", why: "a file should be read in one sitting", check: files::sizes },
    Rule { name: "purpose", why: "a reader learns first what a file is for", check: files::purposes },
    Rule {
        name: "names",
        why: "a module named after nothing collects everything",
        check: files::module_names,
    },
    Rule { name: "orphans", why: "code that no module names is never compiled", check: orphans::check },
    Rule {
        name: "calls",
        why: "time, surroundings and failure come in as arguments, so that a test can choose them",
        check: calls::banned,
    },
    Rule { name: "sql", why: "the SQL of a part stands in one place, in full view", check: calls::sql },
    Rule {
        name: "labels",
        why: "whoever adds a column decides there and then whether it holds something personal, and how it is kept",
        check: records::labels,
    },
    Rule {
        name: "distributable",
        why: "the schema must be able to spread over several machines without a change",
        check: records::distributable,
    },
    Rule {
        name: "decisions",
        why: "a decision is found by its number and its claim",
        check: records::decisions,
    },
];

/// Checks the house and prints what it finds.
pub fn run() -> Result<(), Failure> {
    let tree = Tree::read(shell::root())?;
    let mut count = 0;
    for rule in RULES {
        let findings = (rule.check)(&tree);
        for finding in &findings {
            println!("{}:{}: {} [{}]", finding.file, finding.line, finding.message, rule.name);
        }
        if !findings.is_empty() {
            println!("  {}: {}", rule.name, rule.why);
        }
        count += findings.len();
    }
    if count == 0 {
        println!("{} rules hold in {} files.", RULES.len(), tree.files().count());
        return Ok(());
    }
    Err(format!("{count} places break a house rule").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        let tree = Tree::read(shell::root()).expect("the house is readable");
        let findings: Vec<String> = RULES
            .iter()
            .flat_map(|rule| (rule.check)(&tree).into_iter().map(move |finding| (rule.name, finding)))
            .map(|(rule, finding)| format!("{}:{}: {} [{rule}]", finding.file, finding.line, finding.message))
            .collect();
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }

    #[test]
    fn the_house_is_seen_whole() {
        let tree = Tree::read(shell::root()).expect("the house is readable");
        for file in ["Cargo.toml", "crates/base/src/lib.rs", "crates/base/Cargo.toml", "xtask/src/tidy.rs"] {
            assert!(tree.files().any(|seen| seen.path == file), "{file}");
        }
    }
}
