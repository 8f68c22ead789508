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
                words(import, &page.items),
                grouped(import.rows),
                grouped(import.rejected),
            ]);
        }
        if table.is_empty() { "Nothing was imported yet.".to_owned() } else { table.text() + &more(&page) }
    })
}

fn words(import: &ImportView, all: &[ImportView]) -> String {
    let is_again = |other: &ImportView| {
        other.state == State::Done
            && other.created_at > import.created_at
            && (&other.file_name, &other.source) == (&import.file_name, &import.source)
    };
    match (import.state, import.reached) {
        (State::Interrupted, _) if all.iter().any(is_again) => "interrupted; imported again since".to_owned(),
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

#[cfg(test)]
mod tests {
    use base::{Id, Timestamp};
    use warehouse::Summary;

    use super::*;

    fn import(file: &str, state: State, at: i64) -> ImportView {
        ImportView {
            id: Id::from_uuid(uuid::Uuid::from_u128(1)),
            source: "online".to_owned(),
            file_name: file.to_owned(),
            state,
            reached: State::Running,
            bytes_total: None,
            bytes_done: 0,
            rows: 0,
            rejected: 0,
            summary: Summary::default(),
            fault: None,
            created_at: Timestamp::from_micros(at),
            finished_at: None,
        }
    }

    #[test]
    fn what_was_imported_again_is_not_asked_for_once_more() {
        let broken = import("a.csv", State::Interrupted, 10);
        for (other, said) in [
            (import("a.csv", State::Done, 20), "interrupted; imported again since"),
            (import("a.csv", State::Done, 5), "interrupted; import it again"),
            (import("a.csv", State::Failed, 20), "interrupted; import it again"),
            (import("b.csv", State::Done, 20), "interrupted; import it again"),
        ] {
            assert_eq!(words(&broken, &[broken.clone(), other]), said);
        }
    }
}
