//! What a client asks of the authorization endpoint: read strictly, and what must happen before it is answered. Pure.

use base::{Id, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Acr, Client, Grantable, Refused, Scopes};
use crate::accounts::Methods;

/// Longest value of any parameter.
const VALUE_BYTES_MAX: usize = 2000;
/// Most parameters of a request.
const PARAMETERS_MAX: usize = 40;

/// Parameters as they were sent, none of them twice.
#[derive(Clone, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Refuses what is sent twice (RFC 6749, 3.1) or is longer than anything meant. An empty value counts as none.
    pub fn new(pairs: Vec<(String, String)>) -> Result<Self, Refused> {
        if pairs.len() > PARAMETERS_MAX || pairs.iter().any(|(_, value)| value.len() > VALUE_BYTES_MAX) {
            return Err(Refused::request("The request is longer than anything meant."));
        }
        for (at, (name, _)) in pairs.iter().enumerate() {
            if pairs[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Refused::request("A parameter is given twice."));
            }
        }
        Ok(Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn need(&self, name: &str, why: &'static str) -> Result<&str, Refused> {
        self.get(name).ok_or(Refused::request(why))
    }
}

/// Values may name people.
impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// A request that holds together.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub client: Id<Client>,
    pub redirect_uri: String,
    pub scopes: Scopes,
    pub state: Option<String>,
    pub nonce: Option<String>,
    /// S256 of the client's verifier.
    pub challenge: String,
    pub prompt: Prompt,
    pub seconds_since_proof_max: Option<i64>,
    /// What the client guesses that the person will type: a number.
    pub login_hint: Option<String>,
    /// Whom the client expects, by the subject of an earlier signed token.
    pub expected: Option<String>,
    pub acr: Option<Acr>,
    /// Languages, the best first.
    pub languages: Vec<String>,
    pub at: Timestamp,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked")
            .field("client", &self.client)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// What the client wants to be shown to the person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Prompt {
    #[default]
    AsNeeded,
    /// Nothing at all.
    None,
    /// Prove yourself again.
    Login,
}

/// A request that does not hold together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// Nobody may be sent anywhere for it: whose address it is has not been proved.
    Stay(Refused),
    /// The client is told, at its own address.
    Tell { refused: Refused, redirect_uri: String, state: Option<String> },
}

/// Which client is meant, before anything else is believed.
pub fn client_of(parameters: &Parameters) -> Result<Id<Client>, Refused> {
    let text = parameters.need("client_id", "client_id is missing.")?;
    text.parse().map_err(|_| Refused::request("There is no such client."))
}

impl Asked {
    /// Reads a request of a known client. `expected` is the subject that its `id_token_hint` named, if it sent one and we signed it.
    pub fn read(
        parameters: &Parameters,
        client: &Client,
        expected: Option<String>,
        now: Timestamp,
    ) -> Result<Self, Malformed> {
        let redirect_uri = redirect_of(parameters, client).map_err(Malformed::Stay)?;
        let state = parameters.get("state").map(str::to_owned);
        let tell =
            |refused| Malformed::Tell { refused, redirect_uri: redirect_uri.clone(), state: state.clone() };
        let rest = Rest::read(parameters, client).map_err(tell)?;
        Ok(Self {
            client: client.id,
            redirect_uri,
            scopes: rest.scopes,
            state,
            nonce: parameters.get("nonce").map(str::to_owned),
            challenge: rest.challenge,
            prompt: rest.prompt,
            seconds_since_proof_max: rest.seconds_since_proof_max,
            login_hint: parameters.get("login_hint").map(str::to_owned),
            expected,
            acr: parameters
                .get("acr_values")
                .and_then(|text| text.split_ascii_whitespace().find_map(Acr::of)),
            languages: parameters
                .get("ui_locales")
                .map(|text| text.split_ascii_whitespace().map(str::to_owned).take(10).collect())
                .unwrap_or_default(),
            at: now,
        })
    }

    /// What must happen before the client gets its answer.
    pub fn next(&self, person: Option<&Person>, now: Timestamp) -> Next {
        let Some(person) = person else {
            return self.or_refuse(Refused::login("Nobody is signed in."), Next::SignIn);
        };
        // Proved for this very request: to ask once more would be to ask for ever.
        let is_proved_since = person.proved_at >= self.at;
        if self.expected.as_deref().is_some_and(|expected| expected != person.subject) {
            let refused = Refused::login("Somebody else is signed in.");
            return if is_proved_since {
                Next::Refuse(refused)
            } else {
                self.or_refuse(refused, Next::SignIn)
            };
        }
        let too_old = self.seconds_since_proof_max.is_some_and(|seconds| {
            now.as_micros() - person.proved_at.as_micros() > seconds.saturating_mul(Timestamp::SECOND)
        });
        if !is_proved_since && (too_old || self.prompt == Prompt::Login) {
            return self.or_refuse(Refused::login("The person was proved too long ago."), Next::SignIn);
        }
        if self.acr == Some(Acr::Two) && Acr::by(person.methods) < Acr::Two && person.has_stronger_factor {
            return self.or_refuse(Refused::interaction("A second factor is needed."), Next::StepUp);
        }
        Next::Answer
    }

