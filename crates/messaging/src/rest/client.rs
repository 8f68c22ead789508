//! One request over HTTP/1.1, on a line of its own: enough for providers that are asked a few dozen times a second, and it knows what may have been sent.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Uri, client::conn::http1, header};
use hyper_util::rt::TokioIo;

use crate::line::{self, Trust};

/// What came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Why nothing came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Failed {
    /// There was no line to send it on.
    NotSent(String),
    /// It may have been read.
    Lost(String),
}

/// How long an answer may take: shorter than the sender waits for a provider.
const ANSWER: Duration = Duration::from_secs(20);
/// The longest answer that is read.
const ANSWER_OCTETS_MAX: usize = 256 * 1024;

/// Posts a body to an `http:` or `https:` address.
pub(super) async fn post(
    trust: &Trust,
    url: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Reply, Failed> {
    let not_sent = |error: &dyn std::fmt::Display| Failed::NotSent(error.to_string());
    let uri: Uri = url.parse().map_err(|error| not_sent(&error))?;
    let (host, is_https) = (uri.host().unwrap_or_default(), uri.scheme_str() != Some("http"));
    let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
    let line =
        line::open(&format!("{host}:{port}"), is_https, trust).await.map_err(|error| not_sent(&error))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(line)).await.map_err(|error| not_sent(&error))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map_or(host, |authority| authority.as_str());
    let mut request = Request::post(path).header(header::HOST, authority).header(header::CONNECTION, "close");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| not_sent(&error))?;
    let lost = |error: &dyn std::fmt::Display| Failed::Lost(error.to_string());
    let asked = async {
        let response = sender.send_request(request).await.map_err(|error| lost(&error))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_OCTETS_MAX)
            .collect()
            .await
            .map_err(|error| lost(&error))?;
        Ok(Reply { status, body: body.to_bytes().to_vec() })
    };
    let work = async {
        tokio::pin!(asked);
        tokio::select! {
            biased;
            reply = &mut asked => reply,
            // The line has done its work, or broke: either way what it has read is there to be asked for.
            _ = connection => asked.await,
        }
    };
    tokio::time::timeout(ANSWER, work).await.unwrap_or_else(|_| Err(lost(&"No answer came in time.")))
}
