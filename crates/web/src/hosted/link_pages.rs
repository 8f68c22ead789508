//! The pages that links in texts open. Each is a pure function of what it shows.

use maud::{Markup, html};

use super::frame::Look;
use crate::{components::form, personal::Personal};

/// A link is on its way.
pub(super) fn sent(look: &Look, number: &Personal) -> Markup {
    html! {
        h1 { (look.language.say("recover.title")) }
        p.lead role="status" { (look.language.fill("recover.sent", &[("number", number.reveal())])) }
        p.hint { (look.language.say("code.staff")) }
    }
}

/// Gets somebody back in when they press the button; opening the page does nothing, since messengers open links to show what is behind them.
pub(super) fn recovery(look: &Look, token: &str, error: Option<&str>) -> Markup {
    html! {
        h1 { (look.language.say("recover.title")) }
        @if let Some(error) = error { p.error role="alert" { (error) } }
        p.lead { (look.language.say("recover.open")) }
        form method="post" action=(look.action(&format!("link/{token}"))) {
            (form::csrf(&look.csrf))
            button.primary { (look.language.say("recover.submit")) }
        }
    }
}

/// What is said of a link that serves no more, or that was answered.
pub(super) fn said(title: &str, words: &str) -> Markup {
    html! {
        h1 { (title) }
        p.lead role="status" { (words) }
    }
}
