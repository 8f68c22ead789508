//! The audit trail: written in the transaction of the act, chained by keyed hashes per shop, verifiable from outside.

use base::{Context, Cursor, Fault, Id, Page, PageRequest, ShopId, Timestamp};
use vault::{IndexKey, ShopIndexes};

use crate::{Batch, Db, DbError, Row, Tx, params, sql};

/// What is being recorded. No personal data: identifiers and reasons only.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// `customers.merge`, `numbers.reveal`, …
    pub action: &'a str,
    /// `kind:id` of what is acted on.
    pub subject: String,
    pub customer: Option<uuid::Uuid>,
    pub reason: &'a str,
    pub details: serde_json::Value,
}

/// An entry as it stands in the trail.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded {
    pub seq: i64,
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub customer: Option<uuid::Uuid>,
    pub reason: String,
    pub details: serde_json::Value,
    pub hash: [u8; 32],
}

/// What a verification found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    pub entries: i64,
    /// Hex of the last hash: note it elsewhere, and a cut-off tail shows.
    pub head: String,
}

/// Appends an entry.
pub async fn append(
    tx: &mut Tx,
    cx: &Context,
    indexes: &ShopIndexes,
    entry: Entry<'_>,
) -> Result<i64, Fault> {
    append_each(tx, cx.shop, indexes, &[(cx, entry)]).await
}

