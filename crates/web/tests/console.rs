//! The console's doors on both databases: what pages show and hide, what forms do.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

#[path = "house/client.rs"]
mod client;
mod house;

use client::Client;
use house::{Engine, House, PASSWORD, SECRETS, borrowed, clock, on_both};

/// All pages that somebody may look at, each with an element that only it has.
fn pages(house: &House, with_data: bool) -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = [
        ("/console", "<h1>Kivi &amp; Kaari</h1>"),
        ("/console/customers", "<h1>Customers</h1>"),
        ("/console/customers?q=040+555+0101", "the number +358 40 5550101, mobile, Finland"),
        ("/console/customers?q=nobody", "Nobody found"),
        ("/console/review", "<h1>Review</h1>"),
        ("/console/imports", "<h1>Imports</h1>"),
        ("/console/numbers", "Type a number"),
        ("/console/numbers?number=none", "The text is not a phone number."),
        ("/console/audit", "<h1>Audit log</h1>"),
        ("/console/staff", "Agneta Berg"),
        ("/console/settings", "Fingerprint"),
    ]
    .map(|(path, shows)| (path.to_owned(), shows.to_owned()))
    .into();
    if with_data {
        let imports =
            house.block(house.app.imports.list(&house.cx(), &base::PageRequest::default())).unwrap();
        pages.extend([
            (
                format!("/console/customers/{}", house.customer("Aino Virtanen")),
                "Aino Virtanen</h1>".to_owned(),
            ),
            (format!("/console/customers/{}", house.customer("Eero Virtanen")), "Shared".to_owned()),
            (format!("/console/customers/{}", house.customer("Farhana Akter")), "Mikko Laine".to_owned()),
            (format!("/console/review/{}", house.review()), "Your answer".to_owned()),
            (format!("/console/imports/{}", imports.items.last().unwrap().id), "web-orders.csv".to_owned()),
        ]);
    }
    pages
}

/// Without what belongs into a page in the clear: what the person typed into the box themselves.
fn quiet(body: &str) -> String {
    body.replace([' ', '-', '\u{a0}'], "")
}

#[test]
fn every_page_is_drawn_from_real_data_and_hides_what_was_not_revealed() {
    on_both(|engine| {
        let house = House::large(engine, clock());
        let mut client = Client::of(&house, "sanna");
        for (path, text) in pages(&house, true) {
            let page = client.get(&path).is(200);
            page.shows(&text);
            let policy = page.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
            assert_eq!(page.headers["cache-control"], "no-store");
            assert!(!page.body.contains("<script>") && !page.body.contains(" style=\""), "{path}");
            if path.contains("?q=0") {
                continue; // it repeats what was asked
            }
            let body = quiet(&page.body);
            for secret in SECRETS {
                assert!(!body.contains(&quiet(secret)), "{path} shows {secret}");
            }
        }
    });
}

#[test]
fn an_empty_shop_has_every_page_too() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        for (path, text) in pages(&house, false) {
            client.get(&path).is(200).shows(&text);
        }
        client.get("/console").is(200).shows("Begin with an order file");
    });
}

#[test]
fn what_is_not_there_is_said_within_the_frame() {
    let house = House::small(Engine::Sqlite, clock());
    let mut client = Client::of(&house, "sanna");
    for path in [
        "/nowhere",
        "/console/nowhere",
        "/account/kivi/nowhere",
        "/console/customers/x",
        "/console/imports/x/events",
        "/console/review/x",
        "/console/reveal/x",
    ] {
        client.get(path).is(404).shows("Sanna Lehtonen").shows("Not found");
    }
    assert_eq!(client.get("/account").is(303).location(), "/account/kivi");
    client.get("/console/sign-out").is(405).shows("does not take that kind of request");
}

