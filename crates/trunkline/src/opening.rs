//! From the command line to an open [`App`]: configuration, log, lock, schema, keys, shop.

use std::{
    fs::{File, OpenOptions, TryLockError},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use app::{App, Config};
use base::{Actor, Context, Fault, PageRequest, ShopId};
use identity::ShopView;
use tracing_subscriber::EnvFilter;

use crate::{arguments::Global, output::Output};

/// What the command line says of where and for whom to work.
#[derive(Debug)]
pub struct Opening {
    pub global: Global,
}

/// What to do about a schema that is not up to date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Schema {
    /// Bring it up to date.
    Migrate,
    /// Fill an empty database; else tell people to run `trunkline migrate`.
    Expect,
}

/// What to do when the shop is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shop {
    Make,
    Expect,
}

/// An open application that is being used from a shell. The lock says so to `restore`.
#[derive(Debug)]
pub struct Opened {
    pub app: App,
    lock: Option<File>,
}

/// One shop of an open application, and who is acting.
#[derive(Debug)]
pub struct InShop {
    pub app: App,
    pub shop: ShopView,
    pub cx: Context,
    lock: Option<File>,
}

impl Opening {
    pub fn new(global: Global) -> Self {
        Self { global }
    }

    pub fn config(&self) -> Result<Config, Fault> {
        Config::load(self.global.overrides(None, None))
    }

    /// The configuration of a server.
    pub fn server_config(
        &self,
        listen: Option<SocketAddr>,
        public_url: Option<String>,
    ) -> Result<Config, Fault> {
        Config::load(self.global.overrides(listen, public_url))
    }

    /// Opens the application for a command that is soon over: only what matters is logged, unless `--log` says otherwise.
    pub async fn open(&self, schema: Schema) -> Result<Opened, Fault> {
        let mut config = self.config()?;
        if self.global.log.is_none() && config.log == Config::default().log {
            config.log = "warn".to_owned();
        }
        start_log(&config)?;
        open(config, schema).await
    }

    /// Opens the application in the shop that the settings name.
    pub async fn in_shop(&self, schema: Schema, shop: Shop) -> Result<InShop, Fault> {
        self.open(schema).await?.in_shop(shop).await
    }
}

impl Opened {
    pub async fn in_shop(self, shop: Shop) -> Result<InShop, Fault> {
        let shop = match shop {
            Shop::Make => self.app.shop().await?,
            Shop::Expect => self
                .app
                .shops
                .find(&self.app.config.shop)
                .await
                .map_err(|fault| which_shop(fault, &self.app.config.shop))?,
        };
        let cx = self.app.cx(shop.id, actor());
        Ok(InShop { app: self.app, shop, cx, lock: self.lock })
    }
}

impl From<InShop> for Opened {
    fn from(shop: InShop) -> Self {
        Self { app: shop.app, lock: shop.lock }
    }
}

fn which_shop(mut fault: Fault, asked: &str) -> Fault {
    if fault.code == "shop_unknown" {
        fault.message = format!(
            "There is no shop `{asked}` here; `trunkline shop list` shows those there are, `trunkline shop add {asked}` makes it."
        );
    }
    fault
}

/// Whoever has this shell.
pub fn actor() -> Actor {
    let named =
        ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    Actor::Shell { user: named.unwrap_or_else(|| format!("uid-{}", rustix::process::getuid().as_raw())) }
}

/// Opens an application and sees to its schema and keys.
pub async fn open(config: Config, schema: Schema) -> Result<Opened, Fault> {
    let key_file = config.key_file();
    let had_keys = config.keys.is_some() || key_file.exists();
    let lock_path = lock_path(&config);
    // Keys that were made a moment ago and have sealed nothing must not stay when another process was quicker to seal the database.
    let forget_new_keys = |fault: Fault| {
        if !had_keys {
            drop(std::fs::remove_file(&key_file));
        }
        fault
    };
    let app = App::open(config).await?;
    let lock = lock_path.map(|path| share(&path)).transpose()?;
    let pending = app.pending().await?;
    if pending.len() == App::migrations().len() || (!pending.is_empty() && schema == Schema::Migrate) {
        for name in app.migrate().await? {
            tracing::info!(name, "migrated");
        }
    } else if !pending.is_empty() {
        let message = format!(
            "The database's schema is older than this program ({} to run); run `trunkline migrate`.",
            pending.len()
        );
        return Err(Fault::conflict("migration_needed", message).detail("pending", pending));
    }
    keys_open(&app).await.map_err(forget_new_keys)?;
    Ok(Opened { app, lock })
}

