//! Endpoints and deliveries as the command line shows them.

use base::{Fault, Page};
use serde_json::{Value, json};
use webhooks::{Attempt, DeliveryView, Endpoint, Health, Kind};

use crate::{
    output::{Output, Table},
    trail::more,
};

pub(super) fn brief(endpoint: &Endpoint) -> Value {
    json!({
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": codes(&endpoint.kinds),
        "created_at": endpoint.created_at,
        "disabled": endpoint.disabled.map(|(at, why)| json!({ "at": at, "why": why.code() })),
        "old_secret_until": endpoint.old_secret_until,
    })
}

fn codes(kinds: &[Kind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.code()).collect()
}

fn state(endpoint: &Endpoint) -> String {
    endpoint.disabled.map_or_else(|| "told".to_owned(), |(at, why)| format!("{why} since {}", at.date()))
}

pub(super) fn list(output: Output, endpoints: &[Endpoint]) -> Result<(), Fault> {
    output.answer(&endpoints.iter().map(brief).collect(), || {
        let mut table = Table::new(&["endpoint", "url", "state", ">kinds", "description"]);
        for endpoint in endpoints {
            table.row([
                endpoint.id.to_string(),
                endpoint.url.clone(),
                state(endpoint),
                endpoint.kinds.len().to_string(),
                endpoint.description.clone(),
            ]);
        }
        if table.is_empty() {
            "There is no endpoint yet; `trunkline webhook add URL` makes one.".to_owned()
        } else {
            table.text()
        }
    })
}

pub(super) fn endpoint(output: Output, endpoint: &Endpoint, health: &Health) -> Result<(), Fault> {
    let mut value = brief(endpoint);
    let (succeeded, calls) = health.calls();
    value["health"] = json!({
        "failing_since": health.failing_since,
        "succeeded_at": health.succeeded_at,
        "failed_at": health.failed_at,
        "failure": health.failure,
        "waiting": health.waiting,
        "calls_of_day": calls,
        "succeeded_of_day": succeeded,
    });
    output.answer(&value, || {
        let mut text = format!("{}\n", endpoint.url);
        for (label, value) in [
            ("Description", Some(endpoint.description.clone()).filter(|text| !text.is_empty())),
            ("State", Some(state(endpoint))),
            ("Events", Some(codes(&endpoint.kinds).join(" "))),
            ("Last day", Some(format!("{succeeded} of {calls} calls succeeded"))),
            ("Waiting", Some(health.waiting.to_string())),
            ("Succeeded", health.succeeded_at.map(|at| at.to_string())),
            ("Failing", health.failing_since.map(|at| format!("since {at}"))),
            ("Failure", health.failure.clone()),
            ("Old secret", endpoint.old_secret_until.map(|at| format!("signs until {at}"))),
        ] {
            if let Some(value) = value {
                text += &format!("{label:<12} {value}\n");
            }
        }
        text
    })
}

pub(super) fn delivery_value(view: &DeliveryView) -> Value {
    json!({
        "id": view.id,
        "endpoint": view.endpoint,
        "event": view.event.id,
        "type": view.event.kind.code(),
        "timestamp": view.event.at,
        "data": view.event.data,
        "state": view.state.code(),
        "attempts": view.attempts,
        "due_at": view.due_at,
        "status": view.status,
        "failure": view.failure,
        "created_at": view.created_at,
        "ended_at": view.ended_at,
    })
}

pub(super) fn deliveries(output: Output, page: &Page<DeliveryView>) -> Result<(), Fault> {
    let items: Vec<Value> = page.items.iter().map(delivery_value).collect();
    output.answer(&json!({ "items": items, "next": page.next }), || {
        let mut table = Table::new(&["delivery", "at", "event", "state", ">calls", "last"]);
        for view in &page.items {
            table.row([
                view.id.to_string(),
                view.created_at.to_string(),
                view.event.kind.to_string(),
                view.state.to_string(),
                view.attempts.to_string(),
                view.failure
                    .clone()
                    .or_else(|| view.status.map(|status| status.to_string()))
                    .unwrap_or_default(),
            ]);
        }
        if table.is_empty() {
            "Nothing was told to this endpoint in the last 30 days.".to_owned()
        } else {
            table.text() + &more(page)
        }
    })
}

pub(super) fn delivery(output: Output, view: &DeliveryView, attempts: &[Attempt]) -> Result<(), Fault> {
    let mut value = delivery_value(view);
    let call = |attempt: &Attempt| {
        json!({
            "number": attempt.number,
            "at": attempt.at,
            "took_ms": attempt.took_micros / 1_000,
            "status": attempt.status,
            "failure": attempt.failure,
            "answer": attempt.answer,
        })
    };
    value["calls"] = attempts.iter().map(call).collect();
    output.answer(&value, || {
        let mut table = Table::new(&[">call", "at", ">ms", "came", "answer"]);
        for attempt in attempts {
            let status = attempt.status.map(|status| status.to_string());
            table.row([
                attempt.number.to_string(),
                attempt.at.to_string(),
                (attempt.took_micros / 1_000).to_string(),
                attempt.failure.clone().or(status).unwrap_or_default(),
                one_line(attempt.answer.as_deref().unwrap_or_default()),
            ]);
        }
        let due = view.due_at.map(|at| format!(", the next call at {at}")).unwrap_or_default();
        format!("{}\n{}{due}\n\n{}", view.event.body(), view.state, table.text())
    })
}

/// Enough of an answer to recognise it by, without what could move the cursor.
fn one_line(answer: &str) -> String {
    const CHARS_MAX: usize = 60;
    answer.chars().map(|c| if c.is_control() { ' ' } else { c }).take(CHARS_MAX).collect()
}

pub(super) fn kinds(output: Output) -> Result<(), Fault> {
    let value = Kind::ALL
        .iter()
        .map(|kind| json!({ "code": kind.code(), "words": kind.in_words(), "data": kind.example() }));
    output.answer(&value.collect(), || {
        let mut table = Table::new(&["kind", "when"]);
        for kind in Kind::ALL {
            table.row([kind.to_string(), kind.in_words().to_owned()]);
        }
        table.text()
    })
}
