//! A shop of its own for each test: a data folder, a database, and the command line that names both.

#![allow(clippy::unwrap_used, reason = "a test may end so")]

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::postgres::{self, Database};

/// Which database a test runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    Sqlite,
    Postgres,
}

pub const BOTH: [On; 2] = [On::Sqlite, On::Postgres];

/// An installation, removed when dropped.
pub struct Shop {
    folder: TempDir,
    postgres: Option<Database>,
}

/// What a command said and how it ended.
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// Standard output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// Standard output as JSON Lines.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The problem that `--json` tells on standard error.
    #[track_caller]
    pub fn problem(&self) -> Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {}", self.stderr))
    }
}

impl Shop {
    pub fn new(on: On) -> Self {
        let postgres = (on == On::Postgres).then(postgres::database);
        Self { folder: tempfile::tempdir().unwrap(), postgres }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file beside the data folder.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = plain(arguments);
        command.arg("--data").arg(self.data()).current_dir(self.folder.path());
        if let Some(database) = &self.postgres {
            command.env("TRUNKLINE_DATABASE", &database.url);
        }
        command
    }

    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Said {
        said(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// The same with `--json`, which must go well.
    #[track_caller]
    pub fn json<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Value {
        let mut command = self.command(arguments);
        said(command.arg("--json").stdin(Stdio::null()).output().unwrap()).json()
    }

    pub fn with_input<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>, input: &[u8]) -> Said {
        let finished = testkit::process::run_with_input(self.command(arguments), input);
        Said { code: finished.status.code(), stdout: finished.stdout, stderr: finished.stderr }
    }

    #[track_caller]
    pub fn import(&self, file: &Path, source: &str) -> Value {
        let path = file.as_os_str();
        self.json([OsStr::new("import"), "orders".as_ref(), path, "--source".as_ref(), source.as_ref()])
    }

    /// What an export says of the shop: lines, then numbers.
    pub fn export(&self) -> (Vec<Value>, Vec<Value>) {
        let all = self.run(["customer", "export"]).lines();
        all.into_iter().partition(|record| record["type"] == "line")
    }
}

/// A command without any shop; settings of whoever runs the tests never reach it.
pub fn plain<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trunkline"));
    command.args(arguments);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TRUNKLINE_"))
    {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").env("USER", "tester");
    command
}

pub fn said(output: Output) -> Said {
    Said {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Two orders of one person over one number in two spellings, and one of somebody else.
pub const ORDERS: &str = "order_id,ordered_at,number,name,email,country,sku,product,quantity,unit_price,amount,currency\n\
    W-1,2024-03-01T10:00:00Z,040 123 4567,Aino Virtanen,aino@mail.example,FI,SKU1,Tea,2,4.50,9.00,EUR\n\
    W-1,2024-03-01T10:00:00Z,040 123 4567,Aino Virtanen,aino@mail.example,FI,SKU2,Lamp,1,34.50,34.50,EUR\n\
    W-2,2024-04-02T11:30:00Z,+358401234567,A. Virtanen,aino@mail.example,FI,SKU1,Tea,1,4.50,4.50,EUR\n\
    W-3,2024-04-05T08:00:00Z,01712-345678,Karim Hossain,,BD,SKU3,Rice,1,990,990.00,BDT\n";
