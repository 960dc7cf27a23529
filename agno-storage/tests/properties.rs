//! Merging and encoding, for any input.

use std::collections::BTreeMap;

use agno_storage::{
    Answer, CacheEntry, Decision, Entry, EntryKind, Event, EventKind, FieldChange, FieldValue,
    Json, KeyChange, Operation, RecordedError, Request, RequestKind, RunId, SessionFields, Source,
    StateDelta,
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::Value;

const KINDS: [EntryKind; 12] = [
    EntryKind::Step,
    EntryKind::Subflow,
    EntryKind::Container,
    EntryKind::Timer,
    EntryKind::Workflow,
    EntryKind::Request,
    EntryKind::Answer,
    EntryKind::Override,
    EntryKind::Value,
    EntryKind::Started,
    EntryKind::Memo,
    EntryKind::Marker,
];

const REQUESTS: [RequestKind; 7] = [
    RequestKind::Confirm,
    RequestKind::Input,
    RequestKind::Choice,
    RequestKind::Choices,
    RequestKind::Review,
    RequestKind::Failure,
    RequestKind::Tool,
];

const DECISIONS: [Decision; 8] = [
    Decision::Approve,
    Decision::Reject,
    Decision::Value,
    Decision::Redo,
    Decision::Retry,
    Decision::Skip,
    Decision::Fail,
    Decision::Expired,
];

fn json(value: impl serde::Serialize) -> Json {
    Json::encode(&value).expect("JSON")
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no others", |f| f.is_finite())
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((any::<String>(), inner), 0..6).prop_map(|pairs| pairs.into_iter().collect()),
        ]
    })
}

fn change(field: &str, writer: usize, operation: Operation) -> FieldChange {
    FieldChange {
        field: field.into(),
        by: format!("run-{writer}").into(),
        initial: None,
        operation,
    }
}

fn apply(fields: &mut SessionFields, delta: &StateDelta) {
    let changed = delta.merged(fields).expect("these merge");
    fields.extend(changed);
}

fn value_of(fields: &SessionFields, field: &str) -> Value {
    fields
        .get(field)
        .map_or(Value::Null, |field| field.value.to_value())
}

/// What a writer does in one step: a number, which is new to each writer, and an amount.
type Step = (usize, i32);

/// The order in which steps of several writers arrive, each writer's in its own order.
fn interleaved() -> impl Strategy<Value = Vec<Step>> {
    vec((0..5_usize, any::<i32>()), 0..40)
}

