//! The typed handle: one method per step and sub-flow, which makes the call durable.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use crate::model::{Method, Param, Workflow, is_storable};
use crate::parse::attributes::{allowances, repeated};
use crate::paths;

/// What the methods do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// They make a durable call.
    Durable,
    /// Nothing: the workflow has mistakes, and only the types are needed.
    Empty,
}

/// `ArticleSteps`, which an editor shows. It hides what is called so outside of the generated scope, so a workflow that
/// has such a type in a signature gets `ArticleSteps_`.
pub(crate) fn name(workflow: &Workflow) -> Ident {
    let mut name = format!("{}Steps", workflow.ident.unraw());
    while workflow.names_type(&name) {
        name.push('_');
    }
    Ident::new(&name, Span::call_site())
}

/// `watched`: rustc reports the methods that are never used. It knows the calls in functions that a flow is handed to.
pub(crate) fn handle(workflow: &Workflow, bodies: Bodies, watched: bool) -> TokenStream {
    let method = |item: &Method, name: &str, call: &str| method(item, name, call, bodies, watched);
    let name = name(workflow);
    let about = format!("The durable calls of [`{}`].", workflow.ident);
    let steps = workflow
        .steps
        .iter()
        .map(|step| (&step.method, method(&step.method, &step.name, "step")));
    // A flow that calls the entry has its error; the call itself is then there.
    let flows = match bodies {
        Bodies::Durable => workflow.subflows(),
        Bodies::Empty => &workflow.flows,
    };
    let flows = flows.iter().map(|flow| {
        let name = flow.method.sig.ident.unraw().to_string();
        (&flow.method, method(&flow.method, &name, "subflow"))
    });
    let unmarked = workflow
        .unmarked
        .iter()
        .filter(|_| bodies == Bodies::Empty)
        .map(|item| {
            let name = item.sig.ident.unraw().to_string();
            (item, method(item, &name, "step"))
        });
    let mut seen = HashSet::from(["state".to_owned()]);
    let methods: Vec<TokenStream> = steps
        .chain(flows)
        .chain(unmarked)
        .filter(|(method, _)| {
            // What stands twice, or is called like a method of the handle, has an error of its own.
            bodies == Bodies::Durable || seen.insert(method.sig.ident.to_string())
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
            Bodies::Durable => quote!((__STATE.0)(__handle(self))),
            Bodies::Empty => quote!(loop {}),
        };
        quote! {
            /// The session's state as this run sees it.
            fn state(&self) -> #state { #body }
        }
    });
    let empty = (bodies == Bodies::Empty).then(|| quote!(#[allow(unused_variables)]));
    let unused = (!watched).then(|| quote!(#[allow(dead_code)]));
    // Where rustc says that a method is.
    let place = if watched {
        workflow.ident.span()
    } else {
        Span::call_site()
    };
    let of = Ident::new(&name.to_string(), place);
    let implementation = quote_spanned! {place=>
        impl #of {
            #(#methods)*
            #state
        }
    };
    // A function, and no method: rustc takes longer to find a method than for all the rest of a call.
    let inner = (bodies == Bodies::Durable).then(|| {
        quote! {
            #[allow(dead_code)]
            fn __handle(steps: &#name) -> &__agno::Handle {
                let #name::Of(handle) = steps;
                handle
            }
        }
    });
    // The type is an enum because an editor would offer the field of a struct, which is visible in the user's module, among the calls.
    quote! {
        #[doc = #about]
        pub enum #name {
            #[doc(hidden)]
            Of(__agno::Handle),
        }
        #[automatically_derived]
        impl __agno::Steps for #name {
            fn new(handle: __agno::Handle) -> Self { Self::Of(handle) }
        }
        #inner
        #unused
        #empty
        #implementation
    }
}

fn method(method: &Method, name: &str, call: &str, bodies: Bodies, watched: bool) -> TokenStream {
    let Method {
        vis, sig, output, ..
    } = method;
    let ident = &sig.ident;
    let mut attrs = repeated(&method.attrs);
    if watched {
        attrs.extend(allowances(&method.attrs));
    }
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
            quote!(__handle(self).#call(#name, (#(#args,)*)))
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
    // What lies between tokens of the macro is never linted.
    let place = if watched {
        ident.span()
    } else {
        Span::call_site()
    };
    let keyword = quote_spanned!(place=> fn);
    let body = quote_spanned!(place=> { #body });
    quote! {
        #(#attrs)*
        #doc
        #[track_caller]
        #vis #keyword #ident #generics(&self, #(#args: #types),*) -> #returned #bounds #body
    }
}

fn arg(param: &Param, index: usize) -> Ident {
    param
        .ident
        .clone()
        .unwrap_or_else(|| format_ident!("input{index}"))
}
