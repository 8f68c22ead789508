//! Proofs of number: figures, stories, and the check of a caller.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse as _, Redirect},
};
use base::{Fault, Id, PageRequest, Secret};
use customers::Customer;
use identity::{
    Scope,
    verification::{
        Check, Filter, Happening, Outcome, Purpose, Start, State, Story, Verification, Visitor, Which,
        budget::Budgets,
        figures::{DayOfPart, PartNow},
    },
};
use maud::html;
use serde::Deserialize;

use super::{
    mapping,
    messages::channel_words,
    refusal::Answer,
    seat::{Posted, Seat},
};
use crate::{
    components::{badge::Tone, form::Field, icon::Icon, notice::Notice, table::Paging, timeline::Event},
    console::{
        paths,
        proofs::{self, Caller, Destination, Line, Proof, Proofs},
        search::encode,
    },
    format,
    personal::Personal,
};

/// How far the small charts look back.
const DAYS: u16 = 30;

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
    number: Option<String>,
}

pub(super) async fn list(seat: Seat, Query(asked): Query<Asked>) -> Answer {
    seat.demand(Scope::VerificationsRead)?;
    let written = asked.number.unwrap_or_default();
    let (sought, number) = seat.sought(&written).await;
    let filter = Filter { number: sought, ..Filter::default() };
    let first = asked.after.is_some().then(|| address(&written, None));
    let verifications = &seat.desk.app.verifications;
    let request = PageRequest::new(None, asked.after);
    let found = number.page_of(verifications.list(&seat.cx, filter, &request)).await?;
    let budgets = &verifications.settings().budgets;
    let parts = verifications.parts(&seat.cx).await?;
    let days = verifications.days(&seat.cx, DAYS.into()).await?;
    let today = seat.cx.now().day();
    let model = Proofs {
        destinations: destinations(parts, &days, today, budgets),
        is_shadow: budgets.shadow,
        paging: Paging {
            first,
            next: found.next.map(|cursor| address(&written, Some(&cursor.0))),
            words: format::counted(found.items.len() as u64, "proof", "proofs"),
        },
        lines: found.items.iter().map(line).collect(),
        number,
    };
    Ok(proofs::page(&seat.shell().await?, &model).into_response())
}

fn address(number: &str, after: Option<&str>) -> String {
    let after = after.map(|after| format!("&after={}", encode(after))).unwrap_or_default();
    format!("{}?number={}{after}", paths::PROOFS, encode(number))
}

/// Countries with most sends first.
fn destinations(parts: Vec<PartNow>, days: &[DayOfPart], today: i64, budgets: &Budgets) -> Vec<Destination> {
    let many = usize::from(DAYS);
    let mut lately: BTreeMap<&str, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
    for day in days {
        let (sends, approved) = lately.entry(&day.part).or_insert_with(|| (vec![0; many], vec![0; many]));
        let ago = usize::try_from(today - day.day).unwrap_or(0);
        let at = (many - 1).saturating_sub(ago);
        sends[at] = day.figures.sends.unsigned_abs();
        approved[at] =
            (day.figures.approved * 100).checked_div(day.figures.sends).unwrap_or(0).unsigned_abs();
    }
    let mut all: Vec<Destination> = parts
        .into_iter()
        .map(|now| {
            let (lately, conversion) = lately.get(now.part.as_str()).cloned().unwrap_or_default();
            Destination {
                sends: now.today.sends.unsigned_abs(),
                approved: now.today.approved.unsigned_abs(),
                refused: now.today.refused.unsigned_abs(),
                would_be_refused: now.today.would_be_refused.unsigned_abs(),
                cost: budgets.in_words(now.today.cost_micros),
                budget: budgets.in_words(now.day_micros_max),
                is_stopped: now.is_stopped,
                lately,
                conversion,
                part: now.part,
            }
        })
        .collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.sends + one.refused));
    all
}

/// What the start page says of parts of the world that codes are not sent to any more.
pub(super) async fn stopped(seat: &Seat) -> Result<Vec<Notice>, Fault> {
    if !seat.may(Scope::VerificationsRead) {
        return Ok(Vec::new());
    }
    let parts = seat.desk.app.verifications.parts(&seat.cx).await?;
    let stopped: Vec<String> = parts.into_iter().filter(|now| now.is_stopped).map(|now| now.part).collect();
    if stopped.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "Codes to numbers that never succeeded are stopped for {}: hardly any come back, as when somebody has them sent for money or mischief.",
        stopped.join(", ")
    );
    let link = Some(("Look at it".to_owned(), paths::PROOFS.to_owned()));
    Ok(vec![Notice { tone: Tone::Warn, text, link }])
}

