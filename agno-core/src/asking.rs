//! Asking people from inside a step.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use agno_storage::{Answer, Decision, Json, RequestKind};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{
    context::{Of, StepContext},
    engine::{Question, RunCell},
    error::{Error, code},
    schema::InputSchema,
    sync::locked,
};

/// What an attempt has asked people.
#[derive(Default)]
pub(crate) struct People(Mutex<Asked>);

#[derive(Default)]
struct Asked {
    /// How often each question was asked, by its hash.
    times: HashMap<String, u32>,
    /// How many workflows it has called.
    calls: u32,
    waiting: u32,
    since: Option<Instant>,
    waited: Duration,
}

/// Work inside a part of a step: it stands still while the part waits for a person.
#[derive(Default)]
pub(crate) struct Activity(Mutex<Act>);

#[derive(Default)]
struct Act {
    working: u32,
    asking: u32,
}

impl Activity {
    fn work(&self, cell: &RunCell, begins: bool) {
        let mut act = locked(&self.0);
        if begins {
            act.working += 1;
        } else {
            act.working -= 1;
        }
        if act.asking == 0 {
            count(cell, begins, 1);
        }
    }

    fn ask(&self, cell: &RunCell, begins: bool) {
        let mut act = locked(&self.0);
        if !begins {
            act.asking -= 1;
        }
        if act.asking == 0 {
            count(cell, !begins, act.working);
        }
        if begins {
            act.asking += 1;
        }
    }
}

fn count(cell: &RunCell, begins: bool, times: u32) {
    for _ in 0..times {
        if begins {
            cell.begin_working();
        } else {
            cell.end_working();
        }
    }
}

impl People {
    fn lock(&self) -> MutexGuard<'_, Asked> {
        locked(&self.0)
    }
}

/// A step that waits for a person: it does not go on by itself, and its time stands still.
pub(crate) struct Waits<'a> {
    people: &'a People,
    part: Option<&'a Activity>,
    cell: &'a RunCell,
}

impl<'a> Waits<'a> {
    fn begin(people: &'a People, part: Option<&'a Activity>, cell: &'a RunCell) -> Self {
        if let Some(part) = part {
            part.ask(cell, true);
        }
        let mut asked = people.lock();
        asked.waiting += 1;
        if asked.waiting == 1 {
            asked.since = Some(Instant::now());
            cell.end_working();
        }
        drop(asked);
        Self { people, part, cell }
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        if let Some(part) = self.part {
            part.ask(self.cell, false);
        }
        let mut asked = self.people.lock();
        asked.waiting -= 1;
        if asked.waiting == 0 {
            let since = asked.since.take();
            asked.waited += since.map_or(Duration::ZERO, |since| since.elapsed());
            self.cell.begin_working();
        }
    }
}

/// A question that a step asks a person. Made with [`StepContext::question`], asked with
/// [`ask`](Self::ask).
#[derive(Debug)]
#[must_use = "a question is asked with `.ask().await`"]
pub struct StepQuestion {
    context: StepContext,
    kind: RequestKind,
    message: String,
    schema: Option<Json>,
    value: Option<Json>,
    timeout: Option<Duration>,
}

impl StepQuestion {
    /// What the question is about: the arguments of a tool, say.
    pub fn about(mut self, value: Json) -> Self {
        self.value = Some(value);
        self
    }

    /// JSON schema of the value that is wanted.
    pub fn schema(mut self, schema: Json) -> Self {
        self.schema = Some(schema);
        self
    }

    /// How long an answer is waited for. Default: for ever.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Asks, and waits. The run is written down as paused when nothing else of it goes on; then
    /// this does not resolve, and the step runs again after the answer, with its memos. The same
    /// question has the same answer in every attempt of the step.
    ///
    /// # Errors
    ///
    /// `nobody_to_ask` in a unit test, where there is no run.
    pub async fn ask(self) -> Result<Answer, Error> {
        let cell = match self.context.of() {
            Of::Run(cell) => cell,
            Of::Refresh(refresh) => return Err(refresh.needs_run()),
            Of::UnitTest(_) => {
                let problem = "a step that is called without a run has nobody to ask";
                return Err(Error::new("nobody_to_ask", problem).permanent());
            }
        };
        let people = self.context.people();
        let path = self.path(people);
        let question = Question {
            schema: self.schema,
            value: self.value,
            timeout: self.timeout,
            ..Question::new(path, self.kind, self.message)
        };
        let _waits = self.context.waits(cell);
        Ok(cell.ask(question).await)
    }

