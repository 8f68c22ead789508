//! A table that has just got its first rows is analysed at once: the plans that were made while it was empty do not last.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use db::{Batch, Db, Options, params, sql};

#[tokio::test]
async fn a_young_table_is_analysed_as_soon_as_it_has_rows() {
    let database = testkit::postgres::database();
    let db = Db::open(&database.url, Options::default()).await.unwrap();
    let table =
        "CREATE TABLE notes (id BIGINT NOT NULL, shop BIGINT NOT NULL, PRIMARY KEY (shop, id)) CLUSTERED;";
    db.migrate(&[("young/1", table)]).await.unwrap();
    db.write(async |tx| {
        let mut rows = Batch::new(2);
        (0..500i64).for_each(|id| rows.push(params![id, 1i64]));
        Ok(tx.insert_each(sql!("INSERT INTO notes (id, shop) VALUES ($1, $2)"), &rows).await?)
    })
    .await
    .unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let known = sql!("SELECT attname::text FROM pg_stats WHERE tablename = 'notes' AND attname = 'shop'");
        let found = db.read(async move |tx| Ok(tx.first(known, &[]).await?)).await.unwrap();
        if found.is_some() {
            return;
        }
        assert!(Instant::now() < until, "nobody analysed it");
    }
}
