//! An agent's spans in those of its run and step.

use agno_agents::{
    Agent, ModelError,
    model::{Reply, Scripted},
};
use agno_core::{
    Call, Definition, Handle, Result, Runtime, Step, Workflow, WorkflowInfo, codec, fallible, param,
};

use crate::capture::Capture;

struct Ask(Agent);

impl WorkflowInfo for Ask {
    const NAME: &'static str = "Ask";
}

impl Workflow for Ask {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("ask"),
            (param("question", codec::<String>()),),
            fallible::<Result<String>, String>(codec()),
            |ask, call: &mut Call, (question,)| {
                Box::pin(async move { ask.0.run(question).context(&call.context).await })
            },
        );
        definition.chain((param("question", codec::<String>()),), &["ask"]);
    }
}

async fn run(reply: Reply) -> (Capture, Result<String>) {
    let (capture, _guard) = Capture::start();
    let model = Scripted::new([reply]);
    let agent = Agent::builder("Guide").model(model).build().expect("fits");
    let builder = Runtime::builder().workflow(Ask(agent));
    let runtime = builder.build().await.expect("a runtime");
    let run = runtime.start::<Ask>("when?".to_owned()).session("talk-7");
    let answer = run.await.expect("it starts").await;
    (capture, answer)
}

#[tokio::test]
async fn an_agent_lies_in_its_step_and_run() {
    let (capture, answer) = run(Reply::text("noon")).await;
    assert_eq!(answer.expect("answers"), "noon");
    assert_eq!(
        capture.path(&capture.span("chat scripted")),
        [
            "invoke_workflow Ask",
            "step",
            "invoke_agent Guide",
            "chat scripted"
        ]
    );
    let run = capture.span("invoke_workflow Ask").fields;
    assert_eq!(run["gen_ai.operation.name"], "invoke_workflow");
    assert_eq!(run["gen_ai.workflow.name"], "Ask");
    assert!(!run.contains_key("error.type"));
    for span in ["invoke_workflow Ask", "invoke_agent Guide"] {
        let fields = capture.span(span).fields;
        assert_eq!(fields["gen_ai.conversation.id"], "talk-7", "{span}");
    }
    assert!(!capture.text().contains("when?") && !capture.text().contains("noon"));
}

#[tokio::test]
async fn a_run_that_fails_says_why_by_a_code() {
    let error = ModelError::Settings("nothing is set".to_owned());
    let code = error.code();
    let (capture, answer) = run(Reply::error(error)).await;
    assert_eq!(answer.expect_err("the settings").code(), code);
    for span in ["invoke_workflow Ask", "invoke_agent Guide", "chat scripted"] {
        let fields = capture.span(span).fields;
        assert_eq!(fields["error.type"], code, "{span}");
        assert_eq!(fields["otel.status_code"], "error", "{span}");
    }
}
