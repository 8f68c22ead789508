//! Endpoints of the shop's own programs: made, changed, tried, removed; what was told to them, and having it told again.

use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use base::{Fault, FaultKind, Id, PageRequest, Timestamp};
use identity::Scope;
use serde::Deserialize;
use webhooks::{
    Change, DeliveryView, DisabledWhy, Endpoint, Filter, Health, Hour, Kind, NewEndpoint, State, Wanted,
};

use super::{
    refusal::{Answer, status},
    seat::{Fields, Posted, Seat},
};
use crate::{
    components::{
        badge::Tone,
        chart::bars::{BarChart, Series, Unit},
        form::Field,
        notice::Notice,
        table::Paging,
    },
    console::{
        paths,
        search::encode,
        webhooks::{
            self as pages, Form, KindBox, NewSecret, WebhooksPage,
            delivery::{Call, DeliveryPage},
            endpoint::{EndpointPage, Line},
        },
    },
    format,
    personal::Personal,
};

pub(super) async fn list(seat: Seat) -> Answer {
    let all: Vec<Kind> = Kind::subscribable().collect();
    let form = Form { kinds: boxes(&all), ..Form::default() };
    draw(&seat, form, None, StatusCode::OK).await
}

async fn draw(seat: &Seat, form: Form, secret: Option<NewSecret>, code: StatusCode) -> Answer {
    seat.demand(Scope::WebhooksRead)?;
    let webhooks = &seat.desk.app.webhooks;
    let mut endpoints = Vec::new();
    for endpoint in webhooks.list(&seat.cx).await? {
        let health = webhooks.health(&seat.cx, endpoint.id).await?;
        let (tone, state) = state_of(&endpoint, &health);
        endpoints.push(pages::Endpoint {
            id: endpoint.id.to_string(),
            kinds: endpoint.kinds.len(),
            calls: health.calls(),
            waiting: health.waiting,
            failure: failure(&health),
            url: endpoint.url,
            description: endpoint.description,
            state,
            tone,
        });
    }
    let model = WebhooksPage { endpoints, form, secret, may_manage: seat.may(Scope::WebhooksManage) };
    Ok((code, pages::page(&seat.shell().await?, &model)).into_response())
}

fn boxes(ticked: &[Kind]) -> Vec<KindBox> {
    let one =
        |kind: Kind| KindBox { code: kind.code(), words: kind.in_words(), is_ticked: ticked.contains(&kind) };
    Kind::subscribable().map(one).collect()
}

fn state_of(endpoint: &Endpoint, health: &Health) -> (Tone, &'static str) {
    match (endpoint.disabled, health.failing_since) {
        (Some((_, DisabledWhy::Asked)), _) => (Tone::Plain, "Disabled"),
        (Some((_, DisabledWhy::Gone)), _) => (Tone::Bad, "Gone"),
        (Some((_, DisabledWhy::Failing)), _) => (Tone::Bad, "Given up"),
        (None, Some(_)) => (Tone::Warn, "Failing"),
        (None, None) => (Tone::Good, "Told"),
    }
}

const fn why_words(why: DisabledWhy) -> &'static str {
    match why {
        DisabledWhy::Asked => "It was disabled here",
        DisabledWhy::Gone => "It answered that it is gone for good (410)",
        DisabledWhy::Failing => "Every call failed for five days",
    }
}

fn failure(health: &Health) -> Option<(Timestamp, String)> {
    Some((health.failed_at?, health.failure.clone().unwrap_or_default()))
}

const fn delivery_words(state: State) -> (Tone, &'static str) {
    match state {
        State::Waiting => (Tone::Accent, "Waiting"),
        State::Delivered => (Tone::Good, "Delivered"),
        State::Failed => (Tone::Bad, "Failed"),
    }
}

