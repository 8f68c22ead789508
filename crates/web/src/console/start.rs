//! The start page: what is going on, in figures and charts; or, in a fresh shop, how to begin.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        chart::bars::{BarChart, bar_chart},
        figure::{Figure, figures},
        header::{page_header, section},
        icon::{Icon, icon},
        notice::empty,
        shell::{Framed, Place, Shell},
        timeline::{Event, timeline},
    },
    console::{
        imports::{ImportRow, import_table},
        paths,
    },
    format,
};

#[derive(Clone, Debug)]
pub enum Start {
    /// Nothing has been imported yet.
    Fresh,
    Running(Box<Running>),
}

#[derive(Clone, Debug)]
pub struct Running {
    pub as_of: Timestamp,
    pub figures: Vec<Figure>,
    pub orders: BarChart,
    /// One chart a currency: amounts in different currencies do not add up.
    pub revenue: Vec<BarChart>,
    /// Revenue of the same months in currencies without a chart.
    pub in_other_currencies: Vec<String>,
    pub steps: Vec<Step>,
    pub imports: Vec<ImportRow>,
    pub acts: Vec<Event>,
}

/// Something worth doing next.
#[derive(Clone, Debug)]
pub struct Step {
    pub icon: Icon,
    pub title: String,
    pub why: String,
    pub url: String,
}

pub fn page(shell: &Shell, model: &Start) -> Markup {
    let content = match model {
        Start::Fresh => fresh(shell),
        Start::Running(running) => running_shop(shell, running),
    };
    shell.frame(Framed { place: Place::Start, title: "Start", crumbs: &[], content })
}

fn running_shop(shell: &Shell, model: &Running) -> Markup {
    let import = html! {
        @if shell.leave.import { a.button.is-primary href={ (paths::IMPORTS) "#new" } { (icon(Icon::Import)) "Import orders" } }
    };
    html! {
        (page_header(&shell.shop, html! { "As of " (format::ago(model.as_of)) }, import))
        (figures(&model.figures))
        div.columns.is-wide-left {
            div.column {
                section.panel aria-label="Orders and revenue" {
                    (bar_chart(&model.orders))
                    @for chart in &model.revenue { (bar_chart(chart)) }
                    @if !model.in_other_currencies.is_empty() {
                        p.hint { "In other currencies, over the same months: " (model.in_other_currencies.join(" · ")) }
                    }
                }
            }
            div.column {
                (section("next", "What to do next", html! {}, steps(&model.steps)))
                (section("acts", "Recent acts", html! { @if shell.leave.audit { a href=(paths::AUDIT) { "Audit log" } } }, timeline(&model.acts, true)))
            }
        }
        @if shell.leave.imports {
            (section("imports", "Recent imports", html! { a href=(paths::IMPORTS) { "All imports" } }, recent_imports(&model.imports)))
        }
    }
}

fn recent_imports(imports: &[ImportRow]) -> Markup {
    if imports.is_empty() {
        return empty(Icon::Import, "No imports yet", "Order files appear here as they come in.", None);
    }
    import_table(imports)
}

fn steps(steps: &[Step]) -> Markup {
    if steps.is_empty() {
        return empty(Icon::Check, "All done", "Nothing waits for you.", None);
    }
    html! {
        ul.steps {
            @for step in steps {
                li {
                    span.steps-icon { (icon(step.icon)) }
                    div { a.cover href=(step.url) { (step.title) } p.note { (step.why) } }
                    (icon(Icon::Chevron))
                }
            }
        }
    }
}

fn fresh(shell: &Shell) -> Markup {
    let lead = html! { "Nothing here yet. Bring your order files in, and every order finds its customer." };
    html! {
        (page_header(&shell.shop, lead, html! {}))
        div.begin {
            section.panel.begin-main aria-labelledby="begin-title" {
                h2 #begin-title { "Begin with an order file" }
                p { "CSV, JSON Lines or Parquet, from the web shop, the till, the loyalty programme or the app. Column names are "
                    "recognised in their usual spellings. A dry run shows what would happen and changes nothing." }
                div.acts {
                    @if shell.leave.import { a.button.is-primary href={ (paths::IMPORTS) "#new" } { (icon(Icon::Import)) "Choose a file" } }
                    @else { p.note { "Your role may not import. Ask the shop's owner or manager." } }
                }
                h3 { "Or from the machine itself" }
                div.command {
                    code #begin-command { "trunkline import orders orders.csv --source online --region FI" }
                    button.button.is-quiet.is-square type="button" data-copy-from="begin-command" title="Copy" { (icon(Icon::Copy)) span.unseen { "Copy command" } }
                }
            }
            ol.begin-steps {
                @for (title, text) in BEGIN {
                    li { h3 { (title) } p { (text) } }
                }
            }
        }
    }
}

const BEGIN: [(&str, &str); 4] = [
    (
        "Bring it in",
        "Each row needs an order id, a date, an amount, and a number, an e-mail address or a loyalty id. Rows that cannot be used are kept with the reason.",
    ),
    (
        "See it linked",
        "Orders that belong to one person become one customer, across spellings and sources. Every link says why.",
    ),
    (
        "Answer the doubts",
        "Where two records may or may not be one person, nothing is joined in silence: you decide in the review queue.",
    ),
    ("Give it to your systems", "The API serves the same record. Make a key under “Staff and keys”."),
];
