//! Calls of a step that is called like a method of every flow. The step has the error; of the call rustc would see the
//! other method.

use syn::visit::{self, Visit};
use syn::{Block, ExprMethodCall, Item};

use super::calls::{Scope, is_reserved};
use crate::model::Workflow;

/// Whether there is one.
pub(super) fn is_there(workflow: &Workflow) -> bool {
    let steps = workflow.steps.iter().map(|step| &step.method);
    let flows = workflow.subflows().iter().map(|flow| &flow.method);
    let mut methods = steps.chain(flows);
    methods.any(|method| is_reserved(&method.sig.ident.to_string()))
}

/// Whether one is called here.
pub(super) fn is_called(scope: Scope<'_>, block: &Block) -> bool {
    let mut calls = Calls {
        scope,
        found: false,
    };
    calls.visit_block(block);
    calls.found
}

struct Calls<'a> {
    scope: Scope<'a>,
    found: bool,
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.found |= self.scope.is_flow(&call.receiver)
            && is_reserved(&call.method.to_string())
            && self.scope.is_ours(&call.method);
        visit::visit_expr_method_call(self, call);
    }
}
