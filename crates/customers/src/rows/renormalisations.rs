//! Runs over all numbers of a shop, and how far they are.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Row, Tx, Value, params, sql};

use super::rereadings::Cursor;
use crate::renormalising::{Outcome, Renormalisation, RunState};

/// A run as its row tells it.
#[derive(Clone, Debug)]
pub(crate) struct RunRow {
    pub id: Id<Renormalisation>,
    pub state: RunState,
    pub plan_version: String,
    pub after: Cursor,
    pub records_total: u64,
    pub outcome: Outcome,
    pub fault: Option<serde_json::Value>,
    pub holder: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

fn run(row: &Row) -> Result<RunRow, db::DbError> {
    let outcome: serde_json::Value = row.get(6)?;
    Ok(RunRow {
        id: row.get(0)?,
        state: RunState::of_code(&row.get::<String>(1)?),
        plan_version: row.get(2)?,
        after: Cursor { anchor: row.get(3)?, content: row.get(4)? },
        records_total: row.get(5)?,
        outcome: serde_json::from_value(outcome).unwrap_or_default(),
        fault: row.get(7)?,
        holder: row.get(8)?,
        created_at: row.get(9)?,
        finished_at: row.get(10)?,
    })
}

fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) async fn insert(tx: &mut Tx, shop: ShopId, new: &RunRow) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO renormalisations (shop_id, id, state, plan_version, after_anchor, after_content, records_total, outcome, fault, holder,
                                       created_at, finished_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9, $10, NULL)"
    );
    let outcome = serde_json::to_string(&new.outcome).map_err(Fault::internal)?;
    let values: [Value<'_>; 10] = [
        shop.into(),
        new.id.into(),
        new.state.code().into(),
        new.plan_version.as_str().into(),
        new.after.anchor.into(),
        new.after.content.as_slice().into(),
        int(new.records_total).into(),
        outcome.into(),
        new.holder.as_deref().into(),
        new.created_at.into(),
    ];
    tx.execute(statement, &values).await?;
    Ok(())
}

/// Writes where a run is, and who runs it.
pub(crate) async fn update(tx: &mut Tx, shop: ShopId, run: &RunRow) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE renormalisations SET state = $3, plan_version = $4, after_anchor = $5, after_content = $6, records_total = $7, outcome = $8,
                fault = $9, holder = $10, finished_at = $11
         WHERE shop_id = $1 AND id = $2"
    );
    let outcome = serde_json::to_string(&run.outcome).map_err(Fault::internal)?;
    let values: [Value<'_>; 11] = [
        shop.into(),
        run.id.into(),
        run.state.code().into(),
        run.plan_version.as_str().into(),
        run.after.anchor.into(),
        run.after.content.as_slice().into(),
        int(run.records_total).into(),
        outcome.into(),
        run.fault.as_ref().map(ToString::to_string).into(),
        run.holder.as_deref().into(),
        run.finished_at.into(),
    ];
    tx.execute(statement, &values).await?;
    Ok(())
}

pub(crate) async fn get(tx: &mut Tx, shop: ShopId, id: Id<Renormalisation>) -> Result<Option<RunRow>, Fault> {
    let statement = sql!(
        "SELECT id, state, plan_version, after_anchor, after_content, records_total, outcome, fault, holder, created_at, finished_at
         FROM renormalisations WHERE shop_id = $1 AND id = $2"
    );
    Ok(tx.first(statement, &params![shop, id]).await?.map(|row| run(&row)).transpose()?)
}

/// The run that was asked for last.
pub(crate) async fn newest(tx: &mut Tx, shop: ShopId) -> Result<Option<RunRow>, Fault> {
    let statement = sql!(
        "SELECT id, state, plan_version, after_anchor, after_content, records_total, outcome, fault, holder, created_at, finished_at
         FROM renormalisations WHERE shop_id = $1 ORDER BY id DESC LIMIT 1"
    );
    Ok(tx.first(statement, &params![shop]).await?.map(|row| run(&row)).transpose()?)
}
