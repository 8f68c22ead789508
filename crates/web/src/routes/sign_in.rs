//! Signing in and out: the form, the session that begins and ends with it, and where to go next.

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect},
};
use base::{Actor, Fault, FaultKind, Secret};
use identity::ShopView;

use super::{
    Desk,
    refusal::{Answer, status},
    seat::{Posted, fields, forged, token_of},
};
use crate::{
    console::{
        paths,
        sign_in::{self, SignIn},
    },
    personal::Personal,
    session::{self, CSRF_FIELD, Token},
};

/// The service ends sessions by itself; the cookie outlives none of them.
const COOKIE_SECONDS: u64 = 12 * 3600;

#[derive(serde::Deserialize)]
pub(super) struct Asked {
    next: Option<String>,
    shop: Option<String>,
}

pub(super) async fn show(State(desk): State<Desk>, headers: HeaderMap, Query(asked): Query<Asked>) -> Answer {
    let known = token_of(&headers, &desk);
    if let Some(token) = known.as_ref().filter(|token| !token.is_visitor())
        && desk.app.staff.session(token.reveal(), desk.app.clock.now()).await.is_ok()
    {
        return Ok(Redirect::to(&ours(asked.next.as_deref())).into_response());
    }
    let form = SignIn { next: ours(asked.next.as_deref()), shop: asked.shop, ..SignIn::default() };
    Ok(form_page(&desk, known, form).into_response())
}

/// The form with a token that only this browser can send back; a browser that has none gets its cookie now.
fn form_page(desk: &Desk, known: Option<Token>, form: SignIn) -> impl IntoResponse {
    let rng = &mut rand::rng();
    let token = known.filter(Token::is_visitor).unwrap_or_else(|| Token::visitor(rng));
    let cookie = session::cookie(&token, desk.transport, COOKIE_SECONDS);
    let csrf = desk.csrf.token(&token, rng);
    (AppendHeaders([(header::SET_COOKIE, cookie)]), sign_in::page(&SignIn { csrf, ..form }))
}

pub(super) async fn enter(State(desk): State<Desk>, request: Request) -> Answer {
    let visitor = token_of(request.headers(), &desk).filter(Token::is_visitor);
    let fields = fields(request, &desk).await?;
    let form = SignIn {
        login: Personal::new(fields.get("login")),
        next: ours(Some(fields.get("next"))),
        shop: fields.all("shop").next().map(str::to_owned),
        ..SignIn::default()
    };
    let Some(visitor) = visitor.filter(|visitor| desk.csrf.verifies(visitor, fields.get(CSRF_FIELD))) else {
        let refusal = Some("This form was too old. Sign in once more.".to_owned());
        return Ok(
            (status(forged().kind), form_page(&desk, None, SignIn { refusal, ..form })).into_response()
        );
    };
    // Passwords may begin or end with blanks.
    let password = Secret::new(fields.all("password").next().unwrap_or_default().to_owned());
    match try_entering(&desk, &form, &password).await {
        Ok(token) => {
            let token = Token::parse(token.reveal())
                .ok_or_else(|| Fault::internal("a session token of an unknown form"))?;
            let cookie = session::cookie(&token, desk.transport, COOKIE_SECONDS);
            Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(&form.next)).into_response())
        }
        Err(fault) if matches!(fault.kind, FaultKind::Unauthenticated | FaultKind::Limited) => {
            let refusal = Some(fault.message.clone());
            let page = form_page(&desk, Some(visitor), SignIn { refusal, ..form });
            Ok((status(fault.kind), page).into_response())
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn try_entering(
    desk: &Desk,
    form: &SignIn,
    password: &Secret<String>,
) -> Result<Secret<String>, Fault> {
    let shop = shop(desk, form.shop.as_deref()).await?;
    // The trail is to name who signed in; whether there is such a login is told to nobody by this.
    let login = form.login.reveal().to_lowercase();
    let known = desk.app.staff.list(shop.id).await?.into_iter().find(|member| member.login == login);
    let actor = known.map_or(Actor::System("console"), |member| Actor::Staff {
        id: member.id.to_string(),
        name: member.name,
    });
    let cx = desk.app.cx(shop.id, actor);
    Ok(desk.app.staff.sign_in(&cx, form.login.reveal(), password).await?.0)
}

/// The shop that the address names, or the one of the configuration. Whether a shop exists is not told to strangers.
async fn shop(desk: &Desk, slug: Option<&str>) -> Result<ShopView, Fault> {
    let Some(slug) = slug else { return desk.app.shop().await };
    desk.app.shops.find(slug).await.map_err(|fault| match fault.kind {
        FaultKind::NotFound => {
            Fault::new(FaultKind::Unauthenticated, "sign_in_failed", "The login or the password is wrong.")
        }
        _ => fault,
    })
}

pub(super) async fn leave(Posted { seat, .. }: Posted) -> Answer {
    seat.desk.app.staff.sign_out(seat.token.reveal()).await?;
    let cookie = session::cookie_gone(seat.desk.transport);
    Ok((StatusCode::SEE_OTHER, AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(paths::SIGN_IN))
        .into_response())
}

/// Only addresses of the console are gone to after signing in.
fn ours(next: Option<&str>) -> String {
    let plain = |text: &&str| {
        let below = text.strip_prefix(paths::START);
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
            && !text.starts_with(paths::SIGN_IN)
    };
    next.filter(plain).unwrap_or(paths::START).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        for (next, goes) in [
            ("/console/review?done=merge", "/console/review?done=merge"),
            ("/console", "/console"),
            ("https://evil.example", "/console"),
            ("//evil.example/console", "/console"),
            ("/console.evil.example", "/console"),
            ("/console/\\evil", "/console"),
            ("/console/a\r\nset-cookie:x", "/console"),
            ("/console/sign-in?next=x", "/console"),
        ] {
            assert_eq!(ours(Some(next)), goes, "{next}");
        }
    }
}
