//! Webhooks over the API: endpoints made and changed, and what happens told to them.

use std::sync::{Arc, Mutex};

use identity::{
    Scope,
    accounts::{Browser, Method, Proof},
};
use messaging::Composer as _;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::house::{House, Program, ids};

testkit::stories! { crate::house::House::open =>
    an_endpoint_is_made_changed_and_removed
    everything_that_happens_is_told
    a_sign_in_is_told_when_nothing_more_is_asked_for
    what_failed_is_seen_and_told_again
    what_makes_no_sense_is_refused
    keys_do_what_their_scopes_say
}

/// A receiver that takes everything; its address, and the bodies that it was sent.
async fn receiver() -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, told) =
        (format!("http://{}/", listener.local_addr().unwrap()), Arc::<Mutex<Vec<Value>>>::default());
    let bodies = Arc::clone(&told);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            // The body is the last thing sent, and JSON: it is there when it can be read.
            let body = loop {
                let mut part = [0; 4096];
                let octets = stream.read(&mut part).await.unwrap();
                assert!(octets > 0, "the call breaks off");
                read.extend_from_slice(&part[..octets]);
                let text = String::from_utf8_lossy(&read).into_owned();
                if let Some((_, body)) = text.split_once("\r\n\r\n")
                    && let Ok(body) = serde_json::from_str::<Value>(body)
                {
                    break body;
                }
            };
            bodies.lock().unwrap().push(body);
            stream.write_all(b"HTTP/1.1 204 X\r\nconnection: close\r\n\r\n").await.unwrap();
        }
    });
    (url, told)
}

