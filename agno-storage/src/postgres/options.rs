//! Where the database is, and how it is used.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use tokio_postgres::config::{Config, Host, SslMode};

use super::{
    PostgresStorage,
    encryption::{Encryption, Wanted},
    tables::Tables,
};
use crate::{StoreError, StoreResult};

/// How a database is opened.
///
/// A URL is `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, and may end with `?NAME=VALUE&..`:
/// `schema`, `table_prefix`, `connections` and `prepared` as the methods here, and what
/// `tokio_postgres::Config` reads, `connect_timeout` (seconds, default 5) among it.
///
/// # Encryption
///
/// With the feature `postgres-tls` a URL that asks for TLS (`sslmode=require`, `verify-ca`,
/// `verify-full`) gets it, and with each of them the server's certificate and name are verified: by
/// what this machine trusts, or by the certificates in the PEM file `sslrootcert=FILE` alone. Without the
/// feature such a URL is refused, never answered with a plain connection. Without `sslmode`, or with
/// `disable`, `allow` or `prefer`, the connection is plain.
#[derive(Clone)]
pub struct PostgresOptions {
    url: String,
    schema: String,
    table_prefix: String,
    connections: usize,
    lease: Duration,
    prepared: bool,
}

/// Without the URL, which may hold a password.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .field("table_prefix", &self.table_prefix)
            .field("connections", &self.connections)
            .field("lease", &self.lease)
            .field("prepared", &self.prepared)
            .finish_non_exhaustive()
    }
}

impl PostgresOptions {
    /// The database of a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            schema: "public".to_owned(),
            table_prefix: "agno_".to_owned(),
            connections: 8,
            lease: Duration::from_secs(30),
            prepared: true,
        }
    }

    /// The schema that the tables are in; created if it is not there. At most 40 characters of `a-z`, `0-9`, `_`.
    /// Default: `public`.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// What the names of tables begin with, of the same characters; may be empty. Default: `agno_`.
    #[must_use]
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.table_prefix = prefix.into();
        self
    }

    /// How many connections are opened at most, at least 1. One more listens once somebody waits for
    /// [`changed`](crate::Storage::changed). Default: 8.
    #[must_use]
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most.max(1);
        self
    }

    /// How long a run stays its owner's without a word of it, at least a second; also how long a call
    /// tries to reach a database that is away, since an owner that cannot reach it for longer owns
    /// nothing any more. Default: 30 s.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_secs(1));
        self
    }

    /// Whether statements are prepared once for each connection, which is faster. Turn it off behind
    /// a pooler that gives each transaction another connection and does not know prepared statements:
    /// PgBouncer before 1.21 with `pool_mode = transaction`. Default: true.
    #[must_use]
    pub fn prepared(mut self, prepared: bool) -> Self {
        self.prepared = prepared;
        self
    }

    /// Connects, and brings the tables to this version's format.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidName`] for a URL or a name that does not read, [`StoreError::Unavailable`] if the
    /// server cannot be reached within 5 seconds, refuses the user, or has another encoding than UTF-8,
    /// [`StoreError::NewerFormat`] if a newer version of agno made the tables.
    pub async fn open(self) -> StoreResult<PostgresStorage> {
        PostgresStorage::open(self.read()?).await
    }

    /// Reads the URL.
    pub(super) fn read(mut self) -> StoreResult<Settings> {
        let url = std::mem::take(&mut self.url);
        let (base, parameters) = split(&url).ok_or_else(unreadable)?;
        let mut kept = Vec::new();
        let mut tls = Wanted::default();
        for parameter in parameters.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or_else(unreadable)?;
            match name {
                "schema" => self.schema = value.to_owned(),
                "table_prefix" => self.table_prefix = value.to_owned(),
                "connections" => {
                    let most: usize = value.parse().map_err(|_| invalid(name, "a number"))?;
                    self.connections = most.max(1);
                }
                "prepared" => {
                    self.prepared = value.parse().map_err(|_| invalid(name, "true or false"))?;
                }
                "sslmode" => match value {
                    "disable" | "allow" | "prefer" => {}
                    "require" | "verify-ca" | "verify-full" => {
                        tls.mode = Some(value.to_owned());
                    }
                    _ => return Err(invalid(name, "disable, prefer, require or verify-full")),
                },
                "sslrootcert" => {
                    let decoded = percent_encoding::percent_decode_str(value).decode_utf8();
                    let file = decoded.map_err(|_| invalid(name, "the name of a file"))?;
                    tls.roots = Some(PathBuf::from(file.as_ref()));
                }
                _ => kept.push(parameter),
            }
        }
        let tables = Tables::new(&self.schema, &self.table_prefix)?;
        let joined = format!("{base}?{}", kept.join("&"));
        let mut config = Config::from_str(&joined).map_err(|_| unreadable())?;
        let location = location(&config, &tables);
        let encryption = tls.encryption(&location)?;
        config.ssl_mode(match encryption {
            Encryption::None => SslMode::Disable,
            #[cfg(feature = "postgres-tls")]
            Encryption::Tls(_) => SslMode::Require,
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        if config.get_application_name().is_none() {
            config.application_name("agno");
        }
        config.keepalives_idle(Duration::from_secs(15));
        config.tcp_user_timeout(self.lease);
        Ok(Settings {
            config,
            encryption,
            tables,
            location,
            connections: self.connections,
            lease: self.lease,
            prepared: self.prepared,
        })
    }
}

