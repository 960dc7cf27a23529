//! Going on as a new run.

use std::panic::Location;

use super::{Durable, Flow};
use crate::{op::Op, registry::Workflow};

impl<W: Workflow> Flow<W> {
    /// Ends this run and goes on as a new one with this input: for flows that never end, whose
    /// journals would grow for ever. The new run has a journal of its own, the same session and
    /// user, and an id that begins like this one's (`RUN.n2`); who waits for this run is answered
    /// what the last of the line answers. Nothing that was asked for and not awaited is left.
    ///
    /// It never resolves, so it answers whatever type is wanted:
    ///
    /// ```ignore
    /// if round == 1000 {
    ///     return flow.continue_as_new(Round { number: 0, seen }).await;
    /// }
    /// ```
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "as with every call")]
    pub fn continue_as_new<T: Send + 'static>(&self, input: W::Input) -> Durable<T> {
        let id = self.handle.identify("continue", Location::caller());
        let registered = &self.handle.0.registered;
        let encoded = (registered.entry().encode_input)(&input);
        let op = encoded.and_then(|input| {
            registered.check_typed(&input)?;
            Ok(Op::Continue { id, input })
        });
        let decode = |_| Err("a run that was continued answered itself".to_owned());
        Durable::new(self.handle.clone(), op, Box::new(decode))
    }
}
