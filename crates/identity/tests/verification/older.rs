//! What an older program left in the database is there after its tables were made anew.

use db::{Db, Migration, Options, params, sql};

/// A database that has run all migrations but this one, and all that there are.
async fn before(last: &str, url: &str) -> (Db, Vec<Migration>) {
    let all = [identity::MIGRATIONS, customers::MIGRATIONS].concat();
    let is_newer = |migration: &Migration| migration.0 == last;
    assert!(all.iter().any(is_newer), "{last}");
    let then: Vec<Migration> = all.iter().filter(|migration| !is_newer(migration)).copied().collect();
    let db = Db::open(url, Options::default()).await.unwrap();
    db.migrate(&then).await.unwrap();
    (db, all)
}

#[test]
fn proofs_are_kept_when_they_are_put_in_order() {
    testkit::stories::on_both(async |url| {
        let (db, now) = before("identity/0016_proofs_in_order", url).await;
        let insert = sql!(
            "INSERT INTO verifications (shop_id, number_key, id, wrapped_key, details, part, purpose, channel, language, origin, digits, customer_id, device_id, state,
                                        sends, guesses, created_at, expires_at, ended_at, sent_at, story, link)
             VALUES ($1, $2, $3, $4, $5, 'FI', 'sign_in', 'sms', 'fi', NULL, 6, NULL, NULL, 'approved', 2, 1, 10, 20, 15, 12, '[]', $6)"
        );
        let shop = uuid::Uuid::from_u128(7);
        // The older the proof, the later its number's key.
        let rows: Vec<(u128, [u8; 32])> = (1..=40_u8).map(|n| (n.into(), [100 - n; 32])).collect();
        let written = rows.clone();
        db.write(async move |tx| {
            for (id, number) in &written {
                let id = uuid::Uuid::from_u128(*id);
                let link = id.as_u128().is_multiple_of(2).then_some("https://shop.example/proof");
                tx.execute(insert, &params![shop, number, id, &[1, 2][..], &[3, 4][..], link]).await?;
            }
            Ok(())
        })
        .await
        .unwrap();

        assert_eq!(db.migrate(&now).await.unwrap(), ["identity/0016_proofs_in_order"]);
        let select = sql!(
            "SELECT id, number_key, wrapped_key, details, part, state, sends, guesses, created_at, expires_at, ended_at, sent_at, story, link
             FROM verifications WHERE shop_id = $1 ORDER BY id"
        );
        let found = db.read(async move |tx| Ok(tx.all(select, &params![shop]).await?)).await.unwrap();
        assert_eq!(found.len(), rows.len());
        for (row, (id, number)) in found.iter().zip(&rows) {
            assert_eq!(row.get::<uuid::Uuid>(0).unwrap().as_u128(), *id);
            assert_eq!(row.get::<[u8; 32]>(1).unwrap(), *number);
            let bytes: (Vec<u8>, Vec<u8>) = (row.get(2).unwrap(), row.get(3).unwrap());
            assert_eq!(bytes, (vec![1, 2], vec![3, 4]));
            let texts: (String, String) = (row.get(4).unwrap(), row.get(5).unwrap());
            assert_eq!(texts, ("FI".to_owned(), "approved".to_owned()));
            let figures: Vec<i64> = (6..12).map(|column| row.get(column).unwrap()).collect();
            assert_eq!(figures, [2, 1, 10, 20, 15, 12]);
            assert_eq!(row.get::<serde_json::Value>(12).unwrap(), serde_json::json!([]));
            assert_eq!(row.get::<Option<String>>(13).unwrap().is_some(), id.is_multiple_of(2));
        }
    });
}

