//! Statements that throw something away: a call that has not run, or the failure of one that has.

use proc_macro2::{LineColumn, Span, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAsync, ExprClosure, ExprMethodCall, Item, Pat, Stmt};

use super::calls::{Chain, Scope};
use super::lint::Lint;

/// Where the code being read can wait for a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    Here,
    /// A closure cannot.
    Nowhere,
}

impl Lint<'_> {
    /// A statement that is a call, or binds one to nothing.
    pub(super) fn dropped<'e>(&self, stmt: &'e Stmt) -> Option<&'e Expr> {
        let dropped = match stmt {
            Stmt::Expr(expr, Some(_)) => expr,
            Stmt::Local(local) if matches!(local.pat, Pat::Wild(_)) => &local.init.as_ref()?.expr,
            _ => return None,
        };
        if let Some(chain) = self.scope.durable(dropped).filter(|chain| chain.known)
            && self.reported != Some(chain.first.method.span().start())
        {
            self.not_awaited(chain.first);
        }
        Some(dropped)
    }

    fn not_awaited(&self, call: &ExprMethodCall) {
        let (flow, method) = (self.scope.flow, &call.method);
        let message = match self.waits {
            Waits::Here => {
                format!("`{flow}.{method}(..)` does nothing until it is awaited; add `.await?`")
            }
            Waits::Nowhere => format!(
                "a closure cannot wait for `{flow}.{method}(..)`; use `{flow}.map(items, |item| ..)`, or a `for` loop"
            ),
        };
        self.diag.at(method.span(), message);
    }

    /// What is reported where the closure of a map is read.
    pub(super) fn reported_in_map(&self, map: &ExprMethodCall) -> Option<LineColumn> {
        let (chain, _) = answer_with_semicolon(map, self.scope)?;
        Some(chain.first.method.span().start())
    }
}

/// `flow.map(orders, |order| { flow.check(order); })`: the call that the closure should answer, and where its `;` stands.
pub(super) fn answer_with_semicolon<'e>(
    map: &'e ExprMethodCall,
    scope: Scope<'_>,
) -> Option<(Chain<'e>, Span)> {
    let Some(Expr::Closure(closure)) = map.args.iter().nth(1) else {
        return None;
    };
    let Expr::Block(block) = &*closure.body else {
        return None;
    };
    let Some(Stmt::Expr(last, Some(semi))) = block.block.stmts.last() else {
        return None;
    };
    let chain = scope.durable(last).filter(|chain| chain.known)?;
    Some((chain, semi.span()))
}

/// A call that is awaited, and whose failure nobody looks at.
pub(crate) struct Lost {
    /// The `.await`.
    pub(crate) place: Span,
    /// `flow.check(..)`
    pub(crate) call: String,
}

/// Each statement `flow.check(order).await;`. With `let _ =` it is on purpose.
pub(crate) fn lost(scope: Scope<'_>, block: &Block) -> Vec<Lost> {
    let mut statements = Statements {
        scope,
        found: Vec::new(),
    };
    statements.visit_block(block);
    statements.found
}

/// `#[allow(..)]`, which rustc would read.
fn has_attribute(stmt: &Stmt) -> bool {
    let first = stmt.to_token_stream().into_iter().next();
    matches!(first, Some(TokenTree::Punct(_)))
}

struct Statements<'a> {
    scope: Scope<'a>,
    found: Vec<Lost>,
}

impl<'ast> Visit<'ast> for Statements<'_> {
    fn visit_item(&mut self, _: &'ast Item) {}

    // The `?` of these is another's.
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        if let Stmt::Expr(Expr::Await(waited), Some(_)) = stmt
            && !has_attribute(stmt)
            && let Some(chain) = self.scope.durable(&waited.base).filter(|chain| chain.known)
        {
            self.found.push(Lost {
                place: waited.await_token.span,
                call: format!("{}.{}(..)", self.scope.flow, chain.first.method),
            });
        }
        visit::visit_stmt(self, stmt);
    }
}
