//! Registering, finding and looking at customers.

use serde_json::{Value, json};

use crate::house::{House, ids};

testkit::stories! { crate::house::House::open =>
    two_spellings_are_one_customer
    a_customer_is_found_by_any_spelling
    details_are_masked_until_revealed_with_a_reason
    a_list_is_read_page_by_page
    orders_and_timeline_are_read_page_by_page
    what_cannot_be_a_customer_is_refused_by_field
    an_erased_customer_is_known_to_nobody
}

async fn two_spellings_are_one_customer(house: House) {
    let program = house.owner().await;
    let first =
        program.post("/v1/customers", &json!({"number": "+358 40 123 4567", "name": "Aino Virtanen"})).await;
    let created = first.expect(201);
    assert_eq!(created["created"], true);
    let location = first.headers["location"].to_str().unwrap();
    assert_eq!(location, format!("/v1/customers/{}", created["id"].as_str().unwrap()));
    for spelling in [
        json!({"number": "040-1234567", "region": "FI", "name": "Aino Virtanen"}),
        json!({"number": "00358 40 1234567", "region": "FI", "name": "aino virtanen", "email": "aino@example.fi"}),
        json!({"number": "tel:+358-40-123-4567"}),
    ] {
        let again = program.post("/v1/customers", &spelling).await.expect(200);
        assert_eq!(again, json!({"id": created["id"], "created": false}));
    }
    assert_eq!(program.get("/v1/counts").await.expect(200)["customers"], 1);
    assert_eq!(program.get(location).await.expect(200)["id"], created["id"]);
}

async fn a_customer_is_found_by_any_spelling(house: House) {
    let program = house.owner().await;
    let body = json!({"number": "+8801712345678", "name": "Rahim Uddin", "email": "Rahim@Example.com", "loyalty_id": "LC-0042"});
    let id = program.register(&body).await;
    program.register(&json!({"number": "+8801812345678", "name": "Karim Hossain"})).await;
    for query in [
        "number=01712-345678&region=BD",
        "number=%2B880%201712%20345678",
        "number=008801712345678&region=FI",
        "email=rahim%40example.com",
        "name=uddin%20rahim",
        "loyalty_id=lc0042",
    ] {
        let found = program.get(&format!("/v1/customers?{query}")).await.expect(200);
        assert_eq!(ids(&found), [id.as_str()], "{query}");
    }
    assert_eq!(ids(&program.get("/v1/customers?name=nobody").await.expect(200)), Vec::<String>::new());
    program.get("/v1/customers?name=rahim&email=rahim%40example.com").await.problem(422, "search_ambiguous");
    let problem =
        program.get("/v1/customers?number=12&region=FI&colour=red").await.problem(422, "field_unknown");
    assert_eq!(problem["field"], "colour");
}

async fn details_are_masked_until_revealed_with_a_reason(house: House) {
    let program = house.owner().await;
    let body = json!({"number": "+358401234567", "name": "Aino Virtanen", "email": "aino@example.fi", "address": "Mannerheimintie 1"});
    let id = program.register(&body).await;
    for path in ["", "/tenures", "/orders", "/timeline", "/why", "/acts", "/audit"] {
        let reply = program.get(&format!("/v1/customers/{id}{path}")).await;
        reply.expect(200);
        for clear in ["401234567", "aino@example.fi", "Mannerheimintie"] {
            assert!(!reply.text.contains(clear), "{path} shows {clear}");
        }
    }
    let shown = program.get(&format!("/v1/customers/{id}")).await.expect(200);
    assert_eq!(
        (shown["number"].as_str(), shown["email"].as_str()),
        (Some("+358••••••567"), Some("a•••@e•••.fi"))
    );
    assert_eq!(shown["known"], json!(["address"]));

    let path = format!("/v1/customers/{id}/reveal");
    program.post(&path, &json!({"reason": "  "})).await.problem(422, "reason_missing");
    let clear = program.post(&path, &json!({"reason": "She asks for a call."})).await.expect(200);
    assert_eq!(clear["details"]["number"], "+358401234567");
    assert_eq!(clear["details"]["address"], "Mannerheimintie 1");
    assert_eq!(clear["tenures"][0]["number"], "+358401234567");
    let trail = program.get(&format!("/v1/customers/{id}/audit")).await.expect(200);
    let newest = &trail["items"][0];
    assert_eq!(
        (newest["action"].as_str(), newest["reason"].as_str()),
        (Some("customers.reveal"), Some("She asks for a call."))
    );
    assert!(newest["actor"].as_str().unwrap().contains(&program.key.id.to_string()));
    assert_eq!(program.get("/v1/audit/verify").await.expect(200)["entries"], newest["seq"]);
}

