//! Gathering: from a few anchors to everything that bears on them, cut into components.

use std::collections::{HashMap, HashSet};

use base::{Fault, Id, ShopId};
use db::Tx;

use super::{Linker, load_dates, map_each};
use crate::{
    identity,
    linking::{Act, ActKind, Component},
    persona::{Customer, NumberKey, Persona, Sighting},
    rows::{
        facts::{self, Contact, Stored},
        marks, rereadings,
        views::{self, LinkRow},
    },
};

/// A contact on more personas than this is not followed: it is everybody's.
const CONTACT_PERSONAS_MAX: usize = 200;
/// A chain of shared contacts longer than this is cut; the rest keeps the links it has.
const PERSONAS_MAX: usize = 200_000;

/// Everything connected with the anchors that were asked for.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub components: Vec<Component>,
    /// Anchor of every persona in them.
    pub anchor_of: HashMap<Id<Persona>, i64>,
    pub anchors: Vec<i64>,
    /// Erased ones included.
    pub personas_total: usize,
    pub marks: Vec<(i64, i64)>,
    pub newest_act: Option<Id<Act>>,
    pub old_links: Vec<(LinkRow, base::Timestamp)>,
    /// Numbers that are written otherwise today: their keys then and now.
    pub renumbered: HashMap<NumberKey, NumberKey>,
    /// Numbers that somebody had only by a change of number that was undone: whatever the views have of them goes.
    pub withdrawn: Vec<NumberKey>,
}

/// What is known while the search goes on.
#[derive(Default)]
struct Search {
    stored: Vec<Stored>,
    anchors: HashSet<i64>,
    contacts: HashMap<Contact, Vec<i64>>,
    acts: HashMap<Id<Act>, Vec<i64>>,
    customers: HashSet<Id<Customer>>,
    old_links: Vec<(LinkRow, base::Timestamp)>,
}

impl Linker {
    pub(super) async fn gather(&self, tx: &mut Tx, shop: ShopId, start: &[i64]) -> Result<Gathered, Fault> {
        let newest_act = facts::newest_act(tx, shop).await?;
        let any_reread = rereadings::any(tx, shop).await?;
        let mut search = Search::default();
        let mut frontier: Vec<i64> = start.to_vec();
        while !frontier.is_empty() && search.stored.len() < PERSONAS_MAX {
            frontier.sort_unstable();
            frontier.dedup();
            search.anchors.extend(&frontier);
            let found = match any_reread {
                true => facts::by_anchors(tx, shop, &frontier).await?,
                false => facts::by_anchors_as_recorded(tx, shop, &frontier).await?,
            };
            let mut reached = follow_contacts(tx, shop, &mut search, &found).await?;
            reached.extend(follow_links(tx, shop, &mut search, &found).await?);
            if newest_act.is_some() {
                reached.extend(follow_acts(tx, shop, &mut search, &found).await?);
            }
            if any_reread {
                reached.extend(found.iter().filter_map(current_anchor));
                reached.extend(rereadings::kept_at(tx, shop, &frontier).await?);
            }
            search.stored.extend(found);
            reached.retain(|anchor| !search.anchors.contains(anchor));
            frontier = reached;
        }
        let mut anchors: Vec<i64> = search.anchors.iter().copied().collect();
        anchors.sort_unstable();
        let acts = facts::acts(tx, shop, &search.acts.keys().copied().collect::<Vec<_>>()).await?;
        let undone: HashSet<Id<Act>> =
            acts.iter().filter(|act| act.undone_by.is_some()).map(|act| act.id).collect();
        let renumbered: HashMap<NumberKey, NumberKey> =
            search.stored.iter().filter_map(Stored::renumbered).collect();
        let standing: Vec<Act> = acts
            .iter()
            .filter(|act| !undone.contains(&act.id))
            .filter_map(|act| facts::rule_act(act, &renumbered))
            .collect();
        let withdrawn = withdrawn_personas(&acts, &standing);
        let marks = marks::marks(tx, shop, &anchors).await?;

        let alive: Vec<&Stored> =
            search.stored.iter().filter(|stored| stored.wrapped_key.is_some()).collect();
        let ids: Vec<Id<Persona>> = alive.iter().map(|stored| stored.id).collect();
        let spans = self.dates.spans(tx, shop, &ids).await?;
        let (seen, left): (Vec<_>, Vec<_>) = alive
            .iter()
            .zip(spans)
            .partition(|(stored, span)| span.is_some() || !withdrawn.contains(&stored.id));
        let withdrawn = left.iter().filter_map(|(stored, _)| stored.number).collect();
        let sightings = map_each(&seen, |(stored, span)| self.sighting(stored, *span))
            .into_iter()
            .collect::<Result<Vec<_>, Fault>>()?;
        let anchor_of: HashMap<Id<Persona>, i64> =
            alive.iter().map(|stored| (stored.id, stored.anchor)).collect();
        let mut components = split(&search, &anchors, sightings, &anchor_of, &standing);
        load_dates(self, tx, shop, &mut components).await?;
        Ok(Gathered {
            components,
            anchor_of,
            anchors,
            personas_total: search.stored.len(),
            marks,
            newest_act,
            old_links: search.old_links,
            renumbered,
            withdrawn,
        })
    }