#[test]
fn any_spelling_finds_the_customer() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        let aino = house.customer("Aino Virtanen");
        let mut client = Client::of(&house, "ben");
        client.fragment = true;
        let spellings = [
            "040 555 0101",
            "0405550101",
            "+358 40-5550101",
            "00358405550101",
            "tel:+358405550101",
            "٠٤٠٥٥٥٠١٠١",
            "aino virtanen",
            "AINO.VIRTANEN@mail.example",
            "kk20718",
            aino.as_str(),
        ];
        for text in spellings {
            let found =
                client.get(&format!("/console/customers/suggestions?q={}", client::encode(text))).is(200);
            found.shows(&format!("data-id=\"{aino}\""));
            found.lacks("5550101");
        }
        client.get("/console/customers/suggestions?q=0405550999").is(200).shows("Nobody found");
        // Whoever looks at another country's numbers finds her all the same, and by what she ordered.
        client.get("/console/customers?q=040+555+0101&region=BD").is(200).shows(&aino).shows("Finland");
        let mut support = Client::of(&house, "ben");
        let order = house.block(house.app.history.list(&house.cx(), &base::PageRequest::default())).unwrap();
        let order = order.items.first().unwrap().key.order_id.clone();
        let whose = house.block(house.app.customers_of_order(&house.cx(), &order)).unwrap();
        let found = support.get(&format!("/console/customers?q={}", client::encode(&order))).is(200);
        for customer in &whose {
            found.shows(&customer.id.to_string());
        }
        found.shows(&format!("the order “{order}”"));
    });
}

#[test]
fn merging_and_undoing_through_the_forms() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        let mut client = Client::of(&house, "agneta");
        let rahims = house
            .block(house.app.customers.search(&house.cx(), customers::Query::Name("Rahim".to_owned()), 9))
            .unwrap();
        let [one, other] = rahims.as_slice() else { panic!("two records of Rahim") };
        let page = format!("/console/customers/{}", one.id);
        client.get(&page);
        client
            .post(&format!("{page}/merge"), &[("other", &other.id.to_string()), ("reason", " ")])
            .is(422)
            .shows("Say why");
        assert_eq!(house.count("Rahim"), 2);
        let done = client
            .post(&format!("{page}/merge"), &[("other", "rahim88@post.example"), ("reason", "same address")])
            .is(303);
        let merged = client.get(done.location()).is(200);
        merged
            .shows("Merged. Both histories are one record now.")
            .shows("“same address”")
            .shows("Agneta Berg");
        assert_eq!(house.count("Rahim"), 1);
        // Whoever has the old address is led to the one record.
        let gone = if done.location().contains(&one.id.to_string()) { other.id } else { one.id };
        client.get(&format!("/console/customers/{gone}")).is(303);
        let act =
            merged.body.split("name=\"act\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let undo = format!("{}/undo", done.location().split('?').next().unwrap());
        let undone = client.post(&undo, &[("act", &act), ("reason", "two people after all")]).is(303);
        client.get(undone.location()).is(200).shows("Undone.");
        assert_eq!(house.count("Rahim"), 2);
        client.post(&undo, &[("act", &act), ("reason", "again")]).is(409).shows("undone already");
        let actions: Vec<String> = house.audit().into_iter().map(|(action, _)| action).collect();
        assert_eq!(actions[..2], ["customers.undo", "customers.merge"]);
    });
}

#[test]
fn splitting_a_record_or_a_single_order() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        let mut client = Client::of(&house, "agneta");
        let aino = house.customer("Aino Virtanen");
        let page = format!("/console/customers/{aino}");
        let body = client.get(&page).is(200).body;
        // The order over the home line, by its choice in the form.
        let order = body
            .split("name=\"order\" value=\"")
            .skip(1)
            .find(|rest| rest.split("</label>").next().unwrap().contains("K-4"));
        let order = order.unwrap().split('"').next().unwrap().to_owned();
        client
            .post(&format!("{page}/split"), &[("reason", "nothing chosen")])
            .is(422)
            .shows("Say which records");
        let done =
            client.post(&format!("{page}/split"), &[("order", &order), ("reason", "the son's lamp")]).is(303);
        let shown = client.get(done.location()).is(200);
        shown.shows("Split. What moved is a customer of its own now.").lacks("lines-\u{0}");
        let new = done.location().split("new=").nth(1).unwrap();
        client.get(&format!("/console/customers/{new}")).is(200).shows("K-4").lacks("K-1<");
        shown.lacks("<span class=\"strong\">K-4</span>");
    });
}

