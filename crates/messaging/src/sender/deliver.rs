//! One message: its text, its routes in order, and what its outcome means.

use std::time::Duration;

use base::{Fault, FaultKind, Timestamp};
use futures::FutureExt as _;
use rand::RngExt as _;

use super::{Done, HANDOVER_MICROS, Outcome, Sender};
use crate::{
    Composed, Outcome as Answer, Provider, Route, State, Submission, Text,
    messages::{body_place, open_number, provider_reference, recipient_place},
    rows::{Claimed, Ended, Retried, Sent},
    segments,
};

/// Longest pause between two tries.
const PAUSE_MICROS_MAX: i64 = 300 * Timestamp::SECOND;

/// Longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 300;

impl Sender {
    /// Sends one message, or says why not.
    pub(super) async fn deliver(&self, claimed: Claimed) -> Done {
        let outcome = self.outcome(&claimed).await;
        Done { outcome, purpose: claimed.message.purpose, reference: claimed.message.reference }
    }

    async fn outcome(&self, claimed: &Claimed) -> Outcome {
        let message = &claimed.message;
        if self.clock.now() >= message.give_up_at {
            return match &message.reason {
                // It was tried: what went wrong last is why.
                Some(why) => self.ended(claimed, State::Failed, why, message.provider.as_deref()),
                None => {
                    let why = "too_late: Its time had passed before it could be sent.";
                    self.ended(claimed, State::Expired, why, None)
                }
            };
        }
        let submission = match self.submission(claimed).await {
            Ok(Some(submission)) => submission,
            Ok(None) => {
                return self.ended(claimed, State::Expired, "not_wanted: It was no longer wanted.", None);
            }
            // What will not be better next time.
            Err(fault) if matches!(fault.kind, FaultKind::Invalid | FaultKind::NotFound) => {
                return self.ended(claimed, State::Failed, &reason(fault.code, &fault.message), None);
            }
            Err(fault) => {
                tracing::warn!(message = %message.id, %fault, "a message could not be made");
                return self.put_back(claimed, &reason(fault.code, &fault.message), None, None);
            }
        };
        self.by_routes(claimed, submission).await
    }

    /// What a provider is given; `None` when the message is no longer wanted.
    async fn submission(&self, claimed: &Claimed) -> Result<Option<Submission>, Fault> {
        let message = &claimed.message;
        let erased = || Fault::not_found("recipient_erased", "Its recipient has been erased.");
        let wrapped = message.wrapped_key.as_deref().ok_or_else(erased)?;
        let key = self.messages.vault.unwrap(wrapped, message.id.as_bytes())?;
        let to = open_number(&key, recipient_place(&message.id), &message.recipient)?;
        let content = match (&message.body, &message.composer) {
            (Some(body), _) => {
                let text =
                    String::from_utf8(key.open(body_place(&message.id), body)?).map_err(Fault::internal)?;
                Some(Composed::of(Text::parse(&text)?))
            }
            (None, Some(name)) => {
                let unknown =
                    || Fault::invalid("composer_unknown", format!("Nobody makes texts of {name} here."));
                let composer = self.composers.get(name.as_str()).ok_or_else(unknown)?;
                let cx = self.context(claimed);
                composer.compose(&cx, message.reference.as_deref().unwrap_or_default()).await?
            }
            (None, None) => return Err(erased()),
        };
        Ok(content.map(|content| Submission {
            message: message.id,
            shop: claimed.shop,
            to,
            from: String::new(),
            channel: message.channel,
            purpose: message.purpose.clone(),
            content,
            at: self.clock.now(),
        }))
    }

    /// Tries the routes in order, until one takes it, or may have taken it, or says that no other would.
    async fn by_routes(&self, claimed: &Claimed, submission: Submission) -> Outcome {
        let message = &claimed.message;
        let mut last: Option<(String, Option<i64>, String)> = None;
        for route in self.messages.routes.of(message.channel, &message.purpose, submission.to) {
            let Some(provider) = self.providers.get(&route.provider).filter(|p| p.carries(message.channel))
            else {
                let why = format!(
                    "provider_unknown: There is no provider {} for {} here.",
                    route.provider, message.channel
                );
                last.get_or_insert((why, None, route.provider.clone()));
                continue;
            };
            match self.ask(claimed, provider.as_ref(), route, &submission).await {
                Answer::Accepted { reference } => return self.sent(claimed, route, &reference, &submission),
                Answer::Unknown { reason: why } => {
                    return self.ended(
                        claimed,
                        State::Unknown,
                        &reason("in_doubt", &why),
                        Some(&route.provider),
                    );
                }
                Answer::Rejected { reason: why, permanent: true } => {
                    return self.ended(
                        claimed,
                        State::Failed,
                        &reason("rejected", &why),
                        Some(&route.provider),
                    );
                }
                Answer::Rejected { reason: why, .. } => {
                    last = Some((reason("rejected", &why), None, route.provider.clone()));
                }
                Answer::Unavailable { reason: why } => {
                    last = Some((reason("unavailable", &why), None, route.provider.clone()));
                }
                // Busy is not broken: it waits for its turn instead of taking a dearer route.
                Answer::Throttled { retry_after_micros } => {
                    let why = "throttled: The provider asked for patience.";
                    return self.put_back(claimed, why, Some(&route.provider), Some(retry_after_micros));
                }
            }
        }
        match last {
            Some((why, pause, provider)) => self.put_back(claimed, &why, Some(&provider), pause),
            None => self.ended(claimed, State::Failed, "no_route: No route carries such a message.", None),
        }
    }