    fn sighting(&self, stored: &Stored, span: super::Span) -> Result<Sighting, Fault> {
        db::breathe();
        let wrapped = stored.wrapped_key.as_deref().unwrap_or_default();
        let identity = identity::open(&self.vault, stored.id, wrapped, &stored.details)?;
        let (first_at, last_at, orders) = span.unwrap_or((stored.recorded_at, stored.recorded_at, 0));
        Ok(Sighting {
            persona: stored.id,
            number: stored.number,
            details: identity.details,
            first_at,
            last_at,
            orders,
            dates: Vec::new(),
        })
    }
}

/// Where personas are kept that have this one's number as it is written today, if that is elsewhere.
fn current_anchor(stored: &Stored) -> Option<i64> {
    stored.renumbered().map(|(_, now)| vault::anchor_of(&now.0))
}

/// Personas that came only with a change of number that was undone, and that no change which stands has taken up again.
fn withdrawn_personas(acts: &[crate::Recorded], standing: &[Act]) -> HashSet<Id<Persona>> {
    let undone = acts.iter().filter(|act| act.kind == "change_number" && act.undone_by.is_some());
    let mut withdrawn: HashSet<Id<Persona>> = undone.filter_map(|act| act.other.map(Id::from_uuid)).collect();
    for act in standing {
        if let ActKind::ChangeNumber { persona, .. } = &act.kind {
            withdrawn.remove(persona);
        }
    }
    withdrawn
}

async fn follow_contacts(
    tx: &mut Tx,
    shop: ShopId,
    search: &mut Search,
    found: &[Stored],
) -> Result<Vec<i64>, Fault> {
    let mut contacts: Vec<Contact> = found
        .iter()
        .flat_map(|stored| [stored.email.map(Contact::Email), stored.loyalty.map(Contact::Loyalty)])
        .flatten()
        .filter(|contact| !search.contacts.contains_key(contact))
        .collect();
    contacts.sort_unstable();
    contacts.dedup();
    let anchors = facts::anchors_by_contact(tx, shop, &contacts, CONTACT_PERSONAS_MAX + 1).await?;
    let mut reached = Vec::new();
    for (contact, anchors) in contacts.into_iter().zip(anchors) {
        let followed = if anchors.len() > CONTACT_PERSONAS_MAX { Vec::new() } else { anchors };
        reached.extend(&followed);
        search.contacts.insert(contact, followed);
    }
    Ok(reached)
}

