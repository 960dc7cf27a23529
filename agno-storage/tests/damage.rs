//! A store whose files were damaged: an error or the truth, never a panic and never a wrong
//! value taken for right.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use agno_storage::{Request, RequestQuery, RunId, StoreError};
use common::{BACK_ENDS, BackEnd, asking_step, create, id, output, request, session};

const RUNS: usize = 4;
const STEPS: usize = 60;

/// How many bits are flipped per back end: `AGNO_FLIPS`, or 60.
fn positions() -> u64 {
    let flips = std::env::var("AGNO_FLIPS").ok();
    flips.map_or(60, |flips| flips.parse().expect("AGNO_FLIPS is a number"))
}

fn runs() -> impl Iterator<Item = RunId> {
    (0..RUNS).map(|run| id(&format!("run-{run}")))
}

async fn make(back_end: &BackEnd, path: &Path) {
    let store = back_end.open(path);
    for run in runs() {
        store.commit(create(&run)).await.expect("create");
        for number in 0..STEPS {
            store.commit(asking_step(&run, number)).await.expect("step");
        }
    }
    store.close().await.expect("close");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("directory");
    for file in from.read_dir().expect("list") {
        let file = file.expect("a file");
        if file.file_type().expect("its type").is_dir() {
            copy(&file.path(), &to.join(file.file_name()));
        } else {
            fs::copy(file.path(), to.join(file.file_name())).expect("copy");
        }
    }
}

/// What became of the damaged stores.
#[derive(Debug, Default)]
struct Outcome {
    /// Not opened.
    refused: usize,
    /// Opened; reading or `verify` tells what does not hold.
    damaged: usize,
    /// The bit did not matter.
    intact: usize,
}

impl Outcome {
    /// Reads all that was written. Whatever comes back as a value has to be the right one.
    async fn read(&mut self, back_end: &BackEnd, path: &Path, what: &str) {
        let store = match (back_end.open)(path) {
            Ok(store) => store,
            Err(StoreError::Corrupt { .. } | StoreError::Io { .. }) => {
                self.refused += 1;
                return;
            }
            Err(other) => panic!("{what}: {other}"),
        };
        let (mut corrupt, mut lost) = (0, 0);
        let mut total = 0;
        for run in runs() {
            match store.run(&run).await {
                Ok(Some(head)) => assert_eq!((&head.id, head.fence), (&run, 1), "{what}"),
                Ok(None) => lost += 1,
                Err(error) => corrupt += is_corrupt(&error, what),
            }
            match store.input(&run).await {
                Ok(Some(input)) => assert_eq!(input.input, output(&run, 0), "{what}"),
                Ok(None) => lost += 1,
                Err(error) => corrupt += is_corrupt(&error, what),
            }
            match store.journal(&run, 0).await {
                Ok(journal) => {
                    for (entry, number) in journal.iter().zip(0..) {
                        assert_eq!(&*entry.path, format!("step#{number}"), "{what}");
                        assert_eq!(entry.output, Some(output(&run, number)), "{what}");
                    }
                    assert!(journal.len() <= STEPS, "{what}");
                    lost += usize::from(journal.len() < STEPS);
                    total += journal.len();
                }
                Err(error) => {
                    corrupt += is_corrupt(&error, what);
                }
            }
            let query = RequestQuery {
                run: Some(run.clone()),
                ..RequestQuery::default()
            };
            match store.requests(query).await {
                Ok(open) if open.is_empty() => lost += 1,
                // Like a journal without its end, those of before are what is left of them. None of
                // them is one that nobody wrote.
                Ok(open) => {
                    let written = |one: &Request| (0..STEPS).any(|at| *one == request(&run, at));
                    assert!(open.iter().all(written), "{what}: {open:?}");
                    lost += usize::from(open != [request(&run, STEPS - 1)]);
                }
                Err(error) => corrupt += is_corrupt(&error, what),
            }
        }
        match store.session(&session()).await {
            Ok(state) => match state.get("total") {
                Some(sum) if corrupt + lost == 0 => {
                    assert_eq!(sum.value.as_str(), total.to_string(), "{what}");
                }
                Some(_) => {}
                None => lost += 1,
            },
            Err(error) => corrupt += is_corrupt(&error, what),
        }
        // What is gone without an error has to be missed by somebody.
        let report = store.verify().await.expect("verify");
        let told = !report.problems.is_empty();
        assert!(
            told == (corrupt + lost > 0),
            "{what}: {corrupt} {lost} {report:?}"
        );
        match told {
            true => self.damaged += 1,
            false => self.intact += 1,
        }
    }
}

fn is_corrupt(error: &StoreError, what: &str) -> usize {
    assert!(
        matches!(error, StoreError::Corrupt { .. }),
        "{what}: {error}"
    );
    1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_never_taken_for_right() {
    for back_end in BACK_ENDS {
        flip_bits(back_end).await;
    }
}

async fn flip_bits(back_end: &BackEnd) {
    let directory = tempfile::tempdir().expect("directory");
    let sound = directory.path().join("sound");
    make(back_end, &sound).await;
    let mut files: Vec<(PathBuf, u64)> = Vec::new();
    for file in sound.read_dir().expect("list") {
        let file = file.expect("a file");
        let metadata = file.metadata().expect("metadata");
        if metadata.is_file() {
            files.push((file.file_name().into(), metadata.len()));
        }
    }
    files.sort();
    let bytes: u64 = files.iter().map(|(_, len)| len).sum();
    let mut outcome = Outcome::default();
    let name = back_end.name;
    let positions = positions();
    for position in 0..positions {
        // Evenly over all files, and the first byte of each.
        let (file, at) = match files.get(usize::try_from(position).expect("small")) {
            Some((file, _)) => (file, 0),
            None => {
                let mut at = position * (bytes - 1) / (positions - 1);
                let within = files.iter().find(|(_, len)| {
                    let found = at < *len;
                    at -= if found { 0 } else { *len };
                    found
                });
                (&within.expect("a file").0, at)
            }
        };
        let damaged = directory.path().join(format!("damaged-{position}"));
        copy(&sound, &damaged);
        let what = format!("{name}: {} at {at}", file.display());
        let file = damaged.join(file);
        let mut content = fs::read(&file).expect("read");
        content[usize::try_from(at).expect("small")] ^= 1 << (position % 8);
        fs::write(&file, content).expect("write");
        outcome.read(back_end, &damaged, &what).await;
        fs::remove_dir_all(&damaged).expect("remove");
    }
    println!("{name}: {outcome:?}");
    assert!(
        outcome.refused > 0 && outcome.intact > 0,
        "{name}: {outcome:?}"
    );
    let seen = outcome.refused + outcome.damaged + outcome.intact;
    assert_eq!(seen as u64, positions);
}
