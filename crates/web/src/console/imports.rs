//! Imports: the list, the form that takes a file, and one import with its progress and rejects.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{self, Source, Tone, badge},
        figure::{Figure, figures},
        form::{self, Field},
        header::{page_header, section},
        icon::{Icon, icon},
        notice::empty,
        progress::progress,
        shell::{Framed, Place, Shell},
        table::{Column, Paging, Row, Set, paging, table},
    },
    console::paths,
    format,
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Waiting,
    Running,
    /// All rows are in; their orders find their customers.
    Linking,
    Done,
    /// Done, and some rows were refused.
    DoneWithRejects,
    Failed,
    /// Whoever ran it is gone.
    Interrupted,
}

impl State {
    fn badge(self) -> Markup {
        match self {
            Self::Waiting => badge(Tone::Plain, "Waiting"),
            Self::Running => badge(Tone::Accent, "Reading"),
            Self::Linking => badge(Tone::Accent, "Linking"),
            Self::Done => badge(Tone::Good, "Done"),
            Self::DoneWithRejects => badge(Tone::Warn, "Done, with rejects"),
            Self::Failed => badge(Tone::Bad, "Failed"),
            Self::Interrupted => badge(Tone::Warn, "Interrupted"),
        }
    }

    pub const fn is_live(self) -> bool {
        matches!(self, Self::Waiting | Self::Running | Self::Linking)
    }
}

/// An import in a list.
#[derive(Clone, Debug)]
pub struct ImportRow {
    pub id: String,
    pub file: String,
    pub source: Source,
    pub state: State,
    pub dry_run: bool,
    pub started_at: Timestamp,
    pub rows: u64,
    pub orders: u64,
    pub rejected: u64,
}

/// The list and the form above it.
#[derive(Clone, Debug)]
pub struct Imports {
    pub imports: Vec<ImportRow>,
    pub paging: Paging,
    pub form: UploadForm,
}

/// The upload form as it stands.
#[derive(Clone, Debug)]
pub struct UploadForm {
    pub source: Option<Source>,
    /// Two-letter codes and names of countries.
    pub regions: Vec<(String, String)>,
    pub region: Field,
    /// Canonical fields, what each is for, and the column named for it.
    pub fields: Vec<(String, String, Field)>,
    pub reading: Reading,
    /// Names of the time zone database, offered while one is typed.
    pub time_zones: Vec<String>,
    pub dry_run: bool,
    /// What is wrong with the file or the form as a whole.
    pub error: Option<String>,
    pub size_max_bytes: u64,
}

/// What the file itself may leave open, as it was chosen. Each is empty when it is to be found out.
#[derive(Clone, Default, Debug)]
pub struct Reading {
    pub currency: Field,
    pub decimal: Field,
    pub date_order: Field,
    pub time_zone: Field,
    pub format: Field,
    pub delimiter: Field,
    pub encoding: Field,
}

impl Reading {
    fn is_told(&self) -> bool {
        let Self { currency, decimal, date_order, time_zone, format, delimiter, encoding } = self;
        [currency, decimal, date_order, time_zone, format, delimiter, encoding]
            .iter()
            .any(|field| field.is_asked() || field.error.is_some())
    }
}

pub fn list_page(shell: &Shell, model: &Imports) -> Markup {
    let lead = html! { "Order files from the web shop, the till, the loyalty programme and the app." };
    let history = html! {
        @if model.imports.is_empty() {
            (empty(Icon::Import, "No imports yet", "Choose a file above. A dry run first shows what would happen.", None))
        } @else { (import_table(&model.imports)) (paging(&model.paging)) }
    };
    let content = html! {
        (page_header("Imports", lead, html! {}))
        @if shell.leave.import { (section("new", "New import", html! {}, upload_form(shell, &model.form))) }
        (section("history", "All imports", html! {}, history))
    };
    shell.frame(Framed { place: Place::Imports, title: "Imports", crumbs: &[], content })
}

