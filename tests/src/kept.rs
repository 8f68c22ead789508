//! Whether a secret is kept anywhere: in a database and its journal, in logs, in metrics.

use std::{fs, path::Path};

use memchr::memmem;
use testkit::{
    postgres::{Cluster, ClusterOptions, Durability},
    process::folder,
};
use walkdir::WalkDir;

/// Secrets that must be nowhere, in all the forms in which they might be kept.
#[derive(Debug)]
pub struct Secrets {
    what: &'static str,
    forms: Vec<Vec<u8>>,
}

impl Secrets {
    /// `what` they are, for whoever reads that one was found.
    pub const fn of(what: &'static str) -> Self {
        Self { what, forms: Vec::new() }
    }

    /// Adds the forms of one.
    pub fn add(&mut self, forms: impl IntoIterator<Item = Vec<u8>>) {
        self.forms.extend(forms);
    }

    pub fn are_in(&self, bytes: &[u8]) -> bool {
        self.forms.iter().any(|form| memmem::find(bytes, form).is_some())
    }

    /// Looks through what was said or written somewhere.
    ///
    /// # Panics
    /// When a secret is in it.
    pub fn search(&self, place: &str, bytes: &[u8]) {
        assert!(!self.are_in(bytes), "{} is in {place}", self.what);
    }

    /// The same for all files of a folder; returns how many octets they have.
    ///
    /// # Panics
    /// When a secret is in one of them.
    pub fn search_folder(&self, folder: &Path) -> u64 {
        let mut octets = 0;
        each_file(folder, |path, content| {
            self.search(&path.display().to_string(), content);
            octets += content.len() as u64;
        });
        octets
    }
}

/// Shows every file below a folder. A server may take one away meanwhile: it is passed over.
pub fn each_file(folder: &Path, mut show: impl FnMut(&Path, &[u8])) {
    for entry in WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file()) {
        if let Ok(content) = fs::read(entry.path()) {
            show(entry.path(), &content);
        }
    }
}

/// Runs a story on the embedded database: its folder, no address, and where to look.
pub fn on_sqlite(story: impl FnOnce(&Path, Option<&str>, &[&Path])) {
    let data = folder();
    story(data.path(), None, &[data.path()]);
}

/// Runs a story on a PostgreSQL whose own log holds every statement with its values; that log must hold `expected`, so that there was something to find.
///
/// # Panics
/// When the server cannot be started, or its log does not hold that.
pub fn on_postgresql(story: impl FnOnce(&Path, Option<&str>, &[&Path]), expected: &str) {
    let data = folder();
    let mut options = ClusterOptions::new(Durability::Durable);
    for (name, value) in
        [("log_statement", "all"), ("log_min_messages", "info"), ("log_parameter_max_length", "-1")]
    {
        options.settings.push((name.to_owned(), value.to_owned()));
    }
    let cluster = Cluster::start_with(&options).expect("the cluster starts");
    let database = cluster.database().expect("it has room for a database");
    let kept = cluster.data_folder().expect("a cluster of ours has a folder");
    let server = kept.parent().expect("its folder is in one of the test's").to_owned();
    story(data.path(), Some(&database.url), &[data.path(), server.as_path()]);
    let log = fs::read_to_string(server.join("log")).expect("the server writes a log");
    assert!(log.contains(expected), "the server's log does not hold {expected}");
}
