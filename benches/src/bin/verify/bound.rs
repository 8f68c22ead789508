//! Group commits on SQLite without any server: what the database alone would allow.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use base::Fault;
use db::{Db, Migration, Options, Tx, params, sql};
use uuid::Uuid;

use crate::Failure;

/// Transactions a second, by so many at once. A flow needs two at least.
pub struct Bounds {
    /// Of the three writes that a code cannot be started without: the code's row, the record of its number's limits, the message.
    pub starts: f64,
    /// Of one small row.
    pub rows: f64,
}

impl Bounds {
    pub fn measure(folder: &Path, clients: usize, length: Duration) -> Result<Self, Failure> {
        let path = folder.join("bound.sqlite");
        let half = length / 2;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let db = Db::open(&format!("sqlite:{}", path.display()), Options::default()).await?;
            db.migrate(TABLES).await?;
            let starts = rate(&db, clients, half, async |tx: &mut Tx| start(tx).await).await?;
            let rows = rate(&db, clients, half, async |tx: &mut Tx| row(tx).await).await?;
            Ok(Self { starts, rows })
        })
    }
}

const TABLES: &[Migration] = &[(
    "bench/bound",
    "CREATE TABLE bound (id UUID NOT NULL, note TEXT NOT NULL, PRIMARY KEY (id)) CLUSTERED;
     CREATE TABLE bound_codes (id UUID NOT NULL, number_key BYTES NOT NULL, details BYTES NOT NULL, PRIMARY KEY (id)) CLUSTERED;
     CREATE TABLE bound_limits (number_key BYTES NOT NULL, sends BYTES NOT NULL, PRIMARY KEY (number_key)) CLUSTERED;
     CREATE TABLE bound_messages (id UUID NOT NULL, recipient BYTES NOT NULL, state TEXT NOT NULL, PRIMARY KEY (id)) CLUSTERED;",
)];

async fn row(tx: &mut Tx) -> Result<(), Fault> {
    let id = Uuid::from_bytes(rand::random());
    tx.execute(sql!("INSERT INTO bound (id, note) VALUES ($1, $2)"), &params![id, "a small row"]).await?;
    Ok(())
}

async fn start(tx: &mut Tx) -> Result<(), Fault> {
    let (id, number) = (Uuid::now_v7(), rand::random::<[u8; 32]>());
    let code = sql!("INSERT INTO bound_codes (id, number_key, details) VALUES ($1, $2, $3)");
    let limits = sql!(
        "INSERT INTO bound_limits (number_key, sends) VALUES ($1, $2) ON CONFLICT (number_key) DO UPDATE SET sends = excluded.sends"
    );
    let message = sql!("INSERT INTO bound_messages (id, recipient, state) VALUES ($1, $2, $3)");
    tx.execute(code, &params![id, &number, &[7; 120][..]]).await?;
    tx.execute(limits, &params![&number, &[7; 8][..]]).await?;
    tx.execute(message, &params![id, &[7; 60][..], "queued"]).await?;
    Ok(())
}

async fn rate(
    db: &Db,
    clients: usize,
    length: Duration,
    work: impl AsyncFn(&mut Tx) -> Result<(), Fault> + Copy + Send + Sync + 'static,
) -> Result<f64, Failure> {
    let begun = Instant::now();
    let run = |db: Db| async move {
        let mut commits = 0;
        while begun.elapsed() < length {
            db.write(work).await?;
            commits += 1;
        }
        Ok::<u32, Fault>(commits)
    };
    let tasks: Vec<_> = (0..clients).map(|_| tokio::spawn(run(db.clone()))).collect();
    let mut commits = 0;
    for task in tasks {
        commits += task.await??;
    }
    Ok(f64::from(commits) / begun.elapsed().as_secs_f64())
}