const fn state_words(state: State) -> (Tone, &'static str) {
    match state {
        State::Pending => (Tone::Accent, "Waiting for the code"),
        State::Approved => (Tone::Good, "Proven"),
        State::Vouched => (Tone::Plain, "Called approved"),
        State::Canceled => (Tone::Plain, "Canceled"),
        State::Expired => (Tone::Plain, "Expired"),
        State::UsedUp => (Tone::Bad, "Guesses used up"),
    }
}

pub(super) const fn purpose_words(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "Sign-in",
        Purpose::SecondFactor => "Second step of sign-in",
        Purpose::StepUp => "Approval of an act",
        Purpose::Recovery => "Recovery of an account",
        Purpose::NumberChange => "Change of number",
        Purpose::DeliveryHandover => "Handover of a parcel",
        Purpose::CallerCheck => "Caller check",
    }
}

fn line(one: &Verification) -> Line {
    let (tone, state) = match (one.state, one.link.is_some()) {
        (State::Pending, _) if one.sends == 0 => (Tone::Warn, "Nothing was sent"),
        (State::Pending, true) => (Tone::Accent, "Waiting for the link"),
        (state, _) => state_words(state),
    };
    Line {
        id: one.id.to_string(),
        at: one.created_at,
        number: mapping::masked(one.number),
        purpose: purpose_words(one.purpose),
        channel: match one.link {
            Some(_) => format!("{}, by a link", channel_words(one.channel)),
            None => channel_words(one.channel).to_owned(),
        },
        state,
        tone,
        sends: one.sends,
        guesses: one.guesses,
    }
}

fn event(happening: &Happening, is_by_link: bool) -> Event {
    let (tone, icon, title) = match happening.kind.as_str() {
        "sent" => (Tone::Accent, Icon::Message, "A code was sent"),
        "refused" => (Tone::Warn, Icon::Alert, "Nothing was sent"),
        "wrong" => (Tone::Warn, Icon::Alert, "A wrong code was typed"),
        "not_evaluated" => (Tone::Warn, Icon::Alert, "A code was not looked at"),
        "known_device" => (Tone::Plain, Icon::Key, "The device had succeeded with this number before"),
        "recognised" => (Tone::Plain, Icon::Key, "Known to be this customer by something else"),
        "holder_silent" => (
            Tone::Warn,
            Icon::Alert,
            "The number may have changed hands: nothing was heard of the customer for long",
        ),
        "holder_other" => {
            (Tone::Warn, Icon::Alert, "The number is not that of the customer whose proof it was to be")
        }
        "approved" => (Tone::Good, Icon::Check, "The right code was typed"),
        "vouched" => (Tone::Plain, Icon::Check, "Called approved by the shop, without a code"),
        "superseded" => (Tone::Plain, Icon::Undo, "Another code took its place"),
        _ => (Tone::Plain, Icon::Cross, "Canceled"),
    };
    let title = match (happening.kind.as_str(), is_by_link) {
        ("sent", true) => "A link was sent",
        ("wrong", true) => "A wrong link was opened",
        ("not_evaluated", true) => "A link was not looked at",
        ("approved", true) => "The right link was opened",
        ("superseded", true) => "Another link took its place",
        _ => title,
    };
    let channel = happening.channel.map(channel_words);
    let reason = happening.reason.map(|reason| mapping::sentence(reason.in_words()));
    let actor = mapping::actor(&happening.actor);
    Event {
        at: happening.at,
        tone,
        icon,
        text: html! { (title) @if let Some(channel) = channel { " (" (channel) ")" } },
        note: html! { @if let Some(reason) = reason { (reason) " " } (actor) },
    }
}

pub(super) async fn show(seat: Seat, Path(id): Path<String>) -> Answer {
    draw(&seat, &id, (Field::default(), StatusCode::OK)).await
}

