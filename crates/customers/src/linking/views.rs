//! From pieces to what callers see: links, customers, tenures, kinds of numbers and reviews.

use std::collections::{BTreeMap, BTreeSet};

use base::{Id, Timestamp};

use super::{
    ActKind, Component, CustomerView, Evidence, EvidenceKind as Kind, Link, NumberKind, NumberView,
    Resolution, Review, ReviewKind, ReviewSide, Rule, Rules, Tenure,
    acts::{State, find, ids},
    holders::{Epoch, epochs, household},
    prepared::Prepared,
    weigh::{Group, Weighed, weigh},
};
use crate::persona::{Customer, NumberKey};

/// A doubt before customers have ids: sightings on both sides.
#[derive(Debug)]
pub(super) struct Open {
    pub kind: ReviewKind,
    pub left: Vec<usize>,
    pub right: Vec<usize>,
    pub weighed: Weighed,
}

/// Fewer days of silence than the rule asks are enough when both holders are well known and never overlap.
const SHORT_SILENCE_DAYS: i64 = 14;
const WELL_KNOWN_ORDERS: usize = 4;

pub(super) fn views(
    state: &State<'_>,
    numbers: &BTreeMap<NumberKey, Vec<usize>>,
    generic: &BTreeSet<NumberKey>,
    open: Vec<Open>,
    component: &Component,
    rules: &Rules,
) -> Resolution {
    let ids = ids(state.all, &state.pieces);
    let mut found = Resolution { links: links(state, &ids), ..Resolution::default() };
    let mut personas: BTreeMap<Id<Customer>, Vec<_>> = BTreeMap::new();
    for link in &found.links {
        if let Some(customer) = link.customer {
            personas.entry(customer).or_default().push(link.persona);
        }
    }
    found.customers = personas
        .into_iter()
        .map(|(id, mut personas)| {
            personas.dedup();
            CustomerView { id, personas }
        })
        .collect();
    for (&key, on) in numbers {
        if generic.contains(&key) {
            found.numbers.push(NumberView { key, kind: NumberKind::Generic });
            continue;
        }
        let held = Held::of(state, key, on);
        let kind = held.kind(state.all, rules);
        found.numbers.push(NumberView { key, kind });
        held.tenures(state, &ids, rules, &mut found.tenures);
    }
    found.tenures.sort_by_key(|tenure| (tenure.number, tenure.from, tenure.customer));
    found.reviews = reviews(state, &ids, open, component);
    found
}

fn moment(micros: i64) -> Option<Timestamp> {
    (micros != i64::MIN && micros != i64::MAX).then(|| Timestamp::from_micros(micros))
}

fn links(state: &State<'_>, ids: &BTreeMap<usize, Id<Customer>>) -> Vec<Link> {
    let link = |piece: &super::holders::Piece| {
        let persona = state.all[piece.sighting].sighting.persona;
        let customer = piece.person.map(|person| ids[&person]);
        let founder = customer.is_some_and(|id| id == persona.cast()) && piece.rule != Rule::Act;
        Link {
            persona,
            from: moment(piece.from),
            until: moment(piece.until),
            customer,
            rule: if founder { Rule::Founder } else { piece.rule },
            evidence: if founder { vec![Evidence::new(Kind::First, 0)] } else { piece.evidence.clone() },
        }
    };
    state.pieces.iter().map(link).collect()
}

/// The people on a number in the end, and when.
struct Held<'p> {
    key: NumberKey,
    people: Vec<usize>,
    groups: Vec<Group<'p>>,
    /// First order of each person, and the spans of the orders that say who.
    first: Vec<i64>,
    known: Vec<usize>,
    epochs: Vec<Epoch>,
}

