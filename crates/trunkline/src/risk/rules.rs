//! `trunkline risk rules`: show them, put others into force, try them on the past.

use std::{
    fs,
    io::{self, Read as _},
};

use base::Fault;
use clap::Subcommand;
use risk::{DryRun, InForce, WrittenRules};
use serde_json::{Value, json};

use super::because;
use crate::{
    opening::InShop,
    output::{Output, Table},
    trail::moment,
};

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// The rules in force; with --json as they are written
    Show,
    /// Put the rules of a file into force; those before stay known
    Set {
        /// A file of JSON as `rules show --json` writes it, or - for standard input
        file: String,
        /// Why; kept in the audit trail
        #[arg(long)]
        reason: String,
        /// The version that you have seen; if another one is in force by now, nothing is written
        #[arg(long, value_name = "VERSION")]
        seen: Option<i64>,
    },
    /// Try the rules of a file on the assessments of the last days; nothing is changed
    DryRun {
        /// A file of JSON, or - for standard input
        file: String,
        /// How far to look back, 1 to 90
        #[arg(long, default_value_t = 30)]
        days: i64,
    },
}

pub(super) async fn run(shop: &InShop, output: Output, command: RulesCommand) -> Result<(), Fault> {
    let risk = &shop.app.risk;
    match command {
        RulesCommand::Show => show(output, &risk.rules(&shop.cx).await?),
        RulesCommand::Set { file, reason, seen } => {
            let rules = written(&file)?;
            show(output, &risk.set_rules(&shop.cx, rules, seen, &reason).await?)
        }
        RulesCommand::DryRun { file, days } => {
            tell(output, &risk.dry_run(&shop.cx, written(&file)?, days).await?)
        }
    }
}

/// The rules of a file. What `show --json` says beside them is left out.
fn written(file: &str) -> Result<WrittenRules, Fault> {
    let unreadable = |error: io::Error| {
        Fault::invalid("file_unreadable", format!("{file} cannot be read: {error}.")).field("file")
    };
    let mut text = String::new();
    match file {
        "-" => io::stdin().read_to_string(&mut text).map_err(unreadable)?,
        path => {
            text = fs::read_to_string(path).map_err(unreadable)?;
            text.len()
        }
    };
    let mut value: Value = serde_json::from_str(&text).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !matches!(name.as_str(), "version" | "written_by" | "written_at"));
        text = value.to_string();
    }
    WrittenRules::parse(&text)
}

fn show(output: Output, found: &InForce) -> Result<(), Fault> {
    let mut value = serde_json::to_value(&found.rules).map_err(Fault::internal)?;
    value["version"] = found.version.into();
    value["written_by"] = json!(found.written.as_ref().map(|(actor, _)| actor));
    value["written_at"] = json!(found.written.as_ref().map(|(_, at)| at));
    output.answer(&value, || {
        let whose = match &found.written {
            Some((actor, at)) => format!("Version {} by {actor}, {}", found.version, moment(*at)),
            None => "The rules that come with the program".to_owned(),
        };
        let mut table = Table::new(&["rule", "for", "when", "decision", ">score", "reason"]);
        for rule in &found.rules.rules {
            let when = rule.when.iter().map(|(signal, answer)| format!("{signal} = {answer}"));
            let about: Vec<&str> = rule.purposes.iter().chain(&rule.channels).map(String::as_str).collect();
            table.row([
                rule.name.clone(),
                if about.is_empty() { "all".to_owned() } else { about.join(", ") },
                when.collect::<Vec<_>>().join(", "),
                rule.decision.clone(),
                rule.score.to_string(),
                rule.reason.clone(),
            ]);
        }
        let sums = found.rules.thresholds;
        format!(
            "{whose}\nFrom a score of {} on: challenge, {}: review, {}: deny\n\n{}",
            sums.challenge,
            sums.review,
            sums.deny,
            table.text()
        )
    })
}

fn tell(output: Output, run: &DryRun) -> Result<(), Fault> {
    let changes = run
        .changes
        .iter()
        .map(|one| json!({ "from": one.from.code(), "to": one.to.code(), "count": one.count }));
    let examples = run.examples.iter().map(|one| {
        json!({ "id": one.id, "number": one.number.map(|number| number.mask()), "purpose": one.purpose.code(), "at": one.at,
                "from": one.from.code(), "to": one.to.code(), "reasons": one.reasons.iter().map(because).collect::<Vec<_>>() })
    });
    let missing =
        run.not_asked.iter().map(|(signal, count)| json!({ "signal": signal.code(), "count": count }));
    let value = json!({
        "looked_at": run.looked_at, "cut": run.is_cut, "changed": run.changed, "changes": changes.collect::<Vec<_>>(),
        "examples": examples.collect::<Vec<_>>(), "not_asked": missing.collect::<Vec<_>>(),
    });
    output.answer(&value, || {
        let mut text =
            format!("{} of {} assessments would be decided otherwise.\n\n", run.changed, run.looked_at);
        let mut table = Table::new(&["decided", "would be", ">count"]);
        for one in &run.changes {
            table.row([one.from.to_string(), one.to.to_string(), one.count.to_string()]);
        }
        text += &table.text();
        for (signal, count) in &run.not_asked {
            text += &format!(
                "{}: not asked for in {count}, so that their answer may be another one.\n",
                signal.in_words()
            );
        }
        for one in &run.examples {
            let reasons: Vec<&str> = one.reasons.iter().map(|reason| reason.rule.as_str()).collect();
            text += &format!("\n{}  {} instead of {}: {}", one.id, one.to, one.from, reasons.join(", "));
        }
        text
    })
}
