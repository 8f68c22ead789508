//! Two shops in one installation: neither ever sees the other.

use serde_json::{Value, json};

use crate::{
    document::{Operation, operations},
    house::House,
};

testkit::stories! { crate::house::House::open => no_shop_sees_another }

async fn no_shop_sees_another(house: House) {
    let one = house.owner().await;
    let other = house.program("other", identity::Scope::ALL).await;
    let file = "order_id,ordered_at,number,name,email\n\
                A1,2024-01-01,+358401234567,Aino Virtanen,aino@example.fi\n\
                A2,not a date,+358401234567,Aino Virtanen,aino@example.fi\n";
    let import = one.import("source=online", file).await;
    let id = one.get("/v1/customers").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let second = one.register(&json!({"number": "+358407654321", "name": "Elina Korhonen"})).await;
    let merge = json!({"other": second, "reason": "secret of the first"});
    let act = one.post(&format!("/v1/customers/{id}/merge"), &merge).await.expect(200);
    let act = act["act"].as_str().unwrap().to_owned();
    let import = import["id"].as_str().unwrap();

    let mut tried = 0;
    for operation in operations().iter().filter(|operation| operation.path.starts_with("/v1/")) {
        let path = operation.path_with(|name| match name {
            "source" => "online".to_owned(),
            "order_id" => "A1".to_owned(),
            _ if operation.path.starts_with("/v1/imports") => import.to_owned(),
            _ if operation.path.starts_with("/v1/acts") => act.clone(),
            "right" => second.clone(),
            _ => id.clone(),
        });
        let takes_ids = path != operation.path;
        let reply = if operation.method == "post" {
            other.post(&path, &fitting(operation, &second)).await
        } else if path.ends_with("/lookup") {
            other.get(&format!("{path}?number=%2B358401234567")).await
        } else {
            other.get(&path).await
        };
        for secret in [id.as_str(), &second, &act, import, "Aino", "aino", "secret of the first", "A1"] {
            let asked = reply.text.contains(secret) && path.contains(secret) && reply.status == 404;
            assert!(
                asked || !reply.text.contains(secret),
                "{} {path} tells {secret}: {}",
                operation.method,
                reply.text
            );
        }
        if takes_ids {
            assert_eq!(reply.status, 404, "{} {path}: {}", operation.method, reply.text);
        }
        tried += 1;
    }
    assert!(tried >= 28, "only {tried} operations were tried");
    for query in ["number=%2B358401234567", "email=aino%40example.fi", "name=Aino"] {
        assert_eq!(
            other.get(&format!("/v1/customers?{query}")).await.expect(200)["items"],
            json!([]),
            "{query}"
        );
    }
    // The same person is somebody else there, and the first shop has lost nothing.
    let registered = other
        .register(&json!({"number": "+358401234567", "name": "Aino Virtanen", "email": "aino@example.fi"}))
        .await;
    assert_ne!(registered, id);
    assert_eq!(one.get(&format!("/v1/customers/{id}")).await.expect(200)["records"], 2);
}

/// A body that an operation takes: one that does not fit would be refused before anything is looked for.
fn fitting(operation: &Operation, other: &str) -> Value {
    match operation.path.rsplit('/').next().unwrap() {
        "merge" => json!({"other": other, "reason": "prying"}),
        "split" => json!({"personas": [{"persona": other}], "reason": "prying"}),
        "change-number" => json!({"from": "+358401234567", "to": "+358401234569", "reason": "prying"}),
        "{id}" if operation.path.starts_with("/v1/webhooks") => json!({"description": "prying"}),
        "redeliver" => json!({"since": "2024-01-01T00:00:00Z"}),
        "check" => json!({"purpose": "sign_in", "code": "123456"}),
        "resend" => json!({"channel": "voice"}),
        "{right}" => json!({"decision": "merge", "reason": "prying"}),
        _ => json!({"reason": "prying"}),
    }
}
