//! Libraries that shops really use complete their flows, unchanged: openid-client on Node and authlib on Python. A person signs in between their two halves.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use testkit::peers::{node_modules, python_with};

use crate::porch::{AINO, Browser, Porch, Program, REDIRECT};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hosted/peers").join(name)
}

/// Runs a client: it says where to send the browser, is told where the browser came back to, and says what it learnt.
fn flow(command: impl Fn(&str, &Program<'_>) -> Command) -> Value {
    let (runtime, porch) = Porch::live();
    let address = runtime.block_on(porch.serve("127.0.0.1"));
    let program = runtime.block_on(Program::new(&porch, "openid phone offline_access"));
    let mut client = Running::start(&mut command(&format!("{address}/oidc/kivi"), &program));
    let begin = client.line();
    assert!(begin.starts_with(&address), "{begin}");
    let back = runtime.block_on(async {
        let mut browser = Browser::at(&porch, &address);
        let begun = browser.get(&begin).await.is(303);
        let signed = browser.sign_in_from(begun.location(), AINO).await;
        browser.get(signed.location()).await.is(303).location().to_owned()
    });
    client.tell(&back);
    let learnt = client.line();
    serde_json::from_str(&learnt).unwrap_or_else(|_| panic!("{learnt}"))
}

#[track_caller]
fn holds(learnt: &Value) {
    assert_eq!(learnt["phone"], AINO);
    assert!(learnt["sub"].as_str().is_some_and(|sub| sub.len() == 36), "{learnt}");
    assert_eq!((&learnt["before"], &learnt["after"]), (&true.into(), &false.into()));
}

#[test]
fn openid_client_completes_its_flow() {
    let learnt = flow(|issuer, program| {
        let mut node = Command::new("node");
        node.arg(script("openid_client.mjs")).arg(node_modules("openid-client@6.9.0"));
        node.args([issuer, &program.id, program.secret.as_deref().unwrap(), REDIRECT]);
        node
    });
    holds(&learnt);
    assert!(learnt["out"].as_str().unwrap().contains("/oidc/kivi/logout?"));
}

#[test]
fn authlib_completes_its_flow() {
    let learnt = flow(|issuer, program| {
        let mut python = Command::new(python_with("authlib==1.9.10 requests==2.34.2"));
        python.arg(script("authlib_client.py")).env("AUTHLIB_INSECURE_TRANSPORT", "1");
        python.args([issuer, &program.id, program.secret.as_deref().unwrap(), REDIRECT]);
        python
    });
    holds(&learnt);
}

/// A client at work; ended with the test.
struct Running {
    process: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = started.expect("`cargo xtask test` installs what the tests need");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    #[track_caller]
    fn line(&mut self) -> String {
        self.lines.next().expect("the client goes on").unwrap()
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
