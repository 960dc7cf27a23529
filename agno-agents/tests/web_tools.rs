//! The tools that fetch, against a server of raw bytes on this machine.

#![cfg(feature = "web")]

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use agno_agents::{
    ToolContext,
    tools::{
        article::{ArticleError, ArticleReader},
        guard::{FetchError, Fetcher, Guard, Lookup},
        http_request::{Endpoint, HttpCall, HttpRequest},
        search::{DuckDuckGo, SearXng, SearchError, WebSearch, search_tools, web_search},
    },
};
use agno_core::BoxFuture;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Answers every request with the bytes that a function makes of it, and closes.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn new(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (log, answer) = (asked.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (log, answer) = (log.clone(), answer.clone());
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    let mut chunk = [0; 4096];
                    while !is_whole(&request) {
                        match stream.read(&mut chunk).await {
                            Ok(count @ 1..) => request.extend_from_slice(&chunk[..count]),
                            _ => return,
                        }
                    }
                    let request = String::from_utf8_lossy(&request).into_owned();
                    log.lock().expect("log").push(request.clone());
                    // The reader may have had enough.
                    let _ = stream.write_all(&answer(&request)).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { address, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("log").clone()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len()
        >= length
            .and_then(|length| length.trim().parse().ok())
            .unwrap_or(0)
}

fn path(request: &str) -> &str {
    request.split(' ').nth(1).unwrap_or_default()
}

fn page(status: u16, kind: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn to(status: u16, location: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    )
    .into_bytes()
}

/// Reaches the test's server by its address, and nothing else on this machine.
fn local() -> Fetcher {
    Fetcher::new(Guard::new().allow_host("127.0.0.1")).timeout(Duration::from_secs(5))
}

#[test]
fn spellings_of_addresses_that_are_refused() {
    let refused = [
        "http://127.0.0.1",
        "http://127.0.0.1:8080/x",
        "http://127.0.0.1.",
        "http://127.1",
        "http://127.0.1",
        "http://127.255.255.254",
        "http://2130706433",
        "http://017700000001",
        "http://0x7f000001",
        "http://0x7f.1",
        "http://0177.0.0.1",
        "http://0X7F.0x0.0.0x1",
        "http://%31%32%37.0.0.1",
        "http://127。0。0。1",
        "http://１２７.０.０.１",
        "http://①②⑦.0.0.1",
        "http:127.0.0.1",
        "http:\\\\127.0.0.1\\x",
        "  http://127.0.0.1  ",
        "http://0",
        "http://0.0.0.0",
        "http://0.1.2.3",
        "http://10.0.0.1",
        "http://100.64.0.1",
        "http://100.100.100.200",
        "http://168.63.129.16",
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166",
        "http://172.16.0.1",
        "http://172.31.255.255",
        "http://192.0.0.192",
        "http://192.0.2.1",
        "http://192.88.99.1",
        "http://192.168.1.1",
        "http://198.18.0.1",
        "http://198.51.100.1",
        "http://203.0.113.1",
        "http://224.0.0.1",
        "http://239.255.255.250",
        "http://240.0.0.1",
        "http://255.255.255.255",
        "http://localhost",
        "http://LOCALHOST:1",
        "http://localhost.",
        "http://a.localhost",
        "http://ｌocalhost",
        "http://[::]",
        "http://[::1]",
        "http://[0:0:0:0:0:0:0:1]:80",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:7f00:1]",
        "http://[::ffff:169.254.169.254]",
        "http://[::127.0.0.1]",
        "http://[::ffff:0:127.0.0.1]",
        "http://[64:ff9b::127.0.0.1]",
        "http://[64:ff9b::a9fe:a9fe]",
        "http://[64:ff9b:1::7f00:1]",
        "http://[2002:7f00:1::]",
        "http://[2002:a9fe:a9fe::1]",
        "http://[2001:0:7f00:1::]",
        "http://[2001:db8::1]",
        "http://[3fff::1]",
        "http://[100::1]",
        "http://[fc00::1]",
        "http://[fd00:ec2::254]",
        "http://[fe80::1]",
        "http://[fec0::1]",
        "http://[ff02::1]",
        "http://[4000::1]",
    ];
    assert!(refused.len() >= 40);
    let guard = Guard::new();
    for url in refused {
        let checked = guard.check(url);
        assert!(
            matches!(checked, Err(FetchError::Refused { .. })),
            "{url}: {checked:?}"
        );
    }
}

#[test]
fn urls_that_are_not_fetched() {
    let guard = Guard::new();
    for url in [
        "file:///etc/passwd",
        "ftp://example.com",
        "data:text/html,x",
        "javascript:1",
    ] {
        let checked = guard.check(url);
        assert!(
            matches!(checked, Err(FetchError::Scheme { .. })),
            "{url}: {checked:?}"
        );
    }
    for url in [
        "http://user@example.com",
        "http://:x@example.com",
        "http://127.0.0.1@example.com",
    ] {
        let checked = guard.check(url);
        assert!(
            matches!(checked, Err(FetchError::Credentials { .. })),
            "{url}: {checked:?}"
        );
    }
    for url in [
        "",
        "example.com",
        "http://",
        "http://[fe80::1%25eth0]/",
        "http://256.1.1.1",
    ] {
        let checked = guard.check(url);
        assert!(
            matches!(checked, Err(FetchError::Url { .. })),
            "{url}: {checked:?}"
        );
    }
    for url in [
        "https://example.com:8443/",
        "http://1.1.1.1",
        "https://bücher.example/",
    ] {
        assert_eq!(guard.check(url), Ok(()), "{url}");
    }
    let wide = Guard::new().allow_private_addresses_of_every_host();
    assert_eq!(wide.check("http://[::1]"), Ok(()));
    let one = Guard::new().allow_host("LocalHost.");
    assert_eq!(one.check("http://localhost:1"), Ok(()));
    assert!(one.check("http://127.0.0.1:1").is_err());
}

#[tokio::test]
async fn a_redirect_is_checked_like_a_request() {
    let targets = [
        "http://169.254.169.254/latest/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://127.0.0.2/",
        "//2130706434/",
        "http://0x7f.2/",
        "file:///etc/passwd",
        "http://user:word@127.0.0.1/",
    ];
    let server = Server::new(move |request| {
        let at: usize = path(request)[1..].parse().expect("a number");
        to([301, 302, 303, 307, 308][at % 5], targets[at])
    })
    .await;
    for (at, target) in targets.iter().enumerate() {
        let fetched = local().fetch(&server.url(&format!("/{at}")), &[]).await;
        let refused = matches!(
            fetched,
            Err(FetchError::Refused { .. }
                | FetchError::Scheme { .. }
                | FetchError::Credentials { .. })
        );
        assert!(refused, "{target}: {fetched:?}");
    }
    assert_eq!(server.asked().len(), targets.len());
}

/// Answers a name with other addresses each time, the last ones for ever.
struct Rebinding {
    answers: Vec<Vec<&'static str>>,
    asked: Arc<AtomicUsize>,
}

impl Lookup for Rebinding {
    fn lookup<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let at = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = &self.answers[at.min(self.answers.len() - 1)];
        let addresses = answer
            .iter()
            .map(|address| address.parse().expect("an address"));
        Box::pin(std::future::ready(Ok(addresses.collect())))
    }
}

