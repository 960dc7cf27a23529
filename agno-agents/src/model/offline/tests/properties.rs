//! Whatever it is asked, it answers.

use proptest::prelude::*;

use super::*;

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
