//! Assessments and rules over the API, and the sandbox as an operator that speaks CAMARA.

use app::{App, Config};
use base::{Actor, Secret};
use identity::Scope;
use risk::OperatorSettings;
use serde_json::{Value, json};

use crate::house::{House, Program, ids};

testkit::stories! { crate::house::House::open =>
    a_number_is_assessed_with_reasons
    rules_are_tried_and_put_into_force
    the_sandbox_answers_as_an_operator_would
    the_sandbox_refuses_as_an_operator_would
    our_own_client_asks_the_sandbox_over_a_line
}

const AINO: &str = "+358401234567";

fn found<'v>(assessment: &'v Value, signal: &str) -> &'v Value {
    let findings = assessment["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["signal"] == signal).unwrap()
}

async fn a_number_is_assessed_with_reasons(house: House) {
    let owner = house.owner().await;
    let ask = json!({ "number": "040 123 4567", "region": "FI", "purpose": "recovery" });
    let calm = owner.post("/v1/assessments", &ask).await.expect(201);
    assert_eq!((&calm["decision"], &calm["number"]), (&json!("allow"), &json!("+358••••••567")));
    assert_eq!(found(&calm, "sim_swapped")["finding"], "no");
    assert_eq!(found(&calm, "changed_hands")["why"], "nothing_known");
    owner.post(&format!("/sandbox/v1/phones/{AINO}/sim-swap"), &json!({})).await.expect(200);
    let made = owner.post("/v1/assessments", &ask).await;
    let swapped = made.expect(201);
    assert_eq!((&swapped["decision"], &swapped["score"]), (&json!("review"), &json!(70)));
    assert_eq!(swapped["reasons"][0]["rule"], "sim_swapped_takeover");
    assert_eq!(swapped["reasons"][0]["signals"], json!(["sim_swapped"]));
    assert!(found(&swapped, "sim_swapped")["happened_at"].is_string());
    assert!(swapped["waits_until"].is_string());
    let path = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(owner.get(&path).await.expect(200), swapped);
    let reviews = owner.get("/v1/assessments?decision=review&number=%2B358401234567").await.expect(200);
    assert_eq!(ids(&reviews), [swapped["id"].as_str().unwrap()]);
    let first = owner.get("/v1/assessments?limit=1").await.expect(200);
    let next = first["next"].as_str().unwrap();
    let second = owner.get(&format!("/v1/assessments?limit=1&after={next}")).await.expect(200);
    assert_eq!(ids(&second), [calm["id"].as_str().unwrap()]);
    // The same is asked with other circumstances; none of them is shown again.
    let order = json!({ "number": AINO, "purpose": "order", "visitor": { "device": "d-4711", "address": "203.0.113.7" },
                        "deliver_to": "Mannerheimintie 5, 00100 Helsinki" });
    let made = owner.post("/v1/assessments", &order).await;
    assert_eq!(found(&made.expect(201), "device_busy")["finding"], "no");
    for hidden in ["d-4711", "203.0.113.7", "Mannerheimintie"] {
        assert!(!made.text.contains(hidden), "{hidden}");
    }
    for (field, value, code) in [
        ("number", json!("12"), "number_malformed"),
        ("purpose", json!("fun"), "purpose_unknown"),
        ("channel", json!("pigeon"), "channel_unknown"),
        ("visitor", json!({ "address": "home" }), "field_malformed"),
        ("deliver_to", json!("x".repeat(501)), "field_too_long"),
    ] {
        let mut body = order.clone();
        body[field] = value;
        owner.post("/v1/assessments", &body).await.problem(422, code);
    }
    owner.get("/v1/assessments?decision=maybe").await.problem(422, "decision_unknown");
    owner
        .get("/v1/assessments/018df0f4-9d3c-7a63-8f1a-5b5d8e3c7a10")
        .await
        .problem(404, "assessment_unknown");
    let other = house.program("other", Scope::ALL).await;
    other.get(&path).await.problem(404, "assessment_unknown");
    let reader = house.program("main", &[Scope::RiskRead]).await;
    reader.get(&path).await.expect(200);
    reader.post("/v1/assessments", &ask).await.problem(403, "not_allowed");
    house.program("main", &[Scope::RiskAssess]).await.get(&path).await.problem(403, "not_allowed");
}

