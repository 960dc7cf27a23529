//! Questions to people.

use std::{panic::Location, time::Duration};

use agno_storage::{Answer, Decision, Json, RequestKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Flow,
    call::{CallFuture, DurableCall, Pending, Settled, durable},
};
use crate::{
    asking::schema_of,
    bounds::AskedFor,
    error::{Error, code},
    op::{AskOp, Op, Reply},
    registry::Workflow,
    schema::InputSchema,
    value::Value,
};

/// A question to a person: `flow.confirm(..)`, `flow.ask(..)`, `flow.choose(..)`,
/// `flow.review(..)`. It is put into the inbox when it is awaited, and waits as long as it takes:
/// over crashes, restarts and other runs. A run that does nothing else is written down as paused
/// and takes no memory; the answer takes it up again.
#[must_use = "a person is asked when this is awaited: write `.await?`"]
pub struct PersonCall<T> {
    pending: Pending<T>,
    encode: fn(&T) -> Result<Json, Error>,
}

impl<T: Send + 'static> PersonCall<T> {
    /// How long an answer is waited for, from the question on. After that the call fails with the
    /// code `expired`. The time goes on while no process runs. Default: for ever.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.pending.change(|op| {
            if let Op::Ask(ask) = op {
                ask.timeout = Some(timeout);
            }
        });
        self
    }

    /// The same, and after that time the answer is this value.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as with every value of a flow"
    )]
    pub fn or_after(self, timeout: Duration, value: T) -> Self {
        let encoded = (self.encode)(&value);
        let mut call = self.timeout(timeout);
        match encoded {
            Ok(json) => call.pending.change(|op| {
                if let Op::Ask(ask) = op {
                    ask.otherwise = Some(json);
                }
            }),
            Err(error) => call.pending.fail(error),
        }
        call
    }

    /// What the person is told. For a review, whose question says nothing by itself.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.pending.change(|op| {
            if let Op::Ask(ask) = op {
                ask.message = message.into();
            }
        });
        self
    }
}

durable!(PersonCall<T> => T);

/// What became of a value that a person has reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review<T> {
    /// As it is.
    Approved(T),
    /// In this form.
    Edited(T),
    /// Not at all.
    Rejected {
        /// Why, if the person said.
        feedback: Option<String>,
    },
    /// Not yet: it is to be made again.
    Redo {
        /// What is to be different.
        feedback: String,
    },
}

impl<W: Workflow> Flow<W> {
    /// Asks a person for a yes or no.
    ///
    /// ```ignore
    /// if flow.confirm(format!("Sell {amount} shares?")).timeout(HOUR).await? { .. }
    /// ```
    #[track_caller]
    pub fn confirm(&self, message: impl Into<String>) -> PersonCall<bool> {
        let ask = self.question("confirm", RequestKind::Confirm, message, Location::caller());
        self.person(ask, |answer| match answer.decision {
            Decision::Expired => value_of(answer),
            decision => Ok(decision == Decision::Approve),
        })
    }

    /// Asks a person for a value. Its JSON schema is the form.
    ///
    /// ```ignore
    /// let address: Address = flow.ask("Where shall it go?").await?;
    /// ```
    #[track_caller]
    pub fn ask<T: AskedFor>(&self, message: impl Into<String>) -> PersonCall<T> {
        let mut ask = self.question("ask", RequestKind::Input, message, Location::caller());
        ask.schema = Some(schema_of::<T>);
        self.person(ask, value_of)
    }

    /// Asks a person for one variant of an enum. Its doc comments are what the person reads.
    ///
    /// ```ignore
    /// match flow.choose::<Route>("Who takes this one?").await? {
    ///     Route::Sales => flow.sell(order).await?,
    ///     Route::Support => flow.help(order).await?,
    /// }
    /// ```
    #[track_caller]
    pub fn choose<T: Value>(&self, message: impl Into<String>) -> PersonCall<T> {
        let mut ask = self.question("choose", RequestKind::Choice, message, Location::caller());
        ask.schema = Some(schema_of::<T>);
        self.person(ask, value_of)
    }

