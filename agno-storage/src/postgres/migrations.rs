//! The tables, made and brought to this version's format.

use std::time::Duration;

use super::{
    body::{column, unsigned},
    failure::Failure,
    pool::{Pool, Transaction},
    statement::Statement,
};
use crate::{StoreError, StoreResult};

/// Each brings the tables from the format of its place to the next.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_tables.sql")];

/// The format that this version reads and writes.
pub(super) const FORMAT: u32 = MIGRATIONS.len() as u32;

/// How long an opening waits for a server that is starting.
const PATIENCE: Duration = Duration::from_secs(5);

/// Brings the tables to this version's format.
pub(super) async fn migrate(pool: &Pool) -> StoreResult<()> {
    let mut patience = pool.patience_of(PATIENCE);
    loop {
        let failure = match patience.within(attempt(pool)).await {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        if let Err(error) = patience.wait(failure).await {
            return Err(advised(pool, error));
        }
    }
}

/// Says what to do about a server that does not let one in.
fn advised(pool: &Pool, error: StoreError) -> StoreError {
    let message = match error {
        StoreError::Unavailable { message, .. } => {
            format!("{message}; is a PostgreSQL server running there, and are host and port right?")
        }
        StoreError::Io { context, message } if context == "PostgreSQL refused" => {
            format!("{message}; check user, password, database and what the user may do")
        }
        other => return other,
    };
    StoreError::Unavailable {
        store: pool.location.clone(),
        message,
    }
}

async fn attempt(pool: &Pool) -> Result<(), Failure> {
    let connection = pool.get().await?;
    let encoding = Statement::new("select current_setting('server_encoding')");
    if let Some(row) = connection.rows(&encoding).await?.first() {
        let encoding: String = column(row, 0)?;
        if encoding != "UTF8" {
            return Err(Failure::Final(StoreError::Unavailable {
                store: pool.location.clone(),
                message: format!(
                    "the database has the encoding {encoding}; make one with `create database \
                     NAME encoding 'UTF8' template template0`"
                ),
            }));
        }
    }
    // One that is as it should be is opened without a lock.
    let transaction = Transaction::on(connection);
    let connection = transaction.connection()?;
    if format(pool, connection).await? == Some(FORMAT) {
        transaction.done();
        return Ok(());
    }
    connection.command("begin").await?;
    let lock = pool.tables.lock(&["migrations"]);
    let lock = Statement::new("select pg_advisory_xact_lock($1)::text").with(lock);
    connection.rows(&lock).await?;
    let found = format(pool, connection).await?.unwrap_or(0);
    create_schema(pool, connection).await?;
    let mut sql = String::new();
    for migration in MIGRATIONS.iter().skip(found as usize) {
        sql.push_str(migration);
    }
    if found < FORMAT {
        sql.push_str(
            "create table if not exists @meta (name text primary key, value bigint not null);",
        );
        sql.push_str(&format!(
            "insert into @meta values ('format', {FORMAT}) on conflict (name) do update set value = {FORMAT};"
        ));
    }
    connection.command(&pool.tables.fill(&sql)).await?;
    connection.command("commit").await?;
    transaction.done();
    Ok(())
}

/// `create schema if not exists` wants a right that who only uses the schema need not have.
async fn create_schema(pool: &Pool, connection: &super::pool::Connection) -> Result<(), Failure> {
    let schema = &pool.tables.schema;
    let there =
        Statement::new("select 1 from pg_namespace where nspname = $1").with(schema.clone());
    if connection.rows(&there).await?.is_empty() {
        connection
            .command(&format!("create schema \"{schema}\""))
            .await?;
    }
    Ok(())
}

/// The format of the tables that are there.
async fn format(pool: &Pool, connection: &super::pool::Connection) -> Result<Option<u32>, Failure> {
    // Asked of the catalogue as this statement sees it: a look-up by name answers from a cache that
    // does not hear of others while this waits for the lock.
    let tables = &pool.tables;
    let there = Statement::new("select 1 from pg_tables where schemaname = $1 and tablename = $2")
        .with(tables.schema.clone())
        .with(format!("{}meta", tables.prefix));
    if connection.rows(&there).await?.is_empty() {
        return Ok(None);
    }
    let read = Statement::new("select value from @meta where name = 'format'");
    let rows = connection.rows(&pool.filled(read)).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let found = u32::try_from(unsigned(column(row, 0)?)).unwrap_or(u32::MAX);
    if found > FORMAT {
        return Err(Failure::Final(StoreError::NewerFormat {
            found,
            supported: FORMAT,
        }));
    }
    Ok(Some(found))
}
