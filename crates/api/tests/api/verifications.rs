//! Proofs over the API: one answer for everybody who asks, the truth for whoever may read the story.

use messaging::Composer as _;
use serde_json::{Value, json};

use crate::house::{House, Program, ids};
use identity::Scope;

testkit::stories! { crate::house::House::open =>
    a_code_is_sent_checked_and_its_story_told
    whoever_asks_learns_nothing_of_numbers_and_limits
    all_spellings_share_their_limits
    sending_again_tells_nothing_of_limits
    keys_without_the_scope_are_refused
    what_makes_no_sense_is_named
}

async fn code(program: &Program<'_>, id: &str) -> String {
    let house = program.house;
    let composed = house.app.verifications.compose(&house.cx(program.key.shop), id).await.unwrap().unwrap();
    let digits = composed.text.reveal().split(|c: char| !c.is_ascii_digit()).next().unwrap().to_owned();
    assert!((4..=10).contains(&digits.len()), "the text begins with its code");
    digits
}

async fn start(program: &Program<'_>, number: &str) -> Value {
    let body = json!({ "number": number, "region": "FI", "purpose": "sign_in" });
    program.post("/v1/verifications", &body).await.expect(201)
}

async fn a_code_is_sent_checked_and_its_story_told(house: House) {
    let shop = house.owner().await;
    let aino = shop.register(&json!({ "number": "040 123 4567", "region": "FI", "name": "Aino" })).await;
    let body = json!({ "number": "+358 40 1234567", "purpose": "step_up", "approving": "pay 49.90 EUR", "digits": 8 });
    let reply = shop.post("/v1/verifications", &body).await;
    let shown = reply.expect(201);
    let id = shown["id"].as_str().unwrap();
    assert_eq!(reply.headers["location"], format!("/v1/verifications/{id}"));
    assert_eq!(
        (&shown["state"], &shown["number"], &shown["digits"]),
        (&json!("pending"), &json!("+358••••••567"), &json!(8))
    );
    let code = code(&shop, id).await;
    let check = format!("/v1/verifications/{id}/check");
    shop.post(&check, &json!({ "purpose": "sign_in", "code": code }))
        .await
        .problem(404, "verification_unknown");
    // What cannot be a code is no guess.
    for typed in ["", " ", "123", "hello", "12345678901", "12345678; DROP"] {
        shop.post(&check, &json!({ "purpose": "step_up", "code": typed }))
            .await
            .problem(422, "code_malformed");
    }
    let wrong = shop.post(&check, &json!({ "purpose": "step_up", "code": "00000000" })).await.expect(200);
    assert_eq!(wrong, json!({ "approved": false, "outcome": "wrong", "guesses_left": 4 }));
    let right = shop.post(&check, &json!({ "purpose": "step_up", "code": code })).await.expect(200);
    assert_eq!(right, json!({ "approved": true, "outcome": "approved", "customer": aino }));
    let again = shop.post(&check, &json!({ "purpose": "step_up", "code": code })).await.expect(200);
    assert_eq!(again, json!({ "approved": false, "outcome": "already_approved" }));
    let story = shop.get(&format!("/v1/verifications/{id}")).await.expect(200);
    let kinds: Vec<&str> =
        story["story"].as_array().unwrap().iter().map(|told| told["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["sent", "wrong", "approved"]);
    assert_eq!((&story["state"], &story["customer"]), (&json!("approved"), &json!(aino)));
    let listed = shop.get("/v1/verifications?number=%2B358401234567&state=approved").await.expect(200);
    assert_eq!(ids(&listed), [id]);
    let tenures = shop.get(&format!("/v1/customers/{aino}")).await.expect(200);
    assert!(tenures["tenures"][0]["last_verified_at"].is_string(), "{tenures}");
}

async fn whoever_asks_learns_nothing_of_numbers_and_limits(house: House) {
    let shop = house.owner().await;
    shop.register(&json!({ "number": "040 123 4567", "region": "FI" })).await;
    let known = start(&shop, "0401234567").await;
    let unknown = start(&shop, "0407654321").await;
    let limited = start(&shop, "0401234567").await;
    let premium = start(&shop, "0600 123456").await;
    let shape = |answer: &Value| {
        let mut fields: Vec<(String, bool)> =
            answer.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.is_null())).collect();
        fields.sort();
        (fields, answer["state"].clone(), answer["digits"].clone(), answer["channel"].clone())
    };
    for other in [&unknown, &limited, &premium] {
        assert_eq!(shape(other), shape(&known));
    }
    // The same number again is the same verification; the shop may read why nothing was sent.
    assert_eq!(limited["id"], known["id"]);
    for (answer, reason) in [(&limited, "sends_of_number"), (&premium, "line_type")] {
        let story =
            shop.get(&format!("/v1/verifications/{}", answer["id"].as_str().unwrap())).await.expect(200);
        let last = story["story"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["kind"], &last["reason"]), (&json!("refused"), &json!(reason)));
    }
    // A code that was never sent is wrong like any other.
    let check = format!("/v1/verifications/{}/check", premium["id"].as_str().unwrap());
    let wrong = shop.post(&check, &json!({ "purpose": "sign_in", "code": "123456" })).await.expect(200);
    assert_eq!(wrong, json!({ "approved": false, "outcome": "wrong", "guesses_left": 4 }));
    let destinations = shop.get("/v1/verifications/destinations").await.expect(200);
    let finland = &destinations["destinations"][0];
    assert_eq!(
        (&finland["part"], &finland["sends"], &finland["refused"]),
        (&json!("FI"), &json!(2), &json!(2))
    );
}

