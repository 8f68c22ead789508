//! The acts of staff, obeyed one after the other upon what the evidence gave.

use std::collections::BTreeMap;

use base::Id;
use uuid::Uuid;

use super::{
    Act, ActKind, Evidence, EvidenceKind as Kind, Moved, Rule,
    holders::Piece,
    number::Apart,
    prepared::Prepared,
    weigh::{Group, weigh},
};
use crate::persona::{Customer, NumberKey, Persona};

/// Staff's word: heavier than any evidence.
const WORD: i16 = 99;

/// A number that a customer left at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    pub person: usize,
    pub number: NumberKey,
    pub at: i64,
}

/// The state of a component while acts are obeyed.
#[derive(Debug)]
pub(super) struct State<'p> {
    pub all: &'p [Prepared<'p>],
    pub pieces: Vec<Piece>,
    /// The next unused index of a person.
    pub next: usize,
    pub left: Vec<Left>,
}

/// Pairs of sightings that staff said are different people.
pub(super) fn apart(all: &[Prepared<'_>], acts: &[Act]) -> Apart {
    let mut pairs = Apart::new();
    for act in acts {
        if let ActKind::Keep { left, right } = act.kind
            && let (Some(left), Some(right)) = (find(all, left), find(all, right))
        {
            pairs.push((left, right));
        }
    }
    pairs
}

/// Where a persona is among the sightings, which are ascending.
pub(super) fn find(all: &[Prepared<'_>], persona: Id<Persona>) -> Option<usize> {
    all.binary_search_by_key(&persona, |one| one.sighting.persona).ok()
}

/// The customer id of each person. A persona gives its id to the person who has its earliest part; who gets none that way has one
/// derived from the first part.
pub(super) fn ids(all: &[Prepared<'_>], pieces: &[Piece]) -> BTreeMap<usize, Id<Customer>> {
    // Pieces are sorted by sighting, and sightings by persona.
    let mut ids: BTreeMap<usize, Id<Customer>> = BTreeMap::new();
    let mut before = None;
    for piece in pieces {
        let Some(person) = piece.person else { continue };
        if before != Some(piece.sighting) {
            ids.entry(person).or_insert_with(|| all[piece.sighting].sighting.persona.cast());
            before = Some(piece.sighting);
        }
    }
    for piece in pieces {
        if let Some(person) = piece.person {
            ids.entry(person).or_insert_with(|| derived(all[piece.sighting].sighting.persona, piece.from));
        }
    }
    ids
}

/// A version 8 UUID made of a persona and a moment.
fn derived(persona: Id<Persona>, from: i64) -> Id<Customer> {
    let mut bytes = *persona.as_bytes();
    for (slot, byte) in bytes[6..].iter_mut().zip(from.to_be_bytes().iter().chain(&[0x54, 0x4c])) {
        *slot = slot.rotate_left(3) ^ byte;
    }
    Id::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

impl State<'_> {
    pub fn obey(&mut self, act: &Act) {
        match &act.kind {
            ActKind::Merge { left, right } => self.merge(*left, *right, Kind::ActMerge),
            ActKind::Split { customer, moved } => self.split(*customer, moved, act.id.uuid()),
            ActKind::Keep { left, right } => self.keep(*left, *right),
            ActKind::ChangeNumber { customer, from, to, persona, at } => {
                self.change_number(*customer, *from, *to, *persona, at.as_micros());
            }
        }
        self.pieces.sort_by_key(|piece| (piece.sighting, piece.from));
    }

    /// The first person who has a part of a sighting.
    pub fn person_of(&self, sighting: usize) -> Option<usize> {
        let start = self.pieces.partition_point(|p| p.sighting < sighting);
        self.pieces[start..].iter().take_while(|p| p.sighting == sighting).find_map(|p| p.person)
    }

    fn person_with(&self, customer: Id<Customer>) -> Option<usize> {
        ids(self.all, &self.pieces).into_iter().find(|(_, id)| *id == customer).map(|(person, _)| person)
    }

    fn fresh(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    fn merge(&mut self, left: Id<Persona>, right: Id<Persona>, kind: Kind) {
        let (Some(left), Some(right)) = (find(self.all, left), find(self.all, right)) else { return };
        let keep = match (self.person_of(left), self.person_of(right)) {
            (Some(keep), Some(gone)) if keep == gone => return,
            (Some(keep), Some(gone)) => {
                self.relabel(gone, keep, kind);
                keep
            }
            (Some(keep), None) | (None, Some(keep)) => keep,
            (None, None) => self.fresh(),
        };
        // Sightings that were nobody's become theirs.
        for piece in self.pieces.iter_mut().filter(|p| p.sighting == left || p.sighting == right) {
            if piece.person.is_none() {
                (piece.person, piece.rule, piece.evidence) =
                    (Some(keep), Rule::Act, vec![Evidence::new(kind, WORD)]);
            }
        }
    }

    fn relabel(&mut self, gone: usize, keep: usize, kind: Kind) {
        for piece in self.pieces.iter_mut().filter(|p| p.person == Some(gone)) {
            (piece.person, piece.rule) = (Some(keep), Rule::Act);
            piece.evidence.retain(|one| one.kind != Kind::First); // it is no more
            piece.evidence.push(Evidence::new(kind, WORD));
        }
        self.left.iter_mut().filter(|l| l.person == gone).for_each(|l| l.person = keep);
    }

    fn split(&mut self, customer: Id<Customer>, moved: &[Moved], act: Uuid) {
        let Some(person) = self.person_with(customer) else { return };
        let fresh = self.fresh();
        for one in moved {
            let Some(sighting) = find(self.all, one.persona) else { continue };
            let from = one.from.map_or(i64::MIN, |at| at.as_micros());
            let until = one.until.map_or(i64::MAX, |at| at.as_micros());
            self.reassign((sighting, from, until), Some(person), Some(fresh), Kind::ActSplit);
        }
        self.sort_out_later(person, fresh, act);
    }

    /// Sightings recorded after a split follow the side that they are more like.
    fn sort_out_later(&mut self, person: usize, fresh: usize, act: Uuid) {
        let later = |piece: &Piece, all: &[Prepared<'_>]| {
            *all[piece.sighting].sighting.persona.as_bytes() > *act.as_bytes()
        };
        let (mut rest, mut gone, mut open) = (Vec::new(), Vec::new(), Vec::new());
        for piece in &self.pieces {
            if piece.person == Some(fresh) {
                gone.push(piece.sighting);
            } else if piece.person == Some(person) && later(piece, self.all) {
                open.push(piece.sighting);
            } else if piece.person == Some(person) {
                rest.push(piece.sighting);
            }
        }
        if open.is_empty() || gone.is_empty() {
            return;
        }
        gone.dedup();
        rest.dedup();
        let (gone, rest) = (Group::of(self.all, gone), Group::of(self.all, rest));
        for sighting in open.into_iter().filter(|&at| self.all[at].says_who()) {
            let one = Group::of(self.all, vec![sighting]);
            if rest.members.is_empty()
                || weigh(&one, &gone, self.all).score > weigh(&one, &rest, self.all).score
            {
                self.reassign((sighting, i64::MIN, i64::MAX), Some(person), Some(fresh), Kind::ActSplit);
            }
        }
    }

    /// Gives what `whose` has of a sighting in a range to another person.
    fn reassign(
        &mut self,
        (sighting, from, until): (usize, i64, i64),
        whose: Option<usize>,
        to: Option<usize>,
        kind: Kind,
    ) {
        let mut cut = Vec::new();
        for piece in &mut self.pieces {
            let (start, end) = (piece.from.max(from), piece.until.min(until));
            if piece.sighting != sighting || piece.person != whose || start >= end {
                continue;
            }
            if piece.from < start {
                cut.push(Piece { until: start, ..piece.clone() });
            }
            if end < piece.until {
                cut.push(Piece { from: end, ..piece.clone() });
            }
            (piece.from, piece.until, piece.person, piece.rule) = (start, end, to, Rule::Act);
            piece.evidence = vec![Evidence::new(kind, WORD)];
        }
        self.pieces.extend(cut);
        self.pieces.sort_by_key(|piece| (piece.sighting, piece.from));
    }

    /// Evidence was told to keep them apart already; this is for what an earlier act joined.
    fn keep(&mut self, left: Id<Persona>, right: Id<Persona>) {
        let (Some(left), Some(right)) = (find(self.all, left), find(self.all, right)) else { return };
        let person = self.person_of(left);
        if left != right && person.is_some() && person == self.person_of(right) {
            let fresh = self.fresh();
            self.reassign((right, i64::MIN, i64::MAX), person, Some(fresh), Kind::ActKeep);
        }
    }

    fn change_number(
        &mut self,
        customer: Id<Customer>,
        from: NumberKey,
        to: NumberKey,
        persona: Id<Persona>,
        at: i64,
    ) {
        let Some(person) = self.person_with(customer) else { return };
        if let Some(founder) = self.pieces.iter().find(|p| p.person == Some(person)) {
            self.merge(self.all[founder.sighting].sighting.persona, persona, Kind::ActNumber);
        }
        self.left.push(Left { person, number: from, at });
        for sighting in 0..self.all.len() {
            let one = &self.all[sighting];
            if one.says_who() {
                continue;
            }
            // What says nothing about who it is goes with the number: away from the old one, over to the new one.
            if one.number() == Some(from) {
                let heir = self.holder_after(from, person, at);
                self.reassign((sighting, at, i64::MAX), Some(person), heir, Kind::ActNumber);
            } else if one.number() == Some(to) {
                let holders: Vec<Option<usize>> =
                    self.pieces.iter().filter(|p| p.sighting == sighting).map(|p| p.person).collect();
                for holder in holders.into_iter().filter(|h| *h != Some(person)) {
                    self.reassign((sighting, at, i64::MAX), holder, Some(person), Kind::ActNumber);
                }
            }
        }
    }

    /// Who else says on a number, from a moment on, that they use it; the most active one.
    fn holder_after(&self, number: NumberKey, person: usize, at: i64) -> Option<usize> {
        let mut orders: BTreeMap<usize, usize> = BTreeMap::new();
        for piece in &self.pieces {
            let one = &self.all[piece.sighting];
            if let Some(other) = piece.person
                && other != person
                && one.number() == Some(number)
                && one.says_who()
            {
                let later = one.times.iter().filter(|&t| t >= at && piece.covers(t)).count();
                *orders.entry(other).or_default() += later;
            }
        }
        let most = orders.into_iter().filter(|(_, count)| *count > 0);
        most.max_by_key(|&(person, count)| (count, std::cmp::Reverse(person))).map(|(person, _)| person)
    }
}
