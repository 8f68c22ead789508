//! How a phone in the sandbox behaves, and the numbers whose behaviour is fixed.

use base::Timestamp;
use numbering::PhoneNumber;

base::coded! {
    /// What happens to a message to a phone.
    Behaviour, "behaviour_unknown", "behaviour" {
        /// It arrives, and the carrier says so.
        Answer = "answer",
        /// The carrier takes it and cannot deliver it.
        Absent = "absent",
        /// It arrives after [`LATE_SECONDS`].
        Late = "late",
        /// It arrives, and the carrier never says so.
        Silent = "silent",
        /// The carrier refuses: there is no such number.
        UnknownNumber = "unknown_number",
        /// The carrier has no time now; it takes the message a moment later.
        Busy = "busy",
        /// It arrives, but the line breaks before the carrier has answered.
        InDoubt = "in_doubt",
    }
}

/// How late a late message is.
pub const LATE_SECONDS: i64 = 20;

impl Behaviour {
    /// As people read it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Answer => "Receives everything",
            Self::Absent => "Switched off: nothing is delivered",
            Self::Late => "Receives everything 20 seconds late",
            Self::Silent => "Receives everything, without receipts",
            Self::UnknownNumber => "Does not exist: messages are refused",
            Self::Busy => "The carrier asks for patience first",
            Self::InDoubt => "Receives, but the line breaks before the answer",
        }
    }
}

/// A number whose behaviour is fixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fixed {
    /// The last two digits after `+1 202 555 01`, a range that no operator gives out.
    pub ending: u8,
    pub behaviour: Behaviour,
    /// How long ago its SIM was swapped, whenever one asks.
    pub sim_swapped_micros_ago: Option<i64>,
    /// How long ago it was given to somebody else.
    pub holder_changed_micros_ago: Option<i64>,
    pub is_forwarded: bool,
}

const fn behaves(ending: u8, behaviour: Behaviour) -> Fixed {
    Fixed {
        ending,
        behaviour,
        sim_swapped_micros_ago: None,
        holder_changed_micros_ago: None,
        is_forwarded: false,
    }
}

/// The numbers with fixed behaviour.
pub const FIXED: [Fixed; 10] = [
    behaves(0, Behaviour::Answer),
    behaves(1, Behaviour::Absent),
    behaves(2, Behaviour::UnknownNumber),
    behaves(3, Behaviour::Busy),
    behaves(4, Behaviour::Late),
    behaves(5, Behaviour::Silent),
    behaves(6, Behaviour::InDoubt),
    Fixed { sim_swapped_micros_ago: Some(3_600 * Timestamp::SECOND), ..behaves(7, Behaviour::Answer) },
    Fixed { holder_changed_micros_ago: Some(Timestamp::DAY), ..behaves(8, Behaviour::Answer) },
    Fixed { is_forwarded: true, ..behaves(9, Behaviour::Answer) },
];

const PREFIX: &str = "+120255501";

/// What is fixed of a number, if it is one of those.
pub fn fixed(number: PhoneNumber) -> Option<&'static Fixed> {
    let text = number.e164();
    let ending: u8 = text.as_str().strip_prefix(PREFIX)?.parse().ok()?;
    FIXED.iter().find(|fixed| fixed.ending == ending)
}

impl Fixed {
    pub fn number(&self) -> String {
        format!("{PREFIX}{:02}", self.ending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_numbers_are_possible_numbers_and_each_is_one() {
        for (at, one) in FIXED.iter().enumerate() {
            let number = PhoneNumber::from_e164(&one.number()).unwrap();
            assert_eq!(number.possibility(), numbering::Possibility::Possible);
            assert_eq!(fixed(number), Some(one));
            assert_eq!(usize::from(one.ending), at);
        }
        for other in ["+12025550110", "+120255501", "+358401234567"] {
            assert_eq!(PhoneNumber::from_e164(other).ok().and_then(fixed), None, "{other}");
        }
    }

    #[test]
    fn behaviours_have_codes() {
        for behaviour in Behaviour::ALL.iter().copied() {
            assert_eq!(behaviour.code().parse::<Behaviour>().unwrap(), behaviour);
        }
        assert_eq!("gone".parse::<Behaviour>().unwrap_err().code, "behaviour_unknown");
    }
}
