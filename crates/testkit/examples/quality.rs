//! Prints how well linking does: `cargo xtask quality [--seed N]… [--rows N] [--profile NAME]… [--through-import]
//! [--database sqlite|postgres|both]`.

#![allow(clippy::print_stdout)]

use std::error::Error;

use testkit::{
    quality::{Databases, heading, line, measure, report, through_import},
    timelines::Profile,
};

struct Asked {
    seeds: Vec<u64>,
    rows: usize,
    profiles: Vec<Profile>,
    through_import: bool,
    databases: Databases,
}

fn asked(mut words: impl Iterator<Item = String>) -> Result<Asked, Box<dyn Error + Send + Sync>> {
    let mut asked = Asked {
        seeds: Vec::new(),
        rows: 100_000,
        profiles: Vec::new(),
        through_import: false,
        databases: Databases::Both,
    };
    while let Some(word) = words.next() {
        if word == "--through-import" {
            asked.through_import = true;
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--seed" => asked.seeds.push(value.parse()?),
            "--rows" => asked.rows = value.parse()?,
            "--profile" => asked.profiles.push(profile(&value)?),
            "--database" => asked.databases = databases(&value)?,
            _ => return Err(format!("quality does not know {word}").into()),
        }
    }
    if asked.seeds.is_empty() {
        asked.seeds.push(1);
    }
    if asked.profiles.is_empty() {
        asked.profiles = Profile::ALL.to_vec();
    }
    Ok(asked)
}

fn profile(name: &str) -> Result<Profile, String> {
    let names: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name).collect();
    let known = Profile::ALL.iter().find(|profile| profile.name == name);
    known.copied().ok_or_else(|| format!("there is no profile {name}; there are: {}", names.join(", ")))
}

fn databases(name: &str) -> Result<Databases, String> {
    match name {
        "sqlite" => Ok(Databases::Sqlite),
        "postgres" => Ok(Databases::Postgres),
        "both" => Ok(Databases::Both),
        _ => Err("--database is sqlite, postgres or both".to_owned()),
    }
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let asked = asked(std::env::args().skip(1))?;
    for &seed in &asked.seeds {
        if !asked.through_import {
            println!("{}", report(&asked.profiles, seed, asked.rows));
            continue;
        }
        println!(
            "seed {seed}, about {} rows a profile; pairs of orders over one number; four files through the built binary",
            asked.rows
        );
        println!("{}", heading());
        for profile in &asked.profiles {
            println!("{}", line(&format!("{}, rules", profile.name), &measure(*profile, seed, asked.rows)));
            for database in asked.databases.each() {
                let found = through_import(*profile, seed, asked.rows, database)?;
                println!("{}", line(&format!("{}, {database}", profile.name), &found));
            }
        }
    }
    Ok(())
}
