//! The customer page: who this is as far as the shop knows, all they bought, and why we think it was them.

mod acts;
mod orders;
mod why;

use std::collections::BTreeSet;

use base::{Money, Timestamp};
use maud::{Markup, html};

pub use acts::{Act, ActState, MergeForm, acts_dialogs};
pub use orders::{Order, OrderLine, order_table};
pub use why::{Persona, WhyLinked};

use crate::{
    components::{
        badge::{Tone, badge},
        chart::{
            sparkline::sparkline,
            tenures::{TenureRow, tenures},
        },
        dialog::opener,
        header::section,
        icon::{Icon, icon},
        notice::empty,
        number::{MaskedNumber, number},
        shell::{Framed, Place, Shell},
        table::{Paging, paging},
        timeline::{Event, timeline},
    },
    console::audit::{Entry, entry_table},
    format,
    personal::Personal,
};

/// Everything on the page.
#[derive(Clone, Debug)]
pub struct CustomerPage {
    pub id: String,
    pub name: Personal,
    /// Other names that orders carried.
    pub also_known_as: Vec<Personal>,
    /// The e-mail of the fullest record.
    pub email: Option<MaskedNumber>,
    pub since: Timestamp,
    pub last_order: Option<Timestamp>,
    pub orders_count: u64,
    /// One total a currency.
    pub totals: Vec<Money>,
    /// Orders a month over the last year, oldest first.
    pub recent: Vec<u64>,
    /// Ids of open items and the question of each.
    pub reviews_open: Vec<(String, Personal)>,
    pub now: Timestamp,
    pub tenures: Vec<TenureRow>,
    pub orders: Vec<Order>,
    pub orders_paging: Paging,
    pub timeline: Vec<Event>,
    pub why: Vec<WhyLinked>,
    pub acts: Vec<Act>,
    pub merge: MergeForm,
    pub audit: Vec<Entry>,
}

pub fn page(shell: &Shell, model: &CustomerPage) -> Markup {
    let content = html! {
        (head(shell, model))
        @for (id, question) in &model.reviews_open {
            p.notice.tone-warn role="status" { (icon(Icon::Review)) span { (question) } a href=(crate::console::paths::review_item(id)) { "Review" } }
        }
        (jumps(shell))
        (section("numbers", "Numbers and tenures", numbers_note(model), numbers(model)))
        (section("orders", "Orders", html! { (format::counted(model.orders_count, "order", "orders")) }, orders(model)))
        div.columns {
            div.column { (section("why", "Why linked", html! { (format::counted(model.why.len() as u64, "record", "records")) }, why::why_list(&model.why))) }
            div.column { (section("timeline", "Timeline", html! {}, timeline(&model.timeline, false))) }
        }
        @if shell.leave.audit { (section("audit", "Audit of this customer", html! {}, audit(model))) }
        @if shell.leave.act { (acts_dialogs(shell, model)) }
    };
    let title = if model.name.is_empty() { "Customer" } else { model.name.reveal() };
    let crumbs = [("Customers", crate::console::paths::SEARCH)];
    shell.frame(Framed { place: Place::Customers, title, crumbs: &crumbs, content })
}

fn head(shell: &Shell, model: &CustomerPage) -> Markup {
    html! {
        header.customer-head {
            span.disc.is-large aria-hidden="true" { (model.name.initials()) }
            div.customer-name {
                h1 { @if model.name.is_empty() { "Name not known" } @else { (model.name) } }
                p.lead {
                    @if let Some(email) = &model.email { (number(email)) }
                    @if !model.also_known_as.is_empty() { span.also { "also " @for (at, name) in model.also_known_as.iter().enumerate() { @if at > 0 { ", " } (name) } } }
                }
            }
            @if shell.leave.act {
                div.acts {
                    @if shell.leave.verify { a.button href=(crate::console::paths::caller_check(&model.id)) { (icon(Icon::Key)) "Check caller…" } }
                    (opener("merge", Icon::Merge, "Merge…"))
                    (opener("split", Icon::Split, "Split…"))
                    @if model.tenures.iter().any(TenureRow::is_held) { (opener("change-number", Icon::Number, "Change number…")) }
                    (opener("undo", Icon::Undo, "Undo…"))
                }
            }
        }
        (summary(model))
    }
}

fn summary(model: &CustomerPage) -> Markup {
    html! {
        dl.summary {
            div { dt { "Customer since" } dd { (format::day(model.since)) } }
            div { dt { "Last order" } dd { @if let Some(at) = model.last_order { (format::day(at)) } @else { span.nothing { "none" } } } }
            div { dt { "Orders" } dd { (format::count(model.orders_count)) } }
            div {
                dt { "Spent" }
                dd { @if model.totals.is_empty() { span.nothing { "nothing" } } @for total in &model.totals { span.summary-total { (format::money(*total)) } } }
            }
            div { dt { "Last twelve months" } dd { (recent(&model.recent)) } }
        }
    }
}

fn recent(months: &[u64]) -> Markup {
    let orders: u64 = months.iter().sum();
    let words = format!("{} in the last twelve months", format::counted(orders, "order", "orders"));
    html! { @if orders == 0 { span.nothing { "none" } } @else { (sparkline(months, &words)) } }
}

fn jumps(shell: &Shell) -> Markup {
    html! {
        nav.jumps aria-label="On this page" {
            a href="#numbers" { "Numbers" }
            a href="#orders" { "Orders" }
            a href="#why" { "Why linked" }
            a href="#timeline" { "Timeline" }
            @if shell.leave.audit { a href="#audit" { "Audit" } }
        }
    }
}

fn numbers_note(model: &CustomerPage) -> Markup {
    if model.tenures.is_empty() {
        return html! {};
    }
    let bars = model.tenures.iter().flat_map(|row| &row.bars);
    let others: BTreeSet<usize> = bars.filter(|bar| bar.url.is_some()).map(|bar| bar.hue).collect();
    html! {
        ul.legend {
            li { span.dot.hue-1 {} "This customer" }
            @if !others.is_empty() { li { @for hue in &others { span class={ "dot hue-" (hue) } {} } "Other holders" } }
            li { span.tick {} "Order" }
        }
    }
}

fn numbers(model: &CustomerPage) -> Markup {
    if model.tenures.is_empty() {
        return empty(
            Icon::Number,
            "No number",
            "This customer is known by e-mail or loyalty id alone.",
            None,
        );
    }
    tenures(&model.tenures, model.now)
}

fn orders(model: &CustomerPage) -> Markup {
    if model.orders.is_empty() {
        return empty(Icon::Orders, "No orders", "Nothing has been ordered yet.", None);
    }
    html! { (order_table(&model.orders)) (paging(&model.orders_paging)) }
}

fn audit(model: &CustomerPage) -> Markup {
    if model.audit.is_empty() {
        return empty(Icon::Audit, "No entries", "Nobody has changed or revealed anything here.", None);
    }
    entry_table(&model.audit)
}

/// How sure a link is, in a word and a figure.
fn certainty(percent: u8) -> Markup {
    let tone = match percent {
        95..=u8::MAX => Tone::Good,
        80..95 => Tone::Plain,
        _ => Tone::Warn,
    };
    badge(tone, &format!("{percent} % sure"))
}
