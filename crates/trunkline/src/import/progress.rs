//! How far an import is: a bar on a terminal, a line every few seconds elsewhere.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use warehouse::Progress;

use crate::output::{bytes, counted, grouped, is_terminal, remark};

/// Between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Silence at the start after which people are told what is being waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// Shows one file's progress on standard error. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Watch(Arc<Mutex<Shown>>);

#[derive(Debug)]
struct Shown {
    name: String,
    bytes_total: Option<u64>,
    started: Instant,
    last_line: Instant,
    heard: bool,
    linking: bool,
    bar: Option<ProgressBar>,
    ended: bool,
}

impl Watch {
    pub fn new(name: &str, bytes_total: Option<u64>) -> Self {
        let bar = is_terminal().then(|| reading_bar(name, bytes_total));
        let now = Instant::now();
        let name = name.to_owned();
        let shown = Shown {
            name,
            bytes_total,
            started: now,
            last_line: now,
            heard: false,
            linking: false,
            bar,
            ended: false,
        };
        let watch = Self(Arc::new(Mutex::new(shown)));
        watch.clone().explain_silence();
        watch
    }

    fn with(&self, change: impl FnOnce(&mut Shown)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Imports of one shop run one after the other; the second one hears nothing until it is its turn.
    fn explain_silence(self) {
        tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            self.with(|shown| {
                if !shown.heard && !shown.ended {
                    shown.tell(
                        "waiting: the first rows are being read, or another import of this shop is running",
                    );
                }
            });
        });
    }

    pub fn on(&self, progress: Progress) {
        self.with(|shown| shown.on(progress));
    }

    pub fn end(&self) {
        self.with(|shown| {
            shown.ended = true;
            if let Some(bar) = shown.bar.take() {
                bar.finish_and_clear();
            }
        });
    }
}

impl Shown {
    fn on(&mut self, progress: Progress) {
        self.heard = true;
        match progress {
            Progress::Reading { bytes_done, rows, rejected } => self.reading(bytes_done, rows, rejected),
            Progress::Linking { done, total } => self.linking(done, total),
        }
    }

    fn reading(&mut self, bytes_done: u64, rows: u64, rejected: u64) {
        let rejects = if rejected > 0 { format!(", {} rejected", grouped(rejected)) } else { String::new() };
        if let Some(bar) = &self.bar {
            bar.set_position(bytes_done);
            bar.set_message(format!(
                "{} {} rows/s{rejects}",
                counted(rows, "row", "rows"),
                grouped(self.rate(rows))
            ));
            return;
        }
        if self.last_line.elapsed() < LINE_EVERY {
            return;
        }
        let rate = grouped(self.rate(rows));
        let far = match self.bytes_total.filter(|total| *total > 0) {
            Some(total) => {
                let left = self.started.elapsed().as_secs_f64() * left_share(bytes_done, total);
                format!(
                    ", {} % of {}, {} left",
                    bytes_done.min(total) * 100 / total,
                    bytes(total),
                    seconds(left)
                )
            }
            None => format!(", {}", bytes(bytes_done)),
        };
        self.tell(&format!("{} {rate} rows/s{far}{rejects}", counted(rows, "row,", "rows,")));
    }

    fn linking(&mut self, done: u64, total: u64) {
        if !self.linking {
            self.linking = true;
            if let Some(bar) = self.bar.replace(linking_bar(&self.name, total)).filter(|_| is_terminal()) {
                bar.finish_and_clear();
            }
            if !is_terminal() {
                self.bar = None;
            }
        }
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
        } else if self.last_line.elapsed() >= LINE_EVERY {
            self.tell(&format!("linking people, {} of {} numbers", grouped(done), grouped(total)));
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "for people"
    )]
    fn rate(&self, rows: u64) -> u64 {
        (rows as f64 / self.started.elapsed().as_secs_f64().max(1e-3)) as u64
    }

    fn tell(&mut self, text: &str) {
        self.last_line = Instant::now();
        match &self.bar {
            Some(bar) => bar.set_message(text.to_owned()),
            None => remark(format_args!("{}: {text}", self.name)),
        }
    }
}

/// What is left, as a multiple of what is done.
#[allow(clippy::cast_precision_loss, reason = "for people")]
fn left_share(done: u64, total: u64) -> f64 {
    total.saturating_sub(done) as f64 / (done.max(1)) as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for people")]
fn seconds(left: f64) -> String {
    let left = left as u64;
    if left < 100 { format!("{left} s") } else { format!("{} min", left / 60) }
}

fn reading_bar(name: &str, bytes_total: Option<u64>) -> ProgressBar {
    let template = match bytes_total {
        Some(_) => "{prefix}  {bar:30.cyan/blue} {percent:>3} %  {bytes} of {total_bytes}  {msg}  {eta} left",
        None => "{prefix}  {spinner} {bytes}  {msg}  {elapsed}",
    };
    styled(ProgressBar::with_draw_target(bytes_total, ProgressDrawTarget::stderr()), template, name)
}

fn linking_bar(name: &str, total: u64) -> ProgressBar {
    let template = "{prefix}  {bar:30.green/blue} {percent:>3} %  linking people, {human_pos} of {human_len} numbers  {eta} left";
    styled(ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr()), template, name)
}

fn styled(bar: ProgressBar, template: &str, name: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).expect("the templates above are well formed");
    bar.set_style(style.progress_chars("━╸─"));
    bar.set_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
