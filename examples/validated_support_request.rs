//! A request is checked before anything is written, with all its problems at once; what goes wrong
//! later is recovered in the flow, and every request is noted in the session.
//!
//! ```sh
//! cargo run --example validated_support_request -- run --name Ada --email ada@example.com \
//!     --query "How do I reset my password?"
//! cargo run --example validated_support_request -- run --name A --email nowhere --query ""
//! ```
//!
//! On a real model: `OPENAI_API_KEY=.. cargo run --features openai --example validated_support_request ..`.

use agno::{
    prelude::*,
    tools::search::{Document, Documents, web_search},
};

/// What somebody asks.
#[data]
struct Request {
    /// Who asks.
    #[schemars(length(min = 2, max = 80))]
    name: String,
    /// Where the answer goes.
    #[schemars(email)]
    email: String,
    /// The question.
    #[schemars(length(min = 5, max = 2_000))]
    query: String,
}

/// What was asked in this session.
#[data]
#[derive(Default, State)]
struct Log {
    #[merge(append)]
    interactions: Vec<Interaction>,
}

/// One request.
#[data]
#[derive(PartialEq)]
struct Interaction {
    email: String,
    query: String,
    answered: bool,
}

/// Answers support requests.
#[workflow]
struct Support {
    agent: Agent,
}

#[workflow(state = Log)]
impl Support {
    /// Answers the question.
    #[step(retry(max = 2, backoff = "1s"), timeout = "1m")]
    async fn answer(&self, request: Request) -> Result<String> {
        let prompt = format!("{} asks: {}", request.name, request.query);
        self.agent.run(prompt).await
    }

    /// Notes the request.
    #[step]
    async fn note(&self, log: &mut Log, request: Request, answered: bool) -> usize {
        log.interactions.push(Interaction {
            email: request.email,
            query: request.query,
            answered,
        });
        log.interactions.len()
    }

    #[flow]
    async fn run(flow: &Flow<Self>, request: Request) -> Result<String> {
        let answer = flow.answer(request.clone()).await;
        let count = flow.note(request.clone(), answer.is_ok()).await?;
        flow.say(format!("request {count} of this session"));
        match answer {
            Ok(answer) => Ok(format!("Hello {}, {answer}", request.name)),
            Err(error) => Ok(format!(
                "Hello {}, we could not answer at once ({}); somebody will write to {}.",
                request.name,
                error.code(),
                request.email
            )),
        }
    }
}

/// What is known to the support desk.
fn handbook() -> Documents {
    let page = |title: &str, text: &str| Document {
        title: title.to_owned(),
        url: format!("handbook:{}", title.to_lowercase().replace(' ', "-")),
        text: text.to_owned(),
    };
    Documents::of([
        page(
            "Reset a password",
            "To reset a password, choose \"Forgotten\" below the login form. A link comes by mail \
             and is good for an hour.",
        ),
        page(
            "Change a plan",
            "A plan is changed under Account, Plan. The new price counts from the next month.",
        ),
        page(
            "Cancel an account",
            "An account is cancelled under Account, Close. Its data is kept for thirty days.",
        ),
    ])
}

fn main() -> Result<ExitCode> {
    let agent = Agent::builder("Support")
        .role("answers customers")
        .instructions([
            "Look into the handbook first.",
            "Answer in two or three sentences.",
        ])
        .tool(web_search(handbook()).named("search_handbook"))
        .build()?;
    Ok(agno::app().workflow(Support { agent }).main())
}
