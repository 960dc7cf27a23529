//! Every rule about the shape of a workflow. Types are rustc's job.

use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{FnArg, ReceiverKind, Safety, Signature, Type};

use crate::diag::{Diagnostics, list, suggestion};
use crate::flow::graph::{Graph, Node};
use crate::model::{Cache, Flow, Method, Param, ParamKind, Retry, Step, Workflow, borrow};
use crate::parse::attributes::conditions;
use crate::parse::methods::is_borrowed_input;
use crate::parse::options::plain_text;
use crate::parse::table::RESERVED;

/// More owned parameters than this belong in a struct.
const MOST_INPUTS: usize = 8;

pub(crate) fn workflow(workflow: &Workflow, graph: &Graph, diag: &Diagnostics) {
    if workflow.steps.is_empty() && workflow.flows.is_empty() {
        diag.over(
            &workflow.self_ty,
            format!(
                "`{}` has no steps; put `#[step]` on its methods",
                workflow.ident
            ),
        );
    }
    for step in &workflow.steps {
        check_step(step, workflow, diag);
    }
    for flow in &workflow.flows {
        check_flow(flow, diag);
    }
    for subflow in workflow.subflows() {
        reserved(&subflow.method, "flow", diag);
    }
    if let Some(entry) = workflow.entry() {
        for condition in conditions(&entry.method.attrs) {
            diag.over(
                condition,
                "the entry flow cannot have a `#[cfg(..)]`, since it gives the workflow its input and output; \
                 move the condition into its body",
            );
        }
    } else {
        check_default_order(workflow, diag);
    }
    check_names(workflow, diag);
    check_cached_flows(workflow, graph, diag);
}

fn check_step(step: &Step, workflow: &Workflow, diag: &Diagnostics) {
    let method = &step.method;
    check_receiver(&method.sig, diag);
    check_signature(&method.sig, "step", diag);
    check_params(method, diag);
    check_state(method, workflow, diag);
    reserved(method, "step", diag);
    check_journal_name(step, diag);
    let options = &step.options;
    if let Some(retry) = &options.retry {
        check_retry(retry, diag);
    }
    if let Some(version) = options
        .version
        .as_ref()
        .filter(|version| version.value == 0)
    {
        diag.at(version.span, "versions count from 1");
    }
    if let Some(cache) = &options.cache {
        check_cache_key(cache, method, diag);
        if method.state().is_some() {
            diag.at(
                cache.span,
                format!(
                    "`{}` changes the state, which a cached result would skip; remove `cache`, or the `&mut` parameter",
                    step.name
                ),
            );
        }
        if options.at_most_once.is_some() {
            diag.at(
                cache.span,
                "`at_most_once` is for effects, which a cached result would skip; remove `cache` or `at_most_once`",
            );
        }
    }
}

fn check_receiver(sig: &Signature, diag: &Diagnostics) {
    let Some(FnArg::Receiver(receiver)) = sig.inputs.first() else {
        diag.at(
            sig.ident.span(),
            format!("a step is a method; write `fn {}(&self, ..)`", sig.ident),
        );
        return;
    };
    let state = "a step takes `&self`, since others run at the same time; \
                 for what it changes write `#[workflow(state = ..)]` and a `&mut` parameter";
    match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, None) => {
            if let Some(lifetime) = lifetime {
                diag.over(lifetime, "a step takes `&self`; remove the lifetime");
            }
        }
        ReceiverKind::Reference(_, _, Some(mutable)) => diag.over(mutable, state),
        ReceiverKind::Value => diag.over(
            receiver.self_token,
            "a step takes `&self`, since it runs again after a crash",
        ),
        _ => diag.over(receiver, "a step takes `&self`"),
    }
}

fn check_signature(sig: &Signature, kind: &str, diag: &Diagnostics) {
    if let Some(param) = sig.generics.params.first() {
        diag.over(
            param,
            match param {
                syn::GenericParam::Lifetime(_) => {
                    format!(
                        "a {kind} cannot have lifetimes; its values are stored, so take them owned"
                    )
                }
                _ => format!(
                    "a {kind} cannot be generic, since its values are stored; name the types"
                ),
            },
        );
    }
    if let Safety::Unsafe(token) = &sig.safety {
        diag.over(
            token,
            format!("a {kind} cannot be `unsafe`; put the `unsafe` block in its body"),
        );
    }
    if let Some(abi) = &sig.abi {
        diag.over(
            abi,
            format!("a {kind} is a plain Rust function; remove this"),
        );
    }
    if let syn::ReturnType::Type(_, ty) = &sig.output {
        check_stored_type(ty, kind, "output", diag);
    }
}

