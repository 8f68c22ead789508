//! Pictures of the console with a real shop behind it, on a desk and on a phone, light and dark:
//! `cargo run -p web --example pictures -- FOLDER`.

#![allow(clippy::unwrap_used)] // without its shop there is nothing to take pictures of

#[path = "../tests/house/mod.rs"]
mod house;

use std::{fmt::Write as _, path::PathBuf, sync::Arc};

use base::SystemClock;
use house::{Engine, House, PASSWORD};
use testkit::browser::Browser;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "pictures".to_owned()));
    let house = House::large(Engine::Sqlite, Arc::new(SystemClock));
    let address = house.serve();
    let (customer, review) = (house.customer("Farhana Akter"), house.review());
    let pages = [
        ("start".to_owned(), "/console".to_owned()),
        ("search".to_owned(), "/console/customers?q=virtanen".to_owned()),
        ("customers".to_owned(), "/console/customers".to_owned()),
        ("customer".to_owned(), format!("/console/customers/{customer}")),
        ("household".to_owned(), format!("/console/customers/{}", house.customer("Eero Virtanen"))),
        ("imports".to_owned(), "/console/imports".to_owned()),
        ("queue".to_owned(), "/console/review".to_owned()),
        ("review".to_owned(), format!("/console/review/{review}")),
        ("number".to_owned(), "/console/numbers?number=050-5550122&region=FI".to_owned()),
        ("audit".to_owned(), "/console/audit".to_owned()),
        ("staff".to_owned(), "/console/staff".to_owned()),
        ("settings".to_owned(), "/console/settings".to_owned()),
    ];
    for (device, width, height) in [("desk", 1280, 900), ("phone", 390, 844)] {
        let browser = Browser::open_sized(width, height);
        browser.resize(width, height);
        browser.visit(&format!("{address}/console/sign-in"));
        browser.screenshot(&folder.join(format!("sign-in-{device}.png")));
        sign_in(&browser, &address);
        for dark in [true, false] {
            browser.prefer_dark(dark);
            let shade = if dark { "dark" } else { "light" };
            for (name, path) in &pages {
                browser.visit(&format!("{address}{path}"));
                browser.screenshot(&folder.join(format!("{name}-{device}-{shade}.png")));
                let far = "window.scrollTo(0, 800); return window.scrollY > 200";
                if browser.run(far) == true {
                    browser.screenshot(&folder.join(format!("{name}-{device}-{shade}-below.png")));
                }
            }
        }
        during_an_import(&browser, &house, &address, &folder.join(format!("import-{device}.png")));
        let errors = browser.console_errors();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

fn sign_in(browser: &Browser, address: &str) {
    browser.visit(&format!("{address}/console/sign-in"));
    browser.fill("#login", "sanna");
    browser.fill("#password", PASSWORD);
    browser.click_text("Sign in");
    browser.wait_for("header.top");
}

/// A file large enough to be caught on its way.
fn during_an_import(browser: &Browser, house: &House, address: &str, picture: &std::path::Path) {
    let mut text = String::from("order_id,ordered_at,number,name,amount,currency\n");
    for at in 0..20_000 {
        writeln!(
            text,
            "L-{at},2025-06-{:02},+35840{:07},Somebody Number{at},{}.00,EUR",
            at % 30 + 1,
            at * 7,
            at % 90 + 1
        )
        .expect("a string");
    }
    let file = house.write("app-orders.csv", text.as_bytes());
    browser.visit(&format!("{address}/console/imports"));
    browser.click("input[name=source][value=app] + span");
    browser.choose_file("input[type=file]", &file);
    browser.screenshot(&picture.with_file_name(format!("chosen-{}", picture.file_name().unwrap().display())));
    // On a phone the bar lies over the button until one scrolls.
    browser.run("document.querySelector('form.upload .is-primary').scrollIntoView({ block: 'center' })");
    browser.click_text("Import");
    browser.wait_until("return document.querySelector('#progress progress')?.value > 0", &[], "progress");
    browser.screenshot(picture);
    browser.wait_until(
        "return document.querySelector('#progress .badge').textContent.startsWith('Done')",
        &[],
        "end of the import",
    );
    browser.screenshot(&picture.with_file_name(format!("done-{}", picture.file_name().unwrap().display())));
}
