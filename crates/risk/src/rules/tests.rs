//! Tables of decisions, and what must hold for any rules and any findings.

use base::Timestamp;
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::signal::Why;

fn found(signal: Signal, finding: Finding) -> Found {
    Found { signal, finding, happened_at: None, asked_at: Timestamp::default() }
}

fn yes(signals: &[Signal]) -> Vec<Found> {
    signals.iter().map(|signal| found(*signal, Finding::Yes)).collect()
}

fn about(purpose: Purpose) -> Subject {
    Subject { purpose, channel: None }
}

#[test]
fn what_the_default_rules_decide() {
    use Signal::*;
    let rules = defaults();
    for (purpose, signals, decision) in [
        (Purpose::Recovery, &[][..], Decision::Allow),
        (Purpose::Recovery, &[SimSwapped], Decision::Review),
        (Purpose::NumberChange, &[SimSwapped], Decision::Review),
        (Purpose::StepUp, &[SimSwapped], Decision::Challenge),
        (Purpose::SignIn, &[SimSwapped], Decision::Allow),
        (Purpose::Recovery, &[Recycled], Decision::Review),
        // 70 for the one and 60 for the other are more than may be.
        (Purpose::Recovery, &[Recycled, ChangedHands], Decision::Deny),
        (Purpose::SignIn, &[LineUnusual], Decision::Deny),
        (Purpose::SignUp, &[PrefixWasteful], Decision::Challenge),
        (Purpose::SignUp, &[LineVoip, TenureShort], Decision::Challenge),
        (Purpose::SignUp, &[LineVoip], Decision::Allow),
        (Purpose::Order, &[DeviceBusy, AddressBusy], Decision::Review),
        (Purpose::Recovery, &[CallsForwarded], Decision::Challenge),
    ] {
        let verdict = rules.decide(about(purpose), &yes(signals));
        assert_eq!(verdict.decision, decision, "{purpose} {signals:?}");
        assert_eq!(
            verdict.reasons.is_empty(),
            signals.is_empty() || decision == Decision::Allow && verdict.score == 0
        );
    }
    // A code that is read out to a stranger is worse than none.
    let by_voice = Subject { purpose: Purpose::StepUp, channel: Some(Channel::Voice) };
    assert_eq!(rules.decide(by_voice, &yes(&[CallsForwarded])).decision, Decision::Deny);
    let by_text = Subject { channel: Some(Channel::Sms), ..by_voice };
    assert_eq!(rules.decide(by_text, &yes(&[CallsForwarded])).decision, Decision::Allow);
}

#[test]
fn the_strictest_reason_comes_first_and_names_its_signals() {
    let verdict =
        defaults().decide(about(Purpose::Recovery), &yes(&[Signal::CallsForwarded, Signal::SimSwapped]));
    let names: Vec<&str> = verdict.reasons.iter().map(|reason| reason.rule.as_str()).collect();
    assert_eq!(names, ["sim_swapped_takeover", "calls_forwarded"]);
    assert_eq!(verdict.reasons[0].signals, [Signal::SimSwapped]);
    assert_eq!(verdict.score, 110);
    assert_eq!(verdict.decision, Decision::Deny);
}

#[test]
fn operators_are_asked_only_what_a_rule_goes_by() {
    let rules = defaults();
    assert!(rules.go_by(about(Purpose::Recovery), Signal::SimSwapped));
    assert!(!rules.go_by(about(Purpose::SignIn), Signal::SimSwapped));
    assert!(!rules.go_by(about(Purpose::SignIn), Signal::CallsForwarded));
    let by_voice = Subject { purpose: Purpose::SignIn, channel: Some(Channel::Voice) };
    assert!(rules.go_by(by_voice, Signal::CallsForwarded));
}

#[test]
fn rules_are_read_as_they_are_written() {
    let written = WrittenRules::from(&defaults());
    assert_eq!(Rules::try_from(WrittenRules::parse(&written.text()).unwrap()).unwrap(), defaults());
}

