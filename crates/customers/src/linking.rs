//! Who is who: the pure rules that turn personas, the dates of their orders and the acts of staff into customers, tenures and doubts.
//!
//! The unit of work is a component: the personas connected by a number, an e-mail address or a loyalty id. [`resolve`] looks at
//! nothing else; it knows no clock and no chance, and the order of its input does not matter. So a shop's customers can always
//! be rebuilt, and an act is undone by leaving it out.
//!
//! Records are compared by the standard of the field (Fellegi and Sunter, 1969): every observation has a weight, the logarithm
//! of how much likelier it is if both records are of one person; the weights are added and the sum is compared with two
//! thresholds. Between the thresholds there is doubt, and doubt never merges or splits anybody: it is written down as a
//! [`Review`] for a person to decide. Two things are no matter of weights: first names that surely are of different people
//! keep records apart whatever else they share (families share nearly everything else), and the acts of staff.

mod across;
mod acts;
mod evidence;
mod ground;
mod holders;
mod names;
mod number;
mod prepared;
mod views;
mod weigh;

pub use evidence::{Evidence, EvidenceKind, UnknownEvidence};

use std::collections::BTreeMap;

use base::{Id, Timestamp};
use serde::{Deserialize, Serialize};

use ground::Ground;
use number::{Apart, partition};
use prepared::Prepared;

use crate::persona::{Customer, NumberKey, Persona, Sighting};

/// Everything that bears on who is who among a set of connected personas.
#[derive(Clone, Default, Debug)]
pub struct Component {
    pub sightings: Vec<Sighting>,
    /// Only acts that stand; a retracted act is left out.
    pub acts: Vec<Act>,
}

/// Something staff said about who is who. Acts are obeyed in the order of their time, then id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Act {
    pub id: Id<Act>,
    pub at: Timestamp,
    pub kind: ActKind,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ActKind {
    /// The customers of these two personas are one person.
    Merge { left: Id<Persona>, right: Id<Persona> },
    /// These records of the customer are of another person.
    Split { customer: Id<Customer>, moved: Vec<Moved> },
    /// The customer left the number `from` and is reached over `to`, where `persona` was registered.
    ChangeNumber {
        customer: Id<Customer>,
        from: NumberKey,
        to: NumberKey,
        persona: Id<Persona>,
        at: Timestamp,
    },
    /// Reviewed: these are not the same person.
    Keep { left: Id<Persona>, right: Id<Persona> },
}

/// A persona, or the orders of it in `[from, until)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Moved {
    pub persona: Id<Persona>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// What the rules found. Every list is sorted, so equal components have equal resolutions.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Resolution {
    /// By persona, then time. The links of a persona cover all time exactly once.
    pub links: Vec<Link>,
    pub tenures: Vec<Tenure>,
    pub numbers: Vec<NumberView>,
    pub customers: Vec<CustomerView>,
    pub reviews: Vec<Review>,
}

/// The orders of a persona in `[from, until)` belong to a customer, or to nobody known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    pub persona: Id<Persona>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub customer: Option<Id<Customer>>,
    pub rule: Rule,
    pub evidence: Vec<Evidence>,
}

/// Which rule made a link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The founding record of a customer.
    Founder,
    /// The same number and a compatible identity.
    Number,
    /// The same number and nothing that says who; the number has one holder.
    NumberOnly,
    /// Nothing says who; the time says which of several holders.
    Time,
    /// The same e-mail address or loyalty id, and no contradiction.
    Contact,
    /// The number is on very many people and nothing else says who.
    Generic,
    /// No number, e-mail address or loyalty id, or a shared number and nothing that says which of its holders.
    Nobody,
    /// Staff said so.
    Act,
}

impl Rule {
    pub const ALL: &[Self] = &[
        Self::Founder,
        Self::Number,
        Self::NumberOnly,
        Self::Time,
        Self::Contact,
        Self::Generic,
        Self::Nobody,
        Self::Act,
    ];

    /// Kept in the store; never changes its meaning.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Founder => "founder",
            Self::Number => "number",
            Self::NumberOnly => "number_only",
            Self::Time => "time",
            Self::Contact => "contact",
            Self::Generic => "generic",
            Self::Nobody => "nobody",
            Self::Act => "act",
        }
    }
}

/// This customer held this number from then until then, or still.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tenure {
    pub customer: Id<Customer>,
    pub number: NumberKey,
    /// The first order over the number.
    pub from: Timestamp,
    /// `None` while nothing says that it ended. Else some moment between the last order and the next holder's first.
    pub until: Option<Timestamp>,
    /// How sure, in per cent.
    pub confidence: u8,
    pub evidence: Vec<Evidence>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NumberView {
    pub key: NumberKey,
    pub kind: NumberKind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberKind {
    /// One holder.
    Single,
    /// Several holders at once: a household, a company line.
    Shared,
    /// Handed on by the operator to a stranger.
    Recycled,
    /// On so many people that it says nothing about who: a till, a courier.
    Generic,
}

impl NumberKind {
    pub const ALL: &[Self] = &[Self::Single, Self::Shared, Self::Recycled, Self::Generic];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Shared => "shared",
            Self::Recycled => "recycled",
            Self::Generic => "generic",
        }
    }
}

