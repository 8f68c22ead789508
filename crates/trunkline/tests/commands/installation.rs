//! `migrate`, `doctor`, `config`, `backup`, `restore`, `serve`, `demo`: an installation from its first day to its worst.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Stdio};

use testkit::process::Server;

use crate::shop::{BOTH, ORDERS, On, Shop, plain, said};

#[test]
fn a_first_migration_fills_the_database_and_a_second_has_nothing_to_do() {
    for on in BOTH {
        let shop = Shop::new(on);
        assert!(!shop.json(["migrate"])["migrated"].as_array().unwrap().is_empty(), "{on:?}");
        assert_eq!(shop.json(["migrate"])["migrated"], serde_json::json!([]), "{on:?}");
        let mode = fs::metadata(shop.data().join("keys")).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "the key file is its owner's alone");
    }
}

#[test]
fn the_doctor_finds_a_sound_installation_sound() {
    for on in BOTH {
        let shop = Shop::new(on);
        shop.import(&shop.file("orders.csv", ORDERS), "online");
        let report = shop.json(["doctor"]);
        assert_eq!(report["sound"], true, "{on:?} {report}");
        let states: Vec<(String, String)> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| {
                (finding["what"].as_str().unwrap().to_owned(), finding["state"].as_str().unwrap().to_owned())
            })
            .collect();
        for what in
            ["config", "data folder", "keys", "database", "schema", "sealing", "clock", "jobs", "linking"]
        {
            assert!(states.contains(&(what.to_owned(), "ok".to_owned())), "{on:?} {what}: {states:?}");
        }
    }
}

