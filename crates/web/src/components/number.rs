//! A phone number (or another detail) as staff see it: masked, with a way to reveal it that asks why.

use std::fmt;

use maud::{Markup, Render, html};

use crate::{
    components::{
        dialog,
        icon::{Icon, icon},
    },
    personal::Personal,
};

/// A number, an e-mail address or an address on a page. `reveal` is the address that takes the reason; without it this person may not reveal.
#[derive(Clone)]
pub struct MaskedNumber {
    /// For example `+358 40 ••• ••67`.
    pub masked: String,
    pub reveal: Option<String>,
}

/// Even a mask tells a little, such as the host of an address, so it stays out.
impl fmt::Debug for MaskedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaskedNumber(…)")
    }
}

impl MaskedNumber {
    pub fn new(masked: impl Into<String>) -> Self {
        Self { masked: masked.into(), reveal: None }
    }

    #[must_use]
    pub fn reveal(mut self, url: impl Into<String>) -> Self {
        self.reveal = Some(url.into());
        self
    }
}

/// The chip. Without script its link leads to a page that asks for the reason; with it, the dialog of [`reveal_dialog`] does, and
/// the answer ([`revealed`]) takes the chip's place.
pub fn number(number: &MaskedNumber) -> Markup {
    html! {
        span.number {
            span.number-digits aria-label=(spoken(&number.masked)) { (number.masked) }
            @if let Some(url) = &number.reveal {
                a.number-reveal href=(url) data-reveal title="Reveal" { (icon(Icon::Eye)) span.unseen { "Reveal" } }
            }
        }
    }
}

/// The fragment that answers a reveal: the number in the clear with a button that copies it.
pub fn revealed(shown: &Personal) -> Markup {
    html! {
        span.number.is-revealed tabindex="-1" data-focus {
            span.number-digits { (shown) }
            button.number-reveal type="button" data-copy=(shown.reveal()) title="Copy" { (icon(Icon::Copy)) span.unseen { "Copy" } }
        }
    }
}

/// The one reveal dialog of a page; the script points its form at the chip that was asked about.
pub fn reveal_dialog(csrf: &str) -> Markup {
    let body = html! {
        p { "The reveal is written to the audit log with your name and this reason." }
        (dialog::reason_field("reveal-reason", "For example: customer called about order 10482"))
    };
    dialog::dialog(&dialog::Dialog {
        id: "reveal",
        title: "Reveal",
        act: "Reveal",
        action: "",
        csrf,
        danger: false,
        fragment: true,
        body,
    })
}

/// One detail of a record: in the clear, or masked with the way to reveal it.
#[derive(Clone, Debug)]
pub enum Detail {
    Clear(Personal),
    Masked(MaskedNumber),
}

impl Render for Detail {
    fn render_to(&self, buffer: &mut String) {
        match self {
            Self::Clear(text) => text.render_to(buffer),
            Self::Masked(masked) => buffer.push_str(&number(masked).into_string()),
        }
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        Self::Clear(text.into())
    }
}

/// "ending in 67": dots read aloud one by one help nobody.
fn spoken(masked: &str) -> String {
    let mut tail: Vec<char> = masked.chars().rev().take_while(|c| *c != '•').collect();
    tail.reverse();
    format!("Masked, ending in {}", String::from_iter(tail).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_number_is_spoken_by_its_end() {
        assert_eq!(spoken("+358 40 ••• ••67"), "Masked, ending in 67");
        assert_eq!(spoken("a•••@shop.example"), "Masked, ending in @shop.example");
    }

    #[test]
    fn without_leave_there_is_no_reveal() {
        let plain = MaskedNumber::new("+358 40 ••• ••67");
        assert!(!number(&plain).into_string().contains("data-reveal"));
        assert!(
            number(&plain.reveal("/console/reveal/1")).into_string().contains("href=\"/console/reveal/1\"")
        );
    }
}
