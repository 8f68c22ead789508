//! `trunkline verify`: prove that somebody holds a number, and see how proofs went and what they cost.

use std::io::{self, BufRead as _};

use base::{Fault, FaultKind, Id, Secret};
use clap::{Args, Subcommand};
use identity::verification::{
    Channel, Check, Filter, Outcome, Purpose, Start, State, Story, Verification, Visitor, Which,
};
use numbering::Region;
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
pub enum VerifyCommand {
    /// Have a code sent to a number
    Start(StartArguments),
    /// Check a code that somebody read out or typed
    Check(CheckArguments),
    /// Have the code of an open verification sent again
    Resend {
        /// Its id, as the start said it
        verification: String,
        /// sms, voice or whatsapp; the last one if not given
        #[arg(long)]
        channel: Option<String>,
    },
    /// End a verification: its code serves no more
    Cancel {
        /// Its id
        verification: String,
    },
    /// A verification and what happened to it
    Show {
        /// Its id
        verification: String,
    },
    /// Verifications, the newest first
    List(ListArguments),
    /// Where codes go today, what they cost, and where sending is stopped
    Destinations,
    /// Take the wrong guesses of a number back, after its holder has proven themselves by other means
    Forgive {
        /// In any spelling
        number: String,
        /// Country in which a national number is read
        #[arg(long, value_name = "CC", value_parser = region)]
        region: Option<Region>,
        /// Why; kept in the audit trail
        #[arg(long)]
        reason: String,
    },
}

fn state(text: &str) -> Result<State, String> {
    text.parse().map_err(|fault: Fault| fault.message)
}

#[derive(Debug, Args)]
pub struct StartArguments {
    /// In any spelling
    number: String,
    /// Country in which a national number is read
    #[arg(long, value_name = "CC", value_parser = region)]
    region: Option<Region>,
    /// sign_in, second_factor, step_up, recovery, number_change, delivery_handover or caller_check
    #[arg(long, default_value = "sign_in")]
    purpose: String,
    /// sms, voice or whatsapp
    #[arg(long, default_value = "sms")]
    channel: String,
    /// Language of the text: en, bn, fi or ro
    #[arg(long, default_value = "en")]
    language: String,
    /// What a step-up approves; the text says it
    #[arg(long)]
    approving: Option<String>,
    /// Digits of the code, 4 to 10
    #[arg(long)]
    digits: Option<u8>,
    /// Whose proof it is to be; a caller check is of a customer who holds the number
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Host of the page that asks for the code, so that phones offer it there alone
    #[arg(long, value_name = "HOST")]
    origin: Option<String>,
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Its id, as the start said it
    verification: String,
    /// The code; read from standard input if not given
    code: Option<String>,
    /// What the code was sent for
    #[arg(long, default_value = "sign_in")]
    purpose: String,
    /// They also told what only the customer named knows: confirms one of whom nothing was heard for long
    #[arg(long)]
    recognised: bool,
}

#[derive(Debug, Args)]
pub struct ListArguments {
    /// Only those of this number
    #[arg(long)]
    number: Option<String>,
    /// Country in which a national number is read
    #[arg(long, value_name = "CC", value_parser = region)]
    region: Option<Region>,
    /// Only those that are pending, approved, vouched, canceled, expired or used_up
    #[arg(long, value_parser = state)]
    state: Option<State>,
    #[command(flatten)]
    page: PageArguments,
}

