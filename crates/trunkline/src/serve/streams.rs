//! Live updates (server-sent events) never end by themselves; they end when the server is asked to stop, so that it can.

use axum::{
    body::Body,
    extract::{Request, State},
    http::header::CONTENT_TYPE,
    middleware::Next,
    response::Response,
};
use futures::StreamExt as _;
use tokio::sync::watch;

pub(super) async fn end_with_the_server(
    State(mut stopped): State<watch::Receiver<bool>>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return response;
    }
    let end = async move { super::until(&mut stopped).await };
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(Box::pin(end))))
}
