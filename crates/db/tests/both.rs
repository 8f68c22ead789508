//! The same promises on both databases: what is acknowledged is there, rivals never get in together, what fails leaves nothing behind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use base::{Actor, Context, Fault, Id, PageRequest, ShopId, SystemClock};
use db::{Batch, Db, Options, Tx, audit, idempotency, params, sql};
use vault::{KeyFile, Vault};

const TABLES: &str = "CREATE TABLE codes (
    id BIGINT NOT NULL,
    number TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (number, id)
) CLUSTERED;
CREATE TABLE facts (
    id UUID NOT NULL,
    flag BOOL NOT NULL,
    body BYTES,
    share REAL,
    PRIMARY KEY (id)
);
";

/// Runs a test on SQLite and on PostgreSQL, each with a fresh database.
fn on_both(test: impl AsyncFn(Db)) {
    testkit::stories::on_both(async |url| {
        let db = Db::open(url, Options::default()).await.unwrap();
        db.migrate(db::MIGRATIONS).await.unwrap();
        db.migrate(&[("test/1", TABLES)]).await.unwrap();
        test(db).await;
    });
}

fn context() -> Context {
    let shop = ShopId::from_uuid(uuid::Uuid::from_u128(7));
    Context::new(shop, Actor::Shell { user: "tester".to_owned() }, Arc::new(SystemClock))
}

async fn count(db: &Db) -> i64 {
    db.read(async |tx| Ok(tx.one(sql!("SELECT COUNT(*) FROM codes"), &[]).await?.get(0)?)).await.unwrap()
}

#[test]
fn of_many_rivals_only_as_many_get_in_as_may() {
    on_both(async |db| {
        let rivals: Vec<_> = (0..40i64)
            .map(|id| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(async move |tx| {
                        let open: i64 = tx
                            .one(sql!("SELECT COUNT(*) FROM codes WHERE number = $1"), &params!["n"])
                            .await?
                            .get(0)?;
                        if open >= 3 {
                            return Ok(false);
                        }
                        tx.execute(sql!("INSERT INTO codes (id, number) VALUES ($1, $2)"), &params![id, "n"])
                            .await?;
                        Ok(true)
                    })
                    .await
                })
            })
            .collect();
        let mut admitted = 0;
        for rival in rivals {
            match rival.await.unwrap() {
                Ok(true) => admitted += 1,
                Ok(false) => {}
                // Losing too often is an honest answer; getting in beyond the limit is not.
                Err(fault) => assert_eq!(fault.code, "database_contended"),
            }
        }
        assert_eq!((admitted, count(&db).await), (3, 3));
    });
}

#[test]
fn what_fails_or_panics_leaves_nothing_and_harms_nobody() {
    on_both(async |db| {
        let add = |id: i64| sql_insert(db.clone(), id);
        let failed = db
            .write(async |tx| {
                tx.execute(sql!("INSERT INTO codes (id, number) VALUES (1, 'f')"), &[]).await?;
                Err::<(), _>(Fault::invalid("no", "No."))
            })
            .await;
        assert_eq!(failed.unwrap_err().code, "no");
        let panicked = db
            .write(async |tx| {
                tx.execute(sql!("INSERT INTO codes (id, number) VALUES (2, 'p')"), &[]).await?;
                if tx.first(sql!("SELECT 1 FROM codes"), &[]).await?.is_some() {
                    panic!("as a bug would");
                }
                Ok(())
            })
            .await;
        assert_eq!(panicked.unwrap_err().code, "internal");
        assert_eq!(count(&db).await, 0);
        for id in 0..40 {
            add(id).await;
        }
        assert_eq!(count(&db).await, 40);
    });
}

#[test]
fn of_many_at_once_those_that_fail_leave_nothing_and_take_nobody_along() {
    on_both(async |db| {
        let asked = (0..200).map(|id: i64| {
            let db = db.clone();
            let work = async move |tx: &mut db::Tx| {
                tx.execute(sql!("INSERT INTO codes (id, number) VALUES ($1, 'm')"), &params![id]).await?;
                if id % 3 == 0 { Err(Fault::invalid("no", "No.")) } else { Ok(id) }
            };
            async move { db.write(work).await }
        });
        let answers = futures::future::join_all(asked).await;
        for (id, answer) in (0..).zip(answers) {
            assert_eq!(answer.ok(), (id % 3 != 0).then_some(id));
        }
        assert_eq!(count(&db).await, 133);
    });
}

