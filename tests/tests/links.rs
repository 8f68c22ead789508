//! The secret of a link in a text is in no database, journal, log or metric: not while it waits, not when its page was opened, not after its button was pressed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use stories::{
    code_on,
    kept::{Secrets, on_postgresql, on_sqlite},
    word_on,
};
use testkit::process::{Http, Server, run, trunkline};

const NUMBER: &str = "+358401234567";
/// Of the link's end, how many octets name the verification; the secret follows.
const ID_OCTETS: usize = 16;

/// The forms in which the secret of a link might be kept.
fn forms(link: &str) -> Vec<Vec<u8>> {
    let end = link.rsplit('/').next().unwrap();
    let secret = BASE64URL_NOPAD.decode(end.as_bytes()).unwrap().split_off(ID_OCTETS);
    assert_eq!(secret.len(), 20);
    // The letters of the secret alone: the first two octets share theirs with the id.
    let letters = end.as_bytes()[end.len() - 24..].to_vec();
    vec![letters, HEXLOWER.encode(&secret).into_bytes(), secret]
}

/// Signs in, asks for a link, opens it twice, presses its button, and opens it once more.
fn use_link(server: &Server, sandbox: &Http) -> String {
    let browser = server.http();
    let page = browser.get("/account/kivi/sign-in").expect(200);
    let csrf = page.hidden("csrf");
    let number = [("csrf", csrf.as_str()), ("request", ""), ("number", NUMBER)];
    let page =
        browser.get(&browser.post_form("/account/kivi/sign-in", &number).expect(303).location()).expect(200);
    let (ticket, code) = (page.hidden("ticket"), code_on(sandbox, NUMBER));
    let typed = [("csrf", csrf.as_str()), ("request", ""), ("ticket", &ticket), ("code", &code)];
    drop(browser.post_form("/account/kivi/code", &typed).expect(303));
    let csrf = browser.get("/account/kivi/second").expect(200).hidden("csrf");
    let wanted = [("csrf", csrf.as_str()), ("request", ""), ("by", "link")];
    drop(browser.post_form("/account/kivi/recover/send", &wanted).expect(200));
    let link = word_on(sandbox, NUMBER, |word| word.contains("/link/"));
    let path = link.strip_prefix(server.address()).unwrap();
    let phone = server.http();
    drop(phone.get(path).expect(200));
    let csrf = phone.get(path).expect(200).hidden("csrf");
    drop(phone.post_form(path, &[("csrf", &csrf)]).expect(303));
    drop(phone.get(path).expect(404));
    link
}

fn story(data: &Path, database: Option<&str>, kept: &[&Path]) {
    // Without the pause between two texts, so that nobody has to wait for it.
    let settings = "test_mode = true\nshop = \"kivi\"\n[verification.limits]\nsends_pause_seconds = 0\n";
    fs::write(data.join("trunkline.toml"), settings).unwrap();
    let arguments: Vec<&str> = database.iter().flat_map(|url| ["--database", url]).collect();
    let mut create = trunkline(["key", "create", "--name", "t", "--scope", "sandbox", "--json"]);
    create.arg("--data").arg(data).args(&arguments);
    let key = run(create).success().json();
    let logged: Vec<&str> = arguments.iter().copied().chain(["--log", "trace"]).collect();
    let server = Server::start(data, &logged);
    let sandbox = server.http().with_key(key["secret"].as_str().unwrap());
    let mut secrets = Secrets::of("a link");
    secrets.add(forms(&use_link(&server, &sandbox)));
    secrets.search("the metrics", server.http().get("/metrics").expect(200).body.as_bytes());
    for folder in kept {
        secrets.search_folder(folder);
    }
    let (_, log) = server.stop();
    assert!(log.contains("/account/{shop}/link/{token}"), "the log says that a link was opened");
    secrets.search("the server's log", log.as_bytes());
    let searched: u64 = kept.iter().map(|folder| secrets.search_folder(folder)).sum();
    assert!(searched > 100_000, "only {searched} octets were searched");
}

#[test]
fn no_link_is_kept_on_sqlite() {
    on_sqlite(story);
}

#[test]
fn no_link_is_kept_on_postgresql() {
    on_postgresql(story, "/account/kivi/link/");
}

/// The search itself finds a link in each of its forms.
#[test]
fn the_search_finds_what_is_there() {
    let link = format!("https://shop.example/account/kivi/link/{}", BASE64URL_NOPAD.encode(&[7; 36]));
    let mut secrets = Secrets::of("a link");
    secrets.add(forms(&link));
    for form in forms(&link) {
        assert!(secrets.are_in(&[&b"before "[..], &form, b" after"].concat()));
    }
    assert!(!secrets.are_in(b"https://shop.example/account/kivi/link/"));
}
