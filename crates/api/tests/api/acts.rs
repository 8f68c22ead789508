//! Merge, split, change of number, review, and taking it back.

use serde_json::{Value, json};

use crate::house::{House, Program, ids};

testkit::stories! { crate::house::House::open =>
    a_merge_is_undone_only_after_what_stands_on_it
    records_are_split_off_and_brought_back
    a_split_by_time_takes_an_order_along
    a_change_of_number_keeps_the_customer
    an_undone_change_of_number_leaves_nothing
    a_doubt_is_decided_once
}

async fn three_people(program: &Program<'_>) -> [String; 3] {
    let one = program.register(&json!({"number": "+358401234561", "name": "Aino Virtanen"})).await;
    let two = program.register(&json!({"number": "+358401234562", "name": "Elina Korhonen"})).await;
    let three = program.register(&json!({"number": "+358401234563", "name": "Sofia Nieminen"})).await;
    [one, two, three]
}

fn because(reason: &str) -> Value {
    json!({ "reason": reason })
}

async fn a_merge_is_undone_only_after_what_stands_on_it(house: House) {
    let program = house.owner().await;
    let [one, two, three] = three_people(&program).await;
    let before: Vec<Value> = [
        program.get(&format!("/v1/customers/{one}")).await.json(),
        program.get(&format!("/v1/customers/{two}")).await.json(),
    ]
    .into();
    let body = json!({"other": one, "reason": "She told us at the till."});
    let first = program.post(&format!("/v1/customers/{two}/merge"), &body).await.expect(200);
    assert_eq!(first["customer"], one, "the first known remains");
    let now = program.get(&format!("/v1/customers/{two}")).await.expect(200);
    assert_eq!((now["id"].as_str(), now["records"].as_u64()), (Some(one.as_str()), Some(2)));
    program.post(&format!("/v1/customers/{one}/merge"), &body).await.problem(409, "already_one_customer");

    let body = json!({"other": three, "reason": "And this is she as well."});
    let second = program.post(&format!("/v1/customers/{two}/merge"), &body).await.expect(200);
    let undo_first = format!("/v1/acts/{}/undo", first["act"].as_str().unwrap());
    let problem = program.post(&undo_first, &because("mistake")).await.problem(409, "act_has_dependents");
    assert_eq!(problem["blocking_act"], second["act"]);
    assert!(problem["detail"].as_str().unwrap().contains(second["act"].as_str().unwrap()));

    program
        .post(&format!("/v1/acts/{}/undo", second["act"].as_str().unwrap()), &because("mistake"))
        .await
        .expect(200);
    let undone = program.post(&undo_first, &because("mistake")).await.expect(200);
    let problem = program.post(&undo_first, &because("again")).await.problem(409, "already_undone");
    assert_eq!(problem["undone_by"], undone["act"]);
    let after: Vec<Value> = [
        program.get(&format!("/v1/customers/{one}")).await.json(),
        program.get(&format!("/v1/customers/{two}")).await.json(),
    ]
    .into();
    assert_eq!(after, before);

    let acts = program.get("/v1/acts").await.expect(200);
    let kinds: Vec<&str> =
        acts["items"].as_array().unwrap().iter().map(|act| act["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["undo", "undo", "merge", "merge"]);
    assert_eq!(ids(&acts)[0], undone["act"]);
    let trail = program.get(&format!("/v1/customers/{two}/audit")).await.expect(200);
    let actions: Vec<&str> =
        trail["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"customers.merge") && actions.contains(&"customers.undo"), "{actions:?}");
    program
        .post(&format!("/v1/acts/{}/undo", uuid::Uuid::nil()), &because("x"))
        .await
        .problem(404, "act_unknown");
}

async fn records_are_split_off_and_brought_back(house: House) {
    let program = house.owner().await;
    let id = program
        .register(&json!({"number": "+358401234567", "name": "Aino Virtanen", "email": "aino@example.fi"}))
        .await;
    let again = program
        .register(&json!({"number": "+358401234567", "name": "Aino Virtanen", "loyalty_id": "77"}))
        .await;
    assert_eq!(again, id);
    let why = program.get(&format!("/v1/customers/{id}/why")).await.expect(200);
    let records = why["items"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    let linked = records.iter().find(|record| record["rule"] != "founder").unwrap();
    let evidence = linked["evidence"].as_array().unwrap();
    assert!(
        evidence.iter().any(
            |e| e["kind"] == "name-same" && e["words"].as_str().unwrap().contains("the name is the same")
        ),
        "{evidence:?}"
    );

    let path = format!("/v1/customers/{id}/split");
    program.post(&path, &json!({"personas": [], "reason": "x"})).await.problem(422, "split_of_nothing");
    let stranger = json!({"personas": [{"persona": uuid::Uuid::nil()}], "reason": "x"});
    program.post(&path, &stranger).await.problem(422, "not_of_this_customer");
    let body = json!({"personas": [{"persona": linked["persona"]}], "reason": "Her sister's card."});
    let split = program.post(&path, &body).await.expect(200);
    let new = split["customer"].as_str().unwrap();
    assert_ne!(new, id);
    assert_eq!(program.get(&format!("/v1/customers/{new}")).await.expect(200)["id"], new);
    assert_eq!(program.get("/v1/counts").await.expect(200)["numbers_shared"], 1);
    program
        .post(&format!("/v1/acts/{}/undo", split["act"].as_str().unwrap()), &because("It is hers after all."))
        .await
        .expect(200);
    assert_eq!(program.get(&format!("/v1/customers/{new}")).await.expect(200)["id"], id);
}

async fn a_split_by_time_takes_an_order_along(house: House) {
    let program = house.owner().await;
    let file = "order_id,ordered_at,number,name\nA1,2023-01-01,+358401234567,Aino Virtanen\nA2,2024-01-01,+358401234567,Aino Virtanen\n";
    program.import("source=online", file).await;
    let id = ids(&program.get("/v1/customers?number=%2B358401234567").await.expect(200)).remove(0);
    let why = program.get(&format!("/v1/customers/{id}/why")).await.expect(200);
    let split = |from: &str| json!({"personas": [{"persona": why["items"][0]["persona"], "from": from}], "reason": "Handed on."});
    let path = format!("/v1/customers/{id}/split");
    program.post(&path, &split("2030-01-01T00:00:00Z")).await.problem(422, "split_of_nothing");
    assert_eq!(program.get("/v1/counts").await.expect(200)["customers"], 1, "nothing was done");
    program.post(&path, &split("2023-06-01T00:00:00Z")).await.expect(200);
    assert_eq!(program.get("/v1/counts").await.expect(200)["customers"], 2);
}

async fn a_change_of_number_keeps_the_customer(house: House) {
    let program = house.owner().await;
    let id = program.register(&json!({"number": "+358401234567", "name": "Aino Virtanen"})).await;
    let path = format!("/v1/customers/{id}/change-number");
    let change =
        |from: &str, to: &str| json!({"from": from, "to": to, "region": "FI", "reason": "New contract."});
    program.post(&path, &change("050 111 2222", "050 765 4321")).await.problem(409, "not_the_holder");
    program.post(&path, &change("040 123 4567", "+358401234567")).await.problem(422, "same_number");
    let problem = program.post(&path, &change("040 123 4567", "x")).await.problem(422, "number_malformed");
    assert_eq!((problem["field"].as_str(), problem["reason"].as_str()), (Some("to"), Some("NOT_A_NUMBER")));
    let changed = program.post(&path, &change("040 123 4567", "050 765 4321")).await.expect(200);
    assert_eq!(changed["customer"], id);
    let tenures = program.get(&format!("/v1/customers/{id}/tenures")).await.expect(200);
    let tenures = tenures["items"].as_array().unwrap();
    assert_eq!(tenures.len(), 2);
    let open: Vec<&Value> = tenures.iter().filter(|tenure| tenure["until"].is_null()).collect();
    assert_eq!((open.len(), open[0]["number"].as_str()), (1, Some("+358••••••321")));
    let found = program.get("/v1/customers?number=050-7654321&region=FI").await.expect(200);
    assert_eq!(ids(&found), [id.as_str()]);
    let acts = program.get(&format!("/v1/customers/{id}/acts")).await.expect(200);
    assert_eq!(
        (acts["customer"].as_str(), acts["items"][0]["kind"].as_str()),
        (Some(id.as_str()), Some("change_number"))
    );
}

async fn an_undone_change_of_number_leaves_nothing(house: House) {
    let program = house.owner().await;
    let file = "order_id,ordered_at,number,name\nA1,2023-01-01,+358401234567,Aino Virtanen\n";
    program.import("source=online", file).await;
    let id = ids(&program.get("/v1/customers?number=%2B358401234567").await.expect(200)).remove(0);
    let shown = async || {
        let customer = program.get(&format!("/v1/customers/{id}")).await.expect(200);
        let tenures = program.get(&format!("/v1/customers/{id}/tenures")).await.expect(200);
        (customer, tenures, program.get("/v1/counts").await.expect(200))
    };
    let before = shown().await;
    let body = json!({"from": "+358401234567", "to": "+358507654321", "reason": "A slip."});
    let change = program.post(&format!("/v1/customers/{id}/change-number"), &body).await.expect(200);
    // Reached over the new number; their only order is as old as before.
    let changed = program.get(&format!("/v1/customers/{id}")).await.expect(200);
    assert_eq!(changed["number"], "+358••••••321");
    assert_eq!((&changed["first_at"], &changed["last_at"]), (&before.0["first_at"], &before.0["last_at"]));
    let undo = format!("/v1/acts/{}/undo", change["act"].as_str().unwrap());
    program.post(&undo, &because("It was another customer.")).await.expect(200);
    assert_eq!(shown().await, before);
    let found = program.get("/v1/customers?number=%2B358507654321").await.expect(200);
    assert_eq!(ids(&found), Vec::<String>::new());
    // It was right after all.
    program.post(&format!("/v1/customers/{id}/change-number"), &body).await.expect(200);
    let found = program.get("/v1/customers?number=%2B358507654321").await.expect(200);
    assert_eq!(ids(&found), [id.as_str()]);
    assert_eq!(program.get(&format!("/v1/customers/{id}")).await.expect(200)["number"], "+358••••••321");
}

async fn a_doubt_is_decided_once(house: House) {
    let program = house.owner().await;
    // One first name over one number, but after a silence everything else is another: a marriage and a move, or a stranger.
    let file = "order_id,ordered_at,number,name,email,address\n\
                A1,2023-01-01,+8801712345678,Fatema Rahman,one@x.example,1 High Street\n\
                A2,2023-01-11,+8801712345678,Fatema Rahman,one@x.example,1 High Street\n\
                A3,2023-07-20,+8801712345678,Fatema Biswas,two@y.example,9 Lake Road\n\
                A4,2023-07-30,+8801712345678,Fatema Biswas,two@y.example,9 Lake Road\n";
    program.import("source=online", file).await;
    let reviews = program.get("/v1/reviews").await.expect(200);
    assert_eq!(reviews["items"].as_array().unwrap().len(), 1, "{reviews}");
    let review = &reviews["items"][0];
    assert!(!review["reasons"].as_array().unwrap().is_empty());
    let path = format!(
        "/v1/reviews/{}/{}",
        review["left"]["record"].as_str().unwrap(),
        review["right"]["record"].as_str().unwrap()
    );
    assert_eq!(&program.get(&path).await.expect(200), review);
    let problem = program
        .post(&path, &json!({"decision": "perhaps", "reason": "x"}))
        .await
        .problem(422, "field_malformed");
    assert_eq!(problem["field"], "decision");
    let done = program
        .post(&path, &json!({"decision": "apart", "reason": "A stranger, says the operator."}))
        .await
        .expect(200);
    assert_eq!(program.get("/v1/counts").await.expect(200)["customers"], 2);
    program.get(&path).await.problem(404, "review_unknown");
    program.post(&path, &json!({"decision": "merge", "reason": "x"})).await.problem(404, "review_unknown");
    program
        .post(&format!("/v1/acts/{}/undo", done["act"].as_str().unwrap()), &because("Not so sure."))
        .await
        .expect(200);
    assert_eq!(ids_of_reviews(&program).await, ids_of(&reviews));
}

async fn ids_of_reviews(program: &Program<'_>) -> Vec<(String, String)> {
    ids_of(&program.get("/v1/reviews").await.expect(200))
}

fn ids_of(reviews: &Value) -> Vec<(String, String)> {
    let side = |review: &Value, side: &str| review[side]["record"].as_str().unwrap().to_owned();
    reviews["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|review| (side(review, "left"), side(review, "right")))
        .collect()
}
