//! A condition is an `if`: technical topics get a step of their own, all others the other branch, and
//! what comes after both is the same.
//!
//! ```sh
//! cargo run --example conditional_research -- run --topic "AI in hospitals"
//! cargo run --example conditional_research -- run --topic "Sourdough"
//! cargo run --example conditional_research -- graph
//! ```

use agno::prelude::*;

/// Researches a topic in depth if it is technical.
#[workflow]
struct ConditionalResearch;

#[workflow]
impl ConditionalResearch {
    /// Looks at papers and repositories.
    #[step]
    async fn tech_research(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![
            format!("papers on {topic}"),
            format!("repositories on {topic}"),
        ])
    }

    /// Looks at what everybody reads.
    #[step]
    async fn general_research(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![format!("articles on {topic}")])
    }

    /// Sums up what either of them has found.
    #[step]
    async fn analyse(&self, found: Vec<String>) -> Result<String> {
        Ok(format!("Based on {}.", found.join(" and ")))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let found = if is_technical(&topic) {
            flow.tech_research(topic).await?
        } else {
            flow.general_research(topic).await?
        };
        flow.analyse(found).await
    }
}

/// By whole words: "said" is not about AI.
fn is_technical(topic: &str) -> bool {
    let mut words = topic.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| ["ai", "tech", "software"].contains(&&*word.to_lowercase()))
}

fn main() -> ExitCode {
    agno::app().workflow(ConditionalResearch).main()
}
