//! What of a run may have run.

use std::collections::HashSet;

use agno_storage::{Entry, EntryKind, Json, RunId, Source, canonical};
use serde::Deserialize;

use super::{
    super::path::{self, base_of, list, name_of},
    conflict,
};
use crate::{
    error::{Error, code},
    schema::printable,
};

/// Something that was begun and whose end is not known.
pub(super) enum Uncertain<'j> {
    /// A step: it has failed so, or its process ended while it ran.
    Step {
        path: &'j str,
        failed: Option<&'j Entry>,
        begun: Option<&'j Entry>,
    },
    /// A tool of an agent in a step.
    Tool(Effect<'j>),
}

/// A tool call that must not be made twice.
pub(super) struct Effect<'j> {
    /// The step that it was made in.
    pub(super) step: &'j str,
    /// Where its end would be recorded: `STEP!once.PART.TOOL.HASH.COUNT`.
    pub(super) path: &'j str,
    /// The part of the step: `writer#0`.
    part: &'j str,
    pub(super) tool: &'j str,
    /// Of its arguments.
    hash: &'j str,
}

impl<'j> Effect<'j> {
    fn of(begun: &'j Entry) -> Option<Self> {
        let path = begun.path.strip_suffix("!begun")?;
        let (step, rest) = path.split_once("!once.")?;
        let mut parts = rest.rsplitn(4, '.').skip(1);
        let (hash, tool, part) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            step,
            path,
            part,
            tool,
            hash,
        })
    }

    /// Names it within its run.
    fn name(&self) -> String {
        format!("{}/{}", self.step, self.tool)
    }

    fn full_name(&self) -> String {
        self.path.replacen("!once.", "/", 1)
    }

    /// Where what came of the call is recorded for the attempt: the model wanted it in its last
    /// turn, and nothing is recorded of it.
    pub(super) fn call(&self, journal: &[Entry]) -> Option<String> {
        #[derive(Deserialize)]
        struct Reply {
            message: Message,
        }
        #[derive(Deserialize)]
        struct Message {
            tool_calls: Vec<Call>,
        }
        #[derive(Deserialize)]
        struct Call {
            name: String,
            arguments: String,
        }
        let active = || journal.iter().filter(|entry| !entry.superseded);
        let mut turns = active().filter(|entry| {
            let memo = entry.path.strip_prefix(self.step);
            let memo = memo.and_then(|rest| rest.strip_prefix('!'));
            let turn = memo.and_then(|memo| {
                let (attempt, memo) = memo.split_once('.')?;
                let turn = memo.strip_prefix(self.part)?.strip_prefix(".turn.")?;
                (is_number(attempt) && is_number(turn)).then_some(())
            });
            turn.is_some()
        });
        let last = turns.next_back()?;
        let reply: Reply = last.output.as_ref()?.decode().ok()?;
        let places = reply
            .message
            .tool_calls
            .iter()
            .enumerate()
            .filter(|(_, call)| call.name == self.tool && hash(&call.arguments) == self.hash)
            .map(|(index, _)| format!("{}.tool.{index}", last.path));
        let mut open = places.filter(|place| active().all(|entry| *entry.path != **place));
        open.next()
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// As an agent names its calls: by their arguments in canonical form.
fn hash(arguments: &str) -> String {
    let json = Json::parse(arguments);
    let text = json.map_or_else(|_| arguments.to_owned(), |json| canonical(&json));
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

impl Uncertain<'_> {
    fn step(&self) -> &str {
        match self {
            Self::Step { path, .. } => path,
            Self::Tool(effect) => effect.step,
        }
    }
}

/// Everything of a run that may have run, steps first.
fn uncertain(journal: &[Entry]) -> Vec<Uncertain<'_>> {
    let active = || journal.iter().filter(|entry| !entry.superseded);
    let known: HashSet<&str> = active().map(|entry| &*entry.path).collect();
    let started = || active().filter(|entry| entry.kind == EntryKind::Started);
    let failed = |step: &str| active().find(|entry| *entry.path == *step);
    let may_have_run = |entry: &Entry| {
        let code = entry.error.as_ref().map(|error| &*error.code);
        code == Some(code::MAY_HAVE_RUN) && entry.source != Source::Skipped
    };
    let mut found: Vec<Uncertain<'_>> = started()
        .filter(|begun| failed(base_of(&begun.path)).is_none_or(may_have_run))
        .map(|begun| Uncertain::Step {
            path: base_of(&begun.path),
            failed: failed(base_of(&begun.path)),
            begun: Some(begun),
        })
        .collect();
    // Who must not run twice as a whole is settled as a whole.
    let whole: HashSet<String> = found.iter().map(|u| u.step().to_owned()).collect();
    let effects = active()
        .filter(|entry| entry.kind == EntryKind::Memo)
        .filter_map(Effect::of)
        .filter(|effect| !known.contains(effect.path) && !whole.contains(effect.step))
        .filter(|effect| failed(effect.step).is_none_or(may_have_run));
    let effects: Vec<_> = effects.map(Uncertain::Tool).collect();
    let tools: HashSet<String> = effects.iter().map(|u| u.step().to_owned()).collect();
    let others = active()
        .filter(|entry| path::is_operation(entry) && may_have_run(entry))
        .filter(|entry| !whole.contains(&*entry.path) && !tools.contains(&*entry.path));
    found.extend(others.map(|entry| Uncertain::Step {
        path: &entry.path,
        failed: Some(entry),
        begun: None,
    }));
    found.extend(effects);
    found
}

/// The one that is meant.
pub(super) fn choose<'j>(
    journal: &'j [Entry],
    named: &str,
    run: &RunId,
) -> Result<Uncertain<'j>, Error> {
    let all = uncertain(journal);
    let names: Vec<String> = all
        .iter()
        .map(|uncertain| match uncertain {
            Uncertain::Step { path, .. } => (*path).to_owned(),
            Uncertain::Tool(effect) => {
                let same = |other: &&Uncertain<'_>| {
                    matches!(other, Uncertain::Tool(other) if other.name() == effect.name())
                };
                match all.iter().filter(same).count() {
                    1 => effect.name(),
                    _ => effect.full_name(),
                }
            }
        })
        .collect();
    let is_meant = |uncertain: &Uncertain<'_>| {
        let step = uncertain.step();
        let is_step = named == step || named == name_of(step);
        match uncertain {
            Uncertain::Step { .. } => is_step,
            Uncertain::Tool(effect) => {
                is_step
                    || named == effect.name()
                    || named == format!("{}/{}", name_of(step), effect.tool)
                    || named == effect.full_name()
                    || named == effect.path
            }
        }
    };
    let meant: Vec<bool> = all.iter().map(is_meant).collect();
    let several = || {
        let names = names.iter().zip(&meant).filter(|(_, meant)| **meant);
        list(names.map(|(name, _)| name.as_str()))
    };
    match meant.iter().filter(|meant| **meant).count() {
        1 => {
            let mut found = all.into_iter().zip(meant).filter(|(_, meant)| *meant);
            let (found, _) = found.next().ok_or_else(|| conflict(String::new()))?;
            Ok(found)
        }
        0 if all.is_empty() => Err(conflict(format!(
            "nothing of run `{run}` may have run without being recorded: there is nothing to resolve"
        ))),
        0 => Err(conflict(format!(
            "what came of `{}` is known, or it was not begun. What may have run: {}",
            printable(named, 60),
            list(names.iter().map(String::as_str))
        ))),
        _ => Err(conflict(format!(
            "several are meant by `{}`: name one of {}",
            printable(named, 60),
            several()
        ))),
    }
}
