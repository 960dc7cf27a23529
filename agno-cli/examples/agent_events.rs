//! A program whose step does what an agent does, without one: it tells what happens and records
//! each turn. What the command line shows of agents is tested with it.

use std::{process::ExitCode, sync::Arc, time::Duration};

use agno_core::{
    AgentEvent, Definition, Error, EventError, Flow, FlowSpec, Handle, Result, Step, StepContext,
    Workflow, WorkflowInfo, codec, fallible, param, plain,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to write.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Brief {
    /// What to write about.
    topic: String,
    /// How long each piece takes, in milliseconds.
    #[serde(default)]
    pace: u64,
    /// Whether somebody edits the answer.
    #[serde(default)]
    edit: bool,
    /// Whether the agent fails.
    #[serde(default)]
    fail: bool,
}

struct Article;

impl Article {
    async fn write(brief: Brief, context: StepContext) -> Result<String> {
        let part = context.part("writer");
        let (writer, helper): (Arc<str>, Arc<str>) = (Arc::from("Writer"), Arc::from("Helper"));
        let pause = || tokio::time::sleep(Duration::from_millis(brief.pace));
        let model: Arc<str> = Arc::from("small\u{1b}[2J");
        part.tell(
            &writer,
            None,
            AgentEvent::Started {
                model: model.clone(),
            },
        );
        let turn = |turn, input_tokens, output_tokens| AgentEvent::Turn {
            turn,
            model: model.clone(),
            input_tokens,
            output_tokens,
            cost: None,
            micros: 1000,
        };
        part.tell(&writer, None, turn(1, 100, 10));
        if part.recall::<String>("turn.1")?.is_none() {
            part.record("turn.1", &"search").await?;
        }
        let (tool, call): (Arc<str>, Arc<str>) = (Arc::from("search"), Arc::from("call_1"));
        part.tell(
            &writer,
            None,
            AgentEvent::ToolStarted {
                tool: tool.clone(),
                call: call.clone(),
                arguments: format!("{{\"query\":\"{}\"}}", brief.topic),
            },
        );
        pause().await;
        // A member of a team: its cost is in that of the whole.
        part.tell(&helper, Some(&writer), turn(1, 30, 3));
        let completed = |turns, cost| AgentEvent::Completed {
            turns,
            input_tokens: 0,
            output_tokens: 0,
            cost: Some(cost),
            micros: 1_200_000,
        };
        part.tell(&helper, Some(&writer), completed(1, 0.1));
        let error = EventError {
            code: Arc::from("http"),
            message: "the page said \u{1b}[31mno".to_owned(),
        };
        part.tell(&writer, None, AgentEvent::ToolFailed { tool, call, error });
        if brief.fail {
            let error = EventError {
                code: Arc::from("model"),
                message: "the model is gone".to_owned(),
            };
            part.tell(&writer, None, AgentEvent::Failed { error });
            return Err(Error::new("model", "the model is gone"));
        }
        let answer = format!(
            "# {}\n\nSome *words* about {}:\n\n- one\n- two \u{1b}[2J\n",
            brief.topic, brief.topic
        );
        for piece in answer.split_inclusive(' ') {
            let text = piece.to_owned();
            part.tell(&writer, None, AgentEvent::Content { text });
            pause().await;
        }
        part.tell(&writer, None, turn(2, 200, 20));
        let problem = "at `title`: missing".to_owned();
        part.tell(&writer, None, AgentEvent::Repair { problem });
        let reason = "the stream was cut".to_owned();
        part.tell(&writer, None, AgentEvent::Reset { reason });
        part.tell(&writer, None, turn(3, 300, 30));
        if part.recall::<String>("turn.3")?.is_none() {
            part.record("turn.3", &answer).await?;
        }
        part.tell(&writer, None, completed(3, 0.25));
        Ok(answer)
    }

    async fn run(flow: &Flow<Self>, brief: Brief) -> Result<String> {
        let edit = brief.edit;
        let answer = flow.step::<_, String>("write", (brief,)).await?;
        match edit {
            true => flow.step::<_, String>("edit", (answer,)).await,
            false => Ok(answer),
        }
    }
}

impl WorkflowInfo for Article {
    const NAME: &'static str = "article";
}

impl Workflow for Article {
    type Steps = Handle;
    type Input = Brief;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("write"),
            (param("brief", codec::<Brief>()),),
            fallible::<Result<String>, _>(codec()),
            |_, call, (brief,)| {
                let context = call.context.clone();
                Box::pin(Self::write(brief, context))
            },
        );
        definition.step(
            Step::new("edit"),
            (param("text", codec::<String>()),),
            plain(codec()),
            |_, _, (text,)| Box::pin(async move { format!("{text}(edited)") }),
        );
        definition.flow(
            FlowSpec::new("run"),
            (param("brief", codec::<Brief>()),),
            fallible::<Result<String>, _>(codec()),
            |flow, (brief,)| Box::pin(Self::run(flow, brief)),
        );
    }
}

fn main() -> ExitCode {
    agno_cli::app().workflow(Article).main()
}
