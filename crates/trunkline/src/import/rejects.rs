//! The rows that could not be used, in a file beside the input: line, field, code, reason. Never the row itself, which may be personal.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use base::Fault;
use warehouse::files::Reject;

const HEADER: &str = "line,field,code,reason";

/// Made when the first reject comes; a file of an earlier run is replaced then, or removed when there is none this time.
pub struct RejectsFile {
    path: PathBuf,
    writer: Option<csv::Writer<BufWriter<File>>>,
}

impl std::fmt::Debug for RejectsFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RejectsFile({})", self.path.display())
    }
}

impl RejectsFile {
    pub fn beside(input: &Path, asked: Option<&Path>) -> Self {
        let path = asked.map_or_else(|| default_path(input), Path::to_path_buf);
        Self { path, writer: None }
    }

    pub fn write(&mut self, rejects: &[Reject]) -> Result<(), Fault> {
        if rejects.is_empty() {
            return Ok(());
        }
        if self.writer.is_none() {
            self.writer = Some(self.create()?);
        }
        let writer = self.writer.as_mut().expect("made just above");
        let written = rejects.iter().try_for_each(|reject| {
            let line = reject.line_number.to_string();
            let field = reject.field.map_or("", warehouse::files::Field::as_str);
            writer.write_record([line.as_str(), field, reject.code, &reject.reason])
        });
        written.map_err(|error| self.unwritable(error))
    }

    fn create(&self) -> Result<csv::Writer<BufWriter<File>>, Fault> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let file = options.open(&self.path).map_err(|error| self.unwritable(error))?;
        let mut writer = csv::Writer::from_writer(BufWriter::new(file));
        writer.write_record(HEADER.split(',')).map_err(|error| self.unwritable(error))?;
        Ok(writer)
    }

    /// The file, if there were rejects.
    pub fn finish(&mut self) -> Result<Option<PathBuf>, Fault> {
        match self.writer.take() {
            Some(writer) => {
                let mut file = writer.into_inner().map_err(|error| self.unwritable(error.error()))?;
                file.flush().map_err(|error| self.unwritable(error))?;
                Ok(Some(self.path.clone()))
            }
            None => {
                self.remove_old();
                Ok(None)
            }
        }
    }

    /// Rejects of an earlier try would say what is not so any more. Only a file that begins as ours do is taken away.
    fn remove_old(&self) {
        let Ok(file) = File::open(&self.path) else { return };
        let mut first = String::new();
        let ours = file.metadata().is_ok_and(|metadata| metadata.is_file())
            && BufReader::new(file).read_line(&mut first).is_ok()
            && first.trim_end() == HEADER;
        if ours {
            drop(fs::remove_file(&self.path));
        }
    }

    fn unwritable(&self, error: impl std::fmt::Display) -> Fault {
        let message = format!("The rejects file {} cannot be written: {error}.", self.path.display());
        Fault::unavailable("rejects_unwritable", message).field("rejects")
    }
}

fn default_path(input: &Path) -> PathBuf {
    if input.as_os_str() == "-" {
        return PathBuf::from("stdin.rejects.csv");
    }
    let mut path: OsString = input.as_os_str().to_owned();
    path.push(".rejects.csv");
    path.into()
}
