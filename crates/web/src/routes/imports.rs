//! Imports: the list, taking a file in, watching it, its rejected rows.

mod upload;
mod words;

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Path, Query},
    http::{StatusCode, header},
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use base::{Context, Cursor, Fault, Id, PageRequest, Timestamp};
use futures::{Stream, stream};
use identity::Scope;
use serde::Deserialize;
use warehouse::{Import, ImportView, Rejected, State, files::Field as Column};

use super::{
    Desk, mapping,
    refusal::Answer,
    region,
    seat::{Fields, Seat},
};
use crate::{
    components::{badge::Source, form::Field, table::Paging},
    console::{
        imports::{self, ImportRow, Imports, Reading, Reject, UploadForm, progress_panel},
        paths,
        search::encode,
    },
    format,
};

pub(super) use upload::receive;

/// Rejected rows on a page.
const REJECTS: usize = 50;
/// How often a running import is looked at for who watches it.
const LOOK: Duration = Duration::from_millis(300);
/// A watching page asks anew after this many looks, ten minutes, so that whoever was shut out meanwhile is refused.
const LOOKS_MAX: u32 = 2_000;

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
}

fn id_of(text: &str) -> Result<Id<Import>, Fault> {
    text.parse().map_err(|_| Fault::not_found("import_unknown", "There is no import at this address."))
}

pub(super) fn row(import: &ImportView) -> Result<ImportRow, Fault> {
    Ok(ImportRow {
        id: import.id.to_string(),
        file: import.file_name.clone(),
        source: Source::from(import.source.parse::<history::Source>()?),
        state: mapping::import_state(import),
        dry_run: false,
        started_at: import.created_at,
        rows: import.rows,
        orders: import.summary.orders,
        rejected: import.rejected,
    })
}

/// The address may say how the form is filled in, as after a dry run.
pub(super) async fn list(seat: Seat, Query(asked): Query<Vec<(String, String)>>) -> Answer {
    let asked = Fields::of_address(asked);
    let form = form(&seat, &asked, None).await;
    let after = asked.all("after").next().map(str::to_owned);
    draw(&seat, after, form, StatusCode::OK).await
}

async fn draw(seat: &Seat, after: Option<String>, form: UploadForm, code: StatusCode) -> Answer {
    seat.demand(Scope::ImportsRead)?;
    let first = after.is_some().then(|| paths::IMPORTS.to_owned());
    let page = seat.desk.app.imports.list(&seat.cx, &PageRequest::new(None, after)).await?;
    let model = Imports {
        paging: Paging {
            first,
            next: page.next.map(|cursor| format!("{}?after={}", paths::IMPORTS, encode(&cursor.0))),
            words: format::counted(page.items.len() as u64, "import", "imports"),
        },
        imports: page.items.iter().map(row).collect::<Result<_, _>>()?,
        form,
    };
    Ok((code, imports::list_page(&seat.shell().await?, &model)).into_response())
}

/// Whether a form asks for a dry run. Whatever somebody says by it: nothing is imported that may not have been meant to be.
fn is_rehearsal(dry_run: &str) -> bool {
    !matches!(dry_run, "" | "no" | "false" | "off" | "0")
}

/// The form as it was sent, or fresh; with what is wrong with it.
async fn form(seat: &Seat, sent: &Fields, fault: Option<&Fault>) -> UploadForm {
    let region = match sent.all("region").next() {
        Some(region) => region.to_owned(),
        None => seat.region().await.map(|region| region.to_string()).unwrap_or_default(),
    };
    let field = |name: &str| {
        let field = Field::of(sent.get(name));
        match fault.filter(|fault| fault.field.as_deref() == Some(name)) {
            Some(fault) => field.error(words::of_form(&fault.message)),
            None => field,
        }
    };
    let column = |column: Column| {
        (column.as_str().to_owned(), meaning(column).to_owned(), field(&format!("map.{column}")))
    };
    UploadForm {
        source: Source::ALL.into_iter().find(|source| source.value() == sent.get("source")),
        regions: region::choices(true),
        region: Field::of(region),
        fields: Column::ALL.into_iter().map(column).collect(),
        reading: Reading {
            currency: field("currency"),
            decimal: field("decimal"),
            date_order: field("date_order"),
            time_zone: field("time_zone"),
            format: field("format"),
            delimiter: field("delimiter"),
            encoding: field("encoding"),
        },
        time_zones: jiff::tz::db().available().map(|zone| zone.to_string()).collect(),
        dry_run: is_rehearsal(sent.get("dry_run")),
        error: fault.map(|fault| words::of_form(&fault.message)),
        size_max_bytes: seat.desk.app.config.upload_bytes_max,
    }
}

