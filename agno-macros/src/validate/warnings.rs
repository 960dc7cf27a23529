//! What compiles and is probably not meant so: a step that no flow calls, a flow that cannot end, an option without
//! effect. Only what is certain.

mod options;

use proc_macro2::{Delimiter, Ident, Span, TokenTree};
use syn::Attribute;
use syn::ext::IdentExt;

use crate::flow::calls::Scope;
use crate::flow::dropped;
use crate::flow::endless;
use crate::flow::graph::{Graph, Node};
use crate::flow::hazards::ENDLESS;
use crate::flow::macros;
use crate::flow::recursion;
use crate::model::{FieldStep, Flow, Method, Workflow};
use crate::parse::attributes::{allowances, allows, conditions};
use crate::parse::strip::Impl;

/// What a warning is about.
pub(crate) enum About {
    NeverCalled,
    /// A step that another one calls as a plain method.
    NotRecorded,
    /// The flow that it is in.
    NeverEnds(String),
    /// The failure of a call.
    NotLookedAt,
    NoEffect,
}

pub(crate) struct Warning {
    pub(crate) about: About,
    pub(crate) span: Span,
    pub(crate) text: String,
    /// The conditions and `#[allow(..)]`s of the method it is in.
    pub(crate) attrs: Vec<Attribute>,
}

#[derive(Default)]
struct Found(Vec<Warning>);

impl Found {
    /// `attrs` are those of the method, or field, that it is in.
    fn push(&mut self, attrs: &[Attribute], about: About, span: Span, text: impl Into<String>) {
        let mut kept = conditions(attrs);
        kept.extend(allowances(attrs));
        self.0.push(Warning {
            about,
            span,
            text: text.into(),
            attrs: kept,
        });
    }
}

/// `parts` are those of the impl block.
pub(crate) fn workflow(workflow: &Workflow, uncalled: &[&Method], parts: &Impl) -> Vec<Warning> {
    let mut found = Found::default();
    for step in &workflow.steps {
        options::step(&step.options, &step.method.attrs, &mut found);
    }
    let may_lose_a_result = parts.may_lose_a_result();
    for (index, flow) in workflow.flows.iter().enumerate() {
        options::flow(flow, index == 0, &mut found);
        endless_loops(flow, workflow, &mut found);
        if may_lose_a_result {
            lost(flow, workflow, &mut found);
        }
    }
    for recursion in recursion::find(workflow) {
        let method = &recursion.flow.method;
        let name = name(method);
        let text = format!(
            "`{name}` calls itself on every path, so it never ends; return ahead of this call in some case, \
             or start over with `return flow.continue_as_new(..).await`"
        );
        found.push(&method.attrs, About::NeverEnds(name), recursion.call, text);
    }
    let plain_calls = plain_calls(workflow, parts);
    let flow = match workflow.flows.is_empty() {
        true => "a `#[flow]`",
        false => "the flow",
    };
    for (caller, called, call) in &plain_calls {
        let name = &caller.sig.ident;
        let text = format!(
            "`{name}` calls the plain `{called}`, which runs as a part of `{name}` and is not recorded; \
             call both in {flow}, or write `#[allow(deprecated)]` above `{name}`"
        );
        found.push(&caller.attrs, About::NotRecorded, *call, text);
    }
    for method in uncalled.iter().filter(|method| !is_kept(method)) {
        let ident = &method.sig.ident;
        if plain_calls.iter().any(|(_, called, _)| called == ident) {
            continue;
        }
        let flow = workflow.entry().and_then(|entry| entry.flow.as_ref());
        let flow = flow.map_or_else(|| "flow".to_owned(), ToString::to_string);
        let inputs = if method.inputs().next().is_some() {
            ".."
        } else {
            ""
        };
        let first = workflow.entry().map(|entry| &entry.method.sig.ident);
        let text = match first.filter(|_| workflow.subflow(ident).is_some()) {
            Some(first) => format!(
                "no flow calls `{ident}`; move it above `{first}` if runs begin with it, else write `{flow}.{ident}({inputs}).await?` where it belongs, or remove it"
            ),
            None => format!(
                "no flow calls `{ident}`; write `{flow}.{ident}({inputs}).await?` where it belongs, or remove it"
            ),
        };
        found.push(&method.attrs, About::NeverCalled, ident.span(), text);
    }
    found.0
}

pub(crate) fn fields(steps: &[FieldStep]) -> Vec<Warning> {
    let mut found = Found::default();
    for step in steps {
        options::step(&step.options, &step.attrs, &mut found);
    }
    found.0
}

fn name(method: &Method) -> String {
    method.sig.ident.unraw().to_string()
}

fn endless_loops(flow: &Flow, workflow: &Workflow, found: &mut Found) {
    if let (Some(scope), Some(source)) = (Scope::of(flow, workflow), &flow.source) {
        for keyword in endless::loops(scope, &source.block, flow.stripped.is_some()) {
            let about = About::NeverEnds(name(&flow.method));
            found.push(
                &flow.method.attrs,
                about,
                keyword,
                ENDLESS.problem(scope.flow),
            );
        }
    }
}

