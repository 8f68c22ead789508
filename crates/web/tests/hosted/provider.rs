//! The OpenID Connect provider from outside: codes, tokens, what is used twice, signing out.

use identity::oidc::ClientKind;

use crate::porch::{AINO, Browser, ISSUER, Page, Porch, Program, REDIRECT, VERIFIER, claims};

testkit::stories! { crate::porch::Porch::open =>
    a_client_signs_somebody_in
    a_code_serves_once_and_a_thief_ends_everything
    a_refresh_token_serves_once_and_a_thief_ends_everything
    whoever_is_signed_in_is_not_asked_again
    a_pushed_request_is_taken_up_once
    signing_out_ends_what_clients_hold
    clients_are_told_that_somebody_signed_out
    clients_prove_who_they_are
    nothing_of_one_shop_serves_in_another
}

const SCOPES: &str = "openid phone offline_access";

/// From the client's address to the code that it gets.
async fn code_of(browser: &mut Browser<'_>, program: &Program<'_>) -> String {
    let begun = browser.get(&program.authorize(&[])).await.is(303);
    let signed = browser.sign_in_from(begun.location(), AINO).await;
    let back = browser.get(signed.location()).await.is(303);
    assert!(back.location().starts_with(REDIRECT), "{}", back.location());
    assert_eq!((back.parameter("state"), back.parameter("iss")), ("s-1".to_owned(), ISSUER.to_owned()));
    back.parameter("code")
}

async fn a_client_signs_somebody_in(porch: Porch) {
    let program = Program::new(&porch, SCOPES).await;
    let mut browser = Browser::new(&porch);
    let begun = browser.get(&program.authorize(&[("login_hint", AINO)])).await.is(303);
    let page = browser.get(begun.location()).await.is(200);
    page.shows("to go on to Web shop").shows(&format!("value=\"{AINO}\""));
    // The form may lead to the client and to no other.
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://client.example;"), "{policy}");
    let code = code_of(&mut browser, &program).await;
    let answer = program.exchange(&code).await.is(200);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let tokens = answer.json();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&"Bearer".into(), &600.into()));
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(
        (&id["iss"], &id["aud"], &id["nonce"]),
        (&ISSUER.into(), &program.id.as_str().into(), &"n-1".into())
    );
    assert_eq!((&id["acr"], &id["amr"]), (&"urn:trunkline:acr:1".into(), &serde_json::json!(["sms"])));
    assert!(id.get("phone_number").is_none());
    let access = tokens["access_token"].as_str().unwrap();
    let known = program.userinfo(access).await.is(200).json();
    assert_eq!(
        known,
        serde_json::json!({ "sub": id["sub"], "phone_number": AINO, "phone_number_verified": true })
    );
    let token = program.post("introspect", &[("token", access)]).await.is(200).json();
    assert_eq!(
        (&token["active"], &token["sub"], &token["scope"]),
        (&true.into(), &id["sub"], &SCOPES.into())
    );
    porch.advance(600);
    assert_eq!(program.userinfo(access).await.is(401).json()["error"], "invalid_token");
    assert!(!program.is_active(access).await);
    let keys = browser.get("/oidc/kivi/jwks").await.is(200).json();
    assert_eq!((&keys["keys"][0]["alg"], &keys["keys"][0]["crv"]), (&"ES256".into(), &"P-256".into()));
}

async fn a_code_serves_once_and_a_thief_ends_everything(porch: Porch) {
    let program = Program::new(&porch, SCOPES).await;
    let code = code_of(&mut Browser::new(&porch), &program).await;
    let tokens = program.exchange(&code).await.is(200).json();
    let access = tokens["access_token"].as_str().unwrap();
    assert!(program.is_active(access).await);
    assert_eq!(program.exchange(&code).await.is(400).json()["error"], "invalid_grant");
    assert!(!program.is_active(access).await);
    program.refresh(tokens["refresh_token"].as_str().unwrap()).await.is(400);
    // A code that is a minute old, or whose verifier is another's, serves nobody.
    let mut browser = Browser::new(&porch);
    porch.advance(60);
    let code = code_of(&mut browser, &program).await;
    porch.advance(60);
    assert_eq!(program.exchange(&code).await.is(400).json()["error"], "invalid_grant");
    let code = browser.get(&program.authorize(&[])).await.is(303).parameter("code");
    let other = VERIFIER.replace('d', "e");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", &other),
    ];
    assert_eq!(program.post("token", &fields).await.is(400).json()["error"], "invalid_grant");
    assert_eq!(program.exchange(&code).await.is(400).json()["error"], "invalid_grant");
}

