//! `customer`, `review`, `acts` and `audit`: what staff do about who is who, and how it can be taken back.

#![allow(clippy::unwrap_used, reason = "a test may end so")]

use serde_json::Value;

use crate::shop::{BOTH, ORDERS, On, Shop};

/// The id of the customer with this name.
fn id(shop: &Shop, name: &str) -> String {
    let found = shop.json(["customer", "search", name]);
    let items = found["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{found}");
    items[0]["id"].as_str().unwrap().to_owned()
}

fn filled(on: crate::shop::On) -> Shop {
    let shop = Shop::new(on);
    shop.import(&shop.file("orders.csv", ORDERS), "online");
    shop
}

#[test]
fn search_takes_any_spelling_of_a_number_an_address_or_a_name() {
    let shop = filled(On::Sqlite);
    let aino = id(&shop, "virtanen");
    for query in
        [vec!["+358 40 1234567"], vec!["(040) 123-4567", "--region", "FI"], vec!["AINO@mail.example"]]
    {
        let mut arguments = vec!["customer", "search"];
        arguments.extend(query);
        assert_eq!(shop.json(&arguments)["items"][0]["id"], aino.as_str(), "{arguments:?}");
    }
    let shown = shop.run(["customer", "show", &aino]);
    assert!(shown.stdout.contains("2 orders") && shown.stdout.contains("48.00 EUR"), "{}", shown.stdout);
    for clear in ["1234567", "aino@mail.example"] {
        assert!(!shown.stdout.contains(clear), "masked: {}", shown.stdout);
    }
    assert_eq!(shop.run(["customer", "reveal", &aino, "--reason", " "]).code, Some(2), "a reason is needed");
    let revealed = shop.json(["customer", "reveal", &aino, "--reason", "she asked"]);
    assert_eq!(
        (&revealed["number"], &revealed["email"]),
        (&"+358401234567".into(), &"aino@mail.example".into())
    );
    let registered = shop.json(["audit", "list", "--customer", &aino, "--action", "customers.register"]);
    assert!(registered["items"].as_array().unwrap().len() <= 1, "{registered}");
    let trail = shop.json(["audit", "list", "--customer", &aino]);
    assert_eq!(
        (&trail["items"][0]["action"], &trail["items"][0]["reason"]),
        (&"customers.reveal".into(), &"she asked".into())
    );
    assert_eq!(trail["items"][0]["actor"], "shell:tester");
}

#[test]
fn a_merge_is_taken_back_to_the_letter() {
    for on in BOTH {
        let shop = filled(on);
        let before = shop.run(["customer", "export"]).stdout;
        let (aino, karim) = (id(&shop, "Virtanen"), id(&shop, "Hossain"));
        let merged = shop.json(["customer", "merge", &aino, &karim, "--reason", "same household card"]);
        let (lines, _) = shop.export();
        assert!(lines.iter().all(|line| line["customer"] == merged["customer"]), "{on:?}");
        let again = shop.run(["customer", "merge", &aino, &karim, "--reason", "again"]);
        assert_eq!(again.code, Some(5), "{on:?} {}", again.stderr);
        let act = merged["act"].as_str().unwrap();
        shop.json(["customer", "undo", act, "--reason", "a slip"]);
        assert_eq!(shop.run(["customer", "export"]).stdout, before, "{on:?}");
        let acts = shop.json(["acts", "list"]);
        let kinds: Vec<&Value> = acts["items"].as_array().unwrap().iter().map(|act| &act["kind"]).collect();
        assert_eq!(kinds, ["undo", "merge"], "{on:?}");
        let rebuilt = shop.json(["customer", "rebuild"]);
        assert_eq!(
            (&rebuilt["links_recorded"], &rebuilt["links_retracted"]),
            (&0.into(), &0.into()),
            "{on:?} {rebuilt}"
        );
        assert_eq!(shop.run(["customer", "export"]).stdout, before, "{on:?}");
        assert_eq!(shop.json(["audit", "verify"])["holds"], true);
    }
}

#[test]
fn a_split_moves_records_and_an_erasure_leaves_orders_of_nobody() {
    let shop = filled(On::Sqlite);
    let aino = id(&shop, "Virtanen");
    let records = shop.json(["customer", "show", &aino])["linked_records"].clone();
    let records: Vec<&str> =
        records.as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap()).collect();
    assert_eq!(records.len(), 2);
    let split = shop.json(["customer", "split", &aino, "--record", records[1], "--reason", "her sister"]);
    assert_ne!(split["new_customer"], aino.as_str());
    let new = split["new_customer"].as_str().unwrap().to_owned();
    assert_eq!(shop.json(["customer", "show", &new])["orders"], 1);
    shop.json(["customer", "erase", &aino, "--reason", "asked to be forgotten"]);
    assert_eq!(shop.run(["customer", "show", &aino]).code, Some(3));
    let (lines, _) = shop.export();
    let first = lines.iter().find(|line| line["order_id"] == "W-1").unwrap();
    assert!(first["customer"].is_null() && first["amount"] == 900, "{first}");
}

