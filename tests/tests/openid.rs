//! The crate `openidconnect`, unchanged, signs somebody in through the built binary: discovery, authorization code with PKCE and nonce, the identity token held against the published keys,
//! userinfo, refresh, revocation. The person types their code at the hosted pages in between.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, NonceVerifier, OAuth2TokenResponse as _, PkceCodeChallenge,
    RedirectUrl, Scope, TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenResponse,
        CoreUserInfoClaims,
    },
};
use serde_json::Value;
use stories::code_on;
use testkit::process::{Http, Server, folder, run, trunkline};

const NUMBER: &str = "+358401234567";
const RETURNS_TO: &str = "https://client.example/callback";

/// A server whose messages go to the sandbox, and a client of it.
struct House {
    server: Server,
    client: Value,
    sandbox: Http,
    _data: tempfile::TempDir,
}

fn house(database: Option<&str>) -> House {
    let data = folder();
    fs::write(data.path().join("trunkline.toml"), "test_mode = true\nshop = \"kivi\"\n").unwrap();
    let command = |arguments: &[&str]| run(in_folder(data.path(), database, arguments)).success().json();
    let key = command(&["key", "create", "--name", "t", "--scope", "sandbox", "--json"]);
    let mut create = vec!["client", "create", "--name", "Web shop", "--redirect-uri", RETURNS_TO, "--json"];
    create.extend(["openid", "phone", "offline_access"].iter().flat_map(|scope| ["--scope", scope]));
    let client = command(&create);
    let extra: Vec<&str> = database.map(|url| vec!["--database", url]).unwrap_or_default();
    let server = Server::start(data.path(), &extra);
    let sandbox = server.http().with_key(key["secret"].as_str().unwrap());
    House { server, client, sandbox, _data: data }
}

fn in_folder(data: &Path, database: Option<&str>, arguments: &[&str]) -> std::process::Command {
    let mut command = trunkline(arguments);
    command.arg("--data").arg(data);
    command.args(database.iter().flat_map(|url| ["--database", url]));
    command
}

/// The HTTP client that the library is handed: it follows nothing, as the library's authors ask.
fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let client = reqwest::blocking::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let (parts, body) = request.into_parts();
    let sent =
        client.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body).send()?;
    let mut answer = http::Response::builder().status(sent.status());
    answer.headers_mut().unwrap().extend(sent.headers().clone());
    Ok(answer.body(sent.bytes()?.to_vec()).unwrap())
}

/// Signs in at the hosted pages, and says with which address the client's page is opened in the end.
fn sign_in(house: &House, begin: &str) -> url::Url {
    let browser = house.server.http();
    let path = begin.strip_prefix(house.server.address()).unwrap();
    let page = browser.get(&browser.get(path).expect(303).location()).expect(200);
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let number = [("csrf", csrf.as_str()), ("request", &request), ("number", NUMBER)];
    let sent = browser.post_form("/account/kivi/sign-in", &number).expect(303);
    let page = browser.get(&sent.location()).expect(200);
    let (csrf, ticket, code) = (page.hidden("csrf"), page.hidden("ticket"), code_on(&house.sandbox, NUMBER));
    let typed = [("csrf", csrf.as_str()), ("request", &request), ("ticket", &ticket), ("code", &code)];
    let signed = browser.post_form("/account/kivi/code", &typed).expect(303);
    browser.get(&signed.location()).expect(303).location().parse().unwrap()
}

fn parameter(address: &url::Url, name: &str) -> String {
    address.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

fn flow(database: Option<&str>) {
    let house = house(database);
    let text = |name: &str| house.client[name].as_str().unwrap().to_owned();
    let issuer = IssuerUrl::new(format!("{}/oidc/kivi", house.server.address())).unwrap();
    let about = CoreProviderMetadata::discover(&issuer, &send).unwrap();
    let client = CoreClient::from_provider_metadata(
        about.clone(),
        ClientId::new(text("id")),
        Some(ClientSecret::new(text("secret"))),
    )
    .set_redirect_uri(RedirectUrl::new(RETURNS_TO.to_owned()).unwrap())
    .set_auth_type(AuthType::BasicAuth);
    let (challenge, pkce) = PkceCodeChallenge::new_random_sha256();
    let (begin, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["phone", "offline_access"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let back = sign_in(&house, begin.as_str());
    assert_eq!(parameter(&back, "state"), *state.secret());
    let code = AuthorizationCode::new(parameter(&back, "code"));
    let tokens = client.exchange_code(code).unwrap().set_pkce_verifier(pkce).request(&send).unwrap();
    let signed = tokens.id_token().unwrap();
    let verifier = client.id_token_verifier();
    // The library itself must see that a nonce is not the request's; else a right one proves nothing.
    assert!(signed.claims(&verifier, &Nonce::new("another".to_owned())).is_err());
    let claims = signed.claims(&verifier, &nonce).unwrap();
    assert!(matches!(signed.signing_alg().unwrap(), CoreJwsSigningAlgorithm::EcdsaP256Sha256));
    let key = signed.signing_key(&verifier).unwrap();
    let hash =
        AccessTokenHash::from_token(tokens.access_token(), signed.signing_alg().unwrap(), key).unwrap();
    assert_eq!(claims.access_token_hash(), Some(&hash));
    let person = |token: &AccessToken| -> CoreUserInfoClaims {
        let asked = client.user_info(token.clone(), Some(claims.subject().clone())).unwrap();
        asked.request(&send).unwrap()
    };
    let known = person(tokens.access_token());
    assert_eq!((known.phone_number().unwrap().as_str(), known.phone_number_verified()), (NUMBER, Some(true)));
    let next: CoreTokenResponse =
        client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap().request(&send).unwrap();
    // A refreshed token tells of the same person and needs no nonce (OpenID Connect Core, 12.2).
    let again = next.id_token().unwrap().claims(&verifier, NoNonce).unwrap();
    assert_eq!(again.subject(), claims.subject());
    assert_eq!(again.auth_time(), claims.auth_time());
    assert_eq!(person(next.access_token()).phone_number().unwrap().as_str(), NUMBER);
    // The refresh token served once: a second use is refused, and ends what came of the first.
    assert!(client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap().request(&send).is_err());
    let asked = client.user_info(next.access_token().clone(), None).unwrap();
    assert!(asked.request(&send).map(|_: CoreUserInfoClaims| ()).is_err());
}

struct NoNonce;

impl NonceVerifier for NoNonce {
    fn verify(self, nonce: Option<&Nonce>) -> Result<(), String> {
        nonce.map_or(Ok(()), |_| Err("a nonce of nobody".to_owned()))
    }
}

#[test]
fn openidconnect_completes_its_flow_on_sqlite() {
    flow(None);
}

#[test]
fn openidconnect_completes_its_flow_on_postgresql() {
    flow(Some(&testkit::postgres::database().url));
}
