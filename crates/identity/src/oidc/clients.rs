//! The verbs of clients: make, list, give a new secret, remove. Staff do it at the console, programs over the API, operators in a shell.

use base::{Context, Fault, Id, Secret};
use db::{
    Db, Tx,
    audit::{self, Entry},
};
use url::{Host, Url};
use vault::Vault;

use super::{Client, ClientKind, Failure, Grantable, Presented, Refused, Settings, rows};
use crate::new_secret;

/// Lets secret scanners recognise a leaked secret.
const PREFIX: &str = "tlc_";
const NAME_CHARS_MAX: usize = 100;
const URIS_MAX: usize = 20;
const URI_BYTES_MAX: usize = 1000;

/// The clients of the installation.
#[derive(Clone, Debug)]
pub struct Clients {
    db: Db,
    vault: Vault,
}

/// A client just made, or its new secret, shown once.
#[derive(Clone, Debug)]
pub struct NewClient {
    pub client: Client,
    /// None for a public client.
    pub secret: Option<Secret<String>>,
}

impl Clients {
    pub fn new(db: Db, vault: Vault) -> Self {
        Self { db, vault }
    }

    fn key(&self, cx: &Context, secret: &str) -> [u8; 32] {
        self.vault.indexes(cx.shop).credential.of_parts([b"oidc client".as_slice(), secret.as_bytes()])
    }

    pub async fn create(
        &self,
        cx: &Context,
        name: &str,
        kind: ClientKind,
        settings: Settings,
    ) -> Result<NewClient, Fault> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(Fault::invalid("name_malformed", "A client needs a name of at most 100 characters.")
                .field("name"));
        }
        check(&settings, kind)?;
        let client = Client {
            id: cx.new_id(),
            shop: cx.shop,
            name: name.to_owned(),
            kind,
            settings,
            created_at: cx.now(),
        };
        let secret = (kind == ClientKind::Confidential).then(|| new_secret(PREFIX));
        let key = secret.as_deref().map(|secret| self.key(cx, secret));
        let (this, cx, noted) = (self.clone(), cx.clone(), client.clone());
        self.db
            .write(async move |tx| {
                rows::insert_client(tx, &noted, key.as_ref()).await?;
                let details = serde_json::json!({ "name": noted.name, "kind": noted.kind.code(), "scopes": noted.settings.scopes.codes() });
                this.note(tx, &cx, "clients.create", noted.id, "client created", details).await
            })
            .await?;
        Ok(NewClient { client, secret: secret.map(Secret::new) })
    }

    pub async fn list(&self, cx: &Context) -> Result<Vec<Client>, Fault> {
        let shop = cx.shop;
        self.db.read(async move |tx| rows::clients(tx, shop).await).await
    }

    pub async fn get(&self, cx: &Context, id: Id<Client>) -> Result<Client, Fault> {
        let shop = cx.shop;
        let found = self.db.read(async move |tx| rows::client(tx, shop, id).await).await?;
        found.map(|(client, _)| client).ok_or_else(unknown)
    }

    /// A new secret; the old one serves no more.
    pub async fn renew_secret(&self, cx: &Context, id: Id<Client>) -> Result<NewClient, Fault> {
        let secret = new_secret(PREFIX);
        let key = self.key(cx, &secret);
        let (this, cx) = (self.clone(), cx.clone());
        let client = self
            .db
            .write(async move |tx| {
                let (client, _) = rows::client(tx, cx.shop, id).await?.ok_or_else(unknown)?;
                if client.kind == ClientKind::Public {
                    return Err(Fault::conflict(
                        "client_has_no_secret",
                        "A public client cannot keep a secret and has none.",
                    ));
                }
                rows::set_secret(tx, cx.shop, id, &key).await?;
                this.note(tx, &cx, "clients.secret", id, "secret renewed", serde_json::json!({})).await?;
                Ok(client)
            })
            .await?;
        Ok(NewClient { client, secret: Some(Secret::new(secret)) })
    }

    /// Removes a client; everything it was granted ends at once.
    pub async fn remove(&self, cx: &Context, id: Id<Client>) -> Result<(), Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        self.db
            .write(async move |tx| {
                if !rows::remove_client(tx, cx.shop, id, cx.now()).await? {
                    return Err(unknown());
                }
                this.note(tx, &cx, "clients.remove", id, "client removed", serde_json::json!({})).await
            })
            .await
    }

    async fn note(
        &self,
        tx: &mut Tx,
        cx: &Context,
        action: &'static str,
        id: Id<Client>,
        reason: &'static str,
        details: serde_json::Value,
    ) -> Result<(), Fault> {
        let entry = Entry { action, subject: audit::subject("client", id), customer: None, reason, details };
        audit::append(tx, cx, &self.vault.indexes(cx.shop), entry).await?;
        Ok(())
    }

    /// The client that says who it is, proved: a confidential one by its secret, a public one by having none.
    pub(super) async fn prove(
        &self,
        tx: &mut Tx,
        cx: &Context,
        presented: &Presented,
    ) -> Result<Client, Failure> {
        let refused =
            || Failure::Refused(Refused::client("The client is not known, or its secret is wrong."));
        let id = presented.client.parse().map_err(|_| refused())?;
        let (client, kept) = rows::client(tx, cx.shop, id).await?.ok_or_else(refused)?;
        // Hashes of 256 bits of chance under a secret key: comparing them tells nothing by its time.
        let shown = presented.secret.as_ref().map(|secret| self.key(cx, secret.reveal()));
        let proved = match client.kind {
            ClientKind::Confidential => kept.is_some() && shown == kept,
            ClientKind::Public => shown.is_none(),
        };
        if proved { Ok(client) } else { Err(refused()) }
    }
}