#[test]
fn registering_finds_whoever_is_known_and_a_number_may_change() {
    let shop = filled(On::Sqlite);
    let aino = id(&shop, "Virtanen");
    let known = shop.json([
        "customer",
        "register",
        "--number",
        "0401234567",
        "--region",
        "FI",
        "--name",
        "Aino Virtanen",
    ]);
    assert_eq!((&known["customer"], &known["created"]), (&aino.as_str().into(), &false.into()));
    let new = shop.json(["customer", "register", "--number", "+358501112223", "--name", "Onni Laine"]);
    assert_eq!(new["created"], true);
    shop.json([
        "customer",
        "change-number",
        &aino,
        "--from",
        "+358401234567",
        "--to",
        "+358409999888",
        "--reason",
        "told us",
    ]);
    let tenures = shop.json(["customer", "show", &aino])["tenures"].clone();
    let ended: Vec<bool> =
        tenures.as_array().unwrap().iter().map(|tenure| !tenure["until"].is_null()).collect();
    assert_eq!(ended, [true, false], "{tenures}");
    assert_eq!(shop.run(["customer", "register", "--name", "Nobody"]).code, Some(2));
}

#[test]
fn an_export_in_the_clear_needs_a_reason_and_leaves_a_trace() {
    let shop = filled(On::Sqlite);
    assert_eq!(shop.run(["customer", "export", "--plain"]).code, Some(2));
    let file = shop.path("export.jsonl");
    let arguments = [
        "customer",
        "export",
        "--plain",
        "--reason",
        "audit by the accountant",
        "--to",
        file.to_str().unwrap(),
    ];
    assert_eq!(shop.run(arguments).code, Some(0));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"+358401234567\"") && text.contains("\"+8801712345678\""));
    let found = shop.json(["audit", "list", "--action", "customers.", "--actor", "shell:"]);
    let actions: Vec<_> = found["items"].as_array().unwrap().iter().map(|one| &one["action"]).collect();
    assert!(!actions.is_empty() && actions.iter().all(|one| one.as_str().unwrap().starts_with("customers.")));
    assert_eq!(
        shop.json(["audit", "list", "--actor", "nobody of this name"])["items"],
        serde_json::json!([])
    );
    let trail = shop.json(["audit", "list", "--limit", "1"]);
    assert_eq!(trail["items"][0]["action"], "customers.export_plain");
    assert_eq!(shop.run(arguments).code, Some(5), "nothing is overwritten");
}

#[test]
fn a_doubt_is_shown_with_both_sides_and_decided() {
    let shop = Shop::new(On::Sqlite);
    // The same e-mail address over two numbers, and names that are neither the same nor clearly different.
    let text = "order_id,ordered_at,number,name,email,amount,currency\n\
        1,2024-01-01T10:00:00Z,+358401234567,Maria Korhonen,family@mail.example,1.00,EUR\n\
        2,2024-02-01T10:00:00Z,+358401234567,Maria Korhonen,family@mail.example,1.00,EUR\n\
        3,2024-03-01T10:00:00Z,+358507654321,M Virtanen,family@mail.example,1.00,EUR\n";
    shop.import(&shop.file("orders.csv", text), "online");
    let open = shop.json(["review", "list"]);
    let items = open["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{open}");
    let review = items[0]["id"].as_str().unwrap();
    let shown = shop.run(["review", "show", review]);
    assert!(
        shown.stdout.contains("Maria Korhonen") && shown.stdout.contains("M Virtanen"),
        "{}",
        shown.stdout
    );
    assert_eq!(shop.run(["review", "decide", review, "--reason", "x"]).code, Some(2), "which way?");
    let decided = shop.json(["review", "decide", review, "--merge", "--reason", "she married"]);
    assert!(decided["act"].is_string());
    assert_eq!(shop.json(["customer", "list"])["items"].as_array().unwrap().len(), 1);
    assert_eq!(shop.json(["review", "list"])["items"].as_array().unwrap().len(), 0);
    assert_eq!(shop.run(["review", "decide", review, "--apart", "--reason", "again"]).code, Some(3));
}
