//! Research until it is good enough, at most three rounds: a loop is a loop, and the state says
//! what each round has found.
//!
//! ```sh
//! cargo run --example deep_research_loop -- run --input "durable execution"
//! ```
//!
//! On a real model: `OPENAI_API_KEY=.. cargo run --features openai --example deep_research_loop ..`.

use agno::{
    prelude::*,
    tools::search::{Documents, web_search},
};

/// What the rounds have found.
#[data]
#[derive(Default, State)]
struct Findings {
    #[merge(append)]
    found: Vec<String>,
}

/// Researches in rounds, until there is enough for a report.
#[workflow]
struct DeepResearch {
    researcher: Agent,
    reporter: Agent,
    /// Characters that are enough.
    enough: usize,
}

#[workflow(state = Findings)]
impl DeepResearch {
    /// One round of research, which knows what the rounds before it found.
    #[step(timeout = "3m", retry(max = 2))]
    async fn dig(&self, findings: &mut Findings, input: String, round: u32) -> Result<String> {
        let known = findings.found.join("\n\n");
        let prompt = format!("{input}\n\nRound {round}. Known so far, look for more:\n{known}");
        let found = self.researcher.run(prompt).await?;
        findings.found.push(found.clone());
        Ok(found)
    }

    /// Writes the report.
    #[step(timeout = "3m")]
    async fn report(&self, input: String, found: Vec<String>) -> Result<String> {
        let prompt = format!("Report on: {input}\n\n{}", found.join("\n\n"));
        self.reporter.run(prompt).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, input: String) -> Result<String> {
        let mut found = Vec::new();
        for round in 1..=3 {
            found.push(flow.dig(input.clone(), round).await?);
            let length: usize = found.iter().map(String::len).sum();
            flow.say(format!("{length} characters after round {round}"));
            if length >= flow.workflow().enough {
                break;
            }
        }
        flow.report(input, found).await
    }
}

fn main() -> Result<ExitCode> {
    let shelf = Documents::in_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shelf"))?;
    let workflow = DeepResearch {
        researcher: Agent::builder("Researcher")
            .instructions(["Search first.", "Answer with facts that are not known yet."])
            .tool(web_search(shelf.clone()))
            .tool(shelf.reader())
            .build()?,
        reporter: Agent::builder("Reporter")
            .instructions("Write a report with a heading for each question it answers.")
            .markdown(true)
            .build()?,
        enough: 1_500,
    };
    Ok(agno::app().workflow(workflow).main())
}
