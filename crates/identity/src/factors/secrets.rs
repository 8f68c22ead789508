//! What is asked for after the code: the digits of an authenticator app (RFC 6238, by `totp-rs`), or a password (argon2id). Wrong ones are counted together.

use base::{Context, Fault, FaultKind, Id, Secret, Timestamp};
use rand::Rng as _;
use totp_rs::{Builder, Totp};
use vault::Place;

use super::{Factors, proved, rows};
use crate::{
    accounts::{self, Account, Method, ShopperSession, SignedIn, notices::Notice},
    passwords, staff, unauthenticated,
};

/// Wrong answers in a row before no more are looked at for a while (NIST SP 800-63B allows a hundred).
const FAILURES_MAX: i64 = 5;
const LOCKED_MICROS: i64 = 15 * 60 * Timestamp::SECOND;
/// NIST SP 800-63B-4: fifteen for a password that stands alone; ours never does, and asks for as many.
const PASSWORD_CHARS_MIN: usize = 15;
/// As the algorithm's authors recommend.
const SECRET_BYTES: usize = 20;

/// An authenticator app to be set up.
#[derive(Clone, Debug)]
pub struct TotpSetup {
    /// What the person types into the app, in groups of four.
    pub key: Secret<String>,
}

impl TotpSetup {
    fn of(secret: &[u8]) -> Self {
        let text = data_encoding::BASE32_NOPAD.encode(secret);
        let groups: Vec<&str> = (0..text.len()).step_by(4).filter_map(|at| text.get(at..at + 4)).collect();
        Self { key: Secret::new(groups.join(" ")) }
    }

    /// The same as an address that apps open, and read from a picture (Google's Key Uri Format, which all of them took over).
    pub fn address(&self, issuer: &str, account: &str) -> Secret<String> {
        // Blanks as %20: apps show a plus as it stands. One that is meant is encoded already.
        let encoded = |text: &str| {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
        };
        let (issuer, account) = (encoded(issuer), encoded(account));
        let secret = self.key.reveal().replace(' ', "");
        Secret::new(format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}"))
    }
}

fn place(account: &Id<Account>) -> Place<'_> {
    Place { table: "account_totp", column: "secret", row: account.as_bytes() }
}

fn totp_of(secret: &[u8]) -> Result<Totp, Fault> {
    Builder::new()
        .with_secret(secret.to_vec())
        .with_skew(1)
        .build()
        .map_err(|_| Fault::internal("a secret of a wrong length"))
}

fn wrong() -> Fault {
    unauthenticated("factor_wrong", "This is not right, or was used already.")
}

impl Factors {
    /// Makes a secret for an app; it is asked for once the app has shown that it knows it.
    pub async fn start_totp(&self, cx: &Context, session: &ShopperSession) -> Result<TotpSetup, Fault> {
        proved(session, cx)?;
        let account = session.account;
        let mut secret = [0u8; SECRET_BYTES];
        rand::rng().fill_bytes(&mut secret);
        let (key, data_key) = self.accounts.vault.new_data_key(account.as_bytes());
        let sealed = key.seal(place(&account), &secret);
        let (shop, now) = (cx.shop, cx.now());
        self.accounts
            .db
            .write(async move |tx| {
                if rows::has_totp(tx, shop, account).await? {
                    return Err(Fault::conflict("totp_known", "An authenticator app is set up already."));
                }
                rows::insert_totp(tx, shop, account, (&data_key, &sealed), now).await
            })
            .await?;
        Ok(TotpSetup::of(&secret))
    }

    /// The app that is being set up, for whoever mistyped its digits. None once it is confirmed.
    pub async fn pending_totp(
        &self,
        cx: &Context,
        session: &ShopperSession,
    ) -> Result<Option<TotpSetup>, Fault> {
        proved(session, cx)?;
        let (shop, account) = (cx.shop, session.account);
        let kept = self.accounts.db.read(async move |tx| rows::totp(tx, shop, account).await).await?;
        let Some(kept) = kept.filter(|kept| kept.confirmed_at.is_none()) else { return Ok(None) };
        let key = self.accounts.vault.unwrap(&kept.data_key, account.as_bytes())?;
        Ok(Some(TotpSetup::of(&key.open(place(&account), &kept.secret)?)))
    }

