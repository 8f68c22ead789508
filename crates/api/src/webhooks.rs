//! `/webhooks/{provider}`: what providers of messages tell us (what we tell the shop's own programs is [`crate::v1::webhooks`]). Proved by their signatures, kept, and only then answered.

use app::App;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use base::{Actor, Fault};
use messaging::rest::{Incoming, Told};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Doors,
    problem::Answer,
    reading::{self, At},
};

pub(crate) fn router() -> OpenApiRouter<Doors> {
    OpenApiRouter::new().routes(routes!(tell, question))
}

/// A provider tells what became of messages, or what people wrote. Its signature must prove that it is it.
#[utoipa::path(post, path = "/webhooks/{provider}", tag = "providers",
    params(("provider" = String, Path, description = "The provider's name, as the configuration gives it.")), responses(
    (status = 200, description = "It is kept. What the provider wants to hear stands in the body."),
    (status = 401, description = "The signature does not prove that this comes from the provider.", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    (status = 404, description = "There is no provider of this name.", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    (status = 413, description = "The body is larger than is taken.", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    (status = 422, description = "It is nothing that the provider says.", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
))]
pub(crate) async fn tell(
    State(app): State<App>,
    At(provider): At<String>,
    request: Request,
) -> Answer<Response> {
    hear(&app, &provider, request).await
}

/// A provider asks whether we are who it thinks.
#[utoipa::path(get, path = "/webhooks/{provider}", tag = "providers",
    params(("provider" = String, Path, description = "The provider's name, as the configuration gives it.")), responses(
    (status = 200, description = "What it wants to hear."),
    (status = 401, description = "It does not know the word that was agreed on.", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    (status = 404, description = "There is no provider of this name.", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
))]
pub(crate) async fn question(
    State(app): State<App>,
    At(provider): At<String>,
    request: Request,
) -> Answer<Response> {
    hear(&app, &provider, request).await
}

async fn hear(app: &App, provider: &str, request: Request<Body>) -> Answer<Response> {
    // Who is not known is not read either.
    app.receiver(provider)?;
    let (parts, body) = request.into_parts();
    let body = reading::whole(body).await?;
    let told = understood(app, provider, &parts, &body)?;
    if !told.receipts.is_empty() {
        app.messages.receipts(&app.clock, told.receipts).await?;
    }
    if !told.inbound.is_empty() {
        let cx = app.cx(app.shop().await?.id, Actor::System("webhooks"));
        for inbound in told.inbound {
            app.messages.inbound(&cx, inbound).await?;
        }
    }
    let (kind, text) = told.answer.unwrap_or(("text/plain", String::new()));
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response())
}

fn understood(app: &App, provider: &str, parts: &Parts, body: &[u8]) -> Result<Told, Fault> {
    let query: Vec<(String, String)> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let incoming = Incoming {
        url: &address(app, &parts.uri, &parts.headers),
        is_question: parts.method == Method::GET,
        query: &query,
        header: &|name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned),
        body,
    };
    app.receiver(provider)?.receive(&incoming, app.clock.now())
}

/// The address as the provider wrote it: a proxy may have changed what arrives here.
fn address(app: &App, uri: &Uri, headers: &HeaderMap) -> String {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    match &app.config.public_url {
        Some(url) => format!("{}{path}", url.trim_end_matches('/')),
        None => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            format!("http://{host}{path}")
        }
    }
}