#[test]
fn a_change_of_number_is_recorded_and_read_in_any_spelling() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        let mut client = Client::of(&house, "agneta");
        let farhana = house.customer("Farhana Akter");
        let page = format!("/console/customers/{farhana}");
        let body = client.get(&page).is(200).body;
        let old = body
            .split("name=\"old_number\"")
            .nth(1)
            .unwrap()
            .split("value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let form = |new| {
            [
                ("old_number", old.clone()),
                ("new_number", new),
                ("region", "FI".to_owned()),
                ("reason", "she called".to_owned()),
            ]
        };
        client
            .post(&format!("{page}/change-number"), &borrowed(&form("12".to_owned())))
            .is(422)
            .shows("The new number:");
        let done = client
            .post(&format!("{page}/change-number"), &borrowed(&form("041 555 0190".to_owned())))
            .is(303);
        client
            .get(done.location())
            .is(200)
            .shows("The change of number is recorded.")
            .shows("190")
            .lacks("5550190");
        let number = numbering::PhoneNumber::from_e164("+358415550190").unwrap();
        let held = house.block(house.app.customers.holders(&house.cx(), number)).unwrap();
        assert_eq!(
            held.holders.iter().map(|holder| holder.customer.id.to_string()).collect::<Vec<_>>(),
            [farhana]
        );
    });
}

#[test]
fn doubts_are_decided_through_the_form() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        let mut client = Client::of(&house, "agneta");
        let open = |house: &House| house.block(house.app.customers.counts(&house.cx())).unwrap().reviews_open;
        assert_eq!(open(&house), 2, "one person? and: a new holder?");
        for verdict in ["merge", "recycled"] {
            let item = format!("/console/review/{}", house.review());
            // Each side has its own orders, though one customer may still have both.
            client.get(&item).is(200).shows("Side by side").shows("1 order, ").lacks("2 orders");
            client.post(&item, &[("verdict", verdict), ("reason", "")]).is(422).shows("Say why");
            client.post(&item, &[("reason", "no answer")]).is(422).shows("Choose an answer");
            let done = client.post(&item, &[("verdict", verdict), ("reason", "asked them")]).is(303);
            client.get(done.location()).is(200).shows("Undo");
            client.post(&item, &[("verdict", verdict), ("reason", "twice")]).is(404);
        }
        assert_eq!(open(&house), 0);
        client.get("/console/review").is(200).shows("Nothing to review");
        assert_eq!(house.audit().iter().filter(|(_, reason)| reason == "asked them").count(), 2);
    });
}

#[test]
fn details_are_revealed_with_a_reason_and_written_down() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        let mut client = Client::of(&house, "agneta");
        let page =
            client.get(&format!("/console/customers/{}", house.customer("Farhana Akter"))).is(200).body;
        let addresses: Vec<&str> = page
            .split("href=\"/console/reveal/")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        for (detail, clear) in [
            ("number", "+358 50 5550122"),
            ("email", "farhana.akter@web.example"),
            ("address", "Itäkatu 9 C 31, 00930"),
        ] {
            let what = addresses.iter().find(|what| what.contains(&format!(".{detail}."))).unwrap();
            let path = format!("/console/reveal/{what}");
            client.fragment = false;
            client.get(&path).is(200).shows("written to the audit log").lacks(clear);
            client.fragment = true;
            client.post(&path, &[("reason", "")]).is(422).shows("<p>Say why");
            assert!(
                house.audit().iter().all(|(action, reason)| action != "customers.reveal" || reason != detail)
            );
            let shown = client.post(&path, &[("reason", detail)]).is(200);
            shown.shows(clear).lacks("<html");
            assert_eq!(house.audit()[0], ("customers.reveal".to_owned(), detail.to_owned()));
        }
        let mut viewer = Client::of(&house, "ben");
        viewer
            .get(&format!("/console/customers/{}", house.customer("Farhana Akter")))
            .is(200)
            .lacks("/console/reveal/");
    });
}

