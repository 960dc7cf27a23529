//! A store in a directory answers as the one in memory does, whatever it is asked and however
//! often it is opened again.

mod common;

use std::{path::Path, sync::Arc};

use agno_storage::{Commit, Json, MemoryStorage, RequestQuery, RunStatus, RunUpdate, Storage};
use common::{BACK_ENDS, BackEnd, asking_step, create, end, id, session, step};
use proptest::{collection::vec, prelude::*};

/// What is done next. Runs, numbers and fences are few, so that much of it is refused.
#[derive(Clone, Debug)]
enum Action {
    Create(u8),
    Step(u8, usize, u64),
    Ask(u8, usize),
    /// Takes the run over, and lets a step run again.
    Claim(u8, usize, u64),
    Pause(u8, u64),
    End(u8),
    Delete(u8),
    Define(u8, Option<u32>),
    /// Closes the store, or only drops it.
    Reopen(bool),
}

fn action() -> impl Strategy<Value = Action> {
    let (run, number, fence) = (0..3_u8, 0..22_usize, 1..3_u64);
    prop_oneof![
        3 => run.clone().prop_map(Action::Create),
        8 => (run.clone(), number.clone(), fence.clone())
            .prop_map(|(run, number, fence)| Action::Step(run, number, fence)),
        4 => (run.clone(), number.clone()).prop_map(|(run, number)| Action::Ask(run, number)),
        2 => (run.clone(), number, fence.clone())
            .prop_map(|(run, number, fence)| Action::Claim(run, number, fence)),
        1 => (run.clone(), fence).prop_map(|(run, fence)| Action::Pause(run, fence)),
        1 => run.clone().prop_map(Action::End),
        1 => run.prop_map(Action::Delete),
        2 => (any::<u8>(), proptest::option::of(0..3_u32))
            .prop_map(|(body, expected)| Action::Define(body, expected)),
        1 => any::<bool>().prop_map(Action::Reopen),
    ]
}

/// Does it, and answers what the store said.
async fn act(store: &dyn Storage, action: &Action) -> String {
    let run = |run: &u8| id(&format!("run-{run}"));
    let commit = match action {
        Action::Create(of) => create(&run(of)),
        Action::Step(of, number, fence) => Commit {
            fence: *fence,
            ..step(&run(of), *number)
        },
        Action::Ask(of, number) => asking_step(&run(of), *number),
        Action::Claim(of, number, fence) => {
            let mut claim = Commit::new(run(of), *fence);
            claim.claim = true;
            claim.supersede = vec![format!("step#{number}").into()];
            claim
        }
        Action::Pause(of, fence) => {
            let mut pause = Commit::new(run(of), *fence);
            pause.update = Some(Box::new(RunUpdate::new(RunStatus::Paused, 7)));
            pause
        }
        Action::End(of) => end(&run(of)),
        Action::Delete(of) => return format!("{:?}", store.delete_run(&run(of)).await),
        Action::Define(body, expected) => {
            let body = Json::encode(body).expect("JSON");
            let saved = store.save_definition("agent", "a", body, *expected).await;
            return format!("{saved:?}");
        }
        Action::Reopen(_) => return String::new(),
    };
    format!("{:?}", store.commit(commit).await)
}

/// All that can be read, in words.
async fn everything(store: &dyn Storage) -> Vec<String> {
    let mut all = Vec::new();
    for run in 0..3 {
        let run = id(&format!("run-{run}"));
        all.push(format!("{:?}", store.run(&run).await));
        all.push(format!("{:?}", store.input(&run).await));
        all.push(format!("{:?}", store.output(&run).await));
        all.push(format!("{:?}", store.journal(&run, 0).await));
    }
    all.push(format!("{:?}", store.session(&session()).await));
    all.push(format!("{:?}", store.sessions().await));
    let requests = store.requests(RequestQuery::default()).await;
    all.push(format!("{requests:?}"));
    for version in 0..4 {
        let found = store.definition("agent", "a", Some(version)).await;
        // Not when it was saved: each store looks at the clock.
        let found = found.map(|found| found.map(|found| (found.version, found.body)));
        all.push(format!("{found:?}"));
    }
    all
}

async fn same_as_memory(back_end: &BackEnd, path: &Path, actions: &[Action]) {
    let memory = MemoryStorage::new();
    let mut store: Arc<dyn Storage> = back_end.open(path);
    for action in actions {
        if let Action::Reopen(close) = action {
            if *close {
                store.close().await.expect("close");
            }
            drop(store);
            store = back_end.open(path);
        }
        let (told, expected) = (act(&*store, action).await, act(&memory, action).await);
        assert_eq!(told, expected, "{}: {action:?}", back_end.name);
    }
    let (told, expected) = (everything(&*store).await, everything(&memory).await);
    for (told, expected) in told.iter().zip(&expected) {
        assert_eq!(told, expected, "{}", back_end.name);
    }
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems, [""; 0], "{}", back_end.name);
}

proptest! {
    // Each case opens stores and syncs; the other properties only think.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.div_ceil(8),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_directory_answers_as_memory_does(actions in vec(action(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        for back_end in BACK_ENDS {
            let directory = tempfile::tempdir().expect("directory");
            runtime.block_on(same_as_memory(back_end, directory.path(), &actions));
        }
    }
}
