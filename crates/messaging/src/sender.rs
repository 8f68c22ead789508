//! The sender: claims many messages with one commit, has them sent side by side, records many outcomes with one commit.
//!
//! What stands in a claim, or was asked for in this process while it had room, has been committed as `sending` before any provider sees it. So whatever happens to this process, a message is either
//! still queued, or its outcome is recorded, or it is one of those in hand, which end as `unknown` and are listed: none is lost, and none is sent twice.

mod deliver;

use std::{collections::HashMap, fmt, future::Future, sync::Arc, time::Duration};

use base::{Clock, Context, Fault, FaultKind, Id, Timestamp};
use db::Tx;
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::sync::{Semaphore, mpsc, watch};

use crate::{
    Composer, Message, Messages, Provider, Purpose, State,
    hands::{self, LEASE_MICROS},
    messages::{context, happening},
    rows::{self, Claimed, Due, Ended, Retried, Sent},
};

/// Fewer outcomes than these wait for a commit of others; more are worth one of their own.
const FEW: usize = 32;
/// Whatever waited longer than this between claim and sending goes back: its lease could run out on the way.
const HANDOVER_MICROS: i64 = 60 * Timestamp::SECOND;
/// How long an idle sender waits before it looks again, unless it is woken.
const IDLE: Duration = Duration::from_millis(200);
/// How often receipts that came too early are looked at.
const SETTLE: Duration = Duration::from_secs(1);
/// Pause after the database refused.
const PAUSE: Duration = Duration::from_secs(1);

/// Sends messages until it is told to stop.
pub struct Sender {
    messages: Messages,
    clock: Arc<dyn Clock>,
    providers: HashMap<String, Arc<dyn Provider>>,
    composers: HashMap<&'static str, Arc<dyn Composer>>,
    in_flight_max: usize,
    holder: String,
}

/// What came of one message, as it will be recorded.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Sent(Sent),
    Ended(Ended),
    Retry(Retried),
}

impl Outcome {
    const fn message(&self) -> Id<Message> {
        match self {
            Self::Sent(sent) => sent.id,
            Self::Ended(ended) => ended.id,
            Self::Retry(retried) => retried.id,
        }
    }
}

/// An outcome with what subscribers are told by.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    outcome: Outcome,
    purpose: Purpose,
    reference: Option<String>,
}

/// What one round over the queue did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Round {
    pub sent: usize,
    pub ended: usize,
    pub put_back: usize,
}

impl Sender {
    pub fn new(messages: Messages, clock: Arc<dyn Clock>, in_flight_max: usize) -> Self {
        let holder = jobs::lease::holder(clock.now());
        Self {
            messages,
            clock,
            providers: HashMap::new(),
            composers: HashMap::new(),
            in_flight_max: in_flight_max.max(1),
            holder,
        }
    }

    /// Registers who carries what routes send by this name.
    #[must_use]
    pub fn provider(mut self, provider: Arc<dyn Provider>) -> Self {
        self.providers.insert(provider.name().to_owned(), provider);
        self
    }

    /// Registers who makes the texts of messages that call it so.
    #[must_use]
    pub fn composer(mut self, name: &'static str, composer: Arc<dyn Composer>) -> Self {
        self.composers.insert(name, composer);
        self
    }

