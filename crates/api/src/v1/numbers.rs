//! Numbers: read whatever people write, say what the numbering plans say, and who of the shop holds it.

use app::App;
use axum::{Json, extract::State};
use identity::Scope;
use numbering::{
    Format, PhoneNumber,
    know::{self, Language},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shapes::{CustomerSummary, Kind, Tenure};
use crate::{
    caller::ReadsNumbers,
    problem::Answer,
    reading::{self, Query},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// However it is written; a plus is `%2B` in an address.
    #[param(example = "040 123 4567")]
    number: String,
    /// Where it was written, for national spellings.
    #[param(example = "FI")]
    region: Option<String>,
}

/// A number as asked for. It is in the clear, because the caller sent it.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct NumberAnswer {
    #[schema(example = "+358401234567")]
    e164: String,
    #[schema(example = "+358 40 1234567")]
    international: String,
    #[schema(example = "040 1234567")]
    national: String,
    #[schema(example = "tel:+358-40-1234567")]
    rfc3966: String,
    #[schema(example = "+358••••••567")]
    masked: String,
    #[schema(example = 358)]
    country_code: u16,
    extension: Option<String>,
    /// Whose numbering plan has it.
    #[schema(example = "FI")]
    region: Option<String>,
    /// What kind of line, in libphonenumber's names.
    #[serde(rename = "type")]
    #[schema(example = "MOBILE")]
    line_type: &'static str,
    /// Whether the numbering plan has this number.
    valid: bool,
    /// Whether its length can be right, in libphonenumber's names.
    #[schema(example = "IS_POSSIBLE")]
    possibility: &'static str,
    /// Where it was issued, in English: a town, an area or the country. Null where several countries have its range. Not where
    /// the phone is.
    place: Option<&'static str>,
    /// The carrier to which its range was issued; known of mobile numbers. Where numbers can be taken along, it may be with
    /// another by now.
    #[schema(example = "Telia")]
    carrier: Option<&'static str>,
    /// The time zones of its place, as the IANA names them; `Etc/Unknown` alone if it is not known.
    #[schema(example = json!(["Europe/Helsinki", "Europe/Mariehamn"]))]
    time_zones: Vec<&'static str>,
    /// Which release of the numbering plans says so.
    plans: &'static str,
    /// What the shop knows; only for keys that may read customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    shop: Option<Known>,
}

/// What the shop knows of a number.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Known {
    /// Absent when the shop has never seen it.
    kind: Option<Kind>,
    /// Current holders first.
    holders: Vec<Holder>,
}

/// Somebody who holds or held the number.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Holder {
    customer: CustomerSummary,
    tenure: Tenure,
}

/// Look a number up: read any spelling, format it, say what the plans and the shop know.
#[utoipa::path(get, path = "/numbers/lookup", tag = "numbers", params(Asked), security(("key" = ["numbers:read"])), responses(
    (status = 200, description = "The number; `shop` is there if the key may read customers.", body = NumberAnswer),
))]
pub(crate) async fn look_up(
    caller: ReadsNumbers,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Answer<Json<NumberAnswer>> {
    let region = reading::region(asked.region.as_deref())?;
    let parsed = reading::number(&asked.number, region, "number")?;
    let extension = parsed.extension.as_ref().map(ToString::to_string);
    let shop = match caller.0.may(Scope::CustomersRead) {
        true => Some(known(app.customers.holders(&caller, parsed.number).await?)),
        false => None,
    };
    Ok(Json(answer(parsed.number, extension, shop)))
}

fn known(found: customers::NumberHolders) -> Known {
    let holder = |holder: customers::HolderView| Holder {
        customer: holder.customer.into(),
        tenure: holder.tenure.into(),
    };
    Known { kind: found.kind.map(Kind::from), holders: found.holders.into_iter().map(holder).collect() }
}

fn answer(number: PhoneNumber, extension: Option<String>, shop: Option<Known>) -> NumberAnswer {
    let publicly = know::Known::of(number, Language::ENGLISH);
    NumberAnswer {
        e164: number.format(Format::E164),
        international: number.format(Format::International),
        national: number.format(Format::National),
        rfc3966: number.format(Format::Rfc3966),
        masked: number.mask(),
        country_code: number.country_code(),
        extension,
        region: publicly.region.map(|region| region.to_string()),
        line_type: number.line_type().code(),
        valid: number.is_valid(),
        possibility: number.possibility().code(),
        place: publicly.place,
        carrier: publicly.carrier,
        time_zones: publicly.time_zones.iter().collect(),
        plans: numbering::METADATA_VERSION,
        shop,
    }
}
