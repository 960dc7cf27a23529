//! An answer that is asked for twice is bought once, also by another process.
//!
//! ```sh
//! cargo run --example cached_joke -- run --input "Tell me a joke."   # asks the model
//! cargo run --example cached_joke -- run --input "Tell me a joke."   # from the cache
//! cargo run --example cached_joke -- run --no-cache --input "Tell me a joke."
//! ```
//!
//! The key of a cached answer holds the agent's settings: another model or other instructions ask
//! anew. On a real model: `OPENAI_API_KEY=.. cargo run --features openai --example cached_joke ..`.

use agno::{
    prelude::*,
    tools::search::{Document, Documents, web_search},
};

/// What the offline model tells its jokes from.
fn joke_book() -> Documents {
    let joke = |title: &str, text: &str| Document {
        title: title.to_owned(),
        url: format!("book:{title}"),
        text: text.to_owned(),
    };
    Documents::of([
        joke(
            "A joke about caches",
            "There are two hard things: naming, caching, and counting to two.",
        ),
        joke(
            "A joke about journals",
            "My program keeps a diary. It still cannot remember why.",
        ),
    ])
}

/// Tells jokes, and each of them once.
#[workflow]
struct CachedJoke {
    /// Answers, and keeps the answer for a day.
    #[step(cache(ttl = "1d"), timeout = "1m")]
    comedian: Agent,
}

fn main() -> Result<ExitCode> {
    let comedian = Agent::builder("Comedian")
        .instructions("Look into the joke book, and answer with one joke.")
        .tool(web_search(joke_book()).named("joke_book"))
        .build()?;
    Ok(agno::app().workflow(CachedJoke { comedian }).main())
}
