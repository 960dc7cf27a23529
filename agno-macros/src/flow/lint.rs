//! What a flow body must not do, because a replay would not repeat it.
//!
//! A flow runs again from the top after a crash. Whatever differs then (the clock, a random number, a file)
//! must come from a recorded call, or be allowed by `#[allow_in_flow]`. Renamed imports and calls bound to a
//! variable are not seen here; the runtime stops those.

use proc_macro2::{Ident, LineColumn, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Arm, Attribute, BinOp, Block, Expr, ExprAssign, ExprAsync, ExprAwait, ExprBinary, ExprCall,
    ExprClosure, ExprForLoop, ExprIf, ExprLoop, ExprMethodCall, ExprPath, ExprWhile, Item, Local,
    Macro, Pat, PatIdent, Path, Stmt,
};

use super::allow::{self, Allowance, MISPLACED};
use super::calls::{Call, Scope, is_reserved};
use super::dropped::Waits;
use super::endless::Loop;
use super::foreign_errors;
use super::hash_order::Hashed;
use super::hazards::{self, Hazard};
use super::macros;
use super::mend::{Change, Fix, Mend};
use super::outside::{self, Bindings};
use super::own::Own;
use super::plain;
use super::reserved;
use super::settled;
use super::shown;
use super::slips;
use super::state_copies;
use super::undeclared;
use crate::diag::Diagnostics;
use crate::model::Workflow;
use crate::parse::strip;
use crate::validate::{copied_state, types::unsendable_error};

/// Checks every flow body that parses.
pub(crate) fn check(workflow: &Workflow, diag: &Diagnostics) -> Vec<Mend> {
    let mut mends = Vec::new();
    if workflow.flows.is_empty() {
        plain::forgotten(workflow, diag);
    }
    // That a copy is not `mut` is no second mistake.
    for method in workflow.steps.iter().map(|step| &step.method) {
        if let (Some(_), Some(body)) = (copied_state(method, workflow), method.body) {
            mends.push(Mend::nothing(body, method.span()));
        }
    }
    let reserved = reserved::is_there(workflow);
    for flow in &workflow.flows {
        let (Some(scope), Some(source), Some(body)) =
            (Scope::of(flow, workflow), &flow.source, flow.method.body)
        else {
            continue;
        };
        let own = Own::read(&source.block, scope);
        let mut lint = Lint {
            scope,
            current: &flow.method.sig.ident,
            diag,
            changes: Vec::new(),
            allows: flow.stripped.is_some(),
            allowed: Vec::new(),
            times: Vec::new(),
            bindings: Bindings::default(),
            own: &own,
            hashed: Hashed::new(&source.block, &flow.method, scope, &own),
            branches: false,
            attributes: 0,
            waits: Waits::Here,
            reported: None,
        };
        for param in &flow.method.params {
            param.ident.iter().for_each(|name| lint.bindings.hide(name));
        }
        lint.visit_block(&source.block);
        state_copies::check(&source.block, scope, diag);
        let mut changes = lint.changes;
        changes.extend(slips::check(scope, &source.block, &flow.method, &own, diag));
        changes.extend(settled::check(scope, &source.block, &own, diag));
        // Its type has an error, or it is not `async`; each `?` or `.await` in it would be one more.
        let output = &flow.method.output;
        let unsendable = output.whole.as_ref().and_then(unsendable_error).is_some();
        let foreign =
            !own.shadows_flow && foreign_errors::check(scope, &source.block, &flow.method, diag);
        if !output.fallible || unsendable || foreign || flow.method.sig.asyncness.is_none() {
            mends.push(Mend::nothing(body, flow.method.span()));
        }
        // What it calls then is the method that every flow has.
        if reserved && reserved::is_called(scope, &source.block) {
            mends.push(Mend::nothing(body, flow.method.span()));
        }
        mends.extend(changes.into_iter().map(|change| Mend { body, change }));
    }
    mends
}

pub(super) struct Lint<'a> {
    pub(super) scope: Scope<'a>,
    /// The name of the flow being read.
    pub(super) current: &'a Ident,
    pub(super) diag: &'a Diagnostics,
    changes: Vec<Change>,
    /// Whether `#[allow_in_flow]` stands anywhere in it.
    allows: bool,
    /// What the statements around the place being read are allowed.
    allowed: Vec<Allowance>,
    /// The names of what `flow.now()` has told.
    times: Vec<Ident>,
    /// What other names stand for.
    pub(super) bindings: Bindings,
    /// What the body names itself.
    pub(super) own: &'a Own,
    pub(super) hashed: Hashed<'a>,
    /// Whether the place being read is in `flow.parallel(..)` or its like.
    branches: bool,
    /// The attributes of the statement being read that are still to be visited.
    attributes: usize,
    pub(super) waits: Waits,
    /// A call that is reported where it stands in a map.
    pub(super) reported: Option<LineColumn>,
}