async fn endpoint(program: &Program<'_>, url: &str) -> String {
    let made = program.post("/v1/webhooks", &json!({ "url": url })).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn an_endpoint_is_made_changed_and_removed(house: House) {
    let owner = house.owner().await;
    let wanted = json!({ "url": "https://shop.example/hooks", "description": "Web shop", "events": ["message.failed"] });
    let reply = owner.post("/v1/webhooks", &wanted).await;
    let made = reply.expect(201);
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert_eq!(reply.headers["location"], format!("/v1/webhooks/{id}"));
    // 32 octets in base64.
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{}", secret.len());
    assert_eq!((&made["events"], &made["disabled"]), (&json!(["message.failed"]), &Value::Null));
    let path = format!("/v1/webhooks/{id}");
    for text in [owner.get("/v1/webhooks").await.text, owner.get(&path).await.text] {
        assert!(text.contains(id) && !text.contains("whsec_"), "{text}");
    }
    let change = json!({ "events": ["customer.erased", "customer.merged"] });
    let changed = owner.post(&path, &change).await.expect(200);
    assert_eq!(changed["events"], json!(["customer.merged", "customer.erased"]));
    assert_eq!(changed["url"], "https://shop.example/hooks");
    let renewed = owner.post(&format!("{path}/secret"), &json!({})).await.expect(200);
    assert!(renewed["secret"] != secret && renewed["old_secret_until"].is_string());
    let disabled = owner.post(&format!("{path}/disable"), &json!({})).await.expect(200);
    assert_eq!(disabled["disabled"]["why"], "asked");
    owner.post(&format!("{path}/ping"), &json!({})).await.problem(409, "webhook_disabled");
    assert_eq!(owner.post(&format!("{path}/enable"), &json!({})).await.expect(200)["disabled"], Value::Null);
    let health = &owner.get(&path).await.expect(200)["health"];
    assert_eq!((health["waiting"].as_u64(), health["hours"].as_array().unwrap().len()), (Some(0), 24));
    owner.post(&format!("{path}/remove"), &json!({})).await.expect(200);
    owner.get(&path).await.problem(404, "webhook_endpoint_unknown");
    assert_eq!(owner.get("/v1/webhooks").await.expect(200)["items"], json!([]));
    // What was never said to be wanted is everything.
    let all = owner.post("/v1/webhooks", &json!({ "url": "https://shop.example/" })).await.expect(201);
    let kinds = owner.get("/v1/webhooks/kinds").await.expect(200);
    let codes: Vec<&Value> = kinds["items"].as_array().unwrap().iter().map(|kind| &kind["code"]).collect();
    assert_eq!(all["events"].as_array().unwrap().len() + 1, codes.len());
    assert!(codes.contains(&&json!("webhook.ping")));
}

/// Approves one verification, ends another.
async fn prove(shop: &Program<'_>) {
    let house = shop.house;
    for number in ["+358401234571", "+358401234572"] {
        let wanted = json!({ "number": number, "purpose": "sign_in" });
        let started = shop.post("/v1/verifications", &wanted).await.expect(201);
        let id = started["id"].as_str().unwrap();
        if number.ends_with('2') {
            shop.post(&format!("/v1/verifications/{id}/cancel"), &json!({})).await.expect(200);
            continue;
        }
        let cx = house.cx(shop.key.shop);
        let composed = house.app.verifications.compose(&cx, id).await.unwrap().unwrap();
        let check = json!({ "purpose": "sign_in", "code": &composed.text.reveal()[..6] });
        shop.post(&format!("/v1/verifications/{id}/check"), &check).await.expect(200);
    }
}

async fn everything_that_happens_is_told(house: House) {
    let (url, told) = receiver().await;
    let shop = house.owner().await;
    endpoint(&shop, &url).await;
    let one = shop.register(&json!({ "number": "+358401234561", "name": "Aino Virtanen" })).await;
    let two = shop.register(&json!({ "number": "+358401234562", "name": "Elina Korhonen" })).await;
    let body = json!({ "other": one, "reason": "She told us." });
    let merged = shop.post(&format!("/v1/customers/{two}/merge"), &body).await.expect(200);
    let undo = format!("/v1/acts/{}/undo", merged["act"].as_str().unwrap());
    let undone = shop.post(&undo, &json!({ "reason": "A mistake." })).await.expect(200);
    let change = json!({ "from": "+358401234562", "to": "+358401234569", "reason": "She said so." });
    let changed = shop.post(&format!("/v1/customers/{two}/change-number"), &change).await.expect(200);
    shop.post(&format!("/v1/customers/{one}/erase"), &json!({ "reason": "Asked." })).await.expect(204);
    prove(&shop).await;
    // One phone takes everything, another is switched off, a third does not exist.
    let mut sent = Vec::new();
    for number in ["+12025550100", "+12025550101", "+12025550102"] {
        let message = json!({ "to": number, "purpose": "order.update", "text": "Hello 4711" });
        sent.push(shop.post("/v1/messages", &message).await.expect(201)["id"].clone());
    }
    let write = json!({ "text": "STOP" });
    shop.post("/sandbox/v1/phones/%2B12025550100/messages", &write).await;
    house.work().await;
    house.app.teller().run_once().await.unwrap();
    let told = told.lock().unwrap().clone();
    let of = |kind: &str| {
        let data: Vec<&Value> =
            told.iter().filter(|body| body["type"] == kind).map(|body| &body["data"]).collect();
        data
    };
    assert_eq!(of("customer.merged"), [&json!({ "customer": one, "merged": two, "act": merged["act"] })]);
    let expected = json!({ "customer": two, "undone": merged["act"], "act": undone["act"] });
    assert_eq!(of("customer.undone"), [&expected]);
    let expected =
        json!({ "customer": two, "from": "+358••••••562", "to": "+358••••••569", "act": changed["act"] });
    assert_eq!(of("customer.number_changed"), [&expected]);
    assert_eq!(of("customer.erased"), [&json!({ "customer": one })]);
    let approved = of("verification.approved");
    assert_eq!(approved.len(), 1);
    assert_eq!(
        (&approved[0]["number"], &approved[0]["purpose"]),
        (&json!("+358••••••571"), &json!("sign_in"))
    );
    assert_eq!(of("verification.canceled").len(), 1);
    let of_message = |kind: &str| {
        let all = of(kind).into_iter().filter(|data| data["purpose"] == "order.update");
        all.map(|data| data["message"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of_message("message.delivered"), [sent[0].clone()]);
    assert_eq!(of_message("message.undelivered"), [sent[1].clone()]);
    assert_eq!(of_message("message.failed"), [sent[2].clone()]);
    let received = of("message.received");
    assert_eq!(received.len(), 1);
    let number = received[0]["number"].as_str().unwrap();
    assert!(number.starts_with("+1") && number.ends_with("100") && number.contains('•'), "{number}");
    // Nothing personal is in any of them.
    let all = serde_json::to_string(&told).unwrap();
    for secret in ["401234", "2025550", "Aino", "Virtanen", "STOP", "4711"] {
        assert!(!all.contains(secret), "{secret} is in {all}");
    }
}

async fn a_sign_in_is_told_when_nothing_more_is_asked_for(house: House) {
    let (url, told) = receiver().await;
    let shop = house.owner().await;
    let wanted = json!({ "url": url, "events": ["account.signed_in"] });
    shop.post("/v1/webhooks", &wanted).await.expect(201);
    let cx = house.cx(shop.key.shop);
    let id = shop.register(&json!({ "number": "+358401234567", "name": "Aino" })).await;
    let sign_in = async || {
        let proof = Proof {
            number: numbering::PhoneNumber::from_e164("+358401234567").unwrap(),
            customer: id.parse().unwrap(),
            method: Method::Sms,
        };
        let browser = Browser {
            device: None,
            family: "Firefox on Linux".to_owned(),
            language: "en".to_owned(),
            shop_name: "Main".to_owned(),
        };
        house.app.accounts.sign_in(&cx, proof, browser, None).await.unwrap()
    };
    let bodies = async || {
        house.app.teller().run_once().await.unwrap();
        let all = told.lock().unwrap().clone();
        all.into_iter().map(|body| body["data"].clone()).collect::<Vec<_>>()
    };
    let first = sign_in().await;
    let data = |session: &identity::accounts::ShopperSession, methods: &[&str]| json!({ "account": session.account, "session": session.id, "methods": methods });
    let expected = data(&first.session, &["sms"]);
    assert_eq!(bodies().await, std::slice::from_ref(&expected));
    // Whoever has a password is signed in when it was shown, too.
    let password = base::Secret::new("correct horse battery staple".to_owned());
    house.app.factors.set_password(&cx, &first.session, &password, "Main").await.unwrap();
    let waiting = sign_in().await;
    assert!(waiting.session.waiting);
    assert_eq!(bodies().await, std::slice::from_ref(&expected));
    let (token, session) = (waiting.token.reveal(), &waiting.session);
    let whole = house.app.factors.prove_by_password(&cx, session, token, &password).await.unwrap();
    assert_eq!(bodies().await, [expected, data(&whole.session, &["sms", "password"])]);
}

async fn what_failed_is_seen_and_told_again(house: House) {
    let owner = house.owner().await;
    // Nobody listens there by now.
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", taken.local_addr().unwrap());
    drop(taken);
    let id = endpoint(&owner, &url).await;
    let sent = owner.post(&format!("/v1/webhooks/{id}/ping"), &json!({})).await.expect(202);
    assert_eq!((&sent["state"], &sent["body"]["type"]), (&json!("waiting"), &json!("webhook.ping")));
    house.app.teller().run_once().await.unwrap();
    let delivery = format!("/v1/webhooks/deliveries/{}", sent["id"].as_str().unwrap());
    let failed = owner.get(&delivery).await.expect(200);
    assert_eq!(
        (&failed["state"], &failed["attempts"], &failed["status"]),
        (&json!("waiting"), &json!(1), &Value::Null)
    );
    let calls = failed["calls"].as_array().unwrap();
    assert!(
        calls.len() == 1 && calls[0]["failure"].as_str().unwrap().starts_with("not_connected"),
        "{failed}"
    );
    let list = format!("/v1/webhooks/{id}/deliveries");
    assert_eq!(ids(&owner.get(&list).await.expect(200)), [sent["id"].as_str().unwrap()]);
    assert!(ids(&owner.get(&format!("{list}?state=failed")).await.expect(200)).is_empty());
    owner.get(&format!("{list}?state=lost")).await.problem(422, "delivery_state_unknown");
    // It moved, and is told again at once.
    let (url, told) = receiver().await;
    owner.post(&format!("/v1/webhooks/{id}"), &json!({ "url": url })).await.expect(200);
    owner.post(&format!("{delivery}/redeliver"), &json!({})).await.expect(202);
    house.app.teller().run_once().await.unwrap();
    assert_eq!(told.lock().unwrap().len(), 1);
    assert_eq!(owner.get(&delivery).await.expect(200)["state"], "delivered");
    let since = json!({ "since": "2024-01-01T00:00:00Z" });
    let again = owner.post(&format!("/v1/webhooks/{id}/redeliver"), &since).await.expect(202);
    assert_eq!(again["redelivered"], 0);
}

async fn what_makes_no_sense_is_refused(house: House) {
    let owner = house.owner().await;
    for (wanted, code) in [
        (json!({ "url": "http://shop.example/" }), "webhook_url_malformed"),
        (json!({ "url": "https://10.0.0.1/" }), "webhook_url_private"),
        (json!({ "url": "https://169.254.169.254/" }), "webhook_url_private"),
        (json!({ "url": "https://shop.example/", "events": ["order.paid"] }), "event_kind_unknown"),
        (json!({ "url": "https://shop.example/", "events": [] }), "event_kinds_malformed"),
        (json!({ "url": "https://shop.example/", "events": ["webhook.ping"] }), "event_kinds_malformed"),
        (json!({ "url": "https://shop.example/", "description": "a\nb" }), "description_malformed"),
        (json!({ "description": "no address" }), "field_missing"),
    ] {
        owner.post("/v1/webhooks", &wanted).await.problem(422, code);
    }
    let nobody = "/v1/webhooks/0190a7c2-5b1e-7c3a-9d52-1f0e6b8a4c11";
    for act in ["secret", "disable", "enable", "remove", "ping"] {
        let path = format!("{nobody}/{act}");
        owner.post(&path, &json!({})).await.problem(404, "webhook_endpoint_unknown");
    }
    owner.get(&format!("{nobody}/deliveries")).await.problem(404, "webhook_endpoint_unknown");
    let path = "/v1/webhooks/deliveries/0190a7c2-5b1e-7c3a-9d52-1f0e6b8a4c11";
    owner.get(path).await.problem(404, "delivery_unknown");
}

async fn keys_do_what_their_scopes_say(house: House) {
    let owner = house.owner().await;
    let id = endpoint(&owner, "https://shop.example/").await;
    let reader = house.program("main", &[Scope::WebhooksRead]).await;
    reader.get(&format!("/v1/webhooks/{id}")).await.expect(200);
    reader.post(&format!("/v1/webhooks/{id}/disable"), &json!({})).await.problem(403, "not_allowed");
    let manager = house.program("main", &[Scope::WebhooksManage]).await;
    manager.get("/v1/webhooks").await.problem(403, "not_allowed");
    manager.post(&format!("/v1/webhooks/{id}/disable"), &json!({})).await.expect(200);
    // Of another shop nothing is seen.
    let other = house.program("other", &[Scope::WebhooksRead, Scope::WebhooksManage]).await;
    other.get(&format!("/v1/webhooks/{id}")).await.problem(404, "webhook_endpoint_unknown");
    other
        .post(&format!("/v1/webhooks/{id}/remove"), &json!({}))
        .await
        .problem(404, "webhook_endpoint_unknown");
}