    /// From now on the app is asked for.
    pub async fn confirm_totp(
        &self,
        cx: &Context,
        session: &ShopperSession,
        digits: &str,
        shop_name: &str,
    ) -> Result<(), Fault> {
        proved(session, cx)?;
        self.look_at_digits(cx, session.account, digits, Some(shop_name)).await?;
        self.accounts.messages.wake();
        Ok(())
    }

    pub async fn remove_totp(
        &self,
        cx: &Context,
        session: &ShopperSession,
        shop_name: &str,
    ) -> Result<(), Fault> {
        proved(session, cx)?;
        let (this, cx, account, shop_name) =
            (self.clone(), cx.clone(), session.account, shop_name.to_owned());
        self.accounts
            .db
            .write(async move |tx| {
                if rows::remove_totp(tx, cx.shop, account).await? {
                    this.changed(tx, &cx, account, ("totp.remove", Notice::FactorRemoved, &shop_name))
                        .await?;
                }
                Ok(())
            })
            .await?;
        self.accounts.messages.wake();
        Ok(())
    }

    /// The digits of the app, after the code.
    pub async fn prove_by_totp(
        &self,
        cx: &Context,
        session: &ShopperSession,
        token: &str,
        digits: &str,
    ) -> Result<SignedIn, Fault> {
        self.look_at_digits(cx, session.account, digits, None).await?;
        self.accounts.prove_more(cx, token, Method::Totp).await
    }

    /// Each digits serve once; `confirming` is for an app that was not asked for before, in whose name.
    async fn look_at_digits(
        &self,
        cx: &Context,
        account: Id<Account>,
        digits: &str,
        confirming: Option<&str>,
    ) -> Result<(), Fault> {
        let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
        let (this, cx, confirming) = (self.clone(), cx.clone(), confirming.map(str::to_owned));
        let right = self
            .accounts
            .db
            .write(async move |tx| {
                this.may_try(tx, &cx, account).await?;
                let Some(kept) = rows::totp(tx, cx.shop, account).await? else { return Ok(false) };
                let key = this.accounts.vault.unwrap(&kept.data_key, account.as_bytes())?;
                let totp = totp_of(&key.open(place(&account), &kept.secret)?)?;
                let seconds = u64::try_from(cx.now().as_micros() / Timestamp::SECOND).unwrap_or(0);
                let step = totp.check(&digits, seconds).and_then(|step| i64::try_from(step).ok());
                let fits = step.filter(|step| {
                    *step > kept.last_step && kept.confirmed_at.is_none() == confirming.is_some()
                });
                let Some(step) = fits else {
                    let locked = cx.now().plus_micros(LOCKED_MICROS);
                    accounts::rows::note_failure(tx, cx.shop, account, FAILURES_MAX, locked).await?;
                    return Ok(false);
                };
                rows::use_totp(tx, cx.shop, account, step, cx.now()).await?;
                accounts::rows::clear_failures(tx, cx.shop, account).await?;
                if let Some(shop_name) = &confirming {
                    this.changed(tx, &cx, account, ("totp.add", Notice::FactorAdded, shop_name)).await?;
                }
                Ok(true)
            })
            .await?;
        if right { Ok(()) } else { Err(wrong()) }
    }

    async fn may_try(&self, tx: &mut db::Tx, cx: &Context, account: Id<Account>) -> Result<(), Fault> {
        let kept = accounts::rows::account(tx, cx.shop, account).await?;
        if let Some(kept) = kept.filter(|kept| kept.locked_until > cx.now()) {
            let message = "Too many wrong answers; wait before the next try.";
            return Err(Fault::new(FaultKind::Limited, "factor_locked", message)
                .detail("retry_at", kept.locked_until.to_string()));
        }
        Ok(())
    }

