//! The containers around an operation.

use std::sync::Arc;

use agno_storage::{BoxFuture, Json};

use super::cell::RunCell;
use crate::{
    error::Error,
    op::{Engine, Identity, Op, Reply},
};

/// The containers around an operation.
#[derive(Clone, Default)]
pub(super) struct Around {
    /// Where each of them records its decision, outermost first.
    all: Vec<Arc<str>>,
    /// From here on they are decided by a failure of this operation; those before belong to a
    /// flow that may still handle it.
    direct: usize,
    /// The last step of a chain: its commit ends the run.
    pub(super) last: bool,
}

impl Around {
    pub(super) fn last(last: bool) -> Self {
        Self {
            last,
            ..Self::default()
        }
    }

    pub(super) fn inside(&self, decided: Arc<str>) -> Self {
        let mut inside = self.clone();
        inside.all.push(decided);
        inside
    }

    /// For the calls of a sub-flow: it may handle their failures.
    pub(super) fn flow(&self) -> Self {
        Self {
            all: self.all.clone(),
            direct: self.all.len(),
            last: false,
        }
    }

    pub(super) fn deciding(&self) -> &[Arc<str>] {
        &self.all[self.direct..]
    }

    pub(super) fn unless(&self) -> Vec<Arc<str>> {
        self.all.clone()
    }
}

/// The engine as a sub-flow inside containers sees it.
pub(super) struct Inside {
    pub(super) cell: Arc<RunCell>,
    pub(super) around: Around,
}

impl Engine for Inside {
    fn execute(&self, op: Op) -> BoxFuture<'static, Result<Reply, Error>> {
        Box::pin(self.cell.clone().execute_planned(op, self.around.clone()))
    }
    fn value(&self, id: &Identity, make: &dyn Fn() -> Json) -> Json {
        self.cell.value(id, make)
    }
    fn say(&self, id: &Identity, message: String) {
        self.cell.say(id, message);
    }
    fn random(&self, id: &Identity) -> [u8; 32] {
        self.cell.random(id)
    }
    fn misuse(&self, problem: String) {
        self.cell.misuse(problem);
    }
    fn is_polling(&self) -> bool {
        self.cell.is_polling()
    }
}
