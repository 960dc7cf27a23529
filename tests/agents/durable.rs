//! A crash after every commit of a loop of five turns: no turn is bought twice, no tool called
//! again, and the state is what it would have been.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use agno::{
    Agent, AgentEvent, EventKind, Message, Tool, ToolContext,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::kit;

#[data]
#[derive(Default, State)]
struct Notes {
    #[merge(append)]
    read: Vec<String>,
    pages: u32,
}

#[data]
struct Look {
    /// What to look for.
    query: String,
}

/// What the world outside saw.
#[derive(Clone, Default)]
struct World {
    /// Turns that were bought, by the number of messages the model was shown.
    bought: Arc<Mutex<Vec<usize>>>,
    looked: Arc<AtomicU32>,
    noted: Arc<AtomicU32>,
}

impl World {
    fn model(&self) -> Scripted {
        let bought = self.bought.clone();
        Scripted::answering(move |request: &ModelRequest, _| {
            bought
                .lock()
                .expect("no panic")
                .push(request.messages.len());
            let answers = request
                .messages
                .iter()
                .filter(|m| matches!(m, Message::Tool { .. }));
            match answers.count() {
                turn @ (0 | 2) => Reply::tools([
                    ("look", json!({ "query": format!("part {turn}") })),
                    ("note", json!({ "page": turn })),
                ]),
                turn @ (4 | 5) => Reply::tool("note", json!({ "page": turn })),
                _ => Reply::text("the end"),
            }
        })
    }

    fn tools(&self) -> [Tool; 2] {
        let (looked, noted) = (self.looked.clone(), self.noted.clone());
        let look = Tool::new(
            "look",
            "Looks something up.",
            move |look: Look, _: ToolContext| {
                let looked = looked.clone();
                async move {
                    looked.fetch_add(1, Ordering::SeqCst);
                    Ok::<_, Error>(format!("found {}", look.query))
                }
            },
        );
        #[data]
        struct Page {
            /// Which page.
            page: u32,
        }
        let note = Tool::with_state(
            "note",
            "Notes a page.",
            move |page: Page, _, notes: &mut Notes| {
                let noted = noted.clone();
                Box::pin(async move {
                    noted.fetch_add(1, Ordering::SeqCst);
                    notes.read.push(format!("page {}", page.page));
                    notes.pages += 1;
                    Ok::<_, Error>(notes.pages)
                })
            },
        );
        [look, note]
    }
}

#[workflow]
struct Reading {
    reader: Agent,
}

impl Reading {
    fn new(world: &World) -> Self {
        let reader = Agent::builder("Reader")
            .instructions("You have read {pages} pages.")
            .model(world.model())
            .tools(world.tools())
            .build();
        Self {
            reader: reader.expect("the agent fits together"),
        }
    }
}

#[workflow(state = Notes)]
impl Reading {
    #[step]
    async fn read(
        &self,
        notes: &mut Notes,
        topic: String,
        context: &StepContext,
    ) -> Result<String> {
        let before = notes.pages;
        let answer = self.reader.run(topic).context(context).state(notes).await?;
        Ok(format!("{answer} after {} pages", notes.pages - before))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let answer = flow.read(topic).await?;
        let notes = flow.state();
        Ok(format!("{answer}: {}", notes.read.join(", ")))
    }
}

const EXPECTED: &str = "the end after 4 pages: page 0, page 2, page 4, page 5";

#[tokio::test]
async fn a_crash_at_any_commit_buys_no_turn_twice() {
    let mut crashes = 0;
    for commits in 1.. {
        let storage = kit::store();
        let world = World::default();
        let input = "durable workflows".to_owned();
        if !kit::crash_after(&storage, commits, Reading::new(&world), input).await {
            break;
        }
        crashes += 1;
        let outcome = kit::resume(&storage, Reading::new(&world)).await;
        let output = outcome.output.as_ref().map(agno::Json::decode::<String>);
        let output = output.unwrap_or_else(|| panic!("crash {commits}: {:?}", outcome.error));
        assert_eq!(output.expect("a text"), EXPECTED, "crash {commits}");
        // A turn under way when its predecessor's commit crashed is bought by nobody before it is
        // asked for again; what is recorded is never asked for again.
        let mut bought = world.bought.lock().expect("no panic").clone();
        bought.sort_unstable();
        let asked = bought.len();
        bought.dedup();
        assert_eq!(bought.len(), 5, "crash {commits}");
        assert!(asked <= 6, "crash {commits}: {asked} turns for five");
    }
    // Five turns, six tool calls, the run's beginning, the step and the end.
    assert!(crashes >= 12, "{crashes} crashes");
}

