//! The token endpoint: a code for tokens, a refresh token for the next ones. What is used twice ends everything that came of its sign-in.

use base::{Context, Fault, Timestamp};
use db::{
    Tx,
    audit::{self, Entry},
};

use super::{Provider, Told, told};
use crate::{
    new_secret,
    oidc::{
        ACCESS_SECONDS_MAX, BACKCHANNEL_GRANT_TYPE, Client, Failure, GRANT_SECONDS_MAX, Grantable, Presented,
        REFRESH_IDLE_SECONDS_MAX, Refused, Scopes, TokenAnswer,
        request::{Parameters, verifier_fits},
        rows,
        signing::{self, KeptKey},
        tokens::{IdToken, Kept, KeptGrant, TokenKind},
    },
};

const SPENT: Refused = Refused::grant("The code or token is not known, was used, or has ended.");

/// What a grant is exchanged for, before it is signed.
struct Exchanged {
    grant: KeptGrant,
    nonce: Option<String>,
    scopes: Scopes,
    refresh: Option<String>,
    keys: Vec<KeptKey>,
}

impl Provider {
    pub async fn exchange(
        &self,
        cx: &Context,
        issuer: &str,
        presented: &Presented,
        parameters: &Parameters,
    ) -> Result<TokenAnswer, Failure> {
        let access = new_secret("tla_");
        let next = new_secret("tlr_");
        let (this, closure_cx, presented, parameters) =
            (self.clone(), cx.clone(), presented.clone(), parameters.clone());
        let (access_key, next_key) = (self.key(cx, "token", &access), self.key(cx, "token", &next));
        let exchanged = self
            .db
            .write(async move |tx| {
                let cx = &closure_cx;
                let client = match this.clients.prove(tx, cx, &presented).await {
                    Ok(client) => client,
                    Err(failure) => return told(failure),
                };
                let granted = match parameters.get("grant_type") {
                    Some("authorization_code") => this.by_code(tx, cx, &client, &parameters).await?,
                    Some("refresh_token") => this.by_refresh(tx, cx, &client, &parameters).await?,
                    Some(BACKCHANNEL_GRANT_TYPE) => this.by_backchannel(tx, cx, &client, &parameters).await?,
                    Some(_) => Err(Refused::grant_type("This grant_type is not offered.")),
                    None => Err(Refused::request("grant_type is missing.")),
                };
                let (grant, nonce, scopes) = match granted {
                    Ok(granted) => granted,
                    Err(refused) => return Ok(Err(refused)),
                };
                let now = cx.now();
                let token = |kind, seconds: i64| Kept {
                    kind,
                    grant: grant.id,
                    scopes: scopes.clone(),
                    created_at: now,
                    expires_at: now.plus_micros(seconds * Timestamp::SECOND),
                    used_at: None,
                    revoked_at: None,
                };
                rows::insert_token(tx, cx.shop, &access_key, &token(TokenKind::Access, ACCESS_SECONDS_MAX))
                    .await?;
                let offline = grant.scopes.has(Grantable::OfflineAccess);
                if offline {
                    let refresh = Kept {
                        scopes: grant.scopes.clone(),
                        ..token(TokenKind::Refresh, REFRESH_IDLE_SECONDS_MAX)
                    };
                    rows::insert_token(tx, cx.shop, &next_key, &refresh).await?;
                }
                let keys = this.keys_in(tx, cx).await?;
                Ok(Ok(Exchanged { grant, nonce, scopes, refresh: offline.then(|| next.clone()), keys }))
            })
            .await??;
        self.signed(cx, issuer, access, exchanged)
    }

    fn signed(
        &self,
        cx: &Context,
        issuer: &str,
        access: String,
        exchanged: Exchanged,
    ) -> Result<TokenAnswer, Failure> {
        let Exchanged { grant, nonce, scopes, refresh, keys } = exchanged;
        let key = signing::signing(&keys, cx.now())
            .ok_or_else(|| Fault::internal("a shop without a signing key"))?;
        let claims = IdToken::new(issuer, &grant, nonce, &access, cx.now());
        let id_token = scopes
            .has(Grantable::Openid)
            .then(|| key.sign(&self.vault, signing::ID_TOKEN, &claims))
            .transpose()?;
        Ok(TokenAnswer {
            access_token: access,
            token_type: "Bearer",
            expires_in: ACCESS_SECONDS_MAX,
            scope: scopes.to_string(),
            refresh_token: refresh,
            id_token,
        })
    }

