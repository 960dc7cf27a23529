//! What the OpenAI adapter sends: bodies, addresses, headers, keys.

#![cfg(feature = "openai")]

mod hostile;

use std::process::Command;

use agno_agents::{
    Assistant, Capabilities, Message, Model, ModelError, ModelRequest, ToolCall,
    media::{Media, MediaKind},
    model::{Deltas, OpenAi, OpenAiBuilder, ReplyFormat, ToolChoice, ToolSpec},
};
use hostile::{Reply, Server};
use serde_json::{Value, json};

fn good() -> Reply {
    Reply::json(&json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}))
}

async fn sent_by(
    set: impl FnOnce(OpenAiBuilder) -> OpenAiBuilder,
    request: &ModelRequest,
) -> Result<Value, ModelError> {
    let server = Server::start([good()]).await;
    let model = set(OpenAi::builder("m").base_url(server.url("/v1/"))).build()?;
    model.respond(request, &Deltas::none()).await?;
    Ok(server.body(0))
}

async fn sent(request: &ModelRequest) -> Value {
    sent_by(|builder| builder, request)
        .await
        .expect("an answer")
}

fn asking(message: Message) -> ModelRequest {
    ModelRequest {
        messages: vec![message],
        ..ModelRequest::default()
    }
}

#[tokio::test]
async fn the_least_is_sent_for_the_least() {
    let body = sent(&asking(Message::user("Hi"))).await;
    assert_eq!(
        body,
        json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]})
    );
}

#[tokio::test]
async fn pieces_are_asked_for_with_their_usage() {
    let server = Server::start([good()]).await;
    let model = OpenAi::builder("m")
        .base_url(server.url("/v1"))
        .build()
        .expect("a model");
    let mut request = asking(Message::user("Hi"));
    // What the answer's form depends on is not for a program to change.
    request.extra.insert("stream".to_owned(), false.into());
    model
        .respond(&request, &Deltas::to(|_| {}))
        .await
        .expect("an answer");
    assert_eq!(server.body(0)["stream"], true);
    assert_eq!(
        server.body(0)["stream_options"],
        json!({"include_usage": true})
    );
}

#[tokio::test]
async fn a_tool_loop_goes_back_as_it_came() {
    let call = |id: &str, arguments: &str| ToolCall {
        id: id.to_owned(),
        name: "look".to_owned(),
        arguments: arguments.to_owned(),
    };
    let answer = Assistant {
        tool_calls: vec![call("a", "{\"q\":1}"), call("b", "{}")],
        opaque: Some(json!({"extra_content": {"b": {"google": {"thought_signature": "s"}}}})),
        ..Assistant::default()
    };
    let result = |call: &str| Message::Tool {
        call: call.to_owned(),
        name: "look".to_owned(),
        text: "found".to_owned(),
        is_error: false,
    };
    let request = ModelRequest {
        messages: vec![
            Message::system("Be brief."),
            Message::user("Look twice."),
            Message::Assistant(answer),
            result("a"),
            result("b"),
            Message::assistant("Done."),
        ],
        tools: vec![ToolSpec {
            name: "look".to_owned(),
            description: "Looks.".to_owned(),
            parameters: json!({"type": "object"}),
            strict: true,
        }],
        tool_choice: ToolChoice::Tool("look".to_owned()),
        temperature: Some(0.5),
        max_tokens: Some(99),
        ..ModelRequest::default()
    };
    let body = sent_by(|builder| builder.parallel_tool_calls(false), &request)
        .await
        .expect("an answer");
    let function = |arguments: &str| json!({"name": "look", "arguments": arguments});
    assert_eq!(
        body,
        json!({
            "model": "m",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Look twice."},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "a", "type": "function", "function": function("{\"q\":1}")},
                    {"id": "b", "type": "function", "function": function("{}"),
                     "extra_content": {"google": {"thought_signature": "s"}}},
                ]},
                {"role": "tool", "tool_call_id": "a", "content": "found"},
                {"role": "tool", "tool_call_id": "b", "content": "found"},
                {"role": "assistant", "content": "Done."},
            ],
            // A server that is not known is not asked to be strict.
            "tools": [{"type": "function", "function": {
                "name": "look", "description": "Looks.", "parameters": {"type": "object"},
            }}],
            "tool_choice": {"type": "function", "function": {"name": "look"}},
            "parallel_tool_calls": false,
            "temperature": 0.5,
            "max_tokens": 99,
        })
    );
}