impl Lint<'_> {
    pub(super) fn report(&self, hazard: &Hazard, place: impl ToTokens) {
        if !self.is_allowed(hazard) {
            let flow = self.scope.flow;
            let problem = match self.branches {
                true => hazard.problem_of_branch(flow),
                false => hazard.problem(flow),
            };
            self.diag.over(place, problem);
        }
    }

    pub(super) fn is_allowed(&self, hazard: &Hazard) -> bool {
        let mut inner_first = self.allowed.iter().rev();
        inner_first.any(|allowance| allowance.covers(hazard))
    }

    /// A durable call is no future, which rustc would say of each place that takes one.
    fn instead_of_future(&mut self, hazard: &Hazard, place: Span) {
        if matches!(hazard.name, "join" | "task") && !self.is_allowed(hazard) {
            self.change(place, Fix::Nothing);
        }
    }

    /// Reads what has names of its own.
    fn within(&mut self, read: impl FnOnce(&mut Self)) {
        let (mark, shadowed) = (self.bindings.mark(), self.scope.shadowed);
        read(self);
        self.bindings.leave(mark);
        self.scope.shadowed = shadowed;
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
        let (attributes, before) = (self.attributes, self.allowed.len());
        self.attributes = attrs.len();
        for attr in &attrs {
            self.allowed.extend(allow::read(attr, self.diag));
        }
        visit::visit_stmt(self, stmt);
        for allowance in self.allowed.drain(before..) {
            allowance.finish(self.diag);
        }
        self.attributes = attributes;
    }

    /// Where nobody looks for it, an attribute would be taken out and mean nothing.
    pub(super) fn misplaced(&self, tokens: impl ToTokens) {
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
        if !self.own.is_item(path)
            && let Some(hazard) = hazards::of_path(&segments(path))
        {
            self.report(hazard, path);
        }
    }
}

