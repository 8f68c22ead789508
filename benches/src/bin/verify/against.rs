//! This program against an older one, by turns of a few seconds on the same machine: whether a change has made it faster is not to be seen otherwise where the machine's own speed swings more.

use std::{path::Path, time::Duration};

use testkit::{postgres::Cluster, process::Server};

use crate::{
    Failure,
    client::{Load, Ours, Watched},
    first_process, serve,
};

/// How long a turn is.
const TURN: Duration = Duration::from_secs(2);

struct Rival {
    server: Server,
    ours: Ours,
    rates: Vec<f64>,
    cpu: Vec<f64>,
}

/// Prints the medians of both, and the median of what the one is of the other within each pair of turns.
#[allow(clippy::print_stdout, reason = "a measurement prints its table")]
pub fn compare(
    [older, newer]: [&str; 2],
    clients: &[usize],
    pairs: usize,
    (folder, cluster): (&Path, &Cluster),
) -> Result<(), Failure> {
    println!(
        "| database | clients | flows/s, older | newer | newer ÷ older | CPU µs/flow, older | newer | newer ÷ older |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for name in ["SQLite", "PostgreSQL"] {
        let is_apart = name == "PostgreSQL";
        let watched = if is_apart { Some(first_process(cluster)?) } else { None };
        let mut rivals = Vec::new();
        for (program, kind) in [(older, "older"), (newer, "newer")] {
            let database = if is_apart { Some(cluster.database()?) } else { None };
            let url = database.as_ref().map(|database| database.url.as_str());
            let (server, ours) = serve(program, &folder.join(format!("{name}-{kind}")), url)?;
            rivals.push((Rival { server, ours, rates: Vec::new(), cpu: Vec::new() }, database));
        }
        for &clients in clients {
            for _ in 0..pairs {
                for (rival, _) in &mut rivals {
                    let watched = Watched { server: rival.server.process_id(), database: watched };
                    let load = Load::run(watched, clients, TURN, |client| rival.ours.flows(client))?;
                    rival.rates.push(load.rate());
                    rival.cpu.push(load.cpu_micros());
                }
            }
            let [(older, _), (newer, _)] = &mut rivals[..] else { return Err("two rivals".into()) };
            let [rates, cpu] = [(&mut older.rates, &mut newer.rates), (&mut older.cpu, &mut newer.cpu)].map(
                |(older, newer)| {
                    let shares = newer.iter().zip(&*older).map(|(newer, older)| newer / older).collect();
                    (median(std::mem::take(older)), median(std::mem::take(newer)), median(shares))
                },
            );
            println!(
                "| {name} | {clients} | {:.0} | {:.0} | {:.2} | {:.0} | {:.0} | {:.2} |",
                rates.0, rates.1, rates.2, cpu.0, cpu.1, cpu.2
            );
        }
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
