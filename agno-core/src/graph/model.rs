//! The graph of a workflow, as the macro read it out of the flow's source.

use std::panic::Location;

/// The graph of a workflow: one tree of nodes per flow, the entry first.
#[derive(Clone, Copy, Debug)]
pub struct Graph {
    /// The flows.
    pub flows: &'static [FlowGraph],
}

impl Graph {
    /// A graph without flows.
    pub const EMPTY: Self = Self { flows: &[] };

    /// The flow that a run begins with.
    pub fn entry(&self) -> Option<&'static FlowGraph> {
        self.flows.first()
    }
}

/// The graph of one flow.
#[derive(Clone, Copy, Debug)]
pub struct FlowGraph {
    /// Its name.
    pub name: &'static str,
    /// What it does, in order.
    pub nodes: &'static [Node],
}

/// The place of a call in the source.
pub type At = &'static Location<'static>;

/// One node: what a flow does at one place.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Node {
    /// A step.
    Step {
        /// Its name.
        name: &'static str,
        /// Where it is called.
        at: At,
    },
    /// A sub-flow of the same workflow.
    Subflow {
        /// Its name.
        name: &'static str,
        /// Where it is called.
        at: At,
    },
    /// Another workflow.
    Workflow {
        /// Its type, as written.
        name: &'static str,
        /// Where it is called.
        at: At,
    },
    /// A durable timer.
    Sleep {
        /// For how long, as written.
        duration: &'static str,
        /// Where.
        at: At,
    },
    /// A wait for a person: `confirm`, `ask`, `choose`, `review`.
    Human {
        /// Which of them.
        kind: &'static str,
        /// Where.
        at: At,
    },
    /// `if` and `else`. An `else if` is an `If` alone in `otherwise`.
    If {
        /// The condition, as written.
        condition: &'static str,
        /// What is done when it holds.
        then: &'static [Node],
        /// What is done when it does not.
        otherwise: &'static [Node],
    },
    /// `match`.
    Match {
        /// What is matched, as written.
        on: &'static str,
        /// Its arms.
        arms: &'static [Arm],
    },
    /// `for`, `while` or `loop`.
    Loop {
        /// Its head, as written: `for _ in 0..3`.
        head: &'static str,
        /// What is repeated.
        body: &'static [Node],
    },
    /// `flow.parallel((..))`.
    Parallel {
        /// Its branches.
        branches: &'static [&'static [Node]],
        /// Where.
        at: At,
    },
    /// `flow.map(items, |item| ..)`.
    Map {
        /// The items, as written.
        over: &'static str,
        /// What is done for each.
        body: &'static [Node],
        /// Where.
        at: At,
    },
    /// `flow.race((..))`.
    Race {
        /// Its branches.
        branches: &'static [&'static [Node]],
        /// Where.
        at: At,
    },
    /// The flow ends here: `return`, `bail!`.
    End {
        /// As written, shortened.
        text: &'static str,
    },
    /// Something durable that the macro could not read: the flow was handed on.
    Opaque {
        /// As written, shortened.
        text: &'static str,
    },
}

/// One arm of a `match`.
#[derive(Clone, Copy, Debug)]
pub struct Arm {
    /// Pattern and guard, as written.
    pub pattern: &'static str,
    /// What it does.
    pub body: &'static [Node],
}
