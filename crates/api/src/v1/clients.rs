//! Clients: programs that sign people in through this shop's OpenID Connect provider.

use app::App;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base::Id;
use identity::oidc::{self, ClientKind, Grantable, NewClient, Scopes, Settings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::shapes::Moment;
use crate::{
    caller::ManagesClients,
    problem::Answer,
    reading::{At, Body},
};

/// Whether a client can keep a secret.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema, Debug)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClientKind)]
pub(crate) enum Kind {
    /// A server: it has a secret.
    #[default]
    Confidential,
    /// An app or a page: it has none.
    Public,
}

/// What a client may be granted.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema, Debug)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClientScope)]
pub(crate) enum ClientScope {
    /// Who it is: an opaque subject.
    Openid,
    /// The number, and whether it was proved.
    Phone,
    /// When the account was proved last.
    Profile,
    /// Refresh tokens.
    OfflineAccess,
}

impl From<ClientScope> for Grantable {
    fn from(scope: ClientScope) -> Self {
        match scope {
            ClientScope::Openid => Self::Openid,
            ClientScope::Phone => Self::Phone,
            ClientScope::Profile => Self::Profile,
            ClientScope::OfflineAccess => Self::OfflineAccess,
        }
    }
}

/// A client.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Client {
    /// The `client_id`.
    id: Uuid,
    name: String,
    kind: Kind,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backchannel_logout_uri: Option<String>,
    #[schema(example = json!(["openid", "phone"]))]
    scopes: Vec<&'static str>,
    /// Whether it may ask people on their phones (OpenID Client-Initiated Backchannel Authentication).
    backchannel_authentication: bool,
    created_at: Moment,
    /// Shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<oidc::Client> for Client {
    fn from(client: oidc::Client) -> Self {
        Self {
            id: client.id.uuid(),
            name: client.name,
            kind: match client.kind {
                ClientKind::Confidential => Kind::Confidential,
                ClientKind::Public => Kind::Public,
            },
            scopes: client.settings.scopes.codes(),
            backchannel_authentication: client.settings.backchannel_authentication,
            redirect_uris: client.settings.redirect_uris,
            post_logout_redirect_uris: client.settings.post_logout_redirect_uris,
            backchannel_logout_uri: client.settings.backchannel_logout_uri,
            created_at: client.created_at.into(),
            secret: None,
        }
    }
}

impl From<NewClient> for Client {
    fn from(new: NewClient) -> Self {
        let secret = new.secret.map(|secret| secret.reveal().clone());
        Self { secret, ..new.client.into() }
    }
}

/// The clients of the shop; there are few.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct ClientList {
    items: Vec<Client>,
}

/// A client to be made.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
#[schema(as = NewClient)]
pub(crate) struct Wanted {
    /// How people read it.
    #[schema(example = "Web shop")]
    name: String,
    #[serde(default)]
    kind: Kind,
    /// Where people return to after signing in, compared letter by letter; may be empty for a client that only asks people on their phones.
    #[schema(example = json!(["https://shop.example/callback"]))]
    redirect_uris: Vec<String>,
    /// Where people may return to after signing out.
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    /// Told when somebody signs out (OpenID Connect Back-Channel Logout).
    backchannel_logout_uri: Option<String>,
    /// What it may ask for; `openid` and `phone` if not given.
    scopes: Option<Vec<ClientScope>>,
    /// Whether it may ask people on their phones, as a support desk does to check a caller; confidential clients only.
    #[serde(default)]
    backchannel_authentication: bool,
}

/// Clients, by age.
#[utoipa::path(get, path = "/clients", tag = "clients", security(("key" = ["clients:manage"])), responses(
    (status = 200, description = "All of them.", body = ClientList),
))]
pub(crate) async fn list(caller: ManagesClients, State(app): State<App>) -> Answer<Json<ClientList>> {
    let clients = app.clients.list(&caller).await?;
    Ok(Json(ClientList { items: clients.into_iter().map(Client::from).collect() }))
}

/// One client.
#[utoipa::path(get, path = "/clients/{id}", tag = "clients", params(("id" = Uuid, Path, description = "The client_id.")), security(("key" = ["clients:manage"])), responses(
    (status = 200, description = "The client.", body = Client),
))]
pub(crate) async fn get(
    caller: ManagesClients,
    State(app): State<App>,
    At(id): At<Id<oidc::Client>>,
) -> Answer<Json<Client>> {
    Ok(Json(app.clients.get(&caller, id).await?.into()))
}

/// Make a client. A confidential one gets its secret in this answer, and nowhere else.
#[utoipa::path(post, path = "/clients", tag = "clients", request_body = Wanted, security(("key" = ["clients:manage"])), responses(
    (status = 201, description = "The client, with its secret.", body = Client, headers(("Location" = String, description = "The client's address."))),
))]
pub(crate) async fn create(
    caller: ManagesClients,
    State(app): State<App>,
    Body(wanted): Body<Wanted>,
) -> Answer<Response> {
    let kind = match wanted.kind {
        Kind::Confidential => ClientKind::Confidential,
        Kind::Public => ClientKind::Public,
    };
    let scopes = wanted.scopes.unwrap_or_else(|| vec![ClientScope::Openid, ClientScope::Phone]);
    let settings = Settings {
        redirect_uris: wanted.redirect_uris,
        post_logout_redirect_uris: wanted.post_logout_redirect_uris,
        backchannel_logout_uri: wanted.backchannel_logout_uri,
        scopes: Scopes::new(scopes.into_iter().map(Grantable::from).collect()),
        backchannel_authentication: wanted.backchannel_authentication,
    };
    let new = app.clients.create(&caller, &wanted.name, kind, settings).await?;
    let location = [(header::LOCATION, format!("/v1/clients/{}", new.client.id))];
    Ok((StatusCode::CREATED, location, Json(Client::from(new))).into_response())
}

/// Give a client a new secret. The old one serves no more, at once.
#[utoipa::path(post, path = "/clients/{id}/secret", tag = "clients", params(("id" = Uuid, Path, description = "The client_id.")), security(("key" = ["clients:manage"])), responses(
    (status = 200, description = "The client, with its new secret.", body = Client),
))]
pub(crate) async fn renew_secret(
    caller: ManagesClients,
    State(app): State<App>,
    At(id): At<Id<oidc::Client>>,
) -> Answer<Json<Client>> {
    Ok(Json(app.clients.renew_secret(&caller, id).await?.into()))
}

/// What was removed.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Removed {
    id: Uuid,
}

/// Remove a client. All its tokens end, at once.
#[utoipa::path(post, path = "/clients/{id}/remove", tag = "clients", params(("id" = Uuid, Path, description = "The client_id.")), security(("key" = ["clients:manage"])), responses(
    (status = 200, description = "It is gone.", body = Removed),
))]
pub(crate) async fn remove(
    caller: ManagesClients,
    State(app): State<App>,
    At(id): At<Id<oidc::Client>>,
) -> Answer<Json<Removed>> {
    app.clients.remove(&caller, id).await?;
    Ok(Json(Removed { id: id.uuid() }))
}
