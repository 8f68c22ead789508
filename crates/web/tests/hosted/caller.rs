//! A client asks somebody on their phone whether it is they who talk with the shop (OpenID Client-Initiated Backchannel Authentication, poll mode).

use identity::oidc::ClientKind;
use serde_json::json;

use crate::{
    factors::{digits, set_up_app},
    porch::{AINO, Browser, Page, Porch, Program, claims},
};

testkit::stories! { crate::porch::Porch::open =>
    somebody_says_yes_and_the_client_gets_tokens_once
    somebody_says_no_and_the_client_is_told
    a_client_that_is_too_quick_waits_longer
    an_unknown_number_is_answered_like_any_other
    an_app_is_asked_for_here_too
    only_a_client_that_may_asks
}

const GRANT: &str = "urn:openid:params:grant-type:ciba";

async fn desk(porch: &Porch) -> Program<'_> {
    Program::of(porch, porch.desk(ClientKind::Confidential).await.unwrap())
}

pub async fn ask(program: &Program<'_>, number: &str) -> Page {
    let fields = [("scope", "openid phone"), ("login_hint", number), ("binding_message", "Ticket 4711")];
    program.post("bc-authorize", &fields).await
}

async fn poll(program: &Program<'_>, id: &str) -> Page {
    program.post("token", &[("grant_type", GRANT), ("auth_req_id", id)]).await
}

async fn error(program: &Program<'_>, id: &str) -> String {
    poll(program, id).await.is(400).json()["error"].as_str().unwrap().to_owned()
}

fn id_of(page: &Page) -> String {
    page.json()["auth_req_id"].as_str().unwrap().to_owned()
}

/// Where the link leads that the phone got.
async fn link(porch: &Porch) -> String {
    let texts = porch.texts(AINO).await;
    let text = texts.iter().find(|text| text.contains("/link/")).unwrap_or_else(|| panic!("{texts:?}"));
    assert!(text.contains("Ticket 4711"), "{text}");
    let link = text.split(' ').find(|word| word.contains("/link/")).unwrap();
    link.strip_prefix("http://127.0.0.1:9000").expect("links lead to us").to_owned()
}

async fn say(phone: &mut Browser<'_>, link: &str, more: &[(&str, &str)]) -> Page {
    let csrf = phone.get(link).await.is(200).hidden("csrf");
    let mut fields = vec![("csrf", csrf.as_str())];
    fields.extend(more);
    phone.post(link, &fields).await
}

async fn somebody_says_yes_and_the_client_gets_tokens_once(porch: Porch) {
    Browser::new(&porch).sign_in(AINO).await;
    porch.advance(600);
    let program = desk(&porch).await;
    // As somebody at the desk types it.
    let asked = ask(&program, "+358 (40) 123-4567").await.is(200);
    assert_eq!(asked.headers["cache-control"], "no-store");
    let told = asked.json();
    assert_eq!((&told["expires_in"], &told["interval"]), (&600.into(), &5.into()));
    let id = id_of(&asked);
    assert_eq!(error(&program, &id).await, "authorization_pending");
    let link = link(&porch).await;
    let mut phone = Browser::new(&porch);
    phone.get(&link).await.is(200).shows("Ticket 4711").shows("Support desk").shows("Yes, it is me");
    porch.advance(5);
    assert_eq!(error(&program, &id).await, "authorization_pending");
    say(&mut phone, &link, &[("answer", "yes")]).await.is(200).shows("The shop knows now that it is you.");
    let tokens = poll(&program, &id).await.is(200).json();
    let signed = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(
        (&signed["aud"], &signed["acr"]),
        (&program.id.as_str().into(), &"urn:trunkline:acr:1".into())
    );
    assert_eq!(signed["amr"], json!(["sms"]));
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(program.userinfo(access).await.is(200).json()["phone_number"], AINO);
    // Once: neither the request nor the link serves again, and the phone was not signed in by it.
    assert_eq!(error(&program, &id).await, "invalid_grant");
    phone.get(&link).await.is(404).shows("This link serves no more.");
    phone.get("/account/kivi").await.is(303);
}

async fn somebody_says_no_and_the_client_is_told(porch: Porch) {
    Browser::new(&porch).sign_in(AINO).await;
    porch.advance(600);
    let program = desk(&porch).await;
    let id = id_of(&ask(&program, AINO).await.is(200));
    let link = link(&porch).await;
    let mut phone = Browser::new(&porch);
    say(&mut phone, &link, &[("answer", "no")]).await.is(200).shows("it is not you");
    assert_eq!(error(&program, &id).await, "access_denied");
    phone.get(&link).await.is(404);
}

