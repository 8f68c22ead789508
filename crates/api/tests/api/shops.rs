//! Two shops in one installation: neither ever sees the other.

use serde_json::json;

use crate::{
    document::operations,
    house::{House, stories},
};

stories! { no_shop_sees_another }

async fn no_shop_sees_another(house: House) {
    let one = house.owner().await;
    let other = house.program("other", identity::Scope::ALL).await;
    let file = "order_id,ordered_at,number,name,email\n\
                A1,2024-01-01,+358401234567,Aino Virtanen,aino@example.fi\n\
                A2,not a date,+358401234567,Aino Virtanen,aino@example.fi\n";
    let import = one.import("source=online", file).await;
    let id = one.get("/v1/customers").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let second = one.register(&json!({"number": "+358407654321", "name": "Elina Korhonen"})).await;
    let act = one
        .post(
            &format!("/v1/customers/{id}/merge"),
            &json!({"other": second, "reason": "secret of the first"}),
        )
        .await
        .expect(200);
    let act = act["act"].as_str().unwrap().to_owned();
    let import = import["id"].as_str().unwrap();
    let body =
        json!({"reason": "prying", "other": second, "personas": [{"persona": second}], "decision": "merge"});

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
        let reply = match (operation.method.as_str(), operation.path.rsplit('/').next().unwrap()) {
            ("get", "lookup") => other.get(&format!("{path}?number=%2B358401234567")).await,
            ("get", _) => other.get(&path).await,
            (_, "change-number") => {
                let change = json!({"from": "+358401234567", "to": "+358401234569", "reason": "prying"});
                other.post(&path, &change).await
            }
            // A body that fits, field by field: what is left over would be refused before anything is looked for.
            (_, last) => {
                let wanted: &[&str] = match last {
                    "merge" => &["other", "reason"],
                    "split" => &["personas", "reason"],
                    _ if operation.path.starts_with("/v1/reviews") => &["decision", "reason"],
                    _ => &["reason"],
                };
                let fitting: serde_json::Map<_, _> =
                    wanted.iter().map(|name| ((*name).to_owned(), body[*name].clone())).collect();
                other.post(&path, &fitting.into()).await
            }
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
