//! Assessments of risk: what was decided about a number, for which reasons, and what was found of each signal.

pub mod rules;

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
        form::{self, Field},
        header::{page_header, section},
        icon::Icon,
        notice::empty_or_unfit,
        shell::{Framed, Place, Shell},
        table::{Column, Paging, Row, Set, paging, table},
    },
    console::paths,
    format,
    personal::Personal,
};

/// An assessment in the list.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: String,
    pub at: Timestamp,
    /// Masked; `None` once its holder was erased.
    pub number: Option<String>,
    pub purpose: &'static str,
    pub decision: &'static str,
    pub tone: Tone,
    pub score: u32,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// The page of assessments.
#[derive(Clone, Debug)]
pub struct Assessments {
    pub lines: Vec<Line>,
    pub number: Field,
    pub decision: Field,
    pub decisions: Vec<(String, String)>,
    pub paging: Paging,
}

/// A rule that held.
#[derive(Clone, Debug)]
pub struct Because {
    pub words: String,
    pub rule: String,
    pub decision: &'static str,
    pub tone: Tone,
    pub score: u32,
    /// What it goes by, in words.
    pub signals: String,
}

/// A signal and what was found.
#[derive(Clone, Debug)]
pub struct Signal {
    pub words: &'static str,
    pub finding: &'static str,
    pub tone: Tone,
    /// Why it is unknown.
    pub why: Option<&'static str>,
    pub happened_at: Option<Timestamp>,
    pub asked_at: Timestamp,
    /// Whether a rule that held goes by it.
    pub counts: bool,
}

/// One assessment.
#[derive(Clone, Debug)]
pub struct Assessment {
    pub line: Line,
    pub actor: Personal,
    pub rules: String,
    pub waits_until: Option<Timestamp>,
    pub because: Vec<Because>,
    pub signals: Vec<Signal>,
}

pub fn page(shell: &Shell, model: &Assessments) -> Markup {
    let lead = html! { "What is known of a number when somebody wants something with it, and what the rules make of it. Nothing is decided by what is unknown." };
    let acts = html! { a.button href=(paths::RISK_RULES) { "Rules" } };
    let content = html! {
        (page_header("Risk", lead, acts))
        section.panel aria-label="Assessments" {
            (filter(model))
            @if model.lines.is_empty() {
                @let is_filtered = model.number.is_asked() || model.decision.is_asked();
                @let text = "A recovery, a change of number and whatever your programs ask about appear here.";
                (empty_or_unfit(Icon::Alert, ["No assessments", "No assessments fit"], text, is_filtered.then_some(paths::RISK)))
            }
            @else { (lines(&model.lines)) (paging(&model.paging)) }
        }
    };
    shell.frame(Framed { place: Place::Risk, title: "Risk", crumbs: &[], content })
}

fn filter(model: &Assessments) -> Markup {
    let decision = form::select("decision", "Decision", "", &model.decisions, &model.decision);
    form::filter_by_number(paths::RISK, &model.number, decision)
}

fn number(number: Option<&String>) -> Markup {
    html! { @match number { Some(number) => span.number-digits { (number) }, None => span.note { "erased" } } }
}

fn lines(lines: &[Line]) -> Markup {
    let columns = [
        Column("When", Set::Text),
        Column("Number", Set::Text),
        Column("What for", Set::Text),
        Column("Decision", Set::Text),
        Column("Score", Set::Figure),
        Column("Why", Set::Wide),
    ];
    let row = |line: &Line| {
        Row::of(vec![
            html! { a href=(paths::assessment(&line.id)) { time datetime=(line.at) { (format::moment(line.at)) } } },
            number(line.number.as_ref()),
            html! { (line.purpose) },
            html! { (badge(line.tone, line.decision)) },
            html! { (line.score) },
            html! { @for (at, reason) in line.reasons.iter().enumerate() { @if at > 0 { br; } (reason) } },
        ])
    };
    table("Assessments", &columns, &lines.iter().map(row).collect::<Vec<_>>())
}

pub fn assessment(shell: &Shell, model: &Assessment) -> Markup {
    let lead = html! {
        (number(model.line.number.as_ref())) " · " (format::moment(model.line.at)) " · " (badge(model.line.tone, model.line.decision))
        " · asked by " (model.actor) " · " (model.rules)
    };
    let note = html! { "score " (model.line.score) };
    let content = html! {
        (page_header(model.line.purpose, lead, html! {}))
        (section("reasons", "Why", note, reasons(model)))
        (section("signals", "What is known", html! { "nothing is decided by what is unknown" }, signals(&model.signals)))
    };
    let crumbs = [("Risk", paths::RISK)];
    shell.frame(Framed { place: Place::Risk, title: model.line.purpose, crumbs: &crumbs, content })
}

fn reasons(model: &Assessment) -> Markup {
    if model.because.is_empty() {
        return html! { p.lead { "No rule speaks against it." } };
    }
    let columns = [
        Column("Reason", Set::Wide),
        Column("Goes by", Set::Wide),
        Column("Decides", Set::Text),
        Column("Adds", Set::Figure),
    ];
    let row = |one: &Because| {
        Row::of(vec![
            html! { (one.words) br; span.note { (one.rule) } },
            html! { (one.signals) },
            html! { (badge(one.tone, one.decision)) },
            html! { (one.score) },
        ])
    };
    html! {
        (table("Reasons", &columns, &model.because.iter().map(row).collect::<Vec<_>>()))
        @if let Some(until) = model.waits_until { p.lead { "What was asked for has to wait until " time datetime=(until) { (format::moment(until)) } "." } }
    }
}

fn signals(signals: &[Signal]) -> Markup {
    let columns = [
        Column("Signal", Set::Wide),
        Column("Found", Set::Text),
        Column("When", Set::Text),
        Column("Asked", Set::Text),
    ];
    let row = |one: &Signal| {
        Row::of(vec![
            html! { @if one.counts { strong { (one.words) } } @else { (one.words) } },
            html! { (badge(one.tone, one.finding)) @if let Some(why) = one.why { " " span.note { (why) } } },
            html! { @if let Some(at) = one.happened_at { time datetime=(at) { (format::moment(at)) } } },
            html! { time datetime=(one.asked_at) { (format::moment(one.asked_at)) } },
        ])
    };
    table("Signals", &columns, &signals.iter().map(row).collect::<Vec<_>>())
}