    /// Where it stands in the journal: named by what it asks, so that a step which asks something
    /// else after a crash or in another attempt is not given this answer.
    fn path(&self, people: &People) -> Arc<str> {
        let mut hasher = blake3::Hasher::new();
        for part in [
            self.kind.as_str(),
            &self.message,
            self.value.as_ref().map_or("", Json::as_str),
        ] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let hash = hasher.finalize().to_hex()[..16].to_owned();
        let mut asked = people.lock();
        let times = asked.times.entry(hash.clone()).or_default();
        let time = *times;
        *times += 1;
        Arc::from(format!("{}!ask.{hash}.{time}", self.context.path()))
    }
}

impl StepContext {
    /// A question to a person.
    pub fn question(&self, kind: RequestKind, message: impl Into<String>) -> StepQuestion {
        StepQuestion {
            context: self.clone(),
            kind,
            message: message.into(),
            schema: None,
            value: None,
            timeout: None,
        }
    }

    /// Asks a person for a yes. See [`StepQuestion::ask`].
    ///
    /// # Errors
    ///
    /// `nobody_to_ask` in a unit test, where there is no run.
    pub async fn confirm(&self, message: impl Into<String>) -> Result<bool, Error> {
        let answer = self.question(RequestKind::Confirm, message).ask().await?;
        Ok(answer.decision == Decision::Approve)
    }

    /// Asks a person for a value. See [`StepQuestion::ask`].
    ///
    /// # Errors
    ///
    /// `nobody_to_ask` in a unit test, where there is no run.
    pub async fn ask<T: DeserializeOwned + JsonSchema>(
        &self,
        message: impl Into<String>,
    ) -> Result<T, Error> {
        let question = self.question(RequestKind::Input, message);
        let answer = question.schema(schema_of::<T>()).ask().await?;
        let value = answer.value.unwrap_or_else(Json::null);
        value.decode().map_err(|error| {
            let problem = format!("the answer does not fit: {error}");
            Error::new(code::INVALID_INPUT, problem).permanent()
        })
    }

    /// Says that the step works on something, should another part of it wait for a person
    /// meanwhile: until the answer is dropped, the run is not written down as paused. In a
    /// context that is for a [part](crate::Part::inside), a question that is asked with it
    /// suspends this.
    pub fn working(&self) -> WorkingGuard {
        match self.of() {
            Of::Run(cell) => {
                match self.activity() {
                    Some(part) => part.work(cell, true),
                    None => cell.begin_working(),
                }
                WorkingGuard(Some(self.clone()))
            }
            Of::UnitTest(_) | Of::Refresh(_) => WorkingGuard(None),
        }
    }

    /// The step waits, by itself or in what it has called: it does not go on, and its time stands
    /// still, until the answer is dropped.
    pub(crate) fn waits<'a>(&'a self, cell: &'a RunCell) -> Waits<'a> {
        Waits::begin(self.people(), self.activity(), cell)
    }

    /// Where the next workflow that it calls stands: calls are told apart by their order.
    pub(crate) fn call_path(&self) -> String {
        let mut asked = self.people().lock();
        asked.calls += 1;
        format!("{}!call.{}", self.path(), asked.calls - 1)
    }

    fn people(&self) -> &People {
        self.0.people.get_or_init(People::default)
    }

    /// How long the attempt has waited for people, up to its present wait.
    pub(crate) fn waited(&self) -> Duration {
        let people = self.0.people.get();
        people.map_or(Duration::ZERO, |people| people.lock().waited)
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.0
            .people
            .get()
            .is_some_and(|people| people.lock().waiting > 0)
    }
}

/// Work that goes on in a step. See [`StepContext::working`].
#[must_use = "the work is over when this is dropped"]
pub struct WorkingGuard(Option<StepContext>);

impl Drop for WorkingGuard {
    fn drop(&mut self) {
        let Some(context) = &self.0 else {
            return;
        };
        if let Of::Run(cell) = context.of() {
            match context.activity() {
                Some(part) => part.work(cell, false),
                None => cell.end_working(),
            }
        }
    }
}

impl std::fmt::Debug for WorkingGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WorkingGuard")
    }
}

/// The JSON schema that an answer of this type is checked against.
pub(crate) fn schema_of<T: JsonSchema>() -> Json {
    let schema = InputSchema::of::<T>();
    Json::encode(schema.document()).unwrap_or_else(|_| Json::null())
}
