//! The pages of stronger factors: asking for one, setting one up, losing one, changing the number. Each is a pure function of what it shows.

use maud::{Markup, html};
use qrcode::{Color, QrCode};

use super::{
    frame::Look,
    pages::{country, passkey},
};
use crate::{
    components::form::{self, Field},
    personal::Personal,
};

/// What is asked for after the code.
#[derive(Clone, Debug)]
pub(super) struct AskMore {
    pub request: String,
    pub totp: bool,
    pub password: bool,
    pub passkey: bool,
    pub error: Option<&'static str>,
}

pub(super) fn ask_more(look: &Look, model: &AskMore) -> Markup {
    let say = |name| look.language.say(name);
    html! {
        h1 { (say("second.title")) }
        @if let Some(error) = model.error { p.error role="alert" { (say(error)) } }
        @if model.passkey { p.lead { (say("second.passkey")) } (passkey(look, "second", &model.request)) }
        @if model.totp {
            form method="post" action=(look.action("second")) {
                (form::csrf(&look.csrf))
                input type="hidden" name="request" value=(model.request);
                div.field {
                    label for="digits" { (say("totp.label")) }
                    input.code #digits name="digits" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="8" required aria-describedby="digits-hint";
                    p.hint #digits-hint { (say("second.totp")) }
                }
                button.primary { (say("totp.submit")) }
            }
        }
        @if model.password {
            form method="post" action=(look.action("second")) {
                (form::csrf(&look.csrf))
                input type="hidden" name="request" value=(model.request);
                div.field {
                    label for="password" { (say("password.label")) }
                    input #password name="password" type="password" autocomplete="current-password" required;
                }
                button.primary { (say("code.submit")) }
            }
        }
        form.again method="post" action=(look.action("recover/send")) {
            (form::csrf(&look.csrf))
            input type="hidden" name="request" value=(model.request);
            p { (say("recover.link")) }
            p.hint { (say("recover.lead")) }
            div.buttons {
                button { (say("recover.go")) }
                button name="by" value="link" { (say("recover.by_link")) }
            }
        }
    }
}

/// The code of a recovery.
#[derive(Clone, Debug)]
pub(super) struct RecoveryCode {
    pub number: Personal,
    pub ticket: String,
    pub request: String,
    pub error: Option<String>,
}

fn code_field(look: &Look, name: &str, label: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            input.code id=(name) name=(name) type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required;
        }
        @if name == "code" { p.hint { (look.language.say("code.staff")) } }
    }
}

pub(super) fn recovery(look: &Look, model: &RecoveryCode) -> Markup {
    let lead = look.language.fill("code.lead", &[("number", model.number.reveal())]);
    html! {
        h1 { (look.language.say("recover.title")) }
        p.lead { (lead) }
        @if let Some(error) = &model.error { p.error role="alert" { (error) } }
        form method="post" action=(look.action("recover")) {
            (form::csrf(&look.csrf))
            input type="hidden" name="ticket" value=(model.ticket);
            input type="hidden" name="request" value=(model.request);
            (code_field(look, "code", look.language.say("code.label")))
            button.primary { (look.language.say("recover.submit")) }
        }
    }
}

/// An authenticator app to be set up.
#[derive(Clone, Debug, Default)]
pub(super) struct SetUpTotp {
    pub key: Personal,
    /// The key as an address that apps open, and read from a picture.
    pub address: Personal,
    pub error: Option<&'static str>,
}

/// A text as a QR code, black on white in any colours of the page, so that cameras read it.
fn picture(text: &Personal, label: &str) -> Markup {
    let Ok(code) = QrCode::new(text.reveal()) else { return Markup::default() };
    let side = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    let path: String = dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % side + 4, at / side + 4)).collect();
    let size = side + 8;
    html! {
        svg.qr viewBox={ "0 0 " (size) " " (size) } role="img" aria-label=(label) {
            rect width=(size) height=(size) fill="#fff" {}
            path d=(path) fill="#000" shape-rendering="crispEdges" {}
        }
    }
}

