//! What a flow looks like, and when it can be cached.

use syn::ext::IdentExt;
use syn::{FnArg, Type};

use super::MOST_INPUTS;
use super::cache::{Work, check_cache};
use super::signature::{check_input_type, check_signature};
use super::types::{flow_of_nobody, is_context, is_flow};
use crate::diag::Diagnostics;
use crate::flow::graph::{Graph, Node};
use crate::model::{Flow, Method, Workflow};
use crate::parse::options::plain_text;

pub(super) fn check_flow(flow: &Flow, diag: &Diagnostics) {
    let method = &flow.method;
    let sig = &method.sig;
    check_flow_start(flow, diag);
    if sig.asyncness.is_none() {
        diag.over(sig.fn_token, "a flow awaits its steps; write `async fn`");
    }
    check_signature(sig, "flow", diag);
    check_params_of_flow(method, diag);
    if !method.output.fallible {
        let message = "any call in a flow may fail, so a flow returns a `Result`";
        match &sig.output {
            syn::ReturnType::Default => diag.at(
                sig.ident.span(),
                format!("{message}; write `-> Result<()>`"),
            ),
            syn::ReturnType::Type(_, ty)
                if matches!(**ty, Type::ImplTrait(_) | Type::Reference(_)) => {}
            syn::ReturnType::Type(_, ty) => {
                diag.over(ty, format!("{message}; write `Result<{}>`", plain_text(ty)));
            }
        }
    }
    if let Some(cache) = &flow.options.cache {
        check_cache(
            cache,
            &method.sig.ident,
            &method.input_names(),
            Work::Flow,
            diag,
        );
    }
}

fn check_flow_start(flow: &Flow, diag: &Diagnostics) {
    let sig = &flow.method.sig;
    let expected = "a flow starts with `flow: &Flow<Self>`";
    if let Some(of_nobody) = sig.inputs.first().and_then(flow_of_nobody) {
        diag.over(of_nobody, format!("{expected}; write `Flow<Self>`"));
    }
    match sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            let advice = match takes_flow(&flow.method) {
                true => {
                    "remove `self`; a flow starts with `flow: &Flow<Self>`, and reads a field as `flow.workflow().name`"
                }
                false => {
                    "write `flow: &Flow<Self>` instead of `self`; a field is then `flow.workflow().name`"
                }
            };
            diag.over(receiver, advice);
        }
        None => diag.at(
            sig.ident.span(),
            format!("{expected}; write `fn {}(flow: &Flow<Self>)`", sig.ident),
        ),
        // It is there, further back, and has the error.
        Some(FnArg::Typed(first)) if !is_flow(&first.ty) && takes_flow(&flow.method) => {}
        Some(FnArg::Typed(first)) => match &*first.ty {
            Type::Reference(reference) if reference.mutability.is_none() => {
                if let Some(lifetime) = &reference.lifetime {
                    diag.over(lifetime, format!("{expected}; remove the lifetime"));
                }
                if flow.flow.is_none() {
                    diag.over(&first.pat, expected);
                }
            }
            ty => diag.over(ty, expected),
        },
    }
}

fn takes_flow(method: &Method) -> bool {
    let mut params = method.params.iter();
    params.any(|param| is_flow(&param.written.ty))
}

fn check_params_of_flow(method: &Method, diag: &Diagnostics) {
    for param in &method.params {
        if is_context(&param.written.ty) {
            diag.over(
                &param.written.ty,
                "only steps have a context; remove this parameter",
            );
            continue;
        }
        if param.ident.is_none() {
            diag.over(
                &param.written.pat,
                "give this parameter a name, under which it is recorded, and take it apart in the body",
            );
        }
        match &*param.written.ty {
            // Behind a `self`, which has the error.
            ty if method.sig.receiver().is_some() && is_flow(ty) => {}
            ty if is_flow(ty) => {
                diag.over(ty, "a flow starts with `flow: &Flow<Self>`; put it first")
            }
            Type::Reference(reference) if reference.mutability.is_some() => diag.over(
                &param.written.ty,
                "only steps change the state; read it with `flow.state()`",
            ),
            ty => check_input_type(ty, "flow", diag),
        }
    }
    if let Some(extra) = method.inputs().nth(MOST_INPUTS) {
        diag.over(
            &extra.written.pat,
            format!("a flow takes at most {MOST_INPUTS} inputs; group them in a struct"),
        );
    }
}

/// A hit would skip what must not be skipped.
pub(super) fn check_cached_flows(workflow: &Workflow, graph: &Graph, diag: &Diagnostics) {
    for flow in &workflow.flows {
        let Some(cache) = &flow.options.cache else {
            continue;
        };
        let name = flow.method.sig.ident.unraw().to_string();
        let mut seen = vec![name.clone()];
        if let Some(reason) = uncacheable(workflow, graph, &name, &mut seen) {
            diag.at(
                cache.span,
                format!("`{name}` cannot be cached: {reason}, which a cached result would skip; remove `cache`, or call it outside of `{name}`"),
            );
        }
    }
}

fn uncacheable(
    workflow: &Workflow,
    graph: &Graph,
    flow: &str,
    seen: &mut Vec<String>,
) -> Option<String> {
    let mut nodes: Vec<&Node> = graph.flow(flow)?.iter().collect();
    while let Some(node) = nodes.pop() {
        if let Some((name, _)) = node.step() {
            let step = workflow.steps.iter().find(|step| step.name == name);
            if step.is_some_and(|step| step.method.state().is_some()) {
                return Some(format!("`{name}` changes the state"));
            }
            if let Some(waits) = step.and_then(|step| step.options.waits()) {
                return Some(format!("`{name}` {waits}"));
            }
        } else if let Some(kind) = node.human() {
            return Some(format!("`flow.{kind}(..)` waits for a person"));
        } else if let Some(other) = node.workflow() {
            return Some(format!("`flow.call::<{other}>(..)` may wait for a person"));
        } else if let Some(inner) = node.subflow()
            && !seen.iter().any(|name| name == inner)
        {
            seen.push(inner.to_owned());
            if let Some(reason) = uncacheable(workflow, graph, inner, seen) {
                return Some(reason);
            }
        }
        nodes.extend(node.children());
    }
    None
}
