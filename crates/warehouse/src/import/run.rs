//! One import, from the first row to the last link.

use std::{fs::File, io::Read, sync::Arc, thread, time::Instant};

use base::{Context, Fault, Id, IdSequence, ShopId, Timestamp};
use customers::{
    Persona, PersonaStore, Place,
    identity::{Keys, NewPersona},
};
use db::{Stages, Tx};
use hashbrown::{HashMap, HashSet};
use history::{NewOrder, OrderStore, Stored, Unplaced};
use jobs::lease::Held;
use rayon::prelude::*;
use tokio::sync::mpsc;
use vault::{SpoolReader, Vault};

use super::{
    Import, Imports, Request, State, Summary,
    prepare::{BATCH_ROWS, NewIdentity, Prepared, PreparedOrder, Preparer},
    rows,
};
use crate::files::{self, OrderRow, Reject};

/// Rejects kept in the database for each import; a file on disk gets them all.
pub(super) const REJECTS_KEPT_MAX: u64 = 100_000;

/// What is imported.
pub enum Input {
    File(File),
    /// Standard input, a pipe: no length, no seeking.
    Stream(Box<dyn Read + Send>),
    Spool(SpoolReader),
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::File(_) => "Input::File",
            Self::Stream(_) => "Input::Stream",
            Self::Spool(_) => "Input::Spool",
        })
    }
}

/// How far it is, for whoever watches.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Progress {
    Reading { bytes_done: u64, rows: u64, rejected: u64 },
    Linking { done: u64, total: u64 },
}

/// From the reading thread.
enum Event {
    Batch(Box<Prepared>),
    End { notes: Vec<String>, columns: Vec<(String, Option<String>)> },
}

/// A batch with its personas known or made.
struct Resolved {
    new: Vec<NewPersona>,
    orders: Vec<NewOrder>,
    anchors: Vec<(i64, Id<Persona>)>,
    rejects: Vec<Reject>,
    rejects_from: u64,
    bytes_done: u64,
    summary: Summary,
}

/// What the write of a batch came to.
struct Written {
    /// Whether this import had not begun before, if it was its first batch.
    is_first: Option<bool>,
    stored: Stored,
    unplaced: Unplaced,
    /// Personas that somebody else had recorded first: the id that was meant, and the one that it has.
    taken: Vec<(Id<Persona>, Id<Persona>)>,
}

/// A batch on its way into the database.
type Writing = tokio::task::JoinHandle<Result<Written, Fault>>;

pub(super) struct Run {
    imports: Imports,
    stages: Arc<Stages>,
    cx: Context,
    id: Id<Import>,
    held: Held,
    orders: OrderStore,
    summary: Summary,
    started: Instant,
    known: Known,
    /// Personas that somebody else recorded first, by the id we had meant for them.
    taken: HashMap<Id<Persona>, Id<Persona>>,
    /// Orders that are recorded, and not found by their personas yet.
    unplaced: Unplaced,
    /// Whether this import was not begun before, and cut short; `None` before the first batch.
    is_first: Option<bool>,
}

/// Whom this import has met.
#[derive(Default)]
struct Known {
    /// Persona of each slot of this generation.
    slots: Vec<Place>,
    generation: u32,
    marked: HashSet<i64>,
    ids: IdSequence,
    /// The shop had nobody when this import began, so whoever it has not met before is new. Should somebody have registered since, the write says so.
    nobody_else: bool,
}

impl Known {
    /// Positions of the identities that may be stored already.
    fn to_look_up(&self, identities: &[NewIdentity]) -> Vec<usize> {
        let may_be_stored = |at: &usize| !self.nobody_else || identities[*at].seen_before;
        (0..identities.len()).filter(may_be_stored).collect()
    }

