//! The one path that generated code names.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Path;

/// `use <crate>::__private as __agno;`: everything generated goes through `__agno`, so that no type of the
/// user's (a `Result`, a `Box`) can be meant by mistake.
pub(crate) fn import(krate: Option<&Path>) -> TokenStream {
    match krate {
        Some(path) => quote!(use #path::__private as __agno;),
        None => quote!(
            use ::agno::__private as __agno;
        ),
    }
}

/// The place of the user's token with the names of the macro: errors land at the token, and lints still see
/// that the code is generated.
pub(crate) fn generated(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

/// `<crate>::__private`, for the user's own items, where no name may be added.
pub(crate) fn private(krate: Option<&Path>) -> TokenStream {
    match krate {
        Some(path) => quote!(#path::__private),
        None => quote!(::agno::__private),
    }
}
