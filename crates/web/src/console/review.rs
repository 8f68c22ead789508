//! The review queue: where it is in doubt whether two records are one person, a person decides.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
        compare::{Pair, Side, compare},
        dialog::reason_field,
        evidence::{Evidence, evidence},
        form,
        header::{page_header, section},
        icon::{Icon, icon},
        notice::empty,
        number::{MaskedNumber, number},
        shell::{Framed, Place, Shell},
        table::{Column, Paging, Row, Set, paging, table},
    },
    console::paths,
    format,
    personal::Personal,
};

/// What is in doubt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// May be one person.
    SamePerson,
    /// The number may have passed to somebody else.
    Recycled,
    /// Records of one customer may be of two people.
    TwoPeople,
}

impl Doubt {
    fn badge(self) -> Markup {
        match self {
            Self::SamePerson => badge(Tone::Accent, "One person?"),
            Self::Recycled => badge(Tone::Warn, "New holder?"),
            Self::TwoPeople => badge(Tone::Bad, "Two people?"),
        }
    }

    const fn question(self) -> &'static str {
        match self {
            Self::SamePerson => "Are these one person?",
            Self::Recycled => "Did this number pass to somebody else?",
            Self::TwoPeople => "Are these two people?",
        }
    }
}

/// An open item in the queue.
#[derive(Clone, Debug)]
pub struct ReviewRow {
    pub id: String,
    pub doubt: Doubt,
    pub left: Personal,
    pub right: Personal,
    pub number: String,
    /// The strongest reason, in words.
    pub reason: String,
    pub orders: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Queue {
    pub items: Vec<ReviewRow>,
    pub paging: Paging,
}

pub fn queue_page(shell: &Shell, model: &Queue) -> Markup {
    let lead = html! { "Where the evidence is not enough, everything stays as it is until you say so: records of one number one customer, records of two numbers two." };
    let first = html! {
        @if let Some(item) = model.items.first() {
            @if shell.leave.act { a.button.is-primary href=(paths::review_item(&item.id)) { (icon(Icon::Review)) "Start with the first" } }
        }
    };
    let content = html! {
        (page_header("Review", lead, first))
        @if model.items.is_empty() {
            (empty(Icon::Check, "Nothing to review", "Doubtful links appear here after an import.", None))
        } @else {
            section.panel aria-label="Open items" { (queue_table(&model.items)) (paging(&model.paging)) }
        }
    };
    shell.frame(Framed { place: Place::Review, title: "Review", crumbs: &[], content })
}

fn queue_table(items: &[ReviewRow]) -> Markup {
    let columns = [
        Column("Records", Set::Wide),
        Column("Doubt", Set::Text),
        Column("Main reason", Set::Wide),
        Column("Number", Set::Text),
        Column("Orders", Set::Figure),
    ];
    let rows: Vec<Row> = items
        .iter()
        .map(|item| {
            Row::of(vec![
                html! { a.cover.strong href=(paths::review_item(&item.id)) { (item.left) span.versus { " and " } (item.right) } },
                item.doubt.badge(),
                html! { (item.reason) },
                html! { span.number-digits { (item.number) } },
                html! { (format::count(item.orders)) },
            ])
        })
        .collect();
    table("Open review items", &columns, &rows)
}

/// One side of an item.
#[derive(Clone, Debug)]
pub struct ReviewSide {
    pub customer: String,
    pub name: Personal,
    pub orders: u64,
    /// When the first and the last were placed.
    pub span: Option<(Timestamp, Timestamp)>,
}

#[derive(Clone, Debug)]
pub struct ReviewItem {
    pub id: String,
    pub doubt: Doubt,
    /// The number that both came over, if there is one.
    pub number: Option<MaskedNumber>,
    pub left: ReviewSide,
    pub right: ReviewSide,
    pub pairs: Vec<Pair>,
    pub evidence: Vec<Evidence>,
    /// What the rules would lean to, and why that was not enough.
    pub leaning: String,
    /// "12 open".
    pub position: String,
    pub next: Option<String>,
}

impl ReviewItem {
    /// Whether both are one customer now.
    fn is_within_one(&self) -> bool {
        self.left.customer == self.right.customer
    }
}

pub fn item_page(shell: &Shell, model: &ReviewItem) -> Markup {
    let title = model.doubt.question();
    let lead = html! { (model.doubt.badge()) @if let Some(over) = &model.number { " over " (number(over)) } };
    let content = html! {
        (page_header(title, lead, neighbours(model)))
        div.columns.is-wide-left {
            div.column {
                section.panel aria-label="Side by side" { (compare(&side(&model.left), &side(&model.right), &model.pairs)) }
            }
            div.column {
                @if shell.leave.act { (answer_form(shell, model)) }
                (section("why", "Evidence", html! { "for +, against −" }, html! {
                    (evidence(&model.evidence))
                    p.note.is-inset { (model.leaning) " " (how_it_stands(model.is_within_one())) }
                }))
            }
        }
    };
    shell.frame(Framed { place: Place::Review, title, crumbs: &[("Review", paths::REVIEW)], content })
}

fn neighbours(model: &ReviewItem) -> Markup {
    html! {
        span.note { (model.position) }
        @if let Some(id) = &model.next { a.button.is-small href=(paths::review_item(id)) data-key="j" { "Next" kbd { "J" } } }
    }
}

fn side(side: &ReviewSide) -> Side {
    Side {
        title: html! { a.strong href=(paths::customer(&side.customer)) { (side.name) } },
        note: html! {
            (format::counted(side.orders, "order", "orders"))
            @if let Some((first, last)) = side.span { ", " (format::span(first, last)) }
        },
    }
}

/// Until somebody answers, what is so stays so.
const fn how_it_stands(is_within_one: bool) -> &'static str {
    if is_within_one {
        "Until you answer they stay one customer."
    } else {
        "Until you answer they stay two customers."
    }
}

fn answer_form(shell: &Shell, model: &ReviewItem) -> Markup {
    let merge = if model.is_within_one() {
        ("merge", "One person", "m", Icon::Merge, "They stay one customer.")
    } else {
        ("merge", "Merge", "m", Icon::Merge, "One person. Both histories become one.")
    };
    let verdicts = [
        merge,
        ("apart", "Keep apart", "a", Icon::Swap, "Two people who share something."),
        ("recycled", "Recycled", "r", Icon::Split, "The number passed from A to B. A's tenure ends."),
    ];
    html! {
        section.panel.answer aria-labelledby="answer-title" {
            h2 #answer-title .unseen { "Your answer" }
            form.stack method="post" action=(paths::review_item(&model.id)) {
                (form::csrf(&shell.csrf))
                (reason_field("reason", "For example: same e-mail, moved house"))
                div.verdicts {
                    // Between two numbers nothing passed from one to the other.
                    @for (value, words, key, which, meaning) in verdicts.into_iter().filter(|v| v.0 != "recycled" || model.doubt != Doubt::SamePerson) {
                        button.verdict name="verdict" value=(value) data-key=(key) {
                            (icon(which)) span.strong { (words) } kbd aria-hidden="true" { (key.to_uppercase()) }
                            span.note { (meaning) }
                        }
                    }
                }
            }
            p.note { "Every answer can be undone from the customer’s page." }
        }
    }
}
