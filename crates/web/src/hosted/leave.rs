//! Signing out at a client's wish (OpenID Connect RP-Initiated Logout): at once when the client shows whom it means, after a question otherwise.

use axum::{
    Form,
    extract::Query,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use base::{Fault, Id};
use identity::oidc::{
    Client,
    request::{Parameters, with_query},
};
use serde::Deserialize;

use super::{
    cookies::Kind,
    pages::{self, Leaving},
    refusal::Answer,
    sign_in::page,
    visit::{Posted, Visit},
};

type Pairs = Vec<(String, String)>;

#[derive(Deserialize)]
struct Hint {
    aud: String,
    #[serde(default)]
    sid: String,
}

pub(super) async fn show(visit: Visit, Query(pairs): Query<Pairs>) -> Answer {
    begin(&visit, pairs).await
}

pub(super) async fn posted(visit: Visit, Form(pairs): Form<Pairs>) -> Answer {
    begin(&visit, pairs).await
}

async fn begin(visit: &Visit, pairs: Pairs) -> Answer {
    let no = |fault| visit.no(fault);
    let refused = |_| no(Fault::invalid("request_refused", visit.language.say("error.request")));
    let parameters = Parameters::new(pairs).map_err(refused)?;
    let hint = match parameters.get("id_token_hint") {
        Some(hint) => visit
            .lobby
            .app
            .provider
            .read_hint::<Hint>(&visit.cx, &visit.issuer(), None, hint)
            .await
            .map_err(no)?,
        None => None,
    };
    let named = parameters.get("client_id").map(str::to_owned);
    let leaving = Leaving {
        client: hint.as_ref().map(|hint| hint.aud.clone()).or(named).unwrap_or_default(),
        back_to: parameters.get("post_logout_redirect_uri").unwrap_or_default().to_owned(),
        state: parameters.get("state").unwrap_or_default().to_owned(),
    };
    match &visit.session {
        None => go_back(visit, &leaving).await,
        Some(session) if hint.is_some_and(|hint| hint.sid == session.id.to_string()) => {
            leave(visit, &leaving).await
        }
        Some(_) => {
            page(visit, StatusCode::OK, "", |look| {
                (
                    look.language.fill("sign_out.title", &[("shop", &look.shop)]),
                    pages::ask_to_leave(look, &leaving),
                )
            })
            .await
        }
    }
}

pub(super) async fn confirmed(Posted { visit, fields }: Posted) -> Answer {
    let leaving = Leaving {
        client: fields.get("client_id").to_owned(),
        back_to: fields.get("post_logout_redirect_uri").to_owned(),
        state: fields.get("state").to_owned(),
    };
    leave(&visit, &leaving).await
}

async fn leave(visit: &Visit, leaving: &Leaving) -> Answer {
    if let Some(session) = &visit.session {
        let (account, id) = (session.account, session.id);
        let ended = visit.lobby.app.provider.end_session(&visit.cx, &visit.issuer(), account, id).await;
        ended.map_err(|fault| visit.no(fault))?;
    }
    let gone = AppendHeaders([visit.set_cookie(Kind::Session, "")]);
    Ok((gone, go_back(visit, leaving).await?).into_response())
}

/// To the client's address, if it registered it; else a page that says so.
async fn go_back(visit: &Visit, leaving: &Leaving) -> Result<Response, super::refusal::No> {
    let client = match leaving.client.parse::<Id<Client>>() {
        Ok(id) => visit.lobby.app.clients.get(&visit.cx, id).await.ok(),
        Err(_) => None,
    };
    let registered =
        client.is_some_and(|client| client.settings.post_logout_redirect_uris.contains(&leaving.back_to));
    if registered {
        let state: &[(&str, &str)] =
            if leaving.state.is_empty() { &[] } else { &[("state", &leaving.state)] };
        return Ok(Redirect::to(&with_query(&leaving.back_to, state)).into_response());
    }
    page(visit, StatusCode::OK, "", |look| (look.language.say("sign_out.done").to_owned(), pages::left(look)))
        .await
}
