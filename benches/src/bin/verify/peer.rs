//! better-auth with its plugin for phone numbers, as its own documentation sets it up, on the same PostgreSQL.

use std::process::Command;

use serde_json::json;
use testkit::peers::{Peer, node_modules};

use crate::{
    Failure,
    client::{Connection, next_number},
};

const PACKAGE: &str = "better-auth@1.7.25";
const DRIVER: &str = "pg@8.16.3";

/// A program that listens on this machine.
pub struct Running {
    peer: Peer,
    pub address: String,
}

impl Running {
    /// Starts one that says its port.
    pub fn start(mut command: Command) -> Result<Self, Failure> {
        let peer = Peer::start(&mut command);
        let port = peer.says()["port"].as_u64().ok_or("it says its port")?;
        Ok(Self { peer, address: format!("127.0.0.1:{port}") })
    }

    pub fn process_id(&self) -> u32 {
        self.peer.process_id()
    }
}

/// Starts better-auth in its production mode on a free port; it makes its tables first.
pub fn better_auth(database: &str) -> Result<Running, Failure> {
    let paths = std::env::join_paths([node_modules(PACKAGE), node_modules(DRIVER)])?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin/verify/better_auth.js");
    let mut command = Command::new("node");
    command.arg(script).arg(database).env("NODE_PATH", paths).env("NODE_ENV", "production");
    Running::start(command)
}

pub fn flows(address: &str) -> Result<impl FnMut() -> Result<(), Failure> + use<>, Failure> {
    let mut connection = Connection::open(address)?;
    let headers = "origin: http://bench\r\n";
    Ok(move || {
        let number = next_number();
        let start = json!({ "phoneNumber": number });
        let (_, code) = connection.post("/api/auth/phone-number/send-otp", headers, &start, "x-code")?;
        let check = json!({ "phoneNumber": number, "code": code });
        let (checked, _) = connection.post("/api/auth/phone-number/verify", headers, &check, "")?;
        if checked["status"] == true { Ok(()) } else { Err(format!("not verified: {checked}").into()) }
    })
}
