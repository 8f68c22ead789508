//! The audit log and the proof that nothing in it was touched.

use axum::{extract::Query, response::IntoResponse};
use base::{Fault, PageRequest};
use db::audit::Sought;
use identity::Scope;
use serde::Deserialize;

use super::{
    mapping,
    refusal::Answer,
    seat::{Posted, Seat},
};
use crate::{
    components::{form::Field, table::Paging},
    console::{
        audit::{self, Audit, Entry, Verdict},
        paths,
        search::encode,
    },
    format,
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    after: Option<String>,
    action: String,
    actor: String,
}

pub(super) async fn show(seat: Seat, Query(asked): Query<Asked>) -> Answer {
    page(&seat, asked, None).await
}

async fn page(seat: &Seat, asked: Asked, verdict: Option<Verdict>) -> Answer {
    seat.demand(Scope::AuditRead)?;
    let Asked { after, action, actor } = asked;
    let (action, actor) = (action.trim(), actor.trim());
    let these = format!("{}?action={}&actor={}", paths::AUDIT, encode(action), encode(actor));
    let sought = Sought { customer: None, action: action.to_owned(), actor: actor.to_owned() };
    let first = after.is_some().then(|| these.clone());
    let page = PageRequest::new(None, after);
    let found = db::audit::find(&seat.desk.app.db, seat.cx.shop, sought, &page).await?;
    let may_see_imports = seat.may(Scope::ImportsRead);
    let entry = |recorded: &db::audit::Recorded| {
        let entry = mapping::entry(recorded);
        Entry { import: entry.import.filter(|_| may_see_imports), ..entry }
    };
    let model = Audit {
        action: Field::of(action),
        actor: Field::of(actor),
        paging: Paging {
            first,
            next: found.next.map(|cursor| format!("{these}&after={}", cursor.0)),
            words: format::counted(found.items.len() as u64, "entry", "entries"),
        },
        entries: found.items.iter().map(entry).collect(),
        verdict,
    };
    Ok(audit::page(&seat.shell().await?, &model).into_response())
}

pub(super) async fn verify(Posted { seat, .. }: Posted) -> Answer {
    seat.demand(Scope::AuditRead)?;
    let indexes = seat.desk.app.vault.indexes(seat.cx.shop);
    let verdict = match db::audit::verify(&seat.desk.app.db, seat.cx.shop, &indexes).await {
        Ok(verified) => {
            Verdict::Whole { entries: verified.entries.unsigned_abs(), checked_at: seat.cx.now() }
        }
        Err(fault) => broken(fault)?,
    };
    page(&seat, Asked::default(), Some(verdict)).await
}

/// A broken chain is an answer, not a failure to answer.
fn broken(fault: Fault) -> Result<Verdict, Fault> {
    match fault.details.get("seq").and_then(serde_json::Value::as_u64) {
        Some(sequence) if fault.code == "audit_broken" => {
            let what = "it was changed, removed or added to from outside.".to_owned();
            Ok(Verdict::Broken { sequence, what })
        }
        _ => Err(fault),
    }
}