async fn sql_insert(db: Db, id: i64) {
    db.write(async move |tx| {
        tx.execute(sql!("INSERT INTO codes (id, number) VALUES ($1, 'x')"), &params![id]).await?;
        Ok(())
    })
    .await
    .unwrap();
}

#[test]
fn a_read_cannot_write() {
    on_both(async |db| {
        let written = db
            .read(async |tx| {
                Ok(tx.execute(sql!("INSERT INTO codes (id, number) VALUES (1, 'r')"), &[]).await?)
            })
            .await;
        assert!(written.is_err());
        assert_eq!(count(&db).await, 0);
    });
}

#[test]
fn values_come_back_as_they_went_in() {
    on_both(async |db| {
        let id: Id<()> = Id::from_uuid(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        db.write(async move |tx| {
            let insert = sql!("INSERT INTO facts (id, flag, body, share) VALUES ($1, $2, $3, $4)");
            tx.execute(insert, &params![id, true, &b"\x00\xff"[..], 0.25]).await?;
            Ok(())
        })
        .await
        .unwrap();
        db.read(async move |tx| {
            // Named out of order on purpose.
            let row = tx
                .one(
                    sql!("SELECT id, flag, body, share FROM facts WHERE flag = $2 AND id = $1"),
                    &params![id, true],
                )
                .await?;
            assert_eq!(row.get::<Id<()>>(0)?, id);
            assert!(row.get::<bool>(1)?);
            assert_eq!(row.get::<Vec<u8>>(2)?, b"\x00\xff");
            assert_eq!(row.get::<f64>(3)?.to_bits(), 0.25f64.to_bits());
            assert!(row.get::<i64>(0).is_err(), "a column is not read as something else");
            Ok(())
        })
        .await
        .unwrap();
    });
}

#[test]
fn many_rows_in_one_statement() {
    on_both(async |db| {
        let mut rows = Batch::new(3);
        for id in 0..1000i64 {
            rows.push(params![id, format!("n{}", id % 10), if id % 2 == 0 { Some("even") } else { None }]);
        }
        let found = db
            .write(async move |tx| {
                let insert = sql!("INSERT INTO codes (id, number, note) VALUES ($1, $2, $3) ON CONFLICT (number, id) DO NOTHING");
                assert_eq!(tx.insert_each(insert, &rows).await?, 1000);
                assert_eq!(tx.insert_each(insert, &rows).await?, 0, "and again changes nothing");
                let mut keys = Batch::new(2);
                keys.push(params!["n3", 500]);
                keys.push(params!["none", 0]);
                keys.push(params!["n4", 990]);
                let mut found = Vec::new();
                let select = sql!("SELECT id, note FROM codes WHERE number = $1 AND id >= $2");
                tx.select_each(select, &keys, |at, row| {
                    found.push((at, row.get::<i64>(0)?, row.get::<Option<String>>(1)?));
                    Ok(())
                })
                .await?;
                let mut gone = Batch::new(1);
                gone.push(params!["n0"]);
                gone.push(params!["n1"]);
                assert_eq!(tx.execute_each(sql!("DELETE FROM codes WHERE number = $1"), &gone).await?, 200);
                Ok(found)
            })
            .await
            .unwrap();
        assert_eq!(found.iter().filter(|(at, ..)| *at == 0).count(), 50);
        assert_eq!(found.iter().filter(|(at, ..)| *at == 1).count(), 0);
        assert_eq!(found.last(), Some(&(2, 994, Some("even".to_owned()))));
        assert_eq!(count(&db).await, 800);
    });
}

/// Nobody waits for the answer of such a write; but what it says is heard, by whatever is waited for next.
#[test]
fn a_write_that_is_not_waited_for_is_not_lost_and_neither_is_its_failure() {
    const INSERT: db::Sql = sql!("INSERT INTO codes (id, number) VALUES ($1, $2)");
    async fn insert(tx: &mut Tx, ids: std::ops::Range<i64>) -> Result<(), Fault> {
        let mut rows = Batch::new(2);
        ids.for_each(|id| rows.push(params![id, "n"]));
        Ok(tx.write_each(INSERT, &rows).await?)
    }
    async fn seen(tx: &mut Tx) -> Result<i64, Fault> {
        Ok(tx.one(sql!("SELECT COUNT(*) FROM codes"), &[]).await?.get(0)?)
    }
    on_both(async |db| {
        // What comes after sees it, and it is committed with it.
        let counted = db
            .write_bulk(async |tx| {
                insert(tx, 0..30).await?;
                insert(tx, 30..50).await?;
                let counted = seen(tx).await?;
                let mut rows = Batch::new(1);
                (0..10i64).for_each(|id| rows.push(params![id]));
                tx.write_each(sql!("DELETE FROM codes WHERE number = 'n' AND id = $1"), &rows).await?;
                Ok(counted)
            })
            .await;
        assert_eq!((counted.unwrap(), count(&db).await), (50, 40));
        for (is_read_after, is_last) in [(true, false), (false, false), (false, true)] {
            let failed = db
                .write_bulk(async move |tx| {
                    insert(tx, 100..110).await?;
                    insert(tx, 45..46).await?;
                    if !is_last {
                        insert(tx, 110..120).await?;
                    }
                    if is_read_after {
                        seen(tx).await?;
                    }
                    Ok(())
                })
                .await;
            let why = failed.unwrap_err().to_string().to_lowercase();
            assert!(why.contains("unique"), "it is the one that failed, not those after it: {why}");
            assert_eq!(count(&db).await, 40);
        }
        // The connection serves whoever comes next.
        db.write(async |tx| insert(tx, 200..201).await).await.unwrap();
        assert_eq!(count(&db).await, 41);
    });
}

#[test]
fn whoever_looks_is_answered_however_many_look_and_whatever_befell_those_before() {
    on_both(async |db| {
        let look = async |db: &Db| {
            db.look(async |tx| Ok(tx.one(sql!("SELECT COUNT(*) FROM codes"), &[]).await?.get::<i64>(0)?))
                .await
        };
        // More than there are connections for: a bug in one costs the others nothing.
        for _ in 0..40 {
            let broken: Result<(), Fault> = db.look(async |_| panic!("as a bug would")).await;
            assert_eq!(broken.unwrap_err().code, "internal");
            let refused =
                db.look(async |tx| Ok(tx.execute(sql!("SELECT 1 / nothing FROM codes"), &[]).await?)).await;
            assert!(refused.is_err());
        }
        const ONE: db::Sql = sql!("INSERT INTO codes (id, number) VALUES (1, 'n')");
        db.write(async |tx| Ok(tx.execute(ONE, &[]).await?)).await.unwrap();
        assert_eq!(look(&db).await.unwrap(), 1, "what was committed before is seen");
        let crowd: Vec<_> = (0..200)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { look(&db).await })
            })
            .collect();
        for one in crowd {
            assert_eq!(one.await.unwrap().unwrap(), 1);
        }
        if db.kind() == db::Kind::Sqlite {
            let written = db.look(async |tx| Ok(tx.execute(sql!("DELETE FROM codes"), &[]).await?)).await;
            assert!(written.is_err(), "nobody writes by looking");
        }
    });
}