/// Also on the start page.
pub fn import_table(imports: &[ImportRow]) -> Markup {
    let columns = [
        Column("File", Set::Wide),
        Column("Source", Set::Text),
        Column("State", Set::Text),
        Column("Rows", Set::Figure),
        Column("Orders", Set::Figure),
        Column("Rejected", Set::Figure),
        Column("Started", Set::Text),
    ];
    let rows: Vec<Row> = imports.iter().map(import_row).collect();
    table("Imports", &columns, &rows)
}

fn import_row(import: &ImportRow) -> Row {
    Row::of(vec![
        html! { a.cover.strong href=(paths::import(&import.id)) { (import.file) } },
        badge::source(import.source),
        html! { (import.state.badge()) @if import.dry_run { " " (badge(Tone::Plain, "Dry run")) } },
        html! { (format::count(import.rows)) },
        html! { (format::count(import.orders)) },
        html! { span.is-notable[import.rejected > 0] { (format::count(import.rejected)) } },
        format::ago(import.started_at),
    ])
}

fn upload_form(shell: &Shell, model: &UploadForm) -> Markup {
    html! {
        form.upload method="post" action=(paths::IMPORTS) enctype="multipart/form-data" {
            (form::csrf(&shell.csrf))
            @if let Some(error) = &model.error { p.notice.tone-bad role="alert" { (icon(Icon::Alert)) span { (error) } } }
            // The file comes last: what is said about it must be known before its bytes arrive.
            div.upload-grid {
                div.stack {
                    (source_choice(model.source))
                    (form::select("region", "Region of national numbers", "A number without a country code is read as one of this country.", &model.regions, &model.region))
                    (form::checkbox("dry_run", "yes", "Dry run", "Reads and checks everything, and changes nothing.", model.dry_run))
                    (reading(&model.reading, &model.time_zones))
                    (mapping(&model.fields))
                }
                (drop_zone(model.size_max_bytes))
            }
            div.acts.is-end { button.button.is-primary { (icon(Icon::Import)) "Import" } }
        }
    }
}

fn drop_zone(size_max: u64) -> Markup {
    html! {
        label.drop data-drop {
            input type="file" name="file" required accept=".csv,.tsv,.txt,.jsonl,.ndjson,.json,.parquet";
            span.drop-icon { (icon(Icon::File)) }
            span.drop-title data-drop-name { "Drop an order file here, or choose one" }
            span.hint { "CSV, JSON Lines or Parquet, up to " (format::bytes(size_max)) }
        }
    }
}

fn source_choice(chosen: Option<Source>) -> Markup {
    html! {
        fieldset.choice {
            legend { "Source" }
            div.choice-row {
                @for source in Source::ALL {
                    label { input type="radio" name="source" value=(source.value()) required checked[chosen == Some(source)]; span { (badge::source(source)) } }
                }
            }
        }
    }
}

/// What the file leaves open; its beginning says most of it.
fn reading(model: &Reading, time_zones: &[String]) -> Markup {
    const ZONES: &str = "time-zones";
    let choice = |name, label, hint, options: &[(&str, &str)], field| {
        let found = ("", "Find out from the file");
        let options: Vec<_> = [found]
            .iter()
            .chain(options)
            .map(|(value, words)| ((*value).to_owned(), (*words).to_owned()))
            .collect();
        form::select(name, label, hint, &options, field)
    };
    let text = |name, label, hint| form::Input { hint, ..form::Input::text(name, label) };
    html! {
        details.mapping open[model.is_told()] {
            summary { (icon(Icon::Chevron)) "How to read it" span.note { "what the file leaves open" } }
            div.mapping-grid.is-plain {
                (form::input(&text("currency", "Currency", "Of rows that name none, as in EUR."), &model.currency))
                (choice("decimal", "Decimals", "Where 1.234 could be either.", &[(".", "Point: 1,234.50"), (",", "Comma: 1.234,50")], &model.decimal))
                (choice("date_order", "Dates", "Where 03/04 could be either.", &[("day-first", "Day first: 31/12/2025"), ("month-first", "Month first: 12/31/2025")], &model.date_order))
                (form::input(&form::Input { list: Some(ZONES), ..text("time_zone", "Time zone", "Of moments that name none, as in Europe/Helsinki; UTC if left empty.") }, &model.time_zone))
                (choice("format", "Format", "", &[("csv", "CSV"), ("jsonl", "JSON Lines"), ("parquet", "Parquet")], &model.format))
                (choice("delimiter", "Between columns", "Of CSV.", &[(",", "Comma"), (";", "Semicolon"), ("tab", "Tab"), ("|", "Bar")], &model.delimiter))
                (form::input(&text("encoding", "Encoding", "As in windows-1252."), &model.encoding))
            }
            datalist id=(ZONES) { @for zone in time_zones { option value=(zone); } }
        }
    }
}

