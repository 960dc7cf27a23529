//! Flows that answer `anyhow::Result<..>` or `Result<.., String>`: the error of a call turns into neither, which rustc says at each call.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAsync, ExprClosure, ExprTry, Item, ReturnType};

use super::calls::Scope;
use super::results;
use crate::diag::Diagnostics;
use crate::model::Method;
use crate::parse::options::plain_text;
use crate::validate::types::foreign_error;

/// Reports it where a call's error is returned, and says whether it is so.
pub(super) fn check(scope: Scope<'_>, block: &Block, method: &Method, diag: &Diagnostics) -> bool {
    let ReturnType::Type(_, written) = &method.sig.output else {
        return false;
    };
    let Some(error) = foreign_error(written) else {
        return false;
    };
    let mut calls = Calls {
        scope,
        returned: false,
    };
    calls.visit_block(block);
    let mut answers = Vec::new();
    results::of_block(block, &mut answers);
    if calls.returned || answers.iter().any(|answer| calls.is_awaited(answer)) {
        let value = plain_text(&method.output.value);
        let message = format!(
            "the error of a call does not turn into `{error}` by itself; write `agno::Result<{value}>`"
        );
        diag.over(written, message);
        return true;
    }
    false
}

struct Calls<'a> {
    scope: Scope<'a>,
    /// Whether the error of one is returned.
    returned: bool,
}

impl Calls<'_> {
    /// `flow.search(..).await`
    fn is_awaited(&self, expr: &Expr) -> bool {
        let Expr::Await(waited) = expr else {
            return false;
        };
        let chain = self.scope.durable(&waited.base);
        chain.is_some_and(|chain| chain.known)
    }
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_expr_try(&mut self, tried: &'ast ExprTry) {
        self.returned |= self.is_awaited(&tried.expr);
        visit::visit_expr_try(self, tried);
    }

    // What is returned there is not returned by the flow.
    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
}
