//! Loops that are never left: their run cannot end, and its journal grows for ever.
//!
//! Only what is certain. What cannot be read (a macro of the user's, a function that is given the flow, one that may
//! never return) may be the way out. The failure of a durable call is none: it alone does not make a loop one that ends.

use proc_macro2::{Ident, Span, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Arm, Block, Expr, ExprAsync, ExprBlock, ExprBreak, ExprClosure, ExprContinue, ExprForLoop,
    ExprIf, ExprLoop, ExprMethodCall, ExprPath, ExprReturn, ExprTry, ExprWhile, Item, Label,
    Lifetime, LocalInit, Macro, Stmt,
};

use super::allow;
use super::calls::{Call, Scope};
use super::hazards::ENDLESS;
use super::macros;
use crate::model::Flow;

/// Ends the run from inside of a loop, and begins the next one.
const CONTINUE: &str = "continue_as_new";

/// What leaves a loop, in tokens that are not read as expressions.
const LEAVING: [&str; 3] = ["break", "continue", "return"];

/// Macros that go on behind themselves. Any other may hold a `break` or a `return`.
const GOING_ON: [&str; 24] = [
    "anyhow",
    "assert",
    "assert_eq",
    "assert_ne",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "eyre",
    "format",
    "format_args",
    "include_str",
    "line",
    "matches",
    "print",
    "println",
    "stringify",
    "vec",
    "write",
    "writeln",
];

/// The crates whose macros all do: their names are too common to be known without the crate.
const OF_CRATES: [&str; 3] = ["log", "serde_json", "tracing"];

/// Methods of a `Result` that leave a failure a failure, and all else as it is.
const SAME_FAILURE: [&str; 3] = ["context", "map_err", "with_context"];

/// The loops of a flow that are never left and not allowed to be, by their keyword. `allows`: there is an allowance in it.
pub(crate) fn loops(scope: Scope<'_>, body: &Block, allows: bool) -> Vec<Span> {
    let mut loops = Loops {
        scope,
        allows,
        found: Vec::new(),
        allowed: false,
        innermost: 0,
    };
    loops.visit_block(body);
    loops.found
}

/// A loop of any kind, to be asked whether it is ever left.
#[derive(Clone, Copy)]
pub(super) struct Loop<'a> {
    keyword: Span,
    label: Option<&'a Label>,
    body: &'a Block,
    /// Whether its head never ends it.
    goes_on: bool,
}

impl<'a> From<&'a ExprLoop> for Loop<'a> {
    fn from(expr: &'a ExprLoop) -> Self {
        Self {
            keyword: expr.loop_token.span,
            label: expr.label.as_ref(),
            body: &expr.body,
            goes_on: true,
        }
    }
}

impl<'a> From<&'a ExprWhile> for Loop<'a> {
    fn from(expr: &'a ExprWhile) -> Self {
        Self {
            keyword: expr.while_token.span,
            label: expr.label.as_ref(),
            body: &expr.body,
            goes_on: is_true(&expr.cond),
        }
    }
}

impl<'a> From<&'a ExprForLoop> for Loop<'a> {
    fn from(expr: &'a ExprForLoop) -> Self {
        Self {
            keyword: expr.for_token.span,
            label: expr.label.as_ref(),
            body: &expr.body,
            goes_on: is_open(&expr.expr),
        }
    }
}

fn is_true(condition: &Expr) -> bool {
    matches!(condition, Expr::Lit(literal) if matches!(&literal.lit, syn::Lit::Bool(lit) if lit.value))
}

/// `0..`, without an end.
fn is_open(items: &Expr) -> bool {
    match items {
        Expr::Range(range) => range.end.is_none(),
        Expr::Paren(paren) => is_open(&paren.expr),
        Expr::Group(group) => is_open(&group.expr),
        _ => false,
    }
}

impl Loop<'_> {
    /// Whether it is never left, and what it does is recorded.
    pub(super) fn is_endless(self, scope: Scope<'_>) -> bool {
        if !self.goes_on {
            return false;
        }
        let mut way_out = WayOut::new(scope, self.label);
        way_out.visit_block(self.body);
        way_out.calls && !way_out.found
    }
}

struct Loops<'a> {
    scope: Scope<'a>,
    allows: bool,
    found: Vec<Span>,
    /// Whether a statement around this place says that it is meant.
    allowed: bool,
    /// How many were found, those that are allowed too: around one of them no other counts.
    innermost: usize,
}

