//! The two tables of a SQLite store: one in the order of the keys, and one in the order in which its rows came.
//!
//! A commit of SQLite writes each page that it changed to the log. In a table that lies in the order of its keys each
//! run has pages of its own: of 64 runs that are under way, a batch writes 64 pages for half a kilobyte each. So what runs
//! leave behind is put behind the last row whatever its key, eight records to a page, and is found by an index, fifty keys
//! to a page. All that is listed, heads above all, stays in the order of its keys: a list would read as many pages as it
//! has runs.

use rusqlite::{Connection, OptionalExtension};

use super::super::{key_value::Batch, keys};

/// All there was up to format 5. A store of that time goes on with it.
const RECORDS: &str =
    "CREATE TABLE records (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;";
const APPENDED: &str = "CREATE TABLE appended (key BLOB PRIMARY KEY, value BLOB NOT NULL);";

/// What goes into the second table: what a run leaves behind, and what is written with each batch of it.
const TAGS: [u8; 4] = [keys::INPUT, keys::JOURNAL, keys::LAST_BATCH, keys::OUTPUT];

/// What is said to one of them.
struct Statements {
    get: &'static str,
    scan: &'static str,
    put: &'static str,
    remove: &'static str,
}

macro_rules! statements {
    ($table:literal) => {
        Statements {
            get: concat!("SELECT value FROM ", $table, " WHERE key = ?1"),
            scan: concat!(
                "SELECT key, value FROM ",
                $table,
                " WHERE key >= ?1 ORDER BY key"
            ),
            put: concat!(
                "INSERT OR REPLACE INTO ",
                $table,
                " (key, value) VALUES (?1, ?2)"
            ),
            remove: concat!("DELETE FROM ", $table, " WHERE key = ?1"),
        }
    };
}

const IN_RECORDS: Statements = statements!("records");
const IN_APPENDED: Statements = statements!("appended");
/// Both at once, which SQLite merges as it reads.
const SCAN_BOTH: &str = "SELECT key, value FROM records WHERE key >= ?1 \
    UNION ALL SELECT key, value FROM appended WHERE key >= ?1 ORDER BY key";

/// The tables of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tables {
    /// The first alone, as up to format 5.
    Records,
    Both,
}

impl Tables {
    /// Makes them in a new database, and finds out which there are.
    pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<Self> {
        if !connection.table_exists(None, "records")? {
            let transaction = connection.unchecked_transaction()?;
            transaction.execute_batch(RECORDS)?;
            transaction.execute_batch(APPENDED)?;
            transaction.commit()?;
        }
        Ok(match connection.table_exists(None, "appended")? {
            true => Self::Both,
            false => Self::Records,
        })
    }