    /// Remembers the identities of a batch, with the place of those that were found; the personas of the others are made.
    fn meet(
        &mut self,
        vault: &Vault,
        shop: ShopId,
        now: Timestamp,
        prepared: &Prepared,
        found: impl Iterator<Item = (usize, Option<Place>)>,
    ) -> Result<Vec<NewPersona>, Fault> {
        if prepared.generation != self.generation {
            self.slots.clear();
            self.generation = prepared.generation;
        }
        let identities = &prepared.identities;
        // Slots are given in turn, so that each is the place of the next. Were they not, orders would go to other people.
        if identities.first().is_some_and(|first| first.slot as usize != self.slots.len()) {
            return Err(Fault::internal("the slots of an import's identities are out of step"));
        }
        let mut places = vec![None; identities.len()];
        found.for_each(|(at, place)| places[at] = place);
        let mut make = Vec::new();
        for (new, place) in identities.iter().zip(places) {
            self.slots.push(place.unwrap_or_else(|| {
                let id = self.ids.next(now, &mut rand::rng());
                make.push((new, id));
                (id, new.keys.anchor)
            }));
        }
        let indexes = vault.indexes(shop);
        let seal = |(new, id): &(&NewIdentity, Id<Persona>)| {
            db::breathe();
            NewPersona::seal(vault, &indexes, (&new.identity, new.keys, new.encoded.as_slice()), *id, now)
        };
        Ok(make.par_iter().map(seal).collect())
    }

    /// Gives orders their personas; also the anchors that were not marked yet, in order, each with a persona.
    fn place(&mut self, orders: Vec<PreparedOrder>) -> (Vec<NewOrder>, Vec<(i64, Id<Persona>)>) {
        let mut anchors = Vec::new();
        let orders = orders
            .into_iter()
            .map(|PreparedOrder { slot, mut order }| {
                (order.persona, order.anchor) = self.slots[slot as usize];
                if self.marked.insert(order.anchor) {
                    anchors.push((order.anchor, order.persona));
                }
                order
            })
            .collect();
        if self.marked.len() > MARKED_MAX {
            self.marked.clear();
        }
        anchors.sort_unstable();
        (orders, anchors)
    }
}

/// Anchors remembered as marked; beyond, some are marked again, which harms nothing.
const MARKED_MAX: usize = 2_000_000;

impl Run {
    pub(super) fn new(
        imports: &Imports,
        cx: &Context,
        id: Id<Import>,
        held: Held,
        request: &Request,
    ) -> Self {
        Self {
            imports: imports.clone(),
            stages: Arc::new(imports.db.stages()),
            cx: cx.clone(),
            id,
            held,
            orders: OrderStore { shop: cx.shop, source: request.source, import: id.uuid() },
            summary: Summary::default(),
            started: Instant::now(),
            known: Known::default(),
            taken: HashMap::new(),
            unplaced: Unplaced::default(),
            is_first: None,
        }
    }

