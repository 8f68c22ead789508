//! The rules that assessments go by: see them, write others, try them on the past.

use std::collections::BTreeMap;

use app::App;
use axum::{Json, extract::State};
use risk::{DryRun, InForce, Thresholds, WrittenRule, WrittenRules};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Because;
use crate::{
    caller::{ReadsRisk, WritesRules},
    problem::Answer,
    reading::Body,
    v1::shapes::Moment,
};

/// When these signals are so, for these purposes, then decide this, for this reason.
#[derive(Serialize, Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
#[schema(as = RiskRule, example = json!({"name": "sim_swapped_takeover", "purposes": ["recovery", "number_change"], "when": {"sim_swapped": "yes"}, "decision": "review", "score": 70, "reason": "The SIM was swapped lately."}))]
struct OneRule {
    /// Small letters, digits and underscores; reasons name it.
    name: String,
    /// For any if there are none.
    #[serde(default)]
    purposes: Vec<String>,
    /// Over which channel a code is to go; for any if there are none.
    #[serde(default)]
    channels: Vec<String>,
    /// Signals, and `yes` or `no` for each. Nothing follows from what is unknown.
    when: BTreeMap<String, String>,
    /// `allow` if it only adds to the score.
    #[serde(default = "allow")]
    decision: String,
    /// What it adds to the sum of all rules that hold.
    #[serde(default)]
    score: u32,
    /// In words, for staff.
    reason: String,
}

fn allow() -> String {
    "allow".to_owned()
}

impl From<OneRule> for WrittenRule {
    fn from(rule: OneRule) -> Self {
        let OneRule { name, purposes, channels, when, decision, score, reason } = rule;
        Self { name, purposes, channels, when, decision, score, reason }
    }
}

impl From<WrittenRule> for OneRule {
    fn from(rule: WrittenRule) -> Self {
        let WrittenRule { name, purposes, channels, when, decision, score, reason } = rule;
        Self { name, purposes, channels, when, decision, score, reason }
    }
}

/// From which sum of scores on something follows, whatever the rules decide one by one.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
#[schema(as = RiskThresholds, example = json!({"challenge": 40, "review": 70, "deny": 100}))]
struct Sums {
    challenge: u32,
    review: u32,
    deny: u32,
}

impl From<Thresholds> for Sums {
    fn from(Thresholds { challenge, review, deny }: Thresholds) -> Self {
        Self { challenge, review, deny }
    }
}

fn written(rules: Vec<OneRule>, sums: Option<Sums>) -> WrittenRules {
    let thresholds = sums.map_or_else(Thresholds::default, |Sums { challenge, review, deny }| Thresholds {
        challenge,
        review,
        deny,
    });
    WrittenRules { rules: rules.into_iter().map(WrittenRule::from).collect(), thresholds }
}

/// The rules in force.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = RiskRules)]
pub(crate) struct Shown {
    /// 0 for the rules that come with the program.
    version: i64,
    rules: Vec<OneRule>,
    thresholds: Sums,
    /// Who wrote them.
    written_by: Option<String>,
    written_at: Option<Moment>,
}

impl From<InForce> for Shown {
    fn from(found: InForce) -> Self {
        let (written_by, written_at) = found.written.unzip();
        Self {
            version: found.version,
            rules: found.rules.rules.into_iter().map(OneRule::from).collect(),
            thresholds: found.rules.thresholds.into(),
            written_by,
            written_at: written_at.map(Moment),
        }
    }
}

/// See the rules in force.
#[utoipa::path(get, path = "/risk/rules", tag = "risk", security(("key" = ["risk:read"])), responses(
    (status = 200, description = "The rules.", body = Shown),
))]
pub(crate) async fn get(caller: ReadsRisk, State(app): State<App>) -> Answer<Json<Shown>> {
    Ok(Json(app.risk.rules(&caller).await?.into()))
}

