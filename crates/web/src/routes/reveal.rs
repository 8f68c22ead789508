//! Showing a masked detail in the clear: only with a reason, and never unaudited.

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, header},
    response::IntoResponse,
};
use base::{Fault, Id};
use customers::{Customer, CustomerView, Persona, PersonaView};
use identity::Scope;

use super::{
    mapping::Hidden,
    refusal::Answer,
    seat::{Posted, Seat},
};
use crate::{
    components::number::revealed,
    console::{
        paths,
        reveal::{self, Reveal},
    },
    personal::Personal,
};

/// Which detail of which record of whom, as the address names it: `customer.detail.record`.
#[derive(Clone, Copy)]
struct What {
    customer: Id<Customer>,
    hidden: Hidden,
    persona: Id<Persona>,
}

fn unknown() -> Fault {
    Fault::not_found(
        "detail_unknown",
        "There is no such detail; the customer's records may have changed. Load the page again.",
    )
}

impl What {
    fn read(text: &str) -> Result<Self, Fault> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or_else(unknown);
        let (customer, hidden, persona) = (next()?, next()?, next()?);
        Ok(Self {
            customer: customer.parse().map_err(|_| unknown())?,
            hidden: Hidden::ALL.into_iter().find(|known| known.code() == hidden).ok_or_else(unknown)?,
            persona: persona.parse().map_err(|_| unknown())?,
        })
    }

    fn record(self, view: &CustomerView) -> Result<&PersonaView, Fault> {
        let record = view.personas.iter().find(|record| record.id == self.persona);
        record.filter(|record| self.hidden.mask(record).is_some()).ok_or_else(unknown)
    }
}

pub(super) async fn ask(seat: Seat, Path(text): Path<String>, headers: HeaderMap) -> Answer {
    seat.demand(Scope::CustomersReveal)?;
    let what = What::read(&text)?;
    let view = seat.desk.app.customers.get(&seat.cx, what.customer).await?;
    let masked = what.hidden.mask(what.record(&view)?).ok_or_else(unknown)?;
    let back = came_from(&headers).unwrap_or_else(|| paths::customer(&view.summary.id.to_string()));
    let model = Reveal { what: text, masked, shown: None, back };
    Ok(reveal::page(&seat.shell().await?, &model).into_response())
}

/// The page of ours that the person came from.
fn came_from(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER).map(HeaderValue::to_str)?.ok()?;
    let (_, rest) = referer.split_once("://")?;
    let path = &rest[rest.find('/')?..];
    path.starts_with(paths::START).then(|| path.to_owned())
}

pub(super) async fn show(Path(text): Path<String>, Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::CustomersReveal)?;
    let what = What::read(&text)?;
    let customers = &seat.desk.app.customers;
    // Looked at first, so that nobody is written down for what was not shown.
    what.record(&customers.get(&seat.cx, what.customer).await?)?;
    let view = customers.reveal(&seat.cx, what.customer, fields.get("reason")).await?;
    let record = what.record(&view)?;
    let shown = Personal::new(what.hidden.of(record).ok_or_else(unknown)?);
    if seat.fragment {
        return Ok(revealed(&shown).into_response());
    }
    let masked = what.hidden.mask(record).unwrap_or_default();
    let back = paths::customer(&view.summary.id.to_string());
    let model = Reveal { what: text, masked, shown: Some(shown), back };
    Ok(reveal::page(&seat.shell().await?, &model).into_response())
}
