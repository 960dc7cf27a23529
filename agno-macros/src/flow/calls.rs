//! Which calls of a flow body are durable.

use proc_macro2::Ident;
use syn::{Expr, ExprMethodCall};

use crate::model::Workflow;

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
}

/// The flow being read: its workflow, and the name of its first parameter.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) workflow: &'a Workflow,
    pub(crate) flow: &'a Ident,
}

impl Scope<'_> {
    pub(crate) fn kind(&self, method: &Ident) -> Option<Call> {
        if self.workflow.step(method).is_some() {
            return Some(Call::Step);
        }
        if self.workflow.subflow(method).is_some() {
            return Some(Call::Subflow);
        }
        match method.to_string().as_str() {
            "call" => Some(Call::Workflow),
            "sleep" | "sleep_until" => Some(Call::Sleep),
            "confirm" | "ask" | "choose" | "review" => Some(Call::Human),
            "parallel" => Some(Call::Parallel),
            "race" => Some(Call::Race),
            "map" => Some(Call::Map),
            _ => None,
        }
    }

    /// `flow`, `(flow)`, `&flow`
    pub(crate) fn is_flow(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => path.qself.is_none() && path.path.is_ident(self.flow),
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
    pub(crate) fn durable<'e>(&self, expr: &'e Expr) -> Option<&'e ExprMethodCall> {
        match expr {
            Expr::MethodCall(call) if self.is_flow(&call.receiver) => {
                self.kind(&call.method).map(|_| call)
            }
            Expr::MethodCall(call) => self.durable(&call.receiver),
            Expr::Paren(paren) => self.durable(&paren.expr),
            Expr::Group(group) => self.durable(&group.expr),
            _ => None,
        }
    }
}
