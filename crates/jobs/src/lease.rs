//! Leases by name: work of which only one may run at a time in a shop, over all processes.
//!
//! A holder that dies loses its lease when it runs out, or at once when it ran on this machine and its process is gone.

use std::sync::atomic::{AtomicU64, Ordering};

use base::{Context, Fault, Timestamp};
use db::{Db, Tx};

use crate::rows;

/// How long a lease lasts without being renewed.
pub const SECONDS: i64 = 30;

/// A lease, held. Give it back with [`Held::release`]; renew it with [`Held::renew`] in the transactions of the work.
#[derive(Clone, Debug)]
pub struct Held {
    shop: base::ShopId,
    name: &'static str,
    holder: String,
}

/// Tells the holders of one process apart.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// Who has a lease, and until when if it is not renewed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    pub holder: String,
    pub until: Timestamp,
}

impl Holding {
    /// Whether this process, as [`this_process`] named itself, is the holder.
    pub fn is_of(&self, process: &str) -> bool {
        self.holder.strip_prefix(process).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// Who has the lease of this name in a shop, if anybody does, or did until it ran out.
pub async fn holding(tx: &mut Tx, shop: base::ShopId, name: &str) -> Result<Option<Holding>, Fault> {
    rows::holding(tx, shop, name).await
}

/// Takes the lease if it is free; `None` when somebody else has it.
pub async fn take(db: &Db, cx: &Context, name: &'static str) -> Result<Option<Held>, Fault> {
    let (shop, now) = (cx.shop, cx.now());
    let holder = format!("{}/{}", this_process(), TAKEN.fetch_add(1, Ordering::Relaxed));
    let held = Held { shop, name, holder };
    let asked = held.clone();
    let taken = db
        .write(async move |tx| {
            let gone = rows::holding(tx, shop, name)
                .await?
                .is_some_and(|held| is_alive_here(&held.holder) == Some(false));
            rows::take_lease(tx, shop, name, &asked.holder, now, end(now), gone).await
        })
        .await?;
    Ok(taken.then_some(held))
}

impl Held {
    /// Extends the lease; a fault when it was lost.
    pub async fn renew(&self, tx: &mut Tx, now: Timestamp) -> Result<(), Fault> {
        if rows::renew_lease(tx, self.shop, self.name, &self.holder, end(now)).await? {
            return Ok(());
        }
        Err(Fault::unavailable("lease_lost", "Another process has taken this work over."))
    }

    pub async fn release(self, db: &Db) -> Result<(), Fault> {
        db.write(async move |tx| rows::release_lease(tx, self.shop, self.name, &self.holder).await).await
    }
}

fn end(now: Timestamp) -> Timestamp {
    now.plus_micros(SECONDS * Timestamp::SECOND)
}

fn host() -> String {
    // The boot id tells restarts of one machine apart, so that process ids mean something.
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}-{}", name.trim(), boot.trim())
}

/// When a process was started, in clock ticks since boot; tells it from a later one with the same id.
fn started(process: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in brackets may hold blanks; the fields after it do not. First comes the state; start time is field 22, the 20th after
    // the name. A dead process stays in the table until its parent has asked for it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let is_dead = matches!(fields.next()?, "Z" | "X");
    fields.nth(18)?.parse().ok().filter(|_| !is_dead)
}

/// The name of this process: unlike any other of any machine, before and after.
pub fn this_process() -> String {
    let process = std::process::id();
    format!("{}/{process}/{}", host(), started(process).unwrap_or_default())
}

/// A name for one of several holders of this process.
pub fn holder(now: Timestamp) -> String {
    format!("{}/{}", this_process(), base::Id::<Held>::new(now, &mut rand::rng()))
}

/// Lets the time of those holders run out whose processes on this machine have ended. `holders` selects them all, and `lapse` ends what `$1` has at `$2`. Returns how much that was.
pub async fn lapse_gone(tx: &mut Tx, holders: db::Sql, lapse: db::Sql, now: Timestamp) -> Result<u64, Fault> {
    let mut lapsed = 0;
    for row in tx.all(holders, &[]).await? {
        let holder: String = row.get(0)?;
        if is_alive_here(&holder) == Some(false) {
            lapsed += tx.execute(lapse, &db::params![holder.as_str(), now]).await?;
        }
    }
    Ok(lapsed)
}

/// Whether a process that named itself by [`this_process`] is alive; `None` when it ran on another machine, or before this one was
/// started, so that only time tells.
pub fn is_alive_here(holder: &str) -> Option<bool> {
    let mut parts = holder.split('/');
    let (on, process, start) = (parts.next()?, parts.next()?, parts.next()?);
    if on != host() || !std::path::Path::new("/proc/self/stat").exists() {
        return None;
    }
    let alive = process.parse().ok().and_then(started);
    Some(alive.is_some_and(|alive| Some(alive) == start.parse().ok()))
}