fn mapping(fields: &[(String, String, Field)]) -> Markup {
    let named = fields.iter().any(|(_, _, field)| !field.value.is_empty() || field.error.is_some());
    html! {
        details.mapping open[named] {
            summary { (icon(Icon::Chevron)) "Column names" span.note { "usual spellings are recognised by themselves" } }
            div.mapping-grid {
                @for (name, meaning, field) in fields {
                    (form::input(&form::Input { hint: meaning, ..form::Input::text(&format!("map.{name}"), name) }, field))
                }
            }
        }
    }
}

/// One import.
#[derive(Clone, Debug)]
pub struct Import {
    pub row: ImportRow,
    pub finished_at: Option<Timestamp>,
    pub bytes_read: u64,
    pub bytes_total: Option<u64>,
    pub rows_per_second: u64,
    pub seconds_left: Option<u64>,
    pub customers_created: u64,
    pub customers_matched: u64,
    pub reviews_opened: u64,
    /// Why it failed, one plain sentence.
    pub failure: Option<String>,
    /// What the reader assumed, in sentences.
    pub notes: Vec<String>,
    /// Field of ours, column of the file.
    pub columns: Vec<(String, String)>,
    /// Columns of the file that became no field.
    pub columns_unused: Vec<String>,
    pub rejects: Vec<Reject>,
    pub rejects_paging: Paging,
    /// Of a dry run: where the same file is taken in earnest, said the same of.
    pub again: Option<String>,
}

/// A row that could not be used. The text never holds the value itself.
#[derive(Clone, Debug)]
pub struct Reject {
    pub line: u64,
    pub field: String,
    pub reason: String,
    /// Stable code of the reason.
    pub code: String,
}

pub fn import_page(shell: &Shell, model: &Import) -> Markup {
    let row = &model.row;
    let lead = html! { (badge::source(row.source)) " · started " (format::ago(row.started_at)) };
    let live = row.state.is_live().then(|| paths::import_events(&row.id));
    let content = html! {
        (page_header(&row.file, lead, again(shell, model)))
        div data-stream=[live] { (progress_panel(model)) }
        (section("rejects", "Rejected rows", rejects_note(model), rejects(model)))
        @if !(model.columns.is_empty() && model.columns_unused.is_empty()) { (section("columns", "Columns", html! { "as recognised in the file" }, columns(model))) }
    };
    shell.frame(Framed {
        place: Place::Imports,
        title: &row.file,
        crumbs: &[("Imports", paths::IMPORTS)],
        content,
    })
}

/// The live part; sent anew as an event while the import runs. The script replaces the element of the same id.
pub fn progress_panel(model: &Import) -> Markup {
    let row = &model.row;
    html! {
        section.panel #progress aria-label="Progress" {
            div.progress-head {
                (row.state.badge())
                @if row.dry_run { (badge(Tone::Plain, "Dry run: nothing is changed")) }
                span.note { (rate(model)) }
            }
            @if let Some(failure) = &model.failure { p.notice.tone-bad role="alert" { (icon(Icon::Alert)) span { (failure) } } }
            @if !matches!(row.state, State::Done | State::DoneWithRejects) { (progress("Progress of the import", model.bytes_read, model.bytes_total.filter(|_| row.state != State::Linking), &done(model))) }
            (figures(&counts(model)))
        }
    }
}

fn counts(model: &Import) -> Vec<Figure> {
    let row = &model.row;
    let mut counts = vec![
        Figure::new("Rows read", format::count(row.rows), ""),
        Figure::new("Orders", so_far(row.state, row.orders), ""),
    ];
    // A dry run links nobody.
    if !row.dry_run {
        counts.extend([
            Figure::new("New customers", so_far(row.state, model.customers_created), ""),
            Figure::new("Recognised", so_far(row.state, model.customers_matched), ""),
            Figure::new("Left for review", so_far(row.state, model.reviews_opened), ""),
        ]);
    }
    let rejected = if row.rejected > 0 { Tone::Warn } else { Tone::Plain };
    counts.push(Figure::new("Rejected", format::count(row.rejected), "").tone(rejected));
    counts
}

