//! The verbs of runs: ask for one, run one, look at one, say what one would do.

use std::collections::HashSet;

use base::{Context, Fault, FaultKind, Id, ShopId, Timestamp};
use db::{
    Tx,
    audit::{self, Entry},
};
use futures::{FutureExt as _, future::BoxFuture};
use jobs::{
    Job,
    lease::{self, Held, Holding},
};

use super::{Decided, Outcome, Renormalisation, RenormalisationView, Renormalising, RunState, decide};
use crate::{
    identity::plan_version,
    registry::{Customers, LEASE},
    rows::{
        facts, marks,
        renormalisations::{self as runs, RunRow},
        rereadings::{self, Cursor},
    },
};

/// The kind of the jobs that run what was asked for.
pub const JOB_KIND: &str = "customers.renormalise";

/// Personas read at a time: a transaction of some hundred milliseconds at most.
const BATCH: usize = 4_000;

impl Customers {
    /// What a run would do; nothing is written. `progress` hears how many records are read, and of how many.
    pub async fn rehearse_renormalisation(
        &self,
        cx: &Context,
        mut progress: impl FnMut(Renormalising),
    ) -> Result<Outcome, Fault> {
        let (shop, mut after, mut outcome) = (cx.shop, Cursor::START, Outcome::default());
        let count =
            async move |tx: &mut Tx| rereadings::count_old(tx, shop, plan_version(), &Cursor::START).await;
        let total = self.linker().db.read_bulk(count).await?;
        while let Some((decided, last)) = self.next_batch(shop, after).await? {
            outcome.add(decided.outcome);
            progress(Renormalising::Reading { done: outcome.records, total });
            after = last;
        }
        Ok(outcome)
    }

    /// Reads the batch after a cursor and decides it, on the reader's thread, so that no thread that answers requests is kept busy.
    async fn next_batch(&self, shop: ShopId, after: Cursor) -> Result<Option<(Decided, Cursor)>, Fault> {
        let vault = self.linker().vault.clone();
        self.linker()
            .db
            .read_bulk(async move |tx| {
                let batch = rereadings::old_readings(tx, shop, plan_version(), &after, BATCH).await?;
                let Some(last) = batch.last() else { return Ok(None) };
                let last = Cursor { anchor: last.anchor, content: last.content.to_vec() };
                Ok(Some((decide(&vault, shop, &batch, after.anchor)?, last)))
            })
            .await
    }