    fn or_refuse(&self, refused: Refused, next: Next) -> Next {
        if self.prompt == Prompt::None { Next::Refuse(refused) } else { next }
    }
}

/// Whoever is signed in in the browser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    pub subject: String,
    pub methods: Methods,
    pub proved_at: Timestamp,
    /// Whether they have enrolled something stronger than a code.
    pub has_stronger_factor: bool,
}

/// The next step of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Give the client its code.
    Answer,
    SignIn,
    StepUp,
    Refuse(Refused),
}

/// The registered address that is meant, letter by letter.
fn redirect_of(parameters: &Parameters, client: &Client) -> Result<String, Refused> {
    let text = parameters.need("redirect_uri", "redirect_uri is missing.")?;
    let known = client.settings.redirect_uris.iter().any(|uri| uri == text);
    if known {
        Ok(text.to_owned())
    } else {
        Err(Refused::request("redirect_uri is not one that the client registered."))
    }
}

struct Rest {
    scopes: Scopes,
    challenge: String,
    prompt: Prompt,
    seconds_since_proof_max: Option<i64>,
}

impl Rest {
    fn read(parameters: &Parameters, client: &Client) -> Result<Self, Refused> {
        if parameters.get("request").is_some() {
            return Err(Refused::request_object(
                "Signed request objects are not taken; push the request instead.",
            ));
        }
        match parameters.need("response_type", "response_type is missing.")? {
            "code" => {}
            _ => return Err(Refused::response_type("Only response_type=code is offered.")),
        }
        if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(Refused::request("Only response_mode=query is offered."));
        }
        let scopes = Scopes::known_in(parameters.get("scope").unwrap_or_default());
        if !scopes.has(Grantable::Openid) {
            return Err(Refused::scope("The scope openid is needed."));
        }
        if !scopes.is_within(&client.settings.scopes) {
            return Err(Refused::scope("The client may not ask for one of these scopes."));
        }
        Ok(Self {
            scopes,
            challenge: challenge_of(parameters)?,
            prompt: prompt_of(parameters)?,
            seconds_since_proof_max: max_age_of(parameters)?,
        })
    }
}

/// PKCE is needed of everybody (RFC 9700, 2.1.1), and S256 is the only way.
fn challenge_of(parameters: &Parameters) -> Result<String, Refused> {
    let challenge = parameters.need("code_challenge", "PKCE is needed: code_challenge is missing.")?;
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(Refused::request("PKCE is needed with code_challenge_method=S256."));
    }
    // 256 bits in base64url without padding.
    if challenge.len() != 43 || !challenge.bytes().all(is_base64url) {
        return Err(Refused::request("code_challenge is not the base64url form of a SHA-256."));
    }
    Ok(challenge.to_owned())
}

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn prompt_of(parameters: &Parameters) -> Result<Prompt, Refused> {
    let words: Vec<&str> = parameters.get("prompt").unwrap_or_default().split_ascii_whitespace().collect();
    if words.contains(&"none") && words.len() > 1 {
        return Err(Refused::request("prompt=none stands alone."));
    }
    Ok(match words.as_slice() {
        ["none"] => Prompt::None,
        // Choosing another account is proving oneself again; consent is the shop's own and is not asked for here.
        words if words.iter().any(|word| matches!(*word, "login" | "select_account")) => Prompt::Login,
        _ => Prompt::AsNeeded,
    })
}

fn max_age_of(parameters: &Parameters) -> Result<Option<i64>, Refused> {
    let Some(text) = parameters.get("max_age") else { return Ok(None) };
    let seconds: u32 = text.parse().map_err(|_| Refused::request("max_age is a number of seconds."))?;
    Ok(Some(i64::from(seconds)))
}

/// Whether a verifier is the one that the challenge was made of (RFC 7636, 4.6).
pub fn verifier_fits(verifier: &str, challenge: &str) -> bool {
    use sha2::{Digest as _, Sha256};
    let length = (43..=128).contains(&verifier.len());
    let unreserved = |byte: u8| is_base64url(byte) || matches!(byte, b'.' | b'~');
    length
        && verifier.bytes().all(unreserved)
        && data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes())) == challenge
}

/// The address with more parameters in its query.
pub fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = uri.to_owned();
    let mut sign = if uri.contains('?') { '&' } else { '?' };
    for (name, value) in pairs {
        out.push(sign);
        out.push_str(name);
        out.push('=');
        out.extend(url::form_urlencoded::byte_serialize(value.as_bytes()));
        sign = '&';
    }
    out
}

#[cfg(test)]
mod tests;
