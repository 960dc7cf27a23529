//! Measurements, as `tracing-opentelemetry` reads them.

use agno_agents::{
    Agent, Assistant, ModelError, ModelReply, Tool, ToolContext, Usage,
    model::{Reply, Scripted},
};
use agno_core::Error;
use serde_json::{Value, json};
use tracing::Level;

use crate::capture::{Capture, Fields};

/// What was measured: all events of the target, less the values of times.
fn measured(capture: &Capture) -> Vec<(String, String, Fields)> {
    let events = capture.events().into_iter();
    let measurements = events.filter(|event| event.target == "agno::metrics");
    measurements
        .map(|mut event| {
            assert_eq!(event.level, Level::TRACE, "it stays out of logs");
            let mut names = event.fields.keys().filter(|n| n.starts_with("histogram."));
            let name = *names.next().expect("a measurement");
            assert_eq!(names.next(), None, "one a time: {event:?}");
            let value = event.fields.remove(name).expect("it is there");
            (name["histogram.".len()..].to_owned(), value, event.fields)
        })
        .collect()
}

fn of(fields: &[(&'static str, &str)]) -> Fields {
    let own = fields
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    own.collect()
}

#[tokio::test]
async fn times_and_tokens_are_measured() {
    let (capture, _guard) = Capture::start();
    let answer = ModelReply {
        message: Assistant {
            text: "a fine day".to_owned(),
            ..Assistant::default()
        },
        model: "scripted-2026".to_owned(),
        first_micros: Some(1_500_000),
        usage: Usage {
            requests: 1,
            input_tokens: 7,
            output_tokens: 3,
            ..Usage::default()
        },
        ..ModelReply::default()
    };
    let agent = Agent::builder("Guide")
        .tool(Tool::new(
            "clock",
            "Tells.",
            |_: Value, _: ToolContext| async { Ok::<_, Error>("noon") },
        ))
        .model(Scripted::new([
            Reply::tool("clock", json!({})),
            Reply::from(answer),
        ]))
        .build()
        .expect("fits");
    agent.run("when?").await.expect("answers");

    let measured = measured(&capture);
    let names: Vec<&str> = measured.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "gen_ai.client.token.usage",
            "gen_ai.client.token.usage",
            "gen_ai.client.operation.duration",
            "gen_ai.execute_tool.duration",
            "gen_ai.client.token.usage",
            "gen_ai.client.token.usage",
            "gen_ai.client.operation.time_to_first_chunk",
            "gen_ai.client.operation.duration",
            "gen_ai.invoke_agent.duration",
        ]
    );
    let answered = [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "agno"),
        ("gen_ai.request.model", "scripted"),
        ("gen_ai.response.model", "scripted-2026"),
    ];
    let tokens = |kind| of(&[&answered[..], &[("gen_ai.token.type", kind)]].concat());
    let (_, input, fields) = &measured[4];
    assert_eq!((&**input, fields), ("7", &tokens("input")));
    let (_, output, fields) = &measured[5];
    assert_eq!((&**output, fields), ("3", &tokens("output")));
    let (_, first, fields) = &measured[6];
    assert_eq!((&**first, fields), ("1.5", &of(&answered)));
    assert_eq!(measured[7].2, of(&answered[..3]));
    let tool = [
        ("gen_ai.operation.name", "execute_tool"),
        ("gen_ai.tool.name", "clock"),
        ("gen_ai.tool.type", "function"),
    ];
    assert_eq!(measured[3].2, of(&tool));
    let agent = [
        ("gen_ai.operation.name", "invoke_agent"),
        ("gen_ai.agent.name", "Guide"),
        ("gen_ai.provider.name", "agno"),
        ("gen_ai.request.model", "scripted"),
    ];
    assert_eq!(measured[8].2, of(&agent));
    let seconds = |index: usize| measured[index].1.parse::<f64>().expect("seconds");
    // A whole lies about its parts.
    let (whole, parts) = (seconds(8), seconds(2) + seconds(3) + seconds(7));
    assert!(whole >= parts && parts > 0.0, "{whole} {parts}");
}

#[tokio::test]
async fn what_fails_is_measured_with_its_code() {
    let (capture, _guard) = Capture::start();
    let error = ModelError::Settings("nothing is set".to_owned());
    let code = error.code();
    let agent = Agent::builder("Guide")
        .model(Scripted::new([
            Reply::tool("imagined", json!({})),
            Reply::error(error),
        ]))
        .build()
        .expect("fits");
    agent.run("when?").await.expect_err("the settings");
    let failed: Vec<_> = measured(&capture)
        .into_iter()
        .filter_map(|(name, _, fields)| Some((name, fields.get("error.type")?.clone(), fields)))
        .collect();
    let named = |(name, code, _): &(String, String, Fields)| (name.clone(), code.clone());
    assert_eq!(
        failed.iter().map(named).collect::<Vec<_>>(),
        [
            ("gen_ai.execute_tool.duration", "tool_unknown"),
            ("gen_ai.client.operation.duration", code),
            ("gen_ai.invoke_agent.duration", code),
        ]
        .map(|(name, code)| (name.to_owned(), code.to_owned()))
    );
    assert_eq!(
        failed[0].2["gen_ai.tool.name"], "_OTHER",
        "no series for every name that a model makes up"
    );
}
