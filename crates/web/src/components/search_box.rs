//! The search box that takes any spelling of a number, and the suggestions below it.

use maud::{Markup, html};

use crate::{
    components::{
        badge::{NumberKind, number_kind},
        icon::{Icon, icon},
    },
    console::paths,
    format,
    personal::Personal,
};

/// A customer as search finds them.
#[derive(Clone, Debug)]
pub struct Found {
    pub id: String,
    pub name: Personal,
    /// Masked.
    pub number: String,
    pub kind: Option<NumberKind>,
    /// What of the query matched, in words: "Held the number until 2 Mar 2023".
    pub matched: String,
    pub orders: u64,
}

/// The box in the top bar. Without script, Enter opens the results page.
pub fn search_box(query: &str) -> Markup {
    html! {
        form.search role="search" action=(paths::SEARCH) method="get" {
            (icon(Icon::Search))
            label.unseen for="search" { "Search customers by number, e-mail or name" }
            input #search name="q" type="search" value=(query) placeholder="Number, e-mail, order or name" autocomplete="off" spellcheck="false"
                data-suggest=(paths::SUGGEST) data-search role="combobox" aria-expanded="false" aria-autocomplete="list" aria-controls="search-list";
            kbd aria-hidden="true" { "/" }
            div #search-list .suggestions role="listbox" aria-label="Customers found" hidden {}
        }
    }
}

/// A box that picks one customer inside a form: its value is the customer's id.
pub fn picker(name: &str, label: &str, hint: &str) -> Markup {
    let (list, hint_id) = (format!("{name}-list"), format!("{name}-hint"));
    html! {
        div.field.picker {
            label for=(name) { (label) }
            input id=(name) name=(name) type="text" required autocomplete="off" spellcheck="false" data-suggest=(paths::SUGGEST) data-pick
                role="combobox" aria-expanded="false" aria-autocomplete="list" aria-controls=(list) aria-describedby=(hint_id);
            div.suggestions id=(list) role="listbox" aria-label="Customers found" hidden {}
            p.hint id=(hint_id) { (hint) }
        }
    }
}

/// The fragment that fills the list while a person types.
pub fn suggestions(found: &[Found]) -> Markup {
    html! {
        @if found.is_empty() { p.suggestions-none { "Nobody found. Enter searches names more widely." } }
        @for (at, one) in found.iter().enumerate() {
            a.suggestion id={ "suggestion-" (at) } role="option" aria-selected="false" tabindex="-1" href=(paths::customer(&one.id))
                data-id=(one.id) data-name=(one.name.reveal()) {
                span.disc aria-hidden="true" { (one.name.initials()) }
                span.suggestion-text {
                    span.suggestion-name { @if one.name.is_empty() { "Name not known" } @else { (one.name) } }
                    span.note { (one.matched) }
                }
                span.suggestion-end {
                    span.number-digits { (one.number) }
                    @if let Some(kind) = one.kind { (number_kind(kind)) } @else { span.note { (format::counted(one.orders, "order", "orders")) } }
                }
            }
        }
    }
}
