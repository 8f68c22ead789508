//! How well linking finds who is who, measured on labelled timelines.
//!
//! Pairs of orders over one number: precision is the share of pairs put into one customer that truly are of one person; recall the
//! share of pairs truly of one person that were put into one customer. Pairs are counted through the table of customers by
//! people, never one by one.

mod facts;
mod report;
mod score;
mod shop;
mod undo;

pub use facts::{Connected, Labelled, components, numbered};
pub use report::{customers_of_rows, heading, line, measure, number_key, report, score};
pub use score::{Placed, Scores, parted};
pub use shop::{Databases, NotAnAnswer, through_import};
pub use undo::{Undone, undo};

use std::{collections::HashMap, hash::Hash};

/// Counts pairs by group: the truth, what was found, and both.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Pairs {
    pub both: u64,
    pub found: u64,
    pub truth: u64,
}

impl Pairs {
    /// Of rows, each with what was found (`None`: nobody, so a pair with nobody) and the truth.
    pub fn of<F: Hash + Eq + Copy, T: Hash + Eq + Copy>(rows: &[(Option<F>, T)]) -> Self {
        let (mut both, mut found, mut truth) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (customer, person) in rows {
            *truth.entry(person).or_insert(0u64) += 1;
            if let Some(customer) = customer {
                *found.entry(customer).or_insert(0u64) += 1;
                *both.entry((customer, person)).or_insert(0u64) += 1;
            }
        }
        let pairs = |count: &u64| count * (count - 1) / 2;
        Self {
            both: both.values().map(pairs).sum(),
            found: found.values().map(pairs).sum(),
            truth: truth.values().map(pairs).sum(),
        }
    }

    pub fn add(&mut self, other: Self) {
        self.both += other.both;
        self.found += other.found;
        self.truth += other.truth;
    }

    pub fn precision(&self) -> f64 {
        share(self.both, self.found)
    }

    pub fn recall(&self) -> f64 {
        share(self.both, self.truth)
    }
}

/// One when there is nothing to share.
#[allow(clippy::cast_precision_loss)]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_through_the_table() {
        // Customer 1 has rows of a, a, b; customer 2 has a row of a; one row of b is nobody's.
        let rows = [(Some(1), 'a'), (Some(1), 'a'), (Some(1), 'b'), (Some(2), 'a'), (None, 'b')];
        let pairs = Pairs::of(&rows);
        assert_eq!(pairs, Pairs { both: 1, found: 3, truth: 4 });
        assert!((pairs.precision() - 1.0 / 3.0).abs() < 1e-9);
        assert!((pairs.recall() - 0.25).abs() < 1e-9);
    }
}
