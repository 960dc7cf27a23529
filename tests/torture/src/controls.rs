//! Engines without what our back ends do for them: what a power cut takes from these shows that the
//! test can see a loss.

use std::path::Path;

use crate::{errand::text, told::tell};

/// sled with its own `flush` alone, as its documentation has it. Says `ack NUMBER`, for ever.
///
/// # Panics
///
/// When sled fails.
#[cfg(feature = "sled")]
pub fn sled(store: &Path) {
    let db = ::sled::open(store).expect("open");
    tell("open");
    for number in 0_u64.. {
        let value = text(number + 1, 500);
        db.insert(number.to_be_bytes(), value.as_bytes())
            .expect("insert");
        db.flush().expect("flush");
        tell(&format!("ack {number}"));
    }
}

/// How many of them sled has; `None` if it does not open.
#[cfg(feature = "sled")]
pub fn sled_has(store: &Path) -> Option<u64> {
    let opened = std::panic::catch_unwind(|| ::sled::open(store).ok().map(|db| db.len() as u64));
    opened.ok().flatten()
}

/// SQLite with `synchronous=NORMAL`, which syncs at checkpoints only.
///
/// # Panics
///
/// When SQLite fails.
#[cfg(feature = "sqlite")]
pub fn sqlite(store: &Path) {
    let connection = open_sqlite(store).expect("open");
    let create = "CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY, value TEXT)";
    connection.execute(create, []).expect("create");
    tell("open");
    for number in 0_i64.. {
        let value = text(number.unsigned_abs() + 1, 500);
        let insert = "INSERT INTO kept VALUES (?1, ?2)";
        let row = rusqlite::params![number, value];
        connection.execute(insert, row).expect("insert");
        tell(&format!("ack {number}"));
    }
}

#[cfg(feature = "sqlite")]
fn open_sqlite(store: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open(store.join("kept.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

/// How many of them SQLite has; `None` if it does not open.
#[cfg(feature = "sqlite")]
pub fn sqlite_has(store: &Path) -> Option<u64> {
    let connection = open_sqlite(store).ok()?;
    let count = "SELECT count(*) FROM kept";
    match connection.query_row(count, [], |row| row.get::<_, i64>(0)) {
        Ok(count) => Some(count.unsigned_abs()),
        // Not even the table.
        Err(_) => Some(0),
    }
}
