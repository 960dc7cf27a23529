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

use agno::prelude::*;

/// Tells jokes, and each of them once.
#[workflow]
struct CachedJoke {
    /// Answers, and keeps the answer for a day.
    #[step(cache(ttl = "1d"), timeout = "1m")]
    comedian: Agent,
}

fn main() -> Result<ExitCode> {
    let comedian = Agent::builder("Comedian")
        .instructions("Answer in one line.")
        .build()?;
    Ok(agno::app().workflow(CachedJoke { comedian }).main())
}
