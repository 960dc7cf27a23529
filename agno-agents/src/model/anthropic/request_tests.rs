use super::*;
use crate::{
    media::{Media, MediaKind},
    message::{Assistant, ToolCall},
};

fn settings() -> Settings {
    Settings {
        model: "claude-sonnet-5-5".into(),
        capabilities: super::super::models::capabilities("claude-sonnet-5-5"),
        max_tokens: 4096,
        cache_prompt: false,
        thinking: None,
        effort: None,
        parallel_tools: true,
    }
}

fn request(messages: Vec<Message>) -> ModelRequest {
    ModelRequest {
        messages,
        ..ModelRequest::default()
    }
}

fn built(settings: &Settings, request: &ModelRequest) -> Value {
    body(settings, request, &[], false).expect("a body")
}

fn call(id: &str, arguments: &str) -> ToolCall {
    ToolCall {
        id: id.into(),
        name: "weather".into(),
        arguments: arguments.into(),
    }
}

fn answer(call: &str, text: &str, is_error: bool) -> Message {
    Message::Tool {
        call: call.into(),
        name: "weather".into(),
        text: text.into(),
        is_error,
    }
}

fn weather(strict: bool) -> ToolSpec {
    ToolSpec {
        name: "weather".into(),
        description: "The weather of a place.".into(),
        parameters: json!({ "type": "object", "properties": { "place": { "type": "string" } } }),
        strict,
    }
}

#[test]
fn the_least_there_is() {
    let body = built(&settings(), &request(vec![Message::user("Hi")]));
    assert_eq!(
        body,
        json!({
            "model": "claude-sonnet-5-5",
            "max_tokens": 4096,
            "stream": false,
            "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hi" }] }],
        })
    );
}

