//! Who gets in and who is refused: sign-in, sessions, form tokens, roles, the wall between shops; on both databases.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

#[path = "house/client.rs"]
mod client;
mod house;

use std::sync::Arc;

use base::Actor;
use client::Client;
use house::{Engine, House, PASSWORD, borrowed, clock, on_both};
use identity::Role;

#[test]
fn signing_in_and_out() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::new(&house);
        let refused = client.get("/console/review?after=x").is(303);
        assert_eq!(refused.location(), "/console/sign-in?next=%2Fconsole%2Freview%3Fafter%3Dx");
        client.get(refused.location()).is(200).shows("value=\"/console/review?after=x\"");
        let visitor = client.cookie.clone();
        assert!(visitor.is_some());
        client
            .sign_in("sanna", "wrong password")
            .is(401)
            .shows("The login or the password is wrong.")
            .lacks("wrong password\"");
        client.sign_in("nobody", PASSWORD).is(401).shows("The login or the password is wrong.");
        let entered = client.sign_in("Sanna", PASSWORD).is(303);
        assert_eq!(entered.location(), "/console");
        assert_ne!(client.cookie, visitor, "a session has a token of its own");
        client.get("/console").is(200).shows("Sanna Lehtonen");
        assert_eq!(client.get("/").is(303).location(), "/console");
        assert_eq!(client.get("/console/sign-in").is(303).location(), "/console");
        let stolen = client.cookie.clone();
        assert_eq!(client.post("/console/sign-out", &[]).is(303).location(), "/console/sign-in");
        client.cookie = stolen;
        client.get("/console").is(303);
    });
}

#[test]
fn five_wrong_passwords_close_a_login_for_a_while() {
    on_both(|engine| {
        let clock = clock();
        let house = House::empty(engine, Arc::clone(&clock) as _);
        let mut client = Client::new(&house);
        for _ in 0..5 {
            client.sign_in("sanna", "wrong password").is(401);
        }
        client.sign_in("sanna", PASSWORD).is(429).shows("Too many wrong passwords");
        client.sign_in("ben", PASSWORD).is(303);
        clock.advance_seconds(16 * 60);
        client.cookie = None;
        client.sign_in("sanna", PASSWORD).is(303);
    });
}

#[test]
fn a_session_that_lay_idle_is_over() {
    let clock = clock();
    let house = House::empty(Engine::Sqlite, Arc::clone(&clock) as _);
    let mut client = Client::of(&house, "sanna");
    clock.advance_seconds(3 * 3600);
    client.get("/console").is(303);
    client.fragment = true;
    client.get("/console/customers/suggestions?q=aino").is(401).shows("<p>");
}

/// Every form, with fields that would do something.
fn forms(house: &House) -> Vec<(String, Vec<(&'static str, String)>)> {
    let customer = house.customer("Aino Virtanen");
    let other = house.customer("Eero Virtanen");
    let reason = || ("reason", "because of a test".to_owned());
    let of = |act: &str| format!("/console/customers/{customer}/{act}");
    vec![
        (of("merge"), vec![("other", other), reason()]),
        (of("split"), vec![("persona", customer.clone()), reason()]),
        (
            of("change-number"),
            vec![("old_number", customer.clone()), ("new_number", "+358405550199".to_owned()), reason()],
        ),
        (of("undo"), vec![("act", customer.clone()), reason()]),
        (format!("/console/review/{}", house.review()), vec![("verdict", "merge".to_owned()), reason()]),
        (format!("/console/reveal/{customer}.number.{customer}"), vec![reason()]),
        ("/console/audit/verify".to_owned(), vec![]),
        (
            "/console/staff".to_owned(),
            vec![
                ("name", "X".to_owned()),
                ("login", "x".to_owned()),
                ("role", "owner".to_owned()),
                ("password", PASSWORD.to_owned()),
            ],
        ),
        (format!("/console/staff/{customer}/password"), vec![("password", PASSWORD.to_owned())]),
        (format!("/console/staff/{customer}/disable"), vec![]),
        (format!("/console/staff/{customer}/enable"), vec![]),
        ("/console/keys".to_owned(), vec![("key_name", "x".to_owned()), ("scope", "orders:read".to_owned())]),
        (format!("/console/keys/{customer}/revoke"), vec![]),
    ]
}

#[test]
fn forms_without_their_own_token_do_nothing() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        let mut client = Client::of(&house, "sanna");
        let foreign = Client::of(&house, "sanna").csrf;
        let before = house.audit();
        for (path, fields) in forms(&house) {
            client.post_bare(&path, &borrowed(&fields)).is(403).shows("did not come from your own session");
            let mut forged = borrowed(&fields);
            forged.push(("csrf", &foreign));
            client.post_bare(&path, &forged).is(403);
        }
        client.post_bare("/console/sign-out", &[]).is(403);
        let fields = [("source", "online")];
        client.upload_bare(&fields, "a.csv", house::ORDERS.as_bytes()).is(403);
        client.upload_bare(&[("csrf", &foreign), fields[0]], "a.csv", house::ORDERS.as_bytes()).is(403);
        assert_eq!(house.audit(), before);
        client.get("/console").is(200);
        let mut stranger = Client::new(&house);
        stranger.get("/console/sign-in");
        let sent = [("login", "sanna"), ("password", PASSWORD), ("next", "/console")];
        stranger.post_bare("/console/sign-in", &sent).is(403).shows("too old");
    });
}

