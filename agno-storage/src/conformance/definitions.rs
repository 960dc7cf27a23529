//! Definitions and their versions.

use super::json;
use crate::{Json, MAX_NAME_BYTES, MAX_VALUE_BYTES, Storage, StoreError};

/// A definition is saved in versions that stay; the same body again is the same version, and who
/// expected another newest version is told.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn definitions(store: &dyn Storage) {
    let save = async |kind: &str, name: &str, body: &str, expected: Option<u32>| {
        let body = json(body);
        store.save_definition(kind, name, body, expected).await
    };
    let saved = async |kind: &str, name: &str, body: &str, expected: Option<u32>| {
        let version = save(kind, name, body, expected).await;
        version.expect("save a definition")
    };
    assert_eq!(
        store.definition("agent", "a", None).await.expect("none"),
        None
    );
    assert_eq!(store.definitions("agent").await.expect("none"), []);

    assert_eq!(saved("agent", "a", r#"{"x":1,"y":2}"#, None).await, 1);
    assert_eq!(saved("agent", "a", r#"{"y":2, "x":1}"#, None).await, 1);
    assert_eq!(saved("agent", "a", r#"{"x":2}"#, Some(1)).await, 2);
    // Asked again by one who did not hear the answer.
    assert_eq!(saved("agent", "a", r#"{"x":2}"#, Some(1)).await, 2);
    assert_eq!(saved("agent", "a", r#"{"x":1,"y":2}"#, Some(2)).await, 3);
    assert_eq!(saved("agent", "b", "[1]", Some(0)).await, 1);
    assert_eq!(saved("team", "a", "null", None).await, 1);

    for (name, expected, newest) in [("a", 1, 3), ("a", 0, 3), ("a", 4, 3), ("none", 1, 0)] {
        let conflict = save("agent", name, "\"other\"", Some(expected)).await;
        match conflict {
            Err(StoreError::DefinitionConflict {
                expected: told,
                newest: found,
                ..
            }) => assert_eq!((told, found), (expected, newest)),
            other => panic!("{name} {expected}: {other:?}"),
        }
    }

    let body = async |name: &str, version: Option<u32>| {
        let found = store.definition("agent", name, version).await;
        found
            .expect("read a definition")
            .map(|found| (found.version, found.body))
    };
    assert_eq!(body("a", None).await, Some((3, json(r#"{"x":1,"y":2}"#))));
    assert_eq!(body("a", Some(2)).await, Some((2, json(r#"{"x":2}"#))));
    for version in [0, 4, u32::MAX] {
        assert_eq!(body("a", Some(version)).await, None);
    }
    assert_eq!(body("none", None).await, None);
    let found = store.definition("agent", "b", None).await.expect("read");
    let found = found.expect("b is there");
    assert_eq!((&*found.kind, &*found.name), ("agent", "b"));
    assert!(found.saved_at > 0);

    let listed = store.definitions("agent").await.expect("list");
    let listed: Vec<_> = listed.iter().map(|d| (&*d.name, d.version)).collect();
    assert_eq!(listed, [("a", 3), ("b", 1)]);
    let report = store.verify().await.expect("verify");
    assert_eq!((report.definitions, report.problems.len()), (5, 0));
}

/// Names and bodies of any legal size stay apart and whole; what is beyond is refused, and nothing
/// of it is there.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn definition_limits(store: &dyn Storage) {
    let long = "n".repeat(MAX_NAME_BYTES - 5);
    let names = ["a", "aa", "b", "ü~/", &long, &long[1..], "agent"];
    for (number, name) in names.into_iter().enumerate() {
        let body = Json::encode(&number).expect("a number");
        let version = store.save_definition("agent", name, body, Some(0)).await;
        assert_eq!(version.expect(name), 1);
    }
    for (number, name) in names.into_iter().enumerate() {
        let found = store.definition("agent", name, None).await.expect("read");
        assert_eq!(found.expect(name).body.as_str(), number.to_string());
    }
    let mut sorted = names;
    sorted.sort_unstable();
    let listed = store.definitions("agent").await.expect("list");
    let listed: Vec<_> = listed.iter().map(|d| &*d.name).collect();
    assert_eq!(listed, sorted);

    let text = |size: usize| json(&format!("\"{}\"", "x".repeat(size - 2)));
    for (version, size) in (1..).zip([1024 * 1024, 5_000, 4_096, 128 * 1024]) {
        let saved = store.save_definition("big", "one", text(size), None).await;
        assert_eq!(saved.expect("a large body"), version);
        let found = store.definition("big", "one", Some(version)).await;
        let found = found.expect("read").expect("there");
        assert_eq!(found.body.len(), size);
    }

    let huge = store.save_definition("big", "two", text(MAX_VALUE_BYTES + 1), None);
    let huge = huge.await;
    assert!(matches!(huge, Err(StoreError::TooLarge { .. })), "{huge:?}");
    let name = "n".repeat(MAX_NAME_BYTES);
    let named = store.save_definition("big", &name, json("1"), None).await;
    assert!(
        matches!(named, Err(StoreError::TooLarge { .. })),
        "{named:?}"
    );
    for (kind, name) in [("", "a"), ("a", ""), ("a", "b\n"), ("\u{0}", "b")] {
        let named = store.save_definition(kind, name, json("1"), None).await;
        assert!(
            matches!(named, Err(StoreError::InvalidName { .. })),
            "{named:?}"
        );
    }
    let listed = store.definitions("big").await.expect("list");
    assert_eq!(listed.len(), 1);
    let report = store.verify().await.expect("verify");
    assert_eq!((report.definitions, report.problems.len()), (11, 0));
}

/// Of many who save at once, each gets a version of its own, and exactly one of those who expect
/// the same newest version.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn concurrent_definitions(store: &dyn Storage) {
    let all = (0..20).map(|number| {
        let body = Json::encode(&number).expect("a number");
        store.save_definition("agent", "a", body, None)
    });
    let all = futures_util::future::join_all(all).await;
    let mut versions: Vec<_> = all.into_iter().map(|saved| saved.expect("save")).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=20).collect::<Vec<_>>());

    let rivals = (100..110).map(|number| {
        let body = Json::encode(&number).expect("a number");
        store.save_definition("agent", "a", body, Some(20))
    });
    let rivals = futures_util::future::join_all(rivals).await;
    let won = rivals.iter().filter(|saved| matches!(saved, Ok(21)));
    assert_eq!(won.count(), 1, "{rivals:?}");
    let lost = rivals.iter().filter(|saved| {
        matches!(
            saved,
            Err(StoreError::DefinitionConflict { newest: 21, .. })
        )
    });
    assert_eq!(lost.count(), 9, "{rivals:?}");
}
