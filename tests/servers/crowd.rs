//! Two hundred agents at once: never more requests in flight than are allowed, and all answers
//! there in the end.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use agno::{
    Agent, Outcome, Runtime,
    model::{OpenAi, OpenAiBuilder},
    prelude::*,
    storage::MemoryStorage,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::server::Server;

const GUESTS: usize = 200;
const LIMIT: usize = 8;

/// Greets many guests.
#[workflow]
struct Reception {
    host: Agent,
    /// Guests at a time.
    limit: usize,
}

#[workflow]
impl Reception {
    #[step]
    async fn greet(&self, guest: String, context: &StepContext) -> Result<String> {
        let question = format!("Greet guest {guest}.");
        self.host.run(question).context(context).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<Vec<String>> {
        let guests = (0..GUESTS).map(|number| number.to_string());
        let limit = flow.workflow().limit;
        flow.map(guests, |guest| flow.greet(guest))
            .limit(limit)
            .await
    }
}

async fn greetings(model: OpenAiBuilder, limit: usize) -> Vec<String> {
    let host = Agent::builder("Host").model(model.build().expect("fits"));
    let host = host.build().expect("fits");
    let runtime = Runtime::builder()
        .storage(Arc::new(MemoryStorage::new()))
        .workflow(Reception { host, limit });
    let runtime = runtime.build().await.expect("fits together");
    let run = runtime.start::<Reception>(()).await.expect("starts");
    let outcome: Outcome = run.outcome().await;
    let output = outcome.output.as_ref();
    let output = output.unwrap_or_else(|| panic!("{:?}", outcome.error));
    output.decode().expect("texts")
}

/// A model that counts.
#[derive(Default)]
struct Counting {
    in_flight: AtomicUsize,
    most: AtomicUsize,
    /// Refuses the first request of each guest, for a second.
    storm: bool,
    /// When each guest was asked for.
    asked: Mutex<BTreeMap<String, Vec<Instant>>>,
}

impl Counting {
    /// Starts it. The address is up to and with `/v1`.
    async fn start(self) -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("has one");
        let counting = Arc::new(self);
        let server = counting.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        (counting, format!("http://{address}/v1"))
    }

    /// Answers one request, and closes the connection.
    async fn serve(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let Some(body) = read_request(&mut stream).await else {
            return;
        };
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        // Long enough for others to come in.
        tokio::time::sleep(Duration::from_millis(10)).await;
        let answer = self.answer(&body);
        // Before it goes out: the client may be faster with its next request than this line.
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    fn answer(&self, body: &Value) -> String {
        let messages = body["messages"].as_array().expect("messages");
        let question = messages.last().expect("one")["content"].as_str();
        let question = question.expect("a text").to_owned();
        let first = {
            let mut asked = self.asked.lock().expect("no panic");
            let times = asked.entry(question.clone()).or_default();
            times.push(Instant::now());
            times.len() == 1
        };
        if first && self.storm {
            let refusal = json!({ "error": { "message": "Slow down" } });
            return response("429 Too Many Requests\r\nretry-after: 1", &refusal);
        }
        let message = json!({ "role": "assistant", "content": format!("Yes: {question}") });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        response("200 OK", &json!({ "choices": [choice] }))
    }
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    serde_json::from_slice(&body).ok()
}

fn response(status: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Everybody was greeted, each with an answer of their own.
fn all_are_there(answers: &[String]) {
    let expected = (0..GUESTS).map(|guest| format!("Yes: Greet guest {guest}."));
    assert!(answers.iter().cloned().eq(expected), "{answers:?}");
}

#[tokio::test]
async fn a_map_with_a_limit_keeps_it() {
    let (server, url) = Counting::default().start().await;
    // The model would take all of them.
    let model = OpenAi::builder("m").base_url(url).in_flight(GUESTS);
    all_are_there(&greetings(model, LIMIT).await);
    assert_eq!(server.most.load(Ordering::SeqCst), LIMIT);
    assert_eq!(server.asked.lock().expect("no panic").len(), GUESTS);
}

#[tokio::test]
async fn a_model_with_a_limit_keeps_it() {
    let (server, url) = Counting::default().start().await;
    let model = OpenAi::builder("m").base_url(url).in_flight(LIMIT);
    all_are_there(&greetings(model, GUESTS).await);
    assert_eq!(server.most.load(Ordering::SeqCst), LIMIT);
}

#[tokio::test]
async fn a_storm_of_refusals_slows_down_and_finishes() {
    let counting = Counting {
        storm: true,
        ..Counting::default()
    };
    let (server, url) = counting.start().await;
    let model = OpenAi::builder("m").base_url(url).in_flight(LIMIT);
    let begun = Instant::now();
    all_are_there(&greetings(model, GUESTS).await);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let most = server.most.load(Ordering::SeqCst);
    assert!(most <= LIMIT, "{most} at once");
    for (guest, times) in &*server.asked.lock().expect("no panic") {
        let [refused, answered] = times[..] else {
            panic!("{guest} {} times", times.len());
        };
        let waited = answered - refused;
        assert!(waited >= Duration::from_secs(1), "{guest} {waited:?}");
    }
}

#[tokio::test]
async fn a_crowd_at_a_scripted_server() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let model = OpenAi::builder("m").base_url(server.url("/v1"));
    let answers = greetings(model, LIMIT).await;
    assert_eq!(answers, vec!["Welcome!"; GUESTS]);
    assert_eq!(server.journal().len(), GUESTS, "nobody is asked for twice");
}
