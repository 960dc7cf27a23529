//! Tools that are called, and their answers.

use super::*;
use crate::model::ToolChoice;

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
