//! The house as the rules see it: paths and texts, nothing else.

use std::{collections::BTreeMap, fs, path::Path};

use walkdir::WalkDir;

use super::code::Code;
use crate::Failure;

/// Folders that hold our own work; what lies elsewhere (builds, clones, notes) is nobody's concern.
const FOLDERS: &[&str] = &["crates", "tests", "benches", "xtask", "docs"];
const EXTENSIONS: &[&str] = &["rs", "toml", "sql", "md"];

/// All files, by path.
#[derive(Debug, Default)]
pub struct Tree {
    files: BTreeMap<String, File>,
}

/// One file.
#[derive(Debug)]
pub struct File {
    /// From the top folder, with `/`.
    pub path: String,
    pub text: String,
    /// What is left of Rust text without comments and literals; empty for other files.
    pub code: Code,
}

impl Tree {
    /// Reads the house from disk.
    pub fn read(root: &Path) -> Result<Self, Failure> {
        let mut tree = Self::default();
        tree.add("Cargo.toml", fs::read_to_string(root.join("Cargo.toml"))?);
        for folder in FOLDERS.iter().map(|folder| root.join(folder)).filter(|folder| folder.is_dir()) {
            let walk = WalkDir::new(folder).sort_by_file_name().into_iter();
            for entry in walk.filter_entry(|entry| entry.file_name() != "target") {
                let entry = entry?;
                let extension = entry.path().extension().and_then(|extension| extension.to_str());
                if entry.file_type().is_file() && extension.is_some_and(|known| EXTENSIONS.contains(&known)) {
                    let path = entry.path().strip_prefix(root)?.to_string_lossy().replace('\\', "/");
                    tree.add(&path, fs::read_to_string(entry.path())?);
                }
            }
        }
        Ok(tree)
    }

    /// A tree made up by a test.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        files.iter().for_each(|(path, text)| tree.add(path, (*text).to_owned()));
        tree
    }

    fn add(&mut self, path: &str, text: String) {
        let code = if is_rust(path) { Code::of(&text) } else { Code::default() };
        self.files.insert(path.to_owned(), File { path: path.to_owned(), text, code });
    }

    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.files.values()
    }

    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| is_rust(&file.path))
    }

    pub fn manifests(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.path.ends_with("/Cargo.toml"))
    }

    pub fn migrations(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.path.contains("/migrations/") && file.path.ends_with(".sql"))
    }
}

fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

impl File {
    /// The crate that the file belongs to: `db` for `crates/db/…`, else the top folder (`xtask`, `tests`, `benches`).
    pub fn package(&self) -> &str {
        let mut parts = self.path.split('/');
        match (parts.next(), parts.next()) {
            (Some("crates"), Some(name)) => name,
            (Some(top), _) => top,
            (None, _) => "",
        }
    }

    /// Whether the whole file is there for tests or measurements only.
    pub fn is_for_tests(&self) -> bool {
        ["testkit", "tests", "benches"].contains(&self.package())
            || self.path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "benches" | "examples"))
    }

    /// The lines of code with their numbers, and whether each is inside something compiled for tests only.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str, bool)> {
        let whole = self.is_for_tests();
        self.code.lines().map(move |(number, line, test)| (number, line, test || whole))
    }
}
