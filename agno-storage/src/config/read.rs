//! Stores as data: the tables of a configuration file, or objects of JSON.

use std::{fmt, path::PathBuf, time::Duration};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{ConfigError, DirectoryConfig, Engine, StoreConfig, error::variable, url};

/// Every option of a back end, in the query of a URL or beside `url` in a table.
pub(super) const OPTIONS: &[&str] = &[
    "cache_mb",
    "schema",
    "table_prefix",
    "connections",
    "lease",
    "password_env",
];

#[derive(Debug, Default)]
pub(super) struct Options {
    cache_bytes: Option<u64>,
    schema: Option<String>,
    table_prefix: Option<String>,
    connections: Option<u32>,
    lease: Option<Duration>,
    password_env: Option<String>,
}

impl Options {
    /// Whether it is one of these.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<bool, ConfigError> {
        let wrong = |expected: &str| ConfigError::url(format!("`{key}` takes {expected}"));
        match key {
            "cache_mb" => {
                let bytes = value.parse().ok().and_then(bytes_of);
                self.cache_bytes = Some(bytes.ok_or_else(|| wrong("a number of megabytes"))?);
            }
            "connections" => {
                let number = value.parse().ok().filter(|number| *number > 0);
                self.connections = Some(number.ok_or_else(|| wrong("a number from 1 on"))?);
            }
            "lease" => self.lease = Some(parse_span(value).ok_or_else(|| wrong(A_SPAN))?),
            "schema" => self.schema = Some(value.to_owned()),
            "table_prefix" => self.table_prefix = Some(value.to_owned()),
            "password_env" => self.password_env = Some(value.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn apply(self, config: StoreConfig) -> Result<StoreConfig, ConfigError> {
        let of_postgres = [
            ("schema", self.schema.is_some()),
            ("table_prefix", self.table_prefix.is_some()),
            ("connections", self.connections.is_some()),
            ("lease", self.lease.is_some()),
            ("password_env", self.password_env.is_some()),
        ];
        let of_directory = [("cache_mb", self.cache_bytes.is_some())];
        let foreign = |options: &[(&str, bool)], kind: &str| {
            let misplaced = options.iter().find(|(_, is_set)| *is_set);
            misplaced.map_or(Ok(()), |(key, _)| {
                let problem = format!("`{key}` is no option of a store {kind}");
                Err(ConfigError::url(problem))
            })
        };
        match config {
            StoreConfig::Memory => {
                foreign(&of_directory, "in memory")?;
                foreign(&of_postgres, "in memory")?;
                Ok(config)
            }
            StoreConfig::Directory(mut directory) => {
                foreign(&of_postgres, "in a directory")?;
                if let Some(bytes) = self.cache_bytes {
                    directory = directory.cache_bytes(bytes);
                }
                Ok(directory.into())
            }
            StoreConfig::Postgres(mut postgres) => {
                foreign(&of_directory, "in PostgreSQL")?;
                if let Some(schema) = self.schema {
                    postgres = postgres.schema(schema);
                }
                if let Some(prefix) = self.table_prefix {
                    postgres = postgres.table_prefix(prefix);
                }
                if let Some(connections) = self.connections {
                    postgres = postgres.connections(connections);
                }
                if let Some(lease) = self.lease {
                    postgres = postgres.lease(lease);
                }
                if let Some(name) = self.password_env {
                    postgres = postgres.password_env(name);
                }
                Ok(postgres.into())
            }
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Memory,
    Sled,
    Redb,
    Sqlite,
    Postgres,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    kind: Option<Kind>,
    url: Option<String>,
    url_env: Option<String>,
    path: Option<PathBuf>,
    #[serde(deserialize_with = "megabytes")]
    cache_mb: Option<u64>,
    schema: Option<String>,
    table_prefix: Option<String>,
    connections: Option<std::num::NonZero<u32>>,
    #[serde(deserialize_with = "span")]
    lease: Option<Duration>,
    password_env: Option<String>,
}

impl Table {
    fn config(self) -> Result<StoreConfig, ConfigError> {
        let named = match (self.url, self.url_env) {
            (Some(_), Some(_)) => {
                let problem = "`url` and `url_env` name two stores: keep one of them";
                return Err(ConfigError::url(problem));
            }
            (Some(url), None) => Some(url::parse(&url)?),
            (None, Some(name)) => Some(url::parse(&variable(&name, "url_env")?)?),
            (None, None) => None,
        };
        let config = match (named, self.kind, self.path) {
            (Some(named), None, None) => named,
            (Some(_), ..) => {
                let problem = "the URL says it all: leave out `kind` and `path`";
                return Err(ConfigError::url(problem));
            }
            (None, Some(Kind::Memory), None) => StoreConfig::Memory,
            (None, Some(Kind::Postgres), _) => {
                let problem = "a PostgreSQL store is named by `url` or `url_env`";
                return Err(ConfigError::url(problem));
            }
            (None, Some(Kind::Memory), Some(_)) => {
                let problem = "a store in memory has no `path`";
                return Err(ConfigError::url(problem));
            }
            (None, Some(kind), Some(path)) => {
                let engine = match kind {
                    Kind::Redb => Engine::Redb,
                    Kind::Sqlite => Engine::Sqlite,
                    _ => Engine::Sled,
                };
                DirectoryConfig::new(path).engine(engine).into()
            }
            (None, None, Some(path)) => DirectoryConfig::new(path).into(),
            (None, _, None) => {
                let problem = "no store is named: write `url`, `url_env`, or `kind` and `path`";
                return Err(ConfigError::url(problem));
            }
        };
        Options {
            cache_bytes: self.cache_mb,
            schema: self.schema,
            table_prefix: self.table_prefix,
            connections: self.connections.map(std::num::NonZero::get),
            lease: self.lease,
            password_env: self.password_env,
        }
        .apply(config)
    }
}

impl<'de> Deserialize<'de> for StoreConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = StoreConfig;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the URL of a store, or a table")
            }

            fn visit_str<E: de::Error>(self, url: &str) -> Result<StoreConfig, E> {
                url::parse(url).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StoreConfig, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                table.config().map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

const A_SPAN: &str = "a number with a unit: 30d, 12h, 90m, 45s or 500ms";

fn parse_span(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..unit].parse().ok()?;
    let millis = match &text[unit..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

fn bytes_of(megabytes: u64) -> Option<u64> {
    megabytes.checked_mul(1024 * 1024)
}

/// Reads a duration with its unit.
pub(super) fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else {
        return Ok(None);
    };
    let wrong = || de::Error::custom(format!("`{text}` is no duration: write {A_SPAN}"));
    parse_span(&text).ok_or_else(wrong).map(Some)
}

/// Reads megabytes as bytes.
pub(super) fn megabytes<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let Some(megabytes) = Option::<u64>::deserialize(from)? else {
        return Ok(None);
    };
    let wrong = || de::Error::custom(format!("{megabytes} megabytes are more than there can be"));
    bytes_of(megabytes).ok_or_else(wrong).map(Some)
}
