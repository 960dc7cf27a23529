//! `#[step]`, `#[flow]` and `#[allow_in_flow]` where `#[workflow]` has not read them.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote;

use crate::diag::Diagnostics;
use crate::model::Workflow;
use crate::parse::head;
use crate::parse::strip::{self, regroup};

const ALLOWANCE_OUTSIDE: &str =
    "`#[allow_in_flow]` works only on a statement inside a `#[flow]`; remove it";

/// Reports every `#[allow_in_flow]` in a body that is no flow's, and says which bodies have one. rustc takes no attribute of
/// a macro on a statement, so it has to go.
pub(crate) fn allowances(
    parts: &strip::Impl,
    workflow: &Workflow,
    diag: &Diagnostics,
) -> Vec<usize> {
    let mut found = Vec::new();
    if !parts.may_allow {
        return found;
    }
    for (number, body) in parts.bodies.iter().enumerate() {
        if workflow.flow_of(number).is_none() {
            let paths = strip::allowances(body.stream());
            if !paths.is_empty() {
                found.push(number);
            }
            for path in paths {
                diag.over(path, ALLOWANCE_OUTSIDE);
            }
        }
    }
    found
}

/// The item, with what is wrong.
pub(crate) fn stray(name: &str, args: &TokenStream, item: &TokenStream) -> TokenStream {
    if args.to_string() == "__seen" {
        return TokenStream::new();
    }
    let method = match name {
        "step" => unmarked_step(item),
        "flow" => unmarked_flow(item),
        _ => None,
    };
    if let Some(method) = method {
        return method;
    }
    let diag = Diagnostics::new();
    diag.at(
        Span::call_site(),
        match name {
            strip::ALLOWANCE => ALLOWANCE_OUTSIDE.to_owned(),
            _ => format!("`#[{name}]` works only inside an impl block marked `#[workflow]`; put `#[workflow]` on the block"),
        },
    );
    let errors = diag.finish();
    quote!(#item #errors)
}

/// A method of an impl block whose `#[workflow]` is missing. What that means is up to the struct, which rustc knows: a
/// marked one has the error, and its methods have none.
fn asks_the_struct() -> TokenStream {
    quote! {
        let _ = <<Self as ::agno::__private::Workflow>::Steps as ::agno::__private::Outside>::PLACE;
    }
}

fn unmarked_step(item: &TokenStream) -> Option<TokenStream> {
    let function = Function::read(item)?;
    let is_self = |token| matches!(token, TokenTree::Ident(ident) if ident == "self");
    if !function.params.stream().into_iter().any(is_self) {
        return None;
    }
    let Function { before, body, .. } = function;
    let (asks, rest) = (asks_the_struct(), body.stream());
    let body = regroup(&body, quote!(#asks #rest));
    Some(quote!(#before #body))
}

/// Its calls are methods of a handle that nobody has made: none of them is a mistake of its own.
fn unmarked_flow(item: &TokenStream) -> Option<TokenStream> {
    let name = head::read(item).name?;
    let function = Function::read(item)?;
    if !mentions_self(function.params.stream()) {
        return None;
    }
    let asks = asks_the_struct();
    Some(quote!(#[allow(dead_code)] fn #name() { #asks }))
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self" || ident == "self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}

/// `async fn search(&self, topic: String) -> Result<String> { .. }`
struct Function {
    before: TokenStream,
    params: Group,
    body: Group,
}

impl Function {
    fn read(item: &TokenStream) -> Option<Self> {
        let keyword = head::read(item).keyword?;
        let mut tokens: Vec<TokenTree> = item.clone().into_iter().collect();
        let body = match tokens.pop()? {
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => body,
            _ => return None,
        };
        // Behind the keyword: `pub(crate)` stands before it.
        let mut behind = tokens
            .iter()
            .skip_while(|token| !matches!(token, TokenTree::Ident(ident) if ident == "fn"));
        let params = behind.find_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                Some(group.clone())
            }
            _ => None,
        });
        (keyword == "fn").then_some(())?;
        Some(Self {
            params: params?,
            before: tokens.into_iter().collect(),
            body,
        })
    }
}
