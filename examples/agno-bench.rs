//! Measures one workload and prints one line of JSON, so that it can be timed from outside beside
//! other systems:
//!
//! ```text
//! agno-bench w1|w2c1|w2c64|w3mem|w3dur|w4|w5|w6prep|w6resume [STORE]
//! ```
//!
//! `w1` and `w3mem` run in memory, the others on the store in the directory STORE (default
//! `./.agno-bench`), which is made if it is not there. `w5` is one run in a fresh process: time
//! the whole process. `w6prep` leaves an interrupted run behind, `w6resume` finishes it.

#[path = "../benches/workloads/mod.rs"]
mod workloads;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::Arc,
    time::{Duration, Instant},
};

use agno::storage::MemoryStorage;
use serde_json::{Value, json};
use workloads::{
    FINISHED, fan, on_all_cores, on_this_thread, open, process, runtime, shop, ten, tens_at_once,
};

const USAGE: &str = "agno-bench w1|w2c1|w2c64|w3mem|w3dur|w4|w5|w6prep|w6resume [STORE]";

fn main() -> ExitCode {
    let started = Instant::now();
    let mut arguments = std::env::args_os().skip(1);
    let workload = arguments.next().unwrap_or_default();
    let store = PathBuf::from(arguments.next().unwrap_or_else(|| "./.agno-bench".into()));
    match workload.to_str().unwrap_or_default() {
        "w1" => w1(),
        "w2c1" => w2c1(&store),
        "w2c64" => w2c64(&store),
        "w3mem" => w3mem(),
        "w3dur" => w3dur(&store),
        "w4" => w4(&store),
        "w5" => w5(&store, started),
        "w6prep" => return w6prep(&store),
        "w6die" => on_this_thread().block_on(process::die_in_a_long_run(&store)),
        "w6resume" => w6resume(&store, started),
        _ => {
            eprintln!("usage: {USAGE}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Prints a measurement, at once: somebody may be timing this process.
fn print(name: &str, value: f64, unit: &str, detail: &Value) {
    let rounded = (value * 1000.0).round() / 1000.0;
    let line = json!({"name": name, "value": rounded, "unit": unit, "detail": detail});
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// Times so many runs one after the other, with a tenth as many before to warm up.
async fn times<F: Future>(runs: usize, mut run: impl FnMut() -> F) -> Vec<Duration> {
    for _ in 0..runs / 10 {
        run().await;
    }
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let begun = Instant::now();
        run().await;
        times.push(begun.elapsed());
    }
    times
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn spread(times: &[Duration], of: fn(Duration) -> f64) -> Value {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = |percent: usize| of(sorted[(sorted.len() - 1) * percent / 100]);
    json!({"runs": times.len(), "min": at(0), "p10": at(10), "p90": at(90)})
}

fn w1() {
    on_this_thread().block_on(async {
        let mut all = Vec::new();
        // A memory store keeps all it was given: a new one now and then.
        for _ in 0..20 {
            let runtime = runtime(Arc::new(MemoryStorage::new())).await;
            all.extend(times(1000, || ten(&runtime)).await);
        }
        print("w1", micros(median(&all)), "us", &spread(&all, micros));
    });
}

fn w2c1(store: &Path) {
    on_this_thread().block_on(async {
        let runtime = runtime(open(store)).await;
        let all = times(300, || ten(&runtime)).await;
        print("w2c1", millis(median(&all)), "ms", &spread(&all, millis));
        close(&runtime).await;
    });
}

fn w2c64(store: &Path) {
    on_all_cores().block_on(async {
        const RUNS: usize = 12_800;
        let runtime = runtime(open(store)).await;
        tens_at_once(&runtime, RUNS / 10).await;
        let begun = Instant::now();
        tens_at_once(&runtime, RUNS).await;
        let rate = RUNS as f64 / begun.elapsed().as_secs_f64();
        print(
            "w2c64",
            rate,
            "runs/s",
            &json!({"runs": RUNS, "steps": RUNS * 10}),
        );
        close(&runtime).await;
    });
}

fn w3mem() {
    on_this_thread().block_on(async {
        let mut all = Vec::new();
        for _ in 0..20 {
            let runtime = runtime(Arc::new(MemoryStorage::new())).await;
            all.extend(times(100, || fan(&runtime)).await);
        }
        print("w3mem", micros(median(&all)), "us", &spread(&all, micros));
    });
}

fn w3dur(store: &Path) {
    on_this_thread().block_on(async {
        let runtime = runtime(open(store)).await;
        let all = times(200, || fan(&runtime)).await;
        print("w3dur", millis(median(&all)), "ms", &spread(&all, millis));
        close(&runtime).await;
    });
}

fn w4(store: &Path) {
    on_this_thread().block_on(async {
        let runtime = runtime(open(store)).await;
        let mut all = Vec::with_capacity(500);
        for _ in 0..500 {
            let begun = Instant::now();
            shop(&runtime).await;
            all.push(begun.elapsed());
        }
        let (first, last) = (&all[..50], &all[450..]);
        print(
            "w4_first50",
            millis(median(first)),
            "ms",
            &spread(first, millis),
        );
        print(
            "w4_last50",
            millis(median(last)),
            "ms",
            &spread(last, millis),
        );
        close(&runtime).await;
    });
}

fn w5(store: &Path, started: Instant) {
    on_this_thread().block_on(async {
        let runtime = process::first_run(store).await;
        let time = millis(started.elapsed());
        let detail = json!({"since": "main", "peak_mib": process::peak_mib()});
        print("w5", time, "ms", &detail);
        close(&runtime).await;
    });
}

/// In a process of its own, because that one dies.
fn w6prep(store: &Path) -> ExitCode {
    let begun = Instant::now();
    let program = std::env::current_exe().expect("this program");
    let ended = Command::new(program).arg("w6die").arg(store).status();
    match ended {
        Ok(status) if status.code().is_none() => {
            let detail = json!({"finished_steps": FINISHED, "ended": status.to_string()});
            print("w6prep", millis(begun.elapsed()), "ms", &detail);
            ExitCode::SUCCESS
        }
        other => {
            eprintln!("the process was to die in its run, and did not: {other:?}");
            ExitCode::FAILURE
        }
    }
}

fn w6resume(store: &Path, started: Instant) {
    on_this_thread().block_on(async {
        let runtime = runtime(open(store)).await;
        let steps_run = process::resume_long_run(&runtime).await;
        let detail = json!({
            "since": "main",
            "steps_run": steps_run,
            "steps_replayed": FINISHED,
            "peak_mib": process::peak_mib(),
        });
        print("w6resume", millis(started.elapsed()), "ms", &detail);
        close(&runtime).await;
    });
}

async fn close(runtime: &agno::Runtime) {
    runtime.storage().close().await.expect("closes");
}
