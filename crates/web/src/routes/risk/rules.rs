//! The rules: shown, tried on the past, put into force.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Redirect},
};
use base::{Fault, FaultKind};
use identity::Scope;
use risk::{DryRun, InForce, WrittenRules};

use super::tone;
use crate::{
    components::form::Field,
    console::{
        paths,
        risk::rules::{self as pages, Change, Example, Outcome, Rule, Rules},
    },
    format,
    routes::{
        mapping,
        refusal::Answer,
        seat::{Posted, Seat},
    },
};

/// What somebody wrote, and what came of it.
#[derive(Default)]
struct Written {
    text: Option<String>,
    days: Option<String>,
    reason: String,
    fault: Option<Fault>,
    outcome: Option<DryRun>,
}

/// How far a dry run looks back where nobody says.
const DAYS: i64 = 30;

pub(in crate::routes) async fn show(seat: Seat) -> Answer {
    draw(&seat, Written::default(), StatusCode::OK).await
}

async fn draw(seat: &Seat, written: Written, status: StatusCode) -> Answer {
    seat.demand(Scope::RiskRead)?;
    let found = seat.desk.app.risk.rules(&seat.cx).await?;
    let mut text = Field::of(written.text.unwrap_or_else(|| found.rules.text()));
    let mut days = Field::of(written.days.unwrap_or_else(|| DAYS.to_string()));
    let mut reason = Field::of(written.reason);
    if let Some(fault) = written.fault {
        match fault.field.as_deref() {
            Some("days") => days = days.error(fault.message),
            Some("reason") => reason = reason.error(fault.message),
            Some(place) => text = text.error(format!("{place}: {}", fault.message)),
            None => text = text.error(fault.message),
        }
    }
    let sums = found.rules.thresholds;
    let model = Rules {
        whose: whose(&found),
        version: found.version,
        thresholds: format!(
            "from a score of {} on another proof is asked for, from {} it waits, from {} it is denied",
            sums.challenge, sums.review, sums.deny
        ),
        rules: found.rules.rules.iter().map(rule).collect(),
        text: seat.may(Scope::RiskRules).then_some(text),
        days,
        reason,
        outcome: written.outcome.as_ref().map(outcome),
    };
    Ok((status, pages::page(&seat.shell().await?, &model)).into_response())
}

fn whose(found: &InForce) -> String {
    match &found.written {
        Some((actor, at)) => {
            let actor = actor.split_once('(').map_or(actor.as_str(), |(_, name)| name.trim_end_matches(')'));
            format!("Version {}, written by {actor} on {}", found.version, format::moment(*at))
        }
        None => "The rules that come with the program".to_owned(),
    }
}

fn purpose(code: &str) -> &str {
    risk::Purpose::of(code).map_or(code, |purpose| purpose.in_words())
}

fn signal(code: &str) -> &str {
    risk::Signal::of(code).map_or(code, |signal| signal.in_words())
}

fn rule(written: &risk::WrittenRule) -> Rule {
    let about: Vec<&str> = written
        .purposes
        .iter()
        .map(|code| purpose(code))
        .chain(written.channels.iter().map(String::as_str))
        .collect();
    let when = |(code, answer): (&String, &String)| format!("{}: {answer}", signal(code));
    let (tone, decision) =
        risk::Decision::of(&written.decision).map_or((crate::components::badge::Tone::Plain, ""), tone);
    Rule {
        name: written.name.clone(),
        reason: written.reason.clone(),
        about: if about.is_empty() { "Everything".to_owned() } else { about.join(", ") },
        when: written.when.iter().map(when).collect::<Vec<_>>().join(" and "),
        decision,
        tone,
        score: written.score,
    }
}

fn outcome(run: &DryRun) -> Outcome {
    let looked_at = format::counted(run.looked_at, "assessment", "assessments");
    let cut = if run.is_cut { " There are more in these days than were gone through." } else { "" };
    let missing = |(signal, count): &(risk::Signal, u64)| {
        let count = format::counted(*count, "assessment", "assessments");
        format!("{}: not asked for in {count}, whose answer may be another one.", signal.in_words())
    };
    Outcome {
        words: format!("{} of {looked_at} would be decided otherwise.{cut}", format::count(run.changed)),
        changes: run
            .changes
            .iter()
            .map(|one| Change {
                from: tone(one.from),
                to: tone(one.to),
                count: one.count,
                is_other: one.from != one.to,
            })
            .collect(),
        examples: run
            .examples
            .iter()
            .map(|one| Example {
                id: one.id.to_string(),
                at: one.at,
                number: one.number.map(mapping::masked),
                purpose: one.purpose.in_words(),
                from: tone(one.from),
                to: tone(one.to),
                reasons: one.reasons.iter().map(|reason| reason.words.clone()).collect(),
            })
            .collect(),
        missing: run.not_asked.iter().map(missing).collect(),
    }
}

/// Tries what was written on the past, or puts it into force.
pub(in crate::routes) async fn write(posted: Posted) -> Answer {
    let (seat, fields) = (&posted.seat, &posted.fields);
    seat.demand(Scope::RiskRules)?;
    let (text, reason) = (fields.get("rules").to_owned(), fields.get("reason").to_owned());
    let days = fields.get("days").to_owned();
    let written =
        Written { text: Some(text.clone()), days: Some(days.clone()), reason, ..Written::default() };
    let result = match (WrittenRules::parse(&text), fields.get("act")) {
        (Err(fault), _) => Err(fault),
        (Ok(rules), "set") => {
            let version = fields.get("version").parse().ok();
            let set = seat.desk.app.risk.set_rules(&seat.cx, rules, version, &written.reason).await;
            match set {
                Ok(_) => return Ok(Redirect::to(paths::RISK_RULES).into_response()),
                Err(fault) => Err(fault),
            }
        }
        (Ok(rules), _) => seat.desk.app.risk.dry_run(&seat.cx, rules, days.parse().unwrap_or(0)).await,
    };
    match result {
        Ok(outcome) => draw(seat, Written { outcome: Some(outcome), ..written }, StatusCode::OK).await,
        Err(fault) if matches!(fault.kind, FaultKind::Invalid | FaultKind::Conflict) => {
            draw(seat, Written { fault: Some(fault), ..written }, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(fault) => Err(fault.into()),
    }
}
