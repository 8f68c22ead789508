//! Finding out: everyone is asked at once, and nobody is waited for longer than the assessment waits.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use base::{Context, Fault, Timestamp};
use futures::future;

use super::{Risk, unknown};
use crate::{
    question::Question,
    rows,
    rules::Rules,
    signal::{Finding, Found, Signal, Why},
    source::{Answer, Lifetime, Source},
};

/// Answers of a moment ago: by signal and the day that they go by.
type Known = BTreeMap<(Signal, i64), Found>;

/// An operator that could not say is asked again after so long at most: it may have been busy.
const UNKNOWN_SERVES_MICROS_MAX: i64 = 60 * Timestamp::SECOND;

impl Risk {
    /// One finding for each signal, in their order.
    pub(super) async fn find_out(
        &self,
        cx: &Context,
        question: &Question,
        rules: &Rules,
        key: [u8; 32],
    ) -> Result<Vec<Found>, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        let known = self.db.read(async move |tx| rows::findings(tx, shop, &key, now).await).await?;
        let asked = Signal::ALL.iter().map(|signal| self.find(cx, question, rules, (*signal, &known, key)));
        Ok(future::join_all(asked).await)
    }

    async fn find(
        &self,
        cx: &Context,
        question: &Question,
        rules: &Rules,
        (signal, known, key): (Signal, &Known, [u8; 32]),
    ) -> Found {
        let now = cx.now();
        let Some(source) = self.sources.iter().find(|source| source.signals(question).contains(&signal))
        else {
            return unknown(signal, Why::NotConfigured, now);
        };
        if signal.is_of_operator() && !rules.go_by(question.subject(), signal) {
            return unknown(signal, Why::NotAsked, now);
        }
        let lifetime = source.lifetime(question, signal, now);
        if let Some(found) = lifetime.and_then(|lifetime| known.get(&(signal, lifetime.day))) {
            return *found;
        }
        let answer = self.in_time(cx, question, (source, signal, key), lifetime).await;
        Found { signal, finding: answer.finding, happened_at: answer.happened_at, asked_at: now }
    }

    /// Asks, and goes on without the answer when it takes too long. It is kept all the same when it comes, for the next time.
    async fn in_time(
        &self,
        cx: &Context,
        question: &Question,
        (source, signal, key): (&Arc<dyn Source>, Signal, [u8; 32]),
        lifetime: Option<Lifetime>,
    ) -> Answer {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Answer::unknown(Why::Failed);
        };
        let (this, source, cx, question) = (self.clone(), Arc::clone(source), cx.clone(), question.clone());
        let asking = tokio::spawn(async move {
            let answer = source.ask(&cx, &question, signal).await;
            drop(place);
            if let Some(lifetime) = lifetime.filter(|lifetime| lifetime.micros > 0) {
                this.keep_answer(&cx, key, (signal, answer), lifetime).await;
            }
            answer
        });
        match tokio::time::timeout(Duration::from_millis(self.settings.wait_millis), asking).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Answer::unknown(Why::Failed),
            Err(_) => Answer::unknown(Why::TimedOut),
        }
    }

    /// What operators say serves for a while; that they failed does not.
    async fn keep_answer(
        &self,
        cx: &Context,
        key: [u8; 32],
        (signal, answer): (Signal, Answer),
        lifetime: Lifetime,
    ) {
        let micros = match answer.finding {
            Finding::Yes | Finding::No => lifetime.micros,
            Finding::Unknown(Why::CannotSay) => lifetime.micros.min(UNKNOWN_SERVES_MICROS_MAX),
            Finding::Unknown(_) => return,
        };
        let (shop, times) = (cx.shop, (cx.now(), cx.now().plus_micros(micros)));
        let what = (signal, lifetime.day, answer);
        let kept =
            self.db.write_bulk(async move |tx| rows::put_finding(tx, shop, &key, what, times).await).await;
        if let Err(fault) = kept {
            tracing::warn!(%fault, "the answer of an operator could not be kept");
        }
    }
}
