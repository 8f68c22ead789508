//! The rules of a shop that has written none.

use messaging::Channel;

use super::{Decision, Purpose, Rule, Rules, Thresholds};
use crate::signal::Signal;

/// What whoever holds the number could take over an account by.
const TAKING_OVER: [Purpose; 2] = [Purpose::Recovery, Purpose::NumberChange];
/// What costs the shop money or goods.
const BUYING: [Purpose; 3] = [Purpose::SignUp, Purpose::Order, Purpose::Payment];

fn rule(name: &str, when: &[Signal], (decision, score): (Decision, u32), reason: &str) -> Rule {
    Rule {
        name: name.to_owned(),
        purposes: Vec::new(),
        channels: Vec::new(),
        when: when.iter().map(|signal| (*signal, true)).collect(),
        decision,
        score,
        reason: reason.to_owned(),
    }
}

fn only(purposes: &[Purpose], rule: Rule) -> Rule {
    Rule { purposes: purposes.to_vec(), ..rule }
}

/// Sensible for a shop that sells to people. All of them ask for a yes.
pub fn defaults() -> Rules {
    use Decision::{Allow, Challenge, Deny, Review};
    let rules = vec![
        rule(
            "line_unusual",
            &[Signal::LineUnusual],
            (Deny, 100),
            "By its plan this is a premium, satellite or other line that nobody carries.",
        ),
        only(
            &TAKING_OVER,
            rule(
                "sim_swapped_takeover",
                &[Signal::SimSwapped],
                (Review, 70),
                "The SIM was swapped lately: whoever holds the number now may not be who held it before.",
            ),
        ),
        only(
            &[Purpose::StepUp, Purpose::Payment],
            rule("sim_swapped_act", &[Signal::SimSwapped], (Challenge, 50), "The SIM was swapped lately."),
        ),
        only(
            &TAKING_OVER,
            rule(
                "sim_and_phone_swapped",
                &[Signal::SimSwapped, Signal::DeviceSwapped],
                (Review, 20),
                "The SIM was swapped, and it is in another phone.",
            ),
        ),
        only(
            &TAKING_OVER,
            rule(
                "recycled",
                &[Signal::Recycled],
                (Review, 70),
                "The operator gave the number to somebody else.",
            ),
        ),
        only(
            &TAKING_OVER,
            rule(
                "changed_hands",
                &[Signal::ChangedHands],
                (Review, 60),
                "By the shop's own records the number has a new holder.",
            ),
        ),
        Rule {
            channels: vec![Channel::Voice],
            ..rule(
                "calls_forwarded_code",
                &[Signal::CallsForwarded],
                (Deny, 100),
                "All calls go to another number, and so would the code.",
            )
        },
        only(
            &TAKING_OVER,
            rule(
                "calls_forwarded",
                &[Signal::CallsForwarded],
                (Challenge, 40),
                "All calls go to another number.",
            ),
        ),
        only(
            &[Purpose::SignUp, Purpose::SignIn, Purpose::StepUp, Purpose::Payment, Purpose::NumberChange],
            rule(
                "other_phone",
                &[Signal::OtherPhone],
                (Challenge, 50),
                "The phone that asks has another number.",
            ),
        ),
        rule(
            "prefix_wasteful",
            &[Signal::PrefixWasteful],
            (Challenge, 40),
            "Codes to this country are sent and hardly ever come back.",
        ),
        only(
            &BUYING,
            rule("number_busy", &[Signal::NumberBusy], (Allow, 30), "Very much is asked about this number."),
        ),
        only(
            &BUYING,
            rule(
                "network_busy",
                &[Signal::NetworkBusy],
                (Challenge, 40),
                "Many numbers come from this network address.",
            ),
        ),
        only(
            &BUYING,
            rule("device_busy", &[Signal::DeviceBusy], (Review, 50), "Many numbers come from this device."),
        ),
        only(
            &BUYING,
            rule(
                "address_busy",
                &[Signal::AddressBusy],
                (Review, 40),
                "Many numbers have things sent to this place.",
            ),
        ),
        only(
            &BUYING,
            rule(
                "line_voip",
                &[Signal::LineVoip],
                (Allow, 20),
                "An Internet telephone is quickly got and given up.",
            ),
        ),
        only(
            &BUYING,
            rule(
                "tenure_short",
                &[Signal::TenureShort],
                (Allow, 20),
                "The number is held for a short time only.",
            ),
        ),
    ];
    Rules { rules, thresholds: Thresholds::default() }
}
