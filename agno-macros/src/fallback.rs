//! What is emitted beside the errors: enough for callers, flows and editors, and nothing that fails again.

use proc_macro2::{Ident, LineColumn, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    GenericArgument, GenericParam, Generics, ItemImpl, ItemStruct, Path, PathArguments, Type,
    TypeParamBound,
};

use crate::diag::Diagnostics;
use crate::expand::{self, handle};
use crate::flow::mend::{self, Mend};
use crate::model::{Flow, Method, Workflow};
use crate::parse::attributes::conditions;
use crate::parse::head::Head;
use crate::parse::methods::{is_of_parameters, last_segment};
use crate::parse::nesting;
use crate::parse::options::{Options, plain_text};
use crate::parse::{strip, table};
use crate::paths;
use crate::validate::types::{flow_of_nobody, unsendable_error};

/// The handle with every method, and an empty definition.
pub(crate) fn workflow(workflow: &Workflow) -> TokenStream {
    let handle = handle::handle(workflow, handle::Bodies::Empty, false);
    let contract = expand::contract(workflow, &quote!(let _ = __d;));
    expand::block(workflow, &quote!(#handle #contract))
}

/// The option `crate`. What is wrong with the options has been reported, and both tables know this one.
fn krate(args: TokenStream) -> Option<Path> {
    let quiet = Diagnostics::new();
    let options = Options::read(args, &table::STRUCT, &quiet);
    let krate = options.get("crate").and_then(|option| option.path(&quiet));
    drop(quiet.finish());
    krate
}

/// A struct with parameters: the error, and a workflow of types that hang on it, so that no use of it has another.
pub(crate) fn generic(args: TokenStream, head: &Head, item: &TokenStream) -> Option<TokenStream> {
    let place = head.generics.as_ref()?.span();
    let item = nesting::parse::<ItemStruct>(item.clone()).ok();
    let message = no_parameters(item.as_ref().map(|item| &item.generics));
    let error = syn::Error::new(place, message).to_compile_error();
    let Some(item) = item else {
        return Some(error);
    };
    let import = paths::import(krate(args).as_ref());
    let ident = &item.ident;
    let (params, args, clause) = item.generics.split_for_impl();
    let clause = clause.map(|clause| &clause.predicates);
    let bounds = quote! {
        where Self: __agno::std::marker::Send + __agno::std::marker::Sync + 'static, #clause
    };
    Some(quote! {
        const _: () = {
            #import
            const REFUSED: __agno::std::primitive::bool = #error;
            impl #params __agno::WorkflowInfo for #ident #args #bounds {
                const NAME: &'static __agno::std::primitive::str = "";
            }
            impl #params __agno::Workflow for #ident #args #bounds {
                type Steps = __agno::Undeclared<REFUSED>;
                type Input = __agno::Undeclared<REFUSED>;
                type Output = __agno::Undeclared<REFUSED>;
                fn define(_: &mut __agno::Definition<Self>) {}
            }
        };
    })
}

/// What to write in place of the parameters.
fn no_parameters(generics: Option<&Generics>) -> String {
    let params = || generics.iter().flat_map(|generics| &generics.params);
    let lifetimes = || params().filter(|param| matches!(param, GenericParam::Lifetime(_)));
    if lifetimes().next().is_some() && lifetimes().count() == params().count() {
        return "a workflow struct cannot borrow, since its runs outlive their caller; use owned types, such as `String` and `Arc<dyn Trait + Send + Sync>`".to_owned();
    }
    // `C: Catalogue`
    let bounds = params().find_map(|param| match param {
        GenericParam::Type(param) => param.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Some(plain_text(&bound.path)),
            _ => None,
        }),
        _ => None,
    });
    let bound = bounds.unwrap_or_else(|| "Trait".to_owned());
    format!(
        "a workflow struct cannot be generic; put what varies in a field, such as `Arc<dyn {bound} + Send + Sync>`"
    )
}

/// Whether an impl block is that of a struct with parameters, or has some of its own.
pub(crate) fn is_generic(skeleton: &TokenStream) -> bool {
    let item = nesting::parse::<ItemImpl>(skeleton.clone());
    item.is_ok_and(|item| {
        let is_plain = item.generics.params.is_empty() && last_segment(&item.self_ty).is_some();
        item.trait_.is_none() && !is_plain
    })
}

/// For the impl block of a struct with parameters: that the struct is marked, since its macro has the error.
pub(crate) fn of_generic(args: TokenStream, skeleton: &TokenStream) -> Option<TokenStream> {
    let mut item = nesting::parse::<ItemImpl>(skeleton.clone()).ok()?;
    if !is_of_parameters(&item) {
        return None;
    }
    // `Desk<'_>` has no name there.
    if let Type::Path(this) = &mut *item.self_ty
        && let Some(last) = this.path.segments.last_mut()
        && let PathArguments::AngleBracketed(arguments) = &mut last.arguments
    {
        for argument in &mut arguments.args {
            if let GenericArgument::Lifetime(lifetime) = argument
                && lifetime.ident == "_"
            {
                lifetime.ident = Ident::new("static", lifetime.ident.span());
            }
        }
    }
    let (params, _, clause) = item.generics.split_for_impl();
    let (this, clause) = (&item.self_ty, clause.map(|clause| &clause.predicates));
    let import = paths::import(krate(args).as_ref());
    Some(quote! {
        const _: () = {
            #import
            #[allow(dead_code)]
            fn marked #params ()
            where #this: __agno::std::marker::Send + __agno::std::marker::Sync + 'static, #clause
            {
                let _ = <#this as __agno::WorkflowInfo>::NAME;
            }
        };
    })
}

