//! Tells which branches a flow takes and how its loops turn.

use agno_storage::{Event, EventKind};

use super::cell::{RunCell, locked};
use crate::{
    clock::now_micros,
    op::{Identity, Op},
};

impl RunCell {
    /// The flow asks for an operation. What that shows is told with the commit that records it,
    /// so that a resumed run does not tell it again.
    pub(super) fn asked(&self, op: &Op) {
        let mut constructs = locked(&self.constructs);
        if constructs.is_empty() {
            return;
        }
        let mut shown = Vec::new();
        let is_new = locked(&self.recorded).get(&op.id().path).is_none();
        in_order(op, &mut |id| {
            let flow = self.flow_of(&id.scope);
            shown.extend(constructs.asked(&id.scope, flow, &id.place));
        });
        drop(constructs);
        if is_new {
            for kind in shown {
                self.ride_now(kind);
            }
        }
    }

    fn ride_now(&self, kind: EventKind) {
        let event = Event {
            at: now_micros(),
            kind,
        };
        self.tell(&event);
        locked(&self.riding).events.push(event);
    }

    /// A sub-flow is over: its scope is not asked from again.
    pub(super) fn left(&self, scope: &str) {
        locked(&self.constructs).forget(scope);
    }

    /// The flow that a scope belongs to: an item of a map is in the flow around it.
    fn flow_of<'a>(&'a self, scope: &'a str) -> &'a str {
        let mut calls = scope.trim_end_matches('/').rsplit('/');
        let call = calls.find(|call| !call.is_empty() && !call.ends_with(']'));
        match call.and_then(|call| call.split('#').next()) {
            Some(name) => name,
            None => self.registered.graph.entry().map_or("", |flow| flow.name),
        }
    }
}

/// The operations in the order of their positions: the parts of a container before itself.
fn in_order(op: &Op, visit: &mut impl FnMut(&Identity)) {
    match op {
        Op::All { id, ops, .. } | Op::First { id, ops, .. } => {
            for op in ops {
                in_order(op, visit);
            }
            visit(id);
        }
        Op::Settle(op) => in_order(op, visit),
        op => visit(op.id()),
    }
}