#[test]
fn forms_from_foreign_pages_are_refused_whatever_token_they_carry() {
    let house = House::small(Engine::Sqlite, clock());
    let mut client = Client::of(&house, "sanna");
    let request = client
        .request(axum::http::Method::POST, "/console/audit/verify")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body(format!("csrf={}", client.csrf).into())
        .unwrap();
    client.send(request).is(403);
}

#[test]
fn a_role_that_may_not_is_refused_in_words() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        let mut viewer = Client::of(&house, "ben");
        let before = house.audit();
        for (path, fields) in forms(&house) {
            viewer.post(&path, &borrowed(&fields)).is(403).shows("This needs the scope").shows("Ben Okafor");
        }
        viewer.upload(&[("source", "online")], "a.csv", house::ORDERS.as_bytes()).is(403);
        for path in ["/console/audit", "/console/staff", "/console/settings"] {
            viewer.get(path).is(403).shows("Not yours to do");
        }
        assert_eq!(house.audit(), before);
        viewer.fragment = true;
        let refused = viewer.get("/console/staff").is(403);
        assert!(refused.body.starts_with("<p>This needs the scope"), "{}", refused.body);
    });
}

#[test]
fn another_shops_things_are_not_there() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        let other = house.block(house.app.shops.ensure("meri", "Meri")).unwrap();
        let cx = house.app.cx(other.id, Actor::System("tests"));
        house.add_staff(&cx, "olli", "Olli Other", Role::Owner);
        let mut client = Client::new(&house);
        client.get("/console/sign-in?shop=meri");
        let fields = [("login", "olli"), ("password", PASSWORD), ("next", "/console")];
        client.post("/console/sign-in", &fields).is(401);
        client.post("/console/sign-in", &[fields[0], fields[1], fields[2], ("shop", "meri")]).is(303);
        client.get("/console").is(200).shows("<h1>Meri</h1>").shows("Begin with an order file");
        let customer = house.customer("Aino Virtanen");
        let imports =
            house.block(house.app.imports.list(&house.cx(), &base::PageRequest::default())).unwrap();
        let import = imports.items[0].id;
        for path in [
            format!("/console/customers/{customer}"),
            format!("/console/reveal/{customer}.number.{customer}"),
            format!("/console/review/{}", house.review()),
            format!("/console/imports/{import}"),
            format!("/console/imports/{import}/events"),
            format!("/console/imports/{import}/rejects.csv"),
        ] {
            client.get(&path).is(404).lacks("Virtanen");
        }
        let before = house.audit();
        for (path, fields) in forms(&house) {
            if ["/console/audit/verify", "/console/staff", "/console/keys"].contains(&path.as_str()) {
                continue; // these are about the shop itself
            }
            let status = client.post(&path, &borrowed(&fields)).status;
            assert!([404, 422].contains(&status.as_u16()), "{path}: {status}");
        }
        let member = house.block(house.app.staff.list(house.shop.id)).unwrap()[0].id;
        client.post(&format!("/console/staff/{member}/disable"), &[]).is(404);
        assert_eq!(house.audit(), before);
        client.get("/console/customers?q=virtanen").is(200).shows("Nobody found");
        client.get("/console/numbers?number=%2B358405550101").is(200).shows("Nobody").lacks("Virtanen");
        client.get("/console/audit").is(200).lacks("imports.finish");
    });
}

/// Addresses of the console that a page leads to, without their fragments.
fn links(page: &str) -> impl Iterator<Item = String> {
    page.split("href=\"/").skip(1).filter_map(|rest| {
        let address = format!("/{}", rest.split('"').next()?.split('#').next()?.replace("&amp;", "&"));
        address.starts_with("/console").then_some(address)
    })
}

#[test]
fn nobody_is_led_to_a_page_that_is_closed_to_them() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        for login in ["sanna", "agneta", "pia", "ben"] {
            let mut client = Client::of(&house, login);
            let mut met = vec!["/console".to_owned()];
            let mut at = 0;
            while let Some(path) = met.get(at).cloned() {
                at += 1;
                let page = client.get(&path);
                let answer = page.status.as_u16();
                assert!(matches!(answer, 200 | 303), "{login} was led to {path}, which answers {answer}");
                for link in links(&page.body) {
                    if !met.contains(&link) {
                        met.push(link);
                    }
                }
            }
            assert!(met.len() > 15, "{login} saw only {met:?}");
        }
    });
}
