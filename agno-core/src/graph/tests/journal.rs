//! The path of a run, read off a journal.

use agno_storage::{
    Entry, EntryKind, Event, EventError, EventKind, Json, Place, RecordedError, RunStatus, Source,
};

use super::*;

#[track_caller]
const fn here() -> At {
    Location::caller()
}

/// The calls of the flow below.
const SEARCH: At = here();
const PUBLISH: At = here();
const AGAIN: At = here();
const CONFIRM: At = here();
const SLEEP: At = here();
const RACE: At = here();
const CALL: At = here();
const SUBFLOW: At = here();
const MAP: At = here();
const READ: At = here();
const NEVER: At = here();

const GRAPH: Graph = Graph {
    flows: &[FlowGraph {
        name: "run",
        nodes: &[
            Node::Step {
                name: "search",
                at: SEARCH,
            },
            Node::Step {
                name: "publish",
                at: PUBLISH,
            },
            Node::Step {
                name: "publish",
                at: AGAIN,
            },
            Node::Race {
                branches: &[
                    &[Node::Human {
                        kind: "confirm",
                        at: CONFIRM,
                    }],
                    &[Node::Sleep {
                        duration: "hour",
                        at: SLEEP,
                    }],
                ],
                at: RACE,
            },
            Node::Workflow {
                name: "Other",
                at: CALL,
            },
            Node::Subflow {
                name: "digest",
                at: SUBFLOW,
            },
            Node::Map {
                over: "sources",
                body: &[Node::Step {
                    name: "read",
                    at: READ,
                }],
                at: MAP,
            },
            Node::Loop {
                head: "loop",
                body: &[Node::Step {
                    name: "never",
                    at: NEVER,
                }],
            },
        ],
    }],
};

/// A journal in the making.
#[derive(Default)]
struct Journal(Vec<Entry>);

impl Journal {
    fn add(&mut self, kind: EntryKind, path: &str, position: u32) -> &mut Entry {
        let mut entry = Entry::new(kind, path.into(), position);
        entry.seq = self.0.len() as u64 + 1;
        self.0.push(entry);
        self.0.last_mut().expect("it was added")
    }

    fn done(&mut self, path: &str, position: u32, at: At) -> &mut Entry {
        let entry = self.at(EntryKind::Step, path, position, at);
        entry.output = Some(Json::null());
        entry
    }

    fn at(&mut self, kind: EntryKind, path: &str, position: u32, at: At) -> &mut Entry {
        let entry = self.add(kind, path, position);
        entry.place = Some(Place {
            file: at.file().into(),
            line: at.line(),
            column: at.column(),
        });
        entry
    }

    fn says(&mut self, path: &str, kind: EventKind) {
        let event = Event { at: 0, kind };
        self.add(EntryKind::Marker, path, 0).events.push(event);
    }

    fn container(&mut self, path: &str, position: u32, at: At, kind: &str, count: usize) {
        let size = serde_json::json!({ "kind": kind, "count": count });
        self.at(EntryKind::Container, path, position, at).output = Json::encode(&size).ok();
    }

    fn until(&mut self, path: &str, position: u32, until: u64) {
        let entry = self.at(EntryKind::Timer, path, position, SLEEP);
        entry.output = Json::encode(&until).ok();
    }

    fn path(&self) -> RunPath {
        RunPath::from_journal(&self.0).on(&GRAPH)
    }
}

fn error() -> RecordedError {
    RecordedError {
        code: "step_failed".into(),
        message: "no".to_owned(),
        chain: Vec::new(),
        retryable: false,
        path: None,
        details: None,
    }
}

fn step(name: &'static str, at: At) -> Node {
    Node::Step { name, at }
}

const HUMAN: Node = Node::Human {
    kind: "confirm",
    at: CONFIRM,
};
const TIMER: Node = Node::Sleep {
    duration: "hour",
    at: SLEEP,
};
const OTHER: Node = Node::Workflow {
    name: "Other",
    at: CALL,
};
const DIGEST: Node = Node::Subflow {
    name: "digest",
    at: SUBFLOW,
};
const DECISION: Node = Node::Race {
    branches: &[],
    at: RACE,
};

