//! The verbs of the provider: take a request, answer it with a code, exchange codes and refresh tokens, tell what a token is worth.

mod asking;
mod exchanging;

use base::{Context, Fault};
use db::{Db, Tx};
use vault::Vault;

use super::{
    Clients, Failure, Introspection, Presented, Refused, rows,
    signing::{self, KeptKey},
    tokens::{Claims, Kept, KeptGrant, TokenKind, seconds},
};
use crate::accounts;

pub use asking::Answered;

/// The provider of the installation; every verb is told by its context which shop's. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Provider {
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) clients: Clients,
    /// By which clients are told.
    pub(super) outward: outward::Client,
}

/// What a closure comes to that must be committed even when the client is refused.
type Told<T> = Result<T, Refused>;

impl Provider {
    pub fn new(db: Db, vault: Vault, clients: Clients, outward: outward::Client) -> Self {
        Self { db, vault, clients, outward }
    }

    pub(super) fn key(&self, cx: &Context, kind: &str, text: &str) -> [u8; 32] {
        self.vault.indexes(cx.shop).credential.of_parts([
            b"oidc".as_slice(),
            kind.as_bytes(),
            text.as_bytes(),
        ])
    }

    /// The keys of the shop; the first one is made when it is first needed.
    pub(super) async fn keys_in(&self, tx: &mut Tx, cx: &Context) -> Result<Vec<KeptKey>, Fault> {
        let mut keys = rows::keys(tx, cx.shop).await?;
        if keys.is_empty() {
            let key = KeptKey::generate(&self.vault, cx.new_id(), cx.now())?;
            rows::insert_key(tx, cx.shop, &key).await?;
            keys.push(key);
        }
        Ok(keys)
    }

    /// The public keys as clients fetch them (RFC 7517).
    pub async fn key_set(&self, cx: &Context) -> Result<serde_json::Value, Fault> {
        let shop = cx.shop;
        let mut keys = self.db.read(async move |tx| rows::keys(tx, shop).await).await?;
        if keys.is_empty() {
            let (this, cx) = (self.clone(), cx.clone());
            keys = self.db.write(async move |tx| this.keys_in(tx, &cx).await).await?;
        }
        Ok(serde_json::json!({ "keys": keys.iter().map(KeptKey::published).collect::<Vec<_>>() }))
    }

    /// Makes another signing key; it signs when clients have had time to fetch it.
    pub async fn rotate_keys(&self, cx: &Context) -> Result<(), Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        self.db
            .write(async move |tx| {
                let key = KeptKey::generate(&this.vault, cx.new_id(), cx.now())?;
                rows::insert_key(tx, cx.shop, &key).await
            })
            .await
    }

    /// What the holder of an access token may know of its person.
    pub async fn claims(&self, cx: &Context, token: &str) -> Result<Claims, Failure> {
        let key = self.key(cx, "token", token);
        let (this, cx) = (self.clone(), cx.clone());
        let found = self
            .db
            .read(async move |tx| {
                let Some((kept, grant)) = standing(tx, &cx, &key).await? else { return Ok(None) };
                if kept.kind != TokenKind::Access {
                    return Ok(None);
                }
                let account = accounts::of_id(tx, &this.vault, cx.shop, grant.account).await?;
                Ok(account.map(|account| Claims::of(&account, &kept.scopes)))
            })
            .await?;
        found.ok_or(Failure::Refused(Refused::token(
            "The access token is not known, has ended or was revoked.",
        )))
    }

    /// What a token is worth, for a client of the shop that has a secret (RFC 7662).
    pub async fn introspect(
        &self,
        cx: &Context,
        issuer: &str,
        presented: &Presented,
        token: &str,
    ) -> Result<Introspection, Failure> {
        let key = self.key(cx, "token", token);
        let (this, cx, presented, issuer) = (self.clone(), cx.clone(), presented.clone(), issuer.to_owned());
        let told = self
            .db
            .read(async move |tx| {
                let client = match this.clients.prove(tx, &cx, &presented).await {
                    Ok(client) => client,
                    Err(failure) => return told(failure),
                };
                if client.kind == super::ClientKind::Public {
                    return Ok(Err(Refused::client("Only a client with a secret may ask about tokens.")));
                }
                // A refresh token is shown to us and its own client alone: whoever else has it learns nothing.
                let found = standing(tx, &cx, &key)
                    .await?
                    .filter(|(kept, grant)| kept.kind == TokenKind::Access || grant.client == client.id);
                let Some((kept, grant)) = found else { return Ok(Ok(Introspection::default())) };
                Ok(Ok(Introspection {
                    active: true,
                    scope: Some(kept.scopes.to_string()),
                    client_id: Some(grant.client.to_string()),
                    sub: Some(grant.account.to_string()),
                    iss: Some(issuer.clone()),
                    token_type: (kept.kind == TokenKind::Access).then_some("Bearer"),
                    iat: Some(seconds(kept.created_at)),
                    exp: Some(seconds(kept.expires_at)),
                    acr: Some(super::Acr::by(grant.methods).code()),
                    auth_time: Some(seconds(grant.proved_at)),
                }))
            })
            .await?;
        Ok(told?)
    }

    /// Takes a token back (RFC 7009): a refresh token with everything that came of its sign-in. What is not known, or is another client's, is no fault.
    pub async fn revoke(&self, cx: &Context, presented: &Presented, token: &str) -> Result<(), Failure> {
        let key = self.key(cx, "token", token);
        let (this, cx, presented) = (self.clone(), cx.clone(), presented.clone());
        let told = self
            .db
            .write(async move |tx| {
                let client = match this.clients.prove(tx, &cx, &presented).await {
                    Ok(client) => client,
                    Err(failure) => return told(failure),
                };
                let Some((kept, grant)) = standing(tx, &cx, &key).await? else { return Ok(Ok(())) };
                if grant.client == client.id {
                    match kept.kind {
                        TokenKind::Refresh => {
                            rows::end_grant(tx, cx.shop, grant.id, "revoked", cx.now()).await?;
                        }
                        TokenKind::Access => rows::revoke_token(tx, cx.shop, &key, cx.now()).await?,
                    }
                }
                Ok(Ok(()))
            })
            .await?;
        Ok(told?)
    }

    /// The claims of an identity token that we signed for this client, however old.
    pub async fn read_hint<T: serde::de::DeserializeOwned + Send + 'static>(
        &self,
        cx: &Context,
        issuer: &str,
        audience: Option<&str>,
        token: &str,
    ) -> Result<Option<T>, Fault> {
        let shop = cx.shop;
        let keys = self.db.read(async move |tx| rows::keys(tx, shop).await).await?;
        Ok(signing::read(token, &keys, audience, issuer))
    }
}

/// A token that stands, and what it came of.
async fn standing(tx: &mut Tx, cx: &Context, key: &[u8; 32]) -> Result<Option<(Kept, KeptGrant)>, Fault> {
    let Some(kept) = rows::token(tx, cx.shop, key).await? else { return Ok(None) };
    if !kept.stands(cx.now()) {
        return Ok(None);
    }
    let grant = rows::grant(tx, cx.shop, kept.grant).await?;
    Ok(grant.filter(|grant| grant.ended_at.is_none()).map(|grant| (kept, grant)))
}

/// A refusal is an answer to be committed; a fault is none.
fn told<T>(failure: Failure) -> Result<Told<T>, Fault> {
    match failure {
        Failure::Refused(refused) => Ok(Err(refused)),
        Failure::Fault(fault) => Err(fault),
    }
}
