//! The verbs of asking somebody on their phone: a client asks, the person answers on the page that the link in the text opens, the client takes its tokens.

use base::{Context, Fault, Id, Timestamp};
use db::Tx;
use numbering::Region;

use super::{Kept, PAUSE_SECONDS, Standing, State, Wish, rows};
use crate::{
    accounts::{self, Account, Methods},
    new_secret,
    oidc::{
        Client, Failure, Grant, Presented, Provider, Refused, Scopes, request::Parameters, rows as oidc_rows,
        tokens::KeptGrant,
    },
    verification::{Purpose, Reason, Start, Verification, Verifications},
};

/// Clients that ask people on their phones. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Backchannel {
    pub provider: Provider,
    pub verifications: Verifications,
}

/// What the door knows and a client does not say.
#[derive(Clone, Debug)]
pub struct Way {
    /// Whose national spellings a number may be in.
    pub region: Option<Region>,
    /// The page that the link opens.
    pub page: String,
}

/// The answer to a client that asks (core 1.0, 7.3).
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct Asking {
    pub auth_req_id: String,
    pub expires_in: i64,
    pub interval: i64,
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asking").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

impl Backchannel {
    /// Asks whoever signs in with a number. What the client is told is the same whether a text goes out, a limit forbids it, or nobody signs in with the number.
    pub async fn ask(
        &self,
        cx: &Context,
        presented: &Presented,
        parameters: &Parameters,
        way: Way,
    ) -> Result<Asking, Failure> {
        let client = self.provider.proved(cx, presented).await?;
        let wish = Wish::read(parameters, &client, way.region)?;
        let account = self.account_of(cx, &wish).await?;
        let start = Start {
            approving: Some(wish.saying),
            link: Some(way.page),
            withheld: account.is_none().then_some(Reason::NoAccount),
            language: account.map(|account| account.language).unwrap_or_default(),
            ..Start::new(wish.number, Purpose::CallerCheck)
        };
        let started = self.verifications.start(cx, start).await?.verification;
        let wanted = wish.seconds_max.map(|seconds| cx.now().plus_micros(seconds * Timestamp::SECOND));
        let expires_at = wanted.map_or(started.expires_at, |wanted| wanted.min(started.expires_at));
        let kept = Kept {
            client: client.id,
            verification: started.id,
            scopes: wish.scopes,
            state: State::Pending,
            account: None,
            methods: Methods::default(),
            proved_at: None,
            pause_seconds: PAUSE_SECONDS,
            asked_at: None,
            created_at: cx.now(),
            expires_at,
        };
        let auth_req_id = new_secret("tlb_");
        let (key, shop) = (self.provider.key(cx, "backchannel", &auth_req_id), cx.shop);
        self.provider.db.write(async move |tx| rows::insert(tx, shop, &key, &kept).await).await?;
        let expires_in = (expires_at.as_micros() - cx.now().as_micros()) / Timestamp::SECOND;
        Ok(Asking { auth_req_id, expires_in, interval: PAUSE_SECONDS })
    }

    async fn account_of(&self, cx: &Context, wish: &Wish) -> Result<Option<accounts::rows::Kept>, Fault> {
        let vault = &self.provider.vault;
        let key = customers::identity::number_key(&vault.indexes(cx.shop), wish.number).0;
        let shop = cx.shop;
        self.provider.db.read(async move |tx| accounts::rows::account_by_number(tx, shop, &key).await).await
    }

    /// The client that waits for the answer to a verification; none when it was answered or its time is over.
    pub async fn waiting(
        &self,
        cx: &Context,
        verification: Id<Verification>,
    ) -> Result<Option<Client>, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        self.provider
            .db
            .read(async move |tx| {
                let found = rows::by_verification(tx, shop, verification).await?;
                let open = found.filter(|kept| kept.state == State::Pending && kept.expires_at > now);
                let Some(kept) = open else { return Ok(None) };
                Ok(oidc_rows::client(tx, shop, kept.client).await?.map(|(client, _)| client))
            })
            .await
    }

    /// The person said yes, and was proved in these ways; the link itself was used up before. False when it came too late.
    pub async fn approve(
        &self,
        cx: &Context,
        verification: Id<Verification>,
        account: Id<Account>,
        methods: Methods,
    ) -> Result<bool, Fault> {
        self.answer(cx, verification, (State::Approved, Some(account), methods)).await
    }

    /// The person said no: the link serves no more.
    pub async fn deny(&self, cx: &Context, verification: Id<Verification>) -> Result<(), Fault> {
        self.verifications.cancel(cx, verification).await?;
        self.answer(cx, verification, (State::Denied, None, Methods::default())).await.map(drop)
    }

    async fn answer(
        &self,
        cx: &Context,
        verification: Id<Verification>,
        answer: (State, Option<Id<Account>>, Methods),
    ) -> Result<bool, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        self.provider.db.write(async move |tx| rows::answer(tx, shop, verification, answer, now).await).await
    }
}

