//! `trunkline webhook`: where the shop's own programs are told of what happens, and how that went.

mod shown;

use base::{Fault, Timestamp};
use clap::{Args, Subcommand};
use serde_json::json;
use webhooks::{Change, Filter, Kind, NewEndpoint, Wanted};

use crate::{
    access::id,
    opening::{InShop, Opening, Schema, Shop},
    output::{Output, counted, remark},
    trail::PageArguments,
};

#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Make an endpoint; its secret is shown once
    Add(AddArguments),
    /// The endpoints of the shop
    List,
    /// One endpoint and how calls to it went
    Show { endpoint: String },
    /// Change where an endpoint is, how it is described, or what it is told of
    Change(ChangeArguments),
    /// Give an endpoint a new secret; the one before signs beside it for a day
    Rotate { endpoint: String },
    /// Tell an endpoint nothing
    Disable { endpoint: String },
    /// Tell an endpoint again; what waited for it is told now
    Enable { endpoint: String },
    /// Remove an endpoint
    Remove { endpoint: String },
    /// Deliveries to an endpoint, newest first
    Deliveries(DeliveriesArguments),
    /// One delivery with its calls
    Delivery { delivery: String },
    /// Have an event told again, or all that failed for an endpoint
    Redeliver(RedeliverArguments),
    /// Send an endpoint a call to try it with
    Ping { endpoint: String },
    /// The kinds of events there are
    Kinds,
}

