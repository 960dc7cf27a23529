#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "types are read for their schemas; helpers of tests"
)]

mod reading;
mod typed;

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::{ToolChoice, ToolSpec};

const ARTICLE: &str = "\
# Heat pumps in old houses

A heat pump moves heat from the air or the ground into a house. It needs a third of the energy that \
a gas boiler needs. In 2023 the field trial of Dr. Miara measured 77 old houses for a year. The \
heat pumps in them reached a yearly efficiency of 3.1 on average. Old houses need larger radiators, \
not new walls.

## Costs

- A heat pump for a house costs 25,000 euros before grants.
- Grants pay for up to 70 percent of the heat pump.
- The weather was fine on the day of the interview.

Subscribe to our newsletter!
";

fn search() -> ToolSpec {
    spec(
        "web_search",
        "Searches the web and answers with titles, addresses and snippets.",
        json!({ "query": { "type": "string" }, "max_results": { "type": "integer" } }),
        &["query"],
    )
}

fn read_article() -> ToolSpec {
    spec(
        "read_article",
        "Reads the article at an address.",
        json!({ "url": { "type": "string" } }),
        &["url"],
    )
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "`json!` at the call reads better"
)]
fn spec(name: &str, description: &str, properties: Value, required: &[&str]) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: json!({ "type": "object", "properties": properties, "required": required }),
        strict: false,
    }
}

fn found() -> String {
    json!([
        {
            "title": "Heat pumps in old houses",
            "href": "https://energy.example/old-houses",
            "body": "A field trial shows that heat pumps work in old houses."
        },
        {
            "title": "The price of a heat pump",
            "href": "https://money.example/price",
            "body": "Prices of heat pumps fell by a tenth last year, and grants rose."
        },
        {
            "title": "Boilers",
            "href": "https://boilers.example/",
            "body": "Gas boilers are still sold in most countries of the continent."
        }
    ])
    .to_string()
}

fn asked(system: &str, user: &str, tools: &[ToolSpec]) -> ModelRequest {
    let mut messages = Vec::new();
    if !system.is_empty() {
        messages.push(Message::system(system));
    }
    messages.push(Message::user(user));
    ModelRequest {
        messages,
        tools: tools.to_vec(),
        ..ModelRequest::default()
    }
}

/// Runs the loop of an agent. Answers the calls made, and the last text.
fn run(mut request: ModelRequest, tool: impl Fn(&str, &Value) -> String) -> (Vec<String>, String) {
    let mut calls = Vec::new();
    for _ in 0..10 {
        let reply = Offline::reply(&request);
        let said = reply.message.clone();
        if said.tool_calls.is_empty() {
            return (calls, said.text);
        }
        request.messages.push(Message::Assistant(said.clone()));
        for call in said.tool_calls {
            let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
            calls.push(format!("{}({arguments})", call.name));
            request.messages.push(Message::Tool {
                text: tool(&call.name, &arguments),
                call: call.id,
                name: call.name,
                is_error: false,
            });
        }
    }
    panic!("it calls for ever: {calls:?}");
}

fn web(name: &str, arguments: &Value) -> String {
    match name {
        "web_search" => found(),
        _ if arguments["url"] == "https://energy.example/old-houses" => {
            json!({ "title": "Heat pumps in old houses", "text": ARTICLE, "author": "Ada" })
                .to_string()
        }
        _ => json!({ "text": "Prices of heat pumps depend on the house." }).to_string(),
    }
}

const MARKDOWN: &str = "<your_role>\nYou research topics.\n</your_role>\n\n<additional_information>\n- \
    Use markdown to format your answers.\n</additional_information>";

#[test]
fn a_researcher_and_a_writer() {
    let tools = [search(), read_article()];
    let request = asked(MARKDOWN, "Research heat pumps in old houses.", &tools);
    let (calls, research) = run(request, web);
    let writer = "You write blog posts of what you are given. Use short sentences.";
    let (none, post) = run(asked(writer, &research, &[]), web);
    assert!(none.is_empty());
    assert_snapshot!(format!(
        "{}\n\n{research}\n\n=====\n\n{post}",
        calls.join("\n")
    ));
}

