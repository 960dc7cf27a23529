//! Which operations were asked for at once, so that none of them depends on another.
//!
//! The branches of a `parallel` or `race` stand right before it in its scope, and the items of a
//! `map` below it. Where that cannot be read, because a branch has recorded nothing, operations
//! count as depending on each other: they run again for nothing, and never go unseen.

use std::collections::{BTreeMap, HashMap};

use agno_storage::{Entry, EntryKind};
use serde::Deserialize;

use super::super::path::{around, base_of};

/// The branches of the containers of a run.
pub(super) struct Branches<'j> {
    /// For each branch, the outermost container that it belongs to.
    containers: HashMap<&'j str, &'j str>,
}

/// The operations of one scope, by position.
type Scope<'j> = BTreeMap<u32, &'j Entry>;

/// What a container writes down.
#[derive(Deserialize)]
struct Size {
    kind: String,
    count: usize,
}

fn scope_of(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..=at])
}

/// How many branches a container has before it in its scope.
fn branches_before(entry: &Entry) -> Option<usize> {
    let size: Size = entry.output.as_ref()?.decode().ok()?;
    let counts = entry.kind == EntryKind::Container && size.kind != "map";
    counts.then_some(size.count)
}

impl<'j> Branches<'j> {
    pub(super) fn new(operations: impl Iterator<Item = &'j Entry>) -> Self {
        let mut scopes: HashMap<&str, Scope<'j>> = HashMap::new();
        for entry in operations {
            let scope = scopes.entry(scope_of(&entry.path)).or_default();
            scope.insert(entry.position, entry);
        }
        let mut containers = HashMap::new();
        for scope in scopes.values() {
            // From the end: an outer container stands after those in it.
            let mut limit = u32::MAX;
            for (position, container) in scope.iter().rev() {
                if *position > limit || branches_before(container).is_none() {
                    continue;
                }
                let mut branches = Vec::new();
                if let Some(first) = take(scope, *position, &mut branches) {
                    limit = first;
                    containers.extend(branches.into_iter().map(|path| (path, &*container.path)));
                }
            }
        }
        Self { containers }
    }

    /// Whether two operations are in branches that were asked for at once.
    pub(super) fn apart(&self, one: &str, other: &str) -> bool {
        let (one, other) = (base_of(one), base_of(other));
        if in_another_item(one, other) {
            return true;
        }
        let tops = || around(one).chain([one]);
        tops().any(|top| {
            let Some(container) = self.containers.get(top) else {
                return false;
            };
            let mut others = around(other).chain([other]);
            others.any(|other| {
                other != top
                    && scope_of(other) == scope_of(top)
                    && self.containers.get(other) == Some(container)
            })
        })
    }
}

/// Collects the branches of the container at a position, those of containers among them included.
/// Answers the position of the first.
fn take<'j>(scope: &Scope<'j>, container: u32, branches: &mut Vec<&'j str>) -> Option<u32> {
    let mut next = container;
    for _ in 0..branches_before(scope.get(&container)?)? {
        let branch = loop {
            next = next.checked_sub(1)?;
            let entry = *scope.get(&next)?;
            if !matches!(entry.kind, EntryKind::Value | EntryKind::Marker) {
                break entry;
            }
        };
        match branches_before(branch) {
            Some(_) => next = take(scope, next, branches)?,
            None => branches.push(&branch.path),
        }
    }
    Some(next)
}

/// Whether two paths lie in different items of one `map`.
fn in_another_item(one: &str, other: &str) -> bool {
    one.match_indices('[').any(|(at, _)| {
        let item = |path: &str| {
            let end = path.get(at..)?.find(']')?;
            path.get(at..at + end).map(str::to_owned)
        };
        let map = Some(&one[..=at]);
        other.get(..=at) == map && item(one) != item(other)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use agno_storage::Json;

    use super::*;

    fn entry(path: &str, position: u32, size: Option<(&str, u32)>) -> Entry {
        let kind = match (size, path.starts_with("now")) {
            (Some(_), _) => EntryKind::Container,
            (None, true) => EntryKind::Value,
            (None, false) => EntryKind::Step,
        };
        let output = size.map(|(kind, count)| serde_json::json!({"kind": kind, "count": count}));
        Entry {
            output: output.and_then(|size| Json::encode(&size).ok()),
            ..Entry::new(kind, Arc::from(path), position)
        }
    }

    #[test]
    fn branches_stand_before_their_container() {
        // one; parallel((parallel((a, b)), map(..), c)); last
        let journal = [
            entry("one#0", 0, None),
            entry("a#0", 1, None),
            entry("now#0", 2, None),
            entry("b#0", 3, None),
            entry("parallel#0", 4, Some(("parallel", 2))),
            entry("map#0", 5, Some(("map", 9))),
            entry("map#0[4]/c#0", 0, None),
            entry("c#0", 6, None),
            entry("parallel#1", 7, Some(("parallel", 3))),
            entry("last#0", 8, None),
        ];
        let branches = Branches::new(journal.iter());
        for (one, other) in [
            ("a#0", "b#0"),
            ("a#0", "c#0"),
            ("b#0", "map#0[4]/c#0"),
            ("map#0[3]/x#0", "map#0[4]/c#0"),
            ("map#0[4]/c#0", "c#0"),
        ] {
            assert!(branches.apart(one, other), "{one} {other}");
            assert!(branches.apart(other, one), "{other} {one}");
        }
        for (one, other) in [
            ("one#0", "a#0"),
            ("last#0", "c#0"),
            ("parallel#0", "a#0"),
            ("map#0[4]/c#0", "map#0[4]/d#0"),
            ("map#0", "map#0[4]/c#0"),
        ] {
            assert!(!branches.apart(one, other), "{one} {other}");
        }
    }

    #[test]
    fn with_a_branch_missing_nothing_is_apart() {
        let journal = [
            entry("one#0", 0, None),
            entry("a#0", 1, None),
            entry("parallel#0", 3, Some(("parallel", 2))),
        ];
        assert!(!Branches::new(journal.iter()).apart("one#0", "a#0"));
    }
}
