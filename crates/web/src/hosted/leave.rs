//! Signing out at a client's wish (OpenID Connect RP-Initiated Logout): at once when the client shows whom it means, after a question otherwise.

use axum::{
    Form,
    extract::Query,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse as _, Redirect},
};
use base::{Fault, Id};
use identity::oidc::{
    Client,
    request::{Parameters, with_query},
};
use serde::Deserialize;

use super::{
    cookies::Kind,
    cover::LeadsTo,
    pages::{self, Leaving},
    refusal::Answer,
    sign_in::page_at,
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
    if let (Some(hint), Some(named)) = (&hint, &named)
        && hint.aud != *named
    {
        return Err(no(Fault::invalid("request_refused", visit.language.say("error.request"))));
    }
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
        Some(_) => ask(visit, &leaving).await,
    }
}

/// The question whether to sign out. Its form leads on to the client's address, if that is registered.
async fn ask(visit: &Visit, leaving: &Leaving) -> Answer {
    let carried = [
        ("client_id", leaving.client.as_str()),
        ("post_logout_redirect_uri", &leaving.back_to),
        ("state", &leaving.state),
    ];
    let at = format!("{}&", with_query(&format!("/oidc/{}/logout", visit.shop.slug), &carried));
    let mut response = page_at(visit, (StatusCode::OK, &at), "", |look| {
        (look.language.fill("sign_out.title", &[("shop", &look.shop)]), pages::ask_to_leave(look, leaving))
    })
    .await?;
    if is_registered(visit, leaving).await {
        response.extensions_mut().insert(LeadsTo(leaving.back_to.clone()));
    }
    Ok(response)
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

/// Whether the client registered the address to which somebody is to return.
async fn is_registered(visit: &Visit, leaving: &Leaving) -> bool {
    let Ok(id) = leaving.client.parse::<Id<Client>>() else { return false };
    let client = visit.lobby.app.clients.get(&visit.cx, id).await;
    client.is_ok_and(|client| client.settings.post_logout_redirect_uris.contains(&leaving.back_to))
}

/// To the client's address, if it registered it; else a page that says so.
async fn go_back(visit: &Visit, leaving: &Leaving) -> Answer {
    if is_registered(visit, leaving).await {
        let state: &[(&str, &str)] =
            if leaving.state.is_empty() { &[] } else { &[("state", &leaving.state)] };
        return Ok(Redirect::to(&with_query(&leaving.back_to, state)).into_response());
    }
    let at = format!("{}?", visit.page("sign-in", ""));
    page_at(visit, (StatusCode::OK, &at), "", |look| {
        (look.language.say("sign_out.done").to_owned(), pages::left(look))
    })
    .await
}
