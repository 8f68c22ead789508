//! What is written down beside code: columns say what they hold, the schema stays able to spread, decisions are numbered.

use super::{Finding, code::has_word, tree::Tree};

/// What a column's comment begins with. `plain` holds nothing personal, `sealed` is encrypted under a data key, `index` is a
/// keyed look-up value, `key` is wrapped key material.
const LABELS: &[&str] = &["plain", "sealed", "index", "key"];

/// Words that begin a line inside a table which is no column.
const NO_COLUMNS: &[&str] = &[
    "PRIMARY",
    "UNIQUE",
    "FOREIGN",
    "CHECK",
    "CONSTRAINT",
    "REFERENCES",
    "NOT",
    "DEFAULT",
    "ON",
    "AND",
    "OR",
];

pub fn labels(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.migrations() {
        let mut table: Option<i32> = None; // depth of parentheses inside CREATE TABLE
        for (number, line) in numbered(&file.text) {
            let (statement, comment) = split_comment(line);
            let upper = statement.to_uppercase();
            let begins_table = upper.starts_with("CREATE TABLE");
            let is_column = match table {
                Some(1) => is_column(&upper),
                Some(_) => false,
                None if begins_table => {
                    let after = statement.split_once('(').map_or("", |(_, after)| after.trim());
                    if !after.is_empty() {
                        findings.push(Finding::new(
                            &file.path,
                            number,
                            "each column on a line of its own, with its label",
                        ));
                    }
                    false
                }
                None => upper.contains("ADD COLUMN"),
            };
            if is_column && !is_labelled(comment) {
                let message = "a column without label: end the line with `-- plain`, `-- sealed`, `-- index` or `-- key`, \
                     and what it holds";
                findings.push(Finding::new(&file.path, number, message));
            }
            if begins_table || table.is_some() {
                let depth = table.unwrap_or(0) + parentheses(statement);
                table = (depth > 0).then_some(depth);
            }
        }
    }
    findings
}

fn is_column(upper: &str) -> bool {
    let first = upper.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    !first.is_empty() && !NO_COLUMNS.contains(&first)
}

fn is_labelled(comment: &str) -> bool {
    let first = comment.trim().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    LABELS.contains(&first)
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()))
}

/// The statement and the comment of a line of SQL; dashes inside a literal are no comment.
fn split_comment(line: &str) -> (&str, &str) {
    let comment =
        line.match_indices("--").find(|(at, _)| line[..*at].matches('\'').count().is_multiple_of(2));
    comment.map_or((line, ""), |(at, _)| (line[..at].trim(), &line[at + 2..]))
}

fn parentheses(statement: &str) -> i32 {
    let outside = statement.split('\'').step_by(2);
    let count = |part: &str| part.matches('(').count() as i32 - part.matches(')').count() as i32;
    outside.map(count).sum()
}

/// What a schema spread over several machines cannot have, and what makes SQLite and PostgreSQL differ.
const UNSPREADABLE: &[(&str, &str)] = &[
    ("TRIGGER", "no triggers: the verb that changes a row does the rest"),
    ("SET NULL", "no SET NULL: the column that a row is distributed by never changes"),
    ("SERIAL", "no sequences: ids are UUIDv7"),
    ("BIGSERIAL", "no sequences: ids are UUIDv7"),
    ("AUTOINCREMENT", "no sequences: ids are UUIDv7"),
    ("NEXTVAL", "no sequences: ids are UUIDv7"),
    ("TIMESTAMP", "time is BIGINT microseconds in UTC on both databases"),
    ("TIMESTAMPTZ", "time is BIGINT microseconds in UTC on both databases"),
    ("CURRENT_TIMESTAMP", "time is an argument"),
    ("NOW", "time is an argument"),
    ("RANDOM", "chance is an argument"),
];

