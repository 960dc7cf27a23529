//! From a valid model to tokens. Nothing here can fail.

pub(crate) mod codecs;
pub(crate) mod declaration;
mod fields;
mod graph;
pub(crate) mod handle;
pub(crate) mod lints;
mod registration;
pub(crate) mod shared;
mod summary;
mod warnings;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

use crate::flow::graph::Graph;
use crate::model::{Method, Workflow, is_storable};
use crate::parse::strip::Impl;
use crate::paths;
use crate::validate;
use codecs::Codecs;

/// Everything beside the impl block itself.
pub(crate) fn workflow(workflow: &Workflow, graph: &Graph, parts: &Impl) -> TokenStream {
    let mut codecs = Codecs::default();
    let watched = validate::warnings::is_handed_on(graph);
    let handle = handle::handle(workflow, handle::Bodies::Durable, watched);
    let uncalled = validate::warnings::uncalled(workflow, graph);
    let found = validate::warnings::workflow(workflow, &uncalled, parts);
    let (warnings, recorded) = (warnings::reported(&found), warnings::recorded(&found));
    let uncalled = warnings::allowed_uncalled(workflow, &uncalled);
    let registrations = registration::registrations(workflow, &mut codecs);
    let summary = summary::of_methods(workflow, graph);
    let graph = graph::graph(workflow, graph);
    let state = registration::state(workflow);
    let contract = contract(
        workflow,
        &quote! {
            #registrations
            __d.graph(__graph());
            #recorded
            #uncalled
        },
    );
    let expanded = block(
        workflow,
        &quote! {
            #handle
            #codecs
            #state
            #summary
            #contract
            #graph
        },
    );
    quote!(#expanded #warnings)
}

/// The scope of generated code: no name in it is visible from outside.
pub(crate) fn block(workflow: &Workflow, inner: &TokenStream) -> TokenStream {
    let import = paths::import(workflow.krate.as_ref());
    let markers = markers(workflow);
    let lints = lints::repeated();
    quote! {
        #lints
        const _: () = {
            #import
            #markers
            #inner
        };
    }
}

/// Uses `#[step]`, `#[flow]` and `#[allow_in_flow]` once each as written: their imports are then not unused, and an unimported one
/// is an error at the user's attribute.
fn markers(workflow: &Workflow) -> TokenStream {
    let step = workflow
        .steps
        .first()
        .and_then(|step| step.method.marker.as_ref());
    let flow = workflow
        .flows
        .first()
        .and_then(|flow| flow.method.marker.as_ref());
    let stripped = workflow
        .flows
        .iter()
        .find_map(|flow| flow.stripped.as_ref());
    let allowance = stripped.and_then(|stripped| stripped.marker.as_ref());
    step.into_iter()
        .chain(flow)
        .chain(allowance)
        .map(|path| quote!(#[#path(__seen)] const _: () = ();))
        .collect()
}

/// `impl Workflow`, with `define` made of `body`.
pub(crate) fn contract(workflow: &Workflow, body: &TokenStream) -> TokenStream {
    let this = &workflow.self_ty;
    let handle = handle::name(workflow);
    let first = entry(workflow);
    let last = workflow
        .entry()
        .map(|flow| &flow.method)
        .or_else(|| workflow.steps.last().map(|step| &step.method));
    let input = associated("Input", &first.map_or_else(|| quote!(()), inputs), workflow);
    let output = associated("Output", &last.map_or_else(|| quote!(()), output), workflow);
    let inner = quote! {
        type Steps = #handle;
        #input
        #output
        fn define(__d: &mut __agno::Definition<Self>) {
            #body
        }
    };
    // A struct whose fields are steps has this impl already: rustc then reports the second one, here.
    let place = this.to_token_stream().into_iter().next();
    let place = place.map_or_else(Span::call_site, |token| token.span());
    let contract = quote!(__agno::Workflow);
    let contract = quote_spanned!(place=> impl #contract for #this { #inner });
    let declared = declared(&this.to_token_stream(), place);
    quote!(#[automatically_derived] #contract #declared)
}

/// Tells the struct's macro that this block is there.
pub(crate) fn declared(this: &TokenStream, place: Span) -> TokenStream {
    let declared = quote!(__agno::its_steps_stand_in_one_impl_block);
    let declared = quote_spanned!(place=> impl #declared for #this {});
    quote!(#[automatically_derived] #declared)
}

/// The method whose inputs are the workflow's.
fn entry(workflow: &Workflow) -> Option<&Method> {
    workflow
        .entry()
        .map(|flow| &flow.method)
        .or_else(|| workflow.steps.first().map(|step| &step.method))
}

/// One input is its type, several are a tuple. What has an error of its own is `()`.
fn inputs(method: &Method) -> TokenStream {
    let types: Vec<&Type> = method.inputs().map(|param| &param.ty).collect();
    if !method.sig.generics.params.is_empty() || !types.iter().all(|ty| is_storable(ty)) {
        return quote!(());
    }
    match types.as_slice() {
        [one] => one.to_token_stream(),
        several => quote!((#(#several),*)),
    }
}

fn output(method: &Method) -> TokenStream {
    let ty = &method.output.value;
    if method.sig.generics.params.is_empty() && is_storable(ty) {
        quote!(#ty)
    } else {
        quote!(())
    }
}

/// An associated type whose errors (a private type, say) land at the type.
fn associated(name: &str, ty: &TokenStream, workflow: &Workflow) -> TokenStream {
    let span = ty
        .clone()
        .into_iter()
        .next()
        .map_or_else(|| workflow.ident.span(), |token| token.span());
    let span = paths::generated(span);
    let name = proc_macro2::Ident::new(name, span);
    quote_spanned!(span=> type #name = #ty;)
}

/// The span of a type, with the names of the macro.
pub(crate) fn at(ty: &Type) -> Span {
    let first = match ty {
        // The usual one, without making tokens of it again.
        Type::Path(ty) if ty.qself.is_none() && ty.path.leading_colon.is_none() => {
            ty.path.segments.first().map(|first| first.ident.span())
        }
        other => {
            let first = other.to_token_stream().into_iter().next();
            first.map(|token| token.span())
        }
    };
    paths::generated(first.unwrap_or_else(Span::call_site))
}
