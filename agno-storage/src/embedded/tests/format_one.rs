//! A store from before there were requests, pending runs and removals.

use super::{append, create, id, open};
use crate::{
    Commit, EntryKind, Json, RequestQuery, RunStatus, SessionKey, Storage, StoreError,
    embedded::{
        body::Numbers,
        key_value::{Batch, KeyValue},
        keys,
        map::Map,
    },
};

const FORMAT: &str = r#"{"magic":"agno","format":1,"min_reader":1,"created_by":"agno-storage 0.1.0","created_at":7}"#;
const HEAD: &str = r#"{"id":"run-1","workflow":"w","version":3,"session":"s","user":"ann","status":"failed","fence":2,"resumes":1,"created_at":10,"updated_at":20,"active_micros":5,"error":{"code":"timeout","message":"too slow","retryable":true}}"#;
const INPUT: &str = r#"{"input":{"topic":"rust"}}"#;
const ENTRIES: [&str; 2] = [
    r#"{"seq":0,"path":"a#0","position":0,"kind":"step","place":{"file":"src/main.rs","line":3,"column":9},"input":{"x":1},"output":[1.5],"source":"cache","attempts":1,"started_at":11,"finished_at":12,"first_event":0,"events":[{"at":12,"type":"step_completed","path":"a#0","attempts":1,"micros":1}]}"#,
    r#"{"seq":0,"path":"b#0","position":1,"kind":"started","source":"ran","attempts":0,"started_at":0,"finished_at":0,"first_event":0}"#,
];
const FIELD: &str = r#"{"field":"total","value":4,"by":"a#0"}"#;

/// The records as that version wrote them.
fn old_store() -> Map {
    let mut batch = Batch::default();
    let counted = |json: &str| [&2_u64.to_be_bytes()[..], json.as_bytes()].concat();
    batch.put(&keys::format(), FORMAT.as_bytes(), 0);
    let last = [5_u64.to_be_bytes(), 2_u64.to_be_bytes()].concat();
    batch.put(&keys::last_batch_of_3(), &last, 0);
    batch.put(&keys::run(keys::HEAD, &id()), &counted(HEAD), 0);
    batch.put(&keys::run(keys::INPUT, &id()), INPUT.as_bytes(), 0);
    for ((path, json), seq) in ["a#0", "b#0"].into_iter().zip(ENTRIES).zip(1..) {
        let numbers = Numbers {
            seq,
            first_event: seq - 1,
            events: u32::from(seq == 1),
        };
        let body = numbers.before(json.as_bytes());
        batch.put(&keys::entry(&id(), path), &body, 0);
    }
    batch.put(&keys::field(&session(), "total"), FIELD.as_bytes(), 0);
    let map = Map::default();
    KeyValue::apply(&map, batch).expect("apply");
    map
}

fn session() -> SessionKey {
    SessionKey {
        workflow: "w".into(),
        session: "s".into(),
    }
}

#[tokio::test]
async fn it_reads_as_it_was_written() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), old_store());
    let store = open(directory.path(), &map).expect("open");
    let head = store.run(&id()).await.expect("run").expect("a head");
    assert_eq!((head.status, head.fence), (RunStatus::Failed, 2));
    assert_eq!(
        (head.wake_at, &head.parent, &head.forked),
        (None, &None, &None)
    );
    assert_eq!((head.limits, head.metadata), (None, None));
    let input = store.input(&id()).await.expect("input").expect("an input");
    assert_eq!(input.input.as_str(), r#"{"topic":"rust"}"#);
    let journal = store.journal(&id(), 0).await.expect("journal");
    assert_eq!(journal[0].output, Some(Json::parse("[1.5]").expect("JSON")));
    assert_eq!(
        (journal[0].events.len(), journal[0].kind),
        (1, EntryKind::Step)
    );
    assert_eq!((journal[1].seq, journal[1].kind), (2, EntryKind::Started));
    let state = store.session(&session()).await.expect("session");
    assert_eq!(state["total"].value.as_str(), "4");
    let all = RequestQuery::default();
    assert_eq!(store.requests(all).await.expect("requests"), []);
    let sessions = store.sessions().await.expect("sessions");
    assert_eq!((sessions[0].runs, sessions[0].fields), (1, 1));
    let report = store.verify().await.expect("verify");
    assert_eq!((report.runs, report.entries, report.fields), (1, 2, 1));
    assert_eq!(report.problems, [""; 0]);
}

#[tokio::test]
async fn it_goes_on_and_an_older_version_is_kept_out() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), old_store());
    for opening in 0..3 {
        // The record is of the new format after the first opening, and is not written again.
        let before = map.pairs().clone();
        drop(open(directory.path(), &map).expect("open"));
        assert_eq!(*map.pairs() == before, opening > 0);
    }
    let pairs = map.pairs().clone();
    let format = &pairs[&[&keys::format()[..], &[0, 0]].concat()];
    let format = String::from_utf8_lossy(format);
    assert!(format.contains(r#""format":6,"min_reader":6"#), "{format}");
    assert!(format.contains(r#""created_at":7"#), "{format}");

    let store = open(directory.path(), &map).expect("open");
    let mut claim = Commit::new(id(), 2);
    claim.claim = true;
    claim.entries = append("c#0").entries;
    let ack = store.commit(claim).await.expect("claim");
    assert_eq!((ack.seq, ack.first_event, ack.fence), (3, 1, 3));
    let removed = store.delete_run(&id()).await;
    assert!(matches!(removed, Err(StoreError::RunNotOver { .. })));
    let again = store.commit(create()).await;
    assert!(matches!(again, Err(StoreError::RunExists { .. })));
    let report = store.verify().await.expect("verify");
    assert_eq!((report.entries, report.problems.len()), (3, 0));
}
