//! `trunkline number renormalise`: stored numbers brought up to date when numbering plans change.

use std::time::{Duration, Instant};

use base::Fault;
use clap::Args;
use customers::{
    identity::plan_version,
    renormalising::{Outcome, Renormalising},
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use numbering::METADATA_VERSION;
use serde_json::{Value, json};

use crate::{
    opening::{Opening, Schema, Shop},
    output::{Output, counted, grouped, is_terminal, remark},
};

#[derive(Debug, Args)]
pub struct RenormaliseArguments {
    /// Only report which stored numbers would be written otherwise; change nothing
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(opening: &Opening, output: Output, arguments: &RenormaliseArguments) -> Result<(), Fault> {
    let shop = opening.in_shop(Schema::Expect, Shop::Expect).await?;
    let (verbs, cx) = (&shop.app.customers, &shop.cx);
    let counts = verbs.counts(cx).await?;
    let known =
        counts.numbers_single + counts.numbers_shared + counts.numbers_recycled + counts.numbers_generic;
    let mut watch = Watch::default();
    if arguments.dry_run {
        let result = verbs.rehearse_renormalisation(cx, |progress| watch.on(progress)).await;
        watch.end();
        let outcome = result?;
        let mut value = told(&outcome, known);
        value["would_change"] = json!(outcome.numbers_changed);
        value["changed"] = json!(0);
        return output.answer(&value, || text(&outcome, known, true));
    }
    let mut hear = |progress| watch.on(progress);
    let result = tokio::select! {
        result = verbs.renormalise(cx, &mut hear) => result,
        _ = tokio::signal::ctrl_c() => {
            let message = "Interrupted. What was written stays; run the same command again to go on where it was.";
            Err(Fault::unavailable("interrupted", message))
        }
    };
    watch.end();
    let run = result?;
    let mut value = told(&run.outcome, known);
    value["changed"] = json!(run.outcome.numbers_changed);
    value["id"] = json!(run.id);
    output.answer(&value, || text(&run.outcome, known, false))
}

fn told(outcome: &Outcome, known: u64) -> Value {
    json!({ "numbers": known, "records": outcome.records, "records_changed": outcome.records_changed, "by_change": outcome.by_cause,
            "numbers_read": outcome.numbers, "numbers_invalid": outcome.numbers_invalid, "metadata": METADATA_VERSION, "plans": plan_version(),
            "links_recorded": outcome.links_recorded, "links_retracted": outcome.links_retracted })
}

fn text(outcome: &Outcome, known: u64, is_rehearsal: bool) -> String {
    let mut text = format!(
        "{} known; {} read by other numbering plans than {}.\n",
        counted(known, "number is", "numbers are"),
        counted(outcome.records, "record was", "records were"),
        plan_version()
    );
    for (cause, count) in &outcome.by_cause {
        let verb = if is_rehearsal { "would be" } else { "now" };
        text += &format!("  {cause}: {} {verb} written otherwise\n", counted(*count, "number", "numbers"));
    }
    if outcome.numbers_invalid > 0 {
        let numbers = counted(outcome.numbers_invalid, "number is", "numbers are");
        text += &format!("{numbers} in no plan of today; they stay as they are.\n");
    }
    text += &match (outcome.numbers_changed, is_rehearsal) {
        (0, _) => "All are written as their plans say.".to_owned(),
        (_, true) => "This is a report; leave --dry-run out to do it.".to_owned(),
        (_, false) => format!(
            "What sources wrote stays; people are linked by the numbers of today: {} recorded, {} retracted.",
            counted(outcome.links_recorded, "link", "links"),
            grouped(outcome.links_retracted)
        ),
    };
    text
}

/// Between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows how far it is: a bar on a terminal, a line every few seconds elsewhere.
#[derive(Debug, Default)]
struct Watch {
    bar: Option<ProgressBar>,
    is_linking: bool,
    last_line: Option<Instant>,
}

impl Watch {
    fn on(&mut self, progress: Renormalising) {
        let (what, done, total, is_linking) = match progress {
            Renormalising::Reading { done, total } => ("reading numbers", done, total, false),
            Renormalising::Linking { done, total } => ("linking people", done, total, true),
        };
        if is_terminal() {
            if is_linking != self.is_linking {
                self.end();
            }
            self.is_linking = is_linking;
            let bar = self.bar.get_or_insert_with(|| bar(what));
            bar.set_length(total);
            bar.set_position(done);
        } else if self.last_line.get_or_insert_with(Instant::now).elapsed() >= LINE_EVERY {
            self.last_line = Some(Instant::now());
            remark(format_args!("{what}: {} of {}", grouped(done), grouped(total)));
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(what: &str) -> ProgressBar {
    let template = "{prefix}  {bar:30.cyan/blue} {percent:>3} %  {human_pos} of {human_len}  {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template above is well formed");
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    bar.set_style(style.progress_chars("━╸─"));
    bar.set_prefix(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
