//! Stages of long work: in order, seen after a flush or another's write, lost only together and never silently.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use base::Fault;
use db::{Batch, Db, Options, Stages, params, sql};

const TABLE: &str = "CREATE TABLE notes (id BIGINT NOT NULL, PRIMARY KEY (id));";

/// Runs a test on SQLite and on PostgreSQL, each with a fresh database.
fn on_both(test: impl AsyncFn(Db)) {
    testkit::stories::on_both(async |url| test(open(url).await).await);
}

/// On SQLite alone, with the address: on PostgreSQL each stage is a transaction of its own, and nothing is ever lost.
fn on_sqlite(test: impl AsyncFn(&str, Db)) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.sqlite").display());
    testkit::stories::run(async { test(&url, open(&url).await).await });
}

async fn open(url: &str) -> Db {
    let db = Db::open(url, Options::default()).await.unwrap();
    db.migrate(&[("test/1", TABLE)]).await.unwrap();
    db
}

async fn add(stages: &Stages, id: i64) -> Result<(), Fault> {
    stages
        .write(async move |tx| {
            tx.execute(sql!("INSERT INTO notes (id) VALUES ($1)"), &params![id]).await?;
            Ok(())
        })
        .await
}

async fn notes(db: &Db) -> Vec<i64> {
    db.read(async |tx| {
        let rows = tx.all(sql!("SELECT id FROM notes ORDER BY id"), &[]).await?;
        rows.iter().map(|row| Ok(row.get(0)?)).collect()
    })
    .await
    .unwrap()
}

#[test]
fn stages_are_seen_after_a_flush() {
    on_both(async |db| {
        let stages = db.stages();
        for id in 1..=3 {
            add(&stages, id).await.unwrap();
        }
        stages.flush().await.unwrap();
        assert_eq!(notes(&db).await, [1, 2, 3]);
    });
}

#[test]
fn whoever_writes_meanwhile_sees_the_stages_before() {
    on_both(async |db| {
        let stages = db.stages();
        add(&stages, 1).await.unwrap();
        let seen: i64 = db
            .write(async |tx| {
                let seen = tx.one(sql!("SELECT COUNT(*) FROM notes"), &[]).await?.get(0)?;
                tx.execute(sql!("INSERT INTO notes (id) VALUES (10)"), &[]).await?;
                Ok(seen)
            })
            .await
            .unwrap();
        assert_eq!(seen, 1);
        assert_eq!(notes(&db).await, [1, 10]);
        add(&stages, 2).await.unwrap();
        stages.flush().await.unwrap();
        assert_eq!(notes(&db).await, [1, 2, 10]);
    });
}

#[test]
fn two_works_at_once_lose_nothing() {
    on_both(async |db| {
        let work = async |first: i64| {
            let stages = db.stages();
            for id in first..first + 50 {
                add(&stages, id).await.unwrap();
            }
            stages.flush().await.unwrap();
        };
        tokio::join!(work(0), work(50), work(100));
        assert_eq!(notes(&db).await, (0..150).collect::<Vec<_>>());
    });
}

#[test]
fn a_failed_stage_takes_only_its_own_work_along_and_says_so() {
    on_sqlite(async |_, db| {
        let (failing, other) = (db.stages(), db.stages());
        add(&other, 1).await.unwrap();
        add(&failing, 2).await.unwrap();
        add(&failing, 3).await.unwrap();
        add(&failing, 3).await.expect_err("it is there");
        // Whether 2 and 3 were committed before is chance; if not, the work hears that they are gone.
        let lost = notes(&db).await == [1];
        let next = add(&failing, 4).await;
        let flushed = failing.flush().await;
        if lost {
            assert_eq!(next.unwrap_err().code, "stages_lost");
            assert_eq!(flushed.unwrap_err().code, "stages_lost");
            assert_eq!(notes(&db).await, [1]);
        } else {
            next.unwrap();
            flushed.unwrap();
            assert_eq!(notes(&db).await, [1, 2, 3, 4]);
        }
        add(&other, 5).await.unwrap();
        other.flush().await.unwrap();
        assert!(notes(&db).await.ends_with(&[5]));
    });
}

