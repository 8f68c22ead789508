//! Running other programs, saying what is run, and finding the house's folders.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use crate::Failure;

/// The top folder of the house.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        // Cargo names the work tree it runs us from; the one we were built in may be another that shares a target folder.
        let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Path::new(&own).parent().expect("xtask lies in the top folder").to_owned()
    })
}

/// What cargo tells the program that it runs about that program's package.
const OF_THIS_PACKAGE: &[&str] = &["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_"];

/// The cargo that runs us, in the top folder. It hears nothing of our own package: a build script that asks for such a variable would take it for a change, and
/// everything above it be built anew whenever a build by hand follows on one by us.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let is_ours = |name: &str| OF_THIS_PACKAGE.iter().any(|start| name.starts_with(start));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_ours) {
            command.env_remove(name);
        }
    }
    command.args(arguments).current_dir(root());
    command
}

/// Where builds go. Cargo knows: an environment variable or a configuration file may say otherwise than `target`.
pub fn target_folder() -> Result<PathBuf, Failure> {
    let output = cargo(&["metadata", "--no-deps", "--offline", "--format-version=1"])
        .stderr(Stdio::inherit())
        .stdin(Stdio::null())
        .output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let folder = metadata["target_directory"].as_str().ok_or("cargo metadata names no target directory")?;
    Ok(PathBuf::from(folder))
}

/// A program that was built for development, such as `trunkline` or `examples/postgres`.
pub fn built(name: &str) -> Result<PathBuf, Failure> {
    let file = target_folder()?.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if file.is_file() { Ok(file) } else { Err(format!("the build left no {}", file.display()).into()) }
}

/// A program that is measured or measures, built as a shop would run it: `trunkline`, a measurement, or an `examples/…` of the test kit. All of them are built at once: cargo
/// gives a dependency the features that the chosen packages ask for, and would else build it anew for each choice.
pub fn released(name: &str) -> Result<PathBuf, Failure> {
    let packages = ["--package", "trunkline", "--package", "benches", "--package", "testkit"];
    run(cargo(&["build", "--release", "--bins", "--examples"]).args(packages))?;
    let file = target_folder()?.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if file.is_file() { Ok(file) } else { Err(format!("the build left no {}", file.display()).into()) }
}

/// The command as a person would type it, in the top folder.
pub fn written(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// Says what it runs, runs it, and fails when it failed. Its output goes where ours goes.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    println!("$ {}", written(command));
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{} cannot be run: {error}", command.get_program().display()))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", written(command)).into()) }
}

/// Whether a program of this name is on the search path.
pub fn is_installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