async fn a_list_is_read_page_by_page(house: House) {
    let program = house.owner().await;
    let mut registered = Vec::new();
    for n in 0..7 {
        registered.push(
            program
                .register(&json!({"number": format!("+35840123456{n}"), "name": format!("Person {n}")}))
                .await,
        );
    }
    registered.sort();
    assert_eq!(
        all(&program, "/v1/customers", 3).await.iter().map(|c| c["id"].clone()).collect::<Vec<_>>(),
        registered
    );
    let of_name = all(&program, "/v1/customers?name=person", 3).await;
    assert_eq!(of_name.iter().map(|c| c["id"].clone()).collect::<Vec<_>>(), registered);
    program.get("/v1/customers?name=person&after=x").await.problem(422, "cursor_malformed");
    assert_eq!(all(&program, "/v1/audit", 3).await.len(), 8, "seven registrations and a key");
    for (wish, entries) in [
        ("action=customers.", 7),
        ("action=customers.register", 7),
        ("action=keys.", 1),
        ("action=register", 0),
        ("actor=KEY:", 7),
        ("actor=key:&action=keys.", 0),
    ] {
        let found = program.get(&format!("/v1/audit?{wish}&limit=200")).await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), entries, "{wish}: {found}");
    }
    program.get("/v1/audit?act=x").await.problem(422, "field_unknown");
    for (query, code, field) in [
        ("limit=0", "limit_out_of_range", "limit"),
        ("limit=201", "limit_out_of_range", "limit"),
        ("limit=many", "field_malformed", "limit"),
        ("after=x", "cursor_malformed", "after"),
        ("afterwards=x", "field_unknown", "afterwards"),
    ] {
        let problem = program.get(&format!("/v1/customers?{query}")).await.problem(422, code);
        assert_eq!(problem["field"], field);
    }
}

/// All items of a list, read in pages of `limit`.
async fn all(program: &crate::house::Program<'_>, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let and = if path.contains('?') { '&' } else { '?' };
        let page = program.get(&format!("{path}{and}limit={limit}{after}")).await.expect(200);
        let found = page["items"].as_array().unwrap();
        assert!(!found.is_empty() && found.len() <= limit, "{page}");
        items.extend(found.iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return items,
        }
    }
}

async fn orders_and_timeline_are_read_page_by_page(house: House) {
    let program = house.owner().await;
    // Three of them at one moment, so that a page ends between equals.
    let file = "order_id,ordered_at,number,name,sku,quantity,unit_price,currency\n\
                A1,2024-01-01T10:00:00Z,+358401234567,Aino Virtanen,tea,2,3.50,EUR\n\
                A1,2024-01-01T10:00:00Z,+358401234567,Aino Virtanen,cup,1,8.00,EUR\n\
                A2,2024-01-02T10:00:00Z,+358401234567,Aino Virtanen,tea,1,3.50,EUR\n\
                A3,2024-01-02T10:00:00Z,+358401234567,Aino Virtanen,tea,1,3.50,EUR\n\
                A4,2024-01-02T10:00:00Z,+358401234567,Aino Virtanen,tea,1,3.50,EUR\n\
                A5,2024-01-03T10:00:00Z,+358401234567,Aino Virtanen,tea,1,3.50,EUR\n";
    program.import("source=online", file).await;
    let found = program.get("/v1/customers").await.expect(200);
    let id = found["items"][0]["id"].as_str().unwrap();
    let customer = program.get(&format!("/v1/customers/{id}")).await.expect(200);
    assert_eq!(customer["totals"]["orders"], 5);
    assert_eq!(customer["totals"]["spent"], json!([{"minor": 2900, "currency": "EUR"}]));
    let expected = ["A5", "A2", "A3", "A4", "A1"];
    for limit in 1..=6 {
        let orders = all(&program, &format!("/v1/customers/{id}/orders"), limit).await;
        assert_eq!(
            orders.iter().map(|order| order["order_id"].as_str().unwrap()).collect::<Vec<_>>(),
            expected,
            "{limit}"
        );
        let events = all(&program, &format!("/v1/customers/{id}/timeline"), limit).await;
        let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["order", "order", "order", "order", "tenure_opened", "order"], "{limit}");
        let told: Vec<&str> = events.iter().filter_map(|event| event["order"]["order_id"].as_str()).collect();
        assert_eq!(told, expected, "{limit}");
    }
    let listed = all(&program, "/v1/orders", 2).await;
    assert_eq!(listed.len(), 5);
    assert!(listed.iter().all(|order| order["customer"] == id));
    let order = program.get("/v1/orders/online/A1").await.expect(200);
    assert_eq!(order["customer"], id);
    assert_eq!(order["amount"], json!({"minor": 1500, "currency": "EUR"}));
    assert_eq!(order["lines"][1]["sku"], "cup");
    assert_eq!(order["lines"][0]["quantity_milli"], 2000);
    program.get("/v1/orders/online/A9").await.problem(404, "order_unknown");
    program.get("/v1/orders/fax/A1").await.problem(422, "source_unknown");
    let days = program.get("/v1/days?from=2024-01-02").await.expect(200);
    assert_eq!(days["items"].as_array().unwrap().len(), 2);
    assert_eq!(
        (days["items"][0]["day"].as_str(), days["items"][0]["orders"].as_u64()),
        (Some("2024-01-02"), Some(3))
    );
    program.get("/v1/days?from=2.1.2024").await.problem(422, "date_malformed");
}

