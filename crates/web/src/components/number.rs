//! A phone number as staff see it: masked, with a way to reveal it that asks why.

use maud::{Markup, html};

use crate::{
    components::{
        dialog,
        icon::{Icon, icon},
    },
    personal::Personal,
};

/// A number on a page. `reveal` is the address that takes the reason; without it this person may not reveal.
#[derive(Clone, Debug)]
pub struct MaskedNumber {
    /// For example `+358 40 ••• ••67`.
    pub masked: String,
    pub reveal: Option<String>,
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
                a.number-reveal href=(url) data-reveal title="Reveal this number" { (icon(Icon::Eye)) span.unseen { "Reveal" } }
            }
        }
    }
}

/// The fragment that answers a reveal: the number in the clear with a button that copies it.
pub fn revealed(shown: &Personal) -> Markup {
    html! {
        span.number.is-revealed tabindex="-1" data-focus {
            span.number-digits { (shown) }
            button.number-reveal type="button" data-copy=(shown.reveal()) title="Copy" { (icon(Icon::Copy)) span.unseen { "Copy number" } }
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
        title: "Reveal number",
        act: "Reveal",
        action: "",
        csrf,
        danger: false,
        fragment: true,
        body,
    })
}

/// "ending in 67": dots read aloud one by one help nobody.
fn spoken(masked: &str) -> String {
    let tail: String = masked.chars().rev().take_while(char::is_ascii_digit).collect();
    format!("Masked number ending in {}", tail.chars().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_number_is_spoken_by_its_end() {
        assert_eq!(spoken("+358 40 ••• ••67"), "Masked number ending in 67");
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
