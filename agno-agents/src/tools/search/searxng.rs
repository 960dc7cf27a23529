//! SearXNG, a search service to host oneself.

use agno_core::BoxFuture;
use futures_util::FutureExt;
use reqwest::header::{self, HeaderValue};
use serde::Deserialize;

use super::{Hit, SearchError, WebSearch, asked};
use crate::tools::{
    guard::{FetchError, Fetched, Fetcher, Guard, Outgoing, Policy, parsed},
    text::line,
};

/// Searches with an instance of SearXNG, whose `settings.yml` has `json` among `search: formats:`.
/// Its address is the program's word, so it may be on a private network.
#[derive(Clone, Debug)]
pub struct SearXng {
    base: String,
    fetcher: Fetcher,
}

impl SearXng {
    /// Searches at an address such as `http://localhost:8080`.
    ///
    /// # Errors
    ///
    /// [`SearchError::Fetch`] if it is no URL.
    pub fn new(base_url: impl Into<String>) -> Result<Self, SearchError> {
        let base = base_url.into();
        let url = parsed(&base)?;
        let guard = match url.host_str() {
            Some(host) => Guard::new().allow_host(host),
            None => Guard::new(),
        };
        guard.check_url(&url)?;
        Ok(Self {
            base,
            fetcher: Fetcher::new(guard).largest(2 * 1024 * 1024),
        })
    }

    async fn ask(&self, query: &str, of: &str, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let query = asked(query)?;
        let base = self.base.trim_end_matches('/');
        let mut url = parsed(&format!("{base}/search"))?;
        url.query_pairs_mut()
            .append_pair("q", &query)
            .append_pair("format", "json")
            .append_pair("categories", of);
        let mut request = Outgoing::get(url);
        let json = HeaderValue::from_static("application/json");
        request.headers.insert(header::ACCEPT, json);
        let fetched = self.fetcher.exchange(request, &Anything).await?;
        hits(&fetched, &self.base, limit)
    }
}

impl WebSearch for SearXng {
    fn name(&self) -> &str {
        "SearXNG"
    }

    fn search<'a>(
        &'a self,
        query: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, SearchError>> {
        self.ask(query, "general", limit).boxed()
    }

    fn has_news(&self) -> bool {
        true
    }

    fn news<'a>(
        &'a self,
        query: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, SearchError>> {
        self.ask(query, "news", limit).boxed()
    }
}

/// Its statuses say more than that they are bad.
struct Anything;

impl Policy for Anything {}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Found>,
    #[serde(default)]
    unresponsive_engines: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Found {
    url: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    content: Option<String>,
}

fn hits(fetched: &Fetched, service: &str, limit: usize) -> Result<Vec<Hit>, SearchError> {
    let service = service.to_owned();
    match fetched.status {
        200..=299 => {}
        403 => return Err(SearchError::JsonDisabled { service }),
        status @ 429 => return Err(SearchError::Blocked { service, status }),
        status => {
            let url = fetched.url.clone();
            return Err(FetchError::Status { url, status }.into());
        }
    }
    let answer: Answer = match serde_json::from_slice(&fetched.body) {
        Ok(answer) => answer,
        Err(error) => {
            let problem = error.to_string();
            return Err(SearchError::Unreadable { service, problem });
        }
    };
    // Nothing found because nobody was asked is no result.
    if answer.results.is_empty() && !answer.unresponsive_engines.is_empty() {
        let engines: Vec<String> = answer.unresponsive_engines.iter().map(engine).collect();
        let problem = format!("its engines did not answer: {}", engines.join(", "));
        return Err(SearchError::Unreadable { service, problem });
    }
    let results = answer.results.into_iter().take(limit);
    Ok(results
        .map(|result| Hit {
            title: line(&result.title.unwrap_or_default()),
            url: result.url,
            snippet: line(&result.content.unwrap_or_default()),
        })
        .collect())
}

/// An engine that did not answer: `["brave", "timeout"]`.
fn engine(engine: &serde_json::Value) -> String {
    let parts = engine.as_array().into_iter().flatten();
    let parts: Vec<&str> = parts.filter_map(serde_json::Value::as_str).collect();
    line(&parts.join(": "))
}
