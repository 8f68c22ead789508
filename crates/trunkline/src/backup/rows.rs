//! What SQLite itself can say about a file.

use base::Fault;
use db::{Db, sql};

/// What is wrong with the database's pages and indexes; nothing when it is whole.
pub(super) async fn problems(db: &Db) -> Result<Vec<String>, Fault> {
    let rows = db.read(async |tx| Ok(tx.all(sql!("PRAGMA integrity_check(10)"), &[]).await?)).await?;
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}