/// `+=` and its like.
pub(super) fn changes_left(op: &BinOp) -> bool {
    op.to_token_stream().to_string().ends_with('=')
        && !matches!(
            op,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Le(_) | BinOp::Ge(_)
        )
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
        if self.attributes > 0 {
            self.attributes -= 1;
            return;
        }
        self.diag.over(attr.path(), MISPLACED);
        let allowances = allow::read(attr, self.diag);
        self.allowed
            .extend(allowances.into_iter().map(Allowance::excused));
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let (mark, shadowed) = (self.bindings.mark(), self.scope.shadowed);
        self.bindings.functions(block);
        for (place, stmt) in block.stmts.iter().enumerate() {
            if let Stmt::Local(local) = stmt {
                self.forgotten(local, &block.stmts[place + 1..]);
            }
            let dropped = self.dropped(stmt);
            let changed = dropped.and_then(|expr| outside::changed_by_method(expr, self.scope));
            self.state_is_copy(changed);
            self.visit_stmt(stmt);
        }
        self.bindings.leave(mark);
        self.scope.shadowed = shadowed;
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.bindings.hide(&pat.ident);
        self.scope.shadowed |= pat.ident == *self.scope.flow;
        visit::visit_pat_ident(self, pat);
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.within(|lint| visit::visit_arm(lint, arm));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let waits = match closure.asyncness {
            Some(_) => Waits::Here,
            None => Waits::Nowhere,
        };
        let before = std::mem::replace(&mut self.waits, waits);
        self.within(|lint| visit::visit_expr_closure(lint, closure));
        self.waits = before;
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        let before = std::mem::replace(&mut self.waits, Waits::Here);
        visit::visit_expr_async(self, block);
        self.waits = before;
    }

    fn visit_expr_if(&mut self, expr: &'ast ExprIf) {
        self.within(|lint| visit::visit_expr_if(lint, expr));
    }

    fn visit_expr_assign(&mut self, expr: &'ast ExprAssign) {
        self.state_is_copy(outside::state_field(&expr.left, self.scope));
        visit::visit_expr_assign(self, expr);
    }

    fn visit_expr_binary(&mut self, expr: &'ast ExprBinary) {
        if changes_left(&expr.op) {
            self.state_is_copy(outside::state_field(&expr.left, self.scope));
        }
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_await(&mut self, waited: &'ast ExprAwait) {
        if let Some(origin) = self.bindings.origin(&waited.base, self.scope) {
            self.waited_for(origin);
        }
        visit::visit_expr_await(self, waited);
    }

    fn visit_expr_loop(&mut self, expr: &'ast ExprLoop) {
        self.endless(expr.into());
        visit::visit_expr_loop(self, expr);
    }

    fn visit_expr_while(&mut self, expr: &'ast ExprWhile) {
        self.endless(expr.into());
        self.within(|lint| visit::visit_expr_while(lint, expr));
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast ExprForLoop) {
        self.endless(expr.into());
        self.hash_order_of_loop(expr);
        self.within(|lint| visit::visit_expr_for_loop(lint, expr));
    }

    fn visit_expr_path(&mut self, expr: &'ast ExprPath) {
        self.path(&expr.path);
        visit::visit_expr_path(self, expr);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(func) = &*call.func
            && !self.bindings.is_own(call)
            && !self.own.is_item(&func.path)
        {
            let segments = segments(&func.path);
            let instead = outside::given_call(call, self.scope);
            let by_name = hazards::of_call(&segments);
            let known = by_name.or_else(|| hazards::of_path(&segments));
            if let Some(message) = instead {
                let hazard = known.unwrap_or(&hazards::TIMEOUT);
                self.instead_of_future(hazard, func.span());
                if !self.is_allowed(hazard) {
                    self.diag.over(&func.path, message);
                }
                return call.args.iter().for_each(|arg| self.visit_expr(arg));
            }
            if let Some(hazard) = by_name {
                self.report(hazard, &func.path);
            }
            let mut args = call.args.iter();
            if let Some(hazard) = known
                && args.any(|arg| self.bindings.hands_on(arg, self.scope))
            {
                self.instead_of_future(hazard, func.span());
            }
        }
        if let Some(own) = self.own_call(call) {
            let (workflow, method) = (self.scope.workflow, own.method);
            if workflow.is_entry(method) {
                self.entry_called(method);
            } else if workflow.subflow(method).is_some() {
                let flow = self.scope.flow;
                self.diag.at(
                    own.on,
                    format!("call a sub-flow as `{flow}.{method}(..)`, so that it is recorded"),
                );
            } else {
                self.not_durable(method, own.on);
            }
            let has_flow = call.args.iter().any(|arg| self.scope.hands_on_flow(arg));
            if own.method == self.current || (self.branches && has_flow) {
                // rustc would say as well that it needs a box, or is no call.
                self.change(own.on, Fix::Nothing);
            } else if own.is_self && !has_flow {
                self.change(own.on, Fix::OnType);
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
        local
            .attrs
            .iter()
            .for_each(|attr| self.visit_attribute(attr));
        if let Some(init) = &local.init {
            self.visit_local_init(init);
        }
        let before = self.scope.shadowed;
        self.visit_pat(&local.pat);
        let shadowed = std::mem::replace(&mut self.scope.shadowed, before);
        self.bindings.local(local, self.scope);
        // `let flow = flow.clone();`
        let is_same = local.init.as_ref().is_some_and(|init| {
            matches!(local.pat, Pat::Ident(_)) && self.scope.hands_on_flow(&init.expr)
        });
        self.scope.shadowed = shadowed && !is_same;
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if undeclared::state(call, self.scope, self.diag) {
            self.change(call.method.span(), Fix::Nothing);
        }
        let hazard = hazards::of_method(&call.method.to_string());
        if let Some(hazard) =
            hazard.filter(|_| !call.args.is_empty() && !self.scope.is_flow(&call.receiver))
        {
            self.report(hazard, &call.method);
            if self.bindings.hands_on(&call.receiver, self.scope) {
                self.instead_of_future(hazard, call.method.span());
            }
        } else if outside::is_of_memory(call)
            && let Some(origin) = self.bindings.origin(&call.receiver, self.scope)
            && origin.is_field()
            && !origin.in_memory
        {
            self.report(&hazards::MEMORY, &call.method);
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
                    let named = self.bindings.is_workflow(receiver);
                    if let Some(span) = named.or_else(|| self.workflow_value(receiver)) {
                        self.not_durable(&call.method, span);
                    }
                }
            }
        } else if !self.scope.is_flow(&call.receiver) || is_reserved(&call.method.to_string()) {
            // No method of the impl block is meant.
        } else if self.scope.workflow.is_entry(&call.method) {
            self.entry_called(&call.method);
        } else if self.scope.workflow.helper(&call.method).is_some() {
            let message = plain::no_flow(&call.method, self.scope.flow);
            self.diag.at(call.method.span(), message);
        } else if self.scope.workflow.unmarked(&call.method) {
            let message = plain::no_step(&call.method, self.scope.workflow);
            self.diag.at(call.method.span(), message);
        }
        let is_flow = self.scope.is_flow(&call.receiver);
        let kind = is_flow.then(|| self.scope.kind(&call.method)).flatten();
        if kind == Some(Call::Map) {
            self.reported = self.reported_in_map(call).or(self.reported);
            self.hash_order_of_map(call);
        }
        let before = self.branches;
        self.branches |= matches!(kind, Some(Call::Parallel | Call::Race | Call::Map));
        visit::visit_expr_method_call(self, call);
        self.branches = before;
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if !self.own.is_macro(mac)
            && let Some(hazard) = hazards::of_macro(&segments(&mac.path), shown::formats(mac))
        {
            self.report(hazard, &mac.path);
            if outside::names_flow(mac.tokens.clone(), self.scope) {
                self.instead_of_future(hazard, mac.path.span());
            }
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
