//! `trunkline doctor`: looks at everything that an installation stands on, and says how to mend what is wrong. Changes nothing.

mod machine;

use std::{fs, path::Path, process::ExitCode};

use app::{App, Config};
use base::{Fault, PageRequest, Timestamp};
use db::{
    Db, audit,
    seal::{self, Sealed},
};
use serde_json::json;
use vault::KeyFile;

use crate::{
    config,
    opening::{Opening, has_database, keys_open, shown_database},
    output::{Output, counted},
};

/// How something stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Ok,
    Warn,
    Fail,
}

impl State {
    const fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug)]
struct Finding {
    what: &'static str,
    state: State,
    found: String,
    /// What to do about it.
    mend: Option<String>,
}

/// The report as it grows.
#[derive(Debug, Default)]
struct Report(Vec<Finding>);

impl Report {
    fn ok(&mut self, what: &'static str, found: impl Into<String>) {
        self.0.push(Finding { what, state: State::Ok, found: found.into(), mend: None });
    }

    fn bad(&mut self, state: State, what: &'static str, found: impl Into<String>, mend: impl Into<String>) {
        self.0.push(Finding { what, state, found: found.into(), mend: Some(mend.into()) });
    }

    fn failed(&self) -> bool {
        self.0.iter().any(|finding| finding.state == State::Fail)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for finding in &self.0 {
            text += &format!("{:<5} {:<12} {}\n", finding.state.code(), finding.what, finding.found);
            if let Some(mend) = &finding.mend {
                text += &format!("{:<18} → {mend}\n", "");
            }
        }
        text
    }
}

