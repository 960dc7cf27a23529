//! Calls of the workflow's plain methods and fields where a recorded one is meant.

use std::fmt::Display;

use proc_macro2::{Ident, Span, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprCall, FnArg, Pat, Path, Type};

use super::hazards;
use super::lint::Lint;
use super::macros;
use super::mend::Mend;
use super::outside::{self, Origin};
use crate::diag::Diagnostics;
use crate::model::Workflow;
use crate::parse::methods::is_borrowed_flow;
use crate::parse::options::plain_text;
use crate::parse::strip::Impl;

/// A function that takes the flow, and no flow that could call it: the steps would run in their order instead.
pub(super) fn forgotten(workflow: &Workflow, diag: &Diagnostics) {
    for function in workflow
        .functions
        .iter()
        .filter(|function| function.takes_flow())
    {
        forgotten_on(&function.sig.ident, diag);
    }
}

fn forgotten_on(name: &Ident, diag: &Diagnostics) {
    let message =
        format!("`{name}` takes the flow, and no flow calls it; put `#[flow]` on `fn {name}`");
    diag.at(name.span(), message);
}

/// The same beside a sub-flow that is marked: only the entry calls what is now taken for the entry.
pub(crate) fn forgotten_entry(workflow: &Workflow, parts: &Impl, diag: &Diagnostics) -> Vec<Mend> {
    let mut mends = Vec::new();
    let Some(first) = workflow.entry().map(|flow| &flow.method.sig.ident) else {
        return mends;
    };
    for function in workflow
        .functions
        .iter()
        .filter(|function| function.takes_flow())
    {
        let (name, inputs) = (&function.sig.ident, &function.sig.inputs);
        let Some(FnArg::Typed(flow)) = inputs.first() else {
            continue;
        };
        let Pat::Ident(flow) = &*flow.pat else {
            continue;
        };
        let Some(number) = function.body else {
            continue;
        };
        let of_body = parts
            .bodies
            .get(number)
            .map(|body| macros::flat(body.stream()));
        let calls_first = of_body.unwrap_or_default().windows(3).any(|tokens| {
            matches!(tokens, [TokenTree::Ident(on), TokenTree::Punct(dot), TokenTree::Ident(called)]
                if *on == flow.ident && dot.as_char() == '.' && called == first)
        });
        let word = name.to_string();
        let mut words = parts
            .printed
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let is_named_once = words.by_ref().filter(|other| *other == word).count() == 1;
        if calls_first && is_named_once {
            forgotten_on(name, diag);
            mends.push(Mend::nothing(number, name.span()));
        }
    }
    mends
}

/// What to do about a method that is called as if it were a step.
pub(super) fn no_step(name: &Ident, workflow: &Workflow) -> String {
    let mut unmarked = workflow.unmarked.iter();
    let is_borrowed =
        |arg: &FnArg| matches!(arg, FnArg::Typed(param) if is_borrowed_flow(&param.ty));
    let takes_flow = unmarked
        .any(|method| method.sig.ident == *name && method.sig.inputs.iter().any(is_borrowed));
    match takes_flow {
        true => format!(
            "`{name}` takes the flow, and is none yet; put `#[flow]` on `fn {name}`, and write `flow: &Flow<Self>` instead of `&self`"
        ),
        false => format!(
            "`{name}` is not a step, so its result would not be recorded; put `#[step]` on `fn {name}`"
        ),
    }
}

/// What to do about a function that takes the flow, and is called as if it were one.
pub(super) fn no_flow(name: impl Display, flow: &Ident) -> String {
    format!(
        "`{name}` takes the flow, and is none yet; put `#[flow]` on `fn {name}` and write `{flow}.{name}(..)`"
    )
}

/// A recorded method, called by a path: `Self::search(..)`.
pub(super) struct OwnCall<'e> {
    /// The place of the type.
    pub(super) on: Span,
    pub(super) method: &'e Ident,
    /// Whether it is written `Self::..`.
    pub(super) is_self: bool,
}

/// What to do about work of the workflow's own that is no step.
pub(super) fn unrecorded(name: impl Display, flow: &Ident) -> String {
    format!(
        "`{name}` is not a step, so nothing of it is recorded; put `#[step]` on `fn {name}` and write `{flow}.{name}(..)`"
    )
}

