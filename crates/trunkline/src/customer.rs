//! `trunkline customer`: people as the shop knows them, and what staff may say about who is who.

mod export;
mod show;

use std::path::PathBuf;

use base::{Fault, Id, Timestamp};
use clap::{Args, Subcommand};
use customers::{Customer, Details, Query, identity::Identity, linking::Moved};
use numbering::Region;
use serde_json::json;

use crate::{
    access::id,
    import::region,
    number,
    opening::{InShop, Opening, Schema, Shop},
    output::{Output, counted, grouped, is_terminal, remark},
    trail::PageArguments,
};
pub use show::{identity_json, identity_text};

#[derive(Debug, Subcommand)]
pub enum CustomerCommand {
    /// All customers, by id
    List(PageArguments),
    /// One customer: numbers, records and why they were linked, orders
    Show { customer: String },
    /// Find customers by number, e-mail address, order, loyalty id or name
    Search(SearchArguments),
    /// Register a person; whoever is known already is found and not made again
    Register(RegisterArguments),
    /// Say that two customers are one person; both ids lead to the one that remains
    Merge {
        /// The id of one of them
        customer: String,
        /// The id of the other
        other: String,
        /// Why; kept in the audit trail
        #[arg(long)]
        reason: String,
    },
    /// Say that some records of a customer are another person's
    Split(SplitArguments),
    /// Take an act back (see `trunkline acts list`)
    Undo {
        /// The id of the act
        act: String,
        /// Why; kept in the audit trail
        #[arg(long)]
        reason: String,
    },
    /// Record that a customer left one number and is now reached over another
    ChangeNumber(ChangeArguments),
    /// Show one customer in the clear; the audit trail says who asked and why
    Reveal {
        customer: String,
        /// Why; kept in the audit trail
        #[arg(long)]
        reason: String,
    },
    /// Destroy what is known of a person, for ever; their orders stay without them
    Erase {
        customer: String,
        /// Why; kept in the audit trail
        #[arg(long)]
        reason: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Every order line with its customer, and every number with its tenures, as JSON Lines
    Export(ExportArguments),
    /// Derive all customers, tenures and doubts anew from what the sources said
    Rebuild,
}

#[derive(Debug, Args)]
pub struct SearchArguments {
    /// A number in any spelling, an e-mail address, the id of an order, a loyalty id or words of a name
    text: String,
    /// Country in which a national number is read
    #[arg(long, value_name = "CC", value_parser = region)]
    region: Option<Region>,
    /// At most this many
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

#[derive(Debug, Args)]
pub struct RegisterArguments {
    #[arg(long)]
    number: Option<String>,
    /// Country in which a national number is read
    #[arg(long, value_name = "CC", value_parser = region)]
    region: Option<Region>,
    #[arg(long)]
    name: Option<String>,
    #[arg(long)]
    email: Option<String>,
    #[arg(long)]
    address: Option<String>,
    #[arg(long)]
    postcode: Option<String>,
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    #[arg(long, value_name = "ID")]
    loyalty_id: Option<String>,
}

#[derive(Debug, Args)]
pub struct SplitArguments {
    customer: String,
    /// A record that is another person's (see `trunkline customer show`); may be repeated
    #[arg(long, required = true, value_name = "RECORD")]
    record: Vec<String>,
    /// Only its orders from this moment on, as 2024-02-29T12:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Only its orders before this moment
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Why; kept in the audit trail
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct ChangeArguments {
    customer: String,
    /// The number left behind
    #[arg(long, value_name = "NUMBER")]
    from: String,
    /// The new number
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// Country in which national numbers are read
    #[arg(long, value_name = "CC", value_parser = region)]
    region: Option<Region>,
    /// Why; kept in the audit trail
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Write to a new file instead of standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Numbers in the clear; the audit trail says who asked and why
    #[arg(long, requires = "reason")]
    plain: bool,
    /// Why numbers are wanted in the clear
    #[arg(long)]
    reason: Option<String>,
}

pub async fn run(opening: &Opening, output: Output, command: CustomerCommand) -> Result<(), Fault> {
    let make = if matches!(command, CustomerCommand::Register(_)) { Shop::Make } else { Shop::Expect };
    let shop = opening.in_shop(Schema::Expect, make).await?;
    let (verbs, cx) = (&shop.app.customers, &shop.cx);
    match command {
        CustomerCommand::List(page) => show::list(&shop, output, &page).await,
        CustomerCommand::Show { customer } => {
            let view = verbs.get(cx, customer_id(&customer)?).await?;
            show::whole(&shop, output, &view, false).await
        }
        CustomerCommand::Search(arguments) => search(&shop, output, &arguments).await,
        CustomerCommand::Register(arguments) => register(&shop, output, arguments).await,
        CustomerCommand::Merge { customer, other, reason } => {
            let (act, remains) =
                verbs.merge(cx, customer_id(&customer)?, customer_id(&other)?, &reason).await?;
            output.answer(&json!({ "act": act, "customer": remains }), || {
                format!("Both are customer {remains} now.\n`trunkline customer undo {act} --reason WHY` takes it back.")
            })
        }
        CustomerCommand::Split(arguments) => split(&shop, output, &arguments).await,
        CustomerCommand::Undo { act, reason } => {
            let undo = verbs.undo(cx, id(&act, "act")?, &reason).await?;
            output.answer(&json!({ "act": undo, "undoes": act }), || "The act is taken back.".to_owned())
        }
        CustomerCommand::ChangeNumber(arguments) => {
            let from = number::read(&arguments.from, arguments.region, "from")?;
            let to = number::read(&arguments.to, arguments.region, "to")?;
            let act = verbs
                .change_number(cx, customer_id(&arguments.customer)?, from, to, &arguments.reason)
                .await?;
            output.answer(&json!({ "act": act }), || {
                format!("The customer left {from} and is reached over {to}.\n`trunkline customer undo {act} --reason WHY` takes it back.")
            })
        }
        CustomerCommand::Reveal { customer, reason } => {
            let view = verbs.reveal(cx, customer_id(&customer)?, &reason).await?;
            show::whole(&shop, output, &view, true).await
        }
        CustomerCommand::Erase { customer, reason, yes } => {
            let id = customer_id(&customer)?;
            if !yes && is_terminal() {
                confirm_erasure(id).await?;
            }
            shop.app.erase(cx, id, &reason).await?;
            output.answer(&json!({ "customer": id, "erased": true }), || {
                "What was known of this person is destroyed. Backups of the key file and the database made before still hold it.".to_owned()
            })
        }
        CustomerCommand::Export(arguments) => {
            let why =
                if arguments.plain { Some(arguments.reason.as_deref().unwrap_or_default()) } else { None };
            export::run(&shop, arguments.to.as_deref(), why).await
        }
        CustomerCommand::Rebuild => rebuild(&shop, output).await,
    }
}

fn customer_id(text: &str) -> Result<Id<Customer>, Fault> {
    id(text, "customer")
}

async fn search(shop: &InShop, output: Output, arguments: &SearchArguments) -> Result<(), Fault> {
    let text = arguments.text.trim();
    let queries = if text.contains('@') {
        vec![Query::Email(text.to_owned())]
    } else {
        match customers::identity::read_number(text, arguments.region) {
            Ok(parsed) => vec![Query::Number(parsed.number), Query::Loyalty(text.to_owned())],
            Err(_) => vec![Query::Loyalty(text.to_owned()), Query::Name(text.to_owned())],
        }
    };
    let mut found = Vec::new();
    for query in queries {
        for summary in shop.app.customers.search(&shop.cx, query, arguments.limit).await? {
            if !found.iter().any(|known: &customers::Summary| known.id == summary.id) {
                found.push(summary);
            }
        }
    }
    if text.chars().any(char::is_numeric) {
        for summary in shop.app.customers_of_order(&shop.cx, text).await? {
            if !found.iter().any(|known: &customers::Summary| known.id == summary.id) {
                found.push(summary);
            }
        }
    }
    if found.len() >= arguments.limit && !output.json {
        remark(format!("The first {} are shown; --limit N shows more.", arguments.limit));
    }
    found.truncate(arguments.limit);
    let nothing = if arguments.region.is_none()
        && text.chars().filter(char::is_ascii_digit).count() >= 6
        && !text.starts_with('+')
    {
        "Nobody was found. A national number needs its country: --region CC."
    } else {
        "Nobody was found."
    };
    show::summaries(output, &base::Page { items: found, next: None }, nothing)
}

async fn register(shop: &InShop, output: Output, arguments: RegisterArguments) -> Result<(), Fault> {
    let number =
        arguments.number.as_deref().map(|text| number::read(text, arguments.region, "number")).transpose()?;
    let details = Details {
        name: arguments.name,
        email: arguments.email,
        address: arguments.address,
        postcode: arguments.postcode,
        country: arguments.country,
        loyalty_id: arguments.loyalty_id,
        device_id: None,
    };
    let registered = shop.app.customers.register(&shop.cx, Identity { number, details }).await?;
    let (id, created) = (registered.customer, registered.created);
    output.answer(&json!({ "customer": id, "created": created }), || {
        if created { format!("New customer {id}.") } else { format!("Known already as customer {id}.") }
    })
}

async fn split(shop: &InShop, output: Output, arguments: &SplitArguments) -> Result<(), Fault> {
    let moved = arguments.record.iter().map(|record| {
        Ok(Moved { persona: id(record, "record")?, from: arguments.from, until: arguments.until })
    });
    let moved = moved.collect::<Result<Vec<Moved>, Fault>>()?;
    let customer = customer_id(&arguments.customer)?;
    let (act, new) = shop.app.customers.split(&shop.cx, customer, moved, &arguments.reason).await?;
    output.answer(&json!({ "act": act, "customer": customer, "new_customer": new }), || {
        format!(
            "The records are customer {new} now.\n`trunkline customer undo {act} --reason WHY` takes it back."
        )
    })
}

async fn confirm_erasure(id: Id<Customer>) -> Result<(), Fault> {
    remark(format_args!("Erasing customer {id} cannot be undone. Type `erase` to go on:"));
    let mut typed = String::new();
    let asked = tokio::task::spawn_blocking(move || std::io::stdin().read_line(&mut typed).map(|_| typed));
    let typed = asked.await.map_err(Fault::internal)?.unwrap_or_default();
    if typed.trim() == "erase" {
        return Ok(());
    }
    Err(Fault::conflict("not_confirmed", "Nothing was erased."))
}

async fn rebuild(shop: &InShop, output: Output) -> Result<(), Fault> {
    let started = std::time::Instant::now();
    let mut last = started;
    let done = shop
        .app
        .customers
        .rebuild(&shop.cx, |done, total| {
            if last.elapsed().as_secs() >= 5 {
                last = std::time::Instant::now();
                remark(format_args!("{} of {} derived", grouped(done), grouped(total)));
            }
        })
        .await?;
    let seconds = started.elapsed().as_secs_f64();
    let value = json!({ "anchors": done.anchors, "customers": done.customers_seen, "customers_created": done.customers_created,
                        "links_recorded": done.links_recorded, "links_retracted": done.links_retracted, "reviews_opened": done.reviews_opened,
                        "seconds": seconds });
    output.answer(&value, || {
        let changes = if done.links_recorded + done.links_retracted == 0 {
            "everything stood as it should".to_owned()
        } else {
            format!(
                "{} recorded, {} retracted",
                counted(done.links_recorded, "link", "links"),
                grouped(done.links_retracted)
            )
        };
        format!(
            "{} derived anew in {seconds:.1} s; {changes}.",
            counted(done.customers_seen, "customer", "customers")
        )
    })
}
