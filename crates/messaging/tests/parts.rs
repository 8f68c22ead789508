//! Long messages from people, on both databases: whatever the order of their parts, each becomes one message, once, and nobody's parts are another's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use base::{Actor, Context, FrozenClock, PageRequest, ShopId, Timestamp};
use db::{Db, Options};
use messaging::{Coding, InboundPart, Messages, Place, Routes, Span};
use numbering::PhoneNumber;
use vault::{KeyFile, Vault};

testkit::stories! { crate::House::open =>
    parts_in_any_order_become_one_message
    parts_of_others_are_never_mixed_in
    what_waited_for_a_day_is_shown_with_a_gap
    a_reference_that_is_used_again_is_another_message
    rivals_that_bring_the_last_parts_make_one_message
    an_erased_sender_leaves_no_part
}

const AINO: &str = "+358401234567";
const MIKKO: &str = "+358401234568";

struct House {
    messages: Messages,
    clock: Arc<FrozenClock>,
    cx: Context,
    _folder: tempfile::TempDir,
}

fn number(e164: &str) -> PhoneNumber {
    PhoneNumber::from_e164(e164).unwrap()
}

fn part(from: &str, reference: &str, (place, total): (u8, u8), text: &str) -> InboundPart {
    InboundPart {
        from: number(from),
        to: "12345".to_owned(),
        provider: "peer".to_owned(),
        place: Place::of(reference.to_owned(), total, place).unwrap(),
        coding: Coding(0),
        body: text.as_bytes().to_vec(),
    }
}

impl House {
    async fn open(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = database.unwrap_or_else(|| format!("sqlite:{}", folder.path().join("t.sqlite").display()));
        let db = Db::open(&url, Options::default()).await.unwrap();
        for migrations in [db::MIGRATIONS, jobs::MIGRATIONS, webhooks::MIGRATIONS, messaging::MIGRATIONS] {
            db.migrate(migrations).await.unwrap();
        }
        let messages = Messages::new(db, Vault::new(KeyFile::generate()), Routes::default());
        let clock = Arc::new(FrozenClock::at("2024-03-01T12:00:00Z".parse().unwrap()));
        let shop = ShopId::from_uuid(uuid::Uuid::from_u128(7));
        let cx = Context::new(shop, Actor::System("test"), clock.clone());
        Self { messages, clock, cx, _folder: folder }
    }

    async fn take(&self, part: InboundPart) {
        self.messages.inbound_part(&self.cx, part).await.unwrap();
    }

    /// What somebody wrote, the oldest first.
    async fn said(&self, from: &str) -> Vec<String> {
        let page = PageRequest::default();
        let page = self.messages.list_inbound(&self.cx, Some(number(from)), &page).await.unwrap();
        page.items.iter().rev().map(|one| one.text.as_ref().unwrap().reveal().to_owned()).collect()
    }

    async fn settle(&self, hours: i64) -> usize {
        self.clock.advance_micros(hours * 3_600 * Timestamp::SECOND);
        self.messages.settle_parts(&self.cx.clock()).await.unwrap()
    }
}

async fn parts_in_any_order_become_one_message(house: House) {
    let parts = [(3, "three"), (1, "one "), (1, "one "), (3, "three"), (2, "two ")];
    for (place, text) in parts {
        assert!(house.said(AINO).await.is_empty());
        house.take(part(AINO, "udh8:1", (place, 3), text)).await;
    }
    assert_eq!(house.said(AINO).await, ["one two three"]);
    // What comes again because an acknowledgement was lost adds nothing, then or after a day.
    house.take(part(AINO, "udh8:1", (2, 3), "two ")).await;
    assert_eq!(house.settle(25).await, 0);
    assert_eq!(house.said(AINO).await, ["one two three"]);
}

