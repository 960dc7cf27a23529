//! Which calls of a flow body are durable.

use proc_macro2::Ident;
use syn::{Expr, ExprMethodCall};

use crate::model::{Flow, Workflow};

/// What a method of `flow` does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Step,
    Subflow,
    Workflow,
    Sleep,
    Human,
    Parallel,
    Race,
    Map,
    /// Nothing is awaited: no node.
    Quiet,
}

/// Every method of `Flow`, and what it does. A step of such a name could not be called.
const METHODS: [(&str, Call); 24] = [
    ("parallel", Call::Parallel),
    ("race", Call::Race),
    ("map", Call::Map),
    ("call", Call::Workflow),
    ("sleep", Call::Sleep),
    ("continue_as_new", Call::Quiet),
    ("confirm", Call::Human),
    ("ask", Call::Human),
    ("choose", Call::Human),
    ("choose_several", Call::Human),
    ("review", Call::Human),
    ("now", Call::Quiet),
    ("random", Call::Quiet),
    ("random_below", Call::Quiet),
    ("uuid", Call::Quiet),
    ("say", Call::Quiet),
    ("state", Call::Quiet),
    ("history", Call::Quiet),
    ("patched", Call::Quiet),
    ("metadata", Call::Quiet),
    ("workflow", Call::Quiet),
    ("run_id", Call::Quiet),
    ("session_id", Call::Quiet),
    ("user_id", Call::Quiet),
];

impl Call {
    /// The methods that change such a call before it is awaited.
    pub(crate) fn modifiers(self) -> &'static [&'static str] {
        match self {
            Call::Step | Call::Subflow => &["settle", "timeout", "retry", "cache", "fresh"],
            Call::Human => &["settle", "timeout", "or_after", "message"],
            Call::Map => &["settle", "limit"],
            Call::Race => &["settle", "first_ok"],
            Call::Workflow | Call::Sleep | Call::Parallel => &["settle"],
            Call::Quiet => &[],
        }
    }
}

/// `flow.search(topic).retry(..).timeout(..)`
#[derive(Clone, Copy)]
pub(crate) struct Chain<'e> {
    /// The call on the flow.
    pub(crate) first: &'e ExprMethodCall,
    pub(crate) call: Call,
    /// How many methods, the first included.
    pub(crate) links: usize,
    /// Whether each of them is one of ours: what a method of the user's answers is not known.
    pub(crate) known: bool,
}

/// Methods of a `Result`: of what an awaited call answers.
pub(crate) const OF_RESULTS: [&str; 16] = [
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
    "unwrap_err",
    "ok",
    "err",
    "is_ok",
    "is_err",
    "map",
    "map_err",
    "and_then",
    "or_else",
    "context",
    "with_context",
];

/// Methods of the values that steps mostly answer.
const OF_VALUES: [&str; 20] = [
    "len",
    "is_empty",
    "iter",
    "into_iter",
    "first",
    "last",
    "get",
    "contains",
    "join",
    "concat",
    "push",
    "push_str",
    "clone",
    "to_string",
    "to_owned",
    "as_str",
    "trim",
    "lines",
    "is_some",
    "is_none",
];

/// Whether it is a method of what an awaited call answers.
pub(crate) fn is_of_answer(method: &str) -> bool {
    OF_RESULTS.contains(&method) || OF_VALUES.contains(&method)
}

/// Methods that every type has, or may have.
const OF_EVERY_TYPE: [&str; 7] = ["new", "clone", "drop", "borrow", "into", "from", "deref"];

/// Whether every flow has a method of this name.
pub(crate) fn is_method_of_flow(name: &Ident) -> bool {
    METHODS.iter().any(|(method, _)| name == method)
}

/// Whether a step or sub-flow of this name would be out of reach.
pub(crate) fn is_reserved(name: &str) -> bool {
    METHODS.iter().any(|(method, _)| *method == name) || OF_EVERY_TYPE.contains(&name)
}

/// The flow being read: its workflow, and the name of its first parameter.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) workflow: &'a Workflow,
    pub(crate) flow: &'a Ident,
    /// Other names of the same.
    pub(crate) aliases: &'a [Ident],
    /// Whether the name stands for something else at the place being read.
    pub(crate) shadowed: bool,
}

impl<'a> Scope<'a> {
    /// At the beginning of a flow's body; nothing if its parameter has no name.
    pub(crate) fn of(flow: &'a Flow, workflow: &'a Workflow) -> Option<Self> {
        Some(Self {
            workflow,
            flow: flow.flow.as_ref()?,
            aliases: &flow.aliases,
            shadowed: false,
        })
    }

    /// Whether it is the name of the flow, whatever that means where it stands.
    pub(crate) fn names_flow(&self, name: &Ident) -> bool {
        name == self.flow || self.aliases.contains(name)
    }

    /// What a method of `flow` does; nothing when it is not known, such as that of a user's own trait.
    pub(crate) fn kind(&self, method: &Ident) -> Option<Call> {
        if self.workflow.step(method).is_some() {
            return Some(Call::Step);
        }
        if self.workflow.subflow(method).is_some() {
            return Some(Call::Subflow);
        }
        let method = method.to_string();
        let known = METHODS.iter().find(|(name, _)| method == *name);
        known.map(|(_, call)| *call)
    }

    /// Whether it is a step or sub-flow.
    pub(crate) fn is_ours(&self, method: &Ident) -> bool {
        self.workflow.step(method).is_some() || self.workflow.subflow(method).is_some()
    }

    /// `flow`, `(flow)`, `&flow`
    pub(crate) fn is_flow(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => {
                let name = path.path.get_ident().filter(|_| path.qself.is_none());
                name.is_some_and(|name| match name == self.flow {
                    true => !self.shadowed,
                    false => self.aliases.contains(name),
                })
            }
            Expr::Paren(paren) => self.is_flow(&paren.expr),
            Expr::Group(group) => self.is_flow(&group.expr),
            Expr::Reference(reference) => self.is_flow(&reference.expr),
            _ => false,
        }
    }

    /// As above, or `flow.clone()`.
    pub(crate) fn hands_on_flow(&self, expr: &Expr) -> bool {
        match expr {
            Expr::MethodCall(call) => call.method == "clone" && self.is_flow(&call.receiver),
            Expr::Reference(reference) => self.hands_on_flow(&reference.expr),
            other => self.is_flow(other),
        }
    }

    /// The call that `flow.step(..).retry(..).timeout(..)` begins with.
    pub(crate) fn durable<'e>(&self, expr: &'e Expr) -> Option<Chain<'e>> {
        match expr {
            Expr::MethodCall(first) if self.is_flow(&first.receiver) => {
                let call = self.kind(&first.method)?;
                (call != Call::Quiet).then_some(Chain {
                    first,
                    call,
                    links: 1,
                    known: true,
                })
            }
            Expr::MethodCall(call) if !is_of_answer(&call.method.to_string()) => {
                let chain = self.durable(&call.receiver)?;
                let links = chain.links + 1;
                let name = call.method.to_string();
                let known = chain.known && chain.call.modifiers().contains(&name.as_str());
                Some(Chain {
                    links,
                    known,
                    ..chain
                })
            }
            Expr::Paren(paren) => self.durable(&paren.expr),
            Expr::Group(group) => self.durable(&group.expr),
            _ => None,
        }
    }
}
