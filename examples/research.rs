//! Finds sources, reads the first three, and writes a summary with citations.
//!
//! ```sh
//! cargo run --example research -- run --topic "Heat pumps in old houses"
//! AGNO_CRASH_AFTER=3 cargo run --example research -- run --topic "Durable execution"
//! cargo run --example research -- runs                     # .. and `resume` the one that crashed
//! ```
//!
//! What was found stays in the session's state: `show RUN`. It runs offline, on a shelf of texts.
//! On a real model and the web:
//!
//! ```sh
//! OPENAI_API_KEY=.. cargo run --features openai,web --example research -- run --topic ..
//! ```

use agno::prelude::*;

mod shelf;

use shelf::Library;

/// How many sources are read.
const READ: usize = 3;

/// What a search has found.
#[data]
struct Found {
    /// Addresses of pages about the topic, best first.
    urls: Vec<String>,
}

/// What is known of a topic, for the session.
#[data]
#[derive(Default, State)]
struct Notes {
    /// Every source that was found.
    urls: Vec<String>,
    /// What the sources say that were read.
    articles: Vec<String>,
}

/// Researches a topic.
#[workflow]
struct Research {
    searcher: Agent<Found>,
    reader: Agent,
    summariser: Agent,
    /// What is searched, in words.
    library: String,
}

#[workflow(state = Notes)]
impl Research {
    /// Finds sources, and notes all of them.
    #[step(retry(max = 2, backoff = "1s"), timeout = "2m")]
    async fn search(&self, notes: &mut Notes, topic: String) -> Result<Vec<String>> {
        let found = self.searcher.run(topic).await?;
        notes.urls.clone_from(&found.urls);
        Ok(found.urls)
    }

    /// Says what a source has to say on the topic.
    #[step(retry(max = 2, backoff = "1s"), timeout = "2m")]
    async fn read(&self, topic: String, url: String) -> Result<String> {
        let prompt = format!("{topic}\n\nWhat does {url} say about it?");
        self.reader.run(prompt).await
    }

    /// Notes what was read.
    #[step]
    async fn note(&self, notes: &mut Notes, articles: Vec<String>) {
        notes.articles = articles;
    }

    /// Writes the summary.
    #[step(timeout = "5m")]
    async fn summarise(&self, topic: String, articles: Vec<String>) -> Result<String> {
        let prompt = format!("Topic: {topic}\n\n{}", articles.join("\n\n"));
        self.summariser.run(prompt).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.say(format!("Searching for information on: {topic}"));
        flow.say(format!("Looking in {}", flow.workflow().library));
        let urls = flow.search(topic.clone()).await?;
        if urls.is_empty() {
            return Ok("No relevant sources found.".to_owned());
        }
        flow.say(format!("Sources to read: {}", urls.len().min(READ)));
        let first: Vec<_> = urls.into_iter().take(READ).collect();
        let articles = flow.map(first, |url| flow.read(topic.clone(), url)).await?;
        flow.note(articles.clone()).await?;
        flow.say("Generating a comprehensive summary");
        flow.summarise(topic, articles).await
    }
}

fn main() -> Result<ExitCode> {
    let library = Library::from_env()?;
    let workflow = Research {
        searcher: Agent::builder("Search Agent")
            .instructions([
                "Search for recent and reliable information about the topic.",
                "Give the addresses of the most relevant pages only.",
            ])
            .tool(library.search)
            .output::<Found>()
            .build()?,
        reader: Agent::builder("Content Agent")
            .instructions([
                "Read the page. Extract its main points on the topic, in six sentences.",
                "End with the page's address.",
            ])
            .tool(library.reader)
            .build()?,
        summariser: Agent::builder("Summary Agent")
            .instructions([
                "Write a comprehensive summary with clear sections.",
                "Keep all key points, and keep to the facts.",
                "Cite the page that a fact comes from.",
            ])
            .markdown(true)
            .build()?,
        library: library.name,
    };
    Ok(agno::app().workflow(workflow).main())
}