async fn parts_of_others_are_never_mixed_in(house: House) {
    house.take(part(AINO, "udh8:1", (1, 2), "from Aino, ")).await;
    house.take(part(MIKKO, "udh8:1", (2, 2), "by Mikko")).await;
    house.take(part(AINO, "udh8:2", (2, 2), "another reference")).await;
    house.take(part(AINO, "udh16:1", (2, 2), "another kind of reference")).await;
    house.take(part(AINO, "udh8:1", (2, 3), "another length")).await;
    house
        .take(InboundPart { to: "54321".to_owned(), ..part(AINO, "udh8:1", (2, 2), "to another number") })
        .await;
    house
        .take(InboundPart { provider: "other".to_owned(), ..part(AINO, "udh8:1", (2, 2), "by another way") })
        .await;
    assert!(house.said(AINO).await.is_empty() && house.said(MIKKO).await.is_empty());
    house.take(part(AINO, "udh8:1", (2, 2), "as she wrote it")).await;
    assert_eq!(house.said(AINO).await, ["from Aino, as she wrote it"]);
    assert!(house.said(MIKKO).await.is_empty());
}

async fn what_waited_for_a_day_is_shown_with_a_gap(house: House) {
    house.take(part(AINO, "sar:9", (1, 3), "the beginning ")).await;
    assert_eq!(house.settle(23).await, 0);
    house.take(part(AINO, "sar:9", (3, 3), " the end")).await;
    assert_eq!(house.settle(2).await, 1);
    assert_eq!(house.said(AINO).await, ["the beginning […] the end"]);
    assert_eq!(house.settle(25).await, 0);
    assert_eq!(house.said(AINO).await.len(), 1);
}

async fn a_reference_that_is_used_again_is_another_message(house: House) {
    for text in ["first ", "second "] {
        // What comes at the very same moment has no order.
        house.clock.advance_micros(Timestamp::SECOND);
        house.take(part(AINO, "udh8:255", (1, 2), text)).await;
        house.take(part(AINO, "udh8:255", (2, 2), "message")).await;
    }
    assert_eq!(house.said(AINO).await, ["first message", "second message"]);
    // Hours later the same words under the same reference are no copy.
    house.clock.advance_micros(2 * 3_600 * Timestamp::SECOND);
    house.take(part(AINO, "udh8:255", (2, 2), "message")).await;
    house.take(part(AINO, "udh8:255", (1, 2), "second ")).await;
    assert_eq!(house.said(AINO).await[2..], ["second message"]);
    // The first of two was never whole: what came of it is shown when the second begins.
    house.clock.advance_micros(Timestamp::SECOND);
    house.take(part(AINO, "udh8:3", (1, 2), "lost")).await;
    house.take(part(AINO, "udh8:3", (1, 2), "found ")).await;
    house.clock.advance_micros(Timestamp::SECOND);
    house.take(part(AINO, "udh8:3", (2, 2), "again")).await;
    assert_eq!(house.said(AINO).await[3..], ["lost[…]", "found again"]);
}

async fn rivals_that_bring_the_last_parts_make_one_message(house: House) {
    let mut tasks = Vec::new();
    for copy in 0..3 {
        for place in 1..=4u8 {
            let (messages, cx) = (house.messages.clone(), house.cx.clone());
            let part = part(AINO, "udh8:1", (place, 4), ["a", "b", "c", "d"][usize::from(place) - 1]);
            tasks.push((copy, tokio::spawn(async move { messages.inbound_part(&cx, part).await })));
        }
    }
    for (_, task) in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(house.said(AINO).await, ["abcd"]);
}

async fn an_erased_sender_leaves_no_part(house: House) {
    house.take(part(AINO, "udh8:1", (1, 2), "hers")).await;
    house.take(part(MIKKO, "udh8:1", (1, 2), "his")).await;
    let span = Span { number: number(AINO), from: house.cx.now(), until: None };
    house.messages.erase(&house.cx, &[span]).await.unwrap();
    assert_eq!(house.settle(25).await, 1);
    assert!(house.said(AINO).await.is_empty());
    assert_eq!(house.said(MIKKO).await, ["his[…]"]);
}