#[test]
fn the_audit_trail_shows_every_tampering() {
    on_both(async |db| {
        let (cx, vault) = (context(), Vault::new(KeyFile::generate()));
        let indexes = vault.indexes(cx.shop);
        for n in 0..5 {
            let (cx, indexes) = (cx.clone(), Arc::clone(&indexes));
            db.write(async move |tx| {
                let details = serde_json::json!({ "n": n });
                let entry = audit::Entry {
                    action: "test.act",
                    subject: "thing:1".to_owned(),
                    customer: None,
                    reason: "why",
                    details,
                };
                audit::append(tx, &cx, &indexes, entry).await
            })
            .await
            .unwrap();
        }
        assert_eq!(audit::verify(&db, cx.shop, &indexes).await.unwrap().entries, 5);
        let other = Vault::new(KeyFile::generate()).indexes(cx.shop);
        assert_eq!(
            audit::verify(&db, cx.shop, &other).await.unwrap_err().code,
            "audit_broken",
            "another key proves nothing"
        );

        let tamper = [
            sql!("UPDATE audit SET reason = 'other' WHERE seq = 3"),
            sql!("UPDATE audit SET reason = 'why', at = at + 1 WHERE seq = 3"),
            sql!("DELETE FROM audit WHERE seq = 2"),
        ];
        for (statement, at) in tamper.into_iter().zip([3, 3, 2]) {
            db.write(async move |tx| Ok(tx.execute(statement, &[]).await?)).await.unwrap();
            let fault = audit::verify(&db, cx.shop, &indexes).await.unwrap_err();
            assert_eq!(
                (fault.code, fault.details["seq"].as_i64()),
                ("audit_broken", Some(at)),
                "{}",
                statement.text()
            );
        }
    });
}

