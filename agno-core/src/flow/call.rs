//! Calls that were built and wait to be awaited.

use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use agno_storage::{BoxFuture, CacheMode};

use super::handle::Handle;
use crate::{
    engine,
    error::Error,
    op::{Container, Identity, Op, Reply},
    registry::{Cache, Registered, Retry, StepOptions},
};

/// Turns a reply into what the flow asked for. The text says why a recorded one does not fit.
pub(crate) type Decode<O> = Box<dyn FnOnce(Reply) -> Result<O, String> + Send>;

/// Something a flow can await durably: the call of a step or sub-flow, a timer, or several of
/// them together. Sealed: only what this crate makes is recorded.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable call",
    label = "only calls on the flow are recorded, so that a resume takes the same way",
    note = "pass `flow.name_of_a_step(..)`, a sub-flow, `flow.map(..)` or `flow.sleep(..)`; other work belongs into a step, and a function that takes the flow becomes a sub-flow by `#[flow]`"
)]
pub trait DurableCall: Send + 'static {
    /// What it answers.
    type Output: Send + 'static;

    #[doc(hidden)]
    fn into_pending(self) -> Pending<Self::Output>;
}

/// A call that was built. Dropped without being awaited, it stops the run: a step that was
/// asked for and never ran is a mistake.
#[doc(hidden)]
pub struct Pending<O>(Option<Parts<O>>);

pub(super) struct Parts<O> {
    handle: Handle,
    op: Result<Op, Error>,
    decode: Decode<O>,
}

impl<O> Pending<O> {
    pub(super) fn new(handle: Handle, op: Result<Op, Error>, decode: Decode<O>) -> Self {
        Self(Some(Parts { handle, op, decode }))
    }

    /// Taken apart by a container.
    pub(crate) fn split(mut self) -> (Result<Op, Error>, Decode<O>) {
        let parts = self.0.take().expect("a call is taken once");
        (parts.op, parts.decode)
    }

    /// Taken to be awaited.
    pub(super) fn take(&mut self) -> Option<Parts<O>> {
        self.0.take()
    }

    /// What was called, for debugging.
    pub(super) fn op(&self) -> Option<&Result<Op, Error>> {
        self.0.as_ref().map(|parts| &parts.op)
    }

    /// The same call with its outcome as a value.
    pub(super) fn settled(mut self) -> Pending<Result<O, Error>>
    where
        O: 'static,
    {
        let Parts { handle, op, decode } = self.0.take().expect("a call is taken once");
        // What could not even be called is an outcome as well.
        let op = op.map(|op| Op::Settle(Box::new(op)));
        Pending::new(handle, op, settled(decode))
    }

    /// It cannot be called: awaiting it answers this.
    pub(super) fn fail(&mut self, error: Error) {
        if let Some(Parts { op, .. }) = &mut self.0 {
            *op = Err(error);
        }
    }

    /// Changes the operation, if there is one.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Op)) {
        if let Some(Parts { op: Ok(op), .. }) = &mut self.0 {
            change(op);
        }
    }
}

/// Decodes an outcome as a value.
pub(crate) fn settled<O: 'static>(decode: Decode<O>) -> Decode<Result<O, Error>> {
    Box::new(move |reply| match reply {
        Reply::Settled(Ok(reply)) => decode(*reply).map(Ok),
        Reply::Settled(Err(error)) => Ok(Err(error)),
        _ => Err("the call answered no outcome".to_owned()),
    })
}

impl<O> Drop for Pending<O> {
    fn drop(&mut self) {
        let Some(Parts {
            handle, op: Ok(op), ..
        }) = self.0.take()
        else {
            return;
        };
        // When the engine drops a flow, its calls are not to blame.
        if handle.0.engine.is_polling() && !std::thread::panicking() {
            let id = op.id();
            handle.0.engine.misuse(format!(
                "`{}` was called at {} and never awaited: write `.await`, or take the call out",
                id.path, id.place
            ));
        }
    }
}

/// The durable call of a step or sub-flow. Awaiting it runs the step, or returns what is recorded.
#[must_use = "a step runs when its call is awaited: write `.await?`"]
pub struct StepCall<O> {
    pending: Pending<O>,
}

