//! `trunkline import list`: what was imported, what is running, and what was interrupted.

use base::Fault;
use serde_json::{Value, json};
use warehouse::{ImportView, State};

use crate::{
    opening::{Opening, Schema, Shop},
    output::{Output, Table, grouped},
    trail::{PageArguments, moment, more},
};

pub(super) async fn run(opening: &Opening, output: Output, page: &PageArguments) -> Result<(), Fault> {
    let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
    let page = shop.app.imports.list(&shop.cx, &page.request()).await?;
    let items: Vec<Value> = page.items.iter().map(value).collect();
    output.answer(&json!({ "items": items, "next": page.next }), || {
        let mut table = Table::new(&["id", "began", "file", "source", "state", ">rows", ">rejected"]);
        for import in &page.items {
            table.row([
                import.id.to_string(),
                moment(import.created_at),
                import.file_name.clone(),
                import.source.clone(),
                words(import),
                grouped(import.rows),
                grouped(import.rejected),
            ]);
        }
        if table.is_empty() { "Nothing was imported yet.".to_owned() } else { table.text() + &more(&page) }
    })
}

fn words(import: &ImportView) -> String {
    match (import.state, import.reached) {
        (State::Interrupted, State::Linking) => "interrupted while linking; import it again".to_owned(),
        (State::Interrupted, _) => "interrupted; import it again".to_owned(),
        (state, _) => state.code().to_owned(),
    }
}

fn value(import: &ImportView) -> Value {
    json!({
        "id": import.id,
        "file_name": import.file_name,
        "source": import.source,
        "state": import.state.code(),
        "reached": import.reached.code(),
        "rows": import.rows,
        "rejected": import.rejected,
        "bytes_done": import.bytes_done,
        "bytes_total": import.bytes_total,
        "fault": import.fault,
        "created_at": import.created_at,
        "finished_at": import.finished_at,
    })
}
