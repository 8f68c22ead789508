//! Twilio's Verify and Lookup, version 2, as far as our verifications go: their forms in, their JSON out, their statuses and codes. The official libraries work by
//! changing their base address to `/compat/twilio`.
//!
//! The account is one of our keys (its id written as an account's, its secret as the token), the service is the shop. What Twilio says to everybody who asks (too many sends, not
//! sent to landlines) is said here too: behind the door is the shop's own server.

mod account;
mod lookup;
mod services;
mod trouble;
mod verify;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};

use crate::{Doors, limits};

/// All of it, behind its own authentication.
pub(crate) fn router(doors: &Doors) -> Router<Doors> {
    Router::new()
        .route("/v2/Services", get(services::list).post(services::create))
        .route("/v2/Services/{service}", get(services::get).post(services::update))
        .route("/v2/Services/{service}/Verifications", post(verify::create))
        .route("/v2/Services/{service}/Verifications/{verification}", get(verify::fetch).post(verify::update))
        .route("/v2/Services/{service}/VerificationCheck", post(verify::check))
        .route("/v2/PhoneNumbers/{number}", get(lookup::fetch))
        .fallback(trouble::no_resource)
        .method_not_allowed_fallback(trouble::no_method)
        .layer(from_fn(limits::in_time))
        .layer(from_fn_with_state(doors.app.clone(), account::authenticate))
        .layer(from_fn_with_state(doors.clone(), limits::capacity))
}