impl Loops<'_> {
    /// After the loops inside of it: `before` is how many there were ahead of them.
    fn behind(&mut self, before: usize, around: Loop<'_>) {
        if self.innermost == before && around.is_endless(self.scope) {
            self.innermost += 1;
            if !self.allowed {
                self.found.push(around.keyword);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Loops<'_> {
    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        let before = self.allowed;
        if self.allows {
            let mut attrs = allow::in_front(stmt).into_iter();
            self.allowed |= attrs.any(|attr| allow::names(&attr, ENDLESS.name));
        }
        visit::visit_stmt(self, stmt);
        self.allowed = before;
    }

    fn visit_expr_loop(&mut self, expr: &'ast ExprLoop) {
        let before = self.innermost;
        visit::visit_expr_loop(self, expr);
        self.behind(before, expr.into());
    }

    fn visit_expr_while(&mut self, expr: &'ast ExprWhile) {
        let before = self.innermost;
        visit::visit_expr_while(self, expr);
        self.behind(before, expr.into());
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast ExprForLoop) {
        let before = self.innermost;
        visit::visit_expr_for_loop(self, expr);
        self.behind(before, expr.into());
    }
}

/// Whether control can leave a part of a flow, as far as can be told.
pub(super) struct WayOut<'a> {
    scope: Scope<'a>,
    /// The label of the loop in question.
    own: Option<&'a Lifetime>,
    /// Those that stand inside of it.
    labels: Vec<&'a Lifetime>,
    /// The loops around the place being read, inside of it.
    depth: usize,
    /// Closures and `async` blocks around the place: no `break` and no `return` leaves those.
    closed: usize,
    found: bool,
    /// Whether one of them is a `?` on something else than a durable call.
    fails: bool,
    /// Whether anything is called on the flow.
    calls: bool,
}

impl<'a> WayOut<'a> {
    fn new(scope: Scope<'a>, own: Option<&'a Label>) -> Self {
        Self {
            scope,
            own: own.map(|label| &label.name),
            labels: Vec::new(),
            depth: 0,
            closed: 0,
            found: false,
            fails: false,
            calls: false,
        }
    }

    /// Out of a flow, by a statement of its body.
    pub(super) fn of(scope: Scope<'a>, stmt: &'a Stmt) -> Self {
        let mut way_out = Self::new(scope, None);
        way_out.visit_stmt(stmt);
        way_out
    }

    pub(super) fn is_found(&self) -> bool {
        self.found
    }

    /// By a failure that may be meant to end it.
    pub(super) fn fails(&self) -> bool {
        self.fails
    }

    fn failure(&mut self) {
        self.fails |= self.closed == 0;
        self.found |= self.closed == 0;
    }

    /// `flow.search(topic).await`, with a word about its failure.
    fn is_durable(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Await(waited) => self.scope.durable(&waited.base).is_some(),
            Expr::Paren(paren) => self.is_durable(&paren.expr),
            Expr::Group(group) => self.is_durable(&group.expr),
            Expr::MethodCall(call) => {
                let same = SAME_FAILURE.iter().any(|name| call.method == name);
                same && self.is_durable(&call.receiver)
                    || self.scope.is_flow(&call.receiver) && self.scope.kind(&call.method).is_some()
            }
            _ => false,
        }
    }

    /// The last that is done in a branch: a function of the type `!` ends it there.
    fn branch_end(&mut self, end: &Expr) {
        match end {
            Expr::Call(call) => {
                let name = match &*call.func {
                    Expr::Path(path) => path.path.segments.last(),
                    _ => None,
                };
                let name = name.map(|last| last.ident.to_string()).unwrap_or_default();
                self.found |= self.closed == 0 && name.starts_with(|c: char| !c.is_uppercase());
            }
            Expr::Block(block) => self.block_end(&block.block),
            _ => {}
        }
    }

    fn block_end(&mut self, block: &Block) {
        if let Some(Stmt::Expr(end, _)) = block.stmts.last() {
            self.branch_end(end);
        }
    }

    /// Whether a macro goes on behind itself: a known one, that is not the body's own.
    fn goes_on(&self, mac: &Macro) -> bool {
        let name = macros::name(mac);
        let first = mac.path.segments.first().map(|first| &first.ident);
        let of_crate = mac.path.segments.len() == 2
            && first.is_some_and(|first| OF_CRATES.iter().any(|krate| first == krate));
        let mut flows = self.scope.workflow.flows.iter();
        let is_own = |flow: &Flow| {
            let source = flow.source.as_ref();
            source.is_some_and(|source| macros::defines(source.block.to_token_stream(), &name))
        };
        of_crate || GOING_ON.contains(&name.as_str()) && !flows.any(is_own)
    }

    fn inside(&mut self, label: Option<&'a Label>, depth: usize, read: impl FnOnce(&mut Self)) {
        let before = self.labels.len();
        self.labels.extend(label.map(|label| &label.name));
        self.depth += depth;
        read(self);
        self.depth -= depth;
        self.labels.truncate(before);
    }

    fn closed(&mut self, read: impl FnOnce(&mut Self)) {
        self.closed += 1;
        read(self);
        self.closed -= 1;
    }

    fn is_outside(&self, label: &Lifetime) -> bool {
        !self.labels.contains(&label)
    }

    /// A method of the flow.
    fn call(&mut self, method: &Ident) {
        self.calls = true;
        self.found |= match self.scope.kind(method) {
            // The method of a trait: nobody knows.
            None => true,
            Some(Call::Subflow) => self.scope.workflow.subflows().iter().any(may_start_over),
            Some(_) => method == CONTINUE,
        };
    }
}

