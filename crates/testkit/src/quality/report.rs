//! The figures, by profile, beside those of "a number is a person".

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base::Id;
use customers::{
    linking::{NumberKind, Resolution, Rules, resolve},
    persona::{Customer, NumberKey, Persona},
};

use super::{Labelled, Pairs, components, facts::Connected, share};
use crate::timelines::{NumberTruth, Profile, Relation, Timelines};

/// What was measured on one set of rows.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Scores {
    pub rows: u64,
    /// Pairs over one number.
    pub pairs: Pairs,
    /// Pairs over all numbers.
    pub everywhere: Pairs,
    /// If every number were one person.
    pub baseline: Pairs,
    /// Numbers truly handed on by the operator whose new holder says at least once who it is, and those found.
    pub recycled: u64,
    pub recycled_found: u64,
    /// Numbers of one person, those called recycled, and those given more than one customer.
    pub single: u64,
    pub false_alarms: u64,
    pub false_splits: u64,
    pub reviews: u64,
}

impl Scores {
    pub fn recycled_recall(&self) -> f64 {
        share(self.recycled_found, self.recycled)
    }

    /// Counts together with another set of rows of other people.
    pub fn add(&mut self, other: &Self) {
        self.pairs.add(other.pairs);
        self.everywhere.add(other.everywhere);
        self.baseline.add(other.baseline);
        self.rows += other.rows;
        self.recycled += other.recycled;
        self.recycled_found += other.recycled_found;
        self.single += other.single;
        self.false_alarms += other.false_alarms;
        self.false_splits += other.false_splits;
        self.reviews += other.reviews;
    }

    pub fn false_alarms_per_10_000(&self) -> f64 {
        if self.single == 0 { 0.0 } else { 10_000.0 * share(self.false_alarms, self.single) }
    }
}

/// A stand-in for the keyed index: tests need no key, only that equal numbers are equal.
pub fn number_key(text: &str) -> NumberKey {
    let mut key = [0u8; 32];
    for (at, byte) in text.bytes().enumerate() {
        key[at % 32] ^= byte;
    }
    NumberKey(key)
}

/// Invents rows and measures.
pub fn measure(profile: Profile, seed: u64, rows: usize) -> Scores {
    let (mut labelled, mut truths) = (Vec::new(), Vec::new());
    for scene in Timelines::new(profile, seed).at_least(rows) {
        truths.extend(scene.numbers);
        labelled.extend(scene.rows.into_iter().map(|row| Labelled {
            number: row.number.as_ref().map(|number| number_key(&number.e164())),
            details: row.details,
            at: row.ordered_at,
            person: row.truth_person,
        }));
    }
    let recycled: BTreeSet<NumberKey> = truths
        .iter()
        .filter(|truth| truth.relation == Relation::Recycled && truth.holders.len() > 1)
        .map(|truth: &NumberTruth| number_key(&truth.number.e164()))
        .collect();
    score(labelled, &recycled)
}

/// Measures linking on labelled rows; `recycled` are the numbers truly handed on by the operator.
pub fn score(labelled: Vec<Labelled>, recycled: &BTreeSet<NumberKey>) -> Scores {
    let rules = Rules::default();
    let mut scores = Scores { rows: labelled.len() as u64, ..Scores::default() };
    let mut everywhere = Vec::new();
    for connected in components(labelled) {
        let found = resolve(&connected.component, &rules);
        scores.reviews += found.reviews.len() as u64;
        let customers = customers_of_rows(&connected, &found);
        everywhere
            .extend(connected.rows.iter().zip(&customers).map(|(row, customer)| (*customer, row.person)));
        let kinds: HashMap<NumberKey, NumberKind> = found.numbers.iter().map(|n| (n.key, n.kind)).collect();
        let mut by_number: BTreeMap<NumberKey, Vec<usize>> = BTreeMap::new();
        for (at, row) in connected.rows.iter().enumerate() {
            if let Some(number) = row.number {
                by_number.entry(number).or_default().push(at);
            }
        }
        for (number, rows) in by_number {
            scores.count_number(&connected, &customers, &rows, kinds[&number], recycled.contains(&number));
        }
    }
    scores.everywhere = Pairs::of(&everywhere);
    scores
}

