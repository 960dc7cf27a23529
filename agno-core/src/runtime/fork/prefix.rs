//! What a fork takes over: the entries of a journal that do not depend on what is made anew.
//!
//! Taken over is what a crash ahead of the first operation that runs again would have left. The
//! replay then finds nothing out of order: it has seen such a journal before.

use std::{collections::HashSet, sync::Arc};

use agno_storage::{Entry, EntryKind, Json, Source};

use super::{
    super::path::{base_of, is_operation},
    branches::Branches,
};
use crate::error::{Error, code};

/// A step whose recorded output is replaced.
pub(super) struct Given<'j> {
    pub(super) step: &'j Entry,
    pub(super) output: Json,
}

/// Where a journal is cut.
pub(super) struct Cut<'j> {
    /// From here on everything runs again.
    pub(super) from: Option<&'j Entry>,
    pub(super) given: Vec<Given<'j>>,
    /// The step at `from` gets another input.
    pub(super) other_input: bool,
}

/// What is taken over, in the order of the journal.
pub(super) struct Prefix {
    pub(super) entries: Vec<Entry>,
    /// The first operation that is not.
    pub(super) at: Arc<str>,
}

impl Cut<'_> {
    /// Chooses what is taken over.
    ///
    /// # Errors
    ///
    /// When a step that is set would run again.
    pub(super) fn prefix(&self, journal: &[Entry]) -> Result<Prefix, Error> {
        let operations = || journal.iter().filter(|entry| is_operation(entry));
        let branches = Branches::new(operations());
        self.check(&branches)?;
        let counts = |entry: &&Entry| !entry.superseded && !entry.path.starts_with('@');
        let mut kept: Vec<&Entry> = journal
            .iter()
            .filter(counts)
            .filter(|entry| self.keeps(entry, &branches))
            .collect();
        drop_unfinished(&mut kept, |note| self.belongs(note));

        let taken: HashSet<&str> = kept.iter().map(|entry| &*entry.path).collect();
        let mut dropped = operations().filter(|entry| !taken.contains(&*entry.path));
        let first = dropped.next().or(self.from);
        let first = first.or_else(|| Some(self.given.first()?.step));
        let at = first.map_or_else(|| Arc::from(""), |entry| entry.path.clone());
        let entries = kept.into_iter().map(|entry| self.copy(entry)).collect();
        Ok(Prefix { entries, at })
    }

    fn check(&self, branches: &Branches<'_>) -> Result<(), Error> {
        for given in &self.given {
            let path = &given.step.path;
            let again = match self.from {
                Some(from) if from.path == *path => Some(format!(
                    "`{path}` is set and run again at once: do one of the two"
                )),
                Some(from) if from.seq < given.step.seq => Some(format!(
                    "`{path}` cannot be set: it came after `{}`, from where on everything runs \
                     again. Set what came before, or fork from a later step",
                    from.path
                )),
                _ => None,
            };
            let earlier = || {
                let mut others = self.given.iter().map(|given| given.step);
                others.find(|other| depends(given.step, other, branches))
            };
            let problem = again.or_else(|| {
                earlier().map(|other| {
                    format!(
                        "`{path}` cannot be set: it came after `{}`, which is set as well, and \
                         runs again with what that answers now. Set one of them",
                        other.path
                    )
                })
            });
            if let Some(problem) = problem {
                return Err(Error::new(code::INVALID_INPUT, problem).permanent());
            }
        }
        Ok(())
    }

    fn keeps(&self, entry: &Entry, branches: &Branches<'_>) -> bool {
        if self.from.is_some_and(|from| entry.seq >= from.seq) {
            return false;
        }
        let base = base_of(&entry.path);
        if let Some(given) = self.given.iter().find(|given| *given.step.path == *base) {
            // What was noted beside it is about the work that it did, save its input.
            return entry.path == given.step.path || entry.kind == EntryKind::Override;
        }
        let mut given = self.given.iter().map(|given| given.step);
        !given.any(|step| depends(entry, step, branches))
    }

    /// Whether a note stays beside an operation that is not taken over: the answer of a person
    /// about what that is called with, and such an input itself.
    fn belongs(&self, note: &Entry) -> bool {
        let base = base_of(&note.path);
        if self.other_input && self.from.is_some_and(|from| *from.path == *base) {
            return false;
        }
        let beside = &note.path[base.len()..];
        // What was asked in the course of its work, and after that had failed, was about that work.
        let in_attempt = beside.starts_with("!once.")
            || beside.starts_with("!pause.")
            || beside[1..].starts_with(|first: char| first.is_ascii_digit());
        let stays = matches!(
            note.kind,
            EntryKind::Request | EntryKind::Answer | EntryKind::Override
        );
        // The mark of a patch stands beside nothing: the flow goes on the way it took.
        (stays && !in_attempt) || note.kind == EntryKind::Value
    }

    fn copy(&self, entry: &Entry) -> Entry {
        let mut copy = entry.clone();
        copy.seq = 0;
        copy.first_event = 0;
        copy.events = Vec::new();
        let mut given = self.given.iter();
        if let Some(given) = given.find(|given| given.step.path == entry.path) {
            copy.output = Some(given.output.clone());
            copy.error = None;
            copy.source = Source::Given;
        }
        copy
    }
}

