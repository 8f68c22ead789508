//! Taking a file in while it arrives: straight into the sealed spool, or, for a dry run, straight through the reader. It is never
//! on disk in the clear and never whole in memory.

use std::io::{self, Read, Write};

use axum::{
    extract::{
        FromRequest, FromRequestParts as _, Multipart, Request, State as Shared,
        multipart::{Field, MultipartError},
    },
    http::header,
    response::{AppendHeaders, IntoResponse, Redirect},
};
use base::{Fault, FaultKind, Id, Timestamp};
use identity::Scope;
use tokio::sync::mpsc;
use warehouse::{
    ImportView, Input, Request as Order, State, Summary, Upload,
    files::{Reject as Refused, ToldOptions},
};

use super::{
    super::{
        Desk,
        refusal::{Answer, Refusal, status},
        region,
        seat::{Fields, Seat, forged},
    },
    draw, form, is_rehearsal, model, words,
};
use crate::{
    components::table::Paging,
    console::{
        imports::{self, Reject},
        paths,
    },
    format, safety,
    session::{CSRF_FIELD, CSRF_HEADER},
};
/// Bytes that are written to the spool at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// Chunks that wait for a dry run's reader.
const CHUNKS_WAITING: usize = 4;
/// Bytes of a form field beside the file.
const FIELD_BYTES_MAX: usize = 4 * 1024;
const FIELDS_MAX: usize = 64;
/// Rejected rows that a dry run shows.
const REJECTS_SHOWN: usize = 200;

pub(in super::super) async fn receive(Shared(desk): Shared<Desk>, request: Request) -> Answer {
    if !safety::is_from_our_pages(request.headers()) {
        return Err(forged().into());
    }
    let (mut parts, body) = request.into_parts();
    let seat = Seat::from_request_parts(&mut parts, &desk).await?;
    seat.demand(Scope::ImportsWrite)?;
    let said = parts.headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok());
    let mut proved = said.is_some_and(|token| seat.proves(token));
    let multipart = Multipart::from_request(Request::from_parts(parts, body), &desk).await;
    let mut multipart =
        multipart.map_err(|_| Fault::invalid("form_malformed", "The form could not be read."))?;
    let mut sent = Fields::default();
    for _ in 0..FIELDS_MAX {
        let Some(field) = multipart.next_field().await.map_err(broken)? else {
            return refuse(&seat, &sent, Fault::invalid("file_missing", "Choose a file.").field("file"))
                .await;
        };
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            let value = small(field).await?;
            proved = proved || (name == CSRF_FIELD && seat.proves(&value));
            sent.push(name, value);
        } else if proved {
            return take(&seat, &sent, field).await;
        } else {
            return Err(forged().into());
        }
    }
    Err(Fault::invalid("form_malformed", "The form has too many fields.").into())
}

fn broken(_: MultipartError) -> Fault {
    Fault::invalid("upload_broken", "The upload broke off before its end. Try again.").field("file")
}

async fn small(mut field: Field<'_>) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > FIELD_BYTES_MAX {
            return Err(Fault::invalid("field_too_long", "A field of the form is too long.").into());
        }
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(bytes);
    Ok(text.map_err(|_| Fault::invalid("form_malformed", "The form is not text."))?)
}

/// Shows the form again with what is wrong.
async fn refuse(seat: &Seat, sent: &Fields, fault: Fault) -> Answer {
    let expected = matches!(fault.kind, FaultKind::Invalid | FaultKind::Conflict | FaultKind::Limited);
    if !expected || seat.fragment {
        return Err(fault.into());
    }
    let form = form(seat, sent, Some(&fault)).await;
    draw(seat, None, form, status(fault.kind)).await
}

async fn take(seat: &Seat, sent: &Fields, field: Field<'_>) -> Answer {
    let order = match order(sent, field.file_name().unwrap_or_default()) {
        Ok(order) => order,
        Err(fault) => return refuse(seat, sent, fault).await,
    };
    let cookie = order.region.map(|region| region::remember(region, seat.desk.transport));
    let cookie = AppendHeaders(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    if is_rehearsal(sent.get("dry_run")) {
        return match rehearse(seat, sent, order, field).await {
            Ok(page) => Ok((cookie, page).into_response()),
            Err(fault) => refuse(seat, sent, fault).await,
        };
    }
    match keep(seat, order, field).await {
        Ok(id) => Ok((cookie, Redirect::to(&paths::import(&id.to_string()))).into_response()),
        Err(fault) => refuse(seat, sent, fault).await,
    }
}

/// What the form says of the file.
fn order(sent: &Fields, file_name: &str) -> Result<Order, Fault> {
    let map = sent.below("map.").filter(|(_, column)| !column.trim().is_empty());
    let map = map
        .map(|(field, column)| Ok((field.parse()?, column.trim().to_owned())))
        .collect::<Result<_, Fault>>()?;
    let told = |name| Some(sent.get(name).to_owned());
    let told = ToldOptions {
        currency: told("currency"),
        decimal: told("decimal"),
        date_order: told("date_order"),
        encoding: told("encoding"),
        time_zone: told("time_zone"),
        delimiter: told("delimiter"),
        format: told("format"),
        map,
    };
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let file_name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    Ok(Order {
        source: sent.get("source").parse()?,
        file_name: if file_name.is_empty() { "upload".to_owned() } else { file_name },
        region: region::supported(sent.get("region")),
        options: told.options()?,
    })
}

/// Counts what arrives against the largest upload.
struct Arriving<'a> {
    field: Field<'a>,
    left: u64,
}

