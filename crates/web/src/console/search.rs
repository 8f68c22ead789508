//! Search results: customers by number, e-mail or name.

use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge, number_kind},
        form::{self, Field},
        header::page_header,
        icon::Icon,
        notice::empty,
        search_box::Found,
        shell::{Framed, Place, Shell},
        table::{Column, Paging, Row, Set, paging, table},
    },
    console::paths,
    format,
    personal::Personal,
};

/// What was searched, how it was understood, who was found.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub query: Personal,
    /// How the query was read: "the number +358 40 123 4567, mobile, Finland". Empty before any query.
    pub understood: Personal,
    pub found: Vec<Found>,
    pub paging: Paging,
    /// Whose country national spellings are read as, and the choice.
    pub region: Field,
    pub regions: Vec<(String, String)>,
}

pub fn page(shell: &Shell, model: &Search) -> Markup {
    let lead = if model.understood.is_empty() {
        html! {}
    } else {
        html! { "Searched for " (model.understood) "." }
    };
    let content = html! {
        (page_header("Customers", lead, reading(model)))
        @if model.found.is_empty() { (nobody(model)) } @else {
            section.panel aria-label="Customers found" { (results(model)) (paging(&model.paging)) }
        }
    };
    shell.frame(Framed { place: Place::Customers, title: "Customers", crumbs: &[], content })
}

/// National spellings mean nothing without a country; the choice is remembered.
fn reading(model: &Search) -> Markup {
    html! {
        form.inline.is-reading action=(paths::SEARCH) method="get" {
            input type="hidden" name="q" value=(model.query.reveal());
            (form::select("region", "National numbers are of", "", &model.regions, &model.region))
            button.button { "Use" }
        }
    }
}

fn nobody(model: &Search) -> Markup {
    if model.query.is_empty() {
        return empty(
            Icon::Search,
            "Search for a customer",
            "A phone number in any spelling, an e-mail address or a name. Press / anywhere to begin.",
            None,
        );
    }
    let number = html! { a.button href={ (paths::NUMBERS) "?number=" (encode(model.query.reveal())) } { "Look it up as a number" } };
    empty(
        Icon::Customers,
        "Nobody found",
        "No customer matches. Check the digits, or try the e-mail address or the family name alone.",
        Some(number),
    )
}

fn results(model: &Search) -> Markup {
    let columns = [
        Column("Customer", Set::Wide),
        Column(if model.query.is_empty() { "Known" } else { "Why it matches" }, Set::Text),
        Column("Number", Set::Text),
        Column("Kind", Set::Text),
        Column("Orders", Set::Figure),
    ];
    let rows: Vec<Row> = model.found.iter().map(row).collect();
    table("Customers found", &columns, &rows)
}

fn row(found: &Found) -> Row {
    Row::of(vec![
        html! {
            a.cover.person href=(paths::customer(&found.id)) {
                span.disc aria-hidden="true" { (found.name.initials()) }
                @if found.name.is_empty() { "Name not known" } @else { (found.name) }
            }
        },
        html! { (found.matched) },
        html! { span.number-digits { (found.number) } },
        html! { @if let Some(kind) = found.kind { (number_kind(kind)) } @else if found.number.is_empty() { (badge(Tone::Plain, "No number")) } },
        html! { (format::count(found.orders)) },
    ])
}

/// Percent-encodes a query value.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write;

    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded_for_addresses() {
        assert_eq!(encode("+358 40&x=é"), "%2B358%2040%26x%3D%C3%A9");
    }
}
