//! Arguments: what the model is told of them, and how they are read.

use serde_json::{Value, json};

use super::handbook::{answer, error, search_handbook};

#[test]
fn the_model_is_told_what_the_comments_say() {
    let tool = search_handbook::tool();
    assert_eq!(tool.name(), "search_handbook");
    let spec = tool.spec();
    assert_eq!(
        spec.description,
        "Searches the company's handbook.\n\nIt knows every rule."
    );
    assert_eq!(
        spec.parameters,
        json!({
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "minLength": 1,
                    "description": "What to look for.",
                },
                "limit": {
                    "type": ["integer", "null"],
                    "format": "uint32",
                    "minimum": 0,
                    "description": "Most answers.",
                },
                "sections": {
                    "type": "array",
                    "items": { "$ref": "#/$defs/Section" },
                    "description": "Where to look.",
                },
                "page": {
                    "type": "integer",
                    "format": "uint32",
                    "minimum": 0,
                    "default": 1,
                    "description": "The first page.\n\nCounted from 1.",
                },
                "withOld": {
                    "type": "boolean",
                    "default": false,
                    "description": "Whether old rules count.",
                },
            },
            "required": ["query", "sections"],
            "$defs": {
                "Section": {
                    "type": "string",
                    "enum": ["Travel", "Pay"],
                    "description": "Where to look.",
                },
            },
        })
    );
}

#[tokio::test]
async fn arguments_are_read_and_the_answer_is_json() {
    let tool = search_handbook::tool();
    let found = answer(&tool, r#"{"query": "trains", "sections": ["Travel"]}"#).await;
    let expected = json!([{ "page": 1, "text": "trains None [Travel] false" }]);
    assert_eq!(
        serde_json::from_str::<Value>(&found).expect("JSON"),
        expected
    );

    let all =
        r#"{"withOld": true, "page": 7, "limit": 3, "sections": [], "query": "x", "more": 1}"#;
    let expected = json!([{ "page": 7, "text": "x Some(3) [] true" }]);
    assert_eq!(
        serde_json::from_str::<Value>(&answer(&tool, all).await).expect("an answer"),
        expected
    );
}

#[tokio::test]
async fn a_plain_call_is_still_one() {
    let hits = search_handbook("trains".to_owned(), Some(2), Vec::new(), 1, false).await;
    assert_eq!(hits.expect("an answer")[0].text, "trains Some(2) [] false");
}

#[tokio::test]
async fn wrong_arguments_are_named_by_their_path() {
    let tool = search_handbook::tool();
    for (arguments, parts) in [
        (r#"{"sections": []}"#, ["missing field `query`", ""]),
        (
            r#"{"query": "x", "sections": ["Travel", "Food"]}"#,
            ["sections[1]", "unknown variant `Food`"],
        ),
        (
            r#"{"query": 3, "sections": []}"#,
            ["query:", "invalid type: integer `3`, expected a string"],
        ),
        ("[1]", ["expected an object with the arguments", ""]),
        ("3", ["expected an object with the arguments", ""]),
        (r#"{"query": "x""#, ["no JSON", ""]),
    ] {
        let error = error(&tool, arguments).await;
        assert_eq!(error.code(), "tool_arguments", "{arguments}");
        let text = error.to_string();
        for part in parts {
            assert!(text.contains(part), "{arguments}: {text}");
        }
        assert!(!text.contains("__"), "{text}");
    }
}

mod odd {
    use agno::prelude::*;

    #[data]
    pub(crate) struct Place {
        /// The street.
        pub(crate) street: String,
        pub(crate) city: Option<String>,
    }

    /// Finds a place.
    #[tool]
    pub(crate) async fn find(
        #[serde(flatten)] place: Place,
        /// How near, in metres.
        #[serde(deserialize_with = "metres")]
        #[schemars(with = "String")]
        near: u32,
        /// What kind.
        r#type: Option<serde_json::Value>,
    ) -> String {
        format!("{} {:?} {near} {:?}", place.street, place.city, r#type)
    }

    fn metres<'de, D: agno::__private::serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
        let text: String = Deserialize::deserialize(from)?;
        text.trim_end_matches('m')
            .parse()
            .map_err(|_| agno::__private::serde::de::Error::custom("write the metres like `300m`"))
    }

    /// The parameter has the function's name.
    #[tool]
    pub(crate) fn r#match(
        /// What.
        mut r#match: String,
    ) -> String {
        r#match.push('!');
        r#match
    }
}

#[tokio::test]
async fn attributes_of_an_argument_work_as_on_a_field() {
    use odd::find;
    let tool = find::tool();
    let parameters = &tool.spec().parameters;
    let names: Vec<_> = parameters["properties"]
        .as_object()
        .expect("an answer")
        .keys()
        .collect();
    assert_eq!(names, ["city", "near", "street", "type"]);
    assert_eq!(parameters["required"], json!(["street", "near"]));
    let text = answer(
        &tool,
        r#"{"street": "High Street", "near": "300m", "type": 3}"#,
    )
    .await;
    assert_eq!(text, "High Street None 300 Some(Number(3))");
    let error = error(&tool, r#"{"street": "x", "near": "far"}"#).await;
    assert!(error.to_string().contains("like `300m`"), "{error}");
}

#[tokio::test]
async fn raw_names_and_equal_names() {
    let tool = odd::r#match::tool();
    assert_eq!(tool.name(), "match");
    assert_eq!(answer(&tool, r#"{"match": "a"}"#).await, "a!");
    assert_eq!(odd::r#match("b".to_owned()), "b!");
}
