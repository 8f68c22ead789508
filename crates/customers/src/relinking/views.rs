//! From what the rules found to the rows of the views, and the difference to what stands.

use std::collections::{BTreeMap, HashMap, HashSet};

use base::{Fault, Id, ShopId, Timestamp};
use db::Tx;
use vault::ShopIndexes;

use super::{Decided, ProvenRecord, Relinked, Settled, gather::Gathered};
use crate::{
    linking::{Link, NumberKind, NumberView, Resolution, Review},
    persona::{Customer, NumberKey, Persona, Sighting},
    rows::{
        numbers, proofs,
        views::{self, CustomerRow, LinkRow, ReviewRow, TenureRow, evidence_text},
    },
};

/// A number of a component.
struct Number {
    key: NumberKey,
    kind: NumberKind,
    /// Whether its kind is kept. That one holds it alone is said by its tenure.
    is_kept: bool,
}

/// The views as they should be.
#[derive(Default)]
pub(super) struct Wanted {
    links: Vec<LinkRow>,
    customers: Vec<CustomerRow>,
    tenures: Vec<TenureRow>,
    numbers: Vec<Number>,
    reviews: Vec<ReviewRow>,
}

impl Wanted {
    /// Whose each of these records is; the tenures of those who have nothing else are proven.
    pub(super) fn settle(&mut self, proven: &[ProvenRecord]) -> Vec<Settled> {
        let new: HashSet<Id<Persona>> = proven.iter().map(|record| record.persona).collect();
        let mut holder_of: HashMap<Id<Persona>, (Timestamp, Id<Customer>)> = HashMap::new();
        for link in self.links.iter().filter(|link| new.contains(&link.persona)) {
            let last = holder_of.entry(link.persona).or_insert((link.from, link.customer));
            if link.from >= last.0 {
                *last = (link.from, link.customer);
            }
        }
        let is_theirs = |link: &LinkRow| {
            holder_of.get(&link.persona).is_some_and(|(_, customer)| *customer == link.customer)
        };
        let others: HashSet<Id<Customer>> =
            self.links.iter().filter(|link| !is_theirs(link)).map(|link| link.customer).collect();
        let settle = |record: &ProvenRecord| match holder_of.get(&record.persona) {
            None => Settled::Nobody,
            Some((_, customer)) if others.contains(customer) => Settled::With(*customer),
            Some((_, customer)) => Settled::Alone(*customer),
        };
        let settled: Vec<Settled> = proven.iter().map(settle).collect();
        let alone = proven.iter().zip(&settled).filter_map(|(record, settled)| match settled {
            Settled::Alone(customer) => Some(((*customer, record.number), record.at)),
            Settled::With(_) | Settled::Nobody => None,
        });
        let proven: HashMap<(Id<Customer>, NumberKey), Timestamp> = alone.collect();
        for tenure in self.tenures.iter_mut().filter(|tenure| tenure.until.is_none()) {
            tenure.last_verified_at = proven.get(&(tenure.customer, tenure.number)).copied();
        }
        settled
    }
}

/// The rows of the views that follow from what the rules found in each component.
pub(super) fn wanted(indexes: &ShopIndexes, gathered: &Gathered, resolutions: &[Resolution]) -> Wanted {
    let mut wanted = Wanted::default();
    for (component, resolution) in gathered.components.iter().zip(resolutions) {
        want(&mut wanted, indexes, &component.sightings, resolution, &gathered.anchor_of);
    }
    wanted
}

/// Writes what differs from what stands.
pub(super) async fn apply(
    tx: &mut Tx,
    shop: ShopId,
    now: Timestamp,
    decided: &Decided,
) -> Result<Relinked, Fault> {
    let wanted = &decided.wanted;
    let (retracted, recorded) = apply_links(tx, shop, now, wanted, &decided.gathered.old_links).await?;
    let fresh = decided.gathered.old_links.is_empty();
    let created = apply_customers(tx, shop, wanted, &decided.gathered.old_links).await?;
    apply_tenures(tx, shop, decided, fresh).await?;
    apply_numbers(tx, shop, decided).await?;
    let reviews_opened = apply_reviews(tx, shop, decided, fresh).await?;
    Ok(Relinked {
        anchors: 0,
        customers_created: created,
        customers_seen: wanted.customers.len() as u64,
        links_recorded: recorded,
        links_retracted: retracted,
        reviews_opened,
    })
}

