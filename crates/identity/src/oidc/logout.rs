//! Signing out everywhere: a session and all that clients were granted through it end together, and clients that asked for it are told by a signed token (OpenID Connect
//! Back-Channel Logout). Telling them is a job: they may be away.

use base::{Context, Fault, Id};
use db::Tx;
use futures::{FutureExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize};

use super::{Client, Provider, post, rows, signing, tokens::seconds};
use crate::accounts::{self, Account, SessionView};

/// Tells one client of one session.
pub const JOB_KIND: &str = "identity.backchannel_logout";
/// A token that tells of signing out is for now.
const LOGOUT_TOKEN_SECONDS_MAX: i64 = 120;

#[derive(Serialize, Deserialize, Debug)]
struct Payload {
    client: Id<Client>,
    account: Id<Account>,
    session: Id<SessionView>,
    issuer: String,
}

impl Provider {
    /// Ends a session with all that came of it.
    pub async fn end_session(
        &self,
        cx: &Context,
        issuer: &str,
        account: Id<Account>,
        session: Id<SessionView>,
    ) -> Result<(), Fault> {
        let (this, cx, issuer) = (self.clone(), cx.clone(), issuer.to_owned());
        self.db.write(async move |tx| this.end_session_in(tx, &cx, &issuer, account, session).await).await
    }

    /// Ends all sessions of an account but one, with all that came of them and of sessions that ran out.
    pub async fn end_sessions(
        &self,
        cx: &Context,
        issuer: &str,
        account: Id<Account>,
        but: Option<Id<SessionView>>,
    ) -> Result<(), Fault> {
        let (this, cx, issuer) = (self.clone(), cx.clone(), issuer.to_owned());
        self.db
            .write(async move |tx| {
                let mut sessions = rows::sessions_with_grants(tx, cx.shop, account).await?;
                sessions.extend(accounts::open_sessions(tx, cx.shop, account, cx.now()).await?);
                sessions.sort_unstable();
                sessions.dedup();
                for session in sessions.into_iter().filter(|session| Some(*session) != but) {
                    this.end_session_in(tx, &cx, &issuer, account, session).await?;
                }
                Ok(())
            })
            .await
    }

    pub(crate) async fn end_session_in(
        &self,
        tx: &mut Tx,
        cx: &Context,
        issuer: &str,
        account: Id<Account>,
        session: Id<SessionView>,
    ) -> Result<(), Fault> {
        for id in rows::clients_of_session(tx, cx.shop, session).await? {
            let Some((client, _)) = rows::client(tx, cx.shop, id).await? else { continue };
            if client.settings.backchannel_logout_uri.is_some() {
                let payload = Payload { client: id, account, session, issuer: issuer.to_owned() };
                let payload = serde_json::to_value(payload).map_err(Fault::internal)?;
                jobs::enqueue(tx, cx, JOB_KIND, &payload, cx.now()).await?;
            }
        }
        rows::end_grants_of_session(tx, cx.shop, session, cx.now()).await?;
        accounts::end_session(tx, cx.shop, account, session, cx.now()).await
    }

    async fn tell(&self, cx: &Context, payload: Payload) -> Result<(), Fault> {
        let (this, closure_cx, id) = (self.clone(), cx.clone(), payload.client);
        let (client, keys) = self
            .db
            .write(async move |tx| {
                Ok((rows::client(tx, closure_cx.shop, id).await?, this.keys_in(tx, &closure_cx).await?))
            })
            .await?;
        let uri = client.and_then(|(client, _)| client.settings.backchannel_logout_uri);
        // A client that was removed meanwhile need not be told.
        let Some(uri) = uri else { return Ok(()) };
        let now = cx.now();
        let key =
            signing::signing(&keys, now).ok_or_else(|| Fault::internal("a shop without a signing key"))?;
        let claims = serde_json::json!({
            "iss": payload.issuer,
            "aud": payload.client,
            "sub": payload.account,
            "sid": payload.session,
            "iat": seconds(now),
            "exp": seconds(now) + LOGOUT_TOKEN_SECONDS_MAX,
            "jti": cx.new_id::<()>().to_string(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let token = key.sign(&self.vault, "logout+jwt", &claims)?;
        post::form(&self.outward, &uri, &[("logout_token", &token)]).await
    }
}

/// Runs the job.
#[derive(Clone, Debug)]
pub struct LogoutHandler {
    pub provider: Provider,
}

impl jobs::Handler for LogoutHandler {
    fn run<'a>(&'a self, cx: &'a Context, job: &'a jobs::Job) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let malformed = |_| Fault::invalid("job_malformed", "The job does not say whom to tell.");
            let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(malformed)?;
            self.provider.tell(cx, payload).await
        }
        .boxed()
    }
}