/// Where rustc says that a `Result` is unused, and proposes `let _ =`, under which a failed step would be no failure.
fn lost(flow: &Flow, workflow: &Workflow, found: &mut Found) {
    let (Some(scope), Some(source)) = (Scope::of(flow, workflow), &flow.source) else {
        return;
    };
    if allows(&flow.method.attrs, &["unused_must_use", "unused"]) {
        return;
    }
    for lost in dropped::lost(scope, &source.block) {
        let call = lost.call;
        let text = format!(
            "the flow goes on when `{call}` fails; write `{call}.await?`, or `let _ = {call}.await` if that is meant"
        );
        found.push(&flow.method.attrs, About::NotLookedAt, lost.place, text);
    }
}

/// The steps that no flow calls, and the sub-flows that the entry does not lead to. Where the flow is handed on only
/// rustc can tell.
pub(crate) fn uncalled<'a>(workflow: &'a Workflow, graph: &Graph) -> Vec<&'a Method> {
    let half_typed = workflow.flows.iter().any(|flow| flow.source.is_none());
    if workflow.flows.is_empty() || half_typed || is_handed_on(graph) {
        return Vec::new();
    }
    let names: Vec<String> = workflow.flows.iter().map(|f| name(&f.method)).collect();
    let (mut steps, mut callees) = (Vec::new(), vec![Vec::new(); names.len()]);
    for (flow, nodes) in &graph.0 {
        each(nodes, &mut |node| {
            steps.extend(node.step().map(|(step, _)| step));
            let index = |name: &str| names.iter().position(|other| other == name);
            let callee = node.subflow().and_then(index);
            if let (Some(caller), Some(callee)) = (index(flow), callee) {
                callees[caller].push(callee);
            }
        });
    }
    let reached: Vec<Vec<bool>> = (0..names.len()).map(|at| reached(&callees, at)).collect();
    // Those that another one leads to are called as soon as that one is; of a circle, the first is meant.
    let begins = |at: usize| {
        !reached[0][at]
            && (1..names.len()).all(|other| {
                reached[0][other] || !reached[other][at] || (reached[at][other] && at <= other)
            })
    };
    let never = workflow
        .steps
        .iter()
        .filter(|step| !steps.contains(&step.name.as_str()));
    let never = never.map(|step| &step.method);
    let flows = workflow.flows.iter().map(|flow| &flow.method).enumerate();
    let flows = flows.filter(|(at, _)| begins(*at));
    never.chain(flows.map(|(_, method)| method)).collect()
}

/// Those of them that stay nevertheless, by their names in the journal.
pub(crate) fn kept<'a>(workflow: &Workflow, uncalled: &[&'a Method]) -> Vec<(String, &'a Method)> {
    let kept = uncalled.iter().filter(|method| is_kept(method));
    kept.map(|&method| {
        let step = workflow.step(&method.sig.ident);
        let name = step.map_or_else(|| name(method), |step| step.name.clone());
        (name, method)
    })
    .collect()
}

/// The flows that one of them leads to, itself too.
fn reached(callees: &[Vec<usize>], from: usize) -> Vec<bool> {
    let mut reached = vec![false; callees.len()];
    let mut next = vec![from];
    while let Some(at) = next.pop() {
        if !std::mem::replace(&mut reached[at], true) {
            next.extend(&callees[at]);
        }
    }
    reached
}

/// Where the body of a step says `self.search(..)` of another step: in which, of which, and the place.
fn plain_calls<'a>(workflow: &'a Workflow, parts: &Impl) -> Vec<(&'a Method, Ident, Span)> {
    let mut calls = Vec::new();
    if !parts.may_call(|name| workflow.has_step(name)) {
        return calls;
    }
    for caller in workflow.steps.iter().map(|step| &step.method) {
        let Some(body) = caller.body.and_then(|number| parts.bodies.get(number)) else {
            continue;
        };
        let tokens = macros::flat(body.stream());
        calls.extend(tokens.windows(4).filter_map(|tokens| match tokens {
            [
                TokenTree::Ident(on),
                TokenTree::Punct(dot),
                TokenTree::Ident(name),
                TokenTree::Group(arguments),
            ] => {
                let is_call = *on == "self"
                    && dot.as_char() == '.'
                    && arguments.delimiter() == Delimiter::Parenthesis
                    && *name != caller.sig.ident
                    && workflow.step(name).is_some();
                is_call.then(|| (caller, name.clone(), name.span()))
            }
            _ => None,
        }));
    }
    calls
}

/// Whether a call may stand where it cannot be read: in a function that the flow is handed to.
pub(crate) fn is_handed_on(graph: &Graph) -> bool {
    let mut opaque = false;
    for (_, nodes) in &graph.0 {
        each(nodes, &mut |node| opaque |= node.is_opaque());
    }
    opaque
}

fn each<'a>(nodes: &'a [Node], visit: &mut dyn FnMut(&'a Node)) {
    for node in nodes {
        visit(node);
        for child in node.children() {
            each(std::slice::from_ref(child), visit);
        }
    }
}

/// Whether its author says that it stays: `#[allow(dead_code)]`, or on its way out, `#[deprecated]`.
fn is_kept(method: &Method) -> bool {
    let mut attrs = method.attrs.iter();
    attrs.any(|attr| attr.path().is_ident("deprecated"))
        || allows(&method.attrs, &["dead_code", "unused"])
}
