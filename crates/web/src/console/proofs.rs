//! Proofs of number: what was sent where and what came back, each proof with its story, and the screen on which an agent checks a caller.

use base::Timestamp;
use identity::verification::Doubt;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
        chart::sparkline::sparkline,
        form::{self, Field},
        header::{page_header, section},
        icon::Icon,
        notice::{Notice, empty, empty_or_unfit, notice},
        shell::{Framed, Place, Shell},
        table::{Column, Paging, Row, Set, paging, table},
        timeline::{Event, timeline},
    },
    console::paths,
    format,
    personal::Personal,
};

/// A proof in the list.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: String,
    pub at: Timestamp,
    /// Masked.
    pub number: String,
    pub purpose: &'static str,
    pub channel: String,
    pub state: &'static str,
    pub tone: Tone,
    pub sends: u32,
    pub guesses: u32,
}

/// A part of the world, today and lately.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The country, or the calling code of no country.
    pub part: String,
    pub sends: u64,
    pub approved: u64,
    pub refused: u64,
    pub would_be_refused: u64,
    pub cost: String,
    pub budget: String,
    pub is_stopped: bool,
    /// Codes sent a day, the oldest first.
    pub lately: Vec<u64>,
    /// Of a hundred codes of these days, how many came back each day.
    pub conversion: Vec<u64>,
}

/// The page of proofs.
#[derive(Clone, Debug)]
pub struct Proofs {
    pub destinations: Vec<Destination>,
    pub is_shadow: bool,
    pub lines: Vec<Line>,
    pub number: Field,
    pub paging: Paging,
}

/// One proof.
#[derive(Clone, Debug)]
pub struct Proof {
    pub line: Line,
    pub expires_at: Timestamp,
    /// Whose proof it is, or was to be: id and name.
    pub customer: Option<(String, Personal)>,
    pub story: Vec<Event>,
    /// There when the agent is to type the code that the caller reads out.
    pub code: Option<Field>,
    /// The right code came, but does not say that it is the customer whose proof it was to be.
    pub doubt: Option<Doubt>,
}

/// Before a caller is checked: who it is, and the numbers that a code can go to.
#[derive(Clone, Debug)]
pub struct Caller {
    pub id: String,
    pub name: Personal,
    /// What names a number in the form, and the number masked.
    pub numbers: Vec<(String, String)>,
}

pub fn page(shell: &Shell, model: &Proofs) -> Markup {
    let lead = html! { "Codes that prove who holds a number: where they go, what they cost, and what came of each." };
    let content = html! {
        (page_header("Proofs", lead, html! {}))
        (section("destinations", "Where codes go", note(model), destinations(model)))
        (section("list", "Proofs", html! {}, list(model)))
    };
    shell.frame(Framed { place: Place::Proofs, title: "Proofs", crumbs: &[], content })
}

fn note(model: &Proofs) -> Markup {
    html! { @if model.is_shadow { (badge(Tone::Warn, "Shadow mode")) " budgets only note what they would refuse" } @else { "today, in UTC, and the last thirty days" } }
}

fn destinations(model: &Proofs) -> Markup {
    if model.destinations.is_empty() {
        return empty(Icon::Number, "No codes yet", "Countries appear here when codes are asked for.", None);
    }
    let columns = [
        Column("Country", Set::Text),
        Column("State", Set::Text),
        Column("Sent", Set::Figure),
        Column("Came back", Set::Figure),
        Column("Refused", Set::Figure),
        Column("Cost", Set::Figure),
        Column("Budget a day", Set::Figure),
        Column("Sent, 30 days", Set::Text),
        Column("Came back, 30 days", Set::Text),
    ];
    let rows: Vec<Row> = model.destinations.iter().map(destination).collect();
    table("Where codes go", &columns, &rows)
}

fn destination(one: &Destination) -> Row {
    let (tone, state) = if one.is_stopped { (Tone::Bad, "Stopped") } else { (Tone::Good, "Open") };
    let share =
        (one.approved * 100).checked_div(one.sends).map(|share| format!(" ({share} %)")).unwrap_or_default();
    let whole: u64 = one.lately.iter().sum();
    Row::of(vec![
        html! { (one.part) },
        html! { (badge(tone, state)) },
        html! { (format::count(one.sends)) },
        html! { (format::count(one.approved)) (share) },
        html! {
            (format::count(one.refused))
            @if one.would_be_refused > 0 { br; span.note { (format::count(one.would_be_refused)) " would be" } }
        },
        html! { span.money { (one.cost) } },
        html! { span.money { (one.budget) } },
        sparkline(&one.lately, &format!("{} sent in thirty days", format::count(whole))),
        sparkline(&one.conversion, "per cent of the codes of each day that came back"),
    ])
}

