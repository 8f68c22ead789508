//! One call: what is sent, and what the answer means.

use std::time::Duration;

use base::{Fault, Timestamp};
use outward::{Failed, Reply, Request};

use super::{InHand, Sender};
use crate::{Attempt, State, rows::work::Called, schedule, service::deliveries::answer_place};

/// "Gone": the receiver wants nothing more, ever.
pub(super) const GONE: u16 = 410;
/// However long a receiver asks to be left alone, it is called again after a day.
const PATIENCE_MAX: Duration = Duration::from_secs(86_400);
/// Longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 300;

/// What a call was answered.
struct Answer {
    status: Option<u16>,
    /// `None` when it was taken.
    failure: Option<String>,
    beginning: Vec<u8>,
    retry_after: Duration,
}

impl Sender {
    pub(super) async fn call(&self, in_hand: &InHand) -> Result<Called, Fault> {
        let (claimed, to) = (&in_hand.claimed, &in_hand.to);
        let at = self.clock.now();
        let timestamp = at.as_micros().div_euclid(Timestamp::SECOND);
        let (id, body) = (claimed.event.id.to_string(), claimed.event.body());
        let signature = self.webhooks.keys(to, at)?.sign(&id, timestamp, body.as_bytes());
        let request = Request::post(&to.endpoint.url, body.into_bytes())
            .header("content-type", "application/json")
            .header("user-agent", concat!("Trunkline/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature);
        let answer = understood(self.client.send(request).await);
        let ended_at = self.clock.now();
        let attempt = Attempt {
            number: claimed.attempts.saturating_add(1),
            at,
            took_micros: (ended_at.as_micros() - at.as_micros()).max(0),
            status: answer.status,
            failure: answer.failure,
            answer: None,
        };
        let patience = i64::try_from(answer.retry_after.min(PATIENCE_MAX).as_micros()).unwrap_or(i64::MAX);
        let pause = schedule::pause_after(claimed.tries.saturating_add(1)).map(|pause| pause.max(patience));
        let (state, due_at) = match (&attempt.failure, pause) {
            (None, _) => (State::Delivered, ended_at),
            (Some(_), Some(pause)) if attempt.status != Some(GONE) => {
                (State::Waiting, ended_at.plus_micros(pause))
            }
            _ => (State::Failed, ended_at),
        };
        let answer = self.webhooks.data_key(to)?.seal(answer_place(&claimed.id), &answer.beginning);
        Ok(Called { state, due_at, attempt, answer, ended_at })
    }
}

/// Only an answer of 200 to 299 means that the receiver has it.
fn understood(answered: Result<Reply, Failed>) -> Answer {
    let reply = match answered {
        Ok(reply) => reply,
        Err(failed) => {
            let reason = match failed {
                Failed::Forbidden(address) => {
                    format!(
                        "address_forbidden: {address} may not be called: it is not of the public Internet."
                    )
                }
                Failed::NotSent(reason) => format!("not_connected: {reason}"),
                Failed::Lost(reason) => format!("no_answer: {reason}"),
            };
            let reason = reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
            return Answer {
                status: None,
                failure: Some(reason),
                beginning: Vec::new(),
                retry_after: Duration::ZERO,
            };
        }
    };
    let failure = match reply.status {
        200..=299 => None,
        300..=399 => Some(format!("redirected: It answered {}; no redirection is followed.", reply.status)),
        GONE => Some("gone: It answered 410: it wants nothing more.".to_owned()),
        status => Some(format!("refused: It answered {status}.")),
    };
    let retry_after = reply.retry_after.unwrap_or_default();
    Answer { status: Some(reply.status), failure, beginning: reply.body, retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_success_is_success() {
        for (status, failure) in [
            (200, None),
            (204, None),
            (299, None),
            (199, Some("refused")),
            (301, Some("redirected")),
            (307, Some("redirected")),
            (400, Some("refused")),
            (410, Some("gone")),
            (503, Some("refused")),
        ] {
            let answer = understood(Ok(Reply { status, body: b"x".to_vec(), ..Reply::default() }));
            let code = answer.failure.as_deref().and_then(|reason| reason.split(':').next());
            assert_eq!((answer.status, code), (Some(status), failure), "{status}");
            assert_eq!(answer.beginning, b"x");
        }
        for (failed, code) in [
            (Failed::Forbidden([10, 0, 0, 1].into()), "address_forbidden"),
            (Failed::NotSent("no line".to_owned()), "not_connected"),
            (Failed::Lost("broke\noff".to_owned()), "no_answer"),
        ] {
            let answer = understood(Err(failed));
            let reason = answer.failure.unwrap_or_default();
            assert!(reason.starts_with(code) && !reason.contains('\n'), "{reason}");
            assert_eq!(answer.status, None);
        }
    }
}