    async fn by_code(
        &self,
        tx: &mut Tx,
        cx: &Context,
        client: &Client,
        parameters: &Parameters,
    ) -> Result<Told<(KeptGrant, Option<String>, Scopes)>, Fault> {
        let Some(code) = parameters.get("code") else { return Ok(Err(Refused::request("code is missing."))) };
        let key = self.key(cx, "code", code);
        let Some(kept) = rows::code(tx, cx.shop, &key).await? else { return Ok(Err(SPENT)) };
        let Some(grant) = rows::grant(tx, cx.shop, kept.grant).await? else { return Ok(Err(SPENT)) };
        if grant.client != client.id {
            return Ok(Err(SPENT));
        }
        if kept.used_at.is_some() {
            // Somebody else has the code, too; nobody can tell which of the two is the thief (RFC 6749, 4.1.2).
            self.end(tx, cx, &grant, "code_reused").await?;
            return Ok(Err(SPENT));
        }
        // Whatever comes of it, a code is tried once.
        rows::use_code(tx, cx.shop, &key, cx.now()).await?;
        let fits = parameters.get("redirect_uri") == Some(kept.redirect_uri.as_str())
            && parameters
                .get("code_verifier")
                .is_some_and(|verifier| verifier_fits(verifier, &kept.challenge));
        if kept.expires_at <= cx.now() || grant.ended_at.is_some() {
            return Ok(Err(SPENT));
        }
        if !fits {
            rows::end_grant(tx, cx.shop, grant.id, "revoked", cx.now()).await?;
            return Ok(Err(Refused::grant("redirect_uri or code_verifier is not the one of the request.")));
        }
        let scopes = grant.scopes.clone();
        Ok(Ok((grant, kept.nonce, scopes)))
    }

    async fn by_refresh(
        &self,
        tx: &mut Tx,
        cx: &Context,
        client: &Client,
        parameters: &Parameters,
    ) -> Result<Told<(KeptGrant, Option<String>, Scopes)>, Fault> {
        let Some(token) = parameters.get("refresh_token") else {
            return Ok(Err(Refused::request("refresh_token is missing.")));
        };
        let key = self.key(cx, "token", token);
        let Some(kept) = rows::token(tx, cx.shop, &key).await? else { return Ok(Err(SPENT)) };
        let Some(grant) = rows::grant(tx, cx.shop, kept.grant).await? else { return Ok(Err(SPENT)) };
        if kept.kind != TokenKind::Refresh || grant.client != client.id || grant.ended_at.is_some() {
            return Ok(Err(SPENT));
        }
        if kept.used_at.is_some() {
            self.end(tx, cx, &grant, "token_reused").await?;
            return Ok(Err(SPENT));
        }
        let age = cx.now().as_micros() - grant.created_at.as_micros();
        if !kept.stands(cx.now()) || age > GRANT_SECONDS_MAX * Timestamp::SECOND {
            return Ok(Err(SPENT));
        }
        let scopes = match parameters.get("scope") {
            None => kept.scopes.clone(),
            Some(text) => Scopes::known_in(text),
        };
        if !scopes.is_within(&kept.scopes) {
            return Ok(Err(Refused::scope("A refresh grants no more than was granted.")));
        }
        rows::use_token(tx, cx.shop, &key, cx.now()).await?;
        Ok(Ok((grant, None, scopes)))
    }

    /// Ends a grant for a theft, and says so in the trail.
    async fn end(
        &self,
        tx: &mut Tx,
        cx: &Context,
        grant: &KeptGrant,
        why: &'static str,
    ) -> Result<(), Fault> {
        if rows::end_grant(tx, cx.shop, grant.id, why, cx.now()).await? {
            let details = serde_json::json!({ "client": grant.client, "account": grant.account });
            let entry = Entry {
                action: "grants.end",
                subject: audit::subject("grant", grant.id),
                customer: None,
                reason: why,
                details,
            };
            audit::append(tx, cx, &self.vault.indexes(cx.shop), entry).await?;
        }
        Ok(())
    }
}
