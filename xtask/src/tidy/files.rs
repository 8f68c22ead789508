//! What every file must be: not too long, opened by its purpose, named after something.

use super::{
    Finding,
    tree::{File, Tree},
};

const LINES_MAX: usize = 600;
/// Shorter than any sentence that says something.
const PURPOSE_CHARACTERS_MIN: usize = 20;
/// Names that say nothing about what belongs inside.
const EMPTY_NAMES: &[&str] = &["common", "util", "utils", "helper", "helpers", "core", "misc"];

pub fn sizes(tree: &Tree) -> Vec<Finding> {
    let too_long = |file: &File| {
        let lines = file.text.lines().count();
        let message =
            format!("has {lines} lines, {LINES_MAX} at most; which part of it has a name of its own?");
        (lines > LINES_MAX).then(|| Finding::new(&file.path, LINES_MAX + 1, message))
    };
    tree.rust().filter_map(too_long).collect()
}

pub fn purposes(tree: &Tree) -> Vec<Finding> {
    let without = |file: &File| {
        let opening: String = file.text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        let is_said = opening.trim().chars().count() >= PURPOSE_CHARACTERS_MIN;
        (!is_said).then(|| Finding::new(&file.path, 1, "does not open with its purpose: //! and a sentence"))
    };
    tree.rust().filter_map(without).collect()
}

pub fn module_names(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let parts = file.path.split('/').map(|part| part.trim_end_matches(".rs"));
        if let Some(name) = parts.into_iter().find(|part| EMPTY_NAMES.contains(part)) {
            findings.push(Finding::new(
                &file.path,
                1,
                format!("“{name}” names nothing; name it after what it holds"),
            ));
        }
        for (number, line, _) in file.lines() {
            let name = super::orphans::module_of(line).map(|(name, _)| name);
            if name.is_some_and(|name| EMPTY_NAMES.contains(&name)) {
                findings.push(Finding::new(&file.path, number, "a module named after nothing"));
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
    fn a_file_has_six_hundred_lines_at_most() {
        assert_eq!(found(sizes, "crates/db/src/lib.rs", &"\n".repeat(600)), NONE);
        assert_eq!(found(sizes, "crates/db/src/lib.rs", &"\n".repeat(601)), [601]);
    }

    #[test]
    fn a_file_opens_with_its_purpose() {
        for (text, lines) in [
            ("//! What a shop knows about a customer.\nuse std::fmt;\n", vec![]),
            ("//! What a shop\n//! knows about a customer.\n", vec![]),
            ("//! placeholder\n", vec![1]),
            ("use std::fmt;\n//! What a shop knows about a customer.\n", vec![1]),
            ("// What a shop knows about a customer.\n", vec![1]),
            ("", vec![1]),
        ] {
            assert_eq!(found(purposes, "crates/db/src/lib.rs", text), lines, "{text}");
        }
    }

    #[test]
    fn no_module_is_named_after_nothing() {
        assert_eq!(found(module_names, "crates/db/src/row.rs", "mod coreless;\nuse core::fmt;\n"), NONE);
        assert_eq!(found(module_names, "crates/db/src/utils.rs", ""), [1]);
        assert_eq!(found(module_names, "crates/db/src/helpers/row.rs", ""), [1]);
        assert_eq!(found(module_names, "crates/core/src/row.rs", ""), [1]);
        assert_eq!(found(module_names, "crates/db/src/row.rs", "\n    pub mod common {\n"), [2]);
    }
}
