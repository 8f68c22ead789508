//! Ten thousand people whose numbers, names and e-mails begin alike: no byte of those beginnings is found in what is kept on disk, in logs, metrics or
//! errors, in any common encoding.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fmt::Write as _, fs, path::Path};

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use testkit::process::{Server, folder, run, trunkline};

/// Long enough not to occur by chance in sealed bytes.
const NAME: &str = "Qzvxkaja";
const EMAIL: &str = "zqmailwx";
/// +358 45 7778 …, in E.164 and as nationals write it.
const NUMBERS: [&str; 2] = ["358457778", "0457778"];

fn file(people: usize) -> String {
    let mut file = String::from("order_id,ordered_at,phone,name,email,amount,currency\n");
    for person in 0..people {
        let number =
            if person % 2 == 0 { format!("+358457778{person:04}") } else { format!("0457778{person:04}") };
        // Every seventh row is rejected: its date is none.
        let date = if person % 7 == 0 { "soon" } else { "2024-05-01T10:00:00Z" };
        writeln!(
            file,
            "C{person},{date},{number},{NAME}{person} Korhonen,{EMAIL}{person}@example.org,10.00,EUR"
        )
        .unwrap();
    }
    file
}

/// The canaries as they would look in plain text, UTF-16, hexadecimal and base64 of any alignment.
fn needles() -> Vec<(String, Vec<u8>)> {
    let mut needles = Vec::new();
    for canary in [NAME, EMAIL, NUMBERS[0], NUMBERS[1]] {
        for text in [canary.to_owned(), canary.to_lowercase(), canary.to_uppercase()] {
            let bytes = text.as_bytes();
            needles.push((format!("{text} in plain"), bytes.to_vec()));
            needles.push((
                format!("{text} in UTF-16 LE"),
                text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            ));
            needles.push((
                format!("{text} in UTF-16 BE"),
                text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            ));
            needles.push((format!("{text} in hexadecimal"), HEXLOWER.encode(bytes).into_bytes()));
            needles.push((format!("{text} in hexadecimal"), HEXUPPER.encode(bytes).into_bytes()));
            for skip in 0..3 {
                // What does not depend on the neighbours: whole groups of three bytes.
                let whole = &bytes[skip..skip + (bytes.len() - skip) / 3 * 3];
                if whole.len() >= 6 {
                    needles.push((format!("{text} in base64"), BASE64.encode(whole).into_bytes()));
                }
            }
        }
    }
    needles
}

fn search(what: &str, bytes: &[u8], needles: &[(String, Vec<u8>)]) {
    for (name, needle) in needles {
        let found = memchr::memmem::find(bytes, needle);
        assert!(found.is_none(), "{name} at byte {found:?} of {what}");
    }
}

fn search_folder(folder: &Path, except: &Path, needles: &[(String, Vec<u8>)]) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path == except || path.extension().is_some_and(|extension| extension == "csv") {
            continue;
        }
        if path.is_dir() {
            files += search_folder(&path, except, needles);
        } else {
            search(&path.display().to_string(), &fs::read(&path).unwrap(), needles);
            files += 1;
        }
    }
    files
}

#[test]
fn no_canary_is_found() {
    let data = folder();
    let at = data.path();
    let canaries = at.join("canaries.csv");
    fs::write(&canaries, file(10_000)).unwrap();
    let needles = needles();
    search_must_find(&needles, &fs::read(&canaries).unwrap());

    let command = |arguments: &[&str]| {
        let mut command = trunkline(arguments);
        command.arg("--data").arg(at);
        command
    };
    let mut import = command(&["import", "orders", "--source", "online", "--region", "FI", "--json"]);
    import.arg(&canaries);
    let done = run(import).success();
    search("the import's log", done.stderr.as_bytes(), &needles);
    let rejects = fs::read(at.join("canaries.csv.rejects.csv")).unwrap();
    assert!(rejects.iter().filter(|byte| **byte == b'\n').count() > 1_400, "the rejects are there");
    search("the rejects", &rejects, &needles);

    let key = run(command(&["key", "create", "--name", "t", "--scope", "customers:read", "--json"]))
        .success()
        .json();
    let server = Server::start(at, &[]);
    let http = server.http().with_key(key["secret"].as_str().unwrap());
    let found = http.get("/v1/customers?number=%2B358457778%30%30%30%31").expect(200).json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
    let refused = http.get("/v1/customers?number=%2B358457778abc%00x").body;
    search("an error", refused.as_bytes(), &needles);
    search("the metrics", http.get("/metrics").expect(200).body.as_bytes(), &needles);
    search_folder(at, &canaries, &needles);
    let (_, log) = server.stop();
    search("the server's log", log.as_bytes(), &needles);
    assert!(search_folder(at, &canaries, &needles) >= 2, "the database and the keys, at least");
}

/// The search itself is tried on the file that holds them all.
fn search_must_find(needles: &[(String, Vec<u8>)], file: &[u8]) {
    for canary in [NAME, EMAIL, NUMBERS[0], NUMBERS[1]] {
        let plain = needles.iter().find(|(name, _)| *name == format!("{canary} in plain")).unwrap();
        assert!(memchr::memmem::find(file, &plain.1).is_some(), "{canary}");
    }
}
