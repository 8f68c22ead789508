//! One request over HTTP/1.1, on a line of its own. No redirection is followed.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    HeaderMap, Method, Uri,
    body::Incoming,
    client::conn::http1,
    header::{self, HeaderValue},
};
use hyper_util::rt::TokioIo;

use crate::{
    Reach,
    line::{self, Line, Trust},
};

/// What is asked. Printing it for debugging shows neither headers nor body.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// For an `http:` or `https:` address.
    pub fn get(url: impl Into<String>) -> Self {
        Self { method: Method::GET, url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn post(url: impl Into<String>, body: Vec<u8>) -> Self {
        Self { method: Method::POST, url: url.into(), headers: Vec::new(), body }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method, self.url)
    }
}

/// What came back.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    /// How long whoever answered asks to be left alone (`Retry-After`, RFC 9110, 10.2.3).
    pub retry_after: Option<Duration>,
}

impl Reply {
    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Why nothing came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failed {
    /// The address leads where it must not.
    Forbidden(IpAddr),
    /// There was no line to send it on.
    NotSent(String),
    /// It may have been read.
    Lost(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(address) => write!(f, "{address} is not an address of the public Internet"),
            Self::NotSent(reason) | Self::Lost(reason) => f.write_str(reason),
        }
    }
}

/// How long an answer may take, unless said otherwise.
const ANSWER: Duration = Duration::from_secs(20);
/// The longest answer that is read, unless said otherwise.
const ANSWER_OCTETS_MAX: usize = 256 * 1024;

/// Who asks, and how much they bear with.
#[derive(Clone, Debug)]
pub struct Client {
    trust: Arc<Trust>,
    reach: Reach,
    answer: Duration,
    answer_octets_max: usize,
    is_cut: bool,
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Reach::Anywhere)
    }
}

impl Client {
    pub fn new(reach: Reach) -> Self {
        Self {
            trust: Arc::default(),
            reach,
            answer: ANSWER,
            answer_octets_max: ANSWER_OCTETS_MAX,
            is_cut: false,
        }
    }

    /// How long an answer may take, from the first attempt to connect.
    #[must_use]
    pub fn within(self, answer: Duration) -> Self {
        Self { answer, ..self }
    }

    /// The longest answer that is read; a longer one is none.
    #[must_use]
    pub fn reading(self, answer_octets_max: usize) -> Self {
        Self { answer_octets_max, ..self }
    }

    /// How much of an answer is read, where its status says all: the rest is left where it is, and an answer that breaks off is one all the same.
    #[must_use]
    pub fn beginning(self, answer_octets_max: usize) -> Self {
        Self { answer_octets_max, is_cut: true, ..self }
    }

    /// By which certificates servers prove their names.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust: Arc::new(trust), ..self }
    }

    pub async fn send(&self, request: Request) -> Result<Reply, Failed> {
        let until = tokio::time::Instant::now() + self.answer;
        let uri: Uri = request.url.parse().map_err(|error| not_sent(&error))?;
        let connecting = tokio::time::timeout_at(until, self.connect(&uri));
        let line = connecting.await.unwrap_or_else(|_| Err(not_sent(&"no connection in time")))?;
        let asked = tokio::time::timeout_at(until, self.ask(line, &uri, request));
        asked.await.unwrap_or_else(|_| Err(lost(&"no answer came in time")))
    }

    async fn connect(&self, uri: &Uri) -> Result<Box<dyn Line>, Failed> {
        let is_encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(not_sent(&"the address is neither http nor https")),
        };
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        line::connect(&self.reach, (host, port), is_encrypted, &self.trust).await
    }

    async fn ask(&self, line: Box<dyn Line>, uri: &Uri, request: Request) -> Result<Reply, Failed> {
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(line)).await.map_err(|error| not_sent(&error))?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let mut asked = hyper::Request::builder().method(request.method).uri(path);
        asked = asked.header(header::HOST, authority).header(header::CONNECTION, "close");
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        let asked = asked.body(Full::new(Bytes::from(request.body))).map_err(|error| not_sent(&error))?;
        let answer = async {
            let response = sender.send_request(asked).await.map_err(|error| lost(&error))?;
            let status = response.status().as_u16();
            let retry_after = retry_after(response.headers());
            let body = if self.is_cut {
                beginning(response.into_body(), self.answer_octets_max).await
            } else {
                let whole = Limited::new(response.into_body(), self.answer_octets_max).collect().await;
                whole.map_err(|error| lost(&error))?.to_bytes().to_vec()
            };
            Ok(Reply { status, body, retry_after })
        };
        tokio::pin!(answer);
        tokio::select! {
            biased;
            reply = &mut answer => reply,
            // The line has done its work, or broke: either way what it has read is there to be asked for.
            _ = connection => answer.await,
        }
    }
}

/// Seconds, or a moment by the answerer's own clock, which the same answer tells.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let asked = text(header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = |text| httpdate::parse_http_date(text).ok();
    moment(asked)?.duration_since(moment(text(header::DATE)?)?).ok()
}

async fn beginning(mut body: Incoming, octets_max: usize) -> Vec<u8> {
    let mut read = Vec::new();
    while read.len() < octets_max
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Ok(octets) = frame.into_data() {
            read.extend_from_slice(&octets);
        }
    }
    read.truncate(octets_max);
    read
}

fn not_sent(error: &dyn fmt::Display) -> Failed {
    Failed::NotSent(error.to_string())
}

fn lost(error: &dyn fmt::Display) -> Failed {
    Failed::Lost(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_asked_for_in_seconds_or_until_a_moment() {
        let date = "Fri, 27 Nov 2026 03:00:00 GMT";
        for (asked, date, expected) in [
            (Some("120"), None, Some(120)),
            (Some(" 0 "), None, Some(0)),
            (Some("Fri, 27 Nov 2026 03:05:00 GMT"), Some(date), Some(300)),
            (Some("Fri, 27 Nov 2026 02:00:00 GMT"), Some(date), None),
            (Some("Fri, 27 Nov 2026 03:05:00 GMT"), None, None),
            (Some("-5"), Some(date), None),
            (Some("soon"), Some(date), None),
            (None, Some(date), None),
        ] {
            let mut headers = HeaderMap::new();
            asked.map(|value| headers.insert(header::RETRY_AFTER, HeaderValue::from_static(value)));
            date.map(|value| headers.insert(header::DATE, HeaderValue::from_static(value)));
            assert_eq!(retry_after(&headers), expected.map(Duration::from_secs), "{asked:?} at {date:?}");
        }
    }
}