#[test]
fn an_uploaded_file_is_imported_and_its_progress_watched() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        let fields = [("source", "pos"), ("region", "FI")];
        client.upload(&[("source", "nonsense")], "orders.csv", b"x").is(422).shows("A source is one of");
        client.upload(&fields, "orders.csv", b"").is(422).shows("The file is empty");
        client
            .upload(&fields, "orders.csv", &vec![b'x'; 5 * 1024 * 1024])
            .is(429)
            .shows("larger than this shop takes");
        let taken = client.upload(&fields, "..\\folder/orders.csv", house::ORDERS.as_bytes()).is(303);
        let page = taken.location().to_owned();
        client
            .get(&page)
            .is(200)
            .shows("Waiting")
            .shows(&format!("data-stream=\"{page}/events\""))
            .shows("<h1>orders.csv</h1>");
        assert_eq!(house.audit()[0].0, "imports.submit");
        let log = client.get("/console/audit?action=imports.submit&actor=sanna").is(200);
        log.shows("Sanna Lehtonen").shows(&format!("href=\"{page}\""));
        house.work();
        let events = client.get(&format!("{page}/events")).is(200);
        assert_eq!(events.headers["content-type"], "text/event-stream");
        events.shows("event: end");
        let done = client.get(&page).is(200);
        done.shows("Done, with rejects").shows("ordered_at").lacks("data-stream");
        let rejects = client.get(&format!("{page}/rejects.csv")).is(200);
        let lines: Vec<&str> = rejects.body.lines().collect();
        assert_eq!((lines.len(), lines[0]), (2, "line,field,code,reason"));
        assert!(lines[1].starts_with("20,ordered_at,"), "{}", lines[1]);
        assert_eq!(house.count("Farhana Akter"), 1);
    });
}

#[test]
fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        let fields = [("source", "online"), ("region", "FI"), ("dry_run", "yes")];
        let page = client.upload(&fields, "orders.csv", house::ORDERS.as_bytes()).is(200);
        page.shows("Dry run: nothing is changed").shows("1 of 1 rejected row").lacks("data-stream");
        house.work();
        assert_eq!(house.block(house.app.customers.counts(&house.cx())).unwrap().customers, 0);
        let imports =
            house.block(house.app.imports.list(&house.cx(), &base::PageRequest::default())).unwrap();
        assert!(imports.items.is_empty());
        client.upload(&fields, "orders.csv", b"a,b\n1,2\n").is(422);
    });
}

#[test]
fn how_a_file_is_read_can_be_said_and_is_still_said_after_a_dry_run() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        let file =
            "order_id;ordered_at;number;amount;gift_note\nA1;03/04/2025 10:00;0401234567;1.234;hello\n";
        let said = [
            ("source", "online"),
            ("region", "FI"),
            ("decimal", ","),
            ("date_order", "month-first"),
            ("currency", "EUR"),
            ("time_zone", "Europe/Helsinki"),
        ];
        let dry: Vec<_> = said.into_iter().chain([("dry_run", "yes")]).collect();
        let page = client.upload(&dry, "orders.csv", file.as_bytes()).is(200);
        page.lacks("Recognised").lacks("; --");
        page.shows("not used").shows("<code>gift_note</code>");
        let again = "/console/imports?source=online&amp;region=FI&amp;decimal=%2C&amp;date_order=month-first&amp;currency=EUR&amp;time_zone=Europe%2FHelsinki#new";
        page.shows(again);
        client
            .get(again.replace("&amp;", "&").trim_end_matches("#new"))
            .is(200)
            .shows("value=\"EUR\"")
            .shows("<option value=\"month-first\" selected>")
            .shows("<option value=\",\" selected>")
            .shows("value=\"Europe/Helsinki\"");

        let wrong = [said[0], ("time_zone", "Mars"), ("currency", "EUR")];
        let refused = client.upload(&wrong, "orders.csv", file.as_bytes()).is(422);
        refused.shows("id=\"time_zone-error\"").shows("as in Europe/Helsinki").shows("value=\"EUR\"");

        client.upload(&said, "orders.csv", file.as_bytes()).is(303);
        house.work();
        let orders =
            house.block(house.app.history.list(&house.cx(), &base::PageRequest::default())).unwrap().items;
        let order = &orders[0];
        assert_eq!(order.ordered_at.to_string(), "2025-03-04T08:00:00Z");
        assert_eq!(order.amount.unwrap().to_string(), "1234.00 EUR");
    });
}

