//! Linking over the database: gathers what is connected, lets the pure rules decide, and writes the difference.
//!
//! [`Linker::relink`] does it for a few anchors inside the transaction of an act. [`Linker::relink_marked`] does it for everything that an import
//! marked: it reads and decides outside the write transaction, on all cores, and writes only if no fact changed meanwhile.

mod gather;
mod views;

use std::{collections::HashSet, fmt, sync::Arc};

use base::{Context, Fault, Id, ShopId, Timestamp};
use db::{Db, Tx};
use futures::future::LocalBoxFuture;
use jobs::lease::Held;
use rayon::prelude::*;
use vault::Vault;

use crate::{
    linking::{Component, Resolution, Rules, needs_dates, resolve},
    persona::Persona,
    rows::facts::{self, Turn},
};
use gather::Gathered;

/// First and last order of a persona, and how many. `None` when it has none.
pub type Span = Option<(Timestamp, Timestamp, u32)>;

/// What linking must know of orders, which are kept above this crate.
pub trait OrderDates: Send + Sync {
    /// In the order of `personas`.
    fn spans<'a>(
        &'a self,
        tx: &'a mut Tx,
        shop: ShopId,
        personas: &'a [Id<Persona>],
    ) -> LocalBoxFuture<'a, Result<Vec<Span>, Fault>>;

    /// When the orders of each persona were placed, ascending; in the order of `personas`.
    fn dates<'a>(
        &'a self,
        tx: &'a mut Tx,
        shop: ShopId,
        personas: &'a [Id<Persona>],
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<Timestamp>>, Fault>>;
}

/// Links personas to customers.
#[derive(Clone)]
pub struct Linker {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) rules: Arc<Rules>,
    pub(crate) dates: Arc<dyn OrderDates>,
}

/// Anchors read at a time while linking what was marked: few at first, so that the writer has soon something to do, then more, so that each page of the
/// views is written seldom.
const CHUNKS: std::ops::Range<usize> = 4_000..16_000;
/// Anchors remembered as linked in stages that readers do not see yet.
const COVERED_MAX: usize = 300_000;

/// What a pass over the marked anchors did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Relinked {
    pub anchors: u64,
    pub customers_created: u64,
    /// Customers looked at, new or not.
    pub customers_seen: u64,
    pub links_recorded: u64,
    pub links_retracted: u64,
    pub reviews_opened: u64,
}

impl Relinked {
    fn add(&mut self, other: Self) {
        self.anchors += other.anchors;
        self.customers_created += other.customers_created;
        self.customers_seen += other.customers_seen;
        self.links_recorded += other.links_recorded;
        self.links_retracted += other.links_retracted;
        self.reviews_opened += other.reviews_opened;
    }
}

impl Linker {
    pub fn new(db: Db, vault: Vault, rules: Rules, dates: Arc<dyn OrderDates>) -> Self {
        Self { db, vault, rules: Arc::new(rules), dates }
    }

    /// Links these anchors anew, and whatever they are connected with, in the caller's transaction.
    pub async fn relink(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        now: Timestamp,
        anchors: &[i64],
    ) -> Result<Relinked, Fault> {
        let gathered = self.gather(tx, shop, anchors).await?;
        let decided = self.decide(shop, gathered);
        views::apply(tx, shop, now, &decided).await
    }

