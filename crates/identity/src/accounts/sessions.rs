//! Sessions of shoppers: an opaque token in a cookie, kept hashed; a new one whenever more was proved; an end after disuse and an end in any case.

use base::{Context, Fault, Id, ShopId, Timestamp};
use db::Tx;

use super::{Account, Methods, rows};
use crate::verification::Device;

/// A session ends this long after it began (NIST SP 800-63B: at most thirty days at the first level) …
pub const SESSION_SECONDS_MAX: i64 = 30 * 86_400;
/// … or after it was last used.
pub const SESSION_IDLE_SECONDS_MAX: i64 = 14 * 86_400;
/// A session that waits for its second factor is done with sooner.
const WAITING_SECONDS_MAX: i64 = 15 * 60;
/// Sensitive acts need a proof as fresh as this.
const FRESH_SECONDS_MAX: i64 = 10 * 60;

/// A session as others name it: the `sid` of tokens.
#[derive(Debug)]
pub enum SessionView {}

/// Somebody signed in, or on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShopperSession {
    pub id: Id<SessionView>,
    pub account: Id<Account>,
    pub device: Id<Device>,
    /// A family of browsers and systems, in words.
    pub browser: String,
    pub methods: Methods,
    pub proved_at: Timestamp,
    /// A second factor is still to come: nobody is signed in yet.
    pub waiting: bool,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    /// Whether the account has something stronger than a code.
    pub has_stronger_factor: bool,
}

impl ShopperSession {
    pub fn is_over(&self, now: Timestamp) -> bool {
        let is_past =
            |at: Timestamp, seconds: i64| now.as_micros() - at.as_micros() > seconds * Timestamp::SECOND;
        is_past(self.created_at, SESSION_SECONDS_MAX)
            || is_past(self.seen_at, SESSION_IDLE_SECONDS_MAX)
            || (self.waiting && is_past(self.proved_at, WAITING_SECONDS_MAX))
    }

    /// Whether a sensitive act may be done now, or needs another proof first: a fresh one, and a strong one of whoever has one.
    pub fn may_change_account(&self, now: Timestamp) -> bool {
        let fresh = now.as_micros() - self.proved_at.as_micros() <= FRESH_SECONDS_MAX * Timestamp::SECOND;
        !self.waiting && fresh && (self.methods.are_two_factors() || !self.has_stronger_factor)
    }
}

/// Begins a session under a token. Whoever was signed in to the same account in this browser, by the token before, goes on in that session instead: it gets the new token and
/// counts as proved now, by what was shown now and nothing more. So what clients were granted through it stays.
pub(crate) async fn begin_session(
    tx: &mut Tx,
    cx: &Context,
    (before, token): (Option<&[u8; 32]>, &[u8; 32]),
    new: ShopperSession,
) -> Result<ShopperSession, Fault> {
    if let Some(before) = before
        && let Some(earlier) = rows::session(tx, cx.shop, before).await?
        && earlier.account == new.account
        && !earlier.is_over(cx.now())
    {
        let renewed = ShopperSession {
            methods: new.methods,
            proved_at: new.proved_at,
            waiting: new.waiting,
            seen_at: new.proved_at,
            ..earlier
        };
        rows::renew_session(tx, cx.shop, (before, token), &renewed).await?;
        return Ok(renewed);
    }
    rows::insert_session(tx, cx.shop, token, &new).await?;
    if !new.waiting {
        signed_in(tx, cx, &new).await?;
    }
    Ok(new)
}

/// Tells the shop's own programs that somebody is wholly signed in. `account` is what clients know as the subject.
pub(crate) async fn signed_in(tx: &mut Tx, cx: &Context, session: &ShopperSession) -> Result<(), Fault> {
    let methods: Vec<&str> = session.methods.iter().map(|method| method.code()).collect();
    let told = serde_json::json!({ "account": session.account, "session": session.id, "methods": methods });
    webhooks::announce(tx, cx, webhooks::Kind::AccountSignedIn, told).await
}

/// Open sessions of an account.
pub(crate) async fn open_sessions(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
    now: Timestamp,
) -> Result<Vec<Id<SessionView>>, Fault> {
    Ok(rows::sessions(tx, shop, account, now).await?.into_iter().map(|session| session.id).collect())
}

/// Whether somebody is wholly signed in by a session still.
pub(crate) async fn stands(
    tx: &mut Tx,
    shop: ShopId,
    (account, session): (Id<Account>, Id<SessionView>),
    now: Timestamp,
) -> Result<bool, Fault> {
    let open = rows::sessions(tx, shop, account, now).await?;
    Ok(open.iter().any(|one| one.id == session && !one.waiting))
}

/// Ends a session; what clients were granted through it is ended by [`crate::oidc::Provider::end_session`], which calls this.
pub(crate) async fn end_session(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
    session: Id<SessionView>,
    now: Timestamp,
) -> Result<(), Fault> {
    rows::end_session(tx, shop, account, session, now).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Method;

    fn session(waiting: bool, methods: Methods, has_stronger_factor: bool) -> ShopperSession {
        let began = Timestamp::from_micros(0);
        ShopperSession {
            id: Id::from_uuid(uuid::Uuid::from_u128(1)),
            account: Id::from_uuid(uuid::Uuid::from_u128(2)),
            device: Id::from_uuid(uuid::Uuid::from_u128(3)),
            browser: String::new(),
            methods,
            proved_at: began,
            waiting,
            created_at: began,
            seen_at: began,
            has_stronger_factor,
        }
    }

    #[test]
    fn sessions_end_by_disuse_and_in_any_case() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * Timestamp::SECOND);
        let code = Methods::of(Method::Sms);
        let day = 86_400;
        assert!(!session(false, code, false).is_over(at(14 * day)));
        assert!(session(false, code, false).is_over(at(14 * day + 1)));
        let used = ShopperSession { seen_at: at(29 * day), ..session(false, code, false) };
        assert!(!used.is_over(at(30 * day)) && used.is_over(at(30 * day + 1)));
        assert!(!session(true, code, true).is_over(at(900)) && session(true, code, true).is_over(at(901)));
        // One that waits again, because its person proves themselves again, waits from then on.
        let again = ShopperSession { proved_at: at(day), seen_at: at(day), ..session(true, code, true) };
        assert!(!again.is_over(at(day + 900)) && again.is_over(at(day + 901)));
    }

    #[test]
    fn sensitive_acts_need_a_fresh_proof_and_a_strong_one_of_whoever_has_one() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * Timestamp::SECOND);
        let (code, passkey) = (Methods::of(Method::Sms), Methods::of(Method::Passkey));
        for (session, seconds, may) in [
            (session(false, code, false), 600, true),
            (session(false, code, false), 601, false),
            (session(false, code, true), 1, false),
            (session(false, passkey, true), 600, true),
            (session(true, passkey, true), 1, false),
        ] {
            assert_eq!(session.may_change_account(at(seconds)), may, "{session:?} {seconds}");
        }
    }
}
