//! A gate on the state: the first analysis writes down how sure it is, and if that is too little, a
//! person looks at it and it is made again.
//!
//! ```sh
//! cargo run --example quality_gate -- run --text "Sales rose by 12 percent in May"
//! cargo run --example quality_gate -- run --text "Sales, hm"       # asks; then
//! cargo run --example quality_gate -- answer ID "rose by 12 percent"
//! ```

use agno::prelude::*;

/// What the session knows of its analyses.
#[data]
#[derive(Default, State)]
struct Analyses {
    /// Of the last one, from 0 to 1.
    confidence: f64,
    #[merge(sum)]
    made: u32,
}

/// Analyses a text, and has a person help where it is unsure.
#[workflow]
struct QualityGate;

#[workflow(state = Analyses)]
impl QualityGate {
    /// Analyses it, and says in the state how sure it is.
    #[step]
    async fn analyse(&self, analyses: &mut Analyses, text: String) -> Result<String> {
        let is_exact = text.contains(|letter: char| letter.is_ascii_digit());
        analyses.confidence = if is_exact { 0.9 } else { 0.4 };
        analyses.made += 1;
        Ok(format!("Analysis of: {text}"))
    }

    /// Makes a report of it.
    #[step]
    async fn finish(&self, analysis: String, confidence: f64) -> Result<String> {
        Ok(format!("{analysis} (confidence {confidence})"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, text: String) -> Result<String> {
        let mut analysis = flow.analyse(text.clone()).await?;
        if flow.state().confidence < 0.7 {
            let hint: String = flow.ask("The analysis is unsure. What is missing?").await?;
            analysis = flow.analyse(format!("{text}; {hint}")).await?;
        }
        flow.finish(analysis, flow.state().confidence).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(QualityGate).main()
}
