//! The loop of an agent: ask the model, call the tools it wants, until it answers.

use std::time::Instant;

use agno_core::{AgentEvent, Error, EventError, StepContext};
use tracing::Instrument;

use super::{
    Core, Given, InstructionContext,
    calls::{Counts, Outcome, excerpt},
    reply::{MemberReply, ToolRecord},
};
use crate::{
    media::{Media, MediaKind},
    message::{Message, ToolCall},
    model::{ModelError, ModelReply, ModelRequest, ToolChoice},
    telemetry,
    tool::Tool,
    usage::Usage,
};

/// What an agent's loop came to.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    pub(crate) text: String,
    /// From the question on.
    pub(crate) messages: Vec<Message>,
    pub(crate) usage: Usage,
    pub(crate) turns: u32,
    pub(crate) model: String,
    pub(crate) tools: Vec<ToolRecord>,
    pub(crate) members: Vec<MemberReply>,
    pub(crate) micros: u64,
    pub(crate) first_micros: Option<u64>,
}

impl Core {
    /// Asks until there is an answer. What it took is answered also when there is none.
    pub(crate) async fn answer(&self, given: Given<'_, '_>) -> (Answered, Result<(), Error>) {
        let begun = Instant::now();
        let mut answered = Answered::default();
        let span = telemetry::agent_span(self, given.record.context());
        let work = self.turns(&given, &mut answered);
        let result = work.instrument(span.clone()).await;
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        answered.micros = micros;
        match &result {
            Ok(()) => {
                telemetry::used(&span, &answered.usage);
                given.listener.tell(AgentEvent::Completed {
                    turns: answered.turns,
                    input_tokens: answered.usage.input_tokens,
                    output_tokens: answered.usage.output_tokens,
                    cost: answered.usage.cost,
                    micros,
                });
            }
            Err(error) => {
                telemetry::failed(&span, error.code());
                given.listener.tell(AgentEvent::Failed {
                    error: EventError {
                        code: error.code().into(),
                        message: error.message().to_owned(),
                    },
                });
            }
        }
        (answered, result)
    }

    async fn turns(&self, given: &Given<'_, '_>, answered: &mut Answered) -> Result<(), Error> {
        self.check_media(&given.media)?;
        let mut request = self.request(given).await?;
        let asked = request.messages.len() - 1;
        let mut counts = Counts::new();
        let (mut calls, mut repairs) = (0, 0);
        while answered.turns < self.max_turns {
            answered.turns += 1;
            let reply = self.turn(answered.turns, &request, given).await?;
            let ModelReply { message, .. } = reply;
            answered.usage += &reply.usage;
            answered.model = reply.model;
            answered.first_micros = answered.first_micros.or(reply.first_micros);
            request.messages.push(Message::Assistant(message.clone()));
            if message.tool_calls.is_empty() {
                let Err(problem) = given.fits.check(&message.text) else {
                    answered.text = message.text;
                    answered.messages = request.messages.split_off(asked);
                    return Ok(());
                };
                if repairs >= self.repairs {
                    return Err(mismatch(self, &problem, &message.text));
                }
                repairs += 1;
                given.listener.tell(AgentEvent::Repair {
                    problem: excerpt(&problem),
                });
                request.messages.push(Message::user(format!(
                    "Your answer does not fit: {problem}\nAnswer again, whole, and mend that."
                )));
                continue;
            }
            let wanted = message.tool_calls;
            let allowed =
                (self.tool_call_limit - calls).min(u32::try_from(wanted.len()).unwrap_or(u32::MAX));
            calls += allowed;
            let (now, over) = wanted.split_at(allowed as usize);
            let mut outcomes = self
                .call_all(answered.turns, now, &mut counts, given)
                .await?;
            outcomes.extend(over.iter().map(|_| {
                let problem = format!(
                    "the limit of {} tool calls is reached; answer with what you have",
                    self.tool_call_limit
                );
                Outcome::failed(&Error::new("tool_limit", problem))
            }));
            // Who must call a tool has done so.
            request.tool_choice = match over {
                [] if matches!(self.tool_choice, ToolChoice::None) => ToolChoice::None,
                [] => ToolChoice::Auto,
                _ => ToolChoice::None,
            };
            answered.take(&wanted, &outcomes);
            push_answers(&mut request.messages, &wanted, &outcomes);
            // A member's answer that is not of the leader's type is for the leader to put right.
            if let [only] = outcomes.as_slice()
                && only.direct
                && let Ok(answer) = &only.result
                && given.fits.check(&answer.text).is_ok()
            {
                let text = answer.text.clone();
                // Recorded as the leader's own: a later question finds it in the conversation.
                request.messages.push(Message::assistant(text.clone()));
                answered.text = text;
                answered.messages = request.messages.split_off(asked);
                return Ok(());
            }
        }
        let problem = format!(
            "the agent `{}` did not answer within {} turns: raise `.max_turns(..)`, or look what its \
             tools answer",
            self.name, self.max_turns
        );
        Err(Error::new("agent_turns", problem).permanent())
    }

