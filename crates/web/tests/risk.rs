//! Risk at the console: assessments with their reasons, rules tried on the past and put into force.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

#[path = "house/client.rs"]
mod client;
mod house;

use client::Client;
use house::{House, PASSWORD, clock, on_both};
use numbering::PhoneNumber;
use risk::{Purpose, Question};

fn assess(house: &House) -> String {
    let aino = PhoneNumber::from_e164("+358401234567").unwrap();
    let question = Question::new(aino, Purpose::Recovery);
    house.block(house.app.risk.assess(&house.cx(), question)).unwrap().id.to_string()
}

/// The house with a SIM that was swapped a moment ago.
fn swapped(house: &House) {
    let aino = PhoneNumber::from_e164("+358401234567").unwrap();
    house.block(house.app.sandbox().unwrap().swap_sim(&house.cx(), aino)).unwrap();
}

#[test]
fn an_assessment_shows_what_is_known_and_why() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        client.get("/console/risk").is(200).shows("No assessments");
        swapped(&house);
        let id = assess(&house);
        let list = client.get("/console/risk").is(200);
        list.shows("+358 •••••• 567")
            .shows("Recovery of an account")
            .shows("Wait and look")
            .shows("The SIM was swapped lately");
        client.get("/console/risk?decision=allow").is(200).shows("No assessments");
        client.get("/console/risk?number=none").is(200).shows("aria-invalid");
        let one = client.get(&format!("/console/risk/{id}")).is(200);
        one.shows("sim_swapped_takeover").shows("has to wait until").shows("SIM swapped lately");
        one.shows("the shop has not seen enough").shows("not given by whoever asked").lacks("358401234567");
        client.get("/console/risk/nonsense").is(404);
        Client::of(&house, "ben").get("/console/risk").is(403);
    });
}

#[test]
fn rules_are_tried_on_the_past_before_they_hold() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        swapped(&house);
        let id = assess(&house);
        let mut client = Client::of(&house, "sanna");
        client
            .get("/console/risk/rules")
            .is(200)
            .shows("The rules that come with the program")
            .shows("textarea");
        let strict = r#"{"rules": [{"name": "swapped", "when": {"sim_swapped": "yes"}, "decision": "deny", "reason": "Swapped lately."}]}"#;
        let address = "/console/risk/rules";
        let fields = [("rules", strict), ("days", "30"), ("version", "0"), ("reason", "too many")];
        let mut send = |act: &'static str, rules: &str| {
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .copied()
                .filter(|(name, _)| *name != "rules")
                .chain([("rules", rules), ("act", act)])
                .collect();
            client.post(address, &fields)
        };
        let tried = send("try", strict).is(200);
        tried
            .shows("1 of 1 assessment would be decided otherwise")
            .shows("Wait and look")
            .shows("Deny")
            .shows(&id);
        tried.shows("The rules that come with the program");
        send("try", "{").is(422).shows("These are no rules");
        send("set", &strict.replace("\"yes\"", "\"unknown\""))
            .is(422)
            .shows("nothing follows from what is unknown");
        send("set", strict).is(303);
        send("set", strict).is(422).shows("were changed meanwhile");
        client.get(address).is(200).shows("Version 1, written by Sanna Lehtonen").shows("Swapped lately.");
        let made = house.block(house.app.risk.list(
            &house.cx(),
            risk::Filter::default(),
            &base::PageRequest::default(),
        ));
        assert_eq!(made.unwrap().items.len(), 1, "trying and writing assess nobody");
    });
}
