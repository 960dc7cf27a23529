//! Connections: how one is got, and what happens when it breaks.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool as Connections, RecyclingMethod, Runtime, Timeouts,
};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::{NoTls, Row, Statement as Named, types::ToSql};

use super::{
    encryption::Encryption, failure::Failure, options::Settings, statement::Statement,
    tables::Tables,
};
use crate::{StoreError, StoreResult};

/// The connections of one store.
pub(super) struct Pool {
    connections: Connections,
    pub(super) tables: Tables,
    pub(super) location: String,
    prepared: bool,
    /// How long a call tries to reach the server.
    patience: Duration,
    closed: AtomicBool,
}

impl Pool {
    pub(super) fn new(settings: &Settings) -> StoreResult<Self> {
        // `Fast`: a connection that broke is closed by then, and no session has a state to reset.
        let config = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = match &settings.encryption {
            Encryption::None => Manager::from_config(settings.config.clone(), NoTls, config),
            #[cfg(feature = "postgres-tls")]
            Encryption::Tls(tls) => {
                Manager::from_config(settings.config.clone(), tls.clone(), config)
            }
        };
        let connections = Connections::builder(manager)
            .max_size(settings.connections)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(settings.lease),
                create: Some(settings.lease),
                recycle: Some(settings.lease),
            })
            .build()
            .map_err(|error| StoreError::Io {
                context: "cannot make a pool of connections".to_owned(),
                message: error.to_string(),
            })?;
        Ok(Self {
            connections,
            tables: settings.tables.clone(),
            location: settings.location.clone(),
            prepared: settings.prepared,
            patience: settings.lease,
            closed: AtomicBool::new(false),
        })
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.connections.close();
    }

    pub(super) fn check_open(&self) -> StoreResult<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        Ok(())
    }

    pub(super) async fn get(&self) -> Result<Connection, Failure> {
        self.check_open()?;
        Ok(Connection {
            client: self.connections.get().await?,
            prepared: self.prepared,
        })
    }

    pub(super) fn patience(&self) -> Patience {
        self.patience_of(self.patience)
    }

    pub(super) fn patience_of(&self, longest: Duration) -> Patience {
        Patience {
            store: self.location.clone(),
            end: Instant::now() + longest,
            pause: Duration::from_millis(20),
            last: None,
        }
    }

    /// Fills the names of tables in.
    pub(super) fn filled(&self, mut statement: Statement) -> Statement {
        statement.text = self.tables.fill(&statement.text);
        statement
    }

    /// Runs one statement that may be run twice, until the server answers.
    pub(super) async fn rows(&self, statement: Statement) -> StoreResult<Vec<Row>> {
        self.rows_told(statement).await.map(|(rows, _)| rows)
    }

    /// The same; tells whether an attempt before may have been carried out.
    pub(super) async fn rows_told(&self, statement: Statement) -> StoreResult<(Vec<Row>, bool)> {
        let statement = self.filled(statement);
        let mut patience = self.patience();
        let mut before = false;
        loop {
            let attempt = async { self.get().await?.rows(&statement).await };
            match attempt.await {
                Ok(rows) => return Ok((rows, before)),
                Err(failure) => patience.wait(failure).await?,
            }
            before = true;
        }
    }

    pub(super) async fn row(&self, statement: Statement) -> StoreResult<Option<Row>> {
        Ok(self.rows(statement).await?.into_iter().next())
    }
}

/// How long to go on trying, with growing pauses between attempts.
pub(super) struct Patience {
    store: String,
    end: Instant,
    pause: Duration,
    /// Why the last attempt failed.
    last: Option<String>,
}

impl Patience {
    /// Waits before the next attempt, or gives up.
    pub(super) async fn wait(&mut self, failure: Failure) -> StoreResult<()> {
        let message = match failure {
            Failure::Passing(message) | Failure::Taken(message) => message,
            Failure::Final(error) => return Err(error),
        };
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(self.unavailable(message));
        }
        self.last = Some(message);
        sleep(self.pause.min(left)).await;
        self.pause = (self.pause * 2).min(Duration::from_secs(1));
        Ok(())
    }

    /// Waits for an attempt no longer than there is patience for it.
    pub(super) async fn within<T>(
        &self,
        attempt: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let silent = || {
            let last = self.last.clone();
            let message = last.unwrap_or_else(|| "the server does not answer".to_owned());
            Failure::Final(self.unavailable(message))
        };
        timeout_at(self.end, attempt)
            .await
            .unwrap_or_else(|_| Err(silent()))
    }

    fn unavailable(&self, message: String) -> StoreError {
        StoreError::Unavailable {
            store: self.store.clone(),
            message,
        }
    }
}

/// One connection, until it goes back.
pub(super) struct Connection {
    client: Object,
    prepared: bool,
}

/// A statement as this connection takes it.
pub(super) enum Ready<'a> {
    Named(Named, &'a Statement),
    Plain(&'a Statement),
}

impl Connection {
    pub(super) async fn ready<'a>(&self, statement: &'a Statement) -> Result<Ready<'a>, Failure> {
        if !self.prepared {
            return Ok(Ready::Plain(statement));
        }
        let Statement { text, types, .. } = statement;
        let named = self.client.prepare_typed_cached(text, types).await?;
        Ok(Ready::Named(named, statement))
    }

    /// Runs it. It is sent when the future is polled first, so that several go out together.
    pub(super) async fn run(&self, ready: &Ready<'_>) -> Result<Vec<Row>, Failure> {
        let rows = match ready {
            Ready::Named(named, statement) => {
                let values = statement.values.iter().map(|value| &**value as _);
                let values: Vec<&(dyn ToSql + Sync)> = values.collect();
                self.client.query(named, &values).await?
            }
            Ready::Plain(statement) => {
                let values = statement.values.iter().map(|value| &**value as _);
                let values: Vec<(&(dyn ToSql + Sync), _)> =
                    values.zip(statement.types.iter().cloned()).collect();
                self.client.query_typed(&statement.text, &values).await?
            }
        };
        Ok(rows)
    }

    pub(super) async fn rows(&self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        let ready = self.ready(statement).await?;
        self.run(&ready).await
    }

    /// Runs plain SQL without values.
    pub(super) async fn command(&self, sql: &str) -> Result<(), Failure> {
        Ok(self.client.batch_execute(sql).await?)
    }
}

/// A connection within a transaction. Dropped before it is done, it is closed, so that the server rolls
/// back and nobody gets a connection that is in the middle of something.
pub(super) struct Transaction {
    connection: Option<Connection>,
}

impl Transaction {
    pub(super) fn on(connection: Connection) -> Self {
        Self {
            connection: Some(connection),
        }
    }

    pub(super) fn connection(&self) -> Result<&Connection, Failure> {
        let gone = || Failure::Passing("the transaction is over".to_owned());
        self.connection.as_ref().ok_or_else(gone)
    }

    /// The transaction has ended, and its answer was read.
    pub(super) fn done(mut self) {
        drop(self.connection.take());
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection.client));
        }
    }
}
