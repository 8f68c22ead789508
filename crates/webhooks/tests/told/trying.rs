//! What fails is told again, by the schedule, after a crash, and when somebody asks; and who fails for good is told nothing more.

use base::{PageRequest, Timestamp};
use db::audit;
use futures::FutureExt as _;
use webhooks::{DisabledWhy, Filter, Kind, Sender, Settings, State};

use crate::{
    house::House,
    receiver::{Answer, Receiver, status},
};

testkit::stories! { crate::house::House::open =>
    a_call_that_fails_is_made_again
    whoever_asks_for_patience_has_it
    after_ten_tries_it_is_given_up_and_can_be_asked_for_again
    all_that_failed_since_then_are_told_again
    whoever_is_gone_is_told_nothing_more
    whoever_failed_for_five_days_is_told_nothing_more
    what_a_process_had_in_hand_is_told_again
    what_waits_for_a_disabled_endpoint_waits
}

async fn a_call_that_fails_is_made_again(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    receiver.answer([status(500)]);
    house.happens(Kind::CustomerErased).await;
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
    let waiting = house.delivery(new.endpoint.id).await;
    assert_eq!((waiting.state, waiting.status), (State::Waiting, Some(500)));
    let due = waiting.due_at.unwrap().as_micros() - house.cx.now().as_micros();
    assert!((5_000_000..=6_000_000).contains(&due), "{due}");
    // Not before its time.
    house.wait(4);
    assert_eq!(house.sender.run_once().await.unwrap(), 0);
    house.wait(2);
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
    let told = house.delivery(new.endpoint.id).await;
    assert_eq!((told.state, told.attempts, told.failure), (State::Delivered, 2, None));
    let answers = house.answers(told.id).await;
    let expected = [500, 200].map(|code| (Some(code), Some(format!("answer {code}"))));
    assert_eq!(answers, expected);
    let calls = receiver.calls();
    assert_eq!(calls[0].header("webhook-id"), calls[1].header("webhook-id"));
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!(calls[1].timestamp() - calls[0].timestamp(), 6);
    let health = house.webhooks.health(&house.cx, new.endpoint.id).await.unwrap();
    assert_eq!((health.calls(), health.failing_since), ((1, 2), None));
    assert_eq!(health.failure.as_deref(), Some("refused: It answered 500."));
}

async fn whoever_asks_for_patience_has_it(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    let busy = |headers: &str| Answer::Now(429, headers.to_owned(), String::new());
    // Longer than the schedule, shorter than it, and longer than anybody gets.
    receiver.answer([
        busy("retry-after: 600\r\n"),
        busy("retry-after: 1\r\n"),
        busy("retry-after: 9999999\r\n"),
    ]);
    house.happens(Kind::CustomerErased).await;
    for seconds in [600..=600, 300..=360, 86_400..=86_400] {
        assert_eq!(house.sender.run_once().await.unwrap(), 1);
        let waiting = house.delivery(new.endpoint.id).await;
        let due = (waiting.due_at.unwrap().as_micros() - house.cx.now().as_micros()) / Timestamp::SECOND;
        assert!(seconds.contains(&due), "{due} of {seconds:?}");
        house.wait(due + 1);
    }
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
    assert_eq!(house.delivery(new.endpoint.id).await.state, State::Delivered);
}

async fn after_ten_tries_it_is_given_up_and_can_be_asked_for_again(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    receiver.answer(std::iter::repeat_n(status(503), 10));
    house.happens(Kind::CustomerErased).await;
    // Longer than each pause, and in all less than what an endpoint is given up after.
    for hours in [0, 1, 1, 1, 3, 6, 12, 17, 24, 29] {
        house.wait(hours * 3_600);
        assert_eq!(house.sender.run_once().await.unwrap(), 1, "after {hours} hours");
    }
    let failed = house.delivery(new.endpoint.id).await;
    assert_eq!((failed.state, failed.attempts, failed.due_at), (State::Failed, 10, None));
    house.wait(30 * 3_600);
    assert_eq!(house.sender.run_once().await.unwrap(), 0);
    let again = house.webhooks.redeliver(&house.cx, failed.id).await.unwrap();
    assert_eq!(again.state, State::Waiting);
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
    let told = house.delivery(new.endpoint.id).await;
    assert_eq!((told.state, told.attempts), (State::Delivered, 11));
    let calls = receiver.calls();
    assert!(calls.iter().all(|call| call.header("webhook-id") == calls[0].header("webhook-id")));
    // What was delivered can be asked for once more, too.
    house.webhooks.redeliver(&house.cx, failed.id).await.unwrap();
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
}