pub(super) fn unknown() -> Fault {
    Fault::not_found("client_unknown", "There is no such client.").field("client")
}

fn check(settings: &Settings, kind: ClientKind) -> Result<(), Fault> {
    let Settings { redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, scopes, .. } = settings;
    if settings.backchannel_authentication && kind == ClientKind::Public {
        let message = "Only a client that keeps a secret may ask people on their phones.";
        return Err(Fault::invalid("client_is_public", message).field("backchannel_authentication"));
    }
    if redirect_uris.is_empty() && !settings.backchannel_authentication {
        let message = "A client needs at least one address to which people return.";
        return Err(Fault::invalid("redirect_uri_missing", message).field("redirect_uris"));
    }
    for (field, uris) in
        [("redirect_uris", redirect_uris), ("post_logout_redirect_uris", post_logout_redirect_uris)]
    {
        if uris.len() > URIS_MAX || uris.iter().any(|uri| !is_address(uri, kind)) {
            let message = "An address is https://…, or http:// on this machine, or for a public client a scheme of its own with a dot, \
                           without a fragment; at most 20 of them.";
            return Err(Fault::invalid("redirect_uri_malformed", message).field(field));
        }
    }
    if backchannel_logout_uri.as_deref().is_some_and(|uri| !is_address(uri, ClientKind::Confidential)) {
        let message = "The address that is told of signing out is https://…, or http:// on this machine.";
        return Err(Fault::invalid("logout_uri_malformed", message).field("backchannel_logout_uri"));
    }
    if !scopes.has(Grantable::Openid) {
        return Err(Fault::invalid("scope_missing", "The scope openid is needed.").field("scopes"));
    }
    Ok(())
}

/// What may be registered (RFC 9700, 2.1; RFC 8252, 7).
fn is_address(text: &str, kind: ClientKind) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    // The address is written into headers as it stands: what separates things there has no place in it, and it is spelt as it is meant.
    let is_spelt_out = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && (!matches!(url.scheme(), "http" | "https") || text.starts_with(&format!("{}://", url.scheme())))
        && url.host_str().is_none_or(|host| !host.contains([';', ',']));
    let plain = text.len() <= URI_BYTES_MAX
        && is_spelt_out
        && url.fragment().is_none()
        && !text.contains('*')
        && url.username().is_empty()
        && url.password().is_none();
    let on_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    plain
        && match url.scheme() {
            "https" => url.host().is_some(),
            "http" => on_this_machine,
            scheme => kind == ClientKind::Public && scheme.contains('.'),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_may_be_registered() {
        for (uri, confidential, public) in [
            ("https://shop.example/callback", true, true),
            ("https://shop.example/callback?shop=1", true, true),
            ("http://127.0.0.1:8090/callback", true, true),
            ("http://[::1]/callback", true, true),
            ("http://localhost/callback", true, true),
            ("com.shop.app:/callback", false, true),
            ("http://shop.example/callback", false, false),
            ("https://shop.example/#part", false, false),
            ("https://*.shop.example/callback", false, false),
            ("https://user@shop.example/callback", false, false),
            ("https://shop.example;x/callback", false, false),
            ("https://shop.example,x/callback", false, false),
            ("https://shop.example/a;b,c", true, true),
            ("https://shop.example/call back", false, false),
            ("https://shop.example/\u{e4}", false, false),
            ("https:shop.example/callback", false, false),
            ("https:\\\\shop.example/callback", false, false),
            ("javascript:alert(1)", false, false),
            ("data:text/html,x", false, false),
            ("/callback", false, false),
            ("", false, false),
        ] {
            assert_eq!(is_address(uri, ClientKind::Confidential), confidential, "{uri}");
            assert_eq!(is_address(uri, ClientKind::Public), public, "{uri}");
        }
    }
}