    /// Sends until `stop` says so; what is in hand then is finished and recorded first.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        if let Err(fault) = self.take_over().await {
            tracing::error!(%fault, "messages of processes that ended cannot be looked at");
        }
        let settle = async {
            loop {
                tokio::time::sleep(SETTLE).await;
                if let Err(fault) = self.messages.settle_receipts(&self.clock).await {
                    tracing::warn!(%fault, "early receipts could not be matched");
                }
            }
        };
        let mut flow = Flow::new(self);
        tokio::select! {
            () = flow.run(&mut stop) => {}
            () = settle => {}
        }
    }

    /// One round: sends what is due now, waits for it all, records it. For tests, and for whoever wants to be done when it returns.
    pub async fn run_once(&self) -> Result<Round, Fault> {
        let mut round = Round::default();
        loop {
            let claimed = self.claim(&Arc::new(Semaphore::new(self.in_flight_max))).await?;
            if claimed.is_empty() {
                self.messages.settle_receipts(&self.clock).await?;
                return Ok(round);
            }
            let mut sending: FuturesUnordered<_> =
                claimed.into_iter().map(|claimed| self.deliver(claimed)).collect();
            let mut done = Vec::new();
            while let Some(one) = sending.next().await {
                done.push(one);
            }
            for one in &done {
                match one.outcome {
                    Outcome::Sent(_) => round.sent += 1,
                    Outcome::Ended(_) => round.ended += 1,
                    Outcome::Retry(_) => round.put_back += 1,
                }
            }
            self.record(Arc::new(done)).await?;
        }
    }

    /// Ends the work of processes of this machine that are no more, without waiting for their leases.
    async fn take_over(&self) -> Result<(), Fault> {
        let now = self.clock.now();
        self.messages.db.write(async move |tx| rows::lapse_gone(tx, now).await).await.map(drop)
    }

    /// Claims messages that are due, as many as there is room for, which they take; and gives up as unknown what others had in hand for too long.
    async fn claim(&self, room: &Semaphore) -> Result<Vec<Claimed>, Fault> {
        let (now, limit) = (self.clock.now(), room.available_permits());
        let due = self.messages.db.look(async move |tx| rows::due(tx, now, limit).await).await?;
        let (late, mut free): (Vec<Due>, Vec<Due>) = due.into_iter().partition(|due| due.is_leased);
        // Whoever asked for messages meanwhile may have taken of it.
        let mut places = loop {
            free.truncate(room.available_permits());
            match room.try_acquire_many(u32::try_from(free.len()).unwrap_or(u32::MAX)) {
                Ok(places) => break places,
                Err(tokio::sync::TryAcquireError::NoPermits) => {}
                Err(tokio::sync::TryAcquireError::Closed) => return Ok(Vec::new()),
            }
        };
        if late.is_empty() && free.is_empty() {
            return Ok(Vec::new());
        }
        let claimed = self.take(late, free).await?;
        // Another process may have been first at some.
        if let Some(taken) = places.split(claimed.len()) {
            taken.forget();
        }
        Ok(claimed)
    }

    async fn take(&self, late: Vec<Due>, free: Vec<Due>) -> Result<Vec<Claimed>, Fault> {
        let now = self.clock.now();
        let lease = Id::new(now, &mut rand::rng());
        let (holder, messages, clock) = (self.holder.clone(), self.messages.clone(), Arc::clone(&self.clock));
        self.messages
            .db
            .write_bulk(async move |tx| {
                let mut happened = Vec::new();
                for (shop, message) in rows::lapsed(tx, &late, now).await? {
                    if let Some(row) = rows::get(tx, shop, message).await? {
                        let (cx, reference) = (context(shop, &clock), row.reference.as_deref());
                        messages.tell(tx, &cx, message, State::Unknown, &row.purpose, reference).await?;
                        happened.extend(happening(&cx, message, State::Unknown, &row.purpose));
                    }
                }
                webhooks::announce_each(tx, &happened).await?;
                rows::claim(tx, &free, lease, &holder, now.plus_micros(LEASE_MICROS)).await
            })
            .await
    }

    /// Records outcomes, all with one commit, if they are few with one that others share.
    async fn record(&self, done: Arc<Vec<Done>>) -> Result<(), Fault> {
        if done.len() >= FEW {
            return self.record_now(done).await;
        }
        let (messages, clock) = (self.messages.clone(), Arc::clone(&self.clock));
        self.messages.db.write_patiently(async move |tx| write(&messages, &clock, tx, &done).await).await
    }

    async fn record_now(&self, done: Arc<Vec<Done>>) -> Result<(), Fault> {
        let (messages, clock) = (self.messages.clone(), Arc::clone(&self.clock));
        self.messages.db.write_bulk(async move |tx| write(&messages, &clock, tx, &done).await).await
    }

    /// Records outcomes, each with a commit of its own, after all together were refused. One that is refused alone is left in hand, where its lease runs out and it
    /// ends as unknown; returns those that the database was not there for.
    async fn record_each(&self, batch: Vec<Done>) -> Vec<Done> {
        let mut again = Vec::new();
        for done in batch {
            // While it is not there it need not be asked for each.
            if !again.is_empty() {
                again.push(done);
                continue;
            }
            match self.record_now(Arc::new(vec![done.clone()])).await {
                Ok(()) => {}
                Err(fault) if fault.kind == FaultKind::Unavailable => again.push(done),
                Err(fault) => {
                    let message = done.outcome.message();
                    tracing::error!(%message, %fault, "an outcome cannot be recorded; the message ends in doubt");
                }
            }
        }
        again
    }

    fn context(&self, claimed: &Claimed) -> Context {
        context(claimed.shop, &self.clock)
    }
}

