//! What staff may say about who is who, each with a reason: merge, split, change of number, keep apart, and taking any of it back.

use base::{Context, Fault, Id, Page, PageRequest, Timestamp};
use db::Tx;
use numbering::PhoneNumber;
use serde_json::json;
use webhooks::{Kind, announce};

use super::{Customers, canonical, reason};
use crate::{
    identity::{self, Identity},
    linking::{Act, ActKind, Moved},
    persona::{Customer, Persona},
    rows::{
        facts::{self, ActRow},
        views::{self, LinkRow},
    },
};

/// An act as it stands in the log.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded {
    pub id: Id<Act>,
    pub kind: String,
    pub at: Timestamp,
    pub actor: String,
    pub reason: String,
    pub customer: uuid::Uuid,
    pub other: Option<uuid::Uuid>,
    pub undoes: Option<Id<Act>>,
    pub undone_by: Option<Id<Act>>,
    pub(crate) content: serde_json::Value,
}

/// How a doubt is decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Both sides are one person.
    Merge,
    /// They are two people; when they are one customer now, the right side becomes another.
    Apart,
}

pub(super) fn moved(link: &LinkRow) -> Moved {
    Moved {
        persona: link.persona,
        from: (link.from != Timestamp::MIN).then_some(link.from),
        until: (link.until != Timestamp::MAX).then_some(link.until),
    }
}

/// Records a split in the caller's transaction, without linking anew.
pub(super) async fn record_split(
    customers: &Customers,
    tx: &mut Tx,
    cx: &Context,
    customer: Id<Customer>,
    moved: Vec<Moved>,
    why: &str,
) -> Result<Id<Act>, Fault> {
    let touches = touches(&views::links_of_customer(tx, cx.shop, customer).await?);
    let kind = ActKind::Split { customer, moved };
    let act = Noted { kind: &kind, name: "split", customer, other: None, touches, reason: why };
    Ok(customers.note(tx, cx, act).await?.0)
}

struct Noted<'a> {
    kind: &'a ActKind,
    name: &'static str,
    customer: Id<Customer>,
    other: Option<uuid::Uuid>,
    touches: Vec<(Id<Persona>, i64)>,
    reason: &'a str,
}

fn touches(links: &[LinkRow]) -> Vec<(Id<Persona>, i64)> {
    let mut touches: Vec<_> = links.iter().map(|link| (link.persona, link.anchor)).collect();
    touches.dedup();
    touches
}

impl Customers {
    /// Says that two customers are one person. Returns the act and the customer that remains.
    pub async fn merge(
        &self,
        cx: &Context,
        left: Id<Customer>,
        right: Id<Customer>,
        why: &str,
    ) -> Result<(Id<Act>, Id<Customer>), Fault> {
        let why = reason(why)?;
        let (this, cx) = (self.clone(), cx.clone());
        self.linker.db.write(async move |tx| this.merge_in(tx, &cx, left, right, &why).await).await
    }

    async fn merge_in(
        &self,
        tx: &mut Tx,
        cx: &Context,
        left: Id<Customer>,
        right: Id<Customer>,
        why: &str,
    ) -> Result<(Id<Act>, Id<Customer>), Fault> {
        let (left, right) = (canonical(tx, cx.shop, left).await?, canonical(tx, cx.shop, right).await?);
        if left == right {
            return Err(Fault::conflict("already_one_customer", "Both ids name the same customer already.")
                .field("other"));
        }
        let left_links = views::links_of_customer(tx, cx.shop, left).await?;
        let right_links = views::links_of_customer(tx, cx.shop, right).await?;
        let kind =
            ActKind::Merge { left: stands_for(left, &left_links), right: stands_for(right, &right_links) };
        let mut touched = touches(&left_links);
        touched.extend(touches(&right_links));
        let noted = Noted {
            kind: &kind,
            name: "merge",
            customer: left,
            other: Some(right.uuid()),
            touches: touched,
            reason: why,
        };
        let (act, anchors) = self.note(tx, cx, noted).await?;
        self.linker.relink(tx, cx.shop, cx.now(), &anchors).await?;
        let details = serde_json::json!({ "act": act, "with": right });
        self.audit(tx, cx, "customers.merge", left, why, details).await?;
        let remains = canonical(tx, cx.shop, left).await?;
        let merged = if remains == left { right } else { left };
        let told = json!({ "customer": remains, "merged": merged, "act": act });
        announce(tx, cx, Kind::CustomerMerged, told).await?;
        Ok((act, remains))
    }

