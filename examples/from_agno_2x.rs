//! A list of steps of Agno 2.x, and the same here: the Python stands in the comments, the Rust below
//! it.
//!
//! ```sh
//! cargo run --example from_agno_2x -- run --topic "tech for old houses"
//! cargo run --example from_agno_2x -- graph
//! ```

use agno::prelude::*;

/// Writes about a topic.
#[workflow(name = "Content Pipeline")]
struct Content;

#[workflow]
impl Content {
    // def clean(step_input: StepInput) -> StepOutput:
    //     return StepOutput(content=step_input.input.strip())
    //
    // A function is a method; input and output are typed.

    /// Tidies the topic up.
    #[step]
    fn clean(&self, topic: String) -> String {
        topic.trim().to_owned()
    }

    /// What is new.
    #[step]
    async fn news(&self, topic: String) -> Result<String> {
        Ok(format!("news of {topic}"))
    }

    /// What is known.
    #[step]
    async fn facts(&self, topic: String) -> Result<String> {
        Ok(format!("facts on {topic}"))
    }

    /// Checks a technical text.
    #[step]
    async fn check(&self, text: String) -> Result<String> {
        Ok(format!("{text} (checked)"))
    }

    /// Makes it longer.
    #[step]
    async fn extend(&self, text: String) -> Result<String> {
        Ok(format!("{text}, and more"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        // steps=[Step("Clean", executor=clean),
        let topic = flow.clean(topic).await?;

        //        Parallel(Step("News", executor=news), Step("Facts", executor=facts)),
        // Both outputs go on, not only the last.
        let branches = flow.parallel((flow.news(topic.clone()), flow.facts(topic.clone())));
        let (news, facts) = branches.await?;
        let mut text = format!("{news} and {facts}");

        //        Condition(evaluator=lambda i: "tech" in i.input, steps=[Step("Check", ..)]),
        if topic.contains("tech") {
            text = flow.check(text).await?;
        }

        //        Loop(steps=[Step("Extend", ..)], max_iterations=3,
        //             end_condition=lambda outputs: len(outputs[-1].content) > 60)]
        // What goes into the next round is what one writes.
        for _ in 0..3 {
            if text.len() > 60 {
                break;
            }
            text = flow.extend(text).await?;
        }
        Ok(text)
    }
}

// Workflow(name="Content Pipeline", steps=steps, db=SqliteDb(..)).run(topic)
fn main() -> ExitCode {
    agno::app().workflow(Content).main()
}
