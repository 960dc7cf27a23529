//! The tool calls of one turn: what is recorded is answered, the rest is done.

use std::{collections::HashMap, sync::Arc, time::Instant};

use agno_core::{AgentEvent, BoxFuture, Error, EventError, StateType};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Instrument;

use super::{
    Core, Given, Listener, MemberReply, Record, SharedState,
    confirm::{ConfirmRequest, Decision},
    effect::{self, Known},
    state::Change,
};
use crate::{
    media::Media,
    message::ToolCall,
    model::ToolSpec,
    telemetry,
    tool::{Tool, ToolAnswer, ToolContext},
    usage::Usage,
};

/// What came of a tool call, as it is recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(super) result: Result<ToolAnswer, Problem>,
    /// What it changed in the state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) changes: Vec<Change>,
    /// What members of the team used for it.
    #[serde(default)]
    pub(super) usage: Usage,
    /// What members of the team answered for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) members: Vec<MemberReply>,
    /// The answer is the agent's own.
    #[serde(default)]
    pub(super) direct: bool,
    pub(super) attempt: u32,
    pub(super) micros: u64,
}

/// Why a tool failed, as the model is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Problem {
    pub(super) code: String,
    pub(super) message: String,
}

/// The members of a team, as its leader's loop sees them.
pub(crate) trait Delegate: Send + Sync {
    /// The tools by which the leader gives work away.
    fn specs(&self) -> Vec<ToolSpec>;
    /// What the leader is told of its members.
    fn briefing(&self) -> String;
    /// What the members' answers depend on.
    fn settings(&self) -> Value;
    /// The state that members' tools change.
    fn state(&self) -> Option<StateType>;
    /// Gives work away.
    fn delegate<'a, 's: 'a>(
        &'a self,
        call: &'a ToolCall,
        work: Work<'a, 's>,
    ) -> BoxFuture<'a, Result<Delegated, Error>>;
}

/// What members work with.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a, 's> {
    pub(crate) record: &'a Record,
    pub(crate) listener: &'a Listener,
    pub(crate) state: &'a SharedState<'s>,
    pub(crate) session: Option<&'a Arc<str>>,
    pub(crate) user: Option<&'a Arc<str>>,
    pub(crate) media: &'a [Media],
}

/// What came of work that was given away.
pub(crate) struct Delegated {
    pub(crate) text: String,
    pub(crate) usage: Usage,
    pub(crate) changes: Vec<Change>,
    pub(crate) members: Vec<MemberReply>,
    pub(crate) direct: bool,
}

/// Counts equal calls, so that each has a key of its own.
pub(super) type Counts = HashMap<String, u32>;

/// A call under way.
struct Pending<'a> {
    index: usize,
    call: &'a ToolCall,
    /// Where its outcome is recorded in this attempt.
    memo: String,
    /// The same over attempts.
    key: String,
    /// Where the outcome of an effect is recorded, over attempts.
    effect: Option<String>,
}

impl Core {
    /// Answers the calls of a turn, in their order.
    pub(super) async fn call_all(
        &self,
        turn: u32,
        calls: &[ToolCall],
        counts: &mut Counts,
        given: &Given<'_, '_>,
    ) -> Result<Vec<Outcome>, Error> {
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(calls.len());
        let mut pending = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            let hash = blake3::hash(call.arguments.as_bytes()).to_hex();
            let equal = format!("{}.{}", call.name, &hash[..16]);
            let count = counts.entry(equal.clone()).or_default();
            let key = format!("{equal}.{count}");
            *count += 1;
            let memo = format!("turn.{turn}.tool.{index}");
            let (recorded, effect) = match (self.effect(call), given.record.as_part()) {
                (true, Some(part)) => match effect::known(part, &key)? {
                    Known::Done(done) => (Some(*done), None),
                    Known::Open(key) => (None, Some(key)),
                },
                _ => (given.record.recall(&memo)?, None),
            };
            if recorded.is_none() {
                pending.push(Pending {
                    index,
                    call,
                    memo,
                    key,
                    effect,
                });
            }
            outcomes.push(recorded);
        }
        let recorded = outcomes.iter().flatten();
        let changes = recorded.flat_map(|outcome| outcome.changes.clone());
        given.state.restore(changes.collect()).await?;

