//! What may be known of a number and of whoever uses it: each signal is a question that is answered yes, no, or not at all.

use base::Timestamp;

base::coded! {
    /// Something that may be known. A yes is what somebody who guards accounts would want to hear of.
    Signal, "signal_unknown", "signal" {
        /// By its plan the number is of a premium, satellite, toll-free or another line that no person has in their pocket.
        LineUnusual = "line_unusual",
        LineVoip = "line_voip",
        LineFixed = "line_fixed",
        /// Codes are sent to this part of the world, and hardly any comes back.
        PrefixWasteful = "prefix_wasteful",
        /// Very much is asked about this number.
        NumberBusy = "number_busy",
        /// Many numbers are asked about from this address on the network.
        NetworkBusy = "network_busy",
        /// Many numbers are asked about from this device.
        DeviceBusy = "device_busy",
        /// Many numbers are asked about for this place of delivery.
        AddressBusy = "address_busy",
        /// By the shop's own records the number has a new holder.
        ChangedHands = "changed_hands",
        /// By its operator the number was put on another SIM lately.
        SimSwapped = "sim_swapped",
        /// By its operator the SIM was put into another phone lately.
        DeviceSwapped = "device_swapped",
        /// By its operator the number was given to somebody else.
        Recycled = "recycled",
        /// By its operator all calls to the number go to another one.
        CallsForwarded = "calls_forwarded",
        /// By its operator its holder has had it for a short time only.
        TenureShort = "tenure_short",
        /// By its operator the phone that asks has another number.
        OtherPhone = "other_phone",
    }
}

impl Signal {
    /// As people read it in a table.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::LineUnusual => "Line that no person carries",
            Self::LineVoip => "Internet telephone",
            Self::LineFixed => "Fixed line",
            Self::PrefixWasteful => "Country whose codes do not come back",
            Self::NumberBusy => "Much asked about this number",
            Self::NetworkBusy => "Many numbers from this network address",
            Self::DeviceBusy => "Many numbers from this device",
            Self::AddressBusy => "Many numbers for this place of delivery",
            Self::ChangedHands => "New holder by the shop's records",
            Self::SimSwapped => "SIM swapped lately",
            Self::DeviceSwapped => "Phone changed lately",
            Self::Recycled => "New holder by the operator",
            Self::CallsForwarded => "All calls forwarded",
            Self::TenureShort => "Held for a short time only",
            Self::OtherPhone => "Another number in the phone that asks",
        }
    }

    /// Whether it is of the kind of line, which stays as it is.
    pub const fn is_of_the_line(self) -> bool {
        matches!(self, Self::LineUnusual | Self::LineVoip | Self::LineFixed)
    }

    /// Whether its operator is asked, which costs money and time.
    pub const fn is_of_operator(self) -> bool {
        matches!(
            self,
            Self::SimSwapped
                | Self::DeviceSwapped
                | Self::Recycled
                | Self::CallsForwarded
                | Self::TenureShort
                | Self::OtherPhone
        )
    }
}

base::coded! {
    /// Why something is not known.
    Why {
        /// Nobody is set up who could say it.
        NotConfigured = "not_configured",
        /// No rule of this purpose goes by it, so nobody was asked.
        NotAsked = "not_asked",
        /// Whoever asked did not say what it goes by, such as the device.
        NotGiven = "not_given",
        /// The shop has not seen enough to say.
        NothingKnown = "nothing_known",
        /// The answer did not come in time.
        TimedOut = "timed_out",
        /// Whoever was asked does not know, or may not say.
        CannotSay = "cannot_say",
        /// Asking failed.
        Failed = "failed",
    }
}

impl Why {
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::NotConfigured => "nobody is set up who could say",
            Self::NotAsked => "no rule goes by it here",
            Self::NotGiven => "not given by whoever asked",
            Self::NothingKnown => "the shop has not seen enough",
            Self::TimedOut => "no answer in time",
            Self::CannotSay => "the operator cannot or may not say",
            Self::Failed => "asking failed",
        }
    }
}

/// What was found out. Nothing is ever decided by what is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    Yes,
    No,
    Unknown(Why),
}

impl Finding {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown(_) => "unknown",
        }
    }

    pub const fn why(self) -> Option<Why> {
        match self {
            Self::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// From how it is kept.
    pub fn of(code: &str, why: Option<&str>) -> Option<Self> {
        match (code, why) {
            ("yes", None) => Some(Self::Yes),
            ("no", None) => Some(Self::No),
            ("unknown", Some(why)) => Why::of(why).map(Self::Unknown),
            _ => None,
        }
    }

    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Unknown(_))
    }
}

impl From<bool> for Finding {
    fn from(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }
}

/// A signal and what was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    pub signal: Signal,
    pub finding: Finding,
    /// When it happened, where that is told.
    pub happened_at: Option<Timestamp>,
    /// When it was found out; earlier than the assessment when an answer of a moment ago served again.
    pub asked_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_kept_as_it_was() {
        let unknown = Why::ALL.iter().map(|why| Finding::Unknown(*why));
        for finding in [Finding::Yes, Finding::No].into_iter().chain(unknown) {
            assert_eq!(Finding::of(finding.code(), finding.why().map(Why::code)), Some(finding));
        }
        for (code, why) in
            [("yes", Some("timed_out")), ("unknown", None), ("unknown", Some("maybe")), ("", None)]
        {
            assert_eq!(Finding::of(code, why), None, "{code} {why:?}");
        }
    }

    #[test]
    fn every_signal_has_words_of_its_own() {
        let mut words: Vec<&str> = Signal::ALL.iter().map(|signal| signal.in_words()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Signal::ALL.len());
    }
}
