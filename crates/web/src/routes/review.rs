//! The review queue and the answer to one doubt.

use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use base::{Cursor, Fault, FaultKind, Id, PageRequest};
use customers::{
    Decision, Persona, PersonaView, ReviewView,
    linking::{EvidenceKind, ReviewKind},
};
use identity::Scope;
use serde::Deserialize;

use super::{
    mapping::{self, Hidden},
    refusal::{Answer, status},
    seat::{Posted, Seat},
};
use crate::{
    components::{
        badge::Tone,
        compare::{Pair, Relation},
        notice::Notice,
        number::Detail,
        table::Paging,
    },
    console::{
        paths,
        review::{self, Queue, ReviewItem, ReviewRow, ReviewSide},
        search::encode,
    },
    format,
    personal::Personal,
};

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
    /// What was just answered, and about whom.
    done: Option<String>,
    about: Option<String>,
}

/// An item is named by the founding records of its sides.
fn id_of(item: &ReviewView) -> String {
    format!("{}.{}", item.left, item.right)
}

fn sides_of(id: &str) -> Result<(Id<Persona>, Id<Persona>), Fault> {
    let unknown = || Fault::not_found("review_unknown", "There is no review item at this address.");
    let (left, right) = id.split_once('.').ok_or_else(unknown)?;
    Ok((left.parse().map_err(|_| unknown())?, right.parse().map_err(|_| unknown())?))
}

pub(super) async fn queue(seat: Seat, Query(asked): Query<Asked>) -> Answer {
    seat.demand(Scope::ReviewsRead)?;
    let customers = &seat.desk.app.customers;
    let open = customers.reviews_open(&seat.cx).await?;
    let first = asked.after.is_some().then(|| paths::REVIEW.to_owned());
    let page = customers.reviews(&seat.cx, &PageRequest::new(None, asked.after)).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for item in &page.items {
        items.push(row(&seat, item).await?);
    }
    let model = Queue {
        paging: Paging {
            first,
            next: page.next.map(|cursor| format!("{}?after={}", paths::REVIEW, encode(&cursor.0))),
            words: format!("{} of {}", page.items.len(), format::counted(open, "open item", "open items")),
        },
        items,
    };
    let shell = seat.shell_with(done(asked.done.as_deref(), asked.about.as_deref())).await?;
    Ok(review::queue_page(&shell, &model).into_response())
}

async fn row(seat: &Seat, item: &ReviewView) -> Result<ReviewRow, Fault> {
    let strongest = item.reasons.iter().max_by_key(|reason| reason.weight.abs());
    let ([first, second], _) = in_time(seat, item).await?;
    Ok(ReviewRow {
        id: id_of(item),
        doubt: item.kind.into(),
        orders: first.orders + second.orders,
        left: first.name,
        right: second.name,
        number: shared_number(item)
            .and_then(|persona| persona.identity.number)
            .map(mapping::masked)
            .unwrap_or_default(),
        reason: strongest.map(|reason| mapping::sentence(reason.kind.in_words())).unwrap_or_default(),
    })
}

/// A record of the left side whose number the right side has too, else any with a number.
fn shared_number(item: &ReviewView) -> Option<&PersonaView> {
    let numbers: Vec<_> = item.right_personas.iter().filter_map(|persona| persona.identity.number).collect();
    let mut left = item.left_personas.iter().filter(|persona| persona.identity.number.is_some());
    left.clone()
        .find(|persona| persona.identity.number.is_some_and(|number| numbers.contains(&number)))
        .or_else(|| left.next())
}

/// What was answered, with the page where it can be undone.
fn done(verdict: Option<&str>, about: Option<&str>) -> Vec<Notice> {
    let text = match verdict {
        Some("kept") => "One person. They stay one customer.",
        Some("merge") => "Merged. Both histories are one record now.",
        Some("apart") => "Kept apart. They are two people.",
        Some("recycled") => "Parted. The number has a new holder.",
        _ => return Vec::new(),
    };
    let customer = about.filter(|id| id.parse::<uuid::Uuid>().is_ok());
    let link = customer.map(|id| ("Undo".to_owned(), format!("{}#undo", paths::customer(id))));
    vec![Notice { link, ..Notice::new(Tone::Good, text) }]
}

