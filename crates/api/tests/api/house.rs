//! A house to knock at: an application on a fresh database, its router, and keys. Its clock stands still and moves a second with each request.

use std::{sync::Arc, time::Duration};

use app::{App, Config};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
};
use base::{Actor, Context, FrozenClock, Secret, ShopId};
use identity::Scope;
use messaging::{Settings, rest::PlainSettings};
use serde_json::Value;
use tower::ServiceExt as _;

/// By which a provider of messages proves itself to this house.
pub const GATEWAY_SECRET: &str = "gateway secret";

pub struct House {
    pub app: App,
    pub router: Router,
    clock: Arc<FrozenClock>,
    _folder: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem of an answer that must have this status and code.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/errors/{code}"));
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(problem["request_id"].as_str().unwrap(), self.headers["x-request-id"]);
        problem
    }
}

impl House {
    pub async fn open(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gateway = PlainSettings {
            name: "gateway".to_owned(),
            secret: Secret::new(GATEWAY_SECRET.to_owned()),
            ..PlainSettings::default()
        };
        let config = Config {
            data: folder.path().join("data"),
            database,
            database_connections_max: 4,
            upload_bytes_max: 1024 * 1024,
            test_mode: true,
            messaging: Settings { http: vec![gateway], ..Settings::default() },
            // However busy the machine is, everybody is waited for.
            risk: risk::Settings { wait_millis: 60_000, ..risk::Settings::default() },
            ..Config::default()
        };
        let clock = Arc::new(FrozenClock::at("2024-03-01T12:00:00Z".parse().unwrap()));
        let app = App::open_with(config, clock.clone()).await.unwrap();
        app.migrate().await.unwrap();
        let router = api::router(app.clone());
        Self { app, router, clock, _folder: folder }
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance_micros(i64::try_from(by.as_micros()).unwrap());
    }

    pub fn cx(&self, shop: ShopId) -> Context {
        self.app.cx(shop, Actor::System("test"))
    }

    pub async fn shop(&self, slug: &str) -> ShopId {
        self.app.shops.ensure(slug, slug).await.unwrap().id
    }

    /// A program with a key of the shop.
    pub async fn program(&self, slug: &str, scopes: &[Scope]) -> Program<'_> {
        let shop = self.shop(slug).await;
        let key = self.app.keys.create(&self.cx(shop), "till", scopes).await.unwrap();
        Program { house: self, secret: key.secret.reveal().clone(), key: key.key }
    }

    /// A program that may do everything.
    pub async fn owner(&self) -> Program<'_> {
        self.program("main", Scope::ALL).await
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        self.advance(Duration::from_secs(1));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Runs the jobs and sends the messages that are due, until there are none.
    pub async fn work(&self) {
        while self.app.worker().run_once().await.unwrap() > 0 {}
        self.app.sender().run_once().await.unwrap();
        self.app.sandbox().unwrap().tell_receipts().await.unwrap();
    }
}

pub struct Program<'a> {
    pub house: &'a House,
    pub secret: String,
    pub key: identity::ApiKey,
}

impl Program<'_> {
    pub fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.secret))
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.house.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, body).await
    }

    pub async fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        let request = self.request(method, path).header(header::CONTENT_TYPE, "application/json");
        self.house.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Reply {
        let request = self.request("POST", path).header(header::CONTENT_TYPE, "application/json");
        let request = request.header("idempotency-key", HeaderValue::from_str(key).unwrap());
        self.house.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Registers somebody; returns their id.
    pub async fn register(&self, body: &Value) -> String {
        let reply = self.post("/v1/customers", body).await;
        assert!(reply.status.is_success(), "{}", reply.text);
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    /// Imports a file and has it worked on; returns the import.
    pub async fn import(&self, query: &str, file: &str) -> Value {
        let request =
            self.request("POST", &format!("/v1/imports?{query}")).body(Body::from(file.to_owned())).unwrap();
        let queued = self.house.send(request).await;
        queued.expect(202);
        self.house.work().await;
        self.get(queued.headers["location"].to_str().unwrap()).await.expect(200)
    }
}

/// The ids of the items of a page.
pub fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}
