//! Another model for when one fails.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};

use super::{BoxFuture, Capabilities, Delta, Deltas, Model, ModelError, ModelReply, ModelRequest};

/// Asks one model, and the next where it fails with an error that the next may not have: the
/// provider fails, cannot be reached or is too busy; the quota is used up; a key is missing or not
/// taken; the model is not there; the conversation is too long for it.
///
/// A refusal or a filter is an answer, and no reason to ask around, unless
/// [`on_refusal`](Self::on_refusal) says so. It goes by the name of the first, and can do what all
/// of them can.
///
/// ```no_run
/// # #[cfg(feature = "openai")]
/// # fn example() -> Result<(), agno_agents::ModelError> {
/// use agno_agents::model::{Fallback, OpenAi};
///
/// let model = Fallback::new(OpenAi::new("gpt-5-mini")?)
///     .or(OpenAi::builder("llama3.2").base_url("http://localhost:11434/v1").build()?);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Fallback {
    first: Arc<dyn Model>,
    others: Vec<Arc<dyn Model>>,
    on_refusal: bool,
}

impl Fallback {
    /// The model that is asked first.
    pub fn new(first: impl Model) -> Self {
        Self::shared(Arc::new(first))
    }

    /// As [`new`](Self::new), for a model that is shared.
    pub fn shared(first: Arc<dyn Model>) -> Self {
        Self {
            first,
            others: Vec::new(),
            on_refusal: false,
        }
    }

    /// The model that is asked next.
    #[must_use]
    pub fn or(self, next: impl Model) -> Self {
        self.or_shared(Arc::new(next))
    }

    /// As [`or`](Self::or), for a model that is shared.
    #[must_use]
    pub fn or_shared(mut self, next: Arc<dyn Model>) -> Self {
        self.others.push(next);
        self
    }

    /// Whether the next is asked as well when one declines or a filter holds its answer back.
    /// Default: no.
    #[must_use]
    pub fn on_refusal(mut self, ask: bool) -> Self {
        self.on_refusal = ask;
        self
    }

    fn models(&self) -> impl Iterator<Item = &Arc<dyn Model>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Whether another model may do better.
    fn may_help(&self, error: &ModelError) -> bool {
        match error {
            ModelError::Quota { .. }
            | ModelError::NoKey { .. }
            | ModelError::ContextLength { .. }
            | ModelError::Rejected {
                status: 401 | 403 | 404,
                ..
            } => true,
            ModelError::Refused { .. } | ModelError::Filtered { .. } => self.on_refusal,
            error => error.is_transient(),
        }
    }

    async fn ask(&self, request: &ModelRequest, deltas: &Deltas) -> Result<ModelReply, ModelError> {
        let told = Told::new(deltas);
        let mut attempts = 0u32;
        let mut outcome = self.first.respond(request, &told.deltas).await;
        for next in &self.others {
            let error = match outcome {
                Err(error) if self.may_help(&error) => error,
                outcome => return with_attempts(outcome, attempts),
            };
            attempts = attempts.saturating_add(made(&error));
            tracing::debug!(
                error = error.code(),
                next = next.name(),
                "another model is asked"
            );
            told.take_back(deltas, &error);
            outcome = next.respond(request, &told.deltas).await;
        }
        with_attempts(outcome, attempts)
    }
}

/// Requests that an error says were made.
fn made(error: &ModelError) -> u32 {
    match error {
        ModelError::NoKey { .. } | ModelError::Unsupported { .. } | ModelError::Settings(_) => 0,
        ModelError::RateLimited { attempts, .. }
        | ModelError::Server { attempts, .. }
        | ModelError::Connection { attempts, .. }
        | ModelError::Truncated { attempts, .. } => *attempts,
        _ => 1,
    }
}

fn with_attempts(
    outcome: Result<ModelReply, ModelError>,
    before: u32,
) -> Result<ModelReply, ModelError> {
    outcome.map(|reply| ModelReply {
        attempts: reply.attempts.saturating_add(before),
        ..reply
    })
}

/// Listens along, to know whether something has to be taken back.
struct Told {
    deltas: Deltas,
    something: Arc<AtomicBool>,
}

impl Told {
    fn new(deltas: &Deltas) -> Self {
        let something = Arc::new(AtomicBool::new(false));
        if !deltas.wanted() {
            return Self {
                deltas: Deltas::none(),
                something,
            };
        }
        let (further, note) = (deltas.clone(), Arc::clone(&something));
        let listener = move |delta: Delta<'_>| {
            note.store(!matches!(delta, Delta::Reset { .. }), Ordering::Relaxed);
            further.send(delta);
        };
        Self {
            deltas: Deltas::to(listener),
            something,
        }
    }

    fn take_back(&self, deltas: &Deltas, error: &ModelError) {
        if self.something.swap(false, Ordering::Relaxed) {
            let reason = error.to_string();
            deltas.send(Delta::Reset { reason: &reason });
        }
    }
}

impl Model for Fallback {
    fn name(&self) -> &str {
        self.first.name()
    }

    fn provider(&self) -> &str {
        self.first.provider()
    }

