//! What a call looks like, who is told, and who must not be called.

use base::{Actor, Context, Fault, ShopId};
use db::sql;
use serde_json::json;
use webhooks::{Kind, Sender, Settings, State, Webhooks, announce};

use crate::{
    house::{House, body, is_forged, is_signed_with},
    receiver::{Answer, Receiver, status},
};

testkit::stories! { crate::house::House::open =>
    an_event_is_told_signed_and_once
    nothing_is_written_where_nobody_listens
    what_did_not_happen_is_not_told
    of_another_shop_nothing_is_told
    no_redirection_is_followed
    nobody_is_called_who_must_not_be
    a_long_answer_is_read_to_its_beginning_only
    a_slow_receiver_does_not_hold_up_the_others
    old_events_are_forgotten
}

async fn an_event_is_told_signed_and_once(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[Kind::MessageDelivered, Kind::CustomerErased]).await;
    house.happens(Kind::MessageDelivered).await;
    house.happens(Kind::MessageFailed).await;
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
    assert_eq!(house.sender.run_once().await.unwrap(), 0);
    let calls = receiver.calls();
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(call.line, "POST /hooks HTTP/1.1");
    assert_eq!(call.header("content-type"), "application/json");
    // 2024-03-01T12:00:00Z
    assert_eq!(call.timestamp(), 1_709_294_400);
    assert!(is_signed_with(call, new.secret.reveal()) && !is_forged(call));
    let delivery = house.delivery(new.endpoint.id).await;
    assert_eq!(call.header("webhook-id"), delivery.event.id.to_string());
    assert_eq!(
        body(call),
        json!({ "type": "message.delivered", "timestamp": "2024-03-01T12:00:00Z", "data": Kind::MessageDelivered.example() })
    );
    assert_eq!((delivery.state, delivery.attempts, delivery.status), (State::Delivered, 1, Some(200)));
    assert_eq!(house.answers(delivery.id).await, [(Some(200), Some("answer 200".to_owned()))]);
    let health = house.webhooks.health(&house.cx, new.endpoint.id).await.unwrap();
    assert_eq!((health.calls(), health.waiting, health.failing_since), ((1, 1), 0, None));
    assert_eq!((health.hours.len(), health.hours[23].succeeded), (24, 1));
}

async fn nothing_is_written_where_nobody_listens(house: House) {
    house.happens(Kind::MessageDelivered).await;
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[Kind::MessageFailed]).await;
    house.happens(Kind::MessageDelivered).await;
    house.webhooks.disable(&house.cx, new.endpoint.id).await.unwrap();
    house.happens(Kind::MessageFailed).await;
    assert_eq!(house.count(sql!("SELECT COUNT(*) FROM webhook_events")).await, 0);
    assert_eq!(house.count(sql!("SELECT COUNT(*) FROM webhook_deliveries")).await, 0);
}

async fn what_did_not_happen_is_not_told(house: House) {
    let receiver = Receiver::open().await;
    house.endpoint(&receiver, &[]).await;
    let refused = house.happens_and(Kind::CustomerErased, Err(Fault::conflict("no", "No."))).await;
    assert_eq!(refused.unwrap_err().code, "no");
    assert_eq!(house.sender.run_once().await.unwrap(), 0);
    house.happens(Kind::CustomerErased).await;
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
}

async fn of_another_shop_nothing_is_told(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    let other =
        Context::new(ShopId::from_uuid(uuid::Uuid::from_u128(8)), Actor::System("test"), house.cx.clock());
    let cx = other.clone();
    let happened = house.db.write(async move |tx| announce(tx, &cx, Kind::Ping, json!({})).await);
    happened.await.unwrap();
    assert_eq!(house.sender.run_once().await.unwrap(), 0);
    assert!(house.webhooks.list(&other).await.unwrap().is_empty());
    let unknown = house.webhooks.get(&other, new.endpoint.id).await.unwrap_err();
    assert_eq!(unknown.code, "webhook_endpoint_unknown");
}

async fn no_redirection_is_followed(house: House) {
    let (receiver, inside) = (Receiver::open().await, Receiver::open().await);
    let new = house.endpoint(&receiver, &[]).await;
    receiver.answer([Answer::Now(302, format!("location: {}\r\n", inside.url), String::new())]);
    house.happens(Kind::CustomerErased).await;
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
    let delivery = house.delivery(new.endpoint.id).await;
    assert_eq!((delivery.state, delivery.status), (State::Waiting, Some(302)));
    assert!(delivery.failure.unwrap().starts_with("redirected"));
    assert!(inside.calls().is_empty());
}

