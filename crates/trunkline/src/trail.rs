//! `trunkline audit` and `trunkline acts`: what was done, by whom, and why.

use base::{Fault, PageRequest};
use clap::{Args, Subcommand};
use db::audit;
use serde_json::json;

use crate::{
    access::id,
    opening::{Opening, Schema, Shop},
    output::{Output, Table, counted},
};

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// The newest entries, newest first
    List(AuditList),
    /// Prove every hash of the chain
    Verify,
}

#[derive(Debug, Args)]
pub struct AuditList {
    /// Only this action, or those that begin so, as `customers.`
    #[arg(long, value_name = "ACTION", default_value = "", hide_default_value = true)]
    action: String,
    /// Only what was done by whom this is a part of: a name, an id, or `staff:`
    #[arg(long, value_name = "WHO", default_value = "", hide_default_value = true)]
    actor: String,
    /// Only what was done to this customer
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

/// Which part of a list.
#[derive(Clone, Debug, Args)]
pub struct PageArguments {
    /// Items to show, at most 200
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
    /// Go on after this cursor, which the list before gave
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl PageArguments {
    pub fn request(&self) -> PageRequest {
        PageRequest::new(Some(self.limit), self.after.clone())
    }
}

/// The line under a list that goes on.
pub fn more<T>(page: &base::Page<T>) -> String {
    page.next.as_ref().map(|cursor| format!("\nMore: --after {}\n", cursor.0)).unwrap_or_default()
}

pub async fn run_audit(opening: &Opening, output: Output, command: AuditCommand) -> Result<(), Fault> {
    let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
    match command {
        AuditCommand::List(arguments) => {
            let customer =
                arguments.customer.as_deref().map(|text| id::<()>(text, "customer")).transpose()?;
            let customer = customer.map(base::Id::uuid);
            let sought = audit::Sought { customer, action: arguments.action, actor: arguments.actor };
            let page = audit::find(&shop.app.db, shop.cx.shop, sought, &arguments.page.request()).await?;
            let items = page.items.iter().map(|entry| {
                json!({ "seq": entry.seq, "at": entry.at, "actor": entry.actor, "action": entry.action, "subject": entry.subject,
                        "customer": entry.customer, "reason": entry.reason, "details": entry.details })
            });
            let value = json!({ "items": items.collect::<Vec<_>>(), "next": page.next });
            output.answer(&value, || {
                let mut table = Table::new(&[">no", "at", "action", "subject", "reason", "actor"]);
                for entry in &page.items {
                    table.row([
                        entry.seq.to_string(),
                        moment(entry.at),
                        entry.action.clone(),
                        entry.subject.clone(),
                        entry.reason.clone(),
                        entry.actor.clone(),
                    ]);
                }
                if table.is_empty() {
                    "No entry fits.".to_owned() + &more(&page)
                } else {
                    table.text() + &more(&page)
                }
            })
        }
        AuditCommand::Verify => {
            let found =
                audit::verify(&shop.app.db, shop.cx.shop, &shop.app.vault.indexes(shop.cx.shop)).await?;
            let value = json!({ "shop": shop.shop.slug, "holds": true, "entries": found.entries, "head": found.head });
            output.answer(&value, || {
                let entries = counted(found.entries.unsigned_abs(), "entry holds", "entries hold");
                format!("{entries}. Note this last hash elsewhere, and a cut-off tail shows:\n{}", found.head)
            })
        }
    }
}

/// `2026-05-01 12:30`, in UTC.
pub fn moment(at: base::Timestamp) -> String {
    at.to_string().chars().take(16).collect::<String>().replace('T', " ")
}

#[derive(Debug, Subcommand)]
pub enum ActsCommand {
    /// Merges, splits, changes of number and undos, newest first
    List(PageArguments),
}

pub async fn run_acts(opening: &Opening, output: Output, command: ActsCommand) -> Result<(), Fault> {
    let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
    let ActsCommand::List(arguments) = command;
    let page = shop.app.customers.acts(&shop.cx, &arguments.request()).await?;
    let items = page.items.iter().map(|act| {
        json!({ "id": act.id, "kind": act.kind, "at": act.at, "actor": act.actor, "reason": act.reason, "customer": act.customer,
                "other": act.other, "undoes": act.undoes, "undone_by": act.undone_by })
    });
    let value = json!({ "items": items.collect::<Vec<_>>(), "next": page.next });
    output.answer(&value, || {
        let mut table = Table::new(&["id", "at", "kind", "customer", "state", "reason"]);
        for act in &page.items {
            let state = if act.undone_by.is_some() { "undone" } else { "stands" };
            table.row([
                act.id.to_string(),
                moment(act.at),
                act.kind.clone(),
                act.customer.to_string(),
                state.to_owned(),
                act.reason.clone(),
            ]);
        }
        if table.is_empty() {
            "Nobody has merged, split or undone anything yet.".to_owned()
        } else {
            table.text() + &more(&page)
        }
    })
}
