//! Setting factors up and taking them away: passkeys (asked for by the script), an authenticator app, a password.

use axum::{
    Json,
    extract::Query,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use base::{Fault, FaultKind, Id};
use identity::{accounts::Account, factors::TotpSetup};
use serde::Deserialize;

use super::{
    cookies::Kind,
    factor_pages::{self, SetUpTotp},
    refusal::{Answer, No},
    second::begun,
    sign_in::{page, page_at},
    visit::{Posted, Visit},
};
use crate::{personal::Personal, routes::mapping::masked};

/// What came of a change: the account page with a word of it, or, when the proof is too old, the page that asks for another.
pub(super) fn changed(visit: &Visit, result: Result<(), Fault>, done: &str) -> Answer {
    match result {
        Ok(()) => {
            Ok(Redirect::to(&format!("{}?done={done}&lang={}", visit.onwards(""), visit.language.code))
                .into_response())
        }
        Err(fault) if fault.code == "proof_too_old" => Ok(prove_again(visit)),
        Err(fault) => Err(visit.no(fault)),
    }
}

/// To the strongest proof that somebody has.
pub(super) fn prove_again(visit: &Visit) -> Response {
    let stronger = visit.session.as_ref().is_some_and(|session| session.has_stronger_factor);
    let name = if stronger { "second?why=change" } else { "sign-in?why=change" };
    Redirect::to(&format!("{}&lang={}", visit.page(name, ""), visit.language.code)).into_response()
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    request: String,
}

/// Offered once after signing in, to whoever has no passkey.
pub(super) async fn offer(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    if visit.signed_in().is_none() {
        return Ok(Redirect::to(&visit.page("sign-in", &asked.request)).into_response());
    }
    let onwards = visit.onwards(&asked.request);
    page(&visit, StatusCode::OK, &asked.request, |look| {
        (look.language.say("offer.title").to_owned(), factor_pages::offer(look, &onwards, &asked.request))
    })
    .await
}

fn origin(visit: &Visit) -> String {
    visit.lobby.app.config.origin(visit.host.as_deref())
}

/// A challenge for the script.
pub(super) async fn challenge(Posted { visit, fields }: Posted) -> Result<Response, Told> {
    let factors = &visit.lobby.app.factors;
    let ceremony = match fields.get("act") {
        "add" => {
            let (session, _) = begun(&visit)?;
            factors.start_passkey(&visit.cx, &origin(&visit), &session, &visit.shop.name).await?
        }
        _ => factors.ask_passkey(&visit.cx, &origin(&visit)).await?,
    };
    Ok(Json(serde_json::json!({ "options": ceremony.options, "handle": ceremony.handle })).into_response())
}

/// The script's answer: where to go.
pub(super) async fn answer(Posted { visit, fields }: Posted) -> Result<Response, Told> {
    let factors = &visit.lobby.app.factors;
    let (request, origin) = (fields.get("request"), origin(&visit));
    let answer = (fields.get("handle"), fields.get("answer"));
    let to = |address: String| Json(serde_json::json!({ "to": address }));
    match fields.get("act") {
        "add" => {
            let (session, _) = begun(&visit)?;
            factors.finish_passkey(&visit.cx, &origin, &session, answer, &visit.as_browser()).await?;
            let done = format!("{}?done=passkey&lang={}", visit.onwards(""), visit.language.code);
            Ok(to(if request.is_empty() { done } else { visit.onwards(request) }).into_response())
        }
        "second" => {
            let (session, token) = begun(&visit)?;
            let signed = factors.prove_by_passkey(&visit.cx, &origin, answer, &session, &token).await?;
            let cookie = AppendHeaders([visit.set_cookie(Kind::Session, signed.token.reveal())]);
            Ok((cookie, to(visit.onwards(request))).into_response())
        }
        _ => {
            let browser = visit.as_browser();
            let signed =
                factors.sign_in_by_passkey(&visit.cx, &origin, answer, browser, visit.own_token()).await?;
            visit.end_earlier(&signed.session).await?;
            let device = visit.lobby.app.accounts.device_cookie(&visit.cx, signed.session.device);
            let cookies = AppendHeaders([
                visit.set_cookie(Kind::Session, signed.token.reveal()),
                visit.set_cookie(Kind::Device, &device),
            ]);
            Ok((cookies, to(visit.onwards(request))).into_response())
        }
    }
}

/// A fault as the script is told.
#[derive(Debug)]
pub(super) struct Told(Fault);

impl From<Fault> for Told {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl From<No> for Told {
    fn from(no: No) -> Self {
        Self(no.fault())
    }
}

impl axum::response::IntoResponse for Told {
    fn into_response(self) -> Response {
        let status = crate::routes::refusal::status(self.0.kind);
        if matches!(self.0.kind, FaultKind::Internal | FaultKind::Unavailable) {
            tracing::error!(code = self.0.code, "{}", self.0);
        }
        (status, Json(serde_json::json!({ "code": self.0.code, "message": self.0.message }))).into_response()
    }
}

pub(super) async fn remove_passkey(Posted { visit, fields }: Posted) -> Answer {
    let (session, _) = begun(&visit)?;
    let unknown = |_| visit.no(Fault::not_found("passkey_unknown", "There is no such passkey."));
    let id = fields.get("passkey").parse().map_err(unknown)?;
    let removed = visit.lobby.app.factors.remove_passkey(&visit.cx, &session, id, &visit.shop.name).await;
    changed(&visit, removed, "changed")
}

pub(super) async fn start_totp(Posted { visit, .. }: Posted) -> Answer {
    let (session, _) = begun(&visit)?;
    match visit.lobby.app.factors.start_totp(&visit.cx, &session).await {
        Ok(setup) => {
            draw_totp(&visit, StatusCode::OK, &set_up(&visit, session.account, &setup, None).await?).await
        }
        Err(fault) => changed(&visit, Err(fault), ""),
    }
}

/// The key of an app, as text, as an address and as a picture of that.
async fn set_up(
    visit: &Visit,
    account: Id<Account>,
    setup: &TotpSetup,
    error: Option<&'static str>,
) -> Result<SetUpTotp, No> {
    let account = visit.lobby.app.accounts.get(&visit.cx, account).await.map_err(|fault| visit.no(fault))?;
    // Short, so that the picture is coarse: bullets would be nine letters each.
    let mask = masked(account.number);
    let (begins, ends) =
        (mask.split('•').next().unwrap_or_default(), mask.rsplit('•').next().unwrap_or_default());
    let address = setup.address(&visit.shop.name, &format!("{}...{}", begins.trim(), ends.trim()));
    let (key, address) = (Personal::new(setup.key.reveal()), Personal::new(address.reveal()));
    Ok(SetUpTotp { key, address, error })
}

async fn draw_totp(visit: &Visit, status: StatusCode, model: &SetUpTotp) -> Answer {
    // The key is shown once: in another language one begins again at the account.
    let at = format!("{}?", visit.onwards(""));
    page_at(visit, (status, &at), "", |look| {
        (look.language.say("totp.title").to_owned(), factor_pages::set_up_totp(look, model))
    })
    .await
}

pub(super) async fn confirm_totp(Posted { visit, fields }: Posted) -> Answer {
    let (session, _) = begun(&visit)?;
    let confirmed = visit
        .lobby
        .app
        .factors
        .confirm_totp(&visit.cx, &session, fields.get("digits"), &visit.shop.name)
        .await;
    match confirmed {
        Err(fault) if matches!(fault.kind, FaultKind::Unauthenticated | FaultKind::Limited) => {
            let words = if fault.kind == FaultKind::Limited { "second.limited" } else { "totp.wrong" };
            let pending = visit.lobby.app.factors.pending_totp(&visit.cx, &session).await;
            let model = match pending.map_err(|fault| visit.no(fault))? {
                Some(setup) => set_up(&visit, session.account, &setup, Some(words)).await?,
                None => SetUpTotp { error: Some(words), ..SetUpTotp::default() },
            };
            draw_totp(&visit, StatusCode::UNPROCESSABLE_ENTITY, &model).await
        }
        result => changed(&visit, result, "changed"),
    }
}

pub(super) async fn remove_totp(Posted { visit, .. }: Posted) -> Answer {
    let (session, _) = begun(&visit)?;
    let removed = visit.lobby.app.factors.remove_totp(&visit.cx, &session, &visit.shop.name).await;
    changed(&visit, removed, "changed")
}

pub(super) async fn set_password(posted: Posted) -> Answer {
    let visit = &posted.visit;
    let (session, _) = begun(visit)?;
    let set = visit
        .lobby
        .app
        .factors
        .set_password(&visit.cx, &session, &posted.secret("password"), &visit.shop.name)
        .await;
    match set {
        Err(fault) if fault.code == "password_too_short" => changed(visit, Ok(()), "short"),
        Err(fault) if fault.code == "password_guessable" => changed(visit, Ok(()), "guessable"),
        result => changed(visit, result, "changed"),
    }
}

pub(super) async fn remove_password(Posted { visit, .. }: Posted) -> Answer {
    let (session, _) = begun(&visit)?;
    let removed = visit.lobby.app.factors.remove_password(&visit.cx, &session, &visit.shop.name).await;
    changed(&visit, removed, "changed")
}