#[test]
fn what_makes_no_sense_is_refused_by_its_place() {
    let good = serde_json::json!({ "name": "swapped", "when": { "sim_swapped": "yes" }, "decision": "deny", "reason": "Swapped." });
    let read = |rule: serde_json::Value| {
        let text = serde_json::json!({ "rules": [rule] }).to_string();
        WrittenRules::parse(&text).and_then(Rules::try_from)
    };
    assert!(read(good.clone()).is_ok());
    for (field, value, code, place) in [
        ("name", serde_json::json!("Swapped!"), "rule_name_malformed", "rules[0].name"),
        ("when", serde_json::json!({}), "rule_when_malformed", "rules[0].when"),
        (
            "when",
            serde_json::json!({ "sim_swapped": "unknown" }),
            "rule_answer_malformed",
            "rules[0].when.sim_swapped",
        ),
        ("when", serde_json::json!({ "weather": "yes" }), "signal_unknown", "rules[0].when"),
        ("decision", serde_json::json!("maybe"), "decision_unknown", "rules[0].decision"),
        ("purposes", serde_json::json!(["fun"]), "purpose_unknown", "rules[0].purposes"),
        ("channels", serde_json::json!(["pigeon"]), "channel_unknown", "rules[0].channels"),
        ("reason", serde_json::json!(" "), "rule_reason_malformed", "rules[0].reason"),
        ("score", serde_json::json!(1001), "rule_score_malformed", "rules[0].score"),
        ("mood", serde_json::json!(1), "rules_malformed", "rules"),
    ] {
        let mut rule = good.clone();
        rule[field] = value;
        let fault = read(rule).unwrap_err();
        assert_eq!((fault.code, fault.field.as_deref()), (code, Some(place)), "{field}");
    }
    let twice = serde_json::json!({ "rules": [good, good] }).to_string();
    assert_eq!(WrittenRules::parse(&twice).and_then(Rules::try_from).unwrap_err().code, "rule_name_repeated");
    let upside_down = r#"{"rules": [], "thresholds": {"challenge": 50, "review": 40, "deny": 100}}"#;
    assert_eq!(
        WrittenRules::parse(upside_down).and_then(Rules::try_from).unwrap_err().code,
        "thresholds_malformed"
    );
}

fn any_finding() -> impl Strategy<Value = Finding> {
    let mut all = vec![Finding::Yes, Finding::Yes, Finding::No, Finding::No];
    all.extend(Why::ALL.iter().map(|why| Finding::Unknown(*why)));
    select(all)
}

fn any_findings() -> impl Strategy<Value = Vec<Found>> {
    vec(any_finding(), Signal::ALL.len()).prop_map(|findings| {
        Signal::ALL.iter().zip(findings).map(|(signal, finding)| found(*signal, finding)).collect()
    })
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let when = vec((select(Signal::ALL), any::<bool>()), 1..4);
    (when, select(Decision::ALL), 0u32..200, any::<u64>()).prop_map(|(when, decision, score, name)| Rule {
        name: format!("rule_{name}"),
        purposes: Vec::new(),
        channels: Vec::new(),
        when: when.into_iter().collect(),
        decision,
        score,
        reason: "so it is".to_owned(),
    })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    vec(any_rule(), 0..12).prop_map(|rules| Rules { rules, thresholds: Thresholds::default() })
}

proptest! {
    /// No reason ever names a signal that is unknown, and with nothing known everything is allowed.
    #[test]
    fn nothing_is_founded_on_what_is_unknown(rules in any_rules(), findings in any_findings()) {
        let verdict = rules.decide(about(Purpose::Recovery), &findings);
        for signal in verdict.reasons.iter().flat_map(|reason| &reason.signals) {
            let finding = findings.iter().find(|one| one.signal == *signal).unwrap().finding;
            prop_assert!(finding.is_known(), "{signal} is {finding:?}");
        }
        let nothing: Vec<Found> = findings.iter().map(|one| Found { finding: Finding::Unknown(Why::TimedOut), ..*one }).collect();
        prop_assert_eq!(rules.decide(about(Purpose::Recovery), &nothing).decision, Decision::Allow);
    }

    /// A finding that goes missing never makes it stricter, and counts exactly like one that was never asked for.
    #[test]
    fn a_missing_finding_is_like_no_question(rules in any_rules(), findings in any_findings(), at in 0..Signal::ALL.len()) {
        let whole = rules.decide(about(Purpose::Recovery), &findings);
        let mut missing = findings.clone();
        missing[at].finding = Finding::Unknown(Why::Failed);
        let mut never_asked = findings;
        never_asked.remove(at);
        let without = rules.decide(about(Purpose::Recovery), &missing);
        prop_assert!(without.decision <= whole.decision);
        prop_assert!(without.score <= whole.score);
        prop_assert_eq!(without, rules.decide(about(Purpose::Recovery), &never_asked));
    }
}
