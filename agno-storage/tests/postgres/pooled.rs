//! Through PgBouncer, which gives each transaction another connection.

use std::{
    fs,
    net::TcpStream,
    path::Path,
    process::{Child, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use agno_storage::{PostgresOptions, Storage, conformance};

use super::{
    kit::{assert_sound, options, schema, started, step},
    server::Server,
};

/// Longest that it may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);
/// Fewer than the stores ask for, so that they share them.
const CONNECTIONS: u32 = 3;

/// A running PgBouncer, ended with its test.
struct Pooler {
    process: Child,
    port: u16,
}

impl Pooler {
    /// `None`, and a line that says why, where it is not installed.
    fn before(server: &Server) -> Option<Self> {
        let programs = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].map(Path::new);
        let Some(program) = programs.into_iter().find(|program| program.is_file()) else {
            println!("skipped: PgBouncer is not installed here (Debian: apt install pgbouncer)");
            return None;
        };
        let (directory, port) = (server.directory(), super::server::free_port());
        let names = directory.join("pgbouncer.users");
        fs::write(&names, "\"agno\" \"\"\n").expect("write the users");
        let settings = directory.join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\n\
             pool_mode = transaction\ndefault_pool_size = {CONNECTIONS}\n",
            server.port(),
            names.display()
        );
        fs::write(&settings, text).expect("write the settings");
        let process = super::server::as_user(program, directory)
            .arg("-q")
            .arg(&settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("start PgBouncer");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "PgBouncer does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { process, port })
    }

    fn url(&self) -> String {
        let port = self.port;
        format!("postgres://agno@127.0.0.1:{port}/postgres?prepared=false")
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_through_a_pooler() {
    let Some(server) = Server::start() else {
        return;
    };
    let Some(pooler) = Pooler::before(&server) else {
        return;
    };
    let url = pooler.url();
    conformance::run_all(async || {
        let store = options(&url, &schema()).connections(6).open().await;
        Arc::new(store.expect("open")) as Arc<dyn Storage>
    })
    .await;
    conformance::run_leases(async || {
        let schema = schema();
        let open = async || {
            let options = PostgresOptions::new(&url).schema(&schema).connections(4);
            let store = options.lease(Duration::from_secs(2)).open().await;
            Arc::new(store.expect("open")) as Arc<dyn Storage>
        };
        (open().await, open().await)
    })
    .await;
}

/// What has been acknowledged through one is there, and who waits for news is not deaf for good: NOTIFY
/// does not come through, so every store asks again by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_stores_share_few_connections() {
    let Some(server) = Server::start() else {
        return;
    };
    let Some(pooler) = Pooler::before(&server) else {
        return;
    };
    let (url, schema) = (pooler.url(), schema());
    let stores: Vec<_> = futures_util::future::join_all(
        (0..4).map(|_| options(&url, &schema).connections(8).open()),
    )
    .await;
    let mut writing = tokio::task::JoinSet::new();
    for (number, store) in stores.into_iter().enumerate() {
        let store = Arc::new(store.expect("open"));
        for lane in 0..8 {
            let store = store.clone();
            writing.spawn(async move {
                let run = started(&*store, &format!("run-{number}-{lane}")).await;
                for round in 0..20 {
                    let ack = store.commit(step(&run, 1, round)).await;
                    ack.expect("commits");
                }
                let journal = store.journal(&run, 0).await.expect("reads");
                assert_eq!(journal.len(), 20);
            });
        }
    }
    while let Some(done) = writing.join_next().await {
        done.expect("no panic");
    }
    let store = options(&url, &schema).open().await.expect("open");
    assert_sound(&store).await;
}
