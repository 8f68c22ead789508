//! Rules as people write them, in JSON, and how they are read: whatever makes no sense is refused by its place.

use std::{collections::BTreeMap, str::FromStr};

use base::Fault;
use serde::{Deserialize, Serialize};

use super::{Decision, Rule, Rules};
use crate::signal::Signal;

/// Most rules of a shop.
pub const RULES_MAX: usize = 100;
/// Most signals that one rule goes by.
const SIGNALS_MAX: usize = 8;
const NAME_CHARS_MAX: usize = 60;
const REASON_CHARS_MAX: usize = 200;
/// The most that one rule adds, and the highest threshold.
const SCORE_MAX: u32 = 1_000;

/// From which sum of scores on something follows, whatever the rules decide one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    pub challenge: u32,
    pub review: u32,
    pub deny: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { challenge: 40, review: 70, deny: 100 }
    }
}

impl Thresholds {
    /// What follows from a sum. Pure.
    pub fn decision(&self, score: u32) -> Decision {
        match score {
            score if score >= self.deny => Decision::Deny,
            score if score >= self.review => Decision::Review,
            score if score >= self.challenge => Decision::Challenge,
            _ => Decision::Allow,
        }
    }
}

/// A rule in words and codes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenRule {
    pub name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Signals and `yes` or `no` for each.
    pub when: BTreeMap<String, String>,
    #[serde(default = "allow")]
    pub decision: String,
    #[serde(default)]
    pub score: u32,
    pub reason: String,
}

fn allow() -> String {
    Decision::Allow.code().to_owned()
}

/// All rules as they are written and kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenRules {
    pub rules: Vec<WrittenRule>,
    #[serde(default)]
    pub thresholds: Thresholds,
}

impl WrittenRules {
    /// Reads them from JSON.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        serde_json::from_str(text).map_err(|error| {
            let message = format!("These are no rules: line {}, column {}.", error.line(), error.column());
            Fault::invalid("rules_malformed", message).field("rules").cause(error)
        })
    }

    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl TryFrom<WrittenRules> for Rules {
    type Error = Fault;

    fn try_from(written: WrittenRules) -> Result<Self, Fault> {
        if written.rules.len() > RULES_MAX {
            let message = format!("A shop has at most {RULES_MAX} rules.");
            return Err(Fault::invalid("rules_too_many", message).field("rules"));
        }
        let Thresholds { challenge, review, deny } = written.thresholds;
        if challenge == 0 || challenge > review || review > deny || deny > SCORE_MAX {
            let message = format!("Thresholds are 1 to {SCORE_MAX}, and none is below a milder one.");
            return Err(Fault::invalid("thresholds_malformed", message).field("thresholds"));
        }
        let mut rules: Vec<Rule> = Vec::with_capacity(written.rules.len());
        for (at, rule) in written.rules.into_iter().enumerate() {
            let rule = rule.read(&format!("rules[{at}]"))?;
            if rules.iter().any(|other| other.name == rule.name) {
                let message = "Two rules have the same name; reasons tell them apart by it.";
                return Err(Fault::invalid("rule_name_repeated", message).field(format!("rules[{at}].name")));
            }
            rules.push(rule);
        }
        Ok(Self { rules, thresholds: written.thresholds })
    }
}

impl From<&Rules> for WrittenRules {
    fn from(rules: &Rules) -> Self {
        Self { rules: rules.rules.iter().map(WrittenRule::from).collect(), thresholds: rules.thresholds }
    }
}

impl From<&Rule> for WrittenRule {
    fn from(rule: &Rule) -> Self {
        let when = |(signal, is_so): (&Signal, &bool)| {
            (signal.code().to_owned(), if *is_so { "yes" } else { "no" }.to_owned())
        };
        Self {
            name: rule.name.clone(),
            purposes: rule.purposes.iter().map(|purpose| purpose.code().to_owned()).collect(),
            channels: rule.channels.iter().map(|channel| channel.code().to_owned()).collect(),
            when: rule.when.iter().map(when).collect(),
            decision: rule.decision.code().to_owned(),
            score: rule.score,
            reason: rule.reason.clone(),
        }
    }
}

impl WrittenRule {
    fn read(self, at: &str) -> Result<Rule, Fault> {
        let field = |name: &str| format!("{at}.{name}");
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.name.is_empty() || self.name.len() > NAME_CHARS_MAX || !self.name.chars().all(is_name) {
            let message =
                format!("A rule's name is 1 to {NAME_CHARS_MAX} small letters, digits and underscores.");
            return Err(Fault::invalid("rule_name_malformed", message).field(field("name")));
        }
        let reason = self.reason.trim();
        if reason.is_empty()
            || reason.chars().count() > REASON_CHARS_MAX
            || reason.chars().any(char::is_control)
        {
            let message = format!("A rule says why in one line of at most {REASON_CHARS_MAX} characters.");
            return Err(Fault::invalid("rule_reason_malformed", message).field(field("reason")));
        }
        if self.when.is_empty() || self.when.len() > SIGNALS_MAX {
            let message = format!("A rule goes by 1 to {SIGNALS_MAX} signals.");
            return Err(Fault::invalid("rule_when_malformed", message).field(field("when")));
        }
        if self.score > SCORE_MAX {
            let message = format!("A rule adds at most {SCORE_MAX}.");
            return Err(Fault::invalid("rule_score_malformed", message).field(field("score")));
        }
        let when = self.when.iter().map(|(signal, answer)| condition(signal, answer, &field("when")));
        Ok(Rule {
            when: when.collect::<Result<_, Fault>>()?,
            purposes: each(&self.purposes, &field("purposes"))?,
            channels: each(&self.channels, &field("channels"))?,
            decision: self.decision.parse().map_err(|fault: Fault| fault.field(field("decision")))?,
            score: self.score,
            reason: reason.to_owned(),
            name: self.name,
        })
    }
}

fn each<T: FromStr<Err = Fault>>(codes: &[String], field: &str) -> Result<Vec<T>, Fault> {
    codes.iter().map(|code| code.parse().map_err(|fault: Fault| fault.field(field))).collect()
}

/// What is unknown is no condition: nothing may follow from it.
fn condition(signal: &str, answer: &str, field: &str) -> Result<(Signal, bool), Fault> {
    let signal: Signal = signal.parse().map_err(|fault: Fault| fault.field(field))?;
    match answer {
        "yes" => Ok((signal, true)),
        "no" => Ok((signal, false)),
        _ => {
            let message = "A rule goes by a yes or a no; nothing follows from what is unknown.";
            Err(Fault::invalid("rule_answer_malformed", message).field(format!("{field}.{signal}")))
        }
    }
}