    /// Asks for a run, which a worker does. One that was asked for and has not ended is taken up again instead. Once this returns, it happens, whatever crashes.
    pub async fn request_renormalisation(&self, cx: &Context) -> Result<RenormalisationView, Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        self.linker()
            .db
            .write(async move |tx| {
                let held = lease::holding(tx, cx.shop, LEASE).await?;
                let open = runs::newest(tx, cx.shop).await?.filter(|run| !run.state.has_ended());
                let state = open.as_ref().map(|run| standing(run, held.as_ref(), cx.now()));
                let run = match (open, state) {
                    (Some(run), Some(RunState::Interrupted)) => {
                        RunRow { state: RunState::Queued, holder: None, ..run }
                    }
                    (Some(run), _) => return Ok(told(run, held.as_ref(), cx.now())),
                    (None, _) => this.begin(tx, &cx, RunState::Queued).await?,
                };
                runs::update(tx, cx.shop, &run).await?;
                let payload = serde_json::json!({ "renormalisation": run.id });
                jobs::enqueue(tx, &cx, JOB_KIND, &payload, cx.now()).await?;
                Ok(told(run, held.as_ref(), cx.now()))
            })
            .await
    }

    /// A new run; the audit trail says who asked for it.
    async fn begin(&self, tx: &mut Tx, cx: &Context, state: RunState) -> Result<RunRow, Fault> {
        let run = RunRow {
            id: cx.new_id(),
            state,
            plan_version: plan_version().to_owned(),
            after: Cursor::START,
            records_total: 0, // counted when it is taken up
            outcome: Outcome::default(),
            fault: None,
            holder: None,
            created_at: cx.now(),
            finished_at: None,
        };
        runs::insert(tx, cx.shop, &run).await?;
        self.note_run(tx, cx, &run, "numbers.renormalise", serde_json::json!({ "plans": run.plan_version }))
            .await?;
        Ok(run)
    }

    async fn note_run(
        &self,
        tx: &mut Tx,
        cx: &Context,
        run: &RunRow,
        action: &str,
        details: serde_json::Value,
    ) -> Result<(), Fault> {
        let indexes = self.linker().vault.indexes(cx.shop);
        let subject = audit::subject("renormalisation", run.id);
        let entry = Entry { action, subject, customer: None, reason: "numbering plans changed", details };
        audit::append(tx, cx, &indexes, entry).await?;
        Ok(())
    }

    /// Runs to the end: a run that was interrupted or waits is gone on with, else a new one is begun. Waits while an import of the shop runs.
    pub async fn renormalise(
        &self,
        cx: &Context,
        progress: &mut (dyn FnMut(Renormalising) + Send),
    ) -> Result<RenormalisationView, Fault> {
        let held = self.wait_for_lease(cx).await?;
        let (this, context) = (self.clone(), cx.clone());
        let taken = self
            .linker()
            .db
            .write(async move |tx| {
                match runs::newest(tx, context.shop).await?.filter(|run| !run.state.has_ended()) {
                    Some(run) => Ok(run),
                    None => this.begin(tx, &context, RunState::Running).await,
                }
            })
            .await;
        let result = match taken {
            Ok(run) => self.drive_to_end(cx, run, &held, Again::Never, progress).await,
            Err(fault) => Err(fault),
        };
        held.release(&self.linker().db).await?;
        result
    }

    /// Runs what was asked for.
    async fn run_queued(&self, cx: &Context, id: Id<Renormalisation>, again: Again) -> Result<(), Fault> {
        let held = self.wait_for_lease(cx).await?;
        let shop = cx.shop;
        let found = self.linker().db.read(async move |tx| runs::get(tx, shop, id).await).await;
        let result = match found {
            Ok(Some(run)) if !run.state.has_ended() => {
                self.drive_to_end(cx, run, &held, again, &mut |_| ()).await.map(drop)
            }
            Ok(_) => Ok(()), // somebody at a shell was quicker
            Err(fault) => Err(fault),
        };
        held.release(&self.linker().db).await?;
        match result {
            Err(fault) if again == Again::Later && is_passing(&fault) => Err(fault),
            _ => Ok(()), // its row tells how it ended
        }
    }

    /// Asks every second.
    async fn wait_for_lease(&self, cx: &Context) -> Result<Held, Fault> {
        loop {
            if let Some(held) = lease::take(&self.linker().db, cx, LEASE).await? {
                return Ok(held);
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }

    async fn drive_to_end(
        &self,
        cx: &Context,
        mut run: RunRow,
        held: &Held,
        again: Again,
        progress: &mut (dyn FnMut(Renormalising) + Send),
    ) -> Result<RenormalisationView, Fault> {
        let result = self.drive(cx, &mut run, held, progress).await;
        run.holder = None;
        let later = again == Again::Later && result.as_ref().is_err_and(is_passing);
        if later {
            run.state = RunState::Queued;
        } else {
            run.state = if result.is_ok() { RunState::Done } else { RunState::Failed };
            run.fault = result
                .as_ref()
                .err()
                .map(|fault| serde_json::json!({ "code": fault.code, "message": fault.message }));
            run.finished_at = Some(cx.now());
        }
        let (this, context, ended) = (self.clone(), cx.clone(), run.clone());
        self.linker()
            .db
            .write(async move |tx| {
                runs::update(tx, context.shop, &ended).await?;
                if later {
                    return Ok(());
                }
                let details = match &ended.fault {
                    None => serde_json::to_value(&ended.outcome).map_err(Fault::internal)?,
                    Some(fault) => fault.clone(),
                };
                let action =
                    if ended.fault.is_none() { "numbers.renormalised" } else { "numbers.renormalise_failed" };
                this.note_run(tx, &context, &ended, action, details).await
            })
            .await?;
        result.map(|()| told(run, None, cx.now()))
    }

    async fn drive(
        &self,
        cx: &Context,
        run: &mut RunRow,
        held: &Held,
        progress: &mut (dyn FnMut(Renormalising) + Send),
    ) -> Result<(), Fault> {
        self.take_up(cx, run, held).await?;
        while run.state == RunState::Running {
            let next = self.next_batch(cx.shop, run.after.clone()).await?;
            let rereadings = match next {
                Some((decided, last)) => {
                    run.outcome.add(decided.outcome);
                    run.after = last;
                    decided.rereadings
                }
                None => {
                    run.state = RunState::Linking;
                    Vec::new()
                }
            };
            self.write_batch(cx, run, held, rereadings).await?;
            progress(Renormalising::Reading { done: run.outcome.records, total: run.records_total });
        }
        let linked = self
            .linker()
            .relink_marked(cx, Some(held), |done, total| progress(Renormalising::Linking { done, total }))
            .await?;
        run.outcome.links_recorded += linked.links_recorded;
        run.outcome.links_retracted += linked.links_retracted;
        Ok(())
    }

    /// Says in the run's row that this process runs it now. One that another plan began starts anew: what it has recorded counts all the same.
    async fn take_up(&self, cx: &Context, run: &mut RunRow, held: &Held) -> Result<(), Fault> {
        if run.plan_version != plan_version() {
            (run.after, run.outcome) = (Cursor::START, Outcome::default());
            run.plan_version = plan_version().to_owned();
            run.state = RunState::Running;
        }
        if run.state != RunState::Linking {
            run.state = RunState::Running;
        }
        run.holder = Some(lease::this_process());
        let (shop, now, held, taken) = (cx.shop, cx.now(), held.clone(), run.clone());
        let after = run.after.clone();
        let count = async move |tx: &mut Tx| rereadings::count_old(tx, shop, plan_version(), &after).await;
        run.records_total = taken.outcome.records + self.linker().db.read_bulk(count).await?;
        let taken = RunRow { records_total: run.records_total, ..taken };
        let write = async move |tx: &mut Tx| {
            held.renew(tx, now).await?;
            runs::update(tx, shop, &taken).await
        };
        self.linker().db.write(write).await
    }

    /// One transaction: what was read anew, the marks for linking, how far the run is, the lease.
    async fn write_batch(
        &self,
        cx: &Context,
        run: &RunRow,
        held: &Held,
        rereadings: Vec<rereadings::Rereading>,
    ) -> Result<(), Fault> {
        let (shop, now, held, run) = (cx.shop, cx.now(), held.clone(), run.clone());
        self.linker()
            .db
            .write_bulk(async move |tx| {
                held.renew(tx, now).await?;
                let places: Vec<_> = rereadings.iter().map(|new| (new.persona, new.anchor)).collect();
                let stored = facts::by_places(tx, shop, &places).await?;
                // Somebody may have been erased since the batch was read.
                let alive: HashSet<_> =
                    stored.iter().filter(|one| one.wrapped_key.is_some()).map(|one| one.id).collect();
                let new: Vec<_> =
                    rereadings.iter().filter(|new| alive.contains(&new.persona)).cloned().collect();
                rereadings::insert(tx, shop, &new, plan_version(), now).await?;
                // Where they are kept, where their number was, and where it is now.
                let mut anchors: Vec<_> = new
                    .iter()
                    .flat_map(|new| [(new.anchor, new.persona), (new.current_anchor, new.persona)])
                    .collect();
                let before = stored.iter().filter_map(|one| Some((vault::anchor_of(&one.number?.0), one.id)));
                anchors.extend(before);
                anchors.sort_unstable();
                anchors.dedup_by_key(|(anchor, _)| *anchor);
                marks::mark(tx, shop, &anchors).await?;
                runs::update(tx, shop, &run).await
            })
            .await
    }

    /// One run.
    pub async fn renormalisation(
        &self,
        cx: &Context,
        id: Id<Renormalisation>,
    ) -> Result<RenormalisationView, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        let read = async move |tx: &mut Tx| {
            let held = lease::holding(tx, shop, LEASE).await?;
            Ok(runs::get(tx, shop, id).await?.map(|run| told(run, held.as_ref(), now)))
        };
        let unknown =
            || Fault::not_found("renormalisation_unknown", "There is no renormalisation with this id.");
        self.linker().db.read(read).await?.ok_or_else(unknown)
    }

    /// The run that was asked for last.
    pub async fn last_renormalisation(&self, cx: &Context) -> Result<Option<RenormalisationView>, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        let read = async move |tx: &mut Tx| {
            let held = lease::holding(tx, shop, LEASE).await?;
            Ok(runs::newest(tx, shop).await?.map(|run| told(run, held.as_ref(), now)))
        };
        self.linker().db.read(read).await
    }

    /// How many records were read by another plan than today's, if no run over them has been done since the plan changed; else none.
    pub async fn renormalisation_due(&self, cx: &Context) -> Result<u64, Fault> {
        let shop = cx.shop;
        let read = async move |tx: &mut Tx| {
            let done = runs::newest(tx, shop).await?;
            if done.is_some_and(|run| run.state == RunState::Done && run.plan_version == plan_version()) {
                return Ok(0);
            }
            rereadings::count_old(tx, shop, plan_version(), &Cursor::START).await
        };
        self.linker().db.read_bulk(read).await
    }
}

