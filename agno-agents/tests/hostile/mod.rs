//! A server that misbehaves as it is told: for the ways in which providers fail that no
//! well-written mock can show. It speaks just enough HTTP/1.1 over a bare socket.

#![allow(dead_code, reason = "each test takes of it what it needs")]

pub(crate) mod heard;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    acts: Vec<Act>,
    /// The body is sent in chunks, whose end says that it is whole.
    chunked: bool,
    /// The connection takes another request afterwards.
    keep: bool,
}

#[derive(Clone, Debug)]
enum Act {
    Write(Vec<u8>),
    Wait(Duration),
    /// Until the client goes.
    Hang,
}

impl Reply {
    /// A whole reply, with a body of a type.
    pub(crate) fn of(status: u16, headers: &[(&str, &str)], kind: &str, body: &str) -> Self {
        let mut head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        Self {
            acts: vec![Act::Write(format!("{head}\r\n{body}").into_bytes())],
            chunked: false,
            keep: true,
        }
    }

    /// Status 200, with JSON.
    pub(crate) fn json(body: &Value) -> Self {
        Self::of(200, &[], "application/json", &body.to_string())
    }

    /// A status, with JSON.
    pub(crate) fn error(status: u16, body: &Value) -> Self {
        Self::of(status, &[], "application/json", &body.to_string())
    }

    /// No word: the connection ends.
    pub(crate) fn hang_up() -> Self {
        Self {
            acts: Vec::new(),
            chunked: false,
            keep: false,
        }
    }

    /// No word, and the connection stays.
    pub(crate) fn silence() -> Self {
        Self {
            acts: vec![Act::Hang],
            chunked: false,
            keep: false,
        }
    }

    /// The beginning of a stream of events. Without more it is cut off.
    pub(crate) fn stream() -> Self {
        Self {
            acts: vec![Act::Write(
                b"HTTP/1.1 200 Said\r\ncontent-type: text/event-stream\r\n\
                  transfer-encoding: chunked\r\n\r\n"
                    .to_vec(),
            )],
            chunked: true,
            keep: false,
        }
    }

    /// A stream whose end is that of the connection: nobody can tell whether it is whole.
    pub(crate) fn stream_to_close() -> Self {
        Self {
            acts: vec![Act::Write(
                b"HTTP/1.1 200 Said\r\ncontent-type: text/event-stream\r\n\
                  connection: close\r\n\r\n"
                    .to_vec(),
            )],
            chunked: false,
            keep: false,
        }
    }

    /// A piece of a body, as it is.
    pub(crate) fn raw(mut self, text: &[u8]) -> Self {
        let bytes = if self.chunked {
            [format!("{:x}\r\n", text.len()).as_bytes(), text, b"\r\n"].concat()
        } else {
            text.to_vec()
        };
        self.acts.push(Act::Write(bytes));
        self
    }

    /// An event.
    pub(crate) fn event(self, data: &Value) -> Self {
        self.raw(format!("data: {data}\n\n").as_bytes())
    }

    /// An event of a kind.
    pub(crate) fn named(self, name: &str, data: &Value) -> Self {
        self.raw(format!("event: {name}\ndata: {data}\n\n").as_bytes())
    }

    /// Many events.
    pub(crate) fn events<'a>(self, events: impl IntoIterator<Item = &'a Value>) -> Self {
        events.into_iter().fold(self, Self::event)
    }

    /// The mark that ends a stream of chat completions, and the end.
    pub(crate) fn done(self) -> Self {
        self.raw(b"data: [DONE]\n\n").tidy()
    }

    /// The end of the body, as HTTP wants it.
    pub(crate) fn tidy(mut self) -> Self {
        if self.chunked {
            self.acts.push(Act::Write(b"0\r\n\r\n".to_vec()));
            self.keep = true;
        }
        self
    }

    /// A pause, before what follows.
    pub(crate) fn wait(mut self, millis: u64) -> Self {
        self.acts.push(Act::Wait(Duration::from_millis(millis)));
        self
    }

    /// A pause before everything.
    pub(crate) fn late(mut self, millis: u64) -> Self {
        self.acts
            .insert(0, Act::Wait(Duration::from_millis(millis)));
        self
    }

    /// Nothing further, and the connection stays.
    pub(crate) fn hang(mut self) -> Self {
        self.acts.push(Act::Hang);
        self
    }
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `POST /v1/chat/completions HTTP/1.1`
    pub(crate) line: String,
    /// All headers, with names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, or null.
    pub(crate) body: Value,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| &**value)
    }
}