/// What is stored must own its parts and have a name.
fn check_stored_type(ty: &Type, kind: &str, role: &str, diag: &Diagnostics) {
    match ty {
        Type::ImplTrait(ty) => {
            let futures = plain_text(ty).contains("Future");
            let advice = if futures {
                "write `async fn`"
            } else {
                "name the type"
            };
            diag.over(
                ty,
                format!("the {role} of a {kind} is stored, so it needs a name; {advice}"),
            );
        }
        Type::Reference(reference) => diag.over(
            ty,
            format!(
                "the {role} of a {kind} is stored, so it must be owned; write `{}`",
                owned(&reference.elem)
            ),
        ),
        _ => {
            if let Some(span) = borrow(ty) {
                diag.at(
                    span,
                    format!(
                        "the {role} of a {kind} is stored, so it cannot borrow; use an owned type"
                    ),
                );
            }
        }
    }
}

fn owned(ty: &Type) -> String {
    match ty {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", plain_text(&slice.elem)),
        other => plain_text(other),
    }
}

fn check_params(method: &Method, diag: &Diagnostics) {
    let name = &method.sig.ident;
    for param in &method.params {
        if param.ident.is_none() {
            diag.over(
                &param.written.pat,
                "a parameter needs a name, under which it is recorded; take it apart in the body",
            );
        }
        if let Some(condition) = conditions(&param.written.attrs).first() {
            diag.over(
                condition,
                "a parameter cannot have a `#[cfg(..)]`; put it on the method",
            );
        }
        // Lifetimes of the step's own are the one mistake then.
        if method.sig.generics.params.is_empty() {
            check_param_type(param, diag);
        }
    }
    if let Some(extra) = method.inputs().nth(MOST_INPUTS) {
        diag.over(
            extra.written.pat.to_token_stream(),
            format!(
                "`{name}` takes {} inputs, and {MOST_INPUTS} is the most; group them in a struct",
                method.inputs().count()
            ),
        );
    }
    for kind in [ParamKind::State, ParamKind::Context] {
        let mut same = method.params.iter().filter(|param| param.kind == kind);
        if let (Some(_), Some(second)) = (same.next(), same.next()) {
            diag.over(
                &second.written.ty,
                if kind == ParamKind::State {
                    "a second `&mut` parameter; a workflow has one state, so make this one of its fields"
                } else {
                    "a second `&` parameter; there is one context, and inputs are taken owned"
                },
            );
        }
    }
}

fn check_param_type(param: &Param, diag: &Diagnostics) {
    match (&*param.written.ty, param.kind) {
        (Type::Reference(reference), ParamKind::Input) => {
            if reference.mutability.is_none() && is_borrowed_input(&reference.elem) {
                check_stored_type(&param.written.ty, "step", "input", diag);
            }
        }
        (Type::Reference(reference), _) => {
            if let Some(lifetime) = &reference.lifetime {
                diag.over(
                    lifetime,
                    "remove this lifetime; the reference lasts as long as the step",
                );
            }
        }
        (owned, _) => check_stored_type(owned, "step", "input", diag),
    }
}

fn check_state(method: &Method, workflow: &Workflow, diag: &Diagnostics) {
    if let Some(param) = method.state().filter(|_| workflow.state.is_none()) {
        let ty = plain_text(&param.ty);
        diag.over(
            &param.written.ty,
            format!(
                "`&mut` means the state, and this workflow declares none; write `#[workflow(state = {ty})]` on the impl block"
            ),
        );
    }
}

fn reserved(method: &Method, kind: &str, diag: &Diagnostics) {
    let name = method.sig.ident.to_string();
    if RESERVED.contains(&name.as_str()) {
        diag.at(
            method.span(),
            format!("`flow.{name}` is a method that every flow has, so a {kind} cannot be called `{name}`; rename it, such as `{name}_{kind}`"),
        );
    }
}

/// A name becomes part of a path such as `map#1[3]/read#0`.
fn check_journal_name(step: &Step, diag: &Diagnostics) {
    let bad = step
        .name
        .chars()
        .find(|c| c.is_control() || "/#[]".contains(*c));
    if step.name.trim().is_empty() {
        diag.at(step.name_span, "the name of a step cannot be empty");
    } else if let Some(bad) = bad {
        diag.at(
            step.name_span,
            format!("the name of a step cannot hold {bad:?}; use letters, digits, `_` and `-`"),
        );
    }
}

fn check_retry(retry: &Retry, diag: &Diagnostics) {
    if let Some(max) = retry.max.as_ref().filter(|max| max.value == 0) {
        diag.at(
            max.span,
            "`max` counts the retries after the first attempt; write 1 or more, or remove `retry`",
        );
    }
    if let Some(factor) = retry
        .factor
        .as_ref()
        .filter(|factor| !(factor.value >= 1.0))
    {
        diag.at(
            factor.span,
            "a factor below 1 would shorten the wait; write 1.0 or more",
        );
    }
    if let (Some(backoff), Some(max_delay)) = (&retry.backoff, &retry.max_delay)
        && max_delay.value < backoff.value
    {
        diag.at(
            max_delay.span,
            "`max_delay` is shorter than `backoff`, the first wait",
        );
    }
}

