//! An assessment as it is kept and shown.

use base::{Id, Timestamp};
use messaging::Channel;
use numbering::PhoneNumber;

use crate::{
    rules::{Decision, Purpose, Reason, Subject},
    settings::{HOUR, Settings},
    signal::{Finding, Found, Signal},
};

/// What was found and what was decided. Nothing of it changes afterwards.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assessment {
    pub id: Id<Self>,
    /// `None` once its holder was erased.
    pub number: Option<PhoneNumber>,
    pub purpose: Purpose,
    pub channel: Option<Channel>,
    pub decision: Decision,
    pub score: u32,
    /// One of each signal.
    pub findings: Vec<Found>,
    pub reasons: Vec<Reason>,
    /// Zero for the rules that come with the program.
    pub rules_version: i64,
    /// Who asked, as the audit trail names them.
    pub actor: String,
    pub created_at: Timestamp,
}

/// How long one waits where nobody knows since when it is so.
const WAIT_HOURS: i64 = 24;

impl Assessment {
    pub fn subject(&self) -> Subject {
        Subject { purpose: self.purpose, channel: self.channel }
    }

    pub fn finding(&self, signal: Signal) -> Option<&Found> {
        self.findings.iter().find(|found| found.signal == signal)
    }

    /// When it is worth asking again: as [`Assessment::waits_until`], but not where it is denied because of the kind of line alone, which does not pass. Pure.
    pub fn worth_asking_at(&self, settings: &Settings) -> Option<Timestamp> {
        self.waits_until(settings).filter(|_| !self.is_denied_for_good())
    }

    /// Whether it stays denied whatever passes: by a rule about nothing but the line, or by a sum to which only such rules added.
    fn is_denied_for_good(&self) -> bool {
        let lasts = |reason: &Reason| {
            !reason.signals.is_empty() && reason.signals.iter().all(|signal| signal.is_of_the_line())
        };
        let mut denying = self.reasons.iter().filter(|reason| reason.decision == Decision::Deny).peekable();
        if denying.peek().is_some() {
            return denying.any(lasts);
        }
        let mut adding = self.reasons.iter().filter(|reason| reason.score > 0).peekable();
        self.decision == Decision::Deny && adding.peek().is_some() && adding.all(lasts)
    }

    /// Until when whatever was asked for has to wait, when it is to be looked at first or denied: until what speaks against it is no longer of lately. Pure.
    pub fn waits_until(&self, settings: &Settings) -> Option<Timestamp> {
        if self.decision < Decision::Review {
            return None;
        }
        let signals = self.reasons.iter().flat_map(|reason| &reason.signals);
        let ends = signals.filter_map(|signal| self.finding(*signal)).map(|found| ends_at(found, settings));
        Some(ends.max().unwrap_or(self.created_at.plus_micros(WAIT_HOURS * HOUR)))
    }
}

/// When a finding is no longer of lately.
fn ends_at(found: &Found, settings: &Settings) -> Timestamp {
    let hours = match found.signal {
        Signal::SimSwapped => i64::from(settings.sim_hours()),
        Signal::DeviceSwapped => i64::from(settings.device_hours()),
        Signal::ChangedHands => i64::from(settings.changed_hands_days) * 24,
        _ => WAIT_HOURS,
    };
    // What goes on, or happened nobody knows when, is of now.
    let since = found.happened_at.filter(|_| found.finding == Finding::Yes).unwrap_or(found.asked_at);
    since.plus_micros(hours * HOUR)
}

/// Which assessments a list shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    pub number: Option<PhoneNumber>,
    pub decision: Option<Decision>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_waits_until_the_swap_is_no_longer_of_lately() {
        let at = |hours: i64| Timestamp::from_micros(hours * HOUR);
        let found = |happened_at| Found {
            signal: Signal::SimSwapped,
            finding: Finding::Yes,
            happened_at,
            asked_at: at(1_000),
        };
        let assessment = |decision, happened_at| Assessment {
            id: Id::from_uuid(uuid::Uuid::nil()),
            number: None,
            purpose: Purpose::Recovery,
            channel: None,
            decision,
            score: 0,
            findings: vec![found(happened_at)],
            reasons: vec![Reason {
                rule: "swapped".to_owned(),
                words: "Swapped.".to_owned(),
                decision,
                score: 0,
                signals: vec![Signal::SimSwapped],
            }],
            rules_version: 0,
            actor: String::new(),
            created_at: at(1_000),
        };
        let until =
            |decision, happened_at| assessment(decision, happened_at).waits_until(&Settings::default());
        assert_eq!(until(Decision::Review, Some(at(990))), Some(at(990 + 72)));
        assert_eq!(until(Decision::Deny, None), Some(at(1_072)));
        assert_eq!(until(Decision::Challenge, Some(at(990))), None);
    }

    #[test]
    fn what_is_denied_for_its_line_is_not_worth_asking_again() {
        use Decision::{Allow, Deny};
        use Signal::{LineUnusual, LineVoip, SimSwapped};
        let reason = |(decision, score, signals): &(Decision, u32, &[Signal])| Reason {
            rule: "denied".to_owned(),
            words: "Denied.".to_owned(),
            decision: *decision,
            score: *score,
            signals: signals.to_vec(),
        };
        let denied = |reasons: &[(Decision, u32, &[Signal])]| Assessment {
            id: Id::from_uuid(uuid::Uuid::nil()),
            number: None,
            purpose: Purpose::Recovery,
            channel: None,
            decision: Decision::Deny,
            score: 0,
            findings: Vec::new(),
            reasons: reasons.iter().map(reason).collect(),
            rules_version: 0,
            actor: String::new(),
            created_at: Timestamp::from_micros(0),
        };
        let day = Some(Timestamp::from_micros(24 * HOUR));
        for (what, reasons, expected) in [
            ("a line", &[(Deny, 0, &[LineUnusual][..])][..], None),
            ("a swap", &[(Deny, 0, &[SimSwapped])], day),
            ("a line, and a swap besides", &[(Deny, 0, &[SimSwapped]), (Deny, 0, &[LineUnusual])], None),
            ("a swap of such a line", &[(Deny, 0, &[LineVoip, SimSwapped])], day),
            ("a swap, and a line that only adds", &[(Deny, 0, &[SimSwapped]), (Allow, 50, &[LineVoip])], day),
            ("the sum of lines", &[(Allow, 60, &[LineVoip]), (Allow, 40, &[LineUnusual])], None),
            ("a sum to which a swap added", &[(Allow, 60, &[LineVoip]), (Allow, 40, &[SimSwapped])], day),
            ("a rule that holds always", &[(Deny, 0, &[])], day),
        ] {
            assert_eq!(denied(reasons).worth_asking_at(&Settings::default()), expected, "{what}");
        }
        // Whoever recovers an account waits all the same: nothing is ever opened by this.
        let line = denied(&[(Deny, 0, &[LineUnusual])]);
        assert_eq!(line.waits_until(&Settings::default()), day);
    }
}
