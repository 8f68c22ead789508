//! A turn: whoever asks for something while another turn runs waits, and is then served together with all who waited, in one transaction.
//!
//! Limits are kept by reading, deciding and writing, which is only safe for one at a time. One at a time would be slow, one commit each; so a turn
//! takes everybody who waits. Each is decided upon after the one before, in memory, and what came of it is written by few statements for all.

mod decide;
mod desk;
mod settle;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use base::{Context, Fault, FaultKind, Id, Secret, Timestamp};
use customers::{Customers, NumberKey};
use db::{
    Db,
    together::{self, Together, Turn},
};
use messaging::Messages;
use risk::Risk;
use vault::Vault;

pub(super) use decide::shown;
use desk::Strangers;
pub(super) use settle::not_theirs;
use settle::{Settling, Unsettled};

use super::{
    Channel, Checked, Purpose, Settings, Start, Started, Verification, Visitor, link::Token, rows::Sealed,
};

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
    /// `None` when what was typed cannot be a code: it is no guess.
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

type Waiting = together::Asked<Request, Answer>;

/// The queue of those who ask, and of what turns leave over.
#[derive(Debug, Default)]
pub(super) struct Turns {
    asking: Together<Request, Answer>,
    settling: Arc<Settling>,
}

impl Turns {
    /// Waits for a turn that serves the request, or runs one.
    pub async fn serve(&self, means: &Arc<Means>, request: Request) -> Result<Answer, Fault> {
        let (means, settling) = (Arc::clone(means), Arc::clone(&self.settling));
        let serve = move |batch: Vec<Waiting>, turn: Turn| {
            let (means, settling) = (Arc::clone(&means), Arc::clone(&settling));
            async move {
                let rest = run(&means, batch).await;
                drop(turn);
                rest.finish(&means, &settling).await;
            }
        };
        self.asking.ask(request, serve).await.unwrap_or_else(|| Err(gone()))
    }
}

fn gone() -> Fault {
    Fault::unavailable("verification_broke_off", "The verification was not decided; try again.")
}

/// One turn: nobody is answered before all is committed, and everybody is refused when it fails. What it leaves over is finished when the next turn may begin.
async fn run(means: &Arc<Means>, batch: Vec<Waiting>) -> Rest {
    let (requests, waiting): (Vec<Request>, Vec<_>) = batch.into_iter().map(together::Asked::split).unzip();
    let requests = Arc::new(requests);
    let serve = |strangers| {
        let (own, requests) = (Arc::clone(means), Arc::clone(&requests));
        means.db.write_bulk(async move |tx| desk::serve(tx, &own, &requests, &strangers).await)
    };
    let were_at_fault = Arc::new(AtomicBool::default());
    let mut result = serve(Strangers::Now { were_at_fault: Arc::clone(&were_at_fault) }).await;
    if let Err(fault) = &result
        && fault.kind != FaultKind::Unavailable
        && were_at_fault.load(Ordering::Relaxed)
    {
        // Should it be the account of one that cannot be opened, the others must not suffer for it.
        tracing::warn!(%fault, "a turn is run again without the accounts of strangers");
        result = serve(Strangers::Later).await;
    }
    let mut rest = Rest::default();
    match result {
        Ok(served) => {
            if let Some(asked) = served.to_send {
                means.messages.send_off(asked);
            }
            rest.unsettled = served.unsettled;
            for (answer, waiting) in served.answers.into_iter().zip(waiting) {
                if settle::is_of(&answer, &rest.unsettled) {
                    rest.answers.push((answer, waiting));
                } else {
                    waiting.answer(Ok(answer));
                }
            }
        }
        Err(fault) => waiting.into_iter().for_each(|waiting| waiting.answer(Err(fault.clone()))),
    }
    rest
}

/// Proofs of strangers, and who waits to hear whose they are.
#[derive(Default)]
struct Rest {
    unsettled: Vec<Unsettled>,
    answers: Vec<(Answer, together::Asked<(), Answer>)>,
}

impl Rest {
    async fn finish(self, means: &Arc<Means>, settling: &Settling) {
        if self.unsettled.is_empty() {
            return;
        }
        let holders = settling.settle(means, self.unsettled).await;
        for (mut answer, waiting) in self.answers {
            settle::tell(&mut answer, &holders);
            waiting.answer(Ok(answer));
        }
    }
}
