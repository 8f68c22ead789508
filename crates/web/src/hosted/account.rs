//! The account as its holder sees it: number, sessions, signing out.

use axum::{
    extract::Query,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse as _, Redirect},
};
use identity::accounts::ShopperSession;
use serde::Deserialize;

use super::{
    cookies::Kind,
    pages::{self, AccountPage, Place},
    refusal::{Answer, No},
    sign_in::page,
    visit::{Posted, Visit},
};
use crate::{personal::Personal, routes::mapping::masked};

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
}

/// Notices that an address may ask for.
const NOTICES: &[(&str, &str)] = &[
    ("changed", "account.changed"),
    ("number", "number_change.done"),
    ("passkey", "account.passkey.added"),
    ("recovered", "recover.done"),
    ("short", "password.short"),
    ("guessable", "password.guessable"),
];

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let Some(session) = visit.signed_in().cloned() else {
        return Ok(Redirect::to(&visit.page("sign-in", "")).into_response());
    };
    let model = model_of(&visit, &session, &asked.done).await?;
    page(&visit, StatusCode::OK, "", |look| {
        (look.language.say("account.title").to_owned(), pages::account(look, &model))
    })
    .await
}

async fn model_of(visit: &Visit, session: &ShopperSession, done: &str) -> Result<AccountPage, No> {
    let no = |fault| visit.no(fault);
    let accounts = &visit.lobby.app.accounts;
    let account = accounts.get(&visit.cx, session.account).await.map_err(no)?;
    let sessions = accounts.sessions(&visit.cx, session.account).await.map_err(no)?;
    let place = |other: &ShopperSession| Place {
        id: other.id.to_string(),
        browser: other.browser.clone(),
        since: other.created_at,
        is_here: other.id == session.id,
    };
    let enrolled = super::second::enrolled(visit, session).await?;
    Ok(AccountPage {
        passkeys: enrolled
            .passkeys
            .iter()
            .map(|passkey| (passkey.name.clone(), passkey.id.to_string()))
            .collect(),
        totp: enrolled.totp,
        password: enrolled.password,
        number: Personal::new(masked(account.number)),
        holds_number: account.holds_number,
        places: sessions.iter().map(place).collect(),
        notice: NOTICES.iter().find(|(code, _)| *code == done).map(|(_, words)| *words),
    })
}

/// Ends another session of the same account, or all others.
pub(super) async fn end(Posted { visit, fields }: Posted) -> Answer {
    let no = |fault| visit.no(fault);
    let Some(session) = visit.signed_in() else {
        return Ok(Redirect::to(&visit.page("sign-in", "")).into_response());
    };
    let provider = &visit.lobby.app.provider;
    let (account, issuer) = (session.account, visit.issuer());
    if fields.get("session") == "others" {
        provider.end_sessions(&visit.cx, &issuer, account, Some(session.id)).await.map_err(no)?;
    } else {
        let sessions = visit.lobby.app.accounts.sessions(&visit.cx, account).await.map_err(no)?;
        let meant = sessions.iter().find(|other| other.id.to_string() == fields.get("session"));
        if let Some(other) = meant {
            provider.end_session(&visit.cx, &issuer, account, other.id).await.map_err(no)?;
        }
    }
    Ok(Redirect::to(&format!("{}?done=changed&lang={}", visit.onwards(""), visit.language.code))
        .into_response())
}

pub(super) async fn leave(Posted { visit, .. }: Posted) -> Answer {
    if let Some(session) = &visit.session {
        let ended = visit
            .lobby
            .app
            .provider
            .end_session(&visit.cx, &visit.issuer(), session.account, session.id)
            .await;
        ended.map_err(|fault| visit.no(fault))?;
    }
    let gone = AppendHeaders([visit.set_cookie(Kind::Session, "")]);
    Ok((gone, Redirect::to(&visit.page("sign-in", ""))).into_response())
}
