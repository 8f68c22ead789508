//! The verbs of imports: run one here and now, take one in to be run by a worker, look at them.

use std::{fs, path::PathBuf, sync::Arc};

use base::{Context, Fault, FaultKind, Id, Page, PageRequest, Timestamp};
use customers::Linker;
use db::{
    Db,
    audit::{self, Entry},
};
use futures::{FutureExt as _, future::BoxFuture};
use jobs::{
    Job,
    lease::{self, Holding},
};
use vault::{SpoolReader, SpoolWriter, Vault};

use super::{
    Import, ImportView, Rejected, Request, State, Summary, Totals,
    pulse::{Pulse, TOUCH_SECONDS, standing},
    rows::{self, NewImport},
    run::{Input, Progress, Run, rehearse},
    settings,
};
use crate::files::Reject;

/// The kind of the jobs that run uploaded imports.
pub const JOB_KIND: &str = "warehouse.import";
/// The lease that keeps imports of one shop one after another.
const LEASE: &str = "imports";

/// Imports of order files.
#[derive(Clone, Debug)]
pub struct Imports {
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) linker: Linker,
    spool: Arc<PathBuf>,
}

impl Imports {
    /// `spool` is the folder in which uploads wait, sealed.
    pub fn new(db: Db, vault: Vault, linker: Linker, spool: PathBuf) -> Self {
        Self { db, vault, linker, spool: Arc::new(spool) }
    }