const fn meaning(column: Column) -> &'static str {
    match column {
        Column::OrderId => "The order's own id",
        Column::OrderedAt => "Date or moment of the order",
        Column::Number => "Phone number, any spelling",
        Column::Name => "Customer's name",
        Column::Email => "E-mail address",
        Column::Address => "Street and house",
        Column::Postcode => "Postcode",
        Column::Country => "Two letters or a name",
        Column::LoyaltyId => "Card or member id",
        Column::DeviceId => "Device or installation",
        Column::Sku => "Article number",
        Column::Product => "Name of the article",
        Column::Category => "Kind of the article",
        Column::Quantity => "How many",
        Column::UnitPrice => "Price of one",
        Column::Amount => "Total of the line or order",
        Column::Currency => "Three letters",
        Column::Status => "Paid, sent, returned",
        Column::Store => "Which shop or till",
        Column::Line => "Line within the order",
    }
}

pub(super) async fn show(seat: Seat, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    seat.demand(Scope::ImportsRead)?;
    let id = id_of(&id)?;
    let view = seat.desk.app.imports.get(&seat.cx, id).await?;
    let address = paths::import(&id.to_string());
    let first = asked.after.is_some().then(|| format!("{address}#rejects"));
    let page =
        seat.desk.app.imports.rejects(&seat.cx, id, &PageRequest::new(Some(REJECTS), asked.after)).await?;
    let mut model = model(&view, seat.cx.now())?;
    model.rejects_paging = Paging {
        first,
        next: page.next.map(|cursor| format!("{address}?after={}#rejects", encode(&cursor.0))),
        words: format!(
            "{} of {}",
            page.items.len(),
            format::counted(view.rejected, "rejected row", "rejected rows")
        ),
    };
    model.rejects = page.items.into_iter().map(reject).collect();
    Ok(imports::import_page(&seat.shell().await?, &model).into_response())
}

fn reject(rejected: Rejected) -> Reject {
    Reject {
        line: rejected.line_number,
        field: rejected.field.unwrap_or_default(),
        reason: words::of_form(&rejected.reason),
        code: rejected.code,
    }
}

/// The page of an import but for its rejected rows.
fn model(view: &ImportView, now: Timestamp) -> Result<imports::Import, Fault> {
    let summary = &view.summary;
    let seconds = (now.as_micros() - view.created_at.as_micros()) / Timestamp::SECOND;
    let seconds = u64::try_from(seconds).unwrap_or(0).max(1);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a rate is small and not negative
    let rate = if summary.rows_per_second > 0.0 {
        summary.rows_per_second.round() as u64
    } else {
        view.rows / seconds
    };
    let left = view.bytes_total.filter(|_| view.state == State::Running && view.bytes_done > 0);
    let columns =
        summary.columns.iter().filter_map(|(column, field)| Some((field.clone()?, column.clone()))).collect();
    let unused = summary.columns.iter().filter(|(_, field)| field.is_none());
    let message =
        |fault: &serde_json::Value| words::of_form(fault["message"].as_str().unwrap_or("It failed."));
    Ok(imports::Import {
        row: row(view)?,
        finished_at: view.finished_at,
        bytes_read: view.bytes_done,
        bytes_total: view.bytes_total,
        rows_per_second: rate,
        seconds_left: left
            .map(|total| total.saturating_sub(view.bytes_done).saturating_mul(seconds) / view.bytes_done),
        customers_created: summary.customers_created,
        customers_matched: summary.customers_matched,
        reviews_opened: summary.reviews_opened,
        failure: view.fault.as_ref().map(message).or_else(|| interruption(view)),
        notes: summary.notes.iter().map(|note| words::of_form(note)).collect(),
        columns,
        columns_unused: unused.map(|(column, _)| column.clone()).collect(),
        rejects: Vec::new(),
        rejects_paging: Paging::default(),
        again: None,
    })
}

