//! One-time codes are in no database, journal, log, metric or webhook: not while they wait, not after they were typed, right or wrong. Codes of ten digits are looked for, because shorter ones occur
//! by chance.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use data_encoding::{BASE64, HEXLOWER};
use serde_json::json;
use stories::{
    code_on,
    kept::{Secrets, on_postgresql, on_sqlite},
};
use testkit::process::{Server, run, trunkline};

const PEOPLE: usize = 20;

/// The forms in which a code might be kept.
fn forms(code: &str) -> Vec<Vec<u8>> {
    let utf16: Vec<u8> = code.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hexadecimal = HEXLOWER.encode(code.as_bytes()).into_bytes();
    let base64 = BASE64.encode(&code.as_bytes()[..9]).into_bytes();
    let number: u64 = code.parse().unwrap();
    vec![
        code.as_bytes().to_vec(),
        utf16,
        hexadecimal,
        base64,
        number.to_be_bytes().to_vec(),
        number.to_le_bytes().to_vec(),
    ]
}

fn story(data: &Path, database: Option<&str>, kept: &[&Path]) {
    fs::write(data.join("trunkline.toml"), "test_mode = true\n").unwrap();
    let arguments: Vec<&str> = database.iter().flat_map(|url| ["--database", url]).collect();
    let mut create = trunkline(["key", "create", "--name", "t", "--json"]);
    create.arg("--data").arg(data).args(&arguments);
    create.args(
        ["verifications:read", "verifications:write", "webhooks:read", "sandbox"]
            .map(|scope| format!("--scope={scope}")),
    );
    let key = run(create).success().json();
    // Nobody takes what is told there, so it stays in the database, where it is searched too.
    let mut hook = trunkline(["webhook", "add", "http://127.0.0.1:9/", "--json"]);
    hook.arg("--data").arg(data).args(&arguments);
    let endpoint = run(hook).success().json()["id"].as_str().unwrap().to_owned();
    let logged: Vec<&str> = arguments.iter().copied().chain(["--log", "trace"]).collect();
    let server = Server::start(data, &logged);
    let http = server.http().with_key(key["secret"].as_str().unwrap());
    let (mut codes, mut secrets) = (Vec::new(), Secrets::of("a code"));
    for person in 0..PEOPLE {
        let number = format!("+35845777{person:04}");
        let start = json!({ "number": number, "purpose": "sign_in", "digits": 10 });
        let started = http.post("/v1/verifications", &start).expect(201).json();
        let id = started["id"].as_str().unwrap().to_owned();
        let code = code_on(&http, &number);
        assert!(code.len() == 10 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        codes.push(code.clone());
        secrets.add(forms(&code));
        let check = |code: &str| {
            let typed = json!({ "purpose": "sign_in", "code": code });
            http.post(&format!("/v1/verifications/{id}/check"), &typed).expect(200).json()
        };
        // A third is never typed, a third typed wrongly with the neighbour's, a third typed right.
        match person % 3 {
            0 => {}
            1 => assert_eq!(check(&codes[person - 1])["outcome"], "wrong"),
            _ => assert_eq!(check(&code)["approved"], true),
        }
        secrets.search("a story", http.get(&format!("/v1/verifications/{id}")).expect(200).body.as_bytes());
    }
    let told = http.get(&format!("/v1/webhooks/{endpoint}/deliveries?limit=200")).expect(200);
    assert!(told.body.contains("verification.approved") && told.body.contains("message.delivered"));
    secrets.search("webhooks", told.body.as_bytes());
    let metrics = http.get("/metrics").expect(200);
    secrets.search("the metrics", metrics.body.as_bytes());
    for folder in kept {
        secrets.search_folder(folder);
    }
    let (_, log) = server.stop();
    assert!(log.len() > 10_000, "the server said much: {}", log.len());
    secrets.search("the server's log", log.as_bytes());
    let searched: u64 = kept.iter().map(|folder| secrets.search_folder(folder)).sum();
    assert!(searched > 100_000, "only {searched} bytes were searched");
}

#[test]
fn no_code_is_kept_on_sqlite() {
    on_sqlite(story);
}

#[test]
fn no_code_is_kept_on_postgresql() {
    on_postgresql(story, "INSERT INTO verifications");
}

/// The search itself finds a code in each of its forms.
#[test]
fn the_search_finds_what_is_there() {
    let code = "0123456789";
    for form in forms(code) {
        let mut secrets = Secrets::of("a code");
        secrets.add(forms(code));
        assert!(secrets.are_in(&[&b"before "[..], &form, b" after"].concat()));
        assert!(!secrets.are_in(&[&b"before "[..], &form[1..], b" after"].concat()));
    }
}
