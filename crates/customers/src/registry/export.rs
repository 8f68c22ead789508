//! For exports and upkeep: whose an order is, all numbers with their tenures, deriving everything anew. Pages and batches, so that memory stays flat.

use std::collections::HashMap;

use base::{Context, Fault, Id, ShopId, Timestamp};
use db::{
    Tx,
    audit::{self, Entry},
};
use jobs::lease;
use numbering::PhoneNumber;

use super::{
    Customers, LEASE,
    look::{TenureView, number_kind},
    reason,
};
use crate::{
    linking::NumberKind,
    persona::{Customer, NumberKey, Persona},
    relinking::Relinked,
    rows::{
        facts, marks, numbers,
        views::{self, TenureRow},
    },
};

/// Whose an order is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    pub customer: Id<Customer>,
    /// The tenure under which it came in, if it came over a number.
    pub tenure: Option<uuid::Uuid>,
}

/// A number with everybody who held it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberRecord {
    pub key: NumberKey,
    /// `None` when everybody who used it was erased.
    pub number: Option<PhoneNumber>,
    pub kind: NumberKind,
    /// By time; none for a generic number.
    pub tenures: Vec<TenureView>,
}

impl Customers {
    /// The owner of each order, given by its persona and time; `None` for orders of nobody known.
    pub async fn owners(
        &self,
        cx: &Context,
        orders: Vec<(Id<Persona>, Timestamp)>,
    ) -> Result<Vec<Option<Owner>>, Fault> {
        let shop = cx.shop;
        self.linker.db.read(async move |tx| owners(tx, shop, &orders).await).await
    }

    /// Numbers of the shop with their kind and tenures, by key.
    pub async fn numbers(
        &self,
        cx: &Context,
        after: Option<NumberKey>,
        limit: usize,
    ) -> Result<Vec<NumberRecord>, Fault> {
        let (this, shop) = (self.clone(), cx.shop);
        self.linker.db.read(async move |tx| this.numbers_in(tx, shop, after, limit).await).await
    }

    async fn numbers_in(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        after: Option<NumberKey>,
        limit: usize,
    ) -> Result<Vec<NumberRecord>, Fault> {
        let numbers = numbers::list(tx, shop, after, limit).await?;
        let keys: Vec<NumberKey> = numbers.iter().map(|(key, _)| *key).collect();
        let rows = views::tenures_of_numbers(tx, shop, &keys).await?;
        let mut by_key: HashMap<NumberKey, Vec<TenureView>> = HashMap::new();
        for tenure in self.tenures(tx, shop, rows).await? {
            by_key.entry(tenure.key).or_default().push(tenure);
        }
        let unheld: Vec<NumberKey> = keys.iter().copied().filter(|key| !by_key.contains_key(key)).collect();
        let mut shown: HashMap<NumberKey, PhoneNumber> = HashMap::new();
        for (key, stored) in facts::one_of_each_number(tx, shop, &unheld).await? {
            shown.extend(self.open(&stored)?.number.map(|number| (key, number)));
        }
        let record = |(key, kind): (NumberKey, String)| {
            let mut tenures = by_key.remove(&key).unwrap_or_default();
            tenures.sort_by_key(|tenure| (tenure.from, tenure.id));
            let number = tenures.iter().find_map(|tenure| tenure.number).or_else(|| shown.get(&key).copied());
            NumberRecord { key, number, kind: number_kind(&kind).unwrap_or(NumberKind::Single), tenures }
        };
        Ok(numbers.into_iter().map(record).collect())
    }

    /// Writes into the audit trail that everything is about to be shown in the clear, and why.
    pub async fn reveal_all(&self, cx: &Context, why: &str) -> Result<(), Fault> {
        let why = reason(why)?;
        let (cx, indexes) = (cx.clone(), self.linker.vault.indexes(cx.shop));
        self.linker
            .db
            .write(async move |tx| {
                let subject = audit::subject("shop", cx.shop);
                let details = serde_json::json!({});
                let entry = Entry {
                    action: "customers.export_plain",
                    subject,
                    customer: None,
                    reason: &why,
                    details,
                };
                audit::append(tx, &cx, &indexes, entry).await?;
                Ok(())
            })
            .await
    }

    /// Derives every customer, tenure, number and doubt of the shop anew from the facts and acts. `progress` hears what is done and the whole.
    pub async fn rebuild(&self, cx: &Context, progress: impl FnMut(u64, u64)) -> Result<Relinked, Fault> {
        let busy = || {
            Fault::conflict("import_running", "An import of this shop is running; rebuild when it is done.")
        };
        let held = lease::take(&self.linker.db, cx, LEASE).await?.ok_or_else(busy)?;
        let (shop, now, stages, renewed) = (cx.shop, cx.now(), self.linker.db.stages(), held.clone());
        let mark = async move |tx: &mut Tx| {
            renewed.renew(tx, now).await?;
            marks::mark_all(tx, shop).await
        };
        let marked = match stages.write(mark).await {
            Ok(_) => stages.flush().await,
            Err(fault) => Err(fault),
        };
        let result = match marked {
            Ok(()) => self.linker.relink_marked(cx, Some(&held), progress).await,
            Err(fault) => Err(fault),
        };
        held.release(&self.linker.db).await?;
        result
    }
}

async fn owners(
    tx: &mut Tx,
    shop: ShopId,
    orders: &[(Id<Persona>, Timestamp)],
) -> Result<Vec<Option<Owner>>, Fault> {
    let mut personas: Vec<Id<Persona>> = orders.iter().map(|(persona, _)| *persona).collect();
    personas.sort_unstable();
    personas.dedup();
    let mut links: HashMap<Id<Persona>, Vec<(Timestamp, Timestamp, Id<Customer>)>> =
        HashMap::with_capacity(personas.len());
    let mut places = Vec::with_capacity(personas.len());
    for (link, _) in views::links_of(tx, shop, &personas).await? {
        places.push((link.persona, link.anchor));
        links.entry(link.persona).or_default().push((link.from, link.until, link.customer));
    }
    places.sort_unstable();
    places.dedup();
    let numbers: HashMap<Id<Persona>, NumberKey> =
        facts::numbers_of(tx, shop, &places).await?.into_iter().collect();
    let mut keys: Vec<NumberKey> = numbers.values().copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let mut tenures: HashMap<(NumberKey, Id<Customer>), Vec<TenureRow>> = HashMap::new();
    for tenure in views::tenures_of_numbers(tx, shop, &keys).await? {
        tenures.entry((tenure.number, tenure.customer)).or_default().push(tenure);
    }
    let owner = |(persona, at): &(Id<Persona>, Timestamp)| {
        let (.., customer) = links.get(persona)?.iter().find(|(from, until, _)| from <= at && at < until)?;
        let held = numbers.get(persona).and_then(|number| tenures.get(&(*number, *customer)));
        Some(Owner { customer: *customer, tenure: held.and_then(|held| tenure_at(held, *at)) })
    };
    Ok(orders.iter().map(owner).collect())
}

/// The customer's tenure of the number at that time; where none covers it, the last one before, else the first.
fn tenure_at(held: &[TenureRow], at: Timestamp) -> Option<uuid::Uuid> {
    let covers = |tenure: &&TenureRow| tenure.from <= at && tenure.until.is_none_or(|until| at < until);
    let before = held.iter().filter(|tenure| tenure.from <= at).max_by_key(|tenure| tenure.from);
    let first = held.iter().min_by_key(|tenure| tenure.from);
    held.iter().find(covers).or(before).or(first).map(|tenure| tenure.id)
}
