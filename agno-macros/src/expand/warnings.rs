//! Warnings, which a macro cannot give on stable Rust. rustc gives one for the use of a deprecated item, with the item's
//! note, at the place of the use: so each is an item of its own, and a use of it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::graph;
use crate::parse::attributes::conditions;
use crate::validate::warnings::{About, Warning};

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
            About::NeverEnds(_) => "never_ends",
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
        let conditions = conditions(attrs);
        let here = graph::here(*span);
        Some(quote!(#(#conditions)* __d.warning(#flow, #text, #here);))
    });
    recorded.collect()
}