impl<O: Send + 'static> StepCall<O> {
    pub(crate) fn new(handle: Handle, _id: Identity, op: Result<Op, Error>) -> Self {
        let registered = handle.0.registered.clone();
        let decode = step_decoder::<O>(registered, &op);
        Self {
            pending: Pending::new(handle, op, decode),
        }
    }

    fn options(mut self, set: impl FnOnce(&mut StepOptions)) -> Self {
        if let Some(Parts {
            op: Ok(Op::Step(call) | Op::Subflow(call)),
            ..
        }) = &mut self.pending.0
        {
            set(call.options.get_or_insert_default());
        }
        self
    }

    /// Repeats failed attempts of this call so, whatever the step says.
    pub fn retry(self, retry: Retry) -> Self {
        self.options(|options| options.retry = Some(retry))
    }

    /// Gives each attempt of this call so long, whatever the step says.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.options(|options| options.timeout = Some(timeout))
    }

    /// Keeps the result of this call so, whatever the step says.
    pub fn cache(self, cache: Cache) -> Self {
        self.options(|options| options.cache = Some(cache))
    }

    /// Works anew, whatever the cache holds, and keeps the new result in its place: short for
    /// `.cache_mode(CacheMode::Refresh)`. Of a sub-flow, its own result; the steps in it look
    /// theirs up as always. Without a cache it changes nothing. A run that resumes takes what it
    /// has recorded.
    ///
    /// For switches of a workflow's own: `if use_cache { call } else { call.fresh() }`. For a
    /// whole run there is [`Start::no_cache`](crate::Start::no_cache).
    pub fn fresh(self) -> Self {
        self.cache_mode(CacheMode::Refresh)
    }

    /// How this call uses the cache, whatever the run says. Without a cache it changes nothing,
    /// and neither does it in a run that resumes for what that has recorded. Default: as the run,
    /// see [`Start::cache_mode`](crate::Start::cache_mode).
    pub fn cache_mode(self, mode: CacheMode) -> Self {
        self.options(|options| options.cache_mode = Some(mode))
    }
}

fn step_decoder<O: Send + 'static>(
    registered: Arc<Registered>,
    op: &Result<Op, Error>,
) -> Decode<O> {
    let (subflow, index) = match op {
        Ok(Op::Step(call)) => (false, call.index),
        Ok(Op::Subflow(call)) => (true, call.index),
        _ => return Box::new(|_| Err("nothing was called".to_owned())),
    };
    Box::new(move |reply| {
        let Reply::One { json, value } = reply else {
            return Err("a container answered for a step".to_owned());
        };
        let value = match value {
            Some(value) => value,
            None => {
                let decoded = if subflow {
                    match &registered.flow_at(index).decode {
                        Some(decode) => decode(&json),
                        None => return Err("the flow has no output type".to_owned()),
                    }
                } else {
                    (registered.step_at(index).decode)(&json)
                };
                decoded.map_err(|error| format!("the recorded output does not fit: {error}"))?
            }
        };
        let value = value.downcast::<O>();
        value.map(|value| *value).map_err(|_| {
            format!(
                "the call expects `{}`, the step answers another type",
                std::any::type_name::<O>()
            )
        })
    })
}

/// A durable call that is not a step: `flow.parallel`, `flow.sleep`.
#[must_use = "it happens when it is awaited: write `.await`"]
pub struct Durable<O> {
    pending: Pending<O>,
}

impl<O: Send + 'static> Durable<O> {
    pub(crate) fn new(handle: Handle, op: Result<Op, Error>, decode: Decode<O>) -> Self {
        Self {
            pending: Pending::new(handle, op, decode),
        }
    }
}

/// A durable call whose outcome is a value: `flow.search(topic).settle()`.
#[must_use = "it happens when it is awaited: write `.await?`"]
pub struct Settled<O> {
    pub(super) pending: Pending<Result<O, Error>>,
}

/// The durable call `flow.map(items, |item| ..)`.
#[must_use = "it happens when it is awaited: write `.await?`"]
pub struct MapCall<O> {
    pending: Pending<Vec<O>>,
}

impl<O: Send + 'static> MapCall<O> {
    pub(crate) fn new(
        handle: Handle,
        id: Identity,
        ops: Result<Vec<Op>, Error>,
        decoders: Vec<Decode<O>>,
    ) -> Self {
        let op = ops.map(|ops| Op::All {
            id,
            kind: Container::Map,
            ops,
            limit: None,
        });
        Self {
            pending: Pending::new(handle, op, decode_all(decoders)),
        }
    }

    /// At most so many at a time; at least one. Default: all at once.
    pub fn limit(mut self, limit: usize) -> Self {
        if let Some(Parts {
            op: Ok(Op::All { limit: slot, .. }),
            ..
        }) = &mut self.pending.0
        {
            *slot = Some(limit.max(1));
        }
        self
    }
}

