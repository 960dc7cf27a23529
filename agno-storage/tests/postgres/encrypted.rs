//! TLS to the server, with certificates that the test makes with `openssl`.

use std::{fs, path::Path, process::Command};

use agno_storage::{PostgresOptions, Storage, StoreError};
use tempfile::TempDir;

use super::{
    kit::{assert_sound, client, schema, started, step},
    server::Server,
};

/// An authority, and a server of the name `localhost` that it vouches for.
struct Certificates(TempDir);

impl Certificates {
    /// `None`, and a line that says why, where there is no `openssl`.
    fn new() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        let openssl = |args: &str| {
            let mut command = Command::new("openssl");
            let command = command.current_dir(&directory).args(args.split(' '));
            command.output()
        };
        if openssl("version").is_err() {
            println!("skipped: openssl is not installed here");
            return None;
        }
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        let name = "subjectAltName=DNS:localhost";
        for command in [
            format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=authority"),
            format!("req -x509 {key} -keyout other.key -out other.pem -subj /CN=another"),
            format!(
                "req -x509 {key} -keyout server.key -out server.pem -subj /CN=localhost \
                 -CA ca.pem -CAkey ca.key -addext {name} -addext basicConstraints=critical,CA:FALSE"
            ),
        ] {
            let made = openssl(&command).expect("openssl runs");
            if !made.status.success() {
                // One before 3.0 signs nothing in this way.
                println!("skipped: {}", String::from_utf8_lossy(&made.stderr).trim());
                return None;
            }
        }
        Some(Self(directory))
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).expect("a certificate")
    }
}

fn url(server: &Server, host: &str, roots: &Path, mode: &str) -> String {
    let (port, roots) = (server.port(), roots.display());
    format!("postgres://agno@{host}:{port}/postgres?sslmode={mode}&sslrootcert={roots}")
}

async fn refused(url: String) -> String {
    let opened = PostgresOptions::new(&url)
        .lease(std::time::Duration::from_secs(1))
        .open()
        .await;
    match opened {
        Err(StoreError::Unavailable { message, .. }) => message,
        other => panic!("{url}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_who_it_says_or_nothing_is_sent() {
    let Some(certificates) = Certificates::new() else {
        return;
    };
    let texts = ["server.pem", "server.key"].map(|name| certificates.text(name));
    let Some(server) = Server::encrypted(&texts[0], &texts[1]) else {
        return;
    };
    let authority = certificates.file("ca.pem");
    for mode in ["require", "verify-full"] {
        let schema = schema();
        let options = PostgresOptions::new(url(&server, "localhost", &authority, mode));
        let store = options.schema(&schema).open().await.expect("open");
        let run = started(&store, "secret").await;
        store.commit(step(&run, 1, 0)).await.expect("commits");
        assert_sound(&store).await;
        let plain = client(&server.url()).await;
        let encrypted = "select ssl from pg_stat_ssl join pg_stat_activity using (pid) \
                         where application_name = 'agno'";
        let rows = plain.query(encrypted, &[]).await.expect("reads");
        assert!(!rows.is_empty() && rows.iter().all(|row| row.get(0)));
    }
    // Another name than that of the certificate, another authority, and none of this machine's.
    refused(url(&server, "127.0.0.1", &authority, "verify-full")).await;
    refused(url(
        &server,
        "localhost",
        &certificates.file("other.pem"),
        "require",
    ))
    .await;
    let trusting = format!(
        "postgres://agno@localhost:{}/postgres?sslmode=require",
        server.port()
    );
    let said = refused(trusting).await;
    assert!(said.contains("certificate"), "{said}");
    let key = certificates.file("server.key");
    let said = refused(url(&server, "localhost", &key, "require")).await;
    assert!(said.contains("there is none in it"), "{said}");
}

#[tokio::test]
async fn a_server_without_it_is_not_spoken_to_in_plain_text() {
    let (Some(certificates), Some(server)) = (Certificates::new(), Server::start()) else {
        return;
    };
    let authority = certificates.file("ca.pem");
    let said = refused(url(&server, "localhost", &authority, "require")).await;
    assert!(said.contains("TLS"), "{said}");
}
