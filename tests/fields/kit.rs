//! Executables for the tests, and runs of them.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

pub(crate) use super::runs::{crash_after, id, resume, run, runtime, store};
use agno::{
    AnyState, Entry, EntryKind, Execute, Outcome, Settings, StateType, Storage, prelude::*,
};

/// Puts its word after what it gets, and counts how often it ran.
#[derive(Clone, Debug, Default)]
pub(crate) struct Says {
    pub(crate) word: String,
    pub(crate) ran: Arc<AtomicU32>,
    /// So many attempts fail first.
    pub(crate) failures: u32,
}

pub(crate) fn says(word: &str) -> Says {
    Says {
        word: word.to_owned(),
        ..Says::default()
    }
}

impl Says {
    pub(crate) fn count(&self) -> u32 {
        self.ran.load(Ordering::SeqCst)
    }
}

impl Settings for Says {
    fn settings(&self) -> serde_json::Value {
        serde_json::json!({"word": self.word})
    }
}

impl Execute for Says {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        input: String,
        _: &StepContext,
        _: Option<&mut dyn AnyState>,
    ) -> Result<String> {
        let before = self.ran.fetch_add(1, Ordering::SeqCst);
        ensure!(before >= self.failures, "not yet");
        Ok(format!("{input} {}", self.word))
    }
}

#[data]
#[derive(Default, State, PartialEq)]
pub(crate) struct Notes {
    #[merge(append)]
    pub(crate) words: Vec<String>,
}

#[data]
#[derive(Default, State)]
pub(crate) struct Other {
    pub(crate) count: u32,
}

/// Writes down what it gets, and answers how much there is.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    pub(crate) failures: AtomicU32,
}

impl Settings for Writes {
    fn state(&self) -> Option<StateType> {
        Some(StateType::of::<Notes>())
    }
}

impl Execute for Writes {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        input: String,
        _: &StepContext,
        state: Option<&mut dyn AnyState>,
    ) -> Result<String> {
        let Some(state) = state else {
            bail!("there is no state");
        };
        let Some(notes) = state.as_any().downcast_mut::<Notes>() else {
            bail!("it is another state");
        };
        notes.words.push(input);
        let left = self.failures.load(Ordering::SeqCst);
        if left > 0 {
            self.failures.store(left - 1, Ordering::SeqCst);
            bail!("not yet");
        }
        Ok(notes.words.join(", "))
    }
}

/// The output of a run, as JSON.
#[track_caller]
pub(crate) fn output(outcome: &Outcome) -> &str {
    match &outcome.output {
        Some(output) => output.as_str(),
        None => panic!("{:?}", outcome.error),
    }
}

/// Path, input and output of every step that is recorded.
pub(crate) async fn told(storage: &Arc<dyn Storage>) -> Vec<String> {
    let journal: Vec<Entry> = storage.journal(&id(), 0).await.expect("the journal reads");
    let steps = journal
        .iter()
        .filter(|entry| entry.kind == EntryKind::Step)
        .map(|entry| {
            let [input, output] =
                [&entry.input, &entry.output].map(|json| json.as_ref().map_or("", |j| j.as_str()));
            format!("{} {input} {output}", entry.path)
        });
    steps.collect()
}