async fn rules_are_tried_and_put_into_force(house: House) {
    let owner = house.owner().await;
    let rules = owner.get("/v1/risk/rules").await.expect(200);
    assert_eq!((&rules["version"], &rules["written_by"]), (&json!(0), &Value::Null));
    assert_eq!(rules["thresholds"], json!({ "challenge": 40, "review": 70, "deny": 100 }));
    owner.post(&format!("/sandbox/v1/phones/{AINO}/sim-swap"), &json!({})).await.expect(200);
    let ask = json!({ "number": AINO, "purpose": "recovery" });
    let old = owner.post("/v1/assessments", &ask).await.expect(201);
    let strict = json!([{ "name": "swapped", "purposes": ["recovery"], "when": { "sim_swapped": "yes" }, "decision": "deny", "reason": "Swapped lately." }]);
    let tried =
        owner.post("/v1/risk/rules/dry-run", &json!({ "rules": strict, "days": 7 })).await.expect(200);
    assert_eq!((&tried["looked_at"], &tried["changed"]), (&json!(1), &json!(1)));
    assert_eq!(tried["changes"], json!([{ "from": "review", "to": "deny", "count": 1 }]));
    assert_eq!(tried["examples"][0]["id"], old["id"]);
    assert_eq!(tried["examples"][0]["reasons"][0]["words"], "Swapped lately.");
    let put = async |program: &Program<'_>, body: Value| {
        let request = program.request("PUT", "/v1/risk/rules").header("content-type", "application/json");
        house.send(request.body(body.to_string().into()).unwrap()).await
    };
    let unknown = json!([{ "name": "swapped", "when": { "sim_swapped": "unknown" }, "reason": "Not told." }]);
    let refused = put(&owner, json!({ "rules": unknown, "reason": "because" })).await;
    assert_eq!(refused.problem(422, "rule_answer_malformed")["field"], "rules[0].when.sim_swapped");
    put(&owner, json!({ "rules": strict, "reason": "because", "version": 4 }))
        .await
        .problem(409, "rules_changed");
    let set =
        put(&owner, json!({ "rules": strict, "reason": "too many were taken over", "version": 0 })).await;
    assert_eq!(set.expect(200)["version"], 1);
    let made = owner.post("/v1/assessments", &ask).await.expect(201);
    assert_eq!((&made["decision"], &made["rules_version"]), (&json!("deny"), &json!(1)));
    // A denied recovery looks like any other to whoever asked; its story says why nothing was sent.
    let start = json!({ "number": AINO, "purpose": "recovery" });
    let denied = owner.post("/v1/verifications", &start).await.expect(201);
    let calm = owner
        .post("/v1/verifications", &json!({ "number": "+358401234000", "purpose": "recovery" }))
        .await
        .expect(201);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((keys(&denied), &denied["state"]), (keys(&calm), &calm["state"]));
    let told = async |id: &Value| {
        let story = owner.get(&format!("/v1/verifications/{}", id.as_str().unwrap())).await.expect(200);
        (story["story"][0]["kind"].clone(), story["story"][0]["reason"].clone(), story["sends"].clone())
    };
    assert_eq!(told(&denied["id"]).await, (json!("refused"), json!("risk"), json!(0)));
    assert_eq!(told(&calm["id"]).await, (json!("sent"), Value::Null, json!(1)));
    // Asking for it again does not get around it, and a sign-in is not looked at.
    let id = denied["id"].as_str().unwrap();
    owner.post(&format!("/v1/verifications/{id}/resend"), &json!({})).await.expect(200);
    assert_eq!(told(&denied["id"]).await.2, json!(0));
    let sign_in =
        owner.post("/v1/verifications", &json!({ "number": AINO, "purpose": "sign_in" })).await.expect(201);
    assert_eq!(told(&sign_in["id"]).await.0, json!("sent"));
    let reader = house.program("main", &[Scope::RiskRead]).await;
    put(&reader, json!({ "rules": strict, "reason": "because" })).await.problem(403, "not_allowed");
}

