//! A morning at the console in a real browser: sign in, find a customer by any spelling, reveal, merge, undo, import a file, decide a doubt.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

mod house;

use std::sync::Arc;

use base::SystemClock;
use house::{Engine, House, PASSWORD};
use testkit::browser::Browser;

const DAY_BOOK: &str = "\
Order No,Date,Phone,Name,Total,Currency
D-1,2025-10-30,050 555 0122,Farhana Akter,12.00,EUR
D-2,2025-10-31,050 555 0122,Farhana Akter,7.00,EUR
D-3,yesterday,050 555 0122,Farhana Akter,9.00,EUR
";

#[test]
fn a_morning_at_the_console() {
    let house = House::small(Engine::Sqlite, Arc::new(SystemClock));
    let address = house.serve();
    let browser = Browser::open();
    signs_in(&browser, &address);
    finds_by_any_spelling(&browser);
    reveals_with_a_reason(&browser, &house);
    merges_and_undoes(&browser, &house, &address);
    imports_a_file(&browser, &house, &address);
    decides_a_doubt(&browser, &house, &address);
    let errors = browser.console_errors();
    assert!(errors.is_empty(), "{errors:?}");
}

fn signs_in(browser: &Browser, address: &str) {
    browser.visit(address);
    browser.fill("#login", "sanna");
    browser.fill("#password", PASSWORD);
    browser.click_text("Sign in");
    browser.wait_for_text("What to do next");
}

fn finds_by_any_spelling(browser: &Browser) {
    for spelling in ["+358 50 555 0122", "00358-505550122", "050 555 0122"] {
        browser.fill("#search", spelling);
        browser.wait_until(
            "return [...document.querySelectorAll('#search-list:not([hidden]) [data-name]')].map(e => e.dataset.name).sort().join() === 'Farhana Akter,Mikko Laine'",
            &[],
            "both holders of the number",
        );
    }
    browser.click("#search-list [data-name='Farhana Akter']");
    browser.wait_for_text("Numbers and tenures");
    assert_eq!(browser.text("h1"), "Farhana Akter");
    assert!(!browser.source().contains("5550122"), "masked until revealed");
}

fn reveals_with_a_reason(browser: &Browser, house: &House) {
    browser.click(".tenures-number [data-reveal]");
    browser.wait_for("dialog#reveal[open]");
    browser.fill("#reveal-reason", "called about order K-10");
    browser.click("dialog#reveal footer .is-primary");
    browser.wait_for_text("+358 50 5550122");
    assert_eq!(house.audit()[0], ("customers.reveal".to_owned(), "called about order K-10".to_owned()));
}

fn merges_and_undoes(browser: &Browser, house: &House, address: &str) {
    assert_eq!(house.count("Rahim"), 2);
    browser.visit(&format!("{address}/console/customers?q=Rahim"));
    browser.click("main tbody tr:first-child a");
    browser.wait_for_text("Numbers and tenures");
    let here = browser.text("h1");
    browser.click("[data-dialog=merge]");
    browser.wait_for("dialog#merge[open]");
    browser.type_into("#other", "Rahim");
    let other = if here == "Rahim Uddin" { "Md. Rahim Uddin" } else { "Rahim Uddin" };
    browser.click(&format!("#other-list:not([hidden]) [data-name='{other}']"));
    browser.fill("#merge-reason", "same address");
    browser.click("dialog#merge footer .is-primary");
    browser.wait_for_text("Merged. Both histories are one record now.");
    assert_eq!(house.count("Rahim"), 1);
    browser.click("[data-dialog=undo]");
    browser.wait_for("dialog#undo[open]");
    browser.click("dialog#undo input[name=act]");
    browser.fill("#undo-reason", "two people after all");
    browser.click("dialog#undo footer .is-primary");
    browser.wait_for_text("Undone.");
    assert_eq!(house.count("Rahim"), 2);
}

fn imports_a_file(browser: &Browser, house: &House, address: &str) {
    let file = house.write("day-book.csv", DAY_BOOK.as_bytes());
    browser.visit(&format!("{address}/console/imports"));
    browser.click("input[name=source][value=pos] + span");
    browser.choose("select#region", "FI");
    browser.choose_file("input[type=file]", &file);
    browser.wait_for_text("day-book.csv");
    browser.click_text("Import");
    browser.wait_for_text("Done, with rejects");
    browser.wait_for_text("ordered_at");
    let figures = browser.texts("#progress .figure-value");
    let [rows, orders, .., rejected] = figures.as_slice() else { panic!("figures of the import") };
    assert_eq!((rows.as_str(), orders.as_str(), rejected.as_str()), ("3", "2", "1"));
}

fn decides_a_doubt(browser: &Browser, house: &House, address: &str) {
    let open = || house.block(house.app.customers.counts(&house.cx())).unwrap().reviews_open;
    let before = open();
    browser.visit(&format!("{address}/console/review"));
    browser.click_text("Start with the first");
    browser.wait_for_text("Keep apart");
    browser.fill("#reason", "asked both of them");
    browser.click("button[name=verdict][value=apart]");
    browser.wait_for_text("Kept apart. They are two people.");
    assert_eq!(open(), before - 1);
    assert_eq!(house.audit()[0].1, "asked both of them");
}
