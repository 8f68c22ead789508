//! Orders are found by their personas: at the latest when somebody is linked after an import that was cut short.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use app::{App, Config};
use base::{Actor, Context, IdSequence, Timestamp};
use customers::{
    Details, PersonaStore,
    identity::{Identity, NewPersona},
};
use db::sql;
use history::{NewLine, NewOrder, OrderStore, Source, Unplaced};
use numbering::PhoneNumber;
use uuid::Uuid;

struct House {
    app: App,
    cx: Context,
    _data: tempfile::TempDir,
}

async fn house(url: &str) -> House {
    let data = tempfile::tempdir().unwrap();
    let config =
        Config { data: data.path().to_path_buf(), database: Some(url.to_owned()), ..Config::default() };
    let app = App::open(config).await.unwrap();
    app.migrate().await.unwrap();
    let cx = app.cx(app.shop().await.unwrap().id, Actor::System("a test"));
    House { app, cx, _data: data }
}

impl House {
    /// Records a persona with this number of orders, as a part of an import does, and none of them in place.
    async fn record(&self, store: OrderStore, name: &'static str, orders: u8) -> (bool, Unplaced) {
        let indexes = self.app.vault.indexes(self.cx.shop);
        let details = Details { loyalty_id: Some(name.to_owned()), ..Details::default() };
        // Whoever has a number for a name has that number.
        let number = PhoneNumber::from_e164(name).ok();
        let identity = Identity { number, details };
        let mut encoded = Vec::new();
        identity.encode(&mut encoded);
        let keys = identity.keys(&indexes, &encoded);
        let id = IdSequence::default().next(self.cx.now(), &mut rand::rng());
        let new = (&identity, keys, encoded.as_slice());
        let persona = NewPersona::seal(&self.app.vault, &indexes, new, id, self.cx.now());
        let orders: Vec<NewOrder> = (0..orders)
            .map(|n| NewOrder {
                order_id: format!("{name}-{n}").into(),
                anchor: keys.anchor,
                persona: id,
                has_number: true,
                ordered_at: Timestamp::from_micros(i64::from(n)),
                currency: None,
                total: None,
                status: None,
                store: None,
                lines: vec![NewLine::default()],
            })
            .collect();
        let personas = PersonaStore { shop: self.cx.shop };
        let recorded = self.app.db.write(async move |tx| {
            let is_first = store.begin(tx).await?;
            personas.add(tx, std::slice::from_ref(&persona)).await?;
            let (_, unplaced) = store.record_unplaced(tx, &orders).await?;
            personas.mark(tx, &[(keys.anchor, id)]).await?;
            Ok((is_first, unplaced))
        });
        recorded.await.unwrap()
    }

    async fn place(&self, store: OrderStore, mut unplaced: Unplaced) {
        unplaced.sort();
        let placed = self.app.db.write(async move |tx| {
            store.place(tx, &unplaced, 0..unplaced.len()).await?;
            store.end(tx).await
        });
        placed.await.unwrap();
    }

    async fn link(&self) {
        self.app.customers.linker().relink_marked(&self.cx, None, |_, _| ()).await.unwrap();
    }

    /// Orders found by personas, orders that customers are said to have, and imports that have not ended.
    async fn counts(&self) -> [i64; 3] {
        let counts = self.app.db.read(async |tx| {
            let placed = tx.one(sql!("SELECT COUNT(*) FROM persona_orders"), &[]).await?.get(0)?;
            let known = sql!("SELECT CAST(COALESCE(SUM(orders), 0) AS BIGINT) FROM customers");
            let known = tx.one(known, &[]).await?.get(0)?;
            Ok([placed, known, tx.one(sql!("SELECT COUNT(*) FROM unplaced_imports"), &[]).await?.get(0)?])
        });
        counts.await.unwrap()
    }

    fn store(&self, import: u128) -> OrderStore {
        OrderStore { shop: self.cx.shop, source: Source::Online, import: Uuid::from_u128(import) }
    }
}

#[test]
fn orders_of_an_import_that_was_cut_short_are_found_when_somebody_is_linked() {
    testkit::stories::on_both(async |url| {
        let house = house(url).await;
        let (is_first, lost) = house.record(house.store(1), "anna", 3).await;
        assert_eq!((is_first, lost.len()), (true, 3));
        assert_eq!(house.counts().await, [0, 0, 1]);
        // Another import comes to its end. What the first one left is put in place before anybody is linked.
        let (_, unplaced) = house.record(house.store(2), "bela", 2).await;
        house.place(house.store(2), unplaced).await;
        assert_eq!(house.counts().await, [2, 0, 1]);
        house.link().await;
        assert_eq!(house.counts().await, [5, 5, 0]);
        house.link().await;
        assert_eq!(house.counts().await, [5, 5, 0]);
    });
}

#[test]
fn an_import_that_begins_again_knows_that_it_was_cut_short() {
    testkit::stories::on_both(async |url| {
        let house = house(url).await;
        assert!(house.record(house.store(1), "anna", 3).await.0);
        let (is_first, unplaced) = house.record(house.store(1), "bela", 2).await;
        assert!(!is_first, "what the first try recorded may not be in place");
        // Half of it was, when it was cut short again.
        let (store, half) = (house.store(1), unplaced.clone());
        house.app.db.write(async move |tx| store.place(tx, &half, 0..1).await).await.unwrap();
        house.link().await;
        assert_eq!(house.counts().await, [5, 5, 0]);
        house.place(house.store(1), unplaced).await;
        assert_eq!(house.counts().await, [5, 5, 0]);
    });
}

#[test]
fn a_number_is_nobodys_while_its_orders_are_being_brought_in() {
    const NUMBER: &str = "+358401234567";
    testkit::stories::on_both(async |url| {
        let house = house(url).await;
        // Orders of long ago: the number may have another holder today. They are not in place, nor is anybody linked.
        house.record(house.store(1), NUMBER, 3).await;
        let held = jobs::lease::take(&house.app.db, &house.cx, "imports").await.unwrap().unwrap();
        let prove = async || {
            let number = PhoneNumber::from_e164(NUMBER).unwrap();
            house.app.customers.prove(&house.cx, number, None, false, house.cx.now()).await
        };
        assert_eq!(prove().await.unwrap_err().code, "orders_arriving");
        assert_eq!(house.counts().await, [0, 0, 1]);
        // The import was cut short: whoever asks first sees to what it left.
        held.release(&house.app.db).await.unwrap();
        let holder = prove().await.unwrap();
        let account = house.app.customers.get(&house.cx, holder).await.unwrap();
        assert_eq!(account.summary.orders, 0, "who has the number now may be somebody else");
        assert_eq!(house.counts().await, [3, 3, 0]);
        house.link().await;
        assert_eq!(house.app.customers.get(&house.cx, holder).await.unwrap().summary.orders, 0);
    });
}
