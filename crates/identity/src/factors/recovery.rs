//! Getting back in, and changing the number. A recovery ends all sessions and takes away what was asked for beside the code; passkeys stay, since whoever stole a number has
//! none of them. It waits when the account got its number only lately, and when what is known of the number speaks against it: its SIM was swapped, or it changed hands.

use base::{Context, Fault, Id, ShopId, Timestamp};
use db::Tx;
use numbering::PhoneNumber;
use risk::{Purpose, Question};

use super::{Factors, proved, rows};
use crate::{
    accounts::{self, Account, SessionView, ShopperSession, notices::Notice},
    oidc::Provider,
};

/// An account that got its number later than this ago is not recovered by it yet: whoever stole it is to be found out first.
const SETTLED_SECONDS_MIN: i64 = 7 * 86_400;

/// What came of a recovery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recovery {
    Done,
    /// It has to wait until then.
    Waits(Timestamp),
}

/// When an account may be recovered by its number. Pure.
fn ready_at(number_since: Timestamp, created_at: Timestamp) -> Timestamp {
    // The number that an account was opened with is its own from the start.
    if number_since <= created_at {
        created_at
    } else {
        number_since.plus_micros(SETTLED_SECONDS_MIN * Timestamp::SECOND)
    }
}

impl Factors {
    /// Takes away what is asked for beside the code, for whoever has just proved the account's number again, and ends all sessions but the one in which they did it.
    pub async fn recover(
        &self,
        cx: &Context,
        (provider, issuer): (&Provider, &str),
        (account, kept): (Id<Account>, Option<Id<SessionView>>),
        shop_name: &str,
    ) -> Result<Recovery, Fault> {
        let account = self.accounts.get(cx, account).await?;
        let ready = ready_at(account.number_since, account.created_at);
        if ready > cx.now() {
            return Ok(Recovery::Waits(ready));
        }
        if let Some(until) = self.waits_until(cx, &account, Purpose::Recovery).await? {
            return Ok(Recovery::Waits(until));
        }
        provider.end_sessions(cx, issuer, account.id, kept).await?;
        let (this, cx, shop_name) = (self.clone(), cx.clone(), shop_name.to_owned());
        self.accounts
            .db
            .write(async move |tx| {
                rows::remove_totp(tx, cx.shop, account.id).await?;
                accounts::rows::set_password(tx, cx.shop, account.id, None).await?;
                this.changed(tx, &cx, account.id, ("accounts.recover", Notice::Recovered, &shop_name)).await
            })
            .await?;
        self.accounts.messages.wake();
        Ok(Recovery::Done)
    }

    /// Gives an account the number that was proved just now, after its old one was proved, too, or a stronger factor was. The customer keeps everything; the old number is told.
    pub async fn change_number(
        &self,
        cx: &Context,
        session: &ShopperSession,
        to: PhoneNumber,
        shop_name: &str,
    ) -> Result<(), Fault> {
        proved(session, cx)?;
        let key = self.accounts.number_key(cx, to);
        let id = session.account;
        self.is_settled(cx, session).await?;
        let (data_key, number) = accounts::rows::Kept::seal(&self.accounts.vault, id, to);
        let (this, cx, shop_name) = (self.clone(), cx.clone(), shop_name.to_owned());
        self.accounts
            .db
            .write(async move |tx| {
                let (vault, customers) = (&this.accounts.vault, &this.accounts.customers);
                let account = accounts::of_id(tx, vault, cx.shop, id).await?.ok_or_else(accounts::unknown)?;
                is_free(tx, cx.shop, id, &key).await?;
                let why = "asked by the holder of both numbers";
                match customers.change_number_in(tx, &cx, account.customer, account.number, to, why).await {
                    Ok(_) => {}
                    // Somebody else holds the old number by now; the account's new number is what counts.
                    Err(fault) if fault.code == "not_the_holder" => {}
                    Err(fault) => return Err(fault),
                }
                // Told before it is changed: the text goes to the old number.
                let action = "accounts.change_number";
                this.changed(tx, &cx, id, (action, Notice::NumberChanged, &shop_name)).await?;
                accounts::rows::set_number(tx, cx.shop, id, (&data_key, &number, &key), cx.now()).await
            })
            .await?;
        self.accounts.messages.wake();
        Ok(())
    }
}

impl Factors {
    /// Until when the number's holder has to wait, if what is known of it speaks against what they want. Nobody waits because something is not known.
    async fn waits_until(
        &self,
        cx: &Context,
        account: &Account,
        purpose: Purpose,
    ) -> Result<Option<Timestamp>, Fault> {
        let question =
            Question { known_since: Some(account.number_since), ..Question::new(account.number, purpose) };
        Ok(self.risk.assess(cx, question).await?.waits_until(self.risk.settings()))
    }

    /// Refuses a change of number while the old number's code proves little: whoever has its SIM now may not be who had it before. A stronger factor proves enough.
    async fn is_settled(&self, cx: &Context, session: &ShopperSession) -> Result<(), Fault> {
        let account = self.accounts.get(cx, session.account).await?;
        if !account.holds_number || session.methods.has_stronger() {
            return Ok(());
        }
        match self.waits_until(cx, &account, Purpose::NumberChange).await? {
            None => Ok(()),
            Some(until) => {
                let message = "Something about the old number changed lately; its change has to wait.";
                Err(Fault::conflict("number_unsettled", message)
                    .field("number")
                    .detail("retry_at", until.to_string()))
            }
        }
    }
}

/// Refuses a number that is the account's own or another's.
async fn is_free(tx: &mut Tx, shop: ShopId, account: Id<Account>, number: &[u8; 32]) -> Result<(), Fault> {
    match accounts::rows::account_by_number(tx, shop, number).await?.map(|kept| kept.id) {
        None => Ok(()),
        Some(id) if id == account => {
            Err(Fault::invalid("same_number", "The new number is the old one.").field("number"))
        }
        Some(_) => Err(Fault::conflict("number_taken", "The number is another account's.").field("number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_came_lately_recovers_nothing_yet() {
        let at = |days: i64| Timestamp::from_micros(days * Timestamp::DAY);
        assert_eq!(ready_at(at(10), at(10)), at(10));
        assert_eq!(ready_at(at(20), at(10)), at(27));
    }
}