/// What is known only when more of it is done is not said to be none meanwhile.
fn so_far(state: State, count: u64) -> String {
    if state.is_live() && count == 0 { "–".to_owned() } else { format::count(count) }
}

/// A dry run changes nothing, so the next step is the same file again.
fn again(shell: &Shell, model: &Import) -> Markup {
    html! {
        @if let Some(address) = model.again.as_ref().filter(|_| shell.leave.import) {
            a.button.is-primary href=(address) { (icon(Icon::Import)) "Import it" }
        }
    }
}

fn done(model: &Import) -> String {
    if model.row.state == State::Linking {
        return "All rows are in. Their orders find their customers.".to_owned();
    }
    match model.bytes_total {
        Some(total) if model.row.state.is_live() => {
            let share = model.bytes_read.saturating_mul(100) / total.max(1);
            format!("{} of {} · {share} %", format::bytes(model.bytes_read), format::bytes(total))
        }
        _ => format!("{} read", format::bytes(model.bytes_read)),
    }
}

fn rate(model: &Import) -> String {
    if model.rows_per_second == 0 && model.row.state.is_live() {
        return String::new();
    }
    let rate = format!("{} rows a second", format::count(model.rows_per_second));
    match (model.row.state.is_live(), model.seconds_left, model.finished_at) {
        (true, Some(left @ 1..), _) => format!("{rate} · about {} left", format::duration(left)),
        (false, _, Some(end)) => {
            let seconds = (end.as_micros() - model.row.started_at.as_micros()) / Timestamp::SECOND;
            format!("{rate} · took {}", format::duration(u64::try_from(seconds).unwrap_or(0)))
        }
        _ => rate,
    }
}

fn rejects_note(model: &Import) -> Markup {
    html! {
        @if model.row.rejected > 0 && !model.row.dry_run {
            a.button.is-small href=(paths::import_rejects(&model.row.id)) download { (icon(Icon::Download)) "Download as CSV" }
        }
    }
}

fn rejects(model: &Import) -> Markup {
    if model.rejects.is_empty() {
        let (which, title, text) = match (model.row.rejected, model.row.state.is_live()) {
            (0, true) => (Icon::Check, "No rejected rows", "None so far.".to_owned()),
            (0, false) if model.row.rows == 0 => {
                (Icon::Alert, "No rejected rows", "No row was read.".to_owned())
            }
            (0, false) => (Icon::Check, "No rejected rows", "Every row could be used.".to_owned()),
            (count, _) => (
                Icon::Alert,
                "Listed when the import ends",
                format!("{} so far.", format::counted(count, "row", "rows")),
            ),
        };
        return empty(which, title, &text, None);
    }
    let columns = [
        Column("Line", Set::Figure),
        Column("Field", Set::Text),
        Column("Reason", Set::Wide),
        Column("Code", Set::Text),
    ];
    let rows: Vec<Row> = model
        .rejects
        .iter()
        .map(|reject| {
            Row::of(vec![
                html! { (format::count(reject.line)) },
                html! { code { (reject.field) } },
                html! { (reject.reason) },
                html! { code.note { (reject.code) } },
            ])
        })
        .collect();
    html! { (table("Rejected rows", &columns, &rows)) (paging(&model.rejects_paging)) }
}

fn columns(model: &Import) -> Markup {
    html! {
        @if !model.notes.is_empty() { ul.plain-list.is-inset { @for note in &model.notes { li { (note) } } } }
        dl.pairs {
            @for (field, column) in &model.columns { div { dt { (field) } dd { code { (column) } } } }
            @if !model.columns_unused.is_empty() {
                div {
                    dt { "not used" }
                    dd { @for (n, column) in model.columns_unused.iter().enumerate() { @if n > 0 { ", " } code { (column) } } }
                }
            }
        }
    }
}