pub(crate) fn decode_all<O: Send + 'static>(decoders: Vec<Decode<O>>) -> Decode<Vec<O>> {
    Box::new(move |reply| match reply {
        Reply::Many(replies) if replies.len() == decoders.len() => {
            let pairs = decoders.into_iter().zip(replies);
            pairs.map(|(decode, reply)| decode(reply)).collect()
        }
        _ => Err("the container answered another number of results".to_owned()),
    })
}

/// A call that is being awaited: built, then running, then answered. One that stopped the run
/// does not resolve.
#[doc(hidden)]
pub struct CallFuture<O> {
    pub(super) built: Option<Parts<O>>,
    pub(super) running: Option<Running<O>>,
}

pub(super) struct Running<O> {
    handle: Handle,
    path: Arc<str>,
    future: BoxFuture<'static, Result<Reply, Error>>,
    decode: Decode<O>,
}

impl<O> Future for CallFuture<O> {
    type Output = Result<O, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(Parts { handle, op, decode }) = self.built.take() {
            let op = match op {
                Ok(op) => op,
                Err(error) => return Poll::Ready(Err(error)),
            };
            if begin(&handle, op.id()) {
                self.running = Some(Running {
                    path: op.id().path.clone(),
                    future: handle.0.engine.execute(op),
                    handle,
                    decode,
                });
            }
        }
        let Some(running) = &mut self.running else {
            return Poll::Pending;
        };
        let Poll::Ready(result) = running.future.as_mut().poll(cx) else {
            return Poll::Pending;
        };
        let Some(Running {
            handle,
            path,
            decode,
            ..
        }) = self.running.take()
        else {
            return Poll::Pending;
        };
        handle.0.busy.store(false, Ordering::Release);
        match result.map(decode) {
            Ok(Ok(output)) => Poll::Ready(Ok(output)),
            Ok(Err(problem)) => {
                handle.0.cell.unreadable(&path, problem);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

// Nothing in it is pinned: the running future is boxed.
impl<O> Unpin for CallFuture<O> {}

impl<O> Drop for CallFuture<O> {
    fn drop(&mut self) {
        if let Some(Running { handle, path, .. }) = &self.running
            && handle.0.engine.is_polling()
            && !std::thread::panicking()
        {
            handle.0.engine.misuse(format!(
                "`{path}` was dropped before it had finished, as by `select!` or a timeout around \
                 it: give the step a `timeout`, or use the flow's own combinations"
            ));
        }
    }
}

/// Checks that a call may begin: in its own run, and alone.
fn begin(handle: &Handle, id: &Identity) -> bool {
    if !handle.0.engine.is_polling() {
        let problem = format!(
            "`{}`, called at {}, is awaited outside its own run, as in a spawned task",
            id.path, id.place
        );
        engine::blame_current(&problem);
        handle.0.engine.misuse(problem);
        return false;
    }
    if handle.0.busy.swap(true, Ordering::AcqRel) {
        handle.0.engine.misuse(format!(
            "`{}`, called at {}, is awaited while another call is, as by `join!`: a crash would \
             mix them up. Use `flow.parallel((..))` or `flow.map(..)`",
            id.path, id.place
        ));
        return false;
    }
    true
}

macro_rules! durable {
    ($Call:ident<$O:ident> => $Output:ty) => {
        impl<$O: Send + 'static> $Call<$O> {
            /// Answers the call's outcome as a value: its error does not end the calls beside it,
            /// and `?` does not return it. What stops the whole run still does.
            pub fn settle(self) -> Settled<$Output> {
                Settled {
                    pending: self.pending.settled(),
                }
            }
        }

        impl<$O: Send + 'static> DurableCall for $Call<$O> {
            type Output = $Output;
            fn into_pending(self) -> Pending<$Output> {
                self.pending
            }
        }

        impl<$O: Send + 'static> IntoFuture for $Call<$O> {
            type Output = Result<$Output, Error>;
            type IntoFuture = CallFuture<$Output>;
            fn into_future(mut self) -> CallFuture<$Output> {
                CallFuture {
                    built: self.pending.take(),
                    running: None,
                }
            }
        }

        impl<$O> std::fmt::Debug for $Call<$O> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let op = self.pending.op();
                f.debug_tuple(stringify!($Call)).field(&op).finish()
            }
        }
    };
}

pub(super) use durable;

durable!(StepCall<O> => O);
durable!(Durable<O> => O);
durable!(MapCall<O> => Vec<O>);
durable!(Settled<O> => Result<O, Error>);

impl<O> std::fmt::Debug for Pending<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pending({})", self.0.is_some())
    }
}

impl<O> std::fmt::Debug for CallFuture<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallFuture({})", self.running.is_some())
    }
}
