//! The configuration: defaults, then a file, then the environment and the command line.

use std::{fs, net::SocketAddr, path::PathBuf};

use base::{Fault, Secret};
use customers::linking::Rules;
use serde::{Deserialize, Serialize};

/// How log lines are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// How the pages for customers look.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignIn {
    /// The shop's colour, as in `#0b6661`.
    pub accent: String,
    /// The country whose national spellings of numbers are read when the browser does not say one, as in `FI`.
    pub region: Option<String>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self { accent: "#0b6661".to_owned(), region: None }
    }
}

/// All settings of an installation. In the file they are written as below, in TOML.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of the embedded database, the key file and waiting uploads.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://USER@HOST/DATABASE`; a SQLite file in the data folder if not given.
    pub database: Option<String>,
    /// PostgreSQL connections of one process.
    pub database_connections_max: usize,
    /// The key file; `keys` in the data folder if not given.
    pub key_file: Option<PathBuf>,
    /// Short name of the shop that commands and the console work for.
    pub shop: String,
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// How the outside world calls this server, `https://…`; decides whether cookies are marked secure.
    pub public_url: Option<String>,
    /// Proxies before this server, as addresses or networks: only they are believed when they say for whom they ask (`X-Forwarded-For`).
    pub proxies: Vec<String>,
    /// Networks in which addresses that shops register may lie, as proxies are written; elsewhere only the public Internet is asked. In test mode this machine is one.
    pub private_networks: Vec<String>,
    /// The largest upload that is taken, in bytes.
    pub upload_bytes_max: u64,
    pub log_format: LogFormat,
    /// A filter as `tracing` reads it: `info`, `warn,api=debug`.
    pub log: String,
    /// Nothing leaves the house: messages go to the sandbox's phones, and the sandbox's own addresses answer. Of the providers that are configured only those on this machine are
    /// spoken to; what the routes give to others the sandbox carries.
    pub test_mode: bool,
    /// How messages are sent.
    pub messaging: messaging::Settings,
    /// The pages on which customers sign in.
    pub sign_in: SignIn,
    /// Codes that prove who holds a number, and what bounds them.
    pub verification: identity::verification::Settings,
    /// The thresholds of linking.
    pub linking: Rules,
    /// The text of a key file, from the environment only.
    #[serde(skip)]
    pub keys: Option<Secret<String>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("trunkline-data"),
            database: None,
            database_connections_max: 16,
            key_file: None,
            shop: "main".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            proxies: Vec::new(),
            private_networks: Vec::new(),
            upload_bytes_max: 4 * 1024 * 1024 * 1024,
            log_format: LogFormat::Text,
            log: "info".to_owned(),
            test_mode: false,
            messaging: messaging::Settings::default(),
            sign_in: SignIn::default(),
            verification: identity::verification::Settings::default(),
            linking: Rules::default(),
            keys: None,
        }
    }
}

/// What the environment and the command line say; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub file: Option<PathBuf>,
    pub data: Option<PathBuf>,
    pub database: Option<String>,
    pub key_file: Option<PathBuf>,
    pub keys: Option<Secret<String>>,
    pub shop: Option<String>,
    pub listen: Option<SocketAddr>,
    pub public_url: Option<String>,
    pub log: Option<String>,
    pub log_format: Option<LogFormat>,
}

/// The file that is read from the data folder when none is named.
const FILE_NAME: &str = "trunkline.toml";

impl Config {
    /// Reads the file, if there is one, and applies what the environment and the command line say.
    pub fn load(overrides: Overrides) -> Result<Self, Fault> {
        let named = overrides.file.clone();
        let data = overrides.data.clone().unwrap_or_else(|| Self::default().data);
        let path = named.clone().unwrap_or_else(|| data.join(FILE_NAME));
        let mut config = match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| {
                Fault::invalid("config_malformed", format!("{}: {}", path.display(), error.message()))
                    .field("config")
            })?,
            Err(_) if named.is_none() => Self::default(),
            Err(error) => {
                return Err(Fault::invalid("config_unreadable", format!("{}: {error}", path.display()))
                    .field("config"));
            }
        };
        if let Some(data) = overrides.data {
            config.data = data;
        }
        config.database = overrides.database.or(config.database);
        config.key_file = overrides.key_file.or(config.key_file);
        config.keys = overrides.keys;
        config.public_url = overrides.public_url.or(config.public_url);
        config.shop = overrides.shop.unwrap_or(config.shop);
        config.listen = overrides.listen.unwrap_or(config.listen);
        config.log = overrides.log.unwrap_or(config.log);
        config.log_format = overrides.log_format.unwrap_or(config.log_format);
        Ok(config)
    }

    /// The database, the embedded one in the data folder if none is named.
    pub fn database_url(&self) -> String {
        self.database
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.data.join("trunkline.sqlite").display()))
    }

    /// The SQLite file, if that is what is used.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        let url = self.database_url();
        let path = url.strip_prefix("sqlite:")?;
        Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }

    pub fn key_file(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data.join("keys"))
    }

    /// How the outside world calls this server. Without `public_url` the name that a browser on this machine used is taken, and of no other browser: whoever
    /// sends a request must not choose what we call ourselves.
    pub fn origin(&self, host: Option<&str>) -> String {
        if let Some(url) = &self.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let is_here = |host: &str| {
            let name = host.rsplit_once(':').map_or(host, |(name, port)| match port.parse::<u16>() {
                Ok(_) => name,
                Err(_) => host,
            });
            matches!(name, "localhost" | "127.0.0.1" | "[::1]")
        };
        host.filter(|host| is_here(host))
            .map_or_else(|| format!("http://{}", self.listen), |host| format!("http://{host}"))
    }

    /// The settings of verification; codes are bound to the public address where nothing else is said.
    pub fn verification(&self) -> identity::verification::Settings {
        let host = || {
            let rest = self.public_url.as_deref()?.split_once("://")?.1;
            Some(rest.split(['/', ':', '?']).next()?.to_owned())
        };
        let mut settings = self.verification.clone();
        settings.origin = settings.origin.or_else(host);
        settings
    }

    /// Whether cookies must travel over TLS only.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_do_not_choose_our_name() {
        let here = Config::default();
        for (host, origin) in [
            (Some("localhost:4000"), "http://localhost:4000"),
            (Some("127.0.0.1:4000"), "http://127.0.0.1:4000"),
            (Some("[::1]:4000"), "http://[::1]:4000"),
            (Some("localhost"), "http://localhost"),
            (Some("evil.example"), "http://127.0.0.1:8080"),
            (Some("localhost.evil.example:80"), "http://127.0.0.1:8080"),
            (Some("evil.example:localhost"), "http://127.0.0.1:8080"),
            (None, "http://127.0.0.1:8080"),
        ] {
            assert_eq!(here.origin(host), origin, "{host:?}");
        }
        let named = Config { public_url: Some("https://shop.example/".to_owned()), ..Config::default() };
        assert_eq!(named.origin(Some("localhost:1")), "https://shop.example");
    }
}
