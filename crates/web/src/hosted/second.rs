//! One more step: what is asked for after the code, or before a sensitive act. And the way in for whoever has lost it.

use axum::{
    extract::Query,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse as _, Redirect},
};
use base::{Fault, FaultKind};
use identity::{
    accounts::{Method, Proof, ShopperSession, SignedIn},
    factors::{Enrolled, Recovery},
    verification::{Check, Outcome, Purpose, Start, Which},
};
use serde::Deserialize;

use super::{
    cookies::Kind,
    factor_pages::{self, AskMore, RecoveryCode},
    links,
    refusal::{Answer, No},
    sign_in::{enter, page, page_at, words_of},
    visit::{Posted, Visit},
};
use crate::{personal::Personal, routes::mapping::masked};

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    request: String,
    #[serde(default)]
    ticket: String,
}

/// Somebody who has begun to sign in, with their cookie's token.
pub(super) fn begun(visit: &Visit) -> Result<(ShopperSession, String), No> {
    let ended = || {
        visit.no(Fault::new(FaultKind::Unauthenticated, "session_ended", visit.language.say("error.form")))
    };
    let session = visit.session.clone().ok_or_else(ended)?;
    let token = visit.session_token.as_ref().ok_or_else(ended)?;
    Ok((session, token.reveal().to_owned()))
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    if visit.session.is_none() {
        return Ok(Redirect::to(&visit.page("sign-in", &asked.request)).into_response());
    }
    draw(&visit, StatusCode::OK, &asked.request, None).await
}

async fn draw(visit: &Visit, status: StatusCode, request: &str, error: Option<&'static str>) -> Answer {
    let (session, _) = begun(visit)?;
    let enrolled = enrolled(visit, &session).await?;
    let model = AskMore {
        request: request.to_owned(),
        totp: enrolled.totp,
        password: enrolled.password && session.waiting,
        passkey: !enrolled.passkeys.is_empty(),
        error,
    };
    page(visit, status, request, |look| {
        (look.language.say("second.title").to_owned(), factor_pages::ask_more(look, &model))
    })
    .await
}

pub(super) async fn enrolled(visit: &Visit, session: &ShopperSession) -> Result<Enrolled, No> {
    visit.lobby.app.factors.enrolled(&visit.cx, session.account).await.map_err(|fault| visit.no(fault))
}

pub(super) async fn check(posted: Posted) -> Answer {
    let (visit, fields) = (&posted.visit, &posted.fields);
    let (session, token) = begun(visit)?;
    let factors = &visit.lobby.app.factors;
    let password = posted.secret("password");
    let (proved, words) = if password.reveal().is_empty() {
        (factors.prove_by_totp(&visit.cx, &session, &token, fields.get("digits")).await, "totp.wrong")
    } else {
        (factors.prove_by_password(&visit.cx, &session, &token, &password).await, "password.wrong")
    };
    match proved {
        Ok(signed) => Ok(on(visit, &signed, fields.get("request"))),
        Err(fault) if fault.kind == FaultKind::Unauthenticated => {
            draw(visit, StatusCode::UNPROCESSABLE_ENTITY, fields.get("request"), Some(words)).await
        }
        Err(fault) if fault.kind == FaultKind::Limited => {
            draw(visit, StatusCode::TOO_MANY_REQUESTS, fields.get("request"), Some("second.limited")).await
        }
        Err(fault) => Err(visit.no(fault)),
    }
}

/// On with the session's new token.
pub(super) fn on(visit: &Visit, signed: &SignedIn, request: &str) -> axum::response::Response {
    let cookie = AppendHeaders([visit.set_cookie(Kind::Session, signed.token.reveal())]);
    (cookie, Redirect::to(&visit.onwards(request))).into_response()
}

/// Sends the code of a recovery, or its link, to the account's number, whose first proof is this session.
pub(super) async fn recover(Posted { visit, fields }: Posted) -> Answer {
    let no = |fault| visit.no(fault);
    let (session, _) = begun(&visit)?;
    let account = visit.lobby.app.accounts.get(&visit.cx, session.account).await.map_err(no)?;
    let by_link = fields.get("by") == "link";
    let start = Start {
        language: visit.language.code.to_owned(),
        visitor: visit.known_as(),
        link: by_link.then(|| links::page_for(&visit)),
        ..Start::new(account.number, Purpose::Recovery)
    };
    let started = visit.lobby.app.verifications.start(&visit.cx, start).await.map_err(no)?;
    if by_link {
        return links::sent(&visit, account.number, fields.get("request")).await;
    }
    let ticket = visit.ticket(started.verification.id);
    let (slug, lang, request) = (&visit.shop.slug, visit.language.code, fields.get("request"));
    Ok(Redirect::to(&format!("/account/{slug}/recover?ticket={ticket}&request={request}&lang={lang}"))
        .into_response())
}

pub(super) async fn show_recovery(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    if visit.read_ticket(&asked.ticket).is_err() {
        return Ok(Redirect::to(&visit.page("second", &asked.request)).into_response()); // nothing was asked for
    }
    draw_recovery(&visit, StatusCode::OK, &asked.ticket, &asked.request, None).await
}

async fn draw_recovery(
    visit: &Visit,
    status: StatusCode,
    ticket: &str,
    request: &str,
    error: Option<String>,
) -> Answer {
    let (session, _) = begun(visit)?;
    let account =
        visit.lobby.app.accounts.get(&visit.cx, session.account).await.map_err(|fault| visit.no(fault))?;
    let model = RecoveryCode {
        number: Personal::new(masked(account.number)),
        ticket: ticket.to_owned(),
        request: request.to_owned(),
        error,
    };
    let at = format!("{}?ticket={ticket}&", visit.page("recover", ""));
    page_at(visit, (status, &at), request, |look| {
        (look.language.say("recover.title").to_owned(), factor_pages::recovery(look, &model))
    })
    .await
}

pub(super) async fn finish_recovery(posted: Posted) -> Answer {
    let (visit, fields) = (&posted.visit, &posted.fields);
    let no = |fault| visit.no(fault);
    let (session, _) = begun(visit)?;
    let (ticket, request) = (fields.get("ticket"), fields.get("request"));
    let id = visit.read_ticket(ticket).map_err(no)?;
    let app = &visit.lobby.app;
    let account = app.accounts.get(&visit.cx, session.account).await.map_err(no)?;
    let check = Check {
        which: Which::Id(id),
        purpose: Purpose::Recovery,
        code: posted.secret("code"),
        visitor: visit.known_as(),
    };
    let checked = app.verifications.check(&visit.cx, check).await.map_err(no)?;
    let verification = checked.verification.filter(|one| one.number == account.number);
    let Some(verification) = verification.filter(|_| checked.outcome == Outcome::Approved) else {
        let words = visit.language.say(words_of(checked.outcome)).to_owned();
        return draw_recovery(visit, StatusCode::UNPROCESSABLE_ENTITY, ticket, request, Some(words)).await;
    };
    let customer = app.verifications.holder(&visit.cx, id).await.map_err(no)?;
    let kept = (account.id, Some(session.id));
    let recovered =
        app.factors.recover(&visit.cx, (&app.provider, &visit.issuer()), kept, &visit.shop.name).await;
    if let Recovery::Waits(until) = recovered.map_err(no)? {
        let words = visit.language.fill("recover.wait", &[("at", &visit.language.moment(until))]);
        return draw_recovery(visit, StatusCode::CONFLICT, ticket, request, Some(words)).await;
    }
    let method = Method::of_channel(verification.channel);
    let proof = Proof { number: verification.number, customer, method };
    enter(visit, proof, request, "recovered").await
}
