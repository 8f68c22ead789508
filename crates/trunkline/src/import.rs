//! `trunkline import orders`: order files in, one true customer per person out.

mod list;
mod progress;
mod rejects;
mod summary;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use base::{Currency, DecimalMark, Fault};
use clap::{Args, Subcommand, ValueEnum};
use history::Source;
use numbering::Region;
use warehouse::{
    Input, Request,
    files::{DateOrder, Field, Format, Options, TimeZone, parse_delimiter, parse_map},
};

use crate::{
    opening::{InShop, Opening, Schema, Shop, nowhere},
    output::{Output, remark},
    trail::PageArguments,
};
pub use progress::Watch;
use rejects::RejectsFile;
pub use summary::Done;

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Import order files: CSV, JSON Lines or Parquet; `-` is standard input
    Orders(OrdersArguments),
    /// Imports, newest first, and how each stands
    List(PageArguments),
}

/// What to import, and what is known of it.
#[derive(Clone, Debug, Args)]
pub struct OrdersArguments {
    /// Order files, imported one after the other
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the orders come from
    #[arg(long)]
    pub source: SourceName,
    /// Country whose numbering plan national numbers follow, unless a row's country says otherwise
    #[arg(long, value_name = "CC", value_parser = region)]
    pub region: Option<Region>,
    /// The column that holds a field, as `number=Billing Phone`; may be repeated
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = map)]
    pub map: Vec<(Field, String)>,
    /// Currency of rows that name none
    #[arg(long, value_name = "CUR", value_parser = currency)]
    pub currency: Option<Currency>,
    /// The sign before decimals, where the file leaves it open
    #[arg(long)]
    pub decimal: Option<Decimal>,
    /// The order of day and month, where the file leaves it open
    #[arg(long)]
    pub date_order: Option<DayMonth>,
    /// Time zone of moments that name none, as in `Europe/Helsinki`; a date without a time is that day in any zone [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    pub time_zone: Option<TimeZone>,
    /// What the file is made of, where its beginning leaves it open: csv, jsonl or parquet
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub format: Option<Format>,
    /// The character between columns of a CSV file
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// Encoding of the text, as in `windows-1252`
    #[arg(long, value_name = "LABEL")]
    pub encoding: Option<String>,
    /// Where rows that cannot be used are listed [default: FILE.rejects.csv]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Read everything and say what would happen; store nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum SourceName {
    Online,
    Pos,
    Loyalty,
    App,
}

impl SourceName {
    pub const fn source(self) -> Source {
        match self {
            Self::Online => Source::Online,
            Self::Pos => Source::Pos,
            Self::Loyalty => Source::Loyalty,
            Self::App => Source::App,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Decimal {
    Point,
    Comma,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum DayMonth {
    DayFirst,
    MonthFirst,
}

/// A region that has a numbering plan.
pub fn region(text: &str) -> Result<Region, String> {
    let region: Region = text.parse().map_err(|error: numbering::NotARegion| error.to_string())?;
    if region.is_supported() {
        Ok(region)
    } else {
        Err("there is no numbering plan for this region".to_owned())
    }
}

fn map(text: &str) -> Result<(Field, String), String> {
    parse_map(text).map_err(|fault| fault.message)
}

fn currency(text: &str) -> Result<Currency, String> {
    text.parse().map_err(|error: base::MoneyError| format!("{text} {error}"))
}

fn time_zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text).map_err(|_| "a time zone is written as in Europe/Helsinki".to_owned())
}

fn format(text: &str) -> Result<Format, String> {
    text.parse().map_err(|fault: Fault| fault.message)
}

fn delimiter(text: &str) -> Result<u8, String> {
    parse_delimiter(text).map_err(|fault| fault.message)
}

impl OrdersArguments {
    /// One file that needs no explanation; its dates are in UTC.
    pub fn of(file: &Path, source: SourceName) -> Self {
        Self {
            files: vec![file.to_path_buf()],
            source,
            region: None,
            map: Vec::new(),
            currency: None,
            decimal: None,
            date_order: None,
            time_zone: Some(TimeZone::UTC),
            format: None,
            delimiter: None,
            encoding: None,
            rejects: None,
            dry_run: false,
        }
    }

    fn request(&self, file: &Path) -> Request {
        Request {
            source: self.source.source(),
            file_name: name(file),
            region: self.region,
            options: Options {
                map: self.map.clone(),
                currency_default: self.currency,
                decimal: self.decimal.map(|sign| match sign {
                    Decimal::Point => DecimalMark::Point,
                    Decimal::Comma => DecimalMark::Comma,
                }),
                date_order: self.date_order.map(|order| match order {
                    DayMonth::DayFirst => DateOrder::DayFirst,
                    DayMonth::MonthFirst => DateOrder::MonthFirst,
                }),
                time_zone: self.time_zone.clone(),
                format: self.format,
                delimiter: self.delimiter,
                encoding: self.encoding.clone(),
                ..Options::default()
            },
        }
    }

    /// Refuses before anything is imported what could only fail later.
    fn check(&self) -> Result<(), Fault> {
        if self.files.iter().filter(|file| is_stdin(file)).count() > 1 {
            return Err(Fault::invalid("stdin_twice", "Standard input can be read only once.").field("file"));
        }
        if self.rejects.is_some() && self.files.len() > 1 {
            let message = "With several files each has a rejects file of its own; leave --rejects out.";
            return Err(Fault::invalid("rejects_ambiguous", message).field("rejects"));
        }
        for file in self.files.iter().filter(|file| !is_stdin(file)) {
            open_file(file)?;
        }
        Ok(())
    }
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn name(file: &Path) -> String {
    if is_stdin(file) {
        return "standard input".to_owned();
    }
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// The file, and its length if it has one.
fn open_file(file: &Path) -> Result<(Input, Option<u64>), Fault> {
    if is_stdin(file) {
        return Ok((Input::Stream(Box::new(io::stdin())), None));
    }
    let unreadable = |error: io::Error| {
        let code = if error.kind() == io::ErrorKind::NotFound { "file_unknown" } else { "file_unreadable" };
        let message = format!("{} cannot be read: {}.", file.display(), reason(&error));
        match error.kind() {
            io::ErrorKind::NotFound => Fault::not_found(code, message).field("file"),
            _ => Fault::unavailable(code, message).field("file"),
        }
    };
    let opened = File::open(file).map_err(unreadable)?;
    let metadata = opened.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Fault::invalid(
            "file_is_folder",
            format!("{} is a folder; name its files.", file.display()),
        )
        .field("file"));
    }
    if metadata.is_file() {
        return Ok((Input::File(opened), Some(metadata.len())));
    }
    Ok((Input::Stream(Box::new(opened)), None)) // a pipe
}

/// Why a file cannot be read, in words.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "its rights do not allow it".to_owned(),
        _ => error.to_string(),
    }
}