#[derive(Debug, Args)]
pub struct AddArguments {
    /// https://…
    url: String,
    /// How people read it
    #[arg(long, default_value = "", hide_default_value = true)]
    description: String,
    /// What it is told of, as in message.failed; several; everything if not given
    #[arg(long, value_delimiter = ',', value_name = "KIND")]
    event: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ChangeArguments {
    endpoint: String,
    #[arg(long)]
    url: Option<String>,
    #[arg(long)]
    description: Option<String>,
    /// What it is told of from now on; several
    #[arg(long, value_delimiter = ',', value_name = "KIND")]
    event: Vec<String>,
}

#[derive(Debug, Args)]
pub struct DeliveriesArguments {
    endpoint: String,
    /// waiting, delivered or failed
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

#[derive(Debug, Args)]
pub struct RedeliverArguments {
    /// The delivery whose event is told again
    #[arg(required_unless_present = "failed_of", conflicts_with = "failed_of")]
    delivery: Option<String>,
    /// All that failed for this endpoint …
    #[arg(long, value_name = "ENDPOINT", requires = "since")]
    failed_of: Option<String>,
    /// … since then, as in 2024-02-29T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
}

fn kinds(asked: &[String]) -> Result<Vec<Kind>, Fault> {
    asked.iter().map(|text| text.trim().parse()).collect()
}

pub async fn run(opening: &Opening, output: Output, command: WebhookCommand) -> Result<(), Fault> {
    if matches!(command, WebhookCommand::Kinds) {
        return shown::kinds(output);
    }
    let make = if matches!(command, WebhookCommand::Add(_)) { Shop::Make } else { Shop::Expect };
    let shop = opening.in_shop(Schema::Expect, make).await?;
    match command {
        WebhookCommand::Deliveries(_)
        | WebhookCommand::Delivery { .. }
        | WebhookCommand::Redeliver(_)
        | WebhookCommand::Ping { .. } => run_deliveries(&shop, output, command).await,
        _ => run_endpoints(&shop, output, command).await,
    }
}

async fn run_endpoints(shop: &InShop, output: Output, command: WebhookCommand) -> Result<(), Fault> {
    let (webhooks, cx) = (&shop.app.webhooks, &shop.cx);
    match command {
        WebhookCommand::Add(add) => {
            let kinds = Some(kinds(&add.event)?).filter(|kinds| !kinds.is_empty());
            let wanted = Wanted { url: add.url, description: add.description, kinds };
            tell(output, &webhooks.create(cx, wanted).await?)
        }
        WebhookCommand::Show { endpoint } => {
            let endpoint = webhooks.get(cx, id(&endpoint, "endpoint")?).await?;
            let health = webhooks.health(cx, endpoint.id).await?;
            shown::endpoint(output, &endpoint, &health)
        }
        WebhookCommand::Change(change) => {
            let kinds = Some(kinds(&change.event)?).filter(|kinds| !kinds.is_empty());
            let endpoint = id(&change.endpoint, "endpoint")?;
            let change = Change { url: change.url, description: change.description, kinds };
            let changed = webhooks.change(cx, endpoint, change).await?;
            output.answer(&shown::brief(&changed), || format!("The endpoint is {} now.", changed.url))
        }
        WebhookCommand::Rotate { endpoint } => {
            tell(output, &webhooks.rotate(cx, id(&endpoint, "endpoint")?).await?)?;
            if !output.json {
                remark("The secret before signs beside it for 24 hours.");
            }
            Ok(())
        }
        WebhookCommand::Disable { endpoint } => {
            let disabled = webhooks.disable(cx, id(&endpoint, "endpoint")?).await?;
            output.answer(&shown::brief(&disabled), || format!("{} is told nothing now.", disabled.url))
        }
        WebhookCommand::Enable { endpoint } => {
            let enabled = webhooks.enable(cx, id(&endpoint, "endpoint")?).await?;
            output.answer(&shown::brief(&enabled), || format!("{} is told again.", enabled.url))
        }
        WebhookCommand::Remove { endpoint } => {
            let endpoint = id(&endpoint, "endpoint")?;
            webhooks.remove(cx, endpoint).await?;
            output.answer(&json!({ "id": endpoint, "removed": true }), || {
                format!("The endpoint {endpoint} is gone.")
            })
        }
        _ => shown::list(output, &webhooks.list(cx).await?),
    }
}

async fn run_deliveries(shop: &InShop, output: Output, command: WebhookCommand) -> Result<(), Fault> {
    let (webhooks, cx) = (&shop.app.webhooks, &shop.cx);
    match command {
        WebhookCommand::Deliveries(asked) => {
            let filter = Filter { state: asked.state.as_deref().map(str::parse).transpose()? };
            let endpoint = id(&asked.endpoint, "endpoint")?;
            shown::deliveries(
                output,
                &webhooks.deliveries(cx, endpoint, filter, &asked.page.request()).await?,
            )
        }
        WebhookCommand::Delivery { delivery } => {
            let (view, attempts) = webhooks.delivery(cx, id(&delivery, "delivery")?).await?;
            shown::delivery(output, &view, &attempts)
        }
        WebhookCommand::Redeliver(RedeliverArguments { delivery: Some(delivery), .. }) => {
            let view = webhooks.redeliver(cx, id(&delivery, "delivery")?).await?;
            output.answer(&shown::delivery_value(&view), || on_its_way(&view.id.to_string()))
        }
        WebhookCommand::Redeliver(RedeliverArguments { failed_of: Some(endpoint), since, .. }) => {
            let since = since.unwrap_or(Timestamp::MIN);
            let count = webhooks.redeliver_failed(cx, id(&endpoint, "endpoint")?, since).await?;
            output.answer(&json!({ "redelivered": count }), || {
                format!("{} will be told again.", counted(count, "event", "events"))
            })
        }
        WebhookCommand::Ping { endpoint } => {
            let view = webhooks.ping(cx, id(&endpoint, "endpoint")?).await?;
            output.answer(&shown::delivery_value(&view), || on_its_way(&view.id.to_string()))
        }
        _ => Err(Fault::internal("a command of endpoints among those of deliveries")),
    }
}

/// A running server or worker makes the call.
fn on_its_way(delivery: &str) -> String {
    format!(
        "It will be told by a running server or worker; `trunkline webhook delivery {delivery}` says how that went."
    )
}

fn tell(output: Output, new: &NewEndpoint) -> Result<(), Fault> {
    let mut value = shown::brief(&new.endpoint);
    value["secret"] = new.secret.reveal().as_str().into();
    output.answer(&value, || {
        format!("id      {}\nurl     {}\nsecret  {}", new.endpoint.id, new.endpoint.url, new.secret.reveal())
    })?;
    if !output.json {
        remark("The secret is shown only now; the receiver verifies calls with it.");
    }
    Ok(())
}
