//! The pages that links in texts open. Each is a pure function of what it shows.

use maud::{Markup, html};

use super::frame::Look;
use crate::{components::form, personal::Personal};

/// A link is on its way.
pub(super) fn sent(look: &Look, number: &Personal) -> Markup {
    html! {
        h1 { (look.language.say("recover.title")) }
        p.lead role="status" { (look.language.fill("recover.sent", &[("number", number.reveal())])) }
        p.hint { (look.language.say("recover.staff")) }
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

/// Whether it is oneself who talks with the shop.
#[derive(Clone, Debug)]
pub(super) struct AskCaller {
    pub token: String,
    /// What it is about, as the client said.
    pub saying: Personal,
    pub client: String,
    pub totp: bool,
    pub password: bool,
    pub error: Option<&'static str>,
}

/// Asks for a yes or a no, and for whatever else stands beside a text.
pub(super) fn caller(look: &Look, title: &str, model: &AskCaller) -> Markup {
    let say = |name| look.language.say(name);
    html! {
        h1 { (title) }
        @if let Some(error) = model.error { p.error role="alert" { (say(error)) } }
        p.lead { (look.language.fill("caller.lead", &[("shop", &look.shop)])) }
        p.strong { "“" (model.saying) "”" }
        p.hint { (model.client) }
        p { (say("caller.warn")) }
        form method="post" action=(look.action(&format!("link/{}", model.token))) {
            (form::csrf(&look.csrf))
            @if model.totp || model.password { p.hint { (say("caller.more")) } }
            @if model.totp {
                div.field {
                    label for="digits" { (say("totp.label")) }
                    input.code #digits name="digits" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="8";
                }
            }
            @if model.password {
                div.field {
                    label for="password" { (say("password.label")) }
                    input #password name="password" type="password" autocomplete="current-password";
                }
            }
            div.buttons {
                button.primary name="answer" value="yes" { (say("caller.yes")) }
                button name="answer" value="no" { (say("caller.no")) }
            }
        }
    }
}
