//! Rules as data: when these signals are so, for these purposes, then decide this, for this reason.
//!
//! A rule can ask for a yes or a no and for nothing else, so that nothing unknown ever decides: what an operator does not say counts neither for anybody nor against.

mod defaults;
mod written;

use std::collections::BTreeMap;

use messaging::Channel;

pub use defaults::defaults;
pub use written::{Thresholds, WrittenRule, WrittenRules};

use crate::signal::{Finding, Found, Signal};

base::coded! {
    /// What somebody is about to do with a number.
    Purpose, "purpose_unknown", "purpose" {
        SignUp = "sign_up",
        SignIn = "sign_in",
        SecondFactor = "second_factor",
        StepUp = "step_up",
        Recovery = "recovery",
        NumberChange = "number_change",
        Order = "order",
        Payment = "payment",
        DeliveryHandover = "delivery_handover",
        CallerCheck = "caller_check",
    }
}

impl Purpose {
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::SignUp => "Opening an account",
            Self::SignIn => "Sign-in",
            Self::SecondFactor => "Second step of sign-in",
            Self::StepUp => "Approval of an act",
            Self::Recovery => "Recovery of an account",
            Self::NumberChange => "Change of number",
            Self::Order => "Order",
            Self::Payment => "Payment",
            Self::DeliveryHandover => "Handover of a parcel",
            Self::CallerCheck => "Caller check",
        }
    }
}

base::coded! {
    /// What to do about it, from the mildest to the strictest.
    Decision, "decision_unknown", "decision" {
        Allow = "allow",
        /// Ask for another proof.
        Challenge = "challenge",
        /// Let somebody look at it first, or let time pass.
        Review = "review",
        Deny = "deny",
    }
}

impl Decision {
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Challenge => "Ask for another proof",
            Self::Review => "Wait and look",
            Self::Deny => "Deny",
        }
    }
}

/// A rule. It holds when every signal that it names is found to be as it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    pub name: String,
    /// For any if there are none.
    pub purposes: Vec<Purpose>,
    /// Over which channel a code is to go, `voice`; for any, and where there is none, if there are none.
    pub channels: Vec<Channel>,
    /// True for yes, false for no.
    pub when: BTreeMap<Signal, bool>,
    /// What follows by itself.
    pub decision: Decision,
    /// What it adds to the sum of all rules that hold.
    pub score: u32,
    /// In words, for staff.
    pub reason: String,
}

/// All rules of a shop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    pub rules: Vec<Rule>,
    /// What follows from the sum of scores.
    pub thresholds: Thresholds,
}

/// What is asked about, as far as rules go by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subject {
    pub purpose: Purpose,
    pub channel: Option<Channel>,
}

/// Why it was decided so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    pub rule: String,
    pub words: String,
    pub decision: Decision,
    pub score: u32,
    pub signals: Vec<Signal>,
}

/// What was decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    pub decision: Decision,
    pub score: u32,
    /// The strictest first.
    pub reasons: Vec<Reason>,
}

impl Rule {
    fn is_about(&self, subject: Subject) -> bool {
        (self.purposes.is_empty() || self.purposes.contains(&subject.purpose))
            && (self.channels.is_empty()
                || subject.channel.is_some_and(|channel| self.channels.contains(&channel)))
    }

    fn holds(&self, found: &BTreeMap<Signal, Finding>) -> bool {
        !self.when.is_empty()
            && self.when.iter().all(|(signal, is_so)| found.get(signal) == Some(&Finding::from(*is_so)))
    }

    fn reason(&self) -> Reason {
        Reason {
            rule: self.name.clone(),
            words: self.reason.clone(),
            decision: self.decision,
            score: self.score,
            signals: self.when.keys().copied().collect(),
        }
    }
}

impl Rules {
    /// Decides. Pure.
    pub fn decide(&self, subject: Subject, found: &[Found]) -> Verdict {
        let found: BTreeMap<Signal, Finding> = found.iter().map(|one| (one.signal, one.finding)).collect();
        let holding = self.rules.iter().filter(|rule| rule.is_about(subject) && rule.holds(&found));
        let mut reasons: Vec<Reason> = holding.map(Rule::reason).collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse((reason.decision, reason.score)));
        let score = reasons.iter().fold(0u32, |sum, reason| sum.saturating_add(reason.score));
        let strictest = reasons.first().map_or(Decision::Allow, |reason| reason.decision);
        Verdict { decision: strictest.max(self.thresholds.decision(score)), score, reasons }
    }

    /// Whether anything can follow from a signal here.
    pub fn go_by(&self, subject: Subject, signal: Signal) -> bool {
        self.rules.iter().any(|rule| rule.is_about(subject) && rule.when.contains_key(&signal))
    }
}

#[cfg(test)]
mod tests;
