//! Every store beside its engine alone, in one run: `cargo run --release -p agno-bench-stores`.
//!
//! Rounds of all kinds alternate, so that what else the machine does hits them alike; each round is compared
//! with itself, and the median of that is told. How a store grows is measured in a process of its own (`--growth NAME`). With
//! `--record FILE` the table is written between the marks of that file. Names of stores (`sled sqlite`) measure only those, and
//! nothing of how they grow. `sqlite-tables` is the SQLite store once more, beside an engine with the two tables of the store.

mod alone;
mod engines;
mod growth;
mod postgres;
mod record;
#[path = "../../../agno-storage/tests/postgres/server.rs"]
mod server;
#[path = "../../workloads/mod.rs"]
mod workloads;

use std::{process::ExitCode, sync::Arc, time::Instant};

use agno::{Storage, storage};
use workloads::{on_all_cores, runtime, ten, tens_at_once, writer::Commits};

use self::{alone::Alone, record::Row};

/// Runs of one measurement.
const RUNS: usize = 1280;
const ROUNDS: usize = 9;

const STORES: [&str; 5] = ["sled", "redb", "sqlite", SQLITE_TABLES, "postgres"];
const SQLITE_TABLES: &str = "sqlite-tables";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (names, file) = match args.as_slice() {
        [] => (&STORES[..], None),
        ["--record", file] => (&STORES[..], Some(*file)),
        ["--growth", name] if growth::GROWING.contains(name) => {
            let directory = tempfile::tempdir().expect("a directory");
            let told = growth::told(name, directory.path());
            println!("{}", on_all_cores().block_on(told));
            return ExitCode::SUCCESS;
        }
        names if names.iter().all(|name| STORES.contains(name)) => (names, None),
        _ => {
            eprintln!("usage: agno-bench-stores [--record FILE | STORE..]");
            return ExitCode::from(2);
        }
    };
    let tokio = on_all_cores();
    let directory = tempfile::tempdir().expect("a directory");
    let server = server::Server::durable();
    let mut rows = Vec::new();
    for name in STORES.into_iter().filter(|name| names.contains(name)) {
        let place = directory.path().join(name);
        let measured = tokio.block_on(async {
            let Some((store, alone)) = open(name, &place, server.as_ref()).await else {
                eprintln!("skipped: {name}");
                return None;
            };
            Some(measure(name, store, &alone).await)
        });
        rows.extend(measured);
    }
    let growth = match names.len() == STORES.len() {
        true => growth::measure(),
        false => Vec::new(),
    };
    let table = record::table(&rows, &growth);
    println!("{table}");
    match file {
        None => ExitCode::SUCCESS,
        Some(file) => record::write(file.as_ref(), &table),
    }
}

/// The store and its engine, each in a place of its own.
async fn open(
    name: &str,
    place: &std::path::Path,
    server: Option<&server::Server>,
) -> Option<(Arc<dyn Storage>, Alone)> {
    let (with_store, by_itself) = (place.join("store"), place.join("alone"));
    std::fs::create_dir_all(&by_itself).expect("a directory");
    let store = |url: String| async move { agno::open(&url).await.expect("it opens") };
    let scheme = if name == SQLITE_TABLES {
        "sqlite"
    } else {
        name
    };
    let url = format!("{scheme}:{}", with_store.display());
    Some(match name {
        "sled" => (
            store(url).await,
            Alone::Engine(engines::Engine::sled(&by_itself)),
        ),
        "redb" => (
            store(url).await,
            Alone::Engine(engines::Engine::redb(&by_itself)),
        ),
        "sqlite" => (
            store(url).await,
            Alone::Engine(engines::Engine::sqlite(&by_itself)),
        ),
        SQLITE_TABLES => (
            store(url).await,
            Alone::Engine(engines::Engine::sqlite_in_two_tables(&by_itself)),
        ),
        _ => {
            let url = server?.url();
            let options = storage::PostgresOptions::new(&url).connections(postgres::CONNECTIONS);
            let store = options.open().await.expect("it opens");
            let alone = postgres::Postgres::open(&url).await;
            (Arc::new(store) as Arc<dyn Storage>, Alone::Postgres(alone))
        }
    })
}

async fn measure(name: &'static str, store: Arc<dyn Storage>, alone: &Alone) -> Row {
    let runtime = runtime(store.clone()).await;
    ten(&runtime).await;
    let commits = Commits::of_newest(&runtime).await;
    let records = commits.records();
    let mut row = Row::new(name);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        tens_at_once(&runtime, RUNS).await;
        row.agno.push(begun.elapsed());
        let begun = Instant::now();
        commits.at_once(&store, RUNS).await;
        row.store.push(begun.elapsed());
        let begun = Instant::now();
        alone.at_once(&records, RUNS).await;
        row.engine.push(begun.elapsed());
        let begun = Instant::now();
        for _ in 0..record::ONE_BY_ONE {
            ten(&runtime).await;
        }
        row.agno_single.push(begun.elapsed());
        let begun = Instant::now();
        for _ in 0..record::ONE_BY_ONE {
            alone.run(&records).await;
        }
        row.engine_single.push(begun.elapsed());
    }
    row
}
