//! What a session's state promises.

use futures_util::future::join_all;

use super::{append, change, delta, entry, json, session, started};
use crate::{Operation, StateDelta, Storage, StoreError, StoreResult, digest};

async fn merge(store: &dyn Storage, run: &str, path: &str, delta: StateDelta) -> StoreResult<()> {
    let mut commit = append(&super::id(run), [entry(path, "1")]);
    commit.state = Some((session("default"), delta));
    store.commit(commit).await.map(drop)
}

/// Changes of different fields merge, and each rule does what it says.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn merges(store: &dyn Storage) {
    started(store, "run-1").await;
    started(store, "run-2").await;
    let items = |text: &str| vec![json(text)];
    let rules = |by: &str, n: &str| {
        let set = Operation::Set {
            expected: None,
            value: json(n),
        };
        let union = Operation::Union {
            items: vec![json("0"), json(n)],
            keys: Vec::new(),
        };
        delta([
            change("list", by, Operation::Append { items: items(n) }),
            change("set", by, union),
            change("sum", by, Operation::Sum { by: json(n) }),
            change("max", by, Operation::Max { value: json(n) }),
            change("min", by, Operation::Min { value: json(n) }),
            change("last", by, Operation::Replace { value: json(n) }),
            change(&format!("own-{n}"), by, set),
        ])
    };
    merge(store, "run-1", "a#0", rules("run-1/a#0", "3"))
        .await
        .expect("first");
    merge(store, "run-2", "a#0", rules("run-2/a#0", "5"))
        .await
        .expect("second");
    let state = store.session(&session("default")).await.expect("session");
    let told: Vec<_> = state
        .iter()
        .map(|(name, f)| (&**name, f.value.as_str(), &*f.by))
        .collect();
    let (one, two) = ("run-1/a#0", "run-2/a#0");
    assert_eq!(
        told,
        [
            ("last", "5", two),
            ("list", "[3,5]", two),
            ("max", "5", two),
            ("min", "3", two),
            ("own-3", "3", one),
            ("own-5", "5", two),
            ("set", "[0,3,5]", two),
            ("sum", "8", two),
        ]
    );
    // A change of nothing makes no session.
    let mut nothing = append(&super::id("run-1"), [entry("b#0", "1")]);
    nothing.state = Some((session("other"), StateDelta::default()));
    store.commit(nothing).await.expect("an empty delta");
    assert!(
        store
            .session(&session("other"))
            .await
            .expect("session")
            .is_empty()
    );
}

/// Two writers of one field without a rule: the second is refused, and told who was first.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn conflicts(store: &dyn Storage) {
    started(store, "run-1").await;
    started(store, "run-2").await;
    let set = |by: &str, expected: Option<&str>, value: &str| {
        let set = Operation::Set {
            expected: expected.map(|seen| digest(&json(seen))),
            value: json(value),
        };
        delta([
            change("n", by, Operation::Sum { by: json("1") }),
            change("title", by, set),
        ])
    };
    merge(store, "run-1", "a#0", set("one", None, "\"x\""))
        .await
        .expect("first");
    match merge(store, "run-2", "a#0", set("two", None, "\"y\"")).await {
        Err(StoreError::Conflict(conflict)) => {
            assert_eq!(
                (&*conflict.field, &*conflict.first, &*conflict.second),
                ("title", "one", "two")
            );
        }
        other => panic!("a second writer: {other:?}"),
    }
    merge(store, "run-2", "a#0", set("two", Some("\"x\""), "\"y\""))
        .await
        .expect("saw the first");
    let state = store.session(&session("default")).await.expect("session");
    assert_eq!(
        (state["title"].value.as_str(), state["n"].value.as_str()),
        ("\"y\"", "2")
    );

    // Of many that saw the same, one wins, and only its other changes count.
    let runs: Vec<_> = (0..8).map(|i| format!("many-{i}")).collect();
    for run in &runs {
        started(store, run).await;
    }
    let writers = runs
        .iter()
        .map(|run| merge(store, run, "a#0", set(run, Some("\"y\""), "\"z\"")));
    let results = join_all(writers).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let state = store.session(&session("default")).await.expect("session");
    assert_eq!(state["n"].value.as_str(), "3");
}

/// A session is one per workflow and name, whatever the names look like.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn sessions_apart(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let long = "x".repeat(300);
    let names = [
        ("a", "bc"),
        ("ab", "c"),
        ("abc", ""),
        ("", "abc"),
        ("a", "b/c"),
        (&*long, "c"),
    ];
    let keys = names.map(|(workflow, session)| crate::SessionKey {
        workflow: workflow.into(),
        session: session.into(),
    });
    for (i, key) in keys.iter().enumerate() {
        let mut commit = append(&run, [entry(&format!("a#{i}"), "1")]);
        let value = json(&i.to_string());
        let fields = ["f", "ff", &long];
        let changes = fields.map(|f| {
            change(
                f,
                "x",
                Operation::Replace {
                    value: value.clone(),
                },
            )
        });
        commit.state = Some((key.clone(), delta(changes)));
        store.commit(commit).await.expect("commit");
    }
    for (i, key) in keys.iter().enumerate() {
        let state = store.session(key).await.expect("session");
        let told: Vec<_> = state
            .iter()
            .map(|(f, v)| (&**f, v.value.to_string()))
            .collect();
        let value = i.to_string();
        assert_eq!(
            told,
            [("f", value.clone()), ("ff", value.clone()), (&*long, value)]
        );
    }
}

/// 2,400 increments by 8 runs at once: none is lost.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn concurrent_sums(store: &dyn Storage) {
    let runs: Vec<_> = (0..8).map(|i| format!("run-{i}")).collect();
    for run in &runs {
        started(store, run).await;
    }
    join_all(runs.iter().map(async |run| {
        for i in 0..300 {
            let path = format!("a#{i}");
            let sum = change("total", run, Operation::Sum { by: json("1") });
            merge(store, run, &path, delta([sum]))
                .await
                .expect("increment");
        }
    }))
    .await;
    let state = store.session(&session("default")).await.expect("session");
    assert_eq!(state["total"].value.as_str(), "2400");
}
