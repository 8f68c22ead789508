//! The command line as it may be written: every command, every flag, and what the help says of it.

use std::{net::SocketAddr, path::PathBuf};

use base::Secret;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    access::{KeyCommand, ShopCommand, StaffCommand},
    backup::{BackupArguments, RestoreArguments},
    client::ClientCommand,
    config::ConfigCommand,
    customer::CustomerCommand,
    demo::DemoArguments,
    import::ImportCommand,
    message::MessageCommand,
    number::NumberCommand,
    review::ReviewCommand,
    risk::RiskCommand,
    serve::ServeArguments,
    trail::{ActsCommand, AuditCommand},
    verify::VerifyCommand,
    webhook::WebhookCommand,
};

/// Customers whose history follows the person and not the number.
#[derive(Debug, Parser)]
#[command(
    name = "trunkline",
    version,
    about,
    arg_required_else_help = true,
    max_term_width = 100,
    propagate_version = true
)]
#[command(after_help = "Start with `trunkline demo`: a shop with invented customers, ready to look at.\n\
    Exit codes: 0 done, 1 our mistake or a failed check, 2 not understood, 3 not found, 4 not allowed, 5 conflict, 6 too much, 7 not available.")]
pub struct CommandLine {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Settings that every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Settings")]
pub struct Global {
    /// Folder of the embedded database, the key file and waiting uploads [default: trunkline-data]
    #[arg(long, global = true, env = "TRUNKLINE_DATA", hide_env_values = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://USER@HOST/DATABASE` [default: a SQLite file in the data folder]
    #[arg(long, global = true, env = "TRUNKLINE_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,
    /// Short name of the shop to work for [default: main]
    #[arg(long, global = true, env = "TRUNKLINE_SHOP", hide_env_values = true, value_name = "SHOP")]
    pub shop: Option<String>,
    /// Configuration file [default: trunkline.toml in the data folder]
    #[arg(long, global = true, env = "TRUNKLINE_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Key file; TRUNKLINE_KEYS may hold its text instead [default: keys in the data folder]
    #[arg(long, global = true, env = "TRUNKLINE_KEY_FILE", hide_env_values = true, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// What is logged, as in `info` or `warn,warehouse=debug`
    #[arg(long, global = true, env = "TRUNKLINE_LOG", hide_env_values = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// How log lines are written
    #[arg(long, global = true, env = "TRUNKLINE_LOG_FORMAT", hide_env_values = true, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// How log lines are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

impl Global {
    /// What the command line and the environment say, over the configuration file.
    pub fn overrides(&self, listen: Option<SocketAddr>, public_url: Option<String>) -> app::Overrides {
        app::Overrides {
            file: self.config.clone(),
            data: self.data.clone(),
            database: self.database.clone(),
            key_file: self.key_file.clone(),
            // Never a flag: whoever lists processes reads flags.
            keys: std::env::var("TRUNKLINE_KEYS")
                .ok()
                .filter(|text| !text.trim().is_empty())
                .map(Secret::new),
            shop: self.shop.clone(),
            listen,
            public_url,
            log: self.log.clone(),
            log_format: self.log_format.map(|format| match format {
                LogFormat::Text => app::LogFormat::Text,
                LogFormat::Json => app::LogFormat::Json,
            }),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a shop with invented customers and look around
    Demo(DemoArguments),
    /// Serve the API and the console, and run waiting jobs
    Serve(ServeArguments),
    /// Run waiting jobs only
    Worker,
    /// Bring the database's schema up to date
    Migrate,
    /// Check configuration, keys, database, clock and disk, and say how to mend what is wrong
    Doctor,
    /// Bring files in
    #[command(subcommand)]
    Import(ImportCommand),
    /// Customers: look at them, merge, split, undo, export
    #[command(subcommand)]
    Customer(CustomerCommand),
    /// Messages to numbers: send, list, show
    #[command(subcommand)]
    Message(MessageCommand),
    /// Telephone numbers: parse, look up, numbering plans
    #[command(subcommand)]
    Number(NumberCommand),
    /// Proofs that somebody holds a number: send a code, check it, see what it costs
    #[command(subcommand)]
    Verify(VerifyCommand),
    /// Risk: assess a number, see what was assessed, write the rules
    #[command(subcommand)]
    Risk(RiskCommand),
    /// Doubts that a person must decide
    #[command(subcommand)]
    Review(ReviewCommand),
    /// The audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
    /// What was said about who is who
    #[command(subcommand)]
    Acts(ActsCommand),
    /// Members of staff who sign in to the console
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Keys of programs that use the API
    #[command(subcommand)]
    Key(KeyCommand),
    /// Programs that sign people in through this shop (OpenID Connect)
    #[command(subcommand)]
    Client(ClientCommand),
    /// Where the shop's own programs are told of what happens, and how that went
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Shops of this installation
    #[command(subcommand)]
    Shop(ShopCommand),
    /// Copy the SQLite database, while in use, to a new file
    Backup(BackupArguments),
    /// Put a backup in the place of the SQLite database
    Restore(RestoreArguments),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the API's description (OpenAPI 3.1)
    Openapi,
    /// Print the list of error codes as Markdown
    Errors,
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
}