pub fn distributable(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.migrations() {
        for (number, line) in numbered(&file.text) {
            let upper = split_comment(line).0.to_uppercase();
            for (word, why) in UNSPREADABLE {
                if has_word(&upper, word) {
                    findings.push(Finding::new(&file.path, number, *why));
                }
            }
        }
    }
    findings
}

pub fn decisions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut expected = 1;
    for file in tree.files() {
        let Some(name) = file.path.strip_prefix("docs/decisions/").filter(|name| *name != "README.md") else {
            continue;
        };
        match number_of(name) {
            None => findings.push(Finding::new(&file.path, 1, "name it NNNN-its-claim-in-words.md")),
            Some(number) if number != expected => {
                let message = format!("is number {number}, but {expected} would be next");
                findings.push(Finding::new(&file.path, 1, message));
                expected = number + 1;
            }
            Some(_) => expected += 1,
        }
        let title = file.text.lines().next().unwrap_or_default();
        if !title.starts_with("# ") {
            findings.push(Finding::new(&file.path, 1, "the first line is the claim: # and a sentence"));
        }
    }
    findings
}

/// The number of a file named `0007-one-writer-thread.md`.
fn number_of(name: &str) -> Option<u32> {
    let (number, words) = name.strip_suffix(".md")?.split_once('-')?;
    let is_slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (number.len() == 4 && !words.is_empty() && words.chars().all(is_slug)).then(|| number.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    fn found(check: fn(&Tree) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    const MIGRATION: &str = "crates/history/migrations/0001_order.sql";

    #[test]
    fn every_column_says_what_it_holds() {
        let text = "\
-- Orders of a shop.
CREATE TABLE shop_order (
    shop UUID NOT NULL, -- plain
    name BLOB,          -- sealed: as the source wrote it
    note TEXT NOT NULL DEFAULT '--', -- plain
    number BLOB CHECK (
        length(number) = 32
    ),                  -- index
    amount BIGINT,
    total BIGINT        -- money
    CHECK (total > 0),
    PRIMARY KEY (shop, number),
    FOREIGN KEY (shop)
        REFERENCES shop (id)
);
CREATE INDEX by_name ON shop_order (
    name
);
ALTER TABLE shop_order ADD COLUMN colour TEXT;
ALTER TABLE shop_order ADD COLUMN size TEXT; -- plain
CREATE TABLE tiny (id UUID); -- plain
";
        // Line 6 has its label three lines below, which nobody reads.
        assert_eq!(found(labels, MIGRATION, text), [6, 9, 10, 19, 21]);
        assert_eq!(found(labels, "crates/history/examples/0001_order.sql", text), NONE);
    }

    #[test]
    fn the_schema_can_spread() {
        let text = "\
-- No TRIGGER here.
CREATE TRIGGER a BEFORE UPDATE ON b;
c UUID REFERENCES d ON DELETE SET NULL,
e BIGSERIAL,
f INTEGER PRIMARY KEY AUTOINCREMENT,
g TIMESTAMPTZ,
h BIGINT DEFAULT now(),
known BIGINT, serial_number TEXT, set_nullable BIGINT
i SERIAL,
";
        assert_eq!(found(distributable, MIGRATION, text), [2, 3, 4, 5, 6, 7, 9]);
    }

    #[test]
    fn decisions_are_numbered_and_titled() {
        let files = [
            ("docs/decisions/README.md", "no claim"),
            ("docs/decisions/0001-one-writer.md", "# One writer is faster than many\n"),
            ("docs/decisions/0003-facts.md", "# Facts are appended\n"),
            ("docs/decisions/0004-links.md", "Links\n"),
            ("docs/decisions/Links.md", "# Links\n"),
        ];
        let found: Vec<String> =
            decisions(&Tree::of(&files)).into_iter().map(|finding| finding.file).collect();
        assert_eq!(
            found,
            ["docs/decisions/0003-facts.md", "docs/decisions/0004-links.md", "docs/decisions/Links.md"]
        );
    }
}
