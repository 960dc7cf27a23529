//! An operation, set against what is recorded: what is there already, and what has to run.

use std::sync::Arc;

use agno_storage::{Entry, Json, RecordedError};
use serde::{Deserialize, Serialize};

use super::{
    cell::{RunCell, locked},
    containers::Winner,
    replay::{Drift, decided, given_input, whole},
    same_input::same_input,
    stop::Stop,
};
use crate::{
    error::{Error, code},
    op::{AskOp, CallOp, Container, Identity, Op, Reply, WorkflowOp},
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
    First {
        id: Identity,
        children: Vec<Self>,
        ok_only: bool,
    },
    /// A race that is decided: only its winner is asked, for what it has recorded.
    Won {
        id: Identity,
        winner: usize,
        child: Box<Self>,
    },
    Ask {
        ask: AskOp,
        is_new: bool,
    },
    Workflow {
        call: WorkflowOp,
        is_new: bool,
    },
    History {
        id: Identity,
        runs: usize,
    },
    Continue {
        id: Identity,
        input: Json,
    },
    /// The outcome is a value.
    Settled(Box<Self>),
}

impl Planned {
    /// The operation's path, if something of it may be left to run.
    pub(super) fn path(&self) -> Option<Arc<str>> {
        match self {
            Self::Recorded(_) => None,
            Self::Step(call) | Self::Subflow { call, .. } => Some(call.id.path.clone()),
            Self::Sleep { id, .. }
            | Self::All { id, .. }
            | Self::First { id, .. }
            | Self::History { id, .. }
            | Self::Continue { id, .. } => Some(id.path.clone()),
            Self::Ask { ask, .. } => Some(ask.id.path.clone()),
            Self::Workflow { call, .. } => Some(call.id.path.clone()),
            Self::Won { child, .. } | Self::Settled(child) => child.path(),
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
        self.plan_claimed(op, recorded)
    }

    fn plan_claimed(&self, op: &Op, recorded: Option<Box<Entry>>) -> Result<Planned, Drift> {
        match op {
            Op::Step(call) => {
                let call = self.with_given_input(call);
                match recorded {
                    Some(entry) => self.replay_step(&call, &entry),
                    None => Ok(Planned::Step(call)),
                }
            }
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
                self.claim_container(id, *kind, ops.len(), recorded.as_deref())?;
                let children: Result<Vec<_>, _> = ops.iter().map(|op| self.plan(op)).collect();
                if let Some(error) = self.decision(id).and_then(|entry| entry.error) {
                    return Ok(self.decided_as(ops, id, error));
                }
                Ok(Planned::All {
                    id: id.clone(),
                    children: children?,
                    limit: *limit,
                })
            }
            Op::First { id, ops, ok_only } => {
                self.claim_container(id, Container::Race, ops.len(), recorded.as_deref())?;
                let children: Result<Vec<_>, _> = ops.iter().map(|op| self.plan(op)).collect();
                let Some(decision) = self.decision(id) else {
                    return Ok(Planned::First {
                        id: id.clone(),
                        children: children?,
                        ok_only: *ok_only,
                    });
                };
                if let Some(error) = decision.error {
                    return Ok(self.decided_as(ops, id, error));
                }
                let winner = decision
                    .output
                    .and_then(|json| json.decode::<Winner>().ok());
                let winner = winner.map_or(usize::MAX, |decision| decision.winner);
                let losers = ops.iter().enumerate().filter(|(index, _)| *index != winner);
                let losers: Vec<_> = losers.map(|(_, op)| op.id().path.clone()).collect();
                self.settle_below(&losers);
                let child = children?.into_iter().nth(winner);
                let child = child.ok_or_else(|| Drift {
                    scope: id.scope.clone(),
                    position: id.position,
                    problem: format!(
                        "drift: the winner of `{}` is not among its branches",
                        id.path
                    ),
                })?;
                Ok(Planned::Won {
                    id: id.clone(),
                    winner,
                    child: Box::new(child),
                })
            }
            Op::Ask(ask) => {
                if let Some(entry) = &recorded {
                    self.check_question(ask, entry)?;
                }
                Ok(Planned::Ask {
                    ask: ask.clone(),
                    is_new: recorded.is_none(),
                })
            }
            Op::Workflow(call) => {
                if let Some(entry) = &recorded {
                    let schema = || serde_json::Value::Bool(true);
                    self.check_same(&call.id, &call.input, entry, schema)?;
                }
                let result = locked(&self.recorded).get(&whole(&call.id.path)).cloned();
                Ok(match result {
                    Some(entry) => Planned::Recorded(Box::new(outcome_of(&entry))),
                    None => Planned::Workflow {
                        call: call.clone(),
                        is_new: recorded.is_none(),
                    },
                })
            }
            Op::History { id, runs } => Ok(match recorded {
                Some(entry) => Planned::Recorded(Box::new(outcome_of(&entry))),
                None => Planned::History {
                    id: id.clone(),
                    runs: *runs,
                },
            }),
            Op::Continue { id, input } => Ok(Planned::Continue {
                id: id.clone(),
                input: input.clone(),
            }),
            // The operation inside has claimed what is recorded.
            Op::Settle(op) => Ok(match self.plan_claimed(op, recorded)? {
                Planned::Recorded(outcome) => {
                    let settled = Reply::Settled(outcome.map(Box::new));
                    Planned::Recorded(Box::new(Ok(settled)))
                }
                child => Planned::Settled(Box::new(child)),
            }),
        }
    }

