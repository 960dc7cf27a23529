//! Whole answers, however they come.

use agno_agents::{
    Assistant, Message, ModelRequest,
    model::{ReplyFormat, Thinking, ToolSpec},
};
use serde_json::{Value, json};

use super::{
    KEY, ask, builder,
    events::{begin, close, cut, end, more, open, pieces, say, spoken, stop, text, whole},
    hostile::{Reply, Server},
    model, streamed, unary,
};

fn with_weather(mut request: ModelRequest) -> ModelRequest {
    request.tools.push(ToolSpec {
        name: "weather".into(),
        description: "The weather of a place.".into(),
        parameters: json!({ "type": "object", "properties": { "place": { "type": "string" } } }),
        strict: false,
    });
    request
}

#[tokio::test]
async fn a_whole_tool_turn_in_pieces() {
    let call = vec![
        begin(),
        json!({ "type": "ping" }),
        open(
            0,
            json!({ "type": "thinking", "thinking": "", "signature": "" }),
        ),
        more(
            0,
            json!({ "type": "thinking_delta", "thinking": "Ulm, then." }),
        ),
        more(
            0,
            json!({ "type": "signature_delta", "signature": "signed" }),
        ),
        close(0),
        open(1, json!({ "type": "text", "text": "" })),
        say(1, "I look."),
        close(1),
        open(
            2,
            json!({ "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {} }),
        ),
        more(
            2,
            json!({ "type": "input_json_delta", "partial_json": "{\"place\": " }),
        ),
        more(
            2,
            json!({ "type": "input_json_delta", "partial_json": "\"Ulm\"}" }),
        ),
        close(2),
        open(
            3,
            json!({ "type": "tool_use", "id": "toolu_2", "name": "weather", "input": {} }),
        ),
        close(3),
        end("tool_use"),
        stop(),
    ];
    let server = Server::start(vec![pieces(&call), pieces(&spoken(&["It is ", "dry."]))]).await;
    let model = builder(&server)
        .cache_prompt(true)
        .beta("one-2026")
        .beta("two-2026")
        .thinking(Thinking::Adaptive)
        .build()
        .expect("a model");
    let mut request = with_weather(ask("Rain in Ulm?"));

    let (reply, heard) = streamed(&model, &request).await;
    let reply = reply.expect("calls");
    assert_eq!(heard, "(Ulm, then.)I look.");
    assert_eq!(reply.message.text, "I look.");
    assert_eq!(reply.message.reasoning.as_deref(), Some("Ulm, then."));
    let calls: Vec<(&str, &str)> = reply
        .message
        .tool_calls
        .iter()
        .map(|call| (call.id.as_str(), call.arguments.as_str()))
        .collect();
    assert_eq!(
        calls,
        [("toolu_1", r#"{"place":"Ulm"}"#), ("toolu_2", "{}")]
    );
    assert_eq!(reply.finish, "tool_use");
    assert_eq!(reply.id.as_deref(), Some("msg_2"));
    assert_eq!(
        (reply.usage.input_tokens, reply.usage.output_tokens),
        (100, 12)
    );
    assert_eq!(reply.usage.cache_read_tokens, 90);
    assert_eq!((reply.usage.requests, reply.attempts), (1, 1));
    assert!(reply.first_micros.is_some());

    request.messages.push(Message::Assistant(reply.message));
    for (call, text, is_error) in [("toolu_1", "dry", false), ("toolu_2", "no place", true)] {
        request.messages.push(Message::Tool {
            call: call.into(),
            name: "weather".into(),
            text: text.into(),
            is_error,
        });
    }
    // Kept by a journal in between.
    let stored = serde_json::to_string(&request).expect("JSON");
    let request: ModelRequest = serde_json::from_str(&stored).expect("a request");
    let (reply, heard) = streamed(&model, &request).await;
    assert_eq!(reply.expect("an answer").message.text, "It is dry.");
    assert_eq!(heard, "It is dry.");

    let sent = server.seen();
    assert_eq!(sent.len(), 2);
    let header = |name: &str| sent[1].header(name);
    assert_eq!(header("x-api-key"), Some(KEY));
    assert_eq!(header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(header("anthropic-beta"), Some("one-2026,two-2026"));
    assert_eq!(sent[1].line, "POST /v1/messages HTTP/1.1");
    let body = &sent[1].body;
    assert_eq!(body["stream"], true);
    assert_eq!(body["thinking"]["type"], "adaptive");
    let mark = json!({ "type": "ephemeral" });
    assert_eq!(
        body["system"],
        json!([{ "type": "text", "text": "Be brief.", "cache_control": mark }])
    );
    assert_eq!(body["tools"][0]["cache_control"], mark);
    assert_eq!(
        body["messages"],
        json!([
            { "role": "user", "content": [{ "type": "text", "text": "Rain in Ulm?" }] },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "Ulm, then.", "signature": "signed" },
                { "type": "text", "text": "I look." },
                { "type": "tool_use", "id": "toolu_1", "name": "weather",
                  "input": { "place": "Ulm" } },
                { "type": "tool_use", "id": "toolu_2", "name": "weather", "input": {} },
            ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "toolu_1", "content": "dry" },
                { "type": "tool_result", "tool_use_id": "toolu_2", "content": "no place",
                  "is_error": true, "cache_control": mark },
            ] },
        ])
    );
}

#[tokio::test]
async fn an_answer_at_one_go() {
    let mut answer = whole(text(r#"{"title":"Ulm"}"#), "end_turn");
    answer["usage"] = json!({
        "input_tokens": 1, "output_tokens": 9, "cache_creation_input_tokens": 20,
        "cache_read_input_tokens": 300, "output_tokens_details": { "thinking_tokens": 4 },
    });
    let server = Server::start(vec![Reply::json(&answer)]).await;
    let schema = json!({ "type": "object", "additionalProperties": false });
    let request = ModelRequest {
        format: ReplyFormat::Schema {
            name: "page".into(),
            schema: schema.clone(),
        },
        max_tokens: Some(99),
        ..ask("A title?")
    };
    let reply = unary(&model(&server), &request).await.expect("an answer");
    assert_eq!(
        reply.message,
        Assistant {
            text: r#"{"title":"Ulm"}"#.into(),
            ..Default::default()
        }
    );
    assert_eq!(reply.usage.input_tokens, 321);
    assert_eq!(reply.usage.cache_write_tokens, 20);
    assert_eq!(reply.usage.reasoning_tokens, 4);
    assert_eq!(reply.first_micros, None);
    let body = &server.seen()[0].body;
    assert_eq!(body["stream"], false);
    assert_eq!(body["max_tokens"], 99);
    assert_eq!(
        body["output_config"],
        json!({
            "format": { "type": "json_schema", "schema": schema },
        })
    );
}

#[tokio::test]
async fn a_missing_message_stop_costs_nothing() {
    for answer in [
        pieces(&unstopped()),
        cut(&unstopped()),
        cut(&unstopped())
            .raw(b"event: message_stop\ndata: {\"ty")
            .tidy(),
    ] {
        let server = Server::start(vec![answer]).await;
        let (reply, heard) = streamed(&model(&server), &ask("Hi")).await;
        let reply = reply.expect("all of it came");
        assert_eq!(reply.message.text, "All of it.");
        assert_eq!(reply.finish, "end_turn");
        assert_eq!(heard, "All of it.");
    }
}

fn unstopped() -> Vec<Value> {
    let mut events = spoken(&["All of it."]);
    events.pop();
    events
}

#[tokio::test]
async fn a_server_that_cannot_stream() {
    let server = Server::start(vec![Reply::json(&whole(text("At one go."), "end_turn"))]).await;
    let (reply, heard) = streamed(&model(&server), &ask("Hi")).await;
    assert_eq!(reply.expect("an answer").message.text, "At one go.");
    assert_eq!(heard, "At one go.");
}

/// The provider's own search, before it pauses.
fn searching() -> Vec<Value> {
    vec![
        begin(),
        open(0, json!({ "type": "text", "text": "" })),
        say(0, "I search."),
        close(0),
        open(
            1,
            json!({ "type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {} }),
        ),
        more(
            1,
            json!({ "type": "input_json_delta", "partial_json": "{\"query\":\"Ulm\"}" }),
        ),
        close(1),
        end("pause_turn"),
        stop(),
    ]
}

#[tokio::test]
async fn a_pause_is_gone_on_from_even_when_the_next_request_fails() {
    let mut half = spoken(&["Fou"]);
    half.truncate(3);
    let server = Server::start(vec![
        pieces(&searching()),
        cut(&half),
        pieces(&spoken(&["Found ", "it."])),
    ])
    .await;
    let (reply, heard) = streamed(&model(&server), &ask("Search.")).await;
    let reply = reply.expect("an answer");
    assert_eq!(reply.message.text, "I search.\n\nFound it.");
    assert_eq!(heard, "I search.\n\nFou|I search.\n\nFound it.");
    assert_eq!(reply.finish, "end_turn");
    // 100 + 12 tokens before the pause, as many after it; the broken one said nothing of its own.
    assert_eq!(
        (reply.usage.input_tokens, reply.usage.output_tokens),
        (200, 24)
    );
    assert_eq!((reply.usage.requests, reply.attempts), (1, 3));
    let sent = server.seen();
    assert_eq!(sent.len(), 3);
    for again in &sent[1..] {
        assert_eq!(
            again.body["messages"][1],
            json!({ "role": "assistant", "content": [
                { "type": "text", "text": "I search." },
                { "type": "server_tool_use", "id": "srv_1", "name": "web_search",
                  "input": { "query": "Ulm" } },
            ] })
        );
    }
    let kept = reply.message.opaque.expect("the provider's blocks");
    assert_eq!(
        kept["anthropic"]["blocks"].as_array().map(Vec::len),
        Some(3)
    );
}

#[tokio::test]
async fn pauses_come_to_an_end() {
    let paused = whole(
        json!([{ "type": "server_tool_use", "id": "s", "name": "x", "input": {} }]),
        "pause_turn",
    );
    let server = Server::with(move |_| Reply::json(&paused)).await;
    let model = builder(&server).max_attempts(1).build().expect("a model");
    let error = unary(&model, &ask("Search.")).await.expect_err("no end");
    assert_eq!(error.code(), "model_truncated");
    assert_eq!(server.seen().len(), 9);
}
