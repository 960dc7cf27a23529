//! The struct's side: its name, version and the promise that an impl block exists.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::{lints, warnings};
use crate::model::{Declaration, PlainField};
use crate::paths;
use crate::validate;

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
    let summary =
        (checked && !declaration.steps.is_empty()).then(|| super::summary::of_fields(declaration));
    let found = validate::warnings::fields(&declaration.steps);
    let warnings = checked.then(|| warnings::reported(&found));
    let check = (checked && declaration.steps.is_empty()).then(|| standby(ident));
    let lints = lints::repeated();
    quote! {
        #lints
        const _: () = {
            #import
            #summary
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
        #warnings
    }
}

/// Asks for the impl block. Without one this is the only error: the struct is a workflow all the same, of types that hang
/// on a refused constant. The constants have names of their own, since rust-analyzer reads no others.
fn standby(ident: &Ident) -> TokenStream {
    quote_spanned! {paths::generated(ident.span())=>
        use __agno::{IsMarked as _, IsUnmarked as _};
        const MARKED: __agno::std::primitive::bool = __agno::marked(|| (&__agno::MarkOf::<#ident>::NEW).agno_mark());
        const CHECKED: __agno::std::primitive::bool = <#ident as __agno::HasSteps<MARKED>>::CHECKED;
        const ALONE: __agno::std::primitive::bool = !MARKED;
        #[automatically_derived]
        impl __agno::its_steps_stand_in_its_fields_or_in_one_impl_block<ALONE> for #ident {
            type Steps = __agno::Undeclared<CHECKED>;
            type Input = __agno::Undeclared<CHECKED>;
            type Output = __agno::Undeclared<CHECKED>;
            fn define(_: &mut __agno::Definition<Self>) {}
        }
        // Whatever becomes of the workflow, its steps are in use.
        const _: fn(&mut __agno::Definition<#ident>) = <#ident as __agno::Workflow>::define;
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
            fn visit_settings(&self, __v: &mut __agno::Visit<'_>) {
                use __agno::{PlainField as _, SettingsField as _};
                #visits
            }
        }
    })
}
