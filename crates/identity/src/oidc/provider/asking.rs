//! Requests on their way to an answer: taken from the browser or pushed by the client, kept sealed until somebody has signed in, answered with a code.

use base::{Context, Fault, Id, Timestamp};
use db::Tx;
use vault::Place;

use super::{Provider, told};
use crate::{
    accounts::{self, ShopperSession},
    new_secret,
    oidc::{
        CODE_SECONDS_MAX, Client, Failure, PUSHED_SECONDS_MAX, Presented, REQUEST_SECONDS_MAX, Refused,
        request::{self, Asked, Malformed, Parameters, Person},
        rows::{self, KeptRequest},
        tokens::{KeptCode, KeptGrant},
    },
    unauthenticated,
};

/// Before the handle of a pushed request (RFC 9126, 2.2).
const URN: &str = "urn:ietf:params:oauth:request_uri:";

/// Where a browser goes with the client's answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Answered {
    pub location: String,
}

impl std::fmt::Debug for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answered(…)")
    }
}

#[derive(serde::Deserialize)]
struct Subject {
    sub: String,
}

impl Provider {
    /// Reads a request that came with a browser. One that was pushed before is taken up, once.
    pub async fn ask(
        &self,
        cx: &Context,
        issuer: &str,
        parameters: &Parameters,
    ) -> Result<Result<Asked, Malformed>, Fault> {
        let client = match request::client_of(parameters) {
            Ok(id) => id,
            Err(refused) => return Ok(Err(Malformed::Stay(refused))),
        };
        if let Some(uri) = parameters.get("request_uri") {
            return self.take_up(cx, client, uri).await;
        }
        self.read(cx, issuer, client, parameters).await
    }

    async fn read(
        &self,
        cx: &Context,
        issuer: &str,
        id: Id<Client>,
        parameters: &Parameters,
    ) -> Result<Result<Asked, Malformed>, Fault> {
        let shop = cx.shop;
        let Some((client, _)) = self.db.read(async move |tx| rows::client(tx, shop, id).await).await? else {
            return Ok(Err(Malformed::Stay(Refused::request("There is no such client."))));
        };
        let expected = match parameters.get("id_token_hint") {
            None => None,
            Some(hint) => {
                let read = self.read_hint::<Subject>(cx, issuer, Some(&id.to_string()), hint).await?;
                // One that is not ours says nothing; but who wants nobody to be asked must know whom they mean.
                let is_silent = parameters.get("prompt") == Some("none");
                read.map(|subject| subject.sub).or_else(|| is_silent.then(String::new))
            }
        };
        Ok(Asked::read(parameters, &client, expected, cx.now()))
    }

    async fn take_up(
        &self,
        cx: &Context,
        client: Id<Client>,
        uri: &str,
    ) -> Result<Result<Asked, Malformed>, Fault> {
        let unknown = || {
            Ok(Err(Malformed::Stay(Refused::request_uri(
                "The pushed request is not known, or was used, or is too old.",
            ))))
        };
        let Some(handle) = uri.strip_prefix(URN) else { return unknown() };
        let key = self.key(cx, "request", handle);
        let (this, cx) = (self.clone(), cx.clone());
        let taken = self
            .db
            .write(async move |tx| {
                let Some(asked) = this.kept(tx, &cx, &key, true).await? else { return Ok(None) };
                let taken = asked.client == client && rows::take_request(tx, cx.shop, &key).await?;
                Ok(taken.then_some(asked))
            })
            .await?;
        taken.map_or_else(unknown, |asked| Ok(Ok(asked)))
    }

    async fn kept(
        &self,
        tx: &mut Tx,
        cx: &Context,
        key: &[u8; 32],
        pushed: bool,
    ) -> Result<Option<Asked>, Fault> {
        let Some(kept) = rows::request(tx, cx.shop, key).await? else { return Ok(None) };
        if kept.pushed != pushed || kept.expires_at <= cx.now() {
            return Ok(None);
        }
        let row = row_of(key);
        let opened = self.vault.unwrap(&kept.data_key, &row)?.open(place(&row), &kept.sealed)?;
        serde_json::from_slice(&opened).map(Some).map_err(Fault::internal)
    }

    fn to_keep(
        &self,
        key: &[u8; 32],
        asked: &Asked,
        pushed: bool,
        seconds: i64,
    ) -> Result<KeptRequest, Fault> {
        let row = row_of(key);
        let (sealing, data_key) = self.vault.new_data_key(&row);
        let plain = serde_json::to_vec(asked).map_err(Fault::internal)?;
        Ok(KeptRequest {
            client: asked.client,
            pushed,
            data_key,
            sealed: sealing.seal(place(&row), &plain),
            created_at: asked.at,
            expires_at: asked.at.plus_micros(seconds * Timestamp::SECOND),
        })
    }

    /// Keeps a request while somebody signs in; returns the handle by which it is found again.
    pub async fn keep(&self, cx: &Context, asked: &Asked) -> Result<String, Fault> {
        let handle = new_secret("");
        let key = self.key(cx, "request", &handle);
        let (kept, shop) = (self.to_keep(&key, asked, false, REQUEST_SECONDS_MAX)?, cx.shop);
        self.db.write(async move |tx| rows::insert_request(tx, shop, &key, &kept).await).await?;
        Ok(handle)
    }

