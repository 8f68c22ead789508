//! Where a persona finds its orders: a table in the order of personas. An import's orders come in an order of their own, and each would be written to another page of it; so an import
//! collects very many, sorts them, and then writes each page once.
//!
//! Until then they are not found by their personas, and a kill would leave them so. So an import says in the database that it has begun, and says that all are in
//! place when they are; of one that never said so, the orders are put in place before anybody is linked again.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
    sync::Arc,
};

use base::{Context, Fault, Id, Timestamp};
use compact_str::CompactString;
use customers::Persona;
use db::{Batch, Db, Tx, params};
use jobs::lease::Held;
use uuid::Uuid;

use crate::{NewOrder, OrderStore, Source, rows};

/// Orders that their personas do not lead to yet.
#[derive(Clone, Debug, Default)]
pub struct Unplaced(Vec<Place>);

/// The persona, when, and the id of the order: in this order they are kept.
pub(crate) type Place = (Id<Persona>, Timestamp, CompactString);

impl Unplaced {
    pub(crate) fn push(&mut self, order: &NewOrder) {
        self.0.push((order.persona, order.ordered_at, order.order_id.clone()));
    }

    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts them in the order in which they are kept, so that neighbours share a page.
    pub fn sort(&mut self) {
        self.0.sort_unstable();
    }
}

/// Rows of one statement.
const ROWS_AT_A_TIME: usize = 4_000;
/// Orders looked through at a time for those of an import that was cut short.
const PAGE: usize = 20_000;

impl OrderStore {
    /// Says that orders of this import will be recorded before they are in place. `false` if it has begun before: then there may be such.
    pub async fn begin(&self, tx: &mut Tx) -> Result<bool, Fault> {
        rows::begin(tx, self).await
    }

    /// Says that all orders of this import are in place.
    pub async fn end(&self, tx: &mut Tx) -> Result<(), Fault> {
        rows::end(tx, self).await
    }

    /// Puts some of the orders in place that were recorded.
    pub async fn place(&self, tx: &mut Tx, orders: &Unplaced, some: Range<usize>) -> Result<(), Fault> {
        for some in orders.0[some].chunks(ROWS_AT_A_TIME) {
            let mut rows = Batch::with_capacity(5, some.len());
            for (persona, at, order) in some {
                rows.push(params![self.shop, *persona, *at, self.source.code(), order.as_str()]);
            }
            rows::place(tx, &rows).await?;
        }
        Ok(())
    }
}

/// Puts the orders of imports in place that were cut short. The caller's lease keeps other imports of the shop away.
pub(crate) async fn settle(db: &Db, cx: &Context, held: Option<&Held>) -> Result<(), Fault> {
    let shop = cx.shop;
    let mut of_source: BTreeMap<Source, Vec<OrderStore>> = BTreeMap::new();
    for store in db.read(async move |tx| rows::begun(tx, shop).await).await? {
        tracing::info!(import = %store.import, "putting the orders of an import in place that was cut short");
        of_source.entry(store.source).or_default().push(store);
    }
    for stores in of_source.into_values() {
        let (first, imports) = (stores[0], Arc::new(stores.iter().map(|store| store.import).collect()));
        let stages = db.stages();
        let mut after = Some(String::new());
        while let Some(last) = after {
            let these: Arc<HashSet<Uuid>> = Arc::clone(&imports);
            let recorded = async move |tx: &mut Tx| rows::recorded(tx, &first, &these, &last, PAGE).await;
            let (places, next) = db.read_bulk(recorded).await?;
            let mut found = Unplaced(places);
            found.sort();
            let (held, now) = (held.cloned(), cx.now());
            let place = async move |tx: &mut Tx| {
                renew(held.as_ref(), tx, now).await?;
                first.place(tx, &found, 0..found.len()).await
            };
            stages.write(place).await?;
            after = next;
        }
        stages.flush().await?;
        let (held, now) = (held.cloned(), cx.now());
        let end = async move |tx: &mut Tx| {
            renew(held.as_ref(), tx, now).await?;
            for store in &stores {
                store.end(tx).await?;
            }
            Ok(())
        };
        db.write(end).await?;
    }
    Ok(())
}

async fn renew(held: Option<&Held>, tx: &mut Tx, now: Timestamp) -> Result<(), Fault> {
    match held {
        Some(held) => held.renew(tx, now).await,
        None => Ok(()),
    }
}
