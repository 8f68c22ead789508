//! The audit log: who did what to whom and why, in a chain that shows when a link is missing.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
        form,
        header::page_header,
        icon::{Icon, icon},
        notice::{Notice, empty, notice},
        shell::{Framed, Place, Shell},
        table::{Column, Paging, Row, Set, paging, table},
    },
    console::paths,
    format,
    personal::Personal,
};

/// One entry. The text is written by us and holds no personal data in the clear.
#[derive(Clone, Debug)]
pub struct Entry {
    pub sequence: u64,
    pub at: Timestamp,
    pub actor: Personal,
    /// "customer.merge".
    pub act: String,
    pub tone: Tone,
    pub words: String,
    pub reason: Personal,
    /// Customer it concerns: id and words for the link.
    pub about: Option<(String, Personal)>,
    /// First digits of its hash.
    pub hash: String,
}

/// What checking the chain said.
#[derive(Clone, Debug)]
pub enum Verdict {
    Whole { entries: u64, checked_at: Timestamp },
    Broken { sequence: u64, what: String },
}

#[derive(Clone, Debug)]
pub struct Audit {
    pub entries: Vec<Entry>,
    pub paging: Paging,
    pub verdict: Option<Verdict>,
}

pub fn page(shell: &Shell, model: &Audit) -> Markup {
    let lead = html! { "Each entry carries the hash of the one before, so nothing can be removed or changed unseen." };
    let verify = html! {
        form method="post" action=(paths::AUDIT_VERIFY) { (form::csrf(&shell.csrf)) button.button { (icon(Icon::Check)) "Verify the chain" } }
    };
    let content = html! {
        (page_header("Audit log", lead, verify))
        @if let Some(verdict) = &model.verdict { (verdict_notice(verdict)) }
        section.panel aria-label="Entries" {
            @if model.entries.is_empty() { (empty(Icon::Audit, "No entries", "Whatever anybody does here is written down from now on.", None)) }
            @else { (entry_table(&model.entries)) (paging(&model.paging)) }
        }
    };
    shell.frame(Framed { place: Place::Audit, title: "Audit log", crumbs: &[], content })
}

fn verdict_notice(verdict: &Verdict) -> Markup {
    match verdict {
        Verdict::Whole { entries, checked_at } => notice(&Notice::new(
            Tone::Good,
            format!(
                "The chain is whole: {}, checked on {}.",
                format::counted(*entries, "entry", "entries"),
                format::moment(*checked_at)
            ),
        )),
        Verdict::Broken { sequence, what } => notice(&Notice::new(
            Tone::Bad,
            format!("The chain breaks at entry {}: {what}", format::count(*sequence)),
        )),
    }
}

/// Also on the customer page, for one customer's entries.
pub fn entry_table(entries: &[Entry]) -> Markup {
    let columns = [
        Column("No.", Set::Figure),
        Column("When", Set::Text),
        Column("Who", Set::Text),
        Column("What", Set::Wide),
        Column("Reason", Set::Wide),
        Column("Hash", Set::Text),
    ];
    let rows: Vec<Row> = entries.iter().map(entry_row).collect();
    table("Audit entries", &columns, &rows)
}

fn entry_row(entry: &Entry) -> Row {
    Row::of(vec![
        html! { (format::count(entry.sequence)) },
        html! { time datetime=(entry.at) { (format::moment(entry.at)) } },
        html! { (entry.actor) },
        html! {
            (badge(entry.tone, &entry.act)) " " (entry.words)
            @if let Some((id, words)) = &entry.about { " " a href=(paths::customer(id)) { (words) } }
        },
        html! { @if entry.reason.is_empty() { span.nothing { "none" } } @else { "“" (entry.reason) "”" } },
        html! { code.note { (entry.hash) } },
    ])
}
