//! Staff and API keys: who may do what, and which programs may.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
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

/// What the service asks of a password.
const PASSWORD_HINT: &str = "10 characters or more.";

#[derive(Clone, Debug)]
pub struct Member {
    pub id: String,
    pub name: Personal,
    pub login: Personal,
    pub role: String,
    pub since: Timestamp,
    pub active: bool,
    /// The one who looks at the page: may not shut themselves out.
    pub is_self: bool,
}

impl Member {
    const fn can_change(&self) -> bool {
        !self.is_self
    }

    /// What can be done to them: the name of each act, and its words.
    const fn acts(&self) -> &'static [(&'static str, &'static str)] {
        if self.active {
            &[("password", "New password"), ("disable", "Shut out")]
        } else {
            &[("enable", "Let in again")]
        }
    }
}

#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub name: String,
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// A secret on the one page that shows it. `Debug` does not.
#[derive(Clone, Debug)]
pub struct NewSecret {
    pub name: String,
    pub secret: Personal,
}

#[derive(Clone, Debug)]
pub struct StaffPage {
    pub members: Vec<Member>,
    /// Values, words and meanings of roles.
    pub roles: Vec<(String, String, String)>,
    pub new_member: NewMember,
    pub keys: Vec<Key>,
    /// Values and meanings of scopes.
    pub scopes: Vec<(String, String)>,
    pub new_key: Field,
    pub secret: Option<NewSecret>,
}

/// The form that adds a person, as it stands.
#[derive(Clone, Debug, Default)]
pub struct NewMember {
    pub name: Field,
    pub login: Field,
    pub password: Field,
    pub role: Field,
}

impl NewMember {
    fn has_error(&self) -> bool {
        [&self.name, &self.login, &self.password, &self.role].iter().any(|field| field.error.is_some())
    }
}

pub fn page(shell: &Shell, model: &StaffPage) -> Markup {
    let content = html! {
        (page_header("Staff and keys", html! { "People sign in here; programs use keys. Both see only what their role or scopes allow." }, html! {}))
        @if let Some(secret) = &model.secret { (secret_once(secret)) }
        (section("people", "Staff", html! {}, html! { (member_table(&model.members)) (add_member(shell, model)) }))
        (section("keys", "API keys", html! {}, html! { (keys(&model.keys)) (add_key(shell, model)) }))
        @for key in model.keys.iter().filter(|key| key.revoked_at.is_none()) { (revoke_dialog(shell, key)) }
        @for member in model.members.iter().filter(|member| member.can_change()) { (member_dialogs(shell, member)) }
    };
    shell.frame(Framed { place: Place::Staff, title: "Staff and keys", crumbs: &[], content })
}

fn secret_once(secret: &NewSecret) -> Markup {
    html! {
        section.panel.secret role="status" aria-label="New key" {
            p { (icon(Icon::Key)) span.strong { "Key “" (secret.name) "” is made." } " Copy its secret now: it is kept as a fingerprint only and never shown again." }
            div.command {
                code #secret { (secret.secret) }
                button.button type="button" data-copy-from="secret" { (icon(Icon::Copy)) "Copy" }
            }
        }
    }
}

fn member_table(members: &[Member]) -> Markup {
    let columns = [
        Column("Name", Set::Wide),
        Column("Login", Set::Text),
        Column("Role", Set::Text),
        Column("Since", Set::Text),
        Column("", Set::Figure),
    ];
    let rows: Vec<Row> = members
        .iter()
        .map(|member| {
            Row::of(vec![
                html! { span.person { span.disc aria-hidden="true" { (member.name.initials()) } (member.name) @if member.is_self { span.note { "you" } } } },
                html! { (member.login) },
                html! { (badge(Tone::Plain, &member.role)) @if !member.active { " " (badge(Tone::Warn, "Shut out")) } },
                format::day(member.since),
                html! {
                    @if member.can_change() {
                        div.acts.is-end { @for (act, words) in member.acts() {
                            a.button.is-small href={ "#" (act) "-" (member.id) } data-dialog={ (act) "-" (member.id) } role="button" { (words) }
                        } }
                    }
                },
            ])
        })
        .collect();
    table("Staff", &columns, &rows)
}

