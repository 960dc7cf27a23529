//! Runs what was planned.

use std::{panic::Location, sync::Arc, time::Duration};

use agno_storage::{BoxFuture, Entry, EntryKind, Event, EventError, EventKind, Json};

use super::{
    around::{Around, Inside},
    cell::{RunCell, locked},
    plan::{Planned, Size},
};
use crate::{
    clock::now_micros,
    error::{Error, code},
    flow::Handle,
    graph::{Graph, Node},
    op::{CallOp, Container, Identity, Op, Reply},
    registry::{Answers, FlowRun},
    value::Produced,
};

pub(super) type Outcome = Result<Reply, Error>;

/// So many flows inside each other, and the innermost call fails: each takes some of the thread's stack, which
/// ends somewhere behind 48 of them in an unoptimised build.
const DEEPEST: usize = 32;

impl RunCell {
    pub(super) fn execute_op(self: Arc<Self>, op: Op) -> BoxFuture<'static, Outcome> {
        // The usual case by itself: a fresh run, one step.
        match op {
            Op::Step(call) if !self.replaying() && !self.has_constructs => {
                Box::pin(async move { self.run_step(call, &Around::default()).await })
            }
            op => Box::pin(self.execute_planned(op, Around::default())),
        }
    }

    pub(super) async fn execute_planned(self: Arc<Self>, op: Op, around: Around) -> Outcome {
        if self.has_constructs {
            self.asked(&op);
        }
        let planned = self.plan_or_stop(&op).await;
        self.run(planned, around).await
    }

    /// Boxed, because containers hold containers; each in a box of its own, because flows call flows: a
    /// box for all would have room for the largest on the stack at every level.
    pub(super) fn run(
        self: Arc<Self>,
        planned: Planned,
        around: Around,
    ) -> BoxFuture<'static, Outcome> {
        match planned {
            Planned::Recorded(outcome) => Box::pin(async move { *outcome }),
            Planned::Step(call) => Box::pin(async move { self.run_step(call, &around).await }),
            Planned::Subflow { call, is_new } => {
                Box::pin(async move { self.run_subflow(call, is_new, &around).await })
            }
            Planned::Sleep {
                id,
                duration,
                until,
            } => Box::pin(async move { self.sleep(id, duration, until).await }),
            Planned::All {
                id,
                children,
                limit,
            } => Box::pin(async move { self.run_all(id, children, limit, &around).await }),
            Planned::First {
                id,
                children,
                ok_only,
            } => Box::pin(async move { self.run_first(id, children, ok_only, &around).await }),
            Planned::Won { id, winner, child } => Box::pin(async move {
                let reply = self.clone().run(*child, around).await?;
                self.container_ended(&id.path, Some(winner), None);
                Ok(Reply::Won(winner, Box::new(reply)))
            }),
            Planned::Ask { ask, is_new } => {
                Box::pin(async move { self.run_ask(ask, is_new, &around).await })
            }
            Planned::Workflow { call, is_new } => {
                Box::pin(async move { self.run_workflow(call, is_new, &around).await })
            }
            Planned::History { id, runs } => {
                Box::pin(async move { self.run_history(id, runs, &around).await })
            }
            Planned::Continue { input, .. } => {
                Box::pin(async move { self.run_continue(input).await })
            }
            Planned::Settled(child) => Box::pin(async move {
                let outcome = self.run(*child, around.settled()).await;
                Ok(Reply::Settled(outcome.map(Box::new)))
            }),
        }
    }

    pub(super) fn ride_container(&self, id: &Identity, size: &Size) {
        let mut entry = Entry::new(EntryKind::Container, id.path.clone(), id.position);
        entry.place = Some(id.place.clone());
        entry.output = Json::encode(size).ok();
        entry.started_at = now_micros();
        entry.events.push(Event {
            at: entry.started_at,
            kind: EventKind::ContainerStarted {
                path: id.path.clone(),
                container: Arc::from(size.kind.as_str()),
                count: size.count as u64,
            },
        });
        self.ride(entry);
    }

    /// Puts an entry on the next commit, once: an operation may be planned again after a drift.
    pub(super) fn ride(&self, entry: Entry) {
        let mut riding = locked(&self.riding);
        if riding.entries.iter().all(|other| other.path != entry.path) {
            riding.entries.push(entry);
        }
    }

    async fn run_subflow(self: Arc<Self>, call: CallOp, is_new: bool, around: &Around) -> Outcome {
        let flow = self.registered.flow_at(call.index);
        let options = match &call.options {
            None => flow.spec.options.clone(),
            Some(own) => flow.spec.options.with(own),
        };
        if is_new {
            let mut entry = Entry::new(EntryKind::Subflow, call.id.path.clone(), call.id.position);
            entry.place = Some(call.id.place.clone());
            entry.input = Some(call.input.clone());
            entry.started_at = now_micros();
            entry.events.push(Event {
                at: entry.started_at,
                kind: EventKind::SubflowStarted {
                    path: call.id.path.clone(),
                },
            });
            self.ride(entry);
        }
        let FlowRun::Body(body) = &flow.run else {
            return Err(Error::new(code::MISUSE, "a chain of steps is no sub-flow"));
        };
        let inside = Inside {
            cell: self.clone(),
            around: around.flow(),
        };
        let scope = Arc::from(format!("{}/", call.id.path));
        let work = body(
            Handle::inside(&self, Arc::new(inside), scope),
            call.input.clone(),
        );
        // Refused or not, its end is told.
        let outcome = match check_depth(&call.id) {
            Err(error) => Err(error),
            Ok(()) if options.cache.is_none() && options.timeout.is_none() => {
                work.await.map(|produced| Reply::One {
                    json: produced.json,
                    value: produced.value,
                })
            }
            Ok(()) => self.run_whole(&call, flow, &options, work, around).await,
        };
        let path = &call.id.path;
        if self.has_constructs {
            self.left(&format!("{path}/"));
        }
        self.ride_event(
            &format!("{path}!ended"),
            EventKind::SubflowEnded {
                path: path.clone(),
                error: outcome
                    .as_ref()
                    .err()
                    .map(|error| EventError::from(&error.to_recorded())),
            },
        );
        outcome
    }

    async fn sleep(&self, id: Identity, duration: Duration, until: Option<u64>) -> Outcome {
        let until = match until {
            Some(until) => until,
            None => {
                let length = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
                let until = now_micros().saturating_add(length);
                let event = Event {
                    at: now_micros(),
                    kind: EventKind::TimerStarted {
                        path: id.path.clone(),
                        until,
                    },
                };
                self.tell(&event);
                let mut entry = Entry::new(EntryKind::Timer, id.path, id.position);
                entry.place = Some(id.place);
                entry.output = Json::encode(&until).ok();
                entry.started_at = event.at;
                entry.events.push(event);
                self.commit_entry(entry).await;
                until
            }
        };
        let _timer = self.timer(until);
        sleep_until(until).await;
        Ok(Reply::One {
            json: Json::null(),
            value: Some(Box::new(())),
        })
    }

    /// The steps of a workflow without a flow, each output feeding the next input.
    pub(super) async fn run_chain(self: Arc<Self>, input: Json) -> Result<Produced, Error> {
        let registered = self.registered.clone();
        let FlowRun::Chain(chain) = &registered.entry().run else {
            return Err(Error::new(code::MISUSE, "a flow is no chain of steps"));
        };
        let handle = Handle::new(&self, Arc::from(""));
        let mut answers = Answers::new(chain, input);
        let mut last = Produced {
            json: Json::null(),
            value: None,
        };
        for (place, link) in chain.links.iter().enumerate() {
            let name = link.step;
            let (index, _) = registered.step(name).ok_or_else(|| {
                Error::new(code::MISUSE, format!("there is no step `{name}`")).permanent()
            })?;
            let input = answers.input_of(place, &registered)?;
            let id = handle.identify(name, place_in(registered.graph, place, name));
            let call = CallOp {
                id,
                index,
                input,
                options: None,
            };
            let is_last = place + 1 == chain.links.len();
            let reply = if self.replaying() {
                let op = Op::Step(call);
                match self.plan_or_stop(&op).await {
                    Planned::Step(call) => self.run_step(call, &Around::last(is_last)).await?,
                    Planned::Recorded(outcome) => (*outcome)?,
                    _ => {
                        return Err(Error::new(
                            code::MISUSE,
                            "a step was planned as something else",
                        ));
                    }
                }
            } else {
                self.run_step(call, &Around::last(is_last)).await?
            };
            if let Reply::One { json, value } = reply {
                answers.add(json.clone());
                last = Produced { json, value };
            }
        }
        Ok(last)
    }
}

