//! What a request is about, and how its answer is wanted.

use super::*;

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