impl<'p> Held<'p> {
    fn of(state: &State<'p>, key: NumberKey, on: &[usize]) -> Self {
        let mut members: BTreeMap<usize, (Vec<usize>, Vec<i64>, Vec<i64>)> = BTreeMap::new();
        let mut all_times = Vec::new();
        for &sighting in on {
            let one = &state.all[sighting];
            let start = state.pieces.partition_point(|p| p.sighting < sighting);
            for piece in state.pieces[start..].iter().take_while(|p| p.sighting == sighting) {
                let Some(person) = piece.person else { continue };
                let times: Vec<i64> = one.times.iter().filter(|&t| piece.covers(t)).collect();
                if times.is_empty() {
                    continue;
                }
                let entry = members.entry(person).or_default();
                entry.0.push(sighting);
                entry.1.extend(&times);
                all_times.extend(&times);
                if one.says_who() {
                    entry.2.extend(times);
                }
            }
        }
        all_times.sort_unstable();
        let mut this = Self {
            key,
            people: Vec::new(),
            groups: Vec::new(),
            first: Vec::new(),
            known: Vec::new(),
            epochs: Vec::new(),
        };
        let mut spans = Vec::new();
        for (person, (mut sightings, times, known)) in members {
            sightings.dedup();
            let basis = if known.is_empty() { &times } else { &known };
            spans.push((extreme(basis, true), extreme(basis, false)));
            this.people.push(person);
            this.first.push(extreme(&times, true));
            this.known.push(known.len());
            this.groups.push(Group::of(state.all, sightings));
        }
        this.epochs = epochs(&spans, &all_times);
        this
    }