/// How a run stands: what its row says is believed only while its process is there. `held` is who has the lease that a run holds.
fn standing(run: &RunRow, held: Option<&Holding>, now: Timestamp) -> RunState {
    let is_run = matches!(run.state, RunState::Running | RunState::Linking);
    let holds = |process: &String| held.is_some_and(|held| held.until > now && held.is_of(process));
    let is_alive = |process: &String| lease::is_alive_here(process).unwrap_or_else(|| holds(process));
    if is_run && !run.holder.as_ref().is_some_and(is_alive) { RunState::Interrupted } else { run.state }
}

fn told(run: RunRow, held: Option<&Holding>, now: Timestamp) -> RenormalisationView {
    RenormalisationView {
        id: run.id,
        state: standing(&run, held, now),
        plan_version: run.plan_version,
        records_total: run.records_total,
        outcome: run.outcome,
        fault: run.fault,
        created_at: run.created_at,
        finished_at: run.finished_at,
    }
}

/// Whether a run that failed for want of something will be run again by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Again {
    Later,
    Never,
}

/// Something needed was not there; another time it may be.
fn is_passing(fault: &Fault) -> bool {
    fault.kind == FaultKind::Unavailable
}

/// Runs for the worker what was asked for.
#[derive(Debug)]
pub struct Handler(pub Customers);

impl jobs::Handler for Handler {
    fn run<'a>(&'a self, cx: &'a Context, job: &'a Job) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let id = job.payload.get("renormalisation").and_then(|id| id.as_str());
            let id = id.and_then(|id| id.parse().ok());
            let id =
                id.ok_or_else(|| Fault::invalid("job_malformed", "The job names no renormalisation."))?;
            let again = if job.attempt < jobs::ATTEMPTS_MAX { Again::Later } else { Again::Never };
            self.0.run_queued(cx, id, again).await
        }
        .boxed()
    }
}