/// What the options come to.
pub(super) struct Settings {
    pub(super) config: Config,
    pub(super) encryption: Encryption,
    pub(super) tables: Tables,
    pub(super) location: String,
    pub(super) connections: usize,
    pub(super) lease: Duration,
    pub(super) prepared: bool,
}

/// The URL before and after its `?`. One before the `@` is part of a password.
fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"))?;
    let credentials = rest.find('@').unwrap_or(0);
    let end = rest[credentials..].find('?');
    let base = url.len() - rest.len() + credentials;
    Some(end.map_or((url, ""), |end| {
        (&url[..base + end], &url[base + end + 1..])
    }))
}

/// Says nothing of what was read: any part of it may be one of the password.
fn unreadable() -> StoreError {
    StoreError::InvalidName {
        what: "PostgreSQL URL",
        name: "postgres://..".to_owned(),
        expected: "postgres://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE, with known names only, and \
                   with special characters of the password as %XX",
    }
}

fn invalid(parameter: &str, expected: &'static str) -> StoreError {
    StoreError::InvalidName {
        what: "value of this parameter of a PostgreSQL URL",
        name: parameter.to_owned(),
        expected,
    }
}

/// For people, without the password: `postgres://ann@localhost:5432/app`.
fn location(config: &Config, tables: &Tables) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(path) => format!("{}:{port}", path.display()),
        }
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    let user = config
        .get_user()
        .map_or(String::new(), |user| format!("{user}@"));
    let database = config
        .get_dbname()
        .or(config.get_user())
        .unwrap_or_default();
    let tables = match (tables.schema.as_str(), tables.prefix.as_str()) {
        ("public", "agno_") => String::new(),
        (schema, prefix) => format!(" (tables {schema}.{prefix}*)"),
    };
    let whole = format!("postgres://{user}{hosts}/{database}{tables}");
    whole.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> StoreResult<Settings> {
        PostgresOptions::new(url).read()
    }

    #[test]
    fn a_url_says_what_the_methods_say() {
        let url = "postgresql://ann:s%3Fcret@db:6432/app?prepared=false&schema=flows&connections=3&table_prefix=x_";
        let settings = read(url).expect("a legal URL");
        assert_eq!(
            settings.location,
            "postgres://ann@db:6432/app (tables flows.x_*)"
        );
        assert_eq!((settings.connections, settings.prepared), (3, false));
        assert_eq!(settings.config.get_password(), Some(&b"s?cret"[..]));
    }

    #[test]
    fn tls_is_never_silently_left_out() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://db/app?sslmode={mode}&sslrootcert=%2Fno-such-file");
            match read(&url).err() {
                Some(StoreError::Unavailable { message, .. }) if cfg!(feature = "postgres-tls") => {
                    assert!(message.contains("/no-such-file"), "{message}");
                }
                Some(StoreError::Unavailable { message, .. }) => {
                    assert!(message.contains("`postgres-tls`"), "{message}");
                }
                other => panic!("{mode}: {other:?}"),
            }
        }
        #[cfg(feature = "postgres-tls")]
        {
            let settings = read("postgres://db/app?sslmode=require").expect("trusts this machine");
            assert_eq!(settings.config.get_ssl_mode(), SslMode::Require);
        }
        for mode in ["disable", "prefer"] {
            assert!(read(&format!("postgres://db/app?sslmode={mode}")).is_ok());
        }
        assert!(read("postgres://db/app?sslmode=yes").is_err());
    }

    #[test]
    fn no_error_shows_the_password() {
        let urls = [
            "postgres://ann:hunter2?x@db/app?nonsense=hunter2",
            "postgres://ann:hunter2@db:port/app",
            "postgres://ann:hun?ter2",
            "postgres://db/app?password=hunter2&connections=hunter2",
            "postgres://ann:hunter2@db/app?sslmode=require&sslrootcert=/no-such-file",
            "postgres://ann:hunter2@db/app?schema=A",
            "mysql://ann:hunter2@db/app",
            "host=db password=hunter2",
        ];
        for url in urls {
            let error = read(url).err().expect(url);
            let told = format!("{error} {error:?} {:?}", PostgresOptions::new(url));
            assert!(
                !told.contains("hunter2") && !told.contains("ter2"),
                "{told}"
            );
        }
    }
}
