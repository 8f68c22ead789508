//! Why each record was linked to this customer: the rule and its evidence, in words and weights.

use base::Timestamp;
use maud::{Markup, html};

use super::certainty;
use crate::{
    components::{
        badge::{self, Source, Tone, badge},
        evidence::{Evidence, evidence},
        icon::{Icon, icon},
        number::{MaskedNumber, number},
    },
    format,
    personal::Personal,
};

/// The identity details that orders of one source carried.
#[derive(Clone, Debug)]
pub struct Persona {
    pub id: String,
    pub source: Source,
    pub number: Option<MaskedNumber>,
    /// Labels and values: name, e-mail, address, loyalty id.
    pub details: Vec<(String, Personal)>,
    pub orders: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

impl Persona {
    /// One line that tells it from others.
    pub fn line(&self) -> Markup {
        html! { @for (at, (_, value)) in self.details.iter().take(2).enumerate() { @if at > 0 { " · " } (value) } }
    }

    pub fn span(&self) -> String {
        format!(
            "{}, {} – {}",
            format::counted(self.orders, "order", "orders"),
            format::date(self.first),
            format::date(self.last)
        )
    }
}

/// One link from a persona to the customer.
#[derive(Clone, Debug)]
pub struct WhyLinked {
    pub persona: Persona,
    /// One sentence: "Same number and same e-mail as the founding record."
    pub because: Personal,
    pub rule: String,
    pub certainty_percent: u8,
    /// The record that began this customer: there was nothing to weigh.
    pub founding: bool,
    pub evidence: Vec<Evidence>,
}

pub(super) fn why_list(links: &[WhyLinked]) -> Markup {
    html! {
        ul.why {
            @for (at, link) in links.iter().enumerate() {
                li { details open[at == 0] { (summary(link)) (body(link)) } }
            }
        }
    }
}

fn summary(link: &WhyLinked) -> Markup {
    html! {
        summary {
            (icon(Icon::Chevron))
            div.why-line { span.strong { (link.persona.line()) } span.note { (badge::source(link.persona.source)) " · " (link.persona.span()) } }
            @if link.founding { (badge(Tone::Plain, "Founding record")) } @else { (certainty(link.certainty_percent)) }
        }
    }
}

fn body(link: &WhyLinked) -> Markup {
    html! {
        div.why-body {
            p { (link.because) }
            dl.pairs.is-tight {
                @if let Some(over) = &link.persona.number { div { dt { "Number" } dd { (number(over)) } } }
                @for (label, value) in &link.persona.details { div { dt { (label) } dd { (value) } } }
            }
            @if !link.evidence.is_empty() { (evidence(&link.evidence)) }
            p.note { "Rule " code { (link.rule) } }
        }
    }
}
