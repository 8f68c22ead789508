//! The sender: claims what is due, makes the calls side by side, records each with its outcome.
//!
//! A claim is a lease. Whoever dies with a call in hand loses it, and the call is made again: a receiver may be told twice, with the same `webhook-id`, and is never told
//! nothing. Calls to one endpoint are few at a time, so that a slow one holds up only what is told to it.

mod call;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use base::{Clock, Fault, FaultKind, Id, Timestamp};
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use outward::Client;
use tokio::sync::watch;

use crate::{
    DisabledWhy, Endpoint, Settings, Webhooks,
    rows::{self, Kept, health, work},
    schedule,
    service::context,
};

/// How long a call may take, from looking the address up to the end of the answer.
const ANSWER: Duration = Duration::from_secs(15);
/// How much of an answer is kept.
const ANSWER_OCTETS_MAX: usize = 1_000;
/// How long a claim lasts: longer than a call, with all that comes before and after.
const LEASE_MICROS: i64 = 60 * Timestamp::SECOND;
/// How long an idle sender waits before it looks again, unless it is woken.
const IDLE: Duration = Duration::from_millis(250);
/// Pause after the database refused.
const PAUSE: Duration = Duration::from_secs(1);

/// Makes calls until it is told to stop.
pub struct Sender {
    webhooks: Webhooks,
    clock: Arc<dyn Clock>,
    client: Client,
    settings: Settings,
    holder: String,
}

/// A claimed delivery with the endpoint that it goes to.
#[derive(Clone, Debug)]
struct InHand {
    claimed: work::Claimed,
    to: Arc<Kept>,
}

impl Sender {
    pub fn new(webhooks: Webhooks, clock: Arc<dyn Clock>, settings: &Settings) -> Self {
        let holder = jobs::lease::holder(clock.now());
        let client = Client::new(webhooks.reach.as_ref().clone()).within(ANSWER).beginning(ANSWER_OCTETS_MAX);
        Self { webhooks, clock, client, settings: settings.clone(), holder }
    }

