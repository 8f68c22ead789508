//! Staff: sign-in by password, sessions by cookie, roles.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use base::{Context, Fault, FaultKind, Id, Secret, ShopId, Timestamp};
use db::{
    Db, Tx,
    audit::{self, Entry},
};
use vault::Vault;

use crate::{Role, new_secret, passwords, rows, unauthenticated};

/// A member of staff as may be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaffView {
    pub id: Id<Self>,
    pub shop: ShopId,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

/// Somebody signed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    pub staff: StaffView,
    pub created_at: Timestamp,
}

/// The staff of the installation.
#[derive(Clone, Debug)]
pub struct Staff {
    db: Db,
    vault: Vault,
}

/// Wrong passwords in a row before a login is closed for a while.
const FAILURES_MAX: i64 = 5;
const LOCKED_MICROS: i64 = 15 * 60 * Timestamp::SECOND;
/// A session ends this long after it began …
const SESSION_MICROS_MAX: i64 = 12 * 3600 * Timestamp::SECOND;
/// … or after it was last seen.
const IDLE_MICROS_MAX: i64 = 2 * 3600 * Timestamp::SECOND;
/// NIST SP 800-63B: at least 8; no rules about kinds of characters.
const PASSWORD_CHARS_MIN: usize = 10;
const PASSWORD_BYTES_MAX: usize = 1024;

impl Staff {
    pub fn new(db: Db, vault: Vault) -> Self {
        Self { db, vault }
    }

    pub async fn add(
        &self,
        cx: &Context,
        login: &str,
        name: &str,
        role: Role,
        password: &Secret<String>,
    ) -> Result<StaffView, Fault> {
        let login = login.trim().to_lowercase();
        if login.is_empty() || login.len() > 100 || login.chars().any(char::is_whitespace) {
            return Err(Fault::invalid("login_malformed", "A login has 1 to 100 characters and no blanks.")
                .field("login"));
        }
        self.check(cx.shop, password, &[&login, name]).await?;
        let hash = hash(password).await?;
        let name = if name.trim().is_empty() { login.clone() } else { name.trim().to_owned() };
        let staff = StaffView {
            id: cx.new_id(),
            shop: cx.shop,
            login,
            name,
            role,
            created_at: cx.now(),
            disabled_at: None,
        };
        let (noted, cx, indexes) = (staff.clone(), cx.clone(), self.vault.indexes(cx.shop));
        self.db
            .write(async move |tx| {
                if rows::staff_by_login(tx, noted.shop, &noted.login).await?.is_some() {
                    return Err(Fault::conflict("login_taken", "There is somebody of this login already.")
                        .field("login"));
                }
                rows::insert_staff(tx, &noted, &hash).await?;
                let details = serde_json::json!({ "role": noted.role.code() });
                let subject = audit::subject("staff", noted.id);
                audit::append(
                    tx,
                    &cx,
                    &indexes,
                    Entry { action: "staff.add", subject, customer: None, reason: "staff added", details },
                )
                .await?;
                Ok(())
            })
            .await?;
        Ok(staff)
    }

    /// Refuses a password that is too short or is tried first.
    async fn check(&self, shop: ShopId, password: &Secret<String>, about: &[&str]) -> Result<(), Fault> {
        let shop = self.db.read(async move |tx| rows::shop_by_id(tx, shop).await).await?;
        let named = shop.as_ref().map(|shop| [shop.name.as_str(), shop.slug.as_str()]);
        let context = [about, named.as_ref().map_or(&[][..], <[&str; 2]>::as_slice)].concat();
        passwords::check(password, PASSWORD_CHARS_MIN, &context)
    }

