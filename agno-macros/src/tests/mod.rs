//! Tests of the macros in process: no compiler is started.

mod aliases;
mod allowances;
mod budget;
mod data;
mod documentation;
mod editing;
mod endless;
mod expansion;
mod foreign_errors;
mod hash_order;
mod hygiene;
mod in_steps;
mod invariants;
mod linting;
mod made_errors;
mod named;
mod nesting;
mod option_values;
mod outside;
mod properties;
mod reading;
mod rules;
mod settled;
mod shared;
mod slips;
mod snapshots;
mod state_copies;
mod summary;
mod text_errors;
mod tools;
mod uncalled;
mod unshared;
mod values;
mod vocabulary;
mod warnings;

use proc_macro2::{TokenStream, TokenTree};

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("the source of a test is Rust")
}

/// What `#[workflow(args)]` makes of an item.
fn workflow(args: &str, item: &str) -> TokenStream {
    crate::entry::workflow(tokens(args), tokens(item))
}

/// The messages of every `compile_error!`, in order.
fn errors(stream: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) if ident == "compile_error" => {
                if let Some(TokenTree::Group(group)) = tokens.get(index + 2) {
                    let text: syn::LitStr = syn::parse2(group.stream()).expect("a message");
                    found.push(text.value());
                }
            }
            TokenTree::Group(group) => found.extend(errors(group.stream())),
            _ => {}
        }
    }
    found
}

/// Tokens without differences in spacing.
fn squeezed(text: &str) -> String {
    tokens(text).to_string().split_whitespace().collect()
}

/// Asserts that the expansion holds this piece of code, spacing aside.
#[track_caller]
fn assert_holds(expansion: &TokenStream, piece: &str) {
    let (whole, squeezed) = (squeezed(&expansion.to_string()), squeezed(piece));
    assert!(
        whole.contains(&squeezed),
        "not found: {piece}\nin: {expansion}"
    );
}
