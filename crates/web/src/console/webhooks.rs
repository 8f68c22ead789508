//! Where the shop's own programs are told of what happens: the endpoints, one of them with how calls went, one delivery with its calls.

pub mod delivery;
pub mod endpoint;

use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
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

/// An endpoint in short.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub id: String,
    pub url: String,
    pub description: String,
    pub state: &'static str,
    pub tone: Tone,
    pub kinds: usize,
    /// Calls of the last 24 hours: those that succeeded, and all.
    pub calls: (u64, u64),
    pub waiting: u64,
    /// When a call last failed and why, in words.
    pub failure: Option<(base::Timestamp, String)>,
}

/// A secret, on the one page that shows it.
#[derive(Clone, Debug)]
pub struct NewSecret {
    pub url: String,
    pub secret: Personal,
    /// Whether the one before signs on beside it.
    pub is_renewed: bool,
}

/// A kind of event in a form.
#[derive(Clone, Debug)]
pub struct KindBox {
    pub code: &'static str,
    pub words: &'static str,
    pub is_ticked: bool,
}

/// The form of an endpoint, as it stands.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub url: String,
    pub description: String,
    pub kinds: Vec<KindBox>,
    pub error: Option<String>,
}

#[derive(Clone, Debug)]
pub struct WebhooksPage {
    pub endpoints: Vec<Endpoint>,
    pub form: Form,
    pub secret: Option<NewSecret>,
    pub may_manage: bool,
}

pub fn page(shell: &Shell, model: &WebhooksPage) -> Markup {
    let lead = html! { "Addresses of your own programs that are told of what happens: a number proved, a message undelivered, a customer merged. Calls are signed as Standard Webhooks are, tell identifiers and masked numbers only, and are made again for three days when they fail." };
    let list = html! {
        (endpoints(&model.endpoints))
        @if model.may_manage { (add(shell, &model.form)) }
    };
    let content = html! {
        (page_header("Webhooks", lead, html! {}))
        @if let Some(secret) = &model.secret { (secret_once(secret)) }
        (section("endpoints", "Endpoints", html! {}, list))
    };
    shell.frame(Framed { place: Place::Webhooks, title: "Webhooks", crumbs: &[], content })
}

pub(crate) fn secret_once(new: &NewSecret) -> Markup {
    html! {
        section.panel.secret role="status" aria-label="New secret" {
            p { (icon(Icon::Key)) span.strong { "The secret of " (new.url) "." }
                " Copy it now: it is kept sealed and never shown again."
                @if new.is_renewed { " The one before signs beside it for 24 hours." } }
            div.command {
                code #secret { (new.secret) }
                button.button type="button" data-copy-from="secret" { (icon(Icon::Copy)) "Copy secret" }
            }
        }
    }
}

/// `98 of 100 succeeded`, or that there were none.
pub(crate) fn rate((succeeded, all): (u64, u64)) -> String {
    match all {
        0 => "No calls".to_owned(),
        _ => format!("{} of {} succeeded", format::count(succeeded), format::count(all)),
    }
}

fn endpoints(endpoints: &[Endpoint]) -> Markup {
    if endpoints.is_empty() {
        return empty(
            Icon::Link,
            "No endpoints yet",
            "Name an address of your own program, and it is told as soon as something happens.",
            None,
        );
    }
    let columns = [
        Column("Address", Set::Wide),
        Column("State", Set::Text),
        Column("Kinds", Set::Figure),
        Column("Last 24 hours", Set::Text),
        Column("Waiting", Set::Figure),
        Column("Last failure", Set::Wide),
    ];
    let rows: Vec<Row> = endpoints.iter().map(row).collect();
    table("Endpoints", &columns, &rows)
}

fn row(endpoint: &Endpoint) -> Row {
    Row::of(vec![
        html! {
            a.strong href=(paths::webhook(&endpoint.id)) { (endpoint.url) }
            @if !endpoint.description.is_empty() { div.note { (endpoint.description) } }
        },
        badge(endpoint.tone, endpoint.state),
        html! { (endpoint.kinds) },
        html! { (rate(endpoint.calls)) },
        html! { (format::count(endpoint.waiting)) },
        match &endpoint.failure {
            Some((at, words)) => html! { (words) div.note { (format::ago(*at)) } },
            None => html! { span.nothing { "–" } },
        },
    ])
}

fn add(shell: &Shell, model: &Form) -> Markup {
    html! {
        details.add open[model.error.is_some()] {
            summary { (icon(Icon::Plus)) "Add an endpoint" }
            (edit(shell, model, paths::WEBHOOKS, "Add endpoint"))
        }
    }
}

/// The form that makes an endpoint or changes it.
pub(crate) fn edit(shell: &Shell, model: &Form, action: &str, act: &str) -> Markup {
    let url = match &model.error {
        Some(error) => Field::of(&model.url).error(error),
        None => Field::of(&model.url),
    };
    let address = Input { required: true, kind: "url", hint: "https://…", ..Input::text("url", "Address") };
    html! {
        form.stack method="post" action=(action) {
            (form::csrf(&shell.csrf))
            (form::input(&address, &url))
            (form::input(&Input { hint: "How people read it.", ..Input::text("description", "Description") }, &Field::of(&model.description)))
            fieldset.checks { legend { "Told of" } @for kind in &model.kinds {
                (form::checkbox("kind", kind.code, kind.code, kind.words, kind.is_ticked))
            } }
            div.acts { button.button.is-primary { (act) } }
        }
    }
}
