//! The verbs of accounts: sign in by a proof, look, prove more.

use base::{Context, Fault, Id, Secret, Timestamp};
use customers::{Customer, Customers};
use db::{Db, Tx};
use messaging::Messages;
use numbering::PhoneNumber;
use vault::Vault;

use super::{
    Account, Method, Methods, ShopperSession, begin_session,
    notices::Notice,
    rows::{self, Kept},
};
use crate::{new_secret, unauthenticated, verification::Device};

/// Seconds between two notes that a session is in use.
const SEEN_SECONDS: i64 = 60;

/// The accounts of the installation; every verb is told by its context which shop's. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Accounts {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) customers: Customers,
    pub(crate) messages: Messages,
}

/// A number that was proved just now, and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    pub number: PhoneNumber,
    pub customer: Id<Customer>,
    pub method: Method,
}

/// Where somebody signs in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Browser {
    /// The device of the signed cookie, if it came with one.
    pub device: Option<Id<Device>>,
    /// A family of browsers and systems, in words.
    pub family: String,
    pub language: String,
    /// How people read the shop's name, for what is told them.
    pub shop_name: String,
}

/// A session just begun, with the token of its cookie.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub token: Secret<String>,
    pub session: ShopperSession,
}

impl Accounts {
    pub fn new(db: Db, vault: Vault, customers: Customers, messages: Messages) -> Self {
        Self { db, vault, customers, messages }
    }

    pub(crate) fn token_key(&self, cx: &Context, token: &str) -> [u8; 32] {
        self.vault.indexes(cx.shop).credential.of_parts([b"account session".as_slice(), token.as_bytes()])
    }

    pub(crate) fn number_key(&self, cx: &Context, number: PhoneNumber) -> [u8; 32] {
        customers::identity::number_key(&self.vault.indexes(cx.shop), number).0
    }

    /// Begins a session for whoever proved a number: in the account that the number was proved for before, when it is the same person's still, else in one that is opened now.
    /// Whoever is signed in to that account by the token `before` goes on in the same session.
    pub async fn sign_in(
        &self,
        cx: &Context,
        proof: Proof,
        browser: Browser,
        before: Option<&str>,
    ) -> Result<SignedIn, Fault> {
        let key = self.number_key(cx, proof.number);
        let known = self.same_person(cx, &key, proof.customer).await?;
        let token = new_secret("tls_");
        let token_key = self.token_key(cx, &token);
        let before = before.map(|token| self.token_key(cx, token));
        let device = browser.device.unwrap_or_else(|| cx.new_id());
        let (this, cx) = (self.clone(), cx.clone());
        let session = self
            .db
            .write(async move |tx| {
                let (account, opened) = this.reach(tx, &cx, &key, known, &proof, &browser).await?;
                this.see(tx, &cx, &account, (device, &browser), opened).await?;
                let totp = crate::factors::has_totp(tx, cx.shop, account.id).await?;
                let session = ShopperSession {
                    id: cx.new_id(),
                    account: account.id,
                    device,
                    browser: browser.family.clone(),
                    methods: Methods::of(proof.method),
                    proved_at: cx.now(),
                    waiting: account.has_password || totp,
                    created_at: cx.now(),
                    seen_at: cx.now(),
                    has_stronger_factor: false,
                };
                begin_session(tx, &cx, (before.as_ref(), &token_key), session).await
            })
            .await?;
        self.messages.wake();
        Ok(SignedIn { token: Secret::new(token), session })
    }

    /// Notes a device, and tells the number of one that is new.
    pub(crate) async fn see(
        &self,
        tx: &mut Tx,
        cx: &Context,
        account: &Account,
        (device, browser): (Id<Device>, &Browser),
        opened: bool,
    ) -> Result<(), Fault> {
        let new = rows::see_device(tx, cx.shop, account.id, (device, &browser.family), cx.now()).await?;
        if new && !opened {
            let words = (account.language.as_str(), browser.shop_name.as_str());
            self.tell(tx, cx, account.number, Notice::NewDevice, words).await?;
        }
        Ok(())
    }

    /// The account that whoever proved a number signs in to, if there is one already.
    pub async fn reached_by(&self, cx: &Context, proof: &Proof) -> Result<Option<Id<Account>>, Fault> {
        self.same_person(cx, &self.number_key(cx, proof.number), proof.customer).await
    }

    /// The account that has a number.
    pub async fn of_number(&self, cx: &Context, number: PhoneNumber) -> Result<Option<Id<Account>>, Fault> {
        let (key, shop) = (self.number_key(cx, number), cx.shop);
        let found = self.db.read(async move |tx| rows::account_by_number(tx, shop, &key).await).await?;
        Ok(found.map(|kept| kept.id))
    }

