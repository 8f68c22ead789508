//! Looking at customers: one of them whole, many by number, e-mail or name, who holds a number, what is in doubt.

use std::collections::{HashMap, HashSet};

use base::{Context, Fault, Id, Page, PageRequest, ShopId, Timestamp};
use db::Tx;
use numbering::PhoneNumber;

use super::{Customers, canonical, reason};
use crate::{
    identity::{self, Identity},
    linking::{Evidence, NumberKind, ReviewKind, Rule},
    persona::{Customer, NumberKey, Persona},
    rows::{
        facts::{self, Contact, Stored},
        numbers, rereadings,
        views::{self, CustomerRow, LinkRow, ReviewRow, TenureRow},
    },
};

/// A customer in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    pub id: Id<Customer>,
    /// As the fullest record has it; printing it for debugging shows only that it is there.
    pub identity: Identity,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub orders: u64,
    pub personas: u64,
}

impl Summary {
    pub fn name(&self) -> Option<&str> {
        self.identity.details.name.as_deref()
    }
}

/// A customer whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomerView {
    pub summary: Summary,
    /// Oldest first.
    pub tenures: Vec<TenureView>,
    /// The records that were linked, and why.
    pub personas: Vec<PersonaView>,
}

/// This customer held this number from then until then, or still.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenureView {
    pub id: uuid::Uuid,
    pub customer: Id<Customer>,
    pub key: NumberKey,
    pub number: Option<PhoneNumber>,
    pub kind: NumberKind,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
    /// Per cent.
    pub confidence: u32,
    pub evidence: Vec<Evidence>,
    pub last_verified_at: Option<Timestamp>,
}

/// A record of a customer, with the reason why it is theirs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonaView {
    pub id: Id<Persona>,
    pub anchor: i64,
    /// Empty after erasure.
    pub identity: Identity,
    pub recorded_at: Timestamp,
    /// Which of its orders; open ends are `None`.
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub rule: Option<Rule>,
    pub evidence: Vec<Evidence>,
}

/// Who holds a number, and who did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberHolders {
    pub number: PhoneNumber,
    /// `None` when the shop has never seen it.
    pub kind: Option<NumberKind>,
    pub holders: Vec<HolderView>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HolderView {
    pub customer: Summary,
    pub tenure: TenureView,
}

/// A doubt with both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewView {
    pub left: Id<Persona>,
    pub right: Id<Persona>,
    pub kind: ReviewKind,
    pub left_customer: Summary,
    pub right_customer: Summary,
    pub left_personas: Vec<PersonaView>,
    pub right_personas: Vec<PersonaView>,
    /// Decibans: positive speaks for one person.
    pub score: i64,
    pub reasons: Vec<Evidence>,
}

impl ReviewView {
    /// Whether both sides are records of one customer now, who may be two.
    pub fn is_within_one(&self) -> bool {
        self.left_customer.id == self.right_customer.id
    }

    /// What each side is called. Within one customer the records tell them apart, not the customer's name.
    pub fn names(&self) -> [Option<&str>; 2] {
        [
            Self::name(&self.left_personas, &self.left_customer),
            Self::name(&self.right_personas, &self.right_customer),
        ]
    }

    fn name<'v>(personas: &'v [PersonaView], customer: &'v Summary) -> Option<&'v str> {
        personas
            .iter()
            .find_map(|persona| persona.identity.details.name.as_deref())
            .or_else(|| customer.name())
    }
}

/// What to search for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Query {
    Number(PhoneNumber),
    Email(String),
    Loyalty(String),
    /// Words of a name; all must occur.
    Name(String),
}

/// Most personas looked at for one search.
const SEARCH_MAX: usize = 2_000;

impl Customers {
    /// One customer. An id that was given out earlier and has become part of another customer finds that one.
    pub async fn get(&self, cx: &Context, id: Id<Customer>) -> Result<CustomerView, Fault> {
        let (this, shop) = (self.clone(), cx.shop);
        self.linker
            .db
            .read(async move |tx| {
                let id = canonical(tx, shop, id).await?;
                let links = views::links_of_customer(tx, shop, id).await?;
                let personas = this.personas(tx, shop, &links).await?;
                let tenures = views::tenures_of_customers(tx, shop, &[id]).await?;
                let rows = views::customers(tx, shop, &[id]).await?;
                Ok(CustomerView {
                    summary: this.summaries(tx, shop, rows).await?.pop().ok_or_else(|| super::unknown(id))?,
                    tenures: this.tenures(tx, shop, tenures).await?,
                    personas,
                })
            })
            .await
    }

