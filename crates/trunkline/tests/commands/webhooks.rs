//! `webhook`: endpoints from a shell; a secret is shown once.

use crate::shop::{BOTH, On, Shop};

#[test]
fn an_endpoint_is_made_tried_and_removed() {
    for on in BOTH {
        let shop = Shop::new(on);
        let made = shop.json([
            "webhook",
            "add",
            "https://shop.example/hooks",
            "--description",
            "Web shop",
            "--event",
            "message.failed,customer.erased",
        ]);
        let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
        assert!(secret.starts_with("whsec_"), "{on:?}");
        let shown = shop.json(["webhook", "show", id]);
        assert_eq!(
            (&shown["description"], &shown["health"]["calls_of_day"]),
            (&"Web shop".into(), &0.into())
        );
        let list = shop.json(["webhook", "list"]);
        assert_eq!(list[0]["events"].as_array().unwrap().len(), 2);
        assert!(!list.to_string().contains("whsec_") && !shown.to_string().contains("whsec_"));
        let changed = shop.json(["webhook", "change", id, "--event", "message.received"]);
        assert_eq!((&changed["events"][0], &changed["url"]), (&"message.received".into(), &shown["url"]));
        assert_ne!(shop.json(["webhook", "rotate", id])["secret"], secret);
        let sent = shop.json(["webhook", "ping", id]);
        let delivery = sent["id"].as_str().unwrap();
        assert_eq!(
            shop.json(["webhook", "deliveries", id, "--state", "waiting"])["items"][0]["id"],
            delivery
        );
        let one = shop.json(["webhook", "delivery", delivery]);
        assert_eq!((&one["type"], &one["calls"]), (&"webhook.ping".into(), &serde_json::json!([])));
        assert_eq!(shop.json(["webhook", "redeliver", delivery])["state"], "waiting");
        let since = "2024-01-01T00:00:00Z";
        let again = shop.json(["webhook", "redeliver", "--failed-of", id, "--since", since]);
        assert_eq!(again["redelivered"], 0);
        assert_eq!(shop.json(["webhook", "disable", id])["disabled"]["why"], "asked");
        assert_eq!(shop.run(["webhook", "ping", id]).code, Some(5));
        assert!(shop.json(["webhook", "enable", id])["disabled"].is_null());
        shop.json(["webhook", "remove", id]);
        assert_eq!(shop.run(["webhook", "show", id]).code, Some(3));
    }
}

#[test]
fn what_cannot_be_called_is_refused_at_once() {
    let shop = Shop::new(On::Sqlite);
    for (arguments, code) in [
        (["webhook", "add", "http://shop.example/", "--json"], "webhook_url_malformed"),
        (["webhook", "add", "https://192.168.0.1/", "--json"], "webhook_url_private"),
        // Not in test mode, so not even this machine.
        (["webhook", "add", "http://127.0.0.1:9/", "--json"], "webhook_url_private"),
    ] {
        let said = shop.run(arguments);
        assert_eq!((said.code, &said.problem()["code"]), (Some(2), &code.into()), "{arguments:?}");
    }
    let kinds = shop.json(["webhook", "kinds"]);
    assert!(kinds.as_array().unwrap().iter().any(|kind| kind["code"] == "verification.approved"));
}