#[test]
fn what_is_looked_for_in_a_long_trail_is_found_a_page_at_a_time() {
    on_both(async |db| {
        let (cx, vault) = (context(), Vault::new(KeyFile::generate()));
        let indexes = vault.indexes(cx.shop);
        // Five rare acts among 41,000; a page looks at 20,000.
        for chunk in 0..41 {
            let (cx, indexes) = (cx.clone(), Arc::clone(&indexes));
            db.write(async move |tx| {
                let entry = |n: usize| audit::Entry {
                    action: if n.is_multiple_of(10_000) { "rare.act" } else { "usual.act" },
                    subject: "thing:1".to_owned(),
                    customer: None,
                    reason: "why",
                    details: serde_json::json!({ "n": n }),
                };
                let entries: Vec<_> = (chunk * 1000..(chunk + 1) * 1000).map(|n| (&cx, entry(n))).collect();
                audit::append_each(tx, cx.shop, &indexes, &entries).await
            })
            .await
            .unwrap();
        }
        let sought = audit::Sought { action: "rare.".to_owned(), ..audit::Sought::default() };
        let (mut found, mut pages, mut after) = (Vec::new(), 0, None);
        loop {
            let page =
                audit::find(&db, cx.shop, sought.clone(), &PageRequest::new(Some(2), after)).await.unwrap();
            pages += 1;
            found.extend(page.items.iter().map(|entry| entry.details["n"].as_i64().unwrap()));
            let Some(next) = page.next else { break };
            after = Some(next.0);
        }
        assert_eq!(found, [40_000, 30_000, 20_000, 10_000, 0]);
        assert!(pages >= 3, "{pages}");
        let nobody = audit::Sought { actor: "NOBODY".to_owned(), ..audit::Sought::default() };
        let page = audit::find(&db, cx.shop, nobody, &PageRequest::default()).await.unwrap();
        assert!(page.items.is_empty() && page.next.is_some(), "the older ones were not looked at yet");
    });
}

#[test]
fn a_request_sent_twice_is_answered_once() {
    on_both(async |db| {
        let cx = context();
        let request = idempotency::Request { caller: "k".to_owned(), key: "a".to_owned(), hash: [1; 32] };
        assert_eq!(idempotency::claim(&db, &cx, &request).await.unwrap(), idempotency::Claim::First);
        assert_eq!(idempotency::claim(&db, &cx, &request).await.unwrap_err().code, "idempotency_key_busy");
        idempotency::answer(&db, &cx, &request, 201, b"body".to_vec()).await.unwrap();
        let again = idempotency::claim(&db, &cx, &request).await.unwrap();
        assert_eq!(again, idempotency::Claim::Answered { status: 201, body: b"body".to_vec() });
        let other = idempotency::Request { hash: [2; 32], ..request.clone() };
        assert_eq!(idempotency::claim(&db, &cx, &other).await.unwrap_err().code, "idempotency_key_reused");
        let elsewhere = idempotency::Request { caller: "l".to_owned(), ..other };
        assert_eq!(idempotency::claim(&db, &cx, &elsewhere).await.unwrap(), idempotency::Claim::First);
    });
}