    /// Whether the number went to strangers at the end of an epoch.
    fn is_recycled(&self, epoch: usize, all: &[Prepared<'_>], rules: &Rules) -> bool {
        let Some(next) = self.epochs.get(epoch + 1) else { return false };
        let before = &self.epochs[epoch];
        let days = before.silence_days();
        let well_known = |people: &[usize]| people.iter().all(|&p| self.known[p] >= WELL_KNOWN_ORDERS);
        let enough = days >= i64::from(rules.silence_days)
            || days >= SHORT_SILENCE_DAYS && well_known(&before.people) && well_known(&next.people);
        let mut pairs = before.people.iter().flat_map(|&a| next.people.iter().map(move |&b| (a, b)));
        enough && !pairs.any(|(a, b)| household(&self.groups[a], &self.groups[b], days, all))
    }

    fn kind(&self, all: &[Prepared<'_>], rules: &Rules) -> NumberKind {
        if self.people.len() <= 1 {
            NumberKind::Single
        } else if (0..self.epochs.len()).any(|epoch| self.is_recycled(epoch, all, rules)) {
            NumberKind::Recycled
        } else {
            NumberKind::Shared
        }
    }

    fn tenures(
        &self,
        state: &State<'_>,
        ids: &BTreeMap<usize, Id<Customer>>,
        rules: &Rules,
        into: &mut Vec<Tenure>,
    ) {
        let mut ends = vec![None; self.epochs.len()];
        for epoch in (0..self.epochs.len()).rev() {
            let later = ends.get(epoch + 1).copied().flatten();
            ends[epoch] = if self.is_recycled(epoch, state.all, rules) { Some(epoch) } else { later };
        }
        for (epoch, here) in self.epochs.iter().enumerate() {
            for &at in &here.people {
                let person = self.people[at];
                let left =
                    state.left.iter().find(|l| l.person == person && l.number == self.key).map(|l| l.at);
                let handed_on = ends[epoch].map(|end: usize| self.epochs[end].end());
                let until = left.or(handed_on).map(Timestamp::from_micros);
                let (confidence, evidence) =
                    self.certainty(at, epoch, ends[epoch], left.is_some(), state.all);
                into.push(Tenure {
                    customer: ids[&person],
                    number: self.key,
                    from: Timestamp::from_micros(self.first[at]),
                    until,
                    confidence,
                    evidence,
                });
            }
        }
    }

    /// How sure a tenure is, and why it is apart from its neighbours.
    fn certainty(
        &self,
        at: usize,
        epoch: usize,
        end: Option<usize>,
        left: bool,
        all: &[Prepared<'_>],
    ) -> (u8, Vec<Evidence>) {
        if left {
            return (99, vec![Evidence::new(Kind::ActNumber, 99)]);
        }
        // The neighbour in time, else anybody else on the number.
        let beside = match end {
            Some(end) => self.epochs[end + 1].people.first(),
            None if epoch > 0 => self.epochs[epoch - 1].people.last(),
            None => self.epochs[epoch]
                .people
                .iter()
                .find(|&&p| p != at)
                .or_else(|| self.epochs.get(epoch + 1).and_then(|next| next.people.first())),
        };
        let Some(&other) = beside else {
            let sure = if self.known[at] > 0 { 95 } else { 60 };
            return (sure, vec![Evidence::new(Kind::NumberSame, 10)]);
        };
        let mut found = weigh(&self.groups[at], &self.groups[other], all);
        let silence = match end {
            Some(end) => self.epochs[end].silence_days(),
            None if epoch > 0 => self.epochs[epoch - 1].silence_days(),
            None => 0,
        };
        if silence > 0 && silence < i64::MAX / base::Timestamp::DAY {
            let long = if silence >= 45 { Kind::Silence } else { Kind::Sequence };
            found.evidence.push(Evidence::new(long, -5));
            found.score -= 5;
        }
        (percent(-found.score), found.evidence)
    }
}

fn extreme(times: &[i64], least: bool) -> i64 {
    let found = if least { times.iter().min() } else { times.iter().max() };
    found.copied().unwrap_or(0)
}

/// Decibans as a probability in per cent, never quite certain.
fn percent(decibans: i16) -> u8 {
    const TABLE: [u8; 21] =
        [50, 56, 61, 67, 72, 76, 80, 83, 86, 89, 91, 93, 94, 95, 96, 97, 97, 98, 98, 99, 99];
    TABLE[usize::try_from(decibans.clamp(0, 20)).expect("clamped")]
}

fn reviews(
    state: &State<'_>,
    ids: &BTreeMap<usize, Id<Customer>>,
    open: Vec<Open>,
    component: &Component,
) -> Vec<Review> {
    let mut found = Vec::new();
    for doubt in open {
        let customer = |side: &[usize]| {
            let first = side.iter().find_map(|&at| state.person_of(at));
            first.map(|person| ids[&person])
        };
        let (Some(left), Some(right)) = (customer(&doubt.left), customer(&doubt.right)) else { continue };
        let wants_same = doubt.kind != ReviewKind::PossibleMerge;
        if (left == right) != wants_same || is_answered(state.all, &doubt, component) {
            continue;
        }
        let side = |customer, members: &[usize]| ReviewSide {
            customer,
            personas: members.iter().map(|&at| state.all[at].sighting.persona).collect(),
        };
        let (mut left, mut right) = (side(left, &doubt.left), side(right, &doubt.right));
        if right.founder() < left.founder() {
            std::mem::swap(&mut left, &mut right);
        }
        let Weighed { score, evidence, .. } = doubt.weighed;
        found.push(Review { kind: doubt.kind, left, right, score, reasons: evidence });
    }
    // Of several doubts between the same two customers the strongest is enough.
    found.sort_by_key(|review| {
        let split = review.kind != ReviewKind::PossibleMerge;
        let (left, right) = (review.left.founder(), review.right.founder());
        (split, review.left.customer, review.right.customer, std::cmp::Reverse(review.score), left, right)
    });
    found.dedup_by(|b, a| {
        let merge = a.kind == ReviewKind::PossibleMerge && b.kind == ReviewKind::PossibleMerge;
        merge && a.left.customer == b.left.customer && a.right.customer == b.right.customer
    });
    found.sort_by_key(|review| (review.kind, review.left.founder(), review.right.founder()));
    found.dedup_by(|a, b| a.key() == b.key());
    found
}

/// Whether staff has said already that both sides are one person, or two.
fn is_answered(all: &[Prepared<'_>], doubt: &Open, component: &Component) -> bool {
    component.acts.iter().any(|act| match act.kind {
        ActKind::Merge { left, right } | ActKind::Keep { left, right } => {
            let (Some(left), Some(right)) = (find(all, left), find(all, right)) else { return false };
            doubt.left.contains(&left) && doubt.right.contains(&right)
                || doubt.left.contains(&right) && doubt.right.contains(&left)
        }
        _ => false,
    })
}
