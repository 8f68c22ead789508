//! Starts a private PostgreSQL, prints its address on one line and keeps it until standard input ends.
//!
//! `cargo xtask test` runs it for the tests of all crates; `cargo xtask postgres` for a person who wants to look around.
//! With `--durable` every commit waits for the disk, as in a shop.

use std::io::{self, Read, Write};

use testkit::postgres::{Cluster, Durability};

fn main() -> io::Result<()> {
    let durable = std::env::args().skip(1).any(|argument| argument == "--durable");
    let cluster = Cluster::start(if durable { Durability::Durable } else { Durability::Fast })?;
    writeln!(io::stdout(), "{}", cluster.url())?;
    io::stdout().flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
