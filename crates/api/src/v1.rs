//! Version 1 of the API: one file a resource. What is said here stays said; a change that breaks callers is a version 2.

mod acts;
mod audit;
mod clients;
mod counts;
mod customers;
mod imports;
mod messages;
mod numbers;
mod orders;
mod received;
mod renormalisations;
mod reviews;
mod risk;
pub(crate) mod shapes;
mod verifications;
pub(crate) mod webhooks;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Doors;

/// Every route but uploads, which are not answered in one go.
pub(crate) fn router() -> OpenApiRouter<Doors> {
    OpenApiRouter::new()
        .routes(routes!(numbers::look_up))
        .routes(routes!(renormalisations::start))
        .routes(routes!(renormalisations::get))
        .merge(customers::router())
        .routes(routes!(acts::list))
        .routes(routes!(acts::undo))
        .routes(routes!(orders::list))
        .routes(routes!(orders::get))
        .routes(routes!(imports::list))
        .routes(routes!(imports::get))
        .routes(routes!(imports::rejects))
        .routes(routes!(messages::send, messages::list))
        .routes(routes!(messages::get))
        .merge(received::router())
        .routes(routes!(reviews::list))
        .routes(routes!(reviews::get))
        .routes(routes!(reviews::decide))
        .merge(verifications::router())
        .merge(webhooks::router())
        .merge(risk::router())
        .routes(routes!(audit::list))
        .routes(routes!(audit::verify))
        .routes(routes!(clients::list))
        .routes(routes!(clients::create))
        .routes(routes!(clients::get))
        .routes(routes!(clients::renew_secret))
        .routes(routes!(clients::remove))
        .routes(routes!(counts::counts))
        .routes(routes!(counts::days))
}

/// Uploads: long, without limit of time, streamed.
pub(crate) fn uploads() -> OpenApiRouter<Doors> {
    OpenApiRouter::new().routes(routes!(imports::upload))
}
