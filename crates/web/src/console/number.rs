//! The number look-up: any spelling in, what it is and who held it out.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{NumberKind, Tone, badge, number_kind},
        form::{self, Field, Input},
        header::{page_header, section},
        icon::{Icon, icon},
        notice::empty,
        shell::{Framed, Place, Shell},
        table::{Column, Row, Set, table},
    },
    console::paths,
    format,
    personal::Personal,
};

/// The form and, once something was asked, the answer.
#[derive(Clone, Debug)]
pub struct Lookup {
    pub number: Field,
    pub region: Field,
    pub regions: Vec<(String, String)>,
    pub known: Option<Known>,
    /// Version of the numbering plans used.
    pub plans: String,
}

/// What is known of a number. The person typed it, so it is shown in the clear.
#[derive(Clone, Debug)]
pub struct Known {
    pub e164: Personal,
    pub national: Personal,
    pub international: Personal,
    pub link: Personal,
    pub extension: Option<Personal>,
    pub validity: Validity,
    /// "Mobile".
    pub line: String,
    /// "Finland".
    pub region: String,
    pub kind: Option<NumberKind>,
    pub holders: Vec<Holder>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Validity {
    Valid,
    /// Right length, but the plan knows no such range.
    Possible,
    Invalid,
}

#[derive(Clone, Debug)]
pub struct Holder {
    pub customer: String,
    pub name: Personal,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
    pub orders: u64,
}

pub fn page(shell: &Shell, model: &Lookup) -> Markup {
    let lead = html! { "Any spelling: national, international, with 00 or 011, in other scripts' digits, with an extension." };
    let content = html! {
        (page_header("Number look-up", lead, html! {}))
        section.panel aria-label="Look up a number" { (lookup_form(model)) }
        @match &model.known {
            Some(known) => (answer(known)),
            None if model.number.error.is_none() => (empty(Icon::Number, "Type a number", "Its formats, line type, region and holders appear here.", None)),
            None => {}
        }
        p.note.is-end { "Numbering plans " (model.plans) }
    };
    shell.frame(Framed { place: Place::Numbers, title: "Number look-up", crumbs: &[], content })
}

fn lookup_form(model: &Lookup) -> Markup {
    let number = Input { required: true, ..Input::text("number", "Number") };
    html! {
        form.inline action=(paths::NUMBERS) method="get" {
            (form::input(&number, &model.number))
            (form::select("region", "Country if none is written", "", &model.regions, &model.region))
            button.button.is-primary { (icon(Icon::Search)) "Look up" }
        }
    }
}

fn answer(known: &Known) -> Markup {
    html! {
        div.columns {
            div.column { (section("formats", "Formats", validity(known.validity), formats(known))) }
            div.column {
                (section("holders", "Held by", html! { @if let Some(kind) = known.kind { (number_kind(kind)) } }, holders(known)))
            }
        }
    }
}

fn validity(validity: Validity) -> Markup {
    match validity {
        Validity::Valid => badge(Tone::Good, "Valid"),
        Validity::Possible => badge(Tone::Warn, "Possible, range unknown"),
        Validity::Invalid => badge(Tone::Bad, "Not valid"),
    }
}

fn formats(known: &Known) -> Markup {
    let lines = [
        ("E.164", &known.e164),
        ("International", &known.international),
        ("National", &known.national),
        ("Link", &known.link),
    ];
    html! {
        dl.pairs {
            @for (label, value) in lines {
                div {
                    dt { (label) }
                    dd.number-digits {
                        (value)
                        button.button.is-quiet.is-square type="button" data-copy=(value.reveal()) title="Copy" { (icon(Icon::Copy)) span.unseen { "Copy " (label) } }
                    }
                }
            }
            @if let Some(extension) = &known.extension { div { dt { "Extension" } dd.number-digits { (extension) } } }
            div { dt { "Line type" } dd { (known.line) } }
            div { dt { "Region" } dd { (known.region) } }
        }
    }
}

fn holders(known: &Known) -> Markup {
    if known.holders.is_empty() {
        return empty(Icon::Customers, "Nobody", "No order has come in over this number.", None);
    }
    let columns = [
        Column("Customer", Set::Wide),
        Column("From", Set::Text),
        Column("Until", Set::Text),
        Column("Orders", Set::Figure),
    ];
    let rows: Vec<Row> = known
        .holders
        .iter()
        .map(|holder| {
            Row::of(vec![
                html! { a.cover.person href=(paths::customer(&holder.customer)) { span.disc aria-hidden="true" { (holder.name.initials()) } (holder.name) } },
                format::day(holder.from),
                html! { @if let Some(until) = holder.until { (format::day(until)) } @else { (badge(Tone::Good, "now")) } },
                html! { (format::count(holder.orders)) },
            ])
        })
        .collect();
    table("Customers who held this number", &columns, &rows)
}
