//! Reading settings, and saying where in the text something is wrong.

use std::{collections::BTreeMap, fs::File, io::Read, ops::Range, path::Path};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    AgentSettings, SettingsError,
    error::{nearest, shown},
    fields::is_secret,
};

/// Longest file, in bytes.
const LONGEST_FILE: u64 = 1024 * 1024;

/// A file with several agents.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Agents {
    agent: BTreeMap<String, AgentSettings>,
}

pub(super) fn file(path: &Path) -> Result<String, SettingsError> {
    let cannot = |message: String| SettingsError::File {
        file: shown(&path.display().to_string()),
        message,
    };
    let file = File::open(path).map_err(|error| cannot(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| cannot(error.to_string()))?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(cannot("it is longer than one megabyte".to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| cannot("it is not UTF-8 text".to_owned()))
}

pub(super) fn all(
    text: &str,
    file: Option<&Path>,
) -> Result<Vec<(String, AgentSettings)>, SettingsError> {
    let agents: Agents = toml(text, file)?;
    Ok(agents.agent.into_iter().collect())
}

pub(super) fn toml<T: DeserializeOwned>(
    text: &str,
    file: Option<&Path>,
) -> Result<T, SettingsError> {
    // Some editors begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let deserializer =
        toml::Deserializer::parse(text).map_err(|error| invalid(text, file, "", &error))?;
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        invalid(text, file, &path, error.inner())
    })
}

fn invalid(text: &str, file: Option<&Path>, path: &str, error: &toml::de::Error) -> SettingsError {
    let at = error.span().unwrap_or(0..0);
    let (line, column) = place(text, &at);
    let Wrong {
        key,
        message,
        suggestion,
    } = explain(path, error.message());
    SettingsError::Invalid {
        file: file.map(|file| shown(&file.display().to_string())),
        line,
        column,
        key,
        message,
        suggestion,
    }
}

/// Line and column of a place, from 1.
fn place(text: &str, at: &Range<usize>) -> (usize, usize) {
    let start = (0..=at.start.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let before = &text[..start];
    let line = before.matches('\n').count() + 1;
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[begin..].chars().count() + 1)
}

/// What is wrong with a key.
pub(super) struct Wrong {
    pub(super) key: String,
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

/// Puts serde's words for an error into ours, and finds what was meant.
pub(super) fn explain(path: &str, said: &str) -> Wrong {
    let key = shown(path.trim_start_matches('.'));
    let unknown = said
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split_once('`'));
    let Some((field, expected)) = unknown else {
        let name = said
            .strip_prefix("unknown variant `")
            .and_then(|rest| rest.split_once('`'));
        return Wrong {
            key,
            message: shown(said),
            suggestion: name.and_then(|(name, known)| nearest(name, backticked(known))),
        };
    };
    let key = match key.rsplit_once('.') {
        _ if ends_in(&key, field) => key,
        _ if key.is_empty() => shown(field),
        _ => format!("{key}.{}", shown(field)),
    };
    if is_secret(field) {
        let message = "unknown field. Keys come from the environment, never from settings";
        return Wrong {
            key,
            message: message.to_owned(),
            suggestion: None,
        };
    }
    let suggestion = nearest(field, backticked(expected));
    let message = match &suggestion {
        Some(_) => "unknown field".to_owned(),
        None => format!("unknown field{}", shown(expected)),
    };
    Wrong {
        key,
        message,
        suggestion,
    }
}

/// The names in `, expected one of `a`, `b``.
fn backticked(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn ends_in(key: &str, field: &str) -> bool {
    let field = shown(field);
    key == field || key.ends_with(&format!(".{field}"))
}

/// Reads what a store has.
pub(super) fn json(value: &Value) -> Result<AgentSettings, Wrong> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = match error.path().to_string().as_str() {
            "." => String::new(),
            path => path.to_owned(),
        };
        explain(&path, &error.inner().to_string())
    })
}