fn check_cache_key(cache: &Cache, method: &Method, diag: &Diagnostics) {
    let Some(key) = &cache.key else {
        return;
    };
    let inputs: Vec<&str> = method.inputs().map(|param| param.name.as_str()).collect();
    for part in key.value.split(',') {
        let first = part.trim().split('.').next().unwrap_or_default().trim();
        if !inputs.contains(&first) {
            let inputs_are = if inputs.is_empty() {
                format!("`{}` has no inputs", method.sig.ident)
            } else {
                format!("the inputs are {}", list(&inputs))
            };
            let meant = suggestion(first, inputs.iter().copied());
            let meant = meant.trim_end_matches('?');
            diag.at(
                key.span,
                format!(
                    "the cache key names `{first}`, which is not an input{meant}; {inputs_are}"
                ),
            );
        }
    }
}

fn check_flow(flow: &Flow, diag: &Diagnostics) {
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
        check_cache_key(cache, method, diag);
    }
}

fn check_flow_start(flow: &Flow, diag: &Diagnostics) {
    let sig = &flow.method.sig;
    let expected = "a flow starts with `flow: &Flow<Self>`";
    match sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => diag.over(
            receiver,
            format!("{expected} instead of `self`; `flow.workflow()` gives the workflow"),
        ),
        None => diag.at(
            sig.ident.span(),
            format!("{expected}; write `fn {}(flow: &Flow<Self>)`", sig.ident),
        ),
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

fn check_params_of_flow(method: &Method, diag: &Diagnostics) {
    for param in &method.params {
        if param.ident.is_none() {
            diag.over(
                &param.written.pat,
                "a parameter needs a name, under which it is recorded; take it apart in the body",
            );
        }
        match &*param.written.ty {
            Type::Reference(reference) if reference.mutability.is_some() => diag.over(
                &param.written.ty,
                "only steps change the state; a flow reads it with `flow.state()`",
            ),
            ty => check_stored_type(ty, "flow", "input", diag),
        }
    }
    if let Some(extra) = method.inputs().nth(MOST_INPUTS) {
        diag.over(
            &extra.written.pat,
            format!("a flow takes at most {MOST_INPUTS} inputs; group them in a struct"),
        );
    }
}

/// Without a flow every step is fed by the one before it.
fn check_default_order(workflow: &Workflow, diag: &Diagnostics) {
    for step in &workflow.steps {
        for condition in conditions(&step.method.attrs) {
            diag.over(
                condition,
                "without a `#[flow]` the steps run in their order, which must not depend on a `#[cfg(..)]`; write a `#[flow]`",
            );
        }
    }
    for pair in workflow.steps.windows(2) {
        let [before, step] = pair else {
            continue;
        };
        let mut inputs = step.method.inputs();
        let name = &step.method.sig.ident;
        let before = &before.method.sig.ident;
        let order = format!("without a `#[flow]`, `{name}` is fed by `{before}`");
        match (inputs.next(), inputs.next()) {
            (None, _) => diag.at(
                name.span(),
                format!("{order}, but it takes no input; give it one, or write a `#[flow]`"),
            ),
            (Some(_), Some(second)) => diag.over(
                &second.written.pat,
                format!("{order}, which gives one value; remove this input, or write a `#[flow]`"),
            ),
            (Some(_), None) => {}
        }
    }
}

fn check_names(workflow: &Workflow, diag: &Diagnostics) {
    struct Named<'a> {
        name: &'a str,
        span: Span,
        conditional: bool,
    }
    let steps = workflow.steps.iter().map(|step| Named {
        name: &step.name,
        span: step.name_span,
        conditional: !conditions(&step.method.attrs).is_empty(),
    });
    let subflows: Vec<(String, &Method)> = workflow
        .flows
        .iter()
        .map(|flow| (flow.method.sig.ident.unraw().to_string(), &flow.method))
        .collect();
    let flows = subflows.iter().map(|(name, method)| Named {
        name,
        span: method.span(),
        conditional: !conditions(&method.attrs).is_empty(),
    });
    let all: Vec<Named<'_>> = steps.chain(flows).collect();
    for (index, named) in all.iter().enumerate() {
        // Two under opposite conditions are one at a time; rustc sees to that.
        let clash = all[..index]
            .iter()
            .any(|other| other.name == named.name && !(other.conditional && named.conditional));
        if clash {
            diag.at(
                named.span,
                format!("a second `{}`; every step needs a name of its own, since results are recorded under it", named.name),
            );
        }
    }
}

/// A hit would skip what must not be skipped.
fn check_cached_flows(workflow: &Workflow, graph: &Graph, diag: &Diagnostics) {
    for flow in &workflow.flows {
        let Some(cache) = &flow.options.cache else {
            continue;
        };
        let name = flow.method.sig.ident.unraw().to_string();
        let mut seen = vec![name.clone()];
        if let Some(reason) = uncacheable(workflow, graph, &name, &mut seen) {
            diag.at(
                cache.span,
                format!("`{name}` cannot be cached: {reason}, which a cached result would skip"),
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
        } else if let Some(kind) = node.human() {
            return Some(format!("`flow.{kind}(..)` waits for a person"));
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
