//! A house with its doors for customers and clients, a browser that keeps cookies and fills in forms, and phones that receive codes.

use std::{collections::BTreeMap, sync::Arc};

use app::{App, Config};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use base::{Actor, Clock as _, Context, FrozenClock, Timestamp};
use identity::{
    ShopView,
    oidc::{ClientKind, NewClient, Scopes, Settings},
};
use numbering::PhoneNumber;
use serde_json::Value;
use tower::ServiceExt as _;

pub const ISSUER: &str = "http://127.0.0.1:9000/oidc/kivi";
pub const REDIRECT: &str = "https://client.example/callback";
/// A pair of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const AINO: &str = "+358401234567";

pub struct Porch {
    pub app: App,
    pub shop: ShopView,
    pub router: Router,
    clock: Arc<FrozenClock>,
    _folder: tempfile::TempDir,
}

impl Porch {
    /// On SQLite by the machine's own clock, for whoever looks at the time themselves; the runtime lives as long as the porch is used.
    pub fn live() -> (tokio::runtime::Runtime, Self) {
        let runtime = testkit::stories::runtime();
        let porch = runtime.block_on(Self::open(None));
        // A little behind, since each request moves it on: nothing is to happen in the future.
        let now = base::SystemClock.now().plus_micros(-60 * Timestamp::SECOND);
        porch.clock.advance_micros(now.as_micros() - porch.clock.now().as_micros());
        (runtime, porch)
    }

    pub async fn open(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data: folder.path().join("data"),
            database,
            database_connections_max: 4,
            shop: "kivi".to_owned(),
            test_mode: true,
            // However busy the machine is, everybody is waited for.
            risk: risk::Settings { wait_millis: 60_000, ..risk::Settings::default() },
            ..Config::default()
        };
        let clock = Arc::new(FrozenClock::at("2026-03-01T12:00:00Z".parse().unwrap()));
        let app = App::open_with(config, clock.clone()).await.unwrap();
        app.migrate().await.unwrap();
        let shop = app.shops.ensure("kivi", "Kivi & Kaari").await.unwrap();
        let router = api::router_with(app.clone(), web::router(app.clone()));
        Self { app, shop, router, clock, _folder: folder }
    }

    /// Serves everything on a free port of this machine, until the story ends; returns the address by this name of the machine. Passkeys need one.
    pub async fn serve(&self, name: &str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{name}:{}", listener.local_addr().unwrap().port());
        let router = self.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    pub fn cx(&self) -> Context {
        self.app.cx(self.shop.id, Actor::System("test"))
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance_micros(seconds * Timestamp::SECOND);
    }

    /// Does what waits: sends messages and runs jobs.
    pub async fn work(&self) {
        let sender = self.app.sender();
        sender.run_once().await.unwrap();
        while self.app.worker().run_once().await.unwrap() > 0 {}
    }

    /// What a phone received, newest first.
    pub async fn texts(&self, number: &str) -> Vec<String> {
        self.work().await;
        let number = PhoneNumber::from_e164(number).unwrap();
        let items = self.app.sandbox().unwrap().items(&self.cx(), number).await.unwrap();
        items.into_iter().map(|item| item.text).collect()
    }

    /// The code in the newest text that holds one.
    pub async fn code(&self, number: &str) -> String {
        let texts = self.texts(number).await;
        let code = texts.iter().find_map(|text| six_digits(text));
        code.unwrap_or_else(|| panic!("no code in {texts:?}"))
    }

    /// Where the newest link leads that a phone got, without the server's name.
    pub async fn link(&self, number: &str) -> String {
        let texts = self.texts(number).await;
        let mut words = texts.iter().flat_map(|text| text.split(' '));
        let link = words.find(|word| word.contains("/link/")).unwrap_or_else(|| panic!("{texts:?}"));
        let (_, rest) = link.split_once("://").unwrap();
        rest[rest.find('/').unwrap()..].to_owned()
    }

    pub async fn client(&self, kind: ClientKind, scopes: &str) -> NewClient {
        self.client_told_at(kind, scopes, None).await
    }

    /// One that asks people on their phones.
    pub async fn desk(&self, kind: ClientKind) -> Result<NewClient, base::Fault> {
        let settings = Settings {
            scopes: Scopes::known_in("openid phone"),
            backchannel_authentication: true,
            ..Settings::default()
        };
        self.app.clients.create(&self.cx(), "Support desk", kind, settings).await
    }

    /// One that is told at an address when somebody signs out.
    async fn client_told_at(&self, kind: ClientKind, scopes: &str, told_at: Option<&str>) -> NewClient {
        let settings = Settings {
            redirect_uris: vec![REDIRECT.to_owned()],
            post_logout_redirect_uris: vec!["https://client.example/bye".to_owned()],
            backchannel_logout_uri: told_at.map(str::to_owned),
            scopes: Scopes::known_in(scopes),
            backchannel_authentication: false,
        };
        self.app.clients.create(&self.cx(), "Web shop", kind, settings).await.unwrap()
    }
}

/// Six digits that stand alone.
pub fn six_digits(text: &str) -> Option<String> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    runs.filter(|run| run.len() == 6).map(str::to_owned).next()
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:?} {}", self.headers, self.body);
        self
    }

    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "no “{text}” in:\n{}", self.body);
        self
    }

    /// The value of a hidden field.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let rest =
            self.body.split_once(&mark).unwrap_or_else(|| panic!("no field {name} in:\n{}", self.body)).1;
        rest.split('"').next().unwrap().to_owned()
    }

    /// A parameter of the address that it leads to.
    #[track_caller]
    pub fn parameter(&self, name: &str) -> String {
        let (_, query) = self.location().split_once('?').unwrap_or_else(|| panic!("no query in {self:?}"));
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let found = pairs.into_iter().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.location())).1.into_owned()
    }
}

