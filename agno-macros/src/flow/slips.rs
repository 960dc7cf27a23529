//! How calls are written: what a newcomer gets wrong with them, and what rustc would explain by its own types.
//!
//! Only what cannot compile is reported here. Each mistake is mended in the emitted body.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Arm, BinOp, Block, Expr, ExprAssign, ExprAsync, ExprAwait, ExprBinary, ExprClosure, ExprField,
    ExprForLoop, ExprIf, ExprIndex, ExprLet, ExprMatch, ExprMethodCall, ExprPath, ExprReturn,
    ExprTry, ExprUnary, ExprWhile, Item, Local, Macro, Pat, PatIdent, Stmt,
};

use super::calls::{Call, Chain, OF_RESULTS, Scope, is_of_answer};
use super::containers;
use super::literals;
use super::mend::{Change, Fix};
use super::named::{self, Named};
use super::own::Own;
use super::patterns::takes_apart;
use super::plain;
use super::results;
use crate::diag::Diagnostics;
use crate::model::Method;

/// Whose result the code being read is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    Flow,
    /// An `async` block or closure.
    Async,
    /// The closure of `flow.map(..)`.
    Map,
    /// Another closure, which cannot await.
    Closure,
}

pub(super) struct Slips<'a> {
    pub(super) scope: Scope<'a>,
    pub(super) own: &'a Own,
    pub(super) diag: &'a Diagnostics,
    pub(super) inside: Inside,
    /// What names stand for.
    pub(super) calls: Named,
    pub(super) body: &'a Block,
    pub(super) method: &'a Method,
    /// The expressions of the body one of which is its result.
    answers: Vec<&'a Expr>,
    pub(super) changes: Vec<Change>,
}

/// Reads a flow's body.
pub(crate) fn check<'a>(
    scope: Scope<'a>,
    block: &'a Block,
    method: &'a Method,
    own: &'a Own,
    diag: &'a Diagnostics,
) -> Vec<Change> {
    if own.shadows_flow {
        return Vec::new();
    }
    let mut slips = Slips {
        scope,
        own,
        diag,
        inside: Inside::Flow,
        calls: Named::default(),
        body: block,
        method,
        answers: Vec::new(),
        changes: Vec::new(),
    };
    if method.output.fallible {
        results::of_block(block, &mut slips.answers);
    }
    slips.visit_block(block);
    if method.output.fallible {
        slips.end(block, &method.output);
    }
    slips.changes
}

impl Slips<'_> {
    pub(super) fn change(&mut self, place: Span, fix: Fix) {
        self.changes.push(Change {
            at: place.start(),
            fix,
        });
    }

    /// Reports, and gives the tokens that stand for the mistake: said twice at one place, rustc shows it once.
    pub(super) fn error(&self, place: impl ToTokens, message: String) -> TokenStream {
        let error = syn::Error::new_spanned(place, message);
        let tokens = error.to_compile_error();
        self.diag.push(error);
        // In a group of its own: as a statement in braces it would have no value.
        let group = proc_macro2::Group::new(proc_macro2::Delimiter::None, tokens);
        group.to_token_stream()
    }

    /// A call that nothing of the user's was made of.
    pub(super) fn certain<'e>(&self, expr: &'e Expr) -> Option<Chain<'e>> {
        self.scope.durable(expr).filter(|chain| chain.known)
    }

    /// Whether the flow may end with it.
    pub(super) fn is_answer(&self, expr: &Expr) -> bool {
        let mut answers = self.answers.iter();
        answers.any(|answer| std::ptr::eq::<Expr>(*answer, expr))
    }

    /// `flow.search(..)`
    pub(super) fn named(&self, chain: Chain<'_>) -> String {
        format!("{}.{}(..)", self.scope.flow, chain.first.method)
    }
}

/// `self`
pub(super) fn is_self(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident("self"))
}

impl Slips<'_> {
    /// Reads what has names of its own.
    pub(super) fn within(&mut self, read: impl FnOnce(&mut Self)) {
        let mark = self.calls.mark();
        read(self);
        self.calls.leave(mark);
    }
}

