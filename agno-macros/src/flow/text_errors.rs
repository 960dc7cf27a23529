//! `Err("no item")`, `.ok_or("no item")?`: a text where an error is wanted. rustc would only say that the types differ, and not name `bail!`.
//!
//! A `Result<T>` may be an alias of the user's with an error that is a text, so what stands around it has to say that it is not.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAsync, ExprClosure, ExprReturn, ExprTry, Ident, Item, Lit, PathArguments,
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

/// What is given an error.
const MAKERS: [&str; 4] = ["Err", "ok_or", "ok_or_else", "map_err"];

/// What is known of the error in the block's `Result<T>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    Nothing,
    /// What turns into it turns into no text.
    NoText,
    /// Calls on the flow turn into it.
    OfCalls,
    /// It is that of the calls on the flow.
    Ours,
}

/// Reports each, in steps and flows, and says what stands for them beside the error.
pub(crate) fn check(workflow: &Workflow, parts: &Impl, diag: &Diagnostics) -> Vec<Mend> {
    let (mut known, mut mends) = (None, Vec::new());
    if !MAKERS.iter().any(|maker| parts.printed.contains(maker)) {
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
            let error = syn::Error::new_spanned(found.place, found.message());
            let change = Change {
                at: found.place.span().start(),
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

pub(super) fn body_of<'a>(method: &Method, bodies: &'a [Group]) -> Option<(usize, &'a Group)> {
    let number = method.body?;
    Some((number, bodies.get(number)?))
}

pub(super) fn block(body: &Group) -> Option<Block> {
    let braces = match body.delimiter() {
        Delimiter::Brace => TokenStream::from(TokenTree::Group(body.clone())),
        _ => return None,
    };
    nesting::parse(braces).ok()
}

/// What is known of the error of one method, if it returns a `Result<T>`.
pub(super) fn known_in(method: &Method, workflow: &Workflow, bodies: &[Group]) -> Option<Known> {
    Some(match of_default_error(method, workflow)? {
        true => Known::Ours,
        false => known_of(workflow, bodies),
    })
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
            MAKERS.iter().any(|maker| name == maker)
                && match first() {
                    Some(TokenTree::Literal(_)) => true,
                    Some(TokenTree::Ident(made)) => made == "format" || made == "String",
                    // A closure.
                    Some(TokenTree::Punct(bar)) => bar.as_char() == '|',
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
            known = Known::OfCalls;
        }
    }
    known
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    Return,
    End,
    Tried,
}

/// How a text is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Literal,
    /// A `String`.
    Owned,
    /// A `String` of several parts.
    Format,
}

struct Found<'a> {
    /// `Err`, or the method that is given the text.
    place: &'a dyn ToTokens,
    /// Of a method.
    method: Option<&'a Ident>,
    /// The parameters of the closure that makes it.
    of: Option<String>,
    /// What `bail!` takes.
    text: String,
    made: Made,
    is_into: bool,
    answered: Answered,
}

impl<'a> Found<'a> {
    fn in_body(block: &'a Block) -> Vec<Self> {
        let answers = Answers::of(block);
        let returned = answers.returned.into_iter();
        let tried = answers.tried.into_iter();
        let tried = tried.map(|tried| (&*tried.expr, Answered::Tried));
        let all = returned.chain(tried);
        all.filter_map(|(expr, place)| Self::read(expr, place))
            .collect()
    }

    fn read(expr: &'a Expr, answered: Answered) -> Option<Self> {
        let (place, method, arguments): (&dyn ToTokens, _, _) = match expr {
            Expr::Call(call) => {
                let is_err = matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err"));
                is_err.then_some(())?;
                (&call.func, None, &call.args)
            }
            Expr::MethodCall(call) => {
                MAKERS
                    .iter()
                    .any(|maker| call.method == maker)
                    .then_some(())?;
                (&call.method, Some(&call.method), &call.args)
            }
            _ => return None,
        };
        let (argument, 1) = (arguments.first()?, arguments.len()) else {
            return None;
        };
        let (argument, of) = match argument {
            Expr::Closure(closure) if method.is_some() => {
                (&*closure.body, Some(label(&closure.inputs)))
            }
            other => (other, None),
        };
        let (text, is_into) = match argument {
            Expr::MethodCall(into) if into.method == "into" && into.args.is_empty() => {
                (&*into.receiver, true)
            }
            other => (other, false),
        };
        let is_shown = || {
            method
                .filter(|method| *method == "map_err")
                .and_then(|_| shown(text))
        };
        let (text, made) = text_of(text).or_else(is_shown)?;
        Some(Self {
            place,
            method,
            of,
            text,
            made,
            is_into,
            answered,
        })
    }

