//! `trunkline staff`, `key` and `shop`: who may come in.

use std::io::Read as _;

use base::{Fault, Id, Secret};
use clap::{Args, Subcommand};
use identity::{Role, Scope};
use serde_json::json;

use crate::{
    opening::{Opening, Schema, Shop},
    output::{Output, Table, remark},
};

#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Add somebody; without --password-stdin a password is made and shown once
    Add(StaffAdd),
    /// List the staff of the shop
    List,
    /// Set a new password and end all sessions
    Password(StaffLogin),
    /// Take somebody's access away, at once
    Disable {
        /// Whom
        login: String,
    },
    /// Give somebody back the access that was taken away
    Enable {
        /// Whom
        login: String,
    },
}

#[derive(Debug, Args)]
pub struct StaffAdd {
    #[command(flatten)]
    login: StaffLogin,
    /// Name to show [default: the login]
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// owner, manager, agent, analyst, privacy or viewer
    #[arg(long, default_value = "owner", value_parser = role)]
    role: Role,
}

#[derive(Debug, Args)]
pub struct StaffLogin {
    /// By which somebody signs in
    login: String,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|fault: Fault| fault.message)
}

/// The password, and whether it was made here.
fn password(from_stdin: bool) -> Result<(Secret<String>, bool), Fault> {
    if !from_stdin {
        return Ok((new_password(), true));
    }
    let mut text = String::new();
    let unreadable = |error| {
        Fault::invalid("password_unreadable", "The password cannot be read.")
            .field("password-stdin")
            .cause(error)
    };
    std::io::stdin().take(64 * 1024).read_to_string(&mut text).map_err(unreadable)?;
    let ends = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(ends);
    Ok((Secret::new(text), false))
}

/// Seventy-five bits of chance, easy to type.
pub fn new_password() -> Secret<String> {
    use rand::RngExt as _;
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut rng = rand::rng();
    let mut group =
        || -> String { (0..5).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect() };
    Secret::new(format!("{}-{}-{}", group(), group(), group()))
}

