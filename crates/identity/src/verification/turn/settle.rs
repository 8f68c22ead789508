//! What comes after a turn: proofs that no known holder can have given, and that the turn itself did not settle. An account is opened for each, by one commit for all of
//! the turn, outside of the turn, which others wait for; whoever asked is answered then. Should it fail, each is tried alone, and the job that was noted with the
//! proofs of a turn does later what still fails.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use base::{Context, Fault, FaultKind, Id, Timestamp};
use customers::{Customer, Proof, Whose};
use db::together::{self, Together, Turn};
use jobs::Job;

use super::{Answer, Means};
use crate::verification::{HOLDER_OTHER, HOLDER_SILENT, Happening, Verification, rows};

/// How long the job waits that settles a proof if nobody does before.
pub(super) const LATER_MICROS: i64 = 10 * Timestamp::SECOND;

/// Most accounts that are opened by one commit.
const SETTLED_MAX: usize = 256;

/// An approved verification of which nobody is known to be the holder.
#[derive(Clone, Debug)]
pub(super) struct Unsettled {
    pub id: Id<Verification>,
    pub proof: Proof,
    /// Settles it later, with all others of its turn.
    pub job: Id<Job>,
    /// How many these are.
    pub of_job: usize,
}

/// Whose proofs are, of those that could be settled; some are nobody's.
pub(super) type Holders = HashMap<Id<Verification>, Option<Id<Customer>>>;

/// Those of several turns are settled together: each would else write the end of the same audit trail.
#[derive(Debug, Default)]
pub(super) struct Settling(Together<Vec<Unsettled>, Arc<Holders>>);

impl Settling {
    /// Whose these proofs are; none of those that a job will have to settle.
    pub async fn settle(&self, means: &Arc<Means>, unsettled: Vec<Unsettled>) -> Arc<Holders> {
        let means = Arc::clone(means);
        let serve = move |batch: Vec<together::Asked<_, _>>, turn: Turn| {
            let means = Arc::clone(&means);
            async move {
                let (of_turns, waiting): (Vec<Vec<Unsettled>>, Vec<_>) =
                    batch.into_iter().map(together::Asked::split).unzip();
                let mut holders = Holders::new();
                for some in of_turns.concat().chunks(SETTLED_MAX) {
                    holders.extend(settle_each(&means, some).await);
                }
                let holders = Arc::new(holders);
                drop(turn);
                waiting.into_iter().for_each(|waiting| waiting.answer(Ok(Arc::clone(&holders))));
            }
        };
        self.0.ask(unsettled, serve).await.and_then(Result::ok).unwrap_or_default()
    }
}

/// Whose these are, of those that could be settled: one that cannot keeps none of the others from it.
async fn settle_each(means: &Arc<Means>, unsettled: &[Unsettled]) -> Holders {
    let mut holders = match settle(means, unsettled.to_vec()).await {
        Ok(holders) => return holders,
        Err(fault) if unsettled.len() < 2 || fault.kind == FaultKind::Unavailable => {
            tracing::warn!(%fault, "proofs are settled later");
            return Holders::new();
        }
        Err(_) => Holders::new(),
    };
    for one in unsettled {
        match settle(means, vec![one.clone()]).await {
            Ok(holder) => holders.extend(holder),
            Err(fault) => tracing::warn!(%fault, verification = %one.id, "a proof is settled later"),
        }
    }
    holders
}

async fn settle(means: &Arc<Means>, unsettled: Vec<Unsettled>) -> Result<Holders, Fault> {
    let own = Arc::clone(means);
    let settled = means.db.write(async move |tx| {
        let proofs: Vec<Proof> = unsettled.iter().map(|one| one.proof.clone()).collect();
        let proven = own.customers.prove_each(tx, &proofs).await?;
        let (mut holders, mut left, mut told) = (Vec::new(), BTreeMap::new(), Vec::new());
        for (one, whose) in unsettled.iter().zip(proven) {
            if whose.is_settled() {
                let cx = &one.proof.cx;
                holders.push((cx.shop, one.id, whose.customer()));
                let happening = not_theirs(cx, one.proof.customer, whose);
                told.extend(happening.map(|happening| (cx.shop, one.id, happening)));
                *left.entry(one.job).or_insert(one.of_job) -= 1;
            }
        }
        rows::set_customers(tx, &holders).await?;
        rows::tell(tx, told).await?;
        let done: Vec<Id<Job>> =
            left.into_iter().filter(|(_, left)| *left == 0).map(|(job, _)| job).collect();
        ::jobs::withdraw(tx, &done).await?;
        Ok(holders.into_iter().map(|(_, id, customer)| (id, customer)).collect())
    });
    settled.await
}

/// What the story of a proof tells that was to be that of a customer, and is not.
pub(in crate::verification) fn not_theirs(
    cx: &Context,
    named: Option<Id<Customer>>,
    whose: Whose,
) -> Option<Happening> {
    let named = named.filter(|named| whose.customer() != Some(*named))?;
    let kind = if whose == Whose::Silents { HOLDER_SILENT } else { HOLDER_OTHER };
    Some(of_whom(cx, kind, named))
}

pub(super) fn of_whom(cx: &Context, kind: &str, about: Id<Customer>) -> Happening {
    let (at, actor) = (cx.now(), cx.actor.to_string());
    Happening { at, kind: kind.to_owned(), reason: None, channel: None, actor, about: Some(about) }
}

/// Says in an answer whose its verification is.
pub(super) fn tell(answer: &mut Answer, holders: &Holders) {
    let Answer::Checked(checked) = answer else { return };
    let Some(verification) = &mut checked.verification else { return };
    if let Some(holder) = holders.get(&verification.id) {
        verification.customer = *holder;
    }
}

/// Whether an answer waits for these to be settled.
pub(super) fn is_of(answer: &Answer, unsettled: &[Unsettled]) -> bool {
    let Answer::Checked(checked) = answer else { return false };
    checked.verification.as_ref().is_some_and(|one| unsettled.iter().any(|open| open.id == one.id))
}

/// A proof as the accounts of a shop take it.
pub(super) fn proof(cx: &Context, one: &Verification, is_known: bool) -> Proof {
    let at = one.ended_at.unwrap_or_else(|| cx.now());
    Proof { cx: cx.clone(), number: one.number, customer: one.customer, is_known, at }
}
