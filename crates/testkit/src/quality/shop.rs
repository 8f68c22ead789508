//! The same figures through the real thing: labelled timelines as four order files, imported by the built binary and judged by
//! what its export says, as somebody would who knows nothing of its inside.

use std::{
    collections::{BTreeSet, HashMap},
    error::Error,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use customers::{linking::NumberKind, persona::NumberKey};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Placed, Scores,
    report::{handed_on_by_operator, number_key},
};
use crate::{
    postgres::{self, Database},
    process::{folder, run, trunkline},
    timelines::{OrderFile, Profile, Row, Source, Timelines},
};

/// Which databases to measure on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Databases {
    Sqlite,
    Postgres,
    Both,
}

impl Databases {
    /// By name, each.
    pub const fn each(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["sqlite"],
            Self::Postgres => &["postgres"],
            Self::Both => &["sqlite", "postgres"],
        }
    }
}

/// The export is not what the guide says it is.
#[derive(Debug)]
pub struct NotAnAnswer(String);

impl std::fmt::Display for NotAnAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for NotAnAnswer {}

/// A row of the files, as far as scores need it; found again by source and order id.
struct Truth {
    number: Option<NumberKey>,
    person: u64,
    at: base::Timestamp,
    says_who: bool,
}

impl Truth {
    fn of(row: &Row) -> Self {
        Self {
            number: row.number.as_ref().map(|number| number_key(&number.e164())),
            person: row.truth_person,
            at: row.ordered_at,
            says_who: row.details.says_who(),
        }
    }
}

/// What the export says.
#[derive(Default)]
struct Export {
    /// Customer and tenure, by source and order id.
    lines: HashMap<(String, String), (Option<Uuid>, Option<Uuid>)>,
    /// The kind of the number that each tenure is of.
    kinds: HashMap<Uuid, NumberKind>,
}

/// Invents the rows of [`super::measure`], writes and imports them, and measures the export. `database` is `sqlite` or `postgres`.
pub fn through_import(
    profile: Profile,
    seed: u64,
    rows: usize,
    database: &str,
) -> Result<Scores, Box<dyn Error + Send + Sync>> {
    let data = folder();
    let (mut truth, mut truths) = (HashMap::new(), Vec::new());
    let files: Vec<_> = Source::ALL.map(|source| data.path().join(format!("{}.csv", source.code()))).to_vec();
    let mut open = Vec::new();
    for (source, file) in Source::ALL.into_iter().zip(&files) {
        open.push((source, OrderFile::create(file, seed)?));
    }
    for scene in Timelines::new(profile, seed).at_least(rows) {
        for row in &scene.rows {
            let file = open.iter_mut().find(|(source, _)| *source == row.source).expect("all are open");
            file.1.write(row)?;
            truth.insert((row.source.code().to_owned(), row.order_id.clone()), Truth::of(row));
        }
        truths.extend(scene.numbers);
    }
    for (_, file) in open {
        file.finish()?;
    }
    let kept: Option<Database> = (database == "postgres").then(postgres::database);
    let url = kept.as_ref().map(|database| database.url.as_str());
    let mut reviews = 0;
    for (source, file) in Source::ALL.into_iter().zip(&files) {
        reviews += import(data.path(), url, source, file)?;
    }
    let export = export(data.path(), url)?;
    let recycled = handed_on_by_operator(&truths);
    Ok(Scores { reviews, ..judge(&truth, &export, &recycled)? })
}

fn command(data: &Path, url: Option<&str>, words: &[&str]) -> Command {
    let mut command = trunkline(words);
    command.arg("--json").arg("--data").arg(data);
    if let Some(url) = url {
        command.args(["--database", url]);
    }
    command
}

/// Returns how many doubts were opened. Every row must have been used.
fn import(data: &Path, url: Option<&str>, source: Source, file: &Path) -> Result<u64, NotAnAnswer> {
    let mut command = command(data, url, &["import", "orders", "--source", source.code()]);
    command.arg(file);
    let summary = run(command).success().json();
    if summary["rejected"] != 0 {
        return Err(NotAnAnswer(format!("rows of {} were rejected: {summary}", source.code())));
    }
    Ok(summary["reviews_opened"].as_u64().unwrap_or(0))
}

fn export(data: &Path, url: Option<&str>) -> Result<Export, Box<dyn Error + Send + Sync>> {
    let mut child =
        command(data, url, &["customer", "export"]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut export = Export::default();
    for line in BufReader::new(child.stdout.take().expect("it is piped")).lines() {
        export.read(&serde_json::from_str(&line?)?)?;
    }
    let status = child.wait()?;
    if status.success() {
        Ok(export)
    } else {
        Err(NotAnAnswer(format!("the export ended with {status}")).into())
    }
}

impl Export {
    fn read(&mut self, record: &Value) -> Result<(), NotAnAnswer> {
        let wrong = || NotAnAnswer(format!("not a record of an export: {record}"));
        let id = |key: &str| record[key].as_str().and_then(|text| text.parse::<Uuid>().ok());
        match record["type"].as_str() {
            Some("line") => {
                let (source, order) =
                    record["source"].as_str().zip(record["order_id"].as_str()).ok_or_else(wrong)?;
                let found = (id("customer"), id("tenure"));
                let before = self.lines.insert((source.to_owned(), order.to_owned()), found);
                if before.is_some() { Err(wrong()) } else { Ok(()) }
            }
            Some("number") => {
                let code = record["kind"].as_str().ok_or_else(wrong)?;
                let kind = NumberKind::ALL.iter().find(|kind| kind.code() == code).ok_or_else(wrong)?;
                for tenure in record["tenures"].as_array().ok_or_else(wrong)? {
                    let id = tenure["id"].as_str().and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
                    self.kinds.insert(id, *kind);
                }
                Ok(())
            }
            _ => Err(wrong()),
        }
    }
}

/// Joins lines and numbers through their tenures: the export masks numbers.
fn judge(
    truth: &HashMap<(String, String), Truth>,
    export: &Export,
    recycled: &BTreeSet<NumberKey>,
) -> Result<Scores, NotAnAnswer> {
    if truth.len() != export.lines.len() {
        let (rows, lines) = (truth.len(), export.lines.len());
        return Err(NotAnAnswer(format!("{rows} rows went in and {lines} lines came out")));
    }
    let mut kinds = HashMap::new();
    let mut placed = Vec::with_capacity(truth.len());
    for (key, row) in truth {
        let missing = || NotAnAnswer(format!("the export has no line of order {} of {}", key.1, key.0));
        let &(customer, tenure) = export.lines.get(key).ok_or_else(missing)?;
        let kind = tenure.and_then(|tenure| export.kinds.get(&tenure));
        if let Some((number, &kind)) = row.number.zip(kind) {
            let other = kinds.insert(number, kind).is_some_and(|before| before != kind);
            if other {
                return Err(NotAnAnswer("tenures of one number lead to two kinds".to_owned()));
            }
        }
        placed.push(Placed {
            number: row.number,
            person: row.person,
            at: row.at,
            says_who: row.says_who,
            customer,
        });
    }
    Ok(Scores::of(&placed, &kinds, recycled))
}
