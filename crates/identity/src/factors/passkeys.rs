//! Passkeys, by `webauthn-rs`: made by whoever is signed in, used to sign in without a number or to prove more. A challenge is kept sealed, and answered once.

use base::{Context, Fault, Id, Secret, Timestamp};
use url::Url;
use vault::Place;
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
        RegisterPublicKeyCredential,
    },
};

use super::{
    Factors, proved,
    rows::{self, KeptCeremony, KeptPasskey},
};
use crate::{
    accounts::{self, Account, Browser, Method, Methods, ShopperSession, SignedIn, notices::Notice},
    new_secret, unauthenticated,
};

/// How long a challenge waits for its answer.
const CEREMONY_SECONDS_MAX: i64 = 300;
/// Passkeys of one account.
const PASSKEYS_MAX: usize = 20;

/// A passkey as it may be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PasskeyView {
    pub id: Id<Self>,
    /// The browser and system where it was made.
    pub name: String,
    pub created_at: Timestamp,
    pub used_at: Timestamp,
}

impl From<KeptPasskey> for PasskeyView {
    fn from(kept: KeptPasskey) -> Self {
        Self { id: kept.id, name: kept.name, created_at: kept.created_at, used_at: kept.used_at }
    }
}

/// A challenge for the browser, and the handle under which its answer is expected.
#[derive(Clone, Debug)]
pub struct Ceremony {
    pub options: serde_json::Value,
    pub handle: String,
}

/// The place of a passkey or a challenge: the first half of its key.
fn row_of(key: &[u8; 32]) -> [u8; 16] {
    key[..16].try_into().expect("16 of 32 bytes")
}

fn refused() -> Fault {
    unauthenticated("passkey_refused", "The passkey is not known here, or its answer does not fit.")
}

/// Whether an account with so many passkeys may have another.
fn has_room(passkeys: usize) -> Result<(), Fault> {
    if passkeys < PASSKEYS_MAX {
        return Ok(());
    }
    Err(Fault::conflict("passkeys_too_many", "An account has at most 20 passkeys."))
}

/// The rules for one origin. A machine's bare address has none: passkeys belong to names.
fn webauthn(origin: &str) -> Result<Webauthn, Fault> {
    let unusable = || {
        Fault::conflict(
            "passkeys_unusable",
            "Passkeys need a server with a name, over HTTPS or on this machine.",
        )
    };
    let url = Url::parse(origin).map_err(|_| unusable())?;
    let name = url.domain().ok_or_else(unusable)?.to_owned();
    WebauthnBuilder::new(&name, &url).and_then(WebauthnBuilder::build).map_err(|_| unusable())
}

impl Factors {
    fn credential_key(&self, cx: &Context, credential: &[u8]) -> [u8; 32] {
        self.accounts.vault.indexes(cx.shop).credential.of_parts([b"passkey".as_slice(), credential])
    }

    fn handle_key(&self, cx: &Context, handle: &str) -> [u8; 32] {
        self.accounts.vault.indexes(cx.shop).credential.of_parts([b"ceremony".as_slice(), handle.as_bytes()])
    }

