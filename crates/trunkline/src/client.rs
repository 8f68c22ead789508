//! `trunkline client`: programs that sign people in through the shop's OpenID Connect provider.

use base::Fault;
use clap::{Subcommand, ValueEnum};
use identity::oidc::{Client, ClientKind, Grantable, NewClient, Scopes, Settings};
use serde_json::{Value, json};

use crate::{
    access::id,
    opening::{Opening, Schema, Shop},
    output::{Output, Table, remark},
};

#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Make a client; its secret is shown once
    Create {
        /// How people read it
        #[arg(long)]
        name: String,
        /// Whether it can keep a secret
        #[arg(long, default_value = "confidential")]
        kind: Kind,
        /// Where people return to after signing in, letter by letter; several
        #[arg(long, required_unless_present = "backchannel_authentication", value_name = "URL")]
        redirect_uri: Vec<String>,
        /// Where people may return to after signing out; several
        #[arg(long, value_name = "URL")]
        post_logout_redirect_uri: Vec<String>,
        /// Told when somebody signs out
        #[arg(long, value_name = "URL")]
        backchannel_logout_uri: Option<String>,
        /// What it may ask for
        #[arg(long, value_delimiter = ',', default_value = "openid,phone")]
        scope: Vec<String>,
        /// Lets it ask people on their phones, as a support desk does to check a caller
        #[arg(long)]
        backchannel_authentication: bool,
    },
    /// List the clients of the shop
    List,
    /// Give a client a new secret; the old one serves no more
    Secret { id: String },
    /// Remove a client; all its tokens end, at once
    Remove { id: String },
    /// Make another signing key; it signs after an hour, when clients know it
    RotateKeys,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// A server
    Confidential,
    /// An app or a page
    Public,
}

fn scopes(asked: &[String]) -> Result<Scopes, Fault> {
    let known = |text: &String| {
        Grantable::of(text.trim()).ok_or_else(|| {
            let all: Vec<&str> = Grantable::ALL.iter().map(|scope| scope.code()).collect();
            Fault::invalid("scope_unknown", format!("A client's scope is one of {}.", all.join(", ")))
                .field("scope")
        })
    };
    Ok(Scopes::new(asked.iter().map(known).collect::<Result<_, _>>()?))
}

fn shown(client: &Client) -> Value {
    json!({
        "id": client.id,
        "name": client.name,
        "kind": client.kind.code(),
        "redirect_uris": client.settings.redirect_uris,
        "post_logout_redirect_uris": client.settings.post_logout_redirect_uris,
        "backchannel_logout_uri": client.settings.backchannel_logout_uri,
        "scopes": client.settings.scopes.codes(),
        "backchannel_authentication": client.settings.backchannel_authentication,
        "created_at": client.created_at,
    })
}

fn tell(output: Output, new: &NewClient) -> Result<(), Fault> {
    let mut value = shown(&new.client);
    let secret = new.secret.as_ref().map(|secret| secret.reveal().as_str());
    if let Some(secret) = secret {
        value["secret"] = secret.into();
    }
    output.answer(&value, || {
        format!("client_id      {}\nclient_secret  {}", new.client.id, secret.unwrap_or("none"))
    })?;
    if !output.json && secret.is_some() {
        remark("The secret is shown only now.");
    }
    Ok(())
}

pub async fn run(opening: &Opening, output: Output, command: ClientCommand) -> Result<(), Fault> {
    let make = if matches!(command, ClientCommand::Create { .. }) { Shop::Make } else { Shop::Expect };
    let shop = opening.in_shop(Schema::Expect, make).await?;
    let (app, cx) = (&shop.app, &shop.cx);
    match command {
        ClientCommand::Create {
            name,
            kind,
            redirect_uri,
            post_logout_redirect_uri,
            backchannel_logout_uri,
            scope,
            backchannel_authentication,
        } => {
            let kind = match kind {
                Kind::Confidential => ClientKind::Confidential,
                Kind::Public => ClientKind::Public,
            };
            let settings = Settings {
                redirect_uris: redirect_uri,
                post_logout_redirect_uris: post_logout_redirect_uri,
                backchannel_logout_uri,
                scopes: scopes(&scope)?,
                backchannel_authentication,
            };
            tell(output, &app.clients.create(cx, &name, kind, settings).await?)
        }
        ClientCommand::List => {
            let clients = app.clients.list(cx).await?;
            output.answer(&clients.iter().map(shown).collect(), || {
                let mut table = Table::new(&["client_id", "name", "kind", "since", "scopes", "returns to"]);
                for client in &clients {
                    table.row([
                        client.id.to_string(),
                        client.name.clone(),
                        client.kind.code().to_owned(),
                        client.created_at.date(),
                        client.settings.scopes.to_string(),
                        client.settings.redirect_uris.join(" "),
                    ]);
                }
                if table.is_empty() {
                    "There is no client yet; `trunkline client create` makes one.".to_owned()
                } else {
                    table.text()
                }
            })
        }
        ClientCommand::Secret { id: text } => {
            tell(output, &app.clients.renew_secret(cx, id(&text, "id")?).await?)
        }
        ClientCommand::Remove { id: text } => {
            let id = id(&text, "id")?;
            app.clients.remove(cx, id).await?;
            output.answer(&json!({ "id": id, "removed": true }), || {
                format!("The client {id} is gone, and all its tokens have ended.")
            })
        }
        ClientCommand::RotateKeys => {
            app.provider.rotate_keys(cx).await?;
            output.answer(&json!({ "rotated": true }), || {
                "Another signing key was made; it signs in an hour.".to_owned()
            })
        }
    }
}
