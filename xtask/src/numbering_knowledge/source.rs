//! Where the knowledge comes from: the package `phonenumbers` of the release that `numbering` names, in a Python environment of
//! its own below the target folder.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::automata::Pattern;
use crate::{Failure, shell};

/// The text of each language, by language.
pub type Texts = BTreeMap<String, String>;

/// What the package knows.
#[derive(Debug, Default)]
pub struct Source {
    pub carriers: BTreeMap<String, Texts>,
    /// Regions whose mobile numbers move with their holders.
    pub portable: Vec<String>,
    pub places: BTreeMap<String, Texts>,
    pub countries: BTreeMap<String, Texts>,
    /// Calling codes and their regions, the main one first.
    pub calling_codes: Vec<(u16, Vec<String>)>,
    /// The plans of regions that share a calling code.
    pub plans: BTreeMap<String, Plan>,
    pub zones: BTreeMap<String, Vec<String>>,
    pub short: BTreeMap<String, BTreeMap<String, Kind>>,
}

/// By which patterns a number is valid: the general one and one of the kinds.
#[derive(Debug, Default)]
pub struct Plan {
    pub general: Option<Pattern>,
    pub kinds: Vec<Pattern>,
}

/// A pattern of short numbers, and an example if there is one.
#[derive(Debug)]
pub struct Kind {
    pub pattern: Pattern,
    pub example: String,
}

/// A Python environment that has the package, and the package as it was fetched.
#[derive(Debug)]
pub struct Python {
    pub version: String,
    program: PathBuf,
    folder: PathBuf,
}

impl Python {
    /// Makes the environment, or takes the one that is there.
    pub fn prepare() -> Result<Self, Failure> {
        let version = metadata_version()?;
        let folder = shell::target_folder()?.join(format!("numbering-knowledge-{version}"));
        let program = folder.join("python/bin/python");
        let this = Self { version, program, folder };
        if !this.folder.join("ready").is_file() {
            fs::create_dir_all(&this.folder)?;
            let environment = this.folder.join("python");
            shell::run(Command::new("python3").args(["-m", "venv"]).arg(environment))?;
            let wanted = format!("phonenumbers=={}", this.version);
            let wheels = this.folder.join("wheels");
            let pip = ["-m", "pip", "--disable-pip-version-check", "-q"];
            shell::run(
                this.python().args(pip).args(["download", "--no-deps", "-d"]).arg(&wheels).arg(&wanted),
            )?;
            shell::run(this.python().args(pip).arg("install").arg(this.fetched("wheels")?))?;
            fs::write(this.folder.join("ready"), &this.version)?;
        }
        Ok(this)
    }

    pub fn python(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// The only file in one of the folders of fetched things.
    fn fetched(&self, name: &str) -> Result<PathBuf, Failure> {
        let mut files = fs::read_dir(self.folder.join(name))?;
        Ok(files.next().ok_or("nothing was fetched")??.path())
    }

    /// The package's source with its test suites, unpacked.
    pub fn suites(&self) -> Result<PathBuf, Failure> {
        let unpacked = self.folder.join(format!("phonenumbers-{}", self.version));
        if !unpacked.join("tests").is_dir() {
            let wanted = format!("phonenumbers=={}", self.version);
            let pip = ["-m", "pip", "--disable-pip-version-check", "-q", "download", "--no-deps"];
            let folder = self.folder.join("source");
            shell::run(
                self.python().args(pip).args(["--no-binary", ":all:", "-d"]).arg(&folder).arg(&wanted),
            )?;
            shell::run(
                Command::new("tar").arg("xzf").arg(self.fetched("source")?).arg("-C").arg(&self.folder),
            )?;
        }
        Ok(unpacked)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The SHA-256 of the package as fetched.
    pub fn package_hash(&self) -> Result<String, Failure> {
        self.hash(&fs::read(self.fetched("wheels")?)?)
    }

    pub fn hash(&self, bytes: &[u8]) -> Result<String, Failure> {
        let file = self.folder.join("to-hash");
        fs::write(&file, bytes)?;
        let program =
            "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())";
        let hash = output(self.python().args(["-c", program]).arg(file))?;
        Ok(String::from_utf8(hash)?.trim().to_owned())
    }

    /// What the package knows; with arguments for `dump.py`, what the data of its test suites say instead.
    pub fn source(&self, arguments: &[&OsStr]) -> Result<Source, Failure> {
        let mut command = self.python();
        command.arg(script("dump.py")).args(arguments);
        let document: Value = serde_json::from_slice(&output(&mut command)?)?;
        Source::read(&document)
    }
}

/// A Python program of ours.
pub fn script(name: &str) -> PathBuf {
    shell::root().join("xtask/src/numbering_knowledge").join(name)
}

fn output(command: &mut Command) -> Result<Vec<u8>, Failure> {
    println!("$ {}", shell::written(command));
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("`{}` failed ({})", shell::written(command), output.status).into())
    }
}

