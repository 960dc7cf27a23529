//! What a flow's body reaches past the journal: the workflow's own fields and methods, and a copy of the state.
//!
//! A field of plain data may be read. What is waited for, and what steps may have changed in memory, is done again
//! or gone after a crash. Where the flow is handed on, its calls are recorded after all.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAsync, ExprAwait, ExprCall, ExprClosure, ExprMethodCall, ExprPath, Item,
    Local, Macro, Member, Pat, Path, Stmt,
};

use super::calls::{Call, Scope};
use super::hazards;
use super::macros;

/// What a name in the body stands for.
#[derive(Clone)]
enum Bound {
    Workflow,
    /// A field of the workflow, or what was made of it.
    Field(String),
    /// The flow itself, or a call on it that waits to be awaited.
    Calls,
    Other,
}

/// The names of the blocks around the place being read.
#[derive(Default)]
pub(super) struct Bindings(Vec<(String, Bound)>);

impl Bindings {
    pub(super) fn mark(&self) -> usize {
        self.0.len()
    }

    pub(super) fn leave(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    /// A name of the user's own, whatever it is.
    pub(super) fn hide(&mut self, name: &Ident) {
        self.0.push((name.to_string(), Bound::Other));
    }

    /// The functions of a block are known in all of it.
    pub(super) fn functions(&mut self, block: &Block) {
        for stmt in &block.stmts {
            if let Stmt::Item(Item::Fn(function)) = stmt {
                self.hide(&function.sig.ident);
            }
        }
    }

    /// Behind its pattern has been read.
    pub(super) fn local(&mut self, local: &Local, scope: Scope<'_>) {
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        let (Pat::Ident(name), Some(init)) = (pat, &local.init) else {
            return;
        };
        // The name itself is not known yet where its value is made.
        let itself = self.0.pop();
        let bound = match self.origin(&init.expr, scope) {
            Some(origin) => match origin.part {
                Some(part) => Bound::Field(part.name),
                None => Bound::Workflow,
            },
            None if self.hands_on(&init.expr, scope) => Bound::Calls,
            None => Bound::Other,
        };
        self.0.extend(itself);
        self.0.push((name.ident.to_string(), bound));
    }

    fn get(&self, path: &ExprPath) -> Option<&Bound> {
        let name = path.path.get_ident()?.to_string();
        let mut inner_first = self.0.iter().rev();
        inner_first
            .find(|(bound, _)| *bound == name)
            .map(|(_, bound)| bound)
    }

    /// Whether the called function is one of the body's own.
    pub(super) fn is_own(&self, call: &ExprCall) -> bool {
        matches!(&*call.func, Expr::Path(path) if self.get(path).is_some())
    }

    /// `flow.workflow()` at the beginning of a chain, or a name for what such a chain led to.
    pub(super) fn origin(&self, expr: &Expr, scope: Scope<'_>) -> Option<Origin> {
        match expr {
            Expr::MethodCall(call) if scope.is_flow(&call.receiver) => {
                (call.method == "workflow").then_some(Origin::default())
            }
            Expr::MethodCall(call) => {
                let mut origin = self.origin(&call.receiver, scope)?;
                if call.args.iter().any(|arg| self.hands_on(arg, scope)) {
                    return None;
                }
                origin.in_memory |= origin.is_field() && is_of_memory(call);
                origin.part.get_or_insert_with(|| Part {
                    name: call.method.to_string(),
                    span: call.method.span(),
                    method: Some(call.method.clone()),
                });
                Some(origin)
            }
            Expr::Field(field) => {
                let mut origin = self.origin(&field.base, scope)?;
                origin.part.get_or_insert_with(|| Part {
                    name: match &field.member {
                        Member::Named(name) => name.to_string(),
                        Member::Unnamed(index) => index.index.to_string(),
                    },
                    span: field.member.span(),
                    method: None,
                });
                Some(origin)
            }
            Expr::Path(path) => match self.get(path)? {
                Bound::Workflow => Some(Origin::default()),
                Bound::Field(name) => Some(Origin {
                    part: Some(Part {
                        name: name.clone(),
                        span: path.span(),
                        method: None,
                    }),
                    in_memory: false,
                }),
                Bound::Calls | Bound::Other => None,
            },
            Expr::Paren(paren) => self.origin(&paren.expr, scope),
            Expr::Group(group) => self.origin(&group.expr, scope),
            Expr::Reference(reference) => self.origin(&reference.expr, scope),
            Expr::Index(index) => self.origin(&index.expr, scope),
            Expr::Try(tried) => self.origin(&tried.expr, scope),
            _ => None,
        }
    }

    /// A name for the workflow.
    pub(super) fn is_workflow(&self, expr: &Expr) -> Option<Span> {
        match expr {
            Expr::Path(path) if matches!(self.get(path), Some(Bound::Workflow)) => {
                Some(path.span())
            }
            _ => None,
        }
    }

    /// Whether the flow, or a call that is still to be awaited, goes into it.
    pub(super) fn hands_on(&self, expr: &Expr, scope: Scope<'_>) -> bool {
        let mut reader = HandsOn {
            bindings: self,
            scope,
            found: false,
        };
        reader.visit_expr(expr);
        reader.found
    }
}

/// Where a chain that begins with the workflow leads.
#[derive(Default)]
pub(super) struct Origin {
    /// Its first field or method.
    pub(super) part: Option<Part>,
    /// Whether it looks at what steps may have changed.
    pub(super) in_memory: bool,
}

impl Origin {
    /// Whether it goes through a field of the workflow.
    pub(super) fn is_field(&self) -> bool {
        self.part.as_ref().is_some_and(|part| part.method.is_none())
    }
}

pub(super) struct Part {
    pub(super) name: String,
    pub(super) span: Span,
    /// A method of the workflow.
    pub(super) method: Option<Ident>,
}

/// Whether a method of a field looks at what steps may have changed in it: a lock, a cell, an atomic.
pub(super) fn is_of_memory(call: &ExprMethodCall) -> bool {
    let name = call.method.to_string();
    match name.as_str() {
        "lock" | "try_lock" | "read" | "try_read" | "write" | "try_write" | "borrow"
        | "borrow_mut" | "load" => call.args.is_empty() || call.args.iter().all(is_ordering),
        "get_mut" => true,
        _ => !call.args.is_empty() && call.args.last().is_some_and(is_ordering),
    }
}

/// `SeqCst`. Behind `Ordering::` it is reported as a path.
fn is_ordering(expr: &Expr) -> bool {
    const ORDERINGS: [&str; 5] = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];
    let Expr::Path(path) = expr else {
        return false;
    };
    let name = path.path.get_ident().map(ToString::to_string);
    name.is_some_and(|name| ORDERINGS.contains(&name.as_str()))
}

