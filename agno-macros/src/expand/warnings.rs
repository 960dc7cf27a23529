//! Warnings, which a macro cannot give on stable Rust. rustc gives one for the use of a deprecated item, with the item's
//! note, at the place of the use: so each is an item of its own, and a use of it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::graph;
use crate::model::{Method, Workflow};
use crate::parse::attributes::{allows, conditions};
use crate::validate::warnings::{self, About, Warning};

/// What rustc reports.
pub(super) fn reported(warnings: &[Warning]) -> TokenStream {
    let warnings = warnings.iter().map(|warning| {
        let Warning {
            about,
            span,
            text,
            attrs,
        } = warning;
        // Its name is part of what rustc says. The place is the user's own, else rustc adds that of the macro.
        let name = match about {
            About::NeverCalled => "never_called",
            About::NotRecorded => "not_recorded",
            About::NeverEnds(_) => "never_ends",
            About::NotLookedAt => "not_looked_at",
            About::NoEffect => "without_effect",
        };
        let name = Ident::new(name, *span);
        quote! {
            #(#attrs)*
            const _: () = {
                #[deprecated(note = #text)]
                #[allow(non_upper_case_globals)]
                const #name: () = ();
                #name
            };
        }
    });
    warnings.collect()
}

/// The steps and sub-flows that no flow calls, and whose author says that they stay.
pub(super) fn allowed_uncalled(workflow: &Workflow, uncalled: &[&Method]) -> TokenStream {
    let kept = warnings::kept(workflow, uncalled).into_iter();
    let kept = kept.map(|(name, method)| {
        let conditions = conditions(&method.attrs);
        quote!(#(#conditions)* __d.allow_uncalled(#name);)
    });
    kept.collect()
}

/// What only the macro can see, for `workflows --check`. The rest is found in the definition.
pub(super) fn recorded(warnings: &[Warning]) -> TokenStream {
    let recorded = warnings.iter().filter_map(|warning| {
        let Warning {
            about: About::NeverEnds(flow),
            span,
            text,
            attrs,
        } = warning
        else {
            return None;
        };
        // Nor does rustc tell what its author allows.
        if allows(attrs, &["deprecated", "warnings"]) {
            return None;
        }
        let conditions = conditions(attrs);
        let here = graph::Here(*span);
        Some(quote!(#(#conditions)* __d.warning(#flow, #text, #here);))
    });
    recorded.collect()
}