async fn write(messages: &Messages, clock: &Arc<dyn Clock>, tx: &mut Tx, done: &[Done]) -> Result<(), Fault> {
    let (mut sent, mut ended, mut retried) = (Vec::new(), Vec::new(), Vec::new());
    for one in done {
        match &one.outcome {
            Outcome::Sent(outcome) => sent.push(outcome.clone()),
            Outcome::Ended(outcome) => ended.push(outcome.clone()),
            Outcome::Retry(outcome) => retried.push(outcome.clone()),
        }
    }
    rows::sent(tx, &sent).await?;
    rows::end(tx, &ended).await?;
    rows::retry(tx, &retried).await?;
    let mut happened = Vec::new();
    for one in done {
        let (shop, id, state) = match &one.outcome {
            Outcome::Sent(sent) => (sent.shop, sent.id, State::Sent),
            Outcome::Ended(ended) => (ended.shop, ended.id, ended.state),
            Outcome::Retry(_) => continue,
        };
        let cx = context(shop, clock);
        messages.tell(tx, &cx, id, state, &one.purpose, one.reference.as_deref()).await?;
        happened.extend(happening(&cx, id, state, &one.purpose));
    }
    webhooks::announce_each(tx, &happened).await
}

/// The running state of a sender: what is being sent, what waits to be recorded, and the one claim and the one commit that are under way.
struct Flow<'a> {
    sender: &'a Sender,
    sending: FuturesUnordered<BoxFuture<'a, Done>>,
    to_record: Vec<Done>,
    /// The batch that is being committed, kept until it is.
    recording: Option<(Arc<Vec<Done>>, BoxFuture<'a, Result<(), Fault>>)>,
    claiming: Option<BoxFuture<'a, Result<Vec<Claimed>, Fault>>>,
    /// What was asked for in this process.
    given: mpsc::UnboundedReceiver<Vec<Claimed>>,
    /// For how many more messages there is room: those that were promised to it, are being sent, or wait to be recorded have theirs.
    room: Arc<Semaphore>,
    /// Whether the queue may hold more that is due.
    is_hungry: bool,
}

impl<'a> Flow<'a> {
    fn new(sender: &'a Sender) -> Self {
        let room = Arc::new(Semaphore::new(sender.in_flight_max));
        Self {
            sender,
            given: sender.messages.hands.open(&sender.holder, &room),
            room,
            sending: FuturesUnordered::new(),
            to_record: Vec::new(),
            recording: None,
            claiming: None,
            is_hungry: true,
        }
    }

    /// Whether it has nothing in hand, and nobody promised it anything.
    fn is_empty_handed(&self) -> bool {
        self.room.available_permits() == self.sender.in_flight_max
    }

