//! The built `trunkline` from outside, as a shop runs it: command lines with their answers, and a server on a free port that
//! can be asked, stopped, or killed in the middle of what it does.
//!
//! `cargo xtask test` names the binary in `TRUNKLINE_BIN`. Without it the binary is built first, so that it is never an old
//! one. Settings of whoever runs the tests (`TRUNKLINE_…`) never reach it.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

mod http;

pub use http::{Answer, Http};

/// Names the binary to test.
pub const VARIABLE: &str = "TRUNKLINE_BIN";

/// A server that has not answered by then will not; the slowest machines need a few seconds.
const START_SECONDS_MAX: Duration = Duration::from_secs(60);
/// How long a server may take to finish what it does when it is asked to stop.
const STOP_SECONDS_MAX: Duration = Duration::from_secs(60);
/// How often we look again while waiting for the two above.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The built binary.
///
/// # Panics
/// When it cannot be built.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os(VARIABLE).map_or_else(build, PathBuf::from))
}

/// Builds the binary beside the running test, in the same profile, and says where it is.
fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    // …/debug/deps/name-hash for tests, …/debug/examples/name for examples, …/debug/name for programs
    let folder = test
        .ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps") && !folder.ends_with("examples"))
        .expect("a program lies in a folder");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Cargo names the running test's crate; work trees that share a target folder have several.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    cargo.args(["build", "--quiet", "--package", "trunkline"]).current_dir(package);
    cargo.arg("--target-dir").arg(folder.parent().expect("a profile's folder lies in the target folder"));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.status().expect("cargo runs, as it built this test");
    assert!(status.success(), "the binary trunkline could not be built");
    folder.join(format!("trunkline{}", std::env::consts::EXE_SUFFIX))
}

/// A command line of the binary, such as `trunkline(["number", "parse", "--region", "FI"])`.
pub fn trunkline<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TRUNKLINE_") {
            command.env_remove(name);
        }
    }
    command.env("NO_COLOR", "1").env_remove("RUST_LOG");
    command
}

/// An empty folder for one test, removed with its contents when dropped.
///
/// # Panics
/// When the disk does not let us.
pub fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("trunkline-test-").tempdir().expect("the temporary folder is writable")
}

/// What a command line answered.
#[derive(Debug)]
pub struct Finished {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// The same, after making sure that it went well.
    ///
    /// # Panics
    /// With everything the command said, when it failed.
    #[must_use]
    #[track_caller]
    pub fn success(self) -> Self {
        assert!(self.status.success(), "it ended with {}:\n{}\n{}", self.status, self.stdout, self.stderr);
        self
    }

    /// The same, after making sure that it ended with this exit code.
    ///
    /// # Panics
    /// With everything the command said, when it ended otherwise.
    #[must_use]
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        let (stdout, stderr) = (&self.stdout, &self.stderr);
        assert_eq!(self.status.code(), Some(code), "it ended with {}:\n{stdout}\n{stderr}", self.status);
        self
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in: {}", self.stdout))
    }

    /// Standard output as JSON Lines.
    ///
    /// # Panics
    /// When a line is no JSON.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in: {line}"));
        self.stdout.lines().map(read).collect()
    }
}

/// Runs a command line to its end, with nothing on standard input.
pub fn run(command: Command) -> Finished {
    run_with_input(command, b"")
}

/// Runs a command line to its end with these bytes on standard input.
///
/// # Panics
/// When the program cannot be started.
pub fn run_with_input(mut command: Command, input: &[u8]) -> Finished {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} cannot be started: {error}", command.get_program().display()));
    let mut stdin = child.stdin.take().expect("it is piped");
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            // A program that does not read all of its input closes the pipe; that is its own business.
            let _ = stdin.write_all(input);
        });
        child.wait_with_output().expect("a started program can be waited for")
    });
    Finished {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
    output: Arc<Mutex<String>>,
    readers: Vec<thread::JoinHandle<()>>,
}

impl Server {
    /// `trunkline serve` on a data folder and a free port; returns when it is ready to work.
    ///
    /// # Panics
    /// With everything the server said, when it does not become ready.
    #[track_caller]
    pub fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut command = trunkline(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(data).args(arguments);
        Self::spawn(command)
    }

