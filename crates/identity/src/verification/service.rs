//! The verbs of verification: start, resend, check, cancel, look.

use base::{Context, Fault, Id, Page, PageRequest};
use customers::Customer;
use db::Db;
use vault::Vault;

use super::{Channel, Check, Checked, Filter, Start, Started, Story, Verification, Visitor};

/// The verifications of the installation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Verifications {
    db: Db,
    vault: Vault,
}

impl Verifications {
    /// Sends a code, unless a limit forbids it. The same verification is open for the same number, purpose, device and thing approved: asking again sends the same code
    /// again. It takes one commit, whatever comes of it.
    pub async fn start(&self, cx: &Context, start: Start) -> Result<Started, Fault> {
        let _ = (cx, start, &self.db, &self.vault);
        Err(unready())
    }

    /// Sends the code of an open verification again, over another channel if one is named.
    pub async fn resend(
        &self,
        cx: &Context,
        id: Id<Verification>,
        channel: Option<Channel>,
        visitor: Visitor,
    ) -> Result<Started, Fault> {
        let _ = (cx, id, channel, visitor);
        Err(unready())
    }

    /// Looks at a code. It takes one commit; whatever is counted is counted before the answer is given.
    pub async fn check(&self, cx: &Context, check: Check) -> Result<Checked, Fault> {
        let _ = (cx, check);
        Err(unready())
    }

    /// Whose number an approved verification proved: confirms the holder's tenure, or opens an account of its own for a new holder. Safe to repeat; a job does
    /// it too, so that a proof never remains without its tenure.
    pub async fn holder(&self, cx: &Context, id: Id<Verification>) -> Result<Id<Customer>, Fault> {
        let _ = (cx, id);
        Err(unready())
    }

    /// Ends an open verification: its code serves no more.
    pub async fn cancel(&self, cx: &Context, id: Id<Verification>) -> Result<Verification, Fault> {
        let _ = (cx, id);
        Err(unready())
    }

    /// A verification with its story.
    pub async fn get(&self, cx: &Context, id: Id<Verification>) -> Result<Story, Fault> {
        let _ = (cx, id);
        Err(unready())
    }

    /// The newest first.
    pub async fn list(
        &self,
        cx: &Context,
        filter: Filter,
        page: &PageRequest,
    ) -> Result<Page<Verification>, Fault> {
        let _ = (cx, filter, page);
        Err(unready())
    }
}

fn unready() -> Fault {
    Fault::unavailable("verification_unready", "Verification is not there yet.")
}