    /// Sets a new password and ends all sessions of the login.
    pub async fn set_password(
        &self,
        cx: &Context,
        login: &str,
        password: &Secret<String>,
    ) -> Result<(), Fault> {
        self.check(cx.shop, password, &[login]).await?;
        let hash = hash(password).await?;
        let this = self.clone();
        let (login, cx) = (login.trim().to_lowercase(), cx.clone());
        self.db
            .write(async move |tx| {
                let staff = member(tx, &cx, &login).await?;
                if staff.disabled_at.is_some() {
                    let message = "This login is disabled; enable it before it gets a password.";
                    return Err(Fault::conflict("staff_disabled", message).field("login"));
                }
                rows::set_password(tx, cx.shop, &login, &hash).await?;
                rows::end_sessions(tx, cx.shop, &login).await?;
                this.note(tx, &cx, &staff, ("staff.password", "password set")).await
            })
            .await
    }

    /// Takes somebody's access away, at once.
    pub async fn disable(&self, cx: &Context, login: &str) -> Result<(), Fault> {
        let this = self.clone();
        let (login, cx) = (login.trim().to_lowercase(), cx.clone());
        self.db
            .write(async move |tx| {
                let staff = member(tx, &cx, &login).await?;
                rows::disable_staff(tx, cx.shop, &login, Some(cx.now())).await?;
                rows::end_sessions(tx, cx.shop, &login).await?;
                this.note(tx, &cx, &staff, ("staff.disable", "staff disabled")).await
            })
            .await
    }

    /// Gives somebody back the access that was taken away: they sign in with the password that they had.
    pub async fn enable(&self, cx: &Context, login: &str) -> Result<(), Fault> {
        let this = self.clone();
        let (login, cx) = (login.trim().to_lowercase(), cx.clone());
        self.db
            .write(async move |tx| {
                let staff = member(tx, &cx, &login).await?;
                rows::disable_staff(tx, cx.shop, &login, None).await?;
                this.note(tx, &cx, &staff, ("staff.enable", "staff enabled")).await
            })
            .await
    }

