//! Imports: order files in, progress and rejects out.

mod settings;
mod upload;

use app::App;
use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{Context, Cursor, Fault, Id, PageRequest};
use futures::stream;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use warehouse::{Import, ImportView, Rejected, State as Stage};

use super::shapes::{IdParam, Moment, PageOf};
use crate::{
    Doors,
    caller::{ReadsImports, WritesImports},
    problem::Answer,
    reading::{At, Paging, Query},
};

/// How an import stands.
#[derive(Clone, Copy, Serialize, ToSchema, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImportState {
    Queued,
    /// Rows are read and written.
    Running,
    /// What was written is linked.
    Linking,
    Done,
    /// `fault` says why.
    Failed,
    /// Whoever ran it is gone. Import the file again: nothing is taken twice.
    Interrupted,
}

impl From<Stage> for ImportState {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Queued => Self::Queued,
            Stage::Running => Self::Running,
            Stage::Linking => Self::Linking,
            Stage::Done => Self::Done,
            Stage::Failed => Self::Failed,
            Stage::Interrupted => Self::Interrupted,
        }
    }
}

/// What came of an import so far.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Outcome {
    /// Orders that were not there before.
    orders: u64,
    lines_new: u64,
    lines_changed: u64,
    lines_unchanged: u64,
    /// Rows whose identity differs from the one that their order began with; the order keeps its first.
    identity_conflicts: u64,
    customers_created: u64,
    /// Customers that were known before and are touched by this file.
    customers_matched: u64,
    reviews_opened: u64,
    seconds: f64,
    rows_per_second: f64,
    /// What the reader assumed, in sentences.
    notes: Vec<String>,
    columns: Vec<Column>,
}

/// A column of the file, and the field it became; none if it is not used.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Column {
    #[schema(example = "Billing Phone")]
    name: String,
    #[schema(example = "number")]
    field: Option<String>,
}

/// What stopped an import, or a renormalisation.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct ImportFault {
    #[schema(example = "missing_column")]
    code: String,
    message: String,
    field: Option<String>,
}

impl ImportFault {
    pub(super) fn of(fault: &serde_json::Value) -> Self {
        let text = |key: &str| fault.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        Self {
            code: text("code").unwrap_or_default(),
            message: text("message").unwrap_or_default(),
            field: text("field"),
        }
    }
}

/// An import.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct ImportAnswer {
    id: Uuid,
    source: String,
    file_name: String,
    state: ImportState,
    /// Absent where it cannot be known.
    bytes_total: Option<u64>,
    bytes_done: u64,
    /// Rows read; the sum of those used and those rejected.
    rows: u64,
    rejected: u64,
    outcome: Outcome,
    fault: Option<ImportFault>,
    created_at: Moment,
    finished_at: Option<Moment>,
}

impl From<ImportView> for ImportAnswer {
    fn from(import: ImportView) -> Self {
        let summary = import.summary;
        Self {
            id: import.id.uuid(),
            source: import.source,
            file_name: import.file_name,
            state: import.state.into(),
            bytes_total: import.bytes_total,
            bytes_done: import.bytes_done,
            rows: import.rows,
            rejected: import.rejected,
            outcome: Outcome {
                orders: summary.orders,
                lines_new: summary.lines_new,
                lines_changed: summary.lines_changed,
                lines_unchanged: summary.lines_unchanged,
                identity_conflicts: summary.identity_conflicts,
                customers_created: summary.customers_created,
                customers_matched: summary.customers_matched,
                reviews_opened: summary.reviews_opened,
                seconds: summary.seconds,
                rows_per_second: summary.rows_per_second,
                notes: summary.notes,
                columns: summary.columns.into_iter().map(|(name, field)| Column { name, field }).collect(),
            },
            fault: import.fault.as_ref().map(ImportFault::of),
            created_at: import.created_at.into(),
            finished_at: import.finished_at.map(Moment),
        }
    }
}

/// A row that could not be used.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Reject {
    /// Of the file.
    line_number: u64,
    field: Option<String>,
    #[schema(example = "number_impossible")]
    code: String,
    /// Never holds a value of the row.
    reason: String,
}

impl From<Rejected> for Reject {
    fn from(reject: Rejected) -> Self {
        Self {
            line_number: reject.line_number,
            field: reject.field,
            code: reject.code,
            reason: reject.reason,
        }
    }
}

/// A multipart upload.
#[derive(ToSchema)]
#[allow(dead_code)] // describes what is read piece by piece
pub(crate) struct UploadForm {
    /// CSV, JSON Lines or Parquet, packed with gzip or not.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The parameters of the address may be parts instead.
    #[schema(example = "online")]
    source: Option<String>,
}

