//! Programs that sign people in through the shop, and what they need to know of it.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        dialog::{self, Dialog},
        form::{self, Field, Input},
        header::{page_header, section},
        icon::{Icon, icon},
        notice::empty,
        shell::{Framed, Place, Shell},
        table::{Column, Row, Set, table},
    },
    console::paths,
    format,
    personal::Personal,
};

#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub scopes: Vec<&'static str>,
    pub redirect_uris: Vec<String>,
    /// Whether it may ask people on their phones.
    pub asks_phones: bool,
    pub created_at: Timestamp,
}

/// What a client needs, on the one page that shows it.
#[derive(Clone, Debug)]
pub struct NewSecret {
    pub name: String,
    pub id: String,
    /// None for a public client.
    pub secret: Option<Personal>,
}

/// The form that makes one, as it stands.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub name: String,
    pub is_public: bool,
    pub redirect_uris: String,
    pub post_logout_redirect_uris: String,
    pub backchannel_logout_uri: String,
    pub backchannel_authentication: bool,
    pub error: Option<String>,
}

#[derive(Clone, Debug)]
pub struct ClientsPage {
    pub issuer: String,
    /// Whether the configuration says how the outside world calls this server.
    pub is_named: bool,
    pub clients: Vec<Client>,
    /// Values and meanings.
    pub scopes: Vec<(&'static str, &'static str)>,
    pub wanted: Wanted,
    pub secret: Option<NewSecret>,
}

pub fn page(shell: &Shell, model: &ClientsPage) -> Markup {
    let lead = html! { "Web shops and apps that sign customers in by OpenID Connect. Give them the issuer; they find the rest by themselves." };
    let content = html! {
        (page_header("Sign-in clients", lead, html! {}))
        @if let Some(secret) = &model.secret { (secret_once(secret)) }
        section.panel aria-label="Issuer" {
            p { span.strong { "Issuer" } }
            div.command {
                code #issuer { (model.issuer) }
                button.button type="button" data-copy-from="issuer" { (icon(Icon::Copy)) "Copy" }
            }
            @if !model.is_named {
                p.hint { "This is the name by which you came. Clients compare issuers letter by letter, so set " code { "public_url" } " before you give it to anybody." }
            }
        }
        (section("clients", "Clients", html! {}, html! { (list(&model.clients)) (add(shell, model)) }))
        @for client in &model.clients { (dialogs(shell, client)) }
    };
    shell.frame(Framed { place: Place::Clients, title: "Sign-in clients", crumbs: &[], content })
}

fn secret_once(new: &NewSecret) -> Markup {
    html! {
        section.panel.secret role="status" aria-label="New secret" {
            p { (icon(Icon::Key)) span.strong { "“" (new.name) "” can sign people in." }
                @if new.secret.is_some() { " Copy its secret now: it is kept as a fingerprint only and never shown again." } }
            div.command { code #client-id { (new.id) } button.button type="button" data-copy-from="client-id" { (icon(Icon::Copy)) "Copy id" } }
            @if let Some(secret) = &new.secret {
                div.command { code #secret { (secret) } button.button type="button" data-copy-from="secret" { (icon(Icon::Copy)) "Copy secret" } }
            }
        }
    }
}

fn list(clients: &[Client]) -> Markup {
    if clients.is_empty() {
        return empty(
            Icon::Key,
            "No clients yet",
            "Make one so that your shop can sign customers in by their number.",
            None,
        );
    }
    let columns = [
        Column("Name", Set::Text),
        Column("Returns to", Set::Wide),
        Column("Scopes", Set::Text),
        Column("Made", Set::Text),
        Column("", Set::Figure),
    ];
    let rows: Vec<Row> = clients
        .iter()
        .map(|client| {
            Row::of(vec![
                html! { span.strong { (client.name) } div.note { (client.kind) } },
                html! { @for uri in &client.redirect_uris { div { code { (uri) } } } div.note { (client.id) } },
                html! { span.scopes { @for scope in &client.scopes { code { (scope) } } }
                    @if client.asks_phones { div.note { "asks people on their phones" } } },
                format::day(client.created_at),
                html! { div.acts.is-end { @for (act, words) in [("renew", "New secret"), ("remove", "Remove")] {
                    @if act != "renew" || client.kind == "confidential" {
                        a.button.is-small href={ "#" (act) "-" (client.id) } data-dialog={ (act) "-" (client.id) } role="button" { (words) }
                    }
                } } },
            ])
        })
        .collect();
    table("Clients", &columns, &rows)
}

fn add(shell: &Shell, model: &ClientsPage) -> Markup {
    let wanted = &model.wanted;
    let name = match &wanted.error {
        Some(error) => Field::of(&wanted.name).error(error),
        None => Field::of(&wanted.name),
    };
    let kinds =
        [("confidential", "A server, which keeps a secret"), ("public", "An app or a page, which has none")];
    let kinds: Vec<(String, String)> =
        kinds.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    let kind = Field::of(if wanted.is_public { "public" } else { "confidential" });
    let several = "Several are separated by blanks.";
    html! {
        details.add open[wanted.error.is_some()] {
            summary { (icon(Icon::Plus)) "Make a client" }
            form.stack method="post" action=(paths::CLIENTS) {
                (form::csrf(&shell.csrf))
                (form::input(&Input { required: true, hint: "As customers read it.", ..Input::text("name", "Name") }, &name))
                (form::select("kind", "Kind", "", &kinds, &kind))
                (form::input(&Input { hint: several, ..Input::text("redirect_uris", "Returns to, letter by letter") }, &Field::of(&wanted.redirect_uris)))
                (form::input(&Input { hint: several, ..Input::text("post_logout_redirect_uris", "Returns to after signing out") }, &Field::of(&wanted.post_logout_redirect_uris)))
                (form::input(&Input { hint: "Told when somebody signs out.", ..Input::text("backchannel_logout_uri", "Sign-out address") }, &Field::of(&wanted.backchannel_logout_uri)))
                fieldset.checks { legend { "Scopes" } @for (value, meaning) in &model.scopes {
                    (form::checkbox("scope", value, value, meaning, matches!(*value, "openid" | "phone")))
                } }
                (form::checkbox("backchannel_authentication", "yes", "Asks people on their phones", "To check a caller: they say yes or no on a page that a text leads to. It needs no address to return to.", wanted.backchannel_authentication))
                div.acts { button.button.is-primary { "Make client" } }
            }
        }
    }
}

fn dialogs(shell: &Shell, client: &Client) -> Markup {
    let one = |act: &str, title: &str, action: &str, words: &str| {
        dialog::dialog(&Dialog {
            id: &format!("{act}-{}", client.id),
            title,
            act: title,
            action,
            csrf: &shell.csrf,
            danger: true,
            fragment: false,
            body: html! { p { "“" (client.name) "” " (words) } },
        })
    };
    html! {
        @if client.kind == "confidential" {
            (one("renew", "New secret", &paths::client_secret(&client.id), "must be given the new secret; the old one serves no more, at once."))
        }
        (one("remove", "Remove client", &paths::client_remove(&client.id), "signs nobody in any more, and all its tokens end. This cannot be undone."))
    }
}
