//! Bounds of one fetch.

use std::time::Duration;

use agno_agents::tools::guard::FetchError;
use tokio::net::TcpListener;

use super::server::{Server, local, page, path, to};

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
