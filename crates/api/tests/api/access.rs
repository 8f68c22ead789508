//! Who may come in, and how far.

use axum::{body::Body, http::Request};
use identity::Scope;
use serde_json::json;

use crate::{document::operations, house::House};

testkit::stories! { crate::house::House::open => nobody_comes_in_without_a_key every_operation_needs_its_scope a_number_says_who_holds_it_only_to_those_who_may_know }

async fn nobody_comes_in_without_a_key(house: House) {
    let program = house.owner().await;
    let wrong = format!("{}x", program.secret);
    for header in [
        None,
        Some("Basic dGlsbDp4".to_owned()),
        Some(format!("Bearer {wrong}")),
        Some("Bearer".to_owned()),
        Some(program.secret.clone()),
    ] {
        let request = header
            .iter()
            .fold(Request::get("/v1/customers"), |request, header| request.header("authorization", header));
        let reply = house.send(request.body(Body::empty()).unwrap()).await;
        let code =
            if header.is_some_and(|header| header.contains(&wrong)) { "key_unknown" } else { "key_missing" };
        reply.problem(401, code);
        assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    }
    program.get("/v1/customers").await.expect(200);
    house.app.keys.revoke(&house.cx(program.key.shop), program.key.id).await.unwrap();
    program.get("/v1/customers").await.problem(401, "key_unknown");
}

async fn every_operation_needs_its_scope(house: House) {
    let nothing = house.program("main", &[Scope::AccessManage]).await;
    let id = "018df0f4-9d3c-7a63-8f1a-5b5d8e3c7a10";
    for operation in operations().iter().filter(|operation| operation.path.starts_with("/v1/")) {
        let path =
            operation.path_with(|name| if name == "source" { "online".to_owned() } else { id.to_owned() });
        let path = if path.ends_with("/lookup") { format!("{path}?number=%2B358401234567") } else { path };
        let reply = if operation.method == "get" {
            nothing.get(&path).await
        } else {
            nothing.send(&operation.method.to_uppercase(), &path, &json!({})).await
        };
        let problem = reply.problem(403, "not_allowed");
        assert_eq!(problem["scope"], operation.scope.as_str(), "{} {path}", operation.method);
    }
}

async fn a_number_says_who_holds_it_only_to_those_who_may_know(house: House) {
    let owner = house.owner().await;
    let id = owner.register(&json!({"number": "+358 40 123 4567", "name": "Aino Virtanen"})).await;
    let path = "/v1/numbers/lookup?number=040%20123%204567&region=fi";
    let found = owner.get(path).await.expect(200);
    assert_eq!(found["e164"], "+358401234567");
    assert_eq!(found["national"], "040 1234567");
    assert_eq!((found["type"].as_str(), found["region"].as_str()), (Some("MOBILE"), Some("FI")));
    assert_eq!((found["valid"].as_bool(), found["possibility"].as_str()), (Some(true), Some("IS_POSSIBLE")));
    assert_eq!(found["time_zones"], json!(["Europe/Helsinki", "Europe/Mariehamn"]));
    assert_eq!(found["shop"]["kind"], "single");
    assert_eq!(found["shop"]["holders"][0]["customer"]["id"], id);
    let strange = owner.get("/v1/numbers/lookup?number=050%20123%204567&region=FI").await.expect(200);
    assert_eq!(strange["shop"], json!({"kind": null, "holders": []}));
    let plain = house.program("main", &[Scope::NumbersRead]).await.get(path).await.expect(200);
    assert_eq!(plain["e164"], "+358401234567");
    assert!(plain.get("shop").is_none());
    for (asked, place, carrier, zones) in [
        ("%2B41446681800", json!("Zurich"), json!(null), json!(["Europe/Zurich"])),
        ("%2B8801712345678", json!("Bangladesh"), json!("Grameenphone"), json!(["Asia/Dhaka"])),
        ("%2B11235550173", json!(null), json!(null), json!(["Etc/Unknown"])),
    ] {
        let found = owner.get(&format!("/v1/numbers/lookup?number={asked}")).await.expect(200);
        let known = (&found["place"], &found["carrier"], &found["time_zones"]);
        assert_eq!(known, (&place, &carrier, &zones), "{asked}");
    }
}
