//! A turn: whoever asks for something while another turn runs waits, and is then served together with all who waited, in one transaction.
//!
//! Limits are kept by reading, deciding and writing, which is only safe for one at a time. One at a time would be slow, one commit each; so a turn
//! takes everybody who waits. Each is decided upon after the one before, in memory, and what came of it is written by few statements for all.

mod decide;
mod desk;

use std::sync::{Arc, Mutex, PoisonError};

use base::{Context, Fault, Id, Secret, Timestamp};
use customers::{Customers, NumberKey};
use db::Db;
use messaging::Messages;
use risk::Risk;
use tokio::sync::oneshot;
use vault::Vault;

pub(super) use decide::shown;

use super::{
    Channel, Checked, Purpose, Settings, Start, Started, Verification, Visitor, link::Token, rows::Sealed,
};

/// Most requests that one turn serves.
const SERVED_MAX: usize = 256;

/// What is asked.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Start {
        start: Start,
        number_key: NumberKey,
        id: Id<Verification>,
        sealed: Sealed,
    },
    Resend {
        id: Id<Verification>,
        channel: Option<Channel>,
    },
    Check {
        which: Target,
        purpose: Purpose,
        shown: Shown,
    },
    /// Ends it without a code: canceled, or approved on the caller's word.
    End {
        id: Id<Verification>,
        is_vouched: bool,
    },
}

/// What somebody shows to prove that they received the text.
#[derive(Clone, Debug)]
pub(super) enum Shown {
    /// `None` when what was typed cannot be a code: it is wrong like any other.
    Code(Option<Secret<String>>),
    Link(Token),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    Id(Id<Verification>),
    Number(NumberKey),
}

/// A request, with what can be prepared before its turn.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub cx: Context,
    pub now: Timestamp,
    pub visitor: Visitor,
    pub address_key: Option<[u8; 32]>,
    /// How people read the shop's name; what a message costs depends on its length.
    pub shop_name: Arc<str>,
    /// Whether an assessment of risk denies that anything is sent.
    pub is_denied: bool,
    pub asked: Asked,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Started(Started),
    Checked(Checked),
    Canceled(Verification),
    Ended(Verification),
    Unknown,
}

/// What turns work with.
#[derive(Debug)]
pub(super) struct Means {
    pub db: Db,
    pub vault: Vault,
    pub messages: Messages,
    pub customers: Customers,
    pub risk: Risk,
    pub settings: Settings,
}

type Waiting = (Request, oneshot::Sender<Result<Answer, Fault>>);

/// The queue and who may serve it.
#[derive(Debug, Default)]
pub(super) struct Turns {
    waiting: Mutex<Vec<Waiting>>,
    serving: Arc<tokio::sync::Mutex<()>>,
}

impl Turns {
    /// Waits for a turn that serves the request, or runs one.
    pub async fn serve(&self, means: &Arc<Means>, request: Request) -> Result<Answer, Fault> {
        let (answer, mut answered) = oneshot::channel();
        self.queue().push((request, answer));
        loop {
            tokio::select! {
                biased;
                answer = &mut answered => return answer.map_err(|_| gone())?,
                turn = Arc::clone(&self.serving).lock_owned() => {
                    let batch = self.next();
                    if batch.is_empty() {
                        continue; // another turn has it, and will answer
                    }
                    let means = Arc::clone(means);
                    // Whoever asked may go; the others in the turn are served all the same.
                    tokio::spawn(async move {
                        run(&means, batch).await;
                        drop(turn);
                    });
                }
            }
        }
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        // Whoever has gone wants nothing any more, and what they asked for may be of long ago.
        queue.retain(|(_, answer)| !answer.is_closed());
        let served = queue.len().min(SERVED_MAX);
        queue.drain(..served).collect()
    }
}

fn gone() -> Fault {
    Fault::unavailable("verification_broke_off", "The verification was not decided; try again.")
}

/// One turn: nobody is answered before all is committed, and everybody is refused when it fails.
async fn run(means: &Arc<Means>, batch: Vec<Waiting>) {
    let (requests, answers): (Vec<Request>, Vec<_>) = batch.into_iter().unzip();
    let (own, requests) = (Arc::clone(means), Arc::new(requests));
    let result = means.db.write_bulk(async move |tx| desk::serve(tx, &own, &requests).await).await;
    match result {
        Ok(served) => {
            if served.is_anything_sent {
                means.messages.wake();
            }
            for (answer, waiting) in served.answers.into_iter().zip(answers) {
                drop(waiting.send(Ok(answer))); // whoever asked may have gone
            }
        }
        Err(fault) => answers.into_iter().for_each(|waiting| drop(waiting.send(Err(fault.clone())))),
    }
}

#[cfg(test)]
mod tests {
    use base::ShopId;

    use super::*;

    #[test]
    fn whoever_has_gone_is_not_served() {
        let turns = Turns::default();
        let mut waiting = Vec::new();
        for turn in 0..3u128 {
            let cx = Context::system(ShopId::from_uuid(uuid::Uuid::nil()), "test");
            let request = Request {
                now: cx.now(),
                cx,
                visitor: Visitor::default(),
                address_key: None,
                shop_name: "Aurora".into(),
                is_denied: false,
                asked: Asked::End { id: Id::from_uuid(uuid::Uuid::from_u128(turn)), is_vouched: false },
            };
            let (answer, answered) = oneshot::channel();
            turns.queue().push((request, answer));
            waiting.push(answered);
        }
        drop(waiting.remove(1));
        let served: Vec<_> = turns
            .next()
            .into_iter()
            .filter_map(|(request, _)| match request.asked {
                Asked::End { id, .. } => Some(id.uuid().as_u128()),
                _ => None,
            })
            .collect();
        assert_eq!(served, [0, 2]);
        assert!(turns.next().is_empty());
    }
}
