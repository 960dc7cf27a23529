//! A part of a step that records what it does: the work of an agent.

use std::sync::Arc;

use agno_storage::{AgentEvent, Json};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    context::StepContext,
    error::{Error, code},
};

/// A part of a step, with memos under a name of its own. Two parts of one step may work at the
/// same time and find each its own memos after a crash.
///
/// Its name is taken when it is made, so parts are to be made in the same order each time.
#[derive(Clone, Debug)]
pub struct Part {
    context: StepContext,
    name: Arc<str>,
}

impl Part {
    pub(crate) fn new(context: StepContext, name: Arc<str>) -> Self {
        Self { context, name }
    }

    /// A part of this part. The name tells it from its siblings.
    #[must_use]
    pub fn part(&self, name: &str) -> Self {
        Self {
            context: self.context.clone(),
            name: Arc::from(format!("{}/{name}", self.name)),
        }
    }

    /// The step's context.
    pub fn context(&self) -> &StepContext {
        &self.context
    }

    /// The step's context for work inside this part, such as what a tool does: memos and parts
    /// that are made with it belong here, and are found again although what came before it is not
    /// done again.
    pub fn inside(&self) -> StepContext {
        self.context.inside(&self.name)
    }

    /// Its name in the step: `writer#0`.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn memo(&self, key: &str) -> Arc<str> {
        let (step, attempt) = (self.context.path(), self.context.attempt());
        Arc::from(format!("{step}!{attempt}.{}.{key}", self.name))
    }

    /// Outside of attempts: a failed one does not forget it.
    fn effect(&self, key: &str) -> Arc<str> {
        Arc::from(format!("{}!once.{}.{key}", self.context.path(), self.name))
    }

    /// What this attempt recorded under `key`, before the process ended.
    ///
    /// # Errors
    ///
    /// When that does not read back as a `T`.
    pub fn recall<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        read(self.context.recalled(&self.memo(key)), key)
    }

    /// What this attempt recorded in this part and its parts before the process ended, as far as it
    /// reads as a `T`, in the order in which it was recorded. What came of effects in this attempt
    /// is part of it.
    pub fn recall_below<T: DeserializeOwned>(&self) -> Vec<T> {
        let mut found = Vec::new();
        for at in [".", "/"] {
            let below = self.context.recalled_below(&format!("{}{at}", self.name));
            found.extend(below.iter().filter_map(|memo| memo.decode().ok()));
        }
        found
    }

    /// Records something under `key`, with what was told since the last record. It is on disk
    /// when this resolves. A failed attempt forgets it.
    ///
    /// # Errors
    ///
    /// What cannot be saved as JSON, or is too large to be.
    pub async fn record<T: Serialize>(&self, key: &str, value: &T) -> Result<(), Error> {
        let json = write(value, key)?;
        self.context.memorise(self.memo(key), json).await
    }

    /// What came of an effect, also in an earlier attempt.
    ///
    /// # Errors
    ///
    /// `may_have_run` when the effect was begun and nothing is known of its end; what is recorded
    /// and does not read back as a `T`.
    pub fn recall_effect<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        let path = self.effect(key);
        let recorded = self.context.recalled(&path);
        if recorded.is_none() && self.context.recalled(&begun(&path)).is_some() {
            let problem = format!(
                "`{key}` was begun and did not end: it may have run, and it is not to run twice. \
                 Look whether it took effect"
            );
            return Err(Error::new(code::MAY_HAVE_RUN, problem).permanent());
        }
        read(recorded, key)
    }

    /// Records that something begins which must not happen twice.
    ///
    /// # Errors
    ///
    /// What is too large to be saved.
    pub async fn begin_effect(&self, key: &str) -> Result<(), Error> {
        let path = begun(&self.effect(key));
        self.context.memorise_kept(path, Json::null()).await
    }

    /// Records what came of an effect. Failed attempts do not forget it.
    ///
    /// # Errors
    ///
    /// What cannot be saved as JSON, or is too large to be.
    pub async fn record_effect<T: Serialize>(&self, key: &str, value: &T) -> Result<(), Error> {
        let json = write(value, key)?;
        self.context.memorise_kept(self.effect(key), json).await
    }

    /// Tells what an agent does.
    pub fn tell(&self, agent: &Arc<str>, team: Option<&Arc<str>>, what: AgentEvent) {
        self.context.tell_agent(&self.name, agent, team, what);
    }
}

fn begun(effect: &str) -> Arc<str> {
    Arc::from(format!("{effect}!begun"))
}

fn read<T: DeserializeOwned>(recorded: Option<Json>, key: &str) -> Result<Option<T>, Error> {
    let Some(recorded) = recorded else {
        return Ok(None);
    };
    recorded.decode().map(Some).map_err(|error| {
        let problem = format!("what is recorded as `{key}` is something else now: {error}");
        Error::new(code::DRIFT, problem).permanent()
    })
}

fn write<T: Serialize>(value: &T, key: &str) -> Result<Json, Error> {
    Json::encode(value).map_err(|error| {
        let problem = format!("`{key}` cannot be saved: {error}");
        Error::new(code::INVALID_OUTPUT, problem).permanent()
    })
}
