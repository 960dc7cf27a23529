//! What a flow body must not do, because a replay would not repeat it.
//!
//! A flow runs again from the top after a crash. Whatever differs then (the clock, a random number, a file)
//! must come from a recorded call, or be allowed by `#[allow_in_flow]`. Renamed imports and calls bound to a
//! variable are not seen here; the runtime stops those.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprCall, ExprForLoop, ExprLoop, ExprMethodCall, ExprPath, ExprWhile,
    FnArg, Item, Local, Macro, Pat, Path, Stmt, Type,
};

use super::allow::{self, Allowance, MISPLACED};
use super::calls::{Scope, is_reserved};
use super::endless::Loop;
use super::hazards::{self, Hazard};
use super::macros;
use super::mend::{Change, Fix, Mend};
use super::slips;
use crate::diag::Diagnostics;
use crate::model::Workflow;
use crate::parse::strip;

/// Checks every flow body that parses.
pub(crate) fn check(workflow: &Workflow, diag: &Diagnostics) -> Vec<Mend> {
    let mut mends = Vec::new();
    if workflow.flows.is_empty() {
        forgotten(workflow, diag);
    }
    for flow in &workflow.flows {
        let (Some(ident), Some(source), Some(body)) = (&flow.flow, &flow.source, flow.method.body)
        else {
            continue;
        };
        let scope = Scope {
            workflow,
            flow: ident,
        };
        let mut lint = Lint {
            scope,
            current: &flow.method.sig.ident,
            diag,
            changes: Vec::new(),
            allows: flow.stripped.is_some(),
            allowed: Vec::new(),
            times: Vec::new(),
            own: 0,
        };
        lint.visit_block(&source.block);
        let mut changes = lint.changes;
        changes.extend(slips::check(
            scope,
            &source.block,
            &flow.method.output,
            diag,
        ));
        // Its type has an error, or it is not `async`; each `?` or `.await` in it would be one more.
        if !flow.method.output.fallible || flow.method.sig.asyncness.is_none() {
            let at = flow.method.span().start();
            changes.push(Change {
                at,
                fix: Fix::Nothing,
            });
        }
        mends.extend(changes.into_iter().map(|change| Mend { body, change }));
    }
    mends
}

/// A function that takes the flow, and no flow that could call it: the steps would run in their order instead.
fn forgotten(workflow: &Workflow, diag: &Diagnostics) {
    for function in &workflow.functions {
        let is_flow = match function.inputs.first() {
            Some(FnArg::Typed(first)) => is_borrowed_flow(&first.ty),
            _ => false,
        };
        if is_flow {
            let name = &function.ident;
            let message = format!(
                "`{name}` takes the flow, and no flow calls it; put `#[flow]` on `fn {name}`"
            );
            diag.at(name.span(), message);
        }
    }
}

/// `&Flow<Self>`
fn is_borrowed_flow(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else {
        return false;
    };
    let last = match &*reference.elem {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    last.is_some_and(|last| last.ident == "Flow")
}

struct Lint<'a> {
    scope: Scope<'a>,
    /// The name of the flow being read.
    current: &'a Ident,
    diag: &'a Diagnostics,
    changes: Vec<Change>,
    /// Whether `#[allow_in_flow]` stands anywhere in it.
    allows: bool,
    /// What the statements around the place being read are allowed.
    allowed: Vec<Allowance>,
    /// The names of what `flow.now()` has told.
    times: Vec<Ident>,
    /// The attributes of the statement being read that are still to be visited.
    own: usize,
}