/// The server. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    script: Box<dyn Fn(usize) -> Reply + Send + Sync>,
    seen: Mutex<Vec<Seen>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Answers request 0, 1, 2, .. as the script says.
    pub(crate) async fn with(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            script: Box::new(script),
            seen: Mutex::default(),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let of_task = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                connections.spawn(serve(socket, Arc::clone(&of_task)));
            }
        });
        Self {
            address,
            shared,
            task,
        }
    }

    /// Answers in order. A request too many gets a status that is not repeated.
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: Vec<Reply> = replies.into_iter().collect();
        Self::with(move |request| {
            replies.get(request).cloned().unwrap_or_else(|| {
                Reply::of(418, &[], "text/plain", "a request that nobody expected")
            })
        })
        .await
    }

    /// Its address, with a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        locked(&self.shared.seen).clone()
    }

    /// The body of a request.
    pub(crate) fn body(&self, request: usize) -> Value {
        self.seen()
            .get(request)
            .map_or(Value::Null, |seen| seen.body.clone())
    }

    /// Requests that are being answered.
    pub(crate) fn now(&self) -> usize {
        self.shared.now.load(Ordering::SeqCst)
    }

    /// The most requests that were being answered at one time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }

    /// Waits until so many requests have come.
    pub(crate) async fn has_seen(&self, requests: usize) {
        let seen = async {
            while locked(&self.shared.seen).len() < requests {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), seen)
            .await
            .expect("the requests come");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Counts a request as being answered, until it is dropped.
struct Answering<'a>(&'a Shared);

impl<'a> Answering<'a> {
    fn new(shared: &'a Shared) -> Self {
        let now = shared.now.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most.fetch_max(now, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) {
    let mut buffer = Vec::new();
    while let Some(seen) = request(&mut socket, &mut buffer).await {
        let answering = Answering::new(&shared);
        let number = {
            let mut all = locked(&shared.seen);
            all.push(seen);
            all.len() - 1
        };
        let reply = (shared.script)(number);
        let (last, before) = match reply.acts.split_last() {
            Some((Act::Write(last), before)) => (Some(last.clone()), before.to_vec()),
            _ => (None, reply.acts.clone()),
        };
        for act in before {
            if !perform(&mut socket, act).await {
                return;
            }
        }
        // The client may come again as soon as it has the last byte.
        drop(answering);
        if let Some(last) = last
            && !perform(&mut socket, Act::Write(last)).await
        {
            return;
        }
        if !reply.keep {
            return;
        }
    }
}

/// Does one thing. False when the client is gone.
async fn perform(socket: &mut TcpStream, act: Act) -> bool {
    let (mut reader, mut writer) = socket.split();
    let act = async {
        match act {
            Act::Write(bytes) => {
                writer.write_all(&bytes).await.is_ok() && writer.flush().await.is_ok()
            }
            Act::Wait(time) => {
                tokio::time::sleep(time).await;
                true
            }
            Act::Hang => std::future::pending().await,
        }
    };
    // The client says nothing while it is answered: what comes is its end.
    let mut byte = [0];
    tokio::select! {
        biased;
        there = act => there,
        _ = reader.read(&mut byte) => false,
    }
}

async fn request(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let body = end + 4;
    while buffer.len() < body + length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let parsed = serde_json::from_slice(&buffer[body..body + length]).unwrap_or_default();
    buffer.drain(..body + length);
    Some(Seen {
        line,
        headers,
        body: parsed,
    })
}
