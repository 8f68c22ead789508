//! One delivery: what it told, and each call with its answer.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
        form,
        header::{page_header, section},
        icon::Icon,
        notice::empty,
        shell::{Framed, Place, Shell},
        table::{Column, Row, Set, table},
    },
    console::paths,
    format,
};

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    pub number: u32,
    pub at: Timestamp,
    pub took_ms: i64,
    /// What it came to, in words.
    pub words: String,
    pub is_good: bool,
    /// How the answer began.
    pub answer: String,
}

#[derive(Clone, Debug)]
pub struct DeliveryPage {
    pub id: String,
    pub endpoint: String,
    pub url: String,
    /// The `webhook-id`.
    pub event: String,
    pub kind: &'static str,
    pub words: &'static str,
    pub at: Timestamp,
    pub state: &'static str,
    pub tone: Tone,
    pub due_at: Option<Timestamp>,
    /// Laid out to be read.
    pub body: String,
    pub calls: Vec<Call>,
    pub may_redeliver: bool,
}

pub fn page(shell: &Shell, model: &DeliveryPage) -> Markup {
    let lead = html! {
        (badge(model.tone, model.state)) " " (model.words) ", told to " (model.url) "."
        @if let Some(at) = model.due_at { " The next call is made at " (format::moment(at)) "." }
    };
    let again = html! {
        @if model.may_redeliver {
            form method="post" action=(paths::delivery(&model.id)) {
                (form::csrf(&shell.csrf))
                button.button.is-primary { "Tell again" }
            }
        }
    };
    let told = html! {
        dl.pairs {
            div { dt { "webhook-id" } dd { code { (model.event) } } }
            div { dt { "Happened" } dd { (format::moment(model.at)) } }
        }
        pre.body tabindex="0" { code { (model.body) } }
    };
    let content = html! {
        (page_header(model.kind, lead, again))
        (section("told", "What is told", html! {}, told))
        (section("calls", "Calls", html! {}, calls(&model.calls)))
    };
    let endpoint = paths::webhook(&model.endpoint);
    let crumbs = [("Webhooks", paths::WEBHOOKS), ("Endpoint", endpoint.as_str())];
    shell.frame(Framed { place: Place::Webhooks, title: "Delivery", crumbs: &crumbs, content })
}

fn calls(calls: &[Call]) -> Markup {
    if calls.is_empty() {
        return empty(Icon::Link, "No call yet", "It is made in a moment.", None);
    }
    let columns = [
        Column("Call", Set::Figure),
        Column("When", Set::Text),
        Column("Took", Set::Figure),
        Column("Came to", Set::Wide),
        Column("The answer began", Set::Wide),
    ];
    let row = |call: &Call| {
        Row::of(vec![
            html! { (call.number) },
            html! { time datetime=(call.at) { (format::moment(call.at)) } },
            html! { (call.took_ms) " ms" },
            html! { (badge(if call.is_good { Tone::Good } else { Tone::Bad }, if call.is_good { "Taken" } else { "Failed" })) " " (call.words) },
            html! { @if call.answer.is_empty() { span.nothing { "–" } } @else { code { (call.answer) } } },
        ])
    };
    let rows: Vec<Row> = calls.iter().map(row).collect();
    table("Calls", &columns, &rows)
}
