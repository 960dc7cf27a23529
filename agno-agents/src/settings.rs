//! Settings of an agent that stand in a file or a store, not in code.

mod error;
mod fields;
mod read;
mod stored;

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::error::SettingsError;
use crate::{Tool, model::ToolChoice};

/// What of an agent can be set outside of the program. [`AgentBuilder::settings`] takes it.
///
/// ```
/// use agno_agents::settings::AgentSettings;
///
/// let settings = AgentSettings::from_toml(
///     r#"
///     name = "Researcher"
///     instructions = ["Search before you answer.", "Name your sources."]
///     model = "openai:gpt-5-mini"
///     tools = ["web_search"]
///     temperature = 0.2
///     "#,
/// )?;
/// assert_eq!(settings.instructions.len(), 2);
/// # Ok::<(), agno_agents::settings::SettingsError>(())
/// ```
///
/// Keys of providers are never part of it: a field for one is an unknown field.
///
/// [`AgentBuilder::settings`]: crate::agent::AgentBuilder::settings
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentSettings {
    /// Its name. The only field that must be there.
    #[serde(deserialize_with = "fields::name")]
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// What it is in a team: `Researcher`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How it is to go about it: a text, or a list of them.
    #[serde(
        default,
        deserialize_with = "fields::texts",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[schemars(schema_with = "fields::texts_schema")]
    pub instructions: Vec<String>,
    /// What a good answer looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_output: Option<String>,
    /// The model, as the environment names one: `openai:gpt-5-mini`, `anthropic:claude-sonnet-5`,
    /// `offline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Whether it is asked for Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markdown: Option<bool>,
    /// Most tool calls of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_limit: Option<u32>,
    /// Most tools that run at a time, from 1.
    #[serde(
        default,
        deserialize_with = "fields::positive",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(range(min = 1))]
    pub parallel_tools: Option<u32>,
    /// So many earlier runs of the session are part of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<u32>,
    /// How much chance is in its words, from 0.
    #[serde(
        default,
        deserialize_with = "fields::temperature",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(range(min = 0))]
    pub temperature: Option<f64>,
    /// Most tokens that an answer may have, from 1.
    #[serde(
        default,
        deserialize_with = "fields::positive",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(range(min = 1))]
    pub max_tokens: Option<u32>,
    /// Which of the program's tools it has, by name. Left out: all that the program gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// Whether it calls tools: `"auto"`, `"none"`, `"required"`, or `{ tool = "NAME" }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "fields::tool_choice_schema")]
    pub tool_choice: Option<ToolChoice>,
    /// More fields for the provider's request, as they are.
    #[serde(
        default,
        deserialize_with = "fields::extra",
        skip_serializing_if = "Map::is_empty"
    )]
    pub extra: Map<String, Value>,
}

impl AgentSettings {
    /// Settings that say no more than a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Reads one agent's settings from TOML.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Invalid`] with the place, the key and, if a name is nearly right, the
    /// right one.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        read::toml(text, None)
    }

    /// Reads one agent's settings from a TOML file of at most one megabyte. Blocks while it
    /// reads.
    ///
    /// # Errors
    ///
    /// [`SettingsError::File`] when the file cannot be read, or as [`from_toml`](Self::from_toml)
    /// with the file's name.
    pub fn from_toml_file(path: impl AsRef<Path>) -> Result<Self, SettingsError> {
        let path = path.as_ref();
        read::toml(&read::file(path)?, Some(path))
    }

    /// Reads the settings of several agents, each in a table `[agent.NAME]`. Answers them in the
    /// order of these names, which are the program's; what an agent is called stands in its
    /// `name`.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Self::from_toml).
    pub fn all_from_toml(text: &str) -> Result<Vec<(String, Self)>, SettingsError> {
        read::all(text, None)
    }

    /// [`all_from_toml`](Self::all_from_toml) of a file.
    ///
    /// # Errors
    ///
    /// As [`from_toml_file`](Self::from_toml_file).
    pub fn all_from_toml_file(
        path: impl AsRef<Path>,
    ) -> Result<Vec<(String, Self)>, SettingsError> {
        let path = path.as_ref();
        read::all(&read::file(path)?, Some(path))
    }

    /// As TOML that [`from_toml`](Self::from_toml) reads.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Unwritable`] when `extra` holds a `null`, which TOML does not know.
    pub fn to_toml(&self) -> Result<String, SettingsError> {
        toml::to_string(self).map_err(|error| SettingsError::Unwritable {
            agent: self.name.clone(),
            message: error.to_string(),
        })
    }

    /// Those of the program's tools that [`tools`](Self::tools) names, in its order; all of them
    /// if it names none.
    ///
    /// # Errors
    ///
    /// [`SettingsError::UnknownTool`] with the nearest name.
    pub fn choose_tools(&self, provided: &[Tool]) -> Result<Vec<Tool>, SettingsError> {
        let Some(names) = &self.tools else {
            return Ok(provided.to_vec());
        };
        let choose = |name: &String| {
            let found = provided.iter().find(|tool| tool.name() == name);
            found.cloned().ok_or_else(|| {
                let known = provided.iter().map(Tool::name);
                SettingsError::unknown_tool(&self.name, name, known)
            })
        };
        names.iter().map(choose).collect()
    }
}