/// What the fields of the form say.
fn read(fields: &Fields) -> (Wanted, Form) {
    let kinds: Vec<Kind> = fields.all("kind").filter_map(Kind::of).collect();
    let (url, description) = (fields.get("url").to_owned(), fields.get("description").to_owned());
    let form = Form { url: url.clone(), description: description.clone(), kinds: boxes(&kinds), error: None };
    (Wanted { url, description, kinds: Some(kinds) }, form)
}

fn secret_of(new: &NewEndpoint, is_renewed: bool) -> NewSecret {
    NewSecret { url: new.endpoint.url.clone(), secret: Personal::new(new.secret.reveal()), is_renewed }
}

pub(super) async fn add(Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::WebhooksManage)?;
    let (wanted, form) = read(&fields);
    match seat.desk.app.webhooks.create(&seat.cx, wanted).await {
        Ok(new) => {
            let all: Vec<Kind> = Kind::subscribable().collect();
            let form = Form { kinds: boxes(&all), ..Form::default() };
            draw(&seat, form, Some(secret_of(&new, false)), StatusCode::OK).await
        }
        Err(fault) if matches!(fault.kind, FaultKind::Invalid | FaultKind::Conflict) => {
            let code = status(fault.kind);
            draw(&seat, Form { error: Some(fault.message), ..form }, None, code).await
        }
        Err(fault) => Err(fault.into()),
    }
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    after: Option<String>,
    state: Option<String>,
}

/// What an act leaves to be shown on the page of its endpoint.
#[derive(Default)]
struct Left {
    form: Option<Form>,
    since: Option<Field>,
    secret: Option<NewSecret>,
    notices: Vec<Notice>,
    code: StatusCode,
}

fn id_of(text: &str) -> Result<Id<Endpoint>, Fault> {
    text.parse().map_err(|_| Fault::not_found("webhook_endpoint_unknown", "There is no such endpoint."))
}

pub(super) async fn show(Path(id): Path<String>, seat: Seat, Query(asked): Query<Asked>) -> Answer {
    one(&seat, id_of(&id)?, asked, Left::default()).await
}

async fn one(seat: &Seat, id: Id<Endpoint>, asked: Asked, left: Left) -> Answer {
    seat.demand(Scope::WebhooksRead)?;
    let webhooks = &seat.desk.app.webhooks;
    let endpoint = webhooks.get(&seat.cx, id).await?;
    let health = webhooks.health(&seat.cx, id).await?;
    let filter = Filter { state: asked.state.as_deref().and_then(State::of) };
    let wanted = filter.state.map(State::code).unwrap_or_default();
    let first = asked.after.is_some().then(|| address(id, wanted, None));
    let found = webhooks.deliveries(&seat.cx, id, filter, &PageRequest::new(None, asked.after)).await?;
    let (tone, state) = state_of(&endpoint, &health);
    let model = EndpointPage {
        id: id.to_string(),
        state,
        tone,
        disabled: endpoint.disabled.map(|(at, why)| (why_words(why), at)),
        calls: health.calls(),
        waiting: health.waiting,
        succeeded_at: health.succeeded_at,
        failing_since: health.failing_since,
        failure: failure(&health),
        old_secret_until: endpoint.old_secret_until,
        chart: chart(&health),
        now: seat.cx.now(),
        paging: Paging {
            first,
            next: found.next.map(|cursor| address(id, wanted, Some(&cursor.0))),
            words: format::counted(found.items.len() as u64, "delivery", "deliveries"),
        },
        lines: found.items.iter().map(line).collect(),
        state_field: Field::of(wanted),
        states: states(),
        form: left.form.unwrap_or_else(|| Form {
            url: endpoint.url.clone(),
            description: endpoint.description.clone(),
            kinds: boxes(&endpoint.kinds),
            error: None,
        }),
        since: left.since.unwrap_or_else(|| Field::of(day_ago(seat.cx.now()))),
        secret: left.secret,
        may_manage: seat.may(Scope::WebhooksManage),
        url: endpoint.url,
        description: endpoint.description,
    };
    let shell = seat.shell_with(left.notices).await?;
    Ok((left.code, pages::endpoint::page(&shell, &model)).into_response())
}

