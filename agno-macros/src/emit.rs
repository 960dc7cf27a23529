//! Tokens written straight behind others.
//!
//! `quote!` makes a stream of its own of each fragment, and rustc is asked four times to put one stream into another. That
//! was a fifth of what the macros cost a build, so what stands once per step is written by this instead.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// `emit!(tokens, span; Some #name::<_>(#value));`, as `quote_spanned!` does it, without repetitions and literals.
macro_rules! emit {
    ($to:expr, $span:expr; $($tokens:tt)*) => {{
        let (to, span): (&mut ::proc_macro2::TokenStream, ::proc_macro2::Span) = ($to, $span);
        $crate::emit::emit!(@ to span $($tokens)*);
    }};
    (@group $delimiter:ident $to:ident $span:ident $($inner:tt)*) => {{
        #[allow(unused_mut, reason = "there may be nothing in it")]
        let mut inner = ::proc_macro2::TokenStream::new();
        {
            #[allow(unused_variables, reason = "there may be nothing in it")]
            let to = &mut inner;
            $crate::emit::emit!(@ to $span $($inner)*);
        }
        let mut group = ::proc_macro2::Group::new(::proc_macro2::Delimiter::$delimiter, inner);
        group.set_span($span);
        ::quote::ToTokens::to_tokens(&group, $to);
    }};
    (@ $to:ident $span:ident) => {};
    (@ $to:ident $span:ident # $value:ident $($rest:tt)*) => {
        ::quote::ToTokens::to_tokens(&$value, $to);
        $crate::emit::emit!(@ $to $span $($rest)*);
    };
    (@ $to:ident $span:ident ($($inner:tt)*) $($rest:tt)*) => {
        $crate::emit::emit!(@group Parenthesis $to $span $($inner)*);
        $crate::emit::emit!(@ $to $span $($rest)*);
    };
    (@ $to:ident $span:ident [$($inner:tt)*] $($rest:tt)*) => {
        $crate::emit::emit!(@group Bracket $to $span $($inner)*);
        $crate::emit::emit!(@ $to $span $($rest)*);
    };
    (@ $to:ident $span:ident {$($inner:tt)*} $($rest:tt)*) => {
        $crate::emit::emit!(@group Brace $to $span $($inner)*);
        $crate::emit::emit!(@ $to $span $($rest)*);
    };
    (@ $to:ident $span:ident $word:ident $($rest:tt)*) => {
        ::quote::ToTokens::to_tokens(&::proc_macro2::Ident::new(stringify!($word), $span), $to);
        $crate::emit::emit!(@ $to $span $($rest)*);
    };
    (@ $to:ident $span:ident $sign:tt $($rest:tt)*) => {
        ::quote::ToTokens::to_tokens(&::syn::Token![$sign]($span), $to);
        $crate::emit::emit!(@ $to $span $($rest)*);
    };
}

pub(crate) use emit;

/// A fragment that is written where it is interpolated.
pub(crate) struct Fragment<F>(F);

impl<F: Fn(&mut TokenStream)> Fragment<F> {
    pub(crate) fn new(write: F) -> Self {
        Self(write)
    }
}

impl<F: Fn(&mut TokenStream)> ToTokens for Fragment<F> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        (self.0)(tokens);
    }
}

/// One behind the other.
pub(crate) fn each<T: ToTokens>(items: &[T]) -> impl ToTokens {
    Fragment::new(move |to| items.iter().for_each(|item| item.to_tokens(to)))
}

/// With commas between them.
pub(crate) fn separated<T: ToTokens>(items: impl IntoIterator<Item = T>, to: &mut TokenStream) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            emit!(to, Span::call_site(); ,);
        }
        item.to_tokens(to);
    }
}
