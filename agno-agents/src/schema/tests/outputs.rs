//! How an answer is wrapped and named, and what is said of it in a prompt.

use super::*;

#[test]
fn roots_that_are_no_objects_are_wrapped() {
    for (schema, wrapped) in [
        (OutputSchema::of::<Post>(OPEN_AI).unwrap(), false),
        (OutputSchema::of::<Empty>(OPEN_AI).unwrap(), false),
        (OutputSchema::of::<Vec<Article>>(OPEN_AI).unwrap(), true),
        (OutputSchema::of::<Mood>(OPEN_AI).unwrap(), true),
        (OutputSchema::of::<Internal>(ANTHROPIC).unwrap(), true),
        (OutputSchema::of::<Option<Post>>(OPEN_AI).unwrap(), true),
        (OutputSchema::of::<bool>(OPEN_AI).unwrap(), true),
        (OutputSchema::loose::<Vec<Tree>>(), true),
        (OutputSchema::loose::<Bad>(), false),
    ] {
        assert_eq!(schema.wrapped, wrapped, "{schema:?}");
    }
    let read = |text| {
        OutputSchema::of::<Vec<Article>>(OPEN_AI)
            .unwrap()
            .read::<Vec<Article>>(text)
    };
    assert_eq!(read(r#"{"value":[]}"#), Ok(Vec::new()));
    let one = read(r#"{"value":[{"url":"u","authors":null}]}"#).unwrap();
    assert_eq!(
        one,
        [Article {
            url: "u".into(),
            authors: Vec::new()
        }]
    );
}

#[test]
fn names_are_what_providers_take() {
    assert_eq!(OutputSchema::loose::<Page<Article>>().name(), "Page");
    assert_eq!(name("Größe<T>"), "Gr__e_T_");
    assert_eq!(name(""), "output");
    assert_eq!(name(&"x".repeat(200)).len(), 64);
}

#[test]
fn the_prompt_holds_the_schema() {
    let schema = OutputSchema::loose::<Bad>();
    let prompt = schema.prompt();
    let inside = prompt
        .split_once(MARKS.0)
        .unwrap()
        .1
        .split_once(MARKS.1)
        .unwrap()
        .0;
    assert_eq!(
        &serde_json::from_str::<Value>(inside).unwrap(),
        schema.schema()
    );
}
