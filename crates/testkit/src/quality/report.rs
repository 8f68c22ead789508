//! The figures, by profile, beside those of "a number is a person".

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
};

use base::Id;
use customers::{
    linking::{Resolution, Rules, resolve},
    persona::{Customer, NumberKey, Persona},
};

use super::{Labelled, Placed, Scores, components, facts::Connected};
use crate::timelines::{NumberTruth, Profile, Relation, Timelines};

/// A stand-in for the keyed index: tests need no key, only that equal numbers are equal.
pub fn number_key(text: &str) -> NumberKey {
    let mut key = [0u8; 32];
    for (at, byte) in text.bytes().enumerate() {
        key[at % 32] ^= byte;
    }
    NumberKey(key)
}

/// The numbers truly handed on by the operator, to somebody who bought.
pub(super) fn handed_on_by_operator(truths: &[NumberTruth]) -> BTreeSet<NumberKey> {
    let recycled = truths.iter().filter(|t| t.relation == Relation::Recycled && t.holders.len() > 1);
    recycled.map(|truth| number_key(&truth.number.e164())).collect()
}

/// Invents rows and measures the rules alone, on records in the order in which an import of one file a source meets them.
pub fn measure(profile: Profile, seed: u64, rows: usize) -> Scores {
    let (mut invented, mut truths) = (Vec::new(), Vec::new());
    for scene in Timelines::new(profile, seed).at_least(rows) {
        truths.extend(scene.numbers);
        invented.extend(scene.rows);
    }
    invented.sort_by_key(|row| row.source);
    let labelled = invented.into_iter().map(|row| Labelled {
        number: row.number.as_ref().map(|number| number_key(&number.e164())),
        details: row.details,
        at: row.ordered_at,
        person: row.truth_person,
    });
    score(labelled.collect(), &handed_on_by_operator(&truths))
}

/// Measures linking on labelled rows; `recycled` are the numbers truly handed on by the operator.
pub fn score(labelled: Vec<Labelled>, recycled: &BTreeSet<NumberKey>) -> Scores {
    let rules = Rules::default();
    let (mut placed, mut kinds, mut reviews) = (Vec::with_capacity(labelled.len()), HashMap::new(), 0);
    for connected in components(labelled) {
        let found = resolve(&connected.component, &rules);
        reviews += found.reviews.len() as u64;
        let customers = customers_of_rows(&connected, &found);
        placed.extend(connected.rows.iter().zip(customers).map(|(row, customer)| Placed {
            number: row.number,
            person: row.person,
            at: row.at,
            says_who: row.details.says_who(),
            customer,
        }));
        kinds.extend(found.numbers.iter().map(|number| (number.key, number.kind)));
    }
    Scores { reviews, ..Scores::of(&placed, &kinds, recycled) }
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

/// The heading of a table of scores.
pub fn heading() -> String {
    format!(
        "{:<28}{:>9}  {:>10}{:>9}  {:>9}{:>9}  {:>10}{:>9}  {:>15}  {:>10}{:>7}  {:>8}",
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
    )
}

/// One line under [`heading`].
pub fn line(name: &str, s: &Scores) -> String {
    format!(
        "{name:<28}{:>9}  {:>10.4}{:>9.4}  {:>9.4}{:>9.4}  {:>10.4}{:>9.4}  {:>6.3} of {:>5}  {:>10.1}{:>7}  {:>8}",
        s.rows,
        s.pairs.precision(),
        s.pairs.recall(),
        s.baseline.precision(),
        s.baseline.recall(),
        s.everywhere.precision(),
        s.everywhere.recall(),
        s.recycled_recall(),
        s.recycled,
        s.false_alarms_per_10_000(),
        s.false_splits,
        s.reviews
    )
}

/// A table of profiles, by the rules alone.
pub fn report(profiles: &[Profile], seed: u64, rows: usize) -> String {
    let mut table =
        format!("seed {seed}, about {rows} rows a profile; pairs of orders over one number\n{}\n", heading());
    for &profile in profiles {
        writeln!(table, "{}", line(profile.name, &measure(profile, seed, rows))).expect("text takes text");
    }
    let undone = super::undo(seed, rows / 10);
    table += &format!(
        "wrong acts put in {}, of which {} changed something, undone without a trace {}\n",
        undone.injected, undone.effective, undone.undone
    );
    table
}
