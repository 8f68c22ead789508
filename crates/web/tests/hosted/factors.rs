//! Stronger factors without a browser's help: an authenticator app, a password, recovery, change of number, and a number's next holder.

use base::Timestamp;
use totp_rs::{Builder, Secret};

use crate::porch::{AINO, Browser, Page, Porch, Program, claims};

testkit::stories! { crate::porch::Porch::open =>
    an_app_is_asked_for_after_the_code
    a_password_is_asked_for_after_the_code
    whoever_lost_the_app_gets_back_in_and_everybody_else_is_out
    a_link_gets_its_reader_back_in_and_not_whoever_asked
    a_link_that_was_used_or_made_up_opens_nothing
    a_number_is_changed_by_proof_of_both
    a_new_number_is_written_as_at_home_and_its_codes_are_sent_again
    nothing_is_on_its_way_that_nobody_asked_for
    the_next_holder_of_a_number_opens_an_account_of_their_own
    an_old_proof_changes_nothing
    a_recovery_waits_while_the_sim_was_swapped_lately
    a_change_of_number_waits_while_the_sim_was_swapped_lately
    an_erased_customers_account_is_gone
}

const NEW: &str = "+358401234999";

/// The digits that an app shows for a key as it is written on the page.
pub fn digits(key: &str, at: Timestamp) -> String {
    let secret = Secret::try_from_base32(key.replace(' ', "")).unwrap();
    let totp = Builder::new().with_secret(secret.as_bytes().to_vec()).build().unwrap();
    totp.generate(u64::try_from(at.as_micros() / Timestamp::SECOND).unwrap()).to_string()
}

/// Sends a form of the account page that has nothing but its button.
async fn press(browser: &mut Browser<'_>, name: &str, more: &[(&str, &str)]) -> Page {
    let csrf = browser.get("/account/kivi").await.is(200).hidden("csrf");
    let mut fields = vec![("csrf", csrf.as_str())];
    fields.extend_from_slice(more);
    browser.post(&format!("/account/kivi/{name}"), &fields).await
}

pub async fn set_up_app(browser: &mut Browser<'_>) -> String {
    let page = press(browser, "totp", &[]).await.is(200);
    let address = page.body.split_once("href=\"otpauth://totp/Kivi").unwrap().1.split('"').next().unwrap();
    assert!(address.contains("secret=") && page.body.contains("class=\"qr\""), "{address}");
    // Whoever mistypes the digits still sees the key.
    let mistyped = [("csrf", &*page.hidden("csrf")), ("digits", "000000")];
    let again = browser.post("/account/kivi/totp/confirm", &mistyped).await.is(422);
    again.shows("These digits are not right").shows("class=\"qr\"");
    let key = page.body.split_once("<code class=\"key\">").unwrap().1.split('<').next().unwrap().to_owned();
    let shown = digits(&key, browser.porch.cx().now());
    let done = browser
        .post("/account/kivi/totp/confirm", &[("csrf", &page.hidden("csrf")), ("digits", &shown)])
        .await
        .is(303);
    assert!(done.location().contains("done=changed"));
    key
}

async fn second(browser: &mut Browser<'_>, field: (&str, &str)) -> Page {
    let page = browser.get("/account/kivi/second").await.is(200);
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    browser.post("/account/kivi/second", &[("csrf", &csrf), ("request", &request), field]).await
}

