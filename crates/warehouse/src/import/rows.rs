//! Every SQL text of imports.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Batch, Row, Tx, Value, params, sql};

use super::{Import, ImportView, Rejected, State, Summary, Totals, pulse::Pulse};
use crate::files::Reject;

const VIEW_WIDTH: usize = 15;

/// A new import as it is written.
pub(crate) struct NewImport<'a> {
    pub id: Id<Import>,
    pub source: &'a str,
    pub file_name: &'a str,
    pub state: State,
    pub settings: &'a serde_json::Value,
    pub bytes_total: Option<u64>,
    pub spool_key: Option<Vec<u8>>,
    /// The process that runs it already.
    pub holder: Option<String>,
    pub now: Timestamp,
}

fn int(value: u64) -> Value<'static> {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

pub(crate) async fn insert(tx: &mut Tx, shop: ShopId, new: &NewImport<'_>) -> Result<(), Fault> {
    tx.execute(
        sql!(
            "INSERT INTO imports (shop_id, id, source, file_name, state, settings, bytes_total, bytes_done, rows_read, rows_rejected, summary,
                                  fault, spool_key, created_at, finished_at, holder, seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, '{}', NULL, $8, $9, NULL, $10, $9)"
        ),
        &[
            shop.into(),
            new.id.into(),
            new.source.into(),
            new.file_name.into(),
            new.state.code().into(),
            new.settings.into(),
            new.bytes_total.map_or(Value::Null, int),
            new.spool_key.clone().into(),
            new.now.into(),
            new.holder.clone().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Notes who runs an import, and that they are there.
pub(crate) async fn touch(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Import>,
    holder: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!("UPDATE imports SET holder = $3, seen_at = $4 WHERE shop_id = $1 AND id = $2");
    tx.execute(statement, &params![shop, id, holder, now]).await?;
    Ok(())
}

/// Puts an import back that a job will run again.
pub(crate) async fn put_back(tx: &mut Tx, shop: ShopId, id: Id<Import>) -> Result<(), Fault> {
    let statement = sql!("UPDATE imports SET state = $3, holder = NULL WHERE shop_id = $1 AND id = $2");
    tx.execute(statement, &params![shop, id, State::Queued.code()]).await?;
    Ok(())
}

/// Notes how far an import is.
pub(crate) async fn progress(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Import>,
    state: State,
    bytes_done: u64,
    summary: &Summary,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE imports SET state = $3, bytes_done = $4, rows_read = $5, rows_rejected = $6, summary = $7 WHERE shop_id = $1 AND id = $2"
    );
    let json = serde_json::to_string(summary).map_err(Fault::internal)?;
    let values: [Value<'_>; 7] = [
        shop.into(),
        id.into(),
        state.code().into(),
        int(bytes_done),
        int(summary.rows),
        int(summary.rejected),
        json.into(),
    ];
    tx.execute(statement, &values).await?;
    Ok(())
}

pub(crate) async fn finish(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Import>,
    fault: Option<&serde_json::Value>,
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE imports SET state = $3, fault = $4, spool_key = NULL, finished_at = $5 WHERE shop_id = $1 AND id = $2"
    );
    let state = if fault.is_some() { State::Failed } else { State::Done };
    tx.execute(
        statement,
        &[shop.into(), id.into(), state.code().into(), fault.map(ToString::to_string).into(), now.into()],
    )
    .await?;
    Ok(())
}

/// Keeps rejects; `from` is the number of the first one.
pub(crate) async fn insert_rejects(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Import>,
    from: u64,
    rejects: &[Reject],
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO import_rejects (shop_id, import_id, n, line_number, field, code, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT DO NOTHING"
    );
    let mut rows = Batch::with_capacity(7, rejects.len());
    for (at, reject) in rejects.iter().enumerate() {
        rows.push([
            shop.into(),
            id.into(),
            int(from + at as u64),
            int(reject.line_number),
            reject.field.map(|field| field.as_str()).into(),
            reject.code.into(),
            reject.reason.as_ref().into(),
        ]);
    }
    tx.insert_each(statement, &rows).await?;
    Ok(())
}

/// Forgets the rejects of an attempt that is run again.
pub(crate) async fn clear_rejects(tx: &mut Tx, shop: ShopId, id: Id<Import>) -> Result<(), Fault> {
    tx.execute(sql!("DELETE FROM import_rejects WHERE shop_id = $1 AND import_id = $2"), &params![shop, id])
        .await?;
    Ok(())
}

