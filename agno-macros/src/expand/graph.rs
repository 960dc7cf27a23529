//! The graph as a constant.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use crate::flow::graph::{Graph, Kind, Node};
use crate::model::Workflow;
use crate::parse::attributes::conditions;

/// What the flow of a workflow without a `#[flow]` is called.
const DEFAULT_FLOW: &str = "run";

pub(crate) fn graph(workflow: &Workflow, graph: &Graph) -> TokenStream {
    if workflow.flows.is_empty() {
        let steps = workflow.steps.iter();
        return in_order(steps.map(|step| (step.name.as_str(), step.method.span())));
    }
    let flows = workflow.flows.iter().map(|flow| {
        let name = flow.method.sig.ident.unraw().to_string();
        let conditions = conditions(&flow.method.attrs);
        let nodes = nodes(graph.flow(&name).unwrap_or_default());
        quote!(#(#conditions)* __agno::FlowGraph { name: #name, nodes: #nodes },)
    });
    quote!(__agno::Graph { flows: &[#(#flows)*] })
}

/// Steps in the order of their declaration.
pub(super) fn in_order<'a>(steps: impl Iterator<Item = (&'a str, Span)>) -> TokenStream {
    let nodes = steps.map(|(name, span)| {
        let at = here(span);
        quote!(__agno::Node::Step { name: #name, at: #at },)
    });
    quote! {
        __agno::Graph { flows: &[__agno::FlowGraph { name: #DEFAULT_FLOW, nodes: &[#(#nodes)*] }] }
    }
}

fn nodes(list: &[Node]) -> TokenStream {
    let list = list.iter().map(node);
    quote!(&[#(#list,)*])
}

fn node(node: &Node) -> TokenStream {
    let conditions = &node.conditions;
    let kind = match &node.kind {
        Kind::Step { name, at } => {
            let at = here(*at);
            quote!(Step { name: #name, at: #at })
        }
        Kind::Subflow { name, at } => {
            let at = here(*at);
            quote!(Subflow { name: #name, at: #at })
        }
        Kind::Workflow { name, at } => {
            let at = here(*at);
            quote!(Workflow { name: #name, at: #at })
        }
        Kind::Sleep { duration, at } => {
            let at = here(*at);
            quote!(Sleep { duration: #duration, at: #at })
        }
        Kind::Human { kind, at } => {
            let at = here(*at);
            quote!(Human { kind: #kind, at: #at })
        }
        Kind::If {
            condition,
            then,
            otherwise,
        } => {
            let (then, otherwise) = (nodes(then), nodes(otherwise));
            quote!(If { condition: #condition, then: #then, otherwise: #otherwise })
        }
        Kind::Match { on, arms } => {
            let arms = arms.iter().map(|(conditions, pattern, body)| {
                let body = nodes(body);
                quote!(#(#conditions)* __agno::Arm { pattern: #pattern, body: #body })
            });
            quote!(Match { on: #on, arms: &[#(#arms,)*] })
        }
        Kind::Loop { head, body } => {
            let body = nodes(body);
            quote!(Loop { head: #head, body: #body })
        }
        Kind::Parallel { branches, at } => {
            let (at, branches) = (here(*at), branches.iter().map(|branch| nodes(branch)));
            quote!(Parallel { branches: &[#(#branches,)*], at: #at })
        }
        Kind::Map { over, body, at } => {
            let (at, body) = (here(*at), nodes(body));
            quote!(Map { over: #over, body: #body, at: #at })
        }
        Kind::Race { branches, at } => {
            let (at, branches) = (here(*at), branches.iter().map(|branch| nodes(branch)));
            quote!(Race { branches: &[#(#branches,)*], at: #at })
        }
        Kind::End { text } => quote!(End { text: #text }),
        Kind::Opaque { text } => quote!(Opaque { text: #text }),
    };
    quote!(#(#conditions)* __agno::Node::#kind)
}

/// The place of a call. The span is the user's own, not the macro's: a place inside an expansion would be
/// that of `#[workflow]`. Only the parentheses have it: an editor takes a name at the place of a call for what is
/// called there.
pub(super) fn here(span: Span) -> TokenStream {
    let here = quote!(__agno::here);
    quote_spanned!(span=> (#here)())
}
