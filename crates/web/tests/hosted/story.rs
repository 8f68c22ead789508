//! A customer in a real browser: sign in by a code, make a passkey, come back with it, change the number, lose the authenticator app and get back in. Pictures of each page are left in
//! the target folder, `tmp/hosted-*.png`.

use std::path::Path;

use testkit::browser::Browser;

use crate::porch::{AINO, Porch};

const NEW: &str = "+358401234999";

fn picture(browser: &Browser, name: &str) {
    browser.screenshot(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hosted-{name}.png")));
}

#[test]
fn a_customer_signs_in_and_looks_after_the_account() {
    let (runtime, porch) = Porch::live();
    let address = runtime.block_on(porch.serve("localhost"));
    let code = |number: &str| runtime.block_on(porch.code(number));
    let browser = Browser::open_sized(480, 900);
    browser.add_authenticator();
    signs_in(&browser, &address, &code);
    makes_a_passkey(&browser);
    comes_back_with_it(&browser, &address);
    porch.advance(60);
    changes_the_number(&browser, &address, &code);
    porch.advance(600);
    // A page that says what is wrong has a status that says so, too, and the browser notes it.
    let noted = |error: &String| !error.contains("status of 422");
    let errors: Vec<String> = browser.console_errors().into_iter().filter(noted).collect();
    assert!(errors.is_empty(), "{errors:?}");
    works_on_a_small_screen_in_the_dark(&address);
}

fn signs_in(browser: &Browser, address: &str, code: &dyn Fn(&str) -> String) {
    browser.visit(&format!("{address}/account/kivi"));
    browser.fill("#number", AINO);
    picture(browser, "sign-in");
    browser.click_text("Send me a code");
    browser.wait_for_text("Type your code");
    browser.wait_for_text("You can ask again in");
    picture(browser, "code");
    browser.fill("#code", "000000");
    browser.click_text("Sign in");
    browser.wait_for_text("The code is not right.");
    picture(browser, "wrong-code");
    browser.fill("#code", &code(AINO));
    browser.click_text("Sign in");
    browser.wait_for_text("Sign in faster next time");
    picture(browser, "offer");
}

fn makes_a_passkey(browser: &Browser) {
    browser.click_text("Add a passkey");
    browser.wait_for_text("The passkey was added.");
    assert_eq!(browser.texts("section[aria-labelledby=passkeys-head] .strong").len(), 1);
    picture(browser, "account");
}

fn comes_back_with_it(browser: &Browser, address: &str) {
    browser.click("form[action*='sign-out'] button");
    browser.wait_for_text("Send me a code");
    picture(browser, "sign-in-by-passkey");
    browser.click_text("Sign in with a passkey");
    browser.wait_for_text("Where you are signed in");
    assert_eq!(browser.address(), format!("{address}/account/kivi"));
    // The browser's earlier session ended with the new one.
    assert_eq!(browser.texts(".places > li > div > .strong").len(), 1);
}

fn changes_the_number(browser: &Browser, address: &str, code: &dyn Fn(&str) -> String) {
    browser.visit(&format!("{address}/account/kivi/number"));
    browser.fill("#number", NEW);
    browser.click_text("Send both codes");
    browser.wait_for("#new_code");
    picture(browser, "change-number");
    browser.fill("#old_code", &code(AINO));
    browser.fill("#new_code", &code(NEW));
    browser.click_text("Change number");
    browser.wait_for_text("Your number was changed.");
    assert!(browser.text("section[aria-labelledby=number-head] p").ends_with("999"));
}

fn works_on_a_small_screen_in_the_dark(address: &str) {
    let browser = Browser::open_sized(360, 740);
    browser.prefer_dark(true);
    for language in ["bn", "fi", "ro"] {
        browser.visit(&format!("{address}/account/kivi/sign-in?lang={language}"));
        browser.wait_for("#number");
        let wide =
            browser.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth");
        assert_eq!(wide, serde_json::Value::Bool(false), "the page in {language} is wider than the screen");
        picture(&browser, &format!("dark-{language}"));
    }
}

/// Signs in, sets up an app, signs out, and comes back without it: as far as the page that asks for its digits.
fn loses_the_app(browser: &Browser, porch: &Porch, address: &str, code: &dyn Fn(&str) -> String) {
    let sign_in = || {
        browser.visit(&format!("{address}/account/kivi/sign-in"));
        browser.fill("#number", AINO);
        browser.click_text("Send me a code");
        browser.wait_for("#code");
        browser.fill("#code", &code(AINO));
        browser.click_text("Sign in");
    };
    sign_in();
    browser.wait_for_text("Sign in faster next time");
    browser.click_text("Not now");
    browser.click_text("Set up an authenticator app");
    browser.wait_for(".key");
    picture(browser, "app");
    let key = browser.text(".key");
    browser.fill("#digits", &crate::factors::digits(&key, porch.cx().now()));
    browser.click_text("Confirm");
    browser.wait_for_text("Done.");
    browser.click("form[action*='sign-out'] button");
    browser.wait_for("#number");
    porch.advance(60);
    sign_in();
    browser.wait_for_text("One more step");
    picture(browser, "second");
    porch.advance(600);
}

#[test]
fn whoever_lost_the_app_gets_back_in() {
    let (runtime, porch) = Porch::live();
    let address = runtime.block_on(porch.serve("localhost"));
    let code = |number: &str| runtime.block_on(porch.code(number));
    let browser = Browser::open_sized(480, 900);
    loses_the_app(&browser, &porch, &address, &code);
    browser.click("form[action*='recover'] button");
    browser.wait_for_text("Get back into your account");
    picture(&browser, "recover");
    browser.fill("#code", &code(AINO));
    browser.click_text("Get back in");
    browser.wait_for_text("You are in again.");
    picture(&browser, "recovered");
}

#[test]
fn links_in_texts_lead_to_pages_with_buttons() {
    let (runtime, porch) = Porch::live();
    let address = runtime.block_on(porch.serve("localhost"));
    let code = |number: &str| runtime.block_on(porch.code(number));
    let browser = Browser::open_sized(480, 900);
    loses_the_app(&browser, &porch, &address, &code);
    browser.click_text("Send me a link");
    browser.wait_for_text("a link is on its way");
    picture(&browser, "recover-link-sent");
    let link = || runtime.block_on(porch.link(AINO));
    let phone = Browser::open_sized(360, 740);
    phone.visit(&format!("{address}{}", link()));
    phone.wait_for_text("Get back into your account");
    picture(&phone, "recover-link");
    phone.click_text("Get back in");
    phone.wait_for_text("You are in again.");
    porch.advance(600);
    let desk = runtime.block_on(async {
        let client = porch.desk(identity::oidc::ClientKind::Confidential).await.unwrap();
        crate::porch::Program::of(&porch, client)
    });
    runtime.block_on(crate::caller::ask(&desk, AINO));
    phone.visit(&format!("{address}{}", link()));
    phone.wait_for_text("Ticket 4711");
    picture(&phone, "caller");
    phone.click_text("Yes, it is me");
    phone.wait_for_text("The shop knows now that it is you.");
    picture(&phone, "caller-said");
}