    async fn run(&mut self, stop: &mut watch::Receiver<bool>) {
        let wake = Arc::clone(&self.sender.messages.wake);
        let mut look = tokio::time::interval(IDLE);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let is_stopping = *stop.borrow();
            if is_stopping {
                self.sender.messages.hands.close();
            }
            if is_stopping && self.claiming.is_none() && self.is_empty_handed() {
                return;
            }
            self.begin(is_stopping);
            tokio::select! {
                Some(done) = self.sending.next() => self.take_done(done),
                result = pending(self.recording.as_mut().map(|(_, recording)| recording)) => self.recorded(result).await,
                result = pending(self.claiming.as_mut()) => self.claimed(result).await,
                Some(given) = self.given.recv() => self.take_given(given),
                () = wake.notified() => self.is_hungry = true,
                _ = look.tick() => self.is_hungry = true,
                _ = stop.changed(), if !is_stopping => {}
            }
        }
    }

    /// Begins the next commit and the next claim, where there is need and room.
    fn begin(&mut self, is_stopping: bool) {
        if self.recording.is_none() && !self.to_record.is_empty() {
            let batch = Arc::new(std::mem::take(&mut self.to_record));
            let recording = self.sender.record(Arc::clone(&batch)).boxed();
            self.recording = Some((batch, recording));
        }
        let room = self.room.available_permits();
        // Small claims would cost a commit each; with little room it waits for more.
        let is_worth_it = room >= hands::of_queue(self.sender.in_flight_max);
        if self.claiming.is_none() && self.is_hungry && is_worth_it && !is_stopping {
            self.is_hungry = false;
            let (sender, room) = (self.sender, Arc::clone(&self.room));
            self.claiming = Some(async move { sender.claim(&room).await }.boxed());
        }
    }

    /// Takes one outcome, and all others that are there already.
    fn take_done(&mut self, done: Done) {
        self.to_record.push(done);
        while let Some(Some(done)) = self.sending.next().now_or_never() {
            self.to_record.push(done);
        }
    }

    async fn recorded(&mut self, result: Result<(), Fault>) {
        let Some((batch, _)) = self.recording.take() else { return };
        let Err(fault) = result else {
            self.room.add_permits(batch.len());
            return;
        };
        tracing::error!(%fault, messages = batch.len(), "outcomes could not be recorded; they will be tried again");
        let mut again = Arc::unwrap_or_clone(batch);
        // Were one refused for what it says, all would be for ever.
        if fault.kind != FaultKind::Unavailable {
            let all = again.len();
            again = self.sender.record_each(again).await;
            self.room.add_permits(all - again.len());
        }
        if !again.is_empty() {
            // What is new comes after what was before.
            again.append(&mut self.to_record);
            self.to_record = again;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Takes what was asked for in this process, and all more of it that is there already.
    fn take_given(&mut self, given: Vec<Claimed>) {
        self.send(given);
        while let Ok(given) = self.given.try_recv() {
            self.send(given);
        }
    }

    fn send(&mut self, claimed: Vec<Claimed>) {
        let sender = self.sender;
        self.sending.extend(claimed.into_iter().map(|claimed| sender.deliver(claimed).boxed()));
    }

    async fn claimed(&mut self, result: Result<Vec<Claimed>, Fault>) {
        self.claiming = None;
        match result {
            Ok(claimed) => {
                self.is_hungry |= !claimed.is_empty();
                self.send(claimed);
            }
            Err(fault) => {
                tracing::error!(%fault, "the queue of messages cannot be read");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl Drop for Flow<'_> {
    fn drop(&mut self) {
        self.sender.messages.hands.close();
    }
}

/// The future if there is one; else nothing ever comes.
async fn pending<F: Future + Unpin>(future: Option<&mut F>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sender({} providers, {} composers)", self.providers.len(), self.composers.len())
    }
}
