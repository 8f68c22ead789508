//! A small blocking HTTP client for tests: it speaks JSON, shows redirects instead of following them, keeps cookies, and
//! fails with what the server said.

use reqwest::{
    Method,
    blocking::{Client, RequestBuilder},
    redirect::Policy,
};
use serde_json::Value;

/// A client of one server.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    base: String,
    key: Option<String>,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Http {
    /// # Panics
    /// Never in practice: a client without TLS has nothing to load.
    pub fn new(base: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).cookie_store(true).build();
        Self {
            client: client.expect("a client without TLS can always be made"),
            base: base.to_owned(),
            key: None,
        }
    }

    /// The same client, carrying an API key.
    #[must_use]
    pub fn with_key(&self, secret: &str) -> Self {
        Self { key: Some(secret.to_owned()), ..self.clone() }
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path))
    }

    /// As [`Http::get`], for those who expect that nobody answers.
    pub fn try_get(&self, path: &str) -> reqwest::Result<Answer> {
        answer(self.request(Method::GET, path))
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body))
    }

    /// The same for whoever must know that there was no answer.
    pub fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        answer(self.request(Method::POST, path).json(body))
    }

    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body))
    }

    #[track_caller]
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body))
    }

    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path))
    }

    /// As a browser sends a form.
    #[track_caller]
    pub fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(fields))
    }

    /// A body as it is, such as an order file.
    #[track_caller]
    pub fn post_bytes(&self, path: &str, content_type: &str, bytes: Vec<u8>) -> Answer {
        self.send(self.request(Method::POST, path).header("content-type", content_type).body(bytes))
    }

    /// For headers, multipart forms and all else: a request to be completed and handed to [`Http::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// # Panics
    /// When the server does not answer.
    #[track_caller]
    pub fn send(&self, request: RequestBuilder) -> Answer {
        answer(request).unwrap_or_else(|error| panic!("the server did not answer: {error:?}"))
    }
}

fn answer(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send()?;
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    Ok(Answer { status, headers, body: response.text()? })
}

impl Answer {
    /// The same answer, after making sure of its status.
    ///
    /// # Panics
    /// With the body, when the status is another.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "the server answered {}: {}", self.status, self.body);
        self
    }

    /// # Panics
    /// With the body, when it is no JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error} in an answer {}: {}", self.status, self.body))
    }

    /// Where it leads.
    ///
    /// # Panics
    /// When it leads nowhere.
    #[track_caller]
    pub fn location(&self) -> String {
        self.header("location").unwrap_or_else(|| panic!("{} leads nowhere", self.status)).to_owned()
    }

    /// The value of a hidden field of a page.
    ///
    /// # Panics
    /// With the page, when it has no such field.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let found = self.body.split_once(&format!("name=\"{name}\" value=\""));
        let (_, rest) = found.unwrap_or_else(|| panic!("no field {name} in: {}", self.body));
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// The first header of this name, written in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}
