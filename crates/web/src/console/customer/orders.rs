//! The orders of a customer, with the number each came in over.

use base::{Money, Timestamp};
use maud::{Markup, html};

use crate::{
    components::{
        badge::{self, Source, Tone, badge},
        number::{MaskedNumber, number},
        table::{Column, Lines, Row, Set, table},
    },
    format,
};

#[derive(Clone, Debug)]
pub struct Order {
    /// Ours, for ids in the page.
    pub id: String,
    /// The source's.
    pub reference: String,
    pub at: Timestamp,
    pub source: Source,
    /// `None`: it came in without one.
    pub number: Option<MaskedNumber>,
    pub store: Option<String>,
    pub amount: Option<Money>,
    pub status: String,
    pub status_tone: Tone,
    pub lines: Vec<OrderLine>,
}

#[derive(Clone, Debug)]
pub struct OrderLine {
    pub product: String,
    pub sku: String,
    /// As written: quantities may be fractions.
    pub quantity: String,
    pub unit_price: Option<Money>,
    pub amount: Option<Money>,
}

pub fn order_table(orders: &[Order]) -> Markup {
    let columns = [
        Column("Order", Set::Text),
        Column("Date", Set::Text),
        Column("Source", Set::Text),
        Column("Over number", Set::Text),
        Column("Store", Set::Wide),
        Column("Status", Set::Text),
        Column("Amount", Set::Figure),
    ];
    let rows: Vec<Row> = orders.iter().map(order_row).collect();
    table("Orders", &columns, &rows)
}

fn order_row(order: &Order) -> Row {
    let lines = (!order.lines.is_empty()).then(|| Lines {
        id: format!("lines-{}", order.id),
        label: format!("Lines of order {}", order.reference),
        body: order_lines(order),
    });
    let cells = vec![
        html! { span.strong { (order.reference) } },
        format::day(order.at),
        badge::source(order.source),
        html! { @if let Some(over) = &order.number { (number(over)) } @else { span.nothing { "no number" } } },
        html! { @if let Some(store) = &order.store { (store) } },
        badge(order.status_tone, &order.status),
        html! { @if let Some(amount) = order.amount { (format::money(amount)) } @else { span.nothing { "not given" } } },
    ];
    Row { cells, lines }
}

fn order_lines(order: &Order) -> Markup {
    html! {
        table.order-lines {
            caption.unseen { "Lines of order " (order.reference) }
            thead { tr { th scope="col" { "Product" } th scope="col" { "SKU" } th.is-figure scope="col" { "Quantity" } th.is-figure scope="col" { "Unit price" } th.is-figure scope="col" { "Amount" } } }
            tbody {
                @for line in &order.lines {
                    tr {
                        td data-label="Product" { (line.product) }
                        td data-label="SKU" { code { (line.sku) } }
                        td.is-figure data-label="Quantity" { (line.quantity) }
                        td.is-figure data-label="Unit price" { @if let Some(price) = line.unit_price { (format::money(price)) } }
                        td.is-figure data-label="Amount" { @if let Some(amount) = line.amount { (format::money(amount)) } }
                    }
                }
            }
        }
    }
}