    /// What all can do. They are strict about schemas only if they agree on the rules.
    fn capabilities(&self) -> Capabilities {
        self.others.iter().map(|model| model.capabilities()).fold(
            self.first.capabilities(),
            |all, next| Capabilities {
                strict_schema: all.strict_schema
                    && next.strict_schema
                    && all.dialect == next.dialect,
                json_object: all.json_object && next.json_object,
                tools: all.tools && next.tools,
                tools_with_schema: all.tools_with_schema && next.tools_with_schema,
                images: all.images && next.images,
                audio: all.audio && next.audio,
                video: all.video && next.video,
                files: all.files && next.files,
                dialect: all.dialect,
            },
        )
    }

    fn respond<'a>(
        &'a self,
        request: &'a ModelRequest,
        deltas: &'a Deltas,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(self.ask(request, deltas))
    }

    fn settings(&self) -> Value {
        json!({ "fallback": self.models().map(|model| model.settings()).collect::<Vec<_>>() })
    }
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.models()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    };

    use super::Fallback;
    use crate::{
        message::Assistant,
        model::{
            BoxFuture, Capabilities, Delta, Deltas, Model, ModelError, ModelReply, ModelRequest,
        },
    };

    /// Says a piece, then answers or fails.
    #[derive(Clone, Debug)]
    struct Fixed {
        name: &'static str,
        outcome: Result<(), ModelError>,
        capabilities: Capabilities,
        asked: Arc<AtomicU32>,
    }

    fn fixed(name: &'static str, outcome: Result<(), ModelError>) -> Fixed {
        Fixed {
            name,
            outcome,
            capabilities: Capabilities::default(),
            asked: Arc::default(),
        }
    }

    impl Model for Fixed {
        fn name(&self) -> &str {
            self.name
        }
        fn provider(&self) -> &'static str {
            "test"
        }
        fn capabilities(&self) -> Capabilities {
            self.capabilities
        }
        fn respond<'a>(
            &'a self,
            _: &'a ModelRequest,
            deltas: &'a Deltas,
        ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                deltas.send(Delta::Text(self.name));
                self.outcome.clone().map(|()| ModelReply {
                    message: Assistant {
                        text: self.name.to_owned(),
                        ..Assistant::default()
                    },
                    attempts: 1,
                    ..ModelReply::default()
                })
            })
        }
    }

    fn busy(attempts: u32) -> ModelError {
        ModelError::RateLimited {
            model: "a".into(),
            retry_after: None,
            attempts,
            message: "busy".into(),
        }
    }

    async fn heard(model: &Fallback) -> (Result<ModelReply, ModelError>, String) {
        let heard = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&heard);
        let deltas = Deltas::to(move |delta| {
            into.lock().expect("no panic").push_str(match delta {
                Delta::Text(text) => text,
                _ => "|",
            });
        });
        let outcome = model.respond(&ModelRequest::default(), &deltas).await;
        let heard = heard.lock().expect("no panic").clone();
        (outcome, heard)
    }

    #[tokio::test]
    async fn the_next_is_asked_and_what_was_heard_taken_back() {
        let model = Fallback::new(fixed("a", Err(busy(4))))
            .or(fixed("b", Err(busy(2))))
            .or(fixed("c", Ok(())));
        let (outcome, heard) = heard(&model).await;
        let reply = outcome.expect("an answer");
        assert_eq!((&*reply.message.text, reply.attempts), ("c", 7));
        assert_eq!(heard, "a|b|c");
        assert_eq!(model.name(), "a");
    }

    #[tokio::test]
    async fn the_last_error_is_told() {
        let quota = ModelError::Quota {
            model: "b".into(),
            message: "pay".into(),
        };
        let model = Fallback::new(fixed("a", Err(busy(1)))).or(fixed("b", Err(quota)));
        let (outcome, _) = heard(&model).await;
        assert!(
            matches!(outcome, Err(ModelError::Quota { .. })),
            "{outcome:?}"
        );
    }

    #[tokio::test]
    async fn some_errors_are_no_reason_to_ask_around() {
        let model = || "a".to_owned();
        let rejected = |status| ModelError::Rejected {
            model: model(),
            status,
            code: None,
            message: String::new(),
        };
        let refused = || ModelError::Refused {
            model: model(),
            text: "No.".into(),
        };
        for (error, asked) in [
            (rejected(401), 1),
            (rejected(404), 1),
            (rejected(400), 0),
            (refused(), 0),
            (ModelError::OutputLimit { model: model() }, 0),
            (ModelError::Settings("x".into()), 0),
        ] {
            let next = fixed("b", Ok(()));
            let model = Fallback::new(fixed("a", Err(error.clone()))).or(next.clone());
            let (outcome, _) = heard(&model).await;
            assert_eq!(next.asked.load(Ordering::Relaxed), asked, "{error:?}");
            assert_eq!(outcome.is_ok(), asked == 1);
        }
        let model = Fallback::new(fixed("a", Err(refused())))
            .or(fixed("b", Ok(())))
            .on_refusal(true);
        assert!(heard(&model).await.0.is_ok());
    }

    #[test]
    fn it_can_do_what_all_can() {
        let mut first = fixed("a", Ok(()));
        first.capabilities.images = true;
        first.capabilities.strict_schema = true;
        let mut second = first.clone();
        second.capabilities.strict_schema = false;
        let can = Fallback::new(first).or(second).capabilities();
        assert!(can.images && can.tools && !can.strict_schema);
    }
}
