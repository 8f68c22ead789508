//! Changing the number of an account: a code to the old number and one to the new.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Redirect},
};
use base::{Fault, Id, Secret};
use identity::{
    accounts::Account,
    verification::{Check, Outcome, Purpose, Start, State, Verification, Which},
};
use numbering::PhoneNumber;

use super::{
    factor_pages::{self, NewNumber},
    factors::{changed, prove_again},
    refusal::{Answer, No},
    second::begun,
    sign_in::{page_at, read_number, words_of},
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
    draw(&visit, StatusCode::OK, &form_of(&visit)).await
}

/// The form for a new number.
fn form_of(visit: &Visit) -> NewNumber {
    NewNumber {
        regions: visit.language.countries(),
        region: visit.region.map_or_else(String::new, |region| region.as_str().to_owned()),
        ..NewNumber::default()
    }
}

async fn draw(visit: &Visit, status: StatusCode, model: &NewNumber) -> Answer {
    // The page of both codes has no address of its own.
    let at = format!("/account/{}/number?", visit.shop.slug);
    page_at(visit, (status, &at), "", |look| {
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
        region: fields.get("region").to_owned(),
        ..form_of(&visit)
    };
    let number = match fields.get("again") {
        "" => read_number(&visit, fields.get("number"), fields.get("region")),
        ticket => {
            let id = visit.read_ticket(ticket).map_err(|fault| visit.no(fault))?;
            let kept = visit.lobby.app.verifications.get(&visit.cx, id).await;
            Some(kept.map_err(|fault| visit.no(fault))?.verification.number)
        }
    };
    let Some(number) = number else {
        return draw(&visit, StatusCode::UNPROCESSABLE_ENTITY, &wrong("number.wrong")).await;
    };
    if number == account.number && account.holds_number {
        return draw(&visit, StatusCode::UNPROCESSABLE_ENTITY, &wrong("number_change.same")).await;
    }
    // Whoever has lost the old number has shown a stronger factor instead, else they would not be here.
    let (ticket, proof) = (fields.get("kept"), fields.get("kept_proof"));
    let is_proved = visit.read_ticket(ticket).is_ok_and(|id| visit.is_proof(proof, id, account.id));
    let old = match (account.holds_number, is_proved) {
        (true, true) => ticket.to_owned(), // its code was right already
        (true, false) => visit.ticket(send(&visit, account.number).await?.id),
        (false, _) => String::new(),
    };
    let new = send(&visit, number).await?;
    let model = NewNumber {
        tickets: Some((old, visit.ticket(new.id))),
        old_proof: if is_proved { proof.to_owned() } else { String::new() },
        old: Personal::new(masked(account.number)),
        new: Personal::new(masked(number)),
        ..NewNumber::default()
    };
    draw(&visit, StatusCode::OK, &model).await
}

/// One of the two codes as it came back.
struct Typed<'f> {
    ticket: &'f str,
    code: Secret<String>,
    /// Shows that it was right before, and need not be typed again.
    proof: &'f str,
}

/// The number that a code was sent to, and what shows that the code was right, or the words that say why it was not.
type Seen = (PhoneNumber, Result<String, &'static str>);

async fn see(visit: &Visit, account: Id<Account>, typed: Typed<'_>) -> Result<Seen, No> {
    let no = |fault| visit.no(fault);
    let verifications = &visit.lobby.app.verifications;
    let id = visit.read_ticket(typed.ticket).map_err(no)?;
    if visit.is_proof(typed.proof, id, account) {
        let one = verifications.get(&visit.cx, id).await.map_err(no)?.verification;
        if one.state == State::Approved && one.expires_at > visit.cx.now() {
            return Ok((one.number, Ok(typed.proof.to_owned())));
        }
    }
    let check = Check {
        which: Which::Id(id),
        purpose: Purpose::NumberChange,
        code: typed.code,
        visitor: visit.known_as(),
    };
    let checked = verifications.check(&visit.cx, check).await.map_err(no)?;
    let verification = checked.verification.ok_or_else(|| no(stale()))?;
    let proof = match checked.outcome {
        Outcome::Approved => Ok(visit.proof(id, account)),
        outcome => Err(words_of(outcome)),
    };
    Ok((verification.number, proof))
}

fn stale() -> Fault {
    Fault::invalid("form_stale", "This page was left open too long.")
}

pub(super) async fn change(posted: Posted) -> Answer {
    let (visit, fields) = (&posted.visit, &posted.fields);
    let (session, _) = begun(visit)?;
    let account =
        visit.lobby.app.accounts.get(&visit.cx, session.account).await.map_err(|fault| visit.no(fault))?;
    let mut old_proof = String::new();
    if account.holds_number {
        let (ticket, proof) = (fields.get("old"), fields.get("old_proof"));
        let typed = Typed { ticket, code: posted.secret("old_code"), proof };
        old_proof = match see(visit, account.id, typed).await? {
            (number, _) if number != account.number => return Err(visit.no(stale())),
            (_, Ok(proof)) => proof,
            (_, Err(words)) => return stay(&posted, &account, String::new(), words).await,
        };
    }
    // Nothing is asked after this one, so that nobody needs to show later that it was right.
    let typed = Typed { ticket: fields.get("new"), code: posted.secret("new_code"), proof: "" };
    let new = match see(visit, account.id, typed).await? {
        (number, Ok(_)) => number,
        (_, Err(words)) => return stay(&posted, &account, old_proof, words).await,
    };
    let result = visit.lobby.app.factors.change_number(&visit.cx, &session, new, &visit.shop.name).await;
    match result {
        Err(fault) if fault.code == "number_taken" => {
            let model = NewNumber { error: Some("number_change.taken"), ..form_of(visit) };
            draw(visit, StatusCode::CONFLICT, &model).await
        }
        Err(fault) if fault.code == "number_unsettled" => {
            let model = NewNumber { error: Some("number_change.wait"), ..form_of(visit) };
            draw(visit, StatusCode::CONFLICT, &model).await
        }
        result => changed(visit, result, "number"),
    }
}

/// The page again, without the field whose code was right.
async fn stay(posted: &Posted, account: &Account, old_proof: String, error: &'static str) -> Answer {
    let (visit, fields) = (&posted.visit, &posted.fields);
    let no = |fault| visit.no(fault);
    let id = visit.read_ticket(fields.get("new")).map_err(no)?;
    let new = visit.lobby.app.verifications.get(&visit.cx, id).await.map_err(no)?.verification.number;
    let model = NewNumber {
        tickets: Some((fields.get("old").to_owned(), fields.get("new").to_owned())),
        old_proof,
        old: Personal::new(masked(account.number)),
        new: Personal::new(masked(new)),
        error: Some(error),
        ..NewNumber::default()
    };
    draw(visit, StatusCode::UNPROCESSABLE_ENTITY, &model).await
}
