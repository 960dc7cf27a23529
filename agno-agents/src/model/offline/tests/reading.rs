//! What is taken from texts, and what is left.

use std::fmt::Write as _;

use super::*;

const WRAPPED: &str = "\
# Ferries

A ferry crosses the fjord forty times a day, and carries ninety cars
each time, in every weather. It needs no bridge.

speed: 12 knots
crew: 8

- The oldest ferry of the line was built in the year nineteen hundred
  and is still in use on Sundays.
";

#[test]
fn lines_that_an_editor_has_broken_are_put_together() {
    let text = Offline::reply(&asked("", WRAPPED, &[])).message.text;
    for whole in [
        "A ferry crosses the fjord forty times a day, and carries ninety cars each time, in every \
         weather.",
        "The oldest ferry of the line was built in the year nineteen hundred and is still in use on \
         Sundays.",
    ] {
        assert!(text.contains(whole), "{text}");
    }
    let mut sources = sources::Sources::default();
    sources.read(WRAPPED);
    let facts: Vec<&str> = sources.facts().collect();
    assert_eq!(facts, ["speed: 12 knots", "crew: 8"]);
}

#[test]
fn what_has_little_to_do_with_a_request_is_neither_read_nor_named() {
    let hit = |name: &str, text: &str| {
        let url = format!("file:///shelf/{name}.md");
        json!({ "title": name, "url": url, "snippet": text })
    };
    let hits = json!([
        hit(
            "remote",
            "Remote work has changed the office, and what work is."
        ),
        hit(
            "meetings",
            "Remote work did not make meetings longer, it made them more."
        ),
        hit(
            "bread",
            "Time does the work in bread. The baker is asleep in …"
        ),
        hit("bees", "Bees work in the light, and tell each other where."),
        hit("ants", "Ants work in the dark, as a rule, and never alone."),
    ]);
    let request = asked("", "Remote work", &[search(), read_article()]);
    let (calls, text) = run(request, |name, arguments| match name {
        "web_search" => hits.to_string(),
        _ => json!({ "url": arguments["url"], "text": "It was read, from its first word on." })
            .to_string(),
    });
    assert_eq!(
        calls,
        [
            r#"web_search({"query":"Remote work"})"#,
            r#"read_article({"url":"file:///shelf/remote.md"})"#,
            r#"read_article({"url":"file:///shelf/meetings.md"})"#,
        ]
    );
    assert!(text.contains("file:///shelf/meetings.md"), "{text}");
    for other in ["bread", "bees", "ants", "baker", "Bees", "Ants"] {
        assert!(!text.contains(other), "{text}");
    }
}

#[test]
fn a_topic_that_is_only_named_is_not_quoted() {
    let found = "Ferries cross the fjord forty times a day. ".repeat(8);
    for prompt in [
        format!("Ferries over the fjord\n\n## This week\n\n{found}"),
        format!("Topic: Ferries over the fjord\n\n{found}"),
    ] {
        let text = Offline::reply(&asked(MARKDOWN, &prompt, &[])).message.text;
        assert!(
            text.starts_with("# Ferries over the fjord\n\nFerries cross"),
            "{text}"
        );
        assert_eq!(text.matches("over the fjord").count(), 1, "{text}");
        assert!(!text.contains("This week"), "{text}");
    }
}

#[test]
fn what_earlier_runs_found_is_told_without_another_run() {
    let workflow = spec(
        "run_workflow",
        "Runs it.",
        json!({ "input": { "type": "string" } }),
        &["input"],
    );
    let runs = "<earlier_runs>\n<run id=\"1\">\n<input>\nferries\n</input>\n<output>\nA ferry crosses \
        the fjord forty times a day.\n</output>\n</run>\n<run id=\"2\">\n<input>\nbread\n</input>\n\
        <output>\nA dough that rises overnight needs little yeast.\n</output>\n</run>\n</earlier_runs>";
    let ask = |question: &str| {
        let told = "If it needs a new result, call run_workflow.";
        let mut request = asked(told, question, std::slice::from_ref(&workflow));
        request.messages.insert(1, Message::user(runs));
        run(request, |_, _| "A bridge was never built there.".to_owned())
    };
    let (calls, text) = ask("What did you find?");
    assert_eq!(
        (calls.len(), &*text),
        (0, "A dough that rises overnight needs little yeast.")
    );
    let (calls, text) = ask("What about the ferry?");
    assert_eq!(
        (calls.len(), &*text),
        (0, "A ferry crosses the fjord forty times a day.")
    );
    let (calls, text) = ask("bridges");
    assert_eq!(
        (calls.len(), &*text),
        (1, "A bridge was never built there.")
    );
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
