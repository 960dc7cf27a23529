//! What a flow body must not do, because a replay would not repeat it.
//!
//! A flow runs again from the top after a crash. Whatever differs then (the clock, a random number, a file)
//! must come from a recorded call. Renamed imports and calls bound to a variable are not seen here; the
//! runtime stops those.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprMethodCall, ExprPath, Item, Macro, Pat, Path, Stmt};

use super::calls::Scope;
use super::macros;
use crate::diag::Diagnostics;
use crate::model::Workflow;
use crate::parse::table::RESERVED;

/// A path that a flow must not use: its last segments, and what to use instead.
struct Forbidden {
    /// `*` at the end stands for anything below.
    path: &'static [&'static str],
    instead: &'static str,
}

const fn forbidden(path: &'static [&'static str], instead: &'static str) -> Forbidden {
    Forbidden { path, instead }
}

const CLOCK: &str = "the clock differs after a resume; use `flow.now()`, which is recorded";
const RANDOM: &str = "random values differ after a resume; use `flow.random()`, which is recorded";
const ID: &str = "a new id differs after a resume; use `flow.uuid()`, which is recorded";
const SLEEP: &str =
    "this wait starts again after a crash; use `flow.sleep(..)`, which is a durable timer";
const TIMEOUT: &str = "this timer starts again after a crash; put `timeout` on the step, or use `flow.race(..)` with `flow.sleep(..)`";
const SPAWN: &str =
    "a spawned task is not part of the run; use `flow.parallel(..)` or `flow.map(..)`";
const THREAD: &str = "a thread is not part of the run; do this in a step";
const FILES: &str =
    "files may have changed when the flow runs again; read and write them in a step";
const NETWORK: &str = "the network is not recorded in a flow; use it in a step";
const ENVIRONMENT: &str =
    "the environment may differ after a resume; read it in a step, or into a field of the workflow";

const PRINTS: [&str; 5] = ["println", "print", "eprintln", "eprint", "dbg"];
const PRINT: &str = "a flow runs again after a crash and would print again; use `flow.say(..)`";

const PATHS: &[Forbidden] = &[
    forbidden(&["SystemTime", "now"], CLOCK),
    forbidden(&["Instant", "now"], CLOCK),
    forbidden(&["Utc", "now"], CLOCK),
    forbidden(&["Local", "now"], CLOCK),
    forbidden(&["OffsetDateTime", "now_utc"], CLOCK),
    forbidden(&["OffsetDateTime", "now_local"], CLOCK),
    forbidden(&["Uuid", "new_v4"], ID),
    forbidden(&["Uuid", "now_v7"], ID),
    forbidden(&["rand", "*"], RANDOM),
    forbidden(&["fastrand", "*"], RANDOM),
    forbidden(&["tokio", "time", "timeout"], TIMEOUT),
    forbidden(&["tokio", "time", "*"], SLEEP),
    forbidden(&["tokio", "spawn"], SPAWN),
    forbidden(&["tokio", "task", "*"], SPAWN),
    forbidden(&["tokio", "fs", "*"], FILES),
    forbidden(&["tokio", "net", "*"], NETWORK),
    forbidden(&["std", "thread", "sleep"], SLEEP),
    forbidden(&["thread", "sleep"], SLEEP),
    forbidden(&["std", "thread", "*"], THREAD),
    forbidden(&["thread", "spawn"], THREAD),
    forbidden(&["std", "fs", "*"], FILES),
    forbidden(&["std", "net", "*"], NETWORK),
    forbidden(&["std", "env", "*"], ENVIRONMENT),
    forbidden(&["env", "var"], ENVIRONMENT),
];

const JOINS: [(&str, &str); 3] = [
    ("join", "`flow.parallel((..))`"),
    ("try_join", "`flow.parallel((..))`"),
    ("select", "`flow.race((..))`"),
];

fn find(segments: &[String]) -> Option<&'static str> {
    PATHS
        .iter()
        .find(|forbidden| match forbidden.path {
            // A whole module: only from the path's start, so that a user's own `fs` is not meant.
            [modules @ .., "*"] => {
                segments.len() > modules.len() && segments.iter().zip(modules).all(|(a, b)| a == b)
            }
            // From the start too, or a type that is reached through its modules.
            path => {
                let type_name = path[0].starts_with(char::is_uppercase);
                let fits =
                    segments.len() == path.len() || (type_name && segments.len() > path.len());
                fits && segments
                    .iter()
                    .rev()
                    .zip(path.iter().rev())
                    .all(|(a, b)| a == b)
            }
        })
        .map(|forbidden| forbidden.instead)
}