/// A request of a client of the sandbox's operator.
async fn camara(house: &House, token: &str, path: &str, body: Value) -> (u16, Value) {
    let request = axum::http::Request::post(format!("/sandbox/camara{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("x-correlator", "c-1");
    let reply = house.send(request.body(body.to_string().into()).unwrap()).await;
    assert_eq!(reply.headers["x-correlator"], "c-1");
    (reply.status.as_u16(), reply.json())
}

async fn token(house: &House, (id, secret): (&str, &str), form: &str) -> (u16, Value) {
    let basic = data_encoding::BASE64.encode(format!("{id}:{secret}").as_bytes());
    let request = axum::http::Request::post("/sandbox/camara/token")
        .header("authorization", format!("Basic {basic}"))
        .header("content-type", "application/x-www-form-urlencoded");
    let reply = house.send(request.body(form.to_owned().into()).unwrap()).await;
    (reply.status.as_u16(), reply.json())
}

const FORM: &str = "grant_type=client_credentials&scope=dpv%3AFraudPreventionAndDetection+sim-swap+number-recycling%3Acheck+kyc-tenure";

async fn the_sandbox_answers_as_an_operator_would(house: House) {
    let owner = house.owner().await;
    let id = owner.key.id.to_string();
    let (status, granted) = token(&house, (&id, &owner.secret), FORM).await;
    assert_eq!((status, &granted["expires_in"]), (200, &json!(300)));
    let token_text = granted["access_token"].as_str().unwrap().to_owned();
    let ask = async |path: &str, body: Value| camara(&house, &token_text, path, body).await;
    let check = "/sim-swap/v2/check";
    assert_eq!(
        ask(check, json!({ "phoneNumber": AINO, "maxAge": 24 })).await,
        (200, json!({ "swapped": false }))
    );
    owner.post(&format!("/sandbox/v1/phones/{AINO}/sim-swap"), &json!({})).await.expect(200);
    assert_eq!(
        ask(check, json!({ "phoneNumber": AINO, "maxAge": 24 })).await,
        (200, json!({ "swapped": true }))
    );
    assert!(
        ask("/sim-swap/v2/retrieve-date", json!({ "phoneNumber": AINO })).await.1["latestSimChange"]
            .is_string()
    );
    let since = json!({ "phoneNumber": AINO, "specifiedDate": "2024-02-01" });
    let recycled = "/number-recycling/v0.2/check";
    assert_eq!(ask(recycled, since.clone()).await.1, json!({ "phoneNumberRecycled": false }));
    owner.post(&format!("/sandbox/v1/phones/{AINO}/new-holder"), &json!({})).await.expect(200);
    assert_eq!(ask(recycled, since).await.1, json!({ "phoneNumberRecycled": true }));
    let tenure = json!({ "phoneNumber": AINO, "tenureDate": "2024-02-01" });
    assert_eq!(ask("/kyc-tenure/v0.2/check-tenure", tenure).await.1["tenureDateCheck"], false);
    // The phone that asks has its own token.
    let form = format!(
        "grant_type=authorization_code&code=%2B{}&redirect_uri=https%3A%2F%2Fshop.example",
        &AINO[1..]
    );
    let own = token(&house, (&id, &owner.secret), &form).await.1["access_token"].as_str().unwrap().to_owned();
    let verify = "/number-verification/v2/verify";
    for (number, is_same) in [(AINO, true), ("+358401234000", false)] {
        let said = camara(&house, &own, verify, json!({ "phoneNumber": number })).await.1;
        assert_eq!(said, json!({ "devicePhoneNumberVerified": is_same }));
    }
}

async fn the_sandbox_refuses_as_an_operator_would(house: House) {
    let owner = house.owner().await;
    let id = owner.key.id.to_string();
    assert_eq!(token(&house, (&id, "tlk_wrong"), FORM).await, (401, json!({ "error": "invalid_client" })));
    let poor = house.program("main", &[Scope::RiskRead]).await;
    assert_eq!(token(&house, (&poor.key.id.to_string(), &poor.secret), FORM).await.0, 401);
    assert_eq!(
        token(&house, (&id, &owner.secret), "grant_type=password").await.1["error"],
        "unsupported_grant_type"
    );
    let granted = token(&house, (&id, &owner.secret), FORM).await.1;
    let token_text = granted["access_token"].as_str().unwrap().to_owned();
    let ask = async |path: &str, body: Value| camara(&house, &token_text, path, body).await;
    let (check, recycled) = ("/sim-swap/v2/check", "/number-recycling/v0.2/check");
    for (path, body, status, code) in [
        (check, json!({ "phoneNumber": "+12025550102" }), 404, "IDENTIFIER_NOT_FOUND"),
        (check, json!({ "phoneNumber": "+12025550103" }), 429, "TOO_MANY_REQUESTS"),
        (check, json!({ "phoneNumber": "+35894245678" }), 422, "SERVICE_NOT_APPLICABLE"),
        (check, json!({}), 422, "MISSING_IDENTIFIER"),
        (check, json!({ "phoneNumber": AINO, "maxAge": 2401 }), 400, "OUT_OF_RANGE"),
        (check, json!({ "phoneNumber": "12" }), 400, "INVALID_ARGUMENT"),
        (check, json!({ "phoneNumber": AINO, "mood": 1 }), 400, "INVALID_ARGUMENT"),
        (recycled, json!({ "phoneNumber": AINO, "specifiedDate": "yesterday" }), 400, "INVALID_ARGUMENT"),
        ("/device-swap/v1/check", json!({ "phoneNumber": AINO }), 403, "PERMISSION_DENIED"),
        ("/number-verification/v2/verify", json!({ "phoneNumber": AINO }), 403, "PERMISSION_DENIED"),
    ] {
        let (found, said) = ask(path, body.clone()).await;
        assert_eq!(
            (found, &said["code"], &said["status"]),
            (status, &json!(code), &json!(status)),
            "{path} {body}"
        );
    }
    // A token that was changed, or has ended, serves nobody.
    let mut forged = token_text.clone().into_bytes();
    forged[4] ^= 1;
    let forged = String::from_utf8(forged).unwrap();
    assert_eq!(camara(&house, &forged, check, json!({ "phoneNumber": AINO })).await.0, 401);
    house.advance(std::time::Duration::from_secs(300));
    assert_eq!(ask(check, json!({ "phoneNumber": AINO })).await.1["code"], "UNAUTHENTICATED");
}

async fn our_own_client_asks_the_sandbox_over_a_line(house: House) {
    let owner = house.owner().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/sandbox/camara", listener.local_addr().unwrap());
    let router = house.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let operator = OperatorSettings {
        token_url: format!("{base}/token"),
        base_url: base,
        client_id: owner.key.id.to_string(),
        client_secret: Secret::new(owner.secret.clone()),
        lifetime_seconds: 0,
        ..OperatorSettings::default()
    };
    // Another program over the same database, that has the first one for its operator.
    let mut config = Config::clone(&house.app.config);
    config.risk.operators = vec![operator];
    let app = App::open_with(config, house.app.clock.clone()).await.unwrap();
    let cx = app.cx(owner.key.shop, Actor::System("test"));
    let assess = async |purpose: risk::Purpose| {
        let number = numbering::PhoneNumber::from_e164(AINO).unwrap();
        app.risk.assess(&cx, risk::Question::new(number, purpose)).await.unwrap()
    };
    let calm = assess(risk::Purpose::Recovery).await;
    for signal in [
        risk::Signal::SimSwapped,
        risk::Signal::DeviceSwapped,
        risk::Signal::Recycled,
        risk::Signal::CallsForwarded,
    ] {
        assert_eq!(calm.finding(signal).unwrap().finding, risk::Finding::No, "{signal}");
    }
    for (act, body) in
        [("sim-swap", json!({})), ("new-holder", json!({})), ("forwarding", json!({ "forwarded": true }))]
    {
        owner.post(&format!("/sandbox/v1/phones/{AINO}/{act}"), &body).await.expect(200);
    }
    let made = assess(risk::Purpose::Recovery).await;
    for signal in [risk::Signal::SimSwapped, risk::Signal::Recycled, risk::Signal::CallsForwarded] {
        assert_eq!(made.finding(signal).unwrap().finding, risk::Finding::Yes, "{signal}");
    }
    assert!(made.finding(risk::Signal::SimSwapped).unwrap().happened_at.is_some());
    let sign_up = assess(risk::Purpose::SignUp).await;
    assert_eq!(sign_up.finding(risk::Signal::TenureShort).unwrap().finding, risk::Finding::Yes);
}
