//! The authorization endpoint: where a client sends a browser, and whence it goes back with a code.

use axum::{
    Form,
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use base::Fault;
use identity::oidc::{
    Provider, Refused,
    request::{Asked, Malformed, Next, Parameters},
};
use serde::Deserialize;

use super::{refusal::Answer, visit::Visit};

type Pairs = Vec<(String, String)>;

pub(super) async fn show(visit: Visit, Query(pairs): Query<Pairs>) -> Answer {
    begin(&visit, pairs).await
}

pub(super) async fn posted(visit: Visit, Form(pairs): Form<Pairs>) -> Answer {
    begin(&visit, pairs).await
}

async fn begin(visit: &Visit, pairs: Pairs) -> Answer {
    let issuer = visit.issuer();
    let read = match Parameters::new(pairs) {
        Ok(parameters) => visit
            .lobby
            .app
            .provider
            .ask(&visit.cx, &issuer, &parameters)
            .await
            .map_err(|fault| visit.no(fault))?,
        Err(refused) => Err(Malformed::Stay(refused)),
    };
    match read {
        Ok(asked) => go_on(visit, &asked, None).await,
        Err(Malformed::Stay(refused)) => Err(visit.no(told(visit, refused))),
        Err(Malformed::Tell { refused, redirect_uri, state }) => Ok(to(&visit
            .lobby
            .app
            .provider
            .refuse(&issuer, &redirect_uri, state.as_deref(), refused)
            .location)),
    }
}

/// For whoever built the client; the person can do nothing about it.
fn told(visit: &Visit, refused: Refused) -> Fault {
    Fault::invalid("request_refused", format!("{} {}", visit.language.say("error.request"), refused.why))
}

#[derive(Deserialize)]
pub(super) struct Resumed {
    request: String,
}

/// After somebody has signed in.
pub(super) async fn resume(visit: Visit, Query(Resumed { request }): Query<Resumed>) -> Answer {
    let waiting =
        visit.lobby.app.provider.waiting(&visit.cx, &request).await.map_err(|fault| visit.no(fault))?;
    match waiting {
        Some((asked, _)) => go_on(&visit, &asked, Some(&request)).await,
        // It was answered, or waited too long: whoever is signed in sees their account.
        None => Ok(to(&visit.onwards(""))),
    }
}

async fn go_on(visit: &Visit, asked: &Asked, handle: Option<&str>) -> Answer {
    let provider = &visit.lobby.app.provider;
    let issuer = visit.issuer();
    let person = visit.signed_in().map(Provider::person);
    let next = asked.next(person.as_ref(), visit.cx.now());
    let page = match (next, visit.signed_in()) {
        (Next::Answer, Some(session)) => {
            let answered = provider.answer(&visit.cx, &issuer, asked, handle, session).await;
            return Ok(to(&answered.map_err(|fault| visit.no(fault))?.location));
        }
        (Next::Refuse(refused), _) => {
            return Ok(to(&provider
                .refuse(&issuer, &asked.redirect_uri, asked.state.as_deref(), refused)
                .location));
        }
        (Next::StepUp, _) => "second",
        (Next::Answer | Next::SignIn, _) => "sign-in",
    };
    let kept = match handle {
        Some(handle) => handle.to_owned(),
        None => provider.keep(&visit.cx, asked).await.map_err(|fault| visit.no(fault))?,
    };
    let language = asked.languages.iter().find_map(|tag| super::words::Language::of(tag));
    let lang = language.map_or_else(String::new, |language| format!("&lang={}", language.code));
    Ok(to(&format!("{}{lang}", visit.page(page, &kept))))
}

fn to(location: &str) -> Response {
    Redirect::to(location).into_response()
}
