//! `kill -9`, again and again, at one store: what was acknowledged is there, and runs no second time.
//!
//! `AGNO_KILLS` says how often. A child runs workflows and commits large batches; it is killed 5 to
//! 65 ms after its first word, and now and then while it still opens the store. The next child goes on
//! with what it left.

use std::{path::Path, process::Command, thread, time::Duration};

use agno_torture::{
    backend::Backend,
    child::Said,
    effects::{self, EffectsReader},
    figures::{Figures, times},
    ledger::Ledger,
};
use tokio::runtime::Runtime;

/// After so many kills everything is looked at, and the store is asked what it finds. After each of
/// the others, whether every run is there, and all that was acknowledged since the kill before.
const WHOLE_EVERY: u64 = 50;

agno_torture::each_backend!(kills => survives_kills);

fn child(backend: Backend, store: &Path, effects: &Path) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agno-torture"));
    command
        .args(["work", backend.name()])
        .args([store, effects]);
    Said::start(command)
}

fn survives_kills(backend: Backend) {
    let place = tempfile::tempdir().expect("a directory");
    let (store, effects_file) = (place.path().join("store"), place.path().join("effects"));
    let kills = times("AGNO_KILLS", 20);
    let runtime = Runtime::new().expect("a runtime");
    let (mut ledger, mut effects) = (Ledger::default(), EffectsReader::default());
    let mut figures = Figures::default();
    let (mut acknowledged, mut bodies, mut most_runs) = (0_u64, 0_u64, 0);
    let mut problems = Vec::new();
    for kill in 0..kills {
        let mut said = child(backend, &store, &effects_file);
        // One in five is perhaps killed while it still opens the store.
        let millis = if kill % 5 == 4 {
            fastrand::u64(..60)
        } else {
            if !said.until(|line| line == "open") {
                let (heard, _) = said.kill();
                problems.push(format!("kill {kill}: it did not open: {heard:?}"));
                figures.unopened += 1;
                break;
            }
            fastrand::u64(5..=65)
        };
        thread::sleep(Duration::from_millis(millis));
        let (heard, killed) = said.kill();
        figures.tried += 1;
        // A store in a directory is never away.
        let told = ["unexpected", "broke", "away", "stopped"];
        let unexpected = |line: &&String| told.iter().any(|word| line.starts_with(word));
        problems.extend(heard.iter().filter(unexpected).cloned());
        if !killed {
            problems.push(format!("kill {kill}: it had ended: {:?}", heard.last()));
        }

        let ran = effects.read(&effects_file).expect("effects");
        bodies += ran.len() as u64;
        // Held against what was recorded when this child began, and against itself.
        let again = ledger
            .ran_again(&ran)
            .into_iter()
            .chain(effects::twice(&ran));
        let again: Vec<_> = again.collect();
        figures.again += again.len() as u64;
        problems.extend(
            again
                .iter()
                .map(|it| format!("kill {kill}: ran again: {it:?}")),
        );

        acknowledged += heard.iter().filter(|line| line.starts_with("ack ")).count() as u64;
        ledger.note_all(heard.iter().map(String::as_str));
        // What was recorded of these counts, heard of or not.
        ran.iter().for_each(|it| ledger.touch(&it.run));
        let opened = match backend.open(&store) {
            Ok(opened) => opened,
            Err(error) => {
                figures.unopened += 1;
                problems.push(format!("kill {kill}: the store does not open: {error}"));
                break;
            }
        };
        let whole = kill % WHOLE_EVERY == WHOLE_EVERY - 1 || kill + 1 == kills;
        let finding = runtime.block_on(async {
            let finding = match whole {
                true => ledger.check_and_verify(&*opened).await,
                false => ledger.check(&*opened).await,
            };
            let runs = opened.runs(agno_storage::RunQuery::default()).await;
            most_runs = most_runs.max(runs.expect("runs").len());
            opened.close().await.expect("close");
            finding
        });
        figures.lost += (finding.missing.len() + finding.wrong.len()) as u64;
        if !finding.is_sound() {
            problems.push(format!("kill {kill}: {finding:?}"));
        }
        if problems.len() > 20 {
            break;
        }
    }
    figures.acknowledged = acknowledged;
    println!("{bodies} bodies ran; at most {most_runs} runs in the store at once");
    figures.print(backend.name(), "kills");
    if !problems.is_empty() {
        let kept = place.keep();
        panic!("{} (kept in {})", problems.join("\n"), kept.display());
    }
    assert!(
        acknowledged > figures.tried * 5,
        "hardly anything was acknowledged"
    );
}