impl Arriving<'_> {
    fn of<'a>(seat: &Seat, field: Field<'a>) -> Arriving<'a> {
        Arriving { field, left: seat.desk.app.config.upload_bytes_max }
    }

    /// About [`CHUNK_BYTES`], less at the end, nothing after it.
    async fn next(&mut self) -> Result<Vec<u8>, Fault> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK_BYTES
            && let Some(bytes) = self.field.chunk().await.map_err(broken)?
        {
            self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(|| {
                Fault::new(FaultKind::Limited, "file_too_large", "The file is larger than this shop takes.")
                    .field("file")
            })?;
            chunk.extend_from_slice(&bytes);
        }
        Ok(chunk)
    }
}

async fn keep(seat: &Seat, order: Order, field: Field<'_>) -> Result<Id<warehouse::Import>, Fault> {
    let app = &seat.desk.app;
    let mut arriving = Arriving::of(seat, field);
    let mut upload = app.imports.receive(&seat.cx)?;
    loop {
        let chunk = match arriving.next().await {
            Ok(chunk) if chunk.is_empty() => break,
            Ok(chunk) => chunk,
            Err(fault) => {
                app.imports.discard(upload);
                return Err(fault);
            }
        };
        upload = write(upload, chunk).await?;
    }
    let id = app.imports.submit(&seat.cx, order, upload).await?;
    app.wake.notify_one();
    seat.desk.changed(seat.cx.shop);
    Ok(id)
}

/// Sealing and writing block, so they have a thread of their own.
async fn write(mut upload: Upload, chunk: Vec<u8>) -> Result<Upload, Fault> {
    let written = tokio::task::spawn_blocking(move || upload.write_all(&chunk).map(|()| upload));
    written.await.map_err(Fault::internal)?.map_err(|error| {
        Fault::unavailable("spool_unavailable", "The upload could not be kept; the disk may be full.")
            .cause(error)
    })
}

/// What arrives, as a reader on another thread sees it. An upload that breaks off is an error there, not an end.
struct Chunks {
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
    now: io::Cursor<Vec<u8>>,
}

impl Read for Chunks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.now.read(into)?;
            if read > 0 || into.is_empty() {
                return Ok(read);
            }
            match self.chunks.blocking_recv() {
                Some(chunk) => self.now = io::Cursor::new(chunk?),
                None => return Ok(0),
            }
        }
    }
}

/// Hands what arrives to the reader; says how much it was.
async fn feed(mut arriving: Arriving<'_>, reader: mpsc::Sender<io::Result<Vec<u8>>>) -> Result<u64, Fault> {
    let mut fed = 0;
    loop {
        match arriving.next().await {
            Ok(chunk) if chunk.is_empty() => return Ok(fed),
            Ok(chunk) => {
                fed += chunk.len() as u64;
                if reader.send(Ok(chunk)).await.is_err() {
                    return Ok(fed); // the reader has stopped, and will say why
                }
            }
            Err(fault) => {
                drop(reader.send(Err(io::Error::other("the upload broke off"))).await);
                return Err(fault);
            }
        }
    }
}

/// Reads the file and shows what would become of it.
async fn rehearse(seat: &Seat, sent: &Fields, order: Order, field: Field<'_>) -> Result<maud::Markup, Fault> {
    let (sender, chunks) = mpsc::channel(CHUNKS_WAITING);
    let input = Input::Stream(Box::new(Chunks { chunks, now: io::Cursor::default() }));
    let (tell, mut told) = mpsc::channel(REJECTS_SHOWN);
    let rejected = move |rejects: &[Refused]| {
        // As many as there is room for; the count tells of the rest.
        rejects.iter().map(shown).map_while(|reject| tell.try_send(reject).ok()).count();
        Ok(())
    };
    let began = seat.cx.now();
    let reading = seat.desk.app.imports.dry_run(&seat.cx, order.clone(), input, rejected, |_| ());
    let (fed, summary) = futures::future::join(feed(Arriving::of(seat, field), sender), reading).await;
    let bytes = fed?;
    let view = rehearsed(seat, &order, summary?, bytes, began);
    let mut page = model(&view, seat.cx.now())?;
    page.row.dry_run = true;
    page.again = Some(format!("{}{}#new", paths::IMPORTS, sent.without(&[CSRF_FIELD, "dry_run"])));
    while let Ok(reject) = told.try_recv() {
        page.rejects.push(reject);
    }
    let all = format::counted(view.rejected, "rejected row", "rejected rows");
    page.rejects_paging = Paging { words: format!("{} of {all}", page.rejects.len()), ..Paging::default() };
    Ok(imports::import_page(&seat.shell().await?, &page))
}

fn shown(reject: &Refused) -> Reject {
    Reject {
        line: reject.line_number,
        field: reject.field.map(|field| field.to_string()).unwrap_or_default(),
        reason: words::of_form(&reject.reason),
        code: reject.code.to_owned(),
    }
}

/// A dry run as an import that has ended.
fn rehearsed(seat: &Seat, order: &Order, mut summary: Summary, bytes: u64, began: Timestamp) -> ImportView {
    #[allow(clippy::cast_precision_loss)] // for showing only
    if summary.seconds > 0.0 {
        summary.rows_per_second = summary.rows as f64 / summary.seconds;
    }
    ImportView {
        id: seat.cx.new_id(),
        source: order.source.code().to_owned(),
        file_name: order.file_name.clone(),
        state: State::Done,
        reached: State::Done,
        bytes_total: Some(bytes),
        bytes_done: bytes,
        rows: summary.rows,
        rejected: summary.rejected,
        summary,
        fault: None,
        created_at: began,
        finished_at: Some(seat.cx.now()),
    }
}