#[test]
fn the_doctor_says_how_to_mend_what_is_wrong_and_makes_nothing() {
    let shop = Shop::new(On::Sqlite);
    let nothing = shop.run(["doctor"]);
    assert_eq!(nothing.code, Some(0), "{}", nothing.stdout);
    assert!(!shop.data().exists());
    shop.import(&shop.file("orders.csv", ORDERS), "online");
    let keys = shop.data().join("keys");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = shop.run(["doctor"]);
    assert_eq!(exposed.code, Some(1));
    assert!(exposed.stdout.contains("chmod 600"), "{}", exposed.stdout);
    fs::rename(&keys, shop.path("keys-of-this-shop")).unwrap();
    let missing = shop.run(["doctor"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.stdout.contains("there is no key file"), "{}", missing.stdout);
    assert_eq!(shop.run(["customer", "list"]).code, Some(7), "no keys, no data");
}

#[test]
fn keys_of_another_installation_are_refused_before_anything_is_written() {
    for on in BOTH {
        let shop = Shop::new(on);
        shop.import(&shop.file("orders.csv", ORDERS), "online");
        let other = Shop::new(On::Sqlite);
        other.json(["migrate"]);
        let keys = other.data().join("keys");
        let said = shop.run(["customer", "list", "--json", "--key-file", keys.to_str().unwrap()]);
        assert_eq!((said.code, &said.problem()["code"]), (Some(7), &"keys_do_not_fit".into()), "{on:?}");
        // A forgotten key file on PostgreSQL must not be replaced by a new one that fits nothing.
        let nowhere = shop.path("new-keys");
        let said = shop.run(["customer", "list", "--json", "--key-file", nowhere.to_str().unwrap()]);
        assert_eq!(said.code, Some(7), "{on:?} {}", said.stderr);
        assert!(!nowhere.exists(), "{on:?}");
    }
}

#[test]
fn whoever_opens_a_database_without_its_keys_is_refused_and_no_new_ones_are_made() {
    for on in BOTH {
        let shop = Shop::new(on);
        // Tables alone, no shop and nobody in it: the keys are bound all the same.
        shop.json(["migrate"]);
        let nowhere = shop.path("new-keys");
        let path = nowhere.to_str().unwrap();
        let orders = shop.file("orders.csv", ORDERS);
        for words in [
            vec!["migrate"],
            vec!["serve", "--listen", "127.0.0.1:0"],
            vec!["worker"],
            vec!["import", "orders", orders.to_str().unwrap(), "--source", "pos"],
            vec!["customer", "list"],
        ] {
            let said = shop.run([words.as_slice(), &["--json", "--key-file", path]].concat());
            assert_eq!(
                (said.code, &said.problem()["code"]),
                (Some(7), &"keys_missing".into()),
                "{on:?} {words:?}"
            );
            assert!(!nowhere.exists(), "{on:?} {words:?}");
        }
        let doctor = shop.run(["doctor", "--json", "--key-file", path]);
        assert_eq!(doctor.code, Some(1), "{on:?} {}", doctor.stdout);
        assert!(doctor.stdout.contains("bring it back"), "{on:?} {}", doctor.stdout);
    }
}

#[test]
fn keys_are_bound_to_a_database_before_it_holds_anybody() {
    for on in BOTH {
        let (shop, other) = (Shop::new(on), Shop::new(On::Sqlite));
        shop.json(["migrate"]);
        other.json(["migrate"]);
        let keys = other.data().join("keys");
        for words in [["customer", "list"], ["shop", "list"]] {
            let said =
                shop.run([words.as_slice(), &["--json", "--key-file", keys.to_str().unwrap()]].concat());
            assert_eq!((said.code, &said.problem()["code"]), (Some(7), &"keys_do_not_fit".into()), "{on:?}");
        }
        let doctor = shop.run(["doctor", "--json", "--key-file", keys.to_str().unwrap()]);
        assert_eq!(doctor.code, Some(1), "{on:?} {}", doctor.stdout);
    }
}

#[test]
fn a_backup_brings_the_shop_back() {
    let shop = Shop::new(On::Sqlite);
    shop.import(&shop.file("orders.csv", ORDERS), "online");
    let before = shop.run(["customer", "export"]).stdout;
    let file = shop.path("backup.sqlite");
    let path = file.to_str().unwrap();
    shop.json(["backup", path]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(shop.run(["backup", path]).code, Some(5), "nothing is overwritten");
    shop.import(&shop.file("more.csv", ORDERS.replace("W-", "X-")), "online");
    assert_ne!(shop.run(["customer", "export"]).stdout, before);
    let restored = shop.json(["restore", path]);
    assert_eq!(restored["shops"], serde_json::json!(["main"]));
    assert!(std::path::Path::new(restored["previous"].as_str().unwrap()).exists());
    assert_eq!(shop.run(["customer", "export"]).stdout, before);
}

#[test]
fn what_is_no_backup_or_of_other_keys_is_not_restored() {
    let shop = Shop::new(On::Sqlite);
    shop.import(&shop.file("orders.csv", ORDERS), "online");
    let before = shop.run(["customer", "export"]).stdout;
    let noise = shop.file("noise.sqlite", "this is no database at all, whatever its name says");
    assert_eq!(shop.run(["restore", noise.to_str().unwrap()]).code, Some(2));
    assert_eq!(shop.run(["restore", "nowhere.sqlite"]).code, Some(3));
    let other = Shop::new(On::Sqlite);
    other.import(&other.file("orders.csv", ORDERS), "online");
    let foreign = shop.path("foreign.sqlite");
    other.json(["backup", foreign.to_str().unwrap()]);
    assert_eq!(shop.run(["restore", foreign.to_str().unwrap()]).code, Some(7), "our keys do not open it");
    assert_eq!(shop.run(["customer", "export"]).stdout, before);
}

#[test]
fn a_server_answers_refuses_a_restore_and_stops_when_asked() {
    for on in BOTH {
        let shop = Shop::new(on);
        shop.import(&shop.file("orders.csv", ORDERS), "online");
        let key = shop.json(["key", "create", "--name", "test", "--scope", "customers:read"]);
        let server = Server::spawn(shop.command(["serve", "--listen", "127.0.0.1:0"]));
        let http = server.http().with_key(key["secret"].as_str().unwrap());
        assert_eq!(http.get("/v1/customers").status, 200);
        if on == On::Sqlite {
            let backup = shop.path("b.sqlite");
            shop.json(["backup", backup.to_str().unwrap()]);
            let said = shop.run(["restore", backup.to_str().unwrap(), "--json"]);
            assert_eq!((said.code, &said.problem()["code"]), (Some(5), &"database_in_use".into()));
        }
        let taken = server.address().trim_start_matches("http://").to_owned();
        let second = shop.run(["serve", "--listen", &taken]);
        assert_eq!(second.code, Some(7), "{}", second.stderr);
        let (status, output) = server.stop();
        assert!(status.success(), "{on:?} {output}");
    }
}

#[test]
fn a_demo_is_ready_twice_with_the_same_sign_in() {
    let shop = Shop::new(On::Sqlite);
    let start = || Server::spawn(shop.command(["demo", "--people", "60", "--listen", "127.0.0.1:0"]));
    let first = start();
    let said = first.output();
    let password = said.split("password").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let sign_in = shop.data().join("demo-sign-in.toml");
    assert_eq!(fs::metadata(&sign_in).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(first.stop().0.success());
    let list = shop.json(["customer", "list", "--limit", "200"]);
    assert!(list["items"].as_array().unwrap().len() >= 50, "the folder's settings name the demo's shop");
    let second = start();
    let again = second.output();
    assert!(again.contains(&password) && !again.contains("Inventing"), "{again}");
    second.stop();
}

#[test]
fn settings_come_from_file_environment_and_command_line() {
    let shop = Shop::new(On::Sqlite);
    let file = shop.file("t.toml", "shop = \"north\"\nlisten = \"127.0.0.1:9\"\n");
    let path = file.to_str().unwrap();
    let shown = shop.json(["config", "show", "--config", path]);
    assert_eq!((&shown["shop"], &shown["listen"]), (&"north".into(), &"127.0.0.1:9".into()));
    assert_eq!(shop.json(["config", "show", "--config", path, "--shop", "south"])["shop"], "south");
    let lines = shop.run(["config", "show", "--config", path]).stdout;
    assert!(lines.contains("shop = \"north\"") && lines.contains("[verification"), "{lines}");
    let secret = shop.json(["config", "show", "--database", "postgres://me:hidden@host/db"]);
    assert_eq!(secret["database"], "postgres://me@host/db");
    assert_eq!(shop.run(["config", "check", "--config", path]).code, Some(0));
    for wrong in [["--database", "mysql:x"], ["--shop", "No Blanks"], ["--log", "a=b=c"]] {
        let mut arguments = vec!["config", "check"];
        arguments.extend(wrong);
        assert_eq!(shop.run(&arguments).code, Some(2), "{arguments:?}");
    }
    let odd = shop.file("odd.toml", "colour = \"red\"\n");
    assert_eq!(shop.run(["config", "check", "--config", odd.to_str().unwrap()]).code, Some(2));
}

#[test]
fn the_reference_prints_itself() {
    let openapi: serde_json::Value =
        serde_json::from_slice(&plain(["openapi"]).output().unwrap().stdout).unwrap();
    assert!(openapi["openapi"].as_str().unwrap().starts_with("3.1"));
    let schema: serde_json::Value =
        serde_json::from_slice(&plain(["config", "schema"]).output().unwrap().stdout).unwrap();
    assert_eq!(schema["properties"]["shop"]["default"], "main");
    let errors = said(plain(["errors"]).output().unwrap()).stdout;
    assert!(
        errors.contains("| `customer_unknown` | 404 |") && errors.contains("| `file_exists` | 5 |"),
        "{errors}"
    );
    let script = said(plain(["completions", "bash"]).stdin(Stdio::null()).output().unwrap());
    assert!(script.stdout.contains("trunkline"));
}
