//! Webhooks of the built binary: the specification's own libraries verify what is told, and kill -9 loses nothing of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use serde_json::{Value, json};
use stories::code_on;
use testkit::{
    counts::kills,
    peers::{Peer, node_modules, python_with},
    process::{Http, Server, folder, run, trunkline},
};

/// Kills a database suffers in the suite.
const KILLS: usize = 4;

/// How long anything may take that must come.
const WAIT: Duration = Duration::from_secs(120);
/// The longest life that is cut short.
const LIFE: Duration = Duration::from_millis(1_500);
const CALLERS: usize = 3;

fn script(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/webhooks")).join(name)
}

fn by_node(secret: &Path) -> Peer {
    let mut command = Command::new("node");
    command.env("NODE_PATH", node_modules("standardwebhooks@1.1.1"));
    Peer::start(command.arg(script("receiver.js")).arg(secret))
}

fn by_python(secret: &Path) -> Peer {
    let mut command = Command::new(python_with("standardwebhooks==1.1.0"));
    Peer::start(command.arg(script("receiver.py")).arg(secret))
}

/// A shop in test mode, whose endpoint is a receiver of another's making.
struct House {
    data: PathBuf,
    database: Vec<String>,
    key: String,
    endpoint: String,
    receiver: Peer,
}

impl House {
    fn open(data: &Path, database: Option<&str>, receiver: fn(&Path) -> Peer) -> Self {
        fs::write(data.join("trunkline.toml"), "test_mode = true\n").unwrap();
        let database: Vec<String> =
            database.iter().flat_map(|url| ["--database".to_owned(), (*url).to_owned()]).collect();
        let command = |arguments: &[&str]| {
            let mut command = trunkline(arguments);
            command.arg("--data").arg(data).args(&database).arg("--json");
            run(command).success().json()
        };
        let key = command(&["key", "create", "--name", "story", "--scope", "all"]);
        let secret = data.join("secret");
        let receiver = receiver(&secret);
        let url = format!("http://127.0.0.1:{}/", receiver.says()["port"]);
        let endpoint = command(&["webhook", "add", &url]);
        fs::write(secret, endpoint["secret"].as_str().unwrap()).unwrap();
        Self {
            data: data.to_owned(),
            key: key["secret"].as_str().unwrap().to_owned(),
            endpoint: endpoint["id"].as_str().unwrap().to_owned(),
            database,
            receiver,
        }
    }

    fn start(&self) -> (Server, Http) {
        let arguments: Vec<&str> = self.database.iter().map(String::as_str).collect();
        let server = Server::start(&self.data, &arguments);
        let http = server.http().with_key(&self.key);
        (server, http)
    }

    /// All deliveries in a state, by the ids of their events.
    fn in_state(&self, http: &Http, state: &str) -> BTreeSet<String> {
        let (mut ids, mut after) = (BTreeSet::new(), String::new());
        loop {
            let path = format!("/v1/webhooks/{}/deliveries?state={state}&limit=200{after}", self.endpoint);
            let page = http.get(&path).expect(200).json();
            ids.extend(
                page["items"].as_array().unwrap().iter().map(|one| one["event"].as_str().unwrap().to_owned()),
            );
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return ids,
            }
        }
    }
}

