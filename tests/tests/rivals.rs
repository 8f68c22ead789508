//! Rivals before two servers on one database: what is bounded is bounded for both together, also after one of them began anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::{Value, json};
use stories::code_on;
use testkit::{
    counts::rivals,
    postgres::{Cluster, Durability},
    process::{Http, Server, folder, run, trunkline},
};

/// Those who ask at the same moment; each goes on until all tries are made.
const AT_ONCE: usize = 32;

/// Types a code so often, by turns at each of the servers; how often each outcome was told.
fn type_at_all(doors: &[Http], id: &str, code: &str, times: usize) -> BTreeMap<String, usize> {
    let (next, together) = (AtomicUsize::new(0), Barrier::new(AT_ONCE));
    let told = thread::scope(|scope| {
        let rival = || {
            let mut told = Vec::new();
            together.wait();
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                if turn >= times {
                    return told;
                }
                let typed = json!({ "purpose": "sign_in", "code": code });
                let door = &doors[turn % doors.len()];
                let answer = door.post(&format!("/v1/verifications/{id}/check"), &typed).expect(200).json();
                told.push(answer["outcome"].as_str().unwrap().to_owned());
            }
        };
        let rivals: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(rival)).collect();
        rivals.into_iter().flat_map(|rival| rival.join().unwrap()).collect::<Vec<_>>()
    });
    told.into_iter().fold(BTreeMap::new(), |mut counts, outcome| {
        *counts.entry(outcome).or_default() += 1;
        counts
    })
}

fn started(door: &Http, number: &str) -> (String, String) {
    let start = json!({ "number": number, "purpose": "sign_in" });
    let started = door.post("/v1/verifications", &start).expect(201).json();
    (started["id"].as_str().unwrap().to_owned(), code_on(door, number))
}

fn other_than(code: &str) -> &'static str {
    if code == "000000" { "111111" } else { "000000" }
}

#[test]
fn two_servers_bound_guesses_together_on_postgresql() {
    let cluster = Cluster::start(Durability::Durable).unwrap();
    let database = cluster.database().unwrap();
    let data = folder();
    fs::write(data.path().join("trunkline.toml"), "test_mode = true\n").unwrap();
    let mut create = trunkline(["key", "create", "--name", "t", "--json", "--database", &database.url]);
    create.arg("--data").arg(data.path());
    create.args(
        ["verifications:read", "verifications:write", "sandbox"].map(|scope| format!("--scope={scope}")),
    );
    let key: Value = run(create).success().json();
    let serve = || Server::start(data.path(), &["--database", &database.url]);
    let door = |server: &Server| server.http().with_key(key["secret"].as_str().unwrap());
    let (first, second) = (serve(), serve());
    let doors = [door(&first), door(&second)];
    let times = rivals(200);

    // Wrong ones: five are looked at, at both doors together.
    let (id, code) = started(&doors[0], "+358457770001");
    let told = type_at_all(&doors, &id, other_than(&code), times);
    assert_eq!(told.get("wrong"), Some(&5), "{told:?}");
    assert_eq!(told.values().sum::<usize>(), times);
    assert_eq!(told.get("approved"), None);

    // Right ones: one is served.
    let (id, code) = started(&doors[1], "+358457770002");
    let told = type_at_all(&doors, &id, &code, times);
    assert_eq!(told.get("approved"), Some(&1), "{told:?}");

    // A server that begins anew forgets nothing of a number: five more of the day's ten are looked at, then none.
    first.kill();
    let again = serve();
    let doors = [door(&again), doors[1].clone()];
    let (id, code) = started(&doors[0], "+358457770003");
    let told = type_at_all(&doors, &id, other_than(&code), times);
    assert_eq!(told.get("wrong"), Some(&5), "{told:?}");
    again.kill();
    let last = serve();
    let told = type_at_all(&[door(&last), doors[1].clone()], &id, &code, times);
    assert_eq!((told.get("wrong"), told.get("approved")), (None, None), "{told:?}");
}
