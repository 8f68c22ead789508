//! Two records side by side, with what differs marked in words and colour.

use std::fmt;

use maud::{Markup, html};

use crate::components::number::Detail;

/// How two values of one field relate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    Same,
    /// Alike enough to be one person's: a nickname, a typing error.
    Close,
    Different,
    /// Only one side has it.
    OneSided,
}

impl Relation {
    const fn class(self) -> &'static str {
        match self {
            Self::Same => "is-same",
            Self::Close => "is-close",
            Self::Different => "is-different",
            Self::OneSided => "is-one-sided",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Same => "Same",
            Self::Close => "Close",
            Self::Different => "Differs",
            Self::OneSided => "One side",
        }
    }
}

/// One field of both sides; several values when a customer has had several.
#[derive(Clone, Debug)]
pub struct Pair {
    pub label: String,
    pub left: Vec<Detail>,
    pub right: Vec<Detail>,
    pub relation: Relation,
}

/// Heading of a side.
pub struct Side {
    pub title: Markup,
    pub note: Markup,
}

/// Markup may name people, so it stays out.
impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Side(…)")
    }
}

pub fn compare(left: &Side, right: &Side, pairs: &[Pair]) -> Markup {
    html! {
        table.compare {
            caption.unseen { "Both records field by field" }
            thead {
                tr {
                    th scope="col" { span.unseen { "Field" } }
                    @for (letter, side) in [("A", left), ("B", right)] {
                        th scope="col" { span.compare-letter { (letter) } div { (side.title) div.note { (side.note) } } }
                    }
                    th scope="col" { span.unseen { "How they relate" } }
                }
            }
            tbody {
                @for pair in pairs {
                    tr class=(pair.relation.class()) {
                        th scope="row" { (pair.label) span.compare-word aria-hidden="true" { (pair.relation.words()) } }
                        td data-label="A" { (values(&pair.left)) }
                        td data-label="B" { (values(&pair.right)) }
                        td.compare-relation { span { (pair.relation.words()) } }
                    }
                }
            }
        }
    }
}

fn values(values: &[Detail]) -> Markup {
    html! {
        @if values.is_empty() { span.nothing { "not given" } }
        @for value in values { span.compare-value { (value) } }
    }
}
