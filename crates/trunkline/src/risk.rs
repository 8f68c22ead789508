//! `trunkline risk`: assess a number, see what was assessed, and write the rules that it goes by.

mod rules;

use std::net::IpAddr;

use base::Fault;
use clap::{Args, Subcommand};
use numbering::Region;
use risk::{Assessment, Decision, Filter, Finding, Found, Question, Reason};
use serde_json::{Value, json};

use crate::{
    access::id,
    import::region,
    number::read,
    opening::{InShop, Opening, Schema, Shop},
    output::{Output, Table},
    trail::{PageArguments, moment, more},
};

#[derive(Debug, Subcommand)]
pub enum RiskCommand {
    /// Assess a number: what is known of it, what the rules decide, and why
    Assess(AssessArguments),
    /// Assessments, the newest first
    List(ListArguments),
    /// An assessment with each signal
    Show { assessment: String },
    /// The rules that decide
    #[command(subcommand)]
    Rules(rules::RulesCommand),
}

#[derive(Debug, Args)]
pub struct AssessArguments {
    number: String,
    /// Country in which a national number is read
    #[arg(long, value_name = "CC", value_parser = region)]
    region: Option<Region>,
    /// sign_up, sign_in, second_factor, step_up, recovery, number_change, order, payment, delivery_handover or caller_check
    #[arg(long, default_value = "sign_in")]
    purpose: String,
    /// Over which channel a code is to go: sms, voice or whatsapp
    #[arg(long)]
    channel: Option<String>,
    /// Whoever asks, on the network
    #[arg(long)]
    address: Option<IpAddr>,
    /// An id that the shop keeps in the device
    #[arg(long)]
    device: Option<String>,
    /// Where something is to be sent
    #[arg(long)]
    deliver_to: Option<String>,
}

#[derive(Debug, Args)]
pub struct ListArguments {
    /// Only those of this number
    #[arg(long)]
    number: Option<String>,
    /// Country in which a national number is read
    #[arg(long, value_name = "CC", value_parser = region)]
    region: Option<Region>,
    /// Only those that were decided so: allow, challenge, review or deny
    #[arg(long)]
    decision: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

pub async fn run(opening: &Opening, output: Output, command: RiskCommand) -> Result<(), Fault> {
    let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
    match command {
        RiskCommand::Assess(arguments) => assess(&shop, output, arguments).await,
        RiskCommand::List(arguments) => list(&shop, output, arguments).await,
        RiskCommand::Show { assessment } => {
            let found = shop.app.risk.get(&shop.cx, id(&assessment, "assessment")?).await?;
            tell(&shop, output, &found)
        }
        RiskCommand::Rules(command) => rules::run(&shop, output, command).await,
    }
}

async fn assess(shop: &InShop, output: Output, arguments: AssessArguments) -> Result<(), Fault> {
    let number = read(&arguments.number, arguments.region, "number")?;
    let question = Question {
        channel: arguments.channel.as_deref().map(str::parse).transpose()?,
        network: arguments.address,
        device: arguments.device,
        address: arguments.deliver_to,
        ..Question::new(number, arguments.purpose.parse()?)
    };
    tell(shop, output, &shop.app.risk.assess(&shop.cx, question).await?)
}

fn tell(shop: &InShop, output: Output, one: &Assessment) -> Result<(), Fault> {
    let waits = one.worth_asking_at(shop.app.risk.settings());
    let mut value = brief(one);
    value["findings"] = one.findings.iter().map(finding).collect();
    value["waits_until"] = json!(waits);
    output.answer(&value, || {
        let mut text = format!(
            "{} for {}: {}\n{}\n",
            one.purpose.in_words(),
            masked(one),
            one.decision.in_words(),
            one.id
        );
        for reason in &one.reasons {
            text += &format!("  {} ({})\n", reason.words, reason.rule);
        }
        if let Some(until) = waits {
            text += &format!("  To wait until {}.\n", moment(until));
        }
        let mut table = Table::new(&["signal", "found", "when", "why not"]);
        for found in &one.findings {
            table.row([
                found.signal.in_words().to_owned(),
                found.finding.code().to_owned(),
                found.happened_at.map(moment).unwrap_or_default(),
                found.finding.why().map(|why| why.in_words().to_owned()).unwrap_or_default(),
            ]);
        }
        text + "\n" + &table.text()
    })
}

async fn list(shop: &InShop, output: Output, arguments: ListArguments) -> Result<(), Fault> {
    let number =
        arguments.number.as_deref().map(|text| read(text, arguments.region, "number")).transpose()?;
    let decision: Option<Decision> = arguments.decision.as_deref().map(str::parse).transpose()?;
    let page = shop.app.risk.list(&shop.cx, Filter { number, decision }, &arguments.page.request()).await?;
    let items: Vec<Value> = page.items.iter().map(brief).collect();
    output.answer(&json!({ "items": items, "next": page.next }), || {
        let mut table = Table::new(&["id", "at", "number", "purpose", "decision", ">score", "reasons"]);
        for one in &page.items {
            let reasons: Vec<&str> = one.reasons.iter().map(|reason| reason.rule.as_str()).collect();
            table.row([
                one.id.to_string(),
                moment(one.created_at),
                masked(one),
                one.purpose.to_string(),
                one.decision.to_string(),
                one.score.to_string(),
                reasons.join(", "),
            ]);
        }
        if table.is_empty() { "There are no assessments.".to_owned() } else { table.text() + &more(&page) }
    })
}

fn masked(one: &Assessment) -> String {
    one.number.map_or_else(|| "an erased number".to_owned(), |number| number.mask())
}

fn brief(one: &Assessment) -> Value {
    json!({
        "id": one.id, "number": one.number.map(|number| number.mask()), "purpose": one.purpose.code(),
        "channel": one.channel.map(|channel| channel.code()), "decision": one.decision.code(), "score": one.score,
        "reasons": one.reasons.iter().map(because).collect::<Vec<_>>(), "rules_version": one.rules_version,
        "actor": one.actor, "created_at": one.created_at,
    })
}

fn because(reason: &Reason) -> Value {
    let signals: Vec<&str> = reason.signals.iter().map(|signal| signal.code()).collect();
    json!({
        "rule": reason.rule, "words": reason.words, "decision": reason.decision.code(), "score": reason.score, "signals": signals,
    })
}

fn finding(found: &Found) -> Value {
    let why = match found.finding {
        Finding::Unknown(why) => Some(why.code()),
        _ => None,
    };
    json!({
        "signal": found.signal.code(), "finding": found.finding.code(), "why": why,
        "happened_at": found.happened_at, "asked_at": found.asked_at,
    })
}
