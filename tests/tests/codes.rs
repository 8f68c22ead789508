//! One-time codes are in no database, journal, log or metric: not while they wait, not after they were typed, right or wrong. Codes of ten digits are looked for, because shorter ones occur
//! by chance.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use data_encoding::{BASE64, HEXLOWER};
use memchr::memmem;
use serde_json::json;
use stories::code_on;
use testkit::{
    postgres::{Cluster, ClusterOptions, Durability},
    process::{Server, folder, run, trunkline},
};

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

fn search(what: &str, bytes: &[u8], codes: &[String]) {
    for code in codes {
        let found = forms(code).iter().any(|form| memmem::find(bytes, form).is_some());
        assert!(!found, "a code is in {what}");
    }
}

fn search_folder(folder: &Path, codes: &[String]) -> u64 {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            bytes += search_folder(&path, codes);
        } else if let Ok(content) = fs::read(&path) {
            search(&path.display().to_string(), &content, codes);
            bytes += content.len() as u64;
        }
    }
    bytes
}

fn story(data: &Path, database: Option<&str>, kept: &[&Path]) {
    fs::write(data.join("trunkline.toml"), "test_mode = true\n").unwrap();
    let arguments: Vec<&str> = database.iter().flat_map(|url| ["--database", url]).collect();
    let mut create = trunkline(["key", "create", "--name", "t", "--json"]);
    create.arg("--data").arg(data).args(&arguments);
    create.args(
        ["verifications:read", "verifications:write", "sandbox"].map(|scope| format!("--scope={scope}")),
    );
    let key = run(create).success().json();
    let logged: Vec<&str> = arguments.iter().copied().chain(["--log", "trace"]).collect();
    let server = Server::start(data, &logged);
    let http = server.http().with_key(key["secret"].as_str().unwrap());
    let mut codes = Vec::new();
    for person in 0..PEOPLE {
        let number = format!("+35845777{person:04}");
        let start = json!({ "number": number, "purpose": "sign_in", "digits": 10 });
        let started = http.post("/v1/verifications", &start).expect(201).json();
        let id = started["id"].as_str().unwrap().to_owned();
        let code = code_on(&http, &number);
        assert!(code.len() == 10 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        codes.push(code.clone());
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
        search("a story", http.get(&format!("/v1/verifications/{id}")).expect(200).body.as_bytes(), &codes);
    }
    let metrics = http.get("/metrics").expect(200);
    search("the metrics", metrics.body.as_bytes(), &codes);
    for folder in kept {
        search_folder(folder, &codes);
    }
    let (_, log) = server.stop();
    assert!(log.len() > 10_000, "the server said much: {}", log.len());
    search("the server's log", log.as_bytes(), &codes);
    let searched: u64 = kept.iter().map(|folder| search_folder(folder, &codes)).sum();
    assert!(searched > 100_000, "only {searched} bytes were searched");
}

#[test]
fn no_code_is_kept_on_sqlite() {
    let data = folder();
    story(data.path(), None, &[data.path()]);
}

#[test]
fn no_code_is_kept_on_postgresql() {
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
    assert!(log.contains("INSERT INTO verifications"), "the server's log holds the statements");
}

/// The search itself finds a code in each of its forms.
#[test]
fn the_search_finds_what_is_there() {
    let code = "0123456789".to_owned();
    for form in forms(&code) {
        let hay = [&b"before "[..], &form, b" after"].concat();
        let found = std::panic::catch_unwind(|| search("the hay", &hay, std::slice::from_ref(&code)));
        assert!(found.is_err());
    }
}
