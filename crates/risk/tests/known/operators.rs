//! Operators over real lines: what they are sent, what their answers and refusals mean, how long their tokens serve, and that nobody waits for them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base::Secret;
use risk::{
    Assessment, Decision, Finding, OperatorSettings, PhoneCode, Purpose, Question, Risk, Settings, Signal,
    Why, camara::Camara,
};
use serde_json::{Value, json};

use crate::house::{AINO, House, number};
use crate::peer::{Heard, Peer, Said};

testkit::stories! { crate::house::House::open =>
    an_operator_is_asked_in_its_own_words_and_believed
    a_token_serves_until_it_ends_or_is_refused
    what_an_operator_does_not_say_is_unknown_and_decides_nothing
    nobody_waits_for_a_slow_operator
    an_operator_that_is_down_is_left_alone_for_a_while
    a_phone_is_verified_by_its_code_and_never_from_memory
}

/// What an honest operator says.
fn honest(heard: &Heard) -> Said {
    match heard.path.as_str() {
        "/token" => {
            Said::json(200, &json!({ "access_token": "t-1", "token_type": "Bearer", "expires_in": 100 }))
        }
        "/sim-swap/v2/check" => Said::json(200, &json!({ "swapped": true })),
        "/sim-swap/v2/retrieve-date" => {
            Said::json(200, &json!({ "latestSimChange": "2026-03-01T12:30:00.000+02:00" }))
        }
        "/device-swap/v1/check" => Said::json(200, &json!({ "swapped": false })),
        "/number-recycling/v0.2/check" => Said::json(200, &json!({ "phoneNumberRecycled": false })),
        "/call-forwarding-signal/v0.4/unconditional-call-forwardings" => {
            Said::json(200, &json!({ "active": true }))
        }
        "/kyc-tenure/v0.2/check-tenure" => {
            Said::json(200, &json!({ "tenureDateCheck": true, "contractType": "PAYM" }))
        }
        "/number-verification/v2/verify" => Said::json(200, &json!({ "devicePhoneNumberVerified": true })),
        other => panic!("nobody asks for {other}"),
    }
}

fn operator(peer: &Peer) -> OperatorSettings {
    OperatorSettings {
        base_url: peer.url.clone(),
        token_url: format!("{}/token", peer.url),
        client_id: "shop".to_owned(),
        client_secret: Secret::new("s3cret:+".to_owned()),
        ..OperatorSettings::default()
    }
}

fn risk(house: &House, settings: Settings, operator: OperatorSettings) -> Risk {
    let camara = Camara::new(&settings, [operator]);
    house.risk(settings, vec![Arc::new(camara)])
}

/// However busy the machine is, everybody is waited for.
fn patient() -> Settings {
    Settings { wait_millis: 60_000, ..Settings::default() }
}

fn finding(one: &Assessment, signal: Signal) -> Finding {
    one.finding(signal).unwrap().finding
}

fn recovery() -> Question {
    Question {
        known_since: Some("2024-10-31T08:00:00Z".parse().unwrap()),
        ..Question::new(number(AINO), Purpose::Recovery)
    }
}

async fn an_operator_is_asked_in_its_own_words_and_believed(house: House) {
    let peer = Peer::start(honest).await;
    let made = risk(&house, patient(), operator(&peer)).assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(finding(&made, Signal::SimSwapped), Finding::Yes);
    let swapped_at = made.finding(Signal::SimSwapped).unwrap().happened_at.unwrap();
    assert_eq!(swapped_at.to_string(), "2026-03-01T10:30:00Z");
    assert_eq!(finding(&made, Signal::DeviceSwapped), Finding::No);
    assert_eq!(finding(&made, Signal::Recycled), Finding::No);
    assert_eq!(finding(&made, Signal::CallsForwarded), Finding::Yes);
    // No rule of a recovery goes by the tenure.
    assert_eq!(finding(&made, Signal::TenureShort), Finding::Unknown(Why::NotAsked));
    // 70 for the SIM and 40 for the calls.
    assert_eq!((made.decision, made.score), (Decision::Deny, 110));
    let heard = peer.heard();
    let of = |path: &str| heard.iter().find(|one| one.path == path).unwrap();
    let sent = |path: &str| serde_json::from_str::<Value>(&of(path).body).unwrap();
    assert_eq!(sent("/sim-swap/v2/check"), json!({ "phoneNumber": AINO, "maxAge": 72 }));
    assert_eq!(sent("/sim-swap/v2/retrieve-date"), json!({ "phoneNumber": AINO }));
    assert_eq!(
        sent("/number-recycling/v0.2/check"),
        json!({ "phoneNumber": AINO, "specifiedDate": "2024-10-31" })
    );
    let check = of("/sim-swap/v2/check");
    assert_eq!(check.header("authorization"), "Bearer t-1");
    assert_eq!(check.header("content-type"), "application/json");
    assert!(!check.header("x-correlator").is_empty());
    // `shop:s3cret%3A%2B` in base 64: both parts are written as form values.
    let token = of("/token");
    assert_eq!(token.header("authorization"), "Basic c2hvcDpzM2NyZXQlM0ElMkI=");
    assert!(token.body.contains("grant_type=client_credentials"), "{}", token.body);
    let asks_for = |scope: &str| heard.iter().any(|one| one.path == "/token" && one.body.ends_with(scope));
    assert!(asks_for("scope=dpv%3AFraudPreventionAndDetection+sim-swap%3Acheck"));
    assert!(asks_for("number-recycling%3Acheck"));
}