impl Provider {
    /// A client that says who it is and shows it.
    async fn proved(&self, cx: &Context, presented: &Presented) -> Result<Client, Failure> {
        let (this, cx, presented) = (self.clone(), cx.clone(), presented.clone());
        let told = self
            .db
            .read(async move |tx| match this.clients.prove(tx, &cx, &presented).await {
                Ok(client) => Ok(Ok(client)),
                Err(Failure::Refused(refused)) => Ok(Err(refused)),
                Err(Failure::Fault(fault)) => Err(fault),
            })
            .await?;
        Ok(told?)
    }

    /// At the token endpoint: the tokens of a request that was approved, once, or how it stands.
    pub(in crate::oidc) async fn by_backchannel(
        &self,
        tx: &mut Tx,
        cx: &Context,
        client: &Client,
        parameters: &Parameters,
    ) -> Result<Result<(KeptGrant, Option<String>, Scopes), Refused>, Fault> {
        let unknown = Refused::grant("The auth_req_id is not known.");
        if !client.settings.backchannel_authentication {
            return Ok(Err(Refused::unauthorized_client("The client may not ask people on their phones.")));
        }
        let Some(handle) = parameters.get("auth_req_id") else {
            return Ok(Err(Refused::request("auth_req_id is missing.")));
        };
        let key = self.key(cx, "backchannel", handle);
        let Some(kept) = rows::by_key(tx, cx.shop, &key).await? else { return Ok(Err(unknown)) };
        let pause = match kept.standing(client.id, cx.now()) {
            Standing::Approved => {
                rows::take(tx, cx.shop, &key).await?;
                return self.granted(tx, cx, &kept).await;
            }
            Standing::No(refused) if refused.error == "authorization_pending" => {
                (kept.pause_seconds, refused)
            }
            Standing::No(refused) => return Ok(Err(refused)),
            Standing::TooQuick(refused) => (kept.pause_seconds + PAUSE_SECONDS, refused),
        };
        rows::note_asked(tx, cx.shop, &key, pause.0, cx.now()).await?;
        Ok(Err(pause.1))
    }

    /// The grant of a request that was approved. It came of no browser's session, and so ends with none: by the client, or when all sessions of the account end.
    async fn granted(
        &self,
        tx: &mut Tx,
        cx: &Context,
        kept: &Kept,
    ) -> Result<Result<(KeptGrant, Option<String>, Scopes), Refused>, Fault> {
        let (Some(account), Some(proved_at)) = (kept.account, kept.proved_at) else {
            return Err(Fault::internal("approved by nobody"));
        };
        let grant = KeptGrant {
            id: cx.new_id::<Grant>(),
            client: kept.client,
            account,
            session: cx.new_id(),
            scopes: kept.scopes.clone(),
            methods: kept.methods,
            proved_at,
            created_at: cx.now(),
            ended_at: None,
        };
        oidc_rows::insert_grant(tx, cx.shop, &grant).await?;
        Ok(Ok((grant, None, kept.scopes.clone())))
    }
}