pub(super) async fn show(seat: Seat, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let notices = done(asked.done.as_deref(), asked.about.as_deref());
    draw(&seat, &id, notices, StatusCode::OK).await
}

async fn draw(seat: &Seat, id: &str, notices: Vec<Notice>, code: StatusCode) -> Answer {
    seat.demand(Scope::ReviewsRead)?;
    let (left, right) = sides_of(id)?;
    let customers = &seat.desk.app.customers;
    let mut item = customers.review(&seat.cx, left, right).await?;
    let ([left, right], is_right_first) = in_time(seat, &item).await?;
    if is_right_first {
        std::mem::swap(&mut item.left_personas, &mut item.right_personas);
        std::mem::swap(&mut item.left_customer, &mut item.right_customer);
    }
    let open = customers.reviews_open(&seat.cx).await?;
    let next = next_after(seat, id).await?;
    let model = ReviewItem {
        id: id.to_owned(),
        doubt: item.kind.into(),
        number: shared_number(&item).and_then(|persona| {
            Hidden::Number.chip(&item.left_customer.id.to_string(), persona, seat.may(Scope::CustomersReveal))
        }),
        left,
        right,
        pairs: pairs(seat, &item),
        evidence: mapping::evidence(&item.reasons),
        leaning: leaning(&item),
        position: format!("{} open", format::count(open)),
        next,
    };
    let shell = seat.shell_with(notices).await?;
    Ok((code, review::item_page(&shell, &model)).into_response())
}

/// The item after this one, from the beginning again after the last.
async fn next_after(seat: &Seat, id: &str) -> Result<Option<String>, Fault> {
    for after in [Some(Cursor(id.to_owned())), None] {
        let page = seat.desk.app.customers.reviews(&seat.cx, &PageRequest { limit: 1, after }).await?;
        if let Some(item) = page.items.first() {
            return Ok(Some(id_of(item)).filter(|next| next != id));
        }
    }
    Ok(None)
}

/// Both sides, the one that was there first before the other, and whether that is the right one.
async fn in_time(seat: &Seat, item: &ReviewView) -> Result<([ReviewSide; 2], bool), Fault> {
    let [left_name, right_name] = item.names().map(|name| Personal::new(name.unwrap_or("Name not known")));
    let left = side(seat, item, (&item.left_customer, &item.left_personas), left_name).await?;
    let right = side(seat, item, (&item.right_customer, &item.right_personas), right_name).await?;
    // One without orders was never there.
    let is_right_first = match (left.span, right.span) {
        (Some((left, _)), Some((right, _))) => right < left,
        (left, right) => left.is_none() && right.is_some(),
    };
    Ok(if is_right_first { ([right, left], true) } else { ([left, right], false) })
}

/// Within one customer a side's figures are of its own records, which may become a customer of their own.
async fn side(
    seat: &Seat,
    item: &ReviewView,
    (customer, personas): (&customers::Summary, &[PersonaView]),
    name: Personal,
) -> Result<ReviewSide, Fault> {
    let (orders, span) = if item.is_within_one() {
        let totals = seat.desk.app.history.totals(personas).await?;
        (totals.orders, totals.span)
    } else {
        (customer.orders, Some((customer.first_at, customer.last_at)))
    };
    Ok(ReviewSide { customer: customer.id.to_string(), name, orders, span })
}

fn leaning(item: &ReviewView) -> String {
    let percent = mapping::percent(item.score);
    match item.kind {
        ReviewKind::PossibleMerge => format!(
            "By the rules it is one person with {percent} %, which is not enough to join them in silence."
        ),
        ReviewKind::PossibleSplit | ReviewKind::PossibleRecycle => {
            format!("By the rules it is one person with {percent} %, which is not enough to be silent about.")
        }
    }
}

/// Both sides field by field.
fn pairs(seat: &Seat, item: &ReviewView) -> Vec<Pair> {
    let may = seat.may(Scope::CustomersReveal);
    let clear = |of: fn(&PersonaView) -> Option<&String>| {
        move |persona: &PersonaView, _: &str| {
            of(persona).map(|text| (text.clone(), Detail::from(text.as_str())))
        }
    };
    let masked = |hidden: Hidden| {
        move |persona: &PersonaView, customer: &str| {
            Some((hidden.of(persona)?, Detail::Masked(hidden.chip(customer, persona, may)?)))
        }
    };
    let pairs = [
        pair(item, "Name", clear(|persona| persona.identity.details.name.as_ref())),
        pair(item, "Number", masked(Hidden::Number)),
        pair(item, "E-mail", masked(Hidden::Email)),
        pair(item, "Address", masked(Hidden::Address)),
        pair(item, "Loyalty id", clear(|persona| persona.identity.details.loyalty_id.as_ref())),
        pair(item, "Device", clear(|persona| persona.identity.details.device_id.as_ref())),
    ];
    pairs.into_iter().flatten().collect()
}

