//! Risk, by the built binary: a SIM that is swapped on the sandbox's phones shows in assessments of the same house and, over CAMARA, of another one; rules decide by it and are tried on the past.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use serde_json::{Value, json};
use testkit::process::{Http, Server, folder, run, trunkline};

const AINO: &str = "+358401234567";

/// A command of the binary on a data folder, with its answer in JSON.
fn told(data: &Path, arguments: &[&str]) -> Value {
    let mut command = trunkline(arguments);
    command.arg("--json").arg("--data").arg(data);
    run(command).success().json()
}

fn found<'v>(assessment: &'v Value, signal: &str) -> &'v Value {
    let findings = assessment["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["signal"] == signal).unwrap()
}

fn swap_sim(http: &Http) {
    drop(http.post(&format!("/sandbox/v1/phones/%2B{}/sim-swap", &AINO[1..]), &json!({})).expect(200));
}

#[test]
fn a_swapped_sim_shows_here_and_over_a_line() {
    let (own, other) = (folder(), folder());
    fs::write(own.path().join("trunkline.toml"), "test_mode = true\n").unwrap();
    let scopes =
        ["sandbox", "risk:read", "risk:assess", "risk:rules", "verifications:read", "verifications:write"];
    let mut create = vec!["key", "create", "--name", "t"];
    scopes.iter().for_each(|scope| create.extend(["--scope", scope]));
    let key = told(own.path(), &create);
    let server = Server::start(own.path(), &[]);
    let http = server.http().with_key(key["secret"].as_str().unwrap());
    // Another house, whose operator is the first one's sandbox.
    let operator = format!(
        "test_mode = true\n\n[risk]\nwait_millis = 20000\n\n[[risk.operators]]\nname = \"sandbox\"\nbase_url = \"{0}/sandbox/camara\"\n\
         token_url = \"{0}/sandbox/camara/token\"\nclient_id = \"{1}\"\nclient_secret = \"{2}\"\nlifetime_seconds = 0\n",
        server.address(),
        key["id"].as_str().unwrap(),
        key["secret"].as_str().unwrap(),
    );
    fs::write(other.path().join("trunkline.toml"), operator).unwrap();
    told(other.path(), &["shop", "add", "main"]);
    let over_a_line = || told(other.path(), &["risk", "assess", AINO, "--purpose", "recovery"]);
    let here =
        || http.post("/v1/assessments", &json!({ "number": AINO, "purpose": "recovery" })).expect(201).json();
    for calm in [here(), over_a_line()] {
        assert_eq!(calm["decision"], "allow", "{calm}");
        assert_eq!(found(&calm, "sim_swapped")["finding"], "no", "{calm}");
    }
    swap_sim(&http);
    for swapped in [here(), over_a_line()] {
        assert_eq!(swapped["decision"], "review", "{swapped}");
        assert_eq!(found(&swapped, "sim_swapped")["finding"], "yes");
        assert!(found(&swapped, "sim_swapped")["happened_at"].is_string());
        assert!(swapped["waits_until"].is_string());
        assert_eq!(swapped["reasons"][0]["rule"], "sim_swapped_takeover");
    }
    // Stricter rules: tried, then in force, then felt by a recovery whose answer tells nothing.
    let mut rules = told(own.path(), &["risk", "rules", "show"]);
    assert_eq!(rules["version"], 0);
    for rule in rules["rules"].as_array_mut().unwrap() {
        if rule["name"] == "sim_swapped_takeover" {
            rule["decision"] = "deny".into();
        }
    }
    let file = own.path().join("rules.json");
    fs::write(&file, rules.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let tried = told(own.path(), &["risk", "rules", "dry-run", file]);
    assert_eq!((&tried["looked_at"], &tried["changed"]), (&json!(2), &json!(1)));
    assert_eq!(tried["examples"][0]["to"], "deny");
    let set =
        told(own.path(), &["risk", "rules", "set", file, "--reason", "too many takeovers", "--seen", "0"]);
    assert_eq!(set["version"], 1);
    let start = json!({ "number": AINO, "purpose": "recovery" });
    let id = http.post("/v1/verifications", &start).expect(201).json()["id"].as_str().unwrap().to_owned();
    let story = http.get(&format!("/v1/verifications/{id}")).expect(200).json();
    assert_eq!((&story["sends"], &story["story"][0]["reason"]), (&json!(0), &json!("risk")));
    let listed = told(own.path(), &["risk", "list", "--decision", "deny"]);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    // With nobody on the line nothing is known, and nothing is decided by that.
    server.stop();
    let silent = over_a_line();
    assert_eq!(
        (&silent["decision"], &found(&silent, "sim_swapped")["why"]),
        (&json!("allow"), &json!("failed"))
    );
}
