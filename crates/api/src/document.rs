//! The API's description: OpenAPI 3.1 gathered from the handlers, what holds for every operation added once, and an interactive page over it.

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware::map_response,
    response::Response,
};
use utoipa::{
    OpenApi as _,
    openapi::{
        ContentBuilder, HttpMethod, ObjectBuilder, OpenApi, Ref, RefOr, Required, Response as Described,
        ResponseBuilder, Type,
        path::{Operation, ParameterBuilder, ParameterIn},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

mod events;

use crate::{described, problem::ProblemBody};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Trunkline",
        description = "The phone number as the customer key: order files in, one true customer per person out.\n\n\
            Every call below `/v1` needs an API key with the scope that the operation names: `Authorization: Bearer tlk_…`. \
            Failures are problems (RFC 9457) with a stable `code`. Lists come in pages: pass `next` as `after` to read on. \
            Numbers and e-mail addresses are masked unless they are revealed with a reason, which the audit trail keeps.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(ProblemBody<'static>)),
    tags(
        (name = "numbers", description = "What a number is, and what the shop knows of it."),
        (name = "customers", description = "People known to the shop: register, find, look at, correct."),
        (name = "acts", description = "What was said about who is who, and taking it back."),
        (name = "orders", description = "Shopping history across all sources."),
        (name = "imports", description = "Order files in."),
        (name = "reviews", description = "Doubts that a person decides."),
        (name = "messages", description = "Messages to numbers, and what became of them."),
        (name = "sandbox", description = "The carrier in the box: its phones and what they got. In test mode only."),
        (name = "verifications", description = "Proofs that somebody holds a number: codes sent and checked, their limits and budgets."),
        (name = "webhooks", description = "Where the shop's own programs are told of what happens, and how that went."),
        (name = "providers", description = "What providers of messages tell us."),
        (name = "risk", description = "What may be known of numbers, what the rules decide by it, and why."),
        (name = "audit", description = "Who did what to whom and why; chained, so that a change shows."),
        (name = "clients", description = "Programs that sign people in through the shop's OpenID Connect provider, which `/oidc/{shop}/.well-known/openid-configuration` describes."),
        (name = "counts", description = "Figures of the shop."),
        (name = "operation", description = "For those who run the server."),
    )
)]
struct Head;

/// The description without its operations.
pub(crate) fn head() -> OpenApi {
    let mut document = Head::openapi();
    let components = document.components.get_or_insert_default();
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("tlk_…")
        .description(Some("An API key, shown once when `trunkline key create` makes it. What it may do is said by its scopes."))
        .build();
    components.add_security_scheme("key", SecurityScheme::Http(key));
    for (name, description) in PROBLEMS {
        components.responses.insert((*name).to_owned(), RefOr::T(problem(description)));
    }
    document
}

/// The whole description.
pub fn openapi() -> OpenApi {
    let mut document = described().into_openapi();
    document.webhooks = Some(events::webhooks());
    for (path, item) in &mut document.paths.paths {
        if path.starts_with("/v1/") || path.starts_with("/sandbox/") {
            item.get.iter_mut().for_each(|operation| add_to_every(operation, HttpMethod::Get, path));
            item.post.iter_mut().for_each(|operation| add_to_every(operation, HttpMethod::Post, path));
        } else if path == "/readyz" || path == "/metrics" {
            let unavailable = RefOr::Ref(Ref::from_response_name("Unavailable"));
            item.get.iter_mut().for_each(|operation| {
                drop(operation.responses.responses.insert("503".to_owned(), unavailable.clone()))
            });
        }
    }
    document
}

/// Problems by the name of their description.
const PROBLEMS: &[(&str, &str)] = &[
    ("Malformed", "The body is not JSON, or an upload broke off."),
    ("Unauthenticated", "No key, or one that is not known or was revoked."),
    ("Forbidden", "The key lacks the scope that the operation needs."),
    ("Unknown", "There is no such thing in this shop."),
    ("Conflict", "It does not fit the state things are in; `code` says how."),
    ("TooLarge", "The body is larger than is taken."),
    ("Invalid", "What was asked makes no sense as written; `field` says where."),
    ("Internal", "Our mistake; quote `request_id`."),
    ("Unavailable", "Something needed is not there now, or too much is going on; try again."),
];

fn problem(description: &str) -> Described {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content("application/problem+json", body).build()
}

/// What every operation of `/v1` may answer, and what every POST understands.
fn add_to_every(operation: &mut Operation, method: HttpMethod, path: &str) {
    let mut statuses = vec![
        ("401", "Unauthenticated"),
        ("403", "Forbidden"),
        ("422", "Invalid"),
        ("500", "Internal"),
        ("503", "Unavailable"),
    ];
    if path.contains('{') {
        statuses.push(("404", "Unknown"));
    }
    if method == HttpMethod::Post {
        statuses.extend([("400", "Malformed"), ("409", "Conflict"), ("413", "TooLarge")]);
        if path != "/v1/imports" && !path.starts_with("/sandbox/") {
            operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
        }
    }
    for (status, name) in statuses {
        let response = RefOr::Ref(Ref::from_response_name(name));
        operation.responses.responses.entry(status.to_owned()).or_insert(response);
    }
}

fn idempotency_key() -> utoipa::openapi::path::Parameter {
    let text =
        ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(200)).build();
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Send the same key again to get the first answer again instead of doing it twice. Kept for a day."))
        .schema(Some(text))
        .build()
}

/// What the interactive page may load: only what this server has.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// `/openapi.json` and `/docs`.
pub(crate) fn pages() -> Router {
    // Without a validator: the page would ask a server elsewhere.
    let config = Config::from("/openapi.json")
        .validator_url("none")
        .try_it_out_enabled(true)
        .persist_authorization(false);
    let pages: Router = SwaggerUi::new("/docs").url("/openapi.json", openapi()).config(config).into();
    pages.layer(map_response(async |mut response: Response| {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
        response
    }))
}
