//! What other rules would have decided about what was assessed before. Nothing is changed by it, and nobody is asked anything.

use std::collections::BTreeMap;

use base::{Context, Fault, Id, Timestamp};
use numbering::PhoneNumber;

use super::{Risk, forgetting::first_id_at};
use crate::{
    assessment::Assessment,
    rows,
    rules::{Decision, Purpose, Reason, Rules, WrittenRules},
    signal::{Finding, Signal, Why},
};

/// Most assessments that are gone through.
const LOOKED_AT_MAX: usize = 20_000;
/// Most of them that are read at once.
const BATCH: usize = 500;
/// Examples that are shown.
const EXAMPLES_MAX: usize = 10;

/// How many would be decided otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    pub from: Decision,
    pub to: Decision,
    pub count: u64,
}

/// One that would be decided otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Example {
    pub id: Id<Assessment>,
    pub number: Option<PhoneNumber>,
    pub purpose: Purpose,
    pub at: Timestamp,
    pub from: Decision,
    pub to: Decision,
    pub reasons: Vec<Reason>,
}

/// What would come of other rules.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DryRun {
    /// How many assessments were gone through, the newest first.
    pub looked_at: u64,
    /// Whether there are more in these days than are gone through.
    pub is_cut: bool,
    pub changed: u64,
    /// What was decided, and what would be; those that stay the same, too.
    pub changes: Vec<Change>,
    /// The newest that would be decided otherwise.
    pub examples: Vec<Example>,
    /// Signals that the other rules go by and that were not asked for then: of so many assessments the answer may be another one.
    pub not_asked: Vec<(Signal, u64)>,
}

/// Counts as it goes.
#[derive(Default)]
struct Tally {
    run: DryRun,
    counts: BTreeMap<(Decision, Decision), u64>,
    not_asked: BTreeMap<Signal, u64>,
}

impl Tally {
    fn look(&mut self, rules: &Rules, one: &Assessment) {
        let verdict = rules.decide(one.subject(), &one.findings);
        self.run.looked_at += 1;
        *self.counts.entry((one.decision, verdict.decision)).or_default() += 1;
        let missing = one.findings.iter().filter(|found| found.finding == Finding::Unknown(Why::NotAsked));
        for found in missing.filter(|found| rules.go_by(one.subject(), found.signal)) {
            *self.not_asked.entry(found.signal).or_default() += 1;
        }
        if verdict.decision == one.decision {
            return;
        }
        self.run.changed += 1;
        if self.run.examples.len() < EXAMPLES_MAX {
            self.run.examples.push(Example {
                id: one.id,
                number: one.number,
                purpose: one.purpose,
                at: one.created_at,
                from: one.decision,
                to: verdict.decision,
                reasons: verdict.reasons,
            });
        }
    }

    fn done(self) -> DryRun {
        let changes = self.counts.into_iter().map(|((from, to), count)| Change { from, to, count });
        DryRun { changes: changes.collect(), not_asked: self.not_asked.into_iter().collect(), ..self.run }
    }
}

impl Risk {
    /// Tries rules on the assessments of the last days.
    pub async fn dry_run(&self, cx: &Context, rules: WrittenRules, days: i64) -> Result<DryRun, Fault> {
        let rules = Rules::try_from(rules)?;
        if !(1..=super::KEPT_DAYS).contains(&days) {
            let message = format!("Days are 1 to {}; assessments are not kept longer.", super::KEPT_DAYS);
            return Err(Fault::invalid("days_out_of_range", message).field("days"));
        }
        let first = first_id_at(cx.now().plus_micros(-days * Timestamp::DAY));
        let (mut tally, mut before) = (Tally::default(), Id::from_uuid(uuid::Uuid::max()));
        loop {
            let (shop, vault, from) = (cx.shop, self.vault.clone(), before);
            let batch = self
                .db
                .read_bulk(async move |tx| rows::list(tx, &vault, shop, (None, None), from, BATCH).await)
                .await?;
            let is_last = batch.len() < BATCH;
            for one in &batch {
                if one.id < first {
                    return Ok(tally.done());
                }
                if tally.run.looked_at >= LOOKED_AT_MAX as u64 {
                    tally.run.is_cut = true;
                    return Ok(tally.done());
                }
                tally.look(&rules, one);
                before = one.id;
            }
            if is_last {
                return Ok(tally.done());
            }
        }
    }
}
