//! A private PostgreSQL for tests and measurements: made from the installed programs in a temporary folder, reached over
//! loopback, gone when the process that started it is gone.
//!
//! `cargo xtask test` starts one cluster for the whole run and names it in `TRUNKLINE_TEST_POSTGRES`. Without that variable
//! (a bare `cargo test`) each test process starts its own at first use. A test asks for [`database`] and gets a fresh one;
//! where PostgreSQL is not installed it fails and says what to do, it is never skipped.

use std::{
    fs,
    io::{BufRead, BufReader, Error, Result, Write},
    net::{Ipv4Addr, TcpListener},
    os::unix::{
        fs::{MetadataExt, PermissionsExt as _, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// Names the shared cluster of a test run, as the address of its `postgres` database.
pub const VARIABLE: &str = "TRUNKLINE_TEST_POSTGRES";

/// Another program may take the free port between our finding it and PostgreSQL's binding it; then another one is tried.
const STARTS_MAX: u32 = 5;

/// What a crash of the machine may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// Everything: nothing waits for the disk. For tests.
    Fast,
    /// Nothing: every commit waits for the disk, as in a shop. For measurements.
    Durable,
}

/// How a cluster is set up.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    pub durability: Durability,
    /// The folder in which the cluster's own folder is made; measurements choose the disk by it.
    pub parent: Option<PathBuf>,
    /// Further lines of `postgresql.conf`, such as `("shared_buffers", "1GB")`.
    pub settings: Vec<(String, String)>,
    /// Files for the server alone in its data folder, such as a certificate's key: name and text.
    pub files: Vec<(String, String)>,
}

impl ClusterOptions {
    pub const fn new(durability: Durability) -> Self {
        Self { durability, parent: None, settings: Vec::new(), files: Vec::new() }
    }
}

/// A running PostgreSQL server that ends with its owner.
#[derive(Debug)]
pub struct Cluster {
    supervisor: Child,
    url: String,
}

impl Cluster {
    /// Starts a cluster in the system's temporary folder.
    pub fn start(durability: Durability) -> Result<Self> {
        Self::start_with(&ClusterOptions::new(durability))
    }

    pub fn start_with(options: &ClusterOptions) -> Result<Self> {
        let programs = programs()?;
        let folder = Folder::make(options.parent.as_deref())?;
        initialise(&programs, &folder)?;
        options.files.iter().try_for_each(|(name, text)| folder.write_private(name, text))?;
        let mut log = String::new();
        for _ in 0..STARTS_MAX {
            let port = free_port()?;
            write_settings(&folder, port, options)?;
            if let Some(supervisor) = supervise(&programs, &folder)? {
                folder.keep();
                return Ok(Self {
                    supervisor,
                    url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
                });
            }
            log = fs::read_to_string(folder.path.join("log")).unwrap_or_default();
        }
        Err(Error::other(format!(
            "PostgreSQL did not start in {STARTS_MAX} tries; its log ends:\n{}",
            tail(&log)
        )))
    }

    /// The address of the `postgres` database, for somebody who may do everything.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the server keeps its files, for those who measure their size.
    pub fn data_folder(&self) -> Result<PathBuf> {
        query(&self.url, "SHOW data_directory").map(PathBuf::from)
    }

    /// Makes a new empty database.
    pub fn database(&self) -> Result<Database> {
        Database::create(&self.url)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take()); // the supervisor reads the end of file and cleans up
        let _ = self.supervisor.wait();
    }
}

/// A database of one test. Dropping it drops the database, connections and all.
#[derive(Debug)]
pub struct Database {
    pub url: String,
    name: String,
    server: String,
}

impl Database {
    fn create(server: &str) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // template0 admits no connections, so it can be copied at any time, by many at once.
        query(server, &format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        let (base, _) =
            server.rsplit_once('/').ok_or_else(|| Error::other("the server's address has no database"))?;
        Ok(Self { url: format!("{base}/{name}"), name, server: server.to_owned() })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The cluster may be gone already, and with it the database.
        let _ = query(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// A fresh, empty database on the shared cluster.
///
/// # Panics
/// When there is no PostgreSQL to be had: a test of both databases must not pass on one.
#[track_caller]
pub fn database() -> Database {
    Database::create(server())
        .unwrap_or_else(|error| panic!("no database could be made on PostgreSQL: {error}"))
}

/// The cluster that the tests of this process share.
fn server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| {
        if let Ok(url) = std::env::var(VARIABLE) {
            return url;
        }
        let cluster = Cluster::start(Durability::Fast).unwrap_or_else(|error| panic!("{error}"));
        let url = cluster.url.clone();
        // A static is never dropped; the supervisor notices when this process ends.
        std::mem::forget(cluster);
        url
    })
}

/// Runs one statement through `psql` and returns what it prints. The test kit so needs no driver of its own.
fn query(url: &str, statement: &str) -> Result<String> {
    let output = Command::new(programs()?.join("psql"))
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"])
        .args(["--command", statement, url])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// The folder with the server's programs.
fn programs() -> Result<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| candidates().into_iter().find(|folder| is_complete(folder))).clone().ok_or_else(
        || {
            Error::other(
                "PostgreSQL is not installed (initdb, pg_ctl, postgres and psql were looked for). \
             Run `cargo xtask test`: it installs what the tests need.",
            )
        },
    )
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres", "psql"].iter().all(|program| folder.join(program).is_file())
}