/// A customer as it stands may reach further than the contacts do now; all of it is decided anew together.
async fn follow_links(
    tx: &mut Tx,
    shop: ShopId,
    search: &mut Search,
    found: &[Stored],
) -> Result<Vec<i64>, Fault> {
    let ids: Vec<Id<Persona>> = found.iter().filter(|s| s.wrapped_key.is_some()).map(|s| s.id).collect();
    let links = views::links_of(tx, shop, &ids).await?;
    let mut new: Vec<Id<Customer>> =
        links.iter().map(|(link, _)| link.customer).filter(|id| search.customers.insert(*id)).collect();
    new.sort_unstable();
    new.dedup();
    let reached =
        views::anchors_of_customers(tx, shop, &new).await?.into_iter().map(|(_, anchor)| anchor).collect();
    search.old_links.extend(links);
    Ok(reached)
}

async fn follow_acts(
    tx: &mut Tx,
    shop: ShopId,
    search: &mut Search,
    found: &[Stored],
) -> Result<Vec<i64>, Fault> {
    let ids: Vec<Id<Persona>> = found.iter().map(|stored| stored.id).collect();
    let mut acts = facts::acts_touching(tx, shop, &ids).await?;
    acts.retain(|act| !search.acts.contains_key(act));
    let mut reached = Vec::new();
    for (act, _, anchor) in facts::touched_by(tx, shop, &acts).await? {
        search.acts.entry(act).or_default().push(anchor);
        reached.push(anchor);
    }
    Ok(reached)
}

/// Cuts the sightings into components: anchors joined by a contact that was followed, by an act that stands, or by a number that is written otherwise today.
fn split(
    search: &Search,
    anchors: &[i64],
    sightings: Vec<Sighting>,
    anchor_of: &HashMap<Id<Persona>, i64>,
    acts: &[Act],
) -> Vec<Component> {
    let mut groups = Groups::new(anchors);
    search.contacts.values().for_each(|joined| groups.join(joined));
    let renumbered = search.stored.iter().filter_map(|stored| Some([stored.anchor, current_anchor(stored)?]));
    renumbered.for_each(|joined| groups.join(&joined));
    acts.iter().filter_map(|act| search.acts.get(&act.id)).for_each(|joined| groups.join(joined));

    let mut at: HashMap<usize, usize> = HashMap::new();
    let mut components: Vec<Component> = Vec::new();
    for sighting in sightings {
        let root = groups.root_of(anchor_of[&sighting.persona]);
        let place = *at.entry(root).or_insert_with(|| {
            components.push(Component::default());
            components.len() - 1
        });
        components[place].sightings.push(sighting);
    }
    for act in acts {
        let place = search
            .acts
            .get(&act.id)
            .and_then(|joined| joined.first())
            .and_then(|anchor| at.get(&groups.root_of(*anchor)));
        if let Some(place) = place {
            components[*place].acts.push(act.clone());
        }
    }
    components
}

/// Disjoint sets of anchors.
struct Groups {
    place: HashMap<i64, usize>,
    parent: Vec<usize>,
}

impl Groups {
    fn new(anchors: &[i64]) -> Self {
        let place = anchors.iter().enumerate().map(|(at, anchor)| (*anchor, at)).collect();
        Self { place, parent: (0..anchors.len()).collect() }
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.parent[at] != at {
            self.parent[at] = self.parent[self.parent[at]];
            at = self.parent[at];
        }
        at
    }

    fn root_of(&mut self, anchor: i64) -> usize {
        let at = self.place[&anchor];
        self.root(at)
    }

    fn join(&mut self, anchors: &[i64]) {
        let mut known = anchors
            .iter()
            .filter_map(|anchor| self.place.get(anchor).copied())
            .collect::<Vec<_>>()
            .into_iter();
        let Some(first) = known.next() else { return };
        let root = self.root(first);
        for other in known {
            let other = self.root(other);
            self.parent[other] = root;
        }
    }
}
