//! What holds for every request: ids, problems, limits, sending twice, health.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::json;

use crate::house::{House, ids};

testkit::stories! { crate::house::House::open =>
    a_request_sent_twice_is_done_once
    a_refused_request_frees_its_key
    kept_answers_are_sealed
    problems_tell_what_is_wrong
    operators_are_answered_without_a_key
    a_database_that_is_behind_is_not_ready
    the_log_tells_routes_and_no_personal_data
}

async fn a_request_sent_twice_is_done_once(house: House) {
    let program = house.owner().await;
    let body = json!({"number": "+358401234567", "name": "Aino Virtanen"});
    let first = program.post_once("/v1/customers", "order-77", &body).await;
    first.expect(201);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let second = program.post_once("/v1/customers", "order-77", &body).await;
    assert_eq!(second.expect(201), first.json());
    assert_eq!(second.headers["idempotency-replayed"], "true");
    assert_eq!(second.headers["location"], first.headers["location"]);
    assert_eq!(second.headers["content-type"], "application/json");
    assert_ne!(second.headers["x-request-id"], first.headers["x-request-id"]);
    program.post("/v1/customers", &body).await.expect(200);

    let other = json!({"number": "+358401234568"});
    let problem =
        program.post_once("/v1/customers", "order-77", &other).await.problem(409, "idempotency_key_reused");
    assert_eq!(problem["field"], "Idempotency-Key");
    // Another program's key of the same name is another key; after a day the name is free.
    house.owner().await.post_once("/v1/customers", "order-77", &other).await.expect(201);
    house.advance(Duration::from_secs(25 * 3600));
    program.post_once("/v1/customers", "order-77", &json!({"number": "+358401234569"})).await.expect(201);
    assert_eq!(program.get("/v1/counts").await.expect(200)["customers"], 3);
    program
        .post_once("/v1/customers", &"x".repeat(201), &body)
        .await
        .problem(422, "idempotency_key_malformed");

    let id = ids(&program.get("/v1/customers?number=%2B358401234567").await.json()).remove(0);
    let erase = format!("/v1/customers/{id}/erase");
    for _ in 0..2 {
        program.post_once(&erase, "erase", &json!({"reason": "asked"})).await.expect(204);
    }
}

async fn a_refused_request_frees_its_key(house: House) {
    let program = house.owner().await;
    let id = program.register(&json!({"number": "+358401234567", "name": "Aino Virtanen"})).await;
    let path = format!("/v1/customers/{id}/merge");
    let other = uuid::Uuid::nil();
    program
        .post_once(&path, "m1", &json!({"other": other, "reason": "same"}))
        .await
        .problem(404, "customer_unknown");
    let other = program.register(&json!({"number": "+358401234568", "name": "A. Virtanen"})).await;
    program.post_once(&path, "m1", &json!({"other": other, "reason": "same"})).await.expect(200);
}

async fn kept_answers_are_sealed(house: House) {
    let program = house.owner().await;
    let id = program.register(&json!({"number": "+358401234567", "name": "Aino Virtanen"})).await;
    let path = format!("/v1/customers/{id}/reveal");
    let clear = program.post_once(&path, "look", &json!({"reason": "call"})).await.expect(200);
    assert_eq!(clear["details"]["number"], "+358401234567");
    let kept: Vec<u8> = house
        .app
        .db
        .read(async |tx| {
            Ok(tx.one(db::sql!("SELECT body FROM idempotency_keys WHERE key = 'look'"), &[]).await?.get(0)?)
        })
        .await
        .unwrap();
    let holds = |needle: &[u8]| kept.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(b"401234567") && !holds(b"Aino"));
    assert_eq!(program.post_once(&path, "look", &json!({"reason": "call"})).await.expect(200), clear);
    let looks = program.get(&format!("/v1/customers/{id}/audit")).await.json();
    let looks = looks["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["action"] == "customers.reveal")
        .count();
    assert_eq!(looks, 1);
}

