//! W2 to W6 on a store in a directory. Each stands beside the store alone making the same commits
//! (`sled_alone`) and a log written by hand: append, group commit, `fdatasync` (`log_floor`).

mod workloads;

use divan::Bencher;
use tempfile::TempDir;
use workloads::{
    fan, floor::Log, on_all_cores, on_this_thread, open, runtime, shop, ten, tens_at_once,
    writer::Commits,
};

fn main() {
    if processes::is_child() {
        return processes::child();
    }
    divan::main();
}

fn directory() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory")
}

#[divan::bench_group(sample_count = 200, sample_size = 1)]
mod w2_one_at_a_time {
    use super::*;

    #[divan::bench]
    fn agno(bencher: Bencher<'_, '_>) {
        let (tokio, store) = (on_this_thread(), directory());
        let runtime = tokio.block_on(runtime(open(store.path())));
        bencher.bench_local(|| tokio.block_on(ten(&runtime)));
    }

    #[divan::bench]
    fn sled_alone(bencher: Bencher<'_, '_>) {
        let (tokio, store) = (on_this_thread(), directory());
        let storage = open(store.path());
        let commits = tokio.block_on(async {
            let runtime = runtime(storage.clone()).await;
            ten(&runtime).await;
            Commits::of_newest(&runtime).await
        });
        bencher.bench_local(|| tokio.block_on(commits.one_by_one(&storage)));
    }

    #[divan::bench]
    fn log_floor(bencher: Bencher<'_, '_>) {
        let (tokio, place) = (on_this_thread(), directory());
        let log = Log::open(&place.path().join("log"));
        bencher.bench_local(|| tokio.block_on(log.ten()));
    }
}

/// One iteration is 640 runs.
#[divan::bench_group(sample_count = 12, sample_size = 1)]
mod w2_64_at_a_time {
    use divan::counter::ItemsCount;

    use super::*;

    const RUNS: usize = 640;

    #[divan::bench]
    fn agno(bencher: Bencher<'_, '_>) {
        let (tokio, store) = (on_all_cores(), directory());
        let runtime = tokio.block_on(runtime(open(store.path())));
        let bencher = bencher.counter(ItemsCount::new(RUNS));
        bencher.bench_local(|| tokio.block_on(tens_at_once(&runtime, RUNS)));
    }

    #[divan::bench]
    fn sled_alone(bencher: Bencher<'_, '_>) {
        let (tokio, store) = (on_all_cores(), directory());
        let storage = open(store.path());
        let commits = tokio.block_on(async {
            let runtime = runtime(storage.clone()).await;
            ten(&runtime).await;
            Commits::of_newest(&runtime).await
        });
        let bencher = bencher.counter(ItemsCount::new(RUNS));
        bencher.bench_local(|| tokio.block_on(commits.at_once(&storage, RUNS)));
    }

    #[divan::bench]
    fn log_floor(bencher: Bencher<'_, '_>) {
        let (tokio, place) = (on_all_cores(), directory());
        let log = Log::open(&place.path().join("log"));
        let bencher = bencher.counter(ItemsCount::new(RUNS));
        bencher.bench_local(|| tokio.block_on(log.tens_at_once(RUNS)));
    }
}

#[divan::bench_group(sample_count = 100, sample_size = 1)]
mod w3_fan_out_of_100 {
    use super::*;

    #[divan::bench]
    fn agno(bencher: Bencher<'_, '_>) {
        let (tokio, store) = (on_this_thread(), directory());
        let runtime = tokio.block_on(runtime(open(store.path())));
        bencher.bench_local(|| tokio.block_on(fan(&runtime)));
    }

    #[divan::bench]
    fn sled_alone(bencher: Bencher<'_, '_>) {
        let (tokio, store) = (on_this_thread(), directory());
        let storage = open(store.path());
        let commits = tokio.block_on(async {
            let runtime = runtime(storage.clone()).await;
            fan(&runtime).await;
            Commits::of_newest(&runtime).await
        });
        bencher.bench_local(|| tokio.block_on(commits.fanned_out(&storage)));
    }

    #[divan::bench]
    fn log_floor(bencher: Bencher<'_, '_>) {
        let (tokio, place) = (on_this_thread(), directory());
        let log = Log::open(&place.path().join("log"));
        bencher.bench_local(|| tokio.block_on(log.fan()));
    }
}

/// The first 50 runs of a session beside its last 50 of 500.
#[divan::bench_group(sample_count = 50, sample_size = 1)]
mod w4_one_session {
    use super::*;

    #[divan::bench(args = [0, 450])]
    fn agno(bencher: Bencher<'_, '_>, before: usize) {
        let (tokio, store) = (on_this_thread(), directory());
        let runtime = tokio.block_on(async {
            let runtime = runtime(open(store.path())).await;
            for _ in 0..before {
                shop(&runtime).await;
            }
            runtime
        });
        bencher.bench_local(|| tokio.block_on(shop(&runtime)));
    }

