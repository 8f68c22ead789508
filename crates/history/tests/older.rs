//! What an older program left in the database is there after its tables were made anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use db::{Db, Migration, Options, params, sql};
use uuid::Uuid;

#[test]
fn orders_of_personas_are_found_that_were_there_before_their_table() {
    testkit::stories::on_both(async |url| {
        let newest = "history/0003_persona_orders";
        let before: Vec<Migration> =
            history::MIGRATIONS.iter().filter(|migration| migration.0 != newest).copied().collect();
        let db = Db::open(url, Options::default()).await.unwrap();
        db.migrate(&before).await.unwrap();
        let insert = sql!(
            "INSERT INTO orders (shop_id, source, order_id, anchor, persona_id, ordered_at, lines, import_id)
             VALUES ($1, $2, $3, 1, $4, $5, 1, $1)"
        );
        let orders = [
            (7, "online", "b", 2, 30),
            (7, "online", "a", 2, 20),
            (7, "pos", "a", 1, 10),
            (8, "online", "a", 3, 10),
        ];
        db.write(async move |tx| {
            for (shop, source, order, persona, at) in orders {
                let values = params![Uuid::from_u128(shop), source, order, Uuid::from_u128(persona), at];
                tx.execute(insert, &values).await?;
            }
            Ok(())
        })
        .await
        .unwrap();

        assert_eq!(db.migrate(history::MIGRATIONS).await.unwrap(), [newest]);
        let select = sql!(
            "SELECT shop_id, source, order_id, persona_id, ordered_at FROM persona_orders ORDER BY persona_id, ordered_at"
        );
        let rows = db.read(async move |tx| Ok(tx.all(select, &[]).await?)).await.unwrap();
        let found: Vec<(u128, String, String, u128, i64)> = rows
            .iter()
            .map(|row| {
                let id = |at| row.get::<Uuid>(at).unwrap().as_u128();
                (id(0), row.get(1).unwrap(), row.get(2).unwrap(), id(3), row.get(4).unwrap())
            })
            .collect();
        let expected = [
            (7, "pos", "a", 1, 10),
            (7, "online", "a", 2, 20),
            (7, "online", "b", 2, 30),
            (8, "online", "a", 3, 10),
        ];
        assert_eq!(found, expected.map(|(s, from, o, p, at)| (s, from.to_owned(), o.to_owned(), p, at)));
    });
}