fn mark(path: &RunPath, node: &Node) -> String {
    path.tally(node).expect("a run is shown").mark()
}

#[test]
fn calls_are_counted_where_they_stand() {
    let mut journal = Journal::default();
    journal.done("publish#0", 0, PUBLISH);
    journal.done("publish#1", 1, PUBLISH).source = Source::Cache;
    journal.done("publish#2", 2, PUBLISH).source = Source::Given;
    let skipped = journal.done("publish#3", 3, AGAIN);
    (skipped.source, skipped.error) = (Source::Skipped, Some(error()));
    journal.at(EntryKind::Step, "search#0", 4, SEARCH).error = Some(error());
    let path = journal.path();
    assert_eq!(mark(&path, &step("publish", PUBLISH)), "✔ ×2 · cached");
    assert_eq!(mark(&path, &step("publish", AGAIN)), "skipped");
    assert_eq!(mark(&path, &step("search", SEARCH)), "✘");
    assert_eq!(mark(&path, &step("never", NEVER)), "○");
    assert!(path.misses(&[step("never", NEVER)]));
}

#[test]
fn a_place_that_the_graph_does_not_know_counts_by_name() {
    let mut journal = Journal::default();
    journal.done("search#0", 0, Location::caller());
    // The line is that of another step by now.
    journal.done("never#0", 1, SEARCH);
    let path = journal.path();
    assert_eq!(mark(&path, &step("search", SEARCH)), "✔");
    assert_eq!(mark(&path, &step("never", NEVER)), "✔");
}

#[test]
fn what_has_begun_and_not_ended_is_running() {
    let mut journal = Journal::default();
    journal.add(EntryKind::Started, "publish#0!begun", 0);
    let path = "search#0".into();
    journal.says("@memo", EventKind::StepStarted { path, attempt: 1 });
    journal.at(EntryKind::Workflow, "call#0", 2, CALL);
    journal.at(EntryKind::Subflow, "digest#0", 3, SUBFLOW);
    journal.until("sleep#0", 4, u64::MAX);
    let path = journal.path();
    for node in [
        &step("publish", PUBLISH),
        &step("search", SEARCH),
        &OTHER,
        &DIGEST,
        &TIMER,
    ] {
        let mark = mark(&path, node);
        // The sub-flow has ended: the timer comes after it.
        let expected = if mark.starts_with('✔') {
            "✔"
        } else {
            "▶ running"
        };
        assert_eq!(mark, expected, "{node:?}");
    }
    assert_eq!(mark(&path, &DIGEST), "✔");
    assert_eq!(mark(&path, &OTHER), "▶ running");

    journal.done("publish#0", 0, PUBLISH);
    journal.done("search#0", 1, SEARCH);
    let path = journal.path();
    assert_eq!(mark(&path, &step("search", SEARCH)), "✔");
    assert_eq!(mark(&path, &step("publish", PUBLISH)), "✔");
}

#[test]
fn what_is_known_to_run_is_running_until_it_has_ended() {
    let mut journal = Journal::default();
    journal.done("search#0", 0, SEARCH);
    let running = ["search#0", "map#0[1]/read#0", "map#0[2]/read#0"];
    let path = RunPath::of_active(&journal.0, running).on(&GRAPH);
    assert_eq!(mark(&path, &step("search", SEARCH)), "✔");
    assert_eq!(mark(&path, &step("read", READ)), "▶ running ×2");
}

#[test]
fn a_failure_that_was_tried_again_does_not_count() {
    let mut journal = Journal::default();
    journal
        .add(EntryKind::Started, "search#0!begun", 0)
        .superseded = true;
    let failed = journal.at(EntryKind::Step, "search#0", 0, SEARCH);
    (failed.error, failed.superseded) = (Some(error()), true);
    let path = "search#0".into();
    failed.events.push(Event {
        at: 0,
        kind: EventKind::StepStarted { path, attempt: 1 },
    });
    assert_eq!(mark(&journal.path(), &step("search", SEARCH)), "○");
    journal.add(EntryKind::Memo, "search#0!1.0.page", 0);
    assert_eq!(mark(&journal.path(), &step("search", SEARCH)), "▶ running");
}

