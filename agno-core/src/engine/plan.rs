//! An operation, set against what is recorded: what is there already, and what has to run.

use std::sync::Arc;

use agno_storage::{Entry, Json};
use serde::{Deserialize, Serialize};

use super::{
    cell::{RunCell, Stop, locked},
    replay::{Drift, decided, whole},
    same_input::same_input,
};
use crate::{
    error::{Error, code},
    op::{CallOp, Container, Identity, Op, Reply},
};

/// What is to be done for an operation.
pub(super) enum Planned {
    /// Recorded: nothing runs.
    Recorded(Box<Result<Reply, Error>>),
    Step(CallOp),
    Subflow {
        call: CallOp,
        is_new: bool,
    },
    Sleep {
        id: Identity,
        duration: std::time::Duration,
        until: Option<u64>,
    },
    All {
        id: Identity,
        children: Vec<Self>,
        limit: Option<usize>,
    },
}

impl Planned {
    /// The operation's path, if something of it may be left to run.
    pub(super) fn path(&self) -> Option<Arc<str>> {
        match self {
            Self::Recorded(_) => None,
            Self::Step(call) | Self::Subflow { call, .. } => Some(call.id.path.clone()),
            Self::Sleep { id, .. } | Self::All { id, .. } => Some(id.path.clone()),
        }
    }
}

/// What a container writes down: its kind and how many there are.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Size {
    pub(super) kind: String,
    pub(super) count: usize,
}

impl Size {
    fn of(kind: Container, count: usize) -> Self {
        Self {
            kind: kind.as_str().to_owned(),
            count,
        }
    }
}

impl RunCell {
    /// Plans an operation. Does not resolve when the run drifts: it stops then.
    pub(super) async fn plan_or_stop(&self, op: &Op) -> Planned {
        let drift = match self.plan(op).and_then(|planned| {
            self.check_new(&planned)?;
            Ok(planned)
        }) {
            Ok(planned) => return planned,
            Err(drift) => drift,
        };
        let error = match self.registered.on_drift {
            crate::OnDrift::Fail => drift.error(),
            crate::OnDrift::Rerun => match self.rerun_from(&drift).await {
                Ok(()) => match self.plan(op) {
                    Ok(planned) => return planned,
                    Err(drift) => drift.error(),
                },
                Err(error) => error,
            },
        };
        self.stop(Stop::Failed(error));
        std::future::pending().await
    }

    fn plan(&self, op: &Op) -> Result<Planned, Drift> {
        let recorded = self.claim(op.id())?;
        match op {
            Op::Step(call) => match recorded {
                Some(entry) => self.replay_step(call, &entry),
                None => Ok(Planned::Step(call.clone())),
            },
            Op::Subflow(call) => self.plan_subflow(call, recorded.as_deref()),
            Op::Sleep { id, duration } => {
                let until = recorded.and_then(|entry| entry.output?.decode().ok());
                Ok(Planned::Sleep {
                    id: id.clone(),
                    duration: *duration,
                    until,
                })
            }
            Op::All {
                id,
                kind,
                ops,
                limit,
            } => {
                let size = Size::of(*kind, ops.len());
                match &recorded {
                    Some(entry) => check_size(id, entry, &size)?,
                    None => self.ride_container(id, &size),
                }
                let decision = locked(&self.recorded).get(&decided(&id.path)).cloned();
                let children: Result<Vec<_>, _> = ops.iter().map(|op| self.plan(op)).collect();
                if let Some(error) = decision.and_then(|entry| entry.error) {
                    // Decided: nothing of it starts, and what its branches recorded is done with.
                    self.settle_below(ops.iter().map(|op| &op.id().path).chain([&id.path]));
                    return Ok(Planned::Recorded(Box::new(Err(Error::from_recorded(
                        error,
                    )))));
                }
                Ok(Planned::All {
                    id: id.clone(),
                    children: children?,
                    limit: *limit,
                })
            }
        }
    }