async fn all_spellings_share_their_limits(house: House) {
    let shop = house.owner().await;
    let spellings = ["040 123 4567", "+358401234567", "00358 40 1234567", "(040) 123-4567", "٠٤٠ ١٢٣ ٤٥٦٧"];
    let mut started = Vec::new();
    for spelling in spellings {
        started.push(start(&shop, spelling).await["id"].clone());
    }
    started.dedup();
    assert_eq!(started.len(), 1);
    let story = shop.get(&format!("/v1/verifications/{}", started[0].as_str().unwrap())).await.expect(200);
    // One send, and the refusals of the others told once.
    assert_eq!((&story["sends"], story["story"].as_array().unwrap().len()), (&json!(1), 2));
}

async fn sending_again_tells_nothing_of_limits(house: House) {
    let shop = house.owner().await;
    let id = start(&shop, "0401234567").await["id"].as_str().unwrap().to_owned();
    let again = format!("/v1/verifications/{id}/resend");
    // Both are refused, a moment after the first; a voice that was asked for is answered as one.
    let by_voice = shop.post(&again, &json!({ "channel": "voice" })).await.expect(200);
    assert_eq!((&by_voice["channel"], &by_voice["state"]), (&json!("voice"), &json!("pending")));
    let by_any = shop.post(&again, &json!({})).await.expect(200);
    assert_eq!((by_any.get("channel"), &by_any["state"]), (None, &json!("pending")));
}

async fn keys_without_the_scope_are_refused(house: House) {
    let reader = house.program("main", &[Scope::VerificationsRead]).await;
    let body = json!({ "number": "+358401234567", "purpose": "sign_in" });
    reader.post("/v1/verifications", &body).await.problem(403, "not_allowed");
    let writer = house.program("main", &[Scope::VerificationsWrite]).await;
    let id = writer.post("/v1/verifications", &body).await.expect(201)["id"].as_str().unwrap().to_owned();
    writer.get(&format!("/v1/verifications/{id}")).await.problem(403, "not_allowed");
    reader.get(&format!("/v1/verifications/{id}")).await.expect(200);
    // Another shop knows nothing of it.
    let other = house.program("other", Scope::ALL).await;
    other.get(&format!("/v1/verifications/{id}")).await.problem(404, "verification_unknown");
    let check = json!({ "purpose": "sign_in", "code": "123456" });
    other.post(&format!("/v1/verifications/{id}/check"), &check).await.problem(404, "verification_unknown");
    let canceled = writer.post(&format!("/v1/verifications/{id}/cancel"), &json!({})).await.expect(200);
    assert_eq!(canceled["state"], "canceled");
    writer
        .post(&format!("/v1/verifications/{id}/resend"), &json!({}))
        .await
        .problem(409, "verification_ended");
}

async fn what_makes_no_sense_is_named(house: House) {
    let shop = house.owner().await;
    let base = json!({ "number": "+358401234567", "purpose": "sign_in" });
    for (field, value, code) in [
        ("number", json!("call me"), "number_malformed"),
        ("number", json!("+35840"), "number_impossible"),
        ("purpose", json!("login"), "purpose_unknown"),
        ("channel", json!("pigeon"), "channel_unknown"),
        ("digits", json!(3), "digits_out_of_range"),
        ("approving", json!("a payment"), "approving_not_here"),
        ("origin", json!("https://shop.example"), "origin_malformed"),
    ] {
        let mut body = base.clone();
        body[field] = value;
        let problem = shop.post("/v1/verifications", &body).await.problem(422, code);
        assert_eq!(problem["field"], field, "{problem}");
    }
    let step_up = json!({ "number": "+358401234567", "purpose": "step_up" });
    shop.post("/v1/verifications", &step_up).await.problem(422, "approving_missing");
    shop.get("/v1/verifications?state=lost").await.problem(422, "state_unknown");
}
