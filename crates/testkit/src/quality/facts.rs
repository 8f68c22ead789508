//! Turns labelled rows into sightings and components, as the store would, without a store.

use std::collections::HashMap;

use base::{Id, Timestamp};
use customers::{
    linking::Component,
    persona::{Details, NumberKey, Persona, Sighting},
};

/// An order with the truth of who placed it.
#[derive(Clone, Debug)]
pub struct Labelled {
    pub number: Option<NumberKey>,
    pub details: Details,
    pub at: Timestamp,
    pub person: u64,
}

/// Rows of one component and its sightings; `personas[i]` is the persona of `rows[i]`.
#[derive(Clone, Default, Debug)]
pub struct Connected {
    pub component: Component,
    pub rows: Vec<Labelled>,
    pub personas: Vec<Id<Persona>>,
}

/// Groups rows into personas (one for each distinct number and details) and personas into components (connected by number,
/// e-mail address or loyalty id). Personas are numbered in the order of their first row, as an import would.
pub fn components(rows: Vec<Labelled>) -> Vec<Connected> {
    let mut personas: HashMap<(Option<NumberKey>, Details), usize> = HashMap::new();
    let mut sightings: Vec<Sighting> = Vec::new();
    let mut of_row = Vec::with_capacity(rows.len());
    for row in &rows {
        let next = sightings.len();
        let at = *personas.entry((row.number, row.details.clone())).or_insert(next);
        if at == next {
            sightings.push(Sighting {
                persona: numbered(next),
                number: row.number,
                details: row.details.clone(),
                first_at: row.at,
                last_at: row.at,
                orders: 0,
                dates: Vec::new(),
            });
        }
        let sighting = &mut sightings[at];
        sighting.orders += 1;
        sighting.first_at = sighting.first_at.min(row.at);
        sighting.last_at = sighting.last_at.max(row.at);
        sighting.dates.push(row.at);
        of_row.push(at);
    }
    let roots = connect(&sightings);
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut found: Vec<Connected> = Vec::new();
    for (at, mut sighting) in sightings.into_iter().enumerate() {
        let place = *places.entry(roots[at]).or_insert_with(|| {
            found.push(Connected::default());
            found.len() - 1
        });
        sighting.dates.sort_unstable();
        found[place].component.sightings.push(sighting);
    }
    for (row, at) in rows.into_iter().zip(of_row) {
        let one = &mut found[places[&roots[at]]];
        one.rows.push(row);
        one.personas.push(numbered(at));
    }
    found
}

/// Ids that ascend with the number, in the shape of a version 7 UUID of 2024.
pub fn numbered<T>(at: usize) -> Id<T> {
    let millis = 0x018d_0000_0000u128 + at as u128;
    Id::from_uuid(uuid::Uuid::from_u128(millis << 80 | 0x7000 << 64 | 0x8000_0000_0000_0000 | at as u128))
}

/// The root of each sighting's component.
fn connect(sightings: &[Sighting]) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..sightings.len()).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (at, one) in sightings.iter().enumerate() {
        let fold = |text: &Option<String>| text.as_ref().map(|t| t.trim().to_lowercase());
        let keys = [
            one.number.map(|number| format!("number:{number}")),
            fold(&one.details.email).map(|email| format!("email:{email}")),
            fold(&one.details.loyalty_id).map(|id| format!("loyalty:{id}")),
        ];
        for key in keys.into_iter().flatten() {
            let other = *seen.entry(key).or_insert(at);
            let (a, b) = (root(&mut parents, at), root(&mut parents, other));
            parents[a.max(b)] = a.min(b);
        }
    }
    (0..sightings.len()).map(|at| root(&mut parents, at)).collect()
}

fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}
