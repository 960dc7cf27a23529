//! Examples, and fields given one by one.

use super::*;

#[track_caller]
fn example_is_valid<T: JsonSchema + serde::de::DeserializeOwned>(expected: &Value) {
    let schema = InputSchema::of::<T>();
    let example = schema.example();
    assert_eq!(example, *expected);
    assert_eq!(kinds(&schema, &example), []);
    if let Err(error) = serde_json::from_value::<T>(example) {
        panic!("{error}");
    }
}

#[test]
fn examples_are_valid() {
    example_is_valid::<BlogInput>(&json!({ "topic": "text" }));
    example_is_valid::<Internal>(&json!({ "kind": "nothing" }));
    example_is_valid::<External>(&json!("Nothing"));
    example_is_valid::<Adjacent>(&json!({ "t": "Nothing" }));
    example_is_valid::<Untagged>(&json!({ "url": "text" }));
    example_is_valid::<Wrapper>(&json!({ "url": "text" }));
    example_is_valid::<String>(&json!("text"));
    example_is_valid::<u8>(&json!(1));
    example_is_valid::<()>(&json!(null));
    example_is_valid::<FlatInternal>(&json!({ "z": true, "kind": "nothing", "url": "text" }));
    example_is_valid::<FlatMap>(&json!({ "z": true }));
    let nested = json!({
        "main": { "url": "text" }, "more": [{ "url": "text" }], "by_name": {}, "pair": [1, "text"]
    });
    example_is_valid::<Nested>(&nested);
}

#[test]
fn examples_of_recursive_types_end() {
    let number = json!({ "op": "Number", "value": 1 });
    let schema = InputSchema::of::<Expression>();
    let example = schema.example();
    assert_eq!(kinds(&schema, &example), [], "{example}");
    assert!(
        example.to_string().contains(&number.to_string()),
        "{example}"
    );
    let schema = InputSchema::of::<Tree>();
    assert_eq!(kinds(&schema, &schema.example()), []);
}

#[test]
fn examples_keep_to_limits() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "read by the schema only")]
    struct Limited {
        #[schemars(length(min = 30))]
        long: String,
        #[schemars(length(max = 2))]
        short: String,
        #[schemars(range(min = 50, max = 60))]
        between: u32,
        #[schemars(range(max = -3))]
        negative: i64,
        #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
        share: f64,
        #[schemars(length(min = 2))]
        list: Vec<Tone>,
        #[schemars(length(min = 3))]
        set: std::collections::HashSet<String>,
        #[schemars(email)]
        mail: String,
        #[schemars(url)]
        link: String,
        letter: char,
        #[schemars(example = 7)]
        shown: u32,
        #[schemars(extend("multipleOf" = 5))]
        step: u32,
    }
    example_is_valid::<Limited>(&json!({
        "long": "text text text text text text text", "short": "te", "between": 50, "negative": -3,
        "share": 0.5, "list": ["casual", "casual"], "set": ["text", "text 2", "text 3"],
        "mail": "name@example.com", "link": "https://example.com", "letter": "t", "shown": 7, "step": 5,
    }));
}

#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "read by the schema only")]
struct Simple {
    /// what to write about
    #[schemars(length(min = 3))]
    topic: String,
    max_words: Option<u32>,
    share: Option<f64>,
    draft: Option<bool>,
    tone: Option<Tone>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    sizes: Vec<u8>,
    /// Not to be given one by one.
    source: Option<Source>,
}

fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn flags_of_simple_fields() {
    let flags = InputSchema::of::<Simple>().flags();
    let lines: Vec<String> = flags
        .iter()
        .map(|flag| {
            let Flag {
                name,
                description,
                required,
                kind,
            } = flag;
            format!("{name} {kind:?} {required} {description:?}")
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    draft Boolean false ""
    max_words Integer false ""
    share Number false ""
    sizes List(Integer) false ""
    source Nested("an object") false "Not to be given one by one."
    tags List(String) false ""
    tone Choice(["casual", "formal"]) false ""
    topic String true "what to write about"
    "#);
}

#[test]
fn no_flags_where_they_would_not_be_enough() {
    let required = InputSchema::of::<Nested>().flags();
    let required = required.iter().find(|flag| flag.name == "main");
    let required = required.expect("it is listed");
    assert_eq!(required.kind, FlagKind::Nested("an object".to_owned()));
    assert!(required.required);
    for flags in [
        InputSchema::of::<Internal>().flags(),
        InputSchema::of::<FlatInternal>().flags(),
        InputSchema::of::<String>().flags(),
        InputSchema::of::<Vec<Source>>().flags(),
    ] {
        assert_eq!(flags, []);
    }
    // A newtype has the flags of what it holds.
    assert_eq!(InputSchema::of::<Wrapper>().flags().len(), 2);
}

#[test]
fn flags_are_read_by_the_type_of_their_field() {
    let schema = InputSchema::of::<Simple>();
    let read = schema.from_flags(&given(&[
        ("topic", "300"),
        ("max-words", " 300 "),
        ("share", "0.5"),
        ("draft", ""),
        ("tone", "formal"),
        ("tags", "a"),
        ("tags", "b,c"),
        ("sizes", "3"),
    ]));
    let expected = json!({
        "topic": "300", "max_words": 300, "share": 0.5, "draft": true, "tone": "formal",
        "tags": ["a", "b,c"], "sizes": [3]
    });
    assert_eq!(read.ok(), Some(expected));
}

#[test]
fn a_list_may_be_given_whole() {
    let schema = InputSchema::of::<Simple>();
    let tags = |texts: &[&str]| {
        let tags = texts.iter().map(|text| ("tags", *text));
        let all: Vec<_> = [("topic", "rust")].into_iter().chain(tags).collect();
        schema
            .from_flags(&given(&all))
            .map(|read| read["tags"].clone())
    };
    for (texts, expected) in [
        (&[r#"["a", "b"]"#][..], json!(["a", "b"])),
        (
            &["first", r#" ["a"]"#, "last"],
            json!(["first", "a", "last"]),
        ),
        (&["[]"], json!([])),
        // Texts that only begin like one.
        (&["[draft]"], json!(["[draft]"])),
        (&["[1, 2]"], json!(["[1, 2]"])),
        (&[r#"["a", 2]"#], json!([r#"["a", 2]"#])),
        (&[r#"["a"] and more"#], json!([r#"["a"] and more"#])),
    ] {
        assert_eq!(tags(texts).ok(), Some(expected), "{texts:?}");
    }
    let sizes = given(&[("topic", "rust"), ("sizes", "[1, 2]"), ("sizes", "3")]);
    let read = schema.from_flags(&sizes).expect("it fits");
    assert_eq!(read["sizes"], json!([1, 2, 3]));
    let wrong = given(&[("topic", "rust"), ("sizes", "[1, 2.5]")]);
    insta::assert_snapshot!(schema.from_flags(&wrong).expect_err("it is wrong"), @r#"
    input does not match `Simple`
      = --sizes: expected integer, found "[1, 2.5]"
    "#);
    // What takes one value takes a text as it is.
    let topic = given(&[("topic", r#"["a"]"#)]);
    assert_eq!(
        schema.from_flags(&topic).expect("a text")["topic"],
        r#"["a"]"#
    );
}

#[test]
fn flags_that_are_wrong_are_said_all_at_once() {
    let schema = InputSchema::of::<Simple>();
    let wrong = given(&[
        ("max_words", "many"),
        ("draft", "perhaps"),
        ("tone", "formel"),
        ("topik", "x"),
        ("share", "inf"),
    ]);
    insta::assert_snapshot!(schema.from_flags(&wrong).expect_err("it is wrong"), @r#"
    input does not match `Simple`
      = --max-words: expected integer, found "many"
      = --draft: expected true or false, found "perhaps"
      = --tone: expected casual or formal, found "formel", did you mean `formal`?
      = --topik: unknown field, did you mean `topic`?
      = --share: expected number, found "inf"
      = missing: --topic (string) — "what to write about"
    "#);
    let both = given(&[
        ("topic", "r"),
        ("max-words", "abc"),
        ("sizes", "300"),
        ("source", "x"),
    ]);
    insta::assert_snapshot!(schema.from_flags(&both).expect_err("it is wrong"), @r#"
    input does not match `Simple`
      = --max-words: expected integer, found "abc"
      = --source: `source` is an object: give the whole input with -i
      = --sizes: out of range: expected a number <= 255, found 300
      = --topic: too short: expected at least 3 characters, found 1
    "#);
    // What is right by itself is still checked as a whole.
    let short = given(&[("sizes", "300"), ("max_words", "-1")]);
    insta::assert_snapshot!(schema.from_flags(&short).expect_err("it is wrong"), @r#"
    input does not match `Simple`
      = --max-words: out of range: expected a number >= 0, found -1
      = --sizes: out of range: expected a number <= 255, found 300
      = missing: --topic (string) — "what to write about"
    "#);
    let twice = given(&[("topic", "rust"), ("topic", "java")]);
    insta::assert_snapshot!(schema.from_flags(&twice).expect_err("it is wrong"), @r"
    input does not match `Simple`
      = --topic: this is given twice, and it takes one value
    ");
}

#[test]
fn a_suggestion_never_repeats_what_a_terminal_acts_on() {
    let schema = InputSchema::of::<String>();
    for text in ["\u{7f}ull", "\u{9b}31m", "a\u{202e}b"] {
        let report = schema.check(text).expect_err("no JSON").to_string();
        assert!(
            report
                .chars()
                .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'),
            "{report:?}"
        );
    }
    let report = schema.check("plain").expect_err("no JSON").to_string();
    assert!(report.contains(r#"'"plain"'"#), "{report}");
}
