//! Damage is named, and pieces of other stores are taken as they are.

use agno_storage::{
    CacheKey, Commit, Entry, EntryKind, Event, EventKind, FieldValue, Imported, Portable,
    PortableRun, Request, RequestKind, RunInput, RunQuery, RunRecord, RunStatus, SessionKey,
    Storage, StoreError,
};

use super::kit::{assert_sound, claim, client, empty, end, id, json, started, step, url};

fn request(run: &str, name: &str) -> Request {
    Request {
        id: name.into(),
        run: id(run),
        root: id(run),
        workflow: "article".into(),
        session: "default".into(),
        user: None,
        path: "confirm#0".into(),
        kind: RequestKind::Confirm,
        message: "Go on?".to_owned(),
        schema: None,
        value: None,
        deadline: None,
        asked_at: 3,
        place: None,
    }
}

#[tokio::test]
async fn a_flipped_byte_is_named_wherever_it_is() {
    let Some(url) = url() else { return };
    let (store, schema) = empty(&url).await;
    let run = started(&*store, "run").await;
    let mut commit = step(&run, 1, 0);
    commit.requests = vec![request("run", "q")];
    store.commit(commit).await.expect("a step");
    store
        .save_definition("agent", "a", json("1"), None)
        .await
        .expect("save");
    let key = SessionKey {
        workflow: "w".into(),
        session: "s".into(),
    };
    let value = FieldValue {
        value: json("1"),
        by: "x".into(),
    };
    let fields = [("f".into(), value)].into();
    store
        .import(Portable::Session(key, fields))
        .await
        .expect("import");
    let artifact = store.put_artifact(vec![5; 3_000_000]).await.expect("put");
    let done = started(&*store, "done").await;
    let mut ended = end(&done, 1, RunStatus::Completed);
    if let Some(update) = &mut ended.update {
        update.output = Some(json("[1]"));
    }
    store.commit(ended).await.expect("end");
    assert_sound(&*store).await;

    let client = client(&url).await;
    let tables = [
        ("run", "head of run `"),
        ("input", "input of run `"),
        ("output", "output of run `done`"),
        ("entry", "entry 1 of run `run`"),
        ("request", "request `q` of run `run`"),
        ("field", "state field `f` of session `s`"),
        ("definition", "version 1 of the agent definition `a`"),
        ("chunk", &*artifact),
    ];
    for (table, named) in tables {
        let flip = format!(
            "update {schema}.agno_{table} set body = set_byte(body, 0, get_byte(body, 0) # 4)"
        );
        client.batch_execute(&flip).await.expect("flip");
        let report = store.verify().await.expect("verify");
        assert!(
            report
                .problems
                .iter()
                .any(|problem| problem.contains(named)),
            "{table}: {report:?}"
        );
        client.batch_execute(&flip).await.expect("flip back");
        assert_sound(&*store).await;
    }
    let flip = format!("update {schema}.agno_entry set body = set_byte(body, 9, 0)");
    client.batch_execute(&flip).await.expect("flip");
    let journal = store.journal(&run, 0).await;
    assert!(
        matches!(journal, Err(StoreError::Corrupt { .. })),
        "{journal:?}"
    );
}

#[tokio::test]
async fn what_is_missing_or_too_much_is_named() {
    let Some(url) = url() else { return };
    let cases = [
        (
            "delete from entry where seq = 2",
            "entry 2 is missing before entry 3",
        ),
        (
            "delete from entry where seq = 3",
            "ends with entry 2, its head says 3",
        ),
        (
            "update entry set first_event = 7 where seq = 2",
            "events of entry 2 are not numbered from 0",
        ),
        ("update run set events = 9", "has 0 events, its head says 9"),
        (
            "update entry set path = 'other' where seq = 1",
            "it is the entry of another path",
        ),
        ("delete from input", "it is missing"),
        ("delete from run", "run `run` has records but no head"),
        (
            "update run set status = 'completed'",
            "request `q`: run `run` is over",
        ),
        ("update run set status = 'done'", "its status is none"),
        (
            "delete from definition where version = 1",
            "version 1 is missing",
        ),
    ];
    let client = client(&url).await;
    for (damage, named) in cases {
        let (store, schema) = empty(&url).await;
        let run = started(&*store, "run").await;
        for number in 0..3 {
            store.commit(step(&run, 1, number)).await.expect("a step");
        }
        let mut ask = Commit::new(run.clone(), 1);
        ask.requests = vec![request("run", "q")];
        store.commit(ask).await.expect("ask");
        for body in ["1", "2"] {
            store
                .save_definition("agent", "a", json(body), None)
                .await
                .expect("save");
        }
        assert_sound(&*store).await;
        let damage = damage
            .replace("from ", &format!("from {schema}.agno_"))
            .replace("update ", &format!("update {schema}.agno_"));
        client.batch_execute(&damage).await.expect(&damage);
        let report = store.verify().await.expect("verify");
        assert!(
            report
                .problems
                .iter()
                .any(|problem| problem.contains(named)),
            "{damage}: {report:?}"
        );
    }
}

