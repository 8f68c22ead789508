//! Who comes to a hosted page: the shop in the address, the language, the browser's cookies, and whoever is signed in.

use std::net::SocketAddr;

use axum::{
    Form,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, header, request::Parts},
};
use base::{Actor, Context, Fault, Id, Secret};
use identity::{
    ShopView,
    accounts::{Account, Browser, ShopperSession},
    verification::{Device, Verification, Visitor},
};
use numbering::Region;

use super::{
    Lobby,
    cookies::{self, Kind},
    refusal::No,
    words::{LANGUAGES, Language},
};
use crate::{
    routes::{region, seat::Fields},
    safety,
    session::{CSRF_FIELD, Token},
};

/// Somebody at a hosted page.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub lobby: Lobby,
    pub shop: ShopView,
    pub cx: Context,
    pub language: Language,
    /// What ties forms to this browser.
    pub visitor: Token,
    /// Whether the browser has that already.
    pub is_known: bool,
    pub session_token: Option<Token>,
    /// Somebody signed in, or on the way to it.
    pub session: Option<ShopperSession>,
    pub device: Option<Id<Device>>,
    pub address: Option<std::net::IpAddr>,
    pub host: Option<String>,
    /// The country whose national spellings they use, as far as the browser says.
    pub region: Option<Region>,
    pub browser: String,
}

impl FromRequestParts<Lobby> for Visit {
    type Rejection = No;

    async fn from_request_parts(parts: &mut Parts, lobby: &Lobby) -> Result<Self, No> {
        let unknown = || Fault::not_found("page_unknown", "There is nothing at this address.");
        let Path(named) = Path::<Vec<(String, String)>>::from_request_parts(parts, lobby)
            .await
            .map_err(|_| No::bare(unknown()))?;
        let slug = named.into_iter().find(|(name, _)| name == "shop");
        let (_, slug) = slug.ok_or_else(|| No::bare(unknown()))?;
        let shop = lobby.app.shops.find(&slug).await.map_err(No::bare)?;
        let cx = lobby.app.cx(shop.id, Actor::System("sign-in"));
        let headers = &parts.headers;
        let cookie = |kind: Kind| kind.token(headers, lobby.transport, &shop.slug);
        let visitor = cookie(Kind::Visitor).filter(Token::is_visitor);
        let session_token = cookie(Kind::Session).filter(|token| !token.is_visitor());
        let session = match &session_token {
            Some(token) => lobby.app.accounts.session(&cx, token.reveal()).await.map_err(No::bare)?,
            None => None,
        };
        let device = cookies::device(headers, lobby.transport, &shop.slug);
        let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(at)| at.ip());
        let forwarded = headers.get_all("x-forwarded-for");
        let forwarded = forwarded.iter().filter_map(|value| value.to_str().ok());
        let address = connected.map(|connected| lobby.app.proxies.visitor(connected, forwarded));
        Ok(Self {
            language: language_of(parts),
            is_known: visitor.is_some(),
            visitor: visitor.unwrap_or_else(|| Token::visitor(&mut rand::rng())),
            session_token: session_token.filter(|_| session.is_some()),
            session,
            device: device.and_then(|device| lobby.app.accounts.read_device(&cx, &device)),
            address,
            host: headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned),
            region: guess(lobby, headers),
            browser: family(headers),
            lobby: lobby.clone(),
            shop,
            cx,
        })
    }
}

/// What the address or the browser says.
fn language_of(parts: &Parts) -> Language {
    let asked = parts.uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("lang="));
    let preferred = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|list| list.to_str().ok());
    asked.and_then(Language::of).or_else(|| preferred.and_then(Language::preferred)).unwrap_or(LANGUAGES[0])
}

/// What the person chose last, else what the browser's language says, else the shop's own country.
fn guess(lobby: &Lobby, headers: &HeaderMap) -> Option<Region> {
    let said = region::of_browser(headers);
    let shops = || lobby.app.config.sign_in.region.as_deref().and_then(region::supported);
    said.chosen.or(said.language).or_else(shops)
}

/// A family of browsers and systems: enough to recognise one's own, too little to recognise anybody.
fn family(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    // The order matters: each browser claims to be those before it, too.
    let browser = first(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => "?".to_owned(),
    }
}

impl Visit {
    /// Somebody wholly signed in.
    pub fn signed_in(&self) -> Option<&ShopperSession> {
        self.session.as_ref().filter(|session| !session.waiting)
    }

    pub fn issuer(&self) -> String {
        self.lobby.app.issuer(self.host.as_deref(), &self.shop.slug)
    }

    /// An address of this shop's pages, with the request that waits, if one does.
    pub fn page(&self, name: &str, request: &str) -> String {
        let path = format!("/account/{}/{name}", self.shop.slug);
        match (request.is_empty(), path.contains('?')) {
            (true, _) => path,
            (false, true) => format!("{path}&request={request}"),
            (false, false) => format!("{path}?request={request}"),
        }
    }