    /// The call with the input that a fork gave it, if it did.
    fn with_given_input(&self, call: &CallOp) -> CallOp {
        let mut call = call.clone();
        let path = given_input(&call.id.path);
        if let Some(given) = locked(&self.recorded).get(&path)
            && let Some(input) = &given.output
        {
            call.input = input.clone();
        }
        call
    }

    /// Claims a container, or has it recorded with the next commit.
    fn claim_container(
        &self,
        id: &Identity,
        kind: Container,
        count: usize,
        recorded: Option<&Entry>,
    ) -> Result<(), Drift> {
        let size = Size::of(kind, count);
        match recorded {
            Some(entry) => check_size(id, entry, &size)?,
            None => self.ride_container(id, &size),
        }
        Ok(())
    }

    fn decision(&self, id: &Identity) -> Option<Entry> {
        locked(&self.recorded).get(&decided(&id.path)).cloned()
    }

    /// Decided by a failure: nothing of it starts, and what its branches recorded is done with.
    fn decided_as(&self, ops: &[Op], id: &Identity, error: RecordedError) -> Planned {
        self.settle_below(ops.iter().map(|op| &op.id().path).chain([&id.path]));
        let error = Error::from_recorded(error);
        self.container_ended(&id.path, None, Some(&error));
        Planned::Recorded(Box::new(Err(error)))
    }

    /// What a question is about is part of what it asks; its words may change.
    fn check_question(&self, ask: &AskOp, entry: &Entry) -> Result<(), Drift> {
        match &ask.value {
            Some(value) => {
                let schema = || serde_json::Value::Bool(true);
                self.check_same(&ask.id, value, entry, schema)
            }
            None => Ok(()),
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
        self.check_same(&call.id, &call.input, entry, schema)
    }

    fn check_same(
        &self,
        id: &Identity,
        input: &Json,
        entry: &Entry,
        schema: impl FnOnce() -> serde_json::Value,
    ) -> Result<(), Drift> {
        let Some(recorded) = &entry.input else {
            return Ok(());
        };
        if same_input(recorded, input, schema) {
            return Ok(());
        }
        let place = entry
            .place
            .as_ref()
            .map(|place| format!(" (at {place})"))
            .unwrap_or_default();
        let problem = format!(
            "drift: `{}` was recorded{place} with the input {}, the code now calls it (at {}) \
             with {}. A flow must not take time, chance, files or the order of a `HashMap` from outside its steps",
            id.path,
            short(recorded),
            id.place,
            short(input),
        );
        Err(Drift {
            scope: id.scope.clone(),
            position: id.position,
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
            Planned::History { id, .. } => self.check_order(id),
            Planned::Continue { id, .. } => self.check_order(id),
            Planned::Ask { ask, is_new: true } => self.check_order(&ask.id),
            Planned::Workflow { call, is_new: true } => self.check_order(&call.id),
            Planned::All { children, .. } | Planned::First { children, .. } => {
                children.iter().try_for_each(|child| self.check_new(child))
            }
            Planned::Settled(child) => self.check_new(child),
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
