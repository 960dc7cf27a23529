//! What a model, or a server that it was sent to, tries in order to get where it may not.

#![cfg(feature = "web")]

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use agno_agents::{
    Agent, Message, Tool, ToolContext,
    model::{Reply, Scripted},
    tools::{
        article::ArticleReader,
        guard::{FetchError, Fetcher, Guard, Lookup},
        http_request::{Endpoint, HttpCall, HttpRequest},
        search::{Hit, SearchError, WebSearch, web_search},
    },
};
use agno_core::BoxFuture;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Counts who connects, and answers each request with what a function makes of its head.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn new(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections: Arc<AtomicUsize> = Arc::default();
        let (count, answer) = (connections.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    let mut chunk = [0; 4096];
                    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                        match stream.read(&mut chunk).await {
                            Ok(count @ 1..) => request.extend_from_slice(&chunk[..count]),
                            _ => return,
                        }
                    }
                    let text = answer(&String::from_utf8_lossy(&request));
                    // The reader may have had enough.
                    let _ = stream.write_all(text.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self {
            address,
            connections,
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn page(kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

fn to(location: &str) -> String {
    format!(
        "HTTP/1.1 307 X\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

/// Every name leads to this machine.
struct Here;

impl Lookup for Here {
    fn lookup<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::ready(Ok(vec![Ipv4Addr::LOCALHOST.into()])))
    }
}

fn answers(model: &Scripted) -> Vec<(String, bool)> {
    let requests = model.requests();
    let last = requests.last().expect("a request");
    let tools = last.messages.iter().filter_map(|message| match message {
        Message::Tool { text, is_error, .. } => Some((text.clone(), *is_error)),
        _ => None,
    });
    tools.collect()
}

#[tokio::test]
async fn an_agent_is_told_a_refusal_and_nothing_is_connected_to() {
    let trap = Server::new(|_| page("text/plain", "the secrets of this machine")).await;
    let port = trap.address.port();
    let targets = [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://innocent.example:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:7f00:1]:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("http://0:{port}/"),
        format!("http://user:word@127.0.0.1:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://metadata.google.internal/computeMetadata/v1/".to_owned(),
    ];
    let sent = targets.clone();
    let allowed = Server::new(move |request| {
        let at = request
            .split(['/', ' '])
            .nth(2)
            .and_then(|at| at.parse().ok());
        at.and_then(|at: usize| sent.get(at))
            .map_or_else(|| page("text/plain", "fine"), |target| to(target))
    })
    .await;
    let home = format!("http://allowed.example:{}", allowed.address.port());
    let hops = (0..targets.len()).map(|at| format!("{home}/{at}"));
    let urls: Vec<String> = targets.iter().cloned().chain(hops).collect();

    let guard = Guard::new().lookup(Here).allow_host("allowed.example");
    let listed = [
        "127.0.0.1",
        "localhost",
        "169.254.169.254",
        "allowed.example",
    ]
    .map(|host| Endpoint::new(host).plain_http());
    let tools: Vec<Tool> = vec![
        ArticleReader::over(Fetcher::new(guard.clone())).tool(),
        HttpRequest::over(guard, listed).tool(),
    ];
    let calls = urls.iter().flat_map(|url| {
        [
            ("read_article", json!({ "url": url })),
            ("http_request", json!({ "method": "GET", "url": url })),
        ]
    });
    let model = Scripted::new([
        Reply::tools(calls.collect::<Vec<(&str, Value)>>()),
        Reply::text("I could not."),
    ]);
    let agent = Agent::builder("Fetcher")
        .model(model.clone())
        .tools(tools)
        .build()
        .expect("fits");
    agent.run("fetch them").await.expect("answers");
    let told = answers(&model);
    assert_eq!(told.len(), 2 * urls.len());
    for (at, (text, is_error)) in told.iter().enumerate() {
        let url = &urls[at / 2];
        let refused = ["refused", "not allowed", "leave it out"];
        assert!(
            *is_error && refused.iter().any(|word| text.contains(word)),
            "{url}: {text}"
        );
        assert!(
            !text.contains("secrets of") && !text.contains("word@"),
            "{text}"
        );
    }
    assert_eq!(trap.connections(), 0, "something was reached");
    assert_eq!(allowed.connections(), 2 * targets.len());
}

fn call(url: String, headers: &[(&str, &str)]) -> HttpCall {
    let headers = headers.iter();
    HttpCall {
        method: "POST".to_owned(),
        url,
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        body: Some("x".to_owned()),
    }
}

fn api(server: &Server) -> (HttpRequest, String) {
    let endpoint = Endpoint::new("api.example")
        .path("/v1")
        .methods(["POST", "GET"])
        .header("authorization", "Bearer sk-of-the-program")
        .plain_http()
        .intranet();
    let requests = HttpRequest::over(Guard::new().lookup(Here), [endpoint]);
    (
        requests,
        format!("http://api.example:{}", server.address.port()),
    )
}

#[tokio::test]
async fn a_header_does_not_make_another_request_of_an_allowed_one() {
    let server = Server::new(|_| page("text/plain", "done")).await;
    let (requests, home) = api(&server);
    for header in [
        "X-HTTP-Method-Override",
        "x-http-method",
        "X-Method-Override",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Forwarded-Host",
        "X-Forwarded-For",
        "Forwarded",
        "X-Real-IP",
        "Keep-Alive",
        "Proxy-Connection",
        "Expect",
        "Trailer",
        "Host",
        "Content-Length",
        "Transfer-Encoding",
    ] {
        let sent = requests
            .send(call(format!("{home}/v1/x"), &[(header, "/admin")]))
            .await;
        assert!(
            matches!(&sent, Err(FetchError::Request { name, .. }) if name == header),
            "{header}: {sent:?}"
        );
    }
    assert_eq!(server.connections(), 0);
    let fine = [("Content-Type", "text/plain"), ("X-Request-Id", "1")];
    let sent = requests.send(call(format!("{home}/v1/x"), &fine)).await;
    assert_eq!(sent.expect("an answer").status, 200);
}

#[tokio::test]
async fn a_path_that_a_server_may_read_as_another_is_refused() {
    let server = Server::new(|_| page("text/plain", "done")).await;
    let (requests, home) = api(&server);
    for path in [
        "/v1/..;/admin",
        "/v1/..;x=1/admin",
        "/v1/%252e%252e/admin",
        "/v1/..%252fadmin",
        "/v1/%25252e%25252e/admin",
        "/v1/%c0%ae%c0%ae/admin",
        "/v1/%e0%80%ae%e0%80%ae/admin",
        "/v1/%00/admin",
        "/v1/..%09/admin",
        "/v1/%2e%2e;/admin",
        "/v1/%3b/../../admin",
        "/v1/..%3b/admin",
    ] {
        let sent = requests.send(call(format!("{home}{path}"), &[])).await;
        assert!(
            matches!(sent, Err(FetchError::NotAllowed { .. })),
            "{path}: {sent:?}"
        );
    }
    assert_eq!(server.connections(), 0);
    for path in ["/v1/a;b=1/c", "/v1/100%25", "/v1/gr%C3%BCn", "/v1/a..b"] {
        let sent = requests.send(call(format!("{home}{path}"), &[])).await;
        assert!(sent.is_ok(), "{path}: {sent:?}");
    }
}

#[tokio::test]
async fn no_answer_and_no_error_repeats_the_programs_secret() {
    let key = "sk-of-the-program";
    let server = Server::new(move |request| match request.split(' ').nth(1) {
        Some("/v1/type") => page(&format!("text/plain; k={key}"), "x"),
        Some("/v1/kind") => page(key, "x"),
        Some("/v1/off") => to(&format!("/admin/{key}")),
        Some("/v1/other") => to(&format!("http://{key}.example/{key}")),
        Some("/v1/again") => to(&format!("/v1/again?{key}")),
        Some("/v1/bad") => to(&format!("http://[{key}")),
        Some("/v1/scheme") => to(&format!("{key}://x")),
        Some("/v1/large") => to(&format!("/v1/{key}/large")),
        Some(path) if path.ends_with("/large") => page("text/plain", &"x".repeat(2_000_000)),
        Some(path) if path.starts_with("/v1/again") => to(path),
        _ => page("text/plain", "?"),
    })
    .await;
    let (requests, home) = api(&server);
    for path in [
        "type", "kind", "off", "other", "again", "bad", "scheme", "large",
    ] {
        let sent = requests.send(call(format!("{home}/v1/{path}"), &[])).await;
        let told = match &sent {
            Ok(answer) => serde_json::to_string(answer).expect("JSON"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!told.contains(key), "{path}: {told}");
    }
}

#[tokio::test]
async fn a_server_that_never_comes_to_the_point_is_left() {
    for (what, begin, piece) in [
        (
            "interim answers",
            "",
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
        ),
        (
            "headers",
            "HTTP/1.1 200 OK\r\n",
            "X-A: aaaaaaaaaaaaaaaa\r\n",
        ),
        (
            "chunks",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n",
            "1\r\nx\r\n",
        ),
        (
            "trailers",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            "X-A: aaaaaaaaaaaaaaaa\r\n",
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a reader");
            let mut written = stream.write_all(begin.as_bytes()).await;
            while written.is_ok() {
                written = stream.write_all(piece.repeat(100).as_bytes()).await;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        let fetcher = Fetcher::new(Guard::new().allow_host("127.0.0.1"))
            .timeout(Duration::from_secs(2))
            .largest(100_000);
        let begun = std::time::Instant::now();
        let fetched = fetcher.fetch(&format!("http://{address}/"), &[]).await;
        assert!(fetched.is_err(), "{what}: {fetched:?}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{what}");
        let left = tokio::time::timeout(Duration::from_secs(5), serving).await;
        assert!(left.is_ok(), "{what}: the connection is still open");
    }
}

#[tokio::test]
async fn a_page_does_not_flood_the_model() {
    let words = "word ".repeat(200_000);
    let html = format!(
        "<html><head><title>{}</title><meta name=author content=\"{words}\">\
         <meta name=description content=\"{words}\"><meta property='og:site_name' content='{words}'>\
         <meta property='article:published_time' content='{words}'></head>\
         <body><article><h1>T</h1>{}</article></body></html>",
        "word ".repeat(1_000),
        "<p>A sentence, and one more, and a third one here.</p>".repeat(50)
    );
    let server = Server::new(move |_| page("text/html", &html)).await;
    let reader =
        ArticleReader::over(Fetcher::new(Guard::new().allow_host("127.0.0.1")).largest(20_000_000))
            .longest(1_000);
    let read = reader
        .read(&format!("http://{}/", server.address))
        .await
        .expect("an article");
    let told = serde_json::to_string(&read).expect("JSON");
    assert!(told.len() < 10_000, "{} bytes", told.len());
}

/// A service that sends too much of everything.
#[derive(Debug)]
struct Flood;

impl WebSearch for Flood {
    fn name(&self) -> &str {
        "flood"
    }

    fn search<'a>(&'a self, _: &'a str, _: usize) -> BoxFuture<'a, Result<Vec<Hit>, SearchError>> {
        let hit = |number: usize| Hit {
            title: "ä".repeat(100_000),
            url: format!("https://example.com/{}", "x".repeat(number * 100)),
            snippet: "ä".repeat(100_000),
        };
        Box::pin(std::future::ready(Ok((0..100).map(hit).collect())))
    }
}

#[tokio::test]
async fn a_search_does_not_flood_the_model() {
    let tool = web_search(Flood);
    let answer = tool
        .call(r#"{"query":"x","limit":20}"#, ToolContext::for_test(), None)
        .await;
    let text = answer.expect("hits").text;
    let hits: Vec<Hit> = serde_json::from_str(&text).expect("hits");
    assert_eq!(hits.len(), 20);
    assert!(text.len() < 80_000, "{} bytes", text.len());
}

#[test]
fn a_host_may_be_written_as_people_write_it() {
    let guard = Guard::new().allow_host("LOCALHOST.");
    assert_eq!(guard.check("http://localhost"), Ok(()));
    let guard = Guard::new().allow_host("127.0.0.1");
    assert_eq!(guard.check("http://2130706433"), Ok(()));
    assert!(guard.check("http://127.0.0.2").is_err());
}
