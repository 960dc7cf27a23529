//! The struct's side: its name, version and the promise that an impl block exists.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::model::{Declaration, PlainField};
use crate::paths;

/// `checked` asks rustc for the impl block; after an error of our own that would only repeat it.
pub(crate) fn declaration(declaration: &Declaration, checked: bool) -> TokenStream {
    let Declaration {
        ident,
        name,
        description,
        version,
        fields,
        ..
    } = declaration;
    let import = paths::import(declaration.krate.as_ref());
    let drift = if declaration.rerun_on_drift {
        quote!(Rerun)
    } else {
        quote!(Fail)
    };
    let visits = visits(fields);
    let steps = super::fields::fields(declaration, checked);
    let check = (checked && declaration.steps.is_empty()).then(|| {
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
                #visits
            }
            #steps
            #check
        };
    }
}

/// Shows the fields that say something of themselves. Which these are is found by rustc: a method of `FieldOf<T>`
/// comes before one of its reference, and is there if `T` has settings.
fn visits(fields: &[PlainField]) -> Option<TokenStream> {
    let visits = fields.iter().map(|field| {
        let PlainField {
            member,
            name,
            conditions,
        } = field;
        quote!(#(#conditions)* (&__agno::FieldOf(&self.#member)).agno_visit(#name, __v);)
    });
    let visits: TokenStream = visits.collect();
    (!fields.is_empty()).then(|| {
        quote! {
            #[allow(deprecated, unused_variables)]
            fn visit_settings(&self, __v: &mut __agno::Visit<'_>) {
                use __agno::{PlainField as _, SettingsField as _};
                #visits
            }
        }
    })
}