/// Appends entries to a shop's trail, in their order, by two statements for all; returns the number of the last.
pub async fn append_each(
    tx: &mut Tx,
    shop: ShopId,
    indexes: &ShopIndexes,
    entries: &[(&Context, Entry<'_>)],
) -> Result<i64, Fault> {
    let last = sql!("SELECT seq, hash FROM audit WHERE shop_id = $1 ORDER BY seq DESC LIMIT 1");
    let (mut seq, mut previous) = match tx.first(last, &params![shop]).await? {
        Some(row) => (row.get::<i64>(0)?, row.get::<[u8; 32]>(1)?),
        None => (0, [0; 32]),
    };
    let mut rows = Batch::with_capacity(11, entries.len());
    for (cx, entry) in entries {
        seq += 1;
        let (at, actor, details) = (cx.now(), cx.actor.to_string(), entry.details.to_string());
        let recorded = Content {
            seq,
            at,
            actor: &actor,
            action: entry.action,
            subject: &entry.subject,
            customer: entry.customer,
            reason: entry.reason,
            details: &details,
        };
        let hash = recorded.hash(&indexes.audit, &previous);
        rows.push([
            shop.into(),
            seq.into(),
            at.into(),
            actor.into(),
            entry.action.into(),
            entry.subject.as_str().into(),
            entry.customer.into(),
            entry.reason.into(),
            details.into(),
            previous.into(),
            hash.into(),
        ]);
        previous = hash;
    }
    let insert = sql!(
        "INSERT INTO audit (shop_id, seq, at, actor, action, subject, customer_id, reason, details, previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    tx.write_each(insert, &rows).await?;
    Ok(seq)
}

/// The trail of a shop, or of one of its customers, newest first.
pub async fn list(
    db: &Db,
    shop: ShopId,
    customer: Option<uuid::Uuid>,
    page: &PageRequest,
) -> Result<Page<Recorded>, Fault> {
    let before = page.after_key::<i64>().unwrap_or(i64::MAX);
    let limit = page.limit;
    let items = db.read(async move |tx| before_entry(tx, shop, customer, before, limit + 1).await).await?;
    Ok(Page::of(items, limit, |last| last.seq.to_string()))
}

/// The entries before one of them, newest first.
async fn before_entry(
    tx: &mut Tx,
    shop: ShopId,
    customer: Option<uuid::Uuid>,
    before: i64,
    limit: usize,
) -> Result<Vec<Recorded>, Fault> {
    let rows = match customer {
        Some(customer) => {
            let statement = sql!(
                "SELECT seq, at, actor, action, subject, customer_id, reason, details, previous_hash, hash FROM audit
                 WHERE shop_id = $1 AND customer_id = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4"
            );
            tx.all(statement, &params![shop, customer, before, limit]).await?
        }
        None => {
            let statement = sql!(
                "SELECT seq, at, actor, action, subject, customer_id, reason, details, previous_hash, hash FROM audit
                 WHERE shop_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3"
            );
            tx.all(statement, &params![shop, before, limit]).await?
        }
    };
    Ok(rows.iter().map(recorded).collect::<Result<_, _>>()?)
}

/// What is looked for in a trail. What is left empty fits everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sought {
    pub customer: Option<uuid::Uuid>,
    /// An action or its beginning: `customers.merge`, or `customers.` for whatever was done to customers.
    pub action: String,
    /// A part of the actor, in letters of either case: a name, an id, or `staff:`.
    pub actor: String,
}

impl Sought {
    fn fits(&self, entry: &Recorded) -> bool {
        entry.action.starts_with(&self.action)
            && (self.actor.is_empty() || entry.actor.to_lowercase().contains(&self.actor.to_lowercase()))
    }
}

/// Entries that one page looks at, at most.
const WALK_MAX: usize = 20_000;
/// Entries that are read at once.
const STRIDE: usize = 1_000;

/// What fits in the trail of a shop, newest first. A page looks at no more than 20,000 entries: it may be short, or empty, and still name a next one.
pub async fn find(
    db: &Db,
    shop: ShopId,
    sought: Sought,
    page: &PageRequest,
) -> Result<Page<Recorded>, Fault> {
    if sought.action.is_empty() && sought.actor.is_empty() {
        return list(db, shop, sought.customer, page).await;
    }
    let (from, limit) = (page.after_key::<i64>().unwrap_or(i64::MAX), page.limit);
    db.read_bulk(async move |tx| {
        let (mut items, mut before) = (Vec::new(), from);
        for _ in 0..WALK_MAX / STRIDE {
            let walked = before_entry(tx, shop, sought.customer, before, STRIDE).await?;
            let is_end = walked.len() < STRIDE;
            before = walked.last().map_or(before, |last| last.seq);
            items.extend(walked.into_iter().filter(|entry| sought.fits(entry)));
            if items.len() > limit || is_end {
                return Ok(Page::of(items, limit, |last| last.seq.to_string()));
            }
        }
        Ok(Page { items, next: Some(Cursor(before.to_string())) })
    })
    .await
}

/// The entries about any of these customers, newest first: a person may have been several before.
pub async fn list_of(
    db: &Db,
    shop: ShopId,
    customers: Vec<uuid::Uuid>,
    page: &PageRequest,
) -> Result<Page<Recorded>, Fault> {
    let before = page.after_key::<i64>().unwrap_or(i64::MAX);
    let limit = page.limit;
    let mut items = db
        .read(async move |tx| {
            let statement = sql!(
                "SELECT seq, at, actor, action, subject, customer_id, reason, details, previous_hash, hash FROM audit
                 WHERE shop_id = $1 AND customer_id = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4"
            );
            let mut keys = Batch::with_capacity(4, customers.len());
            customers.iter().for_each(|customer| keys.push(params![shop, *customer, before, limit + 1]));
            let mut items = Vec::new();
            tx.select_each(statement, &keys, |_, row| {
                items.push(recorded(row)?);
                Ok(())
            })
            .await?;
            Ok(items)
        })
        .await?;
    items.sort_by_key(|entry| std::cmp::Reverse(entry.seq));
    items.dedup_by_key(|entry| entry.seq);
    Ok(Page::of(items, limit, |last| last.seq.to_string()))
}

/// Walks the whole chain of a shop and proves every hash. The fault names the first entry that does not hold.
pub async fn verify(db: &Db, shop: ShopId, indexes: &ShopIndexes) -> Result<Verified, Fault> {
    let (mut seq, mut previous) = (0i64, [0u8; 32]);
    loop {
        let from = seq;
        let rows = db
            .read(async move |tx| {
                let statement = sql!(
                    "SELECT seq, at, actor, action, subject, customer_id, reason, details, previous_hash, hash FROM audit
                     WHERE shop_id = $1 AND seq > $2 ORDER BY seq LIMIT 1000"
                );
                Ok(tx.all(statement, &params![shop, from]).await?)
            })
            .await?;
        if rows.is_empty() {
            return Ok(Verified { entries: seq, head: data_encoding::HEXLOWER.encode(&previous) });
        }
        for row in &rows {
            let found = recorded(row)?;
            let details: String = row.get(7)?;
            let content = Content {
                seq: found.seq,
                at: found.at,
                actor: &found.actor,
                action: &found.action,
                subject: &found.subject,
                customer: found.customer,
                reason: &found.reason,
                details: &details,
            };
            let holds = found.seq == seq + 1
                && row.get::<[u8; 32]>(8)? == previous
                && content.hash(&indexes.audit, &previous) == found.hash;
            if !holds {
                let message = format!(
                    "The audit trail does not hold at entry {}: it was changed, removed or added to from outside.",
                    seq + 1
                );
                return Err(Fault::conflict("audit_broken", message).detail("seq", seq + 1));
            }
            (seq, previous) = (found.seq, found.hash);
        }
    }
}

fn recorded(row: &Row) -> Result<Recorded, DbError> {
    Ok(Recorded {
        seq: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        customer: row.get(5)?,
        reason: row.get(6)?,
        details: row.get(7)?,
        hash: row.get(9)?,
    })
}

struct Content<'a> {
    seq: i64,
    at: Timestamp,
    actor: &'a str,
    action: &'a str,
    subject: &'a str,
    customer: Option<uuid::Uuid>,
    reason: &'a str,
    details: &'a str,
}

impl Content<'_> {
    fn hash(&self, key: &IndexKey, previous: &[u8; 32]) -> [u8; 32] {
        key.of_parts([
            &previous[..],
            &self.seq.to_le_bytes(),
            &self.at.as_micros().to_le_bytes(),
            self.actor.as_bytes(),
            self.action.as_bytes(),
            self.subject.as_bytes(),
            self.customer.as_ref().map_or(&[][..], |c| c.as_bytes()),
            self.reason.as_bytes(),
            self.details.as_bytes(),
        ])
    }
}

/// `kind:id`, the usual form of a subject.
pub fn subject<T>(kind: &str, id: Id<T>) -> String {
    format!("{kind}:{id}")
}