/// Other rules.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRiskRules)]
pub(crate) struct New {
    rules: Vec<OneRule>,
    /// 40, 70 and 100 if not given.
    thresholds: Option<Sums>,
    /// The version that you have seen; if another one is in force by now, nothing is written.
    version: Option<i64>,
    /// Why; kept in the audit trail.
    reason: String,
}

/// Put other rules into force. Those before stay known.
#[utoipa::path(put, path = "/risk/rules", tag = "risk", request_body = New, security(("key" = ["risk:rules"])), responses(
    (status = 200, description = "The rules as they are now.", body = Shown),
    (status = 409, description = "They were changed meanwhile.", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
))]
pub(crate) async fn put(
    caller: WritesRules,
    State(app): State<App>,
    Body(new): Body<New>,
) -> Answer<Json<Shown>> {
    let rules = written(new.rules, new.thresholds);
    Ok(Json(app.risk.set_rules(&caller, rules, new.version, &new.reason).await?.into()))
}

/// Rules to be tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DryRunOfRules)]
pub(crate) struct Tried {
    rules: Vec<OneRule>,
    /// 40, 70 and 100 if not given.
    thresholds: Option<Sums>,
    /// How far to look back, 1 to 90; 30 if not given.
    days: Option<i64>,
}

/// How many would be decided otherwise, or stay.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = DryRunChange)]
struct Change {
    #[schema(example = "allow")]
    from: &'static str,
    #[schema(example = "review")]
    to: &'static str,
    count: u64,
}

/// One that would be decided otherwise.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = DryRunExample)]
struct Example {
    /// The assessment.
    id: Uuid,
    #[schema(example = "+358••••••567")]
    number: Option<String>,
    purpose: &'static str,
    at: Moment,
    from: &'static str,
    to: &'static str,
    reasons: Vec<Because>,
}

/// A signal that was not asked for then.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = DryRunMissing)]
struct Missing {
    signal: &'static str,
    count: u64,
}

/// What would come of other rules.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = DryRun)]
pub(crate) struct Outcome {
    /// How many assessments were gone through, the newest first.
    looked_at: u64,
    /// Whether there are more in these days than are gone through.
    cut: bool,
    changed: u64,
    changes: Vec<Change>,
    /// The newest that would be decided otherwise; at most 10.
    examples: Vec<Example>,
    /// Signals that the other rules go by and that were not asked for then: of so many assessments the answer may be another one.
    not_asked: Vec<Missing>,
}

impl From<DryRun> for Outcome {
    fn from(run: DryRun) -> Self {
        let change =
            |one: &risk::Change| Change { from: one.from.code(), to: one.to.code(), count: one.count };
        let example = |one: &risk::Example| Example {
            id: one.id.uuid(),
            number: one.number.map(|number| number.mask()),
            purpose: one.purpose.code(),
            at: one.at.into(),
            from: one.from.code(),
            to: one.to.code(),
            reasons: one.reasons.iter().map(Because::from).collect(),
        };
        Self {
            looked_at: run.looked_at,
            cut: run.is_cut,
            changed: run.changed,
            changes: run.changes.iter().map(change).collect(),
            examples: run.examples.iter().map(example).collect(),
            not_asked: run
                .not_asked
                .iter()
                .map(|(signal, count)| Missing { signal: signal.code(), count: *count })
                .collect(),
        }
    }
}

/// How far a dry run looks back where nobody says.
const DAYS: i64 = 30;

/// Try rules on the assessments of the last days. Nothing is changed, and no operator is asked.
#[utoipa::path(post, path = "/risk/rules/dry-run", tag = "risk", request_body = Tried, security(("key" = ["risk:rules"])), responses(
    (status = 200, description = "What would come of them.", body = Outcome),
))]
pub(crate) async fn dry_run(
    caller: WritesRules,
    State(app): State<App>,
    Body(tried): Body<Tried>,
) -> Answer<Json<Outcome>> {
    let rules = written(tried.rules, tried.thresholds);
    Ok(Json(app.risk.dry_run(&caller, rules, tried.days.unwrap_or(DAYS)).await?.into()))
}
