//! Form fields with their label, hint and error tied together for eye and ear.

use base::{Fault, Page};
use maud::{Markup, html};

use crate::session::CSRF_FIELD;

/// A field as it comes back: what was typed, how it was read and what is wrong with it.
#[derive(Clone, Default)]
pub struct Field {
    pub value: String,
    pub note: Option<String>,
    pub error: Option<String>,
}

impl Field {
    pub fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), note: None, error: None }
    }

    /// Says how it was read.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// A page of what is asked for by this field; of what cannot be read there is nothing, rather than everybody's.
    pub async fn page_of<T>(
        &self,
        page: impl Future<Output = Result<Page<T>, Fault>>,
    ) -> Result<Page<T>, Fault> {
        if self.error.is_some() { Ok(Page { items: Vec::new(), next: None }) } else { page.await }
    }

    /// Whether something was asked for.
    pub fn is_asked(&self) -> bool {
        !self.value.trim().is_empty()
    }

    #[must_use]
    pub fn error(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }
}

/// What people type may be personal, so only the error shows.
impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Field").field("error", &self.error).finish_non_exhaustive()
    }
}

/// How an input looks before anything is typed.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub name: &'a str,
    pub label: &'a str,
    /// The `type` attribute.
    pub kind: &'a str,
    pub hint: &'a str,
    pub autocomplete: &'a str,
    pub required: bool,
    /// The id of a list of values that are offered while one is typed.
    pub list: Option<&'a str>,
}

impl<'a> Input<'a> {
    pub const fn text(name: &'a str, label: &'a str) -> Self {
        Self { name, label, kind: "text", hint: "", autocomplete: "off", required: false, list: None }
    }
}

pub fn input(input: &Input<'_>, field: &Field) -> Markup {
    let described = described_by(input.name, input.hint, field.error.as_deref());
    html! {
        div.field.is-wrong[field.error.is_some()] {
            label for=(input.name) { (input.label) }
            input id=(input.name) name=(input.name) type=(input.kind) value=(field.value) autocomplete=(input.autocomplete) list=[input.list]
                required[input.required] aria-invalid=[field.error.as_ref().map(|_| "true")] aria-describedby=[described];
            (hint_and_error(input.name, input.hint, field.error.as_deref()))
        }
    }
}

/// A choice among a few: `options` are values and their words.
pub fn select(name: &str, label: &str, hint: &str, options: &[(String, String)], field: &Field) -> Markup {
    let described = described_by(name, hint, field.error.as_deref());
    html! {
        div.field.is-wrong[field.error.is_some()] {
            label for=(name) { (label) }
            select id=(name) name=(name) aria-invalid=[field.error.as_ref().map(|_| "true")] aria-describedby=[described] {
                @for (value, words) in options { option value=(value) selected[*value == field.value] { (words) } }
            }
            (hint_and_error(name, hint, field.error.as_deref()))
        }
    }
}

/// What asks a list for those of one number, with whatever else it may be asked for.
pub fn filter_by_number(action: &str, number: &Field, more: Markup) -> Markup {
    let hint = number.note.as_deref().unwrap_or("Any spelling, with its country.");
    let input = Input { hint, kind: "tel", ..Input::text("number", "Number") };
    html! {
        form.filter method="get" action=(action) {
            (self::input(&input, number))
            (more)
            button.button { "Show" }
        }
    }
}

/// One box to tick, with what it means below.
pub fn checkbox(name: &str, value: &str, label: &str, hint: &str, checked: bool) -> Markup {
    html! {
        label.check {
            input type="checkbox" name=(name) value=(value) checked[checked];
            span { span.check-label { (label) } @if !hint.is_empty() { span.hint { (hint) } } }
        }
    }
}

/// The forgery token, first in every form so that it is read before an upload.
pub fn csrf(token: &str) -> Markup {
    html! { input type="hidden" name=(CSRF_FIELD) value=(token); }
}

fn hint_and_error(name: &str, hint: &str, error: Option<&str>) -> Markup {
    html! {
        @if !hint.is_empty() { p.hint id={ (name) "-hint" } { (hint) } }
        @if let Some(error) = error { p.error id={ (name) "-error" } { (error) } }
    }
}

fn described_by(name: &str, hint: &str, error: Option<&str>) -> Option<String> {
    match (hint.is_empty(), error) {
        (true, None) => None,
        (false, None) => Some(format!("{name}-hint")),
        (true, Some(_)) => Some(format!("{name}-error")),
        (false, Some(_)) => Some(format!("{name}-error {name}-hint")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_tied_to_its_field() {
        let field = Field::of("x").error("Enter an e-mail address.");
        let markup = input(&Input::text("email", "E-mail"), &field).into_string();
        assert!(
            markup.contains(r#"aria-invalid="true""#) && markup.contains(r#"aria-describedby="email-error""#)
        );
        assert!(markup.contains(r#"<p class="error" id="email-error">Enter an e-mail address.</p>"#));
    }

    #[test]
    fn a_good_field_claims_no_error() {
        let markup = input(&Input::text("email", "E-mail"), &Field::default()).into_string();
        assert!(!markup.contains("aria-invalid") && !markup.contains("aria-describedby"));
    }
}
