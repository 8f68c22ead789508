//! The carrier in the box, on both databases: its phones get what is sent, its fixed numbers behave as they are said to, and what is done to a phone shows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use base::{Actor, Context, FrozenClock, Id, PageRequest, Secret, ShopId, Timestamp};
use db::{Db, Options};
use messaging::{
    Channel, Composed, Content, Message, Messages, NewMessage, Outcome, Provider as _, Purpose, Route,
    Routes, Sender, State, Submission, Text,
    smpp::{Smpp, SmppSettings},
};
use numbering::PhoneNumber;
use sandbox::{Behaviour, FIXED, PROVIDER, Sandbox};
use tokio::sync::watch;
use vault::{KeyFile, Vault};

struct House {
    messages: Messages,
    sandbox: Sandbox,
    sender: Sender,
    clock: Arc<FrozenClock>,
    cx: Context,
}

fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::from_e164(text).unwrap()
}

impl House {
    fn open(db: Db) -> Self {
        let vault = Vault::new(KeyFile::generate());
        let route = |channel| Route {
            channel,
            prefix: String::new(),
            purpose: String::new(),
            provider: PROVIDER.to_owned(),
            from: "Shop".to_owned(),
            price: None,
        };
        let routes = Routes::new(vec![route(Channel::Sms), route(Channel::Voice)]);
        let messages = Messages::new(db.clone(), vault.clone(), routes);
        let clock = Arc::new(FrozenClock::at("2024-03-01T12:00:00Z".parse().unwrap()));
        let sandbox = Sandbox::new(db, vault, messages.clone(), clock.clone());
        let sender = Sender::new(messages.clone(), clock.clone(), 50).provider(Arc::new(sandbox.clone()));
        let shop = ShopId::from_uuid(uuid::Uuid::from_u128(7));
        let cx = Context::new(shop, Actor::System("test"), clock.clone());
        Self { messages, sandbox, sender, clock, cx }
    }

    async fn send(&self, to: &str, channel: Channel, text: &str) -> Id<Message> {
        let message = NewMessage {
            to: phone(to),
            channel,
            purpose: Purpose::known("order.update"),
            content: Content::Plain(Text::parse(text).unwrap()),
            give_up_at: self.cx.now().plus_micros(Timestamp::DAY),
        };
        let id = self.messages.send(&self.cx, message).await.unwrap();
        self.settle().await;
        id
    }

    async fn settle(&self) {
        self.sender.run_once().await.unwrap();
        self.sandbox.tell_receipts().await.unwrap();
    }

    async fn state(&self, id: Id<Message>) -> State {
        self.messages.get(&self.cx, id).await.unwrap().state
    }

    async fn texts(&self, number: &str) -> Vec<String> {
        let items = self.sandbox.items(&self.cx, phone(number)).await.unwrap();
        items.into_iter().map(|item| item.text).collect()
    }
}

/// Runs a story on SQLite and on PostgreSQL.
fn on_both(story: impl AsyncFn(House)) {
    testkit::stories::on_both(async |url| {
        let db = Db::open(url, Options::default()).await.unwrap();
        for migrations in [
            db::MIGRATIONS,
            jobs::MIGRATIONS,
            webhooks::MIGRATIONS,
            messaging::MIGRATIONS,
            sandbox::MIGRATIONS,
        ] {
            db.migrate(migrations).await.unwrap();
        }
        story(House::open(db)).await;
    });
}

#[test]
fn a_phone_gets_what_is_sent_newest_first() {
    on_both(async |house| {
        let first = house.send("+358401234567", Channel::Sms, "one").await;
        house.clock.advance_micros(Timestamp::SECOND);
        house.send("+358401234567", Channel::Sms, "two").await;
        assert_eq!(house.texts("+358401234567").await, ["two", "one"]);
        assert_eq!(house.texts("+358401234568").await, [""; 0]);
        assert_eq!(house.state(first).await, State::Delivered);
        let items = house.sandbox.items(&house.cx, phone("+358401234567")).await.unwrap();
        assert_eq!((items[0].correspondent.as_str(), items[0].purpose.as_str()), ("Shop", "order.update"));
        assert_eq!(house.sandbox.phones(&house.cx).await.unwrap().len(), 1);
        // Another shop sees nothing of it.
        let other = ShopId::from_uuid(uuid::Uuid::from_u128(8));
        let other = Context::new(other, Actor::System("test"), house.clock.clone());
        assert!(house.sandbox.items(&other, phone("+358401234567")).await.unwrap().is_empty());
    });
}

#[test]
fn numbers_with_a_fixed_behaviour_keep_it() {
    on_both(async |house| {
        for (ending, at_once, in_the_end, shown) in [
            (0, State::Delivered, State::Delivered, true),
            (1, State::Undelivered, State::Undelivered, false),
            (2, State::Failed, State::Failed, false),
            (3, State::Queued, State::Delivered, true),
            (4, State::Sent, State::Delivered, true),
            (5, State::Sent, State::Sent, true),
            (6, State::Unknown, State::Unknown, true),
            (7, State::Delivered, State::Delivered, true),
        ] {
            let number = FIXED[ending].number();
            let id = house.send(&number, Channel::Sms, "hello").await;
            assert_eq!(house.state(id).await, at_once, "{number}");
            house.clock.advance_micros(25 * Timestamp::SECOND);
            house.settle().await;
            assert_eq!(house.state(id).await, in_the_end, "{number}");
            assert_eq!(!house.texts(&number).await.is_empty(), shown, "{number}");
            // What is fixed cannot be changed.
            house.sandbox.behave(&house.cx, phone(&number), Behaviour::Silent).await.unwrap();
            assert_eq!(
                house.sandbox.phone(&house.cx, phone(&number)).await.unwrap().behaviour,
                FIXED[ending].behaviour
            );
        }
        let swapped = house.sandbox.phone(&house.cx, phone(&FIXED[7].number())).await.unwrap();
        assert_eq!(swapped.sim_swapped_at, Some(house.cx.now().plus_micros(-3_600 * Timestamp::SECOND)));
    });
}