    /// Runs it to the end. `rejected` gets every reject in the order of the file, `progress` hears how far it is.
    pub(super) async fn drive(
        mut self,
        request: Request,
        input: Input,
        rejected: &mut (dyn FnMut(&[Reject]) -> Result<(), Fault> + Send),
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Summary, Fault> {
        let mut events = read_in_thread(&self.imports, &self.cx, request, input)?;
        let personas = PersonaStore { shop: self.cx.shop };
        self.known.nobody_else = self.imports.db.read(async move |tx| personas.is_empty(tx).await).await?;
        let mut writing = None;
        let taken_in = self.take_in(&mut events, &mut writing, rejected, progress).await;
        // Whatever ended it, nobody hears of the end while a batch is still being written.
        let last = match writing.take() {
            Some(task) => Some(task.await.map_err(Fault::internal)?),
            None => None,
        };
        let ended = match (taken_in, last) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(written)) => written.map(|written| self.settle(written)),
            (Err(fault), last) => {
                if let Some(Ok(written)) = last {
                    self.settle(written);
                }
                Err(fault)
            }
        };
        let placed = self.put_in_place().await;
        if let Err(fault) = ended {
            // What was recorded before is found all the same; else whoever links next sees to it.
            if let Err(second) = placed {
                tracing::warn!(fault = %second, "orders of an import that failed are not in place yet");
            }
            return Err(fault);
        }
        placed?;
        self.link(progress).await
    }

    /// Puts the orders in place that wait for it, and sees that all batches are there; that is known only now.
    async fn put_in_place(&mut self) -> Result<(), Fault> {
        place(&self.stages, (self.orders, &self.cx, &self.held), std::mem::take(&mut self.unplaced)).await?;
        self.stages.flush().await?;
        let (held, now, orders) = (self.held.clone(), self.cx.now(), self.orders);
        match self.is_first {
            // What an earlier try left behind is not in place by this one; linking sees to that.
            None | Some(false) => Ok(()),
            Some(true) => {
                let end = async move |tx: &mut Tx| {
                    held.renew(tx, now).await?;
                    orders.end(tx).await
                };
                self.imports.db.write(end).await
            }
        }
    }

    /// Takes batches until there are no more; the last one may still be `writing`.
    async fn take_in(
        &mut self,
        events: &mut mpsc::Receiver<Result<Event, Fault>>,
        writing: &mut Option<Writing>,
        rejected: &mut (dyn FnMut(&[Reject]) -> Result<(), Fault> + Send),
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), Fault> {
        while let Some(event) = events.recv().await {
            match event? {
                Event::Batch(prepared) => {
                    rejected(&prepared.rejects)?;
                    let resolved = self.resolve(*prepared).await?;
                    if let Some(task) = writing.take() {
                        self.settle(task.await.map_err(Fault::internal)??);
                    }
                    let mut batch = resolved;
                    replace_taken(&mut batch.orders, &self.taken);
                    progress(Progress::Reading {
                        bytes_done: batch.bytes_done,
                        rows: self.summary.rows,
                        rejected: self.summary.rejected,
                    });
                    *writing = Some(tokio::spawn(self.write(batch)));
                }
                Event::End { notes, columns } => {
                    (self.summary.notes, self.summary.columns) = (notes, columns)
                }
            }
        }
        Ok(())
    }

    /// Finds or makes the personas of a batch.
    async fn resolve(&mut self, prepared: Prepared) -> Result<Resolved, Fault> {
        let rejects_from = self.summary.rejected + 1;
        self.summary.rows += prepared.rows;
        self.summary.rejected += prepared.rejects.len() as u64;
        self.summary.identity_conflicts += prepared.conflicts;
        let summary = self.summary.clone();
        let (shop, now, vault) = (self.cx.shop, self.cx.now(), self.imports.vault.clone());

        let personas = PersonaStore { shop };
        let looked_up = self.known.to_look_up(&prepared.identities);
        let keys: Vec<Keys> = looked_up.iter().map(|at| prepared.identities[*at].keys).collect();
        let found = if keys.is_empty() {
            Vec::new()
        } else {
            self.imports.db.read_bulk(async move |tx| personas.known(tx, &keys).await).await?
        };
        let mut known = std::mem::take(&mut self.known);
        let resolving = move || {
            let new = known.meet(&vault, shop, now, &prepared, looked_up.into_iter().zip(found))?;
            let (orders, anchors) = known.place(prepared.orders);
            let (rejects, bytes_done) = (prepared.rejects, prepared.bytes_done);
            Ok::<_, Fault>((
                known,
                Resolved { new, orders, anchors, rejects, rejects_from, bytes_done, summary },
            ))
        };
        let (known, resolved) = jobs::aside(resolving).await??;
        self.known = known;
        Ok(resolved)
    }

    /// One stage: personas, orders, marks, rejects, progress, lease. Before it, when there are very many, the orders that wait for it are put in place.
    fn write(
        &mut self,
        mut batch: Resolved,
    ) -> impl Future<Output = Result<Written, Fault>> + Send + 'static {
        let are_many = self.unplaced.len() >= UNPLACED_MAX;
        let unplaced = if are_many { std::mem::take(&mut self.unplaced) } else { Unplaced::default() };
        let begins = self.is_first.is_none() && !batch.orders.is_empty();
        let (stages, cx, id, held, orders) =
            (Arc::clone(&self.stages), self.cx.clone(), self.id, self.held.clone(), self.orders);
        let (shop, now) = (cx.shop, cx.now());
        let kept =
            usize::try_from(REJECTS_KEPT_MAX.saturating_sub(batch.rejects_from - 1)).unwrap_or(usize::MAX);
        batch.rejects.truncate(kept);
        let batch = Arc::new(batch);
        async move {
            place(&stages, (orders, &cx, &held), unplaced).await?;
            let kept = Arc::clone(&batch);
            let written = stages
                .write(async move |tx| {
                    held.renew(tx, now).await?;
                    let is_first = if begins { Some(orders.begin(tx).await?) } else { None };
                    let personas = PersonaStore { shop };
                    let taken = personas.add(tx, &batch.new).await?;
                    let (stored, unplaced) = if taken.is_empty() {
                        orders.record_unplaced(tx, &batch.orders).await?
                    } else {
                        let mut changed = batch.orders.clone();
                        replace_taken(&mut changed, &taken.iter().copied().collect());
                        orders.record_unplaced(tx, &changed).await?
                    };
                    personas.mark(tx, &batch.anchors).await?;
                    rows::insert_rejects(tx, shop, id, batch.rejects_from, &batch.rejects).await?;
                    rows::progress(tx, shop, id, State::Running, batch.bytes_done, &batch.summary).await?;
                    Ok(Written { is_first, stored, unplaced, taken })
                })
                .await;
            // Its memory, a piece for each order, is given back neither by the thread that writes nor by one that answers requests.
            jobs::aside(move || drop(kept)).await?;
            written
        }
    }

    /// Counts what a write stored.
    fn settle(&mut self, written: Written) {
        self.is_first = self.is_first.or(written.is_first);
        self.taken.extend(written.taken);
        self.unplaced.append(written.unplaced);
        self.summary.orders += written.stored.orders_new;
        self.summary.lines_new += written.stored.lines_new;
        self.summary.lines_changed += written.stored.lines_changed;
        self.summary.lines_unchanged += written.stored.lines_same;
        self.summary.identity_conflicts += written.stored.conflicts;
    }

    async fn link(mut self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Summary, Fault> {
        let begun = Instant::now();
        drop(std::mem::take(&mut self.known)); // all is read
        let (db, held, id, shop) = (self.imports.db.clone(), self.held.clone(), self.id, self.cx.shop);
        let (now, summary) = (self.cx.now(), self.summary.clone());
        db.write(async move |tx| {
            held.renew(tx, now).await?;
            let read_all = summary.rows; // bytes are done when rows are
            rows::progress(tx, shop, id, State::Linking, read_all, &summary).await
        })
        .await?;
        let relinked = self
            .imports
            .linker
            .relink_marked(&self.cx, Some(&self.held), |done, total| {
                progress(Progress::Linking { done, total })
            })
            .await?;
        self.summary.customers_created = relinked.customers_created;
        self.summary.customers_matched = relinked.customers_seen.saturating_sub(relinked.customers_created);
        self.summary.reviews_opened = relinked.reviews_opened;
        let elapsed = self.started.elapsed().as_secs_f64();
        self.summary.linking_seconds = begun.elapsed().as_secs_f64();
        self.summary.seconds = elapsed;
        #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = self.summary.rows as f64 / elapsed.max(1e-9);
        self.summary.rows_per_second = rate;
        Ok(self.summary)
    }
}