    /// Counts what came of a password. Others may have been counted while it was compared, so even the right one is refused when they closed the account.
    async fn count(&self, cx: &Context, account: Id<Account>, is_right: bool) -> Result<(), Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        self.accounts
            .db
            .write(async move |tx| {
                this.may_try(tx, &cx, account).await?;
                if is_right {
                    return accounts::rows::clear_failures(tx, cx.shop, account).await;
                }
                let locked = cx.now().plus_micros(LOCKED_MICROS);
                accounts::rows::note_failure(tx, cx.shop, account, FAILURES_MAX, locked).await
            })
            .await
    }

    /// From now on the password is asked for after the code.
    pub async fn set_password(
        &self,
        cx: &Context,
        session: &ShopperSession,
        password: &Secret<String>,
        shop_name: &str,
    ) -> Result<(), Fault> {
        proved(session, cx)?;
        let number = self.accounts.get(cx, session.account).await?.number;
        passwords::check(password, PASSWORD_CHARS_MIN, &[shop_name, number.e164().as_str()])?;
        let hash = staff::hash(password).await?;
        self.change_password(
            cx,
            session.account,
            Some(hash),
            ("password.set", Notice::FactorAdded),
            shop_name,
        )
        .await
    }

    pub async fn remove_password(
        &self,
        cx: &Context,
        session: &ShopperSession,
        shop_name: &str,
    ) -> Result<(), Fault> {
        proved(session, cx)?;
        self.change_password(cx, session.account, None, ("password.remove", Notice::FactorRemoved), shop_name)
            .await
    }

    async fn change_password(
        &self,
        cx: &Context,
        account: Id<Account>,
        hash: Option<String>,
        (action, notice): (&'static str, Notice),
        shop_name: &str,
    ) -> Result<(), Fault> {
        let (this, cx, shop_name) = (self.clone(), cx.clone(), shop_name.to_owned());
        self.accounts
            .db
            .write(async move |tx| {
                accounts::rows::set_password(tx, cx.shop, account, hash.as_deref()).await?;
                this.changed(tx, &cx, account, (action, notice, &shop_name)).await
            })
            .await?;
        self.accounts.messages.wake();
        Ok(())
    }

    /// The password, after the code.
    pub async fn prove_by_password(
        &self,
        cx: &Context,
        session: &ShopperSession,
        token: &str,
        password: &Secret<String>,
    ) -> Result<SignedIn, Fault> {
        self.look_at_password(cx, session.account, password).await?;
        self.accounts.prove_more(cx, token, Method::Password).await
    }

    /// What an account is asked for beside a proof of its number, without a session: the app's digits, or the password when no digits are given. `None` when it is asked for nothing.
    pub async fn prove_beside(
        &self,
        cx: &Context,
        account: Id<Account>,
        (digits, password): (&str, &Secret<String>),
    ) -> Result<Option<Method>, Fault> {
        let enrolled = self.enrolled(cx, account).await?;
        if !enrolled.totp && !enrolled.password {
            return Ok(None);
        }
        if digits.is_empty() {
            self.look_at_password(cx, account, password).await?;
            return Ok(Some(Method::Password));
        }
        self.look_at_digits(cx, account, digits, None).await?;
        Ok(Some(Method::Totp))
    }

    async fn look_at_password(
        &self,
        cx: &Context,
        account: Id<Account>,
        password: &Secret<String>,
    ) -> Result<(), Fault> {
        let (this, closure_cx) = (self.clone(), cx.clone());
        let kept = self
            .accounts
            .db
            .read(async move |tx| {
                this.may_try(tx, &closure_cx, account).await?;
                accounts::rows::account(tx, closure_cx.shop, account).await
            })
            .await?;
        let right = staff::verify(password, kept.and_then(|kept| kept.password)).await?;
        self.count(cx, account, right).await?;
        if right { Ok(()) } else { Err(wrong()) }
    }
}
