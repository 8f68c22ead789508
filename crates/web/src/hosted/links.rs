//! Links in texts: opened they show a page, and only its button does what the link is for. What it is for was bound into it when the text was sent.

use axum::{extract::Path, http::StatusCode};
use identity::{
    accounts::{Method, Proof},
    factors::Recovery,
    verification::{Outcome, Purpose, State, Verification, link::Token},
};
use numbering::PhoneNumber;

use super::{
    caller, link_pages,
    refusal::Answer,
    sign_in::{enter, page, words_of},
    visit::{Posted, Visit},
};
use crate::{personal::Personal, routes::mapping::masked};

/// The address that a link begins with. It is our own by name: whoever sends a request does not choose where links lead.
pub(super) fn page_of(origin: &str, slug: &str) -> String {
    format!("{origin}/account/{slug}/link/")
}

/// The same, for a visitor's shop.
pub(super) fn page_for(visit: &Visit) -> String {
    page_of(&visit.lobby.app.config.origin(visit.host.as_deref()), &visit.shop.slug)
}

/// Says that a link is on its way, whether one is or not.
pub(super) async fn sent(visit: &Visit, number: PhoneNumber, request: &str) -> Answer {
    let number = Personal::new(masked(number));
    page(visit, StatusCode::OK, request, |look| {
        (look.language.say("recover.title").to_owned(), link_pages::sent(look, &number))
    })
    .await
}

/// The verification of a link that can still be used.
async fn open(visit: &Visit, token: &str) -> Result<Option<(Verification, Token)>, super::refusal::No> {
    let Some(token) = Token::read(token) else { return Ok(None) };
    match visit.lobby.app.verifications.of_link(&visit.cx, &token).await {
        Ok(one) => Ok((one.state == State::Pending).then_some((one, token))),
        Err(fault) if fault.kind == base::FaultKind::NotFound => Ok(None),
        Err(fault) => Err(visit.no(fault)),
    }
}

pub(super) async fn show(Path((_, token)): Path<(String, String)>, visit: Visit) -> Answer {
    match open(&visit, &token).await? {
        Some((one, _)) if one.purpose == Purpose::Recovery => {
            draw_recovery(&visit, StatusCode::OK, &token, None).await
        }
        Some((one, _)) if one.purpose == Purpose::CallerCheck => {
            match caller::Check::of(&visit, one, token).await? {
                Some(check) => caller::draw(&visit, StatusCode::OK, &check, None).await,
                None => ended(&visit).await,
            }
        }
        _ => ended(&visit).await,
    }
}

pub(super) async fn press(Path((_, text)): Path<(String, String)>, posted: Posted) -> Answer {
    let visit = &posted.visit;
    match open(visit, &text).await? {
        Some((one, token)) if one.purpose == Purpose::Recovery => recover(visit, token, &text).await,
        Some((one, token)) if one.purpose == Purpose::CallerCheck => {
            match caller::Check::of(visit, one, text).await? {
                Some(check) => caller::answer(&posted, check, token).await,
                None => ended(visit).await,
            }
        }
        _ => ended(visit).await,
    }
}

/// One that was used, ended, or never was: there is no telling which.
pub(super) async fn ended(visit: &Visit) -> Answer {
    page(visit, StatusCode::NOT_FOUND, "", |look| {
        let title = look.language.fill("link.title", &[("shop", &look.shop)]);
        let said = link_pages::said(&title, look.language.say("link.ended"));
        (title, said)
    })
    .await
}

async fn draw_recovery(visit: &Visit, status: StatusCode, token: &str, error: Option<&str>) -> Answer {
    page(visit, status, "", |look| {
        (look.language.say("recover.title").to_owned(), link_pages::recovery(look, token, error))
    })
    .await
}

/// Gets whoever holds the number back into its account, in the browser in which the link was opened: the one that asked for it gains nothing by it.
async fn recover(visit: &Visit, token: Token, text: &str) -> Answer {
    let no = |fault| visit.no(fault);
    let app = &visit.lobby.app;
    let id = token.id;
    let checked = app.verifications.check_link(&visit.cx, Purpose::Recovery, token, visit.known_as()).await;
    let checked = checked.map_err(no)?;
    let Some(one) = checked.verification.filter(|_| checked.outcome == Outcome::Approved) else {
        let words = visit.language.say(words_of(checked.outcome));
        return draw_recovery(visit, StatusCode::UNPROCESSABLE_ENTITY, text, Some(words)).await;
    };
    let customer = app.verifications.holder(&visit.cx, id).await.map_err(no)?;
    let proof = Proof { number: one.number, customer, method: Method::of_channel(one.channel) };
    if let Some(account) = app.accounts.reached_by(&visit.cx, &proof).await.map_err(no)? {
        let own = visit.session.as_ref().filter(|session| session.account == account);
        let kept = (account, own.map(|session| session.id));
        let of = (&app.provider, visit.issuer());
        let recovered = app.factors.recover(&visit.cx, (of.0, &of.1), kept, &visit.shop.name).await;
        if let Recovery::Waits(until) = recovered.map_err(no)? {
            let words = visit.language.fill("recover.wait", &[("at", &visit.language.moment(until))]);
            return draw_recovery(visit, StatusCode::CONFLICT, text, Some(&words)).await;
        }
    }
    enter(visit, proof, "", "recovered").await
}
