//! Whatever comes in: an answer, and the right one.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde::de::DeserializeOwned;

use super::*;

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        4 => prop::sample::select(vec![
            "topic", "words", "tone", "tags", "mail", "url", "rank", "main", "more", "by_name", "pair",
            "maybe", "kind", "body", "Page", "Text", "name", "children", "parent", "z", "op", "0", "a/b~",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "rust", "page", "nothing", "formal", "Nothing", "text", "Add"
        ])
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Text that is almost JSON.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\[\\]{}:,\"\\\\ a-z0-9\n.é日\u{1b}-]{0,60}",
        (any_json(), any::<prop::sample::Index>(), any::<char>()).prop_map(|(json, at, c)| {
            let mut text: Vec<char> = format!("{json:#}").chars().collect();
            let at = at.index(text.len());
            text[at] = c;
            text.into_iter().collect()
        }),
        any_json().prop_map(|json| format!("{json:#}")),
    ]
}

/// A type under test: its schema, compiled once, and what serde says of a value.
struct Subject {
    schema: InputSchema,
    read: fn(Value) -> serde_json::Result<()>,
}

impl Subject {
    fn new<T: JsonSchema + DeserializeOwned>() -> Self {
        Self {
            schema: InputSchema::of::<T>(),
            read: |value| serde_json::from_value::<T>(value).map(drop),
        }
    }
}

static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    vec![
        Subject::new::<BlogInput>(),
        Subject::new::<Nested>(),
        Subject::new::<Internal>(),
        Subject::new::<External>(),
        Subject::new::<Adjacent>(),
        Subject::new::<Untagged>(),
        Subject::new::<FlatStruct>(),
        Subject::new::<FlatInternal>(),
        Subject::new::<FlatMap>(),
        Subject::new::<Tree>(),
        Subject::new::<Expression>(),
        Subject::new::<String>(),
    ]
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gets_an_answer(text in any_text()) {
        for subject in SUBJECTS.iter() {
            let Err(errors) = subject.schema.check(&text) else { continue };
            prop_assert!(!errors.problems().is_empty());
            let report = errors.to_string();
            prop_assert!(report.lines().count() > 1, "{report}");
            prop_assert!(report.chars().all(|c| c == '\n' || !c.is_control()), "{report:?}");
        }
    }

    #[test]
    fn what_the_schema_takes_serde_takes(value in any_json()) {
        for Subject { schema, read } in SUBJECTS.iter() {
            match schema.check_value(&value) {
                Ok(()) => {
                    let read = read(value.clone());
                    prop_assert!(read.is_ok(), "{} {value}: {read:?}", schema.type_name());
                }
                Err(problems) => {
                    prop_assert!(!problems.is_empty());
                    // Text and value are judged alike.
                    prop_assert!(schema.check(&value.to_string()).is_err());
                }
            }
        }
    }

    #[test]
    fn any_flags_get_an_answer(given in prop::collection::vec((any::<String>(), any::<String>()), 0..5)) {
        for subject in SUBJECTS.iter() {
            if let Err(errors) = subject.schema.from_flags(&given) {
                prop_assert!(!errors.problems().is_empty());
                prop_assert!(errors.to_string().lines().count() > 1);
            }
        }
    }
}
