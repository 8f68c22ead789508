//! An operator on this machine that says what it is told to and remembers what it heard.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A request.
#[derive(Clone, Debug)]
pub struct Heard {
    pub path: String,
    headers: Vec<(String, String)>,
    pub body: String,
    /// Paths that were asked for before.
    before: Vec<String>,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// How often a path was asked for before.
    pub fn earlier(&self, path: &str) -> usize {
        self.before.iter().filter(|before| *before == path).count()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Said {
    pub status: u16,
    pub body: String,
    /// Never said: whoever asked waits on the line.
    pub is_kept_back: bool,
}

impl Said {
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string(), is_kept_back: false }
    }
}

pub struct Peer {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Peer {
    pub async fn start(say: impl Fn(&Heard) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let (known, say) = (Arc::clone(&heard), Arc::new(say));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (known, say) = (Arc::clone(&known), Arc::clone(&say));
                tokio::spawn(async move { serve(stream, &known, &*say).await });
            }
        });
        Self { url, heard }
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    known: &Mutex<Vec<Heard>>,
    say: &(dyn Fn(&Heard) -> Said + Send + Sync),
) {
    let Some(mut heard) = read(&mut stream).await else { return };
    let said = {
        let mut known = known.lock().unwrap();
        heard.before = known.iter().map(|one| one.path.clone()).collect();
        known.push(heard.clone());
        say(&heard)
    };
    if said.is_kept_back {
        std::future::pending::<()>().await;
    }
    let length = said.body.len();
    let answer = format!(
        "HTTP/1.1 {} Said\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{}",
        said.status, said.body
    );
    // Whoever asked may have gone.
    drop(stream.write_all(answer.as_bytes()).await);
}

async fn read(stream: &mut TcpStream) -> Option<Heard> {
    let mut octets = Vec::new();
    loop {
        if stream.read_buf(&mut octets).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&octets).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let heard = Heard { path, headers, body: body.to_owned(), before: Vec::new() };
        let length: usize = heard.header("content-length").parse().unwrap_or(0);
        if body.len() >= length {
            return Some(heard);
        }
    }
}