async fn an_app_is_asked_for_after_the_code(porch: Porch) {
    let mut browser = Browser::new(&porch);
    browser.sign_in(AINO).await;
    let key = set_up_app(&mut browser).await;
    assert!(porch.texts(AINO).await[0].contains("was added to your account"));
    porch.advance(60);
    let program = Program::new(&porch, "openid phone offline_access").await;
    let mut other = Browser::new(&porch);
    let begun = other.get(&program.authorize(&[])).await.is(303);
    let signed = other.sign_in_from(begun.location(), AINO).await;
    assert!(signed.location().starts_with("/account/kivi/second?request="), "{}", signed.location());
    // Not signed in yet: neither the account nor a client sees anybody.
    other.get("/account/kivi").await.is(303);
    let silent = other.get(&program.authorize(&[("prompt", "none")])).await.is(303);
    assert_eq!(silent.parameter("error"), "login_required");
    let page = other.get(signed.location()).await.is(200);
    let before = other.cookie("account-session-kivi").unwrap().to_owned();
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let send = async |other: &mut Browser<'_>, shown: &str| {
        other.post("/account/kivi/second", &[("csrf", &csrf), ("request", &request), ("digits", shown)]).await
    };
    send(&mut other, "000000").await.is(422).shows("These digits are not right");
    let shown = digits(&key, porch.cx().now().plus_micros(Timestamp::SECOND));
    let proved = send(&mut other, &shown).await.is(303);
    assert_ne!(other.cookie("account-session-kivi").unwrap(), before, "a new token with each proof");
    let back = other.get(proved.location()).await.is(303);
    let tokens = program.exchange(&back.parameter("code")).await.is(200).json();
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(
        (&id["acr"], &id["amr"]),
        (&"urn:trunkline:acr:2".into(), &serde_json::json!(["mfa", "otp", "sms"]))
    );
    // The same digits serve once, though an app still shows them.
    porch.advance(31);
    let mut thief = Browser::new(&porch);
    thief.sign_in(AINO).await;
    second(&mut thief, ("digits", &shown)).await.is(422);
    for _ in 0..4 {
        second(&mut thief, ("digits", "000000")).await;
    }
    let right = digits(&key, porch.cx().now().plus_micros(2 * Timestamp::SECOND));
    second(&mut thief, ("digits", &right)).await.is(429);
}

async fn a_password_is_asked_for_after_the_code(porch: Porch) {
    const PASSWORD: &str = " seven wet stones ";
    let mut browser = Browser::new(&porch);
    browser.sign_in(AINO).await;
    let short = press(&mut browser, "password", &[("password", "too short")]).await.is(303);
    assert!(short.location().contains("done=short"));
    // Long enough, and tried first: the shop's name and a year.
    let tried = press(&mut browser, "password", &[("password", "Kivi & Kaari 2026")]).await.is(303);
    browser.get(tried.location()).await.is(200).shows("one of those that are tried first");
    press(&mut browser, "password", &[("password", PASSWORD)]).await.is(303);
    porch.advance(60);
    let mut other = Browser::new(&porch);
    let signed = other.sign_in(AINO).await;
    assert_eq!(signed.location(), "/account/kivi/second");
    // Letter by letter, blanks too.
    second(&mut other, ("password", PASSWORD.trim())).await.is(422).shows("The password is not right.");
    second(&mut other, ("password", PASSWORD)).await.is(303);
    other.get("/account/kivi").await.is(200);
    press(&mut other, "password/remove", &[]).await.is(303);
    porch.advance(600);
    let signed = Browser::new(&porch).sign_in(AINO).await;
    assert_ne!(signed.location(), "/account/kivi/second");
}

async fn whoever_lost_the_app_gets_back_in_and_everybody_else_is_out(porch: Porch) {
    let mut first = Browser::new(&porch);
    first.sign_in(AINO).await;
    set_up_app(&mut first).await;
    porch.advance(600);
    let mut lost = Browser::new(&porch);
    lost.sign_in(AINO).await;
    porch.advance(60);
    let done = recover(&mut lost).await.is(303);
    assert!(done.location().contains("done=recovered"), "{}", done.location());
    lost.get(done.location()).await.is(200).shows("You are in again.");
    first.get("/account/kivi").await.is(303);
    assert!(porch.texts(AINO).await.iter().any(|text| text.contains("all devices were signed out")));
}