    async fn note(
        &self,
        tx: &mut Tx,
        cx: &Context,
        staff: &StaffView,
        (action, reason): (&'static str, &str),
    ) -> Result<(), Fault> {
        let (subject, details) = (audit::subject("staff", staff.id), serde_json::json!({}));
        let entry = Entry { action, subject, customer: None, reason, details };
        audit::append(tx, cx, &self.vault.indexes(cx.shop), entry).await?;
        Ok(())
    }

    pub async fn list(&self, shop: ShopId) -> Result<Vec<StaffView>, Fault> {
        self.db.read(async move |tx| rows::list_staff(tx, shop).await).await
    }

    /// Signs somebody in. The answer is the same for a wrong login and a wrong password, and takes as long.
    pub async fn sign_in(
        &self,
        cx: &Context,
        login: &str,
        password: &Secret<String>,
    ) -> Result<(Secret<String>, Session), Fault> {
        let login = login.trim().to_lowercase();
        let (shop, now) = (cx.shop, cx.now());
        let asked = login.clone();
        let found = self.db.read(async move |tx| rows::staff_by_login(tx, shop, &asked).await).await?;
        if let Some((_, _, locked_until)) = &found {
            is_open(*locked_until, now)?;
        }
        let kept =
            found.as_ref().filter(|(staff, ..)| staff.disabled_at.is_none()).map(|(_, hash, _)| hash.clone());
        let right = verify(password, kept).await?;
        if !right {
            self.db
                .write(async move |tx| {
                    still_may_enter(tx, shop, &login, now).await?;
                    rows::note_failure(tx, shop, &login, FAILURES_MAX, now.plus_micros(LOCKED_MICROS)).await
                })
                .await?;
            return Err(failed());
        }
        let Some((staff, ..)) = found else { return Err(failed()) };
        let token = new_secret("tls_");
        let (index, cx, indexes, signed) =
            (self.index(&token), cx.clone(), self.vault.indexes(shop), staff.clone());
        self.db
            .write(async move |tx| {
                if !still_may_enter(tx, shop, &signed.login, now).await? {
                    return Err(failed());
                }
                rows::clear_failures(tx, shop, &signed.login).await?;
                rows::insert_session(tx, shop, &signed.login, &index, now).await?;
                let subject = audit::subject("staff", signed.id);
                let details = serde_json::json!({});
                audit::append(
                    tx,
                    &cx,
                    &indexes,
                    Entry { action: "staff.sign_in", subject, customer: None, reason: "signed in", details },
                )
                .await?;
                Ok(())
            })
            .await?;
        Ok((Secret::new(token), Session { staff, created_at: now }))
    }

    fn index(&self, token: &str) -> [u8; 32] {
        self.vault.indexes(ShopId::from_uuid(uuid::Uuid::nil())).credential.of(token.as_bytes())
    }

    /// The session of a cookie's token, if it stands.
    pub async fn session(&self, token: &str, now: Timestamp) -> Result<Session, Fault> {
        let index = self.index(token);
        let found = self.db.read(async move |tx| rows::session(tx, &index).await).await?;
        let ended = || unauthenticated("session_ended", "Sign in again.");
        let (session, seen_at) = found.ok_or_else(ended)?;
        let over = now.as_micros() - session.created_at.as_micros() > SESSION_MICROS_MAX
            || now.as_micros() - seen_at.as_micros() > IDLE_MICROS_MAX;
        if over || session.staff.disabled_at.is_some() {
            return Err(ended());
        }
        if now.as_micros() - seen_at.as_micros() > 60 * Timestamp::SECOND {
            self.db.write(async move |tx| rows::touch_session(tx, &index, now).await).await?;
        }
        Ok(session)
    }

    pub async fn sign_out(&self, token: &str) -> Result<(), Fault> {
        let index = self.index(token);
        self.db.write(async move |tx| rows::end_session(tx, &index).await).await
    }
}

/// Somebody of this login.
async fn member(tx: &mut Tx, cx: &Context, login: &str) -> Result<StaffView, Fault> {
    let found = rows::staff_by_login(tx, cx.shop, login).await?;
    let unknown = || Fault::not_found("staff_unknown", "There is nobody of this login.").field("login");
    Ok(found.ok_or_else(unknown)?.0)
}

fn failed() -> Fault {
    unauthenticated("sign_in_failed", "The login or the password is wrong.")
}

/// Refused while a login is closed.
fn is_open(locked_until: Timestamp, now: Timestamp) -> Result<(), Fault> {
    if locked_until <= now {
        return Ok(());
    }
    let message = "Too many wrong passwords; wait before the next try.";
    let fault = Fault::new(FaultKind::Limited, "login_locked", message);
    Err(fault.detail("retry_at", locked_until.to_string()))
}

/// Looked at again when a password has been compared and is counted: others may have been counted meanwhile, and a login that they closed is closed to the right password, too.
/// False for somebody who is not there, or no longer.
async fn still_may_enter(tx: &mut Tx, shop: ShopId, login: &str, now: Timestamp) -> Result<bool, Fault> {
    let Some((staff, _, locked_until)) = rows::staff_by_login(tx, shop, login).await? else {
        return Ok(false);
    };
    is_open(locked_until, now)?;
    Ok(staff.disabled_at.is_none())
}

pub(crate) async fn hash(password: &Secret<String>) -> Result<String, Fault> {
    if password.reveal().len() > PASSWORD_BYTES_MAX {
        let message = format!("A password has at most {PASSWORD_BYTES_MAX} bytes.");
        return Err(Fault::invalid("password_too_long", message).field("password"));
    }
    let password = password.clone();
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.reveal().as_bytes()).map(|hash| hash.to_string())
    });
    hashed.await.map_err(Fault::internal)?.map_err(Fault::internal)
}

/// Verifies against what is kept, or, to take as long, against a hash of nothing.
pub(crate) async fn verify(password: &Secret<String>, kept: Option<String>) -> Result<bool, Fault> {
    if password.reveal().len() > PASSWORD_BYTES_MAX {
        return Ok(false);
    }
    let password = password.clone();
    let checked = tokio::task::spawn_blocking(move || match kept {
        Some(kept) => PasswordHash::new(&kept)
            .is_ok_and(|hash| Argon2::default().verify_password(password.reveal().as_bytes(), &hash).is_ok()),
        None => {
            let hashed = Argon2::default().hash_password(password.reveal().as_bytes());
            drop(hashed);
            false
        }
    });
    checked.await.map_err(Fault::internal)
}
