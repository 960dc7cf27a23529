//! Whatever the tokens, a macro must not panic: that would be an error without a place.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::prelude::*;

use super::tokens;

const WORDS: [&str; 34] = [
    "impl", "struct", "enum", "fn", "async", "self", "Self", "mut", "step", "flow", "Flow",
    "Article", "run", "let", "if", "match", "for", "in", "return", "await", "search", "parallel",
    "map", "retry", "max", "cache", "crate", "state", "type", "where", "ref", "unsafe", "dyn", "_",
];

fn token() -> impl Strategy<Value = TokenTree> {
    let leaf = prop_oneof![
        6 => proptest::sample::select(&WORDS[..]).prop_map(|word| TokenTree::Ident(Ident::new(word, Span::call_site()))),
        1 => "[a-zäß_][a-z0-9é]{0,4}".prop_map(|word| TokenTree::Ident(Ident::new_raw(&format!("{word}x"), Span::call_site()))),
        4 => (proptest::sample::select(&b"=,;:.<>&#!?'|-+*@$"[..]), any::<bool>()).prop_map(|(c, joint)| {
            let spacing = if joint { Spacing::Joint } else { Spacing::Alone };
            TokenTree::Punct(Punct::new(if c == b'\'' { ':' } else { char::from(c) }, spacing))
        }),
        2 => "\\PC{0,6}".prop_map(|text| TokenTree::Literal(Literal::string(&text))),
        1 => any::<u64>().prop_map(|number| TokenTree::Literal(Literal::u64_unsuffixed(number))),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let delimiter = proptest::sample::select(
            &[
                Delimiter::Brace,
                Delimiter::Bracket,
                Delimiter::Parenthesis,
                Delimiter::None,
            ][..],
        );
        (delimiter, proptest::collection::vec(inner, 0..8)).prop_map(|(delimiter, inner)| {
            TokenTree::Group(Group::new(delimiter, inner.into_iter().collect()))
        })
    })
}

fn stream() -> impl Strategy<Value = TokenStream> {
    proptest::collection::vec(token(), 0..16).prop_map(|tokens| tokens.into_iter().collect())
}

proptest! {
    #[test]
    fn any_tokens_are_survived(args in stream(), item in stream()) {
        crate::entry::workflow(args.clone(), item.clone());
        crate::entry::stray("step", &args, &item);
        crate::data::data(args, &item);
        crate::state::derive(item);
    }

    #[test]
    fn any_options_are_survived(options in stream(), retry in stream(), cache in stream(), confirm in stream()) {
        let item = quote::quote! {
            impl Article {
                #[step(#options)] async fn a(&self, topic: Topic) -> Result<Topic> { x }
                #[step(retry(#retry), cache(#cache), confirm(#confirm))] async fn b(&self, topic: Topic) -> Result<Topic> { x }
            }
        };
        crate::entry::workflow(TokenStream::new(), item);
    }

    #[test]
    fn any_parameters_are_survived(params in stream(), output in stream()) {
        let item = quote::quote! {
            impl Article { #[step] async fn a(#params) -> #output { x } #[flow] async fn run(#params) -> #output { x } }
        };
        crate::entry::workflow(tokens("state = Notes"), item);
    }

    #[test]
    fn any_body_is_survived_and_kept(body in stream()) {
        let item = quote::quote! {
            impl Article {
                #[step] async fn search(&self, topic: Topic) -> Result<Topic> { x }
                #[flow] async fn run(flow: &Flow<Self>, topic: Topic) -> Result<Topic> { #body }
            }
        };
        let expansion = crate::entry::workflow(TokenStream::new(), item).to_string();
        let lints_nothing = super::errors(tokens(&expansion)).is_empty();
        prop_assert!(!lints_nothing || expansion.contains(&body.to_string()));
    }

    #[test]
    fn any_allowance_is_survived_and_taken_out(allowed in stream(), body in stream()) {
        let item = quote::quote! {
            impl Article {
                #[flow] async fn run(flow: &Flow<Self>) -> Result<Topic> {
                    #[allow_in_flow(#allowed)] #body;
                    if x { #[agno::allow_in_flow(#allowed)] { #body } }
                }
            }
        };
        let expansion = crate::entry::workflow(TokenStream::new(), item).to_string();
        // Once more than taken out: to use the import.
        let kept = expansion.replacen("[allow_in_flow (__seen)]", "", 1);
        prop_assert!(!kept.contains("[allow_in_flow ("));
    }

    #[test]
    fn any_duration_is_survived(text in "\\PC{0,12}") {
        let _ = crate::parse::duration::parse(&text);
    }
}
