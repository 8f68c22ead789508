//! The one thing that the provider sends by itself: a form to an address that a client registered. No redirection is followed, and no answer is read.

use base::Fault;
use outward::{Client, Request};
use url::form_urlencoded::Serializer;

/// Sends a form. What is refused for good is given up; what may be better later is tried again.
pub(super) async fn form(client: &Client, address: &str, pairs: &[(&str, &str)]) -> Result<(), Fault> {
    let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let away = |cause: String| {
        Fault::unavailable("client_away", "The client could not be told that somebody signed out.")
            .cause(cause)
    };
    let request =
        Request::post(address, body.into_bytes()).header("content-type", "application/x-www-form-urlencoded");
    let reply = client.send(request).await.map_err(|failed| away(failed.to_string()))?;
    match reply.status {
        200..=299 => Ok(()),
        // The token was understood and refused: another one says the same.
        400 => {
            Err(Fault::invalid("client_refused", "The client refused to be told that somebody signed out."))
        }
        status => Err(away(status.to_string())),
    }
}
