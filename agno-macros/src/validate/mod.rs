//! Every rule about the shape of a workflow. Types are rustc's job.

pub(crate) mod attributes;
mod cache;
mod fields;
mod flows;
mod options;
mod signature;
pub(crate) mod types;
pub(crate) mod unshared;
pub(crate) mod warnings;

use proc_macro2::Span;
use syn::ext::IdentExt;

pub(crate) use self::fields::fields;
use self::flows::{check_cached_flows, check_flow};
use self::options::{Named, check_options};
pub(crate) use self::signature::copied_state;
use self::signature::{check_params, check_receiver, check_signature, check_state};
use crate::diag::Diagnostics;
use crate::flow::calls::is_reserved;
use crate::flow::graph::Graph;
use crate::model::{Method, Step, Workflow};
use crate::parse::attributes::conditions;

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
    } else if !workflow.functions.iter().any(Method::takes_flow) {
        // Of a forgotten `#[flow]` only that is said.
        check_default_order(workflow, diag);
    }
    check_names(workflow, diag);
    check_cached_flows(workflow, graph, diag);
}

fn check_step(step: &Step, workflow: &Workflow, diag: &Diagnostics) {
    let method = &step.method;
    check_receiver(&method.sig, diag);
    check_signature(&method.sig, "step", diag);
    check_params(method, workflow, diag);
    check_state(method, workflow, diag);
    reserved(method, "step", diag);
    let named = Named {
        name: &step.name,
        name_span: step.name_span,
        written: &method.sig.ident,
        inputs: &method.input_names(),
        changes_state: method.state().is_some(),
        reads_history: method.takes_context(),
        is_field: false,
    };
    check_options(&named, &step.options, diag);
}

fn reserved(method: &Method, kind: &str, diag: &Diagnostics) {
    let name = method.sig.ident.to_string();
    if is_reserved(&name) {
        diag.at(
            method.span(),
            format!("`flow.{name}` is a method that every flow has, so a {kind} cannot be called `{name}`; rename it, such as `{name}_{kind}`"),
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
                format!("{order}, but it takes no input; give it one, or write a `#[flow]` in this block"),
            ),
            (Some(_), Some(second)) => diag.over(
                &second.written.pat,
                format!("{order}, which gives one value; remove this input, or write a `#[flow]` in this block"),
            ),
            (Some(_), None) => {}
        }
    }
}

fn check_names(workflow: &Workflow, diag: &Diagnostics) {
    struct Taken<'a> {
        name: &'a str,
        span: Span,
        conditional: bool,
    }
    let steps = workflow.steps.iter().map(|step| Taken {
        name: &step.name,
        span: step.name_span,
        conditional: !conditions(&step.method.attrs).is_empty(),
    });
    let subflows: Vec<(String, &Method)> = workflow
        .flows
        .iter()
        .map(|flow| (flow.method.sig.ident.unraw().to_string(), &flow.method))
        .collect();
    let flows = subflows.iter().map(|(name, method)| Taken {
        name,
        span: method.span(),
        conditional: !conditions(&method.attrs).is_empty(),
    });
    let all: Vec<Taken<'_>> = steps.chain(flows).collect();
    for (index, named) in all.iter().enumerate() {
        // Two under opposite conditions are one at a time; rustc sees to that.
        let clash = all[..index]
            .iter()
            .any(|other| other.name == named.name && !(other.conditional && named.conditional));
        if clash {
            second(named.name, named.span, diag);
        }
    }
}

fn second(name: &str, span: Span, diag: &Diagnostics) {
    diag.at(
        span,
        format!("a second `{name}`; results are recorded under the name, so rename this one"),
    );
}
