//! Registering a customer with the number as the unique identifier.

use app::App;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base::Fault;
use customers::{Details, identity::Identity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    caller::WritesCustomers,
    problem::Answer,
    reading::{self, Body},
};

/// Somebody to be known by number, e-mail address or loyalty id; at least one of them is needed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"number": "040 123 4567", "region": "FI", "name": "Aino Virtanen", "email": "aino@example.fi"}))]
pub(crate) struct NewCustomer {
    /// Any spelling.
    number: Option<String>,
    /// Where the number was written, for national spellings.
    region: Option<String>,
    name: Option<String>,
    email: Option<String>,
    address: Option<String>,
    postcode: Option<String>,
    /// Two letters.
    country: Option<String>,
    loyalty_id: Option<String>,
    device_id: Option<String>,
}

/// The longest text of a detail, in bytes; addresses may be longer.
const TEXT_BYTES_MAX: usize = 512;
const ADDRESS_BYTES_MAX: usize = 4096;

impl NewCustomer {
    fn identity(self) -> Result<Identity, Fault> {
        let region = reading::region(self.region.as_deref())?;
        let number = text(self.number, "number", TEXT_BYTES_MAX)?;
        let number = number.map(|number| reading::possible_number(&number, region, "number")).transpose()?;
        let email = text(self.email, "email", TEXT_BYTES_MAX)?;
        if email.as_deref().is_some_and(|email| !is_address(email)) {
            return Err(Fault::invalid("email_malformed", "This is no e-mail address.").field("email"));
        }
        let details = Details {
            name: text(self.name, "name", TEXT_BYTES_MAX)?,
            email,
            address: text(self.address, "address", ADDRESS_BYTES_MAX)?,
            postcode: text(self.postcode, "postcode", TEXT_BYTES_MAX)?,
            country: text(self.country, "country", TEXT_BYTES_MAX)?,
            loyalty_id: text(self.loyalty_id, "loyalty_id", TEXT_BYTES_MAX)?,
            device_id: text(self.device_id, "device_id", TEXT_BYTES_MAX)?,
        };
        Ok(Identity { number: number.map(|parsed| parsed.number), details })
    }
}

/// Something on both sides of one sign, and no blanks: what more there is to an address only sending to it can tell.
fn is_address(text: &str) -> bool {
    let sides = text.split_once('@');
    sides.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn text(value: Option<String>, field: &str, bytes_max: usize) -> Result<Option<String>, Fault> {
    let Some(value) = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    if value.len() > bytes_max {
        return Err(
            Fault::invalid("field_too_long", format!("This has at most {bytes_max} bytes.")).field(field)
        );
    }
    Ok(Some(value))
}

/// What a registration came to.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Registered {
    id: Uuid,
    /// False when this person was known already, under whatever spelling.
    created: bool,
}

/// Register a customer. Whoever is known already, under any spelling of the number, is found and not made again.
#[utoipa::path(post, path = "/customers", tag = "customers", request_body = NewCustomer, security(("key" = ["customers:write"])), responses(
    (status = 201, description = "A new customer.", body = Registered, headers(("Location" = String, description = "The customer's address."))),
    (status = 200, description = "Known already.", body = Registered, headers(("Location" = String, description = "The customer's address."))),
))]
pub(crate) async fn register(
    caller: WritesCustomers,
    State(app): State<App>,
    Body(new): Body<NewCustomer>,
) -> Answer<Response> {
    let registered = app.customers.register(&caller, new.identity()?).await?;
    let status = if registered.created { StatusCode::CREATED } else { StatusCode::OK };
    let location = [(header::LOCATION, format!("/v1/customers/{}", registered.customer))];
    let answer = Registered { id: registered.customer.uuid(), created: registered.created };
    Ok((status, location, Json(answer)).into_response())
}
