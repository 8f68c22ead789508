//! Programs of others to speak with: packages of npm and PyPI, fetched once below the target folder, and peers that tell in lines of JSON what happens to them.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use serde_json::Value;

/// How long a peer may take to say what is waited for.
const WAIT: Duration = Duration::from_secs(60);

/// The folder `node_modules` with a package in exactly this version, `smpp@0.5.1`; npm fetches it when it is not there yet.
pub fn node_modules(package: &str) -> PathBuf {
    let folder = target_folder().join("npm").join(package.replace(['@', '/'], "_"));
    fs::create_dir_all(&folder).expect("the target folder can be written");
    // Several test programs may want it at once.
    let lock = File::create(folder.join("lock")).expect("the target folder can be written");
    lock.lock().expect("a file can be locked");
    let ready = folder.join("ready");
    if !ready.is_file() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(&folder)
            .arg(package);
        let output = npm.stdin(Stdio::null()).output().expect("npm is installed");
        assert!(output.status.success(), "npm: {}", String::from_utf8_lossy(&output.stderr));
        fs::write(ready, package).expect("the target folder can be written");
    }
    folder.join("node_modules")
}

/// The interpreter of an environment that has packages of PyPI in exactly these versions, `twilio==9.13.0`, separated by blanks; it is made when it is not there yet.
pub fn python_with(package: &str) -> PathBuf {
    let folder = target_folder().join("pypi").join(package.replace(['=', ' '], "_"));
    fs::create_dir_all(&folder).expect("the target folder is ours");
    let lock = File::create(folder.join("lock")).expect("the target folder is ours");
    lock.lock().expect("locks work here");
    let (ready, python) = (folder.join("ready"), folder.join("environment/bin/python"));
    if !ready.is_file() {
        let run = |command: &mut Command| {
            let output = command.stdin(Stdio::null()).output().expect("python3 is installed");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("environment")));
        run(Command::new(&python)
            .args(["-m", "pip", "--disable-pip-version-check", "-q", "install"])
            .args(package.split(' ')));
        fs::write(ready, package).expect("the target folder is ours");
    }
    python
}

/// Where cargo builds: three folders above the test program.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    program.ancestors().nth(3).expect("a test program lies in target/debug/deps").to_owned()
}

/// A peer that runs until it is dropped, and what it has said.
#[derive(Debug)]
pub struct Peer {
    process: Child,
    lines: Receiver<Value>,
    _stdin: Option<ChildStdin>,
}

impl Peer {
    /// Starts a program that tells in lines of JSON on standard output, and ends when its standard input does.
    pub fn start(command: &mut Command) -> Self {
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the peer starts");
        let stdout = process.stdout.take().expect("it is piped");
        let stdin = process.stdin.take();
        let (tell, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Ok(value) = serde_json::from_str(&line)
                    && tell.send(value).is_err()
                {
                    return;
                }
            }
        });
        Self { process, lines, _stdin: stdin }
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// The next thing that it says.
    #[track_caller]
    pub fn says(&self) -> Value {
        self.lines.recv_timeout(WAIT).expect("the peer says something")
    }

    /// Everything that it has said and nobody has taken yet.
    pub fn said(&self) -> Vec<Value> {
        self.lines.try_iter().collect()
    }

    /// Everything that it says up to such a thing, which it says sooner or later: what it does may be seen before what it says of it.
    #[track_caller]
    pub fn said_until(&self, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut said = Vec::new();
        while !said.last().is_some_and(&is_last) {
            said.push(self.says());
        }
        said
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}
