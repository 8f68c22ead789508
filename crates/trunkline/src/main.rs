//! The binary: `demo`, `serve`, `import` and everything else that is done from a shell, over one composed [`app::App`].

mod access;
mod arguments;
mod backup;
mod client;
mod config;
mod customer;
mod demo;
mod doctor;
mod import;
mod message;
mod number;
mod opening;
mod output;
mod reference;
mod review;
mod risk;
mod serve;
mod trail;
mod verify;
mod webhook;

use std::process::ExitCode;

use base::Fault;
use clap::{CommandFactory as _, Parser as _};

use arguments::{Command, CommandLine};
use opening::Opening;
use output::Output;

/// Imports allocate much and from several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Memory that comes and goes with each batch of an import would else be cleared two megabytes at a time: a fifth of its time. A system that
    // does not know the setting has no such pages.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return ExitCode::from(output::misused(&error, std::env::args_os())),
    };
    // The threads of a parallel piece of work, which only imports and files of numbers have.
    drop(rayon::ThreadPoolBuilder::new().start_handler(|_| db::give_way()).build_global());
    let json = line.global.json;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ExitCode::from(output::tell(&Fault::internal(error), json)),
    };
    let result = runtime.block_on(run(line));
    // What still runs in the background (a look-out for signals) needs no farewell.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(fault) => ExitCode::from(output::tell(&fault, json)),
    }
}

async fn run(line: CommandLine) -> Result<ExitCode, Fault> {
    let output = Output { json: line.global.json };
    let opening = Opening::new(line.global);
    match line.command {
        Command::Demo(arguments) => demo::run(opening, output, arguments).await?,
        Command::Serve(arguments) => serve::run(&opening, arguments).await?,
        Command::Worker => serve::work(&opening).await?,
        Command::Migrate => opening::migrate(&opening, output).await?,
        Command::Doctor => return doctor::run(&opening, output).await,
        Command::Import(command) => import::run(&opening, output, command).await?,
        Command::Customer(command) => customer::run(&opening, output, command).await?,
        Command::Message(command) => message::run(&opening, output, command).await?,
        Command::Number(command) => number::run(&opening, output, command).await?,
        Command::Verify(command) => verify::run(&opening, output, command).await?,
        Command::Risk(command) => risk::run(&opening, output, command).await?,
        Command::Review(command) => review::run(&opening, output, command).await?,
        Command::Audit(command) => trail::run_audit(&opening, output, command).await?,
        Command::Acts(command) => trail::run_acts(&opening, output, command).await?,
        Command::Staff(command) => access::run_staff(&opening, output, command).await?,
        Command::Key(command) => access::run_key(&opening, output, command).await?,
        Command::Client(command) => client::run(&opening, output, command).await?,
        Command::Webhook(command) => webhook::run(&opening, output, command).await?,
        Command::Shop(command) => access::run_shop(&opening, output, command).await?,
        Command::Backup(arguments) => backup::backup(&opening, output, arguments).await?,
        Command::Restore(arguments) => backup::restore(&opening, output, arguments).await?,
        Command::Config(command) => config::run(&opening, output, command)?,
        Command::Openapi => reference::openapi(output)?,
        Command::Errors => reference::errors(output)?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut CommandLine::command(), "trunkline", &mut script);
            output.say(String::from_utf8_lossy(&script).trim_end())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