/// Orders collected before they are put in place; some 50 bytes each.
const UNPLACED_MAX: usize = 750_000;
/// Orders of one stage: whoever else writes waits for no more.
const PLACED_AT_A_TIME: usize = 40_000;

/// Puts orders in place, in the order of their personas.
async fn place(
    stages: &Stages,
    (orders, cx, held): (OrderStore, &Context, &Held),
    mut unplaced: Unplaced,
) -> Result<(), Fault> {
    if unplaced.is_empty() {
        return Ok(());
    }
    let sort = move || {
        unplaced.sort();
        Arc::new(unplaced)
    };
    let sorted = jobs::aside(sort).await?;
    for from in (0..sorted.len()).step_by(PLACED_AT_A_TIME) {
        let (sorted, until) = (Arc::clone(&sorted), sorted.len().min(from + PLACED_AT_A_TIME));
        let (held, now) = (held.clone(), cx.now());
        let some = async move |tx: &mut Tx| {
            held.renew(tx, now).await?;
            orders.place(tx, &sorted, from..until).await
        };
        stages.write(some).await?;
    }
    Ok(())
}

/// Gives orders of personas that somebody else had recorded first to those.
fn replace_taken(orders: &mut [NewOrder], taken: &HashMap<Id<Persona>, Id<Persona>>) {
    if taken.is_empty() {
        return;
    }
    for order in orders {
        if let Some(known) = taken.get(&order.persona) {
            order.persona = *known;
        }
    }
}