/// The customer of each row, through the links.
pub fn customers_of_rows(connected: &Connected, found: &Resolution) -> Vec<Option<Id<Customer>>> {
    let mut links: HashMap<Id<Persona>, Vec<usize>> = HashMap::new();
    for (at, link) in found.links.iter().enumerate() {
        links.entry(link.persona).or_default().push(at);
    }
    let customer = |(row, persona): (&Labelled, &Id<Persona>)| {
        let mut of_persona = links[persona].iter().map(|&at| &found.links[at]);
        let covers = of_persona
            .find(|l| l.from.is_none_or(|from| from <= row.at) && l.until.is_none_or(|until| row.at < until));
        covers.and_then(|link| link.customer)
    };
    connected.rows.iter().zip(&connected.personas).map(customer).collect()
}

impl Scores {
    fn count_number(
        &mut self,
        connected: &Connected,
        customers: &[Option<Id<Customer>>],
        rows: &[usize],
        kind: NumberKind,
        recycled: bool,
    ) {
        let labelled: Vec<_> = rows.iter().map(|&at| (customers[at], connected.rows[at].person)).collect();
        self.pairs.add(Pairs::of(&labelled));
        let one: Vec<_> = rows.iter().map(|&at| (Some(()), connected.rows[at].person)).collect();
        self.baseline.add(Pairs::of(&one));
        let people: BTreeSet<u64> = rows.iter().map(|&at| connected.rows[at].person).collect();
        if people.len() == 1 {
            let distinct: BTreeSet<_> = labelled.iter().filter_map(|(customer, _)| *customer).collect();
            self.single += 1;
            self.false_alarms += u64::from(kind == NumberKind::Recycled);
            self.false_splits += u64::from(distinct.len() > 1);
        } else if recycled {
            self.count_recycled(connected, customers, rows, kind);
        }
    }

    fn count_recycled(
        &mut self,
        connected: &Connected,
        customers: &[Option<Id<Customer>>],
        rows: &[usize],
        kind: NumberKind,
    ) {
        let last = rows.iter().copied().max_by_key(|&at| connected.rows[at].at).expect("a number has rows");
        let newest = connected.rows[last].person;
        let says_who = |at: &&usize| connected.rows[**at].details.says_who();
        let of = |new: bool| {
            rows.iter().filter(says_who).filter(move |at| (connected.rows[**at].person == newest) == new)
        };
        if of(true).next().is_none() || of(false).next().is_none() {
            return;
        }
        self.recycled += 1;
        let old: BTreeSet<_> = of(false).filter_map(|&at| customers[at]).collect();
        let apart = of(true).all(|&at| customers[at].is_some_and(|customer| !old.contains(&customer)));
        self.recycled_found += u64::from(apart && kind == NumberKind::Recycled);
    }
}

/// A table of all profiles.
pub fn report(seed: u64, rows: usize) -> String {
    let mut table = format!(
        "seed {seed}, about {rows} rows a profile; pairs of orders over one number\n\
         {:<18}{:>9}  {:>10}{:>9}  {:>9}{:>9}  {:>10}  {:>8}{:>8}  {:>9}{:>7}  {:>8}\n",
        "profile",
        "rows",
        "precision",
        "recall",
        "num=pers",
        "recall",
        "all: prec",
        "recall",
        "recycled",
        "alarms/1e4",
        "splits",
        "reviews"
    );
    for &profile in Profile::ALL {
        let s = measure(profile, seed, rows);
        table += &format!(
            "{:<18}{:>9}  {:>10.4}{:>9.4}  {:>9.4}{:>9.4}  {:>10.4}  {:>8.4}{:>8.3}  {:>10.1}{:>7}  {:>8}\n",
            profile.name,
            s.rows,
            s.pairs.precision(),
            s.pairs.recall(),
            s.baseline.precision(),
            s.baseline.recall(),
            s.everywhere.precision(),
            s.everywhere.recall(),
            s.recycled_recall(),
            s.false_alarms_per_10_000(),
            s.false_splits,
            s.reviews
        );
    }
    let undone = super::undo(seed, rows / 10);
    table += &format!(
        "wrong acts put in {}, of which {} changed something, undone without a trace {}\n",
        undone.injected, undone.effective, undone.undone
    );
    table
}