    /// Says that some records of a customer are another person's. Returns the act and the new customer.
    pub async fn split(
        &self,
        cx: &Context,
        customer: Id<Customer>,
        moved: Vec<Moved>,
        why: &str,
    ) -> Result<(Id<Act>, Id<Customer>), Fault> {
        let why = reason(why)?;
        let (this, cx) = (self.clone(), cx.clone());
        self.linker
            .db
            .write(async move |tx| this.split_in(tx, &cx, customer, moved.clone(), &why).await)
            .await
    }

    pub(super) async fn split_in(
        &self,
        tx: &mut Tx,
        cx: &Context,
        customer: Id<Customer>,
        moved: Vec<Moved>,
        why: &str,
    ) -> Result<(Id<Act>, Id<Customer>), Fault> {
        let customer = canonical(tx, cx.shop, customer).await?;
        let links = views::links_of_customer(tx, cx.shop, customer).await?;
        check_split(&links, &moved)?;
        let witness = moved[0];
        let is_by_time = moved.iter().any(|one| one.from.is_some() || one.until.is_some());
        let act = record_split(self, tx, cx, customer, moved, why).await?;
        let anchors: Vec<i64> = links.iter().map(|link| link.anchor).collect();
        self.linker.relink(tx, cx.shop, cx.now(), &anchors).await?;
        let new = holder_at(tx, cx, witness)
            .await?
            .ok_or_else(|| Fault::internal("a split left its records with nobody"))?;
        let split_off = views::customers(tx, cx.shop, &[new]).await?;
        if is_by_time && split_off.iter().all(|one| one.orders == 0) {
            let message = "No order of these records falls into this time, so there is nothing to split off.";
            return Err(Fault::invalid("split_of_nothing", message).field("from"));
        }
        let details = serde_json::json!({ "act": act, "new_customer": new });
        self.audit(tx, cx, "customers.split", customer, why, details).await?;
        let told = json!({ "customer": customer, "new_customer": new, "act": act });
        announce(tx, cx, Kind::CustomerSplit, told).await?;
        Ok((act, new))
    }

    /// Records that a customer left the number `from` and is now reached over `to`.
    pub async fn change_number(
        &self,
        cx: &Context,
        customer: Id<Customer>,
        from: PhoneNumber,
        to: PhoneNumber,
        why: &str,
    ) -> Result<Id<Act>, Fault> {
        let (this, cx, why) = (self.clone(), cx.clone(), why.to_owned());
        self.linker
            .db
            .write(async move |tx| this.change_number_in(tx, &cx, customer, from, to, &why).await)
            .await
    }

