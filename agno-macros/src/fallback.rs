//! What is emitted beside the errors: enough for callers, flows and editors, and nothing that fails again.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ItemImpl;
use syn::ext::IdentExt;

use crate::expand::{self, handle};
use crate::flow::redirect::{self, Misdirected};
use crate::model::{Method, Workflow};
use crate::parse::attributes::conditions;
use crate::parse::head::Head;
use crate::parse::methods::last_segment;
use crate::parse::strip;
use crate::paths;

/// The handle with every method, and an empty definition.
pub(crate) fn workflow(workflow: &Workflow) -> TokenStream {
    let handle = handle::handle(workflow, handle::Bodies::Empty);
    let contract = expand::contract(workflow, &quote!(let _ = __d;));
    expand::block(workflow, &quote!(#handle #contract))
}

/// For an impl block that cannot be read: an empty handle, if at least its type is known.
pub(crate) fn unreadable(head: &Head, skeleton: &TokenStream) -> TokenStream {
    let ident = match syn::parse2::<ItemImpl>(skeleton.clone()) {
        Ok(item) if item.generics.params.is_empty() => last_segment(&item.self_ty),
        Ok(_) => None,
        Err(_) => head.name.clone().filter(|_| head.generics.is_none()),
    };
    let Some(ident) = ident else {
        return TokenStream::new();
    };
    let import = paths::import(None);
    let handle = format_ident!("{}Steps", ident.unraw());
    quote! {
        const _: () = {
            #import
            /// The durable calls, once the impl block can be read.
            #[allow(missing_debug_implementations)]
            pub struct #handle(__agno::Handle);
            impl __agno::Steps for #handle {
                fn new(handle: __agno::Handle) -> Self { Self(handle) }
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

/// The impl block with `self.step()` as `flow.step()`: rustc would report the same token again.
pub(crate) fn redirected(
    item: TokenStream,
    workflow: &Workflow,
    wrong: &[Misdirected],
) -> TokenStream {
    if wrong.is_empty() {
        return item;
    }
    strip::change_bodies(item, |body, braces| {
        let flow = workflow.flow_of(body)?.flow.as_ref()?;
        let mut tokens = braces.stream();
        for wrong in wrong.iter().filter(|wrong| wrong.body == body) {
            tokens = redirect::redirect(tokens, wrong.kind, flow);
        }
        Some(tokens)
    })
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
