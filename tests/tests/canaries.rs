//! Ten thousand people whose numbers, names and e-mails begin alike: no byte of those beginnings is found in what is kept on disk (database,
//! journal, waiting uploads, backups, masked exports), in logs, metrics or errors, on SQLite and PostgreSQL, in any common encoding.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fmt::Write as _, fs, path::Path, process::Command};

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use stories::kept::each_file;
use testkit::{
    postgres::{Cluster, ClusterOptions, Durability},
    process::{Http, Server, folder, run, trunkline},
};

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

/// What is looked for, all at once: a server's log is long.
struct Needles {
    list: Vec<(String, Vec<u8>)>,
    /// Whether a needle begins with these two bytes.
    pairs: Vec<bool>,
}

impl Needles {
    /// The canaries as they would look in plain text, UTF-16, hexadecimal and base64 of any alignment.
    fn new() -> Self {
        let mut list = Vec::new();
        for canary in [NAME, EMAIL, NUMBERS[0], NUMBERS[1]] {
            for text in [canary.to_owned(), canary.to_lowercase(), canary.to_uppercase()] {
                let bytes = text.as_bytes();
                let utf16 = |of: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(of).collect();
                list.push((format!("{text} in plain"), bytes.to_vec()));
                list.push((format!("{text} in UTF-16 LE"), utf16(u16::to_le_bytes)));
                list.push((format!("{text} in UTF-16 BE"), utf16(u16::to_be_bytes)));
                list.push((format!("{text} in hexadecimal"), HEXLOWER.encode(bytes).into_bytes()));
                list.push((format!("{text} in hexadecimal"), HEXUPPER.encode(bytes).into_bytes()));
                for skip in 0..3 {
                    // What does not depend on the neighbours: whole groups of three bytes.
                    let whole = &bytes[skip..skip + (bytes.len() - skip) / 3 * 3];
                    if whole.len() >= 6 {
                        list.push((format!("{text} in base64"), BASE64.encode(whole).into_bytes()));
                    }
                }
            }
        }
        let mut pairs = vec![false; 1 << 16];
        list.iter().for_each(|(_, needle)| pairs[pair(needle)] = true);
        Self { list, pairs }
    }

    fn find(&self, bytes: &[u8]) -> Option<(usize, &str)> {
        for at in 0..bytes.len().saturating_sub(1) {
            if self.pairs[pair(&bytes[at..])] {
                let found = self.list.iter().find(|(_, needle)| {
                    bytes[at..].starts_with(needle) && !is_within_digits(bytes, at, needle)
                });
                if let Some((name, _)) = found {
                    return Some((at, name));
                }
            }
        }
        None
    }
}

/// Seven digits occur by chance in the many long numbers of a server's log; a number as nationals write it begins with its zero.
fn is_within_digits(bytes: &[u8], at: usize, needle: &[u8]) -> bool {
    needle == NUMBERS[1].as_bytes() && at > 0 && bytes[at - 1].is_ascii_digit()
}

fn pair(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

fn search(what: &str, bytes: &[u8], needles: &Needles) {
    let found = needles.find(bytes);
    assert!(found.is_none(), "{found:?} of {what}");
}

/// Every file below a folder; returns how many there were and their bytes.
fn search_folder(folder: &Path, needles: &Needles) -> (usize, u64) {
    let (mut files, mut bytes) = (0, 0);
    each_file(folder, |path, content| {
        search(&path.display().to_string(), content, needles);
        (files, bytes) = (files + 1, bytes + content.len() as u64);
    });
    (files, bytes)
}

/// Where a shop keeps its things.
struct Place<'a> {
    data: &'a Path,
    database: Option<&'a str>,
    /// What a database server keeps: tables, write-ahead log, its own log.
    server: Option<&'a Path>,
}

impl Place<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = trunkline(words);
        command.arg("--data").arg(self.data);
        if let Some(url) = self.database {
            command.args(["--database", url]);
        }
        command
    }

    fn serve(&self, more: &[&str]) -> Server {
        let url = self.database.iter().flat_map(|url| ["--database", url]);
        Server::start(self.data, &url.chain(more.iter().copied()).collect::<Vec<_>>())
    }

    /// Everything that is kept anywhere; returns the bytes searched.
    fn search(&self, needles: &Needles) -> u64 {
        let (files, bytes) = search_folder(self.data, needles);
        assert!(files >= 1, "the keys, at least");
        bytes + self.server.map_or(0, |server| search_folder(server, needles).1)
    }
}

fn story(place: &Place<'_>) {
    let needles = Needles::new();
    let input = folder();
    let canaries = input.path().join("canaries.csv");
    fs::write(&canaries, file(10_000)).unwrap();
    search_must_find(&fs::read(&canaries).unwrap());

    let mut import = place.command(&["import", "orders", "--source", "online", "--region", "FI", "--json"]);
    import.arg(&canaries);
    let done = run(import).success();
    search("the import's log", done.stderr.as_bytes(), &needles);
    let rejects = fs::read(input.path().join("canaries.csv.rejects.csv")).unwrap();
    assert!(rejects.iter().filter(|byte| **byte == b'\n').count() > 1_400, "the rejects are there");
    search("the rejects", &rejects, &needles);

    let mut create = place.command(&["key", "create", "--name", "t", "--json"]);
    create.args(["customers:read", "imports:read", "imports:write"].map(|scope| format!("--scope={scope}")));
    let key = run(create).success().json();
    let secret = key["secret"].as_str().unwrap();
    upload_waits_sealed(place, secret, &needles);
    let server = place.serve(&[]);
    let http = server.http().with_key(secret);
    let found = http.get("/v1/customers?number=%2B358457778%30%30%30%31").expect(200).json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
    errors_repeat_nothing(&http, &needles);
    search("the metrics", http.get("/metrics").expect(200).body.as_bytes(), &needles);
    place.search(&needles);
    let (_, log) = server.stop();
    search("the server's log", log.as_bytes(), &needles);
    let searched = place.search(&needles);
    assert!(searched > 5_000_000, "the database of ten thousand people has more than {searched} bytes");
    copies_hold_nothing(place, input.path(), &needles);
}

