//! Twilio's own libraries, unchanged but for the base address, against the built binary.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};
use testkit::{
    peers::{node_modules, python_with},
    process::{Server, folder, run, trunkline},
};

/// A shop whose messages go to the sandbox, a key of it as an account, and its service.
struct House {
    server: Server,
    account: String,
    token: String,
    service: String,
    _data: tempfile::TempDir,
}

fn house(database: Option<&str>) -> House {
    let data = folder();
    fs::write(data.path().join("trunkline.toml"), "test_mode = true\nshop = \"aurora\"\n").unwrap();
    let command = |arguments: &[&str]| {
        let mut command = trunkline(arguments);
        command.arg("--data").arg(data.path());
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        command
    };
    let mut create = command(&["key", "create", "--name", "shop", "--json"]);
    for scope in ["verifications:read", "verifications:write", "numbers:read", "sandbox"] {
        create.args(["--scope", scope]);
    }
    let key = run(create).success().json();
    let shops = run(command(&["shop", "list", "--json"])).success().json();
    let id = |value: &Value| value.as_str().unwrap().replace('-', "");
    let shop = shops["items"].as_array().or(shops.as_array()).unwrap()[0]["id"].clone();
    let extra: Vec<&str> = database.map(|url| vec!["--database", url]).unwrap_or_default();
    House {
        server: Server::start(data.path(), &extra),
        account: format!("AC{}", id(&key["id"])),
        token: key["secret"].as_str().unwrap().to_owned(),
        service: format!("VA{}", id(&shop)),
        _data: data,
    }
}

impl House {
    /// Runs a program of a library; what it saw.
    fn told_by(&self, command: &mut Command) -> Value {
        command.args([self.server.address(), &self.account, &self.token, &self.service]);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(text.trim()).unwrap()
    }
}

fn scripts() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/twilio"))
}

fn by_python(database: Option<&str>) {
    let house = house(database);
    let mut command = Command::new(python_with("twilio==9.13.0"));
    let seen = house.told_by(command.arg(scripts().join("story.py")));
    let expected = json!({
        "service": "aurora",
        "sent": ["pending", false, "+358401230001", "sms", 1],
        "fetched": ["pending", true],
        "wrong": ["pending", false],
        "right": ["approved", true, true],
        "again": [404, 20404],
        "over": [404, 20404],
        "five": [["pending", false], ["pending", false], ["pending", false], ["pending", false], ["pending", false]],
        "sixth": [429, 60202],
        "too soon": [429, 60203],
        "canceled": "canceled",
        "after cancel": [404, 20404],
        "bad number": [400, 60200],
        "bad channel": [400, 60200],
        "own code": [403, 60204],
        "landline": [403, 60205],
        "nobody's": [404, 20404],
        "stranger": [401, 20003],
        "lookup": [true, "FI", "040 1230001", "mobile"],
        "lookup of nothing": [false, ["TOO_SHORT"]],
    });
    assert_eq!(seen, expected);
}

fn by_node(database: Option<&str>) {
    let house = house(database);
    let mut command = Command::new("node");
    command.env("NODE_PATH", node_modules("twilio@6.2.0"));
    let seen = house.told_by(command.arg(scripts().join("story.js")));
    let expected = json!({
        "sent": ["pending", false, "+358401230011"],
        "wrong": ["pending", false],
        "right": ["approved", true],
        "again": [404, 20404],
        "badNumber": [400, 60200],
        "lookup": [true, "FI", "mobile"],
    });
    assert_eq!(seen, expected);
}

#[test]
fn by_python_on_sqlite() {
    by_python(None);
}

#[test]
fn by_python_on_postgresql() {
    by_python(Some(&testkit::postgres::database().url));
}

#[test]
fn by_node_on_sqlite() {
    by_node(None);
}

#[test]
fn by_node_on_postgresql() {
    by_node(Some(&testkit::postgres::database().url));
}