/// The release that `numbering::METADATA_VERSION` names, read from the source: this program does not wait for that crate.
fn metadata_version() -> Result<String, Failure> {
    const MARK: &str = "METADATA_VERSION: &str = \"";
    for entry in walkdir::WalkDir::new(shell::root().join("crates/numbering/src")) {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(entry.path())?;
            if let Some(version) = text.split_once(MARK).and_then(|(_, rest)| rest.split('"').next()) {
                return Ok(version.to_owned());
            }
        }
    }
    Err("crates/numbering names no METADATA_VERSION".into())
}

impl Source {
    fn read(document: &Value) -> Result<Self, Failure> {
        Ok(Self {
            carriers: map(&document["carriers"], texts)?,
            portable: strings(&document["portable"])?,
            places: map(&document["places"], texts)?,
            countries: map(&document["countries"], texts)?,
            calling_codes: list(&document["calling_codes"], |pair| {
                let code = pair[0].as_u64().ok_or("a calling code is a number")?;
                Ok((u16::try_from(code)?, strings(&pair[1])?))
            })?,
            plans: map(&document["plans"], |plan| {
                let general = Some(&plan["general"]).filter(|general| !general.is_null());
                let general = general.map(pattern).transpose()?;
                Ok(Plan { general, kinds: list(&plan["kinds"], pattern)? })
            })?,
            zones: map(&document["zones"], strings)?,
            short: map(&document["short"], |kinds| {
                let kinds: BTreeMap<String, Option<Kind>> = map(kinds, kind)?;
                Ok(kinds.into_iter().filter_map(|(name, kind)| Some((name, kind?))).collect())
            })?,
        })
    }
}

fn map<T>(
    value: &Value,
    read: impl Fn(&Value) -> Result<T, Failure>,
) -> Result<BTreeMap<String, T>, Failure> {
    let object = value.as_object().ok_or("a map is missing")?;
    object.iter().map(|(key, value)| Ok((key.clone(), read(value)?))).collect()
}

fn list<T>(value: &Value, read: impl Fn(&Value) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
    value.as_array().ok_or("a list is missing")?.iter().map(read).collect()
}

fn text(value: &Value) -> Result<String, Failure> {
    Ok(value.as_str().ok_or("a text is missing")?.to_owned())
}

fn strings(value: &Value) -> Result<Vec<String>, Failure> {
    list(value, text)
}

fn texts(value: &Value) -> Result<Texts, Failure> {
    map(value, text)
}

fn pattern(value: &Value) -> Result<Pattern, Failure> {
    let lengths = list(&value["lengths"], |length| Ok(length.as_i64().ok_or("a length is a number")?))?;
    // An empty list means that every length will do; one of -1 alone that none will.
    let lengths = (!lengths.is_empty())
        .then(|| lengths.into_iter().filter_map(|length| usize::try_from(length).ok()).collect());
    Ok(Pattern { text: text(&value["pattern"])?, lengths })
}

fn kind(value: &Value) -> Result<Option<Kind>, Failure> {
    if value.is_null() {
        return Ok(None);
    }
    Ok(Some(Kind { pattern: pattern(value)?, example: text(&value["example"])? }))
}
