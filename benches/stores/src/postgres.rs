//! PostgreSQL alone: one statement for each commit, which moves the run's row on and inserts the rest.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio_postgres::{Client, NoTls, Statement};

use crate::engines::Records;

/// As many as the store has.
pub(crate) const CONNECTIONS: usize = 16;

/// Connections, each with its statement.
pub(crate) struct Postgres {
    clients: Vec<tokio::sync::Mutex<(Client, Statement)>>,
    next: AtomicUsize,
}

const STATEMENT: &str = "with head as (
    insert into alone_head values ($1, 1)
    on conflict (run) do update set seq = alone_head.seq + 1 returning seq)
  insert into alone (key, value) select k, v from head, unnest($2::bytea[], $3::bytea[]) as row (k, v)
  on conflict (key) do update set value = excluded.value";

impl Postgres {
    pub(crate) async fn open(url: &str) -> Arc<Self> {
        let first = connect(url).await;
        first
            .batch_execute(
                "drop table if exists alone, alone_head;
                 create table alone_head (run bigint primary key, seq bigint not null) with (fillfactor = 70);
                 create table alone (key bytea primary key, value bytea not null);",
            )
            .await
            .expect("tables");
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            let client = connect(url).await;
            let statement = client.prepare(STATEMENT).await.expect("a statement");
            clients.push(tokio::sync::Mutex::new((client, statement)));
        }
        let next = AtomicUsize::new(0);
        Arc::new(Self { clients, next })
    }

    /// Writes. Durable when it resolves.
    pub(crate) async fn write(&self, run: u64, records: Records) {
        let run = i64::try_from(run).expect("a small number");
        let (keys, values): (Vec<_>, Vec<_>) = records.into_iter().unzip();
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let client = self.clients[next % self.clients.len()].lock().await;
        let (client, statement) = &*client;
        let written = client.execute(statement, &[&run, &keys, &values]).await;
        written.expect("PostgreSQL writes");
    }
}

async fn connect(url: &str) -> Client {
    let connected = tokio_postgres::connect(url, NoTls).await;
    let (client, connection) = connected.expect("PostgreSQL answers");
    tokio::spawn(connection);
    client
}
