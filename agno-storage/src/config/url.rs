//! Stores as URLs.

use std::{ffi::OsStr, path::Path};

use percent_encoding::percent_decode_str;

use super::{
    ConfigError, DirectoryConfig, PostgresConfig, StoreConfig,
    error::suggestion,
    read::{OPTIONS, Options},
};

const SCHEMES: &[&str] = &["memory", "sled", "redb", "sqlite", "postgres", "postgresql"];

/// How a URL begins, if it is none of a drive (`C:\data`) and no path (`./a:b`).
fn scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    let is_scheme = scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric());
    is_scheme.then_some((scheme, rest))
}

/// The configuration file that it names.
pub(super) fn file_in(url: &str) -> Option<&Path> {
    let path = Path::new(url);
    let is_file = path.extension() == Some(OsStr::new("toml")) && scheme(url).is_none();
    is_file.then_some(path)
}

pub(super) fn parse(url: &str) -> Result<StoreConfig, ConfigError> {
    let (config, query) = match scheme(url) {
        _ if url == "memory" => return Ok(StoreConfig::Memory),
        Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => return postgres(url),
        Some(("postgres" | "postgresql", _)) => {
            let wanted = "postgres://USER@HOST/DATABASE";
            return Err(ConfigError::url(format!(
                "a PostgreSQL store is named by a URL such as {wanted}"
            )));
        }
        Some(("memory", "")) => return Ok(StoreConfig::Memory),
        Some(("memory", _)) => {
            let problem = "a store in memory has no name and no options: write `memory:`";
            return Err(ConfigError::url(problem));
        }
        Some((known @ ("sled" | "redb" | "sqlite"), rest)) => {
            if let Some(path) = rest.strip_prefix("//") {
                let path = path.trim_start_matches('/');
                let problem = format!(
                    "a path follows `{known}:` without `//`: write `{known}:{path}`, or `{known}:/{path}` \
                     from the root"
                );
                return Err(ConfigError::url(problem));
            }
            let (path, query) = split(rest);
            if path.contains("://") {
                return Err(ConfigError::url(format!(
                    "`{known}:` is followed by a directory, not by another URL"
                )));
            }
            if path.is_empty() {
                let problem = format!("`{known}:` names no directory: write `{known}:./.agno`");
                return Err(ConfigError::url(problem));
            }
            let config = match known {
                "sled" => DirectoryConfig::sled(path),
                "redb" => DirectoryConfig::redb(path),
                _ => DirectoryConfig::sqlite(path),
            };
            (config, query)
        }
        Some((unknown, _)) => {
            return Err(ConfigError::url(format!(
                "no store `{unknown}:`{}; there are `memory:`, `sled:DIR`, `redb:DIR`, \
                 `sqlite:DIR` and `postgres://USER@HOST/DATABASE`",
                suggestion(unknown, SCHEMES.iter().copied())
            )));
        }
        None if is_list_of_settings(url) => {
            let wanted = "postgres://USER@HOST/DATABASE";
            return Err(ConfigError::url(format!(
                "settings such as `host=` and `dbname=` are given as a URL: {wanted}"
            )));
        }
        None => {
            let (path, query) = split(url);
            if path.is_empty() {
                let problem = "nothing is named: give a directory, or `memory:`";
                return Err(ConfigError::url(problem));
            }
            (DirectoryConfig::new(path), query)
        }
    };
    let mut options = Options::default();
    for (key, value) in query.into_iter().flat_map(pairs) {
        if !options.set(&key, &value)? {
            let known = OPTIONS.iter().copied();
            return Err(ConfigError::url(format!(
                "no option `{key}` of a store in a directory{}",
                suggestion(&key, known)
            )));
        }
    }
    options.apply(config.into())
}

/// `host=db password=..`, as PostgreSQL's own programs take it. It is no name of a directory.
fn is_list_of_settings(url: &str) -> bool {
    const KNOWN: [&str; 6] = ["host", "port", "user", "password", "dbname", "sslmode"];
    let key = |piece: &str| piece.split_once('=').map(|(key, _)| KNOWN.contains(&key));
    let mut pieces = url.split_whitespace().peekable();
    pieces.peek().is_some() && pieces.all(|piece| key(piece) == Some(true))
}

/// Takes our own options out of the query; the rest is the driver's.
fn postgres(url: &str) -> Result<StoreConfig, ConfigError> {
    let (base, query) = split(url);
    // What is taken for the host would be told, and may be the end of a password.
    if base.matches('@').count() > 1 {
        let problem = "there is more than one `@`: write the one in the password as `%40`, or name a variable that \
                       has the password, with `?password_env=NAME`";
        return Err(ConfigError::url(problem));
    }
    let mut options = Options::default();
    let mut rest = String::new();
    for piece in query.unwrap_or_default().split('&') {
        let own = match pairs(piece).next() {
            Some((key, value)) => options.set(&key, &value)?,
            None => true,
        };
        if !own {
            rest.push(if rest.is_empty() { '?' } else { '&' });
            rest.push_str(piece);
        }
    }
    options.apply(PostgresConfig::new(format!("{base}{rest}")).into())
}

fn split(url: &str) -> (&str, Option<&str>) {
    match url.split_once('?') {
        Some((base, query)) => (base, Some(query)),
        None => (url, None),
    }
}

fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    pieces.map(move |piece| {
        let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
        (decoded(key), decoded(value))
    })
}

/// Adds a value that is taken as it is.
#[cfg(feature = "postgres")]
pub(super) fn add_to_query(url: &mut String, key: &str, value: &str) {
    let encoded = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
    let sign = if url.contains('?') { '&' } else { '?' };
    url.push_str(&format!("{sign}{key}={encoded}"));
}

/// With `***` in the place of passwords. Rather too much than too little: a password that is not
/// encoded may hold anything.
pub(super) fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    // Up to the last `@`, unless that belongs to the options.
    let options = rest.rfind('?').filter(|at| !rest[*at..].contains('@'));
    let (base, query) = match options {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let base = match base.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => base.to_owned(),
        },
        None => base.to_owned(),
    };
    let Some(query) = query else {
        return format!("{scheme}://{base}");
    };
    let pieces = query.split('&').map(|piece| match piece.split_once('=') {
        // The name of a variable is no secret.
        Some(("password_env", _)) => piece.to_owned(),
        Some((key, _)) if key.to_ascii_lowercase().contains("pass") => format!("{key}=***"),
        _ => piece.to_owned(),
    });
    format!("{scheme}://{base}?{}", pieces.collect::<Vec<_>>().join("&"))
}
