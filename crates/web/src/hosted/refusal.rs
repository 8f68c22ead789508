//! What a customer reads when something does not work: a page in the shop's name, in their language, that says what to do.

use axum::response::{IntoResponse, Response};
use base::{Fault, FaultKind};
use rand::Rng as _;

use super::{
    frame::{Look, frame},
    pages,
    visit::Visit,
};
use crate::routes::refusal::status;

/// A fault on its way to a page, and in whose name to speak, once that is known. Boxed: it is large and rare.
#[derive(Debug)]
pub(super) struct No(Box<(Fault, Option<Look>)>);

impl No {
    /// Before it is known in whose name to speak.
    pub fn bare(fault: Fault) -> Self {
        Self(Box::new((fault, None)))
    }

    pub fn fault(self) -> Fault {
        self.0.0
    }
}

pub(super) type Answer = Result<Response, No>;

impl Visit {
    pub fn no(&self, fault: Fault) -> No {
        // What was refused may have no page of its own.
        let look = Look { at: format!("{}?", self.page("sign-in", "")), ..Look::of(self) };
        No(Box::new((fault, Some(look))))
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let (fault, look) = *self.0;
        let code = status(fault.kind);
        let request = matches!(fault.kind, FaultKind::Internal | FaultKind::Unavailable).then(|| {
            let mut chance = [0u8; 16];
            rand::rng().fill_bytes(&mut chance);
            let id = uuid::Uuid::from_bytes(chance);
            tracing::error!(request = %id, code = fault.code, "{fault}");
            id
        });
        let look = look.unwrap_or_else(Look::nobodys);
        let words = if fault.kind == FaultKind::Forbidden || fault.code == "form_stale" {
            look.language.say("error.form").to_owned()
        } else {
            fault.message
        };
        (
            code,
            frame(
                &look,
                look.language.say("error.title"),
                pages::trouble(&look, &words, request.map(|id| id.to_string()).as_deref()),
            ),
        )
            .into_response()
    }
}
