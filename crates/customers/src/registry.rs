//! The verbs of customers: register, find, look at, merge, split, change number, undo, decide a doubt, reveal, erase.
//!
//! Each act is a row in the log of acts with its reason, an entry in the audit trail, and a recomputation of what it touched, in one transaction.

mod acts;
mod export;
mod look;
mod proofs;

use std::collections::HashSet;

use base::{Context, Fault, Id, Page, PageRequest, ShopId, Timestamp};
use db::{
    Tx,
    audit::{self, Entry},
};
use numbering::{PhoneNumber, Possibility};

pub use acts::{Decision, Recorded};
pub use export::{NumberRecord, Owner};
pub use look::{
    CustomerView, HolderView, NumberHolders, PersonaView, Query, ReviewView, Summary, TenureView,
};
pub use proofs::{Confirmation, Confirmed, Proof, Whose, holder_silent};

use crate::{
    identity::{Identity, NewPersona},
    linking::NumberKind,
    persona::{Customer, Persona},
    relinking::Linker,
    rows::{facts, marks, numbers, views},
};

/// The lease that imports hold too: one may change everything at a time.
pub(crate) const LEASE: &str = "imports";

/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// The customers of the installation; every verb is told by its context which shop's.
#[derive(Clone, Debug)]
pub struct Customers {
    linker: Linker,
}

/// What a registration came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registered {
    pub customer: Id<Customer>,
    /// False when this person was known already, under whatever spelling.
    pub created: bool,
}

/// Figures of a shop.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    pub customers: u64,
    pub numbers_single: u64,
    pub numbers_shared: u64,
    pub numbers_recycled: u64,
    pub numbers_generic: u64,
    pub reviews_open: u64,
    /// Anchors whose facts changed since they were last linked.
    pub unlinked: u64,
}

/// A reason as given by a person: needed, and bounded.
pub(crate) fn reason(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Fault::invalid("reason_missing", "Say why; the reason is kept in the audit trail.")
            .field("reason"));
    }
    if text.chars().count() > REASON_CHARS_MAX {
        return Err(Fault::invalid(
            "reason_too_long",
            format!("A reason has at most {REASON_CHARS_MAX} characters."),
        )
        .field("reason"));
    }
    Ok(text.to_owned())
}

/// A number that may exist: its length fits its plan of today.
pub(crate) fn possible(number: PhoneNumber, field: &str) -> Result<(), Fault> {
    match crate::identity::current(number).possibility() {
        Possibility::Possible => Ok(()),
        other => {
            let message =
                format!("The number cannot exist: its length does not fit the numbering plan ({other}).");
            Err(Fault::invalid("number_impossible", message).field(field))
        }
    }
}

impl Customers {
    pub fn new(linker: Linker) -> Self {
        Self { linker }
    }

    pub fn linker(&self) -> &Linker {
        &self.linker
    }

    /// Registers a person with a number as the unique identifier. Whoever is known already, under any spelling, is found and not made again.
    pub async fn register(&self, cx: &Context, identity: Identity) -> Result<Registered, Fault> {
        if identity.number.is_none()
            && identity.details.email.is_none()
            && identity.details.loyalty_id.is_none()
        {
            let message = "A customer needs a number, an e-mail address or a loyalty id to be known by.";
            return Err(Fault::invalid("identity_missing", message).field("number"));
        }
        if let Some(number) = identity.number {
            possible(number, "number")?;
        }
        let (this, cx) = (self.clone(), cx.clone());
        self.linker
            .db
            .write(async move |tx| {
                let (persona, anchor, added) = this.ensure_persona(tx, &cx, &identity).await?;
                if added {
                    this.linker.relink(tx, cx.shop, cx.now(), &[anchor]).await?;
                }
                let customer = customer_of(tx, cx.shop, persona).await?.ok_or_else(|| {
                    Fault::conflict("number_is_generic", "This number is used by very many people; register with an e-mail address or loyalty id too.")
                        .field("number")
                })?;
                let created = added && customer.uuid() == persona.uuid();
                if added {
                    let details = serde_json::json!({ "created": created });
                    this.audit(tx, &cx, "customers.register", customer, "registered", details).await?;
                }
                Ok(Registered { customer, created })
            })
            .await
    }

