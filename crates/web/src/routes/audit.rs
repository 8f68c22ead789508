//! The audit log and the proof that nothing in it was touched.

use axum::{extract::Query, response::IntoResponse};
use base::{Fault, PageRequest};
use identity::Scope;
use serde::Deserialize;

use super::{
    mapping,
    refusal::Answer,
    seat::{Posted, Seat},
};
use crate::{
    components::table::Paging,
    console::{
        audit::{self, Audit, Verdict},
        paths,
    },
    format,
};

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
}

pub(super) async fn show(seat: Seat, Query(asked): Query<Asked>) -> Answer {
    page(&seat, asked.after, None).await
}

async fn page(seat: &Seat, after: Option<String>, verdict: Option<Verdict>) -> Answer {
    seat.demand(Scope::AuditRead)?;
    let first = after.is_some().then(|| paths::AUDIT.to_owned());
    let found =
        db::audit::list(&seat.desk.app.db, seat.cx.shop, None, &PageRequest::new(None, after)).await?;
    let model = Audit {
        paging: Paging {
            first,
            next: found.next.map(|cursor| format!("{}?after={}", paths::AUDIT, cursor.0)),
            words: format::counted(found.items.len() as u64, "entry", "entries"),
        },
        entries: found.items.iter().map(mapping::entry).collect(),
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
    page(&seat, None, Some(verdict)).await
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
