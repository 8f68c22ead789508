//! Signing in: a number, a code, and on to wherever somebody was going.

use axum::{
    extract::Query,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use base::{Fault, Timestamp};
use identity::{
    accounts::{Method, Proof},
    verification::{Channel, Check, Outcome, Purpose, Start, Started, Verification, Which},
};
use numbering::{PhoneNumber, Possibility};
use serde::Deserialize;

use super::{
    cookies::Kind,
    cover::LeadsTo,
    frame::{Look, frame},
    pages::{self, AskCode, AskNumber},
    refusal::Answer,
    visit::{Posted, Visit},
};
use crate::{
    components::form::Field,
    personal::Personal,
    routes::{mapping::masked, region},
};

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    request: String,
    #[serde(default)]
    ticket: String,
    /// When another code may be asked for, in seconds of 1970.
    #[serde(default)]
    until: i64,
    #[serde(default)]
    again: String,
    /// Somebody signed in proves themselves again, to change something.
    #[serde(default)]
    why: String,
}

/// A page, with the visitor's cookie if the browser has none yet, that may lead to the client that waits.
pub(super) async fn page(
    visit: &Visit,
    status: StatusCode,
    request: &str,
    render: impl FnOnce(&Look) -> (String, maud::Markup),
) -> Answer {
    page_at(visit, (status, "?"), request, render).await
}

/// The same for a page that is elsewhere in another language: `at` is that address with the beginning of its query.
pub(super) async fn page_at(
    visit: &Visit,
    (status, at): (StatusCode, &str),
    request: &str,
    render: impl FnOnce(&Look) -> (String, maud::Markup),
) -> Answer {
    let look = Look {
        at: at.to_owned(),
        request: if request.is_empty() { String::new() } else { format!("&request={request}") },
        ..Look::of(visit)
    };
    let (title, content) = render(&look);
    let mut response = (status, frame(&look, &title, content)).into_response();
    if !visit.is_known {
        let (name, value) = visit.set_cookie(Kind::Visitor, visit.visitor.reveal());
        if let Ok(value) = value.parse() {
            response.headers_mut().append(name, value);
        }
    }
    if let Some((asked, _)) = waiting(visit, request).await? {
        response.extensions_mut().insert(LeadsTo(asked.redirect_uri));
    }
    Ok(response)
}

/// The client's request that waits, if one does.
pub(super) async fn waiting(
    visit: &Visit,
    request: &str,
) -> Result<Option<(identity::oidc::request::Asked, identity::oidc::Client)>, super::refusal::No> {
    if request.is_empty() {
        return Ok(None);
    }
    visit.lobby.app.provider.waiting(&visit.cx, request).await.map_err(|fault| visit.no(fault))
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let waiting = waiting(&visit, &asked.request).await?;
    if waiting.is_none() && visit.signed_in().is_some() && asked.why.is_empty() {
        return Ok(Redirect::to(&visit.onwards("")).into_response());
    }
    let (hint, client) =
        waiting.map_or((None, None), |(asked, client)| (asked.login_hint, Some(client.name)));
    let model =
        AskNumber { client, number: Field::of(hint.unwrap_or_default()), ..form_of(&visit, &asked.request) };
    draw(&visit, StatusCode::OK, &model).await
}

fn form_of(visit: &Visit, request: &str) -> AskNumber {
    AskNumber {
        client: None,
        request: request.to_owned(),
        number: Field::default(),
        regions: visit.language.countries(),
        region: visit.region.map_or_else(String::new, |region| region.as_str().to_owned()),
    }
}

async fn draw(visit: &Visit, status: StatusCode, model: &AskNumber) -> Answer {
    page(visit, status, &model.request, |look| {
        (look.language.fill("sign_in.title", &[("shop", &look.shop)]), pages::ask_number(look, model))
    })
    .await
}

pub(super) async fn send(Posted { visit, fields }: Posted) -> Answer {
    let request = fields.get("request");
    let number = read_number(&visit, fields.get("number"), fields.get("region"));
    let Some(number) = number else {
        let wrong = visit.language.say("number.wrong");
        let model = AskNumber {
            number: Field::of(fields.get("number")).error(wrong),
            region: fields.get("region").to_owned(),
            ..form_of(&visit, request)
        };
        return draw(&visit, StatusCode::UNPROCESSABLE_ENTITY, &model).await;
    };
    let start = Start {
        language: visit.language.code.to_owned(),
        visitor: visit.known_as(),
        ..Start::new(number, Purpose::SignIn)
    };
    let started =
        visit.lobby.app.verifications.start(&visit.cx, start).await.map_err(|fault| visit.no(fault))?;
    Ok(to_code(&visit, &started, request, false))
}

fn to_code(visit: &Visit, started: &Started, request: &str, again: bool) -> Response {
    let again = if again { "&again=1" } else { "" };
    let ticket = visit.ticket(started.verification.id);
    let until = started.resend_at.as_micros() / Timestamp::SECOND;
    let lang = visit.language.code;
    Redirect::to(&format!(
        "/account/{}/code?ticket={ticket}&until={until}&request={request}&lang={lang}{again}",
        visit.shop.slug
    ))
    .into_response()
}

