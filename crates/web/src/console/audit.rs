//! The audit log: who did what to whom and why, in a chain that shows when a link is missing.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
        form::{self, Field},
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
    /// The import that it concerns.
    pub import: Option<String>,
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
    /// An action or its beginning.
    pub action: Field,
    /// A part of who did it.
    pub actor: Field,
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
            (filter(model))
            @if !model.entries.is_empty() { (entry_table(&model.entries)) (paging(&model.paging)) }
            @else if model.paging.next.is_some() { (empty(Icon::Audit, "None here", "None of the newer entries fits; look among the older ones.", None)) (paging(&model.paging)) }
            @else if model.action.is_asked() || model.actor.is_asked() { (empty(Icon::Audit, "No entry fits", "Ask for another act, or for somebody else.", None)) }
            @else { (empty(Icon::Audit, "No entries", "Whatever anybody does here is written down from now on.", None)) }
        }
    };
    shell.frame(Framed { place: Place::Audit, title: "Audit log", crumbs: &[], content })
}

/// What may be asked for; a dot at the end means all of that kind.
const ACTS: [(&str, &str); 16] = [
    ("", "Everything"),
    ("customers.", "Acts on customers"),
    ("customers.reveal", "Details seen in the clear"),
    ("customers.export_plain", "Exports in the clear"),
    ("customers.erase", "Erasures"),
    ("reviews.", "Doubts left as they were"),
    ("imports.", "Imports"),
    ("numbers.", "Numbers brought up to date"),
    ("verifications.", "Guesses taken back"),
    ("accounts.", "Customers’ own accounts"),
    ("messages.", "Messages read"),
    ("risk.", "Rules of risk"),
    ("staff.", "Staff"),
    ("keys.", "API keys"),
    ("clients.", "Clients for sign-in"),
    ("webhooks.", "Webhooks"),
];

fn filter(model: &Audit) -> Markup {
    let mut acts: Vec<_> = ACTS.map(|(action, words)| (action.to_owned(), words.to_owned())).into();
    let asked = &model.action.value;
    if acts.iter().all(|(action, _)| action != asked) {
        acts.push((asked.clone(), asked.clone()));
    }
    let who = form::Input { hint: "A name, or part of it.", ..form::Input::text("actor", "Who") };
    html! {
        form.filter method="get" action=(paths::AUDIT) {
            (form::select("action", "What", "", &acts, &model.action))
            (form::input(&who, &model.actor))
            button.button { "Show" }
        }
    }
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
            @if let Some(id) = &entry.import { " " a href=(paths::import(id)) { "see it" } }
        },
        html! { @if entry.reason.is_empty() { span.nothing { "none" } } @else { "“" (entry.reason) "”" } },
        html! { code.note { (entry.hash) } },
    ])
}