impl Lint<'_> {
    fn report(&self, hazard: &Hazard, place: impl ToTokens) {
        let mut inner_first = self.allowed.iter().rev();
        if !inner_first.any(|allowance| allowance.covers(hazard)) {
            self.diag.over(place, hazard.problem);
        }
    }

    /// A loop that is never left is a warning, which is not given here; what allows it is taken up.
    fn endless(&self, found: Loop<'_>) {
        if !self.allowed.is_empty() && found.is_endless(self.scope) {
            let mut inner_first = self.allowed.iter().rev();
            inner_first.any(|allowance| allowance.covers(&hazards::ENDLESS));
        }
    }

    /// Reads a statement with what the attributes in front of it allow.
    fn allowing(&mut self, stmt: &Stmt) {
        let attrs = allow::in_front(stmt);
        let (own, before) = (self.own, self.allowed.len());
        self.own = attrs.len();
        for attr in &attrs {
            self.allowed.extend(allow::read(attr, self.diag));
        }
        visit::visit_stmt(self, stmt);
        for allowance in self.allowed.drain(before..) {
            allowance.finish(self.diag);
        }
        self.own = own;
    }

    /// Where nobody looks for it, an attribute would be taken out and mean nothing.
    fn misplaced(&self, tokens: impl ToTokens) {
        if self.allows {
            for path in strip::allowances(tokens.to_token_stream()) {
                self.diag.over(path, MISPLACED);
            }
        }
    }

    fn change(&mut self, place: Span, fix: Fix) {
        let at = place.start();
        self.changes.push(Change { at, fix });
    }

    fn not_durable(&self, method: &Ident, span: Span) {
        let flow = self.scope.flow;
        self.diag.at(
            span,
            format!(
                "this calls the plain method, which is not recorded; write `{flow}.{method}(..)`"
            ),
        );
    }

    /// The entry is started with the run, never called.
    fn entry_called(&self, method: &Ident) {
        let current = self.current;
        self.diag.at(
            method.span(),
            if current == method {
                format!("`{method}` is the entry, which no flow calls; put what repeats in a sub-flow or a loop")
            } else {
                format!("`{method}` is the entry, because it stands first; move it below `{current}`")
            },
        );
    }

    /// `Article`, `Article { .. }`, `Article::new(..)`, `Self`: the workflow itself, not its flow.
    fn workflow_value(&self, expr: &Expr) -> Option<Span> {
        let is_type = |ident: &Ident| ident == "Self" || *ident == self.scope.workflow.ident;
        let named = |path: &Path| path.segments.last().map(|last| last.ident.clone());
        match expr {
            Expr::Path(path) => named(&path.path),
            Expr::Struct(value) => named(&value.path),
            Expr::Call(call) => match &*call.func {
                Expr::Path(func) => {
                    let made = func.path.segments.iter().rev().take(2);
                    made.map(|segment| &segment.ident)
                        .find(|ident| is_type(ident))
                        .cloned()
                }
                _ => None,
            },
            Expr::Paren(paren) => return self.workflow_value(&paren.expr),
            Expr::Group(group) => return self.workflow_value(&group.expr),
            Expr::Reference(reference) => return self.workflow_value(&reference.expr),
            _ => None,
        }
        .filter(is_type)
        .map(|ident| ident.span())
    }

    fn not_awaited(&self, call: &ExprMethodCall) {
        let (flow, method) = (self.scope.flow, &call.method);
        self.diag.at(
            method.span(),
            format!("`{flow}.{method}(..)` does nothing until it is awaited; add `.await?`"),
        );
    }

    /// `flow.now()`
    fn is_now(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::MethodCall(call) if call.method == "now" && self.scope.is_flow(&call.receiver))
    }

    /// The same, or a name for it.
    fn is_told(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => self.times.iter().any(|time| path.path.is_ident(time)),
            other => self.is_now(other),
        }
    }

    fn path(&self, path: &Path) {
        if let Some(hazard) = hazards::of_path(&segments(path)) {
            self.report(hazard, path);
        }
    }

    /// Inside a macro whose input is not a list of expressions: paths only.
    fn scan(&self, tokens: TokenStream) {
        self.misplaced(&tokens);
        let mut segments: Vec<String> = Vec::new();
        let mut first = None;
        let mut joined = false;
        let tokens = macros::flat(tokens);
        for token in tokens.iter().chain(std::iter::once(&TokenTree::Literal(
            proc_macro2::Literal::u8_unsuffixed(0),
        ))) {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => joined = true,
                TokenTree::Ident(ident) if joined && !segments.is_empty() => {
                    segments.push(ident.to_string());
                    joined = false;
                }
                other => {
                    if let (Some(hazard), Some(first)) = (hazards::of_path(&segments), first) {
                        self.report(hazard, first);
                    }
                    segments.clear();
                    joined = false;
                    if let TokenTree::Ident(ident) = other {
                        segments.push(ident.to_string());
                        first = Some(ident);
                    }
                }
            }
        }
    }
}

fn segments(path: &Path) -> Vec<String> {
    let segments = path.segments.iter();
    segments.map(|segment| segment.ident.to_string()).collect()
}

