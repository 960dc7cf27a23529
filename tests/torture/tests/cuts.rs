//! The power is cut: of a store there is only what a sync certified. What was acknowledged is there.
//!
//! `AGNO_CUTS` says how often. The shim writes down what a child does to its files; the child is ended
//! after some acknowledgements, and the parent opens what the disk would hold. Ten cuts go on at one
//! store, each from what the cut before it left.

use std::{fs, path::Path, process::Command};

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

agno_torture::each_backend!(
    cuts_of_small_values => survives_cuts_of_small_values,
    cuts_of_large_values => survives_cuts_of_large_values,
);

/// So many cuts of one store.
const CHAIN: u64 = 10;

fn survives_cuts_of_small_values(backend: Backend) {
    survives_cuts(backend, Sizes::Small);
}

fn survives_cuts_of_large_values(backend: Backend) {
    survives_cuts(backend, Sizes::Large);
}

/// What the disk holds after this child, from what it held before.
pub fn after_the_cut(before: Disk, log: &Path, names: Names) -> Disk {
    let mut disk = before;
    disk.replay(&fs::read(log).expect("the log"), names);
    let unseen = |name: &&String| !name.ends_with("-shm");
    let unseen: Vec<_> = disk.mapped.iter().filter(unseen).collect();
    assert!(unseen.is_empty(), "written through a mapping: {unseen:?}");
    assert!(disk.unknown.is_empty(), "not modelled: {:?}", disk.unknown);
    disk
}

fn survives_cuts(backend: Backend, sizes: Sizes) {
    let shim = match Shim::build() {
        Ok(shim) => shim,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let runtime = Runtime::new().expect("a runtime");
    let cuts = times("AGNO_CUTS", 10);
    let mut figures = Figures::default();
    let mut problems = Vec::new();
    let mut place = tempfile::tempdir().expect("a directory");
    let mut ledger = Ledger::default();
    for cut in 0..cuts {
        let number = cut % CHAIN;
        if number == 0 {
            place = tempfile::tempdir().expect("a directory");
            ledger = Ledger::default();
            fs::create_dir(place.path().join("store-0")).expect("a directory");
        }
        let store = place.path().join(format!("store-{number}"));
        let log = place.path().join("log");
        let _ = fs::remove_file(&log);
        let before = Disk::holding(&store).expect("the store");

        let mut command = Command::new(env!("CARGO_BIN_EXE_agno-torture"));
        let prefix = format!("c{number}");
        command.args(["commits", backend.name()]).arg(&store);
        command.args([&prefix, "1000000", sizes.name()]);
        shim.watch(&mut command, &store, &log);
        let mut said = Said::start(command);
        let mut left = match sizes {
            Sizes::Small => fastrand::u64(1..800),
            Sizes::Large => fastrand::u64(1..200),
        };
        let alive = said.until(|line| {
            left -= u64::from(line.starts_with("ack ")).min(left);
            left == 0
        });
        let (heard, _) = said.kill();
        if !alive {
            problems.push(format!("cut {cut}: it ended: {heard:?}"));
            figures.unopened += 1;
            break;
        }
        figures.tried += 1;
        ledger.note_all(heard.iter().map(String::as_str));

        let held = place.path().join(format!("store-{}", number + 1));
        let disk = after_the_cut(before, &log, Names::ByDirectory);
        disk.write_to(&held).expect("write what is left");
        let opened = match backend.open(&held) {
            Ok(opened) => opened,
            Err(error) => {
                figures.unopened += 1;
                problems.push(format!("cut {cut}: the store does not open: {error}"));
                break;
            }
        };
        let finding = runtime.block_on(async {
            let finding = ledger.check_and_verify(&*opened).await;
            opened.close().await.expect("close");
            finding
        });
        figures.acknowledged += heard.iter().filter(|line| line.starts_with("ack ")).count() as u64;
        figures.lost += (finding.missing.len() + finding.wrong.len()) as u64;
        if !finding.is_sound() {
            problems.push(format!("cut {cut}: {finding:?}"));
            break;
        }
        fs::remove_dir_all(&store).expect("remove");
    }
    figures.print(backend.name(), &format!("cuts-{}", sizes.name()));
    if !problems.is_empty() {
        let kept = place.keep();
        panic!("{} (kept in {})", problems.join("\n"), kept.display());
    }
}

/// An engine that does not sync loses what it has acknowledged, and the test sees it.
#[cfg(any(feature = "sled", feature = "sqlite"))]
fn loses(engine: &str, has: fn(&Path) -> Option<u64>) {
    let shim = match Shim::build() {
        Ok(shim) => shim,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let place = tempfile::tempdir().expect("a directory");
    let mut losing = 0;
    const TRIES: u64 = 5;
    for cut in 0..TRIES {
        let store = place.path().join(format!("store-{cut}"));
        fs::create_dir(&store).expect("a directory");
        let log = place.path().join(format!("log-{cut}"));
        let before = Disk::holding(&store).expect("the store");
        let mut command = Command::new(env!("CARGO_BIN_EXE_agno-torture"));
        command.args(["bare", engine]).arg(&store);
        shim.watch(&mut command, &store, &log);
        let mut said = Said::start(command);
        let wanted = fastrand::u64(20..200);
        assert!(said.until(|line| line == format!("ack {wanted}")));
        let (heard, _) = said.kill();
        let acknowledged = heard.iter().filter(|line| line.starts_with("ack ")).count() as u64;
        let held = place.path().join(format!("held-{cut}"));
        // Even where the names are there.
        let disk = after_the_cut(before, &log, Names::ByFileToo);
        disk.write_to(&held).expect("write what is left");
        let there = has(&held).unwrap_or(0);
        println!("control {engine}: {there} of {acknowledged} acknowledged");
        losing += u64::from(there < acknowledged);
    }
    assert_eq!(
        losing, TRIES,
        "{engine} without a sync loses nothing: the shim sees nothing"
    );
}

#[cfg(feature = "sled")]
#[test]
fn the_control_without_a_sync_sled_loses_what_it_acknowledged() {
    loses("sled", agno_torture::controls::sled_has);
}

#[cfg(feature = "sqlite")]
#[test]
fn the_control_without_a_sync_sqlite_loses_what_it_acknowledged() {
    loses("sqlite", agno_torture::controls::sqlite_has);
}
