//! Changing the number of an account: a code to the old number and one to the new.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Redirect},
};
use base::{Fault, Secret};
use identity::verification::{Check, Outcome, Purpose, Start, State, Verification, Which};
use numbering::PhoneNumber;

use super::{
    factor_pages::{self, NewNumber},
    factors::{changed, prove_again},
    refusal::{Answer, No},
    second::begun,
    sign_in::{page, read_number, words_of},
    visit::{Posted, Visit},
};
use crate::{components::form::Field, personal::Personal, routes::mapping::masked};

pub(super) async fn show(visit: Visit) -> Answer {
    let Some(session) = visit.signed_in() else {
        return Ok(Redirect::to(&visit.page("sign-in", "")).into_response());
    };
    if !session.may_change_account(visit.cx.now()) {
        return Ok(prove_again(&visit));
    }
    draw(&visit, StatusCode::OK, &NewNumber::default()).await
}

async fn draw(visit: &Visit, status: StatusCode, model: &NewNumber) -> Answer {
    page(visit, status, "", |look| {
        (look.language.say("number_change.title").to_owned(), factor_pages::new_number(look, model))
    })
    .await
}

async fn send(visit: &Visit, number: PhoneNumber) -> Result<Verification, No> {
    let start = Start {
        language: visit.language.code.to_owned(),
        visitor: visit.known_as(),
        ..Start::new(number, Purpose::NumberChange)
    };
    let started = visit.lobby.app.verifications.start(&visit.cx, start).await;
    Ok(started.map_err(|fault| visit.no(fault))?.verification)
}

pub(super) async fn begin(Posted { visit, fields }: Posted) -> Answer {
    let (session, _) = begun(&visit)?;
    if !session.may_change_account(visit.cx.now()) {
        return Ok(prove_again(&visit));
    }
    let account =
        visit.lobby.app.accounts.get(&visit.cx, session.account).await.map_err(|fault| visit.no(fault))?;
    let wrong = |words| NewNumber {
        number: Field::of(fields.get("number")).error(visit.language.say(words)),
        ..NewNumber::default()
    };
    let Some(number) = read_number(&visit, fields.get("number"), "") else {
        return draw(&visit, StatusCode::UNPROCESSABLE_ENTITY, &wrong("number.wrong")).await;
    };
    if number == account.number && account.holds_number {
        return draw(&visit, StatusCode::UNPROCESSABLE_ENTITY, &wrong("number_change.same")).await;
    }
    // Whoever has lost the old number has shown a stronger factor instead, else they would not be here.
    let old = if account.holds_number { Some(send(&visit, account.number).await?) } else { None };
    let new = send(&visit, number).await?;
    let model = NewNumber {
        tickets: Some((old.map_or_else(String::new, |old| visit.ticket(old.id)), visit.ticket(new.id))),
        old: Personal::new(masked(account.number)),
        new: Personal::new(masked(number)),
        ..NewNumber::default()
    };
    draw(&visit, StatusCode::OK, &model).await
}

/// What a code of a change comes to: the number that it proves, or the words that say why not. One that was right a moment ago need not be typed again.
async fn proves(
    visit: &Visit,
    ticket: &str,
    code: Secret<String>,
) -> Result<Result<PhoneNumber, &'static str>, No> {
    let no = |fault| visit.no(fault);
    let id = visit.read_ticket(ticket).map_err(no)?;
    let check =
        Check { which: Which::Id(id), purpose: Purpose::NumberChange, code, visitor: visit.known_as() };
    let checked = visit.lobby.app.verifications.check(&visit.cx, check).await.map_err(no)?;
    let verification = checked
        .verification
        .ok_or_else(|| no(Fault::invalid("form_stale", "This page was left open too long.")))?;
    let fresh = verification.expires_at > visit.cx.now() && verification.state == State::Approved;
    match checked.outcome {
        Outcome::Approved => Ok(Ok(verification.number)),
        Outcome::AlreadyApproved if fresh => Ok(Ok(verification.number)),
        outcome => Ok(Err(words_of(outcome))),
    }
}

pub(super) async fn change(posted: Posted) -> Answer {
    let (visit, fields) = (&posted.visit, &posted.fields);
    let (session, _) = begun(visit)?;
    let account =
        visit.lobby.app.accounts.get(&visit.cx, session.account).await.map_err(|fault| visit.no(fault))?;
    let stay = |error| NewNumber {
        tickets: Some((fields.get("old").to_owned(), fields.get("new").to_owned())),
        error: Some(error),
        ..NewNumber::default()
    };
    if account.holds_number {
        match proves(visit, fields.get("old"), posted.secret("old_code")).await? {
            Ok(number) if number == account.number => {}
            Ok(_) => return Err(visit.no(Fault::invalid("form_stale", "This page was left open too long."))),
            Err(words) => return draw(visit, StatusCode::UNPROCESSABLE_ENTITY, &stay(words)).await,
        }
    }
    let new = match proves(visit, fields.get("new"), posted.secret("new_code")).await? {
        Ok(number) => number,
        Err(words) => return draw(visit, StatusCode::UNPROCESSABLE_ENTITY, &stay(words)).await,
    };
    let result = visit.lobby.app.factors.change_number(&visit.cx, &session, new, &visit.shop.name).await;
    match result {
        Err(fault) if fault.code == "number_taken" => {
            let model = NewNumber { error: Some("number_change.taken"), ..NewNumber::default() };
            draw(visit, StatusCode::CONFLICT, &model).await
        }
        result => changed(visit, result, "number"),
    }
}
