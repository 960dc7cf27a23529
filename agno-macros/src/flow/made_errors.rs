//! Errors that are made in another way than this crate's: `anyhow::bail!(..)`, `Error::new("no item")`.
//!
//! As with a text, a `Result<T>` may be an alias of the user's, so what stands around it has to say that it is not.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, ExprAsync, ExprClosure, Item, Lit, Macro, Path};

use super::macros;
use super::mend::Mend;
use super::text::label;
use super::text_errors::{Answers, Known, block, body_of, known_in};
use crate::diag::Diagnostics;
use crate::model::Workflow;
use crate::parse::strip::Impl;

/// Macros of `anyhow` that make an error, and what is written instead.
const OF_ANYHOW: [(&str, &str); 3] = [
    ("bail", "bail!(..)"),
    ("ensure", "ensure!(..)"),
    ("anyhow", "Error::new(\"failed\", ..)"),
];

/// Functions that make one of a text alone in other crates.
const OF_TEXT: [&str; 3] = ["new", "msg", "from"];

/// Reports each, in steps and flows; the body then answers nothing.
pub(crate) fn check(workflow: &Workflow, parts: &Impl, diag: &Diagnostics) -> Vec<Mend> {
    let mut mends = Vec::new();
    let looks = ["anyhow", "Error::", "Error ::"];
    if !looks.iter().any(|look| parts.printed.contains(look)) {
        return mends;
    }
    let bodies = &parts.bodies;
    let steps = workflow.steps.iter().map(|step| &step.method);
    for method in steps.chain(workflow.flows.iter().map(|flow| &flow.method)) {
        let Some((number, body)) = body_of(method, bodies) else {
            continue;
        };
        if !may_make_one(body.stream()) {
            continue;
        }
        let (Some(known), Some(block)) = (known_in(method, workflow, bodies), block(body)) else {
            continue;
        };
        let mut made = Made::default();
        if known >= Known::OfCalls {
            made.visit_block(&block);
        }
        if known == Known::Ours {
            let answers = Answers::of(&block);
            let given = answers
                .returned
                .iter()
                .filter_map(|(answer, _)| of_text(answer));
            made.found.extend(given);
        }
        for (place, message) in &made.found {
            diag.over(place, message);
        }
        if !made.found.is_empty() {
            mends.push(Mend::nothing(number, method.span()));
        }
    }
    mends
}

/// A look at the tokens, which is all that most bodies need.
fn may_make_one(body: TokenStream) -> bool {
    macros::flat(body).windows(5).any(|tokens| match tokens {
        [
            TokenTree::Ident(of),
            TokenTree::Punct(colon),
            _,
            TokenTree::Ident(name),
            behind,
        ] if colon.as_char() == ':' => match behind {
            TokenTree::Group(arguments) => {
                let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',');
                of == "Error"
                    && OF_TEXT.iter().any(|known| name == known)
                    && !arguments.stream().into_iter().any(|token| is_comma(&token))
            }
            _ => of == "anyhow",
        },
        _ => false,
    })
}

/// What is made of `anyhow` and leaves the method.
#[derive(Default)]
struct Made {
    found: Vec<(TokenStream, String)>,
}

impl<'ast> Visit<'ast> for Made {
    fn visit_item(&mut self, _: &'ast Item) {}

    // What these return is another's.
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if let Some((name, instead)) = of_anyhow(&mac.path).filter(|(name, _)| *name != "anyhow") {
            let message = format!("`anyhow::{name}!` makes no `agno::Error`; write `{instead}`");
            self.found.push((mac.path.to_token_stream(), message));
        }
        visit::visit_macro(self, mac);
    }
}

fn of_anyhow(path: &Path) -> Option<(&'static str, &'static str)> {
    let mut segments = path.segments.iter().map(|segment| &segment.ident);
    let (of, name) = (segments.next()?, segments.next()?);
    let is_of = of == "anyhow" && segments.next().is_none();
    let mut known = OF_ANYHOW.into_iter();
    known.find(|(known, _)| is_of && name == known)
}

/// `Err(Error::new("no item"))`, `Err(anyhow::anyhow!("no item"))`
fn of_text(answer: &Expr) -> Option<(TokenStream, String)> {
    let Expr::Call(err) = answer else {
        return None;
    };
    let is_err = matches!(&*err.func, Expr::Path(path) if path.path.is_ident("Err"));
    match err.args.first().filter(|_| is_err)? {
        Expr::Macro(mac) => {
            let (name, instead) = of_anyhow(&mac.mac.path)?;
            let message = format!("`anyhow::{name}!` makes no `agno::Error`; write `{instead}`");
            Some((mac.mac.path.to_token_stream(), message))
        }
        Expr::Call(made) => {
            let Expr::Path(func) = &*made.func else {
                return None;
            };
            // Another path leads to an error of the user's.
            let segments = func.path.segments.iter().map(|segment| &segment.ident);
            let mut segments = segments.skip_while(|first| *first == "agno");
            let (of, name) = (segments.next()?, segments.next()?);
            let is_made = of == "Error" && OF_TEXT.iter().any(|known| name == known);
            if segments.next().is_some() || !is_made || made.args.len() != 1 {
                return None;
            }
            // `from` takes any error of another crate's.
            let text = made.args.first().filter(|text| is_text(text))?;
            let message = format!(
                "an error has a code and a text; write `Error::new(\"failed\", {})`",
                label(text)
            );
            Some((func.to_token_stream(), message))
        }
        _ => None,
    }
}

/// `"no item"`, `format!("no {item}")`
fn is_text(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(literal) => matches!(literal.lit, Lit::Str(_)),
        Expr::Macro(mac) => macros::name(&mac.mac) == "format",
        _ => false,
    }
}
