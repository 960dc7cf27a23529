//! Agno's first example: two agents, one after the other, and nothing else.
//!
//! ```sh
//! cargo run --example content_creation -- run --input "Write about durable execution"
//! ```
//!
//! Without a key the offline model answers, which quotes what it finds on a shelf of short texts and
//! invents nothing. On a real one:
//!
//! ```sh
//! OPENAI_API_KEY=.. cargo run --example content_creation --features openai -- run --input "Write about AI"
//! OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_MODEL=llama3.2 cargo run ..
//! ```

use agno::prelude::*;

mod shelf;

/// Researches a topic and writes about it.
#[workflow(name = "Content Creation")]
struct Content {
    /// Finds out about the topic.
    #[step]
    researcher: Agent,
    /// Writes the article.
    #[step(input = "{input}\n\n{previous}")]
    writer: Agent,
}

fn main() -> Result<ExitCode> {
    let content = Content {
        researcher: Agent::builder("Researcher")
            .role("finds out what is known about a topic")
            .instructions("Search first. Answer with the facts that matter, each in a sentence.")
            .tool(shelf::Library::from_env()?.search)
            .build()?,
        writer: Agent::builder("Writer")
            .role("writes for people who are new to a topic")
            .instructions([
                "Write a short article.",
                "Use only what the researcher found.",
            ])
            .markdown(true)
            .build()?,
    };
    Ok(agno::app().workflow(content).main())
}
