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

/// A fault on its way to a page.
#[derive(Clone, Debug)]
pub(super) struct No {
    pub fault: Fault,
    /// In whose name to speak, once that is known.
    pub look: Option<Look>,
}

pub(super) type Answer = Result<Response, No>;

/// Makes a [`No`] of a fault.
pub(super) struct Refusal;

impl Refusal {
    pub fn of(visit: &Visit, fault: Fault) -> No {
        No { fault, look: Some(Look::of(visit)) }
    }
}

impl Visit {
    pub fn no(&self, fault: Fault) -> No {
        Refusal::of(self, fault)
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let Self { fault, look } = self;
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
        (code, frame(&look, look.language.say("error.title"), pages::trouble(&look, &words, request.map(|id| id.to_string()).as_deref()))).into_response()
    }
}
