//! Whether the shop's own records show a new holder of the number.

use base::{Context, Fault, Timestamp};
use customers::{Customers, linking::NumberKind};
use futures::{FutureExt as _, future::BoxFuture};

use crate::{
    question::Question,
    signal::{Finding, Signal, Why},
    source::{Answer, Lifetime, Source},
};

/// Knows who held which number from when until when.
#[derive(Clone, Debug)]
pub struct Holders {
    customers: Customers,
    lately_micros: i64,
}

/// A tenure of the number, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Held {
    from: Timestamp,
    has_ended: bool,
}

/// What tenures tell. Pure. A number that a family or a company shares has many holders and is not handed on by one more.
fn say(kind: Option<NumberKind>, held: &[Held], lately: Timestamp) -> Answer {
    let Some(kind) = kind else { return Answer::unknown(Why::NothingKnown) };
    let has_earlier = held.iter().any(|one| one.has_ended);
    let newest = held.iter().filter(|one| !one.has_ended).map(|one| one.from).max();
    match newest {
        Some(from) if (kind == NumberKind::Recycled || has_earlier) && from >= lately => {
            Answer { finding: Finding::Yes, happened_at: Some(from) }
        }
        _ => false.into(),
    }
}

impl Holders {
    pub fn new(customers: Customers, lately_days: u32) -> Self {
        Self { customers, lately_micros: i64::from(lately_days) * Timestamp::DAY }
    }

    async fn look(&self, cx: &Context, question: &Question) -> Result<Answer, Fault> {
        let known = self.customers.holders(cx, question.number).await?;
        let held: Vec<Held> = known
            .holders
            .iter()
            .map(|holder| Held { from: holder.tenure.from, has_ended: holder.tenure.until.is_some() })
            .collect();
        Ok(say(known.kind, &held, cx.now().plus_micros(-self.lately_micros)))
    }
}

impl Source for Holders {
    fn signals(&self, _: &Question) -> Vec<Signal> {
        vec![Signal::ChangedHands]
    }

    fn lifetime(&self, _: &Question, _: Signal, _: Timestamp) -> Option<Lifetime> {
        None
    }

    fn ask<'a>(&'a self, cx: &'a Context, question: &'a Question, _: Signal) -> BoxFuture<'a, Answer> {
        async move {
            self.look(cx, question).await.unwrap_or_else(|fault| {
                tracing::warn!(%fault, "the holders of a number could not be looked up");
                Answer::unknown(Why::Failed)
            })
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_holder_is_one_who_came_lately_after_another() {
        let at = |days: i64| Timestamp::from_micros(days * Timestamp::DAY);
        let held = |from, has_ended| Held { from: at(from), has_ended };
        let kind = Some(NumberKind::Single);
        for (kind, held, finding) in [
            (None, &[][..], Finding::Unknown(Why::NothingKnown)),
            (kind, &[held(95, false)], Finding::No),
            (kind, &[held(10, true), held(95, false)], Finding::Yes),
            (kind, &[held(10, true), held(60, false)], Finding::No),
            // The last holder has left, and nobody came.
            (kind, &[held(10, true)], Finding::No),
            (Some(NumberKind::Shared), &[held(10, false), held(95, false)], Finding::No),
        ] {
            let answer = say(kind, held, at(70));
            assert_eq!(answer.finding, finding, "{held:?}");
            assert_eq!(answer.happened_at, (finding == Finding::Yes).then_some(at(95)));
        }
    }
}
