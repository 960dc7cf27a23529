//! A class of Agno 1.x, and the same here: the Python stands in the comments, the Rust below it.
//!
//! ```sh
//! cargo run --example from_agno_1x -- run --session ada --question "What is a heat pump?"
//! cargo run --example from_agno_1x -- run --session ada --question "What is a heat pump?"   # kept
//! ```

use agno::prelude::*;

// class Support(Workflow):
//     """Answers questions."""
//     assistant = Agent(instructions="Answer in one sentence.")
//
// A class attribute is a field.

/// Answers questions.
#[workflow]
struct Support {
    assistant: Agent,
}

// self.session_state: a dict of whatever a run puts into it.
//
// A type with a rule for each field: what becomes of it when two runs write at once.

/// What a session keeps.
#[data]
#[derive(Default, State)]
struct Kept {
    #[merge(append)]
    asked: Vec<String>,
}

#[workflow(state = Kept)]
impl Support {
    //     def _note(self, question):
    //         self.session_state.setdefault("asked", []).append(question)
    //
    // A helper that must not be repeated after a crash is a step.

    /// Notes the question; answers how many there were.
    #[step]
    async fn note(&self, kept: &mut Kept, question: String) -> Result<usize> {
        kept.asked.push(question);
        Ok(kept.asked.len())
    }

    //     def _ask(self, question):
    //         cached = self.session_state.get(question)
    //         if cached: return cached
    //         answer = self.assistant.run(question).content
    //         self.session_state[question] = answer
    //         return answer
    //
    // The cache is an option, and survives the process.

    /// Answers the question.
    #[step(cache(scope = "session"), retry(max = 3))]
    async fn answer(&self, question: String) -> Result<String> {
        self.assistant.run(question).await
    }

    //     def run(self, question: str) -> Iterator[RunResponse]:
    //         if not question: yield RunResponse(content="Ask something."); return
    //         self._note(question)
    //         yield RunResponse(content=self._ask(question))
    //
    // `run` is the flow. What is wrong with the input is known before anything is written.

    #[flow]
    async fn run(flow: &Flow<Self>, question: String) -> Result<String> {
        let number = flow.note(question.clone()).await?;
        let answer = flow.answer(question).await?;
        Ok(format!("Question {number}: {answer}"))
    }
}

fn main() -> Result<ExitCode> {
    let assistant = Agent::builder("Assistant").instructions("Answer in one sentence.");
    let support = Support {
        assistant: assistant.build()?,
    };
    Ok(agno::app().workflow(support).main())
}
