//! How much at once and for how long: requests and uploads in hand, seconds to an answer. What is too much is told at once and not queued.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base::Fault;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Doors, problem::Problem};

/// Requests in hand at once.
const REQUESTS_MAX: usize = 512;
/// Uploads in hand at once: each has a thread of its own.
const UPLOADS_MAX: usize = 8;
/// Until a request must be answered. Uploads are bounded by their pauses instead.
const ANSWER_SECONDS_MAX: u64 = 30;

/// What is left of the capacity.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    requests: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
}

impl Limits {
    pub fn new() -> Self {
        Self {
            requests: Arc::new(Semaphore::new(REQUESTS_MAX)),
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
        }
    }

    /// Room for one more upload, until it is dropped.
    pub fn upload(&self) -> Result<OwnedSemaphorePermit, Fault> {
        Arc::clone(&self.uploads).try_acquire_owned().map_err(|_| busy())
    }
}

fn busy() -> Fault {
    Fault::unavailable("server_busy", "Too many requests are running; try again in a moment.")
}

/// For all that answers programs.
pub(crate) async fn capacity(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    with_room(&doors, next.run(request)).await
}

/// The answer, if there is room for one more request.
pub(crate) async fn with_room(doors: &Doors, answer: impl Future<Output = Response>) -> Response {
    let Ok(_room) = doors.limits.requests.try_acquire() else { return Problem::from(busy()).into_response() };
    let mut response = answer.await;
    // Answers hold personal data or are soon out of date.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    response.headers_mut().entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    response
}

/// For every route but uploads.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    within_time(next.run(request)).await
}

/// The answer, if it comes in time.
pub(crate) async fn within_time(answer: impl Future<Output = Response>) -> Response {
    let answered = tokio::time::timeout(Duration::from_secs(ANSWER_SECONDS_MAX), answer).await;
    answered.unwrap_or_else(|_| {
        let message = "The answer took too long. A write may or may not have happened: send it again with the same Idempotency-Key.";
        Problem::from(Fault::unavailable("request_timeout", message)).into_response()
    })
}