    /// Any command that serves, such as `trunkline demo`: it prints the address `http://…` that it listens on.
    ///
    /// # Panics
    /// With everything the server said, when it does not become ready.
    #[track_caller]
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", command.get_program().display()));
        let (lines, read_lines) = mpsc::channel();
        let output = Arc::default();
        let readers = vec![
            read(child.stdout.take().expect("it is piped"), &lines, &output),
            read(child.stderr.take().expect("it is piped"), &lines, &output),
        ];
        drop(lines);
        // From here on a panic kills the child.
        let mut server = Self { child, address: String::new(), output, readers };
        let deadline = Instant::now() + START_SECONDS_MAX;
        server.address = wait_for_address(&read_lines, deadline)
            .unwrap_or_else(|why| panic!("{why}; the server said:\n{}", server.output()));
        server.wait_until_ready(deadline);
        server
    }

    fn wait_until_ready(&mut self, deadline: Instant) {
        let http = self.http();
        let mut last = String::from("nothing");
        while Instant::now() < deadline {
            match http.try_get("/readyz") {
                Ok(answer) if answer.status == 200 => return,
                Ok(answer) => last = format!("{} {}", answer.status, answer.body),
                Err(error) => last = error.to_string(),
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("the server ended with {status}; it said:\n{}", self.output());
            }
            thread::sleep(LOOK_EVERY);
        }
        panic!("the server is not ready: /readyz last answered {last}; the server said:\n{}", self.output());
    }

    /// Where it listens, as `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A client of this server, with a cookie jar of its own and no key.
    pub fn http(&self) -> Http {
        Http::new(&self.address)
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// All that it printed so far, both streams as they came.
    pub fn output(&self) -> String {
        self.output.lock().expect("no reader panics").clone()
    }

    /// Ends it as a power cut would (SIGKILL), and returns what it had printed.
    pub fn kill(mut self) -> String {
        self.end();
        self.output()
    }

    /// Asks it to stop (SIGTERM), waits until it has, and returns how it ended with all that it printed.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(mut self) -> (ExitStatus, String) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(
            asked.is_ok_and(|status| status.success()),
            "the server was gone before it was asked to stop"
        );
        let deadline = Instant::now() + STOP_SECONDS_MAX;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().expect("a child can be asked about") {
                self.readers.drain(..).for_each(|reader| reader.join().expect("readers do not panic"));
                return (status, self.output());
            }
            thread::sleep(LOOK_EVERY);
        }
        panic!("the server did not stop when asked; it said:\n{}", self.output());
    }

    fn end(&mut self) {
        let _ = self.child.kill(); // it may have ended by itself
        let _ = self.child.wait();
        self.readers.drain(..).for_each(|reader| drop(reader.join()));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Collects what a stream says, and passes each line on while somebody listens.
fn read(
    stream: impl Read + Send + 'static,
    lines: &Sender<String>,
    output: &Arc<Mutex<String>>,
) -> thread::JoinHandle<()> {
    let (lines, output) = (lines.clone(), Arc::clone(output));
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            output.lock().expect("no reader panics").push_str(&text);
            let _ = lines.send(text);
            line.clear();
        }
    })
}

fn wait_for_address(lines: &Receiver<String>, deadline: Instant) -> Result<String, &'static str> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) => {
                if let Some(address) = find_address(&line) {
                    return Ok(address);
                }
            }
            Err(RecvTimeoutError::Timeout) => return Err("the server did not say where it listens"),
            Err(RecvTimeoutError::Disconnected) => return Err("the server ended before it listened"),
        }
    }
}

/// The first `http://HOST:PORT` of a line.
fn find_address(line: &str) -> Option<String> {
    let start = line.find("http://")?;
    let host_start = start + "http://".len();
    let length = line[host_start..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || ".:-[]".contains(c)))
        .unwrap_or(line.len() - host_start);
    let authority = line[host_start..host_start + length].trim_end_matches(['.', ':']);
    let (_, port) = authority.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    Some(format!("http://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_what_servers_print() {
        for (line, address) in [
            ("Listening on http://127.0.0.1:8080/\n", Some("http://127.0.0.1:8080")),
            ("Open http://localhost:80. Stop with Ctrl-C.", Some("http://localhost:80")),
            (r#"{"message":"listening","url":"http://[::1]:4711"}"#, Some("http://[::1]:4711")),
            ("see http://example.org/help", None),
            ("starting", None),
            ("http://127.0.0.1:99999", None),
        ] {
            assert_eq!(find_address(line).as_deref(), address, "{line}");
        }
    }

    #[test]
    fn a_command_gets_its_input_and_gives_its_output() {
        // More than a pipe holds, so that writing and reading must go on side by side.
        let input = "0123456789\n".repeat(100_000);
        let finished = run_with_input(Command::new("cat"), input.as_bytes()).success();
        assert!(finished.stdout == input, "what went in came out, {} bytes", finished.stdout.len());
    }

    #[test]
    #[should_panic(expected = "it ended with exit status: 3")]
    fn a_failed_command_is_no_success() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 3"]);
        let _ = run(command).success();
    }

    #[test]
    #[should_panic(expected = "no data folder")]
    fn a_server_that_ends_at_once_is_quoted() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no data folder >&2"]);
        Server::spawn(command);
    }
}