async fn a_token_serves_until_it_ends_or_is_refused(house: House) {
    let only_sim = |peer: &Peer| OperatorSettings {
        interfaces: [("sim-swap".to_owned(), String::new())].into(),
        lifetime_seconds: 0,
        ..operator(peer)
    };
    let not_swapped = |heard: &Heard| match heard.path.as_str() {
        "/sim-swap/v2/check" => Said::json(200, &json!({ "swapped": false })),
        _ => honest(heard),
    };
    let peer = Peer::start(not_swapped).await;
    let tokens = |peer: &Peer| peer.heard().iter().filter(|one| one.path == "/token").count();
    let risk_of = risk(&house, patient(), only_sim(&peer));
    // A token of 100 seconds is not used in the last ten.
    for (seconds, count) in [(0, 1), (89, 1), (2, 2)] {
        house.advance(seconds);
        let made = risk_of.assess(&house.cx, recovery()).await.unwrap();
        assert_eq!(finding(&made, Signal::SimSwapped), Finding::No);
        assert_eq!(tokens(&peer), count, "after {seconds} more");
    }
    // One that the operator no longer takes is asked for anew, once.
    let moody = Peer::start(move |heard| match (heard.path.as_str(), heard.header("authorization")) {
        ("/token", _) if heard.earlier("/token") == 0 => honest(heard),
        ("/token", _) => Said::json(200, &json!({ "access_token": "t-2", "expires_in": 100 })),
        (_, "Bearer t-1") => {
            Said::json(401, &json!({ "status": 401, "code": "UNAUTHENTICATED", "message": "no" }))
        }
        _ => not_swapped(heard),
    })
    .await;
    let made = risk(&house, patient(), only_sim(&moody)).assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(finding(&made, Signal::SimSwapped), Finding::No);
    assert_eq!(tokens(&moody), 2);
    let never = Peer::start(|heard| match heard.path.as_str() {
        "/token" => honest(heard),
        _ => Said::json(401, &json!({ "status": 401, "code": "UNAUTHENTICATED", "message": "no" })),
    })
    .await;
    let made = risk(&house, patient(), only_sim(&never)).assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(finding(&made, Signal::SimSwapped), Finding::Unknown(Why::Failed));
    assert_eq!(tokens(&never), 2);
}

async fn what_an_operator_does_not_say_is_unknown_and_decides_nothing(house: House) {
    for (status, body, why) in [
        (404, json!({ "status": 404, "code": "IDENTIFIER_NOT_FOUND", "message": "no" }), Why::CannotSay),
        (422, json!({ "status": 422, "code": "SERVICE_NOT_APPLICABLE", "message": "no" }), Why::CannotSay),
        (403, json!({ "status": 403, "code": "PERMISSION_DENIED", "message": "no" }), Why::CannotSay),
        (400, json!({ "status": 400, "code": "OUT_OF_RANGE", "message": "no" }), Why::CannotSay),
        (429, json!({ "status": 429, "code": "TOO_MANY_REQUESTS", "message": "no" }), Why::Failed),
        (503, json!("<html>"), Why::Failed),
        (200, json!({ "swapped": "yes" }), Why::CannotSay),
        (200, json!([]), Why::CannotSay),
    ] {
        let said = body.clone();
        let peer = Peer::start(move |heard| match heard.path.as_str() {
            "/token" => honest(heard),
            _ => Said::json(status, &said),
        })
        .await;
        // Nothing serves again, so that each of them is asked.
        let operator = OperatorSettings { lifetime_seconds: 0, ..operator(&peer) };
        let made = risk(&house, patient(), operator).assess(&house.cx, recovery()).await.unwrap();
        for signal in [Signal::SimSwapped, Signal::DeviceSwapped, Signal::Recycled, Signal::CallsForwarded] {
            assert_eq!(finding(&made, signal), Finding::Unknown(why), "{status} {body} {signal}");
        }
        assert_eq!((made.decision, made.score), (Decision::Allow, 0));
    }
    let peer = Peer::start(|_| Said::json(401, &json!({ "error": "invalid_client" }))).await;
    let made = risk(&house, patient(), operator(&peer)).assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(finding(&made, Signal::SimSwapped), Finding::Unknown(Why::Failed));
    // Nobody is there any more.
    let gone = OperatorSettings {
        base_url: "http://127.0.0.1:1".to_owned(),
        token_url: "http://127.0.0.1:1".to_owned(),
        ..operator(&peer)
    };
    let made = risk(&house, patient(), gone).assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(finding(&made, Signal::SimSwapped), Finding::Unknown(Why::Failed));
    assert_eq!(made.decision, Decision::Allow);
}