pub async fn run(opening: &Opening, output: Output, command: VerifyCommand) -> Result<(), Fault> {
    let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
    match command {
        VerifyCommand::Start(arguments) => start(&shop, output, arguments).await,
        VerifyCommand::Check(arguments) => check(&shop, output, arguments).await,
        VerifyCommand::Resend { verification, channel } => {
            let channel: Option<Channel> = channel.as_deref().map(str::parse).transpose()?;
            let id = id(&verification, "verification")?;
            let started = shop.app.verifications.resend(&shop.cx, id, channel, Visitor::default()).await?;
            told(output, &started)
        }
        VerifyCommand::Cancel { verification } => {
            let id = id(&verification, "verification")?;
            let one = shop.app.verifications.cancel(&shop.cx, id).await?;
            output.answer(&brief(&one), || format!("The verification is {}.", one.state))
        }
        VerifyCommand::Show { verification } => {
            let story = shop.app.verifications.get(&shop.cx, id(&verification, "verification")?).await?;
            let mut value = brief(&story.verification);
            value["story"] = story.happenings.iter().map(happening).collect();
            output.answer(&value, || text(&story))
        }
        VerifyCommand::List(arguments) => list(&shop, output, arguments).await,
        VerifyCommand::Destinations => destinations(&shop, output).await,
        VerifyCommand::Forgive { number, region, reason } => {
            shop.app.verifications.forgive(&shop.cx, read(&number, region, "number")?, &reason).await?;
            output.answer(&json!({ "forgiven": true }), || {
                "The wrong guesses of this number are taken back.".to_owned()
            })
        }
    }
}

async fn start(shop: &InShop, output: Output, arguments: StartArguments) -> Result<(), Fault> {
    let start = Start {
        channel: arguments.channel.parse()?,
        language: arguments.language,
        approving: arguments.approving,
        digits: arguments.digits,
        customer: arguments.customer.as_deref().map(|text| id(text, "customer")).transpose()?,
        origin: arguments.origin,
        ..Start::new(read(&arguments.number, arguments.region, "number")?, arguments.purpose.parse()?)
    };
    told(output, &shop.app.verifications.start(&shop.cx, start).await?)
}

/// A code that was not sent is a fault, so that scripts hear of it; what was asked for is told all the same, because its code may be sent again.
fn told(output: Output, started: &identity::verification::Started) -> Result<(), Fault> {
    let mut value = brief(&started.verification);
    value["sent"] = started.refused.is_none().into();
    let id = started.verification.id;
    let Some(refusal) = started.refused else {
        return output.answer(&value, || {
            let purpose = started.verification.purpose;
            format!("{id}\nA code was sent. Check it: trunkline verify check {id} --purpose {purpose}")
        });
    };
    value["refused"] = json!({ "reason": refusal.reason.code(), "retry_at": refusal.retry_at });
    output.answer(&value, || id.to_string())?;
    let retry = refusal.retry_at.map(|at| format!(" Try again at {at}.")).unwrap_or_default();
    let words = format!("Nothing was sent: {}.{retry}", refusal.reason.in_words());
    Err(Fault::new(FaultKind::Limited, "not_sent", words).detail("reason", refusal.reason.code()))
}

async fn check(shop: &InShop, output: Output, arguments: CheckArguments) -> Result<(), Fault> {
    let code = match arguments.code {
        Some(code) => code,
        None => first_line()?,
    };
    let check = Check {
        which: Which::Id(id(&arguments.verification, "verification")?),
        purpose: arguments.purpose.parse::<Purpose>()?,
        code: Secret::new(code),
        visitor: Visitor { is_recognised: arguments.recognised, ..Visitor::default() },
    };
    let checked = shop.app.verifications.check(&shop.cx, check).await?.known()?;
    let approved = checked.outcome == Outcome::Approved;
    let value = json!({ "approved": approved, "outcome": checked.outcome.code() });
    if approved {
        return output.answer(&value, || "Approved.".to_owned());
    }
    let words = match checked.outcome {
        Outcome::Wrong { guesses_left } => format!("The code is wrong; guesses left: {guesses_left}."),
        Outcome::UsedUp => "All guesses of this code are used; start another verification.".to_owned(),
        Outcome::Limited(refusal) => format!("The code was not looked at: {}.", refusal.reason.in_words()),
        Outcome::Expired => "The code is past its time; start another verification.".to_owned(),
        Outcome::Canceled => "The verification was canceled.".to_owned(),
        Outcome::Vouched => {
            "The verification was called approved without a code; it proves nothing.".to_owned()
        }
        _ => "The code was used already.".to_owned(),
    };
    Err(Fault::conflict("not_approved", words).detail("outcome", checked.outcome.code()))
}

