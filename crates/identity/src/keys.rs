//! Keys of programs: a secret shown once, scopes, revocation.

use std::sync::Arc;

use base::{Context, Fault, Id, Secret, ShopId, Timestamp};
use db::{
    Db, Row,
    audit::{self, Entry},
    together::Together,
};
use vault::Vault;

use crate::{Scope, new_secret, rows, unauthenticated};

/// A key as it may be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    pub id: Id<Self>,
    pub shop: ShopId,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A key just made, with its secret.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub key: ApiKey,
    pub secret: Secret<String>,
}

/// The keys of the installation.
#[derive(Clone, Debug)]
pub struct Keys {
    db: Db,
    vault: Vault,
    /// Every request asks for its key.
    asked: Arc<Together<[u8; 32], Option<Row>>>,
}

/// The prefix that lets secret scanners recognise a leaked key.
const PREFIX: &str = "tlk_";

impl Keys {
    pub fn new(db: Db, vault: Vault) -> Self {
        Self { db, vault, asked: Arc::default() }
    }

    fn index(&self, secret: &str) -> [u8; 32] {
        // A secret says nothing of its shop, so all are indexed under one key.
        self.vault.indexes(ShopId::from_uuid(uuid::Uuid::nil())).credential.of(secret.as_bytes())
    }

    pub async fn create(&self, cx: &Context, name: &str, scopes: &[Scope]) -> Result<NewKey, Fault> {
        let name = name.trim();
        if name.is_empty() || name.len() > 100 {
            return Err(Fault::invalid("name_malformed", "A key needs a name of at most 100 characters.")
                .field("name"));
        }
        if scopes.is_empty() {
            return Err(Fault::invalid("scope_missing", "Say what the key may do: at least one scope.")
                .field("scope"));
        }
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        let key = ApiKey {
            id: cx.new_id(),
            shop: cx.shop,
            name: name.to_owned(),
            scopes,
            created_at: cx.now(),
            revoked_at: None,
        };
        let secret = new_secret(PREFIX);
        let (index, noted, cx, indexes) =
            (self.index(&secret), key.clone(), cx.clone(), self.vault.indexes(cx.shop));
        self.db
            .write(async move |tx| {
                rows::insert_key(tx, &noted, &index).await?;
                let scopes: Vec<&str> = noted.scopes.iter().map(|scope| scope.code()).collect();
                let details = serde_json::json!({ "name": noted.name, "scopes": scopes });
                let subject = audit::subject("key", noted.id);
                let entry =
                    Entry { action: "keys.create", subject, customer: None, reason: "key created", details };
                audit::append(tx, &cx, &indexes, entry).await?;
                Ok(())
            })
            .await?;
        Ok(NewKey { key, secret: Secret::new(secret) })
    }

    /// The key of this secret, if it is one and stands.
    pub async fn authenticate(&self, secret: &str) -> Result<ApiKey, Fault> {
        let refused = || unauthenticated("key_unknown", "The API key is not known or was revoked.");
        if !secret.starts_with(PREFIX) {
            return Err(refused());
        }
        let index = self.index(secret);
        let row = self.asked.read(&self.db, index, rows::keys_by_secrets).await?;
        let key = row.as_ref().map(rows::key_view).transpose()?;
        key.filter(|key| key.revoked_at.is_none()).ok_or_else(refused)
    }

    pub async fn list(&self, shop: ShopId) -> Result<Vec<ApiKey>, Fault> {
        self.db.read(async move |tx| rows::keys(tx, shop).await).await
    }

    pub async fn revoke(&self, cx: &Context, id: Id<ApiKey>) -> Result<(), Fault> {
        let (cx, indexes) = (cx.clone(), self.vault.indexes(cx.shop));
        self.db
            .write(async move |tx| {
                if !rows::revoke_key(tx, cx.shop, id, cx.now()).await? {
                    return Err(Fault::not_found(
                        "key_unknown",
                        "There is no such key, or it was revoked already.",
                    )
                    .field("key"));
                }
                let subject = audit::subject("key", id);
                let details = serde_json::json!({});
                let entry =
                    Entry { action: "keys.revoke", subject, customer: None, reason: "key revoked", details };
                audit::append(tx, &cx, &indexes, entry).await?;
                Ok(())
            })
            .await
    }
}
