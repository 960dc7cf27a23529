//! Settings of agents in files and in a store.

use agno_agents::{AgentSettings, Tool, ToolContext, model::ToolChoice, settings::SettingsError};
use agno_core::storage::{Json, MemoryStorage, Storage, StoreError};
use proptest::prelude::*;
use serde_json::json;

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

fn whole() -> AgentSettings {
    AgentSettings {
        name: "Researcher".into(),
        role: Some("Finds things out".into()),
        description: Some("Searches the web.".into()),
        instructions: vec!["Search before you answer.".into()],
        expected_output: Some("Three bullet points.".into()),
        model: Some("openai:gpt-5-mini".into()),
        markdown: Some(true),
        tool_call_limit: Some(8),
        parallel_tools: Some(2),
        history: Some(3),
        temperature: Some(0.5),
        max_tokens: Some(1000),
        tools: Some(vec!["search".into(), "read".into()]),
        tool_choice: Some(ToolChoice::Tool("search".into())),
        extra: json!({"reasoning_effort": "low"})
            .as_object()
            .cloned()
            .expect("an object"),
    }
}

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
fn tools_are_chosen_by_name() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Nothing {}
    let tool = |name: &str| {
        Tool::new(name, "Does.", |_: Nothing, _: ToolContext| async {
            Ok::<_, agno_core::Error>("done")
        })
    };
    let provided = [tool("read_article"), tool("web_search")];
    let mut settings = AgentSettings::new("A");
    let names = |tools: Vec<Tool>| {
        tools
            .iter()
            .map(|t| t.name().to_owned())
            .collect::<Vec<_>>()
    };
    let all = settings.choose_tools(&provided).expect("all");
    assert_eq!(names(all), ["read_article", "web_search"]);
    settings.tools = Some(vec!["web_search".into()]);
    assert_eq!(
        names(settings.choose_tools(&provided).expect("one")),
        ["web_search"]
    );
    settings.tools = Some(vec!["websearch".into()]);
    let error = settings.choose_tools(&provided).expect_err("unknown");
    assert!(
        matches!(&error, SettingsError::UnknownTool { suggestion: Some(name), .. } if name == "web_search"),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("did you mean `web_search`?"),
        "{error}"
    );
}

#[test]
fn a_date_among_the_extra_fields_is_a_text() {
    let settings = AgentSettings::from_toml("name='A'\nextra = { until = 2026-01-02, n = [1.5] }");
    let extra = settings.expect("settings").extra;
    assert_eq!(json!(extra), json!({"until": "2026-01-02", "n": [1.5]}));
}