async fn what_cannot_be_a_customer_is_refused_by_field(house: House) {
    let program = house.owner().await;
    for (body, code, field) in [
        (json!({}), "identity_missing", Some("number")),
        (json!({"name": "Aino"}), "identity_missing", Some("number")),
        (json!({"number": "040 123 4567"}), "number_malformed", Some("number")),
        (json!({"number": "+358401"}), "number_impossible", Some("number")),
        (json!({"number": ".;phone-context="}), "number_malformed", Some("number")),
        (json!({"number": "040 123 4567", "region": "XX"}), "region_unknown", Some("region")),
        (json!({"number": 401_234_567}), "field_malformed", Some("number")),
        (json!({"email": "aino at example"}), "email_malformed", Some("email")),
        (json!({"email": "aino@example.fi", "name": "x".repeat(600)}), "field_too_long", Some("name")),
        (json!({"numbers": ["+358401234567"]}), "field_unknown", Some("numbers")),
        (json!(["+358401234567", null, "Aino", null, null, null, null, null, null]), "field_malformed", None),
        (json!([]), "field_malformed", None),
    ] {
        let reply = program.post("/v1/customers", &body).await;
        let problem = reply.problem(422, code);
        assert_eq!(problem["field"].as_str(), field, "{problem}");
        assert!(!reply.text.contains("401234567") && !reply.text.contains("aino at"), "{problem}");
    }
    assert_eq!(program.get("/v1/counts").await.expect(200)["customers"], 0);
}

async fn an_erased_customer_is_known_to_nobody(house: House) {
    let program = house.owner().await;
    let id = program
        .register(&json!({"number": "+358401234567", "name": "Aino Virtanen", "email": "aino@example.fi"}))
        .await;
    let path = format!("/v1/customers/{id}");
    let reply = program.post(&format!("{path}/erase"), &json!({"reason": "She asked for it."})).await;
    reply.expect(204);
    for rest in ["", "/tenures", "/orders", "/timeline", "/why", "/acts"] {
        program.get(&format!("{path}{rest}")).await.problem(404, "customer_unknown");
    }
    program
        .post(&format!("{path}/reveal"), &json!({"reason": "curiosity"}))
        .await
        .problem(404, "customer_unknown");
    for query in ["number=%2B358401234567", "email=aino%40example.fi", "name=aino"] {
        assert_eq!(
            ids(&program.get(&format!("/v1/customers?{query}")).await.expect(200)),
            Vec::<String>::new(),
            "{query}"
        );
    }
    let trail = program.get(&format!("{path}/audit")).await.expect(200);
    assert_eq!(trail["items"][0]["action"], "customers.erase");
    let problem = program
        .get(&format!("/v1/customers/{}/audit", uuid::Uuid::nil()))
        .await
        .problem(404, "customer_unknown");
    assert_eq!(problem["field"], "customer");
}