fn rebinding(answers: &[&[&'static str]]) -> (Guard, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let lookup = Rebinding {
        answers: answers.iter().map(|answer| answer.to_vec()).collect(),
        asked: asked.clone(),
    };
    (Guard::new().lookup(lookup), asked)
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused() {
    let server = Server::new(|_| page(200, "text/plain", "secret")).await;
    let url = format!("http://innocent.example:{}/", server.address.port());
    for answer in [
        &["127.0.0.1"][..],
        &["8.8.8.8", "127.0.0.1"],
        &["::ffff:127.0.0.1"],
        &["::1"],
    ] {
        let (guard, asked) = rebinding(&[answer]);
        let fetched = Fetcher::new(guard).fetch(&url, &[]).await;
        assert!(
            matches!(&fetched, Err(FetchError::Refused { host, .. }) if host == "innocent.example"),
            "{answer:?}: {fetched:?}"
        );
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_name_cannot_change_between_check_and_connection() {
    let server = Server::new(|_| page(200, "text/plain", "secret")).await;
    let url = format!("http://rebind.example:{}/", server.address.port());
    // A good address for the check, this machine for whoever asks again.
    let (guard, asked) = rebinding(&[&["1.1.1.1"], &["127.0.0.1"]]);
    let fetcher = Fetcher::new(guard).timeout(Duration::from_secs(1));
    let fetched = fetcher.fetch(&url, &[]).await;
    let failed = matches!(
        fetched,
        Err(FetchError::Transport { .. } | FetchError::Timeout { .. })
    );
    assert!(failed, "it goes to 1.1.1.1 or nowhere: {fetched:?}");
    assert_eq!(
        asked.load(Ordering::SeqCst),
        1,
        "checked and connected by one answer"
    );
    // The next fetch asks again, and is refused by what it is told now.
    let fetched = fetcher.fetch(&url, &[]).await;
    assert!(
        matches!(fetched, Err(FetchError::Refused { .. })),
        "{fetched:?}"
    );
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_host_that_the_program_names_is_reached() {
    let server = Server::new(|_| page(200, "text/plain", "hello")).await;
    let url = format!("http://Intranet.example.:{}/", server.address.port());
    let (guard, _) = rebinding(&[&["127.0.0.1"]]);
    let fetched = Fetcher::new(guard.allow_host("intranet.EXAMPLE"))
        .fetch(&url, &[])
        .await;
    assert_eq!(fetched.expect("fetched").body, b"hello");
}

#[tokio::test]
async fn a_proxy_is_asked_for_public_hosts_only() {
    let proxy = Server::new(|request| page(200, "text/plain", request)).await;
    let url = format!("http://user:password@{}", proxy.address);
    let fetcher = Fetcher::new(Guard::new()).proxy(url);
    assert!(!format!("{fetcher:?}").contains("password"));
    let fetched = fetcher
        .fetch("http://public.example/x", &[])
        .await
        .expect("fetched");
    let request = String::from_utf8(fetched.body).expect("text");
    assert!(
        request.starts_with("GET http://public.example/x HTTP/1.1"),
        "{request}"
    );
    for url in [
        proxy.url("/"),
        "http://localhost/".to_owned(),
        "http://[::1]/".to_owned(),
    ] {
        let fetched = fetcher.fetch(&url, &[]).await;
        assert!(
            matches!(fetched, Err(FetchError::Refused { .. })),
            "{url}: {fetched:?}"
        );
    }
    assert_eq!(proxy.asked().len(), 1);
}

#[tokio::test]
async fn fetching_is_bounded() {
    let server = Server::new(|request| match path(request) {
        "/loop" => to(302, "/loop"),
        "/long" => page(200, "text/plain", vec![b'x'; 20_000]),
        "/unsaid" => [
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n".to_vec(),
            vec![b'x'; 20_000],
        ]
        .concat(),
        "/gzip" => b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n\
            Content-Length: 3\r\nConnection: close\r\n\r\n\x1f\x8b\x08"
            .to_vec(),
        "/cut" => {
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nx".to_vec()
        }
        "/nowhere" => to(302, "http://["),
        "/gone" => page(410, "text/plain", "gone"),
        "/picture" => page(200, "image/png", "png"),
        "/fine" => page(200, "Text/Plain; charset=utf-8", "fine"),
        _ => page(404, "text/plain", ""),
    })
    .await;
    let fetcher = local().largest(10_000);
    let fetch = async |path: &str| fetcher.fetch(&server.url(path), &["text/plain"]).await;
    let error = async |path: &str| fetch(path).await.expect_err(path);

    assert_eq!(fetch("/fine").await.expect("fine").body, b"fine");
    assert!(matches!(
        error("/loop").await,
        FetchError::TooManyRedirects { limit: 5, .. }
    ));
    let loops = server
        .asked()
        .iter()
        .filter(|request| path(request) == "/loop")
        .count();
    assert_eq!(loops, 6);
    for path in ["/long", "/unsaid"] {
        assert!(
            matches!(
                error(path).await,
                FetchError::TooLarge { limit: 10_000, .. }
            ),
            "{path}"
        );
    }
    assert!(matches!(
        error("/gzip").await,
        FetchError::Compressed { .. }
    ));
    assert!(matches!(error("/cut").await, FetchError::Transport { .. }));
    assert!(matches!(error("/nowhere").await, FetchError::Url { .. }));
    assert!(matches!(
        error("/gone").await,
        FetchError::Status { status: 410, .. }
    ));
    assert!(matches!(
        error("/picture").await,
        FetchError::ContentType { .. }
    ));
    let plain = server.asked().iter().all(|request| {
        let request = request.to_lowercase();
        request.contains("accept-encoding: identity") && !request.contains("cookie:")
    });
    assert!(plain);
}

#[tokio::test]
async fn a_slow_server_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let (held, mut hold) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            held.send(stream).await.expect("kept open");
        }
    });
    let fetcher = local().timeout(Duration::from_millis(200));
    let fetched = fetcher.fetch(&url, &[]).await;
    assert!(
        matches!(fetched, Err(FetchError::Timeout { .. })),
        "{fetched:?}"
    );
    assert!(hold.try_recv().is_ok(), "it was connected");
}

const STORY: &str = r#"<!doctype html><html><head>
<title>The ferry that would not sink | The Harbour Post</title>
<meta property="og:site_name" content="The Harbour Post">
<meta name="author" content="Ada Berg and Olav Dahl">
<meta property="article:published_time" content="2026-03-04T05:06:07Z">
<meta name="description" content="How a small ferry outlived three owners.">
</head><body>
<nav><a href="/">Home</a> <a href="/ads">Buy our umbrellas</a></nav>
<article><h1>The ferry that would not sink</h1>
PARAGRAPHS
</article>
<aside>Subscribe to the newsletter of umbrellas!</aside>
<script>alert("never shown")</script>
</body></html>"#;

fn story() -> String {
    let paragraph = "<p>The old ferry crossed the fjord every morning, in storm and in ice, and \
        its engine, built in another century, went on beating. Its owners came and went, but the \
        ferry stayed, carrying cars, sheep, and the post of four villages.</p>";
    STORY.replace("PARAGRAPHS", &paragraph.repeat(8))
}

#[tokio::test]
async fn an_article_is_read() {
    let server = Server::new(|request| match path(request) {
        "/story" => page(200, "text/html; charset=utf-8", story()),
        "/moved" => to(301, "/story"),
        "/latin" => {
            let body = story().replace("fjord", "Fjörd");
            let body: Vec<u8> = body
                .chars()
                .map(|at| u8::try_from(at).unwrap_or(b'?'))
                .collect();
            page(200, "text/html; charset=iso-8859-1", body)
        }
        "/empty" => page(
            200,
            "text/html",
            "<html><body><div id=app></div></body></html>",
        ),
        "/note.md" => page(
            200,
            "text/markdown",
            "# A note\n\nIts <b>text</b>.\u{1b}[31m\n",
        ),
        "/deep" => page(200, "text/html", "<div>".repeat(50_000)),
        _ => page(200, "application/pdf", "%PDF"),
    })
    .await;
    let reader = ArticleReader::over(local());
    let article = reader
        .read(&server.url("/moved"))
        .await
        .expect("an article");
    assert_eq!(article.url, server.url("/story"));
    assert!(
        article.title.starts_with("The ferry that would not sink"),
        "{}",
        article.title
    );
    assert_eq!(article.authors, ["Ada Berg", "Olav Dahl"]);
    assert_eq!(article.site.as_deref(), Some("The Harbour Post"));
    assert_eq!(article.published.as_deref(), Some("2026-03-04T05:06:07Z"));
    assert_eq!(
        article.excerpt.as_deref(),
        Some("How a small ferry outlived three owners.")
    );
    assert!(
        article
            .text
            .contains("carrying cars, sheep, and the post of four villages.")
    );
    assert!(!article.text.contains("umbrellas") && !article.text.contains("never shown"));
    assert!(!article.shortened);
    assert_eq!(article.length, article.text.chars().count());

    let short = reader
        .clone()
        .longest(500)
        .read(&server.url("/story"))
        .await
        .expect("an article");
    assert!(short.shortened && short.text.chars().count() <= 500);
    assert!(short.text.ends_with('.'), "{}", short.text);
    assert_eq!(short.length, article.length);

    let latin = reader
        .read(&server.url("/latin"))
        .await
        .expect("an article");
    assert!(latin.text.contains("Fjörd"));
    let note = reader.read(&server.url("/note.md")).await.expect("a note");
    assert_eq!(
        (note.title.as_str(), note.text.as_str()),
        ("A note", "# A note\n\nIts <b>text</b>.[31m")
    );

    let empty = reader
        .read(&server.url("/empty"))
        .await
        .expect_err("no text");
    assert!(matches!(empty, ArticleError::NoText { .. }), "{empty}");
    let deep = reader
        .read(&server.url("/deep"))
        .await
        .expect_err("too deep");
    assert!(matches!(deep, ArticleError::TooComplex { .. }), "{deep}");
    let pdf = reader
        .read(&server.url("/x.pdf"))
        .await
        .expect_err("no page");
    assert!(
        matches!(pdf, ArticleError::Fetch(FetchError::ContentType { .. })),
        "{pdf}"
    );
}

#[tokio::test]
async fn a_model_is_told_that_an_address_is_refused() {
    let tool = ArticleReader::new().tool();
    for url in ["http://127.0.0.1", "http://169.254.169.254"] {
        let arguments = format!(r#"{{"url": "{url}"}}"#);
        let error = tool
            .call(&arguments, ToolContext::for_test(), None)
            .await
            .expect_err(url);
        assert!(error.message().contains("is refused"), "{error}");
    }
}

const RESULTS: &str = r#"<html><body><div id="links" class="results">
<div class="result results_links result--ad"><h2><a class="result__a"
  href="//duckduckgo.com/y.js?ad_domain=shop.example">Buy ferries</a></h2></div>
<div class="result results_links results_links_deep web-result"><div class="links_main">
  <h2 class="result__title"><a rel="nofollow" class="result__a"
   href="//duckduckgo.com/l/?uddg=https%3A%2F%2Fferries.example%2Fhistory%3Fa%3D1%26b%3D2&amp;rut=f00">
   The history of <b>ferries</b></a></h2>
  <a class="result__snippet" href="/x">How <b>ferries</b>
    came &amp; went.</a></div></div>
<div class="result web-result"><h2><a class="result__a" href="https://other.example/">Other</a></h2>
  <a class="result__snippet">Another page.</a></div>
<div class="result web-result"><h2><a class="result__a" href="https://third.example/">Third</a></h2>
</div></div></body></html>"#;

const CHALLENGE: &str = r#"<html><body><form id="challenge-form"><div class="anomaly-modal__mask">
<div class="anomaly-modal__title">Unfortunately, bots use DuckDuckGo too.</div></div></form>
</body></html>"#;

const NOTHING: &str = r#"<html><body><div class="result result--no-result">
<div class="no-results">No results.</div></div></body></html>"#;

async fn duck(status: u16, body: &'static str) -> (Server, DuckDuckGo) {
    let server = Server::new(move |_| page(status, "text/html; charset=UTF-8", body)).await;
    let service = DuckDuckGo::at(server.url("/html/"), local());
    (server, service)
}

#[tokio::test]
async fn duckduckgo_finds_pages() {
    let (server, service) = duck(200, RESULTS).await;
    let hits = service
        .search("ferry history & more", 2)
        .await
        .expect("hits");
    assert_eq!(hits.len(), 2);
    assert_eq!(hits[0].title, "The history of ferries");
    assert_eq!(hits[0].url, "https://ferries.example/history?a=1&b=2");
    assert_eq!(hits[0].snippet, "How ferries came & went.");
    assert_eq!(hits[1].url, "https://other.example/");
    let asked = server.asked().concat();
    assert!(
        asked.starts_with("GET /html/?q=ferry+history+%26+more HTTP/1.1"),
        "{asked}"
    );
    assert!(
        asked.to_lowercase().contains("accept: text/html,"),
        "{asked}"
    );
    assert!(asked.contains("Mozilla/5.0"), "{asked}");
    assert!(matches!(
        service.search(" \n", 2).await,
        Err(SearchError::EmptyQuery)
    ));
    assert!(matches!(
        service.news("x", 2).await,
        Err(SearchError::NoNews { .. })
    ));
    assert_eq!(search_tools(service).len(), 1);
}

#[tokio::test]
async fn a_challenge_is_never_taken_for_no_results() {
    for status in [200, 202, 403] {
        let (_server, service) = duck(status, CHALLENGE).await;
        let error = service.search("ferry", 5).await.expect_err("blocked");
        let is_blocked =
            matches!(error, SearchError::Blocked { status: told, .. } if told == status);
        assert!(is_blocked, "{status}: {error}");
    }
    for (status, body) in [(202, "<html></html>"), (429, "slow down"), (403, "")] {
        let (_server, service) = duck(status, body).await;
        let error = service.search("ferry", 5).await.expect_err("blocked");
        assert!(
            matches!(error, SearchError::Blocked { .. }),
            "{status}: {error}"
        );
    }
    let (_server, service) = duck(200, NOTHING).await;
    assert_eq!(service.search("ferry", 5).await.expect("none"), []);
    let (_server, service) = duck(200, "<html><body>Something new</body></html>").await;
    let error = service.search("ferry", 5).await.expect_err("unknown");
    assert!(matches!(error, SearchError::Unreadable { .. }), "{error}");
    let (_server, service) = duck(500, "oops").await;
    let error = service.search("ferry", 5).await.expect_err("status");
    assert!(
        matches!(
            error,
            SearchError::Fetch(FetchError::Status { status: 500, .. })
        ),
        "{error}"
    );
}

#[tokio::test]
async fn searxng_finds_pages_and_news() {
    let server = Server::new(|request| match path(request) {
        path if path.contains("q=down") => page(
            200,
            "application/json",
            r#"{"results": [], "unresponsive_engines": [["brave", "timeout"]]}"#,
        ),
        path if path.contains("q=none") => page(200, "application/json", r#"{"results": []}"#),
        path if path.contains("q=html") => page(403, "text/html", "Forbidden"),
        path if path.contains("q=limit") => page(429, "text/html", "Too many"),
        path if path.contains("q=broken") => page(200, "application/json", "<html>"),
        path if path.contains("categories=news") => page(
            200,
            "application/json",
            r#"{"results": [{"url": "https://n.example/", "title": "News", "content": null}]}"#,
        ),
        _ => page(
            200,
            "application/json",
            r#"{"query": "x", "number_of_results": 0, "results": [
                {"url": "https://a.example/", "title": "A\u001b[2J", "content": "a  page",
                 "engine": "x"},
                {"url": "https://b.example/", "title": "B"}]}"#,
        ),
    })
    .await;
    let service = SearXng::new(server.url("/searx/")).expect("a service");
    let hits = service.search("ferry", 5).await.expect("hits");
    assert_eq!(hits.len(), 2);
    assert_eq!(
        (hits[0].title.as_str(), hits[0].snippet.as_str()),
        ("A [2J", "a page")
    );
    assert_eq!(
        path(&server.asked()[0]),
        "/searx/search?q=ferry&format=json&categories=general"
    );
    assert_eq!(service.search("ferry", 1).await.expect("hits").len(), 1);
    assert_eq!(
        service.news("ferry", 5).await.expect("news")[0].title,
        "News"
    );
    assert_eq!(service.search("none", 5).await.expect("none"), []);
    let error = async |query: &str| service.search(query, 5).await.expect_err(query);
    let disabled = error("html").await;
    assert!(
        matches!(disabled, SearchError::JsonDisabled { .. }),
        "{disabled}"
    );
    assert!(disabled.to_string().contains("settings.yml"), "{disabled}");
    assert!(matches!(
        error("limit").await,
        SearchError::Blocked { status: 429, .. }
    ));
    assert!(matches!(
        error("broken").await,
        SearchError::Unreadable { .. }
    ));
    let down = error("down").await;
    assert!(down.to_string().contains("brave: timeout"), "{down}");
    assert_eq!(search_tools(service).len(), 2);
    assert!(matches!(
        SearXng::new("localhost"),
        Err(SearchError::Fetch(_))
    ));
}

#[tokio::test]
async fn a_model_reads_hits_and_errors() {
    let (_server, service) = duck(202, CHALLENGE).await;
    let tool = web_search(service);
    let called = tool
        .call(r#"{"query": "ferry"}"#, ToolContext::for_test(), None)
        .await;
    let error = called.expect_err("blocked");
    assert!(error.message().contains("blocks this program"), "{error}");
    let (_server, service) = duck(200, RESULTS).await;
    let called = web_search(service)
        .call(
            r#"{"query": "ferry", "limit": 1}"#,
            ToolContext::for_test(),
            None,
        )
        .await;
    let text = called.expect("hits").text;
    assert!(
        text.contains(r#""title":"The history of ferries","url":"https://ferries.example"#),
        "{text}"
    );
}

fn call(method: &str, url: String) -> HttpCall {
    HttpCall {
        method: method.to_owned(),
        url,
        headers: [("X-Mine".to_owned(), "of the model".to_owned())].into(),
        body: (method == "POST").then(|| "a body".to_owned()),
    }
}

#[tokio::test]
async fn requests_go_to_listed_servers_only() {
    let other = Server::new(|request| page(200, "text/plain", request)).await;
    let elsewhere = format!("http://other.example:{}/in", other.address.port());
    let server = Server::new(move |request| match path(request) {
        "/v1/echo" => page(200, "text/plain", request),
        "/v1/off-list" => to(307, "http://169.254.169.254/v1/"),
        "/v1/up" => to(302, "/admin"),
        "/v1/away" => to(307, &elsewhere),
        "/v1/found" => to(302, "/v1/echo"),
        _ => page(500, "application/json", "{}"),
    })
    .await;
    let (guard, _) = rebinding(&[&["127.0.0.1"]]);
    let requests = HttpRequest::over(
        guard,
        [
            Endpoint::new("api.example")
                .path("/v1")
                .methods(["GET", "POST"])
                .header("Authorization", "Bearer secret-of-the-program")
                .plain_http()
                .intranet(),
            Endpoint::new("other.example")
                .methods(["POST"])
                .plain_http()
                .intranet(),
        ],
    );
    let port = server.address.port();
    let at = |path: &str| format!("http://api.example:{port}{path}");
    let send = async |method: &str, path: &str| requests.send(call(method, at(path))).await;

    let answer = send("post", "/v1/echo").await.expect("an answer");
    assert_eq!(answer.status, 200);
    let body = answer.body.to_lowercase();
    assert!(
        body.contains("x-mine: of the model") && body.contains("\r\n\r\n"),
        "{body}"
    );
    assert!(!body.contains("secret-of-the-program"), "{body}");
    assert!(body.contains("authorization: [secret]"), "{body}");
    let asked = server.asked().concat();
    assert!(
        asked.contains("Bearer secret-of-the-program"),
        "the server got it: {asked}"
    );

    assert_eq!(
        send("GET", "/v1/oops").await.expect("an answer").status,
        500
    );
    for (method, path) in [
        ("DELETE", "/v1/echo"),
        ("GET", "/admin"),
        ("GET", "/v1/../admin"),
        ("GET", "/v1/up"),
    ] {
        let sent = send(method, path).await;
        assert!(
            matches!(sent, Err(FetchError::NotAllowed { .. })),
            "{method} {path}: {sent:?}"
        );
    }
    let sent = send("POST", "/v1/off-list").await;
    assert!(matches!(sent, Err(FetchError::Refused { .. })), "{sent:?}");
    let sent = requests.send(call("GET", server.url("/v1/echo"))).await;
    assert!(matches!(sent, Err(FetchError::Refused { .. })), "{sent:?}");
    let public = "https://example.com/v1".to_owned();
    let sent = requests.send(call("GET", public)).await;
    assert!(
        matches!(sent, Err(FetchError::NotAllowed { .. })),
        "{sent:?}"
    );

    // Redirected to another server of the list: with the body, without the secret.
    let away = HttpCall {
        headers: [("authorization".to_owned(), "the model's".to_owned())].into(),
        ..call("POST", at("/v1/away"))
    };
    let answer = requests.send(away).await.expect("an answer");
    assert!(answer.url.contains("other.example") && answer.body.contains("POST /in"));
    let asked = other.asked().concat().to_lowercase();
    assert!(
        !asked.contains("authorization") && !asked.contains("secret"),
        "{asked}"
    );
    // A `POST` that finds its answer elsewhere gets it.
    let answer = send("POST", "/v1/found").await.expect("an answer");
    assert!(answer.body.starts_with("GET /v1/echo"), "{}", answer.body);
    assert!(!answer.body.contains("a body"), "{}", answer.body);
}

#[tokio::test]
async fn a_listed_server_on_a_private_address_has_to_be_said() {
    let server = Server::new(|_| page(200, "text/plain", "x")).await;
    let (guard, _) = rebinding(&[&["127.0.0.1"]]);
    let endpoint = Endpoint::new("api.example").plain_http();
    let url = format!("http://api.example:{}/", server.address.port());
    let sent = HttpRequest::over(guard, [endpoint])
        .send(call("GET", url))
        .await;
    assert!(matches!(sent, Err(FetchError::Refused { .. })), "{sent:?}");
    assert!(server.asked().is_empty());
}