#[test]
fn without_anything_to_quote_it_says_so_and_the_next_agent_too() {
    let (_, first) = run(
        asked("", "Write a short post about the future of Rust", &[]),
        web,
    );
    assert_snapshot!(first, @r"
    Future of Rust

    The offline model quotes what it is given, and it was given nothing on this. Give the agent a tool that finds something, or set a key for a real model.
    ");
    let (_, second) = run(asked(MARKDOWN, &first, &[]), web);
    assert_snapshot!(second, @r"
    # Future of Rust

    The offline model quotes what it is given, and it was given nothing on this. Give the agent a tool that finds something, or set a key for a real model.
    ");
}

#[test]
fn a_text_is_summarised_in_as_many_sentences_as_asked() {
    let prompt = format!("Summarise this in two sentences.\n\n{ARTICLE}");
    let (_, text) = run(asked("", &prompt, &[]), web);
    assert_snapshot!(text, @"A heat pump moves heat from the air or the ground into a house. A heat pump for a house costs 25,000 euros before grants.");
}

#[test]
fn a_tool_is_called_with_what_the_request_holds() {
    let sum = spec(
        "sum",
        "Adds numbers.",
        json!({ "numbers": { "type": "array", "items": { "type": "number" } } }),
        &["numbers"],
    );
    let weather = spec(
        "get_weather",
        "The weather of a place.",
        json!({
            "city": { "type": "string" },
            "unit": { "enum": ["celsius", "fahrenheit"], "type": "string" },
            "days": { "type": "integer", "minimum": 1, "maximum": 7 },
        }),
        &["city", "unit", "days"],
    );
    let mail = spec(
        "send_mail",
        "Sends a mail.",
        json!({ "text": { "type": "string" } }),
        &["text"],
    );
    let tools = [mail, sum, weather];
    let first = |prompt: &str| run(asked("", prompt, &tools), |_, _| "42".to_owned());
    assert_eq!(
        first("What is the sum of 2, 3.5 and -4?"),
        (
            vec![r#"sum({"numbers":[2,3.5,-4]})"#.to_owned()],
            "42".to_owned()
        )
    );
    let (calls, _) = first("How is the weather in Paris in fahrenheit for the next 30 days?");
    assert_eq!(
        calls,
        [r#"get_weather({"city":"Paris","days":7,"unit":"fahrenheit"})"#]
    );
    let (calls, _) = first("Tell me a joke");
    assert!(calls.is_empty(), "{calls:?}");
    let (calls, _) = first("Send a mail with greetings");
    assert_eq!(
        calls,
        [r#"send_mail({"text":"Send a mail with greetings"})"#]
    );
}

#[test]
fn the_choice_of_tools_is_kept_to() {
    let with = |choice| {
        let mut request = asked("", "Tell me a joke", &[read_article(), search()]);
        request.tool_choice = choice;
        run(request, web).0
    };
    assert!(with(ToolChoice::None).is_empty());
    assert!(with(ToolChoice::Required)[0].starts_with("web_search"));
    assert!(with(ToolChoice::Tool("read_article".into()))[0].starts_with("read_article"));
    assert!(with(ToolChoice::Tool("unknown".into())).is_empty());
}

#[test]
fn a_failed_tool_is_told_and_not_quoted() {
    let mut request = asked("", "Search for heat pumps", &[search(), read_article()]);
    let call = Offline::reply(&request).message;
    let id = call.tool_calls[0].id.clone();
    request.messages.push(Message::Assistant(call));
    request.messages.push(Message::Tool {
        call: id,
        name: "web_search".into(),
        text: "The server at https://search.example refused the connection.".into(),
        is_error: true,
    });
    let reply = Offline::reply(&request).message;
    assert!(reply.tool_calls.is_empty());
    assert!(reply.text.starts_with("Heat pumps\n"), "{}", reply.text);
    assert!(reply.text.contains("Web search failed: The server at"));
}

fn delegate(ids: &[&str]) -> ToolSpec {
    spec(
        "delegate_task_to_member",
        "Gives a task to a member.",
        json!({ "member_id": { "type": "string", "enum": ids }, "task": { "type": "string" } }),
        &["member_id", "task"],
    )
}

#[test]
fn a_team_is_given_the_task() {
    let members = "- researcher (Researcher): finds facts\n- writer (Writer): writes texts";
    let tool = delegate(&["researcher", "writer"]);
    let (calls, text) = run(
        asked(members, "A post on heat pumps", &[tool]),
        |_, arguments| {
            format!(
                "The {} found that heat pumps are efficient.",
                arguments["member_id"]
            )
        },
    );
    assert_eq!(calls.len(), 2);
    assert!(calls[0].contains("researcher"));
    assert!(
        calls[1].contains("heat pumps are efficient"),
        "{}",
        calls[1]
    );
    assert!(text.contains("heat pumps are efficient"), "{text}");

    let members = "- billing (Billing): invoices, payments\n- technical (Technical): login, errors";
    let tool = delegate(&["billing", "technical"]);
    let (calls, _) = run(asked(members, "My login shows errors", &[tool]), |_, _| {
        "Done now.".into()
    });
    assert_eq!(calls.len(), 1);
    assert!(calls[0].contains("technical"), "{calls:?}");

    let all = spec(
        "delegate_task_to_members",
        "All.",
        json!({"task": {"type": "string"}}),
        &["task"],
    );
    let (calls, _) = run(asked("", "My login", &[all]), |_, _| "It is done.".into());
    assert_eq!(calls, [r#"delegate_task_to_members({"task":"My login"})"#]);
}

#[test]
fn what_was_said_before_is_remembered() {
    let mut request = asked("", "My garden has three apple trees and a pond.", &[]);
    request
        .messages
        .push(Message::assistant("That is a lovely garden to have."));
    request
        .messages
        .push(Message::user("I work in a bakery on the main street."));
    request
        .messages
        .push(Message::user("How many trees are in my garden?"));
    let text = Offline::reply(&request).message.text;
    assert!(
        text.contains("My garden has three apple trees and a pond."),
        "{text}"
    );
    assert!(!text.contains("bakery"), "{text}");
}

#[tokio::test]
async fn the_pieces_are_the_text_and_the_words_are_counted() {
    let request = asked(MARKDOWN, ARTICLE, &[]);
    let pieces = Arc::new(Mutex::new(Vec::new()));
    let heard = pieces.clone();
    let deltas = Deltas::to(move |delta| match delta {
        Delta::Text(text) => heard.lock().unwrap().push(text.to_owned()),
        other => panic!("{other:?}"),
    });
    let reply = Offline::new().respond(&request, &deltas).await.unwrap();
    let pieces = pieces.lock().unwrap().clone();
    assert_eq!(pieces.concat(), reply.message.text);
    assert!(pieces.len() > 50);
    let words = reply.message.text.split_whitespace().count();
    assert_eq!(reply.usage.output_tokens, u64::try_from(words).unwrap());
    assert!(reply.usage.input_tokens > 100);
    let again = Offline::new()
        .respond(&request, &Deltas::none())
        .await
        .unwrap();
    assert_eq!(again, reply);
}

#[test]
fn sentences_end_where_they_end() {
    let text = "Dr. Who met J. Smith, e.g. in 3.5 rooms. Then? 终于。好！ **Bold** [link](https://a.example) [1].";
    let sentences = sentences::split(text);
    let mut shown = String::new();
    for sentence in sentences {
        let _ = writeln!(shown, "{sentence}");
    }
    assert_snapshot!(shown, @r"
    Dr. Who met J. Smith, e.g. in 3.5 rooms.
    Then?
    终于。
    好！
    Bold link [1].
    ");
}

#[test]
fn the_topic_is_what_remains_of_a_request() {
    let topic = |text: &str| {
        let request = asked("", text, &[]);
        Conversation::of(&request).topic
    };
    for (text, expected) in [
        (
            "Write a short post about the future of Rust.",
            "Future of Rust",
        ),
        ("AI trends in 2025", "AI trends in 2025"),
        ("What is the capital of France?", "Capital of France"),
        (
            "please research into quantum error correction",
            "Quantum error correction",
        ),
        ("Topic: C++ (2026)\nStyle: casual", "C++ (2026)"),
        (
            r#"{ "style": "casual", "topic": "Deep sea", "words": 3 }"#,
            "Deep sea",
        ),
        ("", "The request"),
        ("Write.", "Write"),
    ] {
        assert_eq!(topic(text), expected, "{text}");
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "#",
            "#/$defs/a",
            "object",
            "array",
            "null",
            "integer",
            "number",
            "string",
            "uri",
            "a"
        ])
        .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "type",
        "properties",
        "required",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "$defs",
        "a",
        "prefixItems",
        "enum",
        "const",
        "url",
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "multipleOf",
        "format",
        "member_id",
        "description",
        "default",
    ]);
    leaf.prop_recursive(6, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_makes_it_fail(schema in json(), text in r"[\PC\n]{0,200}", tool in json()) {
        let mut request = asked(&text, &text, &[spec("delegate_task_to_member", &text, tool, &["a"])]);
        request.format = ReplyFormat::Schema { name: "x".into(), schema };
        let first = Offline::reply(&request);
        request.tools.clear();
        request.messages.push(Message::Assistant(first.message));
        let second = Offline::reply(&request);
        prop_assert!(serde_json::from_str::<Value>(&second.message.text).is_ok());
    }
}

#[test]
fn what_others_found_is_put_together() {
    let articles = json!({
        "topic": "heat pumps in old houses",
        "articles": [
            { "title": "Heat pumps", "url": "https://energy.example/old", "content": ARTICLE },
            {
                "title": "Prices",
                "url": "https://money.example/",
                "content": "Prices of heat pumps fell by a tenth. Grants rose in most countries."
            },
        ],
    });
    let of_json = run(asked(MARKDOWN, &articles.to_string(), &[]), web).1;
    let findings = format!(
        "Topic: heat pumps\n\nFindings of economy:\nPrices of heat pumps fell by a tenth.\n\n\
         Findings of technology:\n{ARTICLE}"
    );
    let of_prose = run(asked("Combine the findings.", &findings, &[]), web).1;

    let members = "<members>\n- researcher (Researcher): Finds facts. Tools: web_search\n\
                   - writer (Writer): Writes posts.\n</members>";
    let team = asked(
        members,
        "Write a post about heat pumps in old houses",
        &[delegate(&["researcher", "writer"])],
    );
    let (calls, of_team) = run(team, |_, arguments| {
        let tools = [search(), read_article()];
        let tools: &[_] = if arguments["member_id"] == "researcher" {
            &tools
        } else {
            &[]
        };
        run(asked("", arguments["task"].as_str().unwrap(), tools), web).1
    });
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_snapshot!([of_json, of_prose, of_team].join("\n\n=====\n\n"));
}

#[test]
fn a_router_asks_one() {
    let mut tool = delegate(&["poet", "writer"]);
    tool.description = "Gives the question to the member who can best answer it.".into();
    let request = asked(
        "- poet: poems\n- writer: stories",
        "Write stories of the sea",
        &[tool],
    );
    let call = &Offline::reply(&request).message.tool_calls[0];
    assert!(call.arguments.contains(r#""member_id":"writer""#));
}

#[test]
fn markdown_is_written_where_it_is_wanted() {
    for (system, wanted) in [
        ("Use markdown to format your answers.", true),
        ("Answer in **Markdown**.", true),
        ("Do not use markdown.", false),
        ("Plain text, no Markdown!", false),
    ] {
        let request = asked(system, ARTICLE, &[]);
        assert_eq!(Conversation::of(&request).markdown, wanted, "{system}");
    }
}
