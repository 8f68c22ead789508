//! Doors to programs of other crates: measurements against peers, linking quality, a PostgreSQL to look around in. They are
//! built in release mode, as a shop would run them.

use std::{fs, path::PathBuf, process::Command};

use crate::{Failure, shell};

/// `bench NAME …` runs `benches/src/bin/NAME.rs`, which prints its table at the end.
pub fn bench(arguments: &[&str]) -> Result<(), Failure> {
    let names = bench_names();
    let Some((&name, rest)) = arguments.split_first() else {
        names.iter().for_each(|name| println!("{name}"));
        return Ok(());
    };
    if !names.iter().any(|known| known == name) {
        return Err(format!("there is no measurement {name}; there are: {}", names.join(", ")).into());
    }
    let program = shell::released(name)?;
    shell::run(Command::new(program).args(rest).env("TRUNKLINE_BIN", shell::released("trunkline")?))
}

fn bench_names() -> Vec<String> {
    let folder: PathBuf = shell::root().join("benches/src/bin");
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.path().with_extension("").file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

/// `quality` hands its options to the test kit's program of this name. Through the import it needs the binary that a shop would run.
pub fn quality(arguments: &[&str]) -> Result<(), Failure> {
    let program = shell::released("examples/quality")?;
    shell::run(Command::new(program).args(arguments).env("TRUNKLINE_BIN", shell::released("trunkline")?))
}

/// `postgres` keeps a private cluster until its input ends.
pub fn postgres(arguments: &[&str]) -> Result<(), Failure> {
    let mut command: Command =
        shell::cargo(&["run", "--quiet", "--package", "testkit", "--example", "postgres", "--"]);
    let status = command.args(arguments).status()?; // its input is ours
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}").into()) }
}
