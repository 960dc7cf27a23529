//! `flow.state()` where there is none: rustc would say that the method is missing.

use syn::ExprMethodCall;

use super::calls::Scope;
use crate::diag::Diagnostics;

/// Says so if this call reads a state that the workflow does not declare. Whether it does.
pub(super) fn state(call: &ExprMethodCall, scope: Scope<'_>, diag: &Diagnostics) -> bool {
    let is_undeclared = scope.workflow.state.is_none()
        && call.method == "state"
        && call.args.is_empty()
        && scope.is_flow(&call.receiver);
    if is_undeclared && !scope.workflow.is_state_unclear {
        diag.at(
            call.method.span(),
            "this workflow declares no state; write `#[workflow(state = Notes)]` on the impl block",
        );
    }
    is_undeclared
}
