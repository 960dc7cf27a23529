//! The typed handle: one method per step and sub-flow, which makes the call durable.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;

use crate::emit::{Fragment, each, emit, separated};
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
    let name = name(workflow);
    let about = format!("The durable calls of [`{}`].", workflow.ident);
    let mut methods = TokenStream::new();
    let mut seen = HashSet::from(["state".to_owned()]);
    let mut add = |item: &Method, name: &str, call: &str| {
        // What stands twice, or is called like a method of the handle, has an error of its own.
        if bodies == Bodies::Durable || seen.insert(item.sig.ident.to_string()) {
            method(item, name, call, bodies, watched, &mut methods);
        }
    };
    for step in &workflow.steps {
        add(&step.method, &step.name, "__step");
    }
    // A flow that calls the entry has its error; the call itself is then there.
    let flows = match bodies {
        Bodies::Durable => workflow.subflows(),
        Bodies::Empty => &workflow.flows,
    };
    for flow in flows {
        let name = flow.method.sig.ident.unraw().to_string();
        add(&flow.method, &name, "__subflow");
    }
    if bodies == Bodies::Empty {
        for item in &workflow.unmarked {
            let name = item.sig.ident.unraw().to_string();
            add(item, &name, "__step");
        }
        let functions = workflow.functions.iter();
        for item in functions.filter(|function| function.takes_flow()) {
            let name = item.sig.ident.unraw().to_string();
            add(item, &name, "__subflow");
        }
    }
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
            #methods
            #state
        }
    };
    let inner = (bodies == Bodies::Durable).then(|| inner(&name, workflow));
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

/// What the methods call. Functions, and no methods: rustc takes longer to find a method than for all the rest of a call.
/// That of a step takes the whole handle, so that its caller has nothing left to drop when it unwinds, which is half of
/// what such a method is in a build.
fn inner(name: &Ident, workflow: &Workflow) -> TokenStream {
    let call = |function: &str, method: &str| {
        let [function, method] = [function, method].map(|name| Ident::new(name, Span::call_site()));
        quote! {
            #[allow(dead_code)]
            #[track_caller]
            fn #function<I: 'static, O: __agno::std::marker::Send + 'static>(
                steps: &#name,
                name: &'static __agno::std::primitive::str,
                values: I,
            ) -> __agno::StepCall<O> {
                __handle(steps).#method(name, values)
            }
        }
    };
    let step = call("__step", "step");
    let subflow = (!workflow.subflows().is_empty()).then(|| call("__subflow", "subflow"));
    quote! {
        #[allow(dead_code)]
        fn __handle(steps: &#name) -> &__agno::Handle {
            let #name::Of(handle) = steps;
            handle
        }
        #step
        #subflow
    }
}

fn method(
    method: &Method,
    name: &str,
    call: &str,
    bodies: Bodies,
    watched: bool,
    to: &mut TokenStream,
) {
    let Method {
        vis, sig, output, ..
    } = method;
    let (ident, own) = (&sig.ident, Span::call_site());
    let mut attrs = repeated(&method.attrs);
    if watched {
        attrs.extend(allowances(&method.attrs));
    }
    each(&attrs).to_tokens(to);
    if !attrs.iter().any(|attr| attr.path().is_ident("doc")) {
        let about = format!("The durable call of `{name}`.");
        emit!(to, own; #[doc = #about]);
    }
    let args: Vec<(Ident, &Type)> = method
        .inputs()
        .enumerate()
        .map(|(index, param)| (arg(param, index), &param.ty))
        .collect();
    let params = args.iter().map(|(arg, ty)| {
        // By reference, which has an error: its calls may be right already.
        let is_open = bodies == Bodies::Empty && matches!(ty, Type::Reference(_));
        Fragment::new(move |to| match is_open {
            true => emit!(to, own; #arg: impl __agno::std::marker::Sized),
            false => emit!(to, own; #arg: #ty),
        })
    });
    let params: Vec<_> = params.collect();
    let params = Fragment::new(|to| separated(&params, to));
    let values = Fragment::new(|to| {
        for (arg, _) in &args {
            emit!(to, own; #arg,);
        }
    });
    let call = Ident::new(call, own);
    let (generics, bounds) = match bodies {
        Bodies::Durable => (None, None),
        Bodies::Empty => (Some(&sig.generics), sig.generics.where_clause.as_ref()),
    };
    let value = Fragment::new(|to| match is_storable(&output.value) {
        true => output.value.to_tokens(to),
        false => emit!(to, own; ()),
    });
    let returned =
        Fragment::new(|to| emit!(to, paths::generated(ident.span()); __agno::StepCall<#value>));
    // What lies between tokens of the macro is never linted.
    let place = if watched { ident.span() } else { own };
    let keyword = Ident::new("fn", place);
    emit!(to, own; #[track_caller] #vis #keyword #ident #generics(&self, #params) -> #returned #bounds);
    let body = Fragment::new(|to| match bodies {
        Bodies::Durable => emit!(to, own; #call(self, #name, (#values))),
        Bodies::Empty => emit!(to, own; loop {}),
    });
    emit!(to, place; { #body });
}

fn arg(param: &Param, index: usize) -> Ident {
    param
        .ident
        .clone()
        .unwrap_or_else(|| format_ident!("input{index}"))
}
