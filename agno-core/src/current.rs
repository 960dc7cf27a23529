//! The step that the calling code runs in.

use crate::context::StepContext;

tokio::task_local! {
    static CURRENT: StepContext;
}

impl StepContext {
    /// The context of the step that this code runs in; `None` outside of one, and in a task that a
    /// step has spawned.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Does work as a part of this step: [`current`](Self::current) answers this context in it. A
    /// step's own body is done so by itself.
    pub fn scope<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        CURRENT.scope(self.clone(), work)
    }

    pub(crate) fn scope_blocking<T>(&self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), work)
    }
}
