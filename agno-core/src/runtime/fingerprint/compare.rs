//! What a change of a workflow means for runs that are under way.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{
    Fingerprint, StepFingerprint,
    schemas::{Reads, misfits},
    shape::{Shape, old_way},
};

/// A difference between two versions of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// What has changed: ``step `search` ``, ``flow `run` ``, `input`.
    pub what: String,
    /// Whether runs that are under way may not come through it.
    pub breaks: bool,
    /// How it has changed, and why that breaks them or does not.
    pub reason: String,
}

impl Change {
    /// The whole workflow is gone from the program.
    pub fn gone() -> Self {
        Self {
            what: "workflow".to_owned(),
            breaks: true,
            reason: "it is not part of this program: its runs cannot go on".to_owned(),
        }
    }
}

/// The differences that were found.
#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn breaks(&mut self, what: impl Into<String>, reason: impl Into<String>) {
        self.add(what.into(), true, reason.into());
    }

    fn holds(&mut self, what: impl Into<String>, reason: impl Into<String>) {
        self.add(what.into(), false, reason.into());
    }

    fn add(&mut self, what: String, breaks: bool, reason: String) {
        self.0.push(Change {
            what,
            breaks,
            reason,
        });
    }

    fn schema(&mut self, what: String, old: &Value, new: &Value, reads: Reads) {
        if old == new {
            return;
        }
        let problems = misfits(old, new, reads);
        if problems.is_empty() {
            let reason = "the type has changed, and takes everything that was recorded of it";
            return self.holds(what, reason);
        }
        for problem in problems {
            self.breaks(what.clone(), problem);
        }
    }
}

impl Fingerprint {
    /// What has changed from an `old` version to a `new` one, in the order input, output, state,
    /// steps, flows. Doc comments and limits of values are no change: what is recorded is not
    /// checked against them again.
    ///
    /// What the macro could not read of a flow cannot be compared, and counts as broken when its
    /// text has changed.
    pub fn compare(old: &Self, new: &Self) -> Vec<Change> {
        let mut changes = Changes::default();
        if old.workflow != new.workflow {
            changes.breaks(
                "name",
                format!(
                    "`{}` is called `{}` now: its runs and sessions belong to the old name",
                    old.workflow, new.workflow
                ),
            );
        }
        if old.version != new.version {
            let reason = format!(
                "from {} to {}: cached results are not taken over",
                old.version, new.version
            );
            changes.holds("version", reason);
        }
        changes.schema("input".to_owned(), &old.input, &new.input, Reads::Again);
        changes.schema("output".to_owned(), &old.output, &new.output, Reads::Again);
        state(&old.state, &new.state, &mut changes);
        steps(&old.steps, &new.steps, &mut changes);
        flows(old, new, &mut changes);
        changes.0
    }
}

fn state(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>, to: &mut Changes) {
    for (field, rule) in old {
        let what = format!("state field `{field}`");
        match new.get(field) {
            None => to.holds(what, "it is gone: what sessions hold of it stays, unseen"),
            Some(now) if now != rule => to.holds(
                what,
                format!("its merge rule was `{rule}` and is `{now}`: for changes from now on"),
            ),
            Some(_) => {}
        }
    }
    for field in new.keys().filter(|field| !old.contains_key(*field)) {
        let what = format!("state field `{field}`");
        to.holds(
            what,
            "it is new: sessions that do not have it have its default",
        );
    }
}

fn steps(
    old: &BTreeMap<String, StepFingerprint>,
    new: &BTreeMap<String, StepFingerprint>,
    to: &mut Changes,
) {
    for (name, before) in old {
        let what = format!("step `{name}`");
        let Some(now) = new.get(name) else {
            let same = |(other, step): &(&String, &StepFingerprint)| {
                !old.contains_key(*other)
                    && step.input == before.input
                    && untitled(&step.output) == untitled(&before.output)
            };
            let renamed = new.iter().find(same);
            let renamed = renamed.map_or_else(String::new, |(other, _)| {
                format!(": it seems to be called `{other}` now")
            });
            let reason = format!(
                "it is gone{renamed}. A run that has recorded it drifts: keep the name, or keep \
                 the step and call it behind `flow.patched(\"..\")`"
            );
            to.breaks(what, reason);
            continue;
        };
        to.schema(
            format!("input of {what}"),
            &before.input,
            &now.input,
            Reads::Compared,
        );
        to.schema(
            format!("output of {what}"),
            &untitled(&before.output),
            &untitled(&now.output),
            Reads::Again,
        );
        options(&what, before, now, to);
    }
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        to.holds(
            format!("step `{name}`"),
            "it is new: no run has recorded it",
        );
    }
}

