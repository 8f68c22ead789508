//! Requests that may be sent twice: the first answer is kept and given again.

use base::{Context, Fault, Timestamp};

use crate::{Db, params, sql};

/// How long an answer is kept.
pub const KEPT_MICROS: i64 = 24 * 3600 * 1_000_000;

/// After this long a request without an answer has died with its process, and its key may be claimed anew.
pub const RUNNING_MICROS_MAX: i64 = 5 * 60 * 1_000_000;

/// A request with an `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct Request {
    /// Id of the API key that asks.
    pub caller: String,
    pub key: String,
    /// Keyed hash of method, path and body.
    pub hash: [u8; 32],
}

/// What became of the first request with this key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// This is the first: run it, then [`answer`].
    First,
    /// Its answer, as sealed by the caller of [`answer`].
    Answered { status: u16, body: Vec<u8> },
}

/// Claims the key for this request.
pub async fn claim(db: &Db, cx: &Context, request: &Request) -> Result<Claim, Fault> {
    let (shop, now, request) = (cx.shop, cx.now(), request.clone());
    db.write(async move |tx| {
        tx.execute(
            sql!(
                "DELETE FROM idempotency_keys WHERE shop_id = $1 AND caller = $2 AND key = $3
                 AND (created_at < $4 OR (created_at < $5 AND status IS NULL))"
            ),
            &params![shop, &request.caller, &request.key, now.plus_micros(-KEPT_MICROS), now.plus_micros(-RUNNING_MICROS_MAX)],
        )
        .await?;
        let kept = sql!("SELECT request_hash, status, body FROM idempotency_keys WHERE shop_id = $1 AND caller = $2 AND key = $3");
        let Some(row) = tx.first(kept, &params![shop, &request.caller, &request.key]).await? else {
            tx.execute(
                sql!(
                    "INSERT INTO idempotency_keys (shop_id, caller, key, request_hash, status, body, created_at)
                     VALUES ($1, $2, $3, $4, NULL, NULL, $5)"
                ),
                &params![shop, &request.caller, &request.key, request.hash, now],
            )
            .await?;
            return Ok(Claim::First);
        };
        if row.get::<[u8; 32]>(0)? != request.hash {
            let message = "This Idempotency-Key was used for another request.";
            return Err(Fault::conflict("idempotency_key_reused", message).field("Idempotency-Key"));
        }
        match (row.get::<Option<u32>>(1)?, row.get::<Option<Vec<u8>>>(2)?) {
            (Some(status), Some(body)) => {
                Ok(Claim::Answered { status: u16::try_from(status).unwrap_or(500), body })
            }
            _ => Err(Fault::conflict("idempotency_key_busy", "The first request with this Idempotency-Key is still running.")),
        }
    })
    .await
}

/// Keeps the answer of the first request.
pub async fn answer(
    db: &Db,
    cx: &Context,
    request: &Request,
    status: u16,
    body: Vec<u8>,
) -> Result<(), Fault> {
    let (shop, request) = (cx.shop, request.clone());
    db.write(async move |tx| {
        let keep = sql!("UPDATE idempotency_keys SET status = $4, body = $5 WHERE shop_id = $1 AND caller = $2 AND key = $3");
        tx.execute(keep, &params![shop, &request.caller, &request.key, status, body.as_slice()]).await?;
        Ok(())
    })
    .await
}

/// Gives the key up, after a request that failed on our side, so that it can be tried again.
pub async fn release(db: &Db, cx: &Context, request: &Request) -> Result<(), Fault> {
    let (shop, request) = (cx.shop, request.clone());
    db.write(async move |tx| {
        let free = sql!(
            "DELETE FROM idempotency_keys WHERE shop_id = $1 AND caller = $2 AND key = $3 AND status IS NULL"
        );
        tx.execute(free, &params![shop, &request.caller, &request.key]).await?;
        Ok(())
    })
    .await
}

/// Forgets the answers of all shops that are kept no longer; returns how many.
pub async fn forget(db: &Db, now: Timestamp) -> Result<u64, Fault> {
    let before = now.plus_micros(-KEPT_MICROS);
    db.write(async move |tx| {
        Ok(tx.execute(sql!("DELETE FROM idempotency_keys WHERE created_at < $1"), &params![before]).await?)
    })
    .await
}
