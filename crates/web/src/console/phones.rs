//! The sandbox: phones on the screen. They receive as it happens, answer, press keys, swap their SIM and change hands.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
        form::{self, Field, Input},
        header::page_header,
        icon::{Icon, icon},
        notice::empty,
        shell::{Framed, Place, Shell},
    },
    console::paths,
    format,
};

/// A text, a call or an answer on a phone.
#[derive(Clone, Debug)]
pub struct Bubble {
    pub id: String,
    pub outgoing: bool,
    /// "SMS", "Call", "WhatsApp".
    pub channel: &'static str,
    pub is_call: bool,
    pub from: String,
    pub text: String,
    pub keys: Option<String>,
    pub at: Timestamp,
}

/// A phone. Its number is nobody's, so it is shown in the clear.
#[derive(Clone, Debug)]
pub struct Phone {
    pub id: String,
    pub number: String,
    /// Code of its behaviour.
    pub behaviour: String,
    pub behaviour_words: &'static str,
    /// The behaviour is the number's own.
    pub fixed: bool,
    pub sim_swapped_at: Option<Timestamp>,
    pub holder_changed_at: Option<Timestamp>,
    pub forwarded: bool,
    /// Newest first.
    pub bubbles: Vec<Bubble>,
}

/// A number whose behaviour is fixed, and what it does.
#[derive(Clone, Debug)]
pub struct TestNumber {
    pub number: String,
    pub words: String,
}

#[derive(Clone, Debug)]
pub struct Sandbox {
    pub phones: Vec<Phone>,
    pub number: Field,
    pub behaviours: Vec<(String, String)>,
    pub test_numbers: Vec<TestNumber>,
}

pub fn page(shell: &Shell, model: &Sandbox) -> Markup {
    let lead = html! { "The carrier in the box. Nothing leaves the house: whatever is sent appears on these phones." };
    let content = html! {
        (page_header("Sandbox", lead, html! {}))
        section.panel aria-label="Add a phone" {
            form.filter method="post" action=(paths::SANDBOX) {
                (form::csrf(&shell.csrf))
                (form::input(&Input { hint: "With its country: +358 40 123 4567.", kind: "tel", required: true, ..Input::text("number", "Number of a phone") }, &model.number))
                button.button { (icon(Icon::Plus)) "Put on the screen" }
            }
        }
        div #phones data-stream=(paths::SANDBOX_EVENTS) {
            @if model.phones.is_empty() { (empty(Icon::Phone, "No phones yet", "Send something, and the phone that gets it appears here.", None)) }
            div.phones { @for phone in &model.phones { (card(shell, model, phone)) } }
        }
        (test_numbers(&model.test_numbers))
    };
    shell.frame(Framed { place: Place::Sandbox, title: "Sandbox", crumbs: &[], content })
}

fn card(shell: &Shell, model: &Sandbox, phone: &Phone) -> Markup {
    html! {
        article.phone aria-label={ "Phone " (phone.number) } {
            header.phone-head { span.phone-number { (phone.number) } (badge(tone(phone), phone.behaviour_words)) }
            (screen(&shell.csrf, phone))
            form.phone-write method="post" action=(paths::sandbox_act(&phone.id, "answer")) {
                (form::csrf(&shell.csrf))
                label.unseen for={ "text-" (phone.id) } { "Text from " (phone.number) }
                input id={ "text-" (phone.id) } name="text" placeholder="Write to the shop, such as STOP" autocomplete="off" required;
                button.button.is-small { "Send" }
            }
            details.phone-more {
                summary { "What happens to it" }
                (status(phone))
                @if !phone.fixed { (behaviour(shell, model, phone)) }
                div.acts {
                    (act(&shell.csrf, phone, "swap-sim", "Swap its SIM"))
                    (act(&shell.csrf, phone, "new-holder", "Give it to somebody else"))
                    (act(&shell.csrf, phone, if phone.forwarded { "unforward" } else { "forward" }, if phone.forwarded { "Stop forwarding" } else { "Forward its calls" }))
                }
            }
        }
    }
}

fn tone(phone: &Phone) -> Tone {
    match phone.behaviour.as_str() {
        "answer" => Tone::Good,
        "absent" | "unknown_number" => Tone::Bad,
        _ => Tone::Warn,
    }
}

/// What the phone shows; replaced as it happens.
pub fn screen(csrf: &str, phone: &Phone) -> Markup {
    html! {
        ol.phone-screen id={ "screen-" (phone.id) } tabindex="0" aria-label={ "Messages of " (phone.number) } {
            @if phone.bubbles.is_empty() { li.phone-silence { "Nothing yet" } }
            @for bubble in &phone.bubbles { (bubble_of(csrf, phone, bubble)) }
        }
    }
}

fn bubble_of(csrf: &str, phone: &Phone, bubble: &Bubble) -> Markup {
    html! {
        li.bubble.is-outgoing[bubble.outgoing] {
            p.bubble-head { @if bubble.outgoing { "You" } @else { (bubble.from) } " · " (bubble.channel) " · " time datetime=(bubble.at) { (format::moment(bubble.at)) } }
            p.bubble-text { @for (at, line) in bubble.text.lines().enumerate() { @if at > 0 { br; } (line) } }
            @if let Some(keys) = &bubble.keys { p.note { "Pressed " (keys) } }
            @if bubble.is_call && bubble.keys.is_none() {
                form.phone-keys method="post" action=(paths::sandbox_act(&phone.id, "press")) {
                    (form::csrf(csrf))
                    input type="hidden" name="call" value=(bubble.id);
                    label.unseen for={ "keys-" (bubble.id) } { "Keys to press" }
                    input id={ "keys-" (bubble.id) } name="keys" inputmode="tel" placeholder="Keys" autocomplete="off" required;
                    button.button.is-small { "Press" }
                }
            }
        }
    }
}

fn status(phone: &Phone) -> Markup {
    html! {
        dl.pairs {
            div { dt { "SIM swapped" } dd { @match phone.sim_swapped_at { Some(at) => (format::moment(at)), None => "never" } } }
            div { dt { "New holder" } dd { @match phone.holder_changed_at { Some(at) => (format::moment(at)), None => "never" } } }
            div { dt { "Calls" } dd { @if phone.forwarded { "forwarded to another number" } @else { "ring here" } } }
        }
    }
}

fn behaviour(shell: &Shell, model: &Sandbox, phone: &Phone) -> Markup {
    let name = format!("behaviour-{}", phone.id);
    html! {
        form.filter method="post" action=(paths::sandbox_act(&phone.id, "behaviour")) {
            (form::csrf(&shell.csrf))
            (form::select(&name, "Messages to it", "", &model.behaviours, &Field::of(phone.behaviour.clone())))
            button.button.is-small { "Set" }
        }
    }
}

fn act(csrf: &str, phone: &Phone, act: &str, words: &str) -> Markup {
    html! { form method="post" action=(paths::sandbox_act(&phone.id, act)) { (form::csrf(csrf)) button.button.is-small { (words) } } }
}

fn test_numbers(numbers: &[TestNumber]) -> Markup {
    html! {
        section.panel #test-numbers aria-labelledby="test-numbers-title" {
            header.panel-head { h2 #test-numbers-title { "Numbers with a behaviour of their own" } }
            dl.pairs { @for each in numbers { div { dt { (each.number) } dd { (each.words) } } } }
        }
    }
}