#[test]
fn old_answers_are_forgotten_and_young_ones_kept() {
    on_both(async |db| {
        let cx = context();
        for key in ["old", "young"] {
            let request = idempotency::Request { caller: "k".to_owned(), key: key.to_owned(), hash: [1; 32] };
            idempotency::claim(&db, &cx, &request).await.unwrap();
            idempotency::answer(&db, &cx, &request, 201, b"body".to_vec()).await.unwrap();
        }
        let age = idempotency::KEPT_MICROS + 1;
        let older = cx.now().plus_micros(-age);
        db.write(async move |tx| {
            let set = sql!("UPDATE idempotency_keys SET created_at = $1 WHERE key = 'old'");
            Ok(tx.execute(set, &params![older]).await?)
        })
        .await
        .unwrap();
        assert_eq!(idempotency::forget(&db, cx.now()).await.unwrap(), 1);
        assert_eq!(idempotency::forget(&db, cx.now()).await.unwrap(), 0);
        let left: String = db
            .read(async |tx| Ok(tx.one(sql!("SELECT key FROM idempotency_keys"), &[]).await?.get(0)?))
            .await
            .unwrap();
        assert_eq!(left, "young");
    });
}

#[cfg(unix)]
#[test]
fn a_sqlite_file_and_its_journal_are_their_owners_alone() {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (new, old) = (folder.path().join("new.sqlite"), folder.path().join("old.sqlite"));
    fs::write(&old, "").unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o644)).unwrap();
    for path in [new, old] {
        let url = format!("sqlite:{}", path.display());
        runtime.block_on(async {
            let db = Db::open(&url, Options::default()).await.unwrap();
            db.migrate(db::MIGRATIONS).await.unwrap();
            for suffix in ["", "-wal", "-shm"] {
                let file = format!("{}{suffix}", path.display());
                assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
            }
        });
    }
}

#[test]
fn a_new_sqlite_file_has_large_pages_and_an_old_one_keeps_its_own() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (new, old) = (folder.path().join("new.sqlite"), folder.path().join("old.sqlite"));
    let default = rusqlite::Connection::open(&old).unwrap();
    default.execute_batch("PRAGMA page_size = 4096; CREATE TABLE before (id INTEGER);").unwrap();
    drop(default);
    for (path, expected) in [(new, 8192), (old, 4096)] {
        runtime.block_on(async {
            let db = Db::open(&format!("sqlite:{}", path.display()), Options::default()).await.unwrap();
            db.migrate(db::MIGRATIONS).await.unwrap();
            let asked = sql!("SELECT page_size FROM pragma_page_size");
            let bytes: i64 = db.read(async move |tx| Ok(tx.one(asked, &[]).await?.get(0)?)).await.unwrap();
            assert_eq!(bytes, expected, "{}", path.display());
        });
    }
}

#[test]
fn a_wrong_address_is_told_at_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for (url, code) in [
            ("mysql://x", "database_url"),
            ("postgres://nobody@127.0.0.1:1/none", "database_unreachable"),
            ("sqlite:/no/such/folder/x.sqlite", "database_unreachable"),
        ] {
            let fault: Fault = Db::open(url, Options::default()).await.unwrap_err().into();
            assert_eq!(fault.code, code, "{url}");
        }
    });
}

/// How SQLite finds a row, in its own words.
async fn plan(tx: &mut Tx) -> Result<Vec<String>, Fault> {
    let by_id = sql!("EXPLAIN QUERY PLAN SELECT note FROM crowded WHERE shop_id = $1 AND id = $2");
    let rows = tx.all(by_id, &params![uuid::Uuid::nil(), 7_i64]).await?;
    Ok(rows.iter().map(|row| row.get(3)).collect::<Result<_, _>>()?)
}

#[test]
fn a_shop_in_front_of_every_key_hides_no_index_from_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("t.sqlite").display());
    testkit::stories::run(async {
        let db = Db::open(&url, Options::default()).await.unwrap();
        // Threads that have read already know the schema as it was.
        db.read(async |tx| Ok(tx.all(sql!("SELECT 1"), &[]).await?)).await.unwrap();
        let table = "CREATE TABLE crowded (shop_id UUID NOT NULL, number_key BYTES NOT NULL, id BIGINT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (shop_id, number_key, id)) CLUSTERED;
                     CREATE INDEX crowded_by_id ON crowded (shop_id, id);";
        db.migrate(&[("crowded", table)]).await.unwrap();
        let expected = ["SEARCH crowded USING INDEX crowded_by_id (shop_id=? AND id=?)"];
        for _ in 0..8 {
            assert_eq!(db.read(async |tx| plan(tx).await).await.unwrap(), expected);
        }
        assert_eq!(db.write(async |tx| plan(tx).await).await.unwrap(), expected);
    });
}
