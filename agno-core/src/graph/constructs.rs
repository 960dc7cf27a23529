//! Which branches a flow takes and how often its loops turn, seen from the operations it asks for.
//!
//! A flow is plain Rust: its `if`, `match` and loops are no operations and are recorded nowhere. The
//! graph knows which of them stand around a call, and a call is found in the graph by its place in
//! the source. So what a flow does next says which branch it is in and whether a loop has come
//! around.
//!
//! What follows from nothing but operations has its limits:
//! * A branch or a round in which no operation is asked for leaves no trace. Rounds are numbered as
//!   they are seen, from 1.
//! * A loop has come around when its body is reached again at a place that is not after the last
//!   one; of several loops around both places it is the innermost one. A call in a closure that is
//!   called several times looks the same.
//! * What is asked for in the head of a `while` is part of the round that it begins, also of the
//!   last one, which ends there.
//! * An operation that the graph does not know (asked for in a helper, written by a macro) or knows
//!   twice at one place says nothing.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::Arc,
};

use agno_storage::{EventKind, Place};

use super::model::{At, Graph, Node};

/// Follows the flows of one run.
///
/// It holds one entry for each scope whose last operation stood inside of a construct, no deeper
/// than the graph.
#[derive(Clone, Debug)]
pub struct Constructs {
    known: Arc<HashMap<&'static str, Places>>,
    scopes: BTreeMap<Box<str>, Inside>,
}

/// The operations of one flow, by line and column. Flows of several files may share those.
type Places = HashMap<(u32, u32), Vec<Operation>>;

#[derive(Debug)]
struct Operation {
    file: &'static str,
    /// Number in the order in which the flow asks, were there no loops.
    rank: u32,
    /// The ways that lead to it, outermost first. `None`: several operations stand here.
    ways: Option<Vec<Arc<Way>>>,
}

/// One way into a construct.
#[derive(Debug)]
struct Way {
    /// Number of the construct in its flow.
    construct: u32,
    /// Which branch of it, from 0.
    branch: u32,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Branch {
        construct: Arc<str>,
        on: Arc<str>,
        name: Arc<str>,
    },
    Loop {
        head: Arc<str>,
    },
}

/// Where the flow of one scope is.
#[derive(Clone, Debug, Default)]
struct Inside {
    /// What it has entered, outermost first, each with its round.
    entered: Vec<(Arc<Way>, u64)>,
    /// The last operation.
    rank: u32,
}

impl Way {
    fn event(&self, scope: &str, round: u64) -> EventKind {
        let scope = Arc::from(scope);
        match &self.kind {
            Kind::Branch {
                construct,
                on,
                name,
            } => EventKind::BranchTaken {
                scope,
                construct: construct.clone(),
                on: on.clone(),
                branch: name.clone(),
            },
            Kind::Loop { head } => EventKind::LoopRound {
                scope,
                head: head.clone(),
                round,
            },
        }
    }

    const fn is_loop(&self) -> bool {
        matches!(self.kind, Kind::Loop { .. })
    }
}

impl Constructs {
    /// A run that has asked for nothing yet. This reads the whole graph; see [`Self::fresh`].
    pub fn new(graph: &'static Graph) -> Self {
        let flows = graph.flows.iter().filter_map(|flow| {
            let mut reader = Reader::default();
            reader.read(flow.nodes, &mut Vec::new());
            // In a flow without constructs no look-up can find anything.
            (reader.constructs > 0).then_some((flow.name, reader.places))
        });
        Self {
            known: Arc::new(flows.collect()),
            scopes: BTreeMap::new(),
        }
    }

    /// Whether there is nothing to follow: no flow has a branch or a loop.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Another run of the same graph that has asked for nothing yet, without reading it again.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self {
            known: self.known.clone(),
            scopes: BTreeMap::new(),
        }
    }

    /// Tells which operation a flow asks for next, and answers what that shows: the branches and
    /// loops it has entered and the loop that has come around, outermost first.
    ///
    /// `scope` is the operation's scope (`digest#0/`, `map#0[3]/`, empty for the entry) and `flow` the
    /// name of the flow that asks, which for an item of a map is the one around it. Operations are
    /// told in the order of their positions: the parts of a `parallel` or `race` before itself.
    pub fn asked(&mut self, scope: &str, flow: &str, place: &Place) -> Vec<EventKind> {
        if self.known.is_empty() {
            return Vec::new();
        }
        let found = self.known.get(flow).and_then(|places| {
            let here = places.get(&(place.line, place.column))?;
            here.iter().find(|operation| operation.file == place.file)
        });
        let Some(Operation {
            rank,
            ways: Some(ways),
            ..
        }) = found
        else {
            return Vec::new();
        };
        if ways.is_empty() {
            self.scopes.remove(scope);
            return Vec::new();
        }
        if !self.scopes.contains_key(scope) {
            self.scopes.insert(scope.into(), Inside::default());
        }
        match self.scopes.get_mut(scope) {
            Some(inside) => inside.moved(scope, *rank, ways),
            None => Vec::new(),
        }
    }

    /// Forgets a scope that has ended, with all scopes inside of it.
    pub fn forget(&mut self, scope: &str) {
        let from = (Bound::Included(scope), Bound::Unbounded);
        let within = self.scopes.range::<str, _>(from).map(|(name, _)| name);
        let ended: Vec<_> = within
            .take_while(|name| name.starts_with(scope))
            .cloned()
            .collect();
        for name in ended {
            self.scopes.remove(&name);
        }
    }
}