pub(crate) async fn rejects(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Import>,
    after: u64,
    limit: usize,
) -> Result<Vec<Rejected>, Fault> {
    let statement = sql!(
        "SELECT n, line_number, field, code, reason FROM import_rejects WHERE shop_id = $1 AND import_id = $2 AND n > $3 ORDER BY n LIMIT $4"
    );
    let rows = tx.all(statement, &[shop.into(), id.into(), int(after), limit.into()]).await?;
    let read = |row: &Row| {
        Ok(Rejected {
            n: row.get(0)?,
            line_number: row.get(1)?,
            field: row.get(2)?,
            code: row.get(3)?,
            reason: row.get(4)?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, db::DbError>>()?)
}

fn state(row: &Row, at: usize) -> Result<State, db::DbError> {
    let code: String = row.get(at)?;
    State::ALL.into_iter().find(|s| s.code() == code).ok_or(db::DbError::Column { at, wanted: "state" })
}

/// An import as its row has it, and what tells whether that is still so.
fn view(row: &Row) -> Result<(ImportView, Pulse), db::DbError> {
    debug_assert_eq!(VIEW_WIDTH, 15, "as many columns as the statements below select");
    let summary: serde_json::Value = row.get(8)?;
    let state = state(row, 3)?;
    let pulse = Pulse { holder: row.get(12)?, seen_at: row.get(13)?, kept: row.get(14)? };
    let view = ImportView {
        id: row.get(0)?,
        source: row.get(1)?,
        file_name: row.get(2)?,
        state,
        reached: state,
        bytes_total: row.get(4)?,
        bytes_done: row.get(5)?,
        rows: row.get(6)?,
        rejected: row.get(7)?,
        summary: serde_json::from_value(summary).unwrap_or_default(),
        fault: row.get(9)?,
        created_at: row.get(10)?,
        finished_at: row.get(11)?,
    };
    Ok((view, pulse))
}

pub(crate) async fn get(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Import>,
) -> Result<Option<(ImportView, Pulse)>, Fault> {
    let statement = sql!(
        "SELECT id, source, file_name, state, bytes_total, bytes_done, rows_read, rows_rejected, summary, fault, created_at, finished_at,
                holder, seen_at, spool_key IS NOT NULL
         FROM imports WHERE shop_id = $1 AND id = $2"
    );
    Ok(tx.first(statement, &params![shop, id]).await?.as_ref().map(view).transpose()?)
}

/// Imports and rows of all shops, by state.
pub(crate) async fn totals(tx: &mut Tx) -> Result<Totals, Fault> {
    let statement = sql!(
        "SELECT state, COUNT(*), CAST(COALESCE(SUM(rows_read), 0) AS BIGINT), CAST(COALESCE(SUM(rows_rejected), 0) AS BIGINT)
         FROM imports GROUP BY state"
    );
    let mut totals = Totals { rows: 0, rejected: 0, by_state: State::ALL.map(|state| (state, 0)) };
    for row in tx.all(statement, &[]).await? {
        let state: String = row.get(0)?;
        for (known, count) in &mut totals.by_state {
            if known.code() == state {
                *count = row.get(1)?;
            }
        }
        totals.rows += row.get::<u64>(2)?;
        totals.rejected += row.get::<u64>(3)?;
    }
    Ok(totals)
}

/// Imports of all shops that say they are being run.
pub(crate) async fn unfinished(tx: &mut Tx) -> Result<Vec<(ShopId, State, Pulse)>, Fault> {
    let statement = sql!(
        "SELECT shop_id, state, holder, seen_at, spool_key IS NOT NULL FROM imports WHERE state IN ('running', 'linking')"
    );
    let read = |row: &Row| {
        let pulse = Pulse { holder: row.get(2)?, seen_at: row.get(3)?, kept: row.get(4)? };
        Ok((row.get(0)?, state(row, 1)?, pulse))
    };
    Ok(tx.all(statement, &[]).await?.iter().map(read).collect::<Result<_, db::DbError>>()?)
}

/// Imports, newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    shop: ShopId,
    before: Option<Id<Import>>,
    limit: usize,
) -> Result<Vec<(ImportView, Pulse)>, Fault> {
    let statement = sql!(
        "SELECT id, source, file_name, state, bytes_total, bytes_done, rows_read, rows_rejected, summary, fault, created_at, finished_at,
                holder, seen_at, spool_key IS NOT NULL
         FROM imports WHERE shop_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    );
    let before = before.unwrap_or_else(|| Id::from_uuid(uuid::Uuid::max()));
    let rows = tx.all(statement, &params![shop, before, limit]).await?;
    Ok(rows.iter().map(view).collect::<Result<_, _>>()?)
}

/// The wrapped key of a waiting file and how to read it.
pub(crate) async fn spool(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Import>,
) -> Result<Option<(Vec<u8>, serde_json::Value)>, Fault> {
    let statement = sql!(
        "SELECT spool_key, settings FROM imports WHERE shop_id = $1 AND id = $2 AND spool_key IS NOT NULL"
    );
    let row = tx.first(statement, &params![shop, id]).await?;
    Ok(row.map(|row| Ok::<_, db::DbError>((row.get(0)?, row.get(1)?))).transpose()?)
}
