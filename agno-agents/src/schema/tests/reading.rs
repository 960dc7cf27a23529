//! Answers read as types.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_value_survives_a_strict_answer() {
    /// What a model held to the schema writes: fields that are left out are `null`.
    fn round<T>(value: &T, left_out: &[&str])
    where
        T: JsonSchema + Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let schema = OutputSchema::of::<T>(OPEN_AI).unwrap();
        let mut answer = serde_json::to_value(value).unwrap();
        for pointer in left_out {
            *answer.pointer_mut(pointer).unwrap() = Value::Null;
        }
        if schema.wrapped {
            answer = json!({ "value": answer });
        }
        assert_eq!(&schema.read::<T>(&answer.to_string()).unwrap(), value);
    }
    let post = Post {
        title: "Rust".into(),
        tags: Vec::new(),
        subtitle: None,
        mood: Mood::Glad,
        backup_mood: None,
        words: 500,
        score: 0.5,
        unique: BTreeSet::new(),
        articles: vec![Article::default()],
    };
    round(&post, &["/tags", "/words", "/articles/0/authors"]);
    round(&Shape::Point, &[]);
    round(&Shape::Circle { radius: 1.5 }, &[]);
    round(&Shape::Named(Article::default()), &["/Named/authors"]);
    round(&Internal::None, &[]);
    round(&Internal::Link(Article::default()), &["/authors"]);
    let text = Internal::Text {
        text: "t".into(),
        lines: Vec::new(),
    };
    round(&text, &["/lines"]);
    round(&Adjacent::Link(Article::default()), &["/data/authors"]);
    round(&Untagged::Article(Article::default()), &["/authors"]);
    round(&Untagged::Number(3), &[]);
    let flat = Flat {
        id: "1".into(),
        article: Article {
            url: "u".into(),
            authors: Vec::new(),
        },
        what: Internal::None,
        shape: Shape::Circle { radius: 2.0 },
    };
    round(&flat, &["/authors"]);
    let tree = || Tree {
        first: None,
        children: Vec::new(),
    };
    round(
        &Tree {
            first: Some(Box::new(tree())),
            children: vec![tree()],
        },
        &[],
    );
}

#[test]
fn problems_name_the_field() {
    let schema = OutputSchema::of::<Post>(OPEN_AI).unwrap();
    let problem = |text: &str| schema.read::<Post>(text).unwrap_err().to_string();
    let post = r#"{"title":"Rust","mood":"glad","score":1,"unique":[],"articles":[{"url":7}]}"#;
    assert_eq!(
        problem(post),
        "articles[0].url: invalid type: integer `7`, expected a string"
    );
    assert_eq!(
        problem("I am sorry."),
        "the answer is no JSON: expected value at line 1 column 1"
    );
    assert!(problem(r#"{"title":"#).contains("EOF"));
    let long = format!(
        r#"{{"title":[],"x":"{0}","mood":"{0}"}}"#,
        "é".repeat(9_000)
    );
    assert!(problem(&long).chars().count() < 700);
}

#[test]
fn a_loose_answer_may_stand_in_prose() {
    let schema = OutputSchema::loose::<Article>();
    let read = |text: &str| schema.read::<Article>(text).map(|article| article.url);
    let url = Ok("u".to_owned());
    for text in [
        r#"{"url":"u"}"#,
        "```json\n{\"url\":\"u\"}\n```",
        "Here you are:\n```\n{\"url\": \"u\"}\n```\nAsk again!",
        r#"As [1] says: {"url": "u", "authors": null} and so on {etc}."#,
        r#"{"other": 1} is not meant, {"url":"u"} is."#,
        "``` {\"url\":\"u\"} ```",
    ] {
        assert_eq!(read(text), url, "{text}");
    }
    let problem = |text: &str| read(text).unwrap_err().to_string();
    assert_eq!(
        problem(r#"{"url":"a"} or {"url":"b"}"#),
        "the answer holds 2 JSON values: write one"
    );
    assert!(problem("Nothing.").starts_with("the answer is no JSON"));
    // A strict model says JSON and nothing else.
    let strict = OutputSchema::of::<Article>(OPEN_AI).unwrap();
    assert!(strict.read::<Article>("So: {\"url\":\"u\"}").is_err());

    let list = OutputSchema::loose::<Vec<Article>>();
    for text in [
        r#"{"value":[{"url":"u"}]}"#,
        r#"[{"url":"u"}]"#,
        r#"So: [{"url":"u"}]"#,
    ] {
        assert_eq!(
            list.read::<Vec<Article>>(text).unwrap()[0].url,
            "u",
            "{text}"
        );
    }
}

#[test]
fn bombs_are_problems() {
    let schema = OutputSchema::loose::<Post>();
    for text in [
        "[".repeat(300_000),
        "{\"a\":".repeat(100_000),
        format!("x {}", "{}".repeat(100_000)),
        "[1,".repeat(100_000),
        "```".repeat(100_000),
        r#"{"title": "\ud800"}"#.to_owned(),
        "\u{0}".repeat(1_000),
        format!("{{\"title\": \"{}", "a".repeat(5_000_000)),
    ] {
        assert!(schema.read::<Post>(&text).is_err());
    }
}
