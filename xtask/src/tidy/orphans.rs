//! Rust files that no crate compiles because no `mod` leads to them.

use std::collections::BTreeSet;

use super::{
    Finding, manifest,
    tree::{File, Tree},
};

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<String> =
        tree.rust().map(|file| file.path.clone()).filter(|path| is_root(tree, path)).collect();
    while let Some(path) = waiting.pop() {
        if let Some(file) = tree.get(&path)
            && reached.insert(path)
        {
            waiting.extend(modules(tree, file));
        }
    }
    let orphans = tree.rust().filter(|file| !reached.contains(&file.path));
    orphans.map(|file| Finding::new(&file.path, 1, "no `mod` leads here, so it is never compiled")).collect()
}

/// Whether cargo starts compiling here.
fn is_root(tree: &Tree, path: &str) -> bool {
    // crates/NAME/…, or NAME/… for the others
    let depth = if path.starts_with("crates/") { 2 } else { 1 };
    let parts: Vec<&str> = path.split('/').skip(depth).collect();
    match parts.as_slice() {
        ["build.rs"] | ["src", "lib.rs" | "main.rs"] => true,
        ["src", "bin", _] | ["src", "bin", _, "main.rs"] => true,
        ["tests" | "benches" | "examples", _] | ["tests" | "benches" | "examples", _, "main.rs"] => true,
        _ => is_named_in_manifest(tree, path, &parts, depth),
    }
}

/// Whether the crate's manifest has a `path = "…"` for it.
fn is_named_in_manifest(tree: &Tree, path: &str, parts: &[&str], depth: usize) -> bool {
    let folder: Vec<&str> = path.split('/').take(depth).collect();
    let manifest = tree.get(&format!("{}/Cargo.toml", folder.join("/")));
    manifest.is_some_and(|manifest| manifest::paths(&manifest.text).any(|named| named == parts.join("/")))
}

/// The files that the `mod name;` lines of a file may mean.
fn modules(tree: &Tree, file: &File) -> Vec<String> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let stem = name.trim_end_matches(".rs");
    let own = if is_root(tree, &file.path) || stem == "mod" {
        folder.to_owned()
    } else {
        format!("{folder}/{stem}")
    };
    let texts: Vec<&str> = file.text.lines().collect();
    let mut found = Vec::new();
    // Modules written in the file itself, each with the depth of braces outside it.
    let mut inside: Vec<(&str, i32)> = Vec::new();
    let mut depth = 0;
    for (number, line, _) in file.lines() {
        match module_of(line) {
            Some((name, true)) => inside.push((name, depth)),
            Some((name, false)) => {
                let given = (number >= 2).then(|| path_attribute(texts[number - 2])).flatten();
                let within: String = inside.iter().map(|(name, _)| format!("/{name}")).collect();
                match given {
                    Some(given) => found.push(join(folder, given)),
                    None => found
                        .extend([format!("{own}{within}/{name}.rs"), format!("{own}{within}/{name}/mod.rs")]),
                }
            }
            None => {}
        }
        depth += line.matches('{').count() as i32 - line.matches('}').count() as i32;
        inside.retain(|(_, outside)| depth > *outside);
        if line.contains("include!(") {
            let named =
                texts[number - 1].split_once("include!(\"").and_then(|(_, rest)| rest.split('"').next());
            found.extend(named.map(|named| join(folder, named)));
        }
    }
    found
}

/// The name of the module that a line declares, and whether its contents follow in braces.
pub fn module_of(line: &str) -> Option<(&str, bool)> {
    let line = line.trim();
    let after = line.strip_prefix("pub").map_or(line, |rest| match rest.strip_prefix('(') {
        Some(inside) => inside.split_once(')').map_or(rest, |(_, after)| after),
        None => rest,
    });
    let rest = after.trim_start().strip_prefix("mod ")?.trim_start();
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    let (name, after) = rest.split_at(end);
    match after.trim_start().chars().next()? {
        ';' => Some((name, false)),
        '{' => Some((name, true)),
        _ => None,
    }
}

/// The value of `#[path = "…"]`.
fn path_attribute(line: &str) -> Option<&str> {
    line.trim().strip_prefix("#[path")?.split('"').nth(1)
}

/// A path relative to a folder, with its `..` resolved.
fn join(folder: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in relative.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orphans(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files)).into_iter().map(|finding| finding.file).collect()
    }

    #[test]
    fn every_way_to_a_file_is_known() {
        let files = [
            ("crates/db/Cargo.toml", "[[bench]]\nname = \"speed\"\npath = \"measured/speed.rs\"\n"),
            (
                "crates/db/src/lib.rs",
                "mod row;\npub(crate) mod old;\nmod inner {\n  pub mod deep;\n}\nmod last;\n",
            ),
            (
                "crates/db/src/row.rs",
                "#[cfg(test)]\nmod tests;\n#[path = \"../elsewhere/odd.rs\"]\nmod odd;\n",
            ),
            ("crates/db/src/row/tests.rs", "include!(\"table.rs\");\n"),
            ("crates/db/src/row/table.rs", ""),
            ("crates/db/elsewhere/odd.rs", ""),
            ("crates/db/src/old/mod.rs", "mod older;"),
            ("crates/db/src/old/older.rs", ""),
            ("crates/db/src/inner/deep.rs", ""),
            ("crates/db/src/last.rs", ""),
            ("crates/db/src/bin/tool.rs", ""),
            ("crates/db/tests/story.rs", "mod shop;"),
            ("crates/db/tests/shop/mod.rs", ""),
            ("crates/db/measured/speed.rs", ""),
            ("xtask/src/main.rs", "mod tidy;"),
            ("xtask/src/tidy.rs", ""),
        ];
        assert_eq!(orphans(&files), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_nothing_names_is_found() {
        let files = [
            ("crates/db/src/lib.rs", "// mod row;\nconst TEXT: &str = \"mod row;\";\n"),
            ("crates/db/src/row.rs", "mod deep;"),
            ("crates/db/src/row/deep.rs", ""),
            ("xtask/src/main.rs", "mod tidy {}\nmod tree;"),
            ("xtask/src/tidy/tree.rs", ""),
        ];
        assert_eq!(
            orphans(&files),
            ["crates/db/src/row.rs", "crates/db/src/row/deep.rs", "xtask/src/tidy/tree.rs"]
        );
    }
}