#[test]
fn system_messages_are_hoisted_and_joined() {
    let body = built(
        &settings(),
        &request(vec![
            Message::system("One."),
            Message::user("Hi"),
            Message::system(" "),
            Message::system("Two."),
        ]),
    );
    assert_eq!(body["system"], "One.\n\nTwo.");
    assert_eq!(body["messages"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_tool_turn() {
    let body = built(
        &settings(),
        &request(vec![
            Message::user("Rain?"),
            Message::Assistant(Assistant {
                text: "I look.".into(),
                tool_calls: vec![
                    call("a", r#"{"place":"Ulm"}"#),
                    call("b", ""),
                    call("c", "[1"),
                ],
                ..Assistant::default()
            }),
            answer("a", "dry", false),
            answer("b", "no place", true),
            answer("c", "", false),
            Message::user("Well?"),
        ]),
    );
    assert_eq!(
        body["messages"],
        json!([
            { "role": "user", "content": [{ "type": "text", "text": "Rain?" }] },
            { "role": "assistant", "content": [
                { "type": "text", "text": "I look." },
                { "type": "tool_use", "id": "a", "name": "weather", "input": { "place": "Ulm" } },
                { "type": "tool_use", "id": "b", "name": "weather", "input": {} },
                { "type": "tool_use", "id": "c", "name": "weather",
                  "input": { "INVALID_JSON": "[1" } },
            ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "a", "content": "dry" },
                { "type": "tool_result", "tool_use_id": "b", "content": "no place",
                  "is_error": true },
                { "type": "tool_result", "tool_use_id": "c" },
                { "type": "text", "text": "Well?" },
            ] },
        ])
    );
}

#[test]
fn answers_of_tools_come_first_whatever_was_said_in_between() {
    let body = built(
        &settings(),
        &request(vec![
            Message::user("Rain?"),
            Message::Assistant(Assistant {
                tool_calls: vec![call("a", "{}"), call("b", "{}")],
                ..Assistant::default()
            }),
            answer("a", "1", false),
            Message::user("Be quick."),
            answer("b", "2", false),
        ]),
    );
    let kinds: Vec<&Value> = body["messages"][2]["content"]
        .as_array()
        .expect("blocks")
        .iter()
        .map(|block| &block["type"])
        .collect();
    assert_eq!(kinds, ["tool_result", "tool_result", "text"]);
    assert_eq!(body["messages"][2]["content"][1]["tool_use_id"], "b");
}

#[test]
fn neighbours_of_one_role_are_merged_and_empty_ones_left_out() {
    let body = built(
        &settings(),
        &request(vec![
            Message::user("One."),
            Message::assistant(" "),
            Message::user("Two."),
            Message::assistant("Three."),
            Message::assistant("Four."),
        ]),
    );
    let roles: Vec<&Value> = body["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| &message["role"])
        .collect();
    assert_eq!(roles, ["user", "assistant"]);
    assert_eq!(body["messages"][0]["content"][1]["text"], "Two.");
    assert_eq!(body["messages"][1]["content"][1]["text"], "Four.");
}

#[test]
fn silence_is_no_conversation() {
    let error = body(
        &settings(),
        &request(vec![Message::system("x"), Message::user("")]),
        &[],
        false,
    )
    .expect_err("nothing said");
    assert_eq!(error.code(), "model_unsupported");
}

#[test]
fn names_of_calls_from_elsewhere_are_made_to_fit() {
    let body = built(
        &settings(),
        &request(vec![
            Message::user("Rain?"),
            Message::Assistant(Assistant {
                tool_calls: vec![call("functions.weather:0", "{}")],
                ..Assistant::default()
            }),
            answer("functions.weather:0", "dry", false),
        ]),
    );
    let use_id = &body["messages"][1]["content"][0]["id"];
    assert_eq!(use_id, "functions_weather_0");
    assert_eq!(&body["messages"][2]["content"][0]["tool_use_id"], use_id);
}

#[test]
fn tools_and_choices() {
    let mut request = request(vec![Message::user("Rain?")]);
    request.tools = vec![weather(true), weather(false)];
    for (choice, expected) in [
        (ToolChoice::Auto, json!({ "type": "auto" })),
        (ToolChoice::None, json!({ "type": "none" })),
        (ToolChoice::Required, json!({ "type": "any" })),
        (
            ToolChoice::Tool("weather".into()),
            json!({ "type": "tool", "name": "weather" }),
        ),
    ] {
        request.tool_choice = choice;
        assert_eq!(built(&settings(), &request)["tool_choice"], expected);
    }
    let one = Settings {
        parallel_tools: false,
        ..settings()
    };
    request.tool_choice = ToolChoice::Required;
    assert_eq!(
        built(&one, &request)["tool_choice"],
        json!({ "type": "any", "disable_parallel_tool_use": true })
    );
    request.tool_choice = ToolChoice::None;
    assert_eq!(
        built(&one, &request)["tool_choice"],
        json!({ "type": "none" })
    );

    let body = built(&settings(), &request);
    assert_eq!(body["tools"][0]["strict"], true);
    assert_eq!(
        body["tools"][0]["input_schema"],
        request.tools[0].parameters
    );
    assert_eq!(body["tools"][1].get("strict"), None);

    request.tools.clear();
    assert_eq!(built(&settings(), &request).get("tool_choice"), None);
}

#[test]
fn pictures_and_documents() {
    let media = vec![
        Media::from_bytes(MediaKind::Image, "image/png", b"png"),
        Media::from_url(
            MediaKind::Image,
            "image/jpeg",
            "https://pictures.example/a.jpg",
        ),
        Media::from_bytes(MediaKind::File, "application/pdf", b"pdf").named("report.pdf"),
        Media::from_url(
            MediaKind::File,
            "application/pdf",
            "https://files.example/b.pdf",
        ),
        Media::from_bytes(MediaKind::File, "text/csv", "a,ä".as_bytes()),
    ];
    let text = "What is this?".into();
    let body = built(&settings(), &request(vec![Message::User { text, media }]));
    assert_eq!(
        body["messages"][0]["content"],
        json!([
            { "type": "image",
              "source": { "type": "base64", "media_type": "image/png", "data": "cG5n" } },
            { "type": "image",
              "source": { "type": "url", "url": "https://pictures.example/a.jpg" } },
            { "type": "document", "title": "report.pdf",
              "source": { "type": "base64", "media_type": "application/pdf", "data": "cGRm" } },
            { "type": "document",
              "source": { "type": "url", "url": "https://files.example/b.pdf" } },
            { "type": "document",
              "source": { "type": "text", "media_type": "text/plain", "data": "a,ä" } },
            { "type": "text", "text": "What is this?" },
        ])
    );
}

#[test]
fn media_it_does_not_take_are_named() {
    let refused = |settings: &Settings, media: Media| {
        let text = String::new();
        let message = Message::User {
            text,
            media: vec![media],
        };
        let error = body(settings, &request(vec![message]), &[], false).expect_err("refused");
        assert_eq!(error.code(), "model_unsupported");
        error.to_string()
    };
    let settings = settings();
    for (media, word) in [
        (
            Media::from_bytes(MediaKind::Audio, "audio/wav", b"x"),
            "audio",
        ),
        (
            Media::from_url(MediaKind::Video, "video/mp4", "https://x.example"),
            "video",
        ),
        (
            Media::from_bytes(MediaKind::Image, "image/tiff", b"x"),
            "image/tiff",
        ),
        (
            Media::from_bytes(MediaKind::File, "application/zip", b"x"),
            "application/zip",
        ),
        (
            Media::from_url(MediaKind::File, "text/csv", "https://x.example"),
            "text/csv",
        ),
        (
            Media::from_bytes(MediaKind::File, "text/plain", &[0xff]),
            "text/plain",
        ),
    ] {
        let error = refused(&settings, media);
        assert!(error.contains(word), "{error}");
    }
    let blind = Settings {
        capabilities: Capabilities::default(),
        ..settings
    };
    let picture = Media::from_bytes(MediaKind::Image, "image/png", b"x");
    assert!(refused(&blind, picture).contains("image"));
}

#[test]
fn a_schema_goes_beside_the_effort() {
    let schema = json!({ "type": "object", "additionalProperties": false });
    let mut request = request(vec![Message::user("Hi")]);
    request.format = ReplyFormat::Schema {
        name: "post".into(),
        schema: schema.clone(),
    };
    let careful = Settings {
        effort: Some("high".into()),
        ..settings()
    };
    assert_eq!(
        built(&careful, &request)["output_config"],
        json!({ "effort": "high", "format": { "type": "json_schema", "schema": schema } })
    );

    let old = Settings {
        capabilities: super::super::models::capabilities("claude-3-5-haiku-latest"),
        ..settings()
    };
    let error = body(&old, &request, &[], false).expect_err("no schemas");
    assert_eq!(error.code(), "model_unsupported");
    request.format = ReplyFormat::JsonObject;
    let error = body(&settings(), &request, &[], false).expect_err("no bare JSON");
    assert_eq!(error.code(), "model_unsupported");
}

#[test]
fn thoughts_and_their_budget() {
    let mut request = request(vec![Message::user("Hi")]);
    request.max_tokens = Some(1000);
    let with = |thinking| Settings {
        thinking: Some(thinking),
        ..settings()
    };
    let body = built(&with(Thinking::Budget(2048)), &request);
    assert_eq!(
        body["thinking"],
        json!({ "type": "enabled", "budget_tokens": 2048 })
    );
    assert_eq!(body["max_tokens"], 3048);
    let body = built(&with(Thinking::Adaptive), &request);
    assert_eq!(
        body["thinking"],
        json!({ "type": "adaptive", "display": "summarized" })
    );
    assert_eq!(body["max_tokens"], 1000);
}

#[test]
fn marks_for_the_cache() {
    let mark = json!({ "type": "ephemeral" });
    let mut request = request(vec![
        Message::system("Be kind."),
        Message::user("One."),
        Message::assistant("Two."),
        Message::user("Three."),
    ]);
    request.tools = vec![weather(false), weather(false)];
    let cached = Settings {
        cache_prompt: true,
        ..settings()
    };
    let body = built(&cached, &request);
    assert_eq!(
        body["system"],
        json!([{ "type": "text", "text": "Be kind.", "cache_control": mark }])
    );
    assert_eq!(body["tools"][1]["cache_control"], mark);
    assert_eq!(body["messages"][2]["content"][0]["cache_control"], mark);
    let marks = body.to_string().matches("cache_control").count();
    assert_eq!(marks, 3, "{body}");
    assert!(
        !built(&settings(), &request)
            .to_string()
            .contains("cache_control")
    );
}

#[test]
fn extra_fields_add_to_what_is_there() {
    let mut request = request(vec![Message::user("Hi")]);
    request.tools = vec![weather(false)];
    request.format = ReplyFormat::Schema {
        name: "x".into(),
        schema: json!({}),
    };
    let extra = json!({
        "tools": [{ "type": "web_search_20250305", "name": "web_search" }],
        "output_config": { "effort": "low" },
        "max_tokens": 7,
        "stop_sequences": ["END"],
        "stream": true,
    });
    request.extra = extra.as_object().cloned().unwrap_or_default();
    let body = built(&settings(), &request);
    assert_eq!(body["tools"][0]["name"], "weather");
    assert_eq!(body["tools"][1]["name"], "web_search");
    assert_eq!(body["output_config"]["effort"], "low");
    assert_eq!(body["output_config"]["format"]["type"], "json_schema");
    assert_eq!(body["max_tokens"], 7);
    assert_eq!(body["stop_sequences"], json!(["END"]));
    assert_eq!(
        body["stream"], false,
        "how it is read is not for the request to say"
    );
}

#[test]
fn a_paused_answer_is_the_last_message() {
    let paused =
        [json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} })];
    let request = request(vec![Message::user("Search.")]);
    let body = body(&settings(), &request, &paused, true).expect("a body");
    assert_eq!(
        body["messages"][1],
        json!({ "role": "assistant", "content": paused })
    );
    assert_eq!(body["stream"], true);
}