    /// Makes calls until `stop` says so; those in hand then are finished and recorded first.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        if let Err(fault) = self.take_over().await {
            tracing::error!(%fault, "calls of processes that ended cannot be looked at");
        }
        let mut flow = Flow::default();
        let mut look = tokio::time::interval(IDLE);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let is_stopping = *stop.borrow();
            if is_stopping && flow.calls.is_empty() {
                return;
            }
            if !is_stopping && let Err(fault) = flow.fill(self).await {
                tracing::error!(%fault, "what is to be told cannot be read");
                tokio::time::sleep(PAUSE).await;
            }
            tokio::select! {
                Some(endpoint) = flow.calls.next() => flow.ended(endpoint),
                () = self.webhooks.wake.notified() => flow.is_hungry = true,
                _ = look.tick() => flow.is_hungry = true,
                _ = stop.changed(), if !is_stopping => {}
            }
        }
    }

    /// Tells all that is due now, and returns when it is done; how many calls these were. For tests, and for whoever wants to be done when it returns.
    pub async fn run_once(&self) -> Result<usize, Fault> {
        let (mut flow, mut calls) = (Flow::default(), 0);
        loop {
            flow.is_hungry = true;
            flow.fill(self).await?;
            let Some(endpoint) = flow.calls.next().await else { return Ok(calls) };
            flow.ended(endpoint);
            calls += 1;
        }
    }

    /// Takes over what processes of this machine had in hand that are no more, without waiting for their leases.
    async fn take_over(&self) -> Result<(), Fault> {
        let now = self.clock.now();
        self.webhooks.db.write(async move |tx| work::lapse_gone(tx, now).await).await.map(drop)
    }

    /// Claims what is due, as far as there is room.
    async fn claim(&self, in_hand: &HashMap<Id<Endpoint>, usize>) -> Result<Vec<InHand>, Fault> {
        let busy: usize = in_hand.values().sum();
        let mut room = self.settings.in_flight_max.max(1).saturating_sub(busy);
        if room == 0 {
            return Ok(Vec::new());
        }
        let (in_hand, now) = (in_hand.clone(), self.clock.now());
        let each = self.settings.in_flight_of_endpoint_max.max(1);
        let (endpoints, mut due) = self
            .webhooks
            .db
            .read(async move |tx| {
                let endpoints = rows::enabled(tx).await?;
                let rooms: Vec<work::Room> = endpoints
                    .iter()
                    .map(|kept| {
                        (kept, each.saturating_sub(in_hand.get(&kept.endpoint.id).copied().unwrap_or(0)))
                    })
                    .filter(|(_, room)| *room > 0)
                    .map(|(kept, room)| (kept.shop, kept.endpoint.id, room))
                    .collect();
                let due = work::due(tx, &rooms, now).await?;
                Ok((endpoints, due))
            })
            .await?;
        due.truncate(room);
        room = due.len();
        if room == 0 {
            return Ok(Vec::new());
        }
        let lease = Id::new(now, &mut rand::rng());
        let (holder, until) = (self.holder.clone(), now.plus_micros(LEASE_MICROS));
        let claimed = self
            .webhooks
            .db
            .write_bulk(async move |tx| work::claim(tx, &due, lease, &holder, (now, until)).await)
            .await?;
        let endpoints: HashMap<Id<Endpoint>, Arc<Kept>> =
            endpoints.into_iter().map(|kept| (kept.endpoint.id, Arc::new(kept))).collect();
        let with_endpoint = |claimed: work::Claimed| {
            Some(InHand { to: Arc::clone(endpoints.get(&claimed.endpoint)?), claimed })
        };
        Ok(claimed.into_iter().filter_map(with_endpoint).collect())
    }

    /// Makes a call and records what came of it.
    async fn tell(&self, in_hand: InHand) -> Id<Endpoint> {
        let endpoint = in_hand.claimed.endpoint;
        if let Err(fault) = self.tell_and_record(&in_hand).await {
            // Its lease runs out, and it is told again.
            tracing::error!(delivery = %in_hand.claimed.id, %endpoint, %fault, "the outcome of a call cannot be recorded");
        }
        endpoint
    }

    async fn tell_and_record(&self, in_hand: &InHand) -> Result<(), Fault> {
        let called = self.call(in_hand).await?;
        let (now, failure) = (self.clock.now(), called.attempt.failure.clone());
        let (claimed, is_gone) = (in_hand.claimed.clone(), called.attempt.status == Some(call::GONE));
        let of = (claimed.shop, claimed.endpoint);
        let failing_since = self
            .webhooks
            .db
            .write_bulk(async move |tx| {
                if !work::record(tx, &claimed, &called).await? {
                    return Ok(None);
                }
                health::note(tx, of, failure.as_deref(), now).await
            })
            .await?;
        let why = if is_gone {
            Some(DisabledWhy::Gone)
        } else {
            schedule::is_given_up(failing_since, now).then_some(DisabledWhy::Failing)
        };
        if let Some(why) = why {
            tracing::warn!(endpoint = %of.1, %why, "an endpoint is told nothing any more");
            match self.webhooks.disable_for(&context(of.0, &self.clock), of.1, why).await {
                // It was removed meanwhile.
                Err(fault) if fault.kind == FaultKind::NotFound => {}
                disabled => drop(disabled?),
            }
        }
        Ok(())
    }
}

/// The running state of a sender: the calls that are being made, and how many of each endpoint.
struct Flow<'a> {
    calls: FuturesUnordered<BoxFuture<'a, Id<Endpoint>>>,
    in_hand: HashMap<Id<Endpoint>, usize>,
    /// Whether there may be more that is due.
    is_hungry: bool,
}

impl Default for Flow<'_> {
    fn default() -> Self {
        Self { calls: FuturesUnordered::new(), in_hand: HashMap::new(), is_hungry: true }
    }
}

impl<'a> Flow<'a> {
    /// Begins what is due.
    async fn fill(&mut self, sender: &'a Sender) -> Result<(), Fault> {
        if !std::mem::take(&mut self.is_hungry) {
            return Ok(());
        }
        for in_hand in sender.claim(&self.in_hand).await? {
            *self.in_hand.entry(in_hand.claimed.endpoint).or_default() += 1;
            self.calls.push(sender.tell(in_hand).boxed());
        }
        Ok(())
    }

    /// A call ended: there is room for another.
    fn ended(&mut self, endpoint: Id<Endpoint>) {
        if let Some(count) = self.in_hand.get_mut(&endpoint) {
            *count -= 1;
            if *count == 0 {
                self.in_hand.remove(&endpoint);
            }
        }
        self.is_hungry = true;
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sender({})", self.holder)
    }
}
