//! Messages at the console: the log, and the sandbox's phones as a browser shows them.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

#[path = "house/client.rs"]
mod client;
mod house;

use std::sync::Arc;

use base::{PageRequest, SystemClock, Timestamp};
use client::Client;
use house::{Engine, House, PASSWORD, clock, on_both};
use messaging::{Channel, Content, NewMessage, Purpose, Text};
use numbering::PhoneNumber;
use testkit::browser::Browser;

fn send(house: &House, channel: Channel, text: &str) {
    let cx = house.cx();
    let message = NewMessage {
        to: PhoneNumber::from_e164("+358401234567").unwrap(),
        channel,
        purpose: Purpose::known("order.dispatched"),
        content: Content::Plain(Text::parse(text).unwrap()),
        give_up_at: cx.now().plus_micros(Timestamp::DAY),
    };
    house.block(house.app.messages.send(&cx, message)).unwrap();
}

/// The id of the only phone, as the page names it.
fn phone_of(page: &str) -> String {
    page.split("id=\"screen-").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn the_log_shows_what_became_of_messages_and_never_their_texts() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        client.get("/console/messages").is(200).shows("No messages");
        send(&house, Channel::Sms, "Your parcel 4711 waits");
        client
            .get("/console/messages")
            .is(200)
            .shows("Waiting")
            .shows("Your parcel •••• •••••")
            .lacks("4711");
        house.work();
        client.get("/console/messages").is(200).shows("Delivered").shows("0.05 EUR").shows("+358 •••••• 567");
        client.get("/console/messages?number=%2B358401234567&state=delivered").is(200).shows("Your parcel");
        client.get("/console/messages?state=unknown").is(200).shows("No messages fit").shows("Show all");
        client.get("/console/messages?number=%2B35840%201234567").is(200).shows("Read as +358 40 1234567.");
        client.get("/console/messages?number=none").is(200).shows("aria-invalid");
        Client::of(&house, "ben").get("/console/messages").is(403);
    });
}

#[test]
fn a_phone_on_the_screen_receives_answers_and_is_dealt_with() {
    on_both(|engine| {
        let house = House::empty(engine, clock());
        let mut client = Client::of(&house, "sanna");
        client.get("/console/sandbox").is(200).shows("No phones yet").shows("+12025550101");
        client.post("/console/sandbox", &[("number", "none")]).is(422).shows("aria-invalid");
        client.post("/console/sandbox", &[("number", "+358 40 1234567")]).is(303);
        send(&house, Channel::Voice, "Press 1 to hear this again");
        house.work();
        let page = client.get("/console/sandbox").is(200);
        page.shows("Press 1 to hear this again");
        let call = page.body.split("id=\"keys-").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let phone = phone_of(&page.body);
        let act = |name: &str| format!("/console/sandbox/{phone}/{name}");
        client.post(&act("press"), &[("call", &call), ("keys", "1")]).is(303);
        client.post(&act("answer"), &[("text", "STOP")]).is(303);
        client.post(&act("answer"), &[("text", " ")]).is(422).shows("A message says something.");
        for name in ["swap-sim", "new-holder", "forward"] {
            client.post(&act(name), &[]).is(303);
        }
        let behaviour = format!("behaviour-{phone}");
        client.post(&act("behaviour"), &[(&behaviour, "absent")]).is(303);
        let page = client.get("/console/sandbox").is(200);
        page.shows("Pressed 1")
            .shows("STOP")
            .shows("Switched off")
            .shows("forwarded to another number")
            .lacks("<dd>never</dd>");
        client.post(&act("moon"), &[]).is(404);
        let heard = house.block(house.app.messages.list_inbound(&house.cx(), None, &PageRequest::default()));
        assert_eq!(heard.unwrap().items.len(), 2);
        Client::of(&house, "ben").get("/console/sandbox").is(403);
    });
}

#[test]
fn a_message_appears_on_the_phone_while_one_looks() {
    let house = House::empty(Engine::Sqlite, Arc::new(SystemClock));
    let address = house.serve();
    let number = PhoneNumber::from_e164("+358401234567").unwrap();
    house.block(house.app.sandbox().unwrap().add(&house.cx(), number)).unwrap();
    let browser = Browser::open();
    browser.visit(&format!("{address}/console/sandbox"));
    browser.fill("#login", "sanna");
    browser.fill("#password", PASSWORD);
    browser.click_text("Sign in");
    browser.wait_for(".phone-screen");
    send(&house, Channel::Sms, "Your parcel is at the door");
    browser.wait_for_text("Your parcel is at the door");
    // What is answered from the phone is shown there, and the shop has it.
    browser.fill(".phone-write input[name=text]", "STOP");
    browser.click(".phone-write button");
    browser.wait_for(".bubble.is-outgoing");
    let heard =
        house.block(house.app.messages.list_inbound(&house.cx(), Some(number), &PageRequest::default()));
    assert_eq!(heard.unwrap().items.len(), 1);
    let errors = browser.console_errors();
    assert!(errors.is_empty(), "{errors:?}");
}
