//! The Responses interface: what is sent, and answers whole and in pieces, from servers that leave
//! things out.

#![cfg(feature = "openai")]

mod hostile;

use agno_agents::{
    Assistant, Message, Model, ModelError, ModelReply, ModelRequest, ToolCall,
    media::{Media, MediaKind},
    model::{Deltas, OpenAi, ReplyFormat, ToolSpec},
};
use hostile::{Reply, Server, heard::Heard};
use serde_json::{Value, json};

fn request() -> ModelRequest {
    ModelRequest {
        messages: vec![Message::user("Say it.")],
        ..ModelRequest::default()
    }
}

fn model(server: &Server) -> OpenAi {
    OpenAi::builder("m")
        .base_url(server.url("/v1"))
        .responses()
        .max_attempts(1)
        .build()
        .expect("a model")
}

async fn unary(body: &Value) -> Result<ModelReply, ModelError> {
    let server = Server::start([Reply::json(body)]).await;
    model(&server).respond(&request(), &Deltas::none()).await
}

async fn streamed(reply: Reply) -> (Result<ModelReply, ModelError>, String) {
    let server = Server::start([reply]).await;
    let heard = Heard::default();
    let outcome = model(&server).respond(&request(), &heard.deltas()).await;
    (outcome, heard.text())
}

fn said(text: &str) -> Value {
    json!({"type": "message", "id": "msg_1", "role": "assistant",
           "content": [{"type": "output_text", "text": text}]})
}

#[tokio::test]
async fn what_is_sent() {
    let server = Server::start([Reply::json(&json!({"output": [said("Hi")]}))]).await;
    let model = OpenAi::builder("m")
        .base_url(server.url("/v1"))
        .responses()
        .capabilities(agno_agents::Capabilities {
            images: true,
            files: true,
            strict_schema: true,
            ..Default::default()
        })
        .build()
        .expect("a model");
    let thought =
        json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "x", "summary": []});
    let asked = ModelRequest {
        messages: vec![
            Message::system("Be brief."),
            Message::User {
                text: "See.".to_owned(),
                media: vec![
                    Media::from_url(MediaKind::Image, "image/png", "https://x/y.png"),
                    Media::from_url(MediaKind::File, "application/pdf", "https://x/y.pdf"),
                ],
            },
            Message::Assistant(Assistant {
                text: "Let me look.".to_owned(),
                tool_calls: vec![ToolCall {
                    id: "c".to_owned(),
                    name: "look".to_owned(),
                    arguments: "{}".to_owned(),
                }],
                reasoning: None,
                opaque: Some(json!({"reasoning_items": [thought]})),
            }),
            Message::Tool {
                call: "c".to_owned(),
                name: "look".to_owned(),
                text: "found".to_owned(),
                is_error: false,
            },
        ],
        tools: vec![ToolSpec {
            name: "look".to_owned(),
            description: "Looks.".to_owned(),
            parameters: json!({"type": "object"}),
            strict: true,
        }],
        format: ReplyFormat::Schema {
            name: "Answer".to_owned(),
            schema: json!({"type": "object"}),
        },
        max_tokens: Some(99),
        ..ModelRequest::default()
    };
    model
        .respond(&asked, &Deltas::none())
        .await
        .expect("an answer");
    assert_eq!(server.seen()[0].line, "POST /v1/responses HTTP/1.1");
    assert_eq!(
        server.body(0),
        json!({
            "model": "m",
            "store": false,
            "stream": false,
            "max_output_tokens": 99,
            "input": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [
                    {"type": "input_text", "text": "See."},
                    {"type": "input_image", "image_url": "https://x/y.png", "detail": "auto"},
                    {"type": "input_file", "file_url": "https://x/y.pdf"},
                ]},
                thought,
                {"role": "assistant", "content": "Let me look."},
                {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "found"},
            ],
            "tools": [{"type": "function", "name": "look", "description": "Looks.",
                       "parameters": {"type": "object"}, "strict": true}],
            "text": {"format": {"type": "json_schema", "name": "Answer", "strict": true,
                                "schema": {"type": "object"}}},
        })
    );
}

#[tokio::test]
async fn an_answer_at_one_go() {
    let thought = json!({"type": "reasoning", "encrypted_content": "x",
                         "summary": [{"type": "summary_text", "text": "Hm"}]});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "c", "name": "look",
                      "arguments": ""});
    let reply = unary(&json!({
        "id": "r", "model": "m-1", "status": "completed", "error": null,
        "output": [thought, said("Hi"), call],
        "usage": {"input_tokens": 10, "output_tokens": 5,
                  "input_tokens_details": {"cached_tokens": 4},
                  "output_tokens_details": {"reasoning_tokens": 3}},
    }))
    .await
    .expect("an answer");
    assert_eq!(reply.message.text, "Hi");
    assert_eq!(reply.message.reasoning.as_deref(), Some("Hm"));
    assert_eq!(
        reply.message.opaque,
        Some(json!({"reasoning_items": [thought]}))
    );
    let call = &reply.message.tool_calls[0];
    assert_eq!(
        (&*call.id, &*call.name, &*call.arguments),
        ("c", "look", "{}")
    );
    assert_eq!(
        (&*reply.model, reply.id.as_deref(), &*reply.finish),
        ("m-1", Some("r"), "completed")
    );
    let usage = &reply.usage;
    assert_eq!((usage.input_tokens, usage.output_tokens), (10, 5));
    assert_eq!((usage.cache_read_tokens, usage.reasoning_tokens), (4, 3));
}