    /// The persona with exactly these details: the one that is kept, or a new one.
    async fn ensure_persona(
        &self,
        tx: &mut Tx,
        cx: &Context,
        identity: &Identity,
    ) -> Result<(Id<Persona>, i64, bool), Fault> {
        let new = self.new_persona(cx, identity);
        let keys = new.keys;
        let known = facts::known(tx, cx.shop, std::iter::once((keys.anchor, keys.content))).await?;
        if let Some((persona, anchor)) = known[0] {
            return Ok((persona, anchor, false));
        }
        facts::insert(tx, cx.shop, [&new]).await?;
        Ok((new.id, keys.anchor, true))
    }

    /// A persona with these details, sealed, as it would be kept.
    fn new_persona(&self, cx: &Context, identity: &Identity) -> NewPersona {
        let mut encoded = Vec::new();
        identity.encode(&mut encoded);
        let indexes = self.linker.vault.indexes(cx.shop);
        let keys = identity.keys(&indexes, &encoded);
        let identity = (identity, keys, encoded.as_slice());
        NewPersona::seal(&self.linker.vault, &indexes, identity, cx.new_id(), cx.now())
    }

    /// Destroys what is known of a person: their data keys, look-up keys, tenures. Their orders stay, for the books, as nobody's we could name.
    pub async fn erase(&self, cx: &Context, customer: Id<Customer>, why: &str) -> Result<(), Fault> {
        let why = reason(why)?;
        let (this, cx) = (self.clone(), cx.clone());
        self.linker.db.write(async move |tx| this.erase_in(tx, &cx, customer, &why).await).await
    }

    async fn erase_in(
        &self,
        tx: &mut Tx,
        cx: &Context,
        customer: Id<Customer>,
        why: &str,
    ) -> Result<(), Fault> {
        let customer = canonical(tx, cx.shop, customer).await?;
        let links = views::links_of_customer(tx, cx.shop, customer).await?;
        let (whole, parts): (Vec<_>, Vec<_>) =
            links.iter().partition(|link| link.from == Timestamp::MIN && link.until == Timestamp::MAX);
        if !parts.is_empty() {
            // Records that say nothing but the number and are shared with another holder: their range is pinned, so that the
            // other holder never inherits it.
            let moved = parts.iter().map(|link| acts::moved(link)).collect();
            acts::record_split(self, tx, cx, customer, moved, why).await?;
        }
        let keys: Vec<_> = whole.iter().map(|link| (link.persona, link.anchor)).collect();
        let names = self.names_only_of(tx, cx.shop, &keys).await?;
        facts::erase(tx, cx.shop, &keys, &names).await?;
        let tenures = views::tenures_of_customers(tx, cx.shop, &[customer]).await?;
        views::delete_tenures(tx, cx.shop, &tenures).await?;
        views::delete_customers(tx, cx.shop, &[customer]).await?;
        let ids: Vec<Id<Persona>> = keys.iter().map(|(id, _)| *id).collect();
        // Linking sees erased records no more, so it would never retract what links them.
        let mut theirs = views::links_of(tx, cx.shop, &ids).await?;
        theirs.retain(|(link, _)| link.customer == customer);
        views::retract(tx, cx.shop, &theirs, cx.now()).await?;
        let reviews = views::reviews_of(tx, cx.shop, &ids).await?;
        views::delete_reviews(tx, cx.shop, &reviews).await?;
        let anchors: Vec<i64> = links.iter().map(|link| link.anchor).collect();
        self.linker.relink(tx, cx.shop, cx.now(), &anchors).await?;
        let details = serde_json::json!({ "personas": keys.len() });
        self.audit(tx, cx, "customers.erase", customer, why, details).await?;
        let told = serde_json::json!({ "customer": customer });
        webhooks::announce(tx, cx, webhooks::Kind::CustomerErased, told).await
    }

    /// The words of names, with their anchors, that only these personas have there.
    async fn names_only_of(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        of: &[(Id<Persona>, i64)],
    ) -> Result<Vec<([u8; 32], i64)>, Fault> {
        let mut anchors: Vec<i64> = of.iter().map(|(_, anchor)| *anchor).collect();
        anchors.sort_unstable();
        anchors.dedup();
        let indexes = self.linker.vault.indexes(shop);
        let (mut theirs, mut others) = (HashSet::new(), HashSet::new());
        for stored in facts::by_anchors(tx, shop, &anchors).await? {
            let Some(wrapped) = &stored.wrapped_key else { continue };
            let identity = crate::identity::open(&self.linker.vault, stored.id, wrapped, &stored.details)?;
            let words = identity
                .details
                .name
                .map(|name| crate::identity::name_tokens(&indexes, &name))
                .unwrap_or_default();
            let set = if of.iter().any(|(id, _)| *id == stored.id) { &mut theirs } else { &mut others };
            set.extend(words.into_iter().map(|token| (token, stored.anchor)));
        }
        Ok(theirs.difference(&others).copied().collect())
    }