    fn of(self, key: &[u8]) -> &'static Statements {
        let is_appended = key.first().is_some_and(|tag| TAGS.contains(tag));
        match self == Self::Both && is_appended {
            true => &IN_APPENDED,
            false => &IN_RECORDS,
        }
    }

    pub(super) fn get(
        self,
        connection: &Connection,
        key: &[u8],
    ) -> rusqlite::Result<Option<Vec<u8>>> {
        let mut get = connection.prepare_cached(self.of(key).get)?;
        get.query_row([key], |row| row.get(0)).optional()
    }

    /// Shows every pair whose key begins with `prefix`, in order of their keys.
    pub(super) fn scan(
        self,
        connection: &Connection,
        prefix: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> rusqlite::Result<()> {
        let scan = match self == Self::Both && prefix.is_empty() {
            true => SCAN_BOTH,
            false => self.of(prefix).scan,
        };
        let mut scan = connection.prepare_cached(scan)?;
        let mut rows = scan.query([prefix])?;
        while let Some(row) = rows.next()? {
            let (key, value) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
            if !key.starts_with(prefix) {
                break;
            }
            visit(key, value);
        }
        Ok(())
    }

    /// Writes a batch, durably.
    pub(super) fn write(self, connection: &Connection, batch: &Batch) -> rusqlite::Result<()> {
        // Rolled back when dropped.
        let transaction = connection.unchecked_transaction()?;
        for (key, value) in &batch.writes {
            let table = self.of(key);
            match value {
                Some(value) => transaction
                    .prepare_cached(table.put)?
                    .execute((key, value))?,
                None => transaction.prepare_cached(table.remove)?.execute([key])?,
            };
        }
        transaction.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        Connection::open_in_memory().expect("a database")
    }

    fn batch(writes: &[(&str, Option<&str>)]) -> Batch {
        let owned = |text: &str| text.as_bytes().to_vec();
        let writes = writes
            .iter()
            .map(|(key, value)| (owned(key), value.map(owned)));
        Batch {
            writes: writes.collect(),
        }
    }

    fn all(tables: Tables, connection: &Connection, prefix: &str) -> Vec<String> {
        let mut all = Vec::new();
        let mut visit = |key: &[u8], value: &[u8]| {
            let text = [key, b"=", value].concat();
            all.push(String::from_utf8(text).expect("text"));
        };
        let scanned = tables.scan(connection, prefix.as_bytes(), &mut visit);
        scanned.expect("a scan");
        all
    }

    fn count(connection: &Connection, table: &str) -> u32 {
        let count = format!("SELECT count(*) FROM {table}");
        connection
            .query_row(&count, [], |row| row.get(0))
            .expect("a count")
    }

    #[test]
    fn both_are_read_as_one_in_the_order_of_the_keys() {
        let connection = database();
        let tables = Tables::prepare(&connection).expect("tables");
        let puts = [
            ("r1", "head"),
            ("j2", "b"),
            ("i1", "input"),
            ("j1", "a"),
            ("o1", "output"),
            ("s", "field"),
            ("l", "last"),
            ("c", "cached"),
        ];
        let first = batch(&puts.map(|(key, value)| (key, Some(value))));
        tables.write(&connection, &first).expect("written");
        let second = batch(&[
            ("j1", Some("A")),
            ("o1", None),
            ("r1", Some("HEAD")),
            ("s", None),
        ]);
        tables.write(&connection, &second).expect("written");
        assert_eq!(
            all(tables, &connection, ""),
            ["c=cached", "i1=input", "j1=A", "j2=b", "l=last", "r1=HEAD"]
        );
        assert_eq!(all(tables, &connection, "j"), ["j1=A", "j2=b"]);
        assert_eq!(all(tables, &connection, "r"), ["r1=HEAD"]);
        let get = |key: &str| tables.get(&connection, key.as_bytes()).expect("read");
        assert_eq!(get("j1").as_deref(), Some(&b"A"[..]));
        assert_eq!((get("o1"), get("s")), (None, None));
        assert_eq!(
            (
                count(&connection, "records"),
                count(&connection, "appended")
            ),
            (2, 4)
        );
    }

    #[test]
    fn a_store_of_format_5_goes_on_with_its_one_table() {
        let connection = database();
        connection.execute_batch(RECORDS).expect("a table");
        let tables = Tables::prepare(&connection).expect("tables");
        let puts = batch(&[("j1", Some("a")), ("l", Some("last")), ("r1", Some("head"))]);
        tables.write(&connection, &puts).expect("written");
        assert_eq!(count(&connection, "records"), 3);
        assert_eq!(all(tables, &connection, ""), ["j1=a", "l=last", "r1=head"]);
        let again = Tables::prepare(&connection).expect("tables");
        assert_eq!((tables, again), (Tables::Records, Tables::Records));
    }

    /// What makes 64 runs at once fast: their entries share pages.
    #[test]
    fn a_batch_of_many_runs_writes_few_pages() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("pages");
        let pages = |layout: &str| {
            let path = path.with_extension(layout);
            let connection = Connection::open(&path).expect("a database");
            let wal = connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()));
            wal.expect("a log");
            if layout == "one" {
                connection.execute_batch(RECORDS).expect("a table");
            }
            let tables = Tables::prepare(&connection).expect("tables");
            let step = |step: u32| {
                let entry = |run: u32| {
                    let key = format!("jrun-{run:022}\0step{step:04}").into_bytes();
                    (key, Some(vec![7; 450]))
                };
                let writes = (0..64).map(entry).collect();
                tables
                    .write(&connection, &Batch { writes })
                    .expect("written");
            };
            (0..20).for_each(step);
            let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
            connection
                .query_row(truncate, [], |_| Ok(()))
                .expect("an empty log");
            step(20);
            let log = path.with_extension(format!("{layout}-wal"));
            std::fs::metadata(log).expect("the log").len() / 4096
        };
        let (one, two) = (pages("one"), pages("two"));
        assert!(one >= 64, "{one}");
        assert!(two * 3 <= one * 2, "{two} of {one}");
    }
}
