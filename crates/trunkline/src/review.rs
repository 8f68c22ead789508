//! `trunkline review`: the doubts that a person must decide, with both sides and the reasons.

use base::{Fault, Id};
use clap::{Args, Subcommand};
use customers::{Decision, Persona, PersonaView, ReviewView};
use serde_json::{Value, json};

use crate::{
    access::id,
    customer::{identity_json, identity_text},
    opening::{Opening, Schema, Shop},
    output::{Output, Table},
    trail::{PageArguments, more},
};

#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// Open doubts
    List(PageArguments),
    /// One doubt with both sides
    Show { review: String },
    /// Decide a doubt
    Decide(DecideArguments),
}

#[derive(Debug, Args)]
pub struct DecideArguments {
    review: String,
    /// Both sides are one person
    #[arg(long, required_unless_present = "apart", conflicts_with = "apart")]
    merge: bool,
    /// They are two people
    #[arg(long)]
    apart: bool,
    /// Why; kept in the audit trail
    #[arg(long)]
    reason: String,
}

/// `LEFT.RIGHT`, as the list shows it.
fn sides(text: &str) -> Result<(Id<Persona>, Id<Persona>), Fault> {
    let malformed = || {
        Fault::invalid(
            "review_malformed",
            "A review is named LEFT.RIGHT, as `trunkline review list` shows it.",
        )
        .field("review")
    };
    let (left, right) = text.split_once('.').ok_or_else(malformed)?;
    Ok((id(left, "review").map_err(|_| malformed())?, id(right, "review").map_err(|_| malformed())?))
}

pub async fn run(opening: &Opening, output: Output, command: ReviewCommand) -> Result<(), Fault> {
    match command {
        ReviewCommand::List(page) => {
            let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
            let page = shop.app.customers.reviews(&shop.cx, &page.request()).await?;
            let items: Vec<Value> = page.items.iter().map(brief).collect();
            output.answer(&json!({ "items": items, "next": page.next }), || {
                let mut table = Table::new(&["review", "kind", ">score", "left", "right"]);
                for review in &page.items {
                    let [left, right] = review.names().map(|name| name.unwrap_or("no name").to_owned());
                    table.row([
                        format!("{}.{}", review.left, review.right),
                        review.kind.code().to_owned(),
                        format!("{:+}", review.score),
                        left,
                        right,
                    ]);
                }
                if table.is_empty() { "Nothing is in doubt.".to_owned() } else { table.text() + &more(&page) }
            })
        }
        ReviewCommand::Show { review } => {
            let (left, right) = sides(&review)?;
            let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
            let review = shop.app.customers.review(&shop.cx, left, right).await?;
            let mut value = brief(&review);
            value["left_records"] = review.left_personas.iter().map(record).collect();
            value["right_records"] = review.right_personas.iter().map(record).collect();
            output.answer(&value, || text(&review))
        }
        ReviewCommand::Decide(arguments) => {
            let (left, right) = sides(&arguments.review)?;
            let decision = if arguments.merge { Decision::Merge } else { Decision::Apart };
            let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
            let act = shop.app.customers.decide(&shop.cx, left, right, decision, &arguments.reason).await?;
            output.answer(&json!({ "act": act }), || {
                format!("Decided; `trunkline customer undo {act} --reason WHY` takes it back.")
            })
        }
    }
}

fn brief(review: &ReviewView) -> Value {
    let reasons =
        review.reasons.iter().map(|evidence| json!({ "evidence": evidence, "words": evidence.in_words() }));
    json!({
        "id": format!("{}.{}", review.left, review.right),
        "kind": review.kind.code(),
        "score": review.score,
        "left_customer": review.left_customer.id,
        "right_customer": review.right_customer.id,
        "reasons": reasons.collect::<Vec<_>>(),
    })
}

fn record(persona: &PersonaView) -> Value {
    let mut value = identity_json(&persona.identity, false);
    value["id"] = json!(persona.id);
    value["recorded_at"] = json!(persona.recorded_at);
    value
}

fn text(review: &ReviewView) -> String {
    let mut text = format!("{} (score {:+})\n", review.kind.code().replace('_', " "), review.score);
    for (label, customer, personas) in [
        ("Left", &review.left_customer, &review.left_personas),
        ("Right", &review.right_customer, &review.right_personas),
    ] {
        text += &format!("\n{label}: customer {}\n", customer.id);
        for persona in personas {
            text += &format!("  {}\n", identity_text(&persona.identity, false));
        }
    }
    text += "\nWhy it is in doubt:\n";
    for evidence in &review.reasons {
        text += &format!("  {}\n", evidence.in_words());
    }
    text + &format!(
        "\nDecide: trunkline review decide {}.{} --merge|--apart --reason WHY\n",
        review.left, review.right
    )
}
