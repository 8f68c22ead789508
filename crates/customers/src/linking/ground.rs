//! What the evidence of each number gives, before people are joined across numbers and before the acts of staff.

use std::collections::BTreeSet;

use super::{
    Evidence, EvidenceKind as Kind, ReviewKind, Rule, Rules,
    across::{Maybe, Node},
    holders::{Piece, assign},
    number::{Apart, Doubt, partition},
    prepared::Prepared,
    views::Open,
    weigh::{Group, weigh, weigh_on_number},
};
use crate::persona::NumberKey;

/// How many records of a customer are tried for one that explains why another one was linked.
const TRIED_MAX: usize = 4;

/// People by number, and the sightings that only time or nothing can place.
#[derive(Debug, Default)]
pub(super) struct Ground<'p> {
    pub nodes: Vec<Node<'p>>,
    pub generic: BTreeSet<NumberKey>,
    /// Pieces whose person is the index of a node.
    placed: Vec<Piece>,
    doubts: Vec<Doubt>,
}

impl<'p> Ground<'p> {
    pub fn add_number(
        &mut self,
        all: &'p [Prepared<'p>],
        key: NumberKey,
        on: &[usize],
        apart: &Apart,
        rules: &Rules,
    ) {
        let mut found = partition(all, on, apart, rules);
        if found.generic {
            self.generic.insert(key);
            let nobody = || vec![Evidence::new(Kind::NumberGeneric, 0)];
            self.placed.extend(found.bare.iter().map(|&at| Piece::whole(at, None, Rule::Generic, nobody())));
            found.people.into_iter().for_each(|members| self.add_on_generic(all, members));
            return;
        }
        if found.people.is_empty() {
            // Only nameless orders: a customer of whom nothing is known but the number.
            self.nodes
                .push(Node { group: Group::of(all, std::mem::take(&mut found.bare)), number: Some(key) });
            return;
        }
        let start = self.nodes.len();
        for mut piece in assign(all, &found, rules) {
            piece.person = piece.person.map(|person| start + person);
            self.placed.push(piece);
        }
        let people = found.people.into_iter();
        self.nodes.extend(people.map(|members| Node { group: Group::of(all, members), number: Some(key) }));
        self.doubts.extend(found.doubts);
    }

    /// Members have one name (or one e-mail address or loyalty id). A full name is one identity; anything less is not.
    fn add_on_generic(&mut self, all: &'p [Prepared<'p>], members: Vec<usize>) {
        let mut homes: Vec<Group<'p>> = Vec::new();
        for at in members {
            let one = Group::of(all, vec![at]);
            let full = one.name.is_none_or(super::names::Name::is_full);
            let home = homes.iter_mut().find(|home| {
                let found = weigh(home, &one, all);
                let (with, against) = found.contacts();
                with > against || full && against == 0
            });
            match home {
                Some(home) => *home = home.with(&one, all),
                None => homes.push(one),
            }
        }
        self.nodes.extend(homes.into_iter().map(|group| Node { group, number: None }));
    }

    pub fn add_without_number(&mut self, all: &'p [Prepared<'p>], at: usize) {
        if all[at].can_be_reached() {
            self.nodes.push(Node { group: Group::of(all, vec![at]), number: None });
        } else {
            self.placed.push(Piece::whole(at, None, Rule::Nobody, Vec::new()));
        }
    }

    /// All pieces, with the people of `home`, by sighting and time.
    pub fn pieces(&mut self, all: &[Prepared<'_>], home: &[usize], rules: &Rules) -> Vec<Piece> {
        let mut pieces = std::mem::take(&mut self.placed);
        for piece in &mut pieces {
            piece.person = piece.person.map(|node| home[node]);
        }
        let mut people: Vec<Vec<usize>> = vec![Vec::new(); home.len()];
        for (node, &root) in self.nodes.iter().zip(home) {
            people[root].extend(&node.group.members);
        }
        for (person, mut members) in people.into_iter().enumerate() {
            members.sort_unstable();
            let alone: Vec<Group<'_>> = members.iter().map(|&at| Group::of(all, vec![at])).collect();
            for (place, &at) in members.iter().enumerate() {
                let (rule, evidence) = self.why(all, &alone[..place], &alone[place], rules);
                pieces.push(Piece::whole(at, Some(person), rule, evidence));
            }
        }
        pieces.sort_by_key(|piece| (piece.sighting, piece.from));
        pieces
    }

    /// Why a sighting was linked to those recorded before it: the one that explains it best.
    fn why(
        &self,
        all: &[Prepared<'_>],
        before: &[Group<'_>],
        one: &Group<'_>,
        rules: &Rules,
    ) -> (Rule, Vec<Evidence>) {
        if before.is_empty() {
            return (Rule::Founder, vec![Evidence::new(Kind::First, 0)]);
        }
        let number_of = |group: &Group<'_>| all[group.members[0]].number();
        let number = number_of(one).filter(|key| !self.generic.contains(key));
        let same_number = |other: &Group<'_>| number.is_some() && number_of(other) == number;
        let over_number = before.iter().any(same_number);
        let tried = before.iter().filter(|other| !over_number || same_number(other)).take(TRIED_MAX);
        let best = tried
            .map(|other| {
                if over_number {
                    weigh_on_number(other, one, all, &[], rules)
                } else {
                    weigh(other, one, all)
                }
            })
            .reduce(|best, next| if next.score > best.score { next } else { best });
        let rule = if over_number { Rule::Number } else { Rule::Contact };
        (rule, best.map(|found| found.evidence).unwrap_or_default())
    }

    pub fn open_doubts(self, maybe: Vec<Maybe>) -> Vec<Open> {
        let on_numbers = self.doubts.into_iter().map(|doubt| Open {
            kind: if doubt.silence { ReviewKind::PossibleRecycle } else { ReviewKind::PossibleSplit },
            left: doubt.left,
            right: doubt.right,
            weighed: doubt.weighed,
        });
        let nodes = &self.nodes;
        let across = maybe.into_iter().map(|maybe| Open {
            kind: ReviewKind::PossibleMerge,
            left: nodes[maybe.left].group.members.clone(),
            right: nodes[maybe.right].group.members.clone(),
            weighed: maybe.weighed,
        });
        on_numbers.chain(across).collect()
    }
}