    async fn ask(
        &self,
        claimed: &Claimed,
        provider: &dyn Provider,
        route: &Route,
        submission: &Submission,
    ) -> Answer {
        let handover = claimed.claimed_until.plus_micros(-HANDOVER_MICROS);
        if self.clock.now() > handover {
            return Answer::Unavailable { reason: "It waited too long in this process.".to_owned() };
        }
        let submission = Submission { from: route.from.clone(), ..submission.clone() };
        let limit = Duration::from_secs(<dyn Provider>::ANSWER_SECONDS_MAX + 5);
        // A provider that panics may have sent the message, too.
        let asked = std::panic::AssertUnwindSafe(provider.send(submission)).catch_unwind();
        match tokio::time::timeout(limit, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Answer::Unknown { reason: "The provider's code failed.".to_owned() },
            Err(_) => Answer::Unknown { reason: "The provider did not answer in time.".to_owned() },
        }
    }

    fn sent(&self, claimed: &Claimed, route: &Route, reference: &str, submission: &Submission) -> Outcome {
        let segments = match submission.channel {
            crate::Channel::Sms => segments::count(submission.content.text.reveal()).segments,
            _ => 1,
        };
        Outcome::Sent(Sent {
            shop: claimed.shop,
            id: claimed.message.id,
            lease: claimed.lease,
            provider: route.provider.clone(),
            reference: provider_reference(reference),
            segments,
            price: route.price.map(|price| price.times(segments)),
            at: self.clock.now(),
        })
    }

    fn ended(&self, claimed: &Claimed, state: State, reason: &str, provider: Option<&str>) -> Outcome {
        Outcome::Ended(Ended {
            shop: claimed.shop,
            id: claimed.message.id,
            lease: claimed.lease,
            state,
            reason: reason.to_owned(),
            provider: provider.map(str::to_owned),
            at: self.clock.now(),
        })
    }

    /// Back into the queue after a pause; given up when its time would pass meanwhile.
    fn put_back(
        &self,
        claimed: &Claimed,
        reason: &str,
        provider: Option<&str>,
        pause: Option<i64>,
    ) -> Outcome {
        let run_at = self.clock.now().plus_micros(pause.unwrap_or_else(|| pause_after(claimed.attempt)));
        if run_at >= claimed.message.give_up_at {
            return self.ended(claimed, State::Failed, reason, provider);
        }
        Outcome::Retry(Retried {
            shop: claimed.shop,
            id: claimed.message.id,
            lease: claimed.lease,
            reason: reason.to_owned(),
            provider: provider.map(str::to_owned),
            run_at,
        })
    }
}

/// Twice as long after each try, with a quarter of chance, so that what failed together does not come back together.
fn pause_after(attempt: u32) -> i64 {
    let pause = (Timestamp::SECOND << attempt.saturating_sub(1).min(20)).min(PAUSE_MICROS_MAX);
    pause + rand::rng().random_range(0..=pause / 4)
}

/// A code and a sentence, bounded: providers may say much.
fn reason(code: &str, words: &str) -> String {
    format!(
        "{code}: {}",
        words.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        for (attempt, seconds) in [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 300), (500, 300)] {
            let pause = pause_after(attempt);
            let least = seconds * Timestamp::SECOND;
            assert!((least..=least + least / 4).contains(&pause), "{attempt}: {pause}");
        }
    }

    #[test]
    fn reasons_are_bounded() {
        assert_eq!(reason("rejected", "no\u{0}\nline"), "rejected: noline");
        assert_eq!(reason("x", &"y".repeat(1_000)).len(), 303);
    }
}
