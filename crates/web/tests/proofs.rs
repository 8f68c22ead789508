//! Proofs of number at the console: their list and stories, and the check of a caller.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

#[path = "house/client.rs"]
mod client;
mod house;

use client::Client;
use customers::{Details, identity::Identity};
use house::{House, PASSWORD, clock, on_both};
use identity::verification::{Purpose, Start};
use messaging::Composer as _;
use numbering::PhoneNumber;

fn aino(house: &House) -> String {
    let details = Details { name: Some("Aino Virtanen".to_owned()), ..Details::default() };
    let identity = Identity { number: Some(PhoneNumber::from_e164("+358401234567").unwrap()), details };
    house.block(house.app.customers.register(&house.cx(), identity)).unwrap().customer.to_string()
}

/// What is between two marks of a page.
fn between(page: &str, from: &str, to: &str) -> String {
    page.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned()
}

#[test]
fn an_agent_checks_a_caller_by_the_code_that_they_read_out() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let customer = aino(&house);
        let mut client = Client::of(&house, "sanna");
        client.get("/console/proofs").is(200).shows("No proofs");
        client.get(&format!("/console/customers/{customer}")).is(200).shows("Check caller");
        let asked = client.get(&format!("/console/customers/{customer}/caller-check")).is(200);
        asked.shows("Aino Virtanen").shows("+358 •••••• 567");
        let tenure = between(&asked.body, "name=\"tenure\" value=\"", "\"");
        let sent =
            client.post(&format!("/console/customers/{customer}/caller-check"), &[("tenure", &tenure)]);
        let sent = sent.is(303);
        let address = sent.location().to_owned();
        client
            .get(&address)
            .is(200)
            .shows("Caller check")
            .shows("inputmode=\"numeric\"")
            .shows("A code was sent");
        let id = address.rsplit('/').next().unwrap().to_owned();
        let composed = house.block(house.app.verifications.compose(&house.cx(), &id)).unwrap().unwrap();
        assert!(composed.text.reveal().contains("WILL ask"));
        let code = composed.text.reveal()[..6].to_owned();
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let check = format!("{address}/check");
        client.post(&check, &[("code", " ")]).is(422).shows("A code is digits alone");
        client.post(&check, &[("code", wrong)]).is(422).shows("This is not the code. Guesses left: 4.");
        client.post(&check, &[("code", &code)]).is(303);
        client.get(&address).is(200).shows("Proven").shows("Aino Virtanen").lacks("inputmode").lacks(&code);
        client.get("/console/proofs").is(200).shows("Proven").shows("FI").shows("0.05 EUR");
        client.get("/console/proofs?number=%2B358401234567").is(200).shows("Caller check");
        client.get("/console/proofs?number=none").is(200).shows("aria-invalid");
    });
}

#[test]
fn a_caller_who_was_silent_for_long_is_confirmed_only_by_what_they_know() {
    on_both(|engine| {
        let clock = clock();
        let house = House::empty(engine, clock.clone());
        let customer = aino(&house);
        clock.advance_seconds(200 * 86_400);
        let mut client = Client::of(&house, "sanna");
        let mut check = |more: &[(&str, &str)]| {
            let asked = client.get(&format!("/console/customers/{customer}/caller-check")).is(200);
            let tenure = between(&asked.body, "name=\"tenure\" value=\"", "\"");
            let sent =
                client.post(&format!("/console/customers/{customer}/caller-check"), &[("tenure", &tenure)]);
            let address = sent.is(303).location().to_owned();
            let id = address.rsplit('/').next().unwrap().to_owned();
            let composed = house.block(house.app.verifications.compose(&house.cx(), &id)).unwrap().unwrap();
            let code = composed.text.reveal()[..6].to_owned();
            let fields = [&[("code", code.as_str())], more].concat();
            let done = client.post(&format!("{address}/check"), &fields).is(303).location().to_owned();
            client.get(&done).is(200)
        };
        let told = check(&[]);
        told.shows("The number may have changed hands").shows("Asked about: ").shows("Aino Virtanen");
        clock.advance_seconds(3_600);
        let told = check(&[("recognised", "yes")]);
        told.shows("Known to be this customer by something else").shows("Customer: ").shows("Aino Virtanen");
        // Who was asked about is what the story says, whatever an address says.
        let details = Details { name: Some("Mikko Turunen".to_owned()), ..Details::default() };
        let identity = Identity { number: Some(PhoneNumber::from_e164("+358401234599").unwrap()), details };
        let other = house.block(house.app.customers.register(&house.cx(), identity)).unwrap().customer;
        let list = client.get("/console/proofs").is(200);
        let proof = between(&list.body, "href=\"/console/proofs/", "\"");
        let page = client.get(&format!("/console/proofs/{proof}?named={other}")).is(200);
        page.shows("Aino Virtanen").lacks("Mikko Turunen");
    });
}

#[test]
fn a_story_says_why_nothing_was_sent() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let start = Start::new(PhoneNumber::from_e164("+358600123456").unwrap(), Purpose::SignIn);
        let started = house.block(house.app.verifications.start(&house.cx(), start)).unwrap();
        let mut client = Client::of(&house, "sanna");
        client
            .get(&format!("/console/proofs/{}", started.verification.id))
            .is(200)
            .shows("Nothing was sent")
            .shows("odes are not sent to this type of line");
        client.get("/console/proofs/nonsense").is(404);
        Client::of(&house, "ben").get("/console/proofs").is(403);
    });
}
