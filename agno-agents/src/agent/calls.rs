//! The tool calls of one turn: what is recorded is answered, the rest is done.

use std::{collections::HashMap, sync::Arc, time::Instant};

use agno_core::{
    AgentEvent, AnyState, BoxFuture, Error, EventError, Json, Part, RequestKind, StateType,
};
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
    tool::{Tool, ToolAnswer, ToolContext, call::canonical},
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
    pub(super) micros: u64,
}

/// What is recorded of a call, as far as it changed the state.
#[derive(Deserialize)]
struct Changed {
    changes: Vec<Change>,
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
    /// The states that members' tools change.
    fn states(&self) -> Vec<StateType>;
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
    pub(crate) text: Result<String, Error>,
    /// Also of those that failed.
    pub(crate) usage: Usage,
    pub(crate) members: Vec<MemberReply>,
    pub(crate) direct: bool,
}

/// Counts equal calls, so that each has a key of its own.
pub(super) type Counts = HashMap<String, Equal>;

/// Calls of one tool with equal arguments.
#[derive(Default)]
pub(super) struct Equal {
    calls: u32,
    /// The next record of an effect to look at.
    effects: u32,
}

/// A call under way.
struct Pending<'a> {
    index: usize,
    call: &'a ToolCall,
    /// Where its outcome is recorded in this attempt.
    memo: String,
    /// Where the work that is done for it is recorded.
    record: Record,
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
        let mut changes = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            let hash = blake3::hash(canonical(&call.arguments).as_bytes()).to_hex();
            let name = format!("{}.{}", call.name, &hash[..16]);
            let equal = counts.entry(name.clone()).or_default();
            let key = format!("{name}.{}", equal.calls);
            equal.calls += 1;
            let memo = format!("turn.{turn}.tool.{index}");
            let record = given.record.part(&memo);
            let mut recorded: Option<Outcome> = given.record.recall(&memo)?;
            let mut effect = None;
            if recorded.is_none()
                && self.effect(call)
                && let Some(part) = given.record.as_part()
            {
                let known = effect::known(part, &name, &mut equal.effects);
                match known.map_err(|error| effect::named(call, error))? {
                    Known::Done(done) => recorded = Some(done.of(&record)),
                    Known::Open(key) => effect = Some(key),
                }
            }
            match &recorded {
                Some(outcome) => changes.extend(outcome.changes.iter().cloned()),
                None => {
                    if self.delegates(call) {
                        let below = record.recall_below::<Changed>();
                        changes.extend(below.into_iter().flat_map(|below| below.changes));
                    }
                    pending.push(Pending {
                        index,
                        call,
                        memo,
                        record,
                        key,
                        effect,
                    });
                }
            }
            outcomes.push(recorded);
        }
        // All that is recorded, by members as well, before anybody goes on.
        given.state.restore(changes).await?;

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

    fn delegates(&self, call: &ToolCall) -> bool {
        let delegate = self.delegate.as_ref();
        delegate.is_some_and(|delegate| delegate.specs().iter().any(|s| s.name == call.name))
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
        let (tool, call): (Arc<str>, Arc<str>) = (excerpt(name).into(), excerpt(id).into());
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
            Err(error) if is_fatal(&error) => {
                telemetry::failed(&span, error.code());
                return Err(error);
            }
            Err(error) => Outcome::failed(&error),
        };
        outcome.micros = micros;
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
            (Some(part), Some(key)) => {
                part.record_effect(key, &outcome).await?;
                // A failure counts in this attempt only.
                if outcome.result.is_err() {
                    part.record(&pending.memo, &outcome).await?;
                }
            }
            _ => given.record.record(&pending.memo, &outcome).await?,
        }
        Ok(outcome)
    }

    async fn work(&self, pending: &Pending<'_>, given: &Given<'_, '_>) -> Result<Outcome, Error> {
        let call = pending.call;
        if let Some(delegate) = &self.delegate
            && self.delegates(call)
        {
            let work = Work {
                record: &pending.record,
                listener: &given.listener,
                state: given.state,
                session: given.session.as_ref(),
                user: given.user.as_ref(),
                media: &given.media,
            };
            let done = delegate.delegate(call, work).await?;
            let outcome = match done.text {
                Ok(text) => Outcome::answered(ToolAnswer {
                    text,
                    media: Vec::new(),
                }),
                Err(error) if is_fatal(&error) => return Err(error),
                Err(error) => Outcome::failed(&error),
            };
            return Ok(Outcome {
                usage: done.usage,
                changes: given.state.changes_below(pending.record.name()).await,
                members: done.members,
                direct: done.direct,
                ..outcome
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
            let mut state = given.state.hold(pending.record.name()).await?;
            match called(tool, call, context, state.state()).await {
                Ok(answer) => (Ok(answer), state.keep()?),
                Err(error) => (Err(error), None),
            }
        } else {
            (called(tool, call, context, None).await, None)
        };
        let answer = answer.map_err(|error| {
            let unknown = self.effect(call).then(|| effect::unknown_end(call, &error));
            unknown.flatten().unwrap_or(error)
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
            if let Some(decision) = self.ask_inbox(question, pending, given).await? {
                return Ok(decision);
            }
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

    /// Asks the people behind the run. `None` outside of a run, where there are none.
    async fn ask_inbox(
        &self,
        question: &str,
        pending: &Pending<'_>,
        given: &Given<'_, '_>,
    ) -> Result<Option<Decision>, Error> {
        let Some(step) = given.record.context() else {
            return Ok(None);
        };
        // The model's arguments may be no JSON: the person sees them as they are.
        let arguments = serde_json::from_str(&pending.call.arguments)
            .unwrap_or_else(|_| Value::String(pending.call.arguments.clone()));
        let about = Json::encode(&serde_json::json!({
            "agent": &*self.name,
            "tool": pending.call.name,
            "arguments": arguments,
        }));
        let about = about.map_err(|error| Error::new("invalid_output", error.to_string()))?;
        let asked = step
            .question(RequestKind::Tool, question)
            .about(about)
            .ask();
        let answer = match asked.await {
            Ok(answer) => answer,
            Err(error) if error.code() == "nobody_to_ask" => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(match answer.decision {
            agno_core::Decision::Approve => Decision::Approve,
            _ => Decision::Reject {
                reason: answer
                    .feedback
                    .unwrap_or_else(|| "no reason given".to_owned()),
            },
        }))
    }

    fn tool_context(&self, pending: &Pending<'_>, given: &Given<'_, '_>) -> ToolContext {
        let step = pending.record.as_part().map(Part::inside);
        let key = given.record.idempotency_key(&pending.key);
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

/// Calls a tool as a part of its own: an agent that works in it records what it does there.
async fn called(
    tool: &Tool,
    call: &ToolCall,
    context: ToolContext,
    state: Option<&mut dyn AnyState>,
) -> Result<ToolAnswer, Error> {
    let step = context.step.clone();
    let working = tool.call(&call.arguments, context, state);
    match step {
        Some(step) => {
            let _working = step.working();
            step.scope(working).await
        }
        None => working.await,
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
            micros: 0,
        }
    }

    /// What an earlier attempt recorded, as the outcome of a call of this one.
    fn of(mut self, record: &Record) -> Self {
        for change in &mut self.changes {
            record.name().clone_into(&mut change.call);
        }
        self
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
pub(crate) fn is_fatal(error: &Error) -> bool {
    let codes = [
        "may_have_run",
        "confirmation_required",
        "tool_state",
        "invalid_state",
        "invalid_output",
        "drift",
        "too_large",
        // Taken up again when this run is, and not an answer till then.
        "workflow_interrupted",
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
