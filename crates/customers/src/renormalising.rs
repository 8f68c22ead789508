//! Bringing stored numbers up to date when numbering plans change. What a persona says is a fact and stays as it was read; what today's plan makes of
//! its number is recorded beside it, and people are linked by that.
//!
//! A run reads, in the order of their keys, all personas that another plan read than today's, a batch at a time; each batch is one transaction with how far the run
//! is, so a run that is killed goes on where it was. Then everything that was touched is linked anew.

mod service;

use std::collections::BTreeMap;

use base::{Fault, Id, ShopId, Timestamp};
use numbering::PhoneNumber;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use vault::Vault;

pub use service::{Handler, JOB_KIND};

use crate::{
    identity,
    rows::rereadings::{OldReading, Rereading},
};

/// What an `Id<Renormalisation>` identifies: a run over all numbers of a shop.
#[derive(Debug)]
pub enum Renormalisation {}

/// How a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunState {
    Queued,
    /// Numbers are read.
    Running,
    /// People are linked by them.
    Linking,
    Done,
    Failed,
    /// Whoever ran it is gone; the next one goes on where it was.
    Interrupted,
}

impl RunState {
    const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Linking, Self::Done, Self::Failed, Self::Interrupted];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Linking => "linking",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    pub(crate) fn of_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.code() == code).unwrap_or(Self::Failed)
    }

    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// What a run found so far.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// Records looked at: those that another plan read than today's.
    pub records: u64,
    /// Records whose number is written otherwise now.
    pub records_changed: u64,
    /// Distinct numbers of these records.
    pub numbers: u64,
    pub numbers_changed: u64,
    /// Numbers that are in no plan of today, and not changed.
    pub numbers_invalid: u64,
    /// Changed numbers by the cause of the change: the id of a recipe, or `plan` for digits read anew.
    pub by_cause: BTreeMap<String, u64>,
    pub links_recorded: u64,
    pub links_retracted: u64,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.records_changed += other.records_changed;
        self.numbers += other.numbers;
        self.numbers_changed += other.numbers_changed;
        self.numbers_invalid += other.numbers_invalid;
        for (cause, count) in other.by_cause {
            *self.by_cause.entry(cause).or_default() += count;
        }
    }
}

/// A run, as it is told.
#[derive(Clone, PartialEq, Debug)]
pub struct RenormalisationView {
    pub id: Id<Renormalisation>,
    pub state: RunState,
    /// By which plans it reads.
    pub plan_version: String,
    pub records_total: u64,
    pub outcome: Outcome,
    /// Code and sentence of what stopped it.
    pub fault: Option<serde_json::Value>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// How far a run is, for whoever watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Renormalising {
    Reading { done: u64, total: u64 },
    Linking { done: u64, total: u64 },
}

/// What is to be recorded of a batch, and its counts.
#[derive(Default)]
struct Decided {
    rereadings: Vec<Rereading>,
    outcome: Outcome,
}

/// What one record comes to.
struct Read {
    cause: Option<&'static str>,
    is_valid: bool,
    rereading: Option<Rereading>,
}

/// The cause of a number that goes back to what it was, because the change that was known of its plan holds no more.
const WITHDRAWN: &str = "withdrawn";

/// Reads a batch anew. `previous` is the anchor of the record before it: records of one number come one after the other.
fn decide(vault: &Vault, shop: ShopId, batch: &[OldReading], previous: i64) -> Result<Decided, Fault> {
    let indexes = vault.indexes(shop);
    let read = |old: &OldReading| -> Result<Read, Fault> {
        let mut identity = identity::open_as_read(vault, old.persona, &old.wrapped_key, &old.details)?;
        let renewed = identity.number.and_then(numbering::current);
        identity.number = renewed.map(|(number, _)| number).or(identity.number);
        let is_valid = identity.number.is_some_and(PhoneNumber::is_valid);
        let mut encoded = Vec::with_capacity(96);
        identity.encode(&mut encoded);
        let keys = identity.keys(&indexes, &encoded);
        let current = keys.number.filter(|current| *current != old.number);
        let cause = renewed.map_or(WITHDRAWN, |(_, cause)| cause.code());
        let rereading = current.map(|current| Rereading {
            persona: old.persona,
            anchor: old.anchor,
            current_anchor: keys.anchor,
            current,
            content: keys.content,
            cause,
        });
        Ok(Read { cause: rereading.as_ref().map(|new| new.cause), is_valid, rereading })
    };
    let all = batch.par_iter().map(read).collect::<Result<Vec<Read>, Fault>>()?;
    let mut decided = Decided::default();
    // A number that began in the batch before was counted there.
    let (outcome, mut previous, mut is_counted) = (&mut decided.outcome, previous, true);
    for (old, read) in batch.iter().zip(all) {
        outcome.records += 1;
        if old.anchor != previous {
            outcome.numbers += 1;
            outcome.numbers_invalid += u64::from(!read.is_valid);
            (previous, is_counted) = (old.anchor, false);
        }
        if let Some(cause) = read.cause {
            outcome.records_changed += 1;
            if !is_counted {
                outcome.numbers_changed += 1;
                *outcome.by_cause.entry(cause.to_owned()).or_default() += 1;
                is_counted = true;
            }
        }
        decided.rereadings.extend(read.rereading);
    }
    Ok(decided)
}
