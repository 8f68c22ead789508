//! Why each record was linked to this customer: the rule and its evidence, in words and weights.

use base::Timestamp;
use maud::{Markup, html};

use super::certainty;
use crate::{
    components::{
        badge::{self, Source, Tone, badge},
        evidence::{Evidence, evidence},
        icon::{Icon, icon},
        number::{Detail, MaskedNumber, number},
    },
    format,
    personal::Personal,
};

/// The identity details that orders of one source carried.
#[derive(Clone, Debug)]
pub struct Persona {
    pub id: String,
    /// Of its first order; none when nothing was ordered.
    pub source: Option<Source>,
    pub number: Option<MaskedNumber>,
    /// Labels and values: name, e-mail, address, loyalty id.
    pub details: Vec<(String, Detail)>,
    pub orders: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

impl Persona {
    /// One line that tells it from others.
    pub fn line(&self) -> Markup {
        let clear = self.details.iter().filter_map(|(label, value)| match value {
            Detail::Clear(text) if label != "Country" => Some(text),
            _ => None,
        });
        html! {
            @for (at, text) in clear.take(2).enumerate() { @if at > 0 { " · " } (text) }
            @if !self.details.iter().any(|(label, value)| label != "Country" && matches!(value, Detail::Clear(_))) {
                @match &self.number { Some(over) => (over.masked), None => { "Masked details only" } }
            }
        }
    }

    pub fn span(&self) -> String {
        if self.orders == 0 {
            return format!("no orders, recorded on {}", format::date(self.first));
        }
        format!(
            "{}, {}",
            format::counted(self.orders, "order", "orders"),
            format::span(self.first, self.last)
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
    /// None where nothing was weighed: the founding record, an act of staff.
    pub certainty_percent: Option<u8>,
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
            div.why-line { span.strong { (link.persona.line()) } span.note { @if let Some(source) = link.persona.source { (badge::source(source)) " · " } (link.persona.span()) } }
            @if link.founding { (badge(Tone::Plain, "Founding record")) } @else if let Some(percent) = link.certainty_percent { (certainty(percent)) }
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
