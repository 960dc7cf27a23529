//! Three agents look at a topic at the same time, and a fourth brings together what they found:
//! every output reaches it, typed and in order.
//!
//! ```sh
//! cargo run --example parallel_research -- run --input "durable execution"
//! ```
//!
//! Kill it in the middle and `resume`: who is done is not asked again. On a real model:
//! `OPENAI_API_KEY=.. cargo run --features openai --example parallel_research ..`.

use agno::{
    prelude::*,
    tools::search::{Documents, web_search},
};

/// Researches a topic from three sides.
#[workflow]
struct ParallelResearch {
    news: Agent,
    web: Agent,
    papers: Agent,
    editor: Agent,
}

#[workflow]
impl ParallelResearch {
    /// What is said about it this week.
    #[step(timeout = "2m", retry(max = 2))]
    async fn recent(&self, input: String) -> Result<String> {
        self.news.run(input).await
    }

    /// What is known about it.
    #[step(timeout = "2m", retry(max = 2))]
    async fn known(&self, input: String) -> Result<String> {
        self.web.run(input).await
    }

    /// What has been proven about it.
    #[step(timeout = "2m", retry(max = 2))]
    async fn proven(&self, input: String) -> Result<String> {
        self.papers.run(input).await
    }

    /// Brings the three together.
    #[step(timeout = "3m")]
    async fn synthesis(
        &self,
        input: String,
        recent: String,
        known: String,
        proven: String,
    ) -> Result<String> {
        let prompt = format!(
            "{input}\n\n## This week\n{recent}\n\n## On the web\n{known}\n\n## In papers\n{proven}"
        );
        self.editor.run(prompt).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, input: String) -> Result<String> {
        let (recent, known, proven) = flow
            .parallel((
                flow.recent(input.clone()),
                flow.known(input.clone()),
                flow.proven(input.clone()),
            ))
            .await?;
        flow.synthesis(input, recent, known, proven).await
    }
}

fn main() -> Result<ExitCode> {
    // A few pages beside the examples stand in for the web, so that it runs without one.
    let shelf = Documents::in_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shelf"))?;
    let researcher = |name: &str, about: &str| {
        Agent::builder(name)
            .role(about)
            .instructions("Search first. Answer with what you found, and name the pages.")
            .tool(web_search(shelf.clone()))
            .build()
    };
    let workflow = ParallelResearch {
        news: researcher("News desk", "looks for what is new")?,
        web: researcher("Web desk", "looks for what is generally known")?,
        papers: researcher("Library", "looks for what has been measured or proven")?,
        editor: Agent::builder("Editor")
            .instructions(["Write one report of the three.", "Say where they differ."])
            .markdown(true)
            .build()?,
    };
    Ok(agno::app().workflow(workflow).main())
}
