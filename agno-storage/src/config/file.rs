//! A configuration file.

use std::{fs, path::Path};

use serde::Deserialize;

use super::{ConfigError, ConfigFile, Retention, StoreConfig, error::suggestion};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    store: StoreConfig,
    retention: Option<Retention>,
}

pub(super) fn read(path: &Path) -> Result<ConfigFile, ConfigError> {
    let wrong = |line, message| ConfigError::File {
        path: path.to_owned(),
        line,
        message,
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(None, error.to_string()))?;
    // Not the error's own text: it quotes the line, which may hold a password.
    let tables: Tables = toml::from_str(&text).map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| line_of(&text, span.start));
        wrong(line, in_words(error.message()))
    })?;
    let directory = path.parent().unwrap_or(Path::new(""));
    let store = match tables.store {
        StoreConfig::Directory(store) => store.relative_to(directory).into(),
        other => other,
    };
    Ok(ConfigFile {
        path: path.to_owned(),
        store,
        retention: tables.retention,
    })
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    before.filter(|byte| **byte == b'\n').count() + 1
}

/// What serde says, with the name that was probably meant. It says "unknown field `a`, expected one
/// of `b`, `c`".
fn in_words(message: &str) -> String {
    let message = message.trim_end();
    let mut names = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown "), names.next()) {
        (true, Some("password")) => {
            format!("{message} (write `password_env = \"NAME\"`: passwords stay out of files)")
        }
        (true, Some(written)) => format!("{message}{}", suggestion(written, names)),
        _ => message.to_owned(),
    }
}