fn address(id: Id<Endpoint>, state: &str, after: Option<&str>) -> String {
    let after = after.map(|after| format!("&after={}", encode(after))).unwrap_or_default();
    format!("{}?state={state}{after}", paths::webhook(&id.to_string()))
}

/// In whole seconds, as people would write it.
fn day_ago(now: Timestamp) -> String {
    let seconds = now.plus_micros(-Timestamp::DAY).as_micros().div_euclid(Timestamp::SECOND);
    Timestamp::from_micros(seconds * Timestamp::SECOND).to_string()
}

fn states() -> Vec<(String, String)> {
    let any = (String::new(), "Any".to_owned());
    let each = State::ALL.iter().map(|state| (state.code().to_owned(), delivery_words(*state).1.to_owned()));
    std::iter::once(any).chain(each).collect()
}

fn chart(health: &Health) -> BarChart {
    let series = |name: &str, hue, calls: &dyn Fn(&Hour) -> u64| {
        let values = health.hours.iter().map(|hour| i64::try_from(calls(hour)).unwrap_or(i64::MAX)).collect();
        Series { name: name.to_owned(), hue, values }
    };
    BarChart {
        id: "calls".to_owned(),
        title: "Calls, last 24 hours".to_owned(),
        unit: Unit::Calls,
        months: health.hours.iter().map(|hour| hour.start).collect(),
        series: vec![
            series("Succeeded", 1, &|hour| hour.succeeded),
            series("Failed", 2, &|hour| hour.failed),
        ],
    }
}

fn line(view: &DeliveryView) -> Line {
    let (tone, state) = delivery_words(view.state);
    Line {
        id: view.id.to_string(),
        at: view.created_at,
        kind: view.event.kind.code(),
        state,
        tone,
        attempts: view.attempts,
        last: came_to(view.status, view.failure.as_deref()),
        due_at: view.due_at,
    }
}

fn came_to(status: Option<u16>, failure: Option<&str>) -> String {
    match (failure, status) {
        (Some(failure), _) => failure.to_owned(),
        (None, Some(status)) => format!("It answered {status}."),
        (None, None) => String::new(),
    }
}

pub(super) async fn change(Path(id): Path<String>, Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::WebhooksManage)?;
    let (id, (wanted, form)) = (id_of(&id)?, read(&fields));
    let change = Change { url: Some(wanted.url), description: Some(wanted.description), kinds: wanted.kinds };
    match seat.desk.app.webhooks.change(&seat.cx, id, change).await {
        Ok(_) => Ok(Redirect::to(&paths::webhook(&id.to_string())).into_response()),
        Err(fault) if fault.kind == FaultKind::Invalid => {
            let code = status(fault.kind);
            let form = Some(Form { error: Some(fault.message), ..form });
            one(&seat, id, Asked::default(), Left { form, code, ..Left::default() }).await
        }
        Err(fault) => Err(fault.into()),
    }
}

/// What is done with an endpoint, by the last part of the address.
pub(super) async fn act(Path((id, act)): Path<(String, String)>, Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::WebhooksManage)?;
    let (id, cx, webhooks) = (id_of(&id)?, &seat.cx, &seat.desk.app.webhooks);
    match act.as_str() {
        "rotate" => {
            let secret = Some(secret_of(&webhooks.rotate(cx, id).await?, true));
            return one(&seat, id, Asked::default(), Left { secret, ..Left::default() }).await;
        }
        "redeliver" => return redeliver_failed(&seat, id, fields.get("since")).await,
        "disable" => drop(webhooks.disable(cx, id).await?),
        "enable" => drop(webhooks.enable(cx, id).await?),
        "ping" => {
            let sent = webhooks.ping(cx, id).await?;
            return Ok(Redirect::to(&paths::delivery(&sent.id.to_string())).into_response());
        }
        "remove" => {
            webhooks.remove(cx, id).await?;
            return Ok(Redirect::to(paths::WEBHOOKS).into_response());
        }
        _ => return Err(Fault::not_found("page_unknown", "There is no page at this address.").into()),
    }
    Ok(Redirect::to(&paths::webhook(&id.to_string())).into_response())
}