/// A plain method where the durable call was meant. Emitted bodies replace these tokens, so that rustc does not
/// report the same mistake again.
pub(crate) struct Misdirected {
    pub(crate) body: usize,
    pub(crate) kind: Misdirection,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misdirection {
    /// `self.step(..)`
    OnSelf,
    /// `Self::step(..)`
    OnType,
}

/// Checks every flow body that parses.
pub(crate) fn check(workflow: &Workflow, diag: &Diagnostics) -> Vec<Misdirected> {
    let mut misdirected = Vec::new();
    for flow in &workflow.flows {
        let (Some(ident), Some(source), Some(body)) = (&flow.flow, &flow.source, flow.method.body)
        else {
            continue;
        };
        let mut lint = Lint {
            scope: Scope {
                workflow,
                flow: ident,
            },
            current: &flow.method.sig.ident,
            diag,
            kinds: Vec::new(),
        };
        lint.visit_block(&source.block);
        misdirected.extend(
            lint.kinds
                .into_iter()
                .map(|kind| Misdirected { body, kind }),
        );
    }
    misdirected
}

struct Lint<'a> {
    scope: Scope<'a>,
    /// The name of the flow being read.
    current: &'a Ident,
    diag: &'a Diagnostics,
    kinds: Vec<Misdirection>,
}

impl Lint<'_> {
    fn is_ours(&self, method: &Ident) -> bool {
        self.scope.workflow.step(method).is_some() || self.scope.workflow.subflow(method).is_some()
    }

    fn not_durable(&self, method: &Ident, span: Span) {
        let flow = self.scope.flow;
        self.diag.at(
            span,
            format!(
                "this calls the plain method, which is not recorded; write `{flow}.{method}(..)`"
            ),
        );
    }

    /// The entry is started with the run, never called.
    fn entry_called(&self, method: &Ident) {
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
    fn workflow_value(&self, expr: &Expr) -> Option<Span> {
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

    fn prints(&self, mac: &Macro) {
        let name = macros::name(mac);
        if PRINTS.contains(&name.as_str()) {
            self.diag.over(&mac.path, PRINT);
        }
    }

    fn not_awaited(&self, call: &ExprMethodCall) {
        let (flow, method) = (self.scope.flow, &call.method);
        self.diag.at(
            method.span(),
            format!("`{flow}.{method}(..)` does nothing until it is awaited; add `.await?`"),
        );
    }

    fn path(&self, path: &Path) {
        let segments: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if let Some(instead) = find(&segments) {
            self.diag.over(path, instead);
        }
    }

    /// Inside a macro whose input is not a list of expressions: paths only.
    fn scan(&self, tokens: TokenStream) {
        let mut segments: Vec<String> = Vec::new();
        let mut span = None;
        let mut joined = false;
        let tokens = macros::flat(tokens);
        for token in tokens.iter().chain(std::iter::once(&TokenTree::Literal(
            proc_macro2::Literal::u8_unsuffixed(0),
        ))) {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => joined = true,
                TokenTree::Ident(ident) if joined && !segments.is_empty() => {
                    segments.push(ident.to_string());
                    joined = false;
                }
                other => {
                    if let (Some(instead), Some(span)) = (find(&segments), span) {
                        self.diag.at(span, instead);
                    }
                    segments.clear();
                    joined = false;
                    if let TokenTree::Ident(ident) = other {
                        segments.push(ident.to_string());
                        span = Some(ident.span());
                    }
                }
            }
        }
    }

    fn joins(&self, mac: &Macro) {
        let segments: Vec<String> = mac
            .path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        let known = match segments.as_slice() {
            [_] => true,
            [krate, _] => matches!(krate.as_str(), "tokio" | "futures" | "futures_util"),
            _ => false,
        };
        let join = JOINS
            .iter()
            .find(|(name, _)| segments.last().is_some_and(|last| last == name));
        if let (true, Some((name, instead))) = (known, join) {
            self.diag.over(
                &mac.path,
                format!("`{name}!` breaks the order of the calls after a crash; use {instead}"),
            );
        }
    }
}

