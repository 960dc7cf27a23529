//! What is wrong with a configuration.

use std::path::PathBuf;

/// What is wrong with how a store was named. Passwords are not part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The URL, or an option in it, does not read.
    #[error("{message}")]
    Url {
        /// What is wrong, and what was probably meant.
        message: String,
    },
    /// A file does not read.
    #[error("{}{}: {message}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1 on.
        line: Option<usize>,
        /// What is wrong, and what was probably meant.
        message: String,
    },
    /// This build has no such back end.
    #[error("this build has no {back_end} store: {}", feature_line(feature))]
    MissingFeature {
        /// The back end.
        back_end: &'static str,
        /// The feature that brings it.
        feature: &'static str,
    },
    /// An environment variable that was named is not there.
    #[error("the environment variable `{name}`, which `{key}` names, is {problem}")]
    Variable {
        /// Its name.
        name: String,
        /// The key that names it.
        key: &'static str,
        /// What is wrong: `not set`, or `no UTF-8 text`.
        problem: &'static str,
    },
    /// The directory holds the store of another engine.
    #[error("{} holds a {found} store and no {asked} one: name it `{found}:{}`", path.display(), path.display())]
    OtherEngine {
        /// The directory.
        path: PathBuf,
        /// What it holds.
        found: &'static str,
        /// What was asked for.
        asked: &'static str,
    },
}

/// What to write in `Cargo.toml`.
pub(super) fn feature_line(feature: &str) -> String {
    format!(
        "write `agno-workflows = {{ version = \"{}\", features = [\"{feature}\"] }}` in Cargo.toml",
        concat!(
            env!("CARGO_PKG_VERSION_MAJOR"),
            ".",
            env!("CARGO_PKG_VERSION_MINOR")
        )
    )
}

impl ConfigError {
    pub(super) fn url(message: impl Into<String>) -> Self {
        Self::Url {
            message: message.into(),
        }
    }
}

/// The value of an environment variable that a configuration names.
pub(super) fn variable(name: &str, key: &'static str) -> Result<String, ConfigError> {
    let problem = match std::env::var(name) {
        Ok(value) => return Ok(value),
        Err(std::env::VarError::NotPresent) => "not set",
        Err(std::env::VarError::NotUnicode(_)) => "no UTF-8 text",
    };
    Err(ConfigError::Variable {
        name: name.to_owned(),
        key,
        problem,
    })
}

/// `, did you mean ..?`, if one of the names is near.
pub(super) fn suggestion<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let likeness = |name: &str| strsim::jaro_winkler(name, written);
    let nearest = names
        .into_iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest.filter(|name| likeness(name) > 0.7) {
        Some(name) => format!(", did you mean `{name}`?"),
        None => String::new(),
    }
}