    /// Where to go once somebody is signed in.
    pub fn onwards(&self, request: &str) -> String {
        if request.is_empty() {
            format!("/account/{}", self.shop.slug)
        } else {
            format!("/oidc/{}/continue?request={request}", self.shop.slug)
        }
    }

    /// Ends the session that the browser had before it got another. One that went on in the new one stays.
    pub async fn end_earlier(&self, new: &ShopperSession) -> Result<(), Fault> {
        let Some(session) = self.session.as_ref().filter(|earlier| earlier.id != new.id) else {
            return Ok(());
        };
        self.lobby.app.provider.end_session(&self.cx, &self.issuer(), session.account, session.id).await
    }

    /// What the browser's own session is known by.
    pub fn own_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(Token::reveal)
    }

    /// Passkeys belong to names: under a bare address there are none.
    pub fn may_have_passkeys(&self) -> bool {
        let origin = self.lobby.app.config.origin(self.host.as_deref());
        let host =
            origin.split_once("://").map_or("", |(_, rest)| rest).split(':').next().unwrap_or_default();
        host.contains(|c: char| c.is_ascii_alphabetic())
    }

    pub fn csrf(&self) -> String {
        self.lobby.csrf.token(&self.visitor, &mut rand::rng())
    }

    pub fn known_as(&self) -> Visitor {
        Visitor { device: self.device, address: self.address, is_recognised: false }
    }

    pub fn as_browser(&self) -> Browser {
        Browser {
            device: self.device,
            family: self.browser.clone(),
            language: self.language.code.to_owned(),
            shop_name: self.shop.name.clone(),
        }
    }

    pub fn set_cookie(&self, kind: Kind, value: &str) -> (header::HeaderName, String) {
        (header::SET_COOKIE, kind.set(self.lobby.transport, &self.shop.slug, value))
    }

    /// Names a verification to this browser alone.
    pub fn ticket(&self, id: Id<Verification>) -> String {
        format!("{id}.{}", self.lobby.csrf.token(&self.bound(id), &mut rand::rng()))
    }

    pub fn read_ticket(&self, ticket: &str) -> Result<Id<Verification>, Fault> {
        let stale = || Fault::invalid("form_stale", "This page was left open too long.");
        let (id, proof) = ticket.split_once('.').ok_or_else(stale)?;
        let id = id.parse().map_err(|_| stale())?;
        if self.lobby.csrf.verifies(&self.bound(id), proof) { Ok(id) } else { Err(stale()) }
    }

    /// Shows, in this browser alone and to this account alone, that a verification was approved by the code that was typed here.
    pub fn proof(&self, id: Id<Verification>, account: Id<Account>) -> String {
        self.bound_to(id, account)
            .map_or_else(String::new, |bound| self.lobby.csrf.token(&bound, &mut rand::rng()))
    }

    pub fn is_proof(&self, proof: &str, id: Id<Verification>, account: Id<Account>) -> bool {
        self.bound_to(id, account).is_some_and(|bound| self.lobby.csrf.verifies(&bound, proof))
    }

    fn bound(&self, id: Id<Verification>) -> Token {
        let text = format!("{}{}", self.visitor.reveal(), id.uuid().simple());
        Token::parse(&text).unwrap_or_else(|| self.visitor.clone())
    }

    /// Longer than what a ticket is bound to, so that none of the two passes for the other.
    fn bound_to(&self, id: Id<Verification>, account: Id<Account>) -> Option<Token> {
        let (id, account) = (id.uuid().simple(), account.uuid().simple());
        Token::parse(&format!("{}{id}{account}", self.visitor.reveal()))
    }
}

/// A form that came from a page of ours in this browser.
#[derive(Debug)]
pub(super) struct Posted {
    pub visit: Visit,
    pub fields: Fields,
}

impl Posted {
    pub fn secret(&self, name: &str) -> Secret<String> {
        Secret::new(self.fields.all(name).next().unwrap_or_default().to_owned())
    }
}

impl FromRequest<Lobby> for Posted {
    type Rejection = No;

    async fn from_request(request: Request, lobby: &Lobby) -> Result<Self, No> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, lobby).await?;
        let no = |fault: Fault| visit.no(fault);
        let forged = || Fault::forbidden("form_not_ours", "This form did not come from a page of ours.");
        if !safety::is_from_our_pages(&parts.headers) || !visit.is_known {
            return Err(no(forged()));
        }
        let malformed = || Fault::invalid("form_malformed", "The form could not be read.");
        let read = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), lobby).await;
        let Form(pairs) = read.map_err(|_| no(malformed()))?;
        let mut fields = Fields::default();
        pairs.into_iter().for_each(|(name, value)| fields.push(name, value));
        if !visit.lobby.csrf.verifies(&visit.visitor, fields.get(CSRF_FIELD)) {
            return Err(no(forged()));
        }
        Ok(Self { visit, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_by_family_only() {
        for (agent, told) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
                "Chrome, Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
                "Safari, iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox, Windows",
            ),
            ("curl/8.0", "?"),
        ] {
            let headers = HeaderMap::from_iter([(header::USER_AGENT, agent.parse().unwrap())]);
            assert_eq!(family(&headers), told);
        }
    }
}
