//! The test kit's browser on a page of our own: it sees what a person sees, types, clicks, hears complaints, takes pictures.

use std::fs;

use testkit::{browser::Browser, process};

const PAGE: &str = r##"<!doctype html>
<html lang="en"><head><title>Counter</title>
<style>body { color: rgb(0, 0, 0) } @media (prefers-color-scheme: dark) { body { color: rgb(250, 250, 250) } }</style></head>
<body>
  <form onsubmit="event.preventDefault(); document.querySelector('#said').textContent = this.name.value">
    <label>Name <input name="name" value="old"></label>
    <select name="role"><option value="owner">Owner</option><option value="agent">Agent</option></select>
    <input type="file" name="file">
    <button>Say it</button>
  </form>
  <p id="said"></p><p hidden>never seen</p>
  <button type="button" onclick="setTimeout(() => { document.querySelector('#said').textContent = 'later' })">Later</button>
  <button type="button" onclick="missing()">Break</button>
</body></html>"##;

#[test]
fn a_page_is_used_as_a_person_uses_it() {
    let folder = process::folder();
    let page = folder.path().join("page.html");
    fs::write(&page, PAGE).expect("the folder is ours");
    let browser = Browser::open();
    browser.visit(&format!("file://{}", page.display()));
    assert_eq!(browser.title(), "Counter");
    assert!(!browser.text("body").contains("never seen"));

    browser.fill("input[name=name]", "Aino");
    browser.choose("select", "agent");
    browser.choose_file("input[type=file]", &page);
    browser.press("input[name=name]", fantoccini::key::Key::Enter);
    assert_eq!(browser.text("#said"), "Aino");
    assert_eq!(browser.run("return document.querySelector('select').value"), "agent");
    assert_eq!(browser.run("return document.querySelector('[type=file]').files[0].name"), "page.html");

    browser.click_text("Later");
    browser.wait_for_text("later");
    assert_eq!(browser.texts("button"), ["Say it", "Later", "Break"]);
    assert!(browser.has("select") && !browser.has("table"));

    assert_eq!(browser.console_errors(), Vec::<String>::new());
    browser.click_text("Break");
    let errors = browser.console_errors();
    assert!(errors.len() == 1 && errors[0].contains("missing is not defined"), "{errors:?}");

    let colour = "return getComputedStyle(document.body).color";
    browser.prefer_dark(true);
    assert_eq!(browser.run(colour), "rgb(250, 250, 250)");
    browser.prefer_dark(false);
    assert_eq!(browser.run(colour), "rgb(0, 0, 0)");
}

#[test]
fn a_picture_has_the_size_that_was_asked_for() {
    let folder = process::folder();
    let picture = folder.path().join("pictures/telephone.png");
    let browser = Browser::open_sized(600, 800);
    browser.visit("data:text/html,<h1>Hello</h1>");
    browser.screenshot(&picture);
    let bytes = fs::read(&picture).expect("it was written");
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    // Width, the first field of the header chunk.
    assert_eq!(u32::from_be_bytes(bytes[16..20].try_into().expect("four bytes")), 600);
}