/// Take an order file in: the body itself, or a multipart form with a part `file`. It is read by a worker; ask at `Location` how it goes.
#[utoipa::path(post, path = "/imports", tag = "imports", params(settings::Told), security(("key" = ["imports:write"])),
    request_body(content((Vec<u8> = "application/octet-stream"), (UploadForm = "multipart/form-data"))), responses(
    (status = 202, description = "It is kept and will be read.", body = ImportAnswer,
        headers(("Location" = String, description = "The import's address."))),
))]
pub(crate) async fn upload(
    caller: WritesImports,
    State(doors): State<Doors>,
    request: Request,
) -> Answer<Response> {
    let _room = doors.limits.upload()?;
    let id = upload::receive(&doors.app, &caller, request).await?;
    doors.app.wake.notify_one();
    let import = doors.app.imports.get(&caller, id).await?;
    let location = [(header::LOCATION, format!("/v1/imports/{id}"))];
    Ok((StatusCode::ACCEPTED, location, Json(ImportAnswer::from(import))).into_response())
}

/// Imports, newest first.
#[utoipa::path(get, path = "/imports", tag = "imports", params(Paging), security(("key" = ["imports:read"])), responses(
    (status = 200, description = "A page of imports.", body = PageOf<ImportAnswer>),
))]
pub(crate) async fn list(
    caller: ReadsImports,
    State(app): State<App>,
    Query(paging): Query<Paging>,
) -> Answer<Json<PageOf<ImportAnswer>>> {
    let page = app.imports.list(&caller, &paging.by::<Uuid>()?).await?;
    Ok(Json(PageOf::of(page, ImportAnswer::from)))
}

/// One import and how far it is.
#[utoipa::path(get, path = "/imports/{id}", tag = "imports", params(IdParam), security(("key" = ["imports:read"])), responses(
    (status = 200, description = "The import.", body = ImportAnswer),
))]
pub(crate) async fn get(
    caller: ReadsImports,
    State(app): State<App>,
    At(id): At<Id<Import>>,
) -> Answer<Json<ImportAnswer>> {
    Ok(Json(app.imports.get(&caller, id).await?.into()))
}

/// The rows of an import that could not be used: by pages, or all of them as CSV for `Accept: text/csv`.
#[utoipa::path(get, path = "/imports/{id}/rejects", tag = "imports", params(IdParam, Paging), security(("key" = ["imports:read"])),
    responses((status = 200, description = "The rejects.", content((PageOf<Reject> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn rejects(
    caller: ReadsImports,
    State(app): State<App>,
    At(id): At<Id<Import>>,
    Query(paging): Query<Paging>,
    headers: HeaderMap,
) -> Answer<Response> {
    app.imports.get(&caller, id).await?;
    if wants_csv(&headers) {
        return Ok(csv_of(app, caller.0.cx, id));
    }
    let page = app.imports.rejects(&caller, id, &paging.by::<u64>()?).await?;
    Ok(Json(PageOf::of(page, Reject::from)).into_response())
}

fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted
        .split(',')
        .any(|media| media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/csv"))
}

/// Streams every reject; a page is in memory at a time.
fn csv_of(app: App, cx: Context, id: Id<Import>) -> Response {
    let start = Some(PageRequest::new(Some(PageRequest::LIMIT_MAX), None));
    let pages = stream::try_unfold((start, true), move |(page, first)| {
        let (app, cx) = (app.clone(), cx.clone());
        async move {
            let Some(page) = page else { return Ok(None) };
            let found = app.imports.rejects(&cx, id, &page).await?;
            let next =
                found.next.map(|Cursor(after)| PageRequest::new(Some(PageRequest::LIMIT_MAX), Some(after)));
            Ok::<_, Fault>(Some((csv_page(&found.items, first)?, (next, false))))
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"rejects-{id}.csv\"")),
    ];
    (headers, Body::from_stream(pages)).into_response()
}

fn csv_page(rejects: &[Rejected], first: bool) -> Result<Bytes, Fault> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if first {
        writer.write_record(["line", "field", "code", "reason"]).map_err(Fault::internal)?;
    }
    for reject in rejects {
        let line = reject.line_number.to_string();
        let record =
            [line.as_str(), reject.field.as_deref().unwrap_or_default(), &reject.code, &reject.reason];
        writer.write_record(record).map_err(Fault::internal)?;
    }
    Ok(writer.into_inner().map_err(Fault::internal)?.into())
}
