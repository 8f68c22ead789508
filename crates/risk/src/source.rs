//! Who can say something about a number. Sources are asked all at once, each for one signal at a time, and none is waited for longer than the assessment waits.

use std::fmt;

use base::{Context, Timestamp};
use futures::future::BoxFuture;

use crate::{
    question::Question,
    signal::{Finding, Signal, Why},
};

/// What a source says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    pub finding: Finding,
    /// When it happened, where that is known.
    pub happened_at: Option<Timestamp>,
}

impl Answer {
    pub const fn unknown(why: Why) -> Self {
        Self { finding: Finding::Unknown(why), happened_at: None }
    }
}

impl From<bool> for Answer {
    fn from(is_so: bool) -> Self {
        Self { finding: is_so.into(), happened_at: None }
    }
}

/// How long an answer serves again, for questions alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lifetime {
    pub micros: i64,
    /// The day that the question goes by, if it does: an answer about one day says nothing of another.
    pub day: i64,
}

/// Someone who answers for some signals.
pub trait Source: Send + Sync + fmt::Debug {
    /// Those that it can answer for this question.
    fn signals(&self, question: &Question) -> Vec<Signal>;

    /// How long its answer serves again; `None` for what is looked up anew each time.
    fn lifetime(&self, question: &Question, signal: Signal, now: Timestamp) -> Option<Lifetime>;

    /// Answers. It may take as long as it likes: an answer that comes too late for the assessment serves the next one.
    fn ask<'a>(&'a self, cx: &'a Context, question: &'a Question, signal: Signal) -> BoxFuture<'a, Answer>;
}
