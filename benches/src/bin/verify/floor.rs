//! The floor: a server that does nothing but take a request, commit one small row and answer. Two requests of it are what a flow cannot do without, so what the same
//! clients get out of it on the same machine is the most that anybody could. It is this program, begun again with `--floor`.

use std::{path::Path, process::Command, sync::Arc};

use axum::{Json, Router, extract::State, routing::post};
use db::{Db, Options, params, sql};
use serde_json::{Value, json};

use crate::{
    Failure,
    client::{Connection, next_number},
    peer::Running,
};

const TABLE: &str = "CREATE TABLE floor (id UUID NOT NULL, note TEXT NOT NULL, PRIMARY KEY (id)) CLUSTERED;";

/// Serves until it is killed.
pub fn serve(file: &Path) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let db = Db::open(&format!("sqlite:{}", file.display()), Options::default()).await?;
        db.migrate(&[("bench/floor", TABLE)]).await?;
        let routes = Router::new().route("/", post(commit)).with_state(Arc::new(db));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", json!({ "port": listener.local_addr()?.port() }));
        Ok(axum::serve(listener, routes).await?)
    })
}

async fn commit(State(db): State<Arc<Db>>, Json(asked): Json<Value>) -> Result<Json<Value>, String> {
    let id = uuid::Uuid::from_bytes(rand::random());
    let note = asked.to_string();
    let insert = sql!("INSERT INTO floor (id, note) VALUES ($1, $2)");
    let done = db.write(async move |tx| Ok(tx.execute(insert, &params![id, note.as_str()]).await?)).await;
    done.map_err(|fault| fault.to_string())?;
    Ok(Json(json!({ "id": id })))
}

/// Starts it.
pub fn start(file: &Path) -> Result<Running, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--floor").arg(file);
    Running::start(command)
}

pub fn flows(address: &str) -> Result<impl FnMut() -> Result<(), Failure> + use<>, Failure> {
    let mut connection = Connection::open(address)?;
    Ok(move || {
        let number = next_number();
        for purpose in ["start", "check"] {
            connection.post("/", "", &json!({ "number": number, "purpose": purpose }), "")?;
        }
        Ok(())
    })
}
