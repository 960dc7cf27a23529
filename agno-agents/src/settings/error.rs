//! Why settings cannot be used.

use std::fmt::{self, Write};

use agno_core::{schema::is_hidden, storage::StoreError};

/// Why settings cannot be used. No text of it holds a value from the settings that could be a
/// secret: it names places and keys.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings in {file}: {message}")]
    File {
        /// The file.
        file: String,
        /// Why.
        message: String,
    },
    /// Something in the text is wrong.
    #[error("{}", said(self))]
    #[non_exhaustive]
    Invalid {
        /// The file, if it was one.
        file: Option<String>,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// The key it is about: `agent.researcher.temperature`. Empty where the text is no TOML.
        key: String,
        /// What is wrong.
        message: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// Settings name a tool that the program does not provide.
    #[error(
        "the settings of agent `{agent}` name the tool `{tool}`, which this program does not \
         provide{}", guess(.suggestion.as_deref(), known)
    )]
    UnknownTool {
        /// The agent.
        agent: String,
        /// The tool.
        tool: String,
        /// The nearest name.
        suggestion: Option<String>,
        /// What the program provides.
        known: Vec<String>,
    },
    /// They hold something that could not be read again.
    #[error("the settings of agent `{agent}` cannot be written: {message}")]
    Unwritable {
        /// The agent.
        agent: String,
        /// Why.
        message: String,
    },
    /// The store has none of this name, or not in this version.
    #[error(
        "the store has no settings of an agent `{name}`{}",
        version.map(|version| format!(" in version {version}")).unwrap_or_default()
    )]
    NotStored {
        /// The agent.
        name: String,
        /// The version, if one was asked for.
        version: Option<u32>,
    },
    /// What the store has cannot be read by this program.
    #[error(
        "version {version} of the stored settings of agent `{name}` cannot be read by this \
         program: {key}: {message}{}", suggestion.as_ref().map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
    )]
    Unreadable {
        /// The agent.
        name: String,
        /// The version.
        version: u32,
        /// The field: `instructions[1]`.
        key: String,
        /// What is wrong with it.
        message: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SettingsError {
    pub(super) fn unknown_tool<'a>(
        agent: &str,
        tool: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        Self::UnknownTool {
            agent: shown(agent),
            tool: shown(tool),
            suggestion: nearest(tool, known.clone()),
            known: known.map(str::to_owned).collect(),
        }
    }
}

fn guess(suggestion: Option<&str>, known: &[String]) -> String {
    match (suggestion, known) {
        (Some(name), _) => format!(": did you mean `{name}`?"),
        (None, []) => ": it provides none".to_owned(),
        (None, known) => format!(": it provides {}", known.join(", ")),
    }
}

fn said(error: &SettingsError) -> impl fmt::Display {
    let SettingsError::Invalid {
        file,
        line,
        column,
        key,
        message,
        suggestion,
    } = error
    else {
        return String::new();
    };
    let file = file.as_deref().unwrap_or("settings");
    let mut text = format!("{file}:{line}:{column}: ");
    if !key.is_empty() {
        let _ = write!(text, "`{key}`: ");
    }
    text.push_str(message);
    if let Some(suggestion) = suggestion {
        let _ = write!(text, ", did you mean `{suggestion}`?");
    }
    text
}

/// The name most like `name`, if one is.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let best = known.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.7).then(|| best.to_owned())
}

/// Text from a file as an error may hold it: short, and nothing that a terminal obeys.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown = String::new();
    for c in text.chars().take(LONGEST) {
        match is_hidden(c) {
            true => shown.extend(c.escape_debug()),
            false => shown.push(c),
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
