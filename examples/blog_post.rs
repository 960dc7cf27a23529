//! Writes a blog post: searches for sources, reads them, writes. What was found, read and written
//! for a topic is kept, so a second run of the topic costs nothing.
//!
//! ```sh
//! cargo run --example blog_post                                  # asks for a topic
//! cargo run --example blog_post -- run --topic "Heat pumps in old houses"
//! cargo run --example blog_post -- run --topic "Heat pumps in old houses"   # the finished post
//! cargo run --example blog_post -- run --topic "Heat pumps in old houses" --use-cached-report false
//! ```
//!
//! The last one writes anew from the articles that are known; with `--use-scrape-cache false` it
//! reads them again, with `--use-search-cache false` it looks for others. Kill it in the middle:
//! `resume` goes on after the last turn of a model that was recorded.
//!
//! It runs offline, on a shelf of texts, with a model that quotes. On a real model and the web:
//!
//! ```sh
//! OPENAI_API_KEY=.. cargo run --features openai,web --example blog_post
//! OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_MODEL=llama3.2 cargo run ..
//! ```

use agno::{StepCall, prelude::*};

#[path = "blog_post/articles.rs"]
mod articles;
#[path = "blog_post/command_line.rs"]
mod command_line;
mod shelf;

use articles::{Material, Page, Query, ScrapedArticle, SearchResults};
use shelf::Library;

/// The code of the error that says that there is nothing to write about.
const NO_ARTICLES: &str = "no_articles";

/// What to write about, and what may be taken from earlier runs.
#[data]
struct Request {
    /// The topic of the post.
    #[schemars(length(min = 1, max = 200), regex(pattern = r"\S"))]
    topic: String,
    /// Take the articles that an earlier run has found.
    #[serde(default = "yes")]
    use_search_cache: bool,
    /// Take the texts that an earlier run has read.
    #[serde(default = "yes")]
    use_scrape_cache: bool,
    /// Take the finished post of an earlier run, whatever the other two say.
    #[serde(default = "yes")]
    use_cached_report: bool,
}

fn yes() -> bool {
    true
}

/// Writes blog posts from what it finds.
#[workflow]
struct BlogPost {
    searcher: Agent<SearchResults>,
    scraper: Agent<ScrapedArticle>,
    writer: Agent<String, Material>,
    /// What is searched, and the model that reads it. Another one has results of its own.
    library: String,
}

#[workflow]
impl BlogPost {
    /// Looks for articles, in three attempts. To find none is an error, because a cache keeps none
    /// of those.
    #[step(retry(max = 2, backoff = "1s"), timeout = "2m", cache(ttl = "7d"))]
    async fn search(&self, query: Query) -> Result<SearchResults> {
        let found = self.searcher.run(query.topic).await?;
        if found.articles.is_empty() {
            let problem = format!("nothing was found in {}", query.library);
            return Err(Error::new(NO_ARTICLES, problem).permanent());
        }
        Ok(found)
    }

    /// Reads an article; none if it cannot be read.
    #[step(
        retry(max = 1, backoff = "1s"),
        timeout = "2m",
        cache(ttl = "30d"),
        on_error = "skip"
    )]
    async fn scrape(&self, page: Page) -> Result<Option<ScrapedArticle>> {
        let prompt = format!("Read the article at {}", page.url);
        Ok(Some(self.scraper.run(prompt).await?))
    }

    /// Writes the post.
    #[step(retry(max = 2, backoff = "1s"), timeout = "5m")]
    async fn write(&self, material: Material) -> Result<String> {
        self.writer.run(material).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, request: Request) -> Result<String> {
        let query = Query {
            topic: request.topic.clone(),
            library: flow.workflow().library.clone(),
        };
        let post = flow.post(query, request.use_search_cache, request.use_scrape_cache);
        match known(post, request.use_cached_report).await {
            Err(error) if error.code() == NO_ARTICLES => Ok(format!(
                "Sorry, could not find any articles on the topic: {}",
                request.topic
            )),
            post => post,
        }
    }

    /// All that it takes to make a post, kept as one.
    #[flow(cache(key = "query", ttl = "30d"))]
    async fn post(
        flow: &Flow<Self>,
        query: Query,
        use_search_cache: bool,
        use_scrape_cache: bool,
    ) -> Result<String> {
        let Query { topic, library } = query.clone();
        flow.say(format!("Searching {library}"));
        let found = known(flow.search(query), use_search_cache).await?;
        flow.say(format!("Articles to read: {}", found.articles.len()));
        let read = flow
            .map(found.articles, |article| {
                let page = Page {
                    url: article.url,
                    library: library.clone(),
                };
                known(flow.scrape(page), use_scrape_cache)
            })
            .limit(3)
            .await?;
        let articles: Vec<_> = read.into_iter().flatten().collect();
        if articles.is_empty() {
            return Err(Error::new(NO_ARTICLES, "none of them could be read").permanent());
        }
        flow.say(format!("Articles to write from: {}", articles.len()));
        flow.write(Material { topic, articles }).await
    }
}

/// The same call, which may take what is stored, or not.
fn known<T: Send + 'static>(call: StepCall<T>, may: bool) -> StepCall<T> {
    if may { call } else { call.fresh() }
}

fn main() -> Result<ExitCode> {
    let library = Library::from_env()?;
    let workflow = BlogPost {
        searcher: Agent::builder("Searcher")
            .role("finds articles that a blog post can stand on")
            .instructions([
                "Search for the topic and look at 10 to 15 results.",
                "Select the 5 to 7 best: those that people who know the subject would quote, and \
                 that say different things.",
                "Leave out what is no article, and what is not about the topic.",
            ])
            .tool(library.search)
            // An answer of another form is sent back, so there are three here too.
            .repairs(2)
            .output::<SearchResults>()
            .build()?,
        scraper: Agent::builder("Scraper")
            .role("reads articles for a writer")
            .instructions([
                "Read the article, and give its text as Markdown, without advertising.",
                "If it cannot be read, give no content.",
            ])
            .tool(library.reader)
            .output::<ScrapedArticle>()
            .build()?,
        writer: Agent::builder("Writer")
            .role("writes posts that are read to the end")
            .instructions([
                "Write a post about the topic, from the articles and nothing else.",
                "Begin with what is surprising, and give each idea a section of its own.",
                "Name where a fact comes from, with a link.",
            ])
            .expected_output(articles::FORM)
            .markdown(true)
            .input::<Material>()
            .build()?,
        library: library.name,
    };
    Ok(agno::app()
        .workflow(workflow)
        .run_from(command_line::arguments()?))
}
