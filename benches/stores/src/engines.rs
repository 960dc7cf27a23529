//! The engines alone: a thread that takes what has queued up, writes it as one batch, syncs once and
//! answers everybody. No check, no checksum, no journal; the same bytes and the same syncs.

use std::{fs::File, path::Path, thread};

use tokio::sync::{mpsc, oneshot};

/// Keys and values.
pub(crate) type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// As many commits as a store's writer takes at once.
const MOST: usize = 256;

/// An engine and its thread.
#[derive(Clone)]
pub(crate) struct Engine(mpsc::UnboundedSender<(Records, oneshot::Sender<()>)>);

impl Engine {
    /// Starts the thread. `write` makes a batch durable.
    fn start(mut write: impl FnMut(Records) + Send + 'static) -> Self {
        let (sender, mut queue) = mpsc::unbounded_channel::<(Records, oneshot::Sender<()>)>();
        thread::spawn(move || {
            while let Some((mut records, reply)) = queue.blocking_recv() {
                let mut waiting = vec![reply];
                while waiting.len() < MOST
                    && let Ok((more, reply)) = queue.try_recv()
                {
                    records.extend(more);
                    waiting.push(reply);
                }
                // Every store notes its last batch, to find out whether one was lost.
                records.push((b"last".to_vec(), vec![0; 32]));
                write(records);
                for reply in waiting {
                    let _ = reply.send(());
                }
            }
        });
        Self(sender)
    }

    /// Writes. Durable when it resolves.
    pub(crate) async fn write(&self, records: Records) {
        let (reply, done) = oneshot::channel();
        self.0.send((records, reply)).expect("the thread runs");
        done.await.expect("the thread answers");
    }

    /// sled, and the sync of its file without which it loses what it has flushed.
    pub(crate) fn sled(directory: &Path) -> Self {
        let config = sled::Config::new().path(directory);
        let config = config.cache_capacity(64 * 1024 * 1024);
        let config = config.mode(sled::Mode::HighThroughput);
        let db = config.open().expect("sled opens");
        let file = File::options()
            .read(true)
            .write(true)
            .open(directory.join("db"))
            .expect("its file");
        Self::start(move |records| {
            let mut batch = sled::Batch::default();
            for (key, value) in records {
                batch.insert(key, value);
            }
            db.apply_batch(batch).expect("sled writes");
            db.flush().expect("sled flushes");
            file.sync_data().expect("syncs");
        })
    }

    /// redb, with its own sync for each commit.
    pub(crate) fn redb(directory: &Path) -> Self {
        const TABLE: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("alone");
        let db = redb::Database::create(directory.join("alone.redb")).expect("redb opens");
        Self::start(move |records| {
            let transaction = db.begin_write().expect("redb begins");
            {
                let mut table = transaction.open_table(TABLE).expect("a table");
                for (key, value) in records {
                    table
                        .insert(key.as_slice(), value.as_slice())
                        .expect("redb writes");
                }
            }
            transaction.commit().expect("redb commits");
        })
    }

    /// SQLite with a log and a sync for each commit, in one table that lies in the order of its keys.
    pub(crate) fn sqlite(directory: &Path) -> Self {
        let table = "create table alone (key blob primary key, value blob not null) without rowid;";
        Self::sqlite_with(directory, table, ["alone", "alone"])
    }

    /// The same in the two tables that a store has.
    pub(crate) fn sqlite_in_two_tables(directory: &Path) -> Self {
        let tables = "create table heads (key blob primary key, value blob not null) without rowid;
                      create table others (key blob primary key, value blob not null);";
        Self::sqlite_with(directory, tables, ["heads", "others"])
    }

    fn sqlite_with(directory: &Path, tables: &str, names: [&'static str; 2]) -> Self {
        let db = rusqlite::Connection::open(directory.join("alone.sqlite")).expect("SQLite opens");
        let log = "pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 2000;";
        db.execute_batch(log).expect("a log");
        db.execute_batch(tables).expect("the tables");
        let inserts = names.map(|name| format!("insert or replace into {name} values (?1, ?2)"));
        Self::start(move |records| {
            db.execute_batch("begin immediate").expect("SQLite begins");
            {
                let insert = |text: &String| db.prepare_cached(text).expect("a statement");
                let [mut heads, mut others] = inserts.each_ref().map(insert);
                for (key, value) in records {
                    let table = match key.starts_with(b"h") {
                        true => &mut heads,
                        false => &mut others,
                    };
                    table.execute((key, value)).expect("SQLite writes");
                }
            }
            db.execute_batch("commit").expect("SQLite commits");
        })
    }
}
