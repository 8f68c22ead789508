//! One endpoint: how calls to it went, what was told to it, and everything that is done with it.

use base::Timestamp;
use maud::{Markup, html};

use super::{Form, NewSecret, edit, rate, secret_once};
use crate::{
    components::{
        badge::{Tone, badge},
        chart::bars::{BarChart, bar_chart},
        dialog::{self, Dialog},
        figure::{Figure, figures},
        form::{self, Field, Input},
        header::{page_header, section},
        icon::{Icon, icon},
        notice::empty,
        shell::{Framed, Place, Shell},
        table::{Column, Paging, Row, Set, paging, table},
    },
    console::paths,
    format,
};

/// A delivery in the list.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: String,
    pub at: Timestamp,
    pub kind: &'static str,
    pub state: &'static str,
    pub tone: Tone,
    pub attempts: u32,
    /// What the last call came to, in words.
    pub last: String,
    pub due_at: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub struct EndpointPage {
    pub id: String,
    pub url: String,
    pub description: String,
    pub state: &'static str,
    pub tone: Tone,
    /// Why it is told nothing, and since when.
    pub disabled: Option<(&'static str, Timestamp)>,
    pub calls: (u64, u64),
    pub waiting: u64,
    pub succeeded_at: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    pub failure: Option<(Timestamp, String)>,
    pub old_secret_until: Option<Timestamp>,
    pub chart: BarChart,
    pub now: Timestamp,
    pub lines: Vec<Line>,
    pub state_field: Field,
    pub states: Vec<(String, String)>,
    pub paging: Paging,
    pub form: Form,
    /// What stands in the field that says since when failed ones are told again.
    pub since: Field,
    pub secret: Option<NewSecret>,
    pub may_manage: bool,
}

pub fn page(shell: &Shell, model: &EndpointPage) -> Markup {
    let lead = html! {
        (badge(model.tone, model.state))
        @if !model.description.is_empty() { " " (model.description) }
        @if let Some((why, at)) = model.disabled { " " (why) ", since " (format::moment(at)) "." }
    };
    let content = html! {
        (page_header(&model.url, lead, html! { @if model.may_manage { (acts(shell, model)) } }))
        @if let Some(secret) = &model.secret { (secret_once(secret)) }
        (figures(&summary(model)))
        section.panel aria-label="Calls by the hour" { (bar_chart(&model.chart)) }
        (section("deliveries", "Deliveries", html! { "kept for 30 days" }, deliveries(shell, model)))
        @if model.may_manage {
            (section("change", "Change", html! {}, edit(shell, &model.form, &paths::webhook(&model.id), "Save")))
            (dialogs(shell, model))
        }
    };
    let crumbs = [("Webhooks", paths::WEBHOOKS)];
    shell.frame(Framed { place: Place::Webhooks, title: "Endpoint", crumbs: &crumbs, content })
}

fn summary(model: &EndpointPage) -> Vec<Figure> {
    let (succeeded, all) = model.calls;
    let share =
        (succeeded * 100).checked_div(all).map_or_else(|| "–".to_owned(), |share| format!("{share} %"));
    let ago = |at: Timestamp| {
        let micros = model.now.as_micros().saturating_sub(at.as_micros()).max(0).unsigned_abs();
        format!("{} ago", format::duration(micros / Timestamp::SECOND.unsigned_abs()))
    };
    let moment = |at: Option<Timestamp>| at.map_or_else(|| "Never".to_owned(), ago);
    let failed = model.failure.as_ref().map_or("no call failed", |(_, words)| words.as_str());
    let failing = model.failing_since.map(|at| format!("failing since {}", format::moment(at)));
    let figure = Figure::new("Success, 24 hours", share, rate(model.calls));
    vec![
        if all > succeeded { figure.tone(Tone::Warn) } else { figure },
        Figure::new("Waiting", format::count(model.waiting), "for their turn or another try"),
        Figure::new("Last success", moment(model.succeeded_at), failing.unwrap_or_default()),
        Figure::new("Last failure", moment(model.failure.as_ref().map(|(at, _)| *at)), failed),
    ]
}

/// A form of one button.
fn button(shell: &Shell, model: &EndpointPage, act: &str, words: &str) -> Markup {
    html! {
        form method="post" action=(paths::webhook_act(&model.id, act)) {
            (form::csrf(&shell.csrf))
            button.button { (words) }
        }
    }
}

fn acts(shell: &Shell, model: &EndpointPage) -> Markup {
    html! {
        @if model.disabled.is_some() { (button(shell, model, "enable", "Enable")) }
        @else { (button(shell, model, "ping", "Send a ping")) }
        (dialog::opener("rotate", Icon::Key, "New secret"))
        @if model.disabled.is_none() { (dialog::opener("disable", Icon::Cross, "Disable")) }
        (dialog::opener("remove", Icon::Cross, "Remove"))
    }
}

fn dialogs(shell: &Shell, model: &EndpointPage) -> Markup {
    let one = |act: &str, title: &str, words: &str| {
        dialog::dialog(&Dialog {
            id: act,
            title,
            act: title,
            action: &paths::webhook_act(&model.id, act),
            csrf: &shell.csrf,
            danger: act != "rotate",
            fragment: false,
            body: html! { p { (words) } },
        })
    };
    html! {
        (one("rotate", "New secret", "The receiver must be given the new secret within 24 hours; until then calls are signed with both."))
        (one("disable", "Disable endpoint", "Nothing is told to it. What happens meanwhile is never told to it; what waits now is told once it is enabled."))
        (one("remove", "Remove endpoint", "Nothing is told to it any more, and what was told to it can be seen no more. This cannot be undone."))
    }
}

fn deliveries(shell: &Shell, model: &EndpointPage) -> Markup {
    html! {
        form.filter method="get" action=(paths::webhook(&model.id)) {
            (form::select("state", "State", "", &model.states, &model.state_field))
            button.button { "Show" }
        }
        @if model.lines.is_empty() {
            (empty(Icon::Message, "No deliveries", "What is told to this endpoint appears here; send a ping to try it.", None))
        } @else {
            (lines(&model.lines))
            (paging(&model.paging))
        }
        @if model.may_manage && model.disabled.is_none() { (redeliver(shell, model)) }
    }
}

fn redeliver(shell: &Shell, model: &EndpointPage) -> Markup {
    let since = Input {
        required: true,
        hint: "As in 2024-02-29T12:00:00Z.",
        ..Input::text("since", "Tell all again that failed since")
    };
    html! {
        details.add open[model.since.error.is_some()] {
            summary { (icon(Icon::Undo)) "Tell again what failed" }
            form.stack method="post" action=(paths::webhook_act(&model.id, "redeliver")) {
                (form::csrf(&shell.csrf))
                (form::input(&since, &model.since))
                div.acts { button.button.is-primary { "Tell again" } }
            }
        }
    }
}

fn lines(lines: &[Line]) -> Markup {
    let columns = [
        Column("When", Set::Text),
        Column("Event", Set::Text),
        Column("State", Set::Text),
        Column("Calls", Set::Figure),
        Column("Last call", Set::Wide),
        Column("Next call", Set::Text),
    ];
    let row = |line: &Line| {
        Row::of(vec![
            html! { time datetime=(line.at) { (format::moment(line.at)) } },
            html! { a href=(paths::delivery(&line.id)) { (line.kind) } },
            badge(line.tone, line.state),
            html! { (line.attempts) },
            html! { (line.last) },
            match line.due_at {
                Some(at) => html! { time datetime=(at) { (format::moment(at)) } },
                None => html! { span.nothing { "–" } },
            },
        ])
    };
    let rows: Vec<Row> = lines.iter().map(row).collect();
    table("Deliveries", &columns, &rows)
}
