//! Which spans there are, what lies in what, and what they say.

use std::sync::Arc;

use agno_agents::{
    Agent, Assistant, ModelError, ModelReply, Team, TeamMode, Tool, ToolContext, Usage,
    model::{Reply, Scripted},
};
use agno_core::Error;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Barrier;

use crate::capture::{Capture, Fields};

#[derive(Deserialize, JsonSchema)]
struct City {
    city: String,
}

/// Tools that wait for each other, so that they are at work at the same time, and then trace
/// something of their own.
fn together(name: &'static str, barrier: &Arc<Barrier>) -> Tool {
    let barrier = Arc::clone(barrier);
    Tool::new(name, "Looks.", move |city: City, _: ToolContext| {
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            let span = tracing::info_span!("inside", tool = name);
            barrier.wait().await;
            drop(span);
            Ok::<_, Error>(city.city)
        }
    })
}

fn expect(fields: &Fields, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        let found = fields.get(name).map(String::as_str);
        assert_eq!(found, Some(*value), "{name} of {fields:#?}");
    }
}

#[tokio::test]
async fn tools_at_work_together_lie_in_their_own_spans() {
    let (capture, _guard) = Capture::start();
    let barrier = Arc::new(Barrier::new(2));
    let answer = ModelReply {
        message: Assistant {
            text: "a fine day".to_owned(),
            ..Assistant::default()
        },
        id: Some("chatcmpl-7".to_owned()),
        model: "scripted-2026".to_owned(),
        finish: "stop".to_owned(),
        first_micros: Some(250_000),
        usage: Usage {
            requests: 1,
            input_tokens: 40,
            output_tokens: 2,
            cache_read_tokens: 30,
            cache_write_tokens: 5,
            ..Usage::default()
        },
        ..ModelReply::default()
    };
    let model = Scripted::new([
        Reply::tools([
            ("weather", json!({ "city": "Oslo" })),
            ("events", json!({ "city": "Oslo" })),
        ]),
        Reply::from(answer),
    ]);
    let agent = Agent::builder("Guide")
        .tool(together("weather", &barrier))
        .tool(together("events", &barrier))
        .model(model)
        .build()
        .expect("fits");
    agent.run("Oslo?").await.expect("answers");

    let mut paths: Vec<_> = capture.spans().iter().map(|s| capture.path(s)).collect();
    paths.sort();
    let path = |path: &[&str]| path.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        paths,
        [
            path(&["invoke_agent Guide"]),
            path(&["invoke_agent Guide", "chat scripted"]),
            path(&["invoke_agent Guide", "chat scripted"]),
            path(&["invoke_agent Guide", "execute_tool events"]),
            path(&["invoke_agent Guide", "execute_tool events", "inside"]),
            path(&["invoke_agent Guide", "execute_tool weather"]),
            path(&["invoke_agent Guide", "execute_tool weather", "inside"]),
        ]
    );
    for span in capture.spans().iter().filter(|span| span.name == "inside") {
        let parent = &capture.spans()[span.parent.expect("a tool")];
        assert_eq!(parent.fields["gen_ai.tool.name"], span.fields["tool"]);
    }
    assert!(capture.spans().iter().all(|span| span.closed));
    assert!(
        capture
            .spans()
            .iter()
            .all(|span| !span.fields.contains_key("error.type")),
        "{:#?}",
        capture.spans()
    );

    expect(
        &capture.span("invoke_agent Guide").fields,
        &[
            ("otel.kind", "internal"),
            ("gen_ai.operation.name", "invoke_agent"),
            ("gen_ai.provider.name", "agno"),
            ("gen_ai.request.model", "scripted"),
            ("gen_ai.agent.name", "Guide"),
            ("gen_ai.usage.input_tokens", "40"),
            ("gen_ai.usage.output_tokens", "2"),
            ("gen_ai.usage.cache_read.input_tokens", "30"),
            ("gen_ai.usage.cache_creation.input_tokens", "5"),
        ],
    );
    let tool = capture.span("execute_tool weather");
    expect(
        &tool.fields,
        &[
            ("otel.kind", "internal"),
            ("gen_ai.operation.name", "execute_tool"),
            ("gen_ai.tool.name", "weather"),
            ("gen_ai.tool.type", "function"),
        ],
    );
    assert!(!tool.fields["gen_ai.tool.call.id"].is_empty());
    let chats: Vec<_> = capture
        .spans()
        .into_iter()
        .filter(|span| span.name == "chat scripted")
        .collect();
    expect(
        &chats[0].fields,
        &[("gen_ai.response.finish_reasons", r#"["tool_calls"]"#)],
    );
    expect(
        &chats[1].fields,
        &[
            ("otel.kind", "client"),
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "agno"),
            ("gen_ai.request.model", "scripted"),
            ("gen_ai.response.model", "scripted-2026"),
            ("gen_ai.response.id", "chatcmpl-7"),
            ("gen_ai.response.finish_reasons", r#"["stop"]"#),
            ("gen_ai.response.time_to_first_chunk", "0.25"),
            ("gen_ai.usage.input_tokens", "40"),
            ("gen_ai.usage.output_tokens", "2"),
            ("gen_ai.usage.cache_read.input_tokens", "30"),
            ("gen_ai.usage.cache_creation.input_tokens", "5"),
        ],
    );
}

/// What a sampler decides by is there when the span begins: names, provider, model.
#[tokio::test]
async fn a_teams_members_lie_in_the_call_that_asks_them() {
    let (capture, _guard) = Capture::start();
    let member = |name: &str| {
        Agent::builder(name)
            .model(Scripted::new(["found"]).named(format!("model of {name}")))
            .build()
            .expect("fits")
    };
    let task = json!({ "task": "look" });
    let team = Team::builder("Desk")
        .mode(TeamMode::Broadcast)
        .member(member("Web"))
        .member(member("News"))
        .model(Scripted::new([
            Reply::tool("delegate_task_to_members", task),
            Reply::text("both found it"),
        ]))
        .build()
        .expect("fits");
    team.run("what is new?").await.expect("answers");
    for name in ["Web", "News"] {
        let chat = capture.span(&format!("chat model of {name}"));
        let agent = format!("invoke_agent {name}");
        assert_eq!(
            capture.path(&chat)[..3],
            [
                "invoke_agent Desk",
                "execute_tool delegate_task_to_members",
                &*agent
            ]
        );
        assert_eq!(capture.span(&agent).fields["gen_ai.agent.name"], name);
    }
}

#[tokio::test]
async fn a_failure_is_told_by_its_code() {
    let (capture, _guard) = Capture::start();
    let quota = ModelError::Quota {
        model: "scripted".to_owned(),
        message: "pay first".to_owned(),
    };
    let code = quota.code();
    let agent = Agent::builder("Guide")
        .tool(Tool::new(
            "weather",
            "Looks.",
            |_: City, _: ToolContext| async {
                Err::<String, _>(Error::new("no_weather", "there is none today"))
            },
        ))
        .model(Scripted::new([
            Reply::tool("weather", json!({ "city": "Oslo" })),
            Reply::error(quota),
        ]))
        .build()
        .expect("fits");
    let error = agent.run("Oslo?").await.expect_err("the quota");
    assert_eq!(error.code(), code);
    let failed = |span: &Fields, code: &str| {
        expect(span, &[("error.type", code), ("otel.status_code", "error")]);
    };
    failed(&capture.span("invoke_agent Guide").fields, code);
    failed(&capture.span("execute_tool weather").fields, "no_weather");
    let chats: Vec<_> = capture
        .spans()
        .into_iter()
        .filter(|span| span.name == "chat scripted")
        .collect();
    assert!(!chats[0].fields.contains_key("error.type"));
    failed(&chats[1].fields, code);
}

#[tokio::test]
async fn a_name_that_no_tool_can_have_is_left_out() {
    let (capture, _guard) = Capture::start();
    let agent = Agent::builder("Guide")
        .model(Scripted::new([
            Reply::tool("my password is hunter2", json!({})),
            Reply::text("well"),
        ]))
        .build()
        .expect("fits");
    agent.run("?").await.expect("answers");
    expect(
        &capture.span("execute_tool _OTHER").fields,
        &[
            ("gen_ai.tool.name", "_OTHER"),
            ("error.type", "tool_unknown"),
        ],
    );
    assert!(!capture.text().contains("hunter2"), "{}", capture.text());
}
