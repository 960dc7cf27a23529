//! `flow.state()` where there is none: rustc would say that the method is missing.

use syn::ExprMethodCall;

use super::calls::Scope;
use crate::diag::Diagnostics;
use crate::parse::options::plain_text;

/// Says so if this call reads a state that the workflow does not declare. Whether it does.
pub(super) fn state(call: &ExprMethodCall, scope: Scope<'_>, diag: &Diagnostics) -> bool {
    let is_undeclared = scope.workflow.state.is_none()
        && call.method == "state"
        && call.args.is_empty()
        && scope.is_flow(&call.receiver);
    if is_undeclared && !scope.workflow.is_state_unclear {
        let steps = scope.workflow.steps.iter();
        let mut states = steps.filter_map(|step| step.method.state());
        let ty = states.next().map(|param| plain_text(&param.ty));
        let ty = ty.unwrap_or_else(|| "Notes".to_owned());
        diag.at(
            call.method.span(),
            format!("this workflow declares no state; write `#[workflow(state = {ty})]` on the impl block"),
        );
    }
    is_undeclared
}
