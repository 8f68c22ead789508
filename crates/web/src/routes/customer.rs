//! The customer page and the acts on it. Whatever was done, or refused, is said on the page itself.

mod page;
mod timeline;

use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use base::{Fault, FaultKind, Id, Timestamp};
use customers::{Customer, CustomerView, linking::Moved};
use identity::Scope;
use numbering::Possibility;
use serde::Deserialize;

use super::{
    refusal::{Answer, status},
    seat::{Fields, Posted, Seat},
};
use crate::{
    components::{badge::Tone, notice::Notice},
    console::{customer, paths},
};

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
    /// What was just done; see [`done`].
    done: Option<String>,
    /// The customer that a split made.
    new: Option<String>,
}

fn id_of(text: &str) -> Result<Id<Customer>, Fault> {
    text.parse().map_err(|_| Fault::not_found("customer_unknown", "There is no customer at this address."))
}

pub(super) async fn show(seat: Seat, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    seat.demand(Scope::CustomersRead)?;
    let view = seat.desk.app.customers.get(&seat.cx, id_of(&id)?).await?;
    let today = view.summary.id.to_string();
    if today != id {
        // It was joined into another; old links lead there.
        return Ok(Redirect::to(&format!("{}?done=joined", paths::customer(&today))).into_response());
    }
    let notices = asked.done.as_deref().and_then(|act| done(act, asked.new.as_deref())).into_iter().collect();
    draw(&seat, view, asked.after, notices, StatusCode::OK).await
}

async fn draw(
    seat: &Seat,
    view: CustomerView,
    after: Option<String>,
    notices: Vec<Notice>,
    code: StatusCode,
) -> Answer {
    let model = page::model(seat, view, after).await?;
    let shell = seat.shell_with(notices).await?;
    Ok((code, customer::page(&shell, &model)).into_response())
}

/// What was done, in words, with what may be wanted next.
fn done(act: &str, new: Option<&str>) -> Option<Notice> {
    let undo = || Some(("Undo".to_owned(), "#undo".to_owned()));
    let (text, link) = match act {
        "merge" => ("Merged. Both histories are one record now.", undo()),
        "split" => {
            let new = new.filter(|id| id.parse::<uuid::Uuid>().is_ok());
            (
                "Split. What moved is a customer of its own now.",
                new.map(|id| ("Look at it".to_owned(), paths::customer(id))),
            )
        }
        "change-number" => ("The change of number is recorded.", undo()),
        "undo" => ("Undone. Everything it touched was computed anew.", None),
        "joined" => ("The record that you asked for has become part of this one.", None),
        _ => return None,
    };
    Some(Notice { link, ..Notice::new(Tone::Good, text) })
}