/// Asks for a recovery and types its code.
async fn recover(browser: &mut Browser<'_>) -> Page {
    let page = browser.get("/account/kivi/second").await.is(200);
    let fields = [("csrf", page.hidden("csrf")), ("request", String::new())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sent = browser.post("/account/kivi/recover/send", &fields).await.is(303);
    let page = browser.get(sent.location()).await.is(200);
    let code = browser.porch.code(AINO).await;
    let fields = [
        ("csrf", page.hidden("csrf")),
        ("ticket", page.hidden("ticket")),
        ("request", String::new()),
        ("code", code),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post("/account/kivi/recover", &fields).await
}

async fn nothing_is_on_its_way_that_nobody_asked_for(porch: Porch) {
    let mut browser = Browser::new(&porch);
    browser.sign_in(AINO).await;
    let shown = browser.get("/account/kivi/recover").await.is(303);
    assert_eq!(shown.location(), "/account/kivi/second");
    // A passkey would belong to a name, and this address has none.
    assert!(!browser.get("/account/kivi").await.is(200).body.contains("data-passkey"));
}

async fn a_new_number_is_written_as_at_home_and_its_codes_are_sent_again(porch: Porch) {
    let mut browser = Browser::new(&porch);
    browser.sign_in(AINO).await;
    let page = browser.get("/account/kivi/number").await.is(200);
    page.shows("<select name=\"region\"").shows("We send one code to your old number");
    let csrf = page.hidden("csrf");
    let fields = [("csrf", &*csrf), ("number", "01712345678"), ("region", "BD")];
    // The code of the sign-in has used the old number's half minute, so this may be in vain, and does not say otherwise.
    let page = browser.post("/account/kivi/number", &fields).await.is(200);
    page.shows("If these numbers can receive messages").shows("+880 ••••••• 678");
    assert_eq!(porch.texts(AINO).await.len(), 1);
    porch.advance(31);
    let again = page.body.split_once("name=\"again\" value=\"").unwrap().1.split('"').next().unwrap();
    browser.post("/account/kivi/number", &[("csrf", &*csrf), ("again", again)]).await.is(200).shows("+880");
    assert_eq!(porch.texts(AINO).await.len(), 2);
    assert_eq!(porch.texts("+8801712345678").await.len(), 2);
}

async fn swap_sim(porch: &Porch) {
    let number = numbering::PhoneNumber::from_e164(AINO).unwrap();
    porch.app.sandbox().unwrap().swap_sim(&porch.cx(), number).await.unwrap();
}

async fn a_recovery_waits_while_the_sim_was_swapped_lately(porch: Porch) {
    let mut first = Browser::new(&porch);
    first.sign_in(AINO).await;
    set_up_app(&mut first).await;
    porch.advance(600);
    swap_sim(&porch).await;
    let mut thief = Browser::new(&porch);
    thief.sign_in(AINO).await;
    porch.advance(60);
    recover(&mut thief).await.is(409).shows("changed a short while ago");
    // Nothing was taken away: the app is asked for still, and the first device is signed in.
    first.get("/account/kivi").await.is(200);
    thief.get("/account/kivi").await.is(303);
    // Three days after the swap it goes through.
    porch.advance(3 * 86_400);
    let mut owner = Browser::new(&porch);
    owner.sign_in(AINO).await;
    porch.advance(60);
    let done = recover(&mut owner).await.is(303);
    assert!(done.location().contains("done=recovered"), "{}", done.location());
}

async fn a_change_of_number_waits_while_the_sim_was_swapped_lately(porch: Porch) {
    let mut browser = Browser::new(&porch);
    browser.sign_in(AINO).await;
    swap_sim(&porch).await;
    porch.advance(60);
    change(&mut browser, None).await.is(409).shows("it cannot be changed yet");
    // Whoever shows a stronger factor need not wait.
    porch.advance(60);
    let key = set_up_app(&mut browser).await;
    porch.advance(600);
    let mut stronger = Browser::new(&porch);
    stronger.sign_in(AINO).await;
    let shown = digits(&key, porch.cx().now());
    second(&mut stronger, ("digits", &shown)).await.is(303);
    porch.advance(60);
    let changed = change(&mut stronger, None).await.is(303);
    assert!(changed.location().contains("done=number"), "{}", changed.location());
}

/// Somebody with an app who cannot show its digits asks for a link; where the link leads that the phone got.
async fn ask_for_link(porch: &Porch, lost: &mut Browser<'_>) -> String {
    porch.advance(600);
    lost.sign_in(AINO).await;
    porch.advance(60);
    let page = lost.get("/account/kivi/second").await.is(200);
    let fields = [("csrf", &*page.hidden("csrf")), ("request", ""), ("by", "link")];
    let sent = lost.post("/account/kivi/recover/send", &fields).await.is(200);
    sent.shows("a link is on its way");
    let texts = porch.texts(AINO).await;
    let mut words = texts.iter().flat_map(|text| text.split(' '));
    let link = words.find(|word| word.contains("/link/")).unwrap_or_else(|| panic!("{texts:?}"));
    let path = link.strip_prefix("http://127.0.0.1:9000").expect("links lead to us").to_owned();
    // The page that sent it holds nothing of it.
    assert!(!sent.body.contains(path.rsplit('/').next().unwrap()));
    path
}

async fn a_link_gets_its_reader_back_in_and_not_whoever_asked(porch: Porch) {
    let mut first = Browser::new(&porch);
    first.sign_in(AINO).await;
    set_up_app(&mut first).await;
    let mut asking = Browser::new(&porch);
    let link = ask_for_link(&porch, &mut asking).await;
    // A messenger opens it to show what is behind it: nothing happens, and it can be opened again.
    let preview = Browser::new(&porch).get(&link).await.is(200);
    assert_eq!(preview.headers["referrer-policy"], "same-origin");
    first.get("/account/kivi").await.is(200);
    let mut phone = Browser::new(&porch);
    let page = phone.get(&link).await.is(200);
    page.shows("Get back into your account");
    let done = phone.post(&link, &[("csrf", &page.hidden("csrf"))]).await.is(303);
    assert!(done.location().contains("done=recovered"), "{}", done.location());
    phone.get(done.location()).await.is(200).shows("You are in again.").shows("Set up an authenticator app");
    // Everybody else is out: the browser that was signed in, and the one that asked.
    first.get("/account/kivi").await.is(303);
    asking.get("/account/kivi").await.is(303);
    assert!(porch.texts(AINO).await.iter().any(|text| text.contains("all devices were signed out")));
    // It served once.
    let mut thief = Browser::new(&porch);
    thief.get(&link).await.is(404).shows("This link serves no more.");
}

async fn a_link_that_was_used_or_made_up_opens_nothing(porch: Porch) {
    let mut first = Browser::new(&porch);
    first.sign_in(AINO).await;
    set_up_app(&mut first).await;
    let link = ask_for_link(&porch, &mut Browser::new(&porch)).await;
    let mut phone = Browser::new(&porch);
    // Another letter in the secret, another end, nothing at all.
    let last = if link.ends_with('A') { "B" } else { "A" };
    let other = format!("{}{last}{}", &link[..link.len() - 2], &link[link.len() - 1..]);
    for made_up in [&other, &link[..link.len() - 4], "/account/kivi/link/x"] {
        phone.get(made_up).await.is(404).shows("This link serves no more.");
    }
    let page = phone.get(&link).await.is(200);
    phone.post(&other, &[("csrf", &page.hidden("csrf"))]).await.is(404);
    // A form of another page does not press the button.
    phone.post(&link, &[("csrf", "x")]).await.is(403);
    porch.advance(600);
    phone.post(&link, &[("csrf", &page.hidden("csrf"))]).await.is(404).shows("for ten minutes");
    first.get("/account/kivi").await.is(200);
}

async fn change(browser: &mut Browser<'_>, old_code: Option<&str>) -> Page {
    let page = browser.get("/account/kivi/number").await.is(200);
    let page = browser
        .post("/account/kivi/number", &[("csrf", &page.hidden("csrf")), ("number", NEW)])
        .await
        .is(200);
    let old = browser.porch.code(AINO).await;
    let new = browser.porch.code(NEW).await;
    let fields = [
        ("csrf", page.hidden("csrf")),
        ("old", page.hidden("old")),
        ("new", page.hidden("new")),
        ("old_code", old_code.map_or(old, str::to_owned)),
        ("new_code", new),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post("/account/kivi/number/change", &fields).await
}

async fn a_number_is_changed_by_proof_of_both(porch: Porch) {
    let program = Program::new(&porch, "openid phone offline_access").await;
    let mut browser = Browser::new(&porch);
    let begun = browser.get(&program.authorize(&[])).await.is(303);
    let signed = browser.sign_in_from(begun.location(), AINO).await;
    let code = browser.get(signed.location()).await.is(303).parameter("code");
    let tokens = program.exchange(&code).await.is(200).json();
    let access = tokens["access_token"].as_str().unwrap();
    porch.advance(60);
    change(&mut browser, Some("000000")).await.is(422).shows("The code is not right.");
    assert_eq!(program.userinfo(access).await.is(200).json()["phone_number"], AINO);
    porch.advance(60);
    let changed = change(&mut browser, None).await.is(303);
    assert!(changed.location().contains("done=number"), "{}", changed.location());
    let known = program.userinfo(access).await.is(200).json();
    assert_eq!(
        (&known["phone_number"], &known["sub"]),
        (&NEW.into(), &claims(tokens["id_token"].as_str().unwrap())["sub"])
    );
    assert!(porch.texts(AINO).await[0].contains("was changed to another one"));
    // The new number signs in to the same account; its other places are still there.
    porch.advance(600);
    let mut other = Browser::new(&porch);
    other.sign_in(NEW).await;
    let page = other.get("/account/kivi").await.is(200);
    assert_eq!(page.body.matches("Firefox, Linux").count(), 2);
}

async fn the_next_holder_of_a_number_opens_an_account_of_their_own(porch: Porch) {
    let mut first = Browser::new(&porch);
    first.sign_in(AINO).await;
    // The number becomes somebody else's, as an agent finds out: Aino left it for another one.
    let cx = porch.cx();
    let number = |text| numbering::PhoneNumber::from_e164(text).unwrap();
    let holders = porch.app.customers.search(&cx, customers::Query::Number(number(AINO)), 10).await.unwrap();
    porch
        .app
        .customers
        .change_number(&cx, holders[0].id, number(AINO), number(NEW), "she told us")
        .await
        .unwrap();
    porch.advance(600);
    let mut next = Browser::new(&porch);
    next.sign_in(AINO).await;
    let page = next.get("/account/kivi").await.is(200);
    assert_eq!(page.body.matches("Firefox, Linux").count(), 1, "nothing of the last holder is seen");
    first.get("/account/kivi").await.is(200).shows("Somebody else holds this number now.");
    assert!(
        !porch.texts(AINO).await.iter().any(|text| text.contains("new device")),
        "the next holder learns nothing"
    );
}

async fn an_old_proof_changes_nothing(porch: Porch) {
    let mut browser = Browser::new(&porch);
    browser.sign_in(AINO).await;
    porch.advance(700);
    for (name, fields) in [("totp", &[][..]), ("password", &[("password", "seven wet stones")])] {
        let page = press(&mut browser, name, fields).await.is(303);
        assert!(
            page.location().starts_with("/account/kivi/sign-in?why=change"),
            "{name}: {}",
            page.location()
        );
    }
    browser.get("/account/kivi/number").await.is(303);
    // Once proved again, the earlier session of this browser is over and the change goes through.
    let before = browser.cookie("account-session-kivi").unwrap().to_owned();
    browser.sign_in_from("/account/kivi/sign-in?why=change", AINO).await;
    press(&mut browser, "totp", &[]).await.is(200);
    browser.set_cookie("account-session-kivi", &before);
    browser.get("/account/kivi").await.is(303);
}

async fn an_erased_customers_account_is_gone(porch: Porch) {
    let program = Program::new(&porch, "openid phone offline_access").await;
    let mut browser = Browser::new(&porch);
    let begun = browser.get(&program.authorize(&[])).await.is(303);
    let signed = browser.sign_in_from(begun.location(), AINO).await;
    let code = browser.get(signed.location()).await.is(303).parameter("code");
    let tokens = program.exchange(&code).await.is(200).json();
    let number = numbering::PhoneNumber::from_e164(AINO).unwrap();
    let holders =
        porch.app.customers.search(&porch.cx(), customers::Query::Number(number), 10).await.unwrap();
    porch.app.erase(&porch.cx(), holders[0].id, "asked to be forgotten").await.unwrap();
    browser.get("/account/kivi").await.is(303);
    program.userinfo(tokens["access_token"].as_str().unwrap()).await.is(401);
    program.refresh(tokens["refresh_token"].as_str().unwrap()).await.is(400);
    // Signing in again is a beginning: another subject, and no other place.
    porch.advance(60);
    let begun = browser.get(&program.authorize(&[])).await.is(303);
    let signed = browser.sign_in_from(begun.location(), AINO).await;
    let code = browser.get(signed.location()).await.is(303).parameter("code");
    let again = program.exchange(&code).await.is(200).json();
    let sub = |tokens: &serde_json::Value| claims(tokens["id_token"].as_str().unwrap())["sub"].clone();
    assert_ne!(sub(&again), sub(&tokens));
}