async fn a_client_that_is_too_quick_waits_longer(porch: Porch) {
    Browser::new(&porch).sign_in(AINO).await;
    porch.advance(600);
    let program = desk(&porch).await;
    let id = id_of(&ask(&program, AINO).await.is(200));
    assert_eq!(error(&program, &id).await, "authorization_pending");
    // Each request of the story takes a second.
    assert_eq!(error(&program, &id).await, "slow_down");
    // Ten seconds now, not five.
    porch.advance(6);
    assert_eq!(error(&program, &id).await, "slow_down");
    porch.advance(14);
    assert_eq!(error(&program, &id).await, "authorization_pending");
    let other = desk(&porch).await;
    assert_eq!(error(&other, &id).await, "invalid_grant");
    porch.advance(600);
    assert_eq!(error(&program, &id).await, "expired_token");
}

async fn an_unknown_number_is_answered_like_any_other(porch: Porch) {
    const NOBODY: &str = "+358401299567";
    Browser::new(&porch).sign_in(AINO).await;
    porch.advance(600);
    let program = desk(&porch).await;
    let mut answers = Vec::new();
    for number in [AINO, NOBODY] {
        let asked = ask(&program, number).await.is(200);
        let names: Vec<String> = asked.headers.keys().map(ToString::to_string).collect();
        let told = asked.json();
        answers.push((names, told["expires_in"].clone(), told["interval"].clone(), asked.body.len()));
        assert_eq!(error(&program, &id_of(&asked)).await, "authorization_pending");
    }
    assert_eq!(answers[0], answers[1]);
    assert!(porch.texts(NOBODY).await.is_empty());
    // Nobody answers for it, until its time is over.
    let fields = [("scope", "openid"), ("login_hint", NOBODY), ("requested_expiry", "60")];
    let asked = program.post("bc-authorize", &fields).await.is(200);
    assert_eq!(asked.json()["expires_in"], 60);
    porch.advance(60);
    assert_eq!(error(&program, &id_of(&asked)).await, "expired_token");
}

async fn an_app_is_asked_for_here_too(porch: Porch) {
    let mut browser = Browser::new(&porch);
    browser.sign_in(AINO).await;
    let key = set_up_app(&mut browser).await;
    porch.advance(600);
    let program = desk(&porch).await;
    let id = id_of(&ask(&program, AINO).await.is(200));
    let link = link(&porch).await;
    let mut phone = Browser::new(&porch);
    let wrong = [("answer", "yes"), ("digits", "000000")];
    say(&mut phone, &link, &wrong).await.is(422).shows("These digits are not right");
    say(&mut phone, &link, &[("answer", "yes")]).await.is(422);
    let shown = digits(&key, porch.cx().now());
    say(&mut phone, &link, &[("answer", "yes"), ("digits", &shown)]).await.is(200);
    let signed = claims(poll(&program, &id).await.is(200).json()["id_token"].as_str().unwrap());
    assert_eq!(signed["acr"], "urn:trunkline:acr:2");
    assert_eq!(signed["amr"], json!(["mfa", "otp", "sms"]));
}

async fn only_a_client_that_may_asks(porch: Porch) {
    assert_eq!(porch.desk(ClientKind::Public).await.unwrap_err().code, "client_is_public");
    let shop = Program::new(&porch, "openid phone").await;
    assert_eq!(ask(&shop, AINO).await.is(400).json()["error"], "unauthorized_client");
    assert_eq!(error(&shop, "tlb_x").await, "unauthorized_client");
    let stranger = Program { secret: Some("tlc_x".to_owned()), ..desk(&porch).await };
    assert_eq!(ask(&stranger, AINO).await.is(401).json()["error"], "invalid_client");
    let about = Browser::new(&porch).get("/oidc/kivi/.well-known/openid-configuration").await.is(200).json();
    assert_eq!(about["backchannel_token_delivery_modes_supported"], json!(["poll"]));
    assert!(
        about["backchannel_authentication_endpoint"].as_str().unwrap().ends_with("/oidc/kivi/bc-authorize")
    );
    assert!(about["grant_types_supported"].as_array().unwrap().contains(&GRANT.into()));
}
