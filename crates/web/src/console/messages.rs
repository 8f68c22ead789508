//! The log of messages: to whom, what for, and what became of each. Texts are masked; those of one-time codes are kept nowhere.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
        form::{self, Field},
        header::page_header,
        icon::Icon,
        notice::empty_or_unfit,
        shell::{Framed, Place, Shell},
        table::{Column, Paging, Row, Set, paging, table},
    },
    console::paths,
    format,
};

/// A message in the log.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: Timestamp,
    /// Masked.
    pub to: String,
    pub channel: &'static str,
    pub purpose: String,
    /// Masked; `None` where it is kept nowhere.
    pub text: Option<String>,
    pub state: &'static str,
    pub tone: Tone,
    /// A code and a sentence.
    pub reason: Option<String>,
    pub provider: Option<String>,
    pub segments: Option<u32>,
    pub cost: Option<String>,
}

/// The log, and what was asked of it.
#[derive(Clone, Debug)]
pub struct Log {
    pub lines: Vec<Line>,
    pub number: Field,
    pub state: Field,
    pub states: Vec<(String, String)>,
    pub paging: Paging,
}

pub fn page(shell: &Shell, model: &Log) -> Markup {
    let lead = html! { "What was sent to numbers, by which provider, and what became of it. A message in doubt was handed over and nobody knows whether it was taken; it is never sent again by itself." };
    let content = html! {
        (page_header("Messages", lead, html! {}))
        section.panel aria-label="Messages" {
            (filter(model))
            @if model.lines.is_empty() {
                @let is_filtered = model.number.is_asked() || model.state.is_asked();
                (empty_or_unfit(Icon::Message, ["No messages", "No messages fit"], "Whatever is sent appears here.", is_filtered.then_some(paths::MESSAGES)))
            }
            @else { (lines(&model.lines)) (paging(&model.paging)) }
        }
    };
    shell.frame(Framed { place: Place::Messages, title: "Messages", crumbs: &[], content })
}

fn filter(model: &Log) -> Markup {
    let state = form::select("state", "State", "", &model.states, &model.state);
    form::filter_by_number(paths::MESSAGES, &model.number, state)
}

fn lines(lines: &[Line]) -> Markup {
    let columns = [
        Column("When", Set::Text),
        Column("To", Set::Text),
        Column("What for", Set::Text),
        Column("Text", Set::Wide),
        Column("State", Set::Wide),
        Column("Cost", Set::Figure),
    ];
    let rows: Vec<Row> = lines.iter().map(line).collect();
    table("Messages", &columns, &rows)
}

fn line(line: &Line) -> Row {
    let none = html! { span.nothing { "–" } };
    Row::of(vec![
        html! { time datetime=(line.at) { (format::moment(line.at)) } },
        html! { span.number-digits { (line.to) } },
        html! {
            (line.purpose) br;
            span.note { (line.channel) @if let Some(provider) = &line.provider { " by " (provider) } }
        },
        match &line.text {
            Some(text) => html! { (text) },
            None => html! { span.nothing { "kept nowhere" } },
        },
        html! {
            (badge(line.tone, line.state))
            @if let Some(reason) = &line.reason { br; span.note { (reason) } }
        },
        match (&line.cost, line.segments) {
            (None, None) => none,
            (cost, segments) => html! {
                @if let Some(cost) = cost { span.money { (cost) } }
                @if let Some(segments) = segments { br; span.note { (format::counted(segments.into(), "part", "parts")) } }
            },
        },
    ])
}