    /// A customer as they are known today, after merges, and whether they hold a number now. A fault if there is no such customer.
    pub async fn holds(
        &self,
        cx: &Context,
        customer: Id<Customer>,
        number: PhoneNumber,
    ) -> Result<(Id<Customer>, bool), Fault> {
        let indexes = self.linker.vault.indexes(cx.shop);
        let (shop, key) = (cx.shop, identity::number_key(&indexes, identity::current(number)));
        self.linker
            .db
            .read(async move |tx| {
                let id = canonical(tx, shop, customer).await?;
                if views::customers(tx, shop, &[id]).await?.is_empty() {
                    return Err(super::unknown(id).field("customer"));
                }
                let tenures = views::tenures_of_customers(tx, shop, &[id]).await?;
                Ok((id, tenures.iter().any(|tenure| tenure.until.is_none() && tenure.number == key)))
            })
            .await
    }

    /// All customers, by id.
    pub async fn list(&self, cx: &Context, page: &PageRequest) -> Result<Page<Summary>, Fault> {
        let (this, shop, limit, after) = (self.clone(), cx.shop, page.limit, page.after_key());
        let found = self
            .linker
            .db
            .read(async move |tx| {
                let rows = views::list_customers(tx, shop, after, limit + 1).await?;
                this.summaries(tx, shop, rows).await
            })
            .await?;
        Ok(Page::of(found, limit, |last| last.id.to_string()))
    }

    /// Those of these customers that there are.
    pub async fn of_ids(&self, cx: &Context, ids: Vec<Id<Customer>>) -> Result<Vec<Summary>, Fault> {
        let (this, shop) = (self.clone(), cx.shop);
        self.linker
            .db
            .read(async move |tx| {
                let rows = views::customers(tx, shop, &ids).await?;
                this.summaries(tx, shop, rows).await
            })
            .await
    }

    /// Customers that match, best known first; at most `limit`.
    pub async fn search(&self, cx: &Context, query: Query, limit: usize) -> Result<Vec<Summary>, Fault> {
        let (this, shop) = (self.clone(), cx.shop);
        let mut found = self
            .linker
            .db
            .read(async move |tx| {
                let personas = this.matching(tx, shop, &query).await?;
                let customers: HashSet<Id<Customer>> = views::links_of(tx, shop, &personas)
                    .await?
                    .into_iter()
                    .map(|(link, _)| link.customer)
                    .collect();
                let ids: Vec<Id<Customer>> = customers.into_iter().collect();
                let rows = views::customers(tx, shop, &ids).await?;
                this.summaries(tx, shop, rows).await
            })
            .await?;
        found.sort_by_key(|summary| (std::cmp::Reverse(summary.orders), summary.id));
        found.truncate(limit);
        Ok(found)
    }

    async fn matching(&self, tx: &mut Tx, shop: ShopId, query: &Query) -> Result<Vec<Id<Persona>>, Fault> {
        let indexes = self.linker.vault.indexes(shop);
        match query {
            Query::Number(number) => {
                let key = identity::number_key(&indexes, *number);
                let mut anchors = vec![vault::anchor_of(&key.0)];
                anchors.extend(rereadings::kept_at(tx, shop, &anchors).await?);
                let stored = facts::by_anchors(tx, shop, &anchors).await?;
                Ok(stored.into_iter().filter(|s| s.number == Some(key)).map(|s| s.id).collect())
            }
            Query::Email(email) => match identity::email_key(&indexes, email) {
                Some(key) => views::personas_by_contact(tx, shop, Contact::Email(key), SEARCH_MAX).await,
                None => Ok(Vec::new()),
            },
            Query::Loyalty(id) => match identity::loyalty_key(&indexes, id) {
                Some(key) => views::personas_by_contact(tx, shop, Contact::Loyalty(key), SEARCH_MAX).await,
                None => Ok(Vec::new()),
            },
            Query::Name(name) => {
                let tokens = identity::name_tokens(&indexes, name);
                let mut found = views::anchors_named(tx, shop, &tokens, SEARCH_MAX).await?.into_iter();
                let Some(first) = found.next() else { return Ok(Vec::new()) };
                let anchors = found.fold(first, |kept, next| {
                    let next: HashSet<i64> = next.into_iter().collect();
                    kept.into_iter().filter(|anchor| next.contains(anchor)).collect()
                });
                self.named(tx, shop, &anchors, &tokens).await
            }
        }
    }

