//! Hostile answers and schemas.

use proptest::prelude::*;

use super::*;

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z#/$]{0,6}".prop_map(Value::from),
        prop::sample::select(vec!["#", "#/$defs/a", "object", "array", "null"])
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
        "additionalProperties",
        "enum",
        "const",
        "url",
        "authors",
        "value",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
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
    fn hostile_text_is_never_more_than_a_problem(text in r#"[\[{"\\:,`a-z0-9\]} \n]{0,200}"#) {
        let _ = OutputSchema::loose::<Post>().read::<Post>(&text);
        let _ = OutputSchema::loose::<Vec<Internal>>().read::<Vec<Internal>>(&text);
        let _ = OutputSchema::of::<Flat>(OPEN_AI).unwrap().read::<Flat>(&text);
    }

    #[test]
    fn hostile_json_is_never_more_than_a_problem(value in json()) {
        let text = value.to_string();
        let _ = OutputSchema::loose::<Vec<Internal>>().read::<Vec<Internal>>(&text);
        let _ = OutputSchema::of::<Tree>(OPEN_AI).unwrap().read::<Tree>(&text);
    }

    /// Schemas of foreign servers are untrusted as well.
    #[test]
    fn hostile_schemas_are_strict_or_as_they_were(mut schema in json()) {
        if let Value::Object(schema) = &mut schema {
            schema.insert("type".into(), "object".into());
        }
        let (answer, strict) = tool_parameters(schema.clone());
        if !strict {
            prop_assert_eq!(answer, schema);
        }
    }
}
