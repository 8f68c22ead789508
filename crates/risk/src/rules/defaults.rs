//! The rules of a shop that has written none.

use messaging::Channel;

use super::{
    Decision::{self, Allow, Challenge, Deny, Review},
    Purpose, Rule, Rules, Thresholds,
};
use crate::signal::Signal;

/// What whoever holds the number could take over an account by.
const TAKING_OVER: &[Purpose] = &[Purpose::Recovery, Purpose::NumberChange];
/// What costs the shop money or goods.
const BUYING: &[Purpose] = &[Purpose::SignUp, Purpose::Order, Purpose::Payment];
const ACTS: &[Purpose] = &[Purpose::StepUp, Purpose::Payment];
/// What somebody does with the phone in their hand.
const AT_HAND: &[Purpose] =
    &[Purpose::SignUp, Purpose::SignIn, Purpose::StepUp, Purpose::Payment, Purpose::NumberChange];
const ANY: &[Purpose] = &[];

/// A rule: its name, what it is about, the signals that must all be a yes, what follows, what it adds, and why.
type Line = (&'static str, &'static [Purpose], &'static [Signal], Decision, u32, &'static str);

/// Sensible for a shop that sells to people.
const LINES: &[Line] = &[
    (
        "line_unusual",
        ANY,
        &[Signal::LineUnusual],
        Deny,
        100,
        "By its plan this is a premium, satellite or other line that nobody carries.",
    ),
    (
        "sim_swapped_takeover",
        TAKING_OVER,
        &[Signal::SimSwapped],
        Review,
        70,
        "The SIM was swapped lately: whoever holds the number now may not be who held it before.",
    ),
    ("sim_swapped_act", ACTS, &[Signal::SimSwapped], Challenge, 50, "The SIM was swapped lately."),
    (
        "sim_and_phone_swapped",
        TAKING_OVER,
        &[Signal::SimSwapped, Signal::DeviceSwapped],
        Review,
        20,
        "The SIM was swapped, and it is in another phone.",
    ),
    (
        "recycled",
        TAKING_OVER,
        &[Signal::Recycled],
        Review,
        70,
        "The operator gave the number to somebody else.",
    ),
    (
        "changed_hands",
        TAKING_OVER,
        &[Signal::ChangedHands],
        Review,
        60,
        "By the shop's own records the number has a new holder.",
    ),
    (
        "calls_forwarded",
        TAKING_OVER,
        &[Signal::CallsForwarded],
        Challenge,
        40,
        "All calls go to another number.",
    ),
    ("other_phone", AT_HAND, &[Signal::OtherPhone], Challenge, 50, "The phone that asks has another number."),
    (
        "prefix_wasteful",
        ANY,
        &[Signal::PrefixWasteful],
        Challenge,
        40,
        "Codes to this country are sent and hardly ever come back.",
    ),
    ("number_busy", BUYING, &[Signal::NumberBusy], Allow, 30, "Very much is asked about this number."),
    (
        "network_busy",
        BUYING,
        &[Signal::NetworkBusy],
        Challenge,
        40,
        "Many numbers come from this network address.",
    ),
    ("device_busy", BUYING, &[Signal::DeviceBusy], Review, 50, "Many numbers come from this device."),
    (
        "address_busy",
        BUYING,
        &[Signal::AddressBusy],
        Review,
        40,
        "Many numbers have things sent to this place.",
    ),
    (
        "line_voip",
        BUYING,
        &[Signal::LineVoip],
        Allow,
        20,
        "An Internet telephone is quickly got and given up.",
    ),
    ("tenure_short", BUYING, &[Signal::TenureShort], Allow, 20, "The number is held for a short time only."),
];

/// A code that is read out to whoever calls are forwarded to is worse than none.
const BY_VOICE: Line = (
    "calls_forwarded_code",
    ANY,
    &[Signal::CallsForwarded],
    Deny,
    100,
    "All calls go to another number, and so would the code.",
);

fn rule(line: &Line, channels: &[Channel]) -> Rule {
    let (name, purposes, when, decision, score, reason) = *line;
    Rule {
        name: name.to_owned(),
        purposes: purposes.to_vec(),
        channels: channels.to_vec(),
        when: when.iter().map(|signal| (*signal, true)).collect(),
        decision,
        score,
        reason: reason.to_owned(),
    }
}

pub fn defaults() -> Rules {
    let mut rules: Vec<Rule> = LINES.iter().map(|line| rule(line, &[])).collect();
    rules.push(rule(&BY_VOICE, &[Channel::Voice]));
    Rules { rules, thresholds: Thresholds::default() }
}