fn want(
    wanted: &mut Wanted,
    indexes: &ShopIndexes,
    sightings: &[Sighting],
    resolution: &Resolution,
    anchor_of: &HashMap<Id<Persona>, i64>,
) {
    let by_id: HashMap<Id<Persona>, &Sighting> = sightings.iter().map(|s| (s.persona, s)).collect();
    let mut of_customer: BTreeMap<Id<Customer>, Vec<&Link>> = BTreeMap::new();
    for link in &resolution.links {
        let Some(customer) = link.customer else { continue };
        of_customer.entry(customer).or_default().push(link);
        wanted.links.push(LinkRow {
            persona: link.persona,
            anchor: anchor_of[&link.persona],
            customer,
            from: link.from.unwrap_or(Timestamp::MIN),
            until: link.until.unwrap_or(Timestamp::MAX),
            rule: link.rule.code().to_owned(),
            evidence: evidence_text(&link.evidence),
        });
    }
    let current = resolution.tenures.iter().filter(|tenure| tenure.until.is_none());
    let current: HashSet<(Id<Customer>, NumberKey)> =
        current.map(|tenure| (tenure.customer, tenure.number)).collect();
    for (customer, links) in &of_customer {
        wanted.customers.push(customer_row(*customer, links, (&by_id, &current), anchor_of));
    }
    let mut ordinals: HashMap<(Id<Customer>, NumberKey), u32> = HashMap::new();
    let mut held: HashSet<NumberKey> = HashSet::new();
    for tenure in &resolution.tenures {
        let shown = of_customer.get(&tenure.customer).and_then(|links| {
            links.iter().map(|link| link.persona).find(|persona| by_id[persona].number == Some(tenure.number))
        });
        let Some(persona) = shown else { continue };
        let ordinal = ordinals.entry((tenure.customer, tenure.number)).or_default();
        wanted.tenures.push(TenureRow {
            id: tenure_id(indexes, tenure.customer, tenure.number, *ordinal),
            number: tenure.number,
            customer: tenure.customer,
            from: tenure.from,
            until: tenure.until,
            anchor: anchor_of[&persona],
            persona,
            confidence: tenure.confidence.into(),
            evidence: evidence_text(&tenure.evidence),
            last_verified_at: None,
        });
        *ordinal += 1;
        held.insert(tenure.number);
    }
    let number = |number: &NumberView| {
        let is_kept = number.kind != NumberKind::Single || !held.contains(&number.key);
        Number { key: number.key, kind: number.kind, is_kept }
    };
    wanted.numbers.extend(resolution.numbers.iter().map(number));
    wanted.reviews.extend(resolution.reviews.iter().map(review_row));
}

/// The same tenure keeps its id when it is derived again.
fn tenure_id(indexes: &ShopIndexes, customer: Id<Customer>, number: NumberKey, ordinal: u32) -> uuid::Uuid {
    let hash =
        indexes.persona.of_parts([&b"tenure"[..], customer.as_bytes(), &number.0, &ordinal.to_le_bytes()]);
    uuid::Builder::from_custom_bytes(hash[..16].try_into().expect("16 of 32 bytes")).into_uuid()
}

fn review_row(review: &Review) -> ReviewRow {
    ReviewRow {
        left: review.left.founder(),
        right: review.right.founder(),
        kind: review.kind.code().to_owned(),
        left_customer: review.left.customer,
        right_customer: review.right.customer,
        score: review.score.into(),
        reasons: evidence_text(&review.reasons),
        sides: serde_json::json!([review.left.personas, review.right.personas]),
    }
}