pub(super) async fn ask(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let Ok(id) = visit.read_ticket(&asked.ticket) else {
        return Ok(Redirect::to(&visit.page("sign-in", &asked.request)).into_response());
    };
    let story = visit.lobby.app.verifications.get(&visit.cx, id).await.map_err(|fault| visit.no(fault))?;
    let again = !asked.again.is_empty();
    let model = AskCode {
        was_sent_again: again,
        ..code_page(&visit, &story.verification, &asked.request, asked.until)
    };
    draw_code(&visit, StatusCode::OK, &model).await
}

/// `until` is what everybody was told when they asked for the code, sent or not, so that the seconds tell nothing of the number.
fn code_page(visit: &Visit, verification: &Verification, request: &str, until: i64) -> AskCode {
    let pause = visit.lobby.app.verifications.settings().limits.sends_pause_seconds.max(0);
    let left = until.saturating_sub(visit.cx.now().as_micros() / Timestamp::SECOND);
    AskCode {
        number: Personal::new(masked(verification.number)),
        ticket: visit.ticket(verification.id),
        request: request.to_owned(),
        until,
        error: None,
        again_in_seconds: left.clamp(0, pause),
        was_sent_again: false,
    }
}

async fn draw_code(visit: &Visit, status: StatusCode, model: &AskCode) -> Answer {
    let at = format!("/account/{}/code?ticket={}&until={}&", visit.shop.slug, model.ticket, model.until);
    page_at(visit, (status, &at), &model.request, |look| {
        (look.language.say("code.title").to_owned(), pages::ask_code(look, model))
    })
    .await
}

pub(super) async fn again(Posted { visit, fields }: Posted) -> Answer {
    let no = |fault| visit.no(fault);
    let id = visit.read_ticket(fields.get("ticket")).map_err(no)?;
    let channel = fields.get("channel").parse::<Channel>().ok();
    let started =
        visit.lobby.app.verifications.resend(&visit.cx, id, channel, visit.known_as()).await.map_err(no)?;
    Ok(to_code(&visit, &started, fields.get("request"), true))
}

/// What the page says of a code that did not do.
pub(super) const fn words_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Wrong { .. } => "code.wrong",
        Outcome::Unreadable => "code.unreadable",
        Outcome::UsedUp | Outcome::Limited(_) => "code.limited",
        _ => "code.ended",
    }
}

pub(super) async fn check(posted: Posted) -> Answer {
    let (visit, fields) = (&posted.visit, &posted.fields);
    let no = |fault| visit.no(fault);
    let request = fields.get("request");
    let id = visit.read_ticket(fields.get("ticket")).map_err(no)?;
    let check = Check {
        which: Which::Id(id),
        purpose: Purpose::SignIn,
        code: posted.secret("code"),
        visitor: visit.known_as(),
    };
    let checked = visit.lobby.app.verifications.check(&visit.cx, check).await.map_err(no)?;
    let Some(verification) = checked.verification else {
        return Err(no(Fault::invalid("form_stale", "This page was left open too long.")));
    };
    if checked.outcome != Outcome::Approved {
        let until = fields.get("until").parse().unwrap_or_default();
        let error = Some(words_of(checked.outcome));
        let model = AskCode { error, ..code_page(visit, &verification, request, until) };
        return draw_code(visit, StatusCode::UNPROCESSABLE_ENTITY, &model).await;
    }
    let customer = visit.lobby.app.verifications.holder(&visit.cx, id).await.map_err(no)?;
    let method = Method::of_channel(verification.channel);
    enter(visit, Proof { number: verification.number, customer, method }, request, "").await
}

/// Begins the session of whoever proved a number, in the place of another's that the browser had, and goes on: to the next factor, to the offer of a passkey, or to wherever
/// somebody was going.
pub(super) async fn enter(visit: &Visit, proof: Proof, request: &str, done: &str) -> Answer {
    let no = |fault| visit.no(fault);
    let app = &visit.lobby.app;
    let signed = app.accounts.sign_in(&visit.cx, proof, visit.as_browser(), visit.own_token()).await;
    let signed = signed.map_err(no)?;
    visit.end_earlier(&signed.session).await.map_err(no)?;
    let enrolled = app.factors.enrolled(&visit.cx, signed.session.account).await.map_err(no)?;
    let to = if signed.session.waiting {
        visit.page("second", request)
    } else if !done.is_empty() && request.is_empty() {
        format!("{}?done={done}", visit.onwards(""))
    } else if enrolled.passkeys.is_empty() && visit.device.is_none() && visit.may_have_passkeys() {
        visit.page("offer", request)
    } else {
        visit.onwards(request)
    };
    let device = app.accounts.device_cookie(&visit.cx, signed.session.device);
    let cookies = AppendHeaders([
        visit.set_cookie(Kind::Session, signed.token.reveal()),
        visit.set_cookie(Kind::Device, &device),
    ]);
    Ok((cookies, Redirect::to(&to)).into_response())
}

/// A number as somebody typed it: with a country of its own, or of the one that they chose, or as the browser says.
pub(super) fn read_number(visit: &Visit, text: &str, region: &str) -> Option<PhoneNumber> {
    let region = region::supported(region).or(visit.region);
    let parsed = customers::identity::read_number(text, region).ok()?;
    Some(parsed.number).filter(|number| number.possibility() == Possibility::Possible)
}
