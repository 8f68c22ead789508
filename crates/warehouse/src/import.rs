//! Bringing order files in: read, normalise, find or make the persona, write durably, link.
//!
//! Three things run at once: a thread that reads rows and keys identities ([`prepare`]), the task that looks personas up and seals new ones ([`run`]),
//! and the database's bulk writer. Each batch is a stage ([`db::Stages`]), which also notes how far the import is; an import that was killed is run again and
//! ends in the state of one that was not. Whatever was written is marked, and linked in a pass at the end.

mod prepare;
mod pulse;
mod rows;
mod run;
mod service;
mod settings;

use base::{Id, Timestamp};
use history::Source;
use numbering::Region;
use serde::{Deserialize, Serialize};

pub use run::{Input, Progress};
pub use service::{Handler, Imports, JOB_KIND, Upload};

/// What an `Id<Import>` identifies.
#[derive(Debug)]
pub enum Import {}

/// What to import and how to read it.
#[derive(Clone, Debug)]
pub struct Request {
    pub source: Source,
    /// The last part of the file's path; for showing only.
    pub file_name: String,
    /// Whose numbering plan national numbers follow, unless the row's country says otherwise.
    pub region: Option<Region>,
    pub options: crate::files::Options,
}

/// How an import stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Queued,
    Running,
    Linking,
    Done,
    Failed,
    /// Whoever ran it is gone, and nobody will run it again by themselves. Found by looking, never written.
    Interrupted,
}

impl State {
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Linking, Self::Done, Self::Failed, Self::Interrupted];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Linking => "linking",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What came of an import.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Rows read; always the sum of those used and those rejected.
    pub rows: u64,
    pub rejected: u64,
    /// Orders that were not there before.
    pub orders: u64,
    pub lines_new: u64,
    pub lines_changed: u64,
    pub lines_unchanged: u64,
    /// Rows whose identity differs from the one that their order began with; the order keeps its first.
    pub identity_conflicts: u64,
    pub customers_created: u64,
    /// Customers that were known before and are touched by this file.
    pub customers_matched: u64,
    pub reviews_opened: u64,
    pub seconds: f64,
    pub rows_per_second: f64,
    /// Of which linking.
    pub linking_seconds: f64,
    /// What the reader assumed, in sentences.
    pub notes: Vec<String>,
    /// Each column of the file and the field it became.
    pub columns: Vec<(String, Option<String>)>,
}

/// An import as it is shown.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportView {
    pub id: Id<Import>,
    pub source: String,
    pub file_name: String,
    pub state: State,
    /// The state that it last wrote down itself: how far one came that was interrupted.
    pub reached: State,
    pub bytes_total: Option<u64>,
    pub bytes_done: u64,
    pub rows: u64,
    pub rejected: u64,
    pub summary: Summary,
    /// What stopped it: `code`, `message`, `field`.
    pub fault: Option<serde_json::Value>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// Sums over the imports of all shops.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Totals {
    pub rows: u64,
    pub rejected: u64,
    pub by_state: [(State, u64); State::ALL.len()],
}

impl Totals {
    /// Counts one import as what it is instead of what its row says.
    pub(crate) fn shift(&mut self, from: State, to: State) {
        for (state, count) in &mut self.by_state {
            if from != to && *state == from {
                *count = count.saturating_sub(1);
            } else if from != to && *state == to {
                *count += 1;
            }
        }
    }
}

/// A row that could not be used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Rejected {
    pub n: u64,
    pub line_number: u64,
    pub field: Option<String>,
    pub code: String,
    pub reason: String,
}

pub const MIGRATIONS: &[db::Migration] = &[
    ("warehouse/0001_imports", include_str!("../migrations/0001_imports.sql")),
    ("warehouse/0002_imports_pulse", include_str!("../migrations/0002_imports_pulse.sql")),
];
