//! Two shops in one installation never see each other's data.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use stories::order_file;
use testkit::process::{Server, folder, run, trunkline};

fn story(database: Option<&str>) {
    let data = folder();
    let file = data.path().join("orders.csv");
    fs::write(&file, order_file(60, 3)).unwrap();
    let command = |shop: &str, arguments: &[&str]| {
        let mut command = trunkline(arguments);
        command.arg("--data").arg(data.path()).args(["--shop", shop]);
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        command
    };
    let mut import = command("one", &["import", "orders", "--source", "pos", "--region", "FI", "--json"]);
    import.arg(&file);
    let summary = run(import).success().json();
    assert!(summary["customers_created"].as_u64().unwrap() > 5, "{summary}");
    assert!(run(command("one", &["customer", "export", "--json"])).success().json_lines().len() > 60);

    // The other shop is there, and empty.
    let _ = run(command("two", &["shop", "add", "two"])).success();
    assert_eq!(run(command("two", &["customer", "export", "--json"])).success().json_lines().len(), 0);

    let key = |shop: &str| {
        let scopes = ["--scope", "customers:read", "--scope", "orders:read", "--scope", "audit:read"];
        let mut create = command(shop, &["key", "create", "--name", "t", "--json"]);
        create.args(scopes);
        run(create).success().json()["secret"].as_str().unwrap().to_owned()
    };
    let (one, two) = (key("one"), key("two"));
    let extra: Vec<&str> = database.map(|url| vec!["--database", url]).unwrap_or_default();
    let server = Server::start(data.path(), &extra);
    let mine = server.http().with_key(&one);
    let theirs = server.http().with_key(&two);

    let customers = mine.get("/v1/customers").expect(200).json();
    let id = customers["items"][0]["id"].as_str().unwrap().to_owned();
    let _ = mine.get(&format!("/v1/customers/{id}")).expect(200);
    assert_eq!(theirs.get("/v1/customers").expect(200).json()["items"].as_array().map(Vec::len), Some(0));
    for path in ["", "/tenures", "/orders", "/timeline", "/why", "/acts"] {
        let _ = theirs.get(&format!("/v1/customers/{id}{path}")).expect(404);
    }
    assert_eq!(theirs.get("/v1/orders").expect(200).json()["items"].as_array().map(Vec::len), Some(0));
    let _ = theirs.get("/v1/orders/pos/N000000").expect(404);
    let trail = theirs.get("/v1/audit").expect(200).json().to_string();
    assert!(!trail.contains("imports.finish"), "{trail}");
}

#[test]
fn on_sqlite() {
    story(None);
}

#[test]
fn on_postgresql() {
    story(Some(&testkit::postgres::database().url));
}
