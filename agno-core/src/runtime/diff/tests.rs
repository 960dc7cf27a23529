//! Every difference of two journals is told.

use agno_storage::{
    FieldChange, Json, Operation, RecordedError, RunInput, RunRecord, SessionFields, StateDelta,
};
use proptest::prelude::*;

use super::*;

fn run(id: &str, journal: Vec<Entry>) -> RunDetails {
    let id = RunId::new(id).expect("legal");
    RunDetails {
        record: RunRecord::new(id, Arc::from("w"), Arc::from("s"), 0),
        input: RunInput {
            input: Json::null(),
            state: None,
        },
        output: None,
        journal,
        state: SessionFields::new(),
        is_active: false,
        held_by: None,
    }
}

fn json(text: &str) -> Option<Json> {
    Some(Json::parse(text).expect("json"))
}

/// A step, a memo beside it, and two items of a map.
fn journal() -> Vec<Entry> {
    let paths = ["a#0", "a#0!1.0.draft", "map#0[0]/b#0", "map#0[1]/b#0"];
    let entries = paths.iter().zip(1..).map(|(path, seq)| Entry {
        seq,
        input: json(r#"{"x": {"y": [1, 2, {"z": null}]}}"#),
        output: json(r#"[{"k": 1.5}, "two", null]"#),
        attempts: 1,
        started_at: 100 * seq,
        finished_at: 100 * seq + 50,
        ..Entry::new(EntryKind::Step, Arc::from(*path), 0)
    });
    entries.collect()
}

/// Changes one thing of an entry, and answers the field that has to be told.
fn edit(entry: &mut Entry, how: u32, value: &serde_json::Value) -> Option<&'static str> {
    let given = Json::encode(value).ok();
    match how {
        0 => entry.input = given,
        1 => entry.output = given,
        2 => entry.input = None,
        3 => entry.output = None,
        4 => {
            entry.error = Some(RecordedError {
                code: Arc::from("c"),
                message: value.to_string(),
                chain: Vec::new(),
                retryable: false,
                path: None,
                details: given,
            });
        }
        5 => entry.source = Source::Cache,
        6 => entry.attempts += 1,
        7 => entry.kind = EntryKind::Timer,
        8 => entry.position += 1,
        9 => {
            entry.delta = Some(StateDelta {
                changes: vec![FieldChange {
                    field: Arc::from("f"),
                    by: Arc::from("r/a#0"),
                    initial: None,
                    operation: Operation::Replace { value: given? },
                }],
            });
        }
        // When and where it happened is no difference.
        10 => entry.finished_at += 1,
        _ => entry.seq += 100,
    }
    let fields = [
        "/input",
        "/output",
        "/has_input",
        "/outcome",
        "/error",
        "/source",
        "/attempts",
        "/kind",
        "/position",
        "/state",
    ];
    fields.get(how as usize).copied()
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[a-z/~\\u{202e}]{0,4}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("[a-c/~]{1,2}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn every_edit_is_told_and_nothing_else(
        edits in prop::collection::vec((0_usize..4, 0_u32..14, value()), 0..5)
    ) {
        let old = journal();
        let mut new = journal();
        let mut told = Vec::new();
        let mut removed = Vec::new();
        for (index, how, value) in edits {
            match how {
                12 => removed.push(old[index].path.clone()),
                13 => new.push(Entry {
                    seq: 1000 + new.len() as u64,
                    ..Entry::new(EntryKind::Step, Arc::from(format!("new#{}", new.len())), 0)
                }),
                how => {
                    let before = facts(&new[index]);
                    let field = edit(&mut new[index], how, &value);
                    let same = differences(&before, &facts(&new[index])).is_empty();
                    if !same {
                        told.push((index, field));
                    }
                }
            }
        }
        let added = new.len() - old.len();
        new.retain(|entry| !removed.contains(&entry.path));
        let diff = compare(&run("l", old.clone()), &run("r", new.clone()), None);
        for operation in &diff.operations {
            let left = old.iter().find(|entry| entry.path == operation.path);
            let right = new.iter().find(|entry| entry.path == operation.path);
            let expected = match (left, right) {
                (Some(_), None) => Verdict::OnlyLeft,
                (None, Some(_)) => Verdict::OnlyRight,
                (Some(left), Some(right)) if facts(left) == facts(right) => Verdict::Same,
                _ => Verdict::Differs,
            };
            prop_assert_eq!(operation.verdict, expected, "{}", operation.path);
            prop_assert_eq!(
                operation.verdict == Verdict::Differs,
                !operation.differences.is_empty()
            );
        }
        prop_assert_eq!(diff.operations.len(), old.len() + added);
        // The last edit of a field stands, unless a later one took it back.
        for (index, field) in told {
            let path = &old[index].path;
            let (Some(field), Some(entry)) =
                (field, new.iter().find(|entry| entry.path == *path)) else { continue };
            let now = facts(entry);
            let was = facts(&old[index]);
            let of = |facts: &[(&'static str, Value)]| {
                facts.iter().find(|(name, _)| *name == &field[1..]).map(|(_, value)| value.clone())
            };
            if of(&now) != of(&was) {
                let operation = diff.operations.iter().find(|o| o.path == *path).expect("told");
                prop_assert!(
                    operation.differences.iter().any(|d| d.pointer.starts_with(field)),
                    "{field} of {path} in {:?}", operation.differences
                );
            }
        }
    }
}

#[test]
fn a_pointer_leads_to_the_place() {
    let (old, mut new) = (journal(), journal());
    new[0].input = json(r#"{"x": {"y": [1, 2, {"z": 3}]}, "a/b": 1}"#);
    let diff = compare(&run("l", old), &run("r", new), None);
    let pointers: Vec<_> = diff.operations[0]
        .differences
        .iter()
        .map(|difference| difference.pointer.as_str())
        .collect();
    assert_eq!(pointers, ["/input/a~1b", "/input/x/y/2/z"]);
    let Some(Reason::OtherInput { pointers }) = diff.operations[0].reasons.first() else {
        panic!("{:?}", diff.operations[0].reasons);
    };
    assert_eq!(pointers, &["/a~1b", "/x/y/2/z"]);
}

#[test]
fn many_differences_are_counted() {
    let (old, mut new) = (journal(), journal());
    let long: Vec<u32> = (0..100).collect();
    new[0].output = Json::encode(&long).ok();
    let diff = compare(&run("l", old), &run("r", new), None);
    let told = &diff.operations[0].differences;
    assert_eq!(told.len() + told.last().expect("told").more, 100);
    assert_eq!(told.len(), 20);
}