    #[divan::bench(args = [0, 450])]
    fn sled_alone(bencher: Bencher<'_, '_>, before: usize) {
        let (tokio, store) = (on_this_thread(), directory());
        let storage = open(store.path());
        let commits = tokio.block_on(async {
            let runtime = runtime(storage.clone()).await;
            shop(&runtime).await;
            let commits = Commits::of_newest(&runtime).await;
            for _ in 0..before {
                commits.one_by_one(&storage).await;
            }
            commits
        });
        bencher.bench_local(|| tokio.block_on(commits.one_by_one(&storage)));
    }
}

/// From the start of a process to its first finished run, and reopening what a killed one left.
mod processes {
    use std::{
        env, fs,
        io::{BufRead, BufReader},
        path::Path,
        process::{Command, Stdio},
    };

    use super::{Bencher, TempDir, directory, on_this_thread, open, runtime};
    use crate::workloads::{floor, process};

    const ROLE: &str = "AGNO_BENCH_CHILD";
    const STORE: &str = "AGNO_BENCH_STORE";

    pub(super) fn is_child() -> bool {
        env::var_os(ROLE).is_some()
    }

    /// This program again, in the role that its parent gave it. It says when it is done, and
    /// how much memory that took.
    pub(super) fn child() {
        let store = env::var_os(STORE).expect("set by the parent");
        let store = Path::new(&store);
        let done = || println!("{:.1}", process::peak_mib().unwrap_or_default());
        match env::var(ROLE).as_deref() {
            Ok("run") => {
                let runtime = on_this_thread().block_on(process::first_run(store));
                done();
                drop(runtime);
            }
            Ok("run-and-die") => {
                let _runtime = on_this_thread().block_on(process::first_run(store));
                done();
                std::process::abort();
            }
            Ok("log") => {
                on_this_thread().block_on(floor::Log::open(&store.join("log")).ten());
                done();
            }
            _ => on_this_thread().block_on(process::die_in_a_long_run(store)),
        }
    }

    /// Runs a child. Resolves when it says that it is done; it ends when the answer is dropped.
    fn started(role: &str, store: &Path) -> Ended {
        let program = env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command.env(ROLE, role).env(STORE, store);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = child.spawn().expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("reads");
        Ended(child, line)
    }

    struct Ended(std::process::Child, String);

    impl Drop for Ended {
        fn drop(&mut self) {
            let _ = self.0.wait();
        }
    }

    /// A store that 50 processes have used, the last of which ended so.
    fn used(last: &str) -> TempDir {
        let store = directory();
        for _ in 0..50 {
            drop(started("run", store.path()));
        }
        drop(started(last, store.path()));
        store
    }

    fn copy(from: &TempDir) -> TempDir {
        let to = directory();
        for file in fs::read_dir(from.path()).expect("lists") {
            let file = file.expect("a file");
            // sled makes its empty folder of blobs anew.
            if file.path().is_file() {
                fs::copy(file.path(), to.path().join(file.file_name())).expect("copies");
            }
        }
        to
    }

    #[divan::bench_group(sample_count = 30, sample_size = 1)]
    mod w5_first_run_of_a_process {
        use super::*;

        #[divan::bench(args = ["run", "run-and-die"])]
        fn agno_after(bencher: Bencher<'_, '_>, last: &str) {
            let store = used(last);
            let peak = &started("run", copy(&store).path()).1;
            eprintln!("peak memory of `{last}`: {} MiB", peak.trim());
            bencher
                .with_inputs(|| copy(&store))
                .bench_local_refs(|store| started("run", store.path()));
        }

        #[divan::bench]
        fn log_floor(bencher: Bencher<'_, '_>) {
            let place = directory();
            bencher.bench_local(|| started("log", place.path()));
        }
    }

    #[divan::bench_group(sample_count = 30, sample_size = 1)]
    mod w6_finish_an_interrupted_run {
        use super::*;

        #[divan::bench]
        fn agno(bencher: Bencher<'_, '_>) {
            let (tokio, store) = (on_this_thread(), directory());
            drop(started("die", store.path()));
            bencher
                .with_inputs(|| copy(&store))
                .bench_local_refs(|store| {
                    tokio.block_on(async {
                        let runtime = runtime(open(store.path())).await;
                        assert_eq!(process::resume_long_run(&runtime).await, 1);
                        runtime
                    })
                });
        }

        /// Opens it and reads the journal, which a resume cannot do without.
        #[divan::bench]
        fn sled_alone(bencher: Bencher<'_, '_>) {
            let (tokio, store) = (on_this_thread(), directory());
            drop(started("die", store.path()));
            bencher
                .with_inputs(|| copy(&store))
                .bench_local_refs(|store| {
                    tokio.block_on(async {
                        let storage = open(store.path());
                        let runs = storage.runs(agno::RunQuery::default()).await;
                        let run = &runs.expect("reads")[0].id;
                        let journal = storage.journal(run, 0).await.expect("reads");
                        assert_eq!(journal.len(), 1000);
                        storage
                    })
                });
        }

        #[divan::bench]
        fn log_floor(bencher: Bencher<'_, '_>) {
            let place = directory();
            let log = place.path().join("log");
            bencher
                .with_inputs(|| floor::interrupted(&log))
                .bench_local_refs(|()| assert_eq!(floor::resume(&log), 1001));
        }
    }
}