/// An upload that nobody has read yet lies sealed in its folder.
fn upload_waits_sealed(place: &Place<'_>, secret: &str, needles: &Needles) {
    let server = place.serve(&["--no-worker"]);
    let http = server.http().with_key(secret);
    let body = file(10_000).into_bytes();
    let length = body.len() as u64;
    let said = http.post_bytes("/v1/imports?source=app&region=FI&file_name=canaries.csv", "text/csv", body);
    search("the answer to an upload", said.expect(202).body.as_bytes(), needles);
    let waiting = search_folder(&place.data.join("spool"), needles);
    assert!(waiting.0 == 1 && waiting.1 > length, "the upload is there whole: {waiting:?}");
    let (_, log) = server.stop();
    search("the log of a server that took an upload", log.as_bytes(), needles);
}

fn errors_repeat_nothing(http: &Http, needles: &Needles) {
    let asked = [
        http.get("/v1/customers?number=%2B358457778abc%00x"),
        http.get(&format!("/v1/customers?email={EMAIL}1@example.org&name={NAME}")),
        http.get(&format!("/v1/customers/{NAME}1")),
        http.get(&format!("/v1/{EMAIL}1@example.org")),
        http.post("/v1/customers", &serde_json::json!({ "number": "04577780001x", "name": NAME })),
        http.post_bytes("/v1/customers", "application/json", format!("{{\"name\": \"{NAME}1").into_bytes()),
        http.get(&format!("/console/customers?q={EMAIL}1@example.org")),
        http.post_form("/console/sign-in", &[("login", "somebody"), ("password", NAME)]),
    ];
    let mut refused = 0;
    for (at, answer) in asked.into_iter().enumerate() {
        refused += u32::from(answer.status >= 400);
        let headers: String =
            answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        // Whoever must sign in first is sent back to where they wanted to go: their own address, to them alone.
        let headers: String =
            headers.lines().filter(|line| !line.starts_with("location:")).collect::<Vec<_>>().join("\n");
        search(&format!("error {at}"), answer.body.as_bytes(), needles);
        search(&format!("headers of error {at}"), headers.as_bytes(), needles);
    }
    assert!(refused >= 6, "most of this is refused by name: {refused}");
}

/// A backup is as sealed as the database; an export masks unless it is told otherwise.
fn copies_hold_nothing(place: &Place<'_>, folder: &Path, needles: &Needles) {
    let export = folder.join("export.jsonl");
    let _ = run(place.command(&["customer", "export", "--to", export.to_str().unwrap()])).success();
    search("the export", &fs::read(&export).unwrap(), needles);
    if place.database.is_none() {
        let backup = folder.join("backup.sqlite");
        let _ = run(place.command(&["backup", backup.to_str().unwrap()])).success();
        search("the backup", &fs::read(&backup).unwrap(), needles);
    }
    // The search would find them if they were there.
    let plain = folder.join("plain.jsonl");
    let words =
        ["customer", "export", "--plain", "--reason", "to try the search", "--to", plain.to_str().unwrap()];
    let _ = run(place.command(&words)).success();
    let plain = fs::read(&plain).unwrap();
    assert!(needles.find(&plain).is_some(), "numbers in the clear");
}

#[test]
fn no_canary_is_found_on_sqlite() {
    let data = folder();
    story(&Place { data: data.path(), database: None, server: None });
}

#[test]
fn no_canary_is_found_on_postgresql() {
    let data = folder();
    let mut options = ClusterOptions::new(Durability::Durable);
    // The server's own log holds all that a server may ever log: every statement with its values.
    for (name, value) in [
        ("log_statement", "all"),
        ("log_min_messages", "info"),
        ("log_min_error_statement", "info"),
        ("log_parameter_max_length", "-1"),
        ("log_parameter_max_length_on_error", "-1"),
    ] {
        options.settings.push((name.to_owned(), value.to_owned()));
    }
    let cluster = Cluster::start_with(&options).unwrap();
    let database = cluster.database().unwrap();
    let server = cluster.data_folder().unwrap().parent().unwrap().to_owned();
    story(&Place { data: data.path(), database: Some(&database.url), server: Some(&server) });
    let log = fs::read_to_string(server.join("log")).unwrap();
    assert!(log.contains("INSERT INTO personas"), "the server's log holds the statements");
}

/// The search itself is tried on the file that holds them all, each alone.
fn search_must_find(file: &[u8]) {
    let lines: Vec<&[u8]> = file.split(|byte| *byte == b'\n').collect();
    for canary in [NAME, EMAIL, NUMBERS[0], NUMBERS[1]] {
        let line = lines.iter().find(|line| memchr::memmem::find(line, canary.as_bytes()).is_some());
        let at = memchr::memmem::find(line.unwrap(), canary.as_bytes()).unwrap();
        let needles = Needles::new();
        let (found, name) = needles.find(&line.unwrap()[at..]).unwrap();
        assert_eq!((found, name), (0, format!("{canary} in plain").as_str()));
    }
}