async fn redeliver_failed(seat: &Seat, id: Id<Endpoint>, written: &str) -> Answer {
    let Ok(since) = written.parse::<Timestamp>() else {
        let since = Some(Field::of(written).error("Write a moment such as 2024-02-29T12:00:00Z."));
        let code = status(FaultKind::Invalid);
        return one(seat, id, Asked::default(), Left { since, code, ..Left::default() }).await;
    };
    let count = seat.desk.app.webhooks.redeliver_failed(&seat.cx, id, since).await?;
    let words = format!("{} will be told again.", format::counted(count, "event", "events"));
    let notices = vec![Notice::new(Tone::Good, words)];
    one(seat, id, Asked::default(), Left { notices, ..Left::default() }).await
}

fn delivery_of(text: &str) -> Result<Id<webhooks::Delivery>, Fault> {
    text.parse().map_err(|_| Fault::not_found("delivery_unknown", "There is no such delivery."))
}

pub(super) async fn delivery(Path(id): Path<String>, seat: Seat) -> Answer {
    seat.demand(Scope::WebhooksRead)?;
    let webhooks = &seat.desk.app.webhooks;
    let (view, attempts) = webhooks.delivery(&seat.cx, delivery_of(&id)?).await?;
    let endpoint = webhooks.get(&seat.cx, view.endpoint).await?;
    let (tone, state) = delivery_words(view.state);
    let call = |attempt: webhooks::Attempt| Call {
        number: attempt.number,
        at: attempt.at,
        took_ms: attempt.took_micros / 1_000,
        words: came_to(attempt.status, attempt.failure.as_deref()),
        is_good: attempt.failure.is_none(),
        answer: attempt.answer.unwrap_or_default(),
    };
    let model = DeliveryPage {
        id,
        endpoint: view.endpoint.to_string(),
        event: view.event.id.to_string(),
        kind: view.event.kind.code(),
        words: view.event.kind.in_words(),
        at: view.event.at,
        state,
        tone,
        due_at: view.due_at,
        body: view.event.laid_out(),
        calls: attempts.into_iter().map(call).collect(),
        may_redeliver: seat.may(Scope::WebhooksManage) && endpoint.disabled.is_none(),
        url: endpoint.url,
    };
    Ok(pages::delivery::page(&seat.shell().await?, &model).into_response())
}

pub(super) async fn redeliver(Path(id): Path<String>, Posted { seat, .. }: Posted) -> Answer {
    seat.demand(Scope::WebhooksManage)?;
    seat.desk.app.webhooks.redeliver(&seat.cx, delivery_of(&id)?).await?;
    Ok(Redirect::to(&paths::delivery(&id)).into_response())
}

/// What the start page says of endpoints that are told nothing any more, though nobody wanted it so.
pub(super) async fn given_up(seat: &Seat) -> Result<Vec<Notice>, Fault> {
    if !seat.may(Scope::WebhooksRead) {
        return Ok(Vec::new());
    }
    let by_itself = |endpoint: &Endpoint| {
        let (_, why) = endpoint.disabled?;
        (why != DisabledWhy::Asked).then(|| Notice {
            tone: Tone::Warn,
            text: format!("{} is told nothing any more. {}.", endpoint.url, why_words(why)),
            link: Some(("Look at it".to_owned(), paths::webhook(&endpoint.id.to_string()))),
        })
    };
    Ok(seat.desk.app.webhooks.list(&seat.cx).await?.iter().filter_map(by_itself).collect())
}