    /// What must be known for this to be wrong.
    fn needs(&self) -> Known {
        match (self.is_into || self.answered == Answered::Tried, self.made) {
            (true, _) => Known::Ours,
            (false, Made::Literal) => Known::Nothing,
            (false, Made::Owned | Made::Format) => Known::NoText,
        }
    }

    fn message(&self) -> String {
        let text = &self.text;
        let instead = match (self.method, self.answered) {
            (Some(method), _) => {
                let (method, of) = match (*method == "map_err", &self.of) {
                    (true, Some(of)) => ("map_err", of.as_str()),
                    (true, None) => ("map_err", "_"),
                    (false, _) => ("ok_or_else", ""),
                };
                let text = match self.made {
                    Made::Format => format!("format!({text})"),
                    Made::Literal | Made::Owned => text.clone(),
                };
                return format!(
                    "a text is no error; write `.{method}(|{of}| Error::new(\"failed\", {text}))`, whose first text is a code to match on"
                );
            }
            (None, Answered::Return) => "return Err(..)",
            (None, Answered::End) => "Err(..)",
            (None, Answered::Tried) => "Err(..)?",
        };
        format!("a text is no error; write `bail!({text})` instead of `{instead}`")
    }
}

/// `"no item"`, `"no item".to_string()`, `String::from("no item")`, `format!("no {item}")`: what stands in it, and how it is
/// made.
fn text_of(expr: &Expr) -> Option<(String, Made)> {
    let literal = |expr: &Expr| match expr {
        Expr::Lit(text) => matches!(text.lit, Lit::Str(_)).then(|| label(text)),
        _ => None,
    };
    match expr {
        Expr::MethodCall(call) => {
            let owned = call.method == "to_string" || call.method == "to_owned";
            let text = literal(&call.receiver).filter(|_| owned)?;
            Some((text, Made::Owned))
        }
        Expr::Call(call) => {
            let is_from = call.func.to_token_stream().to_string() == "String :: from";
            let text = literal(call.args.first()?).filter(|_| is_from)?;
            Some((text, Made::Owned))
        }
        Expr::Macro(mac) => {
            let is_format = mac.mac.path.is_ident("format");
            is_format.then(|| (label(&mac.mac.tokens), Made::Format))
        }
        other => Some((literal(other)?, Made::Literal)),
    }
}

/// `error.to_string()` for what a closure is given.
fn shown(expr: &Expr) -> Option<(String, Made)> {
    let Expr::MethodCall(call) = expr else {
        return None;
    };
    let is_name = matches!(&*call.receiver, Expr::Path(path) if path.path.get_ident().is_some());
    (is_name && call.method == "to_string").then(|| (label(call), Made::Owned))
}

/// What a body answers: its last expression, each `return`, and each `?`.
#[derive(Default)]
pub(super) struct Answers<'a> {
    pub(super) returned: Vec<(&'a Expr, Answered)>,
    tried: Vec<&'a ExprTry>,
}

impl<'a> Answers<'a> {
    pub(super) fn of(block: &'a Block) -> Self {
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
            other => self.returned.push((other, Answered::End)),
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
            self.returned.push((value, Answered::Return));
        }
        visit::visit_expr_return(self, expr);
    }

    fn visit_expr_try(&mut self, tried: &'ast ExprTry) {
        self.tried.push(tried);
        visit::visit_expr_try(self, tried);
    }
}