async fn draw(seat: &Seat, id: &str, (code, status): (Field, StatusCode)) -> Answer {
    seat.demand(Scope::VerificationsRead)?;
    let Story { verification, happenings } = seat.desk.app.verifications.get(&seat.cx, read(id)?).await?;
    let is_by_link = verification.link.is_some();
    let is_asked = verification.state == State::Pending
        && !is_by_link
        && verification.purpose == Purpose::CallerCheck
        && seat.may(Scope::VerificationsWrite);
    let doubt = happenings.iter().find_map(Happening::doubt);
    let about = happenings.iter().find_map(|one| one.about);
    let customer = match about.or(verification.customer).filter(|_| seat.may(Scope::CustomersRead)) {
        Some(customer) => seat.desk.app.customers.get(&seat.cx, customer).await.ok(),
        None => None,
    };
    let model = Proof {
        line: line(&verification),
        expires_at: verification.expires_at,
        customer: customer.map(|view| {
            (view.summary.id.to_string(), Personal::new(view.summary.name().unwrap_or_default()))
        }),
        story: happenings.iter().rev().map(|one| event(one, is_by_link)).collect(),
        code: is_asked.then_some(code),
        doubt,
    };
    Ok((status, proofs::proof(&seat.shell().await?, &model)).into_response())
}

fn read(id: &str) -> Result<Id<Verification>, Fault> {
    id.parse().map_err(|_| unknown_proof())
}

fn unknown_proof() -> Fault {
    Fault::not_found("verification_unknown", "There is no such proof.")
}

/// The code that the caller read out.
pub(super) async fn check(Path(id): Path<String>, posted: Posted) -> Answer {
    let seat = &posted.seat;
    seat.demand(Scope::VerificationsWrite)?;
    let check = Check {
        which: Which::Id(read(&id)?),
        purpose: Purpose::CallerCheck,
        code: Secret::new(posted.fields.get("code").to_owned()),
        visitor: Visitor { is_recognised: !posted.fields.get("recognised").is_empty(), ..Visitor::default() },
    };
    let verifications = &seat.desk.app.verifications;
    let outcome = verifications.check(&seat.cx, check).await?.outcome;
    let error = match outcome {
        Outcome::Unknown => return Err(unknown_proof().into()),
        Outcome::Unreadable => "A code is digits alone, as in the text.".to_owned(),
        Outcome::Wrong { guesses_left } if guesses_left > 0 => {
            format!("This is not the code. Guesses left: {guesses_left}.")
        }
        Outcome::Limited(refusal) => mapping::sentence(refusal.reason.in_words()),
        // What has ended is told by the page itself.
        _ => return Ok(Redirect::to(&paths::proof(&id)).into_response()),
    };
    draw(seat, &id, (Field::default().error(error), StatusCode::UNPROCESSABLE_ENTITY)).await
}

/// Who is on the line, and where a code can go.
pub(super) async fn caller(seat: Seat, Path(id): Path<String>) -> Answer {
    seat.demand(Scope::VerificationsWrite)?;
    let customer: Id<Customer> = id.parse().map_err(|_| unknown())?;
    let view = seat.desk.app.customers.get(&seat.cx, customer).await?;
    let held = view.tenures.iter().filter(|tenure| tenure.until.is_none());
    let numbers = held.filter_map(|tenure| Some((tenure.id.to_string(), mapping::masked(tenure.number?))));
    let name = Personal::new(view.summary.name().unwrap_or_default());
    let model = Caller { id: view.summary.id.to_string(), name, numbers: numbers.collect() };
    Ok(proofs::caller(&seat.shell().await?, &model).into_response())
}

fn unknown() -> Fault {
    Fault::not_found("customer_unknown", "There is no customer with this id.")
}

/// Sends the code; the page that follows asks for it.
pub(super) async fn call(Path(id): Path<String>, posted: Posted) -> Answer {
    let seat = &posted.seat;
    seat.demand(Scope::VerificationsWrite)?;
    let customer: Id<Customer> = id.parse().map_err(|_| unknown())?;
    let view = seat.desk.app.customers.get(&seat.cx, customer).await?;
    let wanted = posted.fields.get("tenure");
    let tenure = view.tenures.iter().find(|tenure| tenure.id.to_string() == wanted && tenure.until.is_none());
    let number = tenure.and_then(|tenure| tenure.number).ok_or_else(|| {
        Fault::conflict("not_the_holder", "This customer does not hold this number now; load the page again.")
    })?;
    let start = Start { customer: Some(view.summary.id), ..Start::new(number, Purpose::CallerCheck) };
    let started = seat.desk.app.verifications.start(&seat.cx, start).await?;
    Ok(Redirect::to(&paths::proof(&started.verification.id.to_string())).into_response())
}