/// For an impl block that cannot be read: an empty handle, if at least its type is known.
pub(crate) fn unreadable(args: TokenStream, head: &Head, skeleton: &TokenStream) -> TokenStream {
    let ident = match nesting::parse::<ItemImpl>(skeleton.clone()) {
        Ok(item) => last_segment(&item.self_ty),
        Err(_) => head.name.clone().filter(|_| head.generics.is_none()),
    };
    let Some(ident) = ident else {
        return TokenStream::new();
    };
    let import = paths::import(krate(args).as_ref());
    let handle = format_ident!("{}Steps", ident.unraw());
    let declared = expand::declared(&quote!(#ident), Span::call_site());
    quote! {
        const _: () = {
            #import
            #declared
            /// The durable calls, once the impl block can be read.
            #[allow(missing_debug_implementations)]
            pub enum #handle {
                #[doc(hidden)]
                Of(__agno::Handle),
            }
            impl __agno::Steps for #handle {
                fn new(handle: __agno::Handle) -> Self { Self::Of(handle) }
            }
            impl __agno::Workflow for #ident {
                type Steps = #handle;
                type Input = ();
                type Output = ();
                fn define(_: &mut __agno::Definition<Self>) {}
            }
        };
    }
}

/// The impl block without `#[allow_in_flow]` in these bodies, which are no flow's.
pub(crate) fn without_allowances(item: TokenStream, bodies: &[usize]) -> TokenStream {
    if bodies.is_empty() {
        return item;
    }
    strip::change_bodies(item, |body, braces| {
        let outside = bodies.contains(&body);
        outside.then(|| strip::without_allowances(braces.stream()))?
    })
}

/// The impl block as it was meant: rustc would report the same mistakes again.
pub(crate) fn mended(item: TokenStream, workflow: &Workflow, mends: &[Mend]) -> TokenStream {
    if mends.is_empty() {
        return item;
    }
    strip::change_bodies(item, |body, braces| {
        let mut wrong = mends.iter().filter(|wrong| wrong.body == body).peekable();
        wrong.peek()?;
        // Only what is wrong in a flow is mended by its name.
        let flow = workflow.flow_of(body).and_then(|flow| flow.flow.clone());
        let flow = flow.unwrap_or_else(|| Ident::new("flow", Span::call_site()));
        let mut tokens = braces.stream();
        for wrong in wrong {
            tokens = mend::mend(tokens, &wrong.change, &flow);
        }
        // What is being typed is often what is wrong with it: an editor reads the body as it is.
        let written = braces.stream();
        Some(quote! {
            #[cfg(rust_analyzer)] { #written }
            #[cfg(not(rust_analyzer))] { #tokens }
        })
    })
}

/// The impl block with `Box<dyn Error>` as it should be written, if one is not: what `Error` is there is no second mistake.
pub(crate) fn with_errors_that_are_sent(
    item: &TokenStream,
    workflow: &Workflow,
) -> Option<TokenStream> {
    let steps = workflow.steps.iter().map(|step| &step.method);
    let methods = steps.chain(workflow.flows.iter().map(|flow| &flow.method));
    let wrong = methods.filter_map(|method| unsendable_error(method.output.whole.as_ref()?));
    let places: Vec<LineColumn> = wrong.map(|error| error.span().start()).collect();
    let sent = || {
        quote!(
            ::std::boxed::Box<dyn ::std::error::Error + ::std::marker::Send + ::std::marker::Sync>
        )
    };
    (!places.is_empty()).then(|| strip::replace_types(item.clone(), &places, sent))
}

/// The impl block with `&Flow` as `&Flow<Self>`.
pub(crate) fn with_flows_of_somebody(item: TokenStream, workflow: &Workflow) -> TokenStream {
    let first = |flow: &Flow| flow_of_nobody(flow.method.sig.inputs.first()?).map(Ident::span);
    let wrong = workflow.flows.iter().filter_map(first);
    let places: Vec<LineColumn> = wrong.map(|span| span.start()).collect();
    match places.is_empty() {
        true => item,
        false => strip::with_argument(item, &places, &quote!(Self)),
    }
}

/// The impl block with the second of two equal methods renamed: rustc would report it too.
pub(crate) fn told_apart(item: TokenStream, workflow: &Workflow) -> TokenStream {
    let steps = workflow.steps.iter().map(|step| &step.method);
    let flows = workflow.flows.iter().map(|flow| &flow.method);
    // Under opposite conditions there is only one, which keeps its name.
    let mut twice: Vec<Ident> = Vec::new();
    let mut seen: Vec<&Method> = Vec::new();
    for method in steps.chain(flows) {
        let ident = &method.sig.ident;
        let is_plain = |method: &Method| conditions(&method.attrs).is_empty();
        if is_plain(method)
            && seen
                .iter()
                .any(|other| other.sig.ident == *ident && is_plain(other))
        {
            twice.push(ident.clone());
        }
        seen.push(method);
    }
    if twice.is_empty() {
        return item;
    }
    strip::rename_again(item, &twice)
}
