//! Settings in a store.

use agno_agents::{AgentSettings, settings::SettingsError};
use agno_core::storage::{Json, MemoryStorage, Storage, StoreError};
use serde_json::json;

use super::whole;

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
