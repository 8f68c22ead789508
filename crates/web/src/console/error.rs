//! Pages for when something is not there, not allowed, or went wrong.

use maud::{Markup, html};

use crate::{
    components::shell::{self, Framed, Place, Shell},
    console::paths,
};

/// What happened, in words for a person.
#[derive(Clone, Debug)]
pub struct Problem {
    pub status: u16,
    pub title: String,
    /// One plain sentence.
    pub message: String,
    /// Names the request in the log, for who looks into it.
    pub request: Option<String>,
}

impl Problem {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        let title = match status {
            401 => "Sign in first",
            403 => "Not yours to do",
            404 => "Not found",
            409 => "Things have changed",
            413 => "Too large",
            429 => "Too many requests",
            503 => "Not available just now",
            400..=499 => "That did not work",
            _ => "Something went wrong",
        };
        Self { status, title: title.to_owned(), message: message.into(), request: None }
    }

    #[must_use]
    pub fn request(mut self, request: impl Into<String>) -> Self {
        self.request = Some(request.into());
        self
    }
}

/// Within the frame when somebody is signed in.
pub fn page(shell: Option<&Shell>, problem: &Problem) -> Markup {
    let content = html! {
        div.problem {
            p.problem-status { (problem.status) }
            h1 { (problem.title) }
            p.lead { (problem.message) }
            @if let Some(request) = &problem.request {
                p.note { "Request " code { (request) } ". The log holds more under this name." }
            }
            div.acts {
                a.button.is-primary href=(paths::START) { "Go to the start page" }
            }
        }
    };
    match shell {
        Some(shell) => {
            shell.frame(Framed { place: Place::Nowhere, title: &problem.title, crumbs: &[], content })
        }
        None => shell::bare(&problem.title, "plain", content),
    }
}