impl<'ast> Visit<'ast> for Lint<'_> {
    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_block(&mut self, block: &'ast Block) {
        for stmt in &block.stmts {
            let dropped = match stmt {
                Stmt::Expr(expr, Some(_)) => Some(expr),
                Stmt::Local(local) if matches!(local.pat, Pat::Wild(_)) => {
                    local.init.as_ref().map(|init| &*init.expr)
                }
                _ => None,
            };
            if let Some(call) = dropped.and_then(|expr| self.scope.durable(expr)) {
                self.not_awaited(call);
            }
            self.visit_stmt(stmt);
        }
    }

    fn visit_expr_path(&mut self, expr: &'ast ExprPath) {
        self.path(&expr.path);
        visit::visit_expr_path(self, expr);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(func) = &*call.func
            && let [on, method] = func.path.segments.iter().collect::<Vec<_>>().as_slice()
            && (on.ident == "Self" || on.ident == self.scope.workflow.ident)
            && (self.is_ours(&method.ident) || self.scope.workflow.is_entry(&method.ident))
        {
            let workflow = self.scope.workflow;
            if workflow.is_entry(&method.ident) {
                self.entry_called(&method.ident);
            } else if workflow.subflow(&method.ident).is_some() {
                let (flow, method) = (self.scope.flow, &method.ident);
                self.diag.at(
                    on.ident.span(),
                    format!("call a sub-flow as `{flow}.{method}(..)`, so that it is recorded"),
                );
            } else {
                self.not_durable(&method.ident, on.ident.span());
            }
            if on.ident == "Self" && !call.args.iter().any(|arg| self.scope.hands_on_flow(arg)) {
                self.kinds.push(Misdirection::OnType);
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if self.is_ours(&call.method) {
            match &*call.receiver {
                Expr::Path(path) if path.path.is_ident("self") => {
                    self.not_durable(&call.method, path.span());
                    self.kinds.push(Misdirection::OnSelf);
                }
                Expr::MethodCall(inner)
                    if inner.method == "workflow" && self.scope.is_flow(&inner.receiver) =>
                {
                    self.not_durable(&call.method, inner.method.span());
                }
                receiver => {
                    if let Some(span) = self.workflow_value(receiver) {
                        self.not_durable(&call.method, span);
                    }
                }
            }
        } else if self.scope.is_flow(&call.receiver)
            && self.scope.workflow.is_entry(&call.method)
            && !RESERVED.contains(&call.method.to_string().as_str())
        {
            self.entry_called(&call.method);
        } else if self.scope.is_flow(&call.receiver) && self.scope.workflow.unmarked(&call.method) {
            self.diag.at(
                call.method.span(),
                format!("`{0}` is not a step, so its result would not be recorded; put `#[step]` on `fn {0}`", call.method),
            );
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.joins(mac);
        self.prints(mac);
        match macros::expressions(mac) {
            Some(list) => {
                for expr in &list {
                    Visit::visit_expr(self, expr);
                }
            }
            None => self.scan(mac.tokens.clone()),
        }
    }
}

/// `self.step` and `Self::step` as the durable calls they were meant to be, so that only our own error is left.
pub(crate) fn redirect(tokens: TokenStream, kind: Misdirection, flow: &Ident) -> TokenStream {
    let flow_at = |span: Span| {
        let mut flow = flow.clone();
        flow.set_span(span);
        TokenTree::Ident(flow)
    };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out: Vec<TokenTree> = Vec::with_capacity(tokens.len());
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index += 1;
        match token {
            TokenTree::Ident(ident) if kind == Misdirection::OnSelf && ident == "self" => {
                out.push(flow_at(ident.span()));
            }
            TokenTree::Ident(ident)
                if kind == Misdirection::OnType
                    && ident == "Self"
                    && is_colon(tokens.get(index))
                    && is_colon(tokens.get(index + 1)) =>
            {
                let mut dot = proc_macro2::Punct::new('.', proc_macro2::Spacing::Alone);
                dot.set_span(ident.span());
                out.push(flow_at(ident.span()));
                out.push(TokenTree::Punct(dot));
                index += 2;
            }
            TokenTree::Group(group) => {
                let inner = redirect(group.stream(), kind, flow);
                out.push(TokenTree::Group(crate::parse::strip::regroup(group, inner)));
            }
            other => out.push(other.clone()),
        }
    }
    out.into_iter().collect()
}

fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}