async fn an_operator_that_is_down_is_left_alone_for_a_while(house: House) {
    // Down until it has been asked for nine tokens.
    let peer = Peer::start(|heard| match heard.path.as_str() {
        "/token" if heard.earlier("/token") < 9 => Said::json(503, &json!({})),
        _ => honest(heard),
    })
    .await;
    let only =
        OperatorSettings { interfaces: [("sim-swap".to_owned(), String::new())].into(), ..operator(&peer) };
    let risk = risk(&house, patient(), only);
    let ask = async || {
        let made = risk.assess(&house.cx, recovery()).await.unwrap();
        (finding(&made, Signal::SimSwapped), peer.heard().len())
    };
    let failed = Finding::Unknown(Why::Failed);
    for times in 1..=5 {
        assert_eq!(ask().await, (failed, times));
    }
    assert_eq!(ask().await, (failed, 5), "it is not asked");
    for times in 6..=9 {
        house.advance(31);
        assert_eq!(ask().await, (failed, times), "one finds out whether it is still down");
        assert_eq!(ask().await, (failed, times));
    }
    house.advance(31);
    assert_eq!(ask().await.0, Finding::Yes);
    assert_eq!(ask().await.0, Finding::Yes, "and is asked as before");
}

async fn nobody_waits_for_a_slow_operator(house: House) {
    let peer = Peer::start(|heard| match heard.path.as_str() {
        // The others answer at once.
        "/sim-swap/v2/check" => Said { is_kept_back: true, ..honest(heard) },
        _ => honest(heard),
    })
    .await;
    let settings = Settings { wait_millis: 800, ..Settings::default() };
    let begun = Instant::now();
    let made = risk(&house, settings, operator(&peer)).assess(&house.cx, recovery()).await.unwrap();
    let took = begun.elapsed();
    // The line itself is given up after ten seconds.
    assert!(took >= Duration::from_millis(800) && took < Duration::from_secs(9), "{took:?}");
    assert_eq!(finding(&made, Signal::SimSwapped), Finding::Unknown(Why::TimedOut));
    assert_eq!(finding(&made, Signal::CallsForwarded), Finding::Yes);
    // By the forwarded calls alone.
    assert_eq!(made.decision, Decision::Challenge);
}

async fn a_phone_is_verified_by_its_code_and_never_from_memory(house: House) {
    let peer = Peer::start(honest).await;
    let risk = risk(&house, patient(), operator(&peer));
    let sign_in = Question::new(number(AINO), Purpose::SignIn);
    let made = risk.assess(&house.cx, sign_in.clone()).await.unwrap();
    assert_eq!(finding(&made, Signal::OtherPhone), Finding::Unknown(Why::NotGiven));
    let phone = PhoneCode {
        code: Secret::new("c-1".to_owned()),
        redirect_uri: "https://shop.example/back".to_owned(),
    };
    for _ in 0..2 {
        let question = Question { phone: Some(phone.clone()), ..sign_in.clone() };
        let made = risk.assess(&house.cx, question).await.unwrap();
        assert_eq!(finding(&made, Signal::OtherPhone), Finding::No);
    }
    let heard = peer.heard();
    let grants: Vec<_> =
        heard.iter().filter(|one| one.path == "/token").map(|one| one.body.as_str()).collect();
    let grant = "grant_type=authorization_code&code=c-1&redirect_uri=https%3A%2F%2Fshop.example%2Fback";
    assert_eq!(grants, [grant, grant]);
    assert_eq!(heard.iter().filter(|one| one.path == "/number-verification/v2/verify").count(), 2);
}
