//! Who asked about which numbers, by hour.

use base::{Fault, ShopId};
use db::{Batch, Tx, params, sql};

/// How often something was asked about since an hour.
pub(crate) async fn times(tx: &mut Tx, shop: ShopId, subject: &[u8; 32], from: i64) -> Result<i64, Fault> {
    let statement = sql!(
        "SELECT CAST(COALESCE(SUM(times), 0) AS BIGINT) FROM risk_marks WHERE shop_id = $1 AND subject_key = $2 AND hour >= $3"
    );
    Ok(tx.one(statement, &params![shop, subject, from]).await?.get(0)?)
}

/// About how many numbers other than this one somebody asked since an hour; no more than `most` are counted.
pub(crate) async fn numbers(
    tx: &mut Tx,
    shop: ShopId,
    subject: &[u8; 32],
    (from, but): (i64, &[u8; 32]),
    most: i64,
) -> Result<i64, Fault> {
    let statement = sql!(
        "SELECT COUNT(*) FROM (SELECT DISTINCT number_key FROM risk_marks
             WHERE shop_id = $1 AND subject_key = $2 AND hour >= $3 AND number_key <> $4 LIMIT $5) AS others"
    );
    Ok(tx.one(statement, &params![shop, subject, from, but, most]).await?.get(0)?)
}

/// Counts a question for everyone whom it counts for.
pub(crate) async fn add(
    tx: &mut Tx,
    shop: ShopId,
    subjects: &[[u8; 32]],
    (number, hour): (&[u8; 32], i64),
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO risk_marks (shop_id, subject_key, hour, number_key, times) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (shop_id, subject_key, hour, number_key) DO UPDATE SET times = risk_marks.times + 1"
    );
    let mut rows = Batch::with_capacity(5, subjects.len());
    subjects.iter().for_each(|subject| rows.push(params![shop, subject, hour, number, 1]));
    tx.insert_each(statement, &rows).await?;
    Ok(())
}

/// Forgets what was asked in hours before this one.
pub(crate) async fn forget(tx: &mut Tx, before: i64) -> Result<u64, Fault> {
    Ok(tx.execute(sql!("DELETE FROM risk_marks WHERE hour < $1"), &params![before]).await?)
}
