//! Wrong acts put in and taken back: nothing of them may stay.

use base::{Id, Timestamp};
use customers::linking::{Act, ActKind, Component, Moved, Resolution, Rules, resolve};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

use super::{Labelled, components, facts::numbered, report::number_key};
use crate::timelines::{Profile, Timelines};

/// What came of wrong acts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Undone {
    pub injected: u64,
    /// Acts that changed who is who: the others prove nothing.
    pub effective: u64,
    /// Retracted acts after which everything was as in a rebuild without them.
    pub undone: u64,
}

/// Joins pairs of components, lets staff make a mistake in each (a merge of strangers, a random split, a wrong change of number),
/// and takes it back.
pub fn undo(seed: u64, rows: usize) -> Undone {
    let mut labelled = Vec::new();
    for scene in Timelines::new(Profile::MIXED, seed).at_least(rows) {
        labelled.extend(scene.rows.into_iter().map(|row| Labelled {
            number: row.number.as_ref().map(|number| number_key(&number.e164())),
            details: row.details,
            at: row.ordered_at,
            person: row.truth_person,
        }));
    }
    let mut rng = StdRng::seed_from_u64(seed);
    let rules = Rules::default();
    let mut found = Undone::default();
    for pair in components(labelled).chunks(2).filter(|pair| pair.len() == 2) {
        let mut sightings = pair[0].component.sightings.clone();
        sightings.extend(pair[1].component.sightings.iter().cloned());
        let mut component = Component { sightings, acts: Vec::new() };
        let rebuilt = resolve(&component, &rules);
        let act = Act {
            id: numbered(900_000_000),
            at: Timestamp::MAX,
            kind: wrong(&component, &rebuilt, &mut rng),
        };
        component.acts.push(act.clone());
        found.injected += 1;
        found.effective += u64::from(resolve(&component, &rules).links != rebuilt.links);
        component.acts.retain(|standing| standing.id != act.id);
        found.undone += u64::from(resolve(&component, &rules) == rebuilt);
    }
    found
}

fn wrong(component: &Component, found: &Resolution, rng: &mut impl Rng) -> ActKind {
    let sightings = &component.sightings;
    let (first, last) = (&sightings[0], &sightings[sightings.len() - 1]);
    let customer = found.customers.first().map_or(first.persona.cast(), |customer| customer.id);
    match (rng.random_range(0..3), first.number, last.number) {
        (0, Some(from), Some(to)) => {
            ActKind::ChangeNumber { customer, from, to, persona: last.persona, at: first.last_at }
        }
        (1, ..) => {
            let personas = found.customers.first().map_or(&[] as &[Id<_>], |customer| &customer.personas);
            let moved = personas.iter().filter(|_| rng.random_bool(0.5));
            let moved =
                moved.map(|&persona| Moved { persona, from: Some(first.first_at), until: None }).collect();
            ActKind::Split { customer, moved }
        }
        _ => ActKind::Merge { left: first.persona, right: last.persona },
    }
}
