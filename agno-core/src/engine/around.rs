//! The containers around an operation, and who decides them.

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
    /// Outermost first.
    all: Vec<Container>,
    /// From here on they are decided by the outcome of this operation; those before belong to a
    /// flow that may still handle it.
    direct: usize,
    /// The last step of a chain: its commit ends the run.
    pub(super) last: bool,
}

#[derive(Clone)]
struct Container {
    /// Where its decision is recorded.
    decided: Arc<str>,
    by: By,
}

/// What decides a container.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// The first failure.
    Failure,
    /// The first outcome; of these, with `ok_only`, the first success. With the branch that the
    /// operation is in.
    Outcome { branch: usize, ok_only: bool },
    /// Nothing: the outcome is a value.
    Nothing,
}

/// A decision that an outcome makes.
pub(super) struct Decides<'a> {
    pub(super) at: &'a Arc<str>,
    /// The branch that has won, of a race.
    pub(super) winner: Option<usize>,
}

impl Around {
    pub(super) fn last(last: bool) -> Self {
        Self {
            last,
            ..Self::default()
        }
    }

    fn with(&self, decided: Arc<str>, by: By) -> Self {
        let mut inside = self.clone();
        inside.all.push(Container { decided, by });
        inside
    }

    /// Inside a container that the first failure decides.
    pub(super) fn inside(&self, decided: Arc<str>) -> Self {
        self.with(decided, By::Failure)
    }

    /// Inside a branch of a race.
    pub(super) fn branch(&self, decided: Arc<str>, branch: usize, ok_only: bool) -> Self {
        self.with(decided, By::Outcome { branch, ok_only })
    }

    /// Inside an operation whose outcome is a value.
    pub(super) fn settled(&self) -> Self {
        self.with(Arc::from(""), By::Nothing)
    }

    /// For the calls of a sub-flow: it may handle their failures.
    pub(super) fn flow(&self) -> Self {
        Self {
            all: self.all.clone(),
            direct: self.all.len(),
            last: false,
        }
    }

    /// The containers that are decided when the operation ends so, innermost first.
    pub(super) fn decides(&self, ok: bool) -> impl Iterator<Item = Decides<'_>> {
        let direct = self.all[self.direct..].iter().rev();
        direct
            .take_while(move |container| match container.by {
                By::Failure => !ok,
                By::Outcome { ok_only, .. } => ok || !ok_only,
                By::Nothing => false,
            })
            .map(|container| Decides {
                at: &container.decided,
                winner: match container.by {
                    By::Outcome { branch, .. } => Some(branch),
                    By::Failure | By::Nothing => None,
                },
            })
    }

    /// Where the container directly around records its decision.
    pub(super) fn innermost(&self) -> Option<&Arc<str>> {
        self.all.last().map(|container| &container.decided)
    }

    /// What must not be decided for a result of the operation to count.
    pub(super) fn unless(&self) -> Vec<Arc<str>> {
        let containers = self.all.iter().filter(|around| around.by != By::Nothing);
        containers.map(|around| around.decided.clone()).collect()
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
    fn patched(&self, scope: &str, name: &str) -> bool {
        self.cell.is_patched(scope, name)
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