fn first_line() -> Result<String, Fault> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| {
        Fault::unavailable("input_unreadable", "Standard input cannot be read.").cause(error)
    })?;
    Ok(line.trim().to_owned())
}

async fn list(shop: &InShop, output: Output, arguments: ListArguments) -> Result<(), Fault> {
    let number =
        arguments.number.as_deref().map(|text| read(text, arguments.region, "number")).transpose()?;
    let filter = Filter { number, state: arguments.state };
    let page = shop.app.verifications.list(&shop.cx, filter, &arguments.page.request()).await?;
    let items: Vec<Value> = page.items.iter().map(brief).collect();
    output.answer(&json!({ "items": items, "next": page.next }), || {
        let mut table = Table::new(&["id", "at", "number", "purpose", "state", ">sends", ">guesses"]);
        for one in &page.items {
            table.row([
                one.id.to_string(),
                moment(one.created_at),
                one.number.mask(),
                one.purpose.to_string(),
                one.state.to_string(),
                one.sends.to_string(),
                one.guesses.to_string(),
            ]);
        }
        if table.is_empty() { "There are no verifications.".to_owned() } else { table.text() + &more(&page) }
    })
}

async fn destinations(shop: &InShop, output: Output) -> Result<(), Fault> {
    let parts = shop.app.verifications.parts(&shop.cx).await?;
    let budgets = &shop.app.verifications.settings().budgets;
    let items = parts.iter().map(|part| {
        json!({ "part": part.part, "sends": part.today.sends, "refused": part.today.refused, "approved": part.today.approved,
                "cost_micros": part.today.cost_micros, "day_micros_max": part.day_micros_max, "stopped": part.is_stopped })
    });
    let value = json!({ "currency": budgets.currency, "destinations": items.collect::<Vec<_>>() });
    output.answer(&value, || {
        let mut table = Table::new(&["part", ">sends", ">refused", ">approved", ">cost", ">budget", "state"]);
        for part in &parts {
            table.row([
                part.part.clone(),
                part.today.sends.to_string(),
                part.today.refused.to_string(),
                part.today.approved.to_string(),
                budgets.in_words(part.today.cost_micros),
                budgets.in_words(part.day_micros_max),
                if part.is_stopped { "stopped" } else { "open" }.to_owned(),
            ]);
        }
        if table.is_empty() { "No codes were asked for yet.".to_owned() } else { table.text() }
    })
}

fn brief(one: &Verification) -> Value {
    json!({
        "id": one.id, "number": one.number.mask(), "purpose": one.purpose.code(), "state": one.state.code(),
        "channel": one.channel.code(), "by_link": one.link.is_some(), "sends": one.sends, "guesses": one.guesses, "customer": one.customer.map(Id::uuid),
        "created_at": one.created_at, "expires_at": one.expires_at, "ended_at": one.ended_at,
    })
}

fn happening(one: &identity::verification::Happening) -> Value {
    json!({
        "at": one.at, "kind": one.kind, "reason": one.reason.map(|reason| reason.code()),
        "channel": one.channel.map(Channel::code), "actor": one.actor,
    })
}

fn text(story: &Story) -> String {
    let one = &story.verification;
    let mut text = format!(
        "{} for {}: {}\nSent {} times, {} guesses looked at, serves until {}\n\nWhat happened:\n",
        one.purpose,
        one.number,
        one.state,
        one.sends,
        one.guesses,
        moment(one.expires_at)
    );
    for one in &story.happenings {
        let channel = one.channel.map(|channel| format!(" by {channel}")).unwrap_or_default();
        let reason = one.reason.map(|reason| format!(": {}", reason.in_words())).unwrap_or_default();
        text += &format!(
            "  {}  {}{channel}{reason}  ({})\n",
            moment(one.at),
            one.kind.replace('_', " "),
            one.actor
        );
    }
    text
}