    /// The same in the caller's transaction, for what must change with it. A refusal comes before anything is written.
    pub async fn change_number_in(
        &self,
        tx: &mut Tx,
        cx: &Context,
        customer: Id<Customer>,
        from: PhoneNumber,
        to: PhoneNumber,
        why: &str,
    ) -> Result<Id<Act>, Fault> {
        let why = reason(why)?;
        if from == to {
            return Err(Fault::invalid("same_number", "The new number is the old one.").field("to"));
        }
        super::possible(to, "to")?;
        let customer = canonical(tx, cx.shop, customer).await?;
        let indexes = self.linker.vault.indexes(cx.shop);
        let (old, new) = (identity::number_key(&indexes, from), identity::number_key(&indexes, to));
        let holds = views::tenures_of_customers(tx, cx.shop, &[customer]).await?;
        if !holds.iter().any(|tenure| tenure.number == old && tenure.until.is_none()) {
            return Err(Fault::conflict("not_the_holder", "This customer does not hold the old number now.")
                .field("from"));
        }
        let row = views::customers(tx, cx.shop, &[customer]).await?;
        let shown: Vec<_> = row.iter().map(|row| (row.display, row.display_anchor)).collect();
        let stored = facts::by_places(tx, cx.shop, &shown).await?;
        let details = match stored.first().and_then(|s| s.wrapped_key.as_ref().map(|key| (s, key))) {
            Some((stored, wrapped)) => {
                identity::open(&self.linker.vault, stored.id, wrapped, &stored.details)?.details
            }
            None => crate::persona::Details::default(),
        };
        let (persona, anchor, added) =
            self.ensure_persona(tx, cx, &Identity { number: Some(to), details }).await?;
        let at = cx.now();
        let kind = ActKind::ChangeNumber { customer, from: old, to: new, persona, at };
        let mut touched = touches(&views::links_of_customer(tx, cx.shop, customer).await?);
        touched.push((persona, anchor));
        let other = added.then_some(persona.uuid());
        let noted =
            Noted { kind: &kind, name: "change_number", customer, other, touches: touched, reason: &why };
        let (act, anchors) = self.note(tx, cx, noted).await?;
        self.linker.relink(tx, cx.shop, at, &anchors).await?;
        let details = serde_json::json!({ "act": act, "from": from.mask(), "to": to.mask() });
        self.audit(tx, cx, "customers.change_number", customer, &why, details).await?;
        let told = json!({ "customer": customer, "from": from.mask(), "to": to.mask(), "act": act });
        announce(tx, cx, Kind::CustomerNumberChanged, told).await?;
        Ok(act)
    }

    /// Decides a doubt. Returns the act.
    pub async fn decide(
        &self,
        cx: &Context,
        left: Id<Persona>,
        right: Id<Persona>,
        decision: Decision,
        why: &str,
    ) -> Result<Id<Act>, Fault> {
        let why = reason(why)?;
        let (this, cx) = (self.clone(), cx.clone());
        self.linker.db.write(async move |tx| this.decide_in(tx, &cx, left, right, decision, &why).await).await
    }

    async fn decide_in(
        &self,
        tx: &mut Tx,
        cx: &Context,
        left: Id<Persona>,
        right: Id<Persona>,
        decision: Decision,
        why: &str,
    ) -> Result<Id<Act>, Fault> {
        let open = views::reviews_of(tx, cx.shop, &[left]).await?;
        let Some(review) = open.into_iter().find(|review| review.right == right) else {
            return Err(Fault::not_found(
                "review_unknown",
                "This review is not open; it may have been decided already.",
            ));
        };
        let one_customer = review.left_customer == review.right_customer;
        if decision == Decision::Merge && !one_customer {
            return Ok(self.merge_in(tx, cx, review.left_customer, review.right_customer, why).await?.0);
        }
        if decision == Decision::Apart && one_customer {
            let sides: [Vec<Id<Persona>>; 2] =
                serde_json::from_value(review.sides).map_err(Fault::internal)?;
            let moved =
                sides[1].iter().map(|persona| Moved { persona: *persona, from: None, until: None }).collect();
            return Ok(self.split_in(tx, cx, review.left_customer, moved, why).await?.0);
        }
        let (kind, name) = match decision {
            Decision::Merge => (ActKind::Merge { left, right }, "merge"),
            Decision::Apart => (ActKind::Keep { left, right }, "keep"),
        };
        let mut touched = touches(&views::links_of_customer(tx, cx.shop, review.left_customer).await?);
        touched.extend(touches(&views::links_of_customer(tx, cx.shop, review.right_customer).await?));
        touched.dedup();
        let noted = Noted {
            kind: &kind,
            name,
            customer: review.left_customer,
            other: (!one_customer).then_some(review.right_customer.uuid()),
            touches: touched,
            reason: why,
        };
        let (act, anchors) = self.note(tx, cx, noted).await?;
        self.linker.relink(tx, cx.shop, cx.now(), &anchors).await?;
        let action = if decision == Decision::Merge { "reviews.confirm" } else { "reviews.keep_apart" };
        self.audit(tx, cx, action, review.left_customer, why, serde_json::json!({ "act": act })).await?;
        Ok(act)
    }