impl Inside {
    fn moved(&mut self, scope: &str, rank: u32, ways: &[Arc<Way>]) -> Vec<EventKind> {
        let mut events = Vec::new();
        let pairs = self.entered.iter().zip(ways);
        let same = |(entered, way): &(&(Arc<Way>, u64), &Arc<Way>)| {
            entered.0.construct == way.construct && entered.0.branch == way.branch
        };
        let mut kept = pairs.take_while(same).count();
        // From one branch of a construct to another there is no way but around a loop.
        let crosses = match (self.entered.get(kept), ways.get(kept)) {
            (Some((entered, _)), Some(way)) => entered.construct == way.construct,
            _ => false,
        };
        let goes_back = crosses || (kept > 0 && rank <= self.rank);
        let innermost = self.entered[..kept]
            .iter()
            .rposition(|(way, _)| way.is_loop());
        if let (true, Some(depth)) = (goes_back, innermost) {
            let (way, round) = &mut self.entered[depth];
            *round += 1;
            events.push(way.event(scope, *round));
            kept = depth + 1;
        }
        self.entered.truncate(kept);
        for way in &ways[kept..] {
            events.push(way.event(scope, 1));
            self.entered.push((way.clone(), 1));
        }
        self.rank = rank;
        events
    }
}

/// Reads one flow.
#[derive(Default)]
struct Reader {
    places: Places,
    operations: u32,
    constructs: u32,
}

impl Reader {
    fn read(&mut self, nodes: &[Node], ways: &mut Vec<Arc<Way>>) {
        for node in nodes {
            match node {
                Node::Step { at, .. }
                | Node::Subflow { at, .. }
                | Node::Workflow { at, .. }
                | Node::Sleep { at, .. }
                | Node::Human { at, .. } => self.operation(at, ways),
                Node::Parallel { branches, at } | Node::Race { branches, at } => {
                    for branch in *branches {
                        self.read(branch, ways);
                    }
                    self.operation(at, ways);
                }
                Node::Map { body, at, .. } => {
                    self.operation(at, ways);
                    // Every item has a scope of its own, which begins here.
                    self.read(body, &mut Vec::new());
                }
                Node::If {
                    condition,
                    then,
                    otherwise,
                } => self.branches(
                    "if",
                    condition,
                    &[("then", then), ("else", otherwise)],
                    ways,
                ),
                Node::Match { on, arms } => {
                    let arms: Vec<_> = arms.iter().map(|arm| (arm.pattern, arm.body)).collect();
                    self.branches("match", on, &arms, ways);
                }
                Node::Loop { head, body } => {
                    let head = Arc::from(*head);
                    let construct = self.construct();
                    self.way(construct, 0, Kind::Loop { head }, body, ways);
                }
                Node::End { .. } | Node::Opaque { .. } => {}
            }
        }
    }

    fn construct(&mut self) -> u32 {
        self.constructs += 1;
        self.constructs
    }

    fn branches(
        &mut self,
        word: &str,
        on: &str,
        branches: &[(&str, &[Node])],
        ways: &mut Vec<Arc<Way>>,
    ) {
        let (word, on) = (Arc::from(word), Arc::from(on));
        let construct = self.construct();
        for (branch, (name, body)) in (0..).zip(branches) {
            let kind = Kind::Branch {
                construct: Arc::clone(&word),
                on: Arc::clone(&on),
                name: Arc::from(*name),
            };
            self.way(construct, branch, kind, body, ways);
        }
    }

    fn way(
        &mut self,
        construct: u32,
        branch: u32,
        kind: Kind,
        body: &[Node],
        ways: &mut Vec<Arc<Way>>,
    ) {
        ways.push(Arc::new(Way {
            construct,
            branch,
            kind,
        }));
        self.read(body, ways);
        ways.pop();
    }

    fn operation(&mut self, at: At, ways: &[Arc<Way>]) {
        self.operations += 1;
        let here = self.places.entry((at.line(), at.column())).or_default();
        match here.iter_mut().find(|other| other.file == at.file()) {
            Some(other) => other.ways = None,
            None => here.push(Operation {
                file: at.file(),
                rank: self.operations,
                ways: Some(ways.to_vec()),
            }),
        }
    }
}