#[test]
fn a_sub_flow_whose_failure_was_tried_again_goes_on() {
    let mut journal = Journal::default();
    journal.at(EntryKind::Subflow, "digest#0", 0, SUBFLOW);
    let failed = journal.at(EntryKind::Step, "digest#0/read#0", 0, READ);
    failed.error = Some(error());
    let event = EventKind::SubflowEnded {
        path: "digest#0".into(),
        error: Some(EventError::from(&error())),
    };
    journal.says("@over", event);
    assert_eq!(mark(&journal.path(), &DIGEST), "✘");
    journal.0[1].superseded = true;
    journal.says("@resumed~1", EventKind::RunResumed { resumes: 1 });
    assert_eq!(mark(&journal.path(), &DIGEST), "▶ running");
    journal.done("digest#0/read#0", 0, READ);
    journal.done("search#0", 1, SEARCH);
    assert_eq!(mark(&journal.path(), &DIGEST), "✔");
}

#[test]
fn an_open_request_waits_and_an_answered_one_does_not() {
    let mut journal = Journal::default();
    journal.at(EntryKind::Request, "confirm#0", 0, CONFIRM);
    journal.at(EntryKind::Request, "publish#0!confirm", 1, PUBLISH);
    let path = journal.path();
    assert_eq!(mark(&path, &HUMAN), "☝ waiting");
    assert_eq!(mark(&path, &step("publish", PUBLISH)), "☝ waiting");

    journal.add(EntryKind::Answer, "confirm#0!answer", 0);
    journal.add(EntryKind::Answer, "publish#0!confirm!answer", 0);
    let path = journal.path();
    assert_eq!(mark(&path, &HUMAN), "✔");
    assert_eq!(mark(&path, &step("publish", PUBLISH)), "▶ running");

    // It failed, and a person is asked what to do about that.
    journal.add(EntryKind::Request, "publish#0!pause", 1);
    assert_eq!(
        mark(&journal.path(), &step("publish", PUBLISH)),
        "☝ waiting"
    );
}

#[test]
fn a_race_shows_its_winner_and_who_lost() {
    let mut journal = Journal::default();
    journal.at(EntryKind::Request, "confirm#0", 0, CONFIRM);
    journal.until("sleep#0", 1, 1);
    journal.container("race#0", 2, RACE, "race", 2);
    let path = journal.path();
    assert_eq!(mark(&path, &HUMAN), "☝ waiting");
    assert_eq!(path.won(&DECISION, 1), None);

    let winner = serde_json::json!({ "winner": 1 });
    journal
        .add(EntryKind::Container, "race#0!decided", 0)
        .output = Json::encode(&winner).ok();
    let path = journal.path();
    assert_eq!(mark(&path, &HUMAN), "lost");
    assert_eq!(mark(&path, &TIMER), "✔");
    assert_eq!(path.won(&DECISION, 0), None);
    assert_eq!(path.won(&DECISION, 1).as_deref(), Some("won"));

    let text = render(&GRAPH, &path, GraphFormat::Text);
    assert!(text.contains("☝ confirm (a person)  lost\n"), "{text}");
    assert!(text.contains("⏲ sleep hour  ✔  ★ won\n"), "{text}");
    let mermaid = render(&GRAPH, &path, GraphFormat::Mermaid);
    assert!(mermaid.contains("-->|\"won\"| "), "{mermaid}");
    let dot = render(&GRAPH, &path, GraphFormat::Dot);
    assert!(dot.contains("[label=\"won\"]"), "{dot}");
    let svg = render(&GRAPH, &path, GraphFormat::Svg);
    assert!(svg.contains(">won</text>"), "{svg}");
    let json = render(&GRAPH, &path, GraphFormat::Json);
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(
        json["flows"][0]["nodes"][3]["won"],
        serde_json::json!([0, 1])
    );
}

