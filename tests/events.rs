//! Events: live, stored, from an offset.

use agno::{EventKind, NumberedEvent, prelude::*};

#[workflow]
struct Talks;

#[workflow]
impl Talks {
    #[step]
    async fn work(&self, context: &StepContext, n: u32) -> u32 {
        context.progress_at(0.5, "half way");
        n + 1
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
        flow.say("beginning");
        let n = flow.work(n).await?;
        let n = flow.work(n).await?;
        flow.say("done");
        Ok(n)
    }
}

async fn all(run: &RunHandle<u32>, offset: u64) -> Vec<NumberedEvent> {
    let mut events = run.events_from(offset);
    let mut seen = Vec::new();
    while let Some(event) = events.next().await.expect("reads") {
        seen.push(event);
    }
    seen
}

#[tokio::test]
async fn every_event_is_stored_and_can_be_read_from_an_offset() {
    let runtime = Runtime::builder()
        .workflow(Talks)
        .build()
        .await
        .expect("builds");
    let run = runtime.start::<Talks>(1).watched().await.expect("starts");
    let live = all(&run, 0).await;
    run.outcome().await;
    let stored = runtime.inspect(run.id()).await.expect("is stored").events();
    let numbers: Vec<_> = stored.iter().filter_map(|event| event.number).collect();
    assert_eq!(
        numbers,
        (0..stored.len() as u64).collect::<Vec<_>>(),
        "no gaps"
    );

    let kinds = |events: &[NumberedEvent]| -> Vec<String> {
        let names = events.iter().map(|event| {
            let json = serde_json::to_value(event).expect("json");
            json["type"].as_str().expect("a type").to_owned()
        });
        names.collect()
    };
    let expected = [
        "run_started",
        "said",
        "step_started",
        "step_progress",
        "step_completed",
        "step_started",
        "step_progress",
        "step_completed",
        "said",
        "run_ended",
    ];
    let mut sorted = kinds(&stored);
    sorted.sort();
    let mut wanted = expected.to_vec();
    wanted.sort_unstable();
    assert_eq!(sorted, wanted);
    // Live, each comes once: ahead of its commit without a number, or with it.
    let mut told = kinds(&live);
    told.sort();
    assert_eq!(told, wanted);

    let late = all(&run, 5).await;
    assert_eq!(late.len(), stored.len() - 5);
    assert!(late.iter().all(|event| event.number >= Some(5)));
    assert!(matches!(
        late.last().expect("an end").event.kind,
        EventKind::RunEnded { .. }
    ));
}
