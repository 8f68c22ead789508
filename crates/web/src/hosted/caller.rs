//! Saying on one's own phone that it is oneself who talks with the shop: the page that the link of a caller check opens. A client asked, and takes the answer at the provider.

use axum::http::StatusCode;
use base::{FaultKind, Id};
use identity::{
    accounts::{Account, Method, Methods, Proof},
    verification::{Outcome, Purpose, Verification, link::Token},
};

use super::{
    link_pages::{self, AskCaller},
    links,
    refusal::{Answer, No},
    sign_in::page,
    visit::{Posted, Visit},
};
use crate::personal::Personal;

/// A check that waits for its answer.
pub(super) struct Check {
    one: Verification,
    text: String,
    client: String,
    account: Option<Id<Account>>,
    totp: bool,
    password: bool,
}

impl Check {
    /// None when no client waits for it any more.
    pub async fn of(visit: &Visit, one: Verification, text: String) -> Result<Option<Self>, No> {
        let no = |fault| visit.no(fault);
        let app = &visit.lobby.app;
        let Some(client) = app.backchannel.waiting(&visit.cx, one.id).await.map_err(no)? else {
            return Ok(None);
        };
        let account = app.accounts.of_number(&visit.cx, one.number).await.map_err(no)?;
        let (mut totp, mut password) = (false, false);
        if let Some(account) = account {
            let enrolled = app.factors.enrolled(&visit.cx, account).await.map_err(no)?;
            (totp, password) = (enrolled.totp, enrolled.password);
        }
        Ok(Some(Self { one, text, client: client.name, account, totp, password }))
    }
}

pub(super) async fn draw(
    visit: &Visit,
    status: StatusCode,
    check: &Check,
    error: Option<&'static str>,
) -> Answer {
    let model = AskCaller {
        token: check.text.clone(),
        saying: Personal::new(check.one.approving.clone().unwrap_or_default()),
        client: check.client.clone(),
        totp: check.totp,
        password: check.password,
        error,
    };
    page(visit, status, "", |look| {
        let title = look.language.fill("caller.title", &[("shop", &look.shop)]);
        let content = link_pages::caller(look, &title, &model);
        (title, content)
    })
    .await
}

async fn said(visit: &Visit, words: &str) -> Answer {
    page(visit, StatusCode::OK, "", |look| {
        let title = look.language.fill("caller.title", &[("shop", &look.shop)]);
        let content = link_pages::said(&title, look.language.say(words));
        (title, content)
    })
    .await
}

pub(super) async fn answer(posted: &Posted, check: Check, token: Token) -> Answer {
    let visit = &posted.visit;
    let no = |fault| visit.no(fault);
    let app = &visit.lobby.app;
    let id = check.one.id;
    if posted.fields.get("answer") != "yes" {
        app.backchannel.deny(&visit.cx, id).await.map_err(no)?;
        return said(visit, "caller.denied").await;
    }
    // What is asked for beside a text comes first: the link serves once.
    let mut methods = Methods::of(Method::of_channel(check.one.channel));
    if let Some(account) = check.account {
        let shown = (posted.fields.get("digits"), &posted.secret("password"));
        match app.factors.prove_beside(&visit.cx, account, shown).await {
            Ok(beside) => methods = beside.map_or(methods, |method| methods.and(method)),
            Err(fault) if fault.kind == FaultKind::Unauthenticated => {
                let words = if check.totp { "totp.wrong" } else { "password.wrong" };
                return draw(visit, StatusCode::UNPROCESSABLE_ENTITY, &check, Some(words)).await;
            }
            Err(fault) if fault.kind == FaultKind::Limited => {
                return draw(visit, StatusCode::TOO_MANY_REQUESTS, &check, Some("code.limited")).await;
            }
            Err(fault) => return Err(no(fault)),
        }
    }
    let checked =
        app.verifications.check_link(&visit.cx, Purpose::CallerCheck, token, visit.known_as()).await;
    if checked.map_err(no)?.outcome != Outcome::Approved {
        return links::ended(visit).await;
    }
    let customer = app.verifications.holder(&visit.cx, id).await.map_err(no)?;
    let proof = Proof { number: check.one.number, customer, method: Method::of_channel(check.one.channel) };
    // A number that changed hands proves nobody of the account that was asked.
    let reached = app.accounts.reached_by(&visit.cx, &proof).await.map_err(no)?;
    let Some(account) = reached.filter(|account| check.account == Some(*account)) else {
        app.backchannel.deny(&visit.cx, id).await.map_err(no)?;
        return links::ended(visit).await;
    };
    if app.backchannel.approve(&visit.cx, id, account, methods).await.map_err(no)? {
        said(visit, "caller.approved").await
    } else {
        links::ended(visit).await
    }
}