/// A browser without a screen.
pub struct Browser<'p> {
    pub porch: &'p Porch,
    pub cookies: BTreeMap<String, String>,
    pub language: &'static str,
    pub origin: String,
}

impl<'p> Browser<'p> {
    pub fn new(porch: &'p Porch) -> Self {
        Self::at(porch, "http://127.0.0.1:9000")
    }

    /// That knows the server by another name.
    pub fn at(porch: &'p Porch, origin: &str) -> Self {
        Self { porch, cookies: BTreeMap::new(), language: "en-FI", origin: origin.to_owned() }
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Page {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let host = self.origin.trim_start_matches("http://");
        let mut request = request.header(header::HOST, host).header(header::ACCEPT_LANGUAGE, self.language);
        request = request.header(
            header::USER_AGENT,
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        );
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        self.porch.advance(1);
        let page = read(self.porch.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()).await;
        for set in page.headers.get_all(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }

    /// Goes to an address, one of ours with or without the server's name.
    pub async fn get(&mut self, address: &str) -> Page {
        let path = address.strip_prefix(self.origin.as_str()).unwrap_or(address).to_owned();
        self.send(Request::get(path), Body::empty()).await
    }

    pub async fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let request =
            Request::post(address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(form.finish())).await
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// From the page that asks for a number to the page that asks for its code.
    pub async fn send_code(&mut self, page: &Page, number: &str) -> Page {
        let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
        let fields = [("csrf", csrf.as_str()), ("request", &request), ("number", number)];
        let sent = self.post("/account/kivi/sign-in", &fields).await.is(303);
        self.get(sent.location()).await.is(200)
    }

    /// Types a code.
    pub async fn type_code(&mut self, page: &Page, code: &str) -> Page {
        let (csrf, request, ticket) = (page.hidden("csrf"), page.hidden("request"), page.hidden("ticket"));
        let fields = [("csrf", csrf.as_str()), ("request", &request), ("ticket", &ticket), ("code", code)];
        self.post("/account/kivi/code", &fields).await
    }

    /// Signs in with the code that the phone got; where it leads to.
    pub async fn sign_in_from(&mut self, address: &str, number: &str) -> Page {
        let page = self.get(address).await.is(200);
        let page = self.send_code(&page, number).await;
        let code = self.porch.code(number).await;
        self.type_code(&page, &code).await.is(303)
    }

    pub async fn sign_in(&mut self, number: &str) -> Page {
        self.sign_in_from("/account/kivi/sign-in", number).await
    }
}

async fn read(response: axum::response::Response) -> Page {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Page { status: parts.status, headers: parts.headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// A client's own requests.
pub struct Program<'p> {
    pub porch: &'p Porch,
    pub id: String,
    pub secret: Option<String>,
}

impl<'p> Program<'p> {
    pub async fn new(porch: &'p Porch, scopes: &str) -> Self {
        Self::of(porch, porch.client(ClientKind::Confidential, scopes).await)
    }

    pub async fn told_at(porch: &'p Porch, scopes: &str, address: &str) -> Self {
        Self::of(porch, porch.client_told_at(ClientKind::Confidential, scopes, Some(address)).await)
    }

    pub fn of(porch: &'p Porch, new: NewClient) -> Self {
        Self {
            porch,
            id: new.client.id.to_string(),
            secret: new.secret.map(|secret| secret.reveal().clone()),
        }
    }

    /// The address to which it sends a browser.
    pub fn authorize(&self, more: &[(&str, &str)]) -> String {
        let mut pairs = vec![
            ("client_id", self.id.as_str()),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", "openid phone offline_access"),
            ("state", "s-1"),
            ("nonce", "n-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        pairs.retain(|(name, _)| more.iter().all(|(changed, _)| changed != name));
        pairs.extend(more.iter().filter(|(_, value)| !value.is_empty()));
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        format!("/oidc/kivi/authorize?{}", form.finish())
    }

    pub async fn post(&self, name: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", &self.id);
        if let Some(secret) = &self.secret {
            form.append_pair("client_secret", secret);
        }
        form.extend_pairs(fields);
        let request = Request::post(format!("/oidc/kivi/{name}"))
            .header(header::HOST, "127.0.0.1:9000")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.porch.advance(1);
        let request = request.body(Body::from(form.finish())).unwrap();
        read(self.porch.router.clone().oneshot(request).await.unwrap()).await
    }

    pub async fn exchange(&self, code: &str) -> Page {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        self.post("token", &fields).await
    }

    pub async fn refresh(&self, token: &str) -> Page {
        self.post("token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub async fn is_active(&self, token: &str) -> bool {
        self.post("introspect", &[("token", token)]).await.is(200).json()["active"] == true
    }

    pub async fn userinfo(&self, token: &str) -> Page {
        let request =
            Request::get("/oidc/kivi/userinfo").header(header::AUTHORIZATION, format!("Bearer {token}"));
        read(self.porch.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()).await
    }
}

/// The claims of a token, as they stand in it.
pub fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(body.as_bytes()).unwrap()).unwrap()
}