/// A number is proved, and what is told of it is verified by a library of others; the code is in none of it.
fn proved(database: Option<&str>, receiver: fn(&Path) -> Peer) {
    let data = folder();
    let house = House::open(data.path(), database, receiver);
    let (_server, http) = house.start();
    let number = "+358457770001";
    let start = json!({ "number": number, "purpose": "sign_in", "digits": 10 });
    let started = http.post("/v1/verifications", &start).expect(201).json();
    let code = code_on(&http, number);
    let check = format!("/v1/verifications/{}/check", started["id"].as_str().unwrap());
    let checked = http.post(&check, &json!({ "purpose": "sign_in", "code": code })).expect(200).json();
    assert_eq!(checked["approved"], true);
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    while !(told.contains_key("verification.approved") && told.contains_key("message.delivered")) {
        let call = house.receiver.says();
        assert_eq!((&call["verified"], &call["changed"]), (&json!(true), &json!(false)), "{call}");
        let text = call["body"].as_str().unwrap();
        assert!(!text.contains(&code) && !text.contains("45777"), "{text}");
        let body: Value = serde_json::from_str(text).unwrap();
        told.insert(body["type"].as_str().unwrap().to_owned(), body["data"].clone());
    }
    let approved = &told["verification.approved"];
    assert_eq!(approved["verification"], started["id"]);
    assert_eq!(approved["number"], "+358••••••001");
}

#[test]
fn a_library_for_node_verifies_what_is_told_on_sqlite() {
    proved(None, by_node);
}

#[test]
fn a_library_for_node_verifies_what_is_told_on_postgresql() {
    proved(Some(&testkit::postgres::database().url), by_node);
}

#[test]
fn a_library_for_python_verifies_what_is_told_on_sqlite() {
    proved(None, by_python);
}

#[test]
fn a_library_for_python_verifies_what_is_told_on_postgresql() {
    proved(Some(&testkit::postgres::database().url), by_python);
}

/// Asks for calls until the server is gone; the ids of the events that were acknowledged.
fn ask(http: &Http, endpoint: &str) -> Vec<String> {
    let mut acknowledged = Vec::new();
    // An answer that breaks off on its way is no acknowledgement.
    while let Ok(answer) = http.try_post(&format!("/v1/webhooks/{endpoint}/ping"), &json!({})) {
        acknowledged.push(answer.expect(202).json()["event"].as_str().unwrap().to_owned());
    }
    acknowledged
}

fn killed(name: &str, database: Option<&str>, seed: u64) {
    let data = folder();
    let house = House::open(data.path(), database, by_node);
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut acknowledged = BTreeSet::new();
    for _ in 0..kills(KILLS) {
        let (server, http) = house.start();
        let end = LIFE.mul_f64(rng.random_range(0.1..1.0));
        let told: Vec<Vec<String>> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(|| ask(&http, &house.endpoint))).collect();
            wait(end);
            server.kill();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        acknowledged.extend(told.into_iter().flatten());
    }
    assert!(acknowledged.len() > 4 * kills(KILLS), "only {} were asked for", acknowledged.len());
    let (_server, http) = house.start();
    let until = Instant::now() + WAIT;
    while !house.in_state(&http, "waiting").is_empty() {
        assert!(Instant::now() < until, "some events are never told");
        std::thread::yield_now();
    }
    let delivered = house.in_state(&http, "delivered");
    let mut came: BTreeMap<String, u32> = BTreeMap::new();
    for call in house.receiver.said() {
        assert_eq!(call["verified"], true);
        *came.entry(call["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let lost: Vec<&String> = acknowledged.iter().filter(|id| !came.contains_key(*id)).collect();
    assert!(lost.is_empty(), "{} of {} events were never told", lost.len(), acknowledged.len());
    assert!(acknowledged.is_subset(&delivered), "what was told is known to be");
    let twice = came.values().filter(|count| **count > 1).count();
    eprintln!(
        "{name}: {} kills, {} events acknowledged, {twice} told twice",
        kills(KILLS),
        acknowledged.len()
    );
}

/// Lets a server live for a while.
fn wait(while_it_lives: Duration) {
    let (_never, ends) = std::sync::mpsc::channel::<()>();
    assert!(ends.recv_timeout(while_it_lives).is_err());
}

#[test]
fn kill_9_loses_nothing_on_sqlite() {
    killed("SQLite", None, 7);
}

#[test]
fn kill_9_loses_nothing_on_postgresql() {
    killed("PostgreSQL", Some(&testkit::postgres::database().url), 8);
}
