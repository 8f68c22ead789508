//! Prints what linking gets wrong on labelled timelines, for whoever improves its rules: `cargo run -p testkit --release --example
//! misses -- PROFILE SEED ROWS SHOWN`. The people are invented; nothing of it is personal.

#![allow(clippy::print_stdout)]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    error::Error,
};

use customers::linking::{Rules, resolve};
use testkit::{
    quality::{Labelled, Placed, components, customers_of_rows, number_key, parted},
    timelines::{Profile, Relation, Timelines},
};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [profile, seed, rows, shown] = words.as_slice() else {
        return Err("expected PROFILE SEED ROWS SHOWN".into());
    };
    let profile = Profile::ALL.iter().find(|known| known.name == profile).ok_or("no such profile")?;
    let (seed, rows, mut shown): (u64, usize, usize) = (seed.parse()?, rows.parse()?, shown.parse()?);
    let (mut labelled, mut relations) = (Vec::new(), BTreeMap::new());
    for scene in Timelines::new(*profile, seed).at_least(rows) {
        relations.extend(scene.numbers.iter().map(|t| (number_key(&t.number.e164()), t.relation)));
        labelled.extend(scene.rows.into_iter().map(|row| Labelled {
            number: row.number.as_ref().map(|number| number_key(&number.e164())),
            details: row.details,
            at: row.ordered_at,
            person: row.truth_person,
        }));
    }
    let mut classes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for connected in components(labelled) {
        let found = resolve(&connected.component, &Rules::default());
        let customers = customers_of_rows(&connected, &found);
        let kinds: HashMap<_, _> = found.numbers.iter().map(|number| (number.key, number.kind)).collect();
        let mut by_number: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, row) in connected.rows.iter().enumerate() {
            by_number.entry(row.number).or_default().push(at);
        }
        for (number, mut on) in by_number {
            let Some(number) = number else { continue };
            on.sort_by_key(|&at| connected.rows[at].at);
            let placed: Vec<_> = on.iter().map(|&at| place(&connected.rows[at], customers[at])).collect();
            let relation = relations[&number];
            let kind = kinds[&number];
            let wrong = wrong_pairs(&placed, &mut classes, relation);
            let missed = relation == Relation::Recycled
                && parted(&placed.iter().collect::<Vec<_>>())
                    .is_some_and(|apart| !apart || kind != customers::linking::NumberKind::Recycled);
            if missed {
                classes.entry("missed recycled".to_owned()).or_default().0 += 1;
            }
            let wanted = if *profile == Profile::RECYCLED_FEW { missed } else { wrong > 400 };
            if wanted && shown > 0 {
                shown -= 1;
                println!("---- {relation:?}, found {kind:?}, {wrong} wrong pairs");
                for (&at, row) in on.iter().zip(&placed) {
                    let details = &connected.rows[at].details;
                    println!(
                        "{} person {} customer {} | {} | {} | {} | {} | {}",
                        &row.at.to_string()[..10],
                        row.person,
                        row.customer.map_or("nobody".to_owned(), |id| id.to_string()[28..].to_owned()),
                        details.name.as_deref().unwrap_or("-"),
                        details.email.as_deref().unwrap_or("-"),
                        details.loyalty_id.as_deref().unwrap_or("-"),
                        details.address.as_deref().unwrap_or("-"),
                        details.device_id.as_deref().unwrap_or("-"),
                    );
                }
            }
        }
    }
    for (class, (joined, parted)) in classes {
        println!("{class:<60} wrongly joined {joined:>9}  wrongly parted {parted:>9}");
    }
    Ok(())
}

fn place<C>(row: &Labelled, customer: Option<C>) -> Placed<C> {
    Placed { number: row.number, person: row.person, at: row.at, says_who: row.details.says_who(), customer }
}

/// Pairs of rows that are wrong, counted by how the number is used and by what the rows say.
fn wrong_pairs<C: Copy + Ord>(
    rows: &[Placed<C>],
    classes: &mut BTreeMap<String, (u64, u64)>,
    relation: Relation,
) -> u64 {
    let people: BTreeSet<u64> = rows.iter().map(|row| row.person).collect();
    let mut wrong = 0;
    for (at, a) in rows.iter().enumerate() {
        for b in &rows[..at] {
            let together = a.customer.is_some() && a.customer == b.customer;
            let truly = a.person == b.person;
            if together == truly {
                continue;
            }
            wrong += 1;
            let says = match (a.says_who, b.says_who) {
                (true, true) => "both say who",
                (false, false) => "neither says who",
                _ => "one says who",
            };
            let class = format!("{relation:?} of {} people, {says}", people.len());
            let slot = classes.entry(class).or_default();
            *(if together { &mut slot.0 } else { &mut slot.1 }) += 1;
        }
    }
    wrong
}