async fn all_that_failed_since_then_are_told_again(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    for _ in 0..3 {
        house.happens(Kind::CustomerErased).await;
        house.wait(60);
    }
    receiver.answer(std::iter::repeat_n(status(500), 30));
    for _ in 0..10 {
        assert_eq!(house.sender.run_once().await.unwrap(), 3);
        house.wait(29 * 3_600);
        // Given up by their tries, not because everything fails for so long.
        house.webhooks.enable(&house.cx, new.endpoint.id).await.unwrap();
    }
    let failed = Filter { state: Some(State::Failed) };
    let page = PageRequest::new(Some(2), None);
    let first = house.webhooks.deliveries(&house.cx, new.endpoint.id, failed, &page).await.unwrap();
    assert_eq!((first.items.len(), first.next.is_some()), (2, true));
    let page = PageRequest::new(Some(2), first.next.map(|cursor| cursor.0));
    let second = house.webhooks.deliveries(&house.cx, new.endpoint.id, failed, &page).await.unwrap();
    assert_eq!((second.items.len(), second.next.is_some()), (1, false));
    // The oldest was made at noon, the others a minute and two later.
    let since: Timestamp = "2024-03-01T12:01:00Z".parse().unwrap();
    assert_eq!(house.webhooks.redeliver_failed(&house.cx, new.endpoint.id, since).await.unwrap(), 2);
    assert_eq!(house.sender.run_once().await.unwrap(), 2);
    let states: Vec<_> = house.deliveries(new.endpoint.id).await.into_iter().map(|one| one.state).collect();
    assert_eq!(states, [State::Delivered, State::Delivered, State::Failed]);
}

async fn whoever_is_gone_is_told_nothing_more(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    let id = new.endpoint.id;
    receiver.answer([status(410)]);
    house.happens(Kind::CustomerErased).await;
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
    let failed = house.delivery(id).await;
    assert_eq!((failed.state, failed.status), (State::Failed, Some(410)));
    let endpoint = house.webhooks.get(&house.cx, id).await.unwrap();
    assert_eq!(endpoint.disabled, Some((house.cx.now(), DisabledWhy::Gone)));
    for refused in [
        house.webhooks.redeliver(&house.cx, failed.id).await.map(drop),
        house.webhooks.ping(&house.cx, id).await.map(drop),
        house.webhooks.redeliver_failed(&house.cx, id, Timestamp::MIN).await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code, "webhook_disabled");
    }
    house.happens(Kind::CustomerErased).await;
    assert_eq!(house.sender.run_once().await.unwrap(), 0);
    assert_eq!(receiver.calls().len(), 1);
    house.webhooks.enable(&house.cx, id).await.unwrap();
    house.webhooks.redeliver(&house.cx, failed.id).await.unwrap();
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
}

async fn whoever_failed_for_five_days_is_told_nothing_more(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    receiver.answer(std::iter::repeat_n(status(500), 3));
    house.happens(Kind::CustomerErased).await;
    house.sender.run_once().await.unwrap();
    house.wait(5 * 86_400 - 1);
    house.sender.run_once().await.unwrap();
    assert_eq!(house.webhooks.get(&house.cx, new.endpoint.id).await.unwrap().disabled, None);
    house.happens(Kind::CustomerErased).await;
    house.wait(1);
    house.sender.run_once().await.unwrap();
    let disabled = house.webhooks.get(&house.cx, new.endpoint.id).await.unwrap().disabled;
    assert_eq!(disabled, Some((house.cx.now(), DisabledWhy::Failing)));
    let trail = audit::list(&house.db, house.cx.shop, None, &PageRequest::default()).await.unwrap();
    let last = &trail.items[0];
    assert_eq!((last.action.as_str(), last.actor.as_str()), ("webhooks.disable", "system:webhooks"));
    // Once it is told again it has five days before it again.
    house.webhooks.enable(&house.cx, new.endpoint.id).await.unwrap();
    receiver.answer([status(500)]);
    house.wait(3_600);
    assert_eq!(house.sender.run_once().await.unwrap(), 2);
    assert_eq!(house.webhooks.get(&house.cx, new.endpoint.id).await.unwrap().disabled, None);
}

/// A process that dies with a call in hand: its lease runs out, and the event is told again under the same id.
async fn what_a_process_had_in_hand_is_told_again(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    receiver.answer([Answer::Never]);
    house.happens(Kind::CustomerErased).await;
    {
        let dies = house.sender.run_once();
        tokio::pin!(dies);
        let came = receiver.came(1);
        tokio::select! {
            _ = &mut dies => panic!("nobody answered"),
            () = came => {}
        }
        assert!(dies.now_or_never().is_none());
    }
    let other = Sender::new(house.webhooks.clone(), house.cx.clock(), &Settings::default());
    assert_eq!(other.run_once().await.unwrap(), 0);
    house.wait(61);
    assert_eq!(other.run_once().await.unwrap(), 1);
    let calls = receiver.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].header("webhook-id"), calls[1].header("webhook-id"));
    assert_eq!(house.delivery(new.endpoint.id).await.state, State::Delivered);
}

async fn what_waits_for_a_disabled_endpoint_waits(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    house.happens(Kind::CustomerErased).await;
    house.webhooks.disable(&house.cx, new.endpoint.id).await.unwrap();
    assert_eq!(house.sender.run_once().await.unwrap(), 0);
    house.wait(10 * 86_400);
    house.webhooks.enable(&house.cx, new.endpoint.id).await.unwrap();
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
    // What is removed is told nothing, and what was told to it is seen no more.
    house.happens(Kind::CustomerErased).await;
    house.webhooks.remove(&house.cx, new.endpoint.id).await.unwrap();
    assert_eq!(house.sender.run_once().await.unwrap(), 0);
    let page = PageRequest::default();
    let unknown =
        house.webhooks.deliveries(&house.cx, new.endpoint.id, Filter::default(), &page).await.unwrap_err();
    assert_eq!(unknown.code, "webhook_endpoint_unknown");
}