fn list(model: &Proofs) -> Markup {
    html! {
        (form::filter_by_number(paths::PROOFS, &model.number, html! {}))
        @if model.lines.is_empty() {
            (empty_or_unfit(Icon::Key, ["No proofs", "No proofs of this number"], "Whoever is asked for a code appears here.", model.number.is_asked().then_some(paths::PROOFS)))
        }
        @else { (lines(&model.lines)) (paging(&model.paging)) }
    }
}

fn lines(lines: &[Line]) -> Markup {
    let columns = [
        Column("When", Set::Text),
        Column("Number", Set::Text),
        Column("What for", Set::Text),
        Column("State", Set::Text),
        Column("Sent", Set::Figure),
        Column("Guesses", Set::Figure),
    ];
    let row = |line: &Line| {
        Row::of(vec![
            html! { a href=(paths::proof(&line.id)) { time datetime=(line.at) { (format::moment(line.at)) } } },
            html! { span.number-digits { (line.number) } },
            html! { (line.purpose) br; span.note { (line.channel) } },
            html! { (badge(line.tone, line.state)) },
            html! { (line.sends) },
            html! { (line.guesses) },
        ])
    };
    table("Proofs", &columns, &lines.iter().map(row).collect::<Vec<_>>())
}

const HOLDER_SILENT: &str = "Whoever this was holds the number now. That it is the customer is not proven: nothing was heard of them for long, and \
    the number may have been handed on. If they can tell what only the customer knows, check them once more and say so.";

const HOLDER_OTHER: &str = "Whoever this was holds the number now, and the customer who was asked about does not. It proves nothing about them.";

pub fn proof(shell: &Shell, model: &Proof) -> Markup {
    let lead = html! { span.number-digits { (model.line.number) } " · " (model.line.channel) " · " (badge(model.line.tone, model.line.state)) };
    let content = html! {
        (page_header(model.line.purpose, lead, html! {}))
        @if let Some((id, name)) = &model.customer {
            p.lead { (if model.doubt.is_some() { "Asked about: " } else { "Customer: " }) a href=(paths::customer(id)) { @if name.is_empty() { "name not known" } @else { (name) } } }
        }
        @if let Some(doubt) = model.doubt {
            (notice(&Notice::new(Tone::Warn, match doubt { Doubt::HolderSilent => HOLDER_SILENT, Doubt::HolderOther => HOLDER_OTHER })))
        }
        @if let Some(code) = &model.code { (asked_for(shell, model, code)) }
        (section("story", "What happened", html! { "serves until " (format::moment(model.expires_at)) }, timeline(&model.story, true)))
    };
    let crumbs = [("Proofs", paths::PROOFS)];
    shell.frame(Framed { place: Place::Proofs, title: model.line.purpose, crumbs: &crumbs, content })
}

/// A large field for the code that the caller reads out.
fn asked_for(shell: &Shell, model: &Proof, code: &Field) -> Markup {
    let body = html! {
        p { "Ask the caller to read out the code. The message says that you will. Never tell it to them." }
        form.caller-check method="post" action=(paths::proof_check(&model.line.id)) {
            (form::csrf(&shell.csrf))
            div.field.is-wrong[code.error.is_some()] {
                label for="code" { "Code" }
                input.is-large id="code" name="code" inputmode="numeric" autocomplete="off" required autofocus maxlength="16"
                    aria-invalid=[code.error.as_ref().map(|_| "true")] aria-describedby=[code.error.as_ref().map(|_| "code-error")];
                @if let Some(error) = &code.error { p.error id="code-error" { (error) } }
            }
            (form::checkbox("recognised", "yes", "They also told what only this customer knows", "Such as their last order. Needed where nothing was heard of them for long: their number may have been handed on.", false))
            button.button.is-primary { "Check" }
        }
    };
    section("check", "Check the caller", html! {}, body)
}

pub fn caller(shell: &Shell, model: &Caller) -> Markup {
    let lead = html! { "Sends a code to a number that this customer holds. Its text says that staff will ask for it." };
    let content = html! {
        (page_header("Check a caller", lead, html! {}))
        section.panel aria-label="Check a caller" {
            p.caller-name { @if model.name.is_empty() { "Name not known" } @else { (model.name) } }
            @if model.numbers.is_empty() { (empty(Icon::Number, "No number", "This customer holds no number now, so there is nothing to send a code to.", None)) }
            @for (tenure, number) in &model.numbers {
                form method="post" action=(paths::caller_check(&model.id)) {
                    (form::csrf(&shell.csrf))
                    input type="hidden" name="tenure" value=(tenure);
                    button.button.is-primary { "Send a code to " span.number-digits { (number) } }
                }
            }
        }
    };
    let crumbs = [("Customers", paths::SEARCH)];
    shell.frame(Framed { place: Place::Customers, title: "Check a caller", crumbs: &crumbs, content })
}