    /// Imports a file to its end. Waits while another import of the shop runs, asking every second; `progress` may show that.
    pub async fn run(
        &self,
        cx: &Context,
        request: Request,
        input: Input,
        bytes_total: Option<u64>,
        rejected: &mut (dyn FnMut(&[Reject]) -> Result<(), Fault> + Send),
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(Id<Import>, Summary), Fault> {
        let id: Id<Import> = cx.new_id();
        let (shop, now, settings) = (cx.shop, cx.now(), settings::write(&request)?);
        let noted = request.clone();
        self.db
            .write(async move |tx| {
                let new = NewImport {
                    id,
                    source: noted.source.code(),
                    file_name: &noted.file_name,
                    state: State::Running,
                    settings: &settings,
                    bytes_total,
                    spool_key: None,
                    holder: Some(lease::this_process()),
                    now,
                };
                rows::insert(tx, shop, &new).await
            })
            .await?;
        let summary = self.attempt(cx, id, Again::Never, request, input, rejected, progress).await?;
        Ok((id, summary))
    }

    /// Runs an import whose row is there, and notes how it ended.
    #[allow(clippy::too_many_arguments, reason = "what is imported, how, and who hears of it")]
    async fn attempt(
        &self,
        cx: &Context,
        id: Id<Import>,
        again: Again,
        request: Request,
        input: Input,
        rejected: &mut (dyn FnMut(&[Reject]) -> Result<(), Fault> + Send),
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Summary, Fault> {
        let held = match self.wait_for_lease(cx, id).await {
            Ok(held) => held,
            Err(fault) => return self.conclude(cx, id, again, Err(fault)).await,
        };
        let run = Run::new(self, cx, id, held.clone(), &request);
        let result = run.drive(request, input, rejected, progress).await;
        let result = self.conclude(cx, id, again, result).await;
        held.release(&self.db).await?;
        result
    }

    /// Asks every second, and says now and then that it is still there.
    async fn wait_for_lease(&self, cx: &Context, id: Id<Import>) -> Result<lease::Held, Fault> {
        for second in 0u64.. {
            if second % TOUCH_SECONDS == 0 {
                let (shop, now) = (cx.shop, cx.now());
                let touch =
                    async move |tx: &mut db::Tx| rows::touch(tx, shop, id, &lease::this_process(), now).await;
                self.db.write(touch).await?;
            }
            if let Some(held) = lease::take(&self.db, cx, LEASE).await? {
                return Ok(held);
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        Err(Fault::internal("time has ended"))
    }

    async fn conclude(
        &self,
        cx: &Context,
        id: Id<Import>,
        again: Again,
        result: Result<Summary, Fault>,
    ) -> Result<Summary, Fault> {
        let (shop, cx, indexes) = (cx.shop, cx.clone(), self.vault.indexes(cx.shop));
        let fault = result.as_ref().err().cloned();
        if again == Again::Later && fault.as_ref().is_some_and(is_passing) {
            self.db.write(async move |tx| rows::put_back(tx, shop, id).await).await?;
            return result;
        }
        let summary = result.as_ref().ok().cloned();
        self.db
            .write(async move |tx| {
                if let Some(summary) = &summary {
                    let bytes = rows::get(tx, shop, id).await?.and_then(|(view, _)| view.bytes_total);
                    let bytes = bytes.unwrap_or(0);
                    rows::progress(tx, shop, id, State::Linking, bytes, summary).await?;
                }
                let told = fault.as_ref().map(told);
                rows::finish(tx, shop, id, told.as_ref(), cx.now()).await?;
                let details = match &summary {
                    Some(summary) => serde_json::json!({
                        "rows": summary.rows, "rejected": summary.rejected, "orders": summary.orders,
                        "customers_created": summary.customers_created,
                    }),
                    None => told.unwrap_or_default(),
                };
                let action = if summary.is_some() { "imports.finish" } else { "imports.fail" };
                let subject = audit::subject("import", id);
                audit::append(
                    tx,
                    &cx,
                    &indexes,
                    Entry { action, subject, customer: None, reason: "order file", details },
                )
                .await?;
                Ok(())
            })
            .await?;
        result
    }

    /// Reads a file and says what would become of it; stores nothing.
    pub async fn dry_run(
        &self,
        cx: &Context,
        request: Request,
        input: Input,
        mut rejected: impl FnMut(&[Reject]) -> Result<(), Fault> + Send + 'static,
        mut progress: impl FnMut(Progress) + Send + 'static,
    ) -> Result<Summary, Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        tokio::task::spawn_blocking(move || {
            rehearse(&this, &cx, &request, input, &mut rejected, &mut progress)
        })
        .await
        .map_err(Fault::internal)?
    }

    /// Starts to take an upload in: write the file's bytes to it, then hand it to [`Imports::submit`].
    pub fn receive(&self, cx: &Context) -> Result<Upload, Fault> {
        fs::create_dir_all(self.spool.as_path()).map_err(|error| {
            Fault::unavailable("spool_unavailable", "The folder for uploads cannot be used.").cause(error)
        })?;
        let id: Id<Import> = cx.new_id();
        let (key, wrapped) = self.vault.new_data_key(id.as_bytes());
        let writer = SpoolWriter::create(&self.path(id), key, *id.as_bytes()).map_err(|error| {
            Fault::unavailable("spool_unavailable", "The folder for uploads cannot be used.").cause(error)
        })?;
        Ok(Upload { id, wrapped, writer })
    }

    /// Queues an upload. Once this returns, the import happens, whatever crashes.
    pub async fn submit(&self, cx: &Context, request: Request, upload: Upload) -> Result<Id<Import>, Fault> {
        let Upload { id, wrapped, writer } = upload;
        let path = self.path(id);
        let finished = tokio::task::spawn_blocking(move || {
            let bytes = writer.finish();
            if !bytes.as_ref().is_ok_and(|bytes| *bytes > 0) {
                drop(fs::remove_file(path));
            }
            bytes
        });
        let bytes = finished.await.map_err(Fault::internal)?.map_err(|error| {
            Fault::unavailable("spool_unavailable", "The upload could not be kept.").cause(error)
        })?;
        if bytes == 0 {
            return Err(Fault::invalid("file_empty", "The file is empty.").field("file"));
        }
        let (cx, settings) = (cx.clone(), settings::write(&request)?);
        let indexes = self.vault.indexes(cx.shop);
        self.db
            .write(async move |tx| {
                let new = NewImport {
                    id,
                    source: request.source.code(),
                    file_name: &request.file_name,
                    state: State::Queued,
                    settings: &settings,
                    bytes_total: Some(bytes),
                    spool_key: Some(wrapped.clone()),
                    holder: None,
                    now: cx.now(),
                };
                rows::insert(tx, cx.shop, &new).await?;
                jobs::enqueue(tx, &cx, JOB_KIND, &serde_json::json!({ "import": id }), cx.now()).await?;
                // The worker tells of its end; this tells who brought it.
                let subject = audit::subject("import", id);
                let details = serde_json::json!({ "source": request.source.code(), "bytes": bytes });
                let entry = Entry {
                    action: "imports.submit",
                    subject,
                    customer: None,
                    reason: "order file",
                    details,
                };
                audit::append(tx, &cx, &indexes, entry).await?;
                Ok(())
            })
            .await?;
        Ok(id)
    }

    /// Gives an upload up that will not be submitted.
    pub fn discard(&self, upload: Upload) {
        let path = self.path(upload.id);
        drop(upload);
        drop(fs::remove_file(path));
    }

    /// Runs a queued import. A fault of the file is told in the import's row; the job has then done what it could.
    async fn run_queued(&self, cx: &Context, id: Id<Import>, again: Again) -> Result<(), Fault> {
        let shop = cx.shop;
        let Some((wrapped, settings)) = self.db.read(async move |tx| rows::spool(tx, shop, id).await).await?
        else {
            return Ok(()); // finished by an earlier try
        };
        let result = match self.kept(id, &wrapped, &settings) {
            Ok((request, input)) => {
                self.db.write(async move |tx| rows::clear_rejects(tx, shop, id).await).await?;
                self.attempt(cx, id, again, request, input, &mut |_| Ok(()), &mut |_| ()).await
            }
            Err(fault) => self.conclude(cx, id, again, Err(fault)).await,
        };
        match result {
            Err(fault) if again == Again::Later && is_passing(&fault) => Err(fault),
            _ => {
                drop(fs::remove_file(self.path(id)));
                Ok(())
            }
        }
    }

    /// A waiting file and how it is to be read.
    fn kept(
        &self,
        id: Id<Import>,
        wrapped: &[u8],
        settings: &serde_json::Value,
    ) -> Result<(Request, Input), Fault> {
        let key = self.vault.unwrap(wrapped, id.as_bytes())?;
        let missing = |error| {
            Fault::invalid("upload_missing", "The uploaded file is not on this machine any more.")
                .cause(error)
        };
        let reader = SpoolReader::open(&self.path(id), key, *id.as_bytes()).map_err(missing)?;
        Ok((settings::read(settings)?, Input::Spool(reader)))
    }

    fn path(&self, id: Id<Import>) -> PathBuf {
        self.spool.join(format!("{id}.sealed"))
    }

    /// One import.
    pub async fn get(&self, cx: &Context, id: Id<Import>) -> Result<ImportView, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        let read = async move |tx: &mut db::Tx| {
            let Some((view, pulse)) = rows::get(tx, shop, id).await? else { return Ok(None) };
            let held = lease::holding(tx, shop, LEASE).await?;
            Ok(Some(as_it_stands(view, &pulse, held.as_ref(), now)))
        };
        let unknown =
            || Fault::not_found("import_unknown", "There is no import with this id.").field("import");
        self.db.read(read).await?.ok_or_else(unknown)
    }

    /// How many imports of all shops stand how, and their rows: for the operator's figures.
    pub async fn totals(&self, now: Timestamp) -> Result<Totals, Fault> {
        let read = async move |tx: &mut db::Tx| {
            let mut totals = rows::totals(tx).await?;
            for (shop, written, pulse) in rows::unfinished(tx).await? {
                let held = lease::holding(tx, shop, LEASE).await?;
                totals.shift(written, standing(written, &pulse, held.as_ref(), now));
            }
            Ok(totals)
        };
        self.db.read(read).await
    }

    /// Imports, newest first.
    pub async fn list(&self, cx: &Context, page: &PageRequest) -> Result<Page<ImportView>, Fault> {
        let (shop, now, limit, before) = (cx.shop, cx.now(), page.limit, page.after_key());
        let read = async move |tx: &mut db::Tx| {
            let held = lease::holding(tx, shop, LEASE).await?;
            let found = rows::list(tx, shop, before, limit + 1).await?;
            let stands = |(view, pulse)| as_it_stands(view, &pulse, held.as_ref(), now);
            Ok(found.into_iter().map(stands).collect())
        };
        let found = self.db.read(read).await?;
        Ok(Page::of(found, limit, |last: &ImportView| last.id.to_string()))
    }

    /// The rows of an import that could not be used.
    pub async fn rejects(
        &self,
        cx: &Context,
        id: Id<Import>,
        page: &PageRequest,
    ) -> Result<Page<Rejected>, Fault> {
        let (shop, limit, after) = (cx.shop, page.limit, page.after_key().unwrap_or(0));
        let found = self.db.read(async move |tx| rows::rejects(tx, shop, id, after, limit + 1).await).await?;
        Ok(Page::of(found, limit, |last| last.n.to_string()))
    }
}

/// Whether an import that failed for want of something will be run again by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Again {
    Later,
    Never,
}

/// Something needed was not there; another time it may be.
fn is_passing(fault: &Fault) -> bool {
    fault.kind == FaultKind::Unavailable
}

fn as_it_stands(view: ImportView, pulse: &Pulse, held: Option<&Holding>, now: Timestamp) -> ImportView {
    ImportView { state: standing(view.reached, pulse, held, now), ..view }
}

/// An upload on its way in, sealed as it comes.
#[derive(Debug)]
pub struct Upload {
    id: Id<Import>,
    wrapped: Vec<u8>,
    writer: SpoolWriter,
}

impl std::io::Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

/// Runs queued imports for the worker.
#[derive(Debug)]
pub struct Handler(pub Imports);

impl jobs::Handler for Handler {
    fn run<'a>(&'a self, cx: &'a Context, job: &'a Job) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let id = job.payload.get("import").and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
            let id = id.ok_or_else(|| Fault::invalid("job_malformed", "The job names no import."))?;
            let again = if job.attempt < jobs::ATTEMPTS_MAX { Again::Later } else { Again::Never };
            self.0.run_queued(cx, id, again).await
        }
        .boxed()
    }
}

/// A fault as an import's row tells it.
fn told(fault: &Fault) -> serde_json::Value {
    serde_json::json!({ "code": fault.code, "message": fault.message, "field": fault.field })
}
