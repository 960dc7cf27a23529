//! Calls of other workflows.

use std::{panic::Location, sync::Arc};

use super::{
    Flow,
    call::{CallFuture, DurableCall, Pending, Settled, durable},
};
use crate::{
    error::Error,
    op::{Op, Reply, WorkflowOp},
    registry::{Registered, Workflow},
};

/// The durable call `flow.call::<W>(input)`.
#[must_use = "it happens when it is awaited: write `.await?`"]
pub struct WorkflowCall<O> {
    pending: Pending<O>,
}

durable!(WorkflowCall<O> => O);

impl<W: Workflow> Flow<W> {
    /// Runs another workflow, which is to be part of the same runtime. It is a run of its own,
    /// with its own journal and state, in the same session and for the same user. Its failure is
    /// this call's, its questions to people pause this run as well, and it is cancelled with it.
    ///
    /// ```ignore
    /// let ticket = flow.call::<HumanHandoff>(complaint).await?;
    /// ```
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "as with every call")]
    pub fn call<C: Workflow>(&self, input: C::Input) -> WorkflowCall<C::Output> {
        let id = self.handle.identify("call", Location::caller());
        let called = self.handle.0.cell.runtime.registered::<C>();
        let decode_with = called.as_ref().ok().cloned();
        let op = called.and_then(|called| {
            let input = (called.entry().encode_input)(&input)?;
            called.check_typed(&input)?;
            Ok(Op::Workflow(WorkflowOp {
                id,
                workflow: called.name.clone(),
                input,
            }))
        });
        let decode = move |reply| match decode_with {
            Some(called) => read::<C::Output>(&called, reply),
            None => Err("nothing was called".to_owned()),
        };
        WorkflowCall {
            pending: Pending::new(self.handle.clone(), op, Box::new(decode)),
        }
    }
}

fn read<O: 'static>(called: &Arc<Registered>, reply: Reply) -> Result<O, String> {
    let Reply::One { json, .. } = reply else {
        return Err("a container answered for a workflow".to_owned());
    };
    let value = called
        .decode_output(&json)
        .map_err(|error| format!("the recorded output does not fit: {error}"))?;
    let value = value.downcast::<O>();
    value.map(|value| *value).map_err(|_| {
        format!(
            "the call expects `{}`, the workflow answers another type",
            std::any::type_name::<O>()
        )
    })
}
