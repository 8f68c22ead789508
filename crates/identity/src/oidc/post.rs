//! The one thing that the provider sends by itself: a form to an address that a client registered. No redirection is followed, and no answer is read.

use base::Fault;
use url::form_urlencoded::Serializer;

/// Sends a form. What is refused for good is given up; what may be better later is tried again.
pub(super) async fn form(address: &str, pairs: &[(&str, &str)]) -> Result<(), Fault> {
    let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let away = |cause: String| {
        Fault::unavailable("client_away", "The client could not be told that somebody signed out.")
            .cause(cause)
    };
    let posted = messaging::rest::post(address, "application/x-www-form-urlencoded", body.into_bytes()).await;
    match posted.map_err(away)? {
        200..=299 => Ok(()),
        // The token was understood and refused: another one says the same.
        400 => {
            Err(Fault::invalid("client_refused", "The client refused to be told that somebody signed out."))
        }
        status => Err(away(status.to_string())),
    }
}
