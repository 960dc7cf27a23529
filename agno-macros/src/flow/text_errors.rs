//! `Err("no item")`: a text where an error is wanted. rustc would only say that the types differ, and not name `bail!`.
//!
//! A `Result<T>` may be an alias of the user's with an error that is a text, so what stands around it has to say that it is not.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAsync, ExprCall, ExprClosure, ExprReturn, ExprTry, Item, Lit, PathArguments,
    Stmt, Type,
};

use super::calls::Scope;
use super::macros;
use super::mend::{Change, Fix, Mend};
use super::text::label;
use crate::diag::Diagnostics;
use crate::model::{Method, Workflow};
use crate::parse::nesting;
use crate::parse::strip::Impl;

/// What is known of the error in the block's `Result<T>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Nothing,
    /// Calls on the flow turn into it, which they do into no text.
    NoText,
    /// It is that of the calls on the flow.
    Ours,
}

/// Reports each, in steps and flows, and says what stands for them beside the error.
pub(crate) fn check(workflow: &Workflow, parts: &Impl, diag: &Diagnostics) -> Vec<Mend> {
    let (mut known, mut mends) = (None, Vec::new());
    if !parts.printed.contains("Err") {
        return mends;
    }
    let bodies = &parts.bodies;
    let steps = workflow.steps.iter().map(|step| &step.method);
    for method in steps.chain(workflow.flows.iter().map(|flow| &flow.method)) {
        let Some((number, body)) = body_of(method, bodies) else {
            continue;
        };
        let Some(is_named) = of_default_error(method, workflow) else {
            continue;
        };
        if !may_hold_one(body.stream()) {
            continue;
        }
        let Some(block) = block(body) else {
            continue;
        };
        let known = match is_named {
            true => Known::Ours,
            false => *known.get_or_insert_with(|| known_of(workflow, bodies)),
        };
        for found in Found::in_body(&block) {
            if known < found.needs() {
                continue;
            }
            let error = syn::Error::new_spanned(&found.call.func, found.message());
            let change = Change {
                at: found.call.func.span().start(),
                fix: Fix::Argument {
                    links: 1,
                    value: error.to_compile_error(),
                },
            };
            diag.push(error);
            mends.push(Mend {
                body: number,
                change,
            });
        }
    }
    mends
}

fn body_of<'a>(method: &Method, bodies: &'a [Group]) -> Option<(usize, &'a Group)> {
    let number = method.body?;
    Some((number, bodies.get(number)?))
}

fn block(body: &Group) -> Option<Block> {
    let braces = match body.delimiter() {
        Delimiter::Brace => TokenStream::from(TokenTree::Group(body.clone())),
        _ => return None,
    };
    nesting::parse(braces).ok()
}

/// Whether it returns a `Result<T>`, and if so whether that is named as ours: `agno::Result<T>`.
fn of_default_error(method: &Method, workflow: &Workflow) -> Option<bool> {
    let Some(Type::Path(path)) = &method.output.whole else {
        return None;
    };
    let (last, before) = {
        let mut segments = path.path.segments.iter().rev();
        (segments.next()?, segments.next())
    };
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.len(),
        _ => 0,
    };
    if last.ident != "Result" || arguments != 1 {
        return None;
    }
    let Some(before) = before else {
        return Some(false);
    };
    let krate = workflow.krate.as_ref();
    let krate = krate.and_then(|path| path.segments.last());
    let is_ours = krate.map_or(before.ident == "agno", |krate| krate.ident == before.ident);
    is_ours.then_some(true)
}

/// A look at the tokens, which is all that most bodies need.
fn may_hold_one(body: TokenStream) -> bool {
    macros::flat(body).windows(2).any(|tokens| match tokens {
        [TokenTree::Ident(name), TokenTree::Group(group)] => {
            let first = || group.stream().into_iter().next();
            *name == "Err"
                && match first() {
                    Some(TokenTree::Literal(_)) => true,
                    Some(TokenTree::Ident(made)) => made == "format" || made == "String",
                    _ => false,
                }
        }
        _ => false,
    })
}

/// What the methods that return a bare `Result<T>` say of its error.
fn known_of(workflow: &Workflow, bodies: &[Group]) -> Known {
    let is_bare = |method: &Method| of_default_error(method, workflow) == Some(false);
    let mut known = Known::Nothing;
    let steps = workflow.steps.iter().map(|step| &step.method);
    for method in steps.chain(workflow.flows.iter().map(|flow| &flow.method)) {
        let body = body_of(method, bodies).filter(|_| is_bare(method));
        let fails = |token: &TokenTree| matches!(token, TokenTree::Ident(name) if name == "bail" || name == "ensure");
        if body.is_some_and(|(_, body)| macros::flat(body.stream()).iter().any(fails)) {
            known = Known::NoText;
        }
    }
    for flow in workflow.flows.iter().filter(|flow| is_bare(&flow.method)) {
        let (Some(scope), Some(source)) = (Scope::of(flow, workflow), &flow.source) else {
            continue;
        };
        let is_call = |expr: &Expr| match expr {
            Expr::Await(waited) => scope.durable(&waited.base).is_some_and(|chain| chain.known),
            _ => false,
        };
        let answers = Answers::of(&source.block);
        if answers.returned.iter().any(|(expr, _)| is_call(expr)) {
            return Known::Ours;
        }
        if answers.tried.iter().any(|tried| is_call(&tried.expr)) {
            known = Known::NoText;
        }
    }
    known
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Return,
    End,
    Tried,
}