    /// One turn: recorded, or asked of the model and then recorded.
    async fn turn(
        &self,
        turn: u32,
        request: &ModelRequest,
        given: &Given<'_, '_>,
    ) -> Result<ModelReply, Error> {
        let key = format!("turn.{turn}");
        if let Some(reply) = given.record.recall(&key)? {
            return Ok(reply);
        }
        if turn == 1 {
            given.listener.tell(AgentEvent::Started {
                model: self.model.name().into(),
            });
        }
        let span = telemetry::chat_span(&*self.model);
        if self.trace_content {
            telemetry::content(&span, request);
        }
        let deltas = given.listener.deltas();
        // A member of the team may wait for a person meanwhile.
        let _working = given.record.context().map(StepContext::working);
        let asking = self
            .model
            .respond(request, &deltas)
            .instrument(span.clone());
        let mut reply = asking.await.map_err(|error| {
            telemetry::failed(&span, error.code());
            ModelError::into_error(error)
        })?;
        let priced = |name: &str| self.prices.cost(name, &reply.usage);
        reply.usage.cost = reply
            .usage
            .cost
            .or_else(|| priced(&reply.model))
            .or_else(|| priced(self.model.name()));
        reply.usage.requests = reply.usage.requests.max(1);
        telemetry::replied(&span, &reply, self.trace_content);
        // The writing of it is not the model's time.
        drop(span);
        given.listener.tell(AgentEvent::Turn {
            turn,
            model: reply.model.as_str().into(),
            input_tokens: reply.usage.input_tokens,
            output_tokens: reply.usage.output_tokens,
            cost: reply.usage.cost,
            micros: reply.micros,
        });
        given.record.record(&key, &reply).await?;
        Ok(reply)
    }

    async fn request(&self, given: &Given<'_, '_>) -> Result<ModelRequest, Error> {
        let fields = given.state.fields().await?;
        let context = InstructionContext {
            step: given.record.context(),
            state: &fields,
            input: &given.prompt,
        };
        let mut request = self.request.clone();
        request.tools = self.tools.iter().map(Tool::spec).cloned().collect();
        request
            .tools
            .extend(self.delegate.iter().flat_map(|delegate| delegate.specs()));
        request.tool_choice = match request.tools.is_empty() {
            true => ToolChoice::Auto,
            false => self.tool_choice.clone(),
        };
        let (format, schema) = given
            .fits
            .format(&self.model.capabilities(), !request.tools.is_empty());
        request.format = format;
        let system = self.system(&context, schema);
        request.messages.extend(system.map(Message::system));
        request.messages.extend(given.history.iter().cloned());
        request.messages.push(Message::User {
            text: given.prompt.clone(),
            media: given.media.clone(),
        });
        Ok(request)
    }

    /// A model that does not take a kind of media says so before it is asked, whatever its adapter
    /// would do.
    fn check_media(&self, media: &[Media]) -> Result<(), Error> {
        let can = self.model.capabilities();
        let refused = media.iter().find(|media| match media.kind {
            MediaKind::Image => !can.images,
            MediaKind::Audio => !can.audio,
            MediaKind::Video => !can.video,
            MediaKind::File => !can.files,
        });
        refused.map_or(Ok(()), |media| {
            let error = ModelError::Unsupported {
                model: self.model.name().to_owned(),
                what: format!("{} ({})", media.kind, media.mime),
            };
            Err(error.into_error())
        })
    }
}

impl Answered {
    fn take(&mut self, calls: &[ToolCall], outcomes: &[Outcome]) {
        for (call, outcome) in calls.iter().zip(outcomes) {
            self.usage += &outcome.usage;
            self.members.extend(outcome.members.iter().cloned());
            self.tools.push(ToolRecord {
                call: call.clone(),
                answer: outcome.text(),
                is_error: outcome.result.is_err(),
                micros: outcome.micros,
            });
        }
    }
}

/// The tools' answers in the order of the calls. Media follow as a message of their own: a tool's
/// answer is text to most models.
fn push_answers(messages: &mut Vec<Message>, calls: &[ToolCall], outcomes: &[Outcome]) {
    let mut shown = Vec::new();
    for (call, outcome) in calls.iter().zip(outcomes) {
        messages.push(Message::Tool {
            call: call.id.clone(),
            name: call.name.clone(),
            text: outcome.text(),
            is_error: outcome.result.is_err(),
        });
        if let Ok(answer) = &outcome.result {
            shown.extend(answer.media.iter().cloned());
        }
    }
    if !shown.is_empty() {
        messages.push(Message::User {
            text: "What the tools returned beside text:".to_owned(),
            media: shown,
        });
    }
}

fn mismatch(core: &Core, problem: &str, text: &str) -> Error {
    let repaired = match core.repairs {
        0 => String::new(),
        n => format!(", also after {n} repair{}", if n == 1 { "" } else { "s" }),
    };
    let message = format!(
        "the answer of the agent `{}` does not fit its output type{repaired}: {problem}",
        core.name
    );
    Error::new("output_mismatch", message)
        .permanent()
        .with_details(&serde_json::json!({ "problem": problem, "reply": text }))
}
