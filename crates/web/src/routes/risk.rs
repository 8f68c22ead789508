//! Assessments of risk: the list, and one of them with each signal.

pub(super) mod rules;

use axum::{
    extract::{Path, Query},
    response::IntoResponse as _,
};
use base::{Fault, Id, PageRequest};
use identity::Scope;
use risk::{Assessment, Decision, Filter, Finding, Found};
use serde::Deserialize;

use super::{mapping, refusal::Answer, seat::Seat};
use crate::{
    components::{badge::Tone, form::Field, table::Paging},
    console::{
        paths,
        risk::{self as pages, Assessments, Because, Line, Signal},
        search::encode,
    },
    format,
};

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
    number: Option<String>,
    decision: Option<String>,
}

pub(super) const fn tone(decision: Decision) -> (Tone, &'static str) {
    let tone = match decision {
        Decision::Allow => Tone::Good,
        Decision::Challenge => Tone::Accent,
        Decision::Review => Tone::Warn,
        Decision::Deny => Tone::Bad,
    };
    (tone, decision.in_words())
}

pub(super) async fn list(seat: Seat, Query(asked): Query<Asked>) -> Answer {
    seat.demand(Scope::RiskRead)?;
    let written = asked.number.unwrap_or_default();
    let (sought, number) = seat.sought(&written).await;
    let filter = Filter { number: sought, decision: Decision::of(&asked.decision.unwrap_or_default()) };
    let decided = filter.decision.map(Decision::code).unwrap_or_default();
    let address = |after: Option<&str>| {
        let after = after.map(|after| format!("&after={}", encode(after))).unwrap_or_default();
        format!("{}?number={}&decision={}{after}", paths::RISK, encode(&written), encode(decided))
    };
    let first = asked.after.is_some().then(|| address(None));
    let request = PageRequest::new(None, asked.after);
    let found = number.page_of(seat.desk.app.risk.list(&seat.cx, filter, &request)).await?;
    let all = [(String::new(), "All".to_owned())].into_iter();
    let known = Decision::ALL.iter().map(|one| (one.code().to_owned(), one.in_words().to_owned()));
    let model = Assessments {
        paging: Paging {
            first,
            next: found.next.as_ref().map(|cursor| address(Some(&cursor.0))),
            words: format::counted(found.items.len() as u64, "assessment", "assessments"),
        },
        lines: found.items.iter().map(line).collect(),
        number,
        decision: Field::of(decided),
        decisions: all.chain(known).collect(),
    };
    Ok(pages::page(&seat.shell().await?, &model).into_response())
}

fn line(one: &Assessment) -> Line {
    let (tone, decision) = tone(one.decision);
    Line {
        id: one.id.to_string(),
        at: one.created_at,
        number: one.number.map(mapping::masked),
        purpose: one.purpose.in_words(),
        decision,
        tone,
        score: one.score,
        reasons: one.reasons.iter().map(|reason| reason.words.clone()).collect(),
    }
}

fn because(reason: &risk::Reason) -> Because {
    let (tone, decision) = tone(reason.decision);
    let signals: Vec<&str> = reason.signals.iter().map(|signal| signal.in_words()).collect();
    Because {
        words: reason.words.clone(),
        rule: reason.rule.clone(),
        decision,
        tone,
        score: reason.score,
        signals: signals.join(" and "),
    }
}

fn signal(one: &Assessment, found: &Found) -> Signal {
    let (tone, finding) = match found.finding {
        Finding::Yes => (Tone::Warn, "Yes"),
        Finding::No => (Tone::Good, "No"),
        Finding::Unknown(_) => (Tone::Plain, "Unknown"),
    };
    Signal {
        words: found.signal.in_words(),
        finding,
        tone,
        why: found.finding.why().map(risk::Why::in_words),
        happened_at: found.happened_at,
        asked_at: found.asked_at,
        counts: one.reasons.iter().any(|reason| reason.signals.contains(&found.signal)),
    }
}

pub(super) async fn show(seat: Seat, Path(id): Path<String>) -> Answer {
    seat.demand(Scope::RiskRead)?;
    let unknown = |_| Fault::not_found("assessment_unknown", "There is no such assessment.");
    let id: Id<Assessment> = id.parse().map_err(unknown)?;
    let one = seat.desk.app.risk.get(&seat.cx, id).await?;
    let model = pages::Assessment {
        line: line(&one),
        actor: mapping::actor(&one.actor),
        rules: match one.rules_version {
            0 => "by the rules that come with the program".to_owned(),
            version => format!("by rules {version}"),
        },
        waits_until: one.worth_asking_at(seat.desk.app.risk.settings()),
        because: one.reasons.iter().map(because).collect(),
        signals: one.findings.iter().map(|found| signal(&one, found)).collect(),
    };
    Ok(pages::assessment(&seat.shell().await?, &model).into_response())
}
