//! Endpoints: made, changed, given another secret, tried, and all of it in the trail.

use base::PageRequest;
use db::{audit, sql};
use webhooks::{Change, Kind, Wanted};

use crate::{
    house::{House, body, is_signed_with},
    receiver::Receiver,
};

testkit::stories! { crate::house::House::open =>
    during_a_change_of_secrets_both_are_good
    what_changes_is_kept_in_the_trail
    a_ping_goes_to_one_endpoint_whatever_it_listens_to
    a_shop_has_a_bounded_number_of_endpoints
    no_secret_is_in_the_database
}

async fn during_a_change_of_secrets_both_are_good(house: House) {
    let receiver = Receiver::open().await;
    let first = house.endpoint(&receiver, &[]).await;
    let second = house.webhooks.rotate(&house.cx, first.endpoint.id).await.unwrap();
    assert_ne!(first.secret.reveal(), second.secret.reveal());
    house.happens(Kind::CustomerErased).await;
    house.sender.run_once().await.unwrap();
    // A day less a second later both sign still, a second later the new one alone.
    house.wait(86_399);
    house.happens(Kind::CustomerErased).await;
    house.sender.run_once().await.unwrap();
    house.wait(1);
    house.happens(Kind::CustomerErased).await;
    house.sender.run_once().await.unwrap();
    let calls = receiver.calls();
    let signed = |secret: &str| calls.iter().map(|call| is_signed_with(call, secret)).collect::<Vec<_>>();
    assert_eq!(signed(first.secret.reveal()), [true, true, false]);
    assert_eq!(signed(second.secret.reveal()), [true, true, true]);
}

async fn what_changes_is_kept_in_the_trail(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[Kind::MessageFailed]).await;
    let id = new.endpoint.id;
    let change = Change { kinds: Some(vec![Kind::CustomerErased]), ..Change::default() };
    let changed = house.webhooks.change(&house.cx, id, change.clone()).await.unwrap();
    assert_eq!((changed.kinds, changed.url), (vec![Kind::CustomerErased], receiver.url.clone()));
    // The same again changes nothing, and is not noted.
    house.webhooks.change(&house.cx, id, change).await.unwrap();
    house.webhooks.rotate(&house.cx, id).await.unwrap();
    house.webhooks.disable(&house.cx, id).await.unwrap();
    house.webhooks.enable(&house.cx, id).await.unwrap();
    house.webhooks.remove(&house.cx, id).await.unwrap();
    let trail = audit::list(&house.db, house.cx.shop, None, &PageRequest::default()).await.unwrap();
    let actions: Vec<_> = trail.items.iter().rev().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "webhooks.create",
            "webhooks.change",
            "webhooks.rotate",
            "webhooks.disable",
            "webhooks.enable",
            "webhooks.remove"
        ]
    );
    // The path of an address may be a secret.
    assert!(trail.items.iter().all(|entry| !entry.details.to_string().contains("hooks")));
    audit::verify(&house.db, house.cx.shop, &house.vault.indexes(house.cx.shop)).await.unwrap();
}

async fn a_ping_goes_to_one_endpoint_whatever_it_listens_to(house: House) {
    let (one, other) = (Receiver::open().await, Receiver::open().await);
    let new = house.endpoint(&one, &[Kind::MessageFailed]).await;
    house.endpoint(&other, &[]).await;
    house.webhooks.ping(&house.cx, new.endpoint.id).await.unwrap();
    assert_eq!(house.sender.run_once().await.unwrap(), 1);
    let calls = one.calls();
    assert_eq!(body(&calls[0])["type"], "webhook.ping");
    assert_eq!(body(&calls[0])["data"]["endpoint"], new.endpoint.id.to_string());
    assert!(other.calls().is_empty());
}

async fn a_shop_has_a_bounded_number_of_endpoints(house: House) {
    let receiver = Receiver::open().await;
    for _ in 0..20 {
        house.endpoint(&receiver, &[]).await;
    }
    let wanted = Wanted { url: receiver.url.clone(), ..Wanted::default() };
    assert_eq!(house.webhooks.create(&house.cx, wanted).await.unwrap_err().code, "webhooks_too_many");
    assert_eq!(house.webhooks.list(&house.cx).await.unwrap().len(), 20);
}

async fn no_secret_is_in_the_database(house: House) {
    let receiver = Receiver::open().await;
    let new = house.endpoint(&receiver, &[]).await;
    house.webhooks.rotate(&house.cx, new.endpoint.id).await.unwrap();
    let text = new.secret.reveal().trim_start_matches("whsec_").as_bytes();
    let octets = data_encoding::BASE64.decode(text).unwrap();
    let sealed: Vec<Vec<u8>> = house
        .db
        .read(async move |tx| {
            let row =
                tx.one(sql!("SELECT secret, old_secret, wrapped_key FROM webhook_endpoints"), &[]).await?;
            Ok(vec![row.get(0)?, row.get(1)?, row.get(2)?])
        })
        .await
        .unwrap();
    for kept in sealed {
        assert!(!kept.windows(octets.len()).any(|window| window == octets));
        assert!(!kept.windows(text.len()).any(|window| window == text));
    }
}