#[tokio::test]
async fn a_damaged_head_is_left_out_of_lists_and_named_to_who_must_know() {
    let Some(url) = url() else { return };
    let (store, schema) = empty(&url).await;
    started(&*store, "run").await;
    started(&*store, "other").await;
    let damage = format!("update {schema}.agno_run set status = 'done' where id = 'other'");
    client(&url)
        .await
        .batch_execute(&damage)
        .await
        .expect("update");
    let all = store.runs(RunQuery::default()).await.expect("runs");
    let ids: Vec<_> = all.iter().map(|head| head.id.as_str()).collect();
    assert_eq!(ids, ["run"]);
    let whole = RunQuery {
        whole: true,
        ..RunQuery::default()
    };
    match store.runs(whole).await {
        Err(StoreError::Corrupt { key, .. }) => assert!(key.contains("other"), "{key}"),
        other => panic!("{other:?}"),
    }
}

fn portable() -> PortableRun {
    let entry = |seq: u64, path: &str, first_event: u64, events: u64| {
        let mut entry = Entry::new(EntryKind::Step, path.into(), 0);
        (entry.seq, entry.first_event) = (seq, first_event);
        entry.output = Some(json(r#"{"b":1, "a":[0.1]}"#));
        entry.events = (0..events)
            .map(|at| Event {
                at,
                kind: EventKind::Said {
                    message: "ü".to_owned(),
                },
            })
            .collect();
        entry
    };
    let mut failed = entry(1, "a#0~1", 0, 2);
    failed.superseded = true;
    let mut head = RunRecord::new(id("run"), "article".into(), "s\0".into(), 5);
    (head.status, head.fence, head.resumes) = (RunStatus::Paused, 4, 3);
    (head.wake_at, head.active_micros, head.updated_at) = (Some(900), 17, 50);
    PortableRun {
        head,
        input: RunInput {
            input: json("{ \"spaces\" : 1 }"),
            state: Some(json("null")),
        },
        output: None,
        entries: vec![failed, entry(2, "a#0", 2, 0), entry(3, "\0", 2, 1)],
        requests: vec![request("run", "q")],
    }
}

#[tokio::test]
async fn a_run_of_another_store_is_taken_as_it_is_and_goes_on() {
    let Some(url) = url() else { return };
    let (store, _) = empty(&url).await;
    let import = async |run: PortableRun| store.import(Portable::Run(Box::new(run))).await;
    assert_eq!(import(portable()).await.expect("import"), Imported::Added);
    assert_eq!(import(portable()).await.expect("again"), Imported::Present);
    let mut differs = portable();
    differs.entries[1].output = Some(json("2"));
    let refused = import(differs).await;
    assert!(
        matches!(refused, Err(StoreError::RunExists { .. })),
        "{refused:?}"
    );

    let (run, given) = (id("run"), portable());
    let text = |value: &dyn erased::Text| value.text();
    let head = store.run(&run).await.expect("read").expect("a run");
    assert_eq!(text(&head), text(&given.head));
    let journal = store.journal(&run, 0).await.expect("journal");
    assert_eq!(text(&journal), text(&given.entries));
    let input = store.input(&run).await.expect("read").expect("an input");
    assert_eq!(text(&input), text(&given.input));
    assert_sound(&*store).await;

    let mut next = claim(&run, 4);
    next.entries = step(&run, 4, 0).entries;
    let ack = store.commit(next).await.expect("goes on");
    assert_eq!((ack.seq, ack.first_event, ack.fence), (4, 3, 5));
    assert_sound(&*store).await;
}

/// JSON of anything that is stored.
mod erased {
    pub(super) trait Text {
        fn text(&self) -> String;
    }

    impl<T: serde::Serialize> Text for T {
        fn text(&self) -> String {
            serde_json::to_string(self).expect("JSON")
        }
    }
}

#[tokio::test]
async fn other_pieces_are_taken_once_and_never_replaced() {
    let Some(url) = url() else { return };
    let (store, _) = empty(&url).await;
    let key = SessionKey {
        workflow: "w\u{1}".into(),
        session: "s".into(),
    };
    let fields = |value: &str| {
        let value = FieldValue {
            value: json(value),
            by: "x".into(),
        };
        [("f\0".into(), value)].into()
    };
    let session = async |value: &str| {
        let piece = Portable::Session(key.clone(), fields(value));
        store.import(piece).await
    };
    assert_eq!(session("1").await.expect("import"), Imported::Added);
    assert_eq!(session("1").await.expect("import"), Imported::Present);
    assert!(matches!(
        session("2").await,
        Err(StoreError::Occupied { .. })
    ));
    assert_eq!(store.session(&key).await.expect("read"), fields("1"));

    let bytes = vec![9; 10];
    let hash: std::sync::Arc<str> = store.put_artifact(bytes.clone()).await.expect("put");
    let artifact = Portable::Artifact(hash, bytes);
    assert_eq!(
        store.import(artifact).await.expect("import"),
        Imported::Present
    );
    assert!(
        store
            .cached(CacheKey([0; 32]), 0)
            .await
            .expect("read")
            .is_none()
    );
}
