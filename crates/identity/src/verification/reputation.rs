//! What the shop's own codes tell of a part of the world: whether those that are sent there come back.

use base::{Context, Fault, Timestamp};
use db::Db;
use futures::{FutureExt as _, future::BoxFuture};
use risk::{Answer, Lifetime, Question, Signal, Source, Why};

use super::{
    budget::{Breaker, Budgets},
    destination::part_of_world,
    rows::records,
};

/// Answers for risk.
#[derive(Clone, Debug)]
pub struct Reputation {
    db: Db,
    budgets: Budgets,
}

/// What a breaker tells. Pure. Where no code was sent for long, nothing is known.
fn say(breaker: Option<Breaker>, budgets: &Budgets, now: Timestamp) -> Answer {
    match breaker {
        None => Answer::unknown(Why::NothingKnown),
        Some(breaker) => breaker.is_open(budgets, now).into(),
    }
}

impl Reputation {
    pub fn new(db: Db, budgets: Budgets) -> Self {
        Self { db, budgets }
    }

    async fn look(&self, cx: &Context, question: &Question) -> Result<Answer, Fault> {
        let (shop, part) = (cx.shop, part_of_world(question.number));
        let mut found =
            self.db.read(async move |tx| records::breakers(tx, &[(shop, part.clone())]).await).await?;
        Ok(say(found.pop().flatten(), &self.budgets, cx.now()))
    }
}

impl Source for Reputation {
    fn signals(&self, _: &Question) -> Vec<Signal> {
        vec![Signal::PrefixWasteful]
    }

    fn lifetime(&self, _: &Question, _: Signal, _: Timestamp) -> Option<Lifetime> {
        None
    }

    fn ask<'a>(&'a self, cx: &'a Context, question: &'a Question, _: Signal) -> BoxFuture<'a, Answer> {
        async move {
            self.look(cx, question).await.unwrap_or_else(|fault| {
                tracing::warn!(%fault, "the codes of a part of the world could not be looked up");
                Answer::unknown(Why::Failed)
            })
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use risk::Finding;

    use super::*;

    #[test]
    fn a_part_is_wasteful_while_its_breaker_is_open() {
        let (budgets, now) = (Budgets::default(), Timestamp::from_micros(1_700_000_000 * Timestamp::SECOND));
        let breaker = |sends, approved| Some(Breaker { sends, approved, at: now, ..Breaker::default() });
        for (breaker, finding) in [
            (None, Finding::Unknown(Why::NothingKnown)),
            (breaker(25.0, 0.0), Finding::Yes),
            (breaker(25.0, 5.0), Finding::No),
            (breaker(3.0, 0.0), Finding::No),
        ] {
            assert_eq!(say(breaker, &budgets, now).finding, finding);
        }
    }
}