async fn a_refresh_token_serves_once_and_a_thief_ends_everything(porch: Porch) {
    let program = Program::new(&porch, SCOPES).await;
    let code = code_of(&mut Browser::new(&porch), &program).await;
    let first = program.exchange(&code).await.is(200).json();
    let first = first["refresh_token"].as_str().unwrap();
    let second = program.refresh(first).await.is(200).json();
    let (access, refresh) =
        (second["access_token"].as_str().unwrap(), second["refresh_token"].as_str().unwrap());
    assert_ne!(refresh, first);
    assert!(claims(second["id_token"].as_str().unwrap()).get("nonce").is_none());
    assert!(program.is_active(access).await);
    assert_eq!(program.refresh(first).await.is(400).json()["error"], "invalid_grant");
    assert!(!program.is_active(access).await);
    program.refresh(refresh).await.is(400);
    let page =
        db::audit::list(&porch.app.db, porch.shop.id, None, &base::PageRequest::default()).await.unwrap();
    assert_eq!(
        (page.items[0].action.as_str(), page.items[0].reason.as_str()),
        ("grants.end", "token_reused")
    );
}

async fn whoever_is_signed_in_is_not_asked_again(porch: Porch) {
    let program = Program::new(&porch, SCOPES).await;
    let mut browser = Browser::new(&porch);
    let silent = program.authorize(&[("prompt", "none")]);
    assert_eq!(browser.get(&silent).await.is(303).parameter("error"), "login_required");
    code_of(&mut browser, &program).await;
    assert!(!browser.get(&silent).await.is(303).parameter("code").is_empty());
    let again = browser.get(&program.authorize(&[("prompt", "login")])).await.is(303);
    assert!(again.location().starts_with("/account/kivi/sign-in"), "{}", again.location());
    porch.advance(100);
    let old = program.authorize(&[("prompt", "none"), ("max_age", "60")]);
    assert_eq!(browser.get(&old).await.is(303).parameter("error"), "login_required");
    // Nobody is sent to an address that the client did not register, nor told of another's.
    let foreign = browser.get(&program.authorize(&[("redirect_uri", "https://evil.example/")])).await.is(422);
    assert_eq!(foreign.location(), "");
}

async fn a_pushed_request_is_taken_up_once(porch: Porch) {
    let program = Program::new(&porch, SCOPES).await;
    let mut browser = Browser::new(&porch);
    let push = async || {
        let whole = program.authorize(&[("client_id", "")]);
        let (_, query) = whole.split_once('?').unwrap();
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        program.post("par", &pairs).await.is(201).json()["request_uri"].as_str().unwrap().to_owned()
    };
    let address = |uri: &str| format!("/oidc/kivi/authorize?client_id={}&request_uri={uri}", program.id);
    let uri = push().await;
    let begun = browser.get(&address(&uri)).await.is(303);
    let signed = browser.sign_in_from(begun.location(), AINO).await;
    let back = browser.get(signed.location()).await.is(303);
    program.exchange(&back.parameter("code")).await.is(200);
    browser.get(&address(&uri)).await.is(422);
    let late = push().await;
    porch.advance(60);
    browser.get(&address(&late)).await.is(422);
}

