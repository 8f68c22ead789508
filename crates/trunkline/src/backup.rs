//! `trunkline backup` and `trunkline restore`: the SQLite database as one file. The keys are never in it.

mod rows;

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use app::Config;
use base::Fault;
use clap::Args;
use db::Db;
use serde_json::json;

use crate::{
    opening::{Opening, Schema, keys_open, lock_alone, lock_path, start_log},
    output::{Output, bytes},
};

#[derive(Debug, Args)]
pub struct BackupArguments {
    /// A new file; nothing is overwritten
    file: PathBuf,
}

#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// A file that `trunkline backup` wrote
    file: PathBuf,
}

/// `path` with something behind its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn unwritable(path: &Path, error: &io::Error) -> Fault {
    Fault::unavailable("file_unwritable", format!("{} cannot be written: {error}.", path.display()))
        .field("file")
}

/// Makes an empty file that its owner alone may read.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub async fn backup(opening: &Opening, output: Output, arguments: BackupArguments) -> Result<(), Fault> {
    let file = &arguments.file;
    if file.exists() {
        return Err(Fault::conflict(
            "file_exists",
            format!("{} is there already and is not replaced.", file.display()),
        )
        .field("file"));
    }
    let opened = opening.open(Schema::Expect).await?;
    if opened.app.config.sqlite_path().is_none() {
        let message = "A PostgreSQL database is backed up with pg_dump or pg_basebackup.";
        return Err(Fault::invalid("backup_not_here", message).field("database"));
    }
    let unfinished = beside(file, ".unfinished");
    drop(fs::remove_file(&unfinished)); // of an interrupted try
    create_private(&unfinished).map_err(|error| unwritable(file, &error))?;
    let copied = opened.app.db.backup(unfinished.clone()).await;
    if let Err(fault) = copied.and(sync(&unfinished).map_err(|error| unwritable(file, &error))) {
        drop(fs::remove_file(&unfinished));
        return Err(fault);
    }
    // A hard link refuses to replace what came up meanwhile; a rename would not.
    fs::hard_link(&unfinished, file).map_err(|error| unwritable(file, &error))?;
    drop(fs::remove_file(&unfinished));
    let size = fs::metadata(file).map(|metadata| metadata.len()).unwrap_or(0);
    let fingerprint = opened.app.vault.fingerprint();
    let value = json!({ "file": file.display().to_string(), "bytes": size, "keys": fingerprint });
    output.answer(&value, || {
        format!(
            "{} written, {}.\nIt is readable only with the keys {fingerprint}; keep a copy of {} apart from it.",
            file.display(),
            bytes(size),
            opened.app.config.key_file().display()
        )
    })
}

fn sync(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.sync_all()
}

pub async fn restore(opening: &Opening, output: Output, arguments: RestoreArguments) -> Result<(), Fault> {
    let mut config = opening.config()?;
    config.log = "warn".to_owned();
    start_log(&config)?;
    let Some(target) = config.sqlite_path() else {
        let message = "A PostgreSQL database is restored with its own tools.";
        return Err(Fault::invalid("restore_not_here", message).field("database"));
    };
    let file = &arguments.file;
    if !file.is_file() {
        return Err(
            Fault::not_found("file_unknown", format!("{} is not there.", file.display())).field("file")
        );
    }
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    }
    let _alone = lock_path(&config).map(|path| lock_alone(&path)).transpose()?;
    let (trial, unfinished) = (beside(&target, ".trial"), beside(&target, ".restoring"));
    let checked = check(&config, file, &trial).await;
    for suffix in ["", "-wal", "-shm", ".lock"] {
        drop(fs::remove_file(beside(&trial, suffix)));
    }
    let shops = checked?;
    copy(file, &unfinished).map_err(|error| unwritable(&unfinished, &error))?;
    let kept = put_aside(&target)?;
    fs::rename(&unfinished, &target).map_err(|error| unwritable(&target, &error))?;
    let value = json!({ "database": target.display().to_string(), "shops": shops, "previous": kept.as_ref().map(|path| path.display().to_string()) });
    output.answer(&value, || {
        let mut text = format!("{} is in place, with {}.", target.display(), shops.join(", "));
        if let Some(kept) = &kept {
            text += &format!(
                "\nWhat was there before is kept as {}; delete it when all is well.",
                kept.display()
            );
        }
        text
    })
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    drop(fs::remove_file(to));
    let mut target = create_private(to)?;
    io::copy(&mut File::open(from)?, &mut target)?;
    target.sync_all()
}

/// Proves on a copy that the backup is whole and that our keys open it; returns its shops.
async fn check(config: &Config, file: &Path, trial: &Path) -> Result<Vec<String>, Fault> {
    copy(file, trial).map_err(|error| unwritable(trial, &error))?;
    let broken = |cause: String| {
        Fault::invalid(
            "backup_broken",
            format!("{} is no whole backup of a Trunkline database.", file.display()),
        )
        .field("file")
        .cause(cause)
    };
    let url = format!("sqlite:{}", trial.display());
    let db = Db::open(&url, db::Options::default()).await.map_err(|error| broken(error.to_string()))?;
    let problems = rows::problems(&db).await.map_err(|fault| broken(fault.to_string()))?;
    if !problems.is_empty() {
        return Err(broken(problems.join("; ")));
    }
    drop(db);
    let app = app::App::open(Config { database: Some(url), ..config.clone() }).await?;
    let shops = app.shops.list().await.map_err(|fault| broken(fault.to_string()))?;
    keys_open(&app).await?;
    Ok(shops.into_iter().map(|shop| shop.slug).collect())
}

/// Moves the present database out of the way, with what its journal still holds.
fn put_aside(target: &Path) -> Result<Option<PathBuf>, Fault> {
    if !target.exists() {
        return Ok(None);
    }
    let kept = (1..).map(|n| beside(target, &format!(".before-restore-{n}"))).find(|path| !path.exists());
    let kept = kept.ok_or_else(|| Fault::internal("no free name"))?;
    for suffix in ["-wal", "-shm", ""] {
        let from = beside(target, suffix);
        if from.exists() {
            fs::rename(&from, beside(&kept, suffix)).map_err(|error| unwritable(&from, &error))?;
        }
    }
    Ok(Some(kept))
}
