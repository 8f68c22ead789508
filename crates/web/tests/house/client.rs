//! A browser without a screen: keeps the cookie, finds the form token, sends forms.
#![allow(dead_code, clippy::unwrap_used)] // each user takes a part; a test that cannot go on has failed

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use tower::ServiceExt as _;

use super::{House, PASSWORD};

pub struct Client<'h> {
    house: &'h House,
    router: Router,
    pub cookie: Option<String>,
    /// The token of the last page.
    pub csrf: String,
    pub fragment: bool,
    language: &'static str,
}

/// What came back.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "no “{text}” in:\n{}", self.body);
        self
    }

    #[track_caller]
    pub fn lacks(&self, text: &str) -> &Self {
        assert!(!self.body.contains(text), "“{text}” in:\n{}", self.body);
        self
    }
}

impl<'h> Client<'h> {
    pub fn new(house: &'h House) -> Self {
        let router = web::router(house.app.clone());
        Self { house, router, cookie: None, csrf: String::new(), fragment: false, language: "fi-FI" }
    }

    /// Somebody signed in.
    pub fn of(house: &'h House, login: &str) -> Self {
        let mut client = Self::new(house);
        client.sign_in(login, PASSWORD).is(303);
        client.get("/console").is(200);
        client
    }

    pub fn sign_in(&mut self, login: &str, password: &str) -> Page {
        self.get("/console/sign-in");
        self.post("/console/sign-in", &[("login", login), ("password", password), ("next", "/console")])
    }

    pub fn get(&mut self, path: &str) -> Page {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap())
    }

    /// Sends a form with the token of the last page.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.csrf.clone();
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all)
    }

    /// Sends a form as it stands.
    pub fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(pairs.join("&"))).unwrap())
    }

    /// Uploads a file with the token of the last page.
    pub fn upload(&mut self, fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Page {
        let token = self.csrf.clone();
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        self.upload_bare(&all, name, bytes)
    }

    pub fn upload_bare(&mut self, fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Page {
        let mut body = Vec::new();
        for (field, value) in fields {
            body.extend(
                format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n")
                    .bytes(),
            );
        }
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n"
        );
        body.extend(head.bytes());
        body.extend_from_slice(bytes);
        body.extend(b"\r\n--edge--\r\n");
        let request = self
            .request(Method::POST, "/console/imports")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.send(request.body(Body::from(body)).unwrap())
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let mut request =
            Request::builder().method(method).uri(path).header(header::ACCEPT_LANGUAGE, self.language);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if self.fragment {
            request = request.header("x-fragment", "1");
        }
        request
    }

    pub fn send(&mut self, request: Request<Body>) -> Page {
        let router = self.router.clone();
        let (status, headers, body) = self.house.block(async move {
            let response = router.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, 16 * 1024 * 1024).await.unwrap();
            (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
        });
        for cookie in headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            if pair.starts_with("trunkline-session=") {
                self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
            }
        }
        for before in ["name=\"csrf-token\" content=\"", "name=\"csrf\" value=\""] {
            if let Some(token) = body.split(before).nth(1).and_then(|rest| rest.split('"').next()) {
                self.csrf = token.to_owned();
                break;
            }
        }
        Page { status, headers, body }
    }
}

pub fn encode(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}
