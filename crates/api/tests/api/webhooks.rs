//! What providers tell: believed when it is signed, kept, and matched with the message.

use axum::{body::Body, http::Request};
use base::PageRequest;
use messaging::rest::signatures;
use serde_json::json;

use crate::house::{GATEWAY_SECRET, House};

testkit::stories! { crate::house::House::open => a_signed_webhook_is_kept_and_any_other_refused }

async fn a_signed_webhook_is_kept_and_any_other_refused(house: House) {
    let body =
        json!({ "inbound": [{ "from": "+358401234567", "text": "STOP", "reference": "i-1" }] }).to_string();
    // The house's clock stands at 2024-03-01T12:00:00Z and moves a second with each request.
    let timestamp = "1709294401";
    let signature = signatures::standard(GATEWAY_SECRET, "m1", timestamp, body.as_bytes());
    let tell = async |provider: &str, signature: &str| {
        let request = Request::post(format!("/webhooks/{provider}"))
            .header("webhook-id", "m1")
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(Body::from(body.clone()))
            .unwrap();
        house.send(request).await
    };
    tell("gateway", "v1,AAAA").await.problem(401, "webhook_forged");
    tell("stranger", &signature).await.problem(404, "webhook_unknown");
    let heard = async || {
        let cx = house.cx(house.shop("main").await);
        house.app.messages.list_inbound(&cx, None, &PageRequest::default()).await.unwrap().items
    };
    assert!(heard().await.is_empty());
    // The same twice is one.
    for _ in 0..2 {
        assert_eq!(tell("gateway", &signature).await.status, 200);
    }
    let heard = heard().await;
    assert_eq!((heard.len(), heard[0].text.as_ref().unwrap().reveal()), (1, "STOP"));
}