impl<'ast> Visit<'ast> for Lint<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        self.misplaced(item);
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        if self.allows && !matches!(stmt, Stmt::Item(_)) {
            self.allowing(stmt);
        } else {
            visit::visit_stmt(self, stmt);
        }
    }

    fn visit_attribute(&mut self, attr: &'ast Attribute) {
        if !allow::is_allowance(attr) {
            return;
        }
        if self.own > 0 {
            self.own -= 1;
            return;
        }
        self.diag.over(attr.path(), MISPLACED);
        let allowances = allow::read(attr, self.diag);
        self.allowed
            .extend(allowances.into_iter().map(Allowance::excused));
    }

    fn visit_block(&mut self, block: &'ast Block) {
        for stmt in &block.stmts {
            let dropped = match stmt {
                Stmt::Expr(expr, Some(_)) => Some(expr),
                Stmt::Local(local) if matches!(local.pat, Pat::Wild(_)) => {
                    local.init.as_ref().map(|init| &*init.expr)
                }
                _ => None,
            };
            if let Some(chain) = dropped.and_then(|expr| self.scope.durable(expr)) {
                self.not_awaited(chain.first);
            }
            self.visit_stmt(stmt);
        }
    }

    fn visit_expr_loop(&mut self, expr: &'ast ExprLoop) {
        self.endless(expr.into());
        visit::visit_expr_loop(self, expr);
    }

    fn visit_expr_while(&mut self, expr: &'ast ExprWhile) {
        self.endless(expr.into());
        visit::visit_expr_while(self, expr);
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast ExprForLoop) {
        self.endless(expr.into());
        visit::visit_expr_for_loop(self, expr);
    }

    fn visit_expr_path(&mut self, expr: &'ast ExprPath) {
        self.path(&expr.path);
        visit::visit_expr_path(self, expr);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(func) = &*call.func
            && let Some(hazard) = hazards::of_call(&segments(&func.path))
        {
            self.report(hazard, &func.path);
        }
        if let Expr::Path(func) = &*call.func
            && let [on, method] = func.path.segments.iter().collect::<Vec<_>>().as_slice()
            && (on.ident == "Self" || on.ident == self.scope.workflow.ident)
            && (self.scope.is_ours(&method.ident) || self.scope.workflow.is_entry(&method.ident))
        {
            let workflow = self.scope.workflow;
            if workflow.is_entry(&method.ident) {
                self.entry_called(&method.ident);
            } else if workflow.subflow(&method.ident).is_some() {
                let (flow, method) = (self.scope.flow, &method.ident);
                self.diag.at(
                    on.ident.span(),
                    format!("call a sub-flow as `{flow}.{method}(..)`, so that it is recorded"),
                );
            } else {
                self.not_durable(&method.ident, on.ident.span());
            }
            if on.ident == "Self" && !call.args.iter().any(|arg| self.scope.hands_on_flow(arg)) {
                self.change(on.ident.span(), Fix::OnType);
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let (Pat::Ident(time), Some(init)) = (&local.pat, &local.init)
            && self.is_now(&init.expr)
        {
            self.times.push(time.ident.clone());
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if let Some(hazard) = hazards::of_method(&call.method.to_string()) {
            self.report(hazard, &call.method);
        } else if call.method == "elapsed" && self.is_told(&call.receiver) {
            self.report(hazards::elapsed(), &call.method);
        }
        if self.scope.is_ours(&call.method) {
            match &*call.receiver {
                Expr::Path(path) if path.path.is_ident("self") => {
                    self.not_durable(&call.method, path.span());
                    self.change(path.span(), Fix::OnSelf);
                }
                Expr::MethodCall(inner)
                    if inner.method == "workflow" && self.scope.is_flow(&inner.receiver) =>
                {
                    self.not_durable(&call.method, inner.method.span());
                }
                receiver => {
                    if let Some(span) = self.workflow_value(receiver) {
                        self.not_durable(&call.method, span);
                    }
                }
            }
        } else if self.scope.is_flow(&call.receiver)
            && self.scope.workflow.is_entry(&call.method)
            && !is_reserved(&call.method.to_string())
        {
            self.entry_called(&call.method);
        } else if self.scope.is_flow(&call.receiver) && self.scope.workflow.unmarked(&call.method) {
            self.diag.at(
                call.method.span(),
                format!("`{0}` is not a step, so its result would not be recorded; put `#[step]` on `fn {0}`", call.method),
            );
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if let Some(hazard) = hazards::of_macro(&segments(&mac.path)) {
            self.report(hazard, &mac.path);
        }
        match macros::expressions(mac) {
            Some(list) => {
                for expr in &list {
                    Visit::visit_expr(self, expr);
                }
            }
            None => self.scan(mac.tokens.clone()),
        }
    }
}
