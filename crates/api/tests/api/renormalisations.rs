//! Bringing numbers up to date over HTTP: asked for once, done by the worker, and told.

use customers::Details;
use serde_json::json;
use testkit::older::{self, OldRecord};
use uuid::Uuid;

use crate::house::House;

testkit::stories! { crate::house::House::open => old_numbers_are_brought_up_to_date_by_the_worker whoever_may_not_write_may_not_ask }

async fn old_numbers_are_brought_up_to_date_by_the_worker(house: House) {
    let owner = house.owner().await;
    let record = OldRecord {
        number: "+22997123456".to_owned(),
        details: Details { name: Some("Koffi Adjovi".to_owned()), ..Details::default() },
        orders: vec![("B-1".to_owned(), "2023-06-01T10:00:00Z".parse().unwrap())],
    };
    let cx = house.cx(house.shop("main").await);
    older::write(&house.app, &cx, vec![record]).await.unwrap();

    let asked = owner.post("/v1/numbers/renormalise", &json!({})).await;
    assert_eq!(asked.expect(202)["state"], "queued");
    let location = asked.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(owner.get(&location).await.expect(200)["state"], "queued");
    let again = owner.post("/v1/numbers/renormalise", &json!({})).await.expect(202);
    assert_eq!(again["id"], asked.json()["id"], "one is under way");

    house.work().await;
    let done = owner.get(&location).await.expect(200);
    assert_eq!((&done["state"], &done["fault"]), (&json!("done"), &json!(null)), "{done}");
    assert_eq!((&done["records_total"], &done["records"]), (&json!(1), &json!(1)), "{done}");
    assert_eq!((&done["records_changed"], &done["numbers_changed"]), (&json!(1), &json!(1)), "{done}");
    assert_eq!(done["by_cause"], json!({ "bj-2024-ten-digits": 1 }), "{done}");
    assert!(done["finished_at"].is_string(), "{done}");
    // The next one who gives the number as it is written today is known.
    let body = json!({ "number": "+229 01 97 12 34 56", "name": "Koffi Adjovi" });
    let known = owner.post("/v1/customers", &body).await.expect(200);
    assert_eq!(known["created"], false, "{known}");

    let next = owner.post("/v1/numbers/renormalise", &json!({})).await.expect(202);
    assert_ne!(next["id"], done["id"]);
    house.work().await;
    let next = owner.get(&format!("/v1/numbers/renormalisations/{}", next["id"].as_str().unwrap())).await;
    assert_eq!(next.expect(200)["records_changed"], 0);
    owner
        .get(&format!("/v1/numbers/renormalisations/{}", Uuid::nil()))
        .await
        .problem(404, "renormalisation_unknown");
    let trail = owner.get("/v1/audit").await.text;
    assert!(trail.contains("numbers.renormalise") && trail.contains("key:"), "{trail}");
}

async fn whoever_may_not_write_may_not_ask(house: House) {
    let reader = house.program("main", &[identity::Scope::CustomersRead, identity::Scope::NumbersRead]).await;
    reader.post("/v1/numbers/renormalise", &json!({})).await.problem(403, "not_allowed");
}
