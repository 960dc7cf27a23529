//! `flow.price(item)` in a step, which has no flow: rustc would only say that `flow` is a macro.

use proc_macro2::{Ident, TokenStream, TokenTree};

use super::calls::is_method_of_flow;
use super::mend::Mend;
use crate::diag::Diagnostics;
use crate::model::Workflow;
use crate::parse::strip::Impl;

/// Reports the first call on `flow` in each step that gives that name to nothing.
pub(crate) fn check(workflow: &Workflow, parts: &Impl, diag: &Diagnostics) -> Vec<Mend> {
    let mut mends = Vec::new();
    if !parts.printed.contains("flow") {
        return mends;
    }
    for method in workflow.steps.iter().map(|step| &step.method) {
        let Some((number, body)) = method
            .body
            .and_then(|number| Some((number, parts.bodies.get(number)?)))
        else {
            continue;
        };
        let mut params = method
            .params
            .iter()
            .filter_map(|param| param.ident.as_ref());
        if params.any(|param| param == "flow") {
            continue;
        }
        let mut found = Found::default();
        found.read(body.stream());
        let Some(call) = found.call.filter(|_| !found.is_bound) else {
            continue;
        };
        let is_recorded = workflow.step(&call).is_some()
            || workflow
                .flows
                .iter()
                .any(|flow| flow.method.sig.ident == call);
        let step = &method.sig.ident;
        let advice = if call == *step {
            format!("make this one a flow: `#[flow] async fn {step}(flow: &Flow<Self>, ..)`")
        } else if is_recorded {
            format!(
                "call `{call}` in a `#[flow]` and hand its result to `{step}`, or make this one a flow: \
                 `#[flow] async fn {step}(flow: &Flow<Self>, ..)`"
            )
        } else if is_method_of_flow(&call) {
            format!("write `flow.{call}(..)` in the `#[flow]` that calls `{step}`")
        } else {
            continue;
        };
        diag.at(call.span(), format!("a step has no flow; {advice}"));
        mends.push(Mend::nothing(number, method.span()));
    }
    mends
}

#[derive(Default)]
struct Found {
    /// The method of the first call on `flow`.
    call: Option<Ident>,
    /// Whether `flow` stands anywhere else: it may be a name that the step gives.
    is_bound: bool,
}

impl Found {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Ident(ident) if ident == "flow" => {
                    let part = at > 0
                        && matches!(&tokens[at - 1], TokenTree::Punct(dot) if ".:#".contains(dot.as_char()));
                    match tokens.get(at + 1..at + 4) {
                        _ if part => {}
                        Some(
                            [
                                TokenTree::Punct(dot),
                                TokenTree::Ident(method),
                                TokenTree::Group(_) | TokenTree::Punct(_),
                            ],
                        ) if dot.as_char() == '.' => {
                            self.call.get_or_insert_with(|| method.clone());
                        }
                        _ => self.is_bound = true,
                    }
                }
                _ => {}
            }
        }
    }
}