        type Working<'w> = BoxFuture<'w, (usize, Result<Outcome, Error>)>;
        let mut work: Vec<Working<'_>> = Vec::with_capacity(pending.len());
        for pending in &pending {
            work.push(Box::pin(async move {
                (pending.index, self.call_one(pending, given).await)
            }));
        }
        let mut done: Vec<_> = stream::iter(work)
            .buffer_unordered(self.parallel_tools)
            .collect()
            .await;
        // All have ended by now: an effect is not left in the middle because another call failed.
        done.sort_by_key(|(index, _)| *index);
        for (index, outcome) in done {
            outcomes[index] = Some(outcome?);
        }
        Ok(outcomes.into_iter().flatten().collect())
    }

    fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name() == name)
    }

    /// Whether a call must not be made twice.
    fn effect(&self, call: &ToolCall) -> bool {
        self.tool(&call.name)
            .is_some_and(|tool| !tool.options().idempotent)
    }

    async fn call_one(
        &self,
        pending: &Pending<'_>,
        given: &Given<'_, '_>,
    ) -> Result<Outcome, Error> {
        let ToolCall {
            id,
            name,
            arguments,
        } = pending.call;
        let (tool, call): (Arc<str>, Arc<str>) = (Arc::from(name.as_str()), Arc::from(id.as_str()));
        given.listener.tell(AgentEvent::ToolStarted {
            tool: tool.clone(),
            call: call.clone(),
            arguments: excerpt(arguments),
        });
        let begun = Instant::now();
        let span = telemetry::tool_span(name, id);
        let worked = self.work(pending, given).instrument(span.clone()).await;
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut outcome = match worked {
            Ok(outcome) => outcome,
            Err(error) if is_fatal(&error) => return Err(error),
            Err(error) => Outcome::failed(&error),
        };
        outcome.micros = micros;
        outcome.attempt = given
            .record
            .context()
            .map_or(1, |context| context.attempt());
        given.listener.tell(match &outcome.result {
            Ok(_) => AgentEvent::ToolCompleted { tool, call, micros },
            Err(problem) => {
                telemetry::failed(&span, &problem.code);
                let error = EventError {
                    code: Arc::from(problem.code.as_str()),
                    message: excerpt(&problem.message),
                };
                AgentEvent::ToolFailed { tool, call, error }
            }
        });
        match (given.record.as_part(), &pending.effect) {
            (Some(part), Some(key)) => part.record_effect(key, &outcome).await?,
            _ => given.record.record(&pending.memo, &outcome).await?,
        }
        Ok(outcome)
    }

    async fn work(&self, pending: &Pending<'_>, given: &Given<'_, '_>) -> Result<Outcome, Error> {
        let call = pending.call;
        if let Some(delegate) = &self.delegate
            && delegate.specs().iter().any(|spec| spec.name == call.name)
        {
            let record = given.record.part(&pending.memo);
            let work = Work {
                record: &record,
                listener: &given.listener,
                state: given.state,
                session: given.session.as_ref(),
                user: given.user.as_ref(),
                media: &given.media,
            };
            let done = delegate.delegate(call, work).await?;
            return Ok(Outcome {
                usage: done.usage,
                changes: done.changes,
                members: done.members,
                direct: done.direct,
                ..Outcome::answered(ToolAnswer {
                    text: done.text,
                    media: Vec::new(),
                })
            });
        }
        let Some(tool) = self.tool(&call.name) else {
            return Err(self.unknown_tool(&call.name));
        };
        if let Some(question) = &tool.options().confirm
            && let Decision::Reject { reason } = self.confirmed(question, pending, given).await?
        {
            let problem = format!("a person did not allow this call: {reason}");
            return Err(Error::new("tool_rejected", problem));
        }
        let context = self.tool_context(pending, given);
        let effect = given.record.as_part().zip(pending.effect.as_ref());
        if let Some((part, key)) = effect {
            part.begin_effect(key).await?;
        }
        let (answer, change) = if tool.state().is_some() {
            let mut state = given.state.hold().await?;
            let answer = tool.call(&call.arguments, context, state.state()).await;
            (answer, state.change()?)
        } else {
            (tool.call(&call.arguments, context, None).await, None)
        };
        let answer = answer.map_err(|error| {
            let unknown = effect.and_then(|_| effect::unknown_end(call, &error));
            unknown.unwrap_or(error)
        })?;
        Ok(Outcome {
            changes: change.into_iter().collect(),
            ..Outcome::answered(answer)
        })
    }

    /// Asks the person. The answer is recorded.
    async fn confirmed(
        &self,
        question: &str,
        pending: &Pending<'_>,
        given: &Given<'_, '_>,
    ) -> Result<Decision, Error> {
        let key = format!("{}.confirm", pending.memo);
        if let Some(decision) = given.record.recall(&key)? {
            return Ok(decision);
        }
        let Some(confirm) = &self.confirm else {
            let problem = format!(
                "the tool `{}` needs a person to confirm it ({question}), and the agent `{}` has \
                 nobody to ask: give it one with `.confirm(..)`",
                pending.call.name, self.name
            );
            return Err(Error::new("confirmation_required", problem).permanent());
        };
        let step = given.record.context();
        let request = ConfirmRequest {
            question: question.to_owned(),
            agent: self.name.to_string(),
            tool: pending.call.name.clone(),
            arguments: pending.call.arguments.clone(),
            step: step.map(|step| (step.run_id().to_owned(), step.path().to_owned())),
        };
        let decision = confirm.confirm(&request).await?;
        given.record.record(&key, &decision).await?;
        Ok(decision)
    }

    fn tool_context(&self, pending: &Pending<'_>, given: &Given<'_, '_>) -> ToolContext {
        let step = given.record.context().cloned();
        let key = match given.record.as_part() {
            Some(part) => {
                let step = part.context().idempotency_key();
                format!("{step}:{}.{}", part.name(), pending.key)
            }
            None => pending.key.clone(),
        };
        ToolContext {
            step,
            agent: self.name.clone(),
            call: Arc::from(pending.call.id.as_str()),
            key: Arc::from(key),
            session: given.session.clone(),
            user: given.user.clone(),
            dependencies: given
                .dependencies
                .clone()
                .unwrap_or_else(|| self.dependencies.clone()),
            media: Arc::from(given.media.clone()),
        }
    }

    fn unknown_tool(&self, name: &str) -> Error {
        let mut names: Vec<String> = self
            .tools
            .iter()
            .map(|tool| tool.name().to_owned())
            .collect();
        if let Some(delegate) = &self.delegate {
            names.extend(delegate.specs().into_iter().map(|spec| spec.name));
        }
        let problem = format!(
            "there is no tool `{}`; the tools are: {}",
            excerpt(name),
            names.join(", ")
        );
        Error::new("tool_unknown", problem)
    }
}

impl Outcome {
    fn answered(answer: ToolAnswer) -> Self {
        Self {
            result: Ok(answer),
            changes: Vec::new(),
            usage: Usage::default(),
            members: Vec::new(),
            direct: false,
            attempt: 1,
            micros: 0,
        }
    }

    pub(super) fn failed(error: &Error) -> Self {
        Self {
            result: Err(Problem {
                code: error.code().to_owned(),
                message: error.message().to_owned(),
            }),
            ..Self::answered(ToolAnswer::default())
        }
    }

    /// What the model reads.
    pub(super) fn text(&self) -> String {
        match &self.result {
            Ok(answer) => answer.text.clone(),
            Err(problem) => format!("Error: {}", problem.message),
        }
    }
}

/// Whether an error is the program's or a person's to settle, and nothing to tell a model.
fn is_fatal(error: &Error) -> bool {
    let codes = [
        "may_have_run",
        "confirmation_required",
        "tool_state",
        "invalid_state",
        "invalid_output",
        "drift",
        "too_large",
    ];
    codes.contains(&error.code()) || error.code().starts_with("model_")
}

/// A line of untrusted text for an event.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
