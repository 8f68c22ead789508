//! What the tests need beside Rust, and how it gets onto the machine: Debian's packages, as root or through sudo. Elsewhere
//! the command to type is printed. Nothing is skipped for being missing.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::{Failure, shell};

/// One thing the tests need.
struct Requirement {
    what: &'static str,
    /// Debian's packages that bring it.
    packages: &'static [&'static str],
    is_there: fn() -> bool,
}

const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        what: "Node and npm, for programs of others to speak with",
        packages: &["nodejs", "npm"],
        is_there: || shell::is_installed("node") && shell::is_installed("npm"),
    },
    Requirement {
        what: "Perl's SMPP",
        packages: &["perl", "libnet-smpp-perl"],
        is_there: || {
            let mut perl = Command::new("perl");
            perl.args(["-MNet::SMPP", "-e", "1"])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        },
    },
    Requirement {
        what: "a C compiler",
        packages: &["gcc", "libc6-dev"],
        is_there: || shell::is_installed("cc"),
    },
    Requirement { what: "PostgreSQL", packages: &["postgresql"], is_there: has_postgres },
    Requirement {
        what: "Chromium and its driver",
        packages: &["chromium", "chromium-driver"],
        is_there: || {
            shell::is_installed("chromedriver")
                && ["chromium", "google-chrome"].iter().any(|name| shell::is_installed(name))
        },
    },
    Requirement {
        what: "Python with environments",
        packages: &["python3", "python3-venv"],
        is_there: || {
            let mut python = Command::new("python3");
            python
                .args(["-c", "import ensurepip, venv"])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        },
    },
];

/// Makes sure that everything is there; installs what is not.
pub fn ensure() -> Result<(), Failure> {
    let missing: Vec<&Requirement> = REQUIREMENTS.iter().filter(|wanted| !(wanted.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|wanted| wanted.what).collect();
    let packages: Vec<&str> = missing.iter().flat_map(|wanted| wanted.packages).copied().collect();
    println!("Not on this machine: {}.", names.join(", "));
    install(&packages)?;
    match missing.iter().find(|wanted| !(wanted.is_there)()) {
        None => Ok(()),
        Some(wanted) => Err(format!("{} was installed but is not to be found", wanted.what).into()),
    }
}

fn install(packages: &[&str]) -> Result<(), Failure> {
    let command = format!("apt-get install --yes --no-install-recommends {}", packages.join(" "));
    let prefix: &[&str] = match privilege() {
        Some(prefix) if shell::is_installed("apt-get") => prefix,
        _ => {
            return Err(format!(
                "The tests need them. On Debian or Ubuntu, `sudo {command}` installs them; \
                 elsewhere, install PostgreSQL's server, Chromium, chromedriver, Node, npm, Python with venv, and Perl's Net::SMPP in the system's own way."
            )
            .into());
        }
    };
    let words = |tail: &'static str| prefix.iter().copied().chain(tail.split(' '));
    shell::run(&mut words_to_command(words("apt-get update --quiet")))?;
    let mut install = words_to_command(words("apt-get install --yes --quiet --no-install-recommends"));
    shell::run(install.args(["-o", "DPkg::Lock::Timeout=300"]).args(packages))
}

fn words_to_command<'a>(mut words: impl Iterator<Item = &'a str>) -> Command {
    let mut command = Command::new(words.next().expect("a command has a first word"));
    command.args(words).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// What to write before a command that only root may run; nothing when there is no way.
fn privilege() -> Option<&'static [&'static str]> {
    let answers = |command: &mut Command| {
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if answers(Command::new("id").arg("-u"))? == "0" {
        return Some(&[]);
    }
    answers(Command::new("sudo").args(["-n", "true"]))?;
    Some(&["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"])
}

/// The server's programs, which Debian keeps out of the search path.
fn has_postgres() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders
        .iter()
        .any(|folder| ["initdb", "pg_ctl", "psql"].iter().all(|program| folder.join(program).is_file()))
}