/// Observations that call two values alike though not the same.
const CLOSE: [(&str, &[EvidenceKind]); 2] = [
    (
        "Name",
        &[
            EvidenceKind::NameOrder,
            EvidenceKind::NameVariant,
            EvidenceKind::NameTypo,
            EvidenceKind::NameInitial,
            EvidenceKind::NamePart,
            EvidenceKind::NameGiven,
            EvidenceKind::NameShort,
        ],
    ),
    ("E-mail", &[EvidenceKind::EmailLikeness]),
];

/// One field of both sides, each value once; none when neither side has it.
fn pair(
    item: &ReviewView,
    label: &str,
    value: impl Fn(&PersonaView, &str) -> Option<(String, Detail)>,
) -> Option<Pair> {
    let values = |personas: &[PersonaView], customer: &str| {
        let mut seen: Vec<(String, Detail)> = Vec::new();
        for (text, detail) in personas.iter().filter_map(|persona| value(persona, customer)) {
            let folded = text.trim().to_lowercase();
            if seen.iter().all(|(known, _)| *known != folded) {
                seen.push((folded, detail));
            }
        }
        seen
    };
    let left = values(&item.left_personas, &item.left_customer.id.to_string());
    let right = values(&item.right_personas, &item.right_customer.id.to_string());
    let close = CLOSE.iter().filter(|(known, _)| *known == label).flat_map(|(_, kinds)| kinds.iter());
    let alike = close.into_iter().any(|kind| item.reasons.iter().any(|reason| reason.kind == *kind));
    let relation = match (left.is_empty(), right.is_empty()) {
        (true, true) => return None,
        (true, false) | (false, true) => Relation::OneSided,
        _ if left.iter().any(|(text, _)| right.iter().any(|(other, _)| text == other)) => Relation::Same,
        _ if alike => Relation::Close,
        _ => Relation::Different,
    };
    let shown = |values: Vec<(String, Detail)>| values.into_iter().map(|(_, detail)| detail).collect();
    Some(Pair { label: label.to_owned(), left: shown(left), right: shown(right), relation })
}

pub(super) async fn answer(Path(id): Path<String>, Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::ReviewsWrite)?;
    let (left, right) = sides_of(&id)?;
    let verdict = fields.get("verdict");
    let decided = async {
        let decision = match verdict {
            "merge" => Decision::Merge,
            "apart" | "recycled" => Decision::Apart,
            _ => return Err(Fault::invalid("verdict_missing", "Choose an answer.").field("verdict")),
        };
        let customers = &seat.desk.app.customers;
        let item = customers.review(&seat.cx, left, right).await?;
        let done = if item.is_within_one() && verdict == "merge" { "kept" } else { verdict };
        let about = item.left_customer.id;
        let next = next_after(&seat, &id).await?;
        customers.decide(&seat.cx, left, right, decision, fields.get("reason")).await?;
        Ok((about, done, next))
    };
    match decided.await {
        Ok((about, done, next)) => {
            let address = still_open(&seat, next)
                .await?
                .map_or_else(|| paths::REVIEW.to_owned(), |next| paths::review_item(&next));
            Ok(Redirect::to(&format!("{address}?done={done}&about={about}")).into_response())
        }
        Err(fault) if matches!(fault.kind, FaultKind::Invalid | FaultKind::Conflict) && !seat.fragment => {
            let notice = Notice::new(Tone::Bad, fault.message);
            draw(&seat, &id, vec![notice], status(fault.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

/// An answer may settle other doubts with it.
async fn still_open(seat: &Seat, next: Option<String>) -> Result<Option<String>, Fault> {
    let Some(next) = next else { return Ok(None) };
    let (left, right) = sides_of(&next)?;
    match seat.desk.app.customers.review(&seat.cx, left, right).await {
        Ok(_) => Ok(Some(next)),
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}