fn add_member(shell: &Shell, model: &StaffPage) -> Markup {
    let login = Input {
        required: true,
        hint: "A short name or an e-mail address, without blanks.",
        ..Input::text("login", "Login")
    };
    let password = Input {
        kind: "password",
        autocomplete: "new-password",
        hint: PASSWORD_HINT,
        required: true,
        ..Input::text("password", "First password")
    };
    let form = &model.new_member;
    html! {
        details.add open[form.has_error()] {
            summary { (icon(Icon::Plus)) "Add a person" }
            form.add-grid method="post" action=(paths::STAFF) {
                (form::csrf(&shell.csrf))
                (form::input(&Input { required: true, ..Input::text("name", "Name") }, &form.name))
                (form::input(&login, &form.login))
                (form::input(&password, &form.password))
                (form::select("role", "Role", "", &role_options(model), &form.role))
                div.acts { button.button.is-primary { "Add" } }
            }
            dl.meanings { @for (_, words, meaning) in &model.roles { div { dt { (words) } dd { (meaning) } } } }
        }
    }
}

fn role_options(model: &StaffPage) -> Vec<(String, String)> {
    model.roles.iter().map(|(value, words, _)| (value.clone(), words.clone())).collect()
}

fn member_dialogs(shell: &Shell, member: &Member) -> Markup {
    let (password, disable) = (format!("password-{}", member.id), format!("disable-{}", member.id));
    let enable = format!("enable-{}", member.id);
    let field = Input {
        kind: "password",
        autocomplete: "new-password",
        hint: PASSWORD_HINT,
        required: true,
        ..Input::text("password", "New password")
    };
    let input_id = format!("{password}-input");
    if !member.active {
        return dialog::dialog(&Dialog {
            id: &enable,
            title: "Let in again",
            act: "Let in again",
            action: &paths::staff_enable(&member.id),
            csrf: &shell.csrf,
            danger: false,
            fragment: false,
            body: html! { p { span.strong { (member.name) } " may sign in again, with the password of before." } },
        });
    }
    html! {
        (dialog::dialog(&Dialog {
            id: &password,
            title: "Set a new password",
            act: "Set password",
            action: &paths::staff_password(&member.id),
            csrf: &shell.csrf,
            danger: false,
            fragment: false,
            body: html! {
                p { "All sessions of " span.strong { (member.name) } " end at once." }
                div.field {
                    label for=(input_id) { (field.label) }
                    input id=(input_id) name=(field.name) type=(field.kind) autocomplete=(field.autocomplete) required;
                    p.hint { (field.hint) }
                }
            },
        }))
        (dialog::dialog(&Dialog {
            id: &disable,
            title: "Shut out",
            act: "Shut out",
            action: &paths::staff_disable(&member.id),
            csrf: &shell.csrf,
            danger: true,
            fragment: false,
            body: html! { p { span.strong { (member.name) } " may not sign in any more; all their sessions end at once." } },
        }))
    }
}

fn keys(keys: &[Key]) -> Markup {
    if keys.is_empty() {
        return empty(
            Icon::Key,
            "No keys yet",
            "Make one so that your shop's programs can use the API.",
            None,
        );
    }
    let columns = [
        Column("Name", Set::Text),
        Column("Scopes", Set::Wide),
        Column("Made", Set::Text),
        Column("", Set::Figure),
    ];
    let rows: Vec<Row> = keys.iter().map(key_row).collect();
    table("API keys", &columns, &rows)
}

fn key_row(key: &Key) -> Row {
    Row::of(vec![
        html! { span.strong { (key.name) } },
        html! { span.scopes { @for scope in &key.scopes { code { (scope) } } } },
        format::day(key.created_at),
        html! {
            @if key.revoked_at.is_some() { (badge(Tone::Bad, "Revoked")) }
            @else { a.button.is-small href={ "#revoke-" (key.id) } data-dialog={ "revoke-" (key.id) } role="button" { "Revoke" } }
        },
    ])
}

fn add_key(shell: &Shell, model: &StaffPage) -> Markup {
    html! {
        details.add open[model.new_key.error.is_some()] {
            summary { (icon(Icon::Plus)) "Make a key" }
            form.stack method="post" action=(paths::KEYS) {
                (form::csrf(&shell.csrf))
                (form::input(&Input { required: true, hint: "What will use it, for example “checkout”.", ..Input::text("key_name", "Name") }, &model.new_key))
                fieldset.checks { legend { "Scopes" } @for (value, meaning) in &model.scopes { (form::checkbox("scope", value, value, meaning, false)) } }
                div.acts { button.button.is-primary { "Make key" } }
            }
        }
    }
}

fn revoke_dialog(shell: &Shell, key: &Key) -> Markup {
    let id = format!("revoke-{}", key.id);
    let body = html! {
        p { "Programs that use “" (key.name) "” are refused from now on. This cannot be undone." }
    };
    dialog::dialog(&Dialog {
        id: &id,
        title: "Revoke key",
        act: "Revoke",
        action: &paths::key_revoke(&key.id),
        csrf: &shell.csrf,
        danger: true,
        fragment: false,
        body,
    })
}