/// Sleeps until a time of the wall clock, in microseconds since 1970.
pub(crate) async fn sleep_until(until: u64) {
    let left = until.saturating_sub(now_micros());
    tokio::time::sleep(Duration::from_micros(left)).await;
}

/// Where a step of a chain stands in the source: its method or field, if the graph knows it.
#[track_caller]
fn place_in(graph: &'static Graph, place: usize, step: &str) -> &'static Location<'static> {
    let nodes = graph.flows.first().map_or(&[][..], |flow| flow.nodes);
    match nodes.get(place) {
        Some(Node::Step { name, at }) if *name == step => at,
        _ => Location::caller(),
    }
}

/// Refuses a flow that is inside too many others. Paths name containers too, which are no flows.
fn check_depth(id: &Identity) -> Result<(), Error> {
    let containers = [Container::Parallel, Container::Map, Container::Race];
    let is_flow = |part: &&str| {
        let name = part.split('#').next();
        containers.iter().all(|it| name != Some(it.as_str()))
    };
    if id.path.split('/').filter(is_flow).count() <= DEEPEST {
        return Ok(());
    }
    let problem = format!(
        "`{}` is {DEEPEST} flows deep: a flow that calls itself needs an end; `flow.call` begins a run of its own, and \
         `flow.continue_as_new` a new one in place of this",
        id.path.rsplit('/').next().unwrap_or_default()
    );
    Err(Error::new(code::MISUSE, problem).permanent().at(&id.path))
}
