//! The rules in force, and writing others.

use base::{Context, Fault, Timestamp};
use db::audit::{self, Entry};

use super::Risk;
use crate::{
    rows,
    rules::{Rules, WrittenRules, defaults},
};

/// Rules and where they come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InForce {
    /// Zero for the rules that come with the program.
    pub version: i64,
    pub rules: WrittenRules,
    /// Who wrote them, as the audit trail names them, and when; `None` for those that come with the program.
    pub written: Option<(String, Timestamp)>,
}

impl Risk {
    /// The rules in force.
    pub async fn rules(&self, cx: &Context) -> Result<InForce, Fault> {
        let shop = cx.shop;
        let found = self.db.read(async move |tx| rows::rules(tx, shop).await).await?;
        Ok(match found {
            Some((version, rules, actor, at)) => InForce { version, rules, written: Some((actor, at)) },
            None => InForce { version: 0, rules: WrittenRules::from(&defaults()), written: None },
        })
    }

    /// Puts other rules into force. Those before stay known, and the audit trail says who did it and why. `known` is the version that whoever writes has seen: another one in
    /// force is not written over.
    pub async fn set_rules(
        &self,
        cx: &Context,
        rules: WrittenRules,
        known: Option<i64>,
        reason: &str,
    ) -> Result<InForce, Fault> {
        // What is kept is what was understood.
        let rules = WrittenRules::from(&Rules::try_from(rules)?);
        let reason = reason.trim().to_owned();
        if reason.is_empty() || reason.chars().count() > customers::REASON_CHARS_MAX {
            let message = "Say why, in at most 500 characters; the reason is kept in the audit trail.";
            return Err(Fault::invalid("reason_missing", message).field("reason"));
        }
        let (cx, indexes) = (cx.clone(), self.vault.indexes(cx.shop));
        self.db
            .write(async move |tx| {
                let before = rows::rules(tx, cx.shop).await?.map_or(0, |(version, ..)| version);
                if known.is_some_and(|known| known != before) {
                    let message = "The rules were changed meanwhile; look at them and write again.";
                    return Err(Fault::conflict("rules_changed", message).detail("version", before));
                }
                let (version, actor, at) = (before + 1, cx.actor.to_string(), cx.now());
                rows::insert_rules(tx, cx.shop, (version, &rules), (&actor, at)).await?;
                let details = serde_json::json!({ "rules": rules.rules.len(), "before": before });
                let entry = Entry {
                    action: "risk.rules",
                    subject: format!("rules:{version}"),
                    customer: None,
                    reason: &reason,
                    details,
                };
                audit::append(tx, &cx, &indexes, entry).await?;
                Ok(InForce { version, rules: rules.clone(), written: Some((actor, at)) })
            })
            .await
    }
}