/// An address that was one of the Internet when it was registered, and whose name leads into the house by now.
async fn nobody_is_called_who_must_not_be(house: House) {
    let receiver = Receiver::open().await;
    let by_name = receiver.url.replace("127.0.0.1", "localhost");
    let outside = Webhooks::new(house.db.clone(), house.vault.clone(), outward::Reach::public());
    for url in [&receiver.url, &by_name, "http://[::ffff:127.0.0.1]/", "https://169.254.169.254/latest"] {
        let wanted = webhooks::Wanted { url: url.to_owned(), ..webhooks::Wanted::default() };
        assert_eq!(outside.create(&house.cx, wanted).await.unwrap_err().code, "webhook_url_private", "{url}");
    }
    let new = house.endpoint(&receiver, &[]).await;
    let (shop, id) = (house.cx.shop, new.endpoint.id);
    house
        .db
        .write(async move |tx| {
            let statement = sql!("UPDATE webhook_endpoints SET url = $3 WHERE shop_id = $1 AND id = $2");
            tx.execute(statement, &db::params![shop, id, by_name.as_str()]).await?;
            Ok(())
        })
        .await
        .unwrap();
    house.happens(Kind::CustomerErased).await;
    let sender = Sender::new(outside, house.cx.clock(), &Settings::default());
    assert_eq!(sender.run_once().await.unwrap(), 1);
    let failure = house.delivery(id).await.failure.unwrap();
    assert!(failure.starts_with("address_forbidden"), "{failure}");
    assert!(receiver.calls().is_empty());
    // Where this machine may be called, the same name is.
    house.wait(10);
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
    assert_eq!(receiver.calls().len(), 1);
}

async fn a_long_answer_is_read_to_its_beginning_only(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    receiver.answer([Answer::Now(200, String::new(), "ä".repeat(500_000))]);
    house.happens(Kind::CustomerErased).await;
    house.sender.run_once().await.unwrap();
    let delivery = house.delivery(new.endpoint.id).await;
    assert_eq!(delivery.state, State::Delivered);
    assert_eq!(house.answers(delivery.id).await, [(Some(200), Some("ä".repeat(500)))]);
}

async fn a_slow_receiver_does_not_hold_up_the_others(house: House) {
    let (slow, quick) = (Receiver::open().await, Receiver::open().await);
    let (of_slow, of_quick) = (house.endpoint(&slow, &[]).await, house.endpoint(&quick, &[]).await);
    slow.answer(std::iter::repeat_n(Answer::Never, 4));
    for _ in 0..30 {
        house.happens(Kind::CustomerErased).await;
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let story = async {
        quick.came(30).await;
        // No more than four at once, however much is due.
        assert_eq!(slow.calls().len(), 4);
        slow.let_go();
        slow.came(30).await;
        stop.send(true).unwrap();
    };
    tokio::join!(house.sender.run(stopped), story);
    for endpoint in [of_slow, of_quick] {
        let deliveries = house.deliveries(endpoint.endpoint.id).await;
        assert_eq!(deliveries.len(), 30);
        assert!(deliveries.iter().all(|one| one.state == State::Delivered && one.attempts == 1));
    }
}

async fn old_events_are_forgotten(house: House) {
    use jobs::Upkeep as _;
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    receiver.answer([status(500)]);
    house.happens(Kind::CustomerErased).await;
    house.sender.run_once().await.unwrap();
    house.wait(86_400);
    house.happens(Kind::CustomerErased).await;
    house.sender.run_once().await.unwrap();
    let forgetting = webhooks::Forgetting(house.webhooks.clone());
    // Thirty days after the first, less a day: both are known.
    house.wait(29 * 86_400 - 1);
    forgetting.run(house.cx.now()).await.unwrap();
    assert_eq!(house.deliveries(new.endpoint.id).await.len(), 2);
    house.wait(2);
    forgetting.run(house.cx.now()).await.unwrap();
    assert_eq!(house.deliveries(new.endpoint.id).await.len(), 1);
    assert_eq!(house.count(sql!("SELECT COUNT(*) FROM webhook_events")).await, 1);
    house.wait(86_400);
    forgetting.run(house.cx.now()).await.unwrap();
    for table in [
        sql!("SELECT COUNT(*) FROM webhook_events"),
        sql!("SELECT COUNT(*) FROM webhook_deliveries"),
        sql!("SELECT COUNT(*) FROM webhook_attempts"),
    ] {
        assert_eq!(house.count(table).await, 0);
    }
}