    /// The personas at these anchors whose name has all these words.
    async fn named(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        anchors: &[i64],
        tokens: &[[u8; 32]],
    ) -> Result<Vec<Id<Persona>>, Fault> {
        let indexes = self.linker.vault.indexes(shop);
        let mut found = Vec::new();
        for stored in facts::by_anchors(tx, shop, anchors).await? {
            let name = self.open(&stored)?.details.name.unwrap_or_default();
            let words = identity::name_tokens(&indexes, &name);
            if tokens.iter().all(|token| words.contains(token)) {
                found.push(stored.id);
            }
        }
        Ok(found)
    }

    /// Who holds a number, current holders first.
    pub async fn holders(&self, cx: &Context, number: PhoneNumber) -> Result<NumberHolders, Fault> {
        let (this, shop) = (self.clone(), cx.shop);
        self.linker
            .db
            .read(async move |tx| {
                let key = identity::number_key(&this.linker.vault.indexes(shop), number);
                let kept = numbers::kinds(tx, shop, &[key]).await?.pop();
                let rows = views::tenures_of_numbers(tx, shop, &[key]).await?;
                let alone = (!rows.is_empty()).then_some(NumberKind::Single);
                let kind = kept.and_then(|(_, kind)| number_kind(&kind)).or(alone);
                let ids: Vec<Id<Customer>> = rows.iter().map(|row| row.customer).collect();
                let customers = views::customers(tx, shop, &ids).await?;
                let customers: HashMap<Id<Customer>, Summary> =
                    this.summaries(tx, shop, customers).await?.into_iter().map(|c| (c.id, c)).collect();
                let mut holders: Vec<HolderView> = this
                    .tenures(tx, shop, rows)
                    .await?
                    .into_iter()
                    .filter_map(|tenure| {
                        Some(HolderView { customer: customers.get(&tenure.customer)?.clone(), tenure })
                    })
                    .collect();
                holders.sort_by_key(|holder| {
                    (holder.tenure.until.is_some(), std::cmp::Reverse(holder.tenure.from))
                });
                Ok(NumberHolders { number, kind, holders })
            })
            .await
    }

    /// Shows everything that is known of a customer in the clear; the audit trail says who asked and why.
    pub async fn reveal(&self, cx: &Context, id: Id<Customer>, why: &str) -> Result<CustomerView, Fault> {
        let why = reason(why)?;
        let view = self.get(cx, id).await?;
        let (this, cx, customer) = (self.clone(), cx.clone(), view.summary.id);
        self.linker
            .db
            .write(async move |tx| {
                this.audit(tx, &cx, "customers.reveal", customer, &why, serde_json::json!({})).await
            })
            .await?;
        Ok(view)
    }

    /// Open doubts.
    pub async fn reviews(&self, cx: &Context, page: &PageRequest) -> Result<Page<ReviewView>, Fault> {
        let (this, shop, limit, after) = (self.clone(), cx.shop, page.limit, page.after_parts());
        let found = self
            .linker
            .db
            .read(async move |tx| {
                let rows = views::list_reviews(tx, shop, after, limit + 1).await?;
                this.review_views(tx, shop, rows).await
            })
            .await?;
        Ok(Page::of(found, limit, |last| format!("{}.{}", last.left, last.right)))
    }

    /// One open doubt.
    pub async fn review(
        &self,
        cx: &Context,
        left: Id<Persona>,
        right: Id<Persona>,
    ) -> Result<ReviewView, Fault> {
        let (this, shop) = (self.clone(), cx.shop);
        let found = self
            .linker
            .db
            .read(async move |tx| {
                let rows = views::reviews_of(tx, shop, &[left])
                    .await?
                    .into_iter()
                    .filter(|row| row.right == right)
                    .collect();
                this.review_views(tx, shop, rows).await
            })
            .await?;
        let gone = || {
            Fault::not_found("review_unknown", "This review is not open; it may have been decided already.")
        };
        found.into_iter().next().ok_or_else(gone)
    }

