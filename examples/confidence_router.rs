//! A route by confidence: what is sure is processed, what is likely is validated first, and the rest
//! is another workflow, which asks a person. Its question pauses the outer run as well.
//!
//! ```sh
//! cargo run --example confidence_router -- run ConfidenceRouter --document "Invoice 12, total 80 EUR"
//! cargo run --example confidence_router -- run ConfidenceRouter --document "It says 80 somewhere"
//! cargo run --example confidence_router -- run ConfidenceRouter --document "???"
//! cargo run --example confidence_router -- inbox
//! ```

use agno::prelude::*;

/// Processes documents.
#[workflow]
struct ConfidenceRouter;

#[workflow]
impl ConfidenceRouter {
    /// How sure the program can be of a document, from 0 to 1.
    #[step]
    async fn confidence(&self, document: String) -> Result<f64> {
        let signs = ["invoice", "total", "eur", "80"];
        let text = document.to_lowercase();
        let found = signs.iter().filter(|sign| text.contains(*sign)).count();
        Ok(match found {
            3.. => 0.95,
            1..=2 => 0.7,
            _ => 0.2,
        })
    }

    /// Looks again.
    #[step]
    async fn validate(&self, document: String) -> Result<String> {
        Ok(format!("{document} (validated)"))
    }

    /// Books it.
    #[step]
    async fn process(&self, document: String) -> Result<String> {
        Ok(format!("Booked: {document}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, document: String) -> Result<String> {
        let confidence = flow.confidence(document.clone()).await?;
        if confidence > 0.9 {
            flow.process(document).await
        } else if confidence > 0.5 {
            let document = flow.validate(document).await?;
            flow.process(document).await
        } else {
            flow.call::<HumanHandoff>(document).await
        }
    }
}

/// Hands a document over to a person.
#[workflow]
struct HumanHandoff;

#[workflow]
impl HumanHandoff {
    /// Writes down what the person has read.
    #[step]
    async fn note(&self, document: String, reading: String) -> Result<String> {
        Ok(format!("Read by a person: {document} is {reading}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, document: String) -> Result<String> {
        let reading: String = flow.ask(format!("What is `{document}`?")).await?;
        flow.note(document, reading).await
    }
}

fn main() -> ExitCode {
    let app = agno::app().workflow(ConfidenceRouter);
    app.workflow(HumanHandoff).main()
}
