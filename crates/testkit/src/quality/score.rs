//! What is counted: of labelled rows, each with the customer that was found for it, however it was found.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};

use base::Timestamp;
use customers::{linking::NumberKind, persona::NumberKey};

use super::{Pairs, share};

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

/// A labelled row and the customer that was found for it (`None`: nobody).
#[derive(Clone, Copy, Debug)]
pub struct Placed<C> {
    pub number: Option<NumberKey>,
    pub person: u64,
    pub at: Timestamp,
    /// Whether the row gives a name, an e-mail address or a loyalty id.
    pub says_who: bool,
    pub customer: Option<C>,
}

impl Scores {
    /// Counts rows; `kinds` are what the numbers were found to be, `recycled` those truly handed on by the operator.
    pub fn of<C: Copy + Ord + Hash>(
        rows: &[Placed<C>],
        kinds: &HashMap<NumberKey, NumberKind>,
        recycled: &BTreeSet<NumberKey>,
    ) -> Self {
        let everywhere: Vec<_> = rows.iter().map(|row| (row.customer, row.person)).collect();
        let mut scores =
            Self { rows: rows.len() as u64, everywhere: Pairs::of(&everywhere), ..Self::default() };
        let mut by_number: BTreeMap<NumberKey, Vec<&Placed<C>>> = BTreeMap::new();
        for row in rows {
            if let Some(number) = row.number {
                by_number.entry(number).or_default().push(row);
            }
        }
        for (number, rows) in by_number {
            scores.count_number(&rows, kinds.get(&number).copied(), recycled.contains(&number));
        }
        scores
    }

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

    fn count_number<C: Copy + Ord + Hash>(
        &mut self,
        rows: &[&Placed<C>],
        kind: Option<NumberKind>,
        recycled: bool,
    ) {
        let found: Vec<_> = rows.iter().map(|row| (row.customer, row.person)).collect();
        self.pairs.add(Pairs::of(&found));
        let one: Vec<_> = rows.iter().map(|row| (Some(()), row.person)).collect();
        self.baseline.add(Pairs::of(&one));
        let people: BTreeSet<u64> = rows.iter().map(|row| row.person).collect();
        if people.len() == 1 {
            let distinct: BTreeSet<C> = rows.iter().filter_map(|row| row.customer).collect();
            self.single += 1;
            self.false_alarms += u64::from(kind == Some(NumberKind::Recycled));
            self.false_splits += u64::from(distinct.len() > 1);
        } else if recycled {
            self.count_recycled(rows, kind);
        }
    }

    fn count_recycled<C: Copy + Ord>(&mut self, rows: &[&Placed<C>], kind: Option<NumberKind>) {
        let Some(found) = parted(rows) else { return };
        self.recycled += 1;
        self.recycled_found += u64::from(found && kind == Some(NumberKind::Recycled));
    }
}

/// Whether the newest holder's rows that say who it is are of no customer who has such rows of the older ones; `None` if either has
/// none.
pub fn parted<C: Copy + Ord>(rows: &[&Placed<C>]) -> Option<bool> {
    let newest = rows.iter().max_by_key(|row| row.at)?.person;
    let of = |new: bool| rows.iter().filter(move |row| row.says_who && (row.person == newest) == new);
    if of(true).next().is_none() || of(false).next().is_none() {
        return None;
    }
    let old: BTreeSet<C> = of(false).filter_map(|row| row.customer).collect();
    Some(of(true).all(|row| row.customer.is_some_and(|customer| !old.contains(&customer))))
}