    /// Asks a person for any number of variants of an enum, each at most once.
    #[track_caller]
    pub fn choose_several<T: Value>(&self, message: impl Into<String>) -> PersonCall<Vec<T>> {
        let at = Location::caller();
        let mut ask = self.question("choose_several", RequestKind::Choices, message, at);
        ask.schema = Some(schema_of_several::<T>);
        self.person(ask, value_of)
    }

    /// Has a person look at a value: approve it, edit it, reject it, or ask for another one.
    ///
    /// ```ignore
    /// loop {
    ///     match flow.review(draft).message("Is this fit to print?").await? {
    ///         Review::Approved(draft) | Review::Edited(draft) => return flow.publish(draft).await,
    ///         Review::Redo { feedback } => draft = flow.rewrite(feedback).await?,
    ///         Review::Rejected { .. } => bail!("rejected"),
    ///     }
    /// }
    /// ```
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "the review answers it again")]
    pub fn review<T: Value>(&self, value: T) -> PersonCall<Review<T>> {
        let mut ask = self.question("review", RequestKind::Review, "Review", Location::caller());
        ask.schema = Some(schema_of::<T>);
        let encoded = encode(&value);
        ask.value = encoded.as_ref().ok().cloned();
        let json = ask.value.clone();
        let mut call = self.person(ask, move |answer| reviewed(answer, json));
        if let Err(error) = encoded {
            call.pending.fail(error);
        }
        call
    }

    fn person<T: Serialize + Send + 'static>(
        &self,
        ask: AskOp,
        read: impl FnOnce(Answer) -> Result<T, String> + Send + 'static,
    ) -> PersonCall<T> {
        let decode = move |reply| {
            let Reply::One { json, .. } = reply else {
                return Err("a container answered for a person".to_owned());
            };
            let answer = json.decode().map_err(|error| error.to_string())?;
            read(answer)
        };
        let op = Ok(Op::Ask(ask));
        PersonCall {
            pending: Pending::new(self.handle.clone(), op, Box::new(decode)),
            encode: encode::<T>,
        }
    }

    fn question(
        &self,
        name: &'static str,
        kind: RequestKind,
        message: impl Into<String>,
        at: &'static Location<'static>,
    ) -> AskOp {
        AskOp {
            id: self.handle.identify(name, at),
            kind,
            message: message.into(),
            schema: None,
            value: None,
            timeout: None,
            otherwise: None,
        }
    }
}

fn encode<T: Serialize>(value: &T) -> Result<Json, Error> {
    Json::encode(value).map_err(|error| {
        let problem = format!("the value cannot be shown to a person: {error}");
        Error::new(code::INVALID_OUTPUT, problem).permanent()
    })
}

/// The value that an answer carries.
fn value_of<T: DeserializeOwned>(answer: Answer) -> Result<T, String> {
    let value = answer.value.unwrap_or_else(Json::null);
    let unfit = |error| format!("the recorded answer does not fit: {error}");
    value.decode().map_err(unfit)
}

fn reviewed<T: DeserializeOwned>(answer: Answer, value: Option<Json>) -> Result<Review<T>, String> {
    let unfit = |error| format!("the recorded value does not fit: {error}");
    match answer.decision {
        Decision::Approve => {
            let value = value.unwrap_or_else(Json::null);
            value.decode().map(Review::Approved).map_err(unfit)
        }
        Decision::Value => value_of(answer).map(Review::Edited),
        Decision::Redo => Ok(Review::Redo {
            feedback: answer.feedback.unwrap_or_default(),
        }),
        Decision::Expired => value_of(answer),
        _ => Ok(Review::Rejected {
            feedback: answer.feedback,
        }),
    }
}

/// The schema of a list without repetitions.
fn schema_of_several<T: JsonSchema>() -> Json {
    let mut document = InputSchema::of::<Vec<T>>().document().clone();
    document["uniqueItems"] = serde_json::Value::Bool(true);
    Json::encode(&document).unwrap_or_else(|_| Json::null())
}
