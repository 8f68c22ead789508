//! `staff`, `key` and `shop`: secrets are shown once, refusals are exact.

use crate::shop::{BOTH, On, Shop};

#[test]
fn a_key_is_made_once_listed_without_its_secret_and_revoked() {
    for on in BOTH {
        let shop = Shop::new(on);
        let key = shop.json([
            "key",
            "create",
            "--name",
            "till",
            "--scope",
            "customers:read",
            "--scope",
            "orders:read",
        ]);
        let (id, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
        assert!(secret.starts_with("tlk_") && secret.len() > 40, "{on:?}");
        let list = shop.json(["key", "list"]);
        assert_eq!(list[0]["scopes"], serde_json::json!(["customers:read", "orders:read"]));
        assert!(!list.to_string().contains(secret));
        assert_eq!(shop.run(["key", "revoke", id]).code, Some(0));
        assert_eq!(shop.run(["key", "revoke", id]).code, Some(3), "{on:?}: it was revoked already");
        assert!(!shop.json(["key", "list"])[0]["revoked_at"].is_null());
    }
}

#[test]
fn keys_need_a_scope_that_exists() {
    let shop = Shop::new(On::Sqlite);
    let said = shop.run(["key", "create", "--name", "x", "--scope", "moon:walk", "--json"]);
    assert_eq!((said.code, &said.problem()["code"]), (Some(2), &"scope_unknown".into()));
    assert_eq!(shop.run(["key", "create", "--name", "x"]).code, Some(2));
    let all = shop.json(["key", "create", "--name", "x", "--scope", "all"]);
    assert!(all["scopes"].as_array().unwrap().len() > 10);
}

#[test]
fn staff_get_a_password_of_theirs_or_of_chance() {
    let shop = Shop::new(On::Sqlite);
    let added = shop.json(["staff", "add", "aino", "--name", "Aino", "--role", "manager"]);
    assert!(added["password"].as_str().unwrap().len() >= 15);
    let own = shop
        .with_input(["staff", "add", "onni", "--password-stdin", "--json"], b"correct horse battery\n")
        .json();
    assert!(own.get("password").is_none());
    let short = shop.with_input(["staff", "password", "onni", "--password-stdin"], b"short\n");
    assert_eq!(short.code, Some(2), "{}", short.stderr);
    assert!(!short.stderr.contains("short\n"));
    assert_eq!(shop.run(["staff", "add", "aino"]).code, Some(5), "the login is taken");
    assert_eq!(shop.run(["staff", "disable", "nobody"]).code, Some(3));
    shop.json(["staff", "disable", "aino"]);
    let list = shop.json(["staff", "list"]);
    assert_eq!((&list[0]["login"], list[0]["disabled_at"].is_null()), (&"aino".into(), false));
    assert_eq!((&list[1]["role"], list[1]["disabled_at"].is_null()), (&"owner".into(), true));
    let password = shop.run(["staff", "password", "aino"]);
    assert_eq!(password.code, Some(5), "a password would be of no use to them");
    assert!(password.stderr.contains("enable it"), "{}", password.stderr);
    shop.json(["staff", "enable", "aino"]);
    assert!(shop.json(["staff", "list"])[0]["disabled_at"].is_null());
    shop.json(["staff", "password", "aino"]);
}

#[test]
fn shops_are_made_by_name() {
    let shop = Shop::new(On::Sqlite);
    shop.json(["shop", "add", "north", "--name", "North Street"]);
    assert_eq!(shop.run(["shop", "add", "north"]).code, Some(5));
    assert_eq!(shop.run(["shop", "add", "No Blanks!"]).code, Some(2));
    let list = shop.json(["shop", "list"]);
    assert_eq!((&list[0]["slug"], &list[0]["name"]), (&"north".into(), &"North Street".into()));
    let said = shop.run(["customer", "list"]);
    assert_eq!(said.code, Some(3));
    assert!(said.stderr.contains("`main`") && said.stderr.contains("trunkline shop list"), "{}", said.stderr);
}

#[test]
fn a_client_is_made_given_another_secret_and_removed() {
    for on in BOTH {
        let shop = Shop::new(on);
        let made = shop.json([
            "client",
            "create",
            "--name",
            "Web shop",
            "--redirect-uri",
            "https://shop.example/callback",
        ]);
        let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
        assert!(secret.starts_with("tlc_"), "{on:?}");
        let list = shop.json(["client", "list"]);
        assert_eq!(
            (&list[0]["id"], &list[0]["scopes"]),
            (&id.into(), &serde_json::json!(["openid", "phone"]))
        );
        assert!(!list.to_string().contains(secret));
        assert_ne!(shop.json(["client", "secret", id])["secret"], secret);
        assert_eq!(shop.run(["client", "rotate-keys"]).code, Some(0));
        assert_eq!(shop.run(["client", "remove", id]).code, Some(0));
        assert_eq!(shop.run(["client", "remove", id]).code, Some(3), "{on:?}: it is gone already");
    }
    let shop = Shop::new(On::Sqlite);
    let wrong = ["client", "create", "--name", "x", "--redirect-uri", "http://shop.example/", "--json"];
    assert_eq!(shop.run(wrong).problem()["code"], "redirect_uri_malformed");
}
