//! The struct's side: its name, version and the promise that an impl block exists.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::model::Declaration;
use crate::paths;

/// `checked` asks rustc for the impl block; after an error of our own that would only repeat it.
pub(crate) fn declaration(declaration: &Declaration, checked: bool) -> TokenStream {
    let Declaration {
        ident,
        name,
        description,
        version,
        ..
    } = declaration;
    let import = paths::import(declaration.krate.as_ref());
    let drift = if declaration.rerun_on_drift {
        quote!(Rerun)
    } else {
        quote!(Fail)
    };
    let check = checked.then(|| {
        quote_spanned!(paths::generated(ident.span())=> const _: fn() = __agno::has_steps::<#ident>;)
    });
    quote! {
        const _: () = {
            #import
            #[automatically_derived]
            impl __agno::WorkflowInfo for #ident {
                const NAME: &'static __agno::std::primitive::str = #name;
                const DESCRIPTION: &'static __agno::std::primitive::str = #description;
                const VERSION: __agno::std::primitive::u32 = #version;
                const ON_DRIFT: __agno::OnDrift = __agno::OnDrift::#drift;
            }
            #check
        };
    }
}
