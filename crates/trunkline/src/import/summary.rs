//! What came of an import, for people and for programs.

use std::path::{Path, PathBuf};

use base::Id;
use history::Source;
use serde_json::{Value, json};
use warehouse::{Import, Summary};

use crate::output::{counted, grouped};

/// One file, imported or rehearsed.
#[derive(Debug)]
pub struct Done {
    pub file: PathBuf,
    /// `None` for a rehearsal.
    pub import: Option<Id<Import>>,
    pub summary: Summary,
    pub rejects_file: Option<PathBuf>,
}

/// What is said once for all files.
#[derive(Debug)]
pub struct Heading {
    pub source: Source,
    pub shop: Option<String>,
    pub dry_run: bool,
}

fn lines(summary: &Summary) -> u64 {
    summary.lines_new + summary.lines_changed + summary.lines_unchanged
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "for people"
)]
fn whole(rate: f64) -> u64 {
    rate as u64
}

impl Done {
    /// A few lines for people.
    pub fn text(&self, short: bool) -> String {
        let summary = &self.summary;
        let file = if self.file == Path::new("-") {
            "standard input".to_owned()
        } else {
            self.file.display().to_string()
        };
        let what = if self.import.is_some() { "" } else { " (dry run, nothing stored)" };
        let mut text = format!("{file}{what}: {}\n", totals(summary, self.import.is_none()));
        if let Some(path) = &self.rejects_file {
            text += &format!(
                "  {}, listed in {}\n",
                counted(summary.rejected, "row rejected", "rows rejected"),
                path.display()
            );
        }
        if summary.identity_conflicts > 0 {
            let rows = counted(summary.identity_conflicts, "row names", "rows name");
            text +=
                &format!("  {rows} another person than the order began with; the order keeps its first\n");
        }
        let unused: Vec<&str> = summary
            .columns
            .iter()
            .filter(|(_, field)| field.is_none())
            .map(|(name, _)| name.as_str())
            .collect();
        if !short && !unused.is_empty() {
            text += &format!("  columns not used: {}\n", unused.join(", "));
        }
        for note in &summary.notes {
            text += &format!("  {note}\n");
        }
        text.trim_end().to_owned()
    }

    fn json(&self) -> Value {
        let mut value = figures(&self.summary);
        value["file"] = self.file.display().to_string().into();
        value["import"] = json!(self.import);
        value["rejects_file"] = json!(self.rejects_file.as_ref().map(|path| path.display().to_string()));
        value["notes"] = json!(self.summary.notes);
        let columns =
            self.summary.columns.iter().map(|(name, field)| json!({ "column": name, "field": field }));
        value["columns"] = columns.collect();
        value
    }
}

fn totals(summary: &Summary, dry_run: bool) -> String {
    let rows = counted(summary.rows, "row", "rows");
    let speed = format!("{:.1} s, {} rows/s", summary.seconds, grouped(whole(summary.rows_per_second)));
    if dry_run {
        let orders = counted(summary.orders, "order", "orders");
        let lines = counted(lines(summary), "line", "lines");
        return format!("{rows} would give {orders} with {lines} ({speed})");
    }
    let orders = counted(summary.orders, "new order", "new orders");
    let mut parts = vec![format!("{} new", counted(summary.lines_new, "line", "lines"))];
    if summary.lines_changed > 0 {
        parts.push(format!("{} changed", grouped(summary.lines_changed)));
    }
    if summary.lines_unchanged > 0 {
        parts.push(format!("{} known already", grouped(summary.lines_unchanged)));
    }
    let created = counted(summary.customers_created, "new customer", "new customers");
    let mut text = format!("{rows}, {orders} ({}), {created}", parts.join(", "));
    if summary.customers_matched > 0 {
        text += &format!(", {} known before", grouped(summary.customers_matched));
    }
    if summary.reviews_opened > 0 {
        text += &format!(", {} to review", counted(summary.reviews_opened, "doubt", "doubts"));
    }
    format!("{text} ({speed})")
}

fn figures(summary: &Summary) -> Value {
    json!({
        "rows": summary.rows,
        "rejected": summary.rejected,
        "orders": summary.orders,
        "lines": lines(summary),
        "lines_new": summary.lines_new,
        "lines_changed": summary.lines_changed,
        "lines_unchanged": summary.lines_unchanged,
        "identity_conflicts": summary.identity_conflicts,
        "customers_created": summary.customers_created,
        "customers_matched": summary.customers_matched,
        "reviews_opened": summary.reviews_opened,
        "seconds": summary.seconds,
        "linking_seconds": summary.linking_seconds,
        "rows_per_second": summary.rows_per_second,
    })
}

/// The sum over all files. A customer met in two files counts in each.
fn sum(done: &[Done]) -> Summary {
    let mut sum = Summary::default();
    for one in done.iter().map(|done| &done.summary) {
        sum.rows += one.rows;
        sum.rejected += one.rejected;
        sum.orders += one.orders;
        sum.lines_new += one.lines_new;
        sum.lines_changed += one.lines_changed;
        sum.lines_unchanged += one.lines_unchanged;
        sum.identity_conflicts += one.identity_conflicts;
        sum.customers_created += one.customers_created;
        sum.customers_matched += one.customers_matched;
        sum.reviews_opened += one.reviews_opened;
        sum.seconds += one.seconds;
        sum.linking_seconds += one.linking_seconds;
    }
    #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = sum.rows as f64 / sum.seconds.max(1e-9);
    sum.rows_per_second = rate;
    sum
}

pub fn totals_text(done: &[Done]) -> String {
    let dry_run = done.iter().any(|one| one.import.is_none());
    format!("{} together: {}", counted(done.len() as u64, "file", "files"), totals(&sum(done), dry_run))
}

/// The one object that `--json` ends with.
pub fn json(heading: &Heading, done: &[Done]) -> Value {
    let mut value = figures(&sum(done));
    value["import"] = match done {
        [one] => json!(one.import),
        _ => Value::Null,
    };
    value["source"] = heading.source.code().into();
    value["shop"] = json!(heading.shop);
    value["dry_run"] = heading.dry_run.into();
    value["files"] = done.iter().map(Done::json).collect();
    value
}
