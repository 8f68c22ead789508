//! Who is asking: the key of the `Authorization` header, proved once for all of `/v1`, and what it may do, said in each handler's signature.

use std::ops::Deref;

use app::App;
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use base::{Actor, Context, Fault, FaultKind};
use identity::{ApiKey, Scope, forbidden};

use crate::problem::{Answer, Problem};

/// A program with a key, and the circumstances of what it asks for.
#[derive(Clone, Debug)]
pub struct Caller {
    pub cx: Context,
    pub key: ApiKey,
}

impl Caller {
    pub fn may(&self, scope: Scope) -> bool {
        self.key.may(scope)
    }

    /// Refused unless the key has the scope.
    pub fn needs(&self, scope: Scope) -> Result<(), Fault> {
        if self.may(scope) { Ok(()) } else { Err(forbidden(scope)) }
    }
}

/// A caller whose key has a scope. The scope stands in the handler's signature, so a handler that forgets it has no context to work with.
#[derive(Clone, Debug)]
pub struct With<const SCOPE: u8>(pub Caller);

pub type ReadsNumbers = With<{ Scope::NumbersRead as u8 }>;
pub type ReadsCustomers = With<{ Scope::CustomersRead as u8 }>;
pub type WritesCustomers = With<{ Scope::CustomersWrite as u8 }>;
pub type RevealsCustomers = With<{ Scope::CustomersReveal as u8 }>;
pub type ErasesCustomers = With<{ Scope::CustomersErase as u8 }>;
pub type ReadsOrders = With<{ Scope::OrdersRead as u8 }>;
pub type ReadsImports = With<{ Scope::ImportsRead as u8 }>;
pub type WritesImports = With<{ Scope::ImportsWrite as u8 }>;
pub type ReadsReviews = With<{ Scope::ReviewsRead as u8 }>;
pub type WritesReviews = With<{ Scope::ReviewsWrite as u8 }>;
pub type ManagesClients = With<{ Scope::ClientsManage as u8 }>;
pub type ReadsWebhooks = With<{ Scope::WebhooksRead as u8 }>;
pub type ManagesWebhooks = With<{ Scope::WebhooksManage as u8 }>;
pub type ReadsAudit = With<{ Scope::AuditRead as u8 }>;
pub type ReadsVerifications = With<{ Scope::VerificationsRead as u8 }>;
pub type WritesVerifications = With<{ Scope::VerificationsWrite as u8 }>;
pub type ReadsRisk = With<{ Scope::RiskRead as u8 }>;
pub type AssessesRisk = With<{ Scope::RiskAssess as u8 }>;
pub type WritesRules = With<{ Scope::RiskRules as u8 }>;
pub type SendsMessages = With<{ Scope::Messages as u8 }>;
pub type UsesSandbox = With<{ Scope::Sandbox as u8 }>;

impl<const SCOPE: u8> Deref for With<SCOPE> {
    type Target = Context;
    fn deref(&self) -> &Context {
        &self.0.cx
    }
}

impl<S: Sync, const SCOPE: u8> FromRequestParts<S> for With<SCOPE> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let caller = parts
            .extensions
            .get::<Caller>()
            .ok_or_else(|| Fault::internal("a route outside of authentication"))?;
        let scope = Scope::ALL.iter().copied().find(|scope| *scope as u8 == SCOPE);
        caller.needs(scope.ok_or_else(|| Fault::internal("a scope that is none"))?)?;
        Ok(Self(caller.clone()))
    }
}

/// Proves the key, and notes whose it is with the request.
pub(crate) async fn authenticate(app: &App, request: &mut Request) -> Answer<()> {
    let caller = caller(app, request.headers()).await?;
    request.extensions_mut().insert(caller);
    Ok(())
}

async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Fault> {
    let missing = || {
        let message = "Send an API key: Authorization: Bearer tlk_… (made by `trunkline key create`).";
        Fault::new(FaultKind::Unauthenticated, "key_missing", message)
    };
    let header =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, secret) = header.split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing());
    }
    let key = app.keys.authenticate(secret.trim()).await?;
    let actor = Actor::Key { id: key.id.to_string(), name: key.name.clone() };
    Ok(Caller { cx: app.cx(key.shop, actor), key })
}
