//! The search services.

use agno_agents::{
    ToolContext,
    tools::{
        guard::FetchError,
        search::{DuckDuckGo, SearXng, SearchError, WebSearch, search_tools, web_search},
    },
};

use super::server::{Server, local, page, path};

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
