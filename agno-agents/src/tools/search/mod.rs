//! Searching the web, or a shelf of documents in its place.

mod documents;
#[cfg(feature = "web")]
mod duckduckgo;
mod rank;
#[cfg(feature = "web")]
mod searxng;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use agno_core::BoxFuture;
use futures_util::FutureExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::documents::{Document, Documents};
#[cfg(feature = "web")]
pub use self::{duckduckgo::DuckDuckGo, searxng::SearXng};
#[cfg(feature = "http")]
use super::guard::FetchError;
use super::text::{line, within};
use crate::{Tool, ToolContext};

/// Hits of a search, if the caller does not say how many.
const USUAL: usize = 5;

/// Most hits of a search.
const MOST: usize = 20;

/// One result of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hit {
    /// The page's title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// The words around what was looked for.
    pub snippet: String,
}

/// Why a search found nothing out. An empty list of hits is no error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// There is nothing to look for.
    #[error("the query is empty")]
    EmptyQuery,
    /// The service takes this program for a robot and shows a challenge instead of results.
    #[error(
        "{service} blocks this program for now (status {status}): wait some minutes, or search \
         with another service"
    )]
    Blocked {
        /// The service.
        service: String,
        /// HTTP status, which may be 200.
        status: u16,
    },
    /// More searches wait for their turn than will have it soon.
    #[error("{service} is asked once a second, and the queue is {wait:?} long")]
    Busy {
        /// The service.
        service: String,
        /// How long this search would have waited.
        wait: Duration,
    },
    /// SearXNG answers pages only.
    #[error(
        "{service} does not answer in JSON (status 403): add `json` to `search: formats:` in its \
         settings.yml and restart it"
    )]
    JsonDisabled {
        /// Its address.
        service: String,
    },
    /// The answer is not what the service is known to send.
    #[error("{service} answered something else than results: {problem}")]
    Unreadable {
        /// The service.
        service: String,
        /// What was found.
        problem: String,
    },
    /// The back end does not search news.
    #[error("{service} does not search news")]
    NoNews {
        /// The service.
        service: String,
    },
    /// The service was not reached, or answered with an error.
    #[cfg(feature = "http")]
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A document could not be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// An error of a back end of the program's own.
    #[error("{service}: {problem}")]
    Other {
        /// The service.
        service: String,
        /// What happened.
        problem: String,
    },
}

/// A service that finds pages.
///
/// ```
/// use agno_agents::tools::search::{Hit, SearchError, WebSearch};
/// use agno_core::BoxFuture;
///
/// #[derive(Debug)]
/// struct Intranet;
///
/// impl WebSearch for Intranet {
///     fn name(&self) -> &str {
///         "intranet"
///     }
///
///     fn search<'a>(
///         &'a self,
///         query: &'a str,
///         limit: usize,
///     ) -> BoxFuture<'a, Result<Vec<Hit>, SearchError>> {
///         Box::pin(async move { Ok(Vec::new()) })
///     }
/// }
/// ```
pub trait WebSearch: fmt::Debug + Send + Sync {
    /// Its name in errors.
    fn name(&self) -> &str;

    /// Searches for pages, best first, at most `limit`.
    fn search<'a>(
        &'a self,
        query: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, SearchError>>;

    /// Whether it searches news too. Default: no.
    fn has_news(&self) -> bool {
        false
    }

    /// Searches recent news, at most `limit`. Default: [`SearchError::NoNews`].
    fn news<'a>(
        &'a self,
        _query: &'a str,
        _limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, SearchError>> {
        let service = self.name().to_owned();
        std::future::ready(Err(SearchError::NoNews { service })).boxed()
    }
}

impl<T: WebSearch + ?Sized> WebSearch for Arc<T> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn search<'a>(
        &'a self,
        query: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, SearchError>> {
        (**self).search(query, limit)
    }

    fn has_news(&self) -> bool {
        (**self).has_news()
    }

    fn news<'a>(
        &'a self,
        query: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, SearchError>> {
        (**self).news(query, limit)
    }
}

/// What the search tools take.
#[derive(Deserialize, JsonSchema)]
struct Search {
    /// What to look for, in a few words.
    query: String,
    /// How many results, at most 20. Default: 5.
    #[serde(default)]
    limit: Option<usize>,
}

impl Search {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }
}

/// The tool `web_search(query, limit)`.
pub fn web_search(service: impl WebSearch + 'static) -> Tool {
    let service = Arc::new(service);
    Tool::new(
        "web_search",
        "Searches the web. Gives a list of title, url and snippet, best first.",
        move |arguments: Search, _: ToolContext| {
            let service = service.clone();
            async move {
                let hits = service.search(&arguments.query, arguments.limit()).await;
                hits.map(|hits| brief(hits, arguments.limit()))
            }
        },
    )
}

/// The tool `search_news(query, limit)`, for a service that searches news.
pub fn search_news(service: impl WebSearch + 'static) -> Tool {
    let service = Arc::new(service);
    Tool::new(
        "search_news",
        "Searches recent news. Gives a list of title, url and snippet.",
        move |arguments: Search, _: ToolContext| {
            let service = service.clone();
            async move {
                let hits = service.news(&arguments.query, arguments.limit()).await;
                hits.map(|hits| brief(hits, arguments.limit()))
            }
        },
    )
}

/// What a model is given of hits, whatever the service sent: so many, and each of them short.
fn brief(mut hits: Vec<Hit>, limit: usize) -> Vec<Hit> {
    const LONGEST_URL: usize = 2_000;
    hits.retain(|hit| hit.url.len() <= LONGEST_URL);
    hits.truncate(limit);
    for hit in &mut hits {
        hit.title.truncate(within(&hit.title, 300).len());
        hit.snippet.truncate(within(&hit.snippet, 1_000).len());
    }
    hits
}

/// [`web_search`], and [`search_news`] if the service has news.
pub fn search_tools(service: impl WebSearch + 'static) -> Vec<Tool> {
    let service = Arc::new(service);
    let mut tools = vec![web_search(service.clone())];
    if service.has_news() {
        tools.push(search_news(service));
    }
    tools
}

/// A query that can be asked: one line, not empty.
fn asked(query: &str) -> Result<String, SearchError> {
    let query = line(query);
    if query.is_empty() {
        return Err(SearchError::EmptyQuery);
    }
    Ok(within(&query, 500).to_owned())
}