/// Goes to the customer's page, or shows it with what was refused.
async fn after_act(seat: &Seat, id: Id<Customer>, result: Result<String, Fault>) -> Answer {
    match result {
        Ok(address) => Ok(Redirect::to(&address).into_response()),
        Err(fault) if matches!(fault.kind, FaultKind::Invalid | FaultKind::Conflict) && !seat.fragment => {
            let view = seat.desk.app.customers.get(&seat.cx, id).await?;
            let notice = Notice::new(Tone::Bad, fault.message);
            draw(seat, view, None, vec![notice], status(fault.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

fn address(id: Id<Customer>, done: &str) -> String {
    format!("{}?done={done}", paths::customer(&id.to_string()))
}

pub(super) async fn merge(Path(id): Path<String>, Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::CustomersWrite)?;
    let id = id_of(&id)?;
    let result = async {
        let other = other(&seat, fields.get("other")).await?;
        let (_, remains) = seat.desk.app.customers.merge(&seat.cx, id, other, fields.get("reason")).await?;
        Ok(address(remains, "merge"))
    };
    after_act(&seat, id, result.await).await
}

/// The customer that a picker names: by id, or, without script, by anything that finds exactly one.
async fn other(seat: &Seat, text: &str) -> Result<Id<Customer>, Fault> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    match seat.find(text, 2).await?.found.as_slice() {
        [one] => id_of(&one.id),
        [] => Err(Fault::invalid(
            "other_unknown",
            "Nobody was found to merge with; choose a customer from the list.",
        )
        .field("other")),
        _ => Err(Fault::invalid("other_unclear", "Several customers match; choose one from the list.")
            .field("other")),
    }
}

pub(super) async fn split(Path(id): Path<String>, Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::CustomersWrite)?;
    let id = id_of(&id)?;
    let result = async {
        let moved = moved(&fields)?;
        let (_, new) = seat.desk.app.customers.split(&seat.cx, id, moved, fields.get("reason")).await?;
        Ok(format!("{}&new={new}", address(id, "split")))
    };
    after_act(&seat, id, result.await).await
}

/// Whole records, and single orders by the moment of their record.
fn moved(fields: &Fields) -> Result<Vec<Moved>, Fault> {
    let unknown = || Fault::invalid("split_malformed", "Choose the records again.").field("persona");
    let mut moved = Vec::new();
    for persona in fields.all("persona") {
        moved.push(Moved { persona: persona.parse().map_err(|_| unknown())?, from: None, until: None });
    }
    for order in fields.all("order") {
        let (persona, at) = order_parts(order).ok_or_else(unknown)?;
        if moved.iter().all(|whole: &Moved| whole.persona != persona || whole.from.is_some()) {
            moved.push(Moved { persona, from: Some(at), until: Some(at.plus_micros(1)) });
        }
    }
    moved.dedup();
    Ok(moved)
}

pub(super) async fn change_number(Path(id): Path<String>, Posted { mut seat, fields }: Posted) -> Answer {
    seat.demand(Scope::CustomersWrite)?;
    let id = id_of(&id)?;
    seat.region.chosen = super::region::supported(fields.get("region")).or(seat.region.chosen);
    let result = async {
        let view = seat.desk.app.customers.get(&seat.cx, id).await?;
        let held = view.tenures.iter().find(|tenure| tenure.id.to_string() == fields.get("old_number"));
        let old = held.and_then(|tenure| tenure.number).ok_or_else(|| {
            Fault::invalid("old_number_unknown", "Choose the number that is given up.").field("old_number")
        })?;
        let new = seat.read_number(fields.get("new_number")).await;
        let new = new.map_err(|error| {
            Fault::invalid("number_unreadable", format!("The new number: {error}")).field("new_number")
        })?;
        if !new.number.is_valid() && new.number.possibility() != Possibility::Possible {
            let message = "The new number: no number of that country has this many digits.";
            return Err(Fault::invalid("number_impossible", message).field("new_number"));
        }
        seat.desk.app.customers.change_number(&seat.cx, id, old, new.number, fields.get("reason")).await?;
        Ok(address(id, "change-number"))
    };
    after_act(&seat, id, result.await).await
}

pub(super) async fn undo(Path(id): Path<String>, Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::CustomersWrite)?;
    let id = id_of(&id)?;
    let result = async {
        let act = fields
            .get("act")
            .parse()
            .map_err(|_| Fault::invalid("act_missing", "Choose the act to undo.").field("act"))?;
        let customers = &seat.desk.app.customers;
        if !customers.acts_of(&seat.cx, id).await?.iter().any(|known| known.id == act) {
            return Err(
                Fault::not_found("act_unknown", "There is no such act on this customer.").field("act")
            );
        }
        customers.undo(&seat.cx, act, fields.get("reason")).await?;
        Ok(address(id, "undo"))
    };
    after_act(&seat, id, result.await).await
}

/// Orders are shown and moved by their record and moment.
fn order_id(order: &history::Order, at: usize) -> String {
    format!("{}.{}.{at}", order.persona, order.ordered_at.as_micros())
}

fn order_parts(text: &str) -> Option<(Id<customers::Persona>, Timestamp)> {
    let mut parts = text.split('.');
    let persona = parts.next()?.parse().ok()?;
    Some((persona, Timestamp::from_micros(parts.next()?.parse().ok()?)))
}
