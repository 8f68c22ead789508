//! One operator: its access tokens, kept until they end, and asking it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base::{Context, Secret, Timestamp};
use data_encoding::BASE64;
use outward::{Client, Reach, Request};
use serde::Deserialize;
use serde_json::Value;

use super::wire::{self, Operation};
use crate::{question::PhoneCode, settings::OperatorSettings, signal::Why};

/// Nobody waits for an answer for so long; it serves the next question.
const ANSWER: Duration = Duration::from_secs(10);
const ANSWER_OCTETS_MAX: usize = 64 * 1024;
/// A token is not used in the last seconds of its life.
const TOKEN_MARGIN_SECONDS: i64 = 10;
/// What a token's life is taken to be when nobody says.
const TOKEN_SECONDS: i64 = 60;
const TOKEN_SECONDS_MAX: i64 = 86_400;

/// An operator that has failed so often in a row is left alone for a while: whoever waits for it waits in vain.
const FAILURES_MAX: u32 = 5;
const PAUSE_MICROS: i64 = 30 * Timestamp::SECOND;

/// A token, and until when it serves.
struct Token {
    value: Secret<String>,
    until: Timestamp,
}

/// One place for each scope, held while its token is being asked for, so that one is asked for once.
type Tokens = Mutex<BTreeMap<&'static str, Arc<tokio::sync::Mutex<Option<Token>>>>>;

/// How the line to an operator has been lately.
#[derive(Debug, Default)]
struct Line {
    /// Failures since it last answered.
    failed: u32,
    not_before: Timestamp,
}

impl Line {
    /// Whether it may be asked now. Of a line that is down, one question in a while finds out whether it still is.
    fn may_ask(&mut self, now: Timestamp) -> bool {
        if self.failed < FAILURES_MAX {
            return true;
        }
        let is_time = now >= self.not_before;
        if is_time {
            self.not_before = now.plus_micros(PAUSE_MICROS);
        }
        is_time
    }

    fn note(&mut self, now: Timestamp, has_answered: bool) {
        if has_answered {
            self.failed = 0;
        } else {
            self.failed = self.failed.saturating_add(1);
            self.not_before = now.plus_micros(PAUSE_MICROS);
        }
    }
}

/// An operator.
pub(super) struct Operator {
    settings: OperatorSettings,
    client: Client,
    tokens: Tokens,
    /// To where tokens are had, and to where numbers are asked about: one may be down without the other.
    granting: Mutex<Line>,
    asking: Mutex<Line>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Operator({})", self.settings.name)
    }
}

/// What a token endpoint says.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<i64>,
}

impl Operator {
    pub fn new(settings: OperatorSettings) -> Self {
        let client = Client::new(Reach::Anywhere).within(ANSWER).reading(ANSWER_OCTETS_MAX);
        Self {
            settings,
            client,
            tokens: Tokens::default(),
            granting: Mutex::default(),
            asking: Mutex::default(),
        }
    }

    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// How much of the number names this operator; `None` when it is not asked about it.
    pub fn prefix_len(&self, e164: &str) -> Option<usize> {
        if self.settings.prefixes.is_empty() {
            return Some(0);
        }
        self.settings
            .prefixes
            .iter()
            .filter(|prefix| e164.starts_with(prefix.as_str()))
            .map(String::len)
            .max()
    }

    pub fn offers(&self, interface: &str) -> bool {
        self.settings.interfaces.is_empty() || self.settings.interfaces.contains_key(interface)
    }

    pub fn lifetime_micros(&self) -> i64 {
        i64::from(self.settings.lifetime_seconds) * Timestamp::SECOND
    }

    /// Asks about a number, as ourselves. A token that it no longer takes is asked for anew, once.
    pub async fn ask(&self, cx: &Context, operation: Operation, body: Value) -> Result<Value, Why> {
        for is_first in [true, false] {
            let token = self.token(cx, operation.scope()).await?;
            match self.post(cx, operation, (&token, &body)).await? {
                (200..=299, said) => return Ok(said),
                (401, _) if is_first => self.drop_token(operation.scope()).await,
                (status, _) => return Err(self.refused(operation, status)),
            }
        }
        Err(Why::Failed)
    }