/// Whether a sub-flow may end the run, itself or in a function that it hands itself to.
fn may_start_over(subflow: &Flow) -> bool {
    let (Some(flow), Some(source)) = (&subflow.flow, &subflow.source) else {
        return true;
    };
    let tokens = macros::flat(source.block.to_token_stream());
    let is = |token: Option<&TokenTree>, text: &str| token.is_some_and(|t| t.to_string() == text);
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Ident(ident) if ident == flow => !is(tokens.get(index + 1), "."),
        TokenTree::Ident(ident) => ident == CONTINUE,
        _ => false,
    })
}

impl<'a> Visit<'a> for WayOut<'a> {
    fn visit_item(&mut self, _: &'a Item) {}

    fn visit_expr_break(&mut self, expr: &'a ExprBreak) {
        self.found |= self.closed == 0
            && match &expr.label {
                None => self.depth == 0,
                Some(label) => self.is_outside(label),
            };
        visit::visit_expr_break(self, expr);
    }

    fn visit_expr_continue(&mut self, expr: &'a ExprContinue) {
        let label = expr.label.as_ref();
        let leaves = |label| self.is_outside(label) && self.own != Some(label);
        self.found |= self.closed == 0 && label.is_some_and(leaves);
    }

    fn visit_expr_return(&mut self, expr: &'a ExprReturn) {
        self.found |= self.closed == 0;
        visit::visit_expr_return(self, expr);
    }

    fn visit_expr_try(&mut self, expr: &'a ExprTry) {
        if !self.is_durable(&expr.expr) {
            self.failure();
        }
        visit::visit_expr_try(self, expr);
    }

    fn visit_expr_if(&mut self, expr: &'a ExprIf) {
        self.block_end(&expr.then_branch);
        if let Some((_, otherwise)) = &expr.else_branch {
            self.branch_end(otherwise);
        }
        visit::visit_expr_if(self, expr);
    }

    fn visit_arm(&mut self, arm: &'a Arm) {
        self.branch_end(&arm.body);
        visit::visit_arm(self, arm);
    }

    fn visit_local_init(&mut self, init: &'a LocalInit) {
        if let Some((_, otherwise)) = &init.diverge {
            self.branch_end(otherwise);
        }
        visit::visit_local_init(self, init);
    }

    fn visit_expr_loop(&mut self, expr: &'a ExprLoop) {
        self.inside(expr.label.as_ref(), 1, |inner| {
            visit::visit_expr_loop(inner, expr)
        });
    }

    fn visit_expr_while(&mut self, expr: &'a ExprWhile) {
        self.inside(expr.label.as_ref(), 1, |inner| {
            visit::visit_expr_while(inner, expr)
        });
    }

    fn visit_expr_for_loop(&mut self, expr: &'a ExprForLoop) {
        self.inside(expr.label.as_ref(), 1, |inner| {
            visit::visit_expr_for_loop(inner, expr)
        });
    }

    fn visit_expr_block(&mut self, expr: &'a ExprBlock) {
        self.inside(expr.label.as_ref(), 0, |inner| {
            visit::visit_expr_block(inner, expr)
        });
    }

    fn visit_expr_closure(&mut self, expr: &'a ExprClosure) {
        self.closed(|inner| visit::visit_expr_closure(inner, expr));
    }

    fn visit_expr_async(&mut self, expr: &'a ExprAsync) {
        self.closed(|inner| visit::visit_expr_async(inner, expr));
    }

    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        if self.scope.is_flow(&call.receiver) {
            self.call(&call.method);
            call.args.iter().for_each(|arg| self.visit_expr(arg));
        } else {
            visit::visit_expr_method_call(self, call);
        }
    }

    /// The flow itself is handed on, to what cannot be read.
    fn visit_expr_path(&mut self, expr: &'a ExprPath) {
        let name = expr.path.get_ident().filter(|_| expr.qself.is_none());
        self.found |= name.is_some_and(|name| self.scope.names_flow(name));
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        self.found |= !self.goes_on(mac);
        match macros::expressions(mac) {
            Some(list) => {
                let mut inner = WayOut {
                    labels: self.labels.clone(),
                    ..*self
                };
                list.iter().for_each(|expr| inner.visit_expr(expr));
                let (found, fails) = (inner.found, inner.fails);
                self.found |= found;
                self.fails |= fails;
            }
            None if macros::has_question(mac) => self.failure(),
            None => {}
        }
        let tokens = macros::flat(mac.tokens.clone());
        for (index, token) in tokens.iter().enumerate() {
            let TokenTree::Ident(ident) = token else {
                continue;
            };
            if ident == self.scope.flow {
                match (tokens.get(index + 1), tokens.get(index + 2)) {
                    (Some(TokenTree::Punct(dot)), Some(TokenTree::Ident(method)))
                        if dot.as_char() == '.' =>
                    {
                        self.call(method);
                    }
                    _ => self.found = true,
                }
            }
            self.found |= LEAVING.iter().any(|word| ident == word);
        }
    }
}