pub async fn run_staff(opening: &Opening, output: Output, command: StaffCommand) -> Result<(), Fault> {
    let make = if matches!(command, StaffCommand::Add(_)) { Shop::Make } else { Shop::Expect };
    let shop = opening.in_shop(Schema::Expect, make).await?;
    let (app, cx) = (&shop.app, &shop.cx);
    match command {
        StaffCommand::Add(add) => {
            let (password, made) = password(add.login.password_stdin)?;
            let staff = app.staff.add(cx, &add.login.login, &add.name, add.role, &password).await?;
            let mut value = json!({ "id": staff.id, "login": staff.login, "name": staff.name, "role": staff.role.code() });
            if made {
                value["password"] = password.reveal().as_str().into();
            }
            output.answer(&value, || {
                let added = format!("{} was added to {} as {}.", staff.login, shop.shop.slug, staff.role);
                if made { format!("{added}\nPassword, shown only now: {}", password.reveal()) } else { added }
            })
        }
        StaffCommand::List => {
            let staff = app.staff.list(cx.shop).await?;
            let value = staff.iter().map(|one| {
                json!({ "id": one.id, "login": one.login, "name": one.name, "role": one.role.code(),
                        "created_at": one.created_at, "disabled_at": one.disabled_at })
            });
            output.answer(&value.collect(), || {
                let mut table = Table::new(&["login", "name", "role", "since", "state"]);
                for one in &staff {
                    let state = one
                        .disabled_at
                        .map_or_else(|| "active".to_owned(), |at| format!("disabled {}", at.date()));
                    table.row([
                        one.login.clone(),
                        one.name.clone(),
                        one.role.to_string(),
                        one.created_at.date(),
                        state,
                    ]);
                }
                if table.is_empty() {
                    "There is nobody yet; `trunkline staff add LOGIN` adds somebody.".to_owned()
                } else {
                    table.text()
                }
            })
        }
        StaffCommand::Password(login) => {
            let (password, made) = password(login.password_stdin)?;
            app.staff.set_password(cx, &login.login, &password).await?;
            let mut value = json!({ "login": login.login });
            if made {
                value["password"] = password.reveal().as_str().into();
            }
            output.answer(&value, || {
                let set = format!("{} has a new password and is signed out everywhere.", login.login);
                if made { format!("{set}\nPassword, shown only now: {}", password.reveal()) } else { set }
            })
        }
        StaffCommand::Disable { login } => {
            app.staff.disable(cx, &login).await?;
            output.answer(&json!({ "login": login, "disabled": true }), || {
                format!("{login} cannot sign in any more.")
            })
        }
        StaffCommand::Enable { login } => {
            app.staff.enable(cx, &login).await?;
            output.answer(&json!({ "login": login, "disabled": false }), || {
                format!("{login} can sign in again, with the password of before.")
            })
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key; its secret is shown once
    Create {
        /// What the key is for
        #[arg(long)]
        name: String,
        /// What it may do, as in customers:read; several, or `all`
        #[arg(long, required = true, num_args = 1.., value_delimiter = ',')]
        scope: Vec<String>,
    },
    /// List the keys of the shop
    List,
    /// Make a key worthless, at once
    Revoke { id: String },
}

fn scopes(asked: &[String]) -> Result<Vec<Scope>, Fault> {
    let mut scopes = Vec::new();
    for text in asked {
        if text == "all" {
            scopes.extend(Scope::ALL);
        } else {
            scopes.push(text.trim().parse()?);
        }
    }
    Ok(scopes)
}

pub async fn run_key(opening: &Opening, output: Output, command: KeyCommand) -> Result<(), Fault> {
    let make = if matches!(command, KeyCommand::Create { .. }) { Shop::Make } else { Shop::Expect };
    match command {
        KeyCommand::Create { name, scope } => {
            let scopes = scopes(&scope)?;
            let shop = opening.in_shop(Schema::Expect, make).await?;
            let new = shop.app.keys.create(&shop.cx, &name, &scopes).await?;
            let codes: Vec<&str> = new.key.scopes.iter().map(|scope| scope.code()).collect();
            let value = json!({ "id": new.key.id, "secret": new.secret.reveal(), "name": new.key.name, "scopes": codes });
            output.answer(&value, || {
                format!(
                    "id      {}\nsecret  {}\nscopes  {}",
                    new.key.id,
                    new.secret.reveal(),
                    codes.join(" ")
                )
            })?;
            if !output.json {
                remark("The secret is shown only now. Programs send it as `Authorization: Bearer SECRET`.");
            }
            Ok(())
        }
        KeyCommand::List => {
            let shop = opening.in_shop(Schema::Expect, make).await?;
            let keys = shop.app.keys.list(shop.cx.shop).await?;
            let codes =
                |key: &identity::ApiKey| key.scopes.iter().map(|scope| scope.code()).collect::<Vec<_>>();
            let value = keys.iter().map(|key| {
                json!({ "id": key.id, "name": key.name, "scopes": codes(key), "created_at": key.created_at, "revoked_at": key.revoked_at })
            });
            output.answer(&value.collect(), || {
                let mut table = Table::new(&["id", "name", "since", "state", "scopes"]);
                for key in &keys {
                    let state = key
                        .revoked_at
                        .map_or_else(|| "active".to_owned(), |at| format!("revoked {}", at.date()));
                    table.row([
                        key.id.to_string(),
                        key.name.clone(),
                        key.created_at.date(),
                        state,
                        codes(key).join(" "),
                    ]);
                }
                if table.is_empty() {
                    "There is no key yet; `trunkline key create` makes one.".to_owned()
                } else {
                    table.text()
                }
            })
        }
        KeyCommand::Revoke { id } => {
            let id = id
                .parse()
                .map_err(|_| Fault::invalid("key_malformed", "A key's id is a UUID.").field("id"))?;
            let shop = opening.in_shop(Schema::Expect, make).await?;
            shop.app.keys.revoke(&shop.cx, id).await?;
            output.answer(&json!({ "id": id, "revoked": true }), || format!("The key {id} is worthless now."))
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum ShopCommand {
    /// List the shops of this installation
    List,
    /// Make a shop
    Add {
        /// Short name: letters, digits and hyphens
        slug: String,
        /// Name to show [default: the short name]
        #[arg(long)]
        name: Option<String>,
    },
}

pub async fn run_shop(opening: &Opening, output: Output, command: ShopCommand) -> Result<(), Fault> {
    let opened = opening.open(Schema::Expect).await?;
    match command {
        ShopCommand::List => {
            let shops = opened.app.shops.list().await?;
            let value =
                shops.iter().map(|shop| json!({ "id": shop.id, "slug": shop.slug, "name": shop.name }));
            output.answer(&value.collect(), || {
                let mut table = Table::new(&["shop", "name", "id"]);
                for shop in &shops {
                    table.row([shop.slug.clone(), shop.name.clone(), shop.id.to_string()]);
                }
                if table.is_empty() {
                    "There is no shop yet; the first import makes one.".to_owned()
                } else {
                    table.text()
                }
            })
        }
        ShopCommand::Add { slug, name } => {
            if opened.app.shops.list().await?.iter().any(|shop| shop.slug == slug.trim().to_ascii_lowercase())
            {
                return Err(Fault::conflict("shop_taken", "There is a shop of this short name already.")
                    .field("slug"));
            }
            let shop = opened.app.shops.ensure(&slug, name.as_deref().unwrap_or(&slug)).await?;
            output.answer(&json!({ "id": shop.id, "slug": shop.slug, "name": shop.name }), || {
                format!("The shop {} was made; name it with --shop {}.", shop.name, shop.slug)
            })
        }
    }
}

/// Reads an id of whatever kind.
pub fn id<T>(text: &str, field: &'static str) -> Result<Id<T>, Fault> {
    text.trim().parse().map_err(|_| Fault::invalid("id_malformed", "An id is a UUID.").field(field))
}