fn options(what: &str, old: &StepFingerprint, new: &StepFingerprint, to: &mut Changes) {
    let mut option = |name: &str, old: String, new: String, reason: &str| {
        if old != new {
            to.holds(what, format!("its {name} was {old} and is {new}: {reason}"));
        }
    };
    let (version, cached) = (
        "results cached by the other version are not taken",
        "what is recorded is taken from the journal",
    );
    option(
        "version",
        old.version.to_string(),
        new.version.to_string(),
        version,
    );
    option("`cache`", on(old.cached), on(new.cached), cached);
    let later = "for calls that are not recorded yet";
    option(
        "`at_most_once`",
        on(old.at_most_once),
        on(new.at_most_once),
        later,
    );
    option("`confirm`", on(old.confirmed), on(new.confirmed), later);
    let word = |on_error| format!("{on_error:?}").to_lowercase();
    option("`on_error`", word(old.on_error), word(new.on_error), later);
}

fn on(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

/// The title of an output names the step.
fn untitled(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("title");
    }
    schema
}

fn flows(old: &Fingerprint, new: &Fingerprint, to: &mut Changes) {
    for (name, before) in &old.flows {
        let what = format!("flow `{name}`");
        let is_entry = *name == old.entry;
        let found = match is_entry {
            // The entry is called by nobody: its name may change.
            true => new.flows.get(&new.entry),
            false => new.flows.get(name),
        };
        let Some(now) = found else {
            to.breaks(what, "it is gone: a run that has called it drifts");
            continue;
        };
        let mut patches = Vec::new();
        let now = old_way(now, before, &mut patches);
        for patch in patches {
            let reason = format!("the patch `{patch}` is new: runs under way keep to the old way");
            to.holds(what.clone(), reason);
        }
        if let Some((breaks, reason)) = first_difference(before, &now, is_entry) {
            to.add(what, breaks, reason);
        }
    }
    let is_new = |name: &&String| !old.flows.contains_key(*name) && **name != new.entry;
    for name in new.flows.keys().filter(is_new) {
        to.holds(format!("flow `{name}`"), "it is new: no run has called it");
    }
}

/// Where two flows part, whether that breaks runs, and why. At the end of the outermost one
/// something may be added: a run that has come so far is over.
fn first_difference(old: &[Shape], new: &[Shape], may_grow: bool) -> Option<(bool, String)> {
    let guard = "A run that has come past this place drifts: put the old order back, or guard the \
                 change with `flow.patched(\"..\")`";
    for (place, before) in old.iter().enumerate() {
        let Some(now) = new.get(place) else {
            let reason = format!("the {} is not called any more. {guard}", before.in_words());
            return Some((true, reason));
        };
        let inner = match (before, now) {
            (Shape::Loop { head: a, body: x }, Shape::Loop { head: b, body: y }) if a == b => {
                first_difference(x, y, false)
            }
            (Shape::Branch { on: a, ways: x }, Shape::Branch { on: b, ways: y }) if a == b => {
                match ways_differ(x, y) {
                    Some(found) => Some(found),
                    None => continue,
                }
            }
            (
                Shape::Together {
                    what: a,
                    branches: x,
                },
                Shape::Together {
                    what: b,
                    branches: y,
                },
            ) if a == b && x.len() == y.len() => {
                let mut pairs = x.iter().zip(y);
                pairs.find_map(|(x, y)| first_difference(x, y, false))
            }
            (before, now) if before == now => None,
            (before, now) => {
                let (was, is) = (before.in_words(), now.in_words());
                Some((
                    true,
                    format!("where the {was} was is the {is} now. {guard}"),
                ))
            }
        };
        if inner.is_some() {
            return inner;
        }
    }
    let added = new.get(old.len())?;
    let added = added.in_words();
    Some(match may_grow {
        true => {
            let reason = format!("the {added} is new, behind all that runs have recorded");
            (false, reason)
        }
        false => (
            true,
            format!("the {added} is new, ahead of what runs may have recorded. {guard}"),
        ),
    })
}

/// Where the ways of a branch part. A way that is new is one that no run has taken.
fn ways_differ(
    old: &[(String, Vec<Shape>)],
    new: &[(String, Vec<Shape>)],
) -> Option<(bool, String)> {
    let gone = old
        .iter()
        .find(|(pattern, _)| new.iter().all(|(other, _)| other != pattern));
    if let Some((pattern, _)) = gone {
        let reason = format!("the arm `{pattern}` is gone: a run that has taken it drifts");
        return Some((true, reason));
    }
    old.iter().find_map(|(pattern, body)| {
        let (_, now) = new.iter().find(|(other, _)| other == pattern)?;
        first_difference(body, now, false)
    })
}
