//! Reading articles: what is worth reading of a page, without its menus and advertisements.

mod charset;
mod extract;

use std::{sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    guard::{FetchError, Fetched, Fetcher, Guard},
    text::{cut, line, tidy},
};
use crate::{Tool, ToolContext};

/// What is read: pages and plain text.
const READ: [&str; 4] = [
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "text/markdown",
];

/// What is worth reading of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Article {
    /// Where it came from, after redirects.
    pub url: String,
    /// Its title; empty if it has none.
    pub title: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Its text, paragraph by paragraph.
    pub text: String,
    /// When it was published, in the page's own words.
    pub published: Option<String>,
    /// A summary, or its first words.
    pub excerpt: Option<String>,
    /// The name of the site.
    pub site: Option<String>,
    /// Length of the whole text, in characters.
    pub length: usize,
    /// Whether `text` is only the beginning of it.
    pub shortened: bool,
}

impl Article {
    /// What stands beside the text is to be short: it is the page's to say how long it is.
    fn shorten_rest(&mut self) {
        shorten(&mut self.title, 300);
        self.authors.truncate(20);
        let authors = self.authors.iter_mut();
        authors.for_each(|author| shorten(author, 100));
        for (text, longest) in [
            (&mut self.published, 100),
            (&mut self.excerpt, 1_000),
            (&mut self.site, 100),
        ] {
            if let Some(text) = text {
                shorten(text, longest);
            }
        }
    }
}

fn shorten(text: &mut String, longest: usize) {
    if let Some(beginning) = cut(text, longest) {
        *text = beginning.to_owned();
    }
}

/// Why an article was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArticleError {
    /// The page was not fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The page has no text to read: it may be made by a script, or want a login.
    #[error("{url} has no readable text")]
    NoText {
        /// The page.
        url: String,
    },
    /// The page has too many elements, or too many in one another.
    #[error("{url} is too complex to be read: {problem}")]
    TooComplex {
        /// The page.
        url: String,
        /// What there is too much of.
        problem: String,
    },
    /// The reader panicked on the page.
    #[error("{url} could not be read: the reader broke on it")]
    Broken {
        /// The page.
        url: String,
    },
}

impl ArticleError {
    /// Whether trying again may help.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_retryable())
    }
}

/// Fetches pages and reads their articles. Refuses addresses that are not on the public internet:
/// see [`guard`](super::guard). Cheap to clone.
///
/// Default limits: those of [`Fetcher`], and 20 000 characters of text. What stands beside the text
/// is cut as well: titles at 300 characters, names and dates at 100, excerpts at 1000.
///
/// ```no_run
/// use agno_agents::tools::article::ArticleReader;
///
/// # async fn example() -> Result<(), agno_agents::tools::article::ArticleError> {
/// let article = ArticleReader::new().read("https://example.com/story").await?;
/// assert!(article.text.len() <= 4 * 20_000);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ArticleReader {
    fetcher: Fetcher,
    longest: usize,
}

/// What `read_article` takes.
#[derive(Deserialize, JsonSchema)]
struct ReadArticle {
    /// Address of the page, beginning with https:// or http://.
    url: String,
}

impl ArticleReader {
    /// Reads pages on the public internet.
    pub fn new() -> Self {
        Self::over(Fetcher::new(Guard::new()))
    }

    /// Fetches by a guard and limits of the program's own.
    pub fn over(fetcher: Fetcher) -> Self {
        Self {
            fetcher,
            longest: 20_000,
        }
    }

    /// Most characters of an article's text; more is cut off at the end of a sentence. Default:
    /// 20 000.
    #[must_use]
    pub fn longest(mut self, characters: usize) -> Self {
        self.longest = characters;
        self
    }

    /// Longest time of a fetch. Default: 20 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.fetcher = self.fetcher.timeout(timeout);
        self
    }

    /// Fetches a page and reads its article. Plain text and Markdown are taken as they are.
    ///
    /// # Errors
    ///
    /// [`ArticleError`].
    pub async fn read(&self, url: &str) -> Result<Article, ArticleError> {
        let fetched = self.fetcher.fetch(url, &READ).await?;
        let url = fetched.url.clone();
        let longest = self.longest;
        // Large pages take a while.
        let read = tokio::task::spawn_blocking(move || article(&fetched, longest)).await;
        read.unwrap_or(Err(ArticleError::Broken { url }))
    }

    /// The tool `read_article(url)`.
    pub fn tool(&self) -> Tool {
        let reader = Arc::new(self.clone());
        Tool::new(
            "read_article",
            "Reads the article on a web page: title, authors, date and text.",
            move |arguments: ReadArticle, _: ToolContext| {
                let reader = reader.clone();
                async move { reader.read(&arguments.url).await }
            },
        )
    }
}

impl Default for ArticleReader {
    fn default() -> Self {
        Self::new()
    }
}

fn article(fetched: &Fetched, longest: usize) -> Result<Article, ArticleError> {
    let kind = fetched.content_type().unwrap_or_default();
    let is_html = kind.contains("html");
    let text = charset::decode(&fetched.body, fetched.charset(), is_html);
    let mut article = if is_html {
        extract::article(&text, &fetched.url)?
    } else {
        plain(text, &fetched.url)
    };
    article.text = tidy(&article.text);
    if article.text.is_empty() {
        return Err(ArticleError::NoText {
            url: article.url.clone(),
        });
    }
    article.length = article.text.chars().count();
    article.shorten_rest();
    if let Some(beginning) = cut(&article.text, longest) {
        article.text = beginning.to_owned();
        article.shortened = true;
    }
    Ok(article)
}

/// A text that is one already. A Markdown heading in its first line is its title.
fn plain(text: String, url: &str) -> Article {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    let title = first.and_then(|line| line.strip_prefix("# "));
    Article {
        url: url.to_owned(),
        title: line(title.unwrap_or_default()),
        authors: Vec::new(),
        text,
        published: None,
        excerpt: None,
        site: None,
        length: 0,
        shortened: false,
    }
}
