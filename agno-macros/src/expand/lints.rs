//! Which lints must not see what the macros ask for or make.

use proc_macro2::TokenStream;
use quote::quote;

/// On the user's own item: `&self`, owned inputs, `&mut` for the state and `async` are not the user's to change, and
/// nobody calls a step in a constant.
pub(crate) fn asked_for() -> TokenStream {
    quote! {
        #[allow(
            clippy::boxed_local,
            clippy::large_types_passed_by_value,
            clippy::missing_const_for_fn,
            clippy::needless_pass_by_ref_mut,
            clippy::needless_pass_by_value,
            clippy::trivially_copy_pass_by_ref,
            clippy::unused_async,
            clippy::unused_self,
        )]
    }
}

/// On generated items: they repeat the user's signatures, which are linted where they stand, with what is allowed there.
/// Nothing of this is among what programs forbid, since an allowance below a `forbid` is an error.
pub(crate) fn repeated() -> TokenStream {
    quote! {
        #[allow(
            deprecated,
            nonstandard_style,
            private_interfaces,
            unreachable_pub,
            unused_qualifications,
            clippy::all,
            clippy::nursery,
            clippy::pedantic,
        )]
    }
}
