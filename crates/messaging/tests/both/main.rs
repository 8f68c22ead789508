//! The same promises on both databases: nothing is lost, nothing is sent twice, and what became of each message is told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hands;
mod house;

use std::sync::Arc;

use base::{PageRequest, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use messaging::{
    BodyView, Channel, Content, Filter, Inbound, Messages, NewMessage, Outcome, Provider, Purpose, Receipt,
    Routes, Sender, Span, State, Submission, Text,
};
use numbering::PhoneNumber;
use vault::{KeyFile, Vault};

use house::on_both;

#[test]
fn a_message_is_sent_and_its_receipt_tells_that_it_arrived() {
    on_both(async |house| {
        let id = house.ask("Hello Aino, your parcel 4711 is here").await;
        assert_eq!(house.state(id).await, State::Queued);
        house.sender.run_once().await.unwrap();
        let view = house.messages.get(&house.cx, id).await.unwrap();
        assert_eq!(
            (view.state, view.segments, view.provider.as_deref()),
            (State::Sent, Some(1), Some("first"))
        );
        assert_eq!(view.price.unwrap().to_string(), "0.05 EUR");
        assert_eq!(view.to.unwrap().e164().as_str(), "+358401234567");
        assert_eq!(view.masked_text().unwrap(), "Hello Aino, •••• •••••• •••• •• ••••");
        assert_eq!(house.first.asked.lock().unwrap()[0].from, "Shop");
        let receipt = Receipt {
            provider: "first".to_owned(),
            reference: view.provider_reference.unwrap(),
            state: State::Delivered,
            reason: None,
            at: house.cx.now(),
        };
        house.tell(vec![receipt.clone()]).await;
        assert_eq!(house.state(id).await, State::Delivered);
        // One that comes late and says less changes nothing.
        house.tell(vec![Receipt { state: State::Undelivered, ..receipt }]).await;
        assert_eq!(house.state(id).await, State::Delivered);
        let told = house.told("verification.told").await;
        let states: Vec<_> = told.iter().map(|payload| payload["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["delivered", "sent"]);
    });
}

#[test]
fn a_receipt_may_come_before_the_provider_has_answered() {
    on_both(async |house| {
        let id = house.ask("early").await;
        let receipt = |reference: String| Receipt {
            provider: "first".to_owned(),
            reference,
            state: State::Delivered,
            reason: None,
            at: house.cx.now(),
        };
        house.tell(vec![receipt(format!("first-{id}")), receipt("of nobody".to_owned())]).await;
        assert_eq!(house.state(id).await, State::Queued);
        house.sender.run_once().await.unwrap();
        assert_eq!(house.state(id).await, State::Delivered);
    });
}

#[test]
fn what_a_provider_says_is_bounded_and_holds_nothing_back() {
    on_both(async |house| {
        // Neither the name nor the reason is one that PostgreSQL would take.
        let name = format!("a\u{0}b{}", "x".repeat(5_000));
        house.first.answer(Outcome::Accepted { reference: name.clone() });
        let (odd, plain) = (house.ask("odd").await, house.ask("plain").await);
        house.sender.run_once().await.unwrap();
        assert_eq!((house.state(odd).await, house.state(plain).await), (State::Sent, State::Sent));
        let mut named = None;
        for id in [odd, plain] {
            let kept = house.messages.get(&house.cx, id).await.unwrap().provider_reference.unwrap();
            if kept == format!("ab{}", "x".repeat(253)) {
                named = Some(id);
            }
        }
        let receipt = Receipt {
            provider: "first".to_owned(),
            reference: name,
            state: State::Undelivered,
            reason: Some("UNDELIV\u{0} 045".to_owned()),
            at: house.cx.now(),
        };
        house.tell(vec![receipt]).await;
        let view = house.messages.get(&house.cx, named.unwrap()).await.unwrap();
        assert_eq!((view.state, view.reason.as_deref()), (State::Undelivered, Some("UNDELIV 045")));
    });
}

#[test]
fn receipts_are_forgotten_after_a_week() {
    on_both(async |house| {
        let receipt = |reference: &str| Receipt {
            provider: "first".to_owned(),
            reference: reference.to_owned(),
            state: State::Delivered,
            reason: None,
            at: house.cx.now(),
        };
        house.tell(vec![receipt("old"), receipt("older")]).await;
        house.seconds(6 * 86_400);
        house.tell(vec![receipt("new")]).await;
        assert_eq!(house.messages.forget_receipts(house.cx.now()).await.unwrap(), 0);
        house.seconds(86_401);
        assert_eq!(house.messages.forget_receipts(house.cx.now()).await.unwrap(), 2);
        assert_eq!(house.messages.forget_receipts(house.cx.now()).await.unwrap(), 0);
    });
}

#[test]
fn who_is_erased_leaves_messages_that_nobody_can_read() {
    on_both(async |house| {
        let number = PhoneNumber::from_e164("+358401234567").unwrap();
        let inbound = |reference: &str| Inbound {
            from: number,
            channel: Channel::Sms,
            text: Text::parse("Yours, Aino").unwrap(),
            provider: "first".to_owned(),
            reference: reference.to_owned(),
        };
        // Somebody had the number before, and somebody else has it after.
        let before = house.ask("Hello Veikko").await;
        house.messages.inbound(&house.cx, inbound("in-1")).await.unwrap();
        house.sender.run_once().await.unwrap();
        house.seconds(10);
        let from = house.cx.now();
        let theirs = house.ask("Hello Aino").await;
        house.messages.inbound(&house.cx, inbound("in-2")).await.unwrap();
        house.sender.run_once().await.unwrap();
        let waiting = house.ask("Hello again").await;
        house.seconds(10);
        let until = house.cx.now();
        let after = house.ask("Hello Emil").await;
        let span = Span { number, from, until: Some(until) };
        assert_eq!(house.messages.erase(&house.cx, &[span]).await.unwrap(), 3);
        house.sender.run_once().await.unwrap();
        for (id, state, is_erased) in [
            (before, State::Sent, false),
            (theirs, State::Sent, true),
            (waiting, State::Failed, true),
            (after, State::Sent, false),
        ] {
            let view = house.messages.get(&house.cx, id).await.unwrap();
            assert_eq!((view.state, view.to.is_none()), (state, is_erased));
            assert_eq!(view.body == BodyView::Erased, is_erased);
        }
        let listed = house.messages.list_inbound(&house.cx, Some(number), &PageRequest::default()).await;
        let texts: Vec<bool> = listed.unwrap().items.iter().map(|one| one.text.is_some()).collect();
        assert_eq!(texts, [false, true]);
        assert_eq!(house.first.texts(), ["Hello Veikko", "Hello Aino", "Hello Emil"]);
        // Still theirs: whatever came since.
        let open = Span { until: None, ..span };
        assert_eq!(house.messages.erase(&house.cx, &[open]).await.unwrap(), 1);
    });
}

#[test]
fn outsiders_ask_within_rules() {
    on_both(async |house| {
        let plain = NewMessage {
            purpose: Purpose::known("order.update"),
            ..house.message(Content::Plain(Text::parse("x").unwrap()))
        };
        let in_days = |days: i64| house.cx.now().plus_micros(days * Timestamp::DAY);
        for (message, code) in [
            (NewMessage { purpose: Purpose::known("verification"), ..plain.clone() }, "purpose_reserved"),
            (NewMessage { purpose: Purpose::known("verification.x"), ..plain.clone() }, "purpose_reserved"),
            (NewMessage { give_up_at: in_days(0), ..plain.clone() }, "ttl_out_of_range"),
            (NewMessage { give_up_at: in_days(8), ..plain.clone() }, "ttl_out_of_range"),
        ] {
            assert_eq!(house.messages.send(&house.cx, message).await.unwrap_err().code, code);
        }
        let longest = NewMessage { give_up_at: in_days(7), ..plain };
        house.messages.send(&house.cx, longest).await.unwrap();
    });
}

#[test]
fn a_text_that_nobody_may_keep_is_made_when_it_is_sent() {
    on_both(async |house| {
        let composed = |reference: &str| {
            house.message(Content::Composed { composer: "codes", reference: reference.to_owned() })
        };
        let code = house.enqueue(composed("271828")).await;
        let cancelled = house.enqueue(composed("cancelled")).await;
        let flaky = house.enqueue(composed("flaky")).await;
        house.sender.run_once().await.unwrap();
        assert_eq!(house.first.texts(), ["Your code is 271828"]);
        let view = house.messages.get(&house.cx, code).await.unwrap();
        assert_eq!(
            view.body,
            BodyView::NeverKept { composer: "codes".to_owned(), reference: "271828".to_owned() }
        );
        assert_eq!(house.state(cancelled).await, State::Expired);
        let again = house.messages.get(&house.cx, flaky).await.unwrap();
        assert_eq!((again.state, again.reason.as_deref()), (State::Queued, Some("not_now: Not now.")));
        house.seconds(2);
        house.sender.run_once().await.unwrap();
        assert_eq!(house.state(flaky).await, State::Sent);
    });
}

#[test]
fn each_outcome_means_what_it_says() {
    on_both(async |house| {
        let rejected = |permanent| Outcome::Rejected { reason: "no".to_owned(), permanent };
        let gone = || Outcome::Unavailable { reason: "down".to_owned() };
        let doubt = Outcome::Unknown { reason: "the line broke".to_owned() };
        // Nobody else is asked after a no for good, nor when it may have been sent.
        for (outcome, state, others) in [(rejected(true), State::Failed, 0), (doubt, State::Unknown, 0)] {
            house.first.answer(outcome);
            let id = house.ask("x").await;
            house.sender.run_once().await.unwrap();
            assert_eq!((house.state(id).await, house.second.texts().len()), (state, others));
        }
        // The next route takes over from one that is not there, or says no for now.
        for (count, outcome) in [gone(), rejected(false)].into_iter().enumerate() {
            house.first.answer(outcome);
            let id = house.ask("y").await;
            house.sender.run_once().await.unwrap();
            let view = house.messages.get(&house.cx, id).await.unwrap();
            assert_eq!((view.state, view.provider.as_deref()), (State::Sent, Some("second")));
            assert_eq!(house.second.texts().len(), count + 1);
        }
        // Patience is asked for: the same provider is asked again, and not before.
        house.first.answer(Outcome::Throttled { retry_after_micros: 5 * Timestamp::SECOND });
        let id = house.ask("z").await;
        house.sender.run_once().await.unwrap();
        house.seconds(4);
        house.sender.run_once().await.unwrap();
        assert_eq!(house.state(id).await, State::Queued);
        house.seconds(2);
        house.sender.run_once().await.unwrap();
        assert_eq!((house.state(id).await, house.second.texts().len()), (State::Sent, 2));
        // When all are down it is tried again until its time has passed.
        let id = house.ask("w").await;
        for _ in 0..12 {
            house.first.answer(gone());
            house.second.answer(gone());
            house.sender.run_once().await.unwrap();
            house.seconds(100);
        }
        let view = house.messages.get(&house.cx, id).await.unwrap();
        assert_eq!((view.state, view.reason.as_deref()), (State::Failed, Some("unavailable: down")));
    });
}

#[test]
fn what_cannot_be_sent_says_why() {
    on_both(async |house| {
        let plain = house.message(Content::Plain(Text::parse("x").unwrap()));
        let late = NewMessage { give_up_at: house.cx.now(), ..plain.clone() };
        let voice = NewMessage { channel: Channel::Voice, ..plain.clone() };
        let stranger = house.message(Content::Composed { composer: "nobody", reference: "1".to_owned() });
        for (message, state, reason) in [
            (late, State::Expired, "too_late"),
            (voice, State::Failed, "no_route"),
            (stranger, State::Failed, "composer_unknown"),
        ] {
            let id = house.enqueue(message).await;
            house.sender.run_once().await.unwrap();
            let view = house.messages.get(&house.cx, id).await.unwrap();
            assert_eq!((view.state, view.reason.unwrap().starts_with(reason)), (state, true), "{reason}");
        }
        assert!(house.first.texts().is_empty());
    });
}

#[test]
fn what_a_lost_sender_had_in_hand_is_in_doubt_and_never_sent_again() {
    on_both(async |house| {
        // A sender whose provider never answers, dropped in the middle.
        #[derive(Debug)]
        struct Silent;
        impl Provider for Silent {
            fn name(&self) -> &str {
                "first"
            }
            fn carries(&self, _: Channel) -> bool {
                true
            }
            fn send(&self, _: Submission) -> BoxFuture<'_, Outcome> {
                std::future::pending().boxed()
            }
        }
        let id = house.ask("lost").await;
        let lost = Sender::new(house.messages.clone(), house.clock.clone(), 10).provider(Arc::new(Silent));
        let mut round = Box::pin(lost.run_once());
        while house.state(id).await != State::Sending {
            assert!(futures::poll!(&mut round).is_pending());
            tokio::task::yield_now().await;
        }
        drop(round);
        // Nobody else takes it while its time runs.
        house.sender.run_once().await.unwrap();
        assert_eq!(house.state(id).await, State::Sending);
        house.seconds(121);
        house.sender.run_once().await.unwrap();
        assert_eq!(house.state(id).await, State::Unknown);
        assert!(house.first.texts().is_empty());
        let doubtful = Filter { state: Some(State::Unknown), ..Filter::default() };
        let listed = house.messages.list(&house.cx, doubtful, &PageRequest::default()).await.unwrap();
        assert_eq!(listed.items.iter().map(|view| view.id).collect::<Vec<_>>(), [id]);
    });
}

#[test]
fn two_senders_share_the_work_and_none_is_sent_twice() {
    on_both(async |house| {
        const COUNT: usize = 300;
        for at in 0..COUNT {
            house.ask(&format!("number {at}")).await;
        }
        let other =
            Sender::new(house.messages.clone(), house.clock.clone(), 20).provider(house.first.clone());
        let (one, two) = tokio::join!(house.sender.run_once(), other.run_once());
        assert_eq!(one.unwrap().sent + two.unwrap().sent, COUNT);
        let mut texts = house.first.texts();
        texts.sort();
        texts.dedup();
        assert_eq!((texts.len(), house.first.texts().len()), (COUNT, COUNT));
        let sent = Filter { state: Some(State::Sent), number: PhoneNumber::from_e164("+358401234567").ok() };
        let mut page = PageRequest::new(Some(200), None);
        let mut seen = 0;
        loop {
            let listed = house.messages.list(&house.cx, sent, &page).await.unwrap();
            seen += listed.items.len();
            match listed.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, COUNT);
    });
}

#[test]
fn a_running_sender_ends_when_it_is_told_and_leaves_nothing_in_hand() {
    on_both(async |house| {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let sender = Arc::new(house.sender);
        let running = tokio::spawn({
            let sender = sender.clone();
            async move { sender.run(stopped).await }
        });
        for at in 0..50 {
            let message = NewMessage {
                to: PhoneNumber::from_e164("+358401234567").unwrap(),
                channel: Channel::Sms,
                purpose: Purpose::known("order.update"),
                content: Content::Plain(Text::parse(&format!("{at}")).unwrap()),
                give_up_at: house.cx.now().plus_micros(Timestamp::DAY),
            };
            house.messages.send(&house.cx, message).await.unwrap();
        }
        while house.first.texts().len() < 50 {
            tokio::task::yield_now().await;
        }
        stop.send(true).unwrap();
        running.await.unwrap();
        let sending = Filter { state: Some(State::Sending), number: None };
        let listed = house.messages.list(&house.cx, sending, &PageRequest::default()).await.unwrap();
        assert!(listed.items.is_empty());
    });
}

#[test]
fn what_people_send_is_kept_once_and_told() {
    on_both(async |house| {
        let inbound = Inbound {
            from: PhoneNumber::from_e164("+358401234567").unwrap(),
            channel: Channel::Sms,
            text: Text::parse("STOP").unwrap(),
            provider: "first".to_owned(),
            reference: "in-1".to_owned(),
        };
        house.messages.inbound(&house.cx, inbound.clone()).await.unwrap();
        house.messages.inbound(&house.cx, inbound.clone()).await.unwrap();
        let listed = house
            .messages
            .list_inbound(&house.cx, Some(inbound.from), &PageRequest::default())
            .await
            .unwrap();
        assert_eq!(listed.items.len(), 1);
        assert_eq!(listed.items[0].text.as_ref().unwrap().reveal(), "STOP");
        assert_eq!(house.told("heard").await.len(), 1);
        // Other keys read nothing of it.
        let stranger = Messages::new(house.db.clone(), Vault::new(KeyFile::generate()), Routes::default());
        assert!(stranger.list_inbound(&house.cx, None, &PageRequest::default()).await.is_err());
        assert_eq!(house.vault.fingerprint().len(), house.vault.fingerprint().trim().len());
    });
}
