//! Tools that settings name.

use agno_agents::{AgentSettings, Tool, ToolContext, settings::SettingsError};

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