#[test]
fn a_commit_that_fails_is_told_at_the_flush() {
    on_sqlite(async |_, db| {
        // Checked at the commit: by then every stage has been answered.
        let tables = "CREATE TABLE owners (id BIGINT NOT NULL, PRIMARY KEY (id));
CREATE TABLE things (id BIGINT NOT NULL, owner BIGINT NOT NULL REFERENCES owners (id) DEFERRABLE INITIALLY DEFERRED, PRIMARY KEY (id));
";
        db.migrate(&[("test/2", tables)]).await.unwrap();
        let stages = db.stages();
        stages
            .write(async |tx| {
                tx.execute(sql!("INSERT INTO things (id, owner) VALUES (1, 99)"), &[]).await?;
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(stages.flush().await.unwrap_err().code, "stages_lost");
        assert_eq!(add(&stages, 1).await.unwrap_err().code, "stages_lost");
        let other = db.stages();
        add(&other, 2).await.unwrap();
        other.flush().await.unwrap();
        assert_eq!(notes(&db).await, [2]);
    });
}

#[test]
fn a_first_stage_that_fails_loses_nothing() {
    on_both(async |db| {
        let stages = db.stages();
        let fault = stages
            .write(async |tx| {
                tx.execute(sql!("INSERT INTO notes (id) VALUES (1)"), &[]).await?;
                Err::<(), _>(Fault::conflict("changed_my_mind", "Rather not."))
            })
            .await
            .unwrap_err();
        assert_eq!(fault.code, "changed_my_mind");
        add(&stages, 2).await.unwrap();
        stages.flush().await.unwrap();
        assert_eq!(notes(&db).await, [2]);
    });
}

#[test]
fn a_writer_of_another_process_gets_in() {
    on_sqlite(async |url, db| {
        // A second engine has a lock of its own, as another process has.
        let neighbour = Db::open(url, Options::default()).await.unwrap();
        let stages = db.stages();
        let (done, mut id) = (std::sync::atomic::AtomicBool::new(false), 100);
        let busy = async {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                id += 1;
                add(&stages, id).await.unwrap();
            }
        };
        let visitor = async {
            for id in 1..=3i64 {
                neighbour
                    .write(async move |tx| {
                        tx.execute(sql!("INSERT INTO notes (id) VALUES ($1)"), &params![id]).await?;
                        Ok(())
                    })
                    .await
                    .unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        };
        tokio::join!(busy, visitor);
        assert!(notes(&neighbour).await.starts_with(&[1, 2, 3]));
    });
}

/// As an import does, which looks for people between its writes: until it is waited for them, somebody reads all the time, and the journal never begins anew.
#[test]
fn the_journal_stays_small_though_somebody_reads_all_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.sqlite");
    testkit::stories::run(async {
        let options = Options { journal_kib: 1024, ..Options::default() };
        let db = Db::open(&format!("sqlite:{}", file.display()), options).await.unwrap();
        db.migrate(&[(
            "test/1",
            "CREATE TABLE texts (id BIGINT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (id));",
        )])
        .await
        .unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (db, stop) = (db.clone(), Arc::clone(&stop));
                tokio::spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        let sum = sql!("SELECT SUM(LENGTH(text)) FROM texts");
                        db.read_bulk(async move |tx| Ok(tx.one(sum, &[]).await?)).await.unwrap();
                    }
                })
            })
            .collect();
        let (stages, text) = (db.stages(), "x".repeat(100_000));
        for id in 0..400i64 {
            let text = text.clone();
            stages
                .write(async move |tx| {
                    let row = params![id, text.as_str()];
                    tx.execute(sql!("INSERT INTO texts (id, text) VALUES ($1, $2)"), &row).await?;
                    Ok(())
                })
                .await
                .unwrap();
            if id % 4 == 0 {
                stages.flush().await.unwrap();
            }
        }
        stages.flush().await.unwrap();
        let journal = std::fs::metadata(file.with_extension("sqlite-wal")).unwrap().len();
        assert!(journal < 20 << 20, "of forty megabytes the journal holds {journal} bytes");
        stop.store(true, Ordering::Relaxed);
        futures::future::join_all(readers).await;
    });
}

/// Notes for later, by one stage.
async fn add_later(stages: &Stages, ids: &'static [i64]) -> Result<(), Fault> {
    stages
        .write(async move |tx| {
            let mut rows = Batch::new(1);
            ids.iter().for_each(|id| rows.push(params![*id]));
            Ok(tx.insert_later(sql!("INSERT INTO notes (id) VALUES ($1)"), &rows).await?)
        })
        .await
}

#[test]
fn rows_for_later_are_there_after_a_flush_and_at_once_elsewhere() {
    on_both(async |db| {
        let stages = db.stages();
        add_later(&stages, &[7, 3]).await.unwrap();
        add_later(&stages, &[5]).await.unwrap();
        stages.flush().await.unwrap();
        assert_eq!(notes(&db).await, [3, 5, 7]);
        let found = db.write(async |tx| {
            let mut rows = Batch::new(1);
            rows.push(params![1]);
            tx.insert_later(sql!("INSERT INTO notes (id) VALUES ($1)"), &rows).await?;
            Ok(tx.all(sql!("SELECT id FROM notes WHERE id = 1"), &[]).await?.len())
        });
        assert_eq!(found.await.unwrap(), 1, "a transaction that ends with the work need not wait");
    });
}

#[test]
fn whoever_writes_meanwhile_sees_rows_for_later() {
    on_both(async |db| {
        let stages = db.stages();
        add_later(&stages, &[1, 2]).await.unwrap();
        let seen =
            db.write(async |tx| Ok(tx.one(sql!("SELECT COUNT(*) FROM notes"), &[]).await?.get::<i64>(0)?));
        assert_eq!(seen.await.unwrap(), 2);
    });
}

#[test]
fn rows_for_later_go_with_a_stage_that_fails() {
    on_sqlite(async |_, db| {
        let stages = db.stages();
        add_later(&stages, &[1]).await.unwrap();
        let fails = stages.write(async |_| Err::<(), _>(Fault::internal("on purpose")));
        assert!(fails.await.is_err());
        let other = db.stages();
        add_later(&other, &[2]).await.unwrap();
        other.flush().await.unwrap();
        assert_eq!(notes(&db).await, [2]);
    });
}

#[test]
fn a_row_for_later_that_cannot_be_is_told_at_the_flush() {
    on_sqlite(async |_, db| {
        let stages = db.stages();
        add_later(&stages, &[1, 2]).await.unwrap();
        add_later(&stages, &[2]).await.unwrap();
        assert_eq!(stages.flush().await.unwrap_err().code, "stages_lost");
        let other = db.stages();
        add_later(&other, &[3]).await.unwrap();
        other.flush().await.unwrap();
        assert_eq!(notes(&db).await, [3]);
    });
}
