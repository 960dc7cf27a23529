//! A conversation about a workflow's results: what is known is answered from earlier runs of the
//! session, what is new starts a run.
//!
//! ```sh
//! cargo run --example chat                      # asks at the prompt, an empty line ends
//! cargo run --example chat -- "heat pumps" "What did you find?"
//! ```
//!
//! On a real model: `OPENAI_API_KEY=.. cargo run --features openai --example chat`.

use std::io::{self, BufRead, IsTerminal, Write};

use agno::{
    WorkflowAgent,
    prelude::*,
    tools::search::{Documents, web_search},
};

/// Finds out about a topic.
#[workflow]
struct Lookup {
    /// Searches, and answers with what it found.
    #[step(timeout = "2m")]
    researcher: Agent,
}

#[tokio::main]
async fn main() -> Result<()> {
    let shelf = Documents::in_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shelf"))?;
    let researcher = Agent::builder("Researcher")
        .instructions("Search first. Answer with what you found, and name the pages.")
        .tool(web_search(shelf))
        .build()?;
    let builder = Runtime::builder().store("sled:./.agno");
    let runtime = builder.workflow(Lookup { researcher }).build().await?;
    let mut front = WorkflowAgent::<Lookup>::builder(&runtime)
        .session("chat")
        .build()?;

    let given: Vec<String> = std::env::args().skip(1).collect();
    if !given.is_empty() {
        for question in given {
            println!("> {question}");
            answer(&mut front, question).await?;
        }
        return Ok(());
    }
    let mut lines = io::stdin().lock().lines();
    loop {
        if io::stdin().is_terminal() {
            print!("> ");
            io::stdout().flush()?;
        }
        match lines.next().transpose()? {
            Some(line) if !line.trim().is_empty() => answer(&mut front, line).await?,
            _ => return Ok(()),
        }
    }
}

async fn answer(front: &mut WorkflowAgent<Lookup>, question: String) -> Result<()> {
    let answer = front.print(question).await?;
    for run in &answer.runs {
        println!("(run {run})");
    }
    Ok(())
}