pub(super) fn set_up_totp(look: &Look, model: &SetUpTotp) -> Markup {
    let say = |name| look.language.say(name);
    html! {
        h1 { (say("totp.title")) }
        @if model.key.is_empty() { } @else {
            p.lead { (say("totp.lead")) }
            (picture(&model.address, say("totp.picture")))
            p { a.button href=(model.address.reveal()) { (say("totp.open")) } }
            p { span.strong { (say("totp.key")) } code.key { (model.key) } }
        }
        @if let Some(error) = model.error { p.error role="alert" { (say(error)) } }
        form method="post" action=(look.action("totp/confirm")) {
            (form::csrf(&look.csrf))
            (code_field(look, "digits", say("totp.label")))
            button.primary { (say("totp.submit")) }
        }
        (back(look))
    }
}

pub(super) fn back(look: &Look) -> Markup {
    html! { p.again { a href={ "/account/" (look.slug) "?lang=" (look.language.code) } { (look.language.say("back")) } } }
}

/// Making a passkey, offered once after signing in.
pub(super) fn offer(look: &Look, onwards: &str, request: &str) -> Markup {
    html! {
        h1 { (look.language.say("offer.title")) }
        p.lead { (look.language.say("offer.lead")) }
        (passkey(look, "add", request))
        p.again { a href=(onwards) { (look.language.say("offer.skip")) } }
    }
}

/// A new number, and then both codes.
#[derive(Clone, Debug, Default)]
pub(super) struct NewNumber {
    pub number: Field,
    /// Codes and names of countries, and the one that national spellings are read by.
    pub regions: Vec<(String, String)>,
    pub region: String,
    /// Both tickets, once codes were sent; the old number has none when somebody else holds it.
    pub tickets: Option<(String, String)>,
    /// Shows that the code to the old number was right already.
    pub old_proof: String,
    pub old: Personal,
    pub new: Personal,
    pub error: Option<&'static str>,
}

pub(super) fn new_number(look: &Look, model: &NewNumber) -> Markup {
    let say = |name| look.language.say(name);
    let wrong = model.number.error.as_deref();
    let code_to =
        |number: &Personal| look.language.fill("number_change.code", &[("number", number.reveal())]);
    html! {
        h1 { (say("number_change.title")) }
        p.lead { (say(if model.tickets.is_some() { "number_change.sent" } else { "number_change.lead" })) }
        @if let Some(error) = model.error { p.error role="alert" { (say(error)) } }
        @match &model.tickets {
            None => form method="post" action=(look.action("number")) {
                (form::csrf(&look.csrf))
                div.field.is-wrong[wrong.is_some()] {
                    label for="number" { (say("number_change.new")) }
                    input #number name="number" type="tel" inputmode="tel" autocomplete="tel" required value=(model.number.value)
                        aria-invalid=[wrong.map(|_| "true")] aria-describedby="number-hint";
                    @if let Some(wrong) = wrong { p.error role="alert" { (wrong) } }
                    p.hint #number-hint { (say("number.hint")) }
                }
                (country(look, &model.regions, &model.region, wrong.is_some()))
                button.primary { (say("number_change.go")) }
            },
            Some((old, new)) => form method="post" action=(look.action("number/change")) {
                (form::csrf(&look.csrf))
                input type="hidden" name="old" value=(old);
                input type="hidden" name="new" value=(new);
                input type="hidden" name="old_proof" value=(model.old_proof);
                @if !old.is_empty() && model.old_proof.is_empty() { (code_field(look, "old_code", &code_to(&model.old))) }
                (code_field(look, "new_code", &code_to(&model.new)))
                button.primary { (say("number_change.submit")) }
            },
        }
        @if let Some((old, new)) = &model.tickets {
            form.again method="post" action=(look.action("number")) {
                (form::csrf(&look.csrf))
                input type="hidden" name="kept" value=(old);
                input type="hidden" name="kept_proof" value=(model.old_proof);
                button name="again" value=(new) { (say("number_change.again")) }
            }
        }
        (back(look))
    }
}