    async fn review_views(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        rows: Vec<ReviewRow>,
    ) -> Result<Vec<ReviewView>, Fault> {
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let customers = views::customers(tx, shop, &[row.left_customer, row.right_customer]).await?;
            let customers = self.summaries(tx, shop, customers).await?;
            let summary = |id| customers.iter().find(|c| c.id == id).cloned();
            let (Some(left_customer), Some(right_customer)) =
                (summary(row.left_customer), summary(row.right_customer))
            else {
                continue;
            };
            let sides: [Vec<Id<Persona>>; 2] =
                serde_json::from_value(row.sides.clone()).map_err(Fault::internal)?;
            let kind = ReviewKind::ALL.iter().copied().find(|kind| kind.code() == row.kind);
            found.push(ReviewView {
                left: row.left,
                right: row.right,
                kind: kind.ok_or_else(|| Fault::internal("a review of an unknown kind"))?,
                left_customer,
                right_customer,
                left_personas: self.side(tx, shop, &sides[0]).await?,
                right_personas: self.side(tx, shop, &sides[1]).await?,
                score: row.score,
                reasons: views::evidence_of(&row.reasons),
            });
        }
        Ok(found)
    }

    async fn side(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        personas: &[Id<Persona>],
    ) -> Result<Vec<PersonaView>, Fault> {
        let links: Vec<LinkRow> =
            views::links_of(tx, shop, personas).await?.into_iter().map(|(link, _)| link).collect();
        self.personas(tx, shop, &links).await
    }

    /// One persona for each link, opened.
    async fn personas(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        links: &[LinkRow],
    ) -> Result<Vec<PersonaView>, Fault> {
        let places: Vec<_> = links.iter().map(|link| (link.persona, link.anchor)).collect();
        let stored = facts::by_places(tx, shop, &places).await?;
        let stored: HashMap<Id<Persona>, &Stored> = stored.iter().map(|s| (s.id, s)).collect();
        links
            .iter()
            .filter_map(|link| stored.get(&link.persona).map(|stored| (link, stored)))
            .map(|(link, stored)| {
                Ok(PersonaView {
                    id: link.persona,
                    anchor: link.anchor,
                    identity: self.open(stored)?,
                    recorded_at: stored.recorded_at,
                    from: (link.from != Timestamp::MIN).then_some(link.from),
                    until: (link.until != Timestamp::MAX).then_some(link.until),
                    rule: Rule::ALL.iter().copied().find(|rule| rule.code() == link.rule),
                    evidence: views::evidence_of(&link.evidence),
                })
            })
            .collect()
    }

    pub(crate) async fn summaries(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        rows: Vec<CustomerRow>,
    ) -> Result<Vec<Summary>, Fault> {
        let places: Vec<_> = rows.iter().map(|row| (row.display, row.display_anchor)).collect();
        let shown = facts::by_places(tx, shop, &places).await?;
        let shown: HashMap<Id<Persona>, &Stored> = shown.iter().map(|s| (s.id, s)).collect();
        rows.into_iter()
            .map(|row| {
                Ok(Summary {
                    id: row.id,
                    identity: shown.get(&row.display).map(|s| self.open(s)).transpose()?.unwrap_or_default(),
                    first_at: row.first_at,
                    last_at: row.last_at,
                    orders: row.orders,
                    personas: row.personas,
                })
            })
            .collect()
    }

    pub(crate) async fn tenures(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        rows: Vec<TenureRow>,
    ) -> Result<Vec<TenureView>, Fault> {
        let places: Vec<_> = rows.iter().map(|row| (row.persona, row.anchor)).collect();
        let shown = facts::by_places(tx, shop, &places).await?;
        let shown: HashMap<Id<Persona>, &Stored> = shown.iter().map(|s| (s.id, s)).collect();
        let keys: Vec<NumberKey> = rows.iter().map(|row| row.number).collect();
        let kinds: HashMap<NumberKey, String> = numbers::kinds(tx, shop, &keys).await?.into_iter().collect();
        rows.into_iter()
            .map(|row| {
                Ok(TenureView {
                    id: row.id,
                    customer: row.customer,
                    key: row.number,
                    number: shown
                        .get(&row.persona)
                        .map(|s| self.open(s))
                        .transpose()?
                        .and_then(|identity| identity.number),
                    kind: kinds
                        .get(&row.number)
                        .and_then(|kind| number_kind(kind))
                        .unwrap_or(NumberKind::Single),
                    from: row.from,
                    until: row.until,
                    confidence: row.confidence,
                    evidence: views::evidence_of(&row.evidence),
                    last_verified_at: row.last_verified_at,
                })
            })
            .collect()
    }

    pub(super) fn open(&self, stored: &Stored) -> Result<Identity, Fault> {
        match &stored.wrapped_key {
            Some(wrapped) => Ok(identity::open(&self.linker.vault, stored.id, wrapped, &stored.details)?),
            None => Ok(Identity::default()),
        }
    }
}

pub(super) fn number_kind(code: &str) -> Option<NumberKind> {
    NumberKind::ALL.iter().copied().find(|kind| kind.code() == code)
}
