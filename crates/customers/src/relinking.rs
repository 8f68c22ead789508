//! Linking over the database: gathers what is connected, lets the pure rules decide, and writes the difference.
//!
//! [`Linker::relink`] does it for a few anchors inside the transaction of an act. [`Linker::relink_marked`] does it for everything that an import
//! marked: it reads and decides outside the write transaction, on all cores, and writes only if no fact changed meanwhile.

mod gather;
mod views;

use std::{collections::HashSet, fmt, sync::Arc};

use base::{Context, Fault, Id, ShopId, Timestamp};
use db::{Db, Stages, Tx};
use futures::future::{BoxFuture, LocalBoxFuture};
use jobs::lease::Held;
use rayon::prelude::*;
use vault::Vault;

use crate::{
    linking::{Component, Rules, needs_dates, resolve},
    persona::{Customer, NumberKey, Persona},
    rows::{
        facts,
        marks::{self, Turn},
    },
};
use gather::Gathered;

/// First and last order of a persona, and how many. `None` when it has none.
pub type Span = Option<(Timestamp, Timestamp, u32)>;

/// What linking must know of orders, which are kept above this crate.
pub trait OrderDates: Send + Sync {
    /// Sees to it that all orders are found that an import has left behind which was cut short. Called before what is marked is linked, under the caller's lease.
    fn settle<'a>(
        &'a self,
        db: &'a Db,
        cx: &'a Context,
        held: Option<&'a Held>,
    ) -> BoxFuture<'a, Result<(), Fault>>;

    /// Whether there may be orders that are recorded and not found yet: what is said of the dates of somebody who waits to be linked is then not to be relied on.
    fn any_unplaced<'a>(&'a self, tx: &'a mut Tx, shop: ShopId) -> LocalBoxFuture<'a, Result<bool, Fault>>;

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

/// Anchors read at a time while linking what was marked: few at first, so that the writer has soon something to do.
const CHUNKS: std::ops::Range<usize> = 4_000..8_000;
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

    /// Links the records of proofs that have just been added, in the caller's transaction, and says of each whose it is. The tenures of those who are somebody alone
    /// are noted as proven.
    pub(crate) async fn relink_proven(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        now: Timestamp,
        proven: &[ProvenRecord],
    ) -> Result<Vec<Settled>, Fault> {
        let anchors: Vec<i64> = proven.iter().map(|record| record.anchor).collect();
        let gathered = self.gather(tx, shop, &anchors).await?;
        let mut decided = self.decide(shop, gathered);
        let settled = decided.wanted.settle(proven);
        views::apply(tx, shop, now, &decided).await?;
        Ok(settled)
    }

    /// Links everything that is marked, renewing the caller's lease with every chunk. `progress` hears how many anchors are done and how many are left.
    ///
    /// Three chunks are in hand at a time: one is written, the next one decided, the one after it read.
    pub async fn relink_marked(
        &self,
        cx: &Context,
        held: Option<&Held>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Relinked, Fault> {
        let shop = cx.shop;
        self.dates.settle(&self.db, cx, held).await?;
        let total = self.db.read(async move |tx| marks::count_marked(tx, shop).await).await?;
        let mut sum = Relinked::default();
        let mut size = CHUNKS.start;
        let stages = self.db.stages();
        let mut covered = Arc::new(HashSet::new());
        let (mut read, mut decided) = (self.read(shop, FIRST, size, &covered).await?, None);
        while read.is_some() || decided.is_some() {
            size = (size * 2).min(CHUNKS.end);
            let after = read.as_ref().map(|chunk| {
                Arc::make_mut(&mut covered).extend(&chunk.of.anchors);
                chunk.last
            });
            let written = async {
                match decided.take() {
                    Some(chunk) => self.write(cx, &stages, held, chunk).await.map(Some),
                    None => Ok(None),
                }
            };
            let reading = async {
                match after {
                    Some(last) => self.read(shop, last, size, &covered).await,
                    None => Ok(None),
                }
            };
            let deciding = self.decide_aside(shop, read.take());
            let (written, now_decided, now_read) = tokio::join!(written, deciding, reading);
            (decided, read) = (now_decided?, now_read?);
            if let Some(done) = written? {
                sum.add(done);
                progress(sum.anchors.min(total), total);
            }
            let finished = read.is_none() && decided.is_none();
            if finished || covered.len() > COVERED_MAX {
                stages.flush().await?;
                covered =
                    Arc::new(decided.iter().flat_map(|chunk| chunk.of.gathered.anchors.clone()).collect());
            }
            if finished {
                // What changed while it was being decided was left marked: once more from the start.
                read = self.read(shop, FIRST, size, &covered).await?;
            }
        }
        Ok(sum)
    }

    /// Reads the next `size` marked anchors after `last`, and what they are connected with, but for those that chunks not yet committed have `covered`: what is
    /// read still has their marks.
    async fn read(
        &self,
        shop: ShopId,
        last: Turn,
        size: usize,
        covered: &Arc<HashSet<i64>>,
    ) -> Result<Option<Chunk<Gathered>>, Fault> {
        let (linker, covered) = (self.clone(), Arc::clone(covered));
        self.db
            .read_bulk(async move |tx| {
                let marked = marks::marked(tx, shop, last, size).await?;
                let Some(last) = marked.last().copied() else { return Ok(None) };
                let count = marked.len() as u64;
                let anchors: Vec<i64> =
                    marked.into_iter().map(|(_, anchor)| anchor).filter(|a| !covered.contains(a)).collect();
                Ok(Some(Chunk { anchors: count, last, of: linker.gather(tx, shop, &anchors).await? }))
            })
            .await
    }

    /// Decides a chunk, if there is one.
    async fn decide_aside(
        &self,
        shop: ShopId,
        chunk: Option<Chunk<Gathered>>,
    ) -> Result<Option<Chunk<Decided>>, Fault> {
        let Some(Chunk { anchors, last, of: gathered }) = chunk else { return Ok(None) };
        let linker = self.clone();
        let of = jobs::aside(move || linker.decide(shop, gathered)).await?;
        Ok(Some(Chunk { anchors, last, of }))
    }

    /// Writes what was decided.
    async fn write(
        &self,
        cx: &Context,
        stages: &Stages,
        held: Option<&Held>,
        chunk: Chunk<Decided>,
    ) -> Result<Relinked, Fault> {
        let (linker, shop, now, held) = (self.clone(), cx.shop, cx.now(), held.cloned());
        let written = stages
            .write(async move |tx| {
                if let Some(held) = &held {
                    held.renew(tx, now).await?;
                }
                linker.apply_if_unchanged(tx, shop, now, &chunk.of).await
            })
            .await?;
        Ok(Relinked { anchors: chunk.anchors, ..written })
    }

    /// Runs the rules over every component, on all cores, and makes the rows that should be of it, so that the writer need only write.
    fn decide(&self, shop: ShopId, gathered: Gathered) -> Decided {
        let resolutions = map_each(&gathered.components, |component| resolve(component, &self.rules));
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
            && facts::are_as_many(tx, shop, &gathered.anchors, gathered.personas_total).await?
            && marks::marks(tx, shop, &gathered.anchors).await? == gathered.marks;
        if !unchanged {
            return self
                .relink(tx, shop, now, &gathered.anchors)
                .await
                .map(|done| Relinked { anchors: 0, ..done });
        }
        let done = views::apply(tx, shop, now, decided).await?;
        marks::unmark(tx, shop, &gathered.marks).await?;
        Ok(done)
    }
}