/// A person: the personas of which at least a part is theirs, ascending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomerView {
    pub id: Id<Customer>,
    pub personas: Vec<Id<Persona>>,
}

/// A doubt for a person to decide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Review {
    pub kind: ReviewKind,
    pub left: ReviewSide,
    pub right: ReviewSide,
    /// The sum of the reasons' weights: positive speaks for one person.
    pub score: i16,
    pub reasons: Vec<Evidence>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewKind {
    /// Two customers who may be one person.
    PossibleMerge,
    /// Records of one customer that may be of two people.
    PossibleSplit,
    /// Records of one customer before and after a silence; the number may have a new holder.
    PossibleRecycle,
}

impl ReviewKind {
    pub const ALL: &[Self] = &[Self::PossibleMerge, Self::PossibleSplit, Self::PossibleRecycle];

    pub const fn code(self) -> &'static str {
        match self {
            Self::PossibleMerge => "possible_merge",
            Self::PossibleSplit => "possible_split",
            Self::PossibleRecycle => "possible_recycle",
        }
    }
}

/// One side of a doubt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewSide {
    pub customer: Id<Customer>,
    /// The records of this side, ascending; the first one stands for it.
    pub personas: Vec<Id<Persona>>,
}

impl ReviewSide {
    /// The persona that stands for this side: the first recorded.
    pub fn founder(&self) -> Id<Persona> {
        self.personas.first().copied().expect("a side has at least one persona")
    }
}

impl Review {
    /// Equal for the same doubt when more facts have come in: its kind and the founders of its sides.
    pub fn key(&self) -> String {
        format!("{}:{}:{}", self.kind.code(), self.left.founder(), self.right.founder())
    }
}

/// The thresholds, in decibans where they are weights. The defaults are what the shipped quality report was measured with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// A number, e-mail address or loyalty id with more distinct people than this says nothing about who somebody is.
    pub generic_people: usize,
    /// A number that was silent for this many days may have been handed on: the shortest ageing that regulators allow.
    pub silence_days: u32,
    /// An order that says nothing, over a number with several holders at once, is given to one of them when at least so many
    /// per cent speak for that one; else it stays nobody's.
    pub likely_percent: u8,
    /// How much the same number alone speaks for one person.
    pub number_prior: i16,
    /// Two groups of records on one number with a sum at or below this are two people.
    pub split_at: i16,
    /// From this sum on, records on one number are joined without a review.
    pub sure_at: i16,
    /// Records on different numbers that share an e-mail address or a loyalty id are joined from this sum on; below it and above
    /// zero there is a review.
    pub join_at: i16,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            generic_people: 25,
            silence_days: 45,
            likely_percent: 60,
            number_prior: 10,
            split_at: -10,
            sure_at: 0,
            join_at: 8,
        }
    }
}

/// Whether the dates of orders could change what [`resolve`] finds: some number seems to have several holders. When it is
/// false, sightings without dates resolve exactly as with them.
pub fn needs_dates(sightings: &[Sighting], rules: &Rules) -> bool {
    if sightings.len() < 2 {
        return false;
    }
    let all = prepare(sightings);
    by_number(&all).values().any(|on| {
        on.len() > 1 && {
            let found = partition(&all, on, &Apart::new(), rules);
            !found.generic && (found.people.len() + found.floating.len() > 1 || !found.doubts.is_empty())
        }
    })
}

/// Decides who is who.
pub fn resolve(component: &Component, rules: &Rules) -> Resolution {
    let all = prepare(&component.sightings);
    let apart = acts::apart(&all, &component.acts);
    let numbers = by_number(&all);
    let mut ground = Ground::default();
    for (&key, on) in &numbers {
        ground.add_number(&all, key, on, &apart, rules);
    }
    for at in (0..all.len()).filter(|&at| all[at].number().is_none()) {
        ground.add_without_number(&all, at);
    }
    let joined = across::join(&all, &ground.nodes, &apart, rules);
    let mut state = acts::State {
        all: &all,
        pieces: ground.pieces(&all, &joined.home, rules),
        next: ground.nodes.len(),
        left: Vec::new(),
    };
    let mut standing: Vec<&Act> = component.acts.iter().collect();
    standing.sort_by_key(|act| (act.at, act.id));
    for act in standing {
        state.obey(act);
    }
    let generic = std::mem::take(&mut ground.generic);
    let open = ground.open_doubts(joined.maybe);
    views::views(&state, &numbers, &generic, open, component, rules)
}

fn prepare(sightings: &[Sighting]) -> Vec<Prepared<'_>> {
    let mut all: Vec<Prepared<'_>> = sightings.iter().map(Prepared::new).collect();
    all.sort_by_key(|one| one.sighting.persona);
    all.dedup_by_key(|one| one.sighting.persona);
    all
}

fn by_number(all: &[Prepared<'_>]) -> BTreeMap<NumberKey, Vec<usize>> {
    let mut numbers: BTreeMap<NumberKey, Vec<usize>> = BTreeMap::new();
    for (at, one) in all.iter().enumerate() {
        if let Some(key) = one.number() {
            numbers.entry(key).or_default().push(at);
        }
    }
    numbers
}

#[cfg(test)]
mod tests;