    /// The request that waits under a handle, and its client.
    pub async fn waiting(&self, cx: &Context, handle: &str) -> Result<Option<(Asked, Client)>, Fault> {
        let key = self.key(cx, "request", handle);
        let (this, cx) = (self.clone(), cx.clone());
        self.db
            .read(async move |tx| {
                let Some(asked) = this.kept(tx, &cx, &key, false).await? else { return Ok(None) };
                Ok(rows::client(tx, cx.shop, asked.client).await?.map(|(client, _)| (asked, client)))
            })
            .await
    }

    /// Takes a request that the client sends itself, before any browser (RFC 9126); returns its name and how long it waits.
    pub async fn push(
        &self,
        cx: &Context,
        issuer: &str,
        presented: &Presented,
        parameters: &Parameters,
    ) -> Result<(String, i64), Failure> {
        if parameters.get("request_uri").is_some() {
            return Err(Refused::request("A pushed request names no other.").into());
        }
        let (this, prover, presented) = (self.clone(), cx.clone(), presented.clone());
        let proved = self
            .db
            .read(async move |tx| match this.clients.prove(tx, &prover, &presented).await {
                Ok(client) => Ok(Ok(client)),
                Err(failure) => told(failure),
            })
            .await?;
        let client: Client = proved?;
        if parameters.get("client_id").is_some_and(|id| id != client.id.to_string()) {
            return Err(Refused::request("client_id is not the client that sends the request.").into());
        }
        let asked = match self.read(cx, issuer, client.id, parameters).await? {
            Ok(asked) => asked,
            Err(Malformed::Stay(refused) | Malformed::Tell { refused, .. }) => return Err(refused.into()),
        };
        let handle = new_secret("");
        let key = self.key(cx, "request", &handle);
        let (kept, shop) = (self.to_keep(&key, &asked, true, PUSHED_SECONDS_MAX)?, cx.shop);
        self.db.write(async move |tx| rows::insert_request(tx, shop, &key, &kept).await).await?;
        Ok((format!("{URN}{handle}"), PUSHED_SECONDS_MAX))
    }

    /// Answers a request for the person signed in: the client's address with a code. A request that waited is done with.
    pub async fn answer(
        &self,
        cx: &Context,
        issuer: &str,
        asked: &Asked,
        handle: Option<&str>,
        session: &ShopperSession,
    ) -> Result<Answered, Fault> {
        let code = new_secret("");
        let (key, waited) =
            (self.key(cx, "code", &code), handle.map(|handle| self.key(cx, "request", handle)));
        let grant = KeptGrant {
            id: cx.new_id(),
            client: asked.client,
            account: session.account,
            session: session.id,
            scopes: asked.scopes.clone(),
            methods: session.methods,
            proved_at: session.proved_at,
            created_at: cx.now(),
            ended_at: None,
        };
        let kept = KeptCode {
            grant: grant.id,
            redirect_uri: asked.redirect_uri.clone(),
            challenge: asked.challenge.clone(),
            nonce: asked.nonce.clone(),
            expires_at: cx.now().plus_micros(CODE_SECONDS_MAX * Timestamp::SECOND),
            used_at: None,
        };
        let (shop, now) = (cx.shop, cx.now());
        self.db
            .write(async move |tx| {
                // It may have ended since the page looked, and what it grants would outlive it.
                if !accounts::stands(tx, shop, (grant.account, grant.session), now).await? {
                    return Err(unauthenticated("session_ended", "Sign in again."));
                }
                if let Some(waited) = &waited
                    && !rows::take_request(tx, shop, waited).await?
                {
                    return Err(Fault::conflict(
                        "request_answered",
                        "This request was answered already; go back to the shop and begin again.",
                    ));
                }
                rows::insert_grant(tx, shop, &grant).await?;
                rows::insert_code(tx, shop, &key, &kept, now).await
            })
            .await?;
        let mut pairs = vec![("code", code.as_str()), ("iss", issuer)];
        pairs.extend(asked.state.as_deref().map(|state| ("state", state)));
        Ok(Answered { location: request::with_query(&asked.redirect_uri, &pairs) })
    }

    /// The client's address with a refusal (RFC 6749, 4.1.2.1).
    pub fn refuse(
        &self,
        issuer: &str,
        redirect_uri: &str,
        state: Option<&str>,
        refused: Refused,
    ) -> Answered {
        let mut pairs = vec![("error", refused.error), ("error_description", refused.why), ("iss", issuer)];
        pairs.extend(state.map(|state| ("state", state)));
        Answered { location: request::with_query(redirect_uri, &pairs) }
    }

    /// Whoever is signed in, as the rules of requests look at them.
    pub fn person(session: &ShopperSession) -> Person {
        Person {
            subject: session.account.to_string(),
            methods: session.methods,
            proved_at: session.proved_at,
            has_stronger_factor: session.has_stronger_factor,
        }
    }
}

fn row_of(key: &[u8; 32]) -> [u8; 16] {
    key[..16].try_into().expect("16 of 32 bytes")
}

fn place(row: &[u8; 16]) -> Place<'_> {
    Place { table: "oidc_requests", column: "request", row }
}