#[test]
fn kinds_of_numbers_are_kept_where_they_say_more_than_tenures() {
    testkit::stories::on_both(async |url| {
        let (db, now) = before("customers/0004_kinds_of_few", url).await;
        let kind = sql!("INSERT INTO numbers (shop_id, number_key, kind) VALUES ($1, $2, $3)");
        let tenure = sql!(
            "INSERT INTO tenures (shop_id, number_key, customer_id, from_at, id, anchor, persona_id, confidence, evidence)
             VALUES ($1, $2, $3, 1, $3, 1, $3, 90, '')"
        );
        let (shop, other) = (uuid::Uuid::from_u128(7), uuid::Uuid::from_u128(8));
        db.write(async move |tx| {
            for (key, of, held) in
                [(1_u8, "single", true), (2, "single", false), (3, "shared", true), (4, "generic", false)]
            {
                tx.execute(kind, &params![shop, &[key; 32], of]).await?;
                let holder = uuid::Uuid::from_u128(key.into());
                if held {
                    tx.execute(tenure, &params![shop, &[key; 32], holder]).await?;
                }
            }
            // Held in the first shop alone.
            tx.execute(kind, &params![other, &[1; 32], "single"]).await?;
            Ok(())
        })
        .await
        .unwrap();

        assert_eq!(db.migrate(&now).await.unwrap(), ["customers/0004_kinds_of_few"]);
        let select = sql!("SELECT shop_id, number_key, kind FROM numbers ORDER BY shop_id, number_key");
        let rows = db.read(async move |tx| Ok(tx.all(select, &[]).await?)).await.unwrap();
        let found: Vec<(uuid::Uuid, u8, String)> = rows
            .iter()
            .map(|row| (row.get(0).unwrap(), row.get::<[u8; 32]>(1).unwrap()[0], row.get(2).unwrap()))
            .collect();
        let expected = [(shop, 2, "single"), (shop, 3, "shared"), (shop, 4, "generic"), (other, 1, "single")];
        assert_eq!(found, expected.map(|(shop, key, kind)| (shop, key, kind.to_owned())));
    });
}

#[test]
fn records_are_kept_when_they_are_found_without_their_shop() {
    testkit::stories::on_both(async |url| {
        let (db, now) = before("customers/0005_personas_by_anchor", url).await;
        let insert = sql!(
            "INSERT INTO personas (shop_id, anchor, content_key, id, number_key, email_key, loyalty_key, wrapped_key, details, plan_version, recorded_at)
             VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, $8, '9.0.1', $9)"
        );
        let shops = [uuid::Uuid::from_u128(7), uuid::Uuid::from_u128(8)];
        db.write(async move |tx| {
            for n in 0..40_u8 {
                let (shop, id) = (shops[usize::from(n % 2)], uuid::Uuid::from_u128(n.into()));
                let number = (n % 3 > 0).then_some([n; 32]);
                let loyalty = (n % 5 > 0).then_some([n / 2; 32]);
                let values = params![
                    shop,
                    i64::from(n % 7) - 3,
                    [255 - n; 32],
                    id,
                    number,
                    loyalty,
                    (n > 3).then(|| vec![n, 1]),
                    vec![n, 2],
                    i64::from(n) * 10
                ];
                tx.execute(insert, &values).await?;
            }
            Ok(())
        })
        .await
        .unwrap();

        assert_eq!(db.migrate(&now).await.unwrap(), ["customers/0005_personas_by_anchor"]);
        let select = sql!(
            "SELECT shop_id, anchor, content_key, number_key, email_key, loyalty_key, wrapped_key, details, plan_version, recorded_at
             FROM personas ORDER BY id"
        );
        let rows = db.read(async move |tx| Ok(tx.all(select, &[]).await?)).await.unwrap();
        assert_eq!(rows.len(), 40);
        for (n, row) in (0..40_u8).zip(&rows) {
            assert_eq!(row.get::<uuid::Uuid>(0).unwrap(), shops[usize::from(n % 2)]);
            assert_eq!(row.get::<i64>(1).unwrap(), i64::from(n % 7) - 3);
            assert_eq!(row.get::<[u8; 32]>(2).unwrap(), [255 - n; 32]);
            assert_eq!(row.get::<Option<[u8; 32]>>(3).unwrap(), (n % 3 > 0).then_some([n; 32]));
            assert_eq!(row.get::<Option<[u8; 32]>>(4).unwrap(), None);
            assert_eq!(row.get::<Option<[u8; 32]>>(5).unwrap(), (n % 5 > 0).then_some([n / 2; 32]));
            assert_eq!(row.get::<Option<Vec<u8>>>(6).unwrap(), (n > 3).then(|| vec![n, 1]));
            assert_eq!(row.get::<Vec<u8>>(7).unwrap(), [n, 2]);
            assert_eq!(row.get::<String>(8).unwrap(), "9.0.1");
            assert_eq!(row.get::<i64>(9).unwrap(), i64::from(n) * 10);
        }
    });
}
