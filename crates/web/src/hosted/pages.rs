//! The hosted pages: for each what it shows, and a pure function that renders it.

use base::Timestamp;
use maud::{Markup, html};

use super::frame::Look;
use crate::{
    components::form::{self, Field},
    personal::Personal,
};

/// The form that asks for a number.
#[derive(Clone, Debug, Default)]
pub(super) struct AskNumber {
    /// The name of the client that waits.
    pub client: Option<String>,
    pub request: String,
    pub number: Field,
    /// Codes and names of countries.
    pub regions: Vec<(String, String)>,
    pub region: String,
}

pub(super) fn ask_number(look: &Look, model: &AskNumber) -> Markup {
    let (say, shop) = (|name| look.language.say(name), ("shop", look.shop.as_str()));
    let wrong = model.number.error.as_deref();
    html! {
        h1 { (look.language.fill("sign_in.title", &[shop])) }
        @match &model.client {
            Some(client) => p.lead { (look.language.fill("sign_in.for", &[shop, ("client", client)])) },
            None => p.lead { (say("sign_in.lead")) },
        }
        form method="post" action=(look.action("sign-in")) {
            (form::csrf(&look.csrf))
            input type="hidden" name="request" value=(model.request);
            div.field.is-wrong[wrong.is_some()] {
                label for="number" { (say("number.label")) }
                input #number name="number" type="tel" inputmode="tel" autocomplete="tel" required autofocus value=(model.number.value)
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=(if wrong.is_some() { "number-error number-hint" } else { "number-hint" });
                @if let Some(wrong) = wrong { p.error #number-error role="alert" { (wrong) } }
                p.hint #number-hint { (say("number.hint")) }
            }
            (country(look, &model.regions, &model.region, wrong.is_some()))
            button.primary { (say("send")) }
        }
        (passkey(look, "sign-in", &model.request))
    }
}

/// Which country's numbers are written at home like this; out of the way until it is needed.
pub(super) fn country(look: &Look, regions: &[(String, String)], chosen: &str, is_open: bool) -> Markup {
    let label = look.language.say("country.label");
    html! {
        details.country open[is_open] {
            summary { (label) }
            select name="region" aria-label=(label) {
                option value="" {}
                @for (code, name) in regions { option value=(code) selected[code == chosen] { (name) } }
            }
        }
    }
}

/// Signing in by a passkey: shown by the script alone, since nothing else can use one, and not at a bare address, where there are none.
pub(super) fn passkey(look: &Look, act: &str, request: &str) -> Markup {
    if !look.may_have_passkeys {
        return Markup::default();
    }
    html! {
        div.passkey hidden data-passkey=(act) data-request=(request) data-csrf=(look.csrf) data-shop=(look.slug) {
            @if act == "sign-in" { p.or aria-hidden="true" { (look.language.say("or")) } }
            button type="button" { (look.language.say(if act == "add" { "account.passkey.add" } else { "passkey.use" })) }
            p.error role="alert" hidden { (look.language.say("error.title")) }
        }
    }
}

/// The form that asks for a code.
#[derive(Clone, Debug)]
pub(super) struct AskCode {
    pub number: Personal,
    pub ticket: String,
    pub request: String,
    /// When another code may be asked for, in seconds of 1970.
    pub until: i64,
    pub error: Option<&'static str>,
    pub again_in_seconds: i64,
    pub was_sent_again: bool,
}

pub(super) fn ask_code(look: &Look, model: &AskCode) -> Markup {
    let say = |name| look.language.say(name);
    let wrong = model.error;
    let lead = look.language.fill("code.lead", &[("number", model.number.reveal())]);
    let wait = look.language.fill("again.wait", &[("seconds", &model.again_in_seconds.to_string())]);
    html! {
        h1 { (say("code.title")) }
        p.lead { (lead) }
        @if model.was_sent_again { p.notice role="status" { (say("again.sent")) } }
        form method="post" action=(look.action("code")) {
            (form::csrf(&look.csrf))
            (carried(model))
            div.field.is-wrong[wrong.is_some()] {
                label for="code" { (say("code.label")) }
                input.code #code name="code" type="text" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]*" maxlength="12"
                    required autofocus aria-invalid=[wrong.map(|_| "true")] aria-describedby=(if wrong.is_some() { "code-error" } else { "code-staff" });
                @if let Some(wrong) = wrong { p.error #code-error role="alert" { (say(wrong)) } }
                p.hint #code-staff { (say("code.staff")) }
            }
            button.primary { (say("code.submit")) }
        }
        form.again method="post" action=(look.action("again")) {
            (form::csrf(&look.csrf))
            (carried(model))
            @if model.again_in_seconds > 0 { p.hint data-wait=(model.again_in_seconds) data-words=(say("again.wait")) { (wait) } }
            div.buttons {
                button name="channel" value="" data-waits { (say("again")) }
                button name="channel" value="voice" data-waits { (say("again.voice")) }
            }
        }
        p { a href={ "/account/" (look.slug) "/sign-in?request=" (model.request) "&lang=" (look.language.code) } { (say("other")) } }
    }
}

fn carried(model: &AskCode) -> Markup {
    html! {
        input type="hidden" name="ticket" value=(model.ticket);
        input type="hidden" name="request" value=(model.request);
        input type="hidden" name="until" value=(model.until);
    }
}

/// One place where somebody is signed in.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub id: String,
    pub browser: String,
    pub since: Timestamp,
    pub is_here: bool,
}

/// The account as its holder sees it.
#[derive(Clone, Debug)]
pub(super) struct AccountPage {
    pub number: Personal,
    pub holds_number: bool,
    pub places: Vec<Place>,
    /// Names and ids of passkeys.
    pub passkeys: Vec<(String, String)>,
    pub totp: bool,
    pub password: bool,
    pub notice: Option<&'static str>,
}

pub(super) fn account(look: &Look, model: &AccountPage) -> Markup {
    let say = |name| look.language.say(name);
    html! {
        h1 { (say("account.title")) }
        @if let Some(notice) = model.notice { p.notice role="status" { (say(notice)) } }
        section aria-labelledby="number-head" {
            h2 #number-head { (say("account.number")) }
            p { (model.number) }
            @if !model.holds_number { p.error { (say("account.number.lost")) } }
            p { a href={ "/account/" (look.slug) "/number?lang=" (look.language.code) } { (say("number_change.title")) } }
        }
        (factors(look, model))
        section aria-labelledby="places-head" {
            h2 #places-head { (say("account.sessions")) }
            ul.places { @for place in &model.places { li {
                div {
                    span.strong { (place.browser) } @if place.is_here { " · " (say("account.here")) }
                    div.hint { (look.language.fill("account.since", &[("at", &look.language.moment(place.since))])) }
                }
                @if !place.is_here {
                    form method="post" action=(look.action("sessions")) {
                        (form::csrf(&look.csrf))
                        button name="session" value=(place.id) { (say("account.end")) }
                    }
                }
            } } }
            div.buttons {
                @if model.places.len() > 1 {
                    form method="post" action=(look.action("sessions")) {
                        (form::csrf(&look.csrf))
                        button name="session" value="others" { (say("account.end_others")) }
                    }
                }
                form method="post" action=(look.action("sign-out")) { (form::csrf(&look.csrf)) button { (say("account.sign_out")) } }
            }
        }
    }
}

/// A form of one button.
fn act(look: &Look, name: &str, words: &str) -> Markup {
    html! { form method="post" action=(look.action(name)) { (form::csrf(&look.csrf)) button { (look.language.say(words)) } } }
}

fn factors(look: &Look, model: &AccountPage) -> Markup {
    let say = |name| look.language.say(name);
    html! {
        @if look.may_have_passkeys || !model.passkeys.is_empty() {
            section aria-labelledby="passkeys-head" {
                h2 #passkeys-head { (say("account.passkeys")) }
                @if model.passkeys.is_empty() { p.hint { (say("account.passkeys.none")) } }
                ul.places { @for (name, id) in &model.passkeys { li {
                    span.strong { (name) }
                    form method="post" action=(look.action("passkey/remove")) {
                        (form::csrf(&look.csrf))
                        button name="passkey" value=(id) { (say("account.passkey.remove")) }
                    }
                } } }
                (passkey(look, "add", ""))
            }
        }
        section aria-labelledby="totp-head" {
            h2 #totp-head { (say("account.totp")) }
            p.hint { (say(if model.totp { "account.totp.on" } else { "account.totp.none" })) }
            div.buttons { @if model.totp { (act(look, "totp/remove", "account.totp.remove")) } @else { (act(look, "totp", "account.totp.add")) } }
        }
        section aria-labelledby="password-head" {
            h2 #password-head { (say("password.title")) }
            p.hint { (say(if model.password { "password.on" } else { "password.none" })) }
            @if model.password { div.buttons { (act(look, "password/remove", "password.remove")) } }
            details.country {
                summary { (say("password.set")) }
                form method="post" action=(look.action("password")) {
                    (form::csrf(&look.csrf))
                    div.field {
                        label for="password" { (say("password.new")) }
                        input #password name="password" type="password" autocomplete="new-password" minlength="15" required aria-describedby="password-hint";
                        p.hint #password-hint { (say("password.hint")) }
                    }
                    button { (say("password.set")) }
                }
            }
        }
    }
}

/// What a client's request to sign out carries through the question.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaving {
    pub client: String,
    pub back_to: String,
    pub state: String,
}

