//! The Python that knows libphonenumber: an environment of its own under the target folder, made when it is first needed.

use std::{fs, path::PathBuf, process::Command};

use crate::{Failure, shell};

fn folder() -> Result<PathBuf, Failure> {
    Ok(shell::target_folder()?.join("numbering"))
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

/// The interpreter of an environment with this release of `phonenumbers`.
pub fn with_release(version: &str) -> Result<PathBuf, Failure> {
    let environment = folder()?.join(format!("python-{version}"));
    let python = environment.join("bin/python");
    let ready = environment.join("ready");
    if ready.is_file() {
        return Ok(python);
    }
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    let wanted = format!("phonenumbers=={version}");
    shell::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", &wanted]))?;
    fs::write(ready, version)?;
    Ok(python)
}

/// The unpacked source of a release, with its tests, and its SHA-256.
pub fn source_of(version: &str) -> Result<(PathBuf, String), Failure> {
    let python = with_release(version)?;
    let folder = folder()?.join(format!("source-{version}"));
    fs::create_dir_all(&folder)?;
    let archive = folder.join(format!("phonenumbers-{version}.tar.gz"));
    if !archive.is_file() {
        let wanted = format!("phonenumbers=={version}");
        let arguments =
            ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", &wanted, "--dest"];
        shell::run(Command::new(&python).args(arguments).arg(&folder))?;
        shell::run(Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(&folder))?;
    }
    let sum = sha256(&python, &archive)?;
    Ok((folder.join(format!("phonenumbers-{version}")), sum))
}

pub fn sha256(python: &PathBuf, file: &PathBuf) -> Result<String, Failure> {
    let program = "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())";
    let output = Command::new(python).args(["-c", program]).arg(file).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