    /// The figures of the shop.
    pub async fn counts(&self, cx: &Context) -> Result<Counts, Fault> {
        let shop = cx.shop;
        self.linker
            .db
            .read(async move |tx| {
                let mut counts = Counts {
                    customers: views::count_customers(tx, shop).await?,
                    reviews_open: views::count_reviews(tx, shop).await?,
                    unlinked: marks::count_marked(tx, shop).await?,
                    ..Counts::default()
                };
                for (kind, count) in numbers::count(tx, shop).await? {
                    match NumberKind::ALL.iter().find(|k| k.code() == kind) {
                        Some(NumberKind::Single) => counts.numbers_single = count,
                        Some(NumberKind::Shared) => counts.numbers_shared = count,
                        Some(NumberKind::Recycled) => counts.numbers_recycled = count,
                        Some(NumberKind::Generic) => counts.numbers_generic = count,
                        None => {}
                    }
                }
                Ok(counts)
            })
            .await
    }

    /// How many doubts are open.
    pub async fn reviews_open(&self, cx: &Context) -> Result<u64, Fault> {
        let shop = cx.shop;
        self.linker.db.read(async move |tx| views::count_reviews(tx, shop).await).await
    }

    /// The audit trail of one customer, with what was done while parts of them were customers of their own: such a customer's id was that of the
    /// persona that founded it. The id of somebody erased still finds their trail.
    pub async fn audit_of(
        &self,
        cx: &Context,
        customer: Id<Customer>,
        page: &PageRequest,
    ) -> Result<Page<audit::Recorded>, Fault> {
        let shop = cx.shop;
        let ids = self
            .linker
            .db
            .read(async move |tx| {
                let mut ids = vec![customer.uuid()];
                if let Ok(current) = canonical(tx, shop, customer).await {
                    ids.push(current.uuid());
                    ids.extend(
                        views::links_of_customer(tx, shop, current)
                            .await?
                            .iter()
                            .map(|link| link.persona.uuid()),
                    );
                }
                ids.sort_unstable();
                ids.dedup();
                Ok(ids)
            })
            .await?;
        audit::list_of(&self.linker.db, shop, ids, page).await
    }

    async fn audit(
        &self,
        tx: &mut Tx,
        cx: &Context,
        action: &str,
        customer: Id<Customer>,
        reason: &str,
        details: serde_json::Value,
    ) -> Result<(), Fault> {
        let indexes = self.linker.vault.indexes(cx.shop);
        let subject = audit::subject("customer", customer);
        audit::append(
            tx,
            cx,
            &indexes,
            Entry { action, subject, customer: Some(customer.uuid()), reason, details },
        )
        .await?;
        Ok(())
    }
}

/// The customer that a persona's orders belong to, the latest when there are several.
async fn customer_of(tx: &mut Tx, shop: ShopId, persona: Id<Persona>) -> Result<Option<Id<Customer>>, Fault> {
    let mut links = views::links_of(tx, shop, &[persona]).await?;
    links.sort_by_key(|(link, _)| link.from);
    Ok(links.last().map(|(link, _)| link.customer))
}

/// The customer that an id names today: itself, or the one that its founding persona has become part of.
async fn canonical(tx: &mut Tx, shop: ShopId, id: Id<Customer>) -> Result<Id<Customer>, Fault> {
    if !views::customers(tx, shop, &[id]).await?.is_empty() {
        return Ok(id);
    }
    match customer_of(tx, shop, id.cast()).await? {
        Some(customer) if !views::customers(tx, shop, &[customer]).await?.is_empty() => Ok(customer),
        _ => Err(unknown(id)),
    }
}

fn unknown(id: Id<Customer>) -> Fault {
    Fault::not_found("customer_unknown", "There is no customer with this id.")
        .field("customer")
        .detail("id", id.to_string())
}
