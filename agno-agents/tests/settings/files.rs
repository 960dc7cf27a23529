//! Settings in TOML, and where a text is wrong.

use agno_agents::{AgentSettings, settings::SettingsError};
use proptest::prelude::*;
use serde_json::json;

use super::whole;

const WHOLE: &str = r#"
name = "Researcher"
role = "Finds things out"
description = "Searches the web."
instructions = "Search before you answer."
expected_output = "Three bullet points."
model = "openai:gpt-5-mini"
markdown = true
tool_call_limit = 8
parallel_tools = 2
history = 3
temperature = 0.5
max_tokens = 1000
tools = ["search", "read"]
tool_choice = { tool = "search" }

[extra]
reasoning_effort = "low"
"#;

/// What a text is refused with: line, column, key and the whole message.
fn refused(text: &str) -> (usize, usize, String, String) {
    match AgentSettings::from_toml(text) {
        Err(error @ SettingsError::Invalid { .. }) => {
            let message = error.to_string();
            let SettingsError::Invalid {
                line, column, key, ..
            } = error
            else {
                unreachable!()
            };
            (line, column, key, message)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_field_is_read_and_written() {
    let settings = AgentSettings::from_toml(WHOLE).expect("settings");
    assert_eq!(settings, whole());
    let again = settings.to_toml().expect("TOML");
    assert_eq!(AgentSettings::from_toml(&again).expect("again"), whole());
    assert_eq!(
        AgentSettings::from_toml("name = 'A'").expect("a name alone"),
        AgentSettings::new("A")
    );
}

#[test]
fn a_misspelt_field_is_named_with_its_place_and_the_right_one() {
    let (line, column, key, message) = refused("name = 'A'\n  instrctions = 'b'\n");
    assert_eq!((line, column, key.as_str()), (2, 3, "instrctions"));
    assert_eq!(
        message,
        "settings:2:3: `instrctions`: unknown field, did you mean `instructions`?"
    );
    let (_, _, _, message) = refused("name = 'A'\nzzz = 1\n");
    assert!(message.contains("`instructions`"), "{message}");
}

#[test]
fn a_wrong_value_is_named_with_its_place() {
    let cases = [
        ("name = ' '", 1, 8, "name", "not blank"),
        (
            "name = 'A'\ntemperature = -1.0",
            2,
            15,
            "temperature",
            "from 0",
        ),
        (
            "name = 'A'\ntemperature = nan",
            2,
            15,
            "temperature",
            "from 0",
        ),
        (
            "name = 'A'\nmax_tokens = 0",
            2,
            14,
            "max_tokens",
            "least is 1",
        ),
        ("name = 'A'\nhistory = -2", 2, 11, "history", "u32"),
        (
            "name = 'A'\ninstructions = ['a', 3]",
            2,
            22,
            "instructions[1]",
            "string",
        ),
        (
            "name = 'A'\ninstructions = 3",
            2,
            16,
            "instructions",
            "a text or a list",
        ),
        (
            "name = 'A'\ntool_choice = 'requird'",
            2,
            15,
            "tool_choice",
            "did you mean `required`?",
        ),
        ("role = 'é'", 1, 1, "", "missing field `name`"),
    ];
    for (text, line, column, key, said) in cases {
        let (at_line, at_column, at_key, message) = refused(text);
        assert_eq!(
            (at_line, at_column, at_key.as_str()),
            (line, column, key),
            "{text}"
        );
        assert!(message.contains(said), "{text}: {message}");
    }
}

#[test]
fn a_text_that_is_no_toml_says_where() {
    let (line, _, _, message) = refused("name = 'A'\nrole = \n");
    assert_eq!(line, 2, "{message}");
    let (line, ..) = refused("name = 'A'\nname = 'B'\n");
    assert_eq!(line, 2);
}

#[test]
fn a_key_is_an_unknown_field_and_never_shown() {
    for field in ["api_key", "OPENAI_API_KEY", "openai.api_key", "token"] {
        let (.., message) = refused(&format!("name = 'A'\n{field} = 'sk-secret'"));
        assert!(!message.contains("sk-secret"), "{message}");
        assert!(message.contains("unknown field"), "{message}");
    }
    let (.., message) = refused("name = 'A'\napi_key = 'sk-secret'");
    assert!(message.contains("environment"), "{message}");
    let (.., message) = refused("name = 'A'\nextra = { 'Api-Key' = 'sk-secret' }");
    assert!(
        message.contains("Api-Key") && !message.contains("sk-secret"),
        "{message}"
    );
}

#[test]
fn a_file_is_named_in_its_errors() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("agents.toml");
    std::fs::write(
        &path,
        "[agent.one]\nname = 'One'\n[agent.two]\nname = 'Two'\nmodle = 'a'\n",
    )
    .expect("write");
    let error = AgentSettings::all_from_toml_file(&path).expect_err("a misspelt field");
    let said = error.to_string();
    assert!(
        said.contains("agents.toml:5:1: `agent.two.modle`"),
        "{said}"
    );
    assert!(said.contains("did you mean `model`?"), "{said}");
    let missing = AgentSettings::from_toml_file(folder.path().join("none.toml"));
    assert!(
        matches!(missing, Err(SettingsError::File { .. })),
        "{missing:?}"
    );
    std::fs::write(&path, [0xff, 0xfe]).expect("write");
    assert!(matches!(
        AgentSettings::from_toml_file(&path),
        Err(SettingsError::File { .. })
    ));
}

#[test]
fn several_agents_stand_in_one_file() {
    let text = "[agent.b]\nname = 'B'\n[agent.a]\nname = 'A'\ninstructions = ['x', 'y']\n";
    let agents = AgentSettings::all_from_toml(text).expect("agents");
    let names: Vec<_> = agents
        .iter()
        .map(|(table, s)| (table.as_str(), s.name.as_str()))
        .collect();
    assert_eq!(names, [("a", "A"), ("b", "B")]);
    assert_eq!(agents[0].1.instructions, ["x", "y"]);
}

#[test]
fn the_schema_says_what_is_read() {
    let schema = schemars::schema_for!(AgentSettings).to_value();
    assert_eq!(schema["required"], json!(["name"]));
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["properties"]["max_tokens"]["minimum"], json!(1));
}

proptest! {
    /// Whatever stands in a file, reading it answers, and what was read is written and read again.
    #[test]
    fn any_text_is_answered(text in ".{0,200}") {
        let _ = AgentSettings::from_toml(&text);
        let _ = AgentSettings::all_from_toml(&text);
    }

    #[test]
    fn what_is_written_is_read(
        name in "[a-zA-Zé日 ]{1,20}x",
        instructions in proptest::collection::vec(".{0,40}", 0..4),
        temperature in proptest::option::of(0.0..10.0f64),
        tools in proptest::option::of(proptest::collection::vec("[a-z_]{1,9}", 0..3)),
    ) {
        let mut settings = AgentSettings::new(name);
        settings.instructions = instructions;
        settings.temperature = temperature;
        settings.tools = tools;
        let text = settings.to_toml().expect("TOML");
        prop_assert_eq!(AgentSettings::from_toml(&text).expect("read"), settings);
    }
}