async fn signing_out_ends_what_clients_hold(porch: Porch) {
    let program = Program::new(&porch, SCOPES).await;
    let mut browser = Browser::new(&porch);
    let tokens = program.exchange(&code_of(&mut browser, &program).await).await.is(200).json();
    let (id, refresh) = (tokens["id_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    // Without a word of whom it means the person is asked.
    let asked = browser.get("/oidc/kivi/logout").await.is(200);
    asked.shows("Sign out of Kivi &amp; Kaari?");
    let back = "post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fbye&state=s-2";
    let out = browser.get(&format!("/oidc/kivi/logout?id_token_hint={id}&{back}")).await.is(303);
    assert_eq!(out.location(), "https://client.example/bye?state=s-2");
    program.refresh(refresh).await.is(400);
    browser.get("/account/kivi").await.is(303);
    let foreign = "post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F";
    browser
        .get(&format!("/oidc/kivi/logout?id_token_hint={id}&{foreign}"))
        .await
        .is(200)
        .shows("You are signed out.");
}

async fn clients_are_told_that_somebody_signed_out(porch: Porch) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let told_at = format!("http://{}/signed-out", listener.local_addr().unwrap());
    let (heard, mut hears) = tokio::sync::mpsc::unbounded_channel::<String>();
    let router = axum::Router::new().route(
        "/signed-out",
        axum::routing::post(async move |body: String| {
            heard.send(body).unwrap();
        }),
    );
    tokio::spawn(async move { axum::serve(listener, router).await });
    let program = Program::told_at(&porch, SCOPES, &told_at).await;
    let mut browser = Browser::new(&porch);
    let tokens = program.exchange(&code_of(&mut browser, &program).await).await.is(200).json();
    let id = claims(tokens["id_token"].as_str().unwrap());
    let page = browser.get("/account/kivi").await.is(200);
    browser.post("/account/kivi/sign-out", &[("csrf", &page.hidden("csrf"))]).await.is(303);
    porch.work().await;
    let told = hears.try_recv().unwrap();
    let token = told.strip_prefix("logout_token=").unwrap();
    let said = claims(token);
    assert_eq!(
        (&said["iss"], &said["aud"], &said["sub"], &said["sid"]),
        (&ISSUER.into(), &id["aud"], &id["sub"], &id["sid"])
    );
    assert!(
        said["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object()
            && said.get("nonce").is_none()
    );
    assert!(hears.try_recv().is_err(), "told once");
}

async fn clients_prove_who_they_are(porch: Porch) {
    let program = Program::new(&porch, SCOPES).await;
    let wrong = Program { secret: Some("tlc_wrong".to_owned()), id: program.id.clone(), porch: &porch };
    let nobody = Program { secret: None, id: program.id.clone(), porch: &porch };
    let refused = |page: Page| page.is(401).json()["error"] == "invalid_client";
    for name in ["token", "introspect", "revoke", "par"] {
        assert!(refused(wrong.post(name, &[("token", "x")]).await), "{name}");
        assert!(refused(nobody.post(name, &[("token", "x")]).await), "{name}");
    }
    // A public client has no secret and may not ask about tokens, but takes its own back.
    let new = porch.client(ClientKind::Public, SCOPES).await;
    let public = Program { secret: None, id: new.client.id.to_string(), porch: &porch };
    let tokens = public.exchange(&code_of(&mut Browser::new(&porch), &public).await).await.is(200).json();
    let access = tokens["access_token"].as_str().unwrap();
    public.post("introspect", &[("token", access)]).await.is(401);
    assert!(program.is_active(access).await);
    // Of another's token nothing is taken back, and nothing is told.
    program.post("revoke", &[("token", access)]).await.is(200);
    assert!(program.is_active(access).await);
    public.post("revoke", &[("token", access)]).await.is(200);
    assert!(!program.is_active(access).await);
    porch.app.clients.remove(&porch.cx(), new.client.id).await.unwrap();
    public.refresh(tokens["refresh_token"].as_str().unwrap()).await.is(401);
}

async fn nothing_of_one_shop_serves_in_another(porch: Porch) {
    porch.app.shops.ensure("kaari", "Kaari").await.unwrap();
    let program = Program::new(&porch, SCOPES).await;
    let mut browser = Browser::new(&porch);
    let tokens = program.exchange(&code_of(&mut browser, &program).await).await.is(200).json();
    let elsewhere = program.authorize(&[]).replace("/kivi/", "/kaari/");
    browser.get(&elsewhere).await.is(422).shows("There is no such client.");
    browser.get("/account/kaari").await.is(303);
    let session = browser.cookie("account-session-kivi").unwrap().to_owned();
    browser.set_cookie("account-session-kaari", &session);
    browser.get("/account/kaari").await.is(303);
    let token = tokens["access_token"].as_str().unwrap();
    let request =
        axum::http::Request::get("/oidc/kaari/userinfo").header("authorization", format!("Bearer {token}"));
    let answer =
        tower::ServiceExt::oneshot(porch.router.clone(), request.body(axum::body::Body::empty()).unwrap())
            .await
            .unwrap();
    assert_eq!(answer.status(), 401);
}