#[test]
fn staff_and_keys_come_and_go() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        let person = [("name", "Noor Ali"), ("login", "noor"), ("role", "agent"), ("password", "short")];
        client
            .post("/console/staff", &person)
            .is(422)
            .shows("A password has at least 10 characters.")
            .shows("value=\"noor\"");
        client.post("/console/staff", &[person[0], person[1], person[2], ("password", PASSWORD)]).is(303);
        client
            .post("/console/staff", &[person[0], person[1], person[2], ("password", PASSWORD)])
            .is(409)
            .shows("somebody of this login");
        let noor = house
            .block(house.app.staff.list(house.shop.id))
            .unwrap()
            .into_iter()
            .find(|member| member.login == "noor")
            .unwrap();
        let mut theirs = Client::of(&house, "noor");
        client
            .post(&format!("/console/staff/{}/disable", noor.id), &[])
            .is(200)
            .shows("Noor Ali is shut out.");
        theirs.get("/console").is(303);
        theirs.sign_in("noor", PASSWORD).is(401);
        client
            .post(&format!("/console/staff/{}/enable", noor.id), &[])
            .is(200)
            .shows("Noor Ali may sign in again");
        theirs.sign_in("noor", PASSWORD).is(303);
        let me = house
            .block(house.app.staff.list(house.shop.id))
            .unwrap()
            .into_iter()
            .find(|member| member.login == "sanna")
            .unwrap();
        client.post(&format!("/console/staff/{}/disable", me.id), &[]).is(409).shows("This is you");
        client.post("/console/keys", &[("key_name", "checkout")]).is(422).shows("at least one scope");
        let made = client
            .post(
                "/console/keys",
                &[("key_name", "checkout"), ("scope", "orders:read"), ("scope", "customers:read")],
            )
            .is(200);
        let secret =
            made.body.split("<code id=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let key = house.block(house.app.keys.authenticate(&secret)).unwrap();
        assert_eq!(key.scopes.len(), 2);
        client.get("/console/staff").is(200).lacks(&secret);
        client.post(&format!("/console/keys/{}/revoke", key.id), &[]).is(303);
        assert!(house.block(house.app.keys.authenticate(&secret)).is_err());
    });
}

#[test]
fn the_audit_chain_is_verified_on_request() {
    on_both(|engine| {
        let house = House::small(engine, clock());
        let mut client = Client::of(&house, "pia");
        client.get("/console/audit").is(200).shows("imports.finish");
        client
            .get("/console/audit?action=customers.")
            .is(200)
            .shows("No entry fits")
            .shows("<option value=\"customers.\" selected>");
        client
            .get("/console/audit?action=imports.&actor=")
            .is(200)
            .shows("imports.finish")
            .lacks("staff.add");
        client.get("/console/audit?actor=nobody").is(200).lacks("imports.finish");
        client.post("/console/audit/verify", &[]).is(200).shows("The chain is whole");
        house
            .block(house.app.db.write(async |tx| {
                Ok(tx
                    .execute(
                        db::sql!("UPDATE audit SET reason = $1 WHERE seq = $2"),
                        &db::params!["rewritten", 2],
                    )
                    .await?)
            }))
            .unwrap();
        client.post("/console/audit/verify", &[]).is(200).shows("The chain breaks at entry 2");
    });
}
