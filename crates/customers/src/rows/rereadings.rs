//! Numbers read anew: what a newer numbering plan makes of a persona's number, and the personas whose number an older plan read.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Batch, Tx, params, sql};

use super::facts::Place;
use crate::persona::{NumberKey, Persona};

/// What is to be recorded of a persona.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rereading {
    pub persona: Id<Persona>,
    pub anchor: i64,
    pub current_anchor: i64,
    pub current: NumberKey,
    pub content: [u8; 32],
    pub cause: &'static str,
}

pub(crate) async fn insert(
    tx: &mut Tx,
    shop: ShopId,
    rereadings: &[Rereading],
    plan_version: &str,
    now: Timestamp,
) -> Result<u64, Fault> {
    let statement = sql!(
        "INSERT INTO rereadings (shop_id, anchor, persona_id, recorded_at, current_anchor, current_key, current_content, cause, plan_version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING"
    );
    let mut rows = Batch::with_capacity(9, rereadings.len());
    for new in rereadings {
        rows.push([
            shop.into(),
            new.anchor.into(),
            new.persona.into(),
            now.into(),
            new.current_anchor.into(),
            (&new.current.0).into(),
            (&new.content).into(),
            new.cause.into(),
            plan_version.into(),
        ]);
    }
    Ok(tx.insert_each(statement, &rows).await?)
}

/// Whether any number of the shop was read anew: else nobody need look.
pub(crate) async fn any(tx: &mut Tx, shop: ShopId) -> Result<bool, Fault> {
    Ok(tx.first(sql!("SELECT 1 FROM rereadings WHERE shop_id = $1 LIMIT 1"), &params![shop]).await?.is_some())
}

/// Where personas are kept whose number is, or was for a time, one of these anchors' by a newer plan than theirs.
pub(crate) async fn kept_at(tx: &mut Tx, shop: ShopId, anchors: &[i64]) -> Result<Vec<i64>, Fault> {
    let statement = sql!("SELECT DISTINCT anchor FROM rereadings WHERE current_anchor = $2 AND shop_id = $1");
    let mut keys = Batch::with_capacity(2, anchors.len());
    anchors.iter().for_each(|anchor| keys.push(params![shop, *anchor]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push(row.get(0)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Fills in, where nothing was found yet, the personas that would have this anchor and content if they were recorded today.
pub(crate) async fn known(
    tx: &mut Tx,
    shop: ShopId,
    keys: &[(i64, [u8; 32])],
    found: &mut [Option<Place>],
) -> Result<(), Fault> {
    let missing: Vec<usize> = (0..keys.len()).filter(|at| found[*at].is_none()).collect();
    if missing.is_empty() || !any(tx, shop).await? {
        return Ok(());
    }
    let statement = sql!(
        "SELECT r.persona_id, r.anchor FROM rereadings r
         WHERE r.current_anchor = $2 AND r.current_content = $3 AND r.shop_id = $1
           AND NOT EXISTS (SELECT 1 FROM rereadings n WHERE n.shop_id = r.shop_id AND n.anchor = r.anchor AND n.persona_id = r.persona_id
                           AND n.recorded_at > r.recorded_at)
         ORDER BY r.persona_id LIMIT 1"
    );
    let mut rows = Batch::with_capacity(3, missing.len());
    missing.iter().for_each(|at| rows.push(params![shop, keys[*at].0, &keys[*at].1]));
    tx.select_each(statement, &rows, |at, row| {
        found[missing[at]] = Some((row.get(0)?, row.get(1)?));
        Ok(())
    })
    .await?;
    Ok(())
}

/// Where a run over all personas is: the anchor and the content of the last one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cursor {
    pub anchor: i64,
    pub content: Vec<u8>,
}

impl Cursor {
    pub const START: Self = Self { anchor: i64::MIN, content: Vec::new() };
}

/// A persona whose number another plan read than today's.
#[derive(Clone, Debug)]
pub(crate) struct OldReading {
    pub anchor: i64,
    pub content: [u8; 32],
    pub persona: Id<Persona>,
    /// As it was read last.
    pub number: NumberKey,
    pub wrapped_key: Vec<u8>,
    pub details: Vec<u8>,
}

/// The next personas with a number that were not read by `plan_version`; erased ones are left out, because nobody can read them.
pub(crate) async fn old_readings(
    tx: &mut Tx,
    shop: ShopId,
    plan_version: &str,
    after: &Cursor,
    limit: usize,
) -> Result<Vec<OldReading>, Fault> {
    let statement = sql!(
        "SELECT p.anchor, p.content_key, p.id,
                COALESCE((SELECT r.current_key FROM rereadings r WHERE r.shop_id = p.shop_id AND r.anchor = p.anchor AND r.persona_id = p.id
                          ORDER BY r.recorded_at DESC LIMIT 1), p.number_key),
                p.wrapped_key, p.details
         FROM personas p
         WHERE p.shop_id = $1 AND (p.anchor, p.content_key) > ($2, $3) AND p.plan_version <> $4 AND p.number_key IS NOT NULL
           AND p.wrapped_key IS NOT NULL
         ORDER BY p.anchor, p.content_key LIMIT $5"
    );
    let values = params![shop, after.anchor, after.content.as_slice(), plan_version, limit];
    let mut found = Vec::new();
    for row in tx.all(statement, &values).await? {
        found.push(OldReading {
            anchor: row.get(0)?,
            content: row.get(1)?,
            persona: row.get(2)?,
            number: NumberKey(row.get(3)?),
            wrapped_key: row.get(4)?,
            details: row.get(5)?,
        });
    }
    Ok(found)
}

/// How many of them there are after a cursor.
pub(crate) async fn count_old(
    tx: &mut Tx,
    shop: ShopId,
    plan_version: &str,
    after: &Cursor,
) -> Result<u64, Fault> {
    let statement = sql!(
        "SELECT COUNT(*) FROM personas
         WHERE shop_id = $1 AND (anchor, content_key) > ($2, $3) AND plan_version <> $4 AND number_key IS NOT NULL
           AND wrapped_key IS NOT NULL"
    );
    let values = params![shop, after.anchor, after.content.as_slice(), plan_version];
    Ok(tx.one(statement, &values).await?.get(0)?)
}