/// Methods of lists, maps and texts that change them.
const CHANGING: [&str; 20] = [
    "push",
    "push_str",
    "push_back",
    "push_front",
    "insert",
    "insert_str",
    "clear",
    "extend",
    "extend_from_slice",
    "append",
    "retain",
    "remove",
    "swap_remove",
    "pop",
    "truncate",
    "drain",
    "sort",
    "dedup",
    "reverse",
    "resize",
];

/// `flow.state().log.push(..);`: where `flow.state()` stands. A value that is used may be what it was called for.
pub(super) fn changed_by_method<'e>(expr: &'e Expr, scope: Scope<'_>) -> Option<&'e Ident> {
    match expr {
        Expr::MethodCall(call) if is_changing(call) => state_field(&call.receiver, scope),
        _ => None,
    }
}

/// Whether a method is one that changes what it is called on.
pub(super) fn is_changing(call: &ExprMethodCall) -> bool {
    CHANGING.contains(&call.method.to_string().as_str())
}

/// `flow.state().log`, `flow.state().log[0]`: where `flow.state()` stands.
pub(super) fn state_field<'e>(expr: &'e Expr, scope: Scope<'_>) -> Option<&'e Ident> {
    match expr {
        Expr::Field(field) => match &*field.base {
            Expr::MethodCall(call) if call.method == "state" && scope.is_flow(&call.receiver) => {
                Some(&call.method)
            }
            base => state_field(base, scope),
        },
        Expr::Index(index) => state_field(&index.expr, scope),
        Expr::Paren(paren) => state_field(&paren.expr, scope),
        _ => None,
    }
}