proptest! {
    #[test]
    fn no_order_of_writers_loses_a_change(steps in interleaved()) {
        let mut fields = SessionFields::new();
        let mut own = BTreeMap::<usize, Vec<i64>>::new();
        for (order, (writer, amount)) in steps.iter().enumerate() {
            let unique = json(order);
            let union = Operation::Union { items: vec![unique.clone(), json(0)], keys: Vec::new() };
            let key = KeyChange {
                key: format!("{writer}/{order}"),
                expected: None,
                value: Some(json(amount)),
            };
            let keys = Operation::Union { items: Vec::new(), keys: vec![key] };
            own.entry(*writer).or_default().push(order as i64);
            apply(&mut fields, &StateDelta { changes: vec![
                change("list", *writer, Operation::Append { items: vec![json(writer), unique] }),
                change("set", *writer, union),
                change("map", *writer, keys),
                change("sum", *writer, Operation::Sum { by: json(amount) }),
                change("max", *writer, Operation::Max { value: json(amount) }),
                change("min", *writer, Operation::Min { value: json(amount) }),
                change("last", *writer, Operation::Replace { value: json(amount) }),
                change(&format!("own-{writer}"), *writer, Operation::Append { items: vec![json(order)] }),
            ]});
        }
        if steps.is_empty() {
            prop_assert!(fields.is_empty());
            return Ok(());
        }
        let amounts = || steps.iter().map(|(_, amount)| i64::from(*amount));
        let list: Vec<Value> = steps.iter().enumerate()
            .flat_map(|(order, (writer, _))| [Value::from(*writer), Value::from(order)])
            .collect();
        prop_assert_eq!(value_of(&fields, "list"), Value::from(list));
        let mut set = value_of(&fields, "set").as_array().cloned().unwrap_or_default();
        set.sort_by_key(Value::as_u64);
        prop_assert_eq!(set, (0..steps.len()).map(Value::from).collect::<Vec<_>>());
        let map = value_of(&fields, "map");
        prop_assert_eq!(map.as_object().map(|map| map.len()), Some(steps.len()));
        for (order, (writer, amount)) in steps.iter().enumerate() {
            prop_assert_eq!(&map[format!("{writer}/{order}")], &Value::from(*amount));
        }
        prop_assert_eq!(value_of(&fields, "sum"), Value::from(amounts().sum::<i64>()));
        prop_assert_eq!(value_of(&fields, "max"), amounts().max().map(Value::from).unwrap_or_default());
        prop_assert_eq!(value_of(&fields, "min"), amounts().min().map(Value::from).unwrap_or_default());
        prop_assert_eq!(value_of(&fields, "last"), amounts().next_back().map(Value::from).unwrap_or_default());
        for (writer, orders) in own {
            prop_assert_eq!(value_of(&fields, &format!("own-{writer}")), Value::from(orders));
        }
    }

    /// Sums, unions, largest and smallest are the same in any order.
    #[test]
    fn order_does_not_matter_where_it_should_not(
        steps in vec(any::<i32>(), 1..20),
        keys in vec(any::<u32>(), 20),
    ) {
        let result = |steps: &[i32]| {
            let mut fields = SessionFields::new();
            for step in steps {
                apply(&mut fields, &StateDelta { changes: vec![
                    change("sum", 0, Operation::Sum { by: json(step) }),
                    change("max", 0, Operation::Max { value: json(step) }),
                    change("min", 0, Operation::Min { value: json(step) }),
                    change("set", 0, Operation::Union { items: vec![json(step)], keys: Vec::new() }),
                ]});
            }
            let mut set = value_of(&fields, "set").as_array().cloned().unwrap_or_default();
            set.sort_by_key(Value::as_i64);
            (value_of(&fields, "sum"), value_of(&fields, "max"), value_of(&fields, "min"), set)
        };
        let mut shuffled: Vec<_> = steps.iter().copied().zip(keys).collect();
        shuffled.sort_by_key(|(_, key)| *key);
        let shuffled: Vec<_> = shuffled.into_iter().map(|(step, _)| step).collect();
        prop_assert_eq!(result(&steps), result(&shuffled));
    }

    /// A refused delta tells why and changes nothing; one that merges changes its fields only.
    #[test]
    fn a_delta_merges_whole_or_not(
        before in vec((0..4_u8, any_json()), 0..4),
        operations in vec((0..4_u8, 0..6_u8, any_json()), 1..6),
    ) {
        let fields: SessionFields = before.iter().map(|(field, value)| {
            let value = FieldValue { value: json(value), by: "before".into() };
            (format!("f{field}").into(), value)
        }).collect();
        let untouched = fields.clone();
        let changes = operations.iter().map(|(field, kind, value)| {
            let value = json(value);
            let operation = match kind {
                0 => Operation::Replace { value },
                1 => Operation::Append { items: vec![value] },
                2 => Operation::Union { items: vec![value], keys: Vec::new() },
                3 => Operation::Sum { by: value },
                4 => Operation::Max { value },
                _ => Operation::Min { value },
            };
            change(&format!("f{field}"), 1, operation)
        });
        let delta = StateDelta { changes: changes.collect() };
        match delta.merged(&fields) {
            Ok(changed) => for name in changed.keys() {
                prop_assert!(delta.changes.iter().any(|change| change.field == *name));
            },
            Err(conflict) => {
                prop_assert!(delta.changes.iter().any(|change| change.field == conflict.field));
                prop_assert_eq!(&*conflict.second, "run-1");
            }
        }
        prop_assert_eq!(fields, untouched);
    }

    #[test]
    fn entries_come_back_equal(
        (path, position, kind) in (any::<String>(), any::<u32>(), 0..KINDS.len()),
        (input, output, details) in (any_json(), any_json(), any_json()),
        (message, chain) in (any::<String>(), vec(any::<String>(), 0..3)),
        numbers in any::<[u64; 4]>(),
        fraction in any::<f64>().prop_filter("JSON has no others", |f| f.is_finite()),
    ) {
        let mut entry = Entry::new(KINDS[kind], path.as_str().into(), position);
        entry.seq = numbers[0];
        entry.input = Some(json(&input));
        entry.output = Some(json(&output));
        entry.error = Some(RecordedError {
            code: "timeout".into(),
            message: message.clone(),
            chain,
            retryable: numbers[1] % 2 == 0,
            path: Some(path.as_str().into()),
            details: Some(json(&details)),
        });
        entry.source = [Source::Ran, Source::Cache, Source::Skipped, Source::Given][kind % 4];
        entry.started_at = numbers[1];
        entry.finished_at = numbers[2];
        entry.first_event = numbers[3];
        entry.superseded = position % 2 == 0;
        entry.delta = Some(StateDelta { changes: vec![change(&message, 1, Operation::Set {
            expected: None,
            value: json(&details),
        })]});
        let progress = EventKind::StepProgress {
            path: path.as_str().into(),
            message,
            fraction: Some(fraction),
        };
        entry.events = vec![Event { at: numbers[0], kind: progress }];
        let text = json(&entry);
        let read: Entry = text.decode().expect("decode");
        // The same text again: nothing is lost, floats keep every bit.
        let again = json(&read);
        prop_assert_eq!(again.as_str(), text.as_str());
        prop_assert_eq!(read.output.map(|json| json.to_value()), Some(output));
        prop_assert_eq!((read.kind, read.source), (entry.kind, entry.source));
        prop_assert_eq!(read.error, entry.error);
        prop_assert_eq!(read.delta, entry.delta);
        prop_assert_eq!(read.events, entry.events);
    }

    #[test]
    fn requests_and_answers_come_back_equal(
        (name, message, by) in (any::<String>(), any::<String>(), any::<Option<String>>()),
        (schema, value) in (option::of(any_json()), option::of(any_json())),
        (asked_at, deadline) in (any::<u64>(), any::<Option<u64>>()),
        (kind, decision) in (0..REQUESTS.len(), 0..DECISIONS.len()),
    ) {
        let run = RunId::new("run-1").expect("id");
        let request = Request {
            id: name.as_str().into(),
            run: run.clone(),
            root: run,
            workflow: name.as_str().into(),
            session: message.as_str().into(),
            user: by.as_deref().map(Into::into),
            path: name.as_str().into(),
            kind: REQUESTS[kind],
            message: message.clone(),
            schema: schema.map(json),
            value: value.clone().map(json),
            deadline,
            asked_at,
            place: None,
        };
        let read: Request = json(&request).decode().expect("decode");
        prop_assert_eq!(read, request);
        let answer = Answer {
            decision: DECISIONS[decision],
            value: value.map(json),
            feedback: by.clone(),
            by: by.map(Into::into),
            at: asked_at,
        };
        let read: Answer = json(&answer).decode().expect("decode");
        prop_assert_eq!(read, answer);
    }

    #[test]
    fn cached_results_come_back_equal(output in any_json(), at: u64, end: Option<u64>) {
        let entry = CacheEntry {
            workflow: "w".into(),
            step: "s".into(),
            run: RunId::new("run-1").expect("id"),
            output: json(&output),
            stored_at: at,
            expires_at: end,
            tags: Vec::new(),
            parts: None,
        };
        let read: CacheEntry = json(&entry).decode().expect("decode");
        prop_assert_eq!(read.output.to_value(), output);
        prop_assert_eq!((read.stored_at, read.expires_at), (at, end));
    }

    #[test]
    fn run_ids_are_checked_wherever_they_come_from(text: String) {
        let checked = RunId::new(&text);
        let decoded = json(&text).decode::<RunId>();
        prop_assert_eq!(checked.is_ok(), decoded.is_ok());
    }
}
