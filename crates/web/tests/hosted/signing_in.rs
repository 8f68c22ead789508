//! Signing in by a code, sessions, signing out.

use crate::porch::{AINO, Browser, Page, Porch};

testkit::stories! { crate::porch::Porch::open =>
    a_code_signs_in_and_the_account_shows_where
    what_is_said_is_the_same_for_known_and_unknown_numbers
    wrong_codes_are_told_and_used_ones_serve_no_more
    forms_of_strangers_are_refused
    somebody_signs_out_here_and_elsewhere
    a_new_device_is_told_to_the_number
    pages_speak_the_persons_language
}

async fn a_code_signs_in_and_the_account_shows_where(porch: Porch) {
    let mut browser = Browser::new(&porch);
    let page = browser.get("/account/kivi").await.is(303);
    assert_eq!(page.location(), "/account/kivi/sign-in");
    let page = browser.get("/account/kivi/sign-in").await.is(200);
    page.shows("Sign in to Kivi &amp; Kaari").shows("inputmode=\"tel\"");
    // As one dials it at home: the browser says en-FI.
    let page = browser.send_code(&page, "040 123 4567").await;
    page.shows("autocomplete=\"one-time-code\"").shows("Nobody of the shop will ever ask you for this code.");
    assert!(!page.body.contains("401234567"), "the number is masked");
    let code = porch.code(AINO).await;
    let signed = browser.type_code(&page, &code).await.is(303);
    assert_eq!(signed.location(), "/account/kivi");
    let set: Vec<&str> =
        signed.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()).collect();
    assert!(set.iter().all(|set| set.contains("HttpOnly") && set.contains("SameSite=Lax")), "{set:?}");
    let account = browser.get("/account/kivi").await.is(200);
    account.shows("Firefox, Linux").shows("this device");
    assert!(!account.body.contains("401234567"));
    assert!(account.headers["content-security-policy"].to_str().unwrap().contains("form-action 'self';"));
}

/// A page without what differs each time.
fn plain(page: &Page) -> String {
    let mut body = page.body.clone();
    for name in ["csrf", "ticket", "until"] {
        body = body.replace(&page.hidden(name), "…");
    }
    body
}

async fn what_is_said_is_the_same_for_known_and_unknown_numbers(porch: Porch) {
    Browser::new(&porch).sign_in(AINO).await;
    porch.advance(600);
    let mut pages = Vec::new();
    for number in [AINO, "+358401299567"] {
        let mut browser = Browser::new(&porch);
        let page = browser.get("/account/kivi/sign-in").await;
        let csrf = page.hidden("csrf");
        let sent = browser
            .post("/account/kivi/sign-in", &[("csrf", &csrf), ("request", ""), ("number", number)])
            .await
            .is(303);
        let names = |page: &Page| page.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        let code = browser.get(sent.location()).await.is(200);
        pages.push((names(&sent), sent.location().len(), names(&code), plain(&code)));
    }
    assert_eq!(pages[0], pages[1]);
}

async fn wrong_codes_are_told_and_used_ones_serve_no_more(porch: Porch) {
    let mut browser = Browser::new(&porch);
    let page = browser.get("/account/kivi/sign-in").await;
    let page = browser.send_code(&page, AINO).await;
    let code = porch.code(AINO).await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    let told = browser.type_code(&page, wrong).await.is(422);
    told.shows("The code is not right.");
    assert_eq!(browser.cookie("account-session-kivi"), None);
    browser.type_code(&told, &code).await.is(303);
    let mut other = Browser::new(&porch);
    // Another browser cannot even name this verification.
    other.get("/account/kivi/sign-in").await;
    let csrf = other.get("/account/kivi/sign-in").await.hidden("csrf");
    let fields =
        [("csrf", csrf.as_str()), ("request", ""), ("ticket", &page.hidden("ticket")), ("code", &code)];
    other.post("/account/kivi/code", &fields).await.is(422);
    browser.type_code(&page, &code).await.is(422).shows("This code serves no more.");
}

async fn forms_of_strangers_are_refused(porch: Porch) {
    let mut browser = Browser::new(&porch);
    browser.post("/account/kivi/sign-in", &[("number", AINO)]).await.is(403);
    let page = browser.get("/account/kivi/sign-in").await;
    browser.post("/account/kivi/sign-in", &[("csrf", "AAAA"), ("number", AINO)]).await.is(403);
    let mut other = Browser::new(&porch);
    other.get("/account/kivi/sign-in").await;
    other.post("/account/kivi/sign-in", &[("csrf", &page.hidden("csrf")), ("number", AINO)]).await.is(403);
    assert_eq!(porch.texts(AINO).await, Vec::<String>::new());
}

async fn somebody_signs_out_here_and_elsewhere(porch: Porch) {
    let (mut here, mut there) = (Browser::new(&porch), Browser::new(&porch));
    here.sign_in(AINO).await;
    porch.advance(60);
    there.sign_in(AINO).await;
    let stolen = there.cookie("account-session-kivi").unwrap().to_owned();
    let page = here.get("/account/kivi").await.is(200);
    here.post("/account/kivi/sessions", &[("csrf", &page.hidden("csrf")), ("session", "others")])
        .await
        .is(303);
    there.get("/account/kivi").await.is(303);
    let page = here.get("/account/kivi").await.is(200);
    here.post("/account/kivi/sign-out", &[("csrf", &page.hidden("csrf"))]).await.is(303);
    here.get("/account/kivi").await.is(303);
    here.set_cookie("account-session-kivi", &stolen);
    here.get("/account/kivi").await.is(303);
}

async fn a_new_device_is_told_to_the_number(porch: Porch) {
    let mut first = Browser::new(&porch);
    first.sign_in(AINO).await;
    porch.advance(60);
    // The same device again: nothing to tell, though it signed out in between.
    let page = first.get("/account/kivi").await;
    first.post("/account/kivi/sign-out", &[("csrf", &page.hidden("csrf"))]).await.is(303);
    first.sign_in(AINO).await;
    let told = |texts: Vec<String>| texts.iter().filter(|text| text.contains("from a new device")).count();
    assert_eq!(told(porch.texts(AINO).await), 0);
    porch.advance(600);
    Browser::new(&porch).sign_in(AINO).await;
    assert_eq!(told(porch.texts(AINO).await), 1);
}

async fn pages_speak_the_persons_language(porch: Porch) {
    for (language, title) in [
        ("fi-FI,fi;q=0.9,en;q=0.8", "Kirjaudu: Kivi &amp; Kaari"),
        ("bn-BD", "Kivi &amp; Kaari-এ সাইন ইন করুন"),
        ("ro", "Conectare la Kivi &amp; Kaari"),
        ("sv-SE", "Sign in to Kivi &amp; Kaari"),
    ] {
        let mut browser = Browser { language, ..Browser::new(&porch) };
        browser.get("/account/kivi/sign-in").await.is(200).shows(title);
    }
    Browser::new(&porch).get("/account/kivi/sign-in?lang=ro").await.is(200).shows("<html lang=\"ro\">");
    Browser::new(&porch).get("/account/nobody/sign-in").await.is(404);
}