impl fmt::Debug for Linker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Linker({:?})", self.db)
    }
}

/// A record of nothing but the proof of a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProvenRecord {
    pub persona: Id<Persona>,
    pub anchor: i64,
    pub number: NumberKey,
    pub at: Timestamp,
}

/// Whose such a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Settled {
    /// A customer's who has nothing else.
    Alone(Id<Customer>),
    /// That of a customer who was somebody before.
    With(Id<Customer>),
    /// The number says nothing about who somebody is.
    Nobody,
}

/// Some marked anchors, on their way from the facts to the views.
struct Chunk<T> {
    anchors: u64,
    /// The last of them.
    last: Turn,
    of: T,
}

/// Before every turn.
const FIRST: Turn = (uuid::Uuid::nil(), i64::MIN);

/// What was gathered, and the views as the rules want them.
struct Decided {
    gathered: Gathered,
    wanted: views::Wanted,
}

/// So few are mapped sooner by one core than another is woken.
const FEW: usize = 64;

/// Maps many on all cores, giving way to others, and few on this one, which others wait for.
fn map_each<T: Sync, U: Send>(items: &[T], map: impl Fn(&T) -> U + Sync + Send) -> Vec<U> {
    if items.len() <= FEW {
        return items.iter().map(map).collect();
    }
    let map = |item: &T| {
        db::breathe();
        map(item)
    };
    items.par_iter().map(map).collect()
}

/// Loads dates where the rules need them.
async fn load_dates(
    linker: &Linker,
    tx: &mut Tx,
    shop: ShopId,
    components: &mut [Component],
) -> Result<(), Fault> {
    let mut wanted = Vec::new();
    let needed = map_each(components, |component| {
        !component.acts.is_empty() || needs_dates(&component.sightings, &linker.rules)
    });
    for (at, _) in needed.into_iter().enumerate().filter(|(_, needed)| *needed) {
        wanted.extend((0..components[at].sightings.len()).map(|sighting| (at, sighting)));
    }
    let keys: Vec<_> =
        wanted.iter().map(|(at, sighting)| components[*at].sightings[*sighting].persona).collect();
    let dates = linker.dates.dates(tx, shop, &keys).await?;
    for ((at, sighting), dates) in wanted.into_iter().zip(dates) {
        components[at].sightings[sighting].dates = dates;
    }
    Ok(())
}
