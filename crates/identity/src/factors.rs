//! Stronger factors beside the code: passkeys, authenticator apps, a password; and getting back in without them.
//!
//! A passkey signs in by itself and asks for a finger, a face or a PIN. An authenticator app and a password are asked for after the code. Whoever adds or removes one has been
//! proved a moment ago, by the strongest that they have, and the number is told.

mod erasure;
mod passkeys;
mod recovery;
mod rows;
mod secrets;

pub use passkeys::{Ceremony, PasskeyView};
pub use recovery::Recovery;
pub use secrets::TotpSetup;

pub(crate) use rows::{forget_ceremonies, has_totp};

use base::{Context, Fault, FaultKind, Id};
use db::{
    Tx,
    audit::{self, Entry},
};
use risk::Risk;

use crate::accounts::{Account, Accounts, ShopperSession, notices::Notice};

/// The factors of the installation's accounts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Factors {
    pub(crate) accounts: Accounts,
    risk: Risk,
}

/// What an account has beside its number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Enrolled {
    pub passkeys: Vec<PasskeyView>,
    pub totp: bool,
    pub password: bool,
}

impl Factors {
    pub fn new(accounts: Accounts, risk: Risk) -> Self {
        Self { accounts, risk }
    }

    pub async fn enrolled(&self, cx: &Context, account: Id<Account>) -> Result<Enrolled, Fault> {
        let (shop, vault) = (cx.shop, self.accounts.vault.clone());
        self.accounts
            .db
            .read(async move |tx| {
                let password = crate::accounts::of_id(tx, &vault, shop, account).await?;
                Ok(Enrolled {
                    passkeys: rows::passkeys(tx, shop, account)
                        .await?
                        .into_iter()
                        .map(PasskeyView::from)
                        .collect(),
                    totp: has_totp(tx, shop, account).await?,
                    password: password.is_some_and(|account| account.has_password),
                })
            })
            .await
    }

    /// Writes down that a factor changed, and tells the number.
    async fn changed(
        &self,
        tx: &mut Tx,
        cx: &Context,
        account: Id<Account>,
        (action, notice, shop_name): (&'static str, Notice, &str),
    ) -> Result<(), Fault> {
        let indexes = self.accounts.vault.indexes(cx.shop);
        let details = serde_json::json!({});
        let entry = Entry {
            action,
            subject: audit::subject("account", account),
            customer: None,
            reason: "asked by its holder",
            details,
        };
        audit::append(tx, cx, &indexes, entry).await?;
        if let Some(account) = crate::accounts::of_id(tx, &self.accounts.vault, cx.shop, account).await?
            && account.holds_number
        {
            self.accounts.tell(tx, cx, account.number, notice, (&account.language, shop_name)).await?;
        }
        Ok(())
    }
}

/// Refused until somebody was proved again, by the strongest that they have.
pub(crate) fn proved(session: &ShopperSession, cx: &Context) -> Result<(), Fault> {
    if session.may_change_account(cx.now()) {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::Forbidden,
        "proof_too_old",
        "Prove again that it is you before you change this.",
    ))
}
