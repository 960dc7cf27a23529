//! The graph as a constant.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;

use crate::emit::{Fragment, each, emit};
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
    let mut flows = TokenStream::new();
    for flow in &workflow.flows {
        let name = flow.method.sig.ident.unraw().to_string();
        let nodes = Nodes(graph.flow(&name).unwrap_or_default());
        each(&conditions(&flow.method.attrs)).to_tokens(&mut flows);
        emit!(&mut flows, own(); __agno::FlowGraph { name: #name, nodes: #nodes },);
    }
    constant(&flows)
}

/// Steps in the order of their declaration.
pub(super) fn in_order<'a>(steps: impl Iterator<Item = (&'a str, Span)>) -> TokenStream {
    let mut nodes = TokenStream::new();
    for (name, span) in steps {
        let at = Here(span);
        emit!(&mut nodes, own(); __agno::Node::Step { name: #name, at: #at },);
    }
    constant(&quote!(__agno::FlowGraph { name: #DEFAULT_FLOW, nodes: &[#nodes] }))
}

/// `__graph()`. A block that is constant is evaluated when it is compiled; a static is by `cargo check` as well.
fn constant(flows: &TokenStream) -> TokenStream {
    quote! {
        fn __graph() -> &'static __agno::Graph {
            const { &__agno::Graph { flows: &[#flows] } }
        }
    }
}

fn own() -> Span {
    Span::call_site()
}

struct Nodes<'a>(&'a [Node]);

impl ToTokens for Nodes<'_> {
    fn to_tokens(&self, to: &mut TokenStream) {
        let list = Fragment::new(|to| self.0.iter().for_each(|item| node(item, to)));
        emit!(to, own(); &[#list]);
    }
}

/// Each behind the other, with commas.
struct Lists<'a>(&'a [Vec<Node>]);

impl ToTokens for Lists<'_> {
    fn to_tokens(&self, to: &mut TokenStream) {
        let list = Fragment::new(|to| {
            for nodes in self.0 {
                let nodes = Nodes(nodes);
                emit!(to, own(); #nodes,);
            }
        });
        emit!(to, own(); &[#list]);
    }
}

fn node(node: &Node, to: &mut TokenStream) {
    each(&node.conditions).to_tokens(to);
    emit!(to, own(); __agno::Node::);
    match &node.kind {
        Kind::Step { name, at } => {
            let at = Here(*at);
            emit!(to, own(); Step { name: #name, at: #at });
        }
        Kind::Subflow { name, at } => {
            let at = Here(*at);
            emit!(to, own(); Subflow { name: #name, at: #at });
        }
        Kind::Workflow { name, at } => {
            let at = Here(*at);
            emit!(to, own(); Workflow { name: #name, at: #at });
        }
        Kind::Sleep { duration, at } => {
            let at = Here(*at);
            emit!(to, own(); Sleep { duration: #duration, at: #at });
        }
        Kind::Human { kind, at } => {
            let at = Here(*at);
            emit!(to, own(); Human { kind: #kind, at: #at });
        }
        Kind::If {
            condition,
            then,
            otherwise,
        } => {
            let (then, otherwise) = (Nodes(then), Nodes(otherwise));
            emit!(to, own(); If { condition: #condition, then: #then, otherwise: #otherwise });
        }
        Kind::Match { on, arms } => {
            let arms = Fragment::new(|to| {
                for (conditions, pattern, body) in arms {
                    let body = Nodes(body);
                    each(conditions).to_tokens(to);
                    emit!(to, own(); __agno::Arm { pattern: #pattern, body: #body },);
                }
            });
            emit!(to, own(); Match { on: #on, arms: &[#arms] });
        }
        Kind::Loop { head, body } => {
            let body = Nodes(body);
            emit!(to, own(); Loop { head: #head, body: #body });
        }
        Kind::Parallel { branches, at } => {
            let (at, branches) = (Here(*at), Lists(branches));
            emit!(to, own(); Parallel { branches: #branches, at: #at });
        }
        Kind::Map { over, body, at } => {
            let (at, body) = (Here(*at), Nodes(body));
            emit!(to, own(); Map { over: #over, body: #body, at: #at });
        }
        Kind::Race { branches, at } => {
            let (at, branches) = (Here(*at), Lists(branches));
            emit!(to, own(); Race { branches: #branches, at: #at });
        }
        Kind::End { text } => emit!(to, own(); End { text: #text }),
        Kind::Opaque { text } => emit!(to, own(); Opaque { text: #text }),
    }
    emit!(to, own(); ,);
}

/// The place of a call. The span is the user's own, not the macro's: a place inside an expansion would be
/// that of `#[workflow]`. Only the parentheses have it: an editor takes a name at the place of a call for what is
/// called there.
pub(super) struct Here(pub(super) Span);

impl ToTokens for Here {
    fn to_tokens(&self, to: &mut TokenStream) {
        let here = Fragment::new(|to| emit!(to, own(); __agno::here));
        emit!(to, self.0; (#here)());
    }
}