#[tokio::test]
async fn forms_of_an_answer() {
    let mut request = asking(Message::user("Hi"));
    request.format = ReplyFormat::JsonObject;
    assert_eq!(
        sent(&request).await["response_format"],
        json!({"type": "json_object"})
    );
    let schema = json!({"type": "object"});
    request.format = ReplyFormat::Schema {
        name: "Answer".to_owned(),
        schema: schema.clone(),
    };
    assert_eq!(
        sent(&request).await["response_format"],
        json!({"type": "json_schema",
               "json_schema": {"name": "Answer", "strict": true, "schema": schema}})
    );
    request.extra.insert("seed".to_owned(), 7.into());
    assert_eq!(sent(&request).await["seed"], 7);
}

#[tokio::test]
async fn media_of_each_kind_or_a_named_error() {
    let all = Capabilities {
        audio: true,
        files: true,
        images: true,
        video: true,
        ..Capabilities::default()
    };
    let with = |media: Media| {
        asking(Message::User {
            text: "See.".to_owned(),
            media: vec![media],
        })
    };
    let see = json!({"type": "text", "text": "See."});
    let bytes = |kind, mime: &str| Media::from_bytes(kind, mime, b"abc");
    for (media, part) in [
        (
            Media::from_url(MediaKind::Image, "image/png", "https://x/y.png"),
            json!({"type": "image_url", "image_url": {"url": "https://x/y.png"}}),
        ),
        (
            bytes(MediaKind::Image, "image/png"),
            json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,YWJj"}}),
        ),
        (
            bytes(MediaKind::Audio, "audio/mpeg"),
            json!({"type": "input_audio", "input_audio": {"data": "YWJj", "format": "mp3"}}),
        ),
        (
            bytes(MediaKind::File, "application/pdf"),
            json!({"type": "file", "file": {
                "filename": "file.pdf", "file_data": "data:application/pdf;base64,YWJj"}}),
        ),
    ] {
        let body = sent_by(|builder| builder.capabilities(all), &with(media)).await;
        let content = &body.expect("an answer")["messages"][0]["content"];
        assert_eq!(*content, json!([see, part]));
    }
    for (media, word) in [
        (bytes(MediaKind::Video, "video/mp4"), "video"),
        (bytes(MediaKind::Audio, "audio/ogg"), "audio/ogg"),
        (
            Media::from_url(MediaKind::Audio, "audio/wav", "https://x"),
            "bytes",
        ),
        (
            Media::from_url(MediaKind::File, "application/pdf", "https://x"),
            "bytes",
        ),
    ] {
        let error = sent_by(|builder| builder.capabilities(all), &with(media)).await;
        let Err(ModelError::Unsupported { what, .. }) = error else {
            panic!("{error:?}");
        };
        assert!(what.contains(word), "{what}");
    }
    let error = sent_by(
        |builder| builder,
        &with(bytes(MediaKind::Audio, "audio/wav")),
    )
    .await;
    assert!(
        matches!(error, Err(ModelError::Unsupported { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn headers_and_addresses() {
    let server = Server::start([good(), good(), good(), good()]).await;
    let request = asking(Message::user("Hi"));
    let base = server.url("/v1");
    let secret = base.replace("http://", "http://me:pass@");
    let mut models = Vec::new();
    for builder in [
        OpenAi::builder("m").base_url(&base),
        OpenAi::builder("m")
            .base_url(&base)
            .key(" key \n")
            .organization("org")
            .project("proj")
            .header("X-More", "more"),
        OpenAi::builder("m").base_url(secret),
        OpenAi::builder("m")
            .azure(server.url("/"), "small-1", "2024-10-21")
            .key("key"),
    ] {
        let model = builder.build().expect("a model");
        model
            .respond(&request, &Deltas::none())
            .await
            .expect("an answer");
        models.push(model);
    }
    let seen = server.seen();
    assert_eq!(seen[0].line, "POST /v1/chat/completions HTTP/1.1");
    assert_eq!(seen[0].header("authorization"), None);
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    assert_eq!(seen[1].header("authorization"), Some("Bearer key"));
    assert_eq!(seen[1].header("openai-organization"), Some("org"));
    assert_eq!(seen[1].header("openai-project"), Some("proj"));
    assert_eq!(seen[1].header("x-more"), Some("more"));
    assert_eq!(seen[2].header("authorization"), Some("Basic bWU6cGFzcw=="));
    assert_eq!(
        seen[3].line,
        "POST /openai/deployments/small-1/chat/completions?api-version=2024-10-21 HTTP/1.1"
    );
    assert_eq!(seen[3].header("api-key"), Some("key"));
    assert_eq!(models[3].provider(), "azure.ai.openai");
    assert_eq!(seen[3].header("authorization"), None);
}

#[test]
fn what_cannot_be_built() {
    let error = |builder: OpenAiBuilder| builder.build().expect_err("no model").to_string();
    let local = || OpenAi::builder("m").base_url("http://localhost:1/v1");
    assert!(error(local().key("a\nb")).contains("characters"));
    assert!(error(local().header("a b", "c")).contains("`a b`"));
    assert!(error(local().max_attempts(0)).contains("max_attempts"));
    assert!(error(local().in_flight(0)).contains("in_flight"));
    assert!(error(OpenAi::builder(" ").base_url("http://x")).contains("name"));
    assert!(error(OpenAi::builder("m").base_url("x")).contains("base URL"));
    assert!(error(OpenAi::builder("m").azure("http://x", "a/b", "v").key("k")).contains("Azure"));
    let own = OpenAi::builder("m").base_url("https://api.openai.com/v1");
    assert_eq!(error(own), "openai needs a key: set OPENAI_API_KEY");
    let named = OpenAi::builder("m").key_from("AGNO_TEST_NO_SUCH_KEY");
    assert!(error(named).contains("AGNO_TEST_NO_SUCH_KEY"));
}

const CHILD: &str = "AGNO_TEST_CHILD";
/// An address that the program itself gives.
const ADDRESS: &str = "AGNO_TEST_ADDRESS";

/// Runs this test again, in a process with an environment of its own, and gives what it says.
fn in_a_process(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().expect("a test"));
    command
        .args([
            "--exact",
            "the_environment_is_read_when_it_is_built",
            "--nocapture",
        ])
        .env_remove("OPENAI_API_KEY")
        .env_remove("OPENAI_BASE_URL")
        .env(CHILD, "1")
        .envs(variables.iter().copied());
    let output = command.output().expect("a process");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_environment_is_read_when_it_is_built() {
    if std::env::var_os(CHILD).is_some() {
        let model = match std::env::var(ADDRESS) {
            Ok(address) => OpenAi::builder("m").base_url(address).build(),
            Err(_) => OpenAi::new("m"),
        };
        match model {
            Ok(model) => {
                let asked = model
                    .respond(&asking(Message::user("Hi")), &Deltas::none())
                    .await;
                println!("{} {:?}", model.settings(), asked.is_ok());
            }
            Err(error) => println!("{error}"),
        }
        return;
    }
    let missing = "openai needs a key: set OPENAI_API_KEY";
    assert!(in_a_process(&[]).contains(missing));
    assert!(in_a_process(&[("OPENAI_API_KEY", "  ")]).contains(missing));

    let server = Server::start([good(), good(), good()]).await;
    let url = server.url("/v1");
    let said = in_a_process(&[("OPENAI_BASE_URL", &url), ("OPENAI_API_KEY", "env-key")]);
    assert!(said.contains(&url) && said.contains("true"), "{said}");
    assert_eq!(
        server.seen()[0].header("authorization"),
        Some("Bearer env-key")
    );
    // A local server needs no key.
    let said = in_a_process(&[("OPENAI_BASE_URL", &url)]);
    assert!(said.contains("true"), "{said}");
    assert_eq!(server.seen()[1].header("authorization"), None);
    // The environment's key is not for a server that the program names.
    let said = in_a_process(&[(ADDRESS, &url), ("OPENAI_API_KEY", "env-key")]);
    assert!(said.contains("true"), "{said}");
    assert_eq!(server.seen()[2].header("authorization"), None);
}