#[test]
fn only_what_a_decision_dropped_is_lost() {
    let mut journal = Journal::default();
    // Two races at the same time, and only the second one is decided.
    journal.at(EntryKind::Request, "confirm#0", 0, CONFIRM);
    journal.at(EntryKind::Workflow, "call#0", 1, CALL);
    journal.container("race#0", 2, RACE, "race", 2);
    journal.at(EntryKind::Subflow, "digest#0", 3, SUBFLOW);
    journal.add(EntryKind::Started, "digest#0/never#0!begun", 0);
    // `search#0` at position 4 has recorded nothing.
    journal.container("race#1", 5, RACE, "race", 2);
    journal.container("parallel#0", 6, MAP, "parallel", 2);
    let winner = serde_json::json!({ "winner": 1 });
    journal
        .add(EntryKind::Container, "race#1!decided", 0)
        .output = Json::encode(&winner).ok();
    let path = journal.path();
    assert_eq!(mark(&path, &HUMAN), "☝ waiting");
    assert_eq!(mark(&path, &OTHER), "▶ running");
    assert_eq!(mark(&path, &DIGEST), "lost");
    assert_eq!(mark(&path, &step("never", NEVER)), "lost");

    // Then a failure decides all of it.
    journal
        .add(EntryKind::Container, "parallel#0!decided", 0)
        .error = Some(error());
    let path = journal.path();
    assert_eq!(mark(&path, &HUMAN), "lost");
    assert_eq!(mark(&path, &OTHER), "lost");
}

#[test]
fn an_item_is_lost_with_its_map() {
    let mut journal = Journal::default();
    journal.container("map#0", 0, MAP, "map", 2);
    journal.add(EntryKind::Started, "map#0[0]/read#0!begun", 0);
    assert_eq!(mark(&journal.path(), &step("read", READ)), "▶ running");
    journal
        .at(EntryKind::Step, "map#0[1]/read#0", 0, READ)
        .error = Some(error());
    journal.add(EntryKind::Container, "map#0!decided", 0).error = Some(error());
    assert_eq!(mark(&journal.path(), &step("read", READ)), "✘ · lost");
}

#[test]
fn a_run_that_is_over_runs_nothing() {
    let ended = |status| EventKind::RunEnded {
        status,
        error: None,
    };
    let mut journal = Journal::default();
    journal.add(EntryKind::Started, "search#0!begun", 0);
    journal.says("@ended", ended(RunStatus::Paused));
    assert_eq!(mark(&journal.path(), &step("search", SEARCH)), "▶ running");
    journal.says("@ended~1", ended(RunStatus::Cancelled));
    assert_eq!(mark(&journal.path(), &step("search", SEARCH)), "lost");
    journal.says("@resumed~1", EventKind::RunResumed { resumes: 1 });
    assert_eq!(mark(&journal.path(), &step("search", SEARCH)), "▶ running");
}

#[test]
fn what_was_recorded_before_a_resume_is_replayed() {
    let mut journal = Journal::default();
    journal.done("search#0", 0, SEARCH);
    journal.says("@resumed~1", EventKind::RunResumed { resumes: 1 });
    journal.done("search#1", 1, SEARCH);
    assert_eq!(
        mark(&journal.path(), &step("search", SEARCH)),
        "✔ ×2 · 1 replayed"
    );
}

#[test]
fn called_workflows_and_sub_flows_end_with_what_they_recorded() {
    let mut journal = Journal::default();
    journal.at(EntryKind::Workflow, "call#0", 0, CALL).output = Some(Json::null());
    journal.at(EntryKind::Workflow, "call#1", 1, CALL).error = Some(error());
    journal.at(EntryKind::Subflow, "digest#0", 2, SUBFLOW);
    let whole = journal.add(EntryKind::Subflow, "digest#0!result", 2);
    (whole.output, whole.source) = (Some(Json::null()), Source::Cache);
    journal.at(EntryKind::Subflow, "digest#1", 3, SUBFLOW);
    let path = journal.path();
    assert_eq!(mark(&path, &OTHER), "✔ · ✘");
    assert_eq!(mark(&path, &DIGEST), "cached · ▶ running");
    let event = EventKind::SubflowEnded {
        path: "digest#1".into(),
        error: Some(EventError::from(&error())),
    };
    journal.says("@over", event);
    assert_eq!(mark(&journal.path(), &DIGEST), "cached · ✘");
}
