//! `trunkline config`: what holds, what may be set, and whether it makes sense.

mod schema;

use app::Config;
use base::Fault;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::{
    opening::{Opening, log_filter, shown_database},
    output::Output,
};

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// The settings that hold: file, environment and command line together
    Show,
    /// Everything that may be set, as JSON schema
    Schema,
    /// Whether the settings make sense
    Check,
}

pub fn run(opening: &Opening, output: Output, command: ConfigCommand) -> Result<(), Fault> {
    match command {
        ConfigCommand::Show => {
            let value = shown(&opening.config()?)?;
            let text = toml::to_string(&value).map_err(Fault::internal)?;
            output.answer(&value, || text)
        }
        ConfigCommand::Schema => {
            let text = serde_json::to_string_pretty(&schema::schema()?).map_err(Fault::internal)?;
            output.say(text)
        }
        ConfigCommand::Check => {
            let config = opening.config()?;
            check(&config)?;
            let value = json!({ "sound": true, "database": shown_database(&config), "shop": config.shop });
            output.answer(&value, || {
                format!(
                    "The settings make sense. Database {}, shop {}.",
                    shown_database(&config),
                    config.shop
                )
            })
        }
    }
}

/// The settings without secrets and without what is not set.
fn shown(config: &Config) -> Result<Value, Fault> {
    let mut value = serde_json::to_value(config).map_err(Fault::internal)?;
    if let Value::Object(settings) = &mut value {
        settings.insert("database".to_owned(), shown_database(config).into());
        settings.insert("key_file".to_owned(), config.key_file().display().to_string().into());
    }
    without_unset(&mut value);
    Ok(value)
}

/// Takes away what is not set, at any depth: TOML has no word for it.
fn without_unset(value: &mut Value) {
    match value {
        Value::Object(settings) => {
            settings.retain(|_, setting| !setting.is_null());
            settings.values_mut().for_each(without_unset);
        }
        Value::Array(all) => all.iter_mut().for_each(without_unset),
        _ => {}
    }
}

/// Refuses settings that would fail later.
pub fn check(config: &Config) -> Result<(), Fault> {
    log_filter(&config.log)?;
    let url = config.database_url();
    if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(Fault::invalid(
            "database_url",
            "A database is sqlite:PATH or postgres://USER@HOST/DATABASE.",
        )
        .field("database"));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if config.shop.is_empty() || config.shop.len() > 40 || !config.shop.chars().all(plain) {
        let message = "A shop's short name is 1 to 40 letters, digits and hyphens.";
        return Err(Fault::invalid("shop_malformed", message).field("shop"));
    }
    if let Some(url) = &config.public_url
        && !url.starts_with("https://")
        && !url.starts_with("http://")
    {
        return Err(Fault::invalid(
            "public_url_malformed",
            "The public URL begins with https:// or http://.",
        )
        .field("public_url"));
    }
    if config.database_connections_max == 0 {
        return Err(Fault::invalid("connections_none", "At least one connection is needed.")
            .field("database_connections_max"));
    }
    Ok(())
}