impl<'ast> Visit<'ast> for Slips<'_> {
    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_block(&mut self, block: &'ast Block) {
        self.within(|slips| {
            for (place, stmt) in block.stmts.iter().enumerate() {
                slips.visit_stmt(stmt);
                if let Stmt::Local(local) = stmt {
                    let behind = &block.stmts[place + 1..];
                    slips.call_gets_name(local, behind);
                    slips.list_gets_name(local, behind);
                    slips.winner_gets_name(local, behind);
                    slips.outcomes_get_name(local, behind);
                }
            }
        });
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        visit::visit_expr(self, expr);
        if self.is_answer(expr) {
            self.result(expr);
        }
        self.branches(expr);
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.calls.hide(&pat.ident);
        visit::visit_pat_ident(self, pat);
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.within(|slips| visit::visit_arm(slips, arm));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let inside = match closure.asyncness {
            Some(_) => Inside::Async,
            None => Inside::Closure,
        };
        let before = std::mem::replace(&mut self.inside, inside);
        self.within(|slips| visit::visit_expr_closure(slips, closure));
        self.inside = before;
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        let before = std::mem::replace(&mut self.inside, Inside::Async);
        visit::visit_expr_async(self, block);
        self.inside = before;
    }

    fn visit_expr_try(&mut self, tried: &'ast ExprTry) {
        if let Some(chain) = self.certain(&tried.expr) {
            let written = (tried.question_token.span(), "write `.await?`");
            self.not_run(chain, false, Some(written));
        } else {
            self.used_by_name(&tried.expr, false, false);
            self.tried_at_once(tried);
        }
        visit::visit_expr_try(self, tried);
    }

    fn visit_expr_await(&mut self, waited: &'ast ExprAwait) {
        self.awaited_at_once(waited);
        if let Some(chain) = self.scope.durable(&waited.base) {
            let place = waited.await_token.span();
            match self.inside {
                Inside::Closure => self.in_closure(chain, place),
                Inside::Map => self.not_run(chain, true, Some((place, ""))),
                Inside::Flow | Inside::Async => {}
            }
        }
        // Reported at the method; the `.await` behind it would be another error.
        if let Expr::MethodCall(call) = &*waited.base
            && is_of_answer(&call.method.to_string())
            && self.certain(&call.receiver).is_some()
        {
            self.change(waited.span(), Fix::Nothing);
        }
        visit::visit_expr_await(self, waited);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let name = call.method.to_string();
        if self.scope.is_flow(&call.receiver) {
            literals::formatted(self, call);
            match self.scope.kind(&call.method) {
                Some(Call::Step | Call::Subflow) => {
                    call.args
                        .iter()
                        .for_each(|arg| self.value(named::copied(arg)));
                }
                Some(Call::Workflow) => call.args.iter().for_each(|arg| self.operand(arg)),
                Some(Call::Sleep) => {
                    literals::duration(self, call, call, 1);
                }
                Some(Call::Parallel | Call::Race) => return containers::branches(self, call),
                Some(Call::Map) => return containers::map(self, call),
                _ => {}
            }
        } else if let Some(chain) = self.scope.durable(&call.receiver) {
            let of_result = OF_RESULTS.contains(&name.as_str());
            if !chain.known {
                // Of an answer of the user's own.
            } else if is_of_answer(&name) {
                let add = if of_result { ".await" } else { ".await?" };
                let advice = format!("write `{add}` before `.{name}`");
                let written = Some((call.method.span(), advice.as_str()));
                self.not_run(chain, !of_result, written);
            } else {
                literals::option(self, chain, call);
            }
        } else {
            self.too_late(call);
            self.method_by_name(call);
            if name == "collect" {
                self.collected(None, call);
            }
        }
        if is_self(&call.receiver) && self.scope.is_ours(&call.method) {
            return call.args.iter().for_each(|arg| self.visit_expr(arg));
        }
        if is_self(&call.receiver) && self.scope.workflow.is_unmarked_async(&call.method) {
            let message = plain::unrecorded(&call.method, self.scope.flow);
            self.diag.at(call.method.span(), message);
            self.change(call.receiver.span(), Fix::Workflow);
            return call.args.iter().for_each(|arg| self.visit_expr(arg));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        if path.path.is_ident("self") {
            let flow = self.scope.flow;
            let message = format!("a flow has no `self`; write `{flow}.workflow()`");
            self.diag.over(path, message);
            self.change(path.span(), Fix::Workflow);
        }
    }

    fn visit_expr_let(&mut self, expr: &'ast ExprLet) {
        self.taken_apart(&[&expr.pat], &expr.expr);
        // The name that it binds may be that of its value.
        self.visit_expr(&expr.expr);
        self.visit_pat(&expr.pat);
    }

    fn visit_expr_match(&mut self, expr: &'ast ExprMatch) {
        let pats: Vec<&Pat> = expr.arms.iter().map(|arm| &arm.pat).collect();
        self.taken_apart(&pats, &expr.expr);
        visit::visit_expr_match(self, expr);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(init) = &local.init {
            match &local.pat {
                Pat::Type(typed) if !takes_apart(&typed.pat) => {
                    self.annotated(&typed.ty, &init.expr)
                }
                pat => self.taken_apart(&[pat], &init.expr),
            }
        }
        local
            .init
            .iter()
            .for_each(|init| self.visit_local_init(init));
        self.visit_pat(&local.pat);
    }

    fn visit_expr_if(&mut self, expr: &'ast ExprIf) {
        self.value(&expr.cond);
        self.within(|slips| visit::visit_expr_if(slips, expr));
    }

    fn visit_expr_while(&mut self, expr: &'ast ExprWhile) {
        self.value(&expr.cond);
        self.within(|slips| visit::visit_expr_while(slips, expr));
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast ExprForLoop) {
        // A `Result` can be gone through as well: once, or not at all.
        match &*expr.expr {
            Expr::Await(_) => self.value(&expr.expr),
            other => {
                self.operand(other);
                self.goes_through_result(expr);
            }
        }
        self.visit_expr(&expr.expr);
        self.within(|slips| {
            slips.visit_pat(&expr.pat);
            slips.visit_block(&expr.body);
        });
    }

    fn visit_expr_unary(&mut self, expr: &'ast ExprUnary) {
        self.value(&expr.expr);
        visit::visit_expr_unary(self, expr);
    }

    fn visit_expr_binary(&mut self, expr: &'ast ExprBinary) {
        // `if let Ok(found) = found && found`: behind the `let` the name is another's.
        if binds(&expr.left) {
            return visit::visit_expr_binary(self, expr);
        }
        let compares = matches!(expr.op, BinOp::Eq(_) | BinOp::Ne(_));
        for (side, other) in [(&expr.left, &expr.right), (&expr.right, &expr.left)] {
            // Two results can be compared.
            match compares && !self.is_plain(other) {
                true => self.operand(side),
                false => self.value(side),
            }
        }
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_index(&mut self, expr: &'ast ExprIndex) {
        self.value(&expr.expr);
        visit::visit_expr_index(self, expr);
    }

    fn visit_expr_field(&mut self, expr: &'ast ExprField) {
        if !self.is_no_member(expr) {
            self.value(&expr.base);
        }
        visit::visit_expr_field(self, expr);
    }

    fn visit_expr_assign(&mut self, expr: &'ast ExprAssign) {
        self.assigned(expr);
        visit::visit_expr_assign(self, expr);
    }

    fn visit_expr_return(&mut self, expr: &'ast ExprReturn) {
        if let (Inside::Flow, Some(value)) = (self.inside, &expr.expr) {
            self.returned(value);
        }
        visit::visit_expr_return(self, expr);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.in_macro(mac);
        self.calls.hide_in(mac);
    }
}

/// `let Some(item) = first && ..`
fn binds(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(both) => binds(&both.left) || binds(&both.right),
        _ => false,
    }
}