    /// Takes an act back: it is retracted and everything it touched is computed anew. Refused while a later act stands on it.
    pub async fn undo(&self, cx: &Context, act: Id<Act>, why: &str) -> Result<Id<Act>, Fault> {
        let why = reason(why)?;
        let (this, cx) = (self.clone(), cx.clone());
        self.linker.db.write(async move |tx| this.undo_in(tx, &cx, act, &why).await).await
    }

    async fn undo_in(&self, tx: &mut Tx, cx: &Context, id: Id<Act>, why: &str) -> Result<Id<Act>, Fault> {
        let Some(act) = facts::acts(tx, cx.shop, &[id]).await?.into_iter().next() else {
            return Err(Fault::not_found("act_unknown", "There is no act with this id.").field("act"));
        };
        if act.undoes.is_some() {
            return Err(Fault::conflict("undo_is_final", "An undo is not undone; do the act again instead.")
                .field("act"));
        }
        if let Some(undo) = act.undone_by {
            return Err(Fault::conflict("already_undone", "This act was undone already.")
                .detail("undone_by", undo.to_string()));
        }
        let touched: Vec<_> =
            facts::touched_by(tx, cx.shop, &[id]).await?.into_iter().map(|(_, p, a)| (p, a)).collect();
        let personas: Vec<Id<Persona>> = touched.iter().map(|(persona, _)| *persona).collect();
        let later: Vec<Id<Act>> =
            facts::acts_touching(tx, cx.shop, &personas).await?.into_iter().filter(|a| *a > id).collect();
        if let Some(after) = facts::acts(tx, cx.shop, &later)
            .await?
            .into_iter()
            .find(|a| a.undoes.is_none() && a.undone_by.is_none())
        {
            let message = format!(
                "A later {} of {} ({}) stands on this act; undo that one first.",
                after.kind,
                after.at.date(),
                after.id
            );
            return Err(Fault::conflict("act_has_dependents", message)
                .field("act")
                .detail("blocking_act", after.id.to_string()));
        }
        let undo = ActRow {
            id: next_id(tx, cx).await?,
            kind: "undo",
            at: cx.now(),
            actor: cx.actor.to_string(),
            reason: why,
            customer: act.customer,
            other: act.other,
            undoes: Some(id),
            content: serde_json::json!({}),
            touches: touched.clone(),
        };
        facts::insert_act(tx, cx.shop, &undo).await?;
        let anchors: Vec<i64> = touched.iter().map(|(_, anchor)| *anchor).collect();
        self.linker.relink(tx, cx.shop, cx.now(), &anchors).await?;
        let details = serde_json::json!({ "act": undo.id, "undoes": id, "kind": act.kind });
        self.audit(tx, cx, "customers.undo", Id::from_uuid(act.customer), why, details).await?;
        let told = json!({ "customer": act.customer, "undone": id, "act": undo.id });
        announce(tx, cx, Kind::CustomerUndone, told).await?;
        Ok(undo.id)
    }

    /// The acts of the shop, newest first.
    pub async fn acts(&self, cx: &Context, page: &PageRequest) -> Result<Page<Recorded>, Fault> {
        let (shop, limit, before) = (cx.shop, page.limit, page.after_key());
        let found =
            self.linker.db.read(async move |tx| facts::list_acts(tx, shop, before, limit + 1).await).await?;
        Ok(Page::of(found, limit, |last| last.id.to_string()))
    }

