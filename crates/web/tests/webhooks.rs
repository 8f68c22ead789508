//! Webhooks at the console: endpoints made, changed, tried and given up; what was told to them.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

#[path = "house/client.rs"]
mod client;
mod house;

use client::Client;
use house::{House, PASSWORD, clock, on_both};

/// What is between two marks of a page.
fn between(page: &str, from: &str, to: &str) -> String {
    page.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned()
}

fn ticked() -> Vec<(&'static str, &'static str)> {
    vec![("kind", "message.failed"), ("kind", "customer.erased")]
}

/// An endpoint where nobody listens by now; its page's address.
fn endpoint(client: &mut Client<'_>) -> (String, String) {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", taken.local_addr().unwrap());
    client.get("/console/webhooks").is(200);
    let fields = [vec![("url", url.as_str()), ("description", "Web shop")], ticked()].concat();
    let made = client.post("/console/webhooks", &fields).is(200);
    made.shows("whsec_").shows("never shown again").shows("Web shop");
    let id = between(&made.body, "href=\"/console/webhooks/", "\"");
    (format!("/console/webhooks/{id}"), url)
}

#[test]
fn an_endpoint_is_made_tried_and_told_again() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        client.get("/console/webhooks").is(200).shows("No endpoints yet");
        let (page, url) = endpoint(&mut client);
        client.get("/console/webhooks").is(200).shows(&url).lacks("whsec_").shows("No calls");
        client.get(&page).is(200).shows("No deliveries").shows("Send a ping").lacks("whsec_");
        let sent = client.post(&format!("{page}/ping"), &[]).is(303);
        let delivery = sent.location().to_owned();
        client.get(&delivery).is(200).shows("webhook.ping").shows("No call yet");
        house.block(house.app.teller().run_once()).unwrap();
        client.get(&delivery).is(200).shows("not_connected").shows("Failed").shows("Tell again");
        client.get(&page).is(200).shows("Failing").shows("0 of 1 succeeded").shows("not_connected");
        client.get(&format!("{page}?state=delivered")).is(200).shows("No deliveries");
        client.get(&format!("{page}?state=waiting")).is(200).shows("webhook.ping");
        client.post(&delivery, &[]).is(303);
        house.block(house.app.teller().run_once()).unwrap();
        client.get(&page).is(200).shows("0 of 2 succeeded");
        client.post(&format!("{page}/redeliver"), &[("since", "yesterday")]).is(422).shows("Write a moment");
        let since = [("since", "2020-01-01T00:00:00Z")];
        client.post(&format!("{page}/redeliver"), &since).is(200).shows("0 events will be told again");
        client.get("/console/audit").is(200).shows("Added an endpoint");
    });
}

#[test]
fn an_endpoint_is_changed_and_removed() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        let (page, url) = endpoint(&mut client);
        client.get(&page).is(200);
        let fields = [vec![("url", "ftp://nowhere"), ("description", "x")], ticked()].concat();
        client.post(&page, &fields).is(422).shows("aria-invalid").shows("ftp://nowhere");
        client.post(&page, &[("url", &url), ("description", "x")]).is(422).shows("at least one kind");
        let fields = [vec![("url", url.as_str()), ("description", "The till")], ticked()].concat();
        client.post(&page, &fields).is(303);
        client.get(&page).is(200).shows("The till");
        client.post(&format!("{page}/rotate"), &[]).is(200).shows("whsec_").shows("24 hours");
        client.post(&format!("{page}/disable"), &[]).is(303);
        client.get(&page).is(200).shows("Disabled").shows("It was disabled here").lacks("Send a ping");
        // Whoever wanted it so need not be reminded.
        client.get("/console").is(200).lacks("is told nothing any more");
        client.post(&format!("{page}/enable"), &[]).is(303);
        client.post(&format!("{page}/burn"), &[]).is(404);
        client.post(&format!("{page}/remove"), &[]).is(303);
        client.get(&page).is(404);
        client.get("/console/webhooks/nonsense").is(404);
        client.get("/console/webhooks/deliveries/nonsense").is(404);
    });
}

#[test]
fn an_endpoint_that_is_gone_is_shown_on_the_start_page() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        let receiver = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", receiver.local_addr().unwrap());
        let answers = std::thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            let (mut stream, _) = receiver.accept().unwrap();
            let (mut read, mut part) = (String::new(), [0; 4096]);
            while !read.ends_with('}') {
                let octets = stream.read(&mut part).unwrap();
                read.push_str(std::str::from_utf8(&part[..octets]).unwrap());
            }
            stream.write_all(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n").unwrap();
        });
        let wanted = webhooks::Wanted { url: url.clone(), ..webhooks::Wanted::default() };
        let made = house.block(house.app.webhooks.create(&house.cx(), wanted)).unwrap();
        house.block(house.app.webhooks.ping(&house.cx(), made.endpoint.id)).unwrap();
        house.block(house.app.teller().run_once()).unwrap();
        answers.join().unwrap();
        client.get("/console").is(200).shows("is told nothing any more").shows(&url);
        client.get(&format!("/console/webhooks/{}", made.endpoint.id)).is(200).shows("gone for good");
    });
}

#[test]
fn only_whoever_may_sees_and_changes_endpoints() {
    let house = House::empty(house::Engine::Sqlite, clock());
    house.add_staff(&house.cx(), "mia", "Mia Salo", identity::Role::Manager);
    let (page, _) = endpoint(&mut Client::of(&house, "sanna"));
    let mut manager = Client::of(&house, "mia");
    manager.get(&page).is(200).lacks("New secret").lacks("Remove").lacks("Save");
    manager.post(&format!("{page}/disable"), &[]).is(403);
    let mut viewer = Client::of(&house, "ben");
    viewer.get("/console").is(200).lacks("Webhooks");
    viewer.get("/console/webhooks").is(403);
    viewer.get(&page).is(403);
}
