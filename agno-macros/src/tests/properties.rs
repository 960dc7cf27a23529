//! Whatever the tokens, a macro keeps its promises: it must not panic, which would be an error without a place.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::prelude::*;
use quote::quote;

use super::invariants::{self, MACROS};
use super::{tokens, vocabulary};
use crate::parse::{duration, template};

fn word() -> impl Strategy<Value = TokenTree> {
    let known = proptest::sample::select(&vocabulary::WORDS[..]);
    known.prop_map(|word| TokenTree::Ident(Ident::new(word, Span::call_site())))
}

fn phrase() -> impl Strategy<Value = TokenStream> {
    proptest::sample::select(vocabulary::phrases()).prop_map(|phrase| tokens(&phrase))
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        4 => "\\PC{0,6}".prop_map(|text| Literal::string(&text)),
        2 => any::<u64>().prop_map(Literal::u64_unsuffixed),
        1 => any::<u16>().prop_map(|number| Literal::f64_unsuffixed(f64::from(number))),
        1 => any::<i8>().prop_map(Literal::i8_suffixed),
        1 => any::<char>().prop_map(Literal::character),
        1 => any::<[u8; 3]>().prop_map(|bytes| Literal::byte_string(&bytes)),
    ]
}

/// One token, or some that mean something together.
fn piece() -> impl Strategy<Value = TokenStream> {
    let leaf = prop_oneof![
        6 => word().prop_map(TokenStream::from),
        4 => phrase(),
        1 => "[a-zäß_][a-z0-9é]{0,4}".prop_map(|word| TokenTree::Ident(Ident::new_raw(&format!("{word}x"), Span::call_site())).into()),
        4 => (proptest::sample::select(&b"=,;:.<>&#!?|-+*@$"[..]), any::<bool>()).prop_map(|(c, joint)| {
            let spacing = if joint { Spacing::Joint } else { Spacing::Alone };
            TokenTree::Punct(Punct::new(char::from(c), spacing)).into()
        }),
        3 => literal().prop_map(|literal| TokenTree::Literal(literal).into()),
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
            TokenTree::Group(Group::new(delimiter, inner.into_iter().collect())).into()
        })
    })
}

fn stream() -> impl Strategy<Value = TokenStream> {
    proptest::collection::vec(piece(), 0..16).prop_map(|pieces| pieces.into_iter().collect())
}