fn interruption(view: &ImportView) -> Option<String> {
    let words = match view.reached {
        State::Linking => "when all rows were in and their orders were being linked",
        _ => "before its end",
    };
    (view.state == State::Interrupted).then(|| {
        format!("The program that ran it was ended {words}. Import the file again: nothing is taken twice.")
    })
}

/// A watcher of one import.
struct Watch {
    desk: Desk,
    cx: Context,
    id: Id<Import>,
    ticks: tokio::time::Interval,
    looks: u32,
    over: bool,
}

pub(super) async fn events(seat: Seat, Path(id): Path<String>) -> Answer {
    seat.demand(Scope::ImportsRead)?;
    let id = id_of(&id)?;
    seat.desk.app.imports.get(&seat.cx, id).await?;
    let ticks = tokio::time::interval(LOOK);
    let watch = Watch { desk: seat.desk, cx: seat.cx, id, ticks, looks: 0, over: false };
    Ok(Sse::new(progress(watch)).keep_alive(KeepAlive::default()).into_response())
}

/// A fragment for each look, and `end` when there is nothing more to see.
fn progress(watch: Watch) -> impl Stream<Item = Result<Event, std::convert::Infallible>> {
    stream::unfold(watch, async |mut watch| {
        if watch.over || watch.looks == LOOKS_MAX {
            return None;
        }
        watch.looks += 1;
        watch.ticks.tick().await;
        let event = match look(&watch).await {
            Ok((html, true)) => Event::default().event("fragment").data(html),
            Ok((_, false)) => {
                watch.desk.changed(watch.cx.shop);
                watch.over = true;
                Event::default().event("end").data("done")
            }
            Err(fault) => {
                tracing::warn!(code = fault.code, "an import could not be watched on: {fault}");
                return None; // the browser asks again by itself
            }
        };
        Some((Ok(event), watch))
    })
}

async fn look(watch: &Watch) -> Result<(String, bool), Fault> {
    let view = watch.desk.app.imports.get(&watch.cx, watch.id).await?;
    let model = model(&view, watch.cx.now())?;
    Ok((progress_panel(&model).into_string(), model.row.state.is_live()))
}

pub(super) async fn rejects(seat: Seat, Path(id): Path<String>) -> Answer {
    seat.demand(Scope::ImportsRead)?;
    let id = id_of(&id)?;
    seat.desk.app.imports.get(&seat.cx, id).await?;
    let pages = stream::try_unfold((seat, Some(None)), move |(seat, at)| next_rejects(seat, id, at));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"rejects-{id}.csv\"")),
    ];
    Ok((headers, Body::from_stream(pages)).into_response())
}

/// Where a download stands: before a page that begins after this cursor, or, with none, after the last.
type Reached = Option<Option<Cursor>>;

async fn next_rejects(
    seat: Seat,
    id: Id<Import>,
    at: Reached,
) -> Result<Option<(Vec<u8>, (Seat, Reached))>, Fault> {
    let Some(after) = at else { return Ok(None) };
    let head = after.is_none();
    let request = PageRequest { limit: PageRequest::LIMIT_MAX, after };
    let page = seat.desk.app.imports.rejects(&seat.cx, id, &request).await?;
    let text = as_csv(&page.items, head).map_err(Fault::internal)?;
    Ok(Some((text, (seat, page.next.map(Some)))))
}

fn as_csv(rejects: &[Rejected], head: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if head {
        writer.write_record(["line", "field", "code", "reason"])?;
    }
    for reject in rejects {
        let line = reject.line_number.to_string();
        writer.write_record([
            line.as_str(),
            reject.field.as_deref().unwrap_or_default(),
            &reject.code,
            &words::of_form(&reject.reason),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_says_anything_but_no_gets_a_dry_run() {
        for (said, expected) in [
            ("", false),
            ("no", false),
            ("0", false),
            ("yes", true),
            ("on", true),
            ("true", true),
            ("1", true),
        ] {
            assert_eq!(is_rehearsal(said), expected, "{said}");
        }
    }
}