    /// The account that holds a number, if its customer is (by now) the one who proved it. A customer may have become part of another.
    async fn same_person(
        &self,
        cx: &Context,
        key: &[u8; 32],
        customer: Id<Customer>,
    ) -> Result<Option<Id<Account>>, Fault> {
        let (shop, key) = (cx.shop, *key);
        let Some(kept) = self.db.read(async move |tx| rows::account_by_number(tx, shop, &key).await).await?
        else {
            return Ok(None);
        };
        if kept.customer == customer {
            return Ok(Some(kept.id));
        }
        let now = match self.customers.get(cx, kept.customer).await {
            Ok(view) => Some(view.summary.id),
            Err(fault) if fault.kind == base::FaultKind::NotFound => None,
            Err(fault) => return Err(fault),
        };
        Ok((now == Some(customer)).then_some(kept.id))
    }

    async fn reach(
        &self,
        tx: &mut Tx,
        cx: &Context,
        key: &[u8; 32],
        known: Option<Id<Account>>,
        proof: &Proof,
        browser: &Browser,
    ) -> Result<(Account, bool), Fault> {
        if let Some(kept) = rows::account_by_number(tx, cx.shop, key).await? {
            if known == Some(kept.id) || kept.customer == proof.customer {
                rows::prove_account(tx, cx.shop, kept.id, &browser.language, cx.now()).await?;
                return Ok((kept.open(&self.vault)?, false));
            }
            // The number has a new holder, who sees nothing of the last one's account.
            rows::release_number(tx, cx.shop, kept.id).await?;
        }
        let id = cx.new_id();
        let (data_key, number) = Kept::seal(&self.vault, id, proof.number);
        let kept = Kept {
            id,
            customer: proof.customer,
            data_key,
            number,
            number_key: Some(*key),
            number_since: cx.now(),
            proved_at: cx.now(),
            password: None,
            locked_until: Timestamp::from_micros(0),
            language: browser.language.clone(),
            created_at: cx.now(),
        };
        rows::insert_account(tx, cx.shop, &kept).await?;
        Ok((kept.open(&self.vault)?, true))
    }

    /// The session of a cookie's token, if it stands; it may still wait for a second factor.
    pub async fn session(&self, cx: &Context, token: &str) -> Result<Option<ShopperSession>, Fault> {
        let (key, shop, now) = (self.token_key(cx, token), cx.shop, cx.now());
        let found = self.db.read(async move |tx| rows::session(tx, shop, &key).await).await?;
        let Some(session) = found.filter(|session| !session.is_over(now)) else { return Ok(None) };
        if now.as_micros() - session.seen_at.as_micros() > SEEN_SECONDS * Timestamp::SECOND {
            self.db.write(async move |tx| rows::touch_session(tx, shop, &key, now).await).await?;
        }
        Ok(Some(session))
    }

    /// Adds a proof to a session, which gets a new token by it.
    pub async fn prove_more(&self, cx: &Context, token: &str, method: Method) -> Result<SignedIn, Fault> {
        let next = new_secret("tls_");
        let (old, new) = (self.token_key(cx, token), self.token_key(cx, &next));
        let cx = cx.clone();
        let session = self
            .db
            .write(async move |tx| {
                let found =
                    rows::session(tx, cx.shop, &old).await?.filter(|session| !session.is_over(cx.now()));
                let session = found.ok_or_else(|| unauthenticated("session_ended", "Sign in again."))?;
                let was_waiting = session.waiting;
                let session = ShopperSession {
                    methods: session.methods.and(method),
                    proved_at: cx.now(),
                    waiting: session.waiting && !session.methods.and(method).are_two_factors(),
                    ..session
                };
                rows::renew_session(tx, cx.shop, (&old, &new), &session).await?;
                if was_waiting && !session.waiting {
                    super::sessions::signed_in(tx, &cx, &session).await?;
                }
                Ok(session)
            })
            .await?;
        Ok(SignedIn { token: Secret::new(next), session })
    }

    pub async fn get(&self, cx: &Context, id: Id<Account>) -> Result<Account, Fault> {
        let (vault, shop) = (self.vault.clone(), cx.shop);
        let found = self.db.read(async move |tx| super::of_id(tx, &vault, shop, id).await).await?;
        found.ok_or_else(super::unknown)
    }

    /// Open sessions of an account that have not run out, the newest first.
    pub async fn sessions(&self, cx: &Context, account: Id<Account>) -> Result<Vec<ShopperSession>, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        let sessions = self.db.read(async move |tx| rows::sessions(tx, shop, account, now).await).await?;
        Ok(sessions.into_iter().filter(|session| !session.waiting).collect())
    }
}