/// What a user may write between the parentheses of an attribute.
fn options() -> impl Strategy<Value = TokenStream> {
    let named = (word(), literal()).prop_map(|(name, value)| quote!(#name = #value));
    let nested = (word(), stream()).prop_map(|(name, inner)| quote!(#name(#inner)));
    let option = prop_oneof![4 => phrase(), 2 => named, 1 => nested, 1 => stream()];
    proptest::collection::vec(option, 0..5).prop_map(|options| quote!(#(#options),*))
}

fn attribute() -> impl Strategy<Value = TokenStream> {
    prop_oneof![
        2 => Just(quote!(#[step])),
        1 => Just(quote!(#[flow])),
        2 => options().prop_map(|options| quote!(#[step(#options)])),
        1 => options().prop_map(|options| quote!(#[serde(#options)])),
        1 => word().prop_map(|rule| quote!(#[merge(#rule)])),
        1 => literal().prop_map(|text| quote!(#[doc = #text])),
        1 => stream().prop_map(|tokens| quote!(#[#tokens])),
        4 => Just(TokenStream::new()),
    ]
}

/// Fields that rustc could read, most of them.
fn fields() -> impl Strategy<Value = TokenStream> {
    let field = (attribute(), word(), stream());
    let field = prop_oneof![
        4 => (attribute(), word(), word()).prop_map(|(attribute, name, ty)| quote!(#attribute #name: #ty)),
        1 => field.prop_map(|(attribute, name, ty)| quote!(#attribute #name: #ty)),
    ];
    proptest::collection::vec(field, 0..6).prop_map(|fields| quote!(#(#fields),*))
}

fn methods() -> impl Strategy<Value = TokenStream> {
    let params = prop_oneof![
        Just(quote!(&self, topic: Topic)),
        Just(quote!(flow: &Flow<Self>, topic: Topic)),
        stream(),
    ];
    let method = (attribute(), word(), params, stream())
        .prop_map(|(attribute, name, params, body)| quote!(#attribute async fn #name(#params) -> Result<Topic> { #body }));
    proptest::collection::vec(method, 0..5).prop_map(|methods| quote!(#(#methods)*))
}

/// Found by fuzzing: syn takes `_` for the name of a field, and `self._` is no Rust.
#[test]
fn a_field_without_a_name_is_left_to_rustc() {
    let item = tokens("struct Article { _: Result<String>, #[doc = b\"\"] topic: Topic }");
    invariants::check("workflow", &TokenStream::new(), &item);
}

/// Found by a property: such a block cannot be read, and is still emitted.
#[test]
fn a_keyword_as_a_name_is_left_to_rustc() {
    let item =
        tokens("impl Article { #[step] async fn impl(&self, topic: Topic) -> Result<Topic> {} }");
    invariants::check("workflow", &TokenStream::new(), &item);
}

proptest! {
    #[test]
    fn any_tokens_are_survived(args in stream(), item in stream()) {
        for name in MACROS {
            invariants::check(name, &args, &item);
        }
    }

    #[test]
    fn any_fields_are_survived(args in options(), attribute in attribute(), fields in fields()) {
        let item = quote!(#attribute struct Article { #fields });
        for name in MACROS {
            invariants::check(name, &args, &item);
        }
    }

    #[test]
    fn any_methods_are_survived(args in options(), methods in methods()) {
        invariants::check("workflow", &args, &quote!(impl Article { #methods }));
    }

    #[test]
    fn any_function_is_survived(args in options(), attribute in attribute(), params in stream(), output in stream()) {
        let item = quote!(#attribute pub async fn search(#params) -> #output { x });
        for name in MACROS {
            invariants::check(name, &args, &item);
        }
    }

    #[test]
    fn any_options_are_survived(options in options(), retry in stream(), cache in stream(), confirm in stream()) {
        let item = quote! {
            impl Article {
                #[step(#options)] async fn a(&self, topic: Topic) -> Result<Topic> { x }
                #[step(retry(#retry), cache(#cache), confirm(#confirm))] async fn b(&self, topic: Topic) -> Result<Topic> { x }
                #[flow(#options)] async fn run(flow: &Flow<Self>, topic: Topic) -> Result<Topic> { x }
            }
        };
        invariants::check("workflow", &TokenStream::new(), &item);
    }

    #[test]
    fn any_parameters_are_survived(params in stream(), output in stream()) {
        let item = quote! {
            impl Article { #[step] async fn a(#params) -> #output { x } #[flow] async fn run(#params) -> #output { x } }
        };
        invariants::check("workflow", &tokens("state = Notes"), &item);
    }

    #[test]
    fn any_body_is_survived_and_kept(body in stream()) {
        let item = quote! {
            impl Article {
                #[step] async fn search(&self, topic: Topic) -> Result<Topic> { x }
                #[flow] async fn run(flow: &Flow<Self>, topic: Topic) -> Result<Topic> { #body }
            }
        };
        invariants::check("workflow", &TokenStream::new(), &item);
    }

    #[test]
    fn any_allowance_is_survived_and_taken_out(allowed in options(), body in stream()) {
        let item = quote! {
            impl Article {
                #[flow] async fn run(flow: &Flow<Self>) -> Result<Topic> {
                    #[allow_in_flow(#allowed)] #body;
                    if x { #[agno::allow_in_flow(#allowed)] { #body } }
                }
            }
        };
        let expansion = invariants::check("workflow", &TokenStream::new(), &item).to_string();
        // Once more than taken out: to use the import.
        let kept = expansion.replacen("# [allow_in_flow (__seen)]", "", 1);
        prop_assert!(!kept.contains("# [allow_in_flow ("));
    }

    #[test]
    fn any_duration_is_survived(text in "\\PC{0,12}") {
        let _ = duration::parse(&text);
    }

    #[test]
    fn a_duration_is_read_as_it_was_written(number in any::<u64>(), small in 1_u64..100_000, spaces in " {0,2}") {
        for (unit, factor) in [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)] {
            for number in [number, small] {
                let read = duration::parse(&format!("{spaces}{number}{spaces}{unit}"));
                prop_assert_eq!(read.ok(), number.checked_mul(factor).filter(|millis| *millis > 0));
            }
        }
    }

    #[test]
    fn any_template_is_survived(text in "[{}a ä\\\\]{0,12}") {
        let _ = template::parse(&text);
    }

    #[test]
    fn a_template_is_read_as_it_was_written(parts in proptest::collection::vec(("\\PC{0,6}", "[a-z_]{1,5}"), 0..5), end in "\\PC{0,6}") {
        let escaped = |text: &str| text.replace('{', "{{").replace('}', "}}");
        let mut source = String::new();
        let mut expected = Vec::new();
        for (text, name) in &parts {
            source += &format!("{}{{{name}}}", escaped(text));
            expected.extend((!text.is_empty()).then(|| template::Part::Text(text.clone())));
            expected.push(template::Part::Name(name.clone()));
        }
        source += &escaped(&end);
        expected.extend((!end.is_empty()).then(|| template::Part::Text(end.clone())));
        prop_assert_eq!(template::parse(&source), Ok(expected));
    }
}
