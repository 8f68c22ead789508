//! The Python that knows libphonenumber: an environment of its own for each release of the package `phonenumbers`, below the target folder,
//! made when it is first needed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Failure, shell};

/// An environment that has the package, and the package as it was fetched.
#[derive(Clone, Debug)]
pub struct Python {
    version: String,
    folder: PathBuf,
}

impl Python {
    /// The environment of a release: makes it, or takes the one that is there.
    pub fn with_release(version: &str) -> Result<Self, Failure> {
        let this = Self { version: version.to_owned(), folder: folder()?.join(format!("release-{version}")) };
        let ready = this.folder.join("ready");
        if !ready.is_file() {
            fs::create_dir_all(&this.folder)?;
            shell::run(Command::new("python3").args(["-m", "venv"]).arg(this.folder.join("python")))?;
            this.fetch("wheels", &[])?;
            shell::run(this.pip("install").arg(this.fetched("wheels")?))?;
            fs::write(ready, version)?;
        }
        Ok(this)
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// A place for what belongs to this release.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A run of the interpreter, to be given a program.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.folder.join("python/bin/python"));
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    fn pip(&self, verb: &str) -> Command {
        let mut command = self.command();
        command.args(["-m", "pip", "--disable-pip-version-check", "-q", verb]);
        command
    }

    fn fetch(&self, into: &str, how: &[&str]) -> Result<(), Failure> {
        let wanted = format!("phonenumbers=={}", self.version);
        let mut download = self.pip("download");
        shell::run(download.args(["--no-deps", "-d"]).arg(self.folder.join(into)).args(how).arg(wanted))
    }

    /// The only file in one of the folders of fetched things.
    fn fetched(&self, name: &str) -> Result<PathBuf, Failure> {
        let mut files = fs::read_dir(self.folder.join(name))?;
        Ok(files.next().ok_or("nothing was fetched")??.path())
    }

    /// The package's source with its test suites, unpacked, and the SHA-256 of its archive.
    pub fn source(&self) -> Result<(PathBuf, String), Failure> {
        let unpacked = self.folder.join(format!("phonenumbers-{}", self.version));
        if !unpacked.join("tests").is_dir() {
            self.fetch("source", &["--no-binary", ":all:"])?;
            let mut unpack = Command::new("tar");
            shell::run(unpack.arg("xzf").arg(self.fetched("source")?).arg("-C").arg(&self.folder))?;
        }
        Ok((unpacked, self.hash_of_file(&self.fetched("source")?)?))
    }

    /// The SHA-256 of the package as it was installed.
    pub fn package_hash(&self) -> Result<String, Failure> {
        self.hash_of_file(&self.fetched("wheels")?)
    }

    /// The SHA-256 of some bytes.
    pub fn hash(&self, bytes: &[u8]) -> Result<String, Failure> {
        let file = self.folder.join("to-hash");
        fs::write(&file, bytes)?;
        self.hash_of_file(&file)
    }

    pub fn hash_of_file(&self, file: &Path) -> Result<String, Failure> {
        let program =
            "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())";
        let hash = output(self.command().args(["-c", program]).arg(file))?;
        Ok(String::from_utf8(hash)?.trim().to_owned())
    }
}

fn folder() -> Result<PathBuf, Failure> {
    Ok(shell::target_folder()?.join("libphonenumber"))
}

/// A file for passing things on.
pub fn scratch(name: &str) -> Result<PathBuf, Failure> {
    fs::create_dir_all(folder()?)?;
    Ok(folder()?.join(name))
}

/// Writes a script of ours where Python finds it.
pub fn kept(name: &str, text: &str) -> Result<PathBuf, Failure> {
    let path = scratch(name)?;
    fs::write(&path, text)?;
    Ok(path)
}

/// What a command prints.
pub fn output(command: &mut Command) -> Result<Vec<u8>, Failure> {
    println!("$ {}", shell::written(command));
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("`{}` failed ({})", shell::written(command), output.status).into())
    }
}
