//! What a command says: tables for people, JSON for programs, faults as one plain sentence.

use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use base::{Fault, FaultKind};
use clap::error::{ContextKind, ContextValue};
use serde_json::Value;

/// Where answers go, and in which form.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// One line for people.
    pub fn say(self, line: impl Display) -> Result<(), Fault> {
        writeln!(io::stdout().lock(), "{line}").map_err(unwritable)
    }

    /// One JSON value on one line.
    pub fn json_line(self, value: &Value) -> Result<(), Fault> {
        self.say(value)
    }

    /// JSON for programs, or the lines for people.
    pub fn answer(self, value: &Value, lines: impl FnOnce() -> String) -> Result<(), Fault> {
        if self.json { self.json_line(value) } else { self.say(lines().trim_end()) }
    }
}

/// A remark beside the answer.
pub fn remark(line: impl Display) {
    // Nobody reads it if standard error is closed; the command goes on.
    drop(writeln!(io::stderr().lock(), "{line}"));
}

pub fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Standard output cannot be written. A reader that has seen enough (`… | head`) is no fault.
pub fn unwritable(error: io::Error) -> Fault {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Fault::new(FaultKind::Unavailable, READER_GONE, "Nobody reads the output any more.");
    }
    Fault::unavailable("output_unwritable", "The output cannot be written.").cause(error)
}

const READER_GONE: &str = "reader_gone";

/// Tells a fault on standard error, in JSON too if asked, and gives the exit code.
pub fn tell(fault: &Fault, json: bool) -> u8 {
    if fault.code == READER_GONE {
        return 0;
    }
    remark(format_args!("error: {}", sentence(fault)));
    if json {
        remark(problem(fault));
    }
    exit_code(fault.kind)
}

/// Tells that the command line makes no sense, in JSON too if it asks for that; or what was asked of it, such as its help.
pub fn misused(error: &clap::Error, arguments: impl Iterator<Item = OsString>) -> u8 {
    drop(error.print());
    if error.use_stderr() && arguments.take_while(|one| one != "--").any(|one| one == "--json") {
        let text = error.render().to_string();
        // Its first paragraph; what follows is for people.
        let said: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        let said = said.join(" ");
        let mut fault = Fault::invalid("arguments_invalid", said.trim_start_matches("error: ").to_owned());
        let argument = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(one)) => Some(one),
            Some(ContextValue::Strings(several)) => several.first(),
            _ => None,
        };
        if let Some(argument) = argument {
            let name = argument.trim_start_matches('-').split([' ', '=']).next().unwrap_or_default();
            fault = fault.field(name.trim_matches(['<', '>', '.']).replace('-', "_").to_lowercase());
        }
        remark(problem(&fault));
    }
    u8::try_from(error.exit_code()).unwrap_or(1)
}

fn sentence(fault: &Fault) -> String {
    let mut text = fault.to_string();
    if let Some(field) = &fault.field {
        // `Display` puts the field first; people read the sentence first.
        text = text.strip_prefix(&format!("{field}: ")).map_or(text.clone(), str::to_owned);
        text = format!("{text} [{field}]");
    }
    text
}

/// The fault as a problem (RFC 9457), with the exit code for the status.
fn problem(fault: &Fault) -> Value {
    let mut problem = serde_json::json!({
        "type": format!("urn:trunkline:{}", fault.code),
        "code": fault.code,
        "detail": fault.message,
        "exit": exit_code(fault.kind),
    });
    if let Some(field) = &fault.field {
        problem["field"] = field.as_str().into();
    }
    for (key, value) in &fault.details {
        problem[key] = value.clone();
    }
    problem
}

pub const fn exit_code(kind: FaultKind) -> u8 {
    match kind {
        FaultKind::Internal => 1,
        FaultKind::Invalid => 2,
        FaultKind::NotFound => 3,
        FaultKind::Unauthenticated | FaultKind::Forbidden => 4,
        FaultKind::Conflict => 5,
        FaultKind::Limited => 6,
        FaultKind::Unavailable => 7,
    }
}

/// A table for people: columns as wide as they need, figures to the right.
#[derive(Debug)]
pub struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A head that begins with `>` stands over figures.
    pub fn new(heads: &[&'static str]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn text(&self) -> String {
        let names: Vec<String> =
            self.heads.iter().map(|head| head.trim_start_matches('>').to_uppercase()).collect();
        let width = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.chain([&names[at]]).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..names.len()).map(width).collect();
        let mut text = String::new();
        for row in std::iter::once(&names).chain(&self.rows) {
            let mut line = String::new();
            for (at, cell) in row.iter().enumerate() {
                let space = " ".repeat(widths[at].saturating_sub(cell.chars().count()));
                if self.heads[at].starts_with('>') {
                    line += &format!("{space}{cell}  ");
                } else {
                    line += &format!("{cell}{space}  ");
                }
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(figure: u64) -> String {
    let digits = figure.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2 rows`, `1,234 rows`.
pub fn counted(figure: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(figure), if figure == 1 { one } else { many })
}

/// Bytes as people say them.
#[allow(clippy::cast_precision_loss, reason = "for people")]
pub fn bytes(figure: u64) -> String {
    match figure {
        0..1024 => format!("{figure} B"),
        1024..1_048_576 => format!("{:.0} KiB", figure as f64 / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", figure as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", figure as f64 / 1_073_741_824.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped() {
        for (figure, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(figure), text);
        }
        assert_eq!((counted(1, "row", "rows"), counted(2, "row", "rows")), ("1 row".into(), "2 rows".into()));
    }

    #[test]
    fn a_table_lines_up_and_figures_stand_to_the_right() {
        let mut table = Table::new(&["name", ">orders"]);
        table.row(["Päivi".to_owned(), "7".to_owned()]);
        table.row(["Jo".to_owned(), "1,200".to_owned()]);
        assert_eq!(table.text(), "NAME   ORDERS\nPäivi       7\nJo      1,200\n");
    }

    #[test]
    fn a_fault_is_one_sentence_with_its_field_behind() {
        let fault = Fault::invalid("file_empty", "The file is empty.").field("file");
        assert_eq!(sentence(&fault), "The file is empty. [file]");
        assert_eq!(problem(&fault)["code"], "file_empty");
        assert_eq!(exit_code(fault.kind), 2);
    }
}