pub(super) fn ask_to_leave(look: &Look, leaving: &Leaving) -> Markup {
    html! {
        h1 { (look.language.fill("sign_out.title", &[("shop", &look.shop)])) }
        form method="post" action={ "/oidc/" (look.slug) "/logout/confirmed?lang=" (look.language.code) } {
            (form::csrf(&look.csrf))
            input type="hidden" name="client_id" value=(leaving.client);
            input type="hidden" name="post_logout_redirect_uri" value=(leaving.back_to);
            input type="hidden" name="state" value=(leaving.state);
            button.primary { (look.language.say("sign_out.yes")) }
        }
    }
}

pub(super) fn left(look: &Look) -> Markup {
    html! {
        h1 { (look.language.say("sign_out.done")) }
        p { a href=(look.action("sign-in")) { (look.language.fill("sign_in.title", &[("shop", &look.shop)])) } }
    }
}

/// Something did not work.
pub(super) fn trouble(look: &Look, words: &str, request: Option<&str>) -> Markup {
    html! {
        h1 { (look.language.say("error.title")) }
        p role="alert" { (words) }
        @if let Some(request) = request { p.hint { code { (request) } } }
        @if !look.slug.is_empty() { p { a href=(look.action("sign-in")) { (look.language.fill("sign_in.title", &[("shop", &look.shop)])) } } }
    }
}
