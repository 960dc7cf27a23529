//! DuckDuckGo, by the page it gives to readers without scripts.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use agno_core::BoxFuture;
use dom_query::Document;
use futures_util::FutureExt;
use reqwest::header::{self, HeaderMap, HeaderValue};
use tokio::time::Instant;
use url::Url;

use super::{Hit, SearchError, WebSearch, asked};
use crate::tools::{
    guard::{Fetched, Fetcher, Guard, Outgoing, Policy, parsed},
    text::line,
};

const SERVICE: &str = "DuckDuckGo";

/// Time between two requests.
const PACE: Duration = Duration::from_secs(1);

/// Longest queue of waiting searches.
const LONGEST_QUEUE: Duration = Duration::from_secs(30);

/// Searches with DuckDuckGo. Needs no key, and may block a program at any time, servers more than
/// homes: then [`SearchError::Blocked`] says so. For work that must not stop, use another service.
///
/// Clones share one queue: one request per second, whoever asks.
#[derive(Clone, Debug)]
pub struct DuckDuckGo {
    base: String,
    fetcher: Fetcher,
    queue: Arc<Mutex<Option<Instant>>>,
}

impl DuckDuckGo {
    /// Searches at `https://html.duckduckgo.com/html/`.
    pub fn new() -> Self {
        Self::at(
            "https://html.duckduckgo.com/html/",
            Fetcher::new(Guard::new()).largest(2 * 1024 * 1024),
        )
    }

    /// Searches at another address that answers in the same form, by a fetcher that may reach it.
    pub fn at(base: impl Into<String>, fetcher: Fetcher) -> Self {
        Self {
            base: base.into(),
            fetcher,
            queue: Arc::default(),
        }
    }

    /// Waits for this search's turn. Given up while it waits, its second passes unused.
    async fn turn(&self) -> Result<(), SearchError> {
        let at = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let at = queue.map_or(now, |next| next.max(now));
            let wait = at - now;
            if wait > LONGEST_QUEUE {
                let service = SERVICE.to_owned();
                return Err(SearchError::Busy { service, wait });
            }
            *queue = Some(at + PACE);
            at
        };
        tokio::time::sleep_until(at).await;
        Ok(())
    }

    async fn ask(&self, query: &str, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let query = asked(query)?;
        let mut url = parsed(&self.base)?;
        url.query_pairs_mut().append_pair("q", &query);
        let mut request = Outgoing::get(url);
        request.headers = as_a_browser();
        self.turn().await?;
        let fetched = self.fetcher.exchange(request, &Anything).await?;
        let read = tokio::task::spawn_blocking(move || hits(&fetched)).await;
        let mut hits = read.map_err(|_| SearchError::Unreadable {
            service: SERVICE.to_owned(),
            problem: "the reader broke on the page".to_owned(),
        })??;
        hits.truncate(limit);
        Ok(hits)
    }
}

impl Default for DuckDuckGo {
    fn default() -> Self {
        Self::new()
    }
}

impl WebSearch for DuckDuckGo {
    fn name(&self) -> &str {
        SERVICE
    }

    fn search<'a>(
        &'a self,
        query: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, SearchError>> {
        self.ask(query, limit).boxed()
    }
}

/// A challenge comes with any status, so none is refused unread.
struct Anything;

impl Policy for Anything {}

/// Without `Accept` a request is always challenged.
fn as_a_browser() -> HeaderMap {
    let headers = [
        (
            header::USER_AGENT,
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        ),
        (
            header::ACCEPT,
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        ),
        (header::ACCEPT_LANGUAGE, "en-US,en;q=0.5"),
        (header::REFERER, "https://html.duckduckgo.com/"),
        (header::UPGRADE_INSECURE_REQUESTS, "1"),
    ];
    headers
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect()
}

/// The hits of a page, or what it is instead. That there are none has to be said by the page.
fn hits(fetched: &Fetched) -> Result<Vec<Hit>, SearchError> {
    let status = fetched.status;
    let page = Document::from(String::from_utf8_lossy(&fetched.body).into_owned());
    let challenged = page
        .select(r#"[class^="anomaly-modal"], [class*=" anomaly-modal"]"#)
        .exists();
    let blocked = || SearchError::Blocked {
        service: SERVICE.to_owned(),
        status,
    };
    if challenged || matches!(status, 403 | 429) {
        return Err(blocked());
    }
    if !(200..300).contains(&status) {
        let url = fetched.url.clone();
        return Err(super::FetchError::Status { url, status }.into());
    }
    let mut hits: Vec<Hit> = Vec::new();
    for result in page.select(".web-result, .result").iter() {
        if result.has_class("result--ad") {
            continue;
        }
        let link = result.select_single("a.result__a");
        let Some(url) = link
            .attr("href")
            .and_then(|href| target(&href, &fetched.url))
        else {
            continue;
        };
        if hits.iter().any(|hit| hit.url == url) {
            continue;
        }
        hits.push(Hit {
            title: line(&link.text()),
            url,
            snippet: line(&result.select_single(".result__snippet").text()),
        });
    }
    if !hits.is_empty() || page.select(".no-results, .result--no-result").exists() {
        return Ok(hits);
    }
    if status == 202 {
        return Err(blocked());
    }
    Err(SearchError::Unreadable {
        service: SERVICE.to_owned(),
        problem: "neither results nor the word that there are none".to_owned(),
    })
}

/// Where a result leads: the service wraps it as `//duckduckgo.com/l/?uddg=<address>`.
fn target(href: &str, page: &str) -> Option<String> {
    let url = Url::parse(page).ok()?.join(href).ok()?;
    let of_service = url
        .host_str()
        .is_some_and(|host| host == "duckduckgo.com" || host.ends_with(".duckduckgo.com"));
    let wrapped = url.query_pairs().find(|(name, _)| name == "uddg");
    let url = match wrapped {
        Some((_, target)) => Url::parse(&target).ok()?,
        // Advertisements go through y.js.
        None if of_service => return None,
        None => url,
    };
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn clones_wait_for_each_other() {
        let service = DuckDuckGo::new();
        let start = Instant::now();
        for _ in 0..3 {
            service.clone().turn().await.expect("a turn");
        }
        assert_eq!(start.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_queue_is_bounded() {
        let service = DuckDuckGo::new();
        let waiting: Vec<_> = (0..40).map(|_| service.turn()).collect();
        let done = futures_util::future::join_all(waiting).await;
        let busy = done.iter().filter(|turn| turn.is_err()).count();
        assert_eq!(busy, 9, "31 fit into 30 seconds");
    }

    #[test]
    fn an_address_is_unwrapped() {
        let page = "https://html.duckduckgo.com/html/?q=x";
        let cases = [
            (
                "//duckduckgo.com/l/?uddg=https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc&rut=1",
                Some("https://example.com/a?b=c"),
            ),
            ("https://example.org/", Some("https://example.org/")),
            ("//duckduckgo.com/y.js?ad_domain=shop.example", None),
            ("//duckduckgo.com/l/?uddg=javascript%3Aalert(1)", None),
            ("javascript:alert(1)", None),
        ];
        for (href, expected) in cases {
            assert_eq!(target(href, page).as_deref(), expected, "{href}");
        }
    }
}
