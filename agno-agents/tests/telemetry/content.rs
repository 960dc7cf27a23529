//! Words of a conversation: nowhere, unless they are wanted.

use agno_agents::{
    Agent, ModelReply, Tool, ToolContext,
    message::Assistant,
    model::{Reply, Scripted},
};
use agno_core::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::capture::Capture;

const KEY: &str = "sk-very-secret-0123456789";

/// All that is said, each with a word of its own.
const SAID: [&str; 8] = [
    "word-of-instructions",
    "word-of-prompt",
    "word-of-argument",
    "word-of-tool-answer",
    "word-of-tool-error",
    "word-of-thought",
    "word-of-misfit",
    "word-of-answer",
];

#[derive(Deserialize, JsonSchema)]
struct Question {
    text: String,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Answer {
    text: String,
}

/// What a tool needs and a model does not see.
struct Key(&'static str);

/// Calls tools that answer and fail, answers what does not fit, mends it.
async fn talk(trace: Option<bool>) -> Capture {
    let (capture, _guard) = Capture::start();
    let look = Tool::new(
        "look",
        "Looks.",
        |_: Question, context: ToolContext| async move {
            let key = context.dependency::<Key>().map(|key| key.0);
            assert_eq!(key, Some(KEY));
            Ok::<_, Error>("word-of-tool-answer")
        },
    );
    let fail = Tool::new(
        "fail",
        "Fails.",
        |question: Question, _: ToolContext| async move {
            let problem = format!("word-of-tool-error: {}", question.text);
            Err::<String, _>(Error::new("failed", problem))
        },
    );
    let thought = ModelReply {
        message: Assistant {
            text: "word-of-misfit".to_owned(),
            reasoning: Some("word-of-thought".to_owned()),
            opaque: Some(json!({ "signature": KEY })),
            ..Assistant::default()
        },
        ..ModelReply::default()
    };
    let asked = json!({ "text": "word-of-argument" });
    let mut builder = Agent::builder("Guide")
        .instructions("word-of-instructions")
        .tool(look)
        .tool(fail)
        .dependency(Key(KEY))
        .model(Scripted::new([
            Reply::tools([("look", asked.clone()), ("fail", asked)]),
            Reply::from(thought),
            Reply::text(json!({ "text": "word-of-answer" }).to_string()),
        ]));
    if let Some(trace) = trace {
        builder = builder.trace_content(trace);
    }
    let agent = builder.output::<Answer>().build().expect("fits");
    let answer = agent.run("word-of-prompt").await.expect("answers");
    assert_eq!(answer.text, "word-of-answer");
    capture
}

#[tokio::test]
async fn no_word_is_traced_by_default() {
    for trace in [None, Some(false)] {
        let capture = talk(trace).await;
        let text = capture.text();
        assert_eq!(capture.spans().len(), 6, "{text}");
        assert!(!capture.events().is_empty());
        for word in SAID.iter().chain([&KEY]) {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

#[tokio::test]
async fn words_that_are_wanted_are_traced_and_keys_are_not() {
    let capture = talk(Some(true)).await;
    let spans = capture.spans();
    let chats: Vec<_> = spans.iter().filter(|s| s.name == "chat scripted").collect();
    let read = |turn: usize, name: &str| -> Value {
        serde_json::from_str(&chats[turn].fields[name]).expect("JSON")
    };
    let said = read(2, "gen_ai.input.messages").to_string();
    for word in &SAID[..7] {
        assert!(said.contains(word), "{word} in {said}");
    }
    let first = read(0, "gen_ai.input.messages");
    assert_eq!(
        first[1],
        json!({ "role": "user", "parts": [{ "type": "text", "content": "word-of-prompt" }] })
    );
    let calls = read(0, "gen_ai.output.messages");
    assert_eq!(calls[0]["finish_reason"], "tool_call");
    assert_eq!(
        calls[0]["parts"][0]["arguments"],
        json!({ "text": "word-of-argument" })
    );
    let answer = read(2, "gen_ai.output.messages").to_string();
    assert!(answer.contains("word-of-answer"), "{answer}");
    let tools = read(0, "gen_ai.tool.definitions");
    assert_eq!(tools[1]["name"], "fail");
    assert!(!capture.text().contains(KEY), "{}", capture.text());
}
