//! The secret of a link in a text is in no database, journal, log or metric: not while it waits, not when its page was opened, not after its button was pressed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path, time::Duration};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use memchr::memmem;
use testkit::{
    postgres::{Cluster, ClusterOptions, Durability},
    process::{Http, Server, folder, run, trunkline},
};

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

fn search(what: &str, bytes: &[u8], links: &[String]) {
    for link in links {
        let found = forms(link).iter().any(|form| memmem::find(bytes, form).is_some());
        assert!(!found, "a link is in {what}");
    }
}

fn search_folder(folder: &Path, links: &[String]) -> u64 {
    let mut octets = 0;
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            octets += search_folder(&path, links);
        } else if let Ok(content) = fs::read(&path) {
            search(&path.display().to_string(), &content, links);
            octets += content.len() as u64;
        }
    }
    octets
}

/// The first word of the phone's texts that fits, as soon as there is one.
fn word_on(sandbox: &Http, fits: impl Fn(&str) -> bool) -> String {
    let until = std::time::Instant::now() + Duration::from_secs(60);
    loop {
        let got = sandbox.get(&format!("/sandbox/v1/phones/%2B{}/messages", &NUMBER[1..])).expect(200).json();
        let items = got.get("items").unwrap_or(&got).as_array().cloned().unwrap_or_default();
        let texts: Vec<&str> = items.iter().filter_map(|item| item["text"].as_str()).collect();
        if let Some(word) = texts.iter().flat_map(|text| text.split(' ')).find(|word| fits(word)) {
            return word.to_owned();
        }
        assert!(std::time::Instant::now() < until, "the phone got nothing of the kind");
        std::thread::yield_now();
    }
}

/// Signs in, asks for a link, opens it twice, presses its button, and opens it once more.
fn use_link(server: &Server, sandbox: &Http) -> String {
    let browser = server.http();
    let page = browser.get("/account/kivi/sign-in").expect(200);
    let csrf = page.hidden("csrf");
    let number = [("csrf", csrf.as_str()), ("request", ""), ("number", NUMBER)];
    let page =
        browser.get(&browser.post_form("/account/kivi/sign-in", &number).expect(303).location()).expect(200);
    let is_code = |word: &str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let (ticket, code) = (page.hidden("ticket"), word_on(sandbox, is_code));
    let typed = [("csrf", csrf.as_str()), ("request", ""), ("ticket", &ticket), ("code", &code)];
    drop(browser.post_form("/account/kivi/code", &typed).expect(303));
    let csrf = browser.get("/account/kivi/second").expect(200).hidden("csrf");
    let wanted = [("csrf", csrf.as_str()), ("request", ""), ("by", "link")];
    drop(browser.post_form("/account/kivi/recover/send", &wanted).expect(200));
    let link = word_on(sandbox, |word| word.contains("/link/"));
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
    let links = [use_link(&server, &sandbox)];
    search("the metrics", server.http().get("/metrics").expect(200).body.as_bytes(), &links);
    for folder in kept {
        search_folder(folder, &links);
    }
    let (_, log) = server.stop();
    assert!(log.contains("/account/{shop}/link/{token}"), "the log says that a link was opened");
    search("the server's log", log.as_bytes(), &links);
    let searched: u64 = kept.iter().map(|folder| search_folder(folder, &links)).sum();
    assert!(searched > 100_000, "only {searched} octets were searched");
}

#[test]
fn no_link_is_kept_on_sqlite() {
    let data = folder();
    story(data.path(), None, &[data.path()]);
}

#[test]
fn no_link_is_kept_on_postgresql() {
    let data = folder();
    let mut options = ClusterOptions::new(Durability::Durable);
    // The server's own log holds every statement with its values.
    for (name, value) in
        [("log_statement", "all"), ("log_min_messages", "info"), ("log_parameter_max_length", "-1")]
    {
        options.settings.push((name.to_owned(), value.to_owned()));
    }
    let cluster = Cluster::start_with(&options).unwrap();
    let database = cluster.database().unwrap();
    let server = cluster.data_folder().unwrap().parent().unwrap().to_owned();
    story(data.path(), Some(&database.url), &[data.path(), server.as_path()]);
    let log = fs::read_to_string(server.join("log")).unwrap();
    assert!(log.contains("/account/kivi/link/"), "the server's log holds the page of the link");
}

/// The search itself finds a link in each of its forms.
#[test]
fn the_search_finds_what_is_there() {
    let link = format!("https://shop.example/account/kivi/link/{}", BASE64URL_NOPAD.encode(&[7; 36]));
    for form in forms(&link) {
        let hay = [&b"before "[..], &form, b" after"].concat();
        let found = std::panic::catch_unwind(|| search("the hay", &hay, std::slice::from_ref(&link)));
        assert!(found.is_err());
    }
}
