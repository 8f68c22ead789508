//! `message`: asked for from a shell, listed, shown; a number and a text are never repeated.

use crate::shop::{BOTH, On, Shop};

#[test]
fn a_message_is_asked_for_listed_and_shown() {
    for on in BOTH {
        let shop = Shop::new(on);
        shop.json(["shop", "add", "main", "--name", "Main"]);
        let sent = shop.json([
            "message",
            "send",
            "+358 40 1234567",
            "Your parcel 4711 waits",
            "--purpose",
            "order.update",
        ]);
        let id = sent["id"].as_str().unwrap();
        let shown = shop.json(["message", "show", id]);
        assert_eq!((&shown["state"], &shown["to"]), (&"queued".into(), &"+358••••••567".into()), "{on:?}");
        assert!(!shown.to_string().contains("4711"));
        let list = shop.json(["message", "list", "--number", "+358401234567"]);
        assert_eq!(list["items"][0]["id"], id);
        assert_eq!(
            shop.json(["message", "list", "--state", "unknown"])["items"].as_array().unwrap().len(),
            0
        );
        assert_eq!(shop.run(["message", "show", "0190f1b4-0000-7000-8000-000000000000"]).code, Some(3));
    }
}

#[test]
fn what_cannot_be_sent_is_refused_at_once() {
    let shop = Shop::new(On::Sqlite);
    for (arguments, code) in [
        (["message", "send", "12", "x", "--json"], "number_malformed"),
        (["message", "send", "+358401234567", " ", "--json"], "text_missing"),
    ] {
        let said = shop.run(arguments);
        assert_eq!((said.code, &said.problem()["code"]), (Some(2), &code.into()));
    }
}

#[test]
fn a_code_that_was_not_sent_is_no_success() {
    for on in BOTH {
        let shop = Shop::new(on);
        shop.json(["shop", "add", "main", "--name", "Main"]);
        let first = shop.json(["verify", "start", "+358401234567", "--purpose", "sign_in"]);
        assert_eq!(first["sent"], true, "{on:?}");
        // Another spelling is the same number, to which nothing is sent for half a minute.
        let again = ["verify", "start", "040 123 4567", "--region", "FI", "--purpose", "sign_in", "--json"];
        let said = shop.run(again);
        assert_eq!((said.code, &said.problem()["code"]), (Some(6), &"not_sent".into()), "{on:?}");
        let told: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(
            (&told["sent"], &told["refused"]["reason"]),
            (&false.into(), &said.problem()["reason"]),
            "{on:?}"
        );
        assert!(told["refused"]["retry_at"].is_string() && told["id"].is_string());
        let said = shop.run(["verify", "resend", first["id"].as_str().unwrap()]);
        assert_eq!(said.code, Some(6), "{on:?}");
        assert!(said.stderr.contains("Nothing was sent"), "{}", said.stderr);
    }
}
