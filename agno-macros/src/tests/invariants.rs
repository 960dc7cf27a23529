//! What holds for every macro, whatever the tokens. The property tests and the fuzz targets ask it.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{File, Item};

use crate::parse::{nesting, strip::inside};
use crate::{data, entry, state, tool};

/// The macros by their names, `State` for its derive.
pub(crate) const MACROS: [&str; 7] = [
    "workflow",
    "step",
    "flow",
    "allow_in_flow",
    "tool",
    "data",
    "State",
];

fn expand(name: &str, args: &TokenStream, item: &TokenStream) -> TokenStream {
    match name {
        "workflow" => entry::workflow(args.clone(), item.clone()),
        "tool" => tool::tool(args.clone(), item.clone()),
        "data" => data::data(args.clone(), item),
        "State" => state::derive(item.clone()),
        name => entry::stray(name, args, item),
    }
}

/// Expands, and panics if that breaks a promise.
#[track_caller]
pub(crate) fn check(name: &str, args: &TokenStream, item: &TokenStream) -> TokenStream {
    let output = expand(name, args, item);
    let again = expand(name, args, item);
    assert_eq!(output.to_string(), again.to_string(), "twice the same");
    // Written by `#[workflow]` itself, beside the item.
    if args.to_string() == "__seen" {
        return output;
    }
    // A derive stands beside its item, and of a flow outside of its block only the name is left for the error.
    let is_whole = ["State", "flow"].contains(&name) || is_kept(item, &output, None);
    let is_wrong = errors(&output) > 0;
    // Beside a reference that is refused the fields of data may be mended.
    if name == "data" && is_wrong {
        return output;
    }
    // A stray step asks its struct in its body. Beside an error bodies may be mended, so that rustc has nothing to add:
    // what is in them then is not ours to promise.
    let bodies = match name {
        "step" => Some(0),
        _ => is_wrong.then_some(1),
    };
    assert!(
        is_whole || is_kept(item, &output, bodies),
        "`#[{name}({args})]` drops code of the user's\nof: {item}\nin: {output}"
    );
    // What is read here has to be within what the macros themselves read.
    let is_readable = |tokens: &TokenStream| nesting::too_deep(tokens.clone()).is_none();
    if (is_whole || !is_wrong) && is_readable(item) && is_readable(args) {
        let item_read = syn::parse2::<Item>(item.clone());
        if matches!(item_read, Ok(item) if !matches!(item, Item::Verbatim(_)))
            && let Err(error) = syn::parse2::<File>(output.clone())
        {
            panic!("`#[{name}({args})]` gives what is no Rust: {error}\nof: {item}\nin: {output}");
        }
    }
    output
}

/// How often the output says that something is wrong.
fn errors(output: &TokenStream) -> usize {
    output
        .clone()
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) => usize::from(ident == "compile_error"),
            TokenTree::Group(group) => errors(&group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => 0,
        })
        .sum()
}

/// Whether the item stands in the output, at its top and in one piece, but for the attributes that are read. Where
/// `bodies` says how deep they lie, bodies may be others, and methods may have a number behind their name.
fn is_kept(item: &TokenStream, output: &TokenStream, bodies: Option<usize>) -> bool {
    let (item, output) = (all(item.clone()), all(output.clone()));
    (0..=output.len()).any(|start| begins_with(&output[start..], &item, bodies))
}

/// Whether `output` begins with these tokens, or with them less some attributes that are read. `bodies` counts down
/// to the bodies.
fn begins_with(output: &[TokenTree], tokens: &[TokenTree], bodies: Option<usize>) -> bool {
    let (mut at, mut next) = (0, 0);
    while let Some(token) = tokens.get(next) {
        let attribute = attribute(&tokens[next..]);
        let there = output
            .get(at)
            .is_some_and(|other| is_same(other, token, bodies))
            && attribute.is_none_or(|attribute| {
                matches!(output.get(at + 1), Some(TokenTree::Group(other)) if is_same_group(other, attribute, None))
            });
        match (there, attribute) {
            (true, None) => (at, next) = (at + 1, next + 1),
            (true, Some(_)) => (at, next) = (at + 2, next + 2),
            (false, Some(attribute)) if is_read(attribute) => next += 2,
            (false, _) => return false,
        }
    }
    true
}

/// The tokens of a level: a group without delimiters is none to the eye.
fn all(tokens: TokenStream) -> Vec<TokenTree> {
    let inner = |token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => all(group.stream()),
        other => vec![other],
    };
    tokens.into_iter().flat_map(inner).collect()
}

/// The attribute that these tokens begin with.
fn attribute(tokens: &[TokenTree]) -> Option<&Group> {
    match tokens {
        [TokenTree::Punct(hash), TokenTree::Group(group), ..]
            if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
        {
            Some(group)
        }
        _ => None,
    }
}

/// `[step(..)]` and those that describe a tool's argument.
fn is_read(attribute: &Group) -> bool {
    let mut names = Vec::new();
    for token in inside(attribute) {
        match token {
            TokenTree::Ident(ident) => names.push(ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            _ => break,
        }
    }
    let is = |name: Option<&String>, among: &[&str]| {
        name.is_some_and(|name| among.contains(&name.as_str()))
    };
    is(names.last(), &["step", "flow", "allow_in_flow"])
        || is(names.first(), &["doc", "serde", "schemars"])
}

fn is_same(output: &TokenTree, token: &TokenTree, bodies: Option<usize>) -> bool {
    match (output, token) {
        (TokenTree::Group(output), TokenTree::Group(group)) => is_same_group(output, group, bodies),
        (TokenTree::Group(_), _) | (_, TokenTree::Group(_)) => false,
        (TokenTree::Ident(output), TokenTree::Ident(ident)) if bodies.is_some() => {
            let (output, ident) = (output.to_string(), ident.to_string());
            let number = output.strip_prefix(&ident);
            number.is_some_and(|number| number.is_empty() || number.starts_with('_'))
        }
        (output, token) => output.to_string() == token.to_string(),
    }
}

fn is_same_group(output: &Group, group: &Group, bodies: Option<usize>) -> bool {
    if output.delimiter() != group.delimiter() {
        return false;
    }
    let bodies = match (bodies, group.delimiter()) {
        (Some(0), Delimiter::Brace) => return true,
        (Some(levels), Delimiter::Brace) => Some(levels - 1),
        (other, _) => other,
    };
    let (output, tokens) = (all(output.stream()), all(group.stream()));
    // One that is longer was added to.
    output.len() <= tokens.len() && begins_with(&output, &tokens, bodies)
}
