//! Opening: the tables, names, and what is said when it does not work.

use std::{sync::Arc, time::Duration};

use agno_storage::{PostgresOptions, RunStatus, Storage, StoreError, conformance};
use futures_util::future::join_all;

use super::{
    kit::{assert_sound, client, create, empty, end, id, options, schema, started, step, url},
    server::Server,
};

async fn conform(prepared: bool) {
    let Some(url) = url() else { return };
    conformance::run_all(async || {
        let options = options(&url, &schema()).prepared(prepared).connections(6);
        Arc::new(options.open().await.expect("open")) as Arc<dyn Storage>
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite() {
    conform(true).await;
}

#[tokio::test]
async fn the_suite_without_prepared_statements() {
    conform(false).await;
}

#[tokio::test]
async fn the_suite_of_leases() {
    let Some(url) = url() else { return };
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

#[tokio::test]
async fn ten_open_an_empty_database_at_once() {
    let Some(url) = url() else { return };
    let schema = schema();
    let stores = join_all((0..10).map(|_| options(&url, &schema).connections(1).open())).await;
    for (number, store) in stores.into_iter().enumerate() {
        let store = store.expect("open");
        started(&store, &format!("run-{number}")).await;
    }
}

#[tokio::test]
async fn tables_are_where_the_options_say() {
    let Some(url) = url() else { return };
    let (one, schema) = empty(&url).await;
    let beside = options(&url, &schema)
        .table_prefix("other_")
        .open()
        .await
        .expect("open");
    let by_url =
        format!("{url}?schema={schema}&table_prefix=other_&prepared=false&sslmode=disable");
    let same = PostgresOptions::new(by_url).open().await.expect("open");
    started(&beside, "run").await;
    assert!(one.run(&id("run")).await.expect("read").is_none());
    assert!(same.run(&id("run")).await.expect("read").is_some());
    assert!(
        same.location()
            .ends_with(&format!("(tables {schema}.other_*)")),
        "{}",
        same.location()
    );
    let client = client(&url).await;
    let tables = client
        .query_one(
            "select count(*) from pg_tables where schemaname = $1 and tablename like 'other\\_%'",
            &[&schema],
        )
        .await
        .expect("count");
    assert!(tables.get::<_, i64>(0) > 5);
}

#[tokio::test]
async fn tables_of_a_newer_version_are_refused() {
    let Some(url) = url() else { return };
    let (_, schema) = empty(&url).await;
    let newer = format!("update {schema}.agno_meta set value = 99 where name = 'format'");
    client(&url)
        .await
        .batch_execute(&newer)
        .await
        .expect("a newer format");
    match options(&url, &schema).open().await {
        Err(StoreError::NewerFormat { found, supported }) => assert!((found, supported) > (98, 0)),
        other => panic!("opened: {other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_with_what_to_do() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = nobody.local_addr().expect("its number").port();
    drop(nobody);
    let url = format!("postgres://ann:hunter2@127.0.0.1:{port}/app");
    let error = PostgresOptions::new(url)
        .open()
        .await
        .expect_err("nobody there");
    let told = format!("{error}");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{told}");
    for part in [
        &format!("ann@127.0.0.1:{port}/app"),
        "refused",
        "is a PostgreSQL server running there",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert!(!format!("{told}{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_database_that_is_not_there_and_one_of_another_encoding_are_told() {
    let Some(url) = url() else { return };
    let missing = PostgresOptions::new(url.replace("/postgres", "/missing"))
        .open()
        .await;
    let told = missing.expect_err("no such database").to_string();
    assert!(
        told.contains("\"missing\" does not exist") && told.contains("check user"),
        "{told}"
    );

    let latin =
        "create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0";
    client(&url)
        .await
        .batch_execute(latin)
        .await
        .expect("create");
    let other = PostgresOptions::new(url.replace("/postgres", "/latin"))
        .open()
        .await;
    let told = other.expect_err("another encoding").to_string();
    assert!(
        told.contains("LATIN1") && told.contains("create database"),
        "{told}"
    );
}

#[tokio::test]
async fn passwords_are_never_shown() {
    let Some(url) = url() else { return };
    let with = url.replace("agno@", "agno:hunter2@");
    let options = PostgresOptions::new(with).schema(schema());
    assert!(!format!("{options:?}").contains("hunter2"));
    let store = options.open().await.expect("open");
    assert!(store.location().starts_with("postgres://agno@127.0.0.1:"));
    assert!(!format!("{store:?} {}", store.location()).contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_stays_away_is_told_after_a_lease() {
    let Some(server) = Server::start() else {
        return;
    };
    let options = PostgresOptions::new(server.url()).lease(Duration::from_secs(1));
    let store = options.open().await.expect("open");
    let run = started(&store, "run").await;
    server.stop();
    let commit = store.commit(step(&run, 1, 0)).await;
    assert!(
        matches!(commit, Err(StoreError::Unavailable { .. })),
        "{commit:?}"
    );
    let read = store.run(&run).await;
    assert!(
        matches!(read, Err(StoreError::Unavailable { .. })),
        "{read:?}"
    );
    assert!(store.renew(vec![(run, 1)]).await.is_err());
}

#[tokio::test]
async fn a_store_tells_what_it_holds_and_gives_room_back() {
    let Some(url) = url() else { return };
    let (store, _) = empty(&url).await;
    for number in 0..20 {
        let run = started(&*store, &format!("run-{number}")).await;
        let steps = (0..30).map(|number| step(&run, 1, number));
        join_all(steps.map(|step| store.commit(step))).await;
        store
            .commit(end(&run, 1, RunStatus::Completed))
            .await
            .expect("end");
    }
    store
        .commit(create(&id("waits"), RunStatus::Pending))
        .await
        .expect("put down");
    store.put_artifact(vec![7; 1000]).await.expect("put");
    let stats = store.stats().await.expect("stats");
    assert_eq!(stats.runs[&RunStatus::Completed], 20);
    assert_eq!(stats.runs[&RunStatus::Pending], 1);
    assert_eq!(
        (stats.entries, stats.sessions, stats.artifact_bytes),
        (600, 1, 1000)
    );
    assert!(stats.disk_bytes > stats.live_bytes && stats.live_bytes > Some(600 * 200));
    for number in 0..20 {
        assert!(
            store
                .delete_run(&id(&format!("run-{number}")))
                .await
                .expect("delete")
        );
    }
    let compacted = store.compact().await.expect("compact");
    assert!(compacted.after < compacted.before, "{compacted:?}");
    assert_sound(&*store).await;
}
