//! The settings in force, without secrets, and how the installation is.

use app::Config;
use axum::response::IntoResponse;
use base::Fault;
use customers::renormalising::RunState;
use identity::Scope;
use numbering::METADATA_VERSION;

use super::{refusal::Answer, seat::Seat};
use crate::{
    components::badge::Tone,
    console::settings::{self, Check, Group, Setting, Settings},
    format,
};

pub(super) async fn show(seat: Seat) -> Answer {
    seat.demand(Scope::AccessManage)?;
    let model = Settings {
        checked_at: seat.cx.now(),
        checks: checks(&seat).await,
        groups: groups(&seat.desk.app.config),
    };
    Ok(settings::page(&seat.shell().await?, &model).into_response())
}

fn check(name: &str, tone: Tone, words: impl Into<String>, mend: Option<&str>) -> Check {
    Check { name: name.to_owned(), tone, words: words.into(), mend: mend.map(str::to_owned) }
}

/// What cannot be looked at is not well; the page shows the rest all the same.
fn failed(name: &str, fault: &Fault) -> Check {
    tracing::error!(code = fault.code, "the health page could not look at {name}: {fault}");
    check(name, Tone::Bad, fault.message.clone(), None)
}

async fn checks(seat: &Seat) -> Vec<Check> {
    let app = &seat.desk.app;
    let schema = match app.pending().await {
        Ok(pending) if pending.is_empty() => check("Schema", Tone::Good, "Up to date.", None),
        Ok(pending) => {
            let words = format!(
                "{} to run.",
                format::counted(pending.len() as u64, "migration has", "migrations have")
            );
            check("Schema", Tone::Bad, words, Some("Run trunkline migrate."))
        }
        Err(fault) => failed("Schema", &fault),
    };
    let jobs = match jobs::counts(&app.db).await {
        Ok(counts) if counts.failed > 0 => {
            let words = format!("{} given up, {} waiting.", counts.failed, counts.waiting);
            check("Jobs", Tone::Warn, words, Some("The log says why; import the file again."))
        }
        Ok(counts) => check(
            "Jobs",
            Tone::Good,
            match counts.waiting {
                0 => "None waits, none was given up.".to_owned(),
                waiting => format!("{waiting} waiting, none given up."),
            },
            None,
        ),
        Err(fault) => failed("Jobs", &fault),
    };
    let linking = match app.customers.counts(&seat.cx).await {
        Ok(counts) if counts.unlinked == 0 => check("Linking", Tone::Good, "Every record is linked.", None),
        Ok(counts) => {
            let words = format!(
                "{} to be linked.",
                format::counted(counts.unlinked, "group of records waits", "groups of records wait")
            );
            check("Linking", Tone::Warn, words, Some("A running import links them at its end."))
        }
        Err(fault) => failed("Linking", &fault),
    };
    let numbers = numbers(seat).await;
    let keys = format!(
        "Fingerprint {}. Keep a copy of the key file apart from the backups.",
        app.vault.fingerprint()
    );
    let transport = match (app.config.is_https(), app.config.listen.ip().is_loopback()) {
        (true, _) => check("Transport", Tone::Good, "Cookies travel over TLS only.", None),
        (false, true) => check("Transport", Tone::Good, "Plain HTTP, reached from this machine only.", None),
        (false, false) => check(
            "Transport",
            Tone::Warn,
            "Plain HTTP, reached over the network.",
            Some("Put TLS before it and set public_url to https://…."),
        ),
    };
    vec![
        check("Database", Tone::Good, format!("{} answers.", app.db.kind()), None),
        schema,
        check("Keys", Tone::Good, keys, None),
        jobs,
        linking,
        numbers,
        transport,
    ]
}

/// Whether the numbers that are kept are written as today's plans say, as far as that was looked at.
async fn numbers(seat: &Seat) -> Check {
    const NAME: &str = "Numbers";
    let last = match seat.desk.app.customers.last_renormalisation(&seat.cx).await {
        Ok(last) => last,
        Err(fault) => return failed(NAME, &fault),
    };
    if let Some(run) = last.filter(|run| matches!(run.state, RunState::Running | RunState::Linking)) {
        let read = format::counted(run.outcome.records, "record", "records");
        let words = format!("Being brought up to date: {read} of {} read.", run.records_total);
        return check(NAME, Tone::Plain, words, None);
    }
    match seat.desk.app.customers.renormalisation_due(&seat.cx).await {
        Ok(0) => check(NAME, Tone::Good, "Written as today's numbering plans say.", None),
        Ok(old) => {
            let records = format::counted(old, "record was", "records were");
            let words = format!("{records} read by older numbering plans.");
            check(NAME, Tone::Warn, words, Some("Run trunkline number renormalise."))
        }
        Err(fault) => failed(NAME, &fault),
    }
}

fn setting(name: &str, value: impl std::fmt::Display, meaning: &str) -> Setting {
    Setting { name: name.to_owned(), value: value.to_string(), meaning: meaning.to_owned() }
}

fn groups(config: &Config) -> Vec<Group> {
    let linking = &config.linking;
    let group = |title: &str, settings| Group { title: title.to_owned(), settings };
    vec![
        group(
            "Installation",
            vec![
                setting(
                    "data",
                    config.data.display(),
                    "Folder of the embedded database, the key file and waiting uploads.",
                ),
                setting("database", without_secrets(&config.database_url()), "Where everything is kept."),
                setting("shop", &config.shop, "The shop that commands and the sign-in page work for."),
                setting("listen", config.listen, "Address and port."),
                setting(
                    "public_url",
                    config.public_url.as_deref().unwrap_or("not set"),
                    "How the outside world calls this server.",
                ),
                setting(
                    "upload_bytes_max",
                    format::bytes(config.upload_bytes_max),
                    "The largest upload that is taken.",
                ),
                setting("log", &config.log, "What is logged."),
            ],
        ),
        group(
            "Linking",
            vec![
                setting(
                    "linking.generic_people",
                    linking.generic_people,
                    "A number on this many people links nobody any more.",
                ),
                setting(
                    "linking.silence_days",
                    linking.silence_days,
                    "Silence before a new holder of a number is thought possible.",
                ),
                setting(
                    "linking.split_at",
                    linking.split_at,
                    "Decibans below which records of one number are two people's.",
                ),
                setting("linking.sure_at", linking.sure_at, "Decibans from which nobody is asked."),
                setting(
                    "linking.join_at",
                    linking.join_at,
                    "Decibans from which two numbers are one person's.",
                ),
            ],
        ),
        group("Numbers", vec![setting("numbers.plans", METADATA_VERSION, "Version of the numbering plans.")]),
    ]
}

/// A database's address without the user and password in it.
fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = rest.split('?').next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}/{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_shown_without_its_secrets() {
        assert_eq!(
            without_secrets("postgres://shop:s3c@ret@db.example:5432/shop?password=x"),
            "postgres://db.example:5432/shop"
        );
        assert_eq!(without_secrets("sqlite:data/shop.db"), "sqlite:data/shop.db");
    }
}