    /// The acts that touch a customer, newest first.
    pub async fn acts_of(&self, cx: &Context, customer: Id<Customer>) -> Result<Vec<Recorded>, Fault> {
        let shop = cx.shop;
        self.linker
            .db
            .read(async move |tx| {
                let customer = canonical(tx, shop, customer).await?;
                let links = views::links_of_customer(tx, shop, customer).await?;
                let personas: Vec<Id<Persona>> = links.iter().map(|link| link.persona).collect();
                let ids = facts::acts_touching(tx, shop, &personas).await?;
                let mut acts = facts::acts(tx, shop, &ids).await?;
                acts.sort_by_key(|act| std::cmp::Reverse(act.id));
                Ok(acts)
            })
            .await
    }

    /// Writes an act into the log; returns its id and the anchors it touches.
    async fn note(&self, tx: &mut Tx, cx: &Context, noted: Noted<'_>) -> Result<(Id<Act>, Vec<i64>), Fault> {
        let anchors = noted.touches.iter().map(|(_, anchor)| *anchor).collect();
        let row = ActRow {
            id: next_id(tx, cx).await?,
            kind: noted.name,
            at: cx.now(),
            actor: cx.actor.to_string(),
            reason: noted.reason,
            customer: noted.customer.uuid(),
            other: noted.other,
            undoes: None,
            content: serde_json::to_value(noted.kind).map_err(Fault::internal)?,
            touches: noted.touches,
        };
        facts::insert_act(tx, cx.shop, &row).await?;
        Ok((row.id, anchors))
    }
}

/// An id after every act's that is there, even within one millisecond: what came later is what an undo must not pull away from under others.
async fn next_id(tx: &mut Tx, cx: &Context) -> Result<Id<Act>, Fault> {
    let newest = facts::newest_act(tx, cx.shop).await?;
    let mut at = cx.now();
    loop {
        let id = Id::new(at, &mut rand::rng());
        if newest.is_none_or(|newest| newest < id) {
            return Ok(id);
        }
        at = at.plus_micros(1_000);
    }
}

/// The persona by which an act names a customer: its founder where that is a persona, else the first that is wholly its own.
fn stands_for(customer: Id<Customer>, links: &[LinkRow]) -> Id<Persona> {
    let whole = |link: &&LinkRow| link.from == Timestamp::MIN && link.until == Timestamp::MAX;
    links
        .iter()
        .find(|link| link.persona.uuid() == customer.uuid() && whole(link))
        .or_else(|| links.iter().find(whole))
        .or_else(|| links.first())
        .map_or(customer.cast(), |link| link.persona)
}

fn check_split(links: &[LinkRow], moved: &[Moved]) -> Result<(), Fault> {
    if moved.is_empty() {
        return Err(
            Fault::invalid("split_of_nothing", "Say which records are another person's.").field("personas")
        );
    }
    for part in moved {
        if !links.iter().any(|link| link.persona == part.persona) {
            let message = "One of these records does not belong to the customer.";
            return Err(Fault::invalid("not_of_this_customer", message)
                .field("personas")
                .detail("persona", part.persona.to_string()));
        }
    }
    let keeps_something = links.iter().any(|link| {
        !moved.iter().any(|part| part.persona == link.persona && part.from.is_none() && part.until.is_none())
    });
    if !keeps_something {
        return Err(Fault::invalid("split_of_everything", "Every record would go; leave at least one.")
            .field("personas"));
    }
    Ok(())
}

/// Who holds the moved records now.
async fn holder_at(tx: &mut Tx, cx: &Context, part: Moved) -> Result<Option<Id<Customer>>, Fault> {
    let at = part.from.or_else(|| part.until.map(|until| until.plus_micros(-1)));
    let links = views::links_of(tx, cx.shop, &[part.persona]).await?;
    let holds = |link: &LinkRow| at.is_none_or(|at| link.from <= at && at < link.until);
    Ok(links.into_iter().map(|(link, _)| link).find(holds).map(|link| link.customer))
}