pub async fn run(opening: &Opening, output: Output, command: ImportCommand) -> Result<(), Fault> {
    match command {
        ImportCommand::Orders(arguments) => orders(opening, output, arguments).await,
        ImportCommand::List(page) => list::run(opening, output, &page).await,
    }
}

async fn orders(opening: &Opening, output: Output, arguments: OrdersArguments) -> Result<(), Fault> {
    arguments.check()?;
    let shop =
        if arguments.dry_run { None } else { Some(opening.in_shop(Schema::Migrate, Shop::Make).await?) };
    let shop_name = shop.as_ref().map(|shop| shop.shop.slug.clone());
    let mut done = Vec::with_capacity(arguments.files.len());
    let work = async {
        let rehearsal = if shop.is_none() { Some(opening.open(Schema::Expect).await?) } else { None };
        for file in &arguments.files {
            let one = match (&shop, &rehearsal) {
                (Some(shop), _) => import(shop, &arguments, file).await?,
                (None, Some(opened)) => rehearse(&opened.app, &arguments, file).await?,
                (None, None) => break,
            };
            if !output.json {
                output.say(one.text(arguments.files.len() > 1))?;
            }
            done.push(one);
        }
        Ok::<(), Fault>(())
    };
    tokio::select! {
        result = work => result?,
        _ = tokio::signal::ctrl_c() => {
            let message = "Interrupted. What was written stays; run the same command again to go on, nothing is taken twice.";
            return Err(Fault::unavailable("interrupted", message));
        }
    }
    let heading =
        summary::Heading { source: arguments.source.source(), shop: shop_name, dry_run: arguments.dry_run };
    if output.json {
        output.json_line(&summary::json(&heading, &done))
    } else if done.len() > 1 {
        output.say(summary::totals_text(&done))
    } else {
        Ok(())
    }
}

/// Imports one file.
pub async fn import(shop: &InShop, arguments: &OrdersArguments, file: &Path) -> Result<Done, Fault> {
    let (input, bytes_total) = open_file(file)?;
    let watch = Watch::new(&name(file), bytes_total);
    let mut rejects = RejectsFile::beside(file, arguments.rejects.as_deref());
    let request = arguments.request(file);
    let outcome = shop
        .app
        .imports
        .run(&shop.cx, request, input, bytes_total, &mut |found| rejects.write(found), &mut |progress| {
            watch.on(progress)
        })
        .await;
    watch.end();
    let rejects_file = rejects.finish()?;
    let (import, summary) = outcome.map_err(|fault| of_file(fault, file))?;
    Ok(Done { file: file.to_path_buf(), import: Some(import), summary, rejects_file })
}

/// Reads one file and stores nothing.
async fn rehearse(app: &app::App, arguments: &OrdersArguments, file: &Path) -> Result<Done, Fault> {
    let (input, bytes_total) = open_file(file)?;
    let watch = Watch::new(&name(file), bytes_total);
    let rejects = Arc::new(Mutex::new(RejectsFile::beside(file, arguments.rejects.as_deref())));
    let (written, watched) = (Arc::clone(&rejects), watch.clone());
    let outcome = app
        .imports
        .dry_run(
            &nowhere(app),
            arguments.request(file),
            input,
            move |found| written.lock().unwrap_or_else(PoisonError::into_inner).write(found),
            move |progress| watched.on(progress),
        )
        .await;
    watch.end();
    let rejects_file = rejects.lock().unwrap_or_else(PoisonError::into_inner).finish()?;
    let mut summary = outcome.map_err(|fault| of_file(fault, file))?;
    #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = summary.rows as f64 / summary.seconds.max(1e-9);
    summary.rows_per_second = rate;
    Ok(Done { file: file.to_path_buf(), import: None, summary, rejects_file })
}

fn of_file(fault: Fault, file: &Path) -> Fault {
    remark(format_args!("{} was not imported to its end.", name(file)));
    fault.detail("file", file.display().to_string())
}