#[tokio::test]
async fn recorded_turns_and_tools_are_not_done_again_in_a_quiet_crash() {
    // The crash is after the commit of the last turn: all there is to do is to end the step.
    let storage = kit::store();
    let world = World::default();
    let all = World::default();
    let whole = kit::store();
    let outcome = kit::run(&whole, Reading::new(&all), "x".to_owned()).await;
    assert!(outcome.error.is_none());
    let memos = kit::journal(&whole).await;
    let last_memo = memos
        .iter()
        .rposition(|entry| entry.kind == agno::EntryKind::Memo);
    let commits = last_memo.expect("memos") as u64 + 1;
    assert!(kit::crash_after(&storage, commits, Reading::new(&world), "x".to_owned()).await);
    let before = (
        world.bought.lock().expect("no panic").len(),
        world.looked.load(Ordering::SeqCst),
        world.noted.load(Ordering::SeqCst),
    );
    assert_eq!(before, (5, 2, 4));
    let outcome = kit::resume(&storage, Reading::new(&world)).await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    let after = (
        world.bought.lock().expect("no panic").len(),
        world.looked.load(Ordering::SeqCst),
        world.noted.load(Ordering::SeqCst),
    );
    assert_eq!(after, before);
}

#[tokio::test]
async fn events_of_an_agent_are_stored_once_and_in_order() {
    for commits in [3, 6] {
        let storage = kit::store();
        let world = World::default();
        assert!(kit::crash_after(&storage, commits, Reading::new(&world), "x".to_owned()).await);
        let outcome = kit::resume(&storage, Reading::new(&world)).await;
        assert!(outcome.error.is_none(), "{:?}", outcome.error);
        let journal = kit::journal(&storage).await;
        let events = journal.iter().flat_map(|entry| &entry.events);
        let told: Vec<&AgentEvent> = events
            .filter_map(|event| match &event.kind {
                EventKind::Agent { what, .. } => Some(what),
                _ => None,
            })
            .collect();
        let count = |wanted: fn(&AgentEvent) -> bool| told.iter().filter(|e| wanted(e)).count();
        assert_eq!(count(|e| matches!(e, AgentEvent::Started { .. })), 1);
        assert_eq!(count(|e| matches!(e, AgentEvent::Turn { .. })), 5);
        assert_eq!(count(|e| matches!(e, AgentEvent::ToolCompleted { .. })), 6);
        assert_eq!(count(|e| matches!(e, AgentEvent::Completed { .. })), 1);
        assert_eq!(
            count(|e| matches!(e, AgentEvent::Content { .. })),
            0,
            "pieces are not stored"
        );
        assert!(matches!(told.first(), Some(AgentEvent::Started { .. })));
        assert!(matches!(told.last(), Some(AgentEvent::Completed { .. })));
    }
}

#[tokio::test]
async fn a_failed_run_that_is_resumed_asks_again() {
    // What the model said in a failed attempt is forgotten: it may have been what failed.
    let storage = kit::store();
    let asked = Arc::new(AtomicU32::new(0));
    let counting = asked.clone();
    let model = Scripted::answering(move |_: &ModelRequest, _| {
        match counting.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Reply::text(""),
            _ => Reply::text("now it answers"),
        }
    });
    let workflow = || Reading {
        reader: Agent::builder("Reader")
            .model(model.clone())
            .build()
            .expect("the agent fits together"),
    };
    let outcome = kit::run(&storage, workflow(), "x".to_owned()).await;
    assert_eq!(kit::failure(&outcome).0, "output_mismatch");
    let outcome = kit::resume(&storage, workflow()).await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}
