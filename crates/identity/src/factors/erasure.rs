//! What goes with an erased customer: accounts, their sessions, devices, passkeys and apps, and what clients were granted. Clients that asked for it are told that the person signed out.

use base::{Context, Fault, Id};
use customers::Customer;

use super::{Factors, rows};
use crate::{
    accounts,
    oidc::{self, Provider},
};

impl Factors {
    /// Erases the accounts of a customer, who may have been several before. Safe to repeat.
    pub async fn erase_accounts(
        &self,
        cx: &Context,
        (provider, issuer): (&Provider, &str),
        customers: Vec<Id<Customer>>,
    ) -> Result<(), Fault> {
        let shop = cx.shop;
        let found = self
            .accounts
            .db
            .read(async move |tx| {
                let mut found = Vec::new();
                for customer in &customers {
                    found.extend(accounts::rows::accounts_of(tx, shop, *customer).await?);
                }
                Ok(found)
            })
            .await?;
        for account in found {
            provider.end_sessions(cx, issuer, account, None).await?;
            self.accounts
                .db
                .write(async move |tx| {
                    rows::erase(tx, shop, account).await?;
                    oidc::erase_grants(tx, shop, account).await?;
                    accounts::rows::erase(tx, shop, account).await
                })
                .await?;
        }
        Ok(())
    }
}