async fn problems_tell_what_is_wrong(house: House) {
    let program = house.owner().await;
    program.get("/v1/nothing").await.problem(404, "route_unknown");
    program.get("/nothing").await.problem(404, "route_unknown");
    let reply = program.post("/v1/counts", &json!({})).await;
    reply.problem(405, "method_not_allowed");
    assert!(reply.headers["allow"].to_str().unwrap().contains("GET"));
    let problem = program.get("/v1/customers/12").await.problem(422, "id_malformed");
    assert_eq!(problem["field"], "id");
    program.get(&format!("/v1/customers/{}", uuid::Uuid::nil())).await.problem(404, "customer_unknown");

    let json = |body: &str| {
        program
            .request("POST", "/v1/customers")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap()
    };
    house.send(json("{\"number\": \"+358")).await.problem(400, "json_malformed");
    house.send(json("{} {}")).await.problem(400, "json_malformed");
    house
        .send(json(&format!("{{\"name\":\"{}\"}}", "x".repeat(1024 * 1024))))
        .await
        .problem(413, "body_too_large");
    let plain = program.request("POST", "/v1/customers").body(Body::from("{}")).unwrap();
    house.send(plain).await.problem(415, "media_type_unsupported");

    let given = "018df0f5-1b7e-7c44-9a57-2c1a4c0f6f11";
    let request =
        program.request("GET", "/v1/counts").header("x-request-id", given).body(Body::empty()).unwrap();
    assert_eq!(house.send(request).await.headers["x-request-id"], given);
    let request = program
        .request("GET", "/v1/counts")
        .header("x-request-id", "+358401234567")
        .body(Body::empty())
        .unwrap();
    assert_ne!(house.send(request).await.headers["x-request-id"], "+358401234567");
    let reply = program.get("/v1/counts").await;
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers["x-content-type-options"], "nosniff");
    assert_eq!(program.get("/v1/nothing").await.headers["cache-control"], "no-store");
}

async fn operators_are_answered_without_a_key(house: House) {
    let program = house.owner().await;
    program.get("/v1/customers?number=%2B358401234567").await.expect(200);
    program.get(&format!("/v1/customers/{}", uuid::Uuid::nil())).await.problem(404, "customer_unknown");
    let get = async |path: &str| house.send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(get("/healthz").await.expect(200)["status"], "up");
    assert_eq!(get("/readyz").await.expect(200)["status"], "ready");
    assert_eq!(get("/errors/act_has_dependents").await.expect(200)["status"], 409);
    get("/errors/nothing").await.problem(404, "code_unknown");
    let figures = get("/metrics").await;
    assert_eq!(figures.status, 200);
    for line in [
        "trunkline_build_info{",
        "trunkline_http_requests_total{method=\"GET\",route=\"/v1/customers\",status=\"200\"} 1",
        "trunkline_http_requests_total{method=\"GET\",route=\"/v1/customers/{id}\",status=\"404\"} 1",
        "trunkline_http_request_seconds_bucket{method=\"GET\",route=\"/v1/customers\",le=\"0.005\"}",
        "trunkline_jobs_waiting 0",
        "trunkline_webhooks_waiting 0",
        "trunkline_webhook_endpoints_failing 0",
        "trunkline_verification_destinations_stopped 0",
        "trunkline_import_rows_total 0",
    ] {
        assert!(figures.text.contains(line), "{line} is missing in:\n{}", figures.text);
    }
    assert!(!figures.text.contains("35840") && !figures.text.contains("00000000-0000"), "{}", figures.text);
}

async fn a_database_that_is_behind_is_not_ready(house: House) {
    let forget = async |tx: &mut db::Tx| {
        tx.execute(db::sql!("DELETE FROM schema_migrations WHERE name = 'warehouse/0001_imports'"), &[])
            .await?;
        Ok(())
    };
    house.app.db.write(forget).await.unwrap();
    let reply = house.send(Request::get("/readyz").body(Body::empty()).unwrap()).await;
    let problem = reply.problem(503, "migrations_pending");
    assert_eq!(problem["pending"], json!(["warehouse/0001_imports"]));
    assert_eq!(reply.headers["retry-after"], "1");
}

/// What is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn the_log_tells_routes_and_no_personal_data(house: House) {
    let program = house.owner().await;
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || written.clone())
        .finish();
    // The story runs on this thread, and so does every layer that logs.
    let guard = tracing::subscriber::set_default(subscriber);
    let body = json!({"number": "+358401234567", "name": "Aino Virtanen", "email": "aino@example.fi"});
    let reply = program.post("/v1/customers", &body).await;
    program.get("/v1/customers?number=%2B358401234567&region=FI").await.expect(200);
    program.get("/v1/customers?email=aino%40example.fi").await.expect(200);
    program.get("/v1/customers/+358401234567").await.problem(422, "id_malformed");
    program.get("/v1/nothing/+358401234567").await.problem(404, "route_unknown");
    program
        .post("/v1/customers", &json!({"number": "x", "name": "Aino Virtanen"}))
        .await
        .problem(422, "number_malformed");
    drop(guard);
    let text = log.text();
    for told in [
        "route=\"/v1/customers\"",
        "status=201",
        "route=\"/v1/customers/{id}\"",
        "number_malformed",
        reply.headers["x-request-id"].to_str().unwrap(),
    ] {
        assert!(text.contains(told), "{told} is missing in:\n{text}");
    }
    for secret in ["358401234567", "401234567", "Aino", "aino", program.secret.as_str()] {
        assert!(!text.contains(secret), "{secret} is in the log:\n{text}");
    }
}
