//! Takes an upload in, piece by piece: sealing and writing happen on a thread of its own, and memory holds a few pieces at a time.

use std::{io::Write as _, time::Duration};

use app::App;
use axum::{
    body::Bytes,
    extract::{FromRequest as _, Multipart, Request, multipart::Field},
    http::{StatusCode, header},
};
use base::{Context, Fault, Id};
use futures::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use warehouse::{Import, Upload};

use super::settings::Told;
use crate::problem::{Answer, Problem};

/// Pieces that wait to be written.
const PIECES_MAX: usize = 8;
/// A setting given as a part of a form has at most so many bytes.
const SETTING_BYTES_MAX: usize = 4096;
/// What a form adds to the file that it carries, at most.
const FORM_BYTES_MAX: u64 = 1024 * 1024;
/// An upload without a byte for this long is given up.
const PAUSE_SECONDS_MAX: u64 = 60;

/// What is told to the writing thread. Without an end the upload broke off.
enum Piece {
    Bytes(Bytes),
    End,
}

/// Receives the file of a request and queues its import.
pub(super) async fn receive(app: &App, cx: &Context, request: Request) -> Answer<Id<Import>> {
    let told = Told::from_query(request.uri().query().unwrap_or_default())?;
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > app.config.upload_bytes_max.saturating_add(FORM_BYTES_MAX)) {
        return Err(too_large(app.config.upload_bytes_max)); // before a long upload and not after
    }
    let media =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (told, upload) = if media.trim_start().to_ascii_lowercase().starts_with("multipart/") {
        from_form(app, cx, told, request).await?
    } else {
        told.clone().request()?; // before a long upload too
        let upload = write(app, cx, request.into_body().into_data_stream()).await?;
        (told, upload)
    };
    match told.request() {
        Ok(request) => Ok(app.imports.submit(cx, request, upload).await?),
        Err(fault) => {
            discard(app, upload).await?;
            Err(fault.into())
        }
    }
}

/// The parts of a form, in whatever order: settings and one file.
async fn from_form(app: &App, cx: &Context, mut told: Told, request: Request) -> Answer<(Told, Upload)> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
    let mut upload = None;
    let outcome = read_form(app, cx, &mut form, &mut told, &mut upload).await;
    match (outcome, upload) {
        (Ok(()), Some(upload)) => Ok((told, upload)),
        (Ok(()), None) => {
            Err(Fault::invalid("file_missing", "The form has no part named file.").field("file").into())
        }
        (Err(problem), Some(upload)) => {
            discard(app, upload).await?;
            Err(problem)
        }
        (Err(problem), None) => Err(problem),
    }
}

async fn read_form(
    app: &App,
    cx: &Context,
    form: &mut Multipart,
    told: &mut Told,
    upload: &mut Option<Upload>,
) -> Answer<()> {
    while let Some(field) = in_time(form.next_field()).await?.map_err(|_| broken())? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            told.take(&name, setting(field, &name).await?)?;
            continue;
        }
        if upload.is_some() {
            return Err(Fault::invalid("field_repeated", "One file at a time.").field("file").into());
        }
        if told.file_name.is_none() {
            told.file_name = field.file_name().map(str::to_owned);
        }
        *upload = Some(write(app, cx, field).await?);
    }
    Ok(())
}

async fn setting(mut field: Field<'_>, name: &str) -> Answer<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = in_time(field.chunk()).await?.map_err(|_| broken())? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > SETTING_BYTES_MAX {
            return Err(Fault::invalid("field_too_long", "This setting is too long.").field(name).into());
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| Fault::invalid("field_malformed", "This setting is not UTF-8 text.").field(name).into())
}

/// Writes a stream of bytes into a new upload.
async fn write<E>(app: &App, cx: &Context, pieces: impl Stream<Item = Result<Bytes, E>>) -> Answer<Upload> {
    let (sender, receiver) = mpsc::channel(PIECES_MAX);
    let (imports, cx) = (app.imports.clone(), cx.clone());
    let writing = tokio::task::spawn_blocking(move || {
        let upload = imports.receive(&cx)?;
        drain(&imports, upload, receiver)
    });
    let sent = send(pieces, sender, app.config.upload_bytes_max).await;
    let written = writing.await.map_err(Fault::internal)?;
    sent?;
    written?.ok_or_else(broken)
}

/// On the writing thread: everything up to the end, or nothing.
fn drain(
    imports: &warehouse::Imports,
    mut upload: Upload,
    mut pieces: mpsc::Receiver<Piece>,
) -> Result<Option<Upload>, Fault> {
    loop {
        match pieces.blocking_recv() {
            Some(Piece::Bytes(bytes)) => {
                if let Err(error) = upload.write_all(&bytes) {
                    imports.discard(upload);
                    return Err(
                        Fault::unavailable("spool_unavailable", "The upload could not be kept.").cause(error)
                    );
                }
            }
            Some(Piece::End) => return Ok(Some(upload)),
            None => {
                imports.discard(upload);
                return Ok(None);
            }
        }
    }
}

/// On the connection: counts what comes and hands it on; waits while the writer is behind.
async fn send<E>(
    pieces: impl Stream<Item = Result<Bytes, E>>,
    sender: mpsc::Sender<Piece>,
    bytes_max: u64,
) -> Answer<()> {
    let mut pieces = std::pin::pin!(pieces);
    let mut bytes = 0u64;
    while let Some(piece) = in_time(pieces.next()).await? {
        let piece = piece.map_err(|_| broken())?;
        bytes += piece.len() as u64;
        if bytes > bytes_max {
            return Err(too_large(bytes_max));
        }
        if sender.send(Piece::Bytes(piece)).await.is_err() {
            return Ok(()); // the writer has stopped, and says why
        }
    }
    drop(sender.send(Piece::End).await);
    Ok(())
}

async fn discard(app: &App, upload: Upload) -> Result<(), Fault> {
    let imports = app.imports.clone();
    tokio::task::spawn_blocking(move || imports.discard(upload)).await.map_err(Fault::internal)
}

async fn in_time<T>(next: impl Future<Output = T>) -> Answer<T> {
    tokio::time::timeout(Duration::from_secs(PAUSE_SECONDS_MAX), next).await.map_err(|_| {
        let fault = Fault::invalid("upload_too_slow", "No byte of the upload came for too long.");
        Problem::with_status(StatusCode::REQUEST_TIMEOUT, fault)
    })
}

fn too_large(bytes_max: u64) -> Problem {
    let fault =
        Fault::invalid("upload_too_large", "The file is larger than this installation takes.").field("file");
    Problem::with_status(StatusCode::PAYLOAD_TOO_LARGE, fault.detail("bytes_max", bytes_max))
}

fn broken() -> Problem {
    let fault =
        Fault::invalid("upload_broken", "The upload broke off, or is not built as its content type says.");
    Problem::with_status(StatusCode::BAD_REQUEST, fault)
}
