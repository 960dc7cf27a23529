//! Extra fields, which hold anything that TOML can say and no key.

use agno_agents::{AgentSettings, settings::SettingsError};
use agno_core::storage::MemoryStorage;
use serde_json::json;

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