    fn replay_step(&self, call: &CallOp, entry: &Entry) -> Result<Planned, Drift> {
        self.check_input(call, entry, || {
            self.registered.step_at(call.index).input_schema()
        })?;
        self.replayed(&call.id.path);
        if let Some(delta) = &entry.delta {
            self.apply(entry.seq, delta);
        }
        Ok(Planned::Recorded(Box::new(outcome_of(entry))))
    }

    fn plan_subflow(&self, call: &CallOp, entry: Option<&Entry>) -> Result<Planned, Drift> {
        let Some(entry) = entry else {
            return Ok(Planned::Subflow {
                call: call.clone(),
                is_new: true,
            });
        };
        self.check_input(call, entry, || {
            self.registered.flow_at(call.index).input_schema()
        })?;
        let result = locked(&self.recorded).get(&whole(&call.id.path)).cloned();
        match result {
            Some(entry) => {
                self.settle_below([&call.id.path]);
                Ok(Planned::Recorded(Box::new(outcome_of(&entry))))
            }
            None => Ok(Planned::Subflow {
                call: call.clone(),
                is_new: false,
            }),
        }
    }

    fn check_input(
        &self,
        call: &CallOp,
        entry: &Entry,
        schema: impl FnOnce() -> serde_json::Value,
    ) -> Result<(), Drift> {
        let Some(recorded) = &entry.input else {
            return Ok(());
        };
        if same_input(recorded, &call.input, schema) {
            return Ok(());
        }
        let place = entry
            .place
            .as_ref()
            .map(|place| format!(" (at {place})"))
            .unwrap_or_default();
        let problem = format!(
            "drift: `{}` was recorded{place} with the input {}, the code now calls it (at {}) \
             with {}. A flow must not take time, chance or files from outside its steps",
            call.id.path,
            short(recorded),
            call.id.place,
            short(&call.input),
        );
        Err(Drift {
            scope: call.id.scope.clone(),
            position: call.id.position,
            problem,
        })
    }

    /// New operations must not overtake recorded ones.
    fn check_new(&self, planned: &Planned) -> Result<(), Drift> {
        match planned {
            Planned::Step(call) => self.check_order(&call.id),
            Planned::Subflow { call, is_new: true } => self.check_order(&call.id),
            Planned::Sleep {
                id, until: None, ..
            } => self.check_order(id),
            Planned::All { children, .. } => {
                children.iter().try_for_each(|child| self.check_new(child))
            }
            _ => Ok(()),
        }
    }
}

fn check_size(id: &Identity, entry: &Entry, size: &Size) -> Result<(), Drift> {
    let recorded: Option<Size> = entry.output.as_ref().and_then(|json| json.decode().ok());
    if recorded.as_ref() == Some(size) {
        return Ok(());
    }
    let was = recorded.map_or_else(String::new, |was| format!(" {} of {}", was.kind, was.count));
    let problem = format!(
        "drift: `{}` was recorded as{was}, the code now asks (at {}) for {} of {}",
        id.path, id.place, size.kind, size.count
    );
    Err(Drift {
        scope: id.scope.clone(),
        position: id.position,
        problem,
    })
}

/// What a recorded entry answers.
fn outcome_of(entry: &Entry) -> Result<Reply, Error> {
    match (&entry.output, &entry.error) {
        (Some(json), None) => Ok(Reply::One {
            json: json.clone(),
            value: None,
        }),
        (Some(json), Some(_)) if entry.source == agno_storage::Source::Skipped => Ok(Reply::One {
            json: json.clone(),
            value: None,
        }),
        (_, Some(error)) => Err(Error::from_recorded(error.clone())),
        (None, None) => Err(Error::new(code::DRIFT, "the recorded step has no outcome")),
    }
}

fn short(json: &Json) -> String {
    const MOST: usize = 120;
    let text = json.as_str();
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("`{}…`", &text[..at]),
        None => format!("`{text}`"),
    }
}

impl RunCell {
    fn replayed(&self, path: &Arc<str>) {
        use std::sync::atomic::Ordering;
        self.tally.replayed.fetch_add(1, Ordering::Relaxed);
        if self.is_watched() {
            self.tell(&agno_storage::Event {
                at: crate::clock::now_micros(),
                kind: agno_storage::EventKind::StepReplayed { path: path.clone() },
            });
        }
    }
}
