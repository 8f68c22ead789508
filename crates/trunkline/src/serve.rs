//! `trunkline serve` and `trunkline worker`: answer requests, run jobs, and stop without dropping either.

mod streams;

use std::{net::SocketAddr, time::Duration};

use app::App;
use axum::{Router, middleware};
use base::Fault;
use clap::Args;
use tokio::{net::TcpListener, signal, sync::watch, task::JoinHandle};

use crate::{
    opening::{Opened, Opening, Schema, open, start_log},
    output::remark,
};

#[derive(Clone, Debug, Args)]
pub struct ServeArguments {
    /// Address and port to listen on; port 0 takes any free one [default: 127.0.0.1:8080]
    #[arg(long, env = "TRUNKLINE_LISTEN", hide_env_values = true, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// How the outside world calls this server; with https:// cookies travel over TLS only
    #[arg(long, env = "TRUNKLINE_PUBLIC_URL", hide_env_values = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// Leave waiting jobs to `trunkline worker`
    #[arg(long)]
    pub no_worker: bool,
}

/// How long requests may still take after the server was asked to stop.
const DRAIN_SECONDS_MAX: Duration = Duration::from_secs(30);

pub async fn run(opening: &Opening, arguments: ServeArguments) -> Result<(), Fault> {
    let config = opening.server_config(arguments.listen, arguments.public_url)?;
    start_log(&config)?;
    let listener = bind(config.listen).await?;
    let opened = open(config, Schema::Migrate).await?;
    opened.app.shop().await?;
    let address = local_address(&listener)?;
    // One line that programs can wait for.
    crate::output::Output { json: false }.say(format_args!("http://{address}"))?;
    tracing::info!(%address, database = %opened.app.db.kind(), "listening");
    serve(opened, listener, !arguments.no_worker).await
}

pub async fn work(opening: &Opening) -> Result<(), Fault> {
    let config = opening.server_config(None, None)?;
    start_log(&config)?;
    let opened = open(config, Schema::Migrate).await?;
    let (stop, stopped) = stop_signal();
    tracing::info!("working");
    opened.app.work(stopped).await;
    drop(stop);
    Ok(())
}

pub async fn bind(address: SocketAddr) -> Result<TcpListener, Fault> {
    TcpListener::bind(address).await.map_err(|error| {
        let code =
            if error.kind() == std::io::ErrorKind::AddrInUse { "address_in_use" } else { "address_unusable" };
        let message = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("{address} is taken by another program; choose another with --listen.")
            }
            _ => format!("{address} cannot be listened on: {error}."),
        };
        Fault::unavailable(code, message).field("listen")
    })
}

pub fn local_address(listener: &TcpListener) -> Result<SocketAddr, Fault> {
    listener.local_addr().map_err(Fault::internal)
}

/// Everything that answers requests.
fn doors(app: &App) -> Router {
    api::router_with(app.clone(), web::router(app.clone()))
}

/// Serves until a signal comes, then finishes the requests, and the job in hand if that takes no more than ten seconds.
pub async fn serve(opened: Opened, listener: TcpListener, with_worker: bool) -> Result<(), Fault> {
    let (stop, stopped) = stop_signal();
    let worker: Option<JoinHandle<()>> = with_worker.then(|| {
        let (app, stopped) = (opened.app.clone(), stopped.clone());
        tokio::spawn(async move { app.work(stopped).await })
    });
    let streams = middleware::from_fn_with_state(stopped.clone(), streams::end_with_the_server);
    let router = doors(&opened.app).layer(streams).into_make_service_with_connect_info::<SocketAddr>();
    let mut asked = stopped.clone();
    let served = axum::serve(listener, router).with_graceful_shutdown(async move { until(&mut asked).await });
    let mut late = stopped;
    tokio::select! {
        result = served => result.map_err(Fault::internal)?,
        () = async { until(&mut late).await; tokio::time::sleep(DRAIN_SECONDS_MAX).await } => {
            tracing::warn!("some requests did not end in time and were dropped");
        }
    }
    if let Some(worker) = worker {
        worker.await.map_err(Fault::internal)?;
    }
    drop(stop);
    tracing::info!("stopped");
    Ok(())
}

async fn until(stopped: &mut watch::Receiver<bool>) {
    // The sender lives as long as the server does.
    drop(stopped.wait_for(|stop| *stop).await);
}

/// True after SIGTERM or SIGINT. A second signal ends the process at once.
fn stop_signal() -> (watch::Sender<bool>, watch::Receiver<bool>) {
    let (stop, stopped) = watch::channel(false);
    let teller = stop.clone();
    tokio::spawn(async move {
        signalled().await;
        remark("Stopping: what is in hand is finished first. A second signal stops at once.");
        teller.send_replace(true);
        signalled().await;
        std::process::exit(130);
    });
    (stop, stopped)
}

#[cfg(unix)]
async fn signalled() {
    use signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signalled() {
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