/// Where the programs may be, the best place first: Debian keeps them out of the search path, one folder a version.
fn candidates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    versions.sort_by_key(|path| {
        let version =
            path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
        std::cmp::Reverse(version)
    });
    folders.extend(versions.into_iter().map(|path| path.join("bin")));
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders
}

/// The cluster's folder and the user that it belongs to. Removed on drop unless it was handed to a supervisor.
struct Folder {
    path: PathBuf,
    /// Set when we are root: PostgreSQL refuses to run as root, so it runs as this user and group.
    owner: Option<(u32, u32)>,
    keep: std::cell::Cell<bool>,
}

impl Folder {
    fn make(parent: Option<&Path>) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("trunkline-postgres-{}-{number}", std::process::id()));
        fs::create_dir(&path)?;
        let mut folder = Self { path, owner: None, keep: std::cell::Cell::new(false) };
        // What we made belongs to us: its owner tells who we are, without a call to the system.
        if fs::metadata(&folder.path)?.uid() == 0 {
            let owner = unprivileged_user()?;
            chown(&folder.path, Some(owner.0), Some(owner.1))?;
            folder.owner = Some(owner);
        }
        Ok(folder)
    }

    fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// A file in the data folder that belongs to the cluster's user alone.
    fn write_private(&self, name: &str, text: &str) -> Result<()> {
        let path = self.data().join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        self.owner.map_or(Ok(()), |(user, group)| chown(&path, Some(user), Some(group)))
    }

    fn keep(&self) {
        self.keep.set(true);
    }

    /// A command that runs as the cluster's user.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").env("LC_ALL", "C").env_remove("PGDATA").env_remove("PGPORT");
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep.get() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// User and group ids of `postgres`, whom Debian's package creates, or else of `nobody`.
fn unprivileged_user() -> Result<(u32, u32)> {
    let id = |option: &str, user: &str| {
        let output = Command::new("id").args([option, user]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    ["postgres", "nobody"].iter().find_map(|user| Some((id("-u", user)?, id("-g", user)?))).ok_or_else(|| {
        Error::other("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
    })
}

fn initialise(programs: &Path, folder: &Folder) -> Result<()> {
    let output = folder
        .command(programs.join("initdb"))
        .arg("--pgdata")
        .arg(folder.data())
        // Bytes decide the order of text, as in SQLite.
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"])
        .args(["--no-sync", "--no-instructions"])
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    Err(Error::other(format!("initdb failed in {}: {said}", folder.path.display())))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Writes the few settings that differ from PostgreSQL's own. A later line overrides an earlier one.
fn write_settings(folder: &Folder, port: u16, options: &ClusterOptions) -> Result<()> {
    let mut file = fs::OpenOptions::new().append(true).open(folder.data().join("postgresql.conf"))?;
    writeln!(file, "port = {port}")?;
    writeln!(file, "listen_addresses = '127.0.0.1'")?;
    writeln!(file, "unix_socket_directories = ''")?;
    writeln!(file, "max_connections = 200")?;
    // Tests provoke errors on purpose; only what ends the server is worth a line.
    writeln!(file, "log_min_messages = fatal")?;
    if options.durability == Durability::Fast {
        for name in ["fsync", "synchronous_commit", "full_page_writes"] {
            writeln!(file, "{name} = off")?;
        }
    }
    for (name, value) in &options.settings {
        writeln!(file, "{name} = '{}'", value.replace('\'', "''"))?;
    }
    Ok(())
}

/// Starts the server under a shell that waits for its standard input to end. That happens when the owner drops the pipe,
/// and as well when the owner's process ends in any way, so that no server and no folder is left behind.
fn supervise(programs: &Path, folder: &Folder) -> Result<Option<Child>> {
    const SCRIPT: &str = r#"
        if "$1/pg_ctl" start --silent --wait --timeout=60 --pgdata="$2/data" --log="$2/log" </dev/null >/dev/null 2>&1
        then echo ready
        else exit 1
        fi
        cat >/dev/null
        "$1/pg_ctl" stop --silent --mode=immediate --pgdata="$2/data"
        rm -rf "$2"
    "#;
    let mut supervisor = folder
        .command("sh")
        .args(["-c", SCRIPT, "trunkline-postgres"])
        .arg(programs)
        .arg(&folder.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0) // an interrupt typed at the terminal is for the tests; the supervisor ends after them
        .spawn()?;
    let mut answer = String::new();
    if let Some(stdout) = supervisor.stdout.take() {
        BufReader::new(stdout).read_line(&mut answer)?;
    }
    if answer.trim() == "ready" {
        return Ok(Some(supervisor));
    }
    supervisor.wait()?;
    Ok(None)
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