/// Whether an entry may depend on what a step answered: it came later, and not in another branch.
fn depends(entry: &Entry, step: &Entry, branches: &Branches<'_>) -> bool {
    entry.seq > step.seq && !branches.apart(&entry.path, &step.path)
}

/// Takes out what had begun and was not over, with the notes beside it.
fn drop_unfinished(kept: &mut Vec<&Entry>, belongs: impl Fn(&Entry) -> bool) {
    let paths: HashSet<Arc<str>> = kept.iter().map(|entry| entry.path.clone()).collect();
    let has = |path: String| paths.contains(path.as_str());
    let is_over = |entry: &Entry| match entry.kind {
        EntryKind::Request => has(format!("{}!answer", entry.path)),
        EntryKind::Workflow if !entry.path.contains('!') => has(format!("{}!result", entry.path)),
        _ => true,
    };
    kept.retain(|entry| is_over(entry));
    let operations: HashSet<Arc<str>> = kept
        .iter()
        .filter(|entry| is_operation(entry))
        .map(|entry| entry.path.clone())
        .collect();
    kept.retain(|entry| {
        is_operation(entry) || operations.contains(base_of(&entry.path)) || belongs(entry)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(path: &str, seq: u64, position: u32) -> Entry {
        Entry {
            seq,
            output: Some(Json::null()),
            ..Entry::new(EntryKind::Step, Arc::from(path), position)
        }
    }

    fn kept(journal: &[Entry], from: Option<&str>, given: &[&str]) -> Result<Vec<String>, Error> {
        let find = |path: &str| journal.iter().find(|entry| *entry.path == *path);
        let cut = Cut {
            from: from.and_then(find),
            given: given
                .iter()
                .filter_map(|path| find(path))
                .map(|step| Given {
                    step,
                    output: Json::null(),
                })
                .collect(),
            other_input: false,
        };
        let prefix = cut.prefix(journal)?;
        Ok(prefix.entries.iter().map(|e| e.path.to_string()).collect())
    }

    #[test]
    fn what_is_set_decides_what_runs_again() {
        let parallel = Entry {
            output: Json::parse(r#"{"kind":"parallel","count":2}"#).ok(),
            ..Entry::new(EntryKind::Container, Arc::from("parallel#0"), 2)
        };
        let journal = [
            Entry { seq: 1, ..parallel },
            step("b#0", 2, 1),
            step("a#0", 3, 0),
            step("c#0", 4, 3),
        ];
        assert_eq!(
            kept(&journal, None, &["b#0"]).expect("cut"),
            ["parallel#0", "b#0", "a#0"],
            "the other branch has not seen it"
        );
        assert_eq!(
            kept(&journal, None, &["a#0", "b#0"]).expect("cut"),
            ["parallel#0", "b#0", "a#0"]
        );
        let error = kept(&journal, None, &["a#0", "c#0"]).expect_err("c came after a");
        assert!(error.message().contains("`a#0`, which is set as well"));
        let error = kept(&journal, Some("b#0"), &["c#0"]).expect_err("c runs again");
        assert!(error.message().contains("came after `b#0`"));
    }

    #[test]
    fn items_of_a_map_do_not_see_each_other() {
        let map = Entry {
            seq: 1,
            ..Entry::new(EntryKind::Container, Arc::from("map#0"), 0)
        };
        let journal = [
            map,
            step("map#0[0]/read#0", 2, 0),
            step("map#0[0]/tag#0", 3, 1),
            step("map#0[1]/read#0", 4, 0),
        ];
        assert_eq!(
            kept(&journal, None, &["map#0[0]/read#0"]).expect("cut"),
            ["map#0", "map#0[0]/read#0", "map#0[1]/read#0"]
        );
    }

    #[test]
    fn notes_stay_with_what_is_finished() {
        let note = |kind, path: &str, seq| Entry {
            seq,
            ..Entry::new(kind, Arc::from(path), 0)
        };
        let journal = [
            note(EntryKind::Started, "pay#0!begun", 1),
            step("pay#0", 2, 0),
            note(EntryKind::Request, "post#0!confirm", 3),
            note(EntryKind::Answer, "post#0!confirm!answer", 4),
            note(EntryKind::Request, "ask#0", 5),
            note(EntryKind::Request, "post#0!pause.1", 5),
            note(EntryKind::Answer, "post#0!pause.1!answer", 5),
            note(EntryKind::Memo, "post#0!1.0.draft", 6),
            note(EntryKind::Memo, "post#0!once.a#0.tool.x.0!begun", 7),
            step("post#0", 8, 2),
        ];
        assert_eq!(
            kept(&journal, Some("post#0"), &[]).expect("cut"),
            [
                "pay#0!begun",
                "pay#0",
                "post#0!confirm",
                "post#0!confirm!answer"
            ]
        );
    }
}
