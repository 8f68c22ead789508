//! `trunkline message`: ask for a message, and see what became of it.

use base::{Fault, Id, Timestamp};
use clap::{Args, Subcommand};
use messaging::{BodyView, Channel, Content, Filter, MessageView, NewMessage, Text};
use numbering::PhoneNumber;
use serde_json::{Value, json};

use crate::{
    access::id,
    opening::{Opening, Schema, Shop},
    output::{Output, Table},
    trail::{PageArguments, more},
};

#[derive(Debug, Subcommand)]
pub enum MessageCommand {
    /// Ask for a message; a running server or worker sends it
    Send(SendArguments),
    /// Messages, newest first
    List(ListArguments),
    /// One message and what became of it
    Show { message: String },
}

#[derive(Debug, Args)]
pub struct SendArguments {
    /// The number with its country, `+358401234567`
    to: String,
    /// What it says
    text: String,
    /// What it is for; routes and prices go by it
    #[arg(long, default_value = "message.shell", value_name = "PURPOSE")]
    purpose: String,
    /// sms, voice or whatsapp
    #[arg(long, default_value = "sms", value_name = "CHANNEL")]
    channel: String,
    /// How long it may wait to be sent
    #[arg(long, default_value_t = 86_400, value_parser = clap::value_parser!(i64).range(1..=604_800), value_name = "N")]
    ttl_seconds: i64,
}

#[derive(Debug, Args)]
pub struct ListArguments {
    /// Messages to this number alone
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// Messages in this state alone; `unknown` lists those in doubt
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

fn number(text: &str, field: &str) -> Result<PhoneNumber, Fault> {
    let parsed = customers::identity::read_number(text, None);
    parsed
        .map(|parsed| parsed.number)
        .map_err(|error| Fault::invalid("number_malformed", error.to_string()).field(field))
}

pub async fn run(opening: &Opening, output: Output, command: MessageCommand) -> Result<(), Fault> {
    match command {
        MessageCommand::Send(arguments) => {
            let to = number(&arguments.to, "to")?;
            let channel: Channel = arguments.channel.parse()?;
            let (purpose, text) = (arguments.purpose.parse()?, Text::parse(&arguments.text)?);
            let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
            let give_up_at = shop.cx.now().plus_micros(arguments.ttl_seconds * Timestamp::SECOND);
            let message = NewMessage { to, channel, purpose, content: Content::Plain(text), give_up_at };
            let sent = shop.app.messages.send(&shop.cx, message).await?;
            output.answer(&json!({ "id": sent }), || {
                format!("Queued; `trunkline message show {sent}` says what becomes of it.")
            })
        }
        MessageCommand::List(arguments) => {
            let filter = Filter {
                number: arguments.number.as_deref().map(|text| number(text, "number")).transpose()?,
                state: arguments.state.as_deref().map(str::parse).transpose()?,
            };
            let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
            let page = shop.app.messages.list(&shop.cx, filter, &arguments.page.request()).await?;
            let items: Vec<Value> = page.items.iter().map(brief).collect();
            output.answer(&json!({ "items": items, "next": page.next }), || {
                let mut table = Table::new(&["message", "at", "to", "purpose", "state", "by", ">cost"]);
                for view in &page.items {
                    table.row(line(view));
                }
                if table.is_empty() {
                    "There are no messages.".to_owned()
                } else {
                    table.text() + &more(&page)
                }
            })
        }
        MessageCommand::Show { message } => {
            let message: Id<messaging::Message> = id(&message, "message")?;
            let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
            let view = shop.app.messages.get(&shop.cx, message).await?;
            output.answer(&brief(&view), || text(&view))
        }
    }
}

fn masked(view: &MessageView) -> String {
    view.to.map_or_else(|| "erased".to_owned(), |number| number.mask())
}

fn line(view: &MessageView) -> [String; 7] {
    [
        view.id.to_string(),
        view.created_at.to_string(),
        masked(view),
        view.purpose.to_string(),
        view.state.to_string(),
        view.provider.clone().unwrap_or_default(),
        view.price.map(|price| price.to_string()).unwrap_or_default(),
    ]
}

fn brief(view: &MessageView) -> Value {
    json!({
        "id": view.id,
        "to": view.to.map(|number| number.mask()),
        "channel": view.channel.code(),
        "purpose": view.purpose.as_str(),
        "text": view.masked_text(),
        "state": view.state.code(),
        "reason": view.reason,
        "provider": view.provider,
        "provider_reference": view.provider_reference,
        "segments": view.segments,
        "cost": view.price.map(|price| json!({ "micros": price.micros, "currency": price.currency })),
        "created_at": view.created_at,
        "give_up_at": view.give_up_at,
        "sent_at": view.sent_at,
        "ended_at": view.ended_at,
    })
}

fn text(view: &MessageView) -> String {
    let said = match &view.body {
        BodyView::Kept(text) => text.mask(),
        BodyView::NeverKept { .. } => "kept nowhere".to_owned(),
        BodyView::Erased => "erased".to_owned(),
    };
    let mut text = format!("{} {} to {}: {}\n", view.channel, view.purpose, masked(view), said);
    text += &format!("State     {}\n", view.state);
    for (label, value) in [
        ("Reason", view.reason.clone()),
        ("Provider", view.provider.clone()),
        ("Reference", view.provider_reference.clone()),
        ("Parts", view.segments.map(|count| count.to_string())),
        ("Cost", view.price.map(|price| price.to_string())),
        ("Asked", Some(view.created_at.to_string())),
        ("Sent", view.sent_at.map(|at| at.to_string())),
        ("Ended", view.ended_at.map(|at| at.to_string())),
    ] {
        if let Some(value) = value {
            text += &format!("{label:<9} {value}\n");
        }
    }
    text
}