#[test]
fn null_among_the_extra_fields_cannot_be_written() {
    let mut settings = AgentSettings::new("A");
    settings.extra.insert("a".into(), json!([null]));
    assert!(matches!(
        settings.to_toml(),
        Err(SettingsError::Unwritable { .. })
    ));
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

/// A store with one definition of the kind that settings are.
async fn stored(body: serde_json::Value) -> MemoryStorage {
    let store = MemoryStorage::new();
    let body = Json::encode(&body).expect("JSON");
    let saved = store.save_definition("agent", "A", body, None).await;
    assert_eq!(saved.expect("save"), 1);
    store
}

#[tokio::test]
async fn settings_are_saved_in_versions() {
    let store = MemoryStorage::new();
    let mut settings = whole();
    assert_eq!(settings.save(&store).await.expect("save"), 1);
    assert_eq!(settings.save(&store).await.expect("again"), 1);
    settings.temperature = None;
    assert_eq!(settings.save_if_newest(&store, 1).await.expect("change"), 2);
    let load = async |version| AgentSettings::load(&store, "Researcher", version).await;
    assert_eq!(load(None).await.expect("newest"), settings);
    assert_eq!(load(Some(1)).await.expect("first"), whole());

    settings.temperature = Some(1.0);
    let late = settings.save_if_newest(&store, 1).await;
    assert!(
        matches!(
            &late,
            Err(SettingsError::Store(StoreError::DefinitionConflict {
                newest: 2,
                ..
            }))
        ),
        "{late:?}"
    );
    let missing = load(Some(3)).await;
    assert!(
        matches!(
            &missing,
            Err(SettingsError::NotStored {
                version: Some(3),
                ..
            })
        ),
        "{missing:?}"
    );
    AgentSettings::new("Another")
        .save(&store)
        .await
        .expect("save");
    let all = AgentSettings::load_all(&store).await.expect("all");
    let names: Vec<_> = all.iter().map(|settings| settings.name.as_str()).collect();
    assert_eq!(names, ["Another", "Researcher"]);
}

#[tokio::test]
async fn what_this_program_does_not_understand_is_named() {
    let cases = [
        (
            json!({"name": "A", "temprature": 1}),
            "temprature",
            Some("temperature"),
        ),
        (
            json!({"name": "A", "instructions": ["a", 1]}),
            "instructions[1]",
            None,
        ),
        (json!({"name": "A", "max_tokens": 0}), "max_tokens", None),
        (
            json!({"name": "A", "extra": {"api_key": "sk-secret"}}),
            "extra",
            None,
        ),
        (json!({}), "", None),
    ];
    for (body, field, meant) in cases {
        let store = stored(body.clone()).await;
        match AgentSettings::load(&store, "A", None).await {
            Err(SettingsError::Unreadable {
                version,
                key,
                suggestion,
                message,
                ..
            }) => {
                assert_eq!((version, key.as_str()), (1, field), "{body}");
                assert_eq!(suggestion.as_deref(), meant, "{body}");
                assert!(!message.contains("sk-secret"), "{message}");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_could_not_be_read_again_is_not_saved() {
    let store = MemoryStorage::new();
    let mut blank = AgentSettings::new(" ");
    let refused = blank.save(&store).await;
    assert!(
        matches!(refused, Err(SettingsError::Unwritable { .. })),
        "{refused:?}"
    );
    blank.name = "A".into();
    blank.extra.insert("password".into(), json!("hush"));
    let refused = blank.save(&store).await.expect_err("a secret");
    assert!(!refused.to_string().contains("hush"), "{refused}");
    blank.extra.clear();
    // JSON has no infinity: it is written as `null`, which would load as "not set".
    blank.temperature = Some(f64::INFINITY);
    let refused = blank.save(&store).await;
    assert!(
        matches!(refused, Err(SettingsError::Unwritable { .. })),
        "{refused:?}"
    );
    assert_eq!(store.definitions("agent").await.expect("list"), []);
}

#[test]
fn a_key_deep_among_the_extra_fields_is_refused() {
    for text in [
        "name = \"a\"\nextra.headers.Authorization = \"Bearer sk-1\"",
        "name = \"a\"\nextra = { list = [1, { x = { openai_api_key = \"sk-1\" } }] }",
        "name = \"a\"\n[[extra.servers]]\npassword = \"sk-1\"",
    ] {
        let error = AgentSettings::from_toml(text).expect_err("a key");
        let told = format!("{error} {error:?}");
        assert!(told.contains("looks like a secret"), "{told}");
        assert!(!told.contains("sk-1"), "{told}");
    }
    let fine = "name = \"a\"\nextra.limits.max_tokens = 1\nextra.token_budget = 2";
    AgentSettings::from_toml(fine).expect("no key");
}

#[test]
fn settings_like_bombs_are_refused_in_a_moment() {
    let begun = std::time::Instant::now();
    let many = 20_000;
    for text in [
        format!("name = \"a\"\nextra.{}b = 1", "a.".repeat(many)),
        format!("name = \"a\"\n[extra.{}b]\nx = 1", "a.".repeat(many)),
        format!("name = \"a\"\n[[extra.{}b]]\nx = 1", "a.".repeat(many)),
        format!(
            "name = \"a\"\nextra = {{ x = {}1{} }}",
            "[".repeat(many),
            "]".repeat(many)
        ),
        format!(
            "name = \"a\"\nextra = {}1{}",
            "{ a = ".repeat(many),
            " }".repeat(many)
        ),
        "name = \"a\"\nname = \"b\"".to_owned(),
        "name = \"a\"\nextra.a = 1\nextra.a = 2".to_owned(),
        "name = \"a\"\nextra.a = 1\n[extra.a]\nb = 1".to_owned(),
        format!("name = \"{}\"", "n".repeat(1_000_000)),
        format!("name = \"a\"\n{}", "instructions = []\n".repeat(10_000)),
    ] {
        let begin: String = text.chars().take(60).collect();
        let error = AgentSettings::from_toml(&text).expect_err(&begin);
        let told = error.to_string();
        assert!(told.len() < 1_000, "{begin}: {} bytes", told.len());
    }
    // Wide is not deep.
    let wide: String = (0..20_000).map(|n| format!("extra.a{n} = {n}\n")).collect();
    let read = AgentSettings::from_toml(&format!("name = \"a\"\n{wide}")).expect("wide");
    assert_eq!(read.extra.len(), 20_000);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn extra_fields_in_one_another_are_saved_whole_or_not_at_all() {
    let store = MemoryStorage::new();
    for depth in [10, 100, 126, 130, 1_000] {
        let mut value = json!(1);
        for _ in 0..depth {
            value = json!([value]);
        }
        let mut settings = AgentSettings::new(format!("depth {depth}"));
        settings.extra.insert("x".to_owned(), value);
        match settings.save(&store).await {
            Ok(version) => {
                let loaded = AgentSettings::load(&store, &settings.name, Some(version)).await;
                assert_eq!(loaded.expect("loaded"), settings);
            }
            Err(error) => assert!(
                matches!(error, SettingsError::Unwritable { .. }) && depth > 50,
                "{depth}: {error}"
            ),
        }
    }
}
