//! A leader and its members.

use super::*;

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
