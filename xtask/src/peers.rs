//! Other people's libraries that tests speak with: Node's and Python's, each in a folder of its own below the target folder, fetched when they are first needed.

use std::{fs, process::Command};

use crate::{Failure, shell};

/// Packages of npm.
const NODE: &[&str] = &["openid-client@6.9.0"];
/// Packages of PyPI.
const PYTHON: &[&str] = &["authlib==1.9.10", "requests==2.34.2"];

/// Makes sure that all of them are there.
pub fn ensure() -> Result<(), Failure> {
    let folder = shell::target_folder()?.join("peers");
    let ready = folder.join("ready");
    let wanted = [NODE, PYTHON].concat().join("\n");
    if fs::read_to_string(&ready).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    let (node, python) = (folder.join("node"), folder.join("python"));
    fs::create_dir_all(&node)?;
    let mut install = Command::new("npm");
    install.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&node).args(NODE);
    shell::run(&mut install)?;
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
    let mut install = Command::new(python.join("bin/python"));
    install.args(["-m", "pip", "--disable-pip-version-check", "-q", "install"]).args(PYTHON);
    shell::run(&mut install)?;
    Ok(fs::write(ready, wanted)?)
}