/// Reads and prepares on a thread of its own; the channel's bound keeps it from running ahead.
fn read_in_thread(
    imports: &Imports,
    cx: &Context,
    request: Request,
    input: Input,
) -> Result<mpsc::Receiver<Result<Event, Fault>>, Fault> {
    let (events, received) = mpsc::channel(1);
    let preparer = Preparer::new(&imports.vault, cx.shop, request.region);
    let body = move || {
        db::give_way();
        if let Err(fault) = read_all(&request, input, preparer, &events) {
            drop(events.blocking_send(Err(fault)));
        }
    };
    thread::Builder::new().name("import-reader".to_owned()).spawn(body).map_err(Fault::internal)?;
    Ok(received)
}

fn read_all(
    request: &Request,
    input: Input,
    mut preparer: Preparer,
    events: &mpsc::Sender<Result<Event, Fault>>,
) -> Result<(), Fault> {
    let mut reader = match input {
        Input::File(file) => files::open_file(file, &request.options)?,
        Input::Stream(stream) => files::open(stream, &request.options)?,
        Input::Spool(spool) => files::open_sealed(spool, &request.options)?,
    };
    let mut row = OrderRow::default();
    let mut batch_rows = BATCH_ROWS.start;
    while let Some(result) = reader.next(&mut row)? {
        db::breathe();
        match result {
            Ok(()) => preparer.take(&row),
            Err(reject) => preparer.reject(reject),
        }
        if preparer.rows_waiting() >= batch_rows {
            batch_rows = (batch_rows * 2).min(BATCH_ROWS.end);
            let batch = preparer.finish(reader.bytes_read());
            if events.blocking_send(Ok(Event::Batch(Box::new(batch)))).is_err() {
                return Ok(()); // the import has failed and hears no more
            }
        }
    }
    let last = preparer.finish(reader.bytes_read());
    drop(events.blocking_send(Ok(Event::Batch(Box::new(last)))));
    let notes = reader.notes().into_iter().map(|note| note.message.into_owned()).collect();
    let columns = reader
        .columns()
        .into_iter()
        .map(|used| (used.name, used.field.map(|field| field.to_string())))
        .collect();
    drop(events.blocking_send(Ok(Event::End { notes, columns })));
    Ok(())
}

/// Reads a file without storing anything: what would be taken, what would be rejected.
pub(super) fn rehearse(
    imports: &Imports,
    cx: &Context,
    request: &Request,
    input: Input,
    rejected: &mut (dyn FnMut(&[Reject]) -> Result<(), Fault> + Send),
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Summary, Fault> {
    let started = Instant::now();
    let (events, mut received) = mpsc::channel(2);
    let preparer = Preparer::new(&imports.vault, cx.shop, request.region);
    let mut summary = Summary::default();
    let mut last_order = None;
    let outcome = thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let events = events;
            read_all(request, input, preparer, &events)
        });
        while let Some(event) = received.blocking_recv() {
            match event? {
                Event::Batch(batch) => {
                    rejected(&batch.rejects)?;
                    summary.rows += batch.rows;
                    summary.rejected += batch.rejects.len() as u64;
                    // The lines of one order may come in two batches.
                    let is_continued = batch
                        .orders
                        .first()
                        .is_some_and(|first| last_order.as_ref() == Some(&first.order.order_id));
                    summary.orders += batch.orders.len() as u64 - u64::from(is_continued);
                    last_order = batch.orders.last().map(|last| last.order.order_id.clone()).or(last_order);
                    summary.lines_new += batch.orders.iter().map(|o| o.order.lines.len() as u64).sum::<u64>();
                    summary.identity_conflicts += batch.conflicts;
                    progress(Progress::Reading {
                        bytes_done: batch.bytes_done,
                        rows: summary.rows,
                        rejected: summary.rejected,
                    });
                }
                Event::End { notes, columns } => (summary.notes, summary.columns) = (notes, columns),
            }
        }
        reading.join().unwrap_or_else(|_| Err(Fault::internal("the reader panicked")))
    });
    outcome?;
    summary.seconds = started.elapsed().as_secs_f64();
    Ok(summary)
}