/// Whether these keys are those of the database, and open what it holds. Working with others would write data that the right keys do
/// not find.
pub async fn keys_open(app: &App) -> Result<(), Fault> {
    for shop in app.shops.list().await? {
        let cx = app.cx(shop.id, actor());
        let page = PageRequest { limit: 1, after: None };
        if let Err(fault) = app.customers.list(&cx, &page).await {
            let message = format!(
                "The keys ({}) do not open the data in this database; it was sealed with others.",
                app.vault.fingerprint()
            );
            return Err(Fault::unavailable("keys_do_not_fit", message).field("key-file").cause(fault));
        }
    }
    app.prove_keys().await
}

/// Beside the SQLite file: whoever has it open holds this lock with others, `restore` wants it alone.
pub fn lock_path(config: &Config) -> Option<PathBuf> {
    let mut path = config.sqlite_path()?.into_os_string();
    path.push(".lock");
    Some(path.into())
}

fn lock_file(path: &Path) -> Result<File, Fault> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let unavailable = |error| {
        Fault::unavailable(
            "lock_unavailable",
            format!("The lock file {} cannot be used: {error}.", path.display()),
        )
    };
    options.open(path).map_err(unavailable)
}

fn share(path: &Path) -> Result<File, Fault> {
    let file = lock_file(path)?;
    match file.try_lock_shared() {
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file), // a file system without locks has none to respect
        Err(TryLockError::WouldBlock) => Err(Fault::conflict(
            "restore_running",
            "A backup is being restored here; try again when it is done.",
        )),
    }
}

/// The lock for one alone; a fault while others have the database open.
pub fn lock_alone(path: &Path) -> Result<File, Fault> {
    let file = lock_file(path)?;
    match file.try_lock() {
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Fault::conflict(
            "database_in_use",
            "The database is in use; stop the server and other commands first.",
        )),
    }
}

/// Log lines go to standard error. Called once, by each way of opening.
pub fn start_log(config: &Config) -> Result<(), Fault> {
    let filter = log_filter(&config.log)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.log_format {
        app::LogFormat::Json => builder.json().flatten_event(true).try_init(),
        app::LogFormat::Text => builder
            .with_ansi(crate::output::is_terminal() && std::env::var_os("NO_COLOR").is_none())
            .try_init(),
    };
    started.map_err(Fault::internal)
}

pub fn log_filter(text: &str) -> Result<EnvFilter, Fault> {
    EnvFilter::try_new(text).map_err(|error| {
        Fault::invalid("log_malformed", format!("The log filter cannot be read: {error}.")).field("log")
    })
}

/// `trunkline migrate`.
pub async fn migrate(opening: &Opening, output: Output) -> Result<(), Fault> {
    let mut config = opening.config()?;
    if opening.global.log.is_none() {
        config.log = "warn".to_owned();
    }
    start_log(&config)?;
    let lock = lock_path(&config);
    let app = App::open(config).await?;
    let _lock = lock.map(|path| share(&path)).transpose()?;
    let done = app.migrate().await?;
    keys_open(&app).await?;
    output.answer(&serde_json::json!({ "migrated": done }), || {
        if done.is_empty() {
            return "The schema is up to date.".to_owned();
        }
        done.iter().map(|name| format!("migrated {name}\n")).collect()
    })
}

/// Whether there is a database to open, without making one.
pub fn has_database(config: &Config) -> bool {
    config.sqlite_path().is_none_or(|path| path.exists())
}

/// A context in no shop, for work that stores nothing.
pub fn nowhere(app: &App) -> Context {
    app.cx(ShopId::from_uuid(uuid::Uuid::nil()), actor())
}

/// The database's address for showing: without a password.
pub fn shown_database(config: &Config) -> String {
    let url = config.database_url();
    let Some((scheme, rest)) = url.split_once("://") else { return url };
    match rest.split_once('@') {
        Some((user, host)) => format!("{scheme}://{}@{host}", user.split(':').next().unwrap_or_default()),
        None => url,
    }
}
