//! A step that takes the state by value is an error. Its calls are right as they are, whether they hand a
//! state in or not, so that there is no second one.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::model::{Method, ParamKind, Workflow};
use crate::validate::copied_state;

/// Leaves the copy out of the inputs of each step that is called without it.
pub(crate) fn leave_out(workflow: &mut Workflow, item: &TokenStream) {
    let left_out: Vec<(usize, usize)> = workflow
        .steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| {
            let method = &step.method;
            let copy: *const _ = copied_state(method, workflow)?;
            let param = method
                .params
                .iter()
                .position(|param| std::ptr::eq(param, copy))?;
            let without = method.inputs().count() - 1;
            calls_with(item, method, without).then_some((at, param))
        })
        .collect();
    for (step, param) in left_out {
        workflow.steps[step].method.params[param].kind = ParamKind::State;
    }
}

/// Whether there is a call of the method, `.name(..)`, with so many arguments.
fn calls_with(tokens: &TokenStream, method: &Method, count: usize) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let is_call = tokens.windows(3).any(|window| match window {
        [
            TokenTree::Punct(dot),
            TokenTree::Ident(name),
            TokenTree::Group(given),
        ] => {
            dot.as_char() == '.'
                && *name == method.sig.ident
                && given.delimiter() == Delimiter::Parenthesis
                && arguments(given.stream()) == count
        }
        _ => false,
    });
    is_call
        || tokens.iter().any(|token| match token {
            TokenTree::Group(group) => calls_with(&group.stream(), method, count),
            _ => false,
        })
}

/// How many are between commas.
fn arguments(given: TokenStream) -> usize {
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == ',');
    let given: Vec<TokenTree> = given.into_iter().collect();
    given.split(is_comma).filter(|one| !one.is_empty()).count()
}