struct Found<'a> {
    call: &'a ExprCall,
    /// What `bail!` takes.
    text: String,
    is_string: bool,
    is_into: bool,
    place: Place,
}

impl<'a> Found<'a> {
    fn in_body(block: &'a Block) -> Vec<Self> {
        let answers = Answers::of(block);
        let returned = answers.returned.into_iter();
        let tried = answers.tried.into_iter();
        let tried = tried.map(|tried| (&*tried.expr, Place::Tried));
        let all = returned.chain(tried);
        all.filter_map(|(expr, place)| Self::read(expr, place))
            .collect()
    }

    fn read(expr: &'a Expr, place: Place) -> Option<Self> {
        let Expr::Call(call) = expr else {
            return None;
        };
        let is_err = matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err"));
        let (true, Some(argument), 1) = (is_err, call.args.first(), call.args.len()) else {
            return None;
        };
        let (text, is_into) = match argument {
            Expr::MethodCall(into) if into.method == "into" && into.args.is_empty() => {
                (&*into.receiver, true)
            }
            other => (other, false),
        };
        let (text, is_string) = text_of(text)?;
        Some(Self {
            call,
            text,
            is_string,
            is_into,
            place,
        })
    }

    /// What must be known for this to be wrong.
    fn needs(&self) -> Known {
        match (self.is_into || self.place == Place::Tried, self.is_string) {
            (true, _) => Known::Ours,
            (false, true) => Known::NoText,
            (false, false) => Known::Nothing,
        }
    }

    fn message(&self) -> String {
        let instead = match self.place {
            Place::Return => "return Err(..)",
            Place::End => "Err(..)",
            Place::Tried => "Err(..)?",
        };
        format!(
            "a text is no error; write `bail!({})` instead of `{instead}`",
            self.text
        )
    }
}

/// `"no item"`, `"no item".to_string()`, `String::from("no item")`, `format!("no {item}")`: what stands in it, and whether it
/// makes a `String`.
fn text_of(expr: &Expr) -> Option<(String, bool)> {
    let literal = |expr: &Expr| match expr {
        Expr::Lit(text) => matches!(text.lit, Lit::Str(_)).then(|| label(text)),
        _ => None,
    };
    match expr {
        Expr::MethodCall(call) => {
            let owned = call.method == "to_string" || call.method == "to_owned";
            let text = literal(&call.receiver).filter(|_| owned)?;
            Some((text, true))
        }
        Expr::Call(call) => {
            let is_from = call.func.to_token_stream().to_string() == "String :: from";
            let text = literal(call.args.first()?).filter(|_| is_from)?;
            Some((text, true))
        }
        Expr::Macro(mac) => {
            let is_format = mac.mac.path.is_ident("format");
            is_format.then(|| (label(&mac.mac.tokens), true))
        }
        other => Some((literal(other)?, false)),
    }
}

/// What a body answers: its last expression, each `return`, and each `?`.
#[derive(Default)]
struct Answers<'a> {
    returned: Vec<(&'a Expr, Place)>,
    tried: Vec<&'a ExprTry>,
}

impl<'a> Answers<'a> {
    fn of(block: &'a Block) -> Self {
        let mut answers = Self::default();
        answers.end_of(block);
        answers.visit_block(block);
        answers
    }

    fn end_of(&mut self, block: &'a Block) {
        if let Some(Stmt::Expr(expr, None)) = block.stmts.last() {
            self.end(expr);
        }
    }

    fn end(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Paren(paren) => self.end(&paren.expr),
            Expr::Group(group) => self.end(&group.expr),
            Expr::Block(block) => self.end_of(&block.block),
            Expr::If(branch) => {
                self.end_of(&branch.then_branch);
                if let Some((_, otherwise)) = &branch.else_branch {
                    self.end(otherwise);
                }
            }
            Expr::Match(expr) => expr.arms.iter().for_each(|arm| self.end(&arm.body)),
            other => self.returned.push((other, Place::End)),
        }
    }
}

impl<'ast> Visit<'ast> for Answers<'ast> {
    fn visit_item(&mut self, _: &'ast Item) {}

    // What these answer is another's.
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}

    fn visit_expr_return(&mut self, expr: &'ast ExprReturn) {
        if let Some(value) = &expr.expr {
            self.returned.push((value, Place::Return));
        }
        visit::visit_expr_return(self, expr);
    }

    fn visit_expr_try(&mut self, tried: &'ast ExprTry) {
        self.tried.push(tried);
        visit::visit_expr_try(self, tried);
    }
}
