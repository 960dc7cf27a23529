//! The other process of the tests.

#[cfg(feature = "postgres")]
use std::time::Duration;
use std::{env, path::Path, process::ExitCode, sync::Arc};

use agno_storage::{Storage, StoreResult};
#[cfg(feature = "postgres")]
use agno_torture::backend::open_postgres;
use agno_torture::{
    backend::Backend,
    child::{INTACT, LOST, REFUSED, WRONG},
    commits::{self, Sizes},
    ledger::Ledger,
    work,
};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let backend =
        |name: &str| Backend::named(name).unwrap_or_else(|| panic!("no back end `{name}`"));
    match args[..] {
        #[cfg(feature = "postgres")]
        ["work", "postgres", url, lease, effects] => runtime.block_on(async {
            let lease = Duration::from_secs(lease.parse().expect("seconds"));
            let storage = open_postgres(url, lease).await;
            work(storage, Path::new(effects)).await
        }),
        ["work", name, store, effects] => runtime.block_on(async {
            let storage = backend(name).open(Path::new(store));
            work(storage, Path::new(effects)).await
        }),
        ["commits", name, store, prefix, count, sizes] => {
            let sizes = match sizes {
                "large" => Sizes::Large,
                _ => Sizes::Small,
            };
            let count = count.parse().expect("a number");
            let all = commits::commit_all(backend(name), Path::new(store), prefix, count, sizes);
            runtime.block_on(all).expect("legal names");
            ExitCode::SUCCESS
        }
        ["read", name, store, said] => {
            let said = std::fs::read_to_string(said).expect("what was said");
            runtime.block_on(read(backend(name), Path::new(store), &said))
        }
        #[cfg(feature = "sled")]
        ["bare", "sled", store] => {
            agno_torture::controls::sled(Path::new(store));
            ExitCode::SUCCESS
        }
        #[cfg(feature = "sqlite")]
        ["bare", "sqlite", store] => {
            agno_torture::controls::sqlite(Path::new(store));
            ExitCode::SUCCESS
        }
        _ => panic!("this is started by tests: {args:?}"),
    }
}

async fn work(storage: StoreResult<Arc<dyn Storage>>, effects: &Path) -> ExitCode {
    let worked = match storage {
        Ok(storage) => work::work(storage, effects).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = worked {
        println!("broke {error} {error:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Reads all that was acknowledged from a store that may be damaged.
async fn read(backend: Backend, store: &Path, said: &str) -> ExitCode {
    let store = match backend.open(store) {
        Ok(store) => store,
        Err(error) => {
            println!("not opened: {error}");
            return ExitCode::from(REFUSED);
        }
    };
    let mut ledger = Ledger::default();
    ledger.note_all(said.lines());
    let finding = ledger.check_and_verify(&*store).await;
    let shown = |what: &str, all: &[String]| {
        all.iter().take(5).for_each(|one| println!("{what}: {one}"));
    };
    shown("wrong", &finding.wrong);
    shown("missing", &finding.missing);
    shown("refused", &finding.refused);
    let code = match (
        &finding.wrong[..],
        &finding.missing[..],
        &finding.refused[..],
    ) {
        ([], [], []) => INTACT,
        ([], _, [_, ..]) => REFUSED,
        ([], [_, ..], []) => LOST,
        _ => WRONG,
    };
    let _ = store.close().await;
    ExitCode::from(code)
}
