//! What compiles and is probably not meant so: a step that no flow calls, a flow that cannot end, an option without
//! effect. Only what is certain.

mod options;

use proc_macro2::Span;
use syn::Attribute;
use syn::ext::IdentExt;

use crate::flow::calls::Scope;
use crate::flow::endless;
use crate::flow::graph::{Graph, Node};
use crate::flow::hazards::ENDLESS;
use crate::flow::recursion;
use crate::model::{FieldStep, Flow, Method, Workflow};
use crate::parse::attributes::{allowances, conditions};

/// What a warning is about.
pub(crate) enum About {
    NeverCalled,
    /// The flow that it is in.
    NeverEnds(String),
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

pub(crate) fn workflow(workflow: &Workflow, graph: &Graph) -> Vec<Warning> {
    let mut found = Found::default();
    for step in &workflow.steps {
        options::step(&step.options, &step.method.attrs, &mut found);
    }
    for (index, flow) in workflow.flows.iter().enumerate() {
        options::flow(flow, index == 0, &mut found);
        endless_loops(flow, workflow, &mut found);
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
    for method in uncalled(workflow, graph) {
        let ident = &method.sig.ident;
        let flow = workflow.entry().and_then(|entry| entry.flow.as_ref());
        let flow = flow.map_or_else(|| "flow".to_owned(), ToString::to_string);
        let inputs = if method.inputs().next().is_some() {
            ".."
        } else {
            ""
        };
        let text = format!(
            "no flow calls `{ident}`; write `{flow}.{ident}({inputs}).await?` where it belongs, or remove it"
        );
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
    if let (Some(ident), Some(source)) = (&flow.flow, &flow.source) {
        let scope = Scope {
            workflow,
            flow: ident,
        };
        for keyword in endless::loops(scope, &source.block, flow.stripped.is_some()) {
            let about = About::NeverEnds(name(&flow.method));
            found.push(&flow.method.attrs, about, keyword, ENDLESS.problem);
        }
    }
}

/// The steps and sub-flows that no flow calls. Where the flow is handed on only rustc can tell.
fn uncalled<'a>(workflow: &'a Workflow, graph: &Graph) -> Vec<&'a Method> {
    let half_typed = workflow.flows.iter().any(|flow| flow.source.is_none());
    if workflow.flows.is_empty() || half_typed || is_handed_on(graph) {
        return Vec::new();
    }
    let (mut steps, mut subflows) = (Vec::new(), Vec::new());
    for (flow, nodes) in &graph.0 {
        each(nodes, &mut |node| {
            if let Some((step, _)) = node.step() {
                steps.push(step);
            }
            // Itself is no caller.
            subflows.extend(node.subflow().filter(|subflow| subflow != flow));
        });
    }
    let never = workflow
        .steps
        .iter()
        .filter(|step| !steps.contains(&step.name.as_str()));
    let never = never.map(|step| &step.method);
    let flows = workflow.subflows().iter().map(|flow| &flow.method);
    let flows = flows.filter(|method| !subflows.contains(&name(method).as_str()));
    never
        .chain(flows)
        .filter(|method| !is_kept(method))
        .collect()
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
        || allowances(&method.attrs).iter().any(|attr| {
            let mut kept = false;
            // What rustc cannot read either is its error.
            let _ = attr.parse_nested_meta(|meta| {
                kept |= meta.path.is_ident("dead_code") || meta.path.is_ident("unused");
                if meta.input.peek(syn::Token![=]) {
                    meta.value()?.parse::<syn::Expr>()?;
                }
                Ok(())
            });
            kept
        })
}