fn customer_row(
    id: Id<Customer>,
    links: &[&Link],
    (sightings, current): (&HashMap<Id<Persona>, &Sighting>, &HashSet<(Id<Customer>, NumberKey)>),
    anchor_of: &HashMap<Id<Persona>, i64>,
) -> CustomerRow {
    let nothing = (Timestamp::MAX, Timestamp::MIN);
    // Of the orders, and of records without any: these count only for somebody who never ordered.
    let (mut ordered, mut recorded, mut orders) = (nothing, nothing, 0u64);
    let mut display: Option<(bool, bool, bool, u64, Id<Persona>)> = None;
    let mut personas = HashSet::new();
    for link in links {
        let sighting = sightings[&link.persona];
        personas.insert(link.persona);
        let (first, last, count) = span_within(sighting, link);
        let seen = match count {
            0 if sighting.orders > 0 => None,
            0 => Some(&mut recorded),
            _ => Some(&mut ordered),
        };
        if let Some(seen) = seen {
            *seen = (seen.0.min(first), seen.1.max(last));
        }
        orders += count;
        let name = sighting.details.name.as_deref().unwrap_or_default();
        // Shown is the fullest name, then one over a number that is still theirs, then the most used, then the first recorded.
        let is_current = sighting.number.is_some_and(|number| current.contains(&(id, number)));
        let better = (name.split_whitespace().count() > 1, !name.is_empty(), is_current, count, link.persona);
        let rank = |one: &(bool, bool, bool, u64, Id<Persona>)| (one.0, one.1, one.2, one.3);
        let wins =
            display.is_none_or(|best| rank(&better).cmp(&rank(&best)).then(best.4.cmp(&better.4)).is_gt());
        if wins {
            display = Some(better);
        }
    }
    let display = display.expect("a customer has at least one link").4;
    let (first_at, last_at) = if orders > 0 { ordered } else { recorded };
    CustomerRow {
        id,
        display_anchor: anchor_of[&display],
        display,
        first_at,
        last_at,
        orders,
        personas: personas.len() as u64,
    }
}

/// First, last and number of the orders of a sighting that fall into a link's range.
fn span_within(sighting: &Sighting, link: &Link) -> (Timestamp, Timestamp, u64) {
    if link.from.is_none() && link.until.is_none() || sighting.dates.is_empty() {
        return (sighting.first_at, sighting.last_at, sighting.orders.into());
    }
    let from = link.from.map_or(0, |from| sighting.dates.partition_point(|at| *at < from));
    let until =
        link.until.map_or(sighting.dates.len(), |until| sighting.dates.partition_point(|at| *at < until));
    match sighting.dates.get(from..until) {
        Some([first, .., last]) => (*first, *last, (until - from) as u64),
        Some([only]) => (*only, *only, 1),
        _ => (Timestamp::MAX, Timestamp::MIN, 0),
    }
}

async fn apply_links(
    tx: &mut Tx,
    shop: ShopId,
    now: Timestamp,
    wanted: &Wanted,
    old: &[(LinkRow, Timestamp)],
) -> Result<(u64, u64), Fault> {
    let stand: HashSet<&LinkRow> = old.iter().map(|(link, _)| link).collect();
    let gone: Vec<_> = if old.is_empty() {
        Vec::new()
    } else {
        let want: HashSet<&LinkRow> = wanted.links.iter().collect();
        old.iter().filter(|(link, _)| !want.contains(link)).cloned().collect()
    };
    let mut new: Vec<&LinkRow> = wanted.links.iter().filter(|link| !stand.contains(link)).collect();
    // In the order of their keys: neighbours share pages.
    new.sort_unstable_by_key(|link| (link.customer, link.persona, link.from));
    views::retract(tx, shop, &gone, now).await?;
    views::insert_links(tx, shop, &new, now).await?;
    Ok((gone.len() as u64, new.len() as u64))
}

async fn apply_customers(
    tx: &mut Tx,
    shop: ShopId,
    wanted: &Wanted,
    old: &[(LinkRow, Timestamp)],
) -> Result<u64, Fault> {
    let before: HashSet<Id<Customer>> = old.iter().map(|(link, _)| link.customer).collect();
    let before: Vec<Id<Customer>> = before.into_iter().collect();
    let stand: HashMap<Id<Customer>, CustomerRow> =
        views::customers(tx, shop, &before).await?.into_iter().map(|row| (row.id, row)).collect();
    let gone: Vec<Id<Customer>> = if before.is_empty() {
        Vec::new()
    } else {
        let now: HashSet<Id<Customer>> = wanted.customers.iter().map(|row| row.id).collect();
        before.into_iter().filter(|id| !now.contains(id)).collect()
    };
    let mut changed: Vec<&CustomerRow> =
        wanted.customers.iter().filter(|row| stand.get(&row.id) != Some(*row)).collect();
    changed.sort_unstable_by_key(|row| row.id);
    views::delete_customers(tx, shop, &gone).await?;
    views::upsert_customers(tx, shop, &changed).await?;
    Ok(changed.iter().filter(|row| !stand.contains_key(&row.id)).count() as u64)
}

