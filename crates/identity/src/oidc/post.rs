//! The one thing that the provider sends by itself: a form to an address that a client registered. No redirection is followed, and no answer is read.

use std::time::Duration;

use base::Fault;
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// How long a client may take to answer.
const ANSWER_SECONDS_MAX: Duration = Duration::from_secs(10);

/// Sends forms. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Post(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Post {
    /// Trusts whom the system trusts.
    pub fn new() -> Result<Self, Fault> {
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(Fault::internal)?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// What is refused for good is given up; what may be better later is tried again.
    pub async fn form(&self, address: &str, pairs: &[(&str, &str)]) -> Result<(), Fault> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = hyper::Request::post(address)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| Fault::invalid("logout_uri_malformed", "The client's address is none."))?;
        let away = |cause: String| {
            Fault::unavailable("client_away", "The client could not be told that somebody signed out.")
                .cause(cause)
        };
        let answered = tokio::time::timeout(ANSWER_SECONDS_MAX, self.0.request(request)).await;
        let response =
            answered.map_err(|late| away(late.to_string()))?.map_err(|error| away(error.to_string()))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            // The token was understood and refused: another one says the same.
            hyper::StatusCode::BAD_REQUEST => Err(Fault::invalid(
                "client_refused",
                "The client refused to be told that somebody signed out.",
            )),
            status => Err(away(status.to_string())),
        }
    }
}
