//! Which events of a run are stored, and which are told.

use agno::{
    Agent, EventKind, EventPolicy, Limits, NumberedEvent, RunStatus, Runtime, model::Scripted,
    prelude::*,
};

use super::kit;

#[workflow]
struct Talk {
    agent: Agent,
}

#[workflow]
impl Talk {
    #[step]
    async fn answer(&self, question: String, context: &StepContext) -> Result<String> {
        context.progress("asking");
        self.agent.run(question).context(context).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, question: String) -> Result<String> {
        flow.say("hello");
        let (a, b) = flow
            .parallel((flow.answer(question.clone()), flow.answer(question)))
            .await?;
        Ok(a + &b)
    }
}

fn talk() -> Talk {
    let model = Scripted::answering(|_, _| "yes");
    let agent = Agent::builder("A").model(model).build();
    Talk {
        agent: agent.expect("fits"),
    }
}

/// What is told live, and what is stored.
async fn run(policy: EventPolicy) -> (Vec<NumberedEvent>, Vec<NumberedEvent>) {
    let runtime = kit::runtime(&kit::store(), talk()).await;
    let start = runtime
        .start::<Talk>("?".to_owned())
        .run_id("r")
        .events(policy);
    let run = start.watched().await.expect("starts");
    let mut events = run.events();
    let mut told = Vec::new();
    while let Some(event) = events.next().await.expect("reads") {
        told.push(event);
    }
    let details = runtime.inspect(&kit::id()).await.expect("is there");
    assert_eq!(details.record.status, RunStatus::Completed);
    (told, details.events())
}

fn names(events: &[NumberedEvent]) -> std::collections::BTreeSet<&'static str> {
    events.iter().map(|event| event.event.kind.name()).collect()
}

#[tokio::test]
async fn everything_is_stored_and_told_by_default() {
    let (told, stored) = run(EventPolicy::default()).await;
    for name in ["said", "step_progress", "agent.turn", "container_ended"] {
        assert!(names(&stored).contains(name), "{name}");
        assert!(names(&told).contains(name), "{name}");
    }
}

#[tokio::test]
async fn what_is_not_stored_is_told_all_the_same() {
    let (all, _) = run(EventPolicy::default()).await;
    let (told, stored) = run(EventPolicy {
        store_events: false,
        ..EventPolicy::default()
    })
    .await;
    assert_eq!(Vec::from_iter(names(&stored)), ["run_ended", "run_started"]);
    assert_eq!(names(&told), names(&all));
    // Numbers are those of what is stored.
    let numbers: Vec<_> = stored.iter().map(|event| event.number).collect();
    assert_eq!(numbers, [Some(0), Some(1)]);
    let numbered = told.iter().filter(|event| event.number.is_some());
    assert_eq!(numbered.count(), 2);
    let twice = |name| told.iter().filter(|e| e.event.kind.name() == name).count();
    assert_eq!(twice("step_completed"), 2, "once for each of the steps");
    assert_eq!(twice("run_ended"), 1);
}

#[tokio::test]
async fn kinds_are_skipped_by_name() {
    let (told, stored) = run(EventPolicy {
        events_to_skip: vec![
            "step_progress".into(),
            "agent.started".into(),
            "run_ended".into(),
        ],
        ..EventPolicy::default()
    })
    .await;
    assert!(!names(&stored).contains("step_progress"));
    assert!(!names(&stored).contains("agent.started"));
    assert!(names(&stored).contains("agent.turn"));
    assert!(
        names(&stored).contains("run_ended"),
        "that is stored in any case"
    );
    assert!(names(&told).contains("step_progress"));
    let numbers: Vec<_> = stored.iter().filter_map(|event| event.number).collect();
    assert_eq!(
        numbers,
        Vec::from_iter(0..stored.len() as u64),
        "without gaps"
    );
}

#[tokio::test]
async fn what_agents_do_is_kept_and_told_apart_from_the_rest() {
    let agents = |events: &[NumberedEvent]| {
        let all = events.iter().map(|event| &event.event.kind);
        all.filter(|kind| matches!(kind, EventKind::Agent { .. }))
            .count()
    };
    let (told, stored) = run(EventPolicy {
        store_executor_outputs: false,
        ..EventPolicy::default()
    })
    .await;
    assert_eq!(agents(&stored), 0);
    assert!(agents(&told) > 0);
    let (told, stored) = run(EventPolicy {
        stream_executor_events: false,
        ..EventPolicy::default()
    })
    .await;
    // A stream reads what is stored when it comes late; live nothing was told.
    assert!(
        told.iter()
            .all(|e| e.number.is_some() || agents(std::slice::from_ref(e)) == 0)
    );
    assert!(agents(&stored) > 0);
}

#[tokio::test]
async fn a_name_that_no_event_has_is_refused_with_the_nearest() {
    let policy = || EventPolicy {
        events_to_skip: vec!["step_progres".into()],
        ..EventPolicy::default()
    };
    let storage = kit::store();
    let runtime = kit::runtime(&storage, talk()).await;
    let refused = runtime.start::<Talk>("?".to_owned()).events(policy()).await;
    let refused = refused.expect_err("no such event");
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert!(
        refused.message().contains("did you mean `step_progress`?"),
        "{refused}"
    );
    let runs = storage.runs(agno::RunQuery::default()).await;
    assert!(runs.expect("reads").is_empty());
    let builder = Runtime::builder().workflow(talk()).events(policy());
    assert!(builder.build().await.is_err());
}

/// A resumed run keeps the policy, its limits still count, and no event is stored twice.
#[tokio::test]
async fn a_crash_changes_nothing_of_it() {
    let limits = Limits {
        tokens: Some(1_000_000),
        ..Limits::default()
    };
    for commits in 1.. {
        let storage = kit::store();
        let (crash, mut crashed) = tokio::sync::watch::channel(false);
        let dying = agno::CrashAfter::new(storage.clone(), commits, move || {
            crash.send_replace(true);
        });
        let builder = Runtime::builder()
            .storage(std::sync::Arc::new(dying))
            .workflow(talk())
            .limits(limits)
            .events(EventPolicy {
                store_events: false,
                ..EventPolicy::default()
            });
        let first = builder.build().await.expect("fits");
        let start = first.start::<Talk>("?".to_owned()).run_id("r");
        let run = start.await.expect("starts");
        let dead = tokio::select! {
            _ = run.outcome() => false,
            _ = crashed.wait_for(|crashed| *crashed) => true,
        };
        run.cancel();
        let runtime = kit::runtime(&storage, talk()).await;
        let resumed = runtime.resume(&kit::id()).await.expect("resumes");
        assert_eq!(resumed.outcome().await.status, RunStatus::Completed);
        let details = runtime.inspect(&kit::id()).await.expect("is there");
        let stored = details.events();
        let count = |name| {
            stored
                .iter()
                .filter(|e| e.event.kind.name() == name)
                .count()
        };
        assert_eq!(count("agent.turn"), 2, "after {commits} commits");
        assert_eq!(count("run_started"), 1);
        assert_eq!(count("run_ended"), 1);
        assert_eq!(count("step_completed") + count("said"), 0);
        if !dead {
            assert!(commits > 4);
            break;
        }
    }
}
