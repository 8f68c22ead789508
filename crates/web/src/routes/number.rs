//! The number look-up: any spelling in, formats and holders out.

use axum::{
    extract::Query,
    http::header,
    response::{AppendHeaders, IntoResponse},
};
use base::Fault;
use identity::Scope;
use numbering::{Format, METADATA_VERSION, Parsed, Possibility};
use serde::Deserialize;

use super::{
    mapping::line_words,
    refusal::Answer,
    region::{self, supported},
    seat::Seat,
};
use crate::{
    components::form::Field,
    console::number::{self, Holder, Known, Lookup, Validity},
    personal::Personal,
};

#[derive(Deserialize)]
pub(super) struct Asked {
    number: Option<String>,
    region: Option<String>,
}

pub(super) async fn show(mut seat: Seat, Query(asked): Query<Asked>) -> Answer {
    seat.demand(Scope::NumbersRead)?;
    let chosen = asked.region.as_deref().and_then(supported);
    seat.region.chosen = chosen.or(seat.region.chosen);
    let region = seat.region().await;
    let written = asked.number.unwrap_or_default();
    let mut model = Lookup {
        number: Field::of(&written),
        region: Field::of(region.map(|region| region.to_string()).unwrap_or_default()),
        regions: region::choices(true),
        known: None,
        plans: METADATA_VERSION.to_owned(),
    };
    if !written.trim().is_empty() {
        match numbering::parse(&written, region) {
            Ok(parsed) => model.known = Some(known(&seat, &parsed).await?),
            Err(error) => model.number = model.number.error(error.to_string()),
        }
    }
    let page = number::page(&seat.shell().await?, &model);
    Ok(match chosen {
        Some(region) => {
            (AppendHeaders([(header::SET_COOKIE, region::remember(region, seat.desk.transport))]), page)
                .into_response()
        }
        None => page.into_response(),
    })
}

async fn known(seat: &Seat, parsed: &Parsed) -> Result<Known, Fault> {
    let number = parsed.number;
    let (kind, holders) = if seat.may(Scope::CustomersRead) {
        let held = seat.desk.app.customers.holders(&seat.cx, number).await?;
        let holders = held.holders.into_iter().map(|holder| Holder {
            customer: holder.customer.id.to_string(),
            name: Personal::new(holder.customer.name().unwrap_or("Name not known")),
            from: holder.tenure.from,
            until: holder.tenure.until,
            orders: holder.customer.orders,
        });
        (held.kind, holders.collect())
    } else {
        (None, Vec::new())
    };
    let (region, line) = number.region_and_line_type();
    Ok(Known {
        e164: Personal::new(number.format(Format::E164)),
        national: Personal::new(number.format(Format::National)),
        international: Personal::new(number.format(Format::International)),
        link: Personal::new(number.format(Format::Rfc3966)),
        extension: parsed.extension.as_ref().map(|extension| Personal::new(extension.as_str())),
        validity: match (number.is_valid(), number.possibility()) {
            (true, _) => Validity::Valid,
            (false, Possibility::Possible) => Validity::Possible,
            (false, _) => Validity::Invalid,
        },
        line: line_words(line).to_owned(),
        region: region.map_or("No country", region::name).to_owned(),
        kind: kind.map(Into::into),
        holders,
    })
}
