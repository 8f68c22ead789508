//! kill -9 while messages are being sent to an SMPP peer: what was acknowledged is not lost, nothing is sent twice to a peer that answers, and what is in doubt is listed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use serde_json::json;
use testkit::{
    counts::kills,
    peers::{Peer, node_modules},
    process::{Http, Server, folder, run, trunkline},
};

/// Kills a database suffers in the suite.
const KILLS: usize = 4;

/// Messages asked for in each life of the server, by so many callers at once.
const CALLERS: usize = 4;
/// The longest life that is cut short.
const LIFE: Duration = Duration::from_millis(1_500);

/// An SMSC of another's making, which lives on while servers die.
fn smsc() -> (Peer, u64) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/messaging/tests/peers/smsc.js");
    let peer = Peer::start(Command::new("node").arg(script).env("NODE_PATH", node_modules("smpp@0.5.1")));
    let port = peer.says()["port"].as_u64().unwrap();
    (peer, port)
}

fn configure(data: &Path, port: u64) {
    fs::create_dir_all(data).unwrap();
    let text = format!(
        "[[messaging.smpp]]\nname = \"smsc\"\naddress = \"127.0.0.1:{port}\"\nsystem_id = \"shop\"\npassword = \"secret\"\n\n\
         [[messaging.routes]]\nchannel = \"sms\"\nprovider = \"smsc\"\nfrom = \"Shop\"\n"
    );
    fs::write(data.join("trunkline.toml"), text).unwrap();
}

/// Asks for messages until the server is gone; returns the texts of those that it acknowledged, by id.
fn ask(http: &Http, caller: &str) -> BTreeMap<String, String> {
    let mut acknowledged = BTreeMap::new();
    for at in 0.. {
        let text = format!("{caller} {at}");
        let body = json!({ "to": "+358401234560", "purpose": "order.update", "text": text });
        // An answer that breaks off on its way is no acknowledgement.
        match http.try_post("/v1/messages", &body) {
            Ok(answer) => {
                let message = answer.expect(201).json();
                acknowledged.insert(message["id"].as_str().unwrap().to_owned(), text);
            }
            Err(_) => return acknowledged,
        }
    }
    acknowledged
}

/// All messages in a state, by their ids.
fn in_state(http: &Http, state: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut after = String::new();
    loop {
        let page = http.get(&format!("/v1/messages?state={state}&limit=200{after}")).expect(200).json();
        for item in page["items"].as_array().unwrap() {
            ids.insert(item["id"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return ids,
        }
    }
}

fn story(name: &str, data: &Path, url: &str, seed: u64) {
    let (peer, port) = smsc();
    configure(data, port);
    let mut command =
        trunkline(["key", "create", "--name", "story", "--scope", "messages", "--json", "--data"]);
    command.arg(data).args(["--database", url]);
    let key = run(command).success().json()["secret"].as_str().unwrap().to_owned();
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut acknowledged = BTreeMap::new();
    for life in 0..kills(KILLS) {
        let server = Server::start(data, &["--database", url]);
        let http = server.http().with_key(&key);
        let end = LIFE.mul_f64(rng.random_range(0.05..1.0));
        let told: Vec<BTreeMap<String, String>> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS)
                .map(|caller| {
                    let http = &http;
                    scope.spawn(move || ask(http, &format!("life {life} caller {caller} message")))
                })
                .collect();
            wait(end);
            server.kill();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        told.into_iter().for_each(|told| acknowledged.extend(told));
    }
    assert!(acknowledged.len() > 4 * kills(KILLS), "only {} were asked for", acknowledged.len());
    let server = Server::start(data, &["--database", url]);
    let http = server.http().with_key(&key);
    let deadline = Instant::now() + Duration::from_secs(120);
    while !in_state(&http, "queued").is_empty() || !in_state(&http, "sending").is_empty() {
        assert!(Instant::now() < deadline, "some messages are never sent");
        std::thread::yield_now();
    }
    let unknown = in_state(&http, "unknown");
    let sent: BTreeSet<String> =
        in_state(&http, "sent").union(&in_state(&http, "delivered")).cloned().collect();
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    for said in peer.said() {
        if let Some(text) = said["text"].as_str() {
            *taken.entry(text.to_owned()).or_default() += 1;
        }
    }
    let mut doubtful_taken = 0;
    for (id, text) in &acknowledged {
        let count = taken.get(text).copied().unwrap_or_default();
        assert!(count <= 1, "{text} was sent {count} times");
        if unknown.contains(id) {
            doubtful_taken += count;
        } else {
            assert!(sent.contains(id), "{text} is lost");
            assert_eq!(count, 1, "{text} is said to be sent");
        }
    }
    assert!(taken.values().all(|count| *count == 1), "one that was never acknowledged was sent twice");
    eprintln!(
        "{name}: {} kills, {} messages acknowledged, {} taken by the peer, {} in doubt of which it has {doubtful_taken}",
        kills(KILLS),
        acknowledged.len(),
        taken.len(),
        unknown.len()
    );
}

/// The moment of the kill is what is random here; nothing waits for anything.
fn wait(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::park_timeout(left);
    }
}

#[test]
fn on_sqlite() {
    let place = folder();
    let url = format!("sqlite:{}", place.path().join("t.sqlite").display());
    story("SQLite", &place.path().join("data"), &url, 3);
}

#[test]
fn on_postgresql() {
    let database = testkit::postgres::database();
    let place = folder();
    story("PostgreSQL", &place.path().join("data"), &database.url, 4);
}
