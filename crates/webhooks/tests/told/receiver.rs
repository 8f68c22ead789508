//! A receiver on this machine that answers as it is told, and remembers what it was told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// A call as it came over the wire.
#[derive(Clone, Debug)]
pub struct Call {
    pub line: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Call {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// `webhook-timestamp`.
    pub fn timestamp(&self) -> i64 {
        self.header("webhook-timestamp").parse().unwrap()
    }
}

/// What the next call is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A status, headers with their line ends, a body.
    Now(u16, String, String),
    /// None, until everybody who waits is let go.
    Never,
}

pub fn status(status: u16) -> Answer {
    Answer::Now(status, String::new(), format!("answer {status}"))
}

#[derive(Debug, Default)]
struct Shared {
    calls: Mutex<Vec<Call>>,
    /// What is answered first; after that 200.
    answers: Mutex<VecDeque<Answer>>,
    came: Notify,
    let_go: Notify,
}

#[derive(Clone, Debug)]
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let receiver = Self { url, shared: Arc::default() };
        let shared = Arc::clone(&receiver.shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        receiver
    }

    /// Answers so the next times.
    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.shared.answers.lock().unwrap().extend(answers);
    }

    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// Waits until there were so many calls.
    pub async fn came(&self, count: usize) {
        loop {
            let came = self.shared.came.notified();
            if self.calls().len() >= count {
                return;
            }
            came.await;
        }
    }

    pub fn let_go(&self) {
        self.shared.let_go.notify_waiters();
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(call) = read(&mut stream).await else { return };
    let answer = shared.answers.lock().unwrap().pop_front().unwrap_or_else(|| status(200));
    let let_go = shared.let_go.notified();
    tokio::pin!(let_go);
    // From here on whoever is let go is heard of.
    let_go.as_mut().enable();
    shared.calls.lock().unwrap().push(call);
    shared.came.notify_waiters();
    let (status, headers, body) = match answer {
        Answer::Now(status, headers, body) => (status, headers, body),
        Answer::Never => {
            let_go.await;
            (200, String::new(), String::new())
        }
    };
    let text = format!(
        "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    drop(stream.write_all(text.as_bytes()).await);
}

async fn read(stream: &mut TcpStream) -> Option<Call> {
    let mut read = Vec::new();
    let end = loop {
        let mut part = [0; 4096];
        let octets = stream.read(&mut part).await.ok().filter(|octets| *octets > 0)?;
        read.extend_from_slice(&part[..octets]);
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(read[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse::<usize>().ok()?;
    let mut body = read[end + 4..].to_vec();
    while body.len() < length {
        let mut part = [0; 4096];
        let octets = stream.read(&mut part).await.ok().filter(|octets| *octets > 0)?;
        body.extend_from_slice(&part[..octets]);
    }
    Some(Call { line, headers, body: String::from_utf8(body).unwrap() })
}
