//! `flow.now().await?`: what is there at once is neither awaited nor tried. rustc would say so in two errors.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, ExprAwait, ExprMethodCall, ExprTry};

use super::mend::Fix;
use super::slips::Slips;

/// Methods of `flow` that answer a value which can be neither awaited nor tried.
const VALUES: [&str; 9] = [
    "now",
    "random",
    "random_below",
    "uuid",
    "say",
    "state",
    "patched",
    "run_id",
    "session_id",
];

impl Slips<'_> {
    /// `flow.now().await`
    pub(super) fn awaited_at_once(&mut self, waited: &ExprAwait) {
        if let Some(call) = self.value_at_once(&waited.base) {
            self.at_once(call, waited.await_token.span());
        }
    }

    /// `flow.now()?`
    pub(super) fn tried_at_once(&mut self, tried: &ExprTry) {
        if let Some(call) = self.value_at_once(&tried.expr) {
            self.at_once(call, tried.question_token.span());
        }
    }

    fn value_at_once<'e>(&self, expr: &'e Expr) -> Option<&'e ExprMethodCall> {
        let Expr::MethodCall(call) = expr else {
            return None;
        };
        // A state that is not declared has an error of its own.
        let is_there = call.method != "state" || self.scope.workflow.state.is_some();
        let is_value = VALUES.iter().any(|name| call.method == name);
        let is_ours = self.scope.is_flow(&call.receiver) && !self.scope.is_ours(&call.method);
        (is_value && is_there && is_ours).then_some(call)
    }

    fn at_once(&mut self, call: &ExprMethodCall, place: Span) {
        let (flow, method) = (self.scope.flow, &call.method);
        let arguments = if call.args.is_empty() { "" } else { ".." };
        let message = format!(
            "`{flow}.{method}({arguments})` is there at once; write it without `.await` and `?`"
        );
        self.diag.at(place, message);
        self.change(method.span(), Fix::Bare { links: 1 });
    }
}
