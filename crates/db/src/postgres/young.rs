//! Young tables. A statement is planned when it is first asked for, and the plan kept. For a table that is still empty PostgreSQL finds every index as good as any other,
//! and a plan made then may read all of a shop for each key (measured: a quarter of a millisecond for each of three thousand) until the table has been analysed. PostgreSQL does that
//! by itself, but looks only once a minute, and a first import or a first campaign is over by then. So we ask for it as soon as there is something to be analysed; afterwards it is PostgreSQL's own
//! affair.

use std::{rc::Rc, time::Duration};

use tokio::time::{Instant, sleep};

use super::Lane;

/// How often is looked at first, and for how long.
const OFTEN: Duration = Duration::from_secs(1);
const AT_FIRST: Duration = Duration::from_secs(120);
/// How often is looked then: another process may have emptied a table, or made one.
const SELDOM: Duration = Duration::from_secs(60);

/// Tables of ours with rows that nobody has analysed yet.
const NEVER_ANALYSED: &str =
    "SELECT quote_ident(schemaname) || '.' || quote_ident(relname) FROM pg_stat_user_tables
     WHERE schemaname = current_schema() AND n_live_tup >= 100 AND last_analyze IS NULL AND last_autoanalyze IS NULL";

/// Looks after them for as long as the process lives.
pub(super) async fn look_after(lane: Rc<Lane>) {
    let begun = Instant::now();
    loop {
        sleep(if begun.elapsed() < AT_FIRST { OFTEN } else { SELDOM }).await;
        if let Err(error) = analyse(&lane).await {
            // Whoever may not, or has no line just now, has what PostgreSQL does by itself.
            tracing::debug!(error, "young tables were not analysed");
        }
    }
}

async fn analyse(lane: &Lane) -> Result<(), String> {
    let client = lane.pool.get().await.map_err(|error| error.to_string())?;
    let young = client.query(NEVER_ANALYSED, &[]).await.map_err(|error| error.to_string())?;
    for row in young {
        let table: String = row.try_get(0).map_err(|error| error.to_string())?;
        // Another process of ours may be at it.
        client
            .batch_execute(&format!("ANALYZE (SKIP_LOCKED) {table}"))
            .await
            .map_err(|error| error.to_string())?;
        tracing::debug!(table, "a young table was analysed");
    }
    Ok(())
}