    fn seal_passkey(&self, key: &[u8; 32], passkey: &Passkey) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        let row = row_of(key);
        let (sealing, data_key) = self.accounts.vault.new_data_key(&row);
        let plain = serde_json::to_vec(passkey).map_err(Fault::internal)?;
        Ok((
            data_key,
            sealing.seal(Place { table: "account_passkeys", column: "passkey", row: &row }, &plain),
        ))
    }

    fn open_passkey(&self, key: &[u8; 32], kept: &KeptPasskey) -> Result<Passkey, Fault> {
        let row = row_of(key);
        let place = Place { table: "account_passkeys", column: "passkey", row: &row };
        let plain = self.accounts.vault.unwrap(&kept.data_key, &row)?.open(place, &kept.passkey)?;
        serde_json::from_slice(&plain).map_err(Fault::internal)
    }

    async fn keep(
        &self,
        cx: &Context,
        account: Option<Id<Account>>,
        state: &impl serde::Serialize,
    ) -> Result<String, Fault> {
        let handle = new_secret("");
        let key = self.handle_key(cx, &handle);
        let row = row_of(&key);
        let (sealing, data_key) = self.accounts.vault.new_data_key(&row);
        let plain = serde_json::to_vec(state).map_err(Fault::internal)?;
        let place = Place { table: "account_ceremonies", column: "state", row: &row };
        let expires_at = cx.now().plus_micros(CEREMONY_SECONDS_MAX * Timestamp::SECOND);
        let kept = KeptCeremony { account, data_key, state: sealing.seal(place, &plain), expires_at };
        let shop = cx.shop;
        self.accounts.db.write(async move |tx| rows::insert_ceremony(tx, shop, &key, &kept).await).await?;
        Ok(handle)
    }

    async fn take<T: serde::de::DeserializeOwned>(
        &self,
        cx: &Context,
        account: Option<Id<Account>>,
        handle: &str,
    ) -> Result<T, Fault> {
        let (key, shop) = (self.handle_key(cx, handle), cx.shop);
        let kept = self.accounts.db.write(async move |tx| rows::take_ceremony(tx, shop, &key).await).await?;
        let kept =
            kept.filter(|kept| kept.account == account && kept.expires_at > cx.now()).ok_or_else(refused)?;
        let row = row_of(&key);
        let place = Place { table: "account_ceremonies", column: "state", row: &row };
        let plain = self.accounts.vault.unwrap(&kept.data_key, &row)?.open(place, &kept.state)?;
        serde_json::from_slice(&plain).map_err(Fault::internal)
    }

    /// A challenge to make a passkey with.
    pub async fn start_passkey(
        &self,
        cx: &Context,
        origin: &str,
        session: &ShopperSession,
        shop_name: &str,
    ) -> Result<Ceremony, Fault> {
        proved(session, cx)?;
        let (shop, account) = (cx.shop, session.account);
        let kept = self.accounts.db.read(async move |tx| rows::passkeys(tx, shop, account).await).await?;
        has_room(kept.len())?;
        let known = self.accounts.get(cx, account).await?;
        // What the browser's own window shows; the number is masked there, too.
        let name = format!("{shop_name} {}", known.number.mask());
        let made = webauthn(origin)?.start_passkey_registration(account.uuid(), &name, &name, None);
        let (mut challenge, state) = made.map_err(Fault::internal)?;
        if let Some(wanted) = &mut challenge.public_key.authenticator_selection {
            // It is to be found without a number.
            wanted.require_resident_key = true;
            wanted.resident_key = serde_json::from_value("required".into()).ok();
        }
        let handle = self.keep(cx, Some(account), &state).await?;
        Ok(Ceremony { options: serde_json::to_value(challenge).map_err(Fault::internal)?, handle })
    }

    /// Keeps the passkey that a browser made for a challenge.
    pub async fn finish_passkey(
        &self,
        cx: &Context,
        origin: &str,
        session: &ShopperSession,
        (handle, answer): (&str, &str),
        browser: &Browser,
    ) -> Result<(), Fault> {
        proved(session, cx)?;
        let account = session.account;
        let state: PasskeyRegistration = self.take(cx, Some(account), handle).await?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| refused())?;
        let passkey =
            webauthn(origin)?.finish_passkey_registration(&answer, &state).map_err(|_| refused())?;
        let key = self.credential_key(cx, passkey.cred_id());
        let (data_key, sealed) = self.seal_passkey(&key, &passkey)?;
        let kept = KeptPasskey {
            account,
            id: cx.new_id(),
            data_key,
            passkey: sealed,
            name: browser.family.clone(),
            created_at: cx.now(),
            used_at: cx.now(),
        };
        let (this, cx, shop_name) = (self.clone(), cx.clone(), browser.shop_name.clone());
        self.accounts
            .db
            .write(async move |tx| {
                if rows::passkey(tx, cx.shop, &key).await?.is_some() {
                    return Err(Fault::conflict("passkey_known", "This passkey is there already."));
                }
                // Others may have been made since the challenge.
                has_room(rows::passkeys(tx, cx.shop, account).await?.len())?;
                rows::insert_passkey(tx, cx.shop, &key, &kept).await?;
                this.changed(tx, &cx, account, ("passkeys.add", Notice::FactorAdded, &shop_name)).await
            })
            .await?;
        self.accounts.messages.wake();
        Ok(())
    }

    pub async fn remove_passkey(
        &self,
        cx: &Context,
        session: &ShopperSession,
        id: Id<PasskeyView>,
        shop_name: &str,
    ) -> Result<(), Fault> {
        proved(session, cx)?;
        let (this, cx, account, shop_name) =
            (self.clone(), cx.clone(), session.account, shop_name.to_owned());
        self.accounts
            .db
            .write(async move |tx| {
                if rows::remove_passkey(tx, cx.shop, account, id).await? {
                    this.changed(tx, &cx, account, ("passkeys.remove", Notice::FactorRemoved, &shop_name))
                        .await?;
                }
                Ok(())
            })
            .await?;
        self.accounts.messages.wake();
        Ok(())
    }

    /// A challenge for whoever has a passkey of this shop: nobody says who they are.
    pub async fn ask_passkey(&self, cx: &Context, origin: &str) -> Result<Ceremony, Fault> {
        let (mut challenge, state) =
            webauthn(origin)?.start_discoverable_authentication().map_err(Fault::internal)?;
        // Asked for by a button, not offered by a field.
        challenge.mediation = None;
        let handle = self.keep(cx, None, &state).await?;
        Ok(Ceremony { options: serde_json::to_value(challenge).map_err(Fault::internal)?, handle })
    }

    /// The account whose passkey answered a challenge.
    async fn answered(
        &self,
        cx: &Context,
        origin: &str,
        (handle, answer): (&str, &str),
    ) -> Result<Account, Fault> {
        let state: DiscoverableAuthentication = self.take(cx, None, handle).await?;
        let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(|_| refused())?;
        let key = self.credential_key(cx, answer.get_credential_id());
        let shop = cx.shop;
        let kept = self.accounts.db.read(async move |tx| rows::passkey(tx, shop, &key).await).await?;
        let kept = kept.ok_or_else(refused)?;
        let mut passkey = self.open_passkey(&key, &kept)?;
        let result = webauthn(origin)?.finish_discoverable_authentication_v2(&answer, state, &passkey);
        let result = result.map_err(|_| refused())?;
        if !result.user_verified() {
            return Err(refused());
        }
        passkey.update_credential(&result);
        let row = row_of(&key);
        let sealing = self.accounts.vault.unwrap(&kept.data_key, &row)?;
        let plain = serde_json::to_vec(&passkey).map_err(Fault::internal)?;
        let sealed = sealing.seal(Place { table: "account_passkeys", column: "passkey", row: &row }, &plain);
        let now = cx.now();
        self.accounts.db.write(async move |tx| rows::use_passkey(tx, shop, &key, &sealed, now).await).await?;
        self.accounts.get(cx, kept.account).await
    }

    /// Begins a session for whoever answered with a passkey, or goes on in the one of the token `before` when it is theirs.
    pub async fn sign_in_by_passkey(
        &self,
        cx: &Context,
        origin: &str,
        answer: (&str, &str),
        browser: Browser,
        before: Option<&str>,
    ) -> Result<SignedIn, Fault> {
        let account = self.answered(cx, origin, answer).await?;
        let token = new_secret("tls_");
        let token_key = self.accounts.token_key(cx, &token);
        let before = before.map(|token| self.accounts.token_key(cx, token));
        let device = browser.device.unwrap_or_else(|| cx.new_id());
        let (accounts, cx) = (self.accounts.clone(), cx.clone());
        let session = self
            .accounts
            .db
            .write(async move |tx| {
                accounts.see(tx, &cx, &account, (device, &browser), false).await?;
                let session = ShopperSession {
                    id: cx.new_id(),
                    account: account.id,
                    device,
                    browser: browser.family.clone(),
                    methods: Methods::of(Method::Passkey),
                    proved_at: cx.now(),
                    waiting: false,
                    created_at: cx.now(),
                    seen_at: cx.now(),
                    has_stronger_factor: true,
                };
                accounts::begin_session(tx, &cx, (before.as_ref(), &token_key), session).await
            })
            .await?;
        self.accounts.messages.wake();
        Ok(SignedIn { token: Secret::new(token), session })
    }

    /// Proves more in a session that there is.
    pub async fn prove_by_passkey(
        &self,
        cx: &Context,
        origin: &str,
        answer: (&str, &str),
        session: &ShopperSession,
        token: &str,
    ) -> Result<SignedIn, Fault> {
        let account = self.answered(cx, origin, answer).await?;
        if account.id != session.account {
            return Err(refused());
        }
        self.accounts.prove_more(cx, token, Method::Passkey).await
    }
}
