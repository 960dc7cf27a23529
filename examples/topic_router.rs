//! One question, three specialists: a route is a `match` on an enum, so rustc sees that none is
//! missing, and a model that names an unknown one is asked again.
//!
//! ```sh
//! cargo run --example topic_router -- run --input "Which tech stack suits a start-up?"
//! cargo run --example topic_router -- graph
//! ```
//!
//! On a real model: `OPENAI_API_KEY=.. cargo run --features openai --example topic_router ..`.

use agno::prelude::*;

mod shelf;

/// What a question is about.
#[data]
#[derive(PartialEq)]
#[serde(rename_all = "lowercase")]
enum Topic {
    /// Software, hardware, engineering.
    Tech,
    /// Companies, markets, money.
    Business,
    /// Anything else.
    General,
}

/// Where a question goes.
#[data]
struct Route {
    /// The topic that fits best.
    topic: Topic,
}

/// Sends a question to who knows most about it.
#[workflow]
struct TopicRouter {
    router: Agent<Route>,
    technologist: Agent,
    analyst: Agent,
    generalist: Agent,
}

#[workflow]
impl TopicRouter {
    /// Decides who answers.
    #[step(timeout = "1m")]
    async fn route(&self, input: String) -> Result<Topic> {
        Ok(self.router.run(input).await?.topic)
    }

    /// Answers as an engineer.
    #[step(timeout = "2m")]
    async fn tech(&self, input: String) -> Result<String> {
        self.technologist.run(input).await
    }

    /// Answers as a business analyst.
    #[step(timeout = "2m")]
    async fn business(&self, input: String) -> Result<String> {
        self.analyst.run(input).await
    }

    /// Answers anything else.
    #[step(timeout = "2m")]
    async fn general(&self, input: String) -> Result<String> {
        self.generalist.run(input).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, input: String) -> Result<String> {
        match flow.route(input.clone()).await? {
            Topic::Tech => flow.tech(input).await,
            Topic::Business => flow.business(input).await,
            Topic::General => flow.general(input).await,
        }
    }
}

fn specialist(name: &str, role: &str) -> Result<Agent> {
    Agent::builder(name)
        .role(role)
        .instructions(["Search first.", "Answer briefly, as your role would."])
        .tool(shelf::Library::from_env()?.search)
        .markdown(true)
        .build()
}

fn main() -> Result<ExitCode> {
    let workflow = TopicRouter {
        router: Agent::builder("Router")
            .instructions("Say which topic the question is about.")
            .output::<Route>()
            .build()?,
        technologist: specialist("Technologist", "an engineer who has run systems for years")?,
        analyst: specialist("Analyst", "a business analyst")?,
        generalist: specialist("Generalist", "somebody with a broad education")?,
    };
    Ok(agno::app().workflow(workflow).main())
}
