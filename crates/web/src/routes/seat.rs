//! Who sits at the console: the member of staff behind the session cookie, and forms that are proved to be theirs.

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use base::{Actor, Context, Fault, FaultKind, PageRequest, ShopId};
use identity::{Scope, ShopView, StaffView};

use super::{
    Desk, Waiting, mapping,
    refusal::{Refusal, wants_fragment},
    region::{self, Regions},
};
use crate::{
    components::{
        notice::Notice,
        shell::{Leave, Shell},
    },
    console::search::encode,
    personal::Personal,
    safety,
    session::{self, CSRF_FIELD, CSRF_HEADER, Token},
};

/// Somebody signed in, at work in their shop.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub desk: Desk,
    pub staff: StaffView,
    pub shop: ShopView,
    /// The circumstances of whatever they do now.
    pub cx: Context,
    pub token: Token,
    /// The country whose national spellings they use, as far as the browser says.
    pub region: Regions,
    /// The name by which the browser knows us.
    pub host: Option<String>,
    /// The script asks, and wants a fragment.
    pub fragment: bool,
}

impl FromRequestParts<Desk> for Seat {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Refusal> {
        let token = token_of(&parts.headers, desk).filter(|token| !token.is_visitor());
        let token =
            token.ok_or_else(|| Fault::new(FaultKind::Unauthenticated, "not_signed_in", "Sign in first."))?;
        let staff = desk.app.staff.session(token.reveal(), desk.app.clock.now()).await?.staff;
        let actor = Actor::Staff { id: staff.id.to_string(), name: staff.name.clone() };
        Ok(Self {
            shop: shop_of(desk, staff.shop).await?,
            cx: desk.app.cx(staff.shop, actor),
            desk: desk.clone(),
            staff,
            token,
            region: region::of_browser(&parts.headers),
            host: parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned),
            fragment: wants_fragment(&parts.headers),
        })
    }
}

async fn shop_of(desk: &Desk, id: ShopId) -> Result<ShopView, Fault> {
    let shops = desk.app.shops.list().await?;
    shops
        .into_iter()
        .find(|shop| shop.id == id)
        .ok_or_else(|| Fault::internal("a session of a shop that is not there"))
}

/// The token in the cookie, whether anybody is behind it or not.
pub(crate) fn token_of(headers: &HeaderMap, desk: &Desk) -> Option<Token> {
    let mut cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    // Browsers send one header; were there more, they count as one.
    let all =
        cookies.next().map(|first| cookies.fold(first.to_owned(), |all, next| format!("{all}; {next}")))?;
    session::from_cookies(&all, desk.transport)
}

impl Seat {
    /// Refuses who lacks the scope.
    pub fn demand(&self, scope: Scope) -> Result<(), Fault> {
        if self.may(scope) { Ok(()) } else { Err(identity::forbidden(scope)) }
    }

    pub fn may(&self, scope: Scope) -> bool {
        self.staff.role.may(scope)
    }

    /// What every page knows.
    pub async fn shell(&self) -> Result<Shell, Fault> {
        let waiting = self.waiting().await?;
        Ok(Shell {
            shop: self.shop.name.clone(),
            staff: Personal::new(&self.staff.name),
            role: mapping::role_words(self.staff.role).0.to_owned(),
            leave: Leave {
                act: self.may(Scope::CustomersWrite) && self.may(Scope::ReviewsWrite),
                import: self.may(Scope::ImportsWrite),
                imports: self.may(Scope::ImportsRead),
                reveal: self.may(Scope::CustomersReveal),
                audit: self.may(Scope::AuditRead),
                messages: self.may(Scope::Messages),
                proofs: self.may(Scope::VerificationsRead),
                verify: self.may(Scope::VerificationsWrite) && self.may(Scope::CustomersRead),
                risk: self.may(Scope::RiskRead),
                sandbox: self.may(Scope::Sandbox) && self.desk.app.config.test_mode,
                manage: self.may(Scope::AccessManage),
                clients: self.may(Scope::ClientsManage),
                webhooks: self.may(Scope::WebhooksRead),
            },
            csrf: self.desk.csrf.token(&self.token, &mut rand::rng()),
            reviews_open: waiting.reviews_open,
            imports_running: waiting.imports_running,
            notices: Vec::new(),
            query: Personal::default(),
        })
    }

    pub async fn shell_with(&self, notices: Vec<Notice>) -> Result<Shell, Fault> {
        Ok(Shell { notices, ..self.shell().await? })
    }

    async fn waiting(&self) -> Result<Waiting, Fault> {
        if let Some(known) = self.desk.known_waiting(self.cx.shop, self.cx.now()) {
            return Ok(known);
        }
        let reviews_open = self.desk.app.customers.reviews_open(&self.cx).await?;
        let recent = self.desk.app.imports.list(&self.cx, &PageRequest::new(Some(20), None)).await?;
        let running = recent.items.iter().filter(|import| mapping::import_state(import).is_live()).count();
        let waiting = Waiting { reviews_open, imports_running: running as u64 };
        self.desk.know_waiting(self.cx.shop, self.cx.now(), waiting);
        Ok(waiting)
    }

    /// Whether a token proves that a form is of this session.
    pub fn proves(&self, token: &str) -> bool {
        self.desk.csrf.verifies(&self.token, token)
    }
}

/// Said of a form that is not proved to be ours.
pub(crate) fn forged() -> Fault {
    Fault::forbidden(
        "form_not_ours",
        "This form did not come from your own session. Load the page again and repeat it.",
    )
}

/// A form that somebody signed in sent from a page of ours.
#[derive(Debug)]
pub(crate) struct Posted {
    pub seat: Seat,
    pub fields: Fields,
}

/// Fields of a form. What people type may be personal, so `Debug` shows the names only.
#[derive(Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default().trim()
    }

    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Those of an address.
    pub const fn of_address(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    pub fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    pub fn push(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }

    /// Fields whose names begin so, with the rest of their names.
    pub fn below<'a, 'p>(
        &'a self,
        prefix: &'p str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a, 'p> {
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_str())))
    }
}

/// All of them but for the blank ones, as an address asks for them.
impl std::fmt::Display for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let said = self.0.iter().filter(|(_, value)| !value.trim().is_empty());
        for (n, (name, value)) in said.enumerate() {
            write!(f, "{}{}={}", if n == 0 { '?' } else { '&' }, encode(name), encode(value))?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Reads a form whose sender need not be signed in.
pub(crate) async fn fields(request: Request, desk: &Desk) -> Result<Fields, Refusal> {
    if !safety::is_from_our_pages(request.headers()) {
        return Err(forged().into());
    }
    let malformed = |_| Fault::invalid("form_malformed", "The form could not be read.");
    let Form(fields) = Form::<Vec<(String, String)>>::from_request(request, desk).await.map_err(malformed)?;
    Ok(Fields(fields))
}

impl FromRequest<Desk> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let seat = Seat::from_request_parts(&mut parts, desk).await?;
        let said = parts.headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let fields = fields(Request::from_parts(parts, body), desk).await?;
        let proved =
            said.as_deref().is_some_and(|token| seat.proves(token)) || seat.proves(fields.get(CSRF_FIELD));
        if !proved {
            return Err(forged().into());
        }
        // Whatever it does, the counts beside the navigation are to be counted anew.
        desk.changed(seat.cx.shop);
        Ok(Self { seat, fields })
    }
}
