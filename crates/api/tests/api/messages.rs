//! Messages and the phones of the sandbox.

use serde_json::json;

use identity::Scope;

use crate::house::{House, ids};

testkit::stories! { crate::house::House::open => a_message_reaches_its_phone what_a_person_wrote_is_read_by_whoever_says_why what_makes_no_sense_is_refused phones_do_as_they_are_told }

async fn a_message_reaches_its_phone(house: House) {
    let owner = house.owner().await;
    let body = json!({ "to": "040 123 4567", "region": "FI", "purpose": "order.dispatched", "text": "Your parcel 4711 is on its way." });
    let made = owner.post_once("/v1/messages", "m-1", &body).await;
    let message = made.expect(201);
    assert_eq!((&message["state"], &message["to"]), (&json!("queued"), &json!("+358••••••567")));
    assert_eq!(message["text"], "Your parcel •••• •• •• ••• •••.");
    // The same request again is the same message.
    let again = owner.post_once("/v1/messages", "m-1", &body).await.expect(201);
    assert_eq!(again["id"], message["id"]);
    house.work().await;
    let path = made.headers["location"].to_str().unwrap().to_owned();
    let sent = owner.get(&path).await.expect(200);
    assert_eq!((&sent["state"], &sent["segments"]), (&json!("delivered"), &json!(1)));
    assert_eq!(sent["cost"], json!({ "micros": 50_000, "currency": "EUR" }));
    let phone = owner.get("/sandbox/v1/phones/+358401234567/messages").await.expect(200);
    assert_eq!(phone["items"].as_array().unwrap().len(), 1);
    assert_eq!(phone["items"][0]["text"], "Your parcel 4711 is on its way.");
    let list = owner.get("/v1/messages?number=%2B358401234567&state=delivered").await.expect(200);
    assert_eq!(ids(&list), [sent["id"].as_str().unwrap()]);
    assert!(ids(&owner.get("/v1/messages?state=unknown").await.expect(200)).is_empty());
    // Another shop has no such message and no such phone.
    let other = house.program("other", Scope::ALL).await;
    other.get(&path).await.problem(404, "message_unknown");
    let phone = other.get("/sandbox/v1/phones/+358401234567/messages").await.expect(200);
    assert_eq!(phone["items"], json!([]));
}

async fn what_a_person_wrote_is_read_by_whoever_says_why(house: House) {
    let owner = house.owner().await;
    let write = json!({ "text": "Where is my parcel 4711?" });
    owner.post("/sandbox/v1/phones/%2B358401234567/messages", &write).await;
    let list = owner.get("/v1/messages/received?number=%2B358401234567").await.expect(200);
    let [id] = ids(&list).try_into().unwrap();
    let path = format!("/v1/messages/received/{id}");
    let masked = owner.get(&path).await.expect(200);
    assert_eq!(
        (&masked["from"], &masked["text"]),
        (&json!("+358••••••567"), &json!("Where is •• •••••• ••••?"))
    );
    let why = json!({ "reason": "The chatbot answers it." });
    let clear = owner.post(&format!("{path}/reveal"), &why).await.expect(200);
    assert_eq!((&clear["from"], &clear["text"]), (&json!("+358401234567"), &write["text"]));
    let trail = owner.get("/v1/audit").await.expect(200);
    let entry = &trail["items"][0];
    assert_eq!((&entry["action"], &entry["reason"]), (&json!("messages.reveal"), &why["reason"]));
    owner.post(&format!("{path}/reveal"), &json!({ "reason": " " })).await.problem(422, "reason_missing");
    let sender = house.program("main", &[Scope::Messages]).await;
    sender.post(&format!("{path}/reveal"), &why).await.problem(403, "not_allowed");
    let other = house.program("other", Scope::ALL).await;
    other.get(&path).await.problem(404, "message_unknown");
    assert!(ids(&owner.get("/v1/messages/received?number=%2B358401234560").await.expect(200)).is_empty());
}

async fn what_makes_no_sense_is_refused(house: House) {
    let owner = house.owner().await;
    let good = json!({ "to": "+358401234567", "purpose": "order.update", "text": "Hello" });
    for (field, value, code) in [
        ("to", json!("12"), "number_malformed"),
        ("purpose", json!("Order Update"), "purpose_malformed"),
        ("purpose", json!("verification.sign_in"), "purpose_reserved"),
        ("channel", json!("pigeon"), "channel_unknown"),
        ("text", json!("  "), "text_missing"),
        ("ttl_seconds", json!(0), "ttl_out_of_range"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let problem = owner.post("/v1/messages", &body).await.problem(422, code);
        assert_eq!(problem["field"], field);
    }
    owner.get("/v1/messages?state=gone").await.problem(422, "message_state_unknown");
    let reader = house.program("main", &[Scope::OrdersRead]).await;
    reader.post("/v1/messages", &good).await.problem(403, "not_allowed");
    reader.get("/sandbox/v1/phones").await.problem(403, "not_allowed");
}

async fn phones_do_as_they_are_told(house: House) {
    let owner = house.owner().await;
    let phone = "/sandbox/v1/phones/+358401234567";
    let told = owner.post(&format!("{phone}/behaviour"), &json!({ "behaviour": "absent" })).await.expect(200);
    assert_eq!((&told["behaviour"], &told["fixed"]), (&json!("absent"), &json!(false)));
    owner
        .post(&format!("{phone}/behaviour"), &json!({ "behaviour": "dead" }))
        .await
        .problem(422, "behaviour_unknown");
    let body = json!({ "to": "+358401234567", "purpose": "order.update", "text": "Hello" });
    let id = owner.post("/v1/messages", &body).await.expect(201)["id"].as_str().unwrap().to_owned();
    house.work().await;
    assert_eq!(owner.get(&format!("/v1/messages/{id}")).await.expect(200)["state"], "undelivered");
    for act in ["sim-swap", "new-holder"] {
        owner.post(&format!("{phone}/{act}"), &json!({})).await.expect(200);
    }
    owner.post(&format!("{phone}/forwarding"), &json!({ "forwarded": true })).await.expect(200);
    let view = owner.get(phone).await.expect(200);
    assert!(view["sim_swapped_at"].is_string() && view["holder_changed_at"].is_string());
    assert_eq!(view["forwarded"], true);
    owner.post(&format!("{phone}/messages"), &json!({ "text": "STOP" })).await.expect(204);
    let items = owner.get(&format!("{phone}/messages")).await.expect(200);
    assert_eq!((&items["items"][0]["text"], &items["items"][0]["outgoing"]), (&json!("STOP"), &json!(true)));
    let call = items["items"][0]["id"].as_str().unwrap();
    owner
        .post(&format!("{phone}/calls/{call}/keys"), &json!({ "keys": "1" }))
        .await
        .problem(404, "call_unknown");
}