#[tokio::test]
async fn events_without_sequence_number_and_item_id() {
    for last in [json!([said("Hello")]), json!([]), Value::Null] {
        let (outcome, heard) = streamed(
            Reply::stream()
                .event(&json!({"type": "response.created", "response": {"id": "r"}}))
                .event(&json!({"type": "response.reasoning_summary_text.delta", "delta": "Hm"}))
                .event(&json!({"type": "response.output_text.delta", "delta": "Hel"}))
                .event(&json!({"type": "response.output_text.delta", "delta": "lo"}))
                .event(&json!({"type": "response.completed",
                               "response": {"id": "r", "status": "completed", "output": last}}))
                .tidy(),
        )
        .await;
        let reply = outcome.expect("an answer");
        assert_eq!((&*reply.message.text, &*heard), ("Hello", "(Hm)Hello"));
        assert_eq!(reply.message.reasoning.as_deref(), Some("Hm"));
    }
}

#[tokio::test]
async fn the_kind_of_an_event_may_be_in_its_name() {
    let stream = Reply::stream()
        .named("response.output_text.delta", &json!({"delta": "Hi"}))
        .named("response.completed", &json!({"response": {}}))
        .tidy();
    let (outcome, heard) = streamed(stream).await;
    assert_eq!(
        (&*outcome.expect("an answer").message.text, &*heard),
        ("Hi", "Hi")
    );
}

#[tokio::test]
async fn tool_calls_in_pieces() {
    let item = |id: &str, call: &str, arguments: &str| {
        json!({"type": "function_call", "id": id, "call_id": call, "name": "look",
               "arguments": arguments})
    };
    let completed = json!({"type": "response.completed", "response": {"output": []}});
    // By place, interleaved; the end of an item repeats it or does not come.
    let by_place = [
        json!({"type": "response.output_item.added", "output_index": 0, "item": item("1", "a", "")}),
        json!({"type": "response.output_item.added", "output_index": 1, "item": item("2", "b", "")}),
        json!({"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{\"q\":"}),
        json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{}"}),
        json!({"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "1}"}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item("1", "a", "{}")}),
        completed.clone(),
    ];
    // By the items' names.
    let by_id = [
        json!({"type": "response.output_item.added", "item": item("1", "a", "")}),
        json!({"type": "response.output_item.added", "item": item("2", "b", "")}),
        json!({"type": "response.function_call_arguments.delta", "item_id": "2", "delta": "{\"q\":1}"}),
        json!({"type": "response.function_call_arguments.done", "item_id": "1", "arguments": "{}"}),
        completed.clone(),
    ];
    // By arrival, as whole items only.
    let by_arrival = [
        json!({"type": "response.output_item.done", "item": item("1", "a", "")}),
        json!({"type": "response.output_item.done", "item": item("2", "b", "{\"q\":1}")}),
        completed,
    ];
    for events in [&by_place[..], &by_id, &by_arrival] {
        let (outcome, heard) = streamed(Reply::stream().events(events).tidy()).await;
        let calls = outcome.expect("an answer").message.tool_calls;
        let calls: Vec<_> = calls
            .iter()
            .map(|call| (&*call.id, &*call.arguments))
            .collect();
        assert_eq!(calls, [("a", "{}"), ("b", "{\"q\":1}")]);
        assert_eq!(heard, "");
    }
}

#[tokio::test]
async fn ends_that_are_none() {
    let half = json!({"type": "response.output_text.delta", "delta": "Half"});
    for stream in [
        Reply::stream().event(&half),
        Reply::stream().event(&half).tidy(),
        Reply::stream().event(&half).done(),
    ] {
        let (outcome, heard) = streamed(stream).await;
        assert!(
            matches!(outcome, Err(ModelError::Truncated { received: 4, .. })),
            "{outcome:?}"
        );
        assert_eq!(heard, "Half");
    }
    let (outcome, _) = streamed(Reply::stream().tidy()).await;
    assert!(
        matches!(outcome, Err(ModelError::Truncated { received: 0, .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn ends_of_other_kinds() {
    let incomplete = |reason: &str| {
        json!({"status": "incomplete", "incomplete_details": {"reason": reason},
               "output": [said("Half")]})
    };
    let refusal = json!({"output": [{"type": "message",
                         "content": [{"type": "refusal", "refusal": "No."}]}]});
    let failed = |code: &str| {
        json!({"status": "failed", "output": [],
                                     "error": {"code": code, "message": "boom"}})
    };
    for (response, code) in [
        (incomplete("max_output_tokens"), "model_output_limit"),
        (incomplete("content_filter"), "model_filtered"),
        (incomplete("mystery"), "model_truncated"),
        (refusal, "model_refused"),
        (failed("server_error"), "model_server"),
        (failed("rate_limit_exceeded"), "model_rate_limited"),
        (
            json!({"status": "in_progress", "output": []}),
            "model_truncated",
        ),
    ] {
        let error = unary(&response).await.expect_err("an error");
        assert_eq!(error.code(), code, "{response}");
        let kind = match response["status"].as_str() {
            Some("failed") => "response.failed",
            Some("incomplete") => "response.incomplete",
            _ => "response.completed",
        };
        let event = json!({"type": kind, "response": response});
        let (outcome, _) = streamed(Reply::stream().event(&event).tidy()).await;
        assert_eq!(outcome.expect_err("an error").code(), code, "{event}");
    }
    let event = json!({"type": "response.incomplete", "response": {"output": [said("Half")]}});
    let (outcome, _) = streamed(Reply::stream().event(&event).tidy()).await;
    assert_eq!(outcome.expect_err("an error").code(), "model_truncated");
    let event = json!({"type": "error", "code": "server_error", "message": "boom"});
    let (outcome, _) = streamed(Reply::stream().event(&event).tidy()).await;
    assert_eq!(outcome.expect_err("an error").code(), "model_server");
    let error = unary(&json!({"id": "r"})).await.expect_err("an error");
    assert_eq!(error.code(), "model_malformed");
}
