//! A call of the system fails: the store takes nothing more, and has everything once it is opened again.
//!
//! `AGNO_FAULTS` says at how many calls, for each kind of fault. The calls are counted in a run without
//! one, and spread over it, the opening too. What is left is looked at twice: as it is, and as the disk
//! would hold it after a power cut.

use std::{fs, path::Path, process::Command, time::Duration};

use agno_torture::{
    backend::Backend,
    child::Said,
    commits::Sizes,
    disk::{Disk, Names},
    figures::{Figures, times},
    ledger::Ledger,
    shim::Shim,
};
use tokio::runtime::Runtime;

agno_torture::each_backend!(faults => survives_faults);

const KINDS: [&str; 7] = [
    "EIO:write",
    "EIO:sync",
    "ENOSPC:write",
    "ENOSPC:any",
    "SHORT:write",
    "LATE:write",
    "LATE:sync",
];

/// So many things a child does, if nobody stops it.
const COUNT: &str = "75";
const LIMIT: Duration = Duration::from_secs(30);

struct Attempt {
    heard: Vec<String>,
    /// It ended by itself, and not by a signal or a panic.
    well: bool,
    hangs: bool,
    disk: Disk,
}

fn attempt(shim: &Shim, backend: Backend, store: &Path, log: &Path, fault: &str) -> Attempt {
    fs::create_dir(store).expect("a directory");
    let before = Disk::holding(store).expect("the store");
    let mut command = Command::new(env!("CARGO_BIN_EXE_agno-torture"));
    command.args(["commits", backend.name()]).arg(store);
    command.args(["f", COUNT, Sizes::Small.name()]);
    command.env("TORTURE_FAULT", fault);
    shim.watch(&mut command, store, log);
    let (heard, status) = Said::start(command).end(LIMIT);
    let mut disk = before;
    disk.replay(&fs::read(log).unwrap_or_default(), Names::ByDirectory);
    Attempt {
        heard,
        well: status.is_some_and(|status| status.success()),
        hangs: status.is_none(),
        disk,
    }
}

/// How many calls the shim counts in a run in which nothing fails: the first number at which
/// nothing fires, found by halving.
fn calls(shim: &Shim, backend: Backend, place: &Path, kind: &str) -> u64 {
    let (mut fires, mut silent) = (1, 20_000);
    for round in 0.. {
        if silent - fires <= 20 {
            break;
        }
        let middle = u64::midpoint(fires, silent);
        let (store, log) = (
            place.join(format!("probe-{round}")),
            place.join("probe.log"),
        );
        let fault = format!("{kind}:{middle}");
        let attempt = attempt(shim, backend, &store, &log, &fault);
        match attempt.disk.failed > 0 {
            true => fires = middle,
            false => silent = middle,
        }
        fs::remove_dir_all(&store).expect("remove");
        fs::remove_file(&log).expect("remove");
    }
    fires
}

fn survives_faults(backend: Backend) {
    let shim = match Shim::build() {
        Ok(shim) => shim,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let runtime = Runtime::new().expect("a runtime");
    let place = tempfile::tempdir().expect("a directory");
    let each = times("AGNO_FAULTS", 6).max(2);
    let mut figures = Figures::default();
    let mut problems = Vec::new();
    for kind in KINDS {
        let last = calls(&shim, backend, place.path(), kind);
        for turn in 0..each {
            let number = 1 + turn * (last - 1) / (each - 1);
            let fault = format!("{kind}:{number}");
            let store = place.path().join("store");
            let log = place.path().join("log");
            let result = attempt(&shim, backend, &store, &log, &fault);
            figures.tried += result.disk.failed.min(1);
            let mut bad = |what: String| problems.push(format!("{fault} of {last}: {what}"));
            judge(&result, kind, &mut bad);
            let held = place.path().join("held");
            result.disk.write_to(&held).expect("write what is left");
            for (what, directory) in [("as it is", &store), ("after a cut", &held)] {
                let mut ledger = Ledger::default();
                ledger.note_all(result.heard.iter().map(String::as_str));
                match backend.open(directory) {
                    Err(error) => {
                        figures.unopened += 1;
                        bad(format!("{what}: the store does not open: {error}"));
                    }
                    Ok(opened) => {
                        let finding = runtime.block_on(async {
                            let finding = ledger.check_and_verify(&*opened).await;
                            opened.close().await.expect("close");
                            finding
                        });
                        figures.acknowledged += finding.looked_for;
                        figures.lost += (finding.missing.len() + finding.wrong.len()) as u64;
                        if !finding.is_sound() {
                            bad(format!("{what}: {finding:?}"));
                        }
                    }
                }
                fs::remove_dir_all(directory).expect("remove");
            }
            fs::remove_file(&log).expect("remove");
        }
    }
    figures.print(backend.name(), "faults");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(figures.tried > 0, "nothing failed");
}

/// Whether the child behaved: an error if a call failed that cannot be repeated, and nothing
/// acknowledged behind it.
fn judge(result: &Attempt, kind: &str, bad: &mut impl FnMut(String)) {
    if result.hangs {
        let (said, failed) = (result.heard.last(), result.disk.failed);
        bad(format!(
            "it hangs after {said:?}, {failed} calls having failed"
        ));
        return;
    }
    let heard = |start: &'static str| {
        result
            .heard
            .iter()
            .filter(move |line| line.starts_with(start))
    };
    if !result.well {
        bad(format!("it crashed after {:?}", result.heard.last()));
    }
    if heard("late").count() > 0 {
        bad("it acknowledged something after a failure".to_owned());
    }
    let failed: Vec<&String> = heard("failed").chain(heard("refused")).collect();
    for failed in failed.iter().copied().chain(heard("not-kept")) {
        // Of a sync an engine may not hand on why it failed.
        if kind == "ENOSPC:write" && !failed.contains(" Full: ") {
            bad(format!("a full disk is not told so: {failed}"));
        }
    }
    let told = |line: &&String| {
        ["then Poisoned", "then Full"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    if let Some(line) = heard("then").find(|line| !told(line)) {
        bad(format!("what follows is told otherwise: {line}"));
    }
}