/// The keys of all numbers that a component has or had: those of today, those under which the same numbers were kept before, and those of changes that were undone.
fn all_keys(decided: &Decided) -> Vec<NumberKey> {
    let mut keys: Vec<NumberKey> = decided.wanted.numbers.iter().map(|number| number.key).collect();
    keys.extend(decided.gathered.renumbered.keys());
    keys.extend(&decided.gathered.withdrawn);
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// In the order of their keys: neighbours share pages.
async fn insert_tenures(tx: &mut Tx, shop: ShopId, mut new: Vec<&TenureRow>) -> Result<(), Fault> {
    new.sort_unstable_by_key(|tenure| (tenure.number, tenure.customer, tenure.from));
    views::insert_tenures(tx, shop, &new).await
}

async fn apply_tenures(tx: &mut Tx, shop: ShopId, decided: &Decided, fresh: bool) -> Result<(), Fault> {
    let wanted = &decided.wanted;
    if fresh {
        return insert_tenures(tx, shop, wanted.tenures.iter().collect()).await;
    }
    let mut verified: HashMap<uuid::Uuid, Timestamp> = HashMap::new();
    let mut before = Proofs::new();
    loop {
        let stand = views::tenures_of_numbers(tx, shop, &all_keys(decided)).await?;
        for (tenure, at) in stand.iter().filter_map(|tenure| Some((tenure, tenure.last_verified_at?))) {
            let last = verified.entry(tenure.id).or_insert(at);
            *last = at.max(*last);
        }
        for (number, found) in proofs_before(&stand, &decided.gathered.renumbered) {
            before.entry(number).or_default().extend(found);
        }
        let mut want = wanted.tenures.clone();
        for tenure in &mut want {
            let otherwise =
                before.get(&tenure.number).and_then(|proofs| verified_before(tenure, proofs, &wanted.links));
            let before = verified.get(&tenure.id).copied().max(otherwise);
            tenure.last_verified_at = tenure.last_verified_at.max(before);
        }
        let (stand, want): (HashSet<TenureRow>, HashSet<TenureRow>) =
            (stand.into_iter().collect(), want.into_iter().collect());
        let gone: Vec<TenureRow> = stand.difference(&want).cloned().collect();
        // A proof that was committed since the reading must not be lost: then it is all read once more.
        if proofs::delete_unproven(tx, shop, &gone).await? == gone.len() as u64 {
            return insert_tenures(tx, shop, want.difference(&stand).collect()).await;
        }
    }
}

/// By the number as it is written today: who proved it while it was written otherwise, and when.
type Proofs = HashMap<NumberKey, Vec<(Id<Persona>, Timestamp)>>;

fn proofs_before(stand: &[TenureRow], renumbered: &HashMap<NumberKey, NumberKey>) -> Proofs {
    let mut proofs = Proofs::new();
    for tenure in stand {
        if let Some((now, at)) = renumbered.get(&tenure.number).zip(tenure.last_verified_at) {
            proofs.entry(*now).or_default().push((tenure.persona, at));
        }
    }
    proofs
}

/// When the holder of a tenure proved the number last, of these proofs.
fn verified_before(
    tenure: &TenureRow,
    proofs: &[(Id<Persona>, Timestamp)],
    links: &[LinkRow],
) -> Option<Timestamp> {
    let holds = |persona: Id<Persona>, at: Timestamp| {
        let mut theirs = links.iter().filter(|link| link.persona == persona);
        theirs.any(|link| link.customer == tenure.customer && link.from <= at && at < link.until)
    };
    let within = |at: Timestamp| tenure.from <= at && tenure.until.is_none_or(|until| at < until);
    proofs.iter().filter(|(persona, at)| within(*at) && holds(*persona, *at)).map(|(_, at)| *at).max()
}

/// Even a component that nobody was linked of may have kinds that stand: a number that was everybody's has no links.
async fn apply_numbers(tx: &mut Tx, shop: ShopId, decided: &Decided) -> Result<(), Fault> {
    let kept = decided.wanted.numbers.iter().filter(|number| number.is_kept);
    let wanted: Vec<(NumberKey, &str)> = kept.map(|number| (number.key, number.kind.code())).collect();
    let stand: HashMap<NumberKey, String> =
        numbers::kinds(tx, shop, &all_keys(decided)).await?.into_iter().collect();
    let changed: Vec<(NumberKey, &str)> = wanted
        .iter()
        .filter(|(key, kind)| stand.get(key).map(String::as_str) != Some(*kind))
        .copied()
        .collect();
    if !stand.is_empty() {
        let now: HashSet<NumberKey> = wanted.iter().map(|(key, _)| *key).collect();
        let mut gone: Vec<NumberKey> = stand.keys().filter(|key| !now.contains(key)).copied().collect();
        gone.sort_unstable();
        numbers::delete(tx, shop, &gone).await?;
    }
    numbers::upsert(tx, shop, &changed).await
}

async fn apply_reviews(tx: &mut Tx, shop: ShopId, decided: &Decided, fresh: bool) -> Result<u64, Fault> {
    let personas: Vec<Id<Persona>> = decided.gathered.anchor_of.keys().copied().collect();
    let wanted = &decided.wanted;
    let stand = if fresh { Vec::new() } else { views::reviews_of(tx, shop, &personas).await? };
    let key = |row: &ReviewRow| (row.left, row.right, row.kind.clone());
    let before: HashMap<_, &ReviewRow> = stand.iter().map(|row| (key(row), row)).collect();
    let now: HashMap<_, &ReviewRow> = wanted.reviews.iter().map(|row| (key(row), row)).collect();
    let gone: Vec<ReviewRow> = stand.iter().filter(|row| now.get(&key(row)) != Some(row)).cloned().collect();
    let new: Vec<ReviewRow> =
        now.values().filter(|row| before.get(&key(row)) != Some(row)).copied().cloned().collect();
    views::delete_reviews(tx, shop, &gone).await?;
    views::insert_reviews(tx, shop, &new).await?;
    Ok(new.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn id<T>(n: u128) -> Id<T> {
        Id::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_micros(day * 86_400 * Timestamp::SECOND)
    }

    fn tenure(number: NumberKey, customer: u128, from: i64, until: Option<i64>) -> TenureRow {
        TenureRow {
            id: uuid::Uuid::from_u128(customer),
            number,
            customer: id(customer),
            from: at(from),
            until: until.map(at),
            anchor: 0,
            persona: id(customer),
            confidence: 90,
            evidence: String::new(),
            last_verified_at: None,
        }
    }

    /// The persona of the same number was linked to a customer of its own before both spellings became one.
    #[test]
    fn a_proof_of_the_old_spelling_counts_for_the_new_one() {
        let (old, new) = (NumberKey([1; 32]), NumberKey([2; 32]));
        let renumbered = HashMap::from([(old, new)]);
        let stand = [
            TenureRow { last_verified_at: Some(at(20)), ..tenure(old, 7, 10, None) },
            TenureRow { last_verified_at: Some(at(99)), ..tenure(NumberKey([3; 32]), 7, 10, None) },
            tenure(old, 8, 10, None),
        ];
        let proofs = proofs_before(&stand, &renumbered);
        assert_eq!(proofs, HashMap::from([(new, vec![(id(7), at(20))])]));
        let link = |customer: u128, until| LinkRow {
            persona: id(7),
            anchor: 0,
            customer: id(customer),
            from: Timestamp::MIN,
            until,
            rule: "number".to_owned(),
            evidence: String::new(),
        };
        let verified = |tenure: &TenureRow, link: LinkRow| verified_before(tenure, &proofs[&new], &[link]);
        let theirs = tenure(new, 5, 10, None);
        assert_eq!(verified(&theirs, link(5, Timestamp::MAX)), Some(at(20)));
        assert_eq!(verified(&theirs, link(6, Timestamp::MAX)), None, "another person's");
        assert_eq!(verified(&theirs, link(5, at(15))), None, "not theirs any more when it was proved");
        assert_eq!(verified(&tenure(new, 5, 10, Some(15)), link(5, Timestamp::MAX)), None, "over by then");
    }
}