/// What else to write for a function that is given a durable call.
pub(super) fn given_call(call: &ExprCall, scope: Scope<'_>) -> Option<String> {
    let Expr::Path(func) = &*call.func else {
        return None;
    };
    let name = func.path.segments.last()?.ident.to_string();
    let flow = scope.flow;
    let args: Vec<&Expr> = call.args.iter().collect();
    match (name.as_str(), args.as_slice()) {
        ("timeout", [limit, given]) if func.path.get_ident().is_some() => {
            let chain = scope.durable(given)?;
            let method = &chain.first.method;
            if !chain.call.modifiers().contains(&"timeout") {
                return Some(hazards::TIMEOUT.problem(flow));
            }
            let limit = super::text::label(limit);
            Some(format!(
                "this timer starts again after a crash; write `{flow}.{method}(..).timeout({limit})`"
            ))
        }
        ("spawn", [given]) if is_of_runtime(&func.path) => {
            let chain = scope.durable(given)?;
            let method = &chain.first.method;
            Some(format!(
                "a spawned task is not part of the run; write `{flow}.{method}(..).await?`, or for several at the same time `{flow}.parallel((..)).await?`"
            ))
        }
        ("block_on", [given]) => {
            let chain = scope.durable(given)?;
            let method = &chain.first.method;
            Some(format!(
                "a flow waits without blocking; write `{flow}.{method}(..).await?`"
            ))
        }
        _ => None,
    }
}

/// `spawn`, `tokio::spawn`, `task::spawn`
fn is_of_runtime(path: &Path) -> bool {
    let first = path.segments.first().map(|first| first.ident.to_string());
    let modules = ["tokio", "task", "async_std", "smol"];
    path.get_ident().is_some() || first.is_some_and(|first| modules.contains(&first.as_str()))
}

/// Whether tokens name the flow.
pub(super) fn names_flow(tokens: TokenStream, scope: Scope<'_>) -> bool {
    let tokens = macros::flat(tokens);
    let mut tokens = tokens.iter();
    tokens.any(|token| matches!(token, TokenTree::Ident(ident) if scope.names_flow(ident)))
}

struct HandsOn<'a> {
    bindings: &'a Bindings,
    scope: Scope<'a>,
    found: bool,
}

impl<'ast> Visit<'ast> for HandsOn<'_> {
    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_expr_await(&mut self, waited: &'ast ExprAwait) {
        if self.scope.durable(&waited.base).is_none() {
            visit::visit_expr_await(self, waited);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if self.scope.is_flow(&call.receiver) && self.scope.kind(&call.method) == Some(Call::Quiet)
        {
            return call.args.iter().for_each(|arg| self.visit_expr(arg));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        let name = path.path.get_ident();
        self.found |= name.is_some_and(|name| self.scope.names_flow(name))
            || matches!(self.bindings.get(path), Some(Bound::Calls));
    }

    // What is awaited in there is recorded too.
    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.found |= names_flow(closure.to_token_stream(), self.scope);
        visit::visit_expr_closure(self, closure);
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.found |= names_flow(block.to_token_stream(), self.scope);
        visit::visit_expr_async(self, block);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.found |= names_flow(mac.tokens.clone(), self.scope);
    }
}
