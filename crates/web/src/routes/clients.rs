//! Programs that sign people in: made, given another secret, removed.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use base::{Fault, FaultKind, Id};
use identity::{
    Scope,
    oidc::{self, ClientKind, Grantable, NewClient, Scopes, Settings},
};

use super::{
    refusal::{Answer, status},
    seat::{Posted, Seat},
};
use crate::{
    components::{badge::Tone, notice::Notice},
    console::{
        clients::{self, Client, ClientsPage, NewSecret, Wanted},
        paths,
    },
    personal::Personal,
};

pub(super) async fn show(seat: Seat) -> Answer {
    draw(&seat, Wanted::default(), None, Vec::new(), StatusCode::OK).await
}

async fn draw(
    seat: &Seat,
    wanted: Wanted,
    secret: Option<NewSecret>,
    notices: Vec<Notice>,
    code: StatusCode,
) -> Answer {
    seat.demand(Scope::ClientsManage)?;
    let app = &seat.desk.app;
    let client = |client: &oidc::Client| Client {
        id: client.id.to_string(),
        name: client.name.clone(),
        kind: client.kind.code(),
        scopes: client.settings.scopes.codes(),
        redirect_uris: client.settings.redirect_uris.clone(),
        asks_phones: client.settings.backchannel_authentication,
        created_at: client.created_at,
    };
    let model = ClientsPage {
        is_named: app.config.public_url.is_some(),
        issuer: app.issuer(seat.host.as_deref(), &seat.shop.slug),
        clients: app.clients.list(&seat.cx).await?.iter().map(client).collect(),
        scopes: Grantable::ALL.iter().map(|scope| (scope.code(), words_of(*scope))).collect(),
        wanted,
        secret,
    };
    Ok((code, clients::page(&seat.shell_with(notices).await?, &model)).into_response())
}

const fn words_of(scope: Grantable) -> &'static str {
    match scope {
        Grantable::Openid => "Who it is: an opaque subject",
        Grantable::Phone => "The number, and that it was proved",
        Grantable::Profile => "When the account was proved last",
        Grantable::OfflineAccess => "Refresh tokens, for when nobody is there",
    }
}

fn lines(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

pub(super) async fn make(Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::ClientsManage)?;
    let wanted = Wanted {
        name: fields.get("name").to_owned(),
        is_public: fields.get("kind") == "public",
        redirect_uris: fields.get("redirect_uris").to_owned(),
        post_logout_redirect_uris: fields.get("post_logout_redirect_uris").to_owned(),
        backchannel_logout_uri: fields.get("backchannel_logout_uri").to_owned(),
        backchannel_authentication: fields.get("backchannel_authentication") == "yes",
        error: None,
    };
    let kind = if wanted.is_public { ClientKind::Public } else { ClientKind::Confidential };
    let settings = Settings {
        redirect_uris: lines(&wanted.redirect_uris),
        post_logout_redirect_uris: lines(&wanted.post_logout_redirect_uris),
        backchannel_logout_uri: Some(wanted.backchannel_logout_uri.clone()).filter(|uri| !uri.is_empty()),
        scopes: Scopes::new(fields.all("scope").filter_map(Grantable::of).collect()),
        backchannel_authentication: wanted.backchannel_authentication,
    };
    match seat.desk.app.clients.create(&seat.cx, &wanted.name, kind, settings).await {
        Ok(new) => draw(&seat, Wanted::default(), Some(secret_of(&new)), Vec::new(), StatusCode::OK).await,
        Err(fault) if fault.kind == FaultKind::Invalid => {
            let code = status(fault.kind);
            draw(&seat, Wanted { error: Some(fault.message), ..wanted }, None, Vec::new(), code).await
        }
        Err(fault) => Err(fault.into()),
    }
}

fn secret_of(new: &NewClient) -> NewSecret {
    NewSecret {
        name: new.client.name.clone(),
        id: new.client.id.to_string(),
        secret: new.secret.as_ref().map(|secret| Personal::new(secret.reveal())),
    }
}

fn id_of(text: &str) -> Result<Id<oidc::Client>, Fault> {
    text.parse().map_err(|_| Fault::not_found("client_unknown", "There is no such client."))
}

/// Answers with the page itself: the secret is shown this once.
pub(super) async fn renew(Path(id): Path<String>, Posted { seat, .. }: Posted) -> Answer {
    seat.demand(Scope::ClientsManage)?;
    match seat.desk.app.clients.renew_secret(&seat.cx, id_of(&id)?).await {
        Ok(new) => draw(&seat, Wanted::default(), Some(secret_of(&new)), Vec::new(), StatusCode::OK).await,
        Err(fault) if fault.kind == FaultKind::Conflict => {
            let notices = vec![Notice::new(Tone::Bad, fault.message.clone())];
            draw(&seat, Wanted::default(), None, notices, status(fault.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn remove(Path(id): Path<String>, Posted { seat, .. }: Posted) -> Answer {
    seat.demand(Scope::ClientsManage)?;
    seat.desk.app.clients.remove(&seat.cx, id_of(&id)?).await?;
    Ok(Redirect::to(paths::CLIENTS).into_response())
}