#[test]
fn what_is_done_to_a_phone_shows() {
    on_both(async |house| {
        let number = phone("+8801712345678");
        house.sandbox.behave(&house.cx, number, Behaviour::Absent).await.unwrap();
        let id = house.send("+8801712345678", Channel::Sms, "never seen").await;
        assert_eq!(
            (house.state(id).await, house.texts("+8801712345678").await.len()),
            (State::Undelivered, 0)
        );
        let now = house.cx.now();
        house.sandbox.swap_sim(&house.cx, number).await.unwrap();
        house.sandbox.change_holder(&house.cx, number).await.unwrap();
        let view = house.sandbox.forward(&house.cx, number, true).await.unwrap();
        assert_eq!(
            (view.sim_swapped_at, view.holder_changed_at, view.is_forwarded),
            (Some(now), Some(now), true)
        );
        assert_eq!(house.sandbox.phone(&house.cx, number).await.unwrap(), view);
    });
}

#[test]
fn people_answer_and_press_keys_and_the_shop_hears_it() {
    on_both(async |house| {
        let number = phone("+358401234567");
        house.send("+358401234567", Channel::Voice, "Press 1").await;
        let call = house.sandbox.items(&house.cx, number).await.unwrap()[0].id;
        house.clock.advance_micros(Timestamp::SECOND);
        house.sandbox.press(&house.cx, number, call, "1#").await.unwrap();
        house.clock.advance_micros(Timestamp::SECOND);
        house.sandbox.answer(&house.cx, number, Text::parse("STOP").unwrap()).await.unwrap();
        let heard = house
            .messages
            .list_inbound(&house.cx, Some(number), &PageRequest::default())
            .await
            .unwrap()
            .items;
        let heard: Vec<_> =
            heard.iter().map(|one| (one.channel, one.text.as_ref().unwrap().reveal().to_owned())).collect();
        assert_eq!(heard, [(Channel::Sms, "STOP".to_owned()), (Channel::Voice, "1#".to_owned())]);
        let items = house.sandbox.items(&house.cx, number).await.unwrap();
        assert_eq!((items[0].is_outgoing, items[1].keys.as_deref()), (true, Some("1#")));
        let refused = house.sandbox.press(&house.cx, number, call, "1a").await.unwrap_err();
        assert_eq!(refused.code, "keys_malformed");
        let stranger = house.sandbox.press(&house.cx, number, items[0].id, "1").await.unwrap_err();
        assert_eq!(stranger.code, "call_unknown");
    });
}

#[test]
fn it_speaks_smpp_as_an_operator_does() {
    on_both(async |house| {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = watch::channel(false);
        let (sandbox, cx) = (house.sandbox.clone(), house.cx.clone());
        let secret = |text: &str| Secret::new(text.to_owned());
        let password = Some(secret("carrier"));
        let listening = tokio::spawn(async move { sandbox.listen(listener, cx, password, stopped).await });
        let settings = SmppSettings { name: "operator".to_owned(), address, ..SmppSettings::default() };
        // With a wrong password nobody is let in.
        let wrong = SmppSettings { password: secret("guess"), ..settings.clone() };
        let (line, _task) = Smpp::open(wrong, house.messages.clone(), house.cx.clone());
        let refused = tokio::time::timeout(Duration::from_millis(300), async {
            let _ = line.is_bound().wait_for(|bound| *bound).await;
        });
        assert!(refused.await.is_err());
        drop(line);

        let settings = SmppSettings { password: secret("carrier"), ..settings };
        let (line, task) = Smpp::open(settings, house.messages.clone(), house.cx.clone());
        line.is_bound().wait_for(|bound| *bound).await.unwrap();
        let long = "Your parcel is on its way. ".repeat(8);
        let submission = |to: &str, text: &str| Submission {
            message: house.cx.new_id(),
            shop: house.cx.shop,
            to: phone(to),
            from: "Shop".to_owned(),
            channel: Channel::Sms,
            purpose: Purpose::known("order.update"),
            content: Composed::of(Text::parse(text).unwrap()),
            at: house.cx.now(),
        };
        for text in ["short", "আপনার পার্সেল", long.trim()] {
            let sent = line.send(submission("+358401234567", text)).await;
            assert!(matches!(sent, Outcome::Accepted { .. }), "{sent:?}");
            assert_eq!(house.texts("+358401234567").await[0], text);
            house.clock.advance_micros(Timestamp::SECOND);
        }
        let nobody = line.send(submission(&FIXED[2].number(), "x")).await;
        assert!(matches!(nobody, Outcome::Rejected { permanent: true, .. }), "{nobody:?}");
        let busy = line.send(submission(&FIXED[3].number(), "x")).await;
        assert!(matches!(busy, Outcome::Throttled { .. }), "{busy:?}");
        drop(line);
        task.await.unwrap();
        stop.send_replace(true);
        listening.await.unwrap();
    });
}