    /// Links everything that is marked, renewing the caller's lease with every chunk. `progress` hears how many anchors are done and how many are left.
    pub async fn relink_marked(
        &self,
        cx: &Context,
        held: Option<&Held>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Relinked, Fault> {
        let shop = cx.shop;
        let total = self.db.read(async move |tx| facts::count_marked(tx, shop).await).await?;
        let mut sum = Relinked::default();
        let mut size = CHUNKS.start;
        let stages = self.db.stages();
        let mut covered = HashSet::new();
        let mut next = self.prepare(shop, FIRST, size, &covered).await?;
        while let Some(chunk) = next.take() {
            size = (size * 2).min(CHUNKS.end);
            let last = chunk.last;
            covered.extend(&chunk.decided.gathered.anchors);
            sum.anchors += chunk.anchors;
            let linker = self.clone();
            let now = cx.now();
            let (decided, held) = (chunk.decided, held.cloned());
            // While the writer commits this chunk, the next one is read and decided.
            let write = stages.write(async move |tx| {
                if let Some(held) = &held {
                    held.renew(tx, now).await?;
                }
                linker.apply_if_unchanged(tx, shop, now, &decided).await
            });
            let (written, prepared) = tokio::join!(write, self.prepare(shop, last, size, &covered));
            sum.add(written?);
            next = prepared?;
            progress(sum.anchors.min(total), total);
            if covered.len() > COVERED_MAX {
                stages.flush().await?;
                covered.clear();
            }
            if next.is_none() {
                // What changed while it was being decided was left marked: once more from the start.
                stages.flush().await?;
                covered.clear();
                next = self.prepare(shop, FIRST, size, &covered).await?;
            }
        }
        Ok(sum)
    }

    /// Reads and decides the next `size` marked anchors after `last`, but for those that chunks not yet committed have `covered`: what is read still has their marks.
    async fn prepare(
        &self,
        shop: ShopId,
        last: Turn,
        size: usize,
        covered: &HashSet<i64>,
    ) -> Result<Option<Chunk>, Fault> {
        let (linker, covered) = (self.clone(), covered.clone());
        self.db
            .read_bulk(async move |tx| {
                let marked = facts::marked(tx, shop, last, size).await?;
                let Some(last) = marked.last().copied() else { return Ok(None) };
                let count = marked.len() as u64;
                let anchors: Vec<i64> =
                    marked.into_iter().map(|(_, anchor)| anchor).filter(|a| !covered.contains(a)).collect();
                let gathered = linker.gather(tx, shop, &anchors).await?;
                // Decided here, on the reader's thread, so that no thread that answers requests is kept busy.
                Ok(Some(Chunk { anchors: count, last, decided: linker.decide(shop, gathered) }))
            })
            .await
    }

    /// Runs the rules over every component, on all cores, and makes the rows that should be of it, so that the writer need only write.
    fn decide(&self, shop: ShopId, gathered: Gathered) -> Decided {
        let resolutions: Vec<Resolution> =
            gathered.components.par_iter().map(|c| resolve(c, &self.rules)).collect();
        let wanted = views::wanted(&self.vault.indexes(shop), &gathered, &resolutions);
        Decided { gathered, wanted }
    }

    async fn apply_if_unchanged(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        now: Timestamp,
        decided: &Decided,
    ) -> Result<Relinked, Fault> {
        let gathered = &decided.gathered;
        let unchanged = facts::newest_act(tx, shop).await? == gathered.newest_act
            && facts::count(tx, shop, &gathered.anchors).await? == gathered.personas_total
            && facts::marks(tx, shop, &gathered.anchors).await? == gathered.marks;
        if !unchanged {
            return self
                .relink(tx, shop, now, &gathered.anchors)
                .await
                .map(|done| Relinked { anchors: 0, ..done });
        }
        let done = views::apply(tx, shop, now, decided).await?;
        facts::unmark(tx, shop, &gathered.marks).await?;
        Ok(done)
    }
}

impl fmt::Debug for Linker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Linker({:?})", self.db)
    }
}

struct Chunk {
    anchors: u64,
    last: Turn,
    decided: Decided,
}

/// Before every turn.
const FIRST: Turn = (uuid::Uuid::nil(), i64::MIN);

/// What was gathered, and the views as the rules want them.
struct Decided {
    gathered: Gathered,
    wanted: views::Wanted,
}

/// Loads dates where the rules need them.
async fn load_dates(
    linker: &Linker,
    tx: &mut Tx,
    shop: ShopId,
    components: &mut [Component],
) -> Result<(), Fault> {
    let mut wanted = Vec::new();
    for (at, component) in components.iter().enumerate() {
        if needs_dates(&component.sightings, &linker.rules) || !component.acts.is_empty() {
            wanted.extend((0..component.sightings.len()).map(|sighting| (at, sighting)));
        }
    }
    let keys: Vec<_> =
        wanted.iter().map(|(at, sighting)| components[*at].sightings[*sighting].persona).collect();
    let dates = linker.dates.dates(tx, shop, &keys).await?;
    for ((at, sighting), dates) in wanted.into_iter().zip(dates) {
        components[at].sightings[sighting].dates = dates;
    }
    Ok(())
}