    /// Has the operator say whether the phone that asks has the number: by a token for the code that the phone got, which serves once.
    pub async fn verify(&self, cx: &Context, phone: &PhoneCode, body: Value) -> Result<Value, Why> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", phone.code.reveal().as_str()),
            ("redirect_uri", phone.redirect_uri.as_str()),
        ];
        let granted = self.grant(cx, &form).await?;
        let token = Secret::new(granted.access_token);
        match self.post(cx, Operation::Verify, (&token, &body)).await? {
            (200..=299, said) => Ok(said),
            (status, _) => Err(self.refused(Operation::Verify, status)),
        }
    }

    fn refused(&self, operation: Operation, status: u16) -> Why {
        tracing::debug!(operator = self.name(), ?operation, status, "an operator said nothing of a number");
        wire::refusal(status)
    }

    async fn post(
        &self,
        cx: &Context,
        operation: Operation,
        (token, body): (&Secret<String>, &Value),
    ) -> Result<(u16, Value), Why> {
        let (interface, usual) = operation.interface();
        let before = self.settings.interfaces.get(interface).filter(|path| !path.is_empty());
        let base = self.settings.base_url.trim_end_matches('/');
        let before = before.map_or(usual, String::as_str).trim_matches('/');
        let request =
            Request::post(format!("{base}/{before}/{}", operation.path()), body.to_string().into_bytes())
                .header("content-type", "application/json")
                .header("accept", "application/json")
                .header("authorization", format!("Bearer {}", token.reveal()))
                .header("x-correlator", cx.new_id::<Self>().to_string());
        self.send(cx, &self.asking, request).await
    }

    async fn send(&self, cx: &Context, line: &Mutex<Line>, request: Request) -> Result<(u16, Value), Why> {
        let known = || line.lock().unwrap_or_else(PoisonError::into_inner);
        if !known().may_ask(cx.now()) {
            return Err(Why::Failed);
        }
        let sent = self.client.send(request).await;
        known().note(cx.now(), sent.as_ref().is_ok_and(|reply| reply.status < 500));
        match sent {
            Ok(reply) => Ok((reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())),
            Err(failed) => {
                tracing::warn!(operator = self.name(), %failed, "an operator could not be asked");
                Err(Why::Failed)
            }
        }
    }

    /// A token for a scope, asked for when there is none that still serves.
    async fn token(&self, cx: &Context, scope: &'static str) -> Result<Secret<String>, Why> {
        let place = self.place(scope);
        let mut held = place.lock().await;
        if let Some(token) = held.as_ref().filter(|token| token.until > cx.now()) {
            return Ok(token.value.clone());
        }
        let scopes = format!("{} {scope}", self.settings.purpose);
        let granted =
            self.grant(cx, &[("grant_type", "client_credentials"), ("scope", scopes.trim())]).await?;
        let seconds = granted.expires_in.unwrap_or(TOKEN_SECONDS).clamp(0, TOKEN_SECONDS_MAX);
        let until = cx.now().plus_micros((seconds - TOKEN_MARGIN_SECONDS).max(0) * Timestamp::SECOND);
        let value = Secret::new(granted.access_token);
        *held = Some(Token { value: value.clone(), until });
        Ok(value)
    }

    async fn drop_token(&self, scope: &'static str) {
        *self.place(scope).lock().await = None;
    }

    fn place(&self, scope: &'static str) -> Arc<tokio::sync::Mutex<Option<Token>>> {
        Arc::clone(self.tokens.lock().unwrap_or_else(PoisonError::into_inner).entry(scope).or_default())
    }

    /// Asks for a token, as the client that the operator knows.
    async fn grant(&self, cx: &Context, form: &[(&str, &str)]) -> Result<Granted, Why> {
        let plain = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let known =
            format!("{}:{}", plain(&self.settings.client_id), plain(self.settings.client_secret.reveal()));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post(self.settings.token_url.clone(), body.into_bytes())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .header("authorization", format!("Basic {}", BASE64.encode(known.as_bytes())));
        let (status, said) = self.send(cx, &self.granting, request).await?;
        if status != 200 {
            tracing::warn!(operator = self.name(), status, "an operator gave out no access token");
            return Err(Why::Failed);
        }
        serde_json::from_value(said).map_err(|_| Why::Failed)
    }
}
