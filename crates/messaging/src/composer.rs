//! Texts that are made at the moment of sending and kept nowhere.

use std::fmt;

use base::{Context, Fault, Secret};
use futures::future::BoxFuture;

use crate::Text;

/// A text, made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Composed {
    pub text: Text,
    /// BCP 47, for a voice that reads it.
    pub language: Option<String>,
    /// For channels that take approved templates only.
    pub template: Option<Template>,
}

impl Composed {
    pub const fn of(text: Text) -> Self {
        Self { text, language: None, template: None }
    }
}

/// A text that a channel's operator has approved beforehand, and what goes into its gaps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    pub name: String,
    pub language: String,
    pub values: Vec<Secret<String>>,
}

/// Makes the text of a message when it is sent. A higher crate implements it and `app` hands it in under the name that messages call it by.
pub trait Composer: Send + Sync + fmt::Debug {
    /// `None` when the message is no longer wanted: it ends as expired. A fault is a try that failed: there will be another until its time has passed.
    fn compose<'a>(
        &'a self,
        cx: &'a Context,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<Composed>, Fault>>;
}