impl Lint<'_> {
    /// `Self::search(..)`, `Article::search(..)`, `<Self>::search(..)`, `crate::Article::search(..)`
    pub(super) fn own_call<'e>(&self, call: &'e ExprCall) -> Option<OwnCall<'e>> {
        let Expr::Path(func) = &*call.func else {
            return None;
        };
        let workflow = self.scope.workflow;
        let segments: Vec<_> = func.path.segments.iter().collect();
        let (on, method, count) = match (&func.qself, segments.as_slice()) {
            (Some(qself), [method]) => match &*qself.ty {
                Type::Path(ty) if ty.qself.is_none() => (
                    &ty.path.segments.last()?.ident,
                    method,
                    ty.path.segments.len(),
                ),
                _ => return None,
            },
            (None, [.., on, method]) => (&on.ident, method, segments.len() - 1),
            _ => return None,
        };
        let method = &method.ident;
        let is_own = on == "Self" || *on == workflow.ident;
        // By a longer path it may be another type of the same name, which is given neither of these.
        let is_given = || {
            let on = call.args.first();
            on.is_some_and(|on| {
                outside::names_flow(on.to_token_stream(), self.scope)
                    || self.bindings.is_workflow(on).is_some()
            })
        };
        let is_ours = self.scope.is_ours(method) || workflow.is_entry(method);
        (is_own && is_ours && (count == 1 || is_given())).then(|| OwnCall {
            on: on.span(),
            method,
            is_self: on == "Self" && func.qself.is_none(),
        })
    }

    /// Work of the workflow's own that is waited for.
    pub(super) fn waited_for(&self, origin: Origin) {
        let flow = self.scope.flow;
        let Some(part) = origin.part.filter(|_| !origin.in_memory) else {
            return;
        };
        let name = &part.name;
        let message = match &part.method {
            // Reported where it is called.
            Some(method) if self.scope.is_ours(method) => return,
            Some(method) if self.scope.workflow.unmarked(method) => unrecorded(name, flow),
            _ => format!("`{name}` is not recorded in a flow; use it in a `#[step]`"),
        };
        if !self.is_allowed(&hazards::NETWORK) {
            self.diag.at(part.span, message);
        }
    }

    pub(super) fn state_is_copy(&self, place: Option<&Ident>) {
        if let Some(place) = place {
            let flow = self.scope.flow;
            let state = self.scope.workflow.state.as_ref();
            let ty = state.map_or_else(|| "Notes".to_owned(), plain_text);
            let message = format!(
                "`{flow}.state()` is a copy; change the state in a step that takes `state: &mut {ty}`"
            );
            self.diag.at(place.span(), message);
        }
    }

    pub(super) fn not_durable(&self, method: &Ident, span: Span) {
        let flow = self.scope.flow;
        self.diag.at(
            span,
            format!(
                "this calls the plain method, which is not recorded; write `{flow}.{method}(..)`"
            ),
        );
    }

    /// The entry is started with the run, never called.
    pub(super) fn entry_called(&self, method: &Ident) {
        let current = self.current;
        self.diag.at(
            method.span(),
            if current == method {
                format!("`{method}` is the entry, which no flow calls; put what repeats in a sub-flow or a loop")
            } else {
                format!("`{method}` is the entry, because it stands first; move it below `{current}`")
            },
        );
    }

    /// `Article`, `Article { .. }`, `Article::new(..)`, `Self`: the workflow itself, not its flow.
    pub(super) fn workflow_value(&self, expr: &Expr) -> Option<Span> {
        let is_type = |ident: &Ident| ident == "Self" || *ident == self.scope.workflow.ident;
        let named = |path: &Path| path.segments.last().map(|last| last.ident.clone());
        match expr {
            Expr::Path(path) => named(&path.path),
            Expr::Struct(value) => named(&value.path),
            Expr::Call(call) => match &*call.func {
                Expr::Path(func) => {
                    let made = func.path.segments.iter().rev().take(2);
                    made.map(|segment| &segment.ident)
                        .find(|ident| is_type(ident))
                        .cloned()
                }
                _ => None,
            },
            Expr::Paren(paren) => return self.workflow_value(&paren.expr),
            Expr::Group(group) => return self.workflow_value(&group.expr),
            Expr::Reference(reference) => return self.workflow_value(&reference.expr),
            _ => None,
        }
        .filter(is_type)
        .map(|ident| ident.span())
    }
}