pub async fn run(opening: &Opening, output: Output) -> Result<ExitCode, Fault> {
    let mut report = Report::default();
    match opening.config() {
        Ok(config) => examine(&config, &mut report).await,
        Err(fault) => report.bad(
            State::Fail,
            "config",
            fault.to_string(),
            "correct the file; `trunkline config schema` lists what may be set",
        ),
    }
    let findings = report.0.iter().map(|finding| {
        json!({ "what": finding.what, "state": finding.state.code(), "found": finding.found, "mend": finding.mend })
    });
    let value = json!({ "sound": !report.failed(), "findings": findings.collect::<Vec<_>>() });
    output.answer(&value, || {
        let verdict = match (report.failed(), report.0.iter().any(|finding| finding.state == State::Warn)) {
            (true, _) => "Something must be mended.",
            (false, true) => "It works; something deserves a look.",
            (false, false) => "All is well.",
        };
        format!("{}\n{verdict}", report.text())
    })?;
    Ok(if report.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn examine(config: &Config, report: &mut Report) {
    match config::check(config) {
        Ok(()) => report.ok("config", format!("database {}, shop {}", shown_database(config), config.shop)),
        Err(fault) => report.bad(
            State::Fail,
            "config",
            fault.to_string(),
            "correct the setting; `trunkline config schema` lists them",
        ),
    }
    let folder = machine::folder(&config.data, report);
    let keys = keys(config, report).await;
    if folder {
        machine::disk(&config.data, report);
        spool(&config.data.join("spool"), report);
    }
    if !has_database(config) {
        report.bad(
            State::Warn,
            "database",
            "there is none yet",
            "`trunkline serve`, `trunkline import` or `trunkline demo` makes it",
        );
        return;
    }
    if !keys {
        report.bad(State::Warn, "database", "not opened, because there are no keys", "mend the keys first");
        return;
    }
    match App::open(config.clone()).await {
        Ok(app) => database(&app, report).await,
        Err(fault) => {
            let mend =
                "is the server running, and does the address (TRUNKLINE_DATABASE or --database) name it?";
            report.bad(State::Fail, "database", fault.to_string(), mend);
        }
    }
}

/// Whether there are keys to open the database with.
async fn keys(config: &Config, report: &mut Report) -> bool {
    let read = match &config.keys {
        Some(text) => KeyFile::parse(text.reveal()).map(|_| "from TRUNKLINE_KEYS".to_owned()),
        None => {
            let path = config.key_file();
            if !path.exists() {
                no_keys(config, report).await;
                return false;
            }
            KeyFile::load(&path).map(|_| format!("{}, readable by its owner only", path.display()))
        }
    };
    match read {
        Ok(found) => {
            report.ok("keys", found);
            true
        }
        Err(error) => {
            let path = config.key_file().display().to_string();
            report.bad(
                State::Fail,
                "keys",
                error.to_string(),
                format!("chmod 600 {path}, or bring back a whole copy"),
            );
            false
        }
    }
}

/// Without keys it matters whether the database is sealed already. A SQLite file is not made for asking.
async fn no_keys(config: &Config, report: &mut Report) {
    let found = format!("there is no key file at {}", config.key_file().display());
    if !has_database(config) {
        return report.bad(State::Warn, "keys", found, "it is made with the database");
    }
    let sealed = match Db::open(&config.database_url(), db::Options::default()).await {
        Ok(db) => seal::sealed(&db).await,
        Err(error) => Err(error.into()),
    };
    match sealed {
        Ok(Sealed::Empty) => report.bad(State::Warn, "keys", found, "it is made with the first tables"),
        Ok(Sealed::Maybe) => report.bad(
            State::Fail,
            "keys",
            found,
            "bring it back from its safe place; without it the personal data stays unreadable",
        ),
        Err(fault) => report.bad(
            State::Fail,
            "keys",
            format!("{found}, and the database cannot be asked whether it needs it: {fault}"),
            "bring it back from its safe place, unless the database is new",
        ),
    }
}

fn spool(path: &Path, report: &mut Report) {
    let Ok(entries) = fs::read_dir(path) else {
        return report.ok("spool", "no upload has come in yet");
    };
    let sizes: Vec<u64> =
        entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).collect();
    let waiting = counted(sizes.len() as u64, "upload waits", "uploads wait");
    report.ok("spool", format!("{waiting}, {}", crate::output::bytes(sizes.iter().sum())));
}

async fn database(app: &App, report: &mut Report) {
    report.ok("database", format!("{} answers", app.db.kind()));
    match app.pending().await {
        Ok(pending) if pending.is_empty() => report.ok("schema", "up to date"),
        Ok(pending) => {
            let found = format!("{} to run", counted(pending.len() as u64, "migration", "migrations"));
            return report.bad(State::Fail, "schema", found, "run `trunkline migrate`");
        }
        Err(fault) => return report.bad(State::Fail, "schema", fault.to_string(), "see the database's log"),
    }
    match keys_open(app).await {
        Ok(()) => report.ok("sealing", format!("the keys {} open the data", app.vault.fingerprint())),
        Err(fault) => {
            let mend = "use the key file this database was made with";
            return report.bad(State::Fail, "sealing", fault.message, mend);
        }
    }
    if let Err(fault) = work(app, report).await {
        report.bad(State::Fail, "work", fault.to_string(), "see the database's log");
    }
}

/// Clock, shops, waiting work.
async fn work(app: &App, report: &mut Report) -> Result<(), Fault> {
    let now = app.clock.now();
    let mut newest = Timestamp::MIN;
    let (mut unlinked, mut old_readings) = (0, 0);
    let shops = app.shops.list().await?;
    for shop in &shops {
        let cx = app.cx(shop.id, crate::opening::actor());
        let page = PageRequest::new(Some(1), None);
        newest = newest.max(
            audit::list(&app.db, shop.id, None, &page)
                .await?
                .items
                .first()
                .map_or(Timestamp::MIN, |entry| entry.at),
        );
        unlinked += app.customers.counts(&cx).await?.unlinked;
        old_readings += app.customers.renormalisation_due(&cx).await?;
    }
    machine::clock(now, newest, report);
    let names: Vec<&str> = shops.iter().map(|shop| shop.slug.as_str()).collect();
    match names.as_slice() {
        [] => report.ok("shops", "none yet; the first import makes one"),
        names if names.contains(&app.config.shop.as_str()) => report.ok("shops", names.join(", ")),
        names => {
            let found = format!("{}, but not `{}`", names.join(", "), app.config.shop);
            report.bad(
                State::Warn,
                "shops",
                found,
                "name one with --shop or TRUNKLINE_SHOP, or make it with `trunkline shop add`",
            );
        }
    }
    let jobs = jobs::counts(&app.db).await?;
    if jobs.failed > 0 {
        let found = format!("{} given up", counted(jobs.failed, "job was", "jobs were"));
        report.bad(State::Warn, "jobs", found, "the log says why; import the files again that are missing");
    } else {
        report.ok("jobs", format!("{} waiting", crate::output::grouped(jobs.waiting)));
    }
    if unlinked > 0 {
        let found =
            format!("{} changed since people were last linked", counted(unlinked, "number", "numbers"));
        report.bad(
            State::Warn,
            "linking",
            found,
            "an import is running, or one was killed: run it again, or `trunkline customer rebuild`",
        );
    } else {
        report.ok("linking", "everything is linked");
    }
    if old_readings > 0 {
        let records = counted(old_readings, "record was", "records were");
        let found = format!("{records} read by older numbering plans");
        report.bad(State::Warn, "numbers", found, "run `trunkline number renormalise` in each shop");
    } else {
        report.ok("numbers", format!("read by numbering plans {}", customers::identity::plan_version()));
    }
    Ok(())
}
