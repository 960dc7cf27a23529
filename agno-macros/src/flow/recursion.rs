//! Sub-flows that call themselves whatever happens: their run cannot end.
//!
//! Only what is certain, as with loops: a part that is perhaps not reached calls nothing, and behind one that
//! perhaps ends the flow nothing is reached.

use proc_macro2::{Ident, Span};
use syn::{Block, Expr, ExprMethodCall, Stmt};

use super::calls::{Call, Scope};
use super::endless::WayOut;
use crate::model::{Flow, Workflow};
use crate::parse::attributes::conditions;

/// A sub-flow that never ends.
pub(crate) struct Recursion<'a> {
    pub(crate) flow: &'a Flow,
    /// The name in the call that comes back to it.
    pub(crate) call: Span,
}

/// The sub-flows that come back to themselves on every path; of several that call each other, the first.
pub(crate) fn find(workflow: &Workflow) -> Vec<Recursion<'_>> {
    let subflows = workflow.subflows();
    let mut next: Vec<Option<(usize, Span)>> = vec![None; subflows.len()];
    // All are taken for endless, until one is found that may end: then those that counted on it are read again.
    let mut endless = vec![true; subflows.len()];
    loop {
        let mut changed = false;
        for (index, flow) in subflows.iter().enumerate() {
            if !endless[index] {
                continue;
            }
            next[index] = certain(flow, workflow, &endless);
            endless[index] = next[index].is_some();
            changed |= !endless[index];
        }
        if !changed {
            break;
        }
    }
    let comes_back = |start: usize| {
        let mut at = start;
        for _ in 0..subflows.len() {
            at = next[at]?.0;
            if at <= start {
                return (at == start).then_some(next[start]?.1);
            }
        }
        None
    };
    let found = subflows.iter().enumerate();
    found
        .filter(|(index, _)| endless[*index])
        .filter_map(|(index, flow)| {
            Some(Recursion {
                flow,
                call: comes_back(index)?,
            })
        })
        .collect()
}

/// The endless sub-flow that a flow calls whatever happens.
fn certain(flow: &Flow, workflow: &Workflow, endless: &[bool]) -> Option<(usize, Span)> {
    let scope = Scope::of(flow, workflow)?;
    let certain = Certain { scope, endless };
    certain.block(&flow.source.as_ref()?.block)
}

struct Certain<'a> {
    scope: Scope<'a>,
    endless: &'a [bool],
}

type Found = Option<(usize, Span)>;

impl Certain<'_> {
    fn block(&self, block: &Block) -> Found {
        for stmt in &block.stmts {
            let way_out = WayOut::of(self.scope, stmt);
            // Perhaps ahead of the call.
            if way_out.fails() {
                return None;
            }
            let found = match stmt {
                Stmt::Local(local) if conditions(&local.attrs).is_empty() => {
                    local.init.as_ref().and_then(|init| self.expr(&init.expr))
                }
                Stmt::Expr(expr, _) => self.expr(expr),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
            if way_out.is_found() {
                return None;
            }
        }
        None
    }

    /// What is evaluated whenever the expression is.
    fn expr(&self, expr: &Expr) -> Found {
        match expr {
            Expr::Await(expr) => self.awaited(&expr.base).or_else(|| self.expr(&expr.base)),
            Expr::Try(expr) => self.expr(&expr.expr),
            Expr::Paren(expr) => self.expr(&expr.expr),
            Expr::Group(expr) => self.expr(&expr.expr),
            Expr::Reference(expr) => self.expr(&expr.expr),
            Expr::Unary(expr) => self.expr(&expr.expr),
            Expr::Field(expr) => self.expr(&expr.base),
            Expr::Let(expr) => self.expr(&expr.expr),
            Expr::Assign(expr) => self.expr(&expr.right),
            Expr::Return(expr) => self.expr(expr.expr.as_ref()?),
            Expr::Binary(expr) => self.expr(&expr.left),
            Expr::Block(expr) if expr.attrs.is_empty() && expr.label.is_none() => {
                self.block(&expr.block)
            }
            Expr::Call(call) => call.args.iter().find_map(|arg| self.expr(arg)),
            Expr::Tuple(tuple) => tuple.elems.iter().find_map(|part| self.expr(part)),
            Expr::Array(array) => array.elems.iter().find_map(|part| self.expr(part)),
            Expr::MethodCall(call) => self
                .expr(&call.receiver)
                .or_else(|| call.args.iter().find_map(|arg| self.expr(arg))),
            Expr::If(expr) => self.expr(&expr.cond).or_else(|| {
                let (_, otherwise) = expr.else_branch.as_ref()?;
                self.block(&expr.then_branch)?;
                self.expr(otherwise)
            }),
            Expr::Match(expr) => self.expr(&expr.expr).or_else(|| {
                let plain = |arm: &syn::Arm| conditions(&arm.attrs).is_empty();
                let mut arms = expr.arms.iter();
                let first = self.expr(&arms.next().filter(|arm| plain(arm))?.body)?;
                arms.all(|arm| plain(arm) && self.expr(&arm.body).is_some())
                    .then_some(first)
            }),
            Expr::Loop(expr) if expr.label.is_none() => self.block(&expr.body),
            _ => None,
        }
    }

    /// `flow.again(..)`, with what may be set on the call; or `flow.parallel((..))` of it, which waits for all.
    fn awaited(&self, expr: &Expr) -> Found {
        let call = self.scope.durable(expr)?.first;
        match self.scope.kind(&call.method)? {
            Call::Subflow => self.named(&call.method),
            Call::Parallel => self.branches(call),
            _ => None,
        }
    }

    fn branches(&self, call: &ExprMethodCall) -> Found {
        match call.args.first()? {
            Expr::Tuple(tuple) => tuple.elems.iter().find_map(|part| self.awaited(part)),
            Expr::Array(array) => array.elems.iter().find_map(|part| self.awaited(part)),
            _ => None,
        }
    }

    fn named(&self, method: &Ident) -> Found {
        let subflows = self.scope.workflow.subflows();
        let index = subflows
            .iter()
            .position(|flow| flow.method.sig.ident == *method)?;
        let conditions = conditions(&subflows[index].method.attrs);
        let is_certain = self.endless[index] && conditions.is_empty();
        is_certain.then_some((index, method.span()))
    }
}
