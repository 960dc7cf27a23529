//! The typed handle: one method per step and sub-flow, which makes the call durable.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use crate::model::{Method, Param, Workflow, is_storable};
use crate::parse::attributes::repeated;
use crate::paths;

/// What the methods do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// They make a durable call.
    Durable,
    /// Nothing: the workflow has mistakes, and only the types are needed.
    Empty,
}

pub(crate) fn name(workflow: &Workflow) -> Ident {
    format_ident!("{}Steps", workflow.ident.unraw(), span = Span::call_site())
}

pub(crate) fn handle(workflow: &Workflow, bodies: Bodies) -> TokenStream {
    let name = name(workflow);
    let about = format!("The durable calls of [`{}`].", workflow.ident);
    let steps = workflow.steps.iter().map(|step| {
        (
            &step.method,
            method(&step.method, &step.name, "step", bodies),
        )
    });
    // A flow that calls the entry has its error; the call itself is then there.
    let flows = match bodies {
        Bodies::Durable => workflow.subflows(),
        Bodies::Empty => &workflow.flows,
    };
    let flows = flows.iter().map(|flow| {
        let name = flow.method.sig.ident.unraw().to_string();
        (&flow.method, method(&flow.method, &name, "subflow", bodies))
    });
    let unmarked = workflow
        .unmarked
        .iter()
        .filter(|_| bodies == Bodies::Empty)
        .map(|item| {
            let name = item.sig.ident.unraw().to_string();
            (item, method(item, &name, "step", bodies))
        });
    let mut seen: Vec<&Ident> = Vec::new();
    let methods: Vec<TokenStream> = steps
        .chain(flows)
        .chain(unmarked)
        .filter(|(method, _)| {
            // What stands twice, or is called like a method of the handle, has an error of its own.
            let ident = &method.sig.ident;
            let again = seen.contains(&ident) || ident == "state";
            seen.push(ident);
            bodies == Bodies::Durable || !again
        })
        .map(|(_, tokens)| tokens)
        .collect();
    // Where a step takes a state that is not declared, a flow may well read it.
    let undeclared = || {
        let mut states = workflow.steps.iter().filter_map(|step| step.method.state());
        states.next().map(|param| &param.ty)
    };
    let state = match bodies {
        Bodies::Durable => workflow.state.as_ref(),
        Bodies::Empty => workflow.state.as_ref().or_else(undeclared),
    };
    let state = state.map(|state| {
        let body = match bodies {
            Bodies::Durable => quote!((STATE.0)(&self.0)),
            Bodies::Empty => quote!(loop {}),
        };
        quote! {
            /// The session's state as this run sees it.
            fn state(&self) -> #state { #body }
        }
    });
    let empty = (bodies == Bodies::Empty).then(|| quote!(#[allow(unused_variables)]));
    // The methods repeat the user's signatures, which are linted where they stand.
    quote! {
        #[doc = #about]
        #[allow(missing_debug_implementations, unreachable_pub)]
        pub struct #name(__agno::Handle);
        #[automatically_derived]
        impl __agno::Steps for #name {
            fn new(handle: __agno::Handle) -> Self { Self(handle) }
        }
        #[allow(dead_code, deprecated, private_interfaces, unreachable_pub, clippy::all, clippy::pedantic)]
        #empty
        impl #name {
            #(#methods)*
            #state
        }
    }
}

fn method(method: &Method, name: &str, call: &str, bodies: Bodies) -> TokenStream {
    let Method {
        vis, sig, output, ..
    } = method;
    let ident = &sig.ident;
    let attrs = repeated(&method.attrs);
    let documented = attrs.iter().any(|attr| attr.path().is_ident("doc"));
    let doc = (!documented).then(|| {
        let about = format!("The durable call of `{name}`.");
        quote!(#[doc = #about])
    });
    let args: Vec<Ident> = method
        .inputs()
        .enumerate()
        .map(|(index, param)| arg(param, index))
        .collect();
    let types = method.inputs().map(|param| &param.ty);
    let body = match bodies {
        Bodies::Durable => {
            let call = Ident::new(call, Span::call_site());
            quote!(self.0.#call(#name, (#(#args,)*)))
        }
        Bodies::Empty => quote!(loop {}),
    };
    let (generics, bounds) = match bodies {
        Bodies::Durable => (None, None),
        Bodies::Empty => (Some(&sig.generics), sig.generics.where_clause.as_ref()),
    };
    let value = if is_storable(&output.value) {
        output.value.to_token_stream()
    } else {
        quote!(())
    };
    let returned = quote_spanned!(paths::generated(ident.span())=> __agno::StepCall<#value>);
    quote! {
        #(#attrs)*
        #doc
        #[track_caller]
        #vis fn #ident #generics(&self, #(#args: #types),*) -> #returned #bounds { #body }
    }
}

fn arg(param: &Param, index: usize) -> Ident {
    param
        .ident
        .clone()
        .unwrap_or_else(|| format_ident!("input{index}"))
}
