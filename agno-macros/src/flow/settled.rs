//! `flow.search(..).settle().await` without `?`: a `Result` in a `Result`, whose `Ok` a failed step is as well.
//!
//! It compiles and takes the wrong way, so what is done with it decides. Who looks into the inner one is right.

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAsync, ExprAwait, ExprClosure, ExprField, ExprIf, ExprIndex, ExprMatch,
    ExprMethodCall, ExprWhile, Ident, Item, Lit, Local, Macro, Pat, PatIdent, Stmt,
};

use super::calls::{Chain, Scope};
use super::macros;
use super::mend::{Change, Fix};
use super::own::Own;
use super::values::named_by;
use crate::diag::Diagnostics;

/// Methods of a `Result` that ask which of the two it is, or take its value.
const ASKED: [&str; 7] = [
    "is_err",
    "is_ok",
    "ok",
    "err",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
];

/// Methods that go on with an `Option<Result<..>>`, mostly by looking into it.
const LOOKS_ON: [&str; 9] = [
    "and_then",
    "transpose",
    "map",
    "map_or",
    "map_or_else",
    "is_some_and",
    "is_none_or",
    "filter",
    "into_iter",
];

/// Methods of values that no `Result` has.
const OF_NO_RESULT: [&str; 15] = [
    "len",
    "is_empty",
    "first",
    "last",
    "get",
    "contains",
    "join",
    "concat",
    "push",
    "push_str",
    "to_string",
    "as_str",
    "trim",
    "lines",
    "is_some",
];

/// Reports each in a flow's body.
pub(super) fn check(scope: Scope<'_>, block: &Block, own: &Own, diag: &Diagnostics) -> Vec<Change> {
    if own.shadows_flow {
        return Vec::new();
    }
    let mut reader = Reader {
        scope,
        diag,
        changes: Vec::new(),
        looked_into: Vec::new(),
    };
    reader.visit_block(block);
    reader.changes
}

struct Reader<'a, 'e> {
    scope: Scope<'a>,
    diag: &'a Diagnostics,
    changes: Vec<Change>,
    /// Outcomes that a longer chain of methods is right about.
    looked_into: Vec<&'e ExprAwait>,
}

/// What the `Ok` of a pattern binds.
enum Bound<'e> {
    Nothing,
    Name(&'e Ident),
    /// The outcome is looked into, or given a name as a whole.
    Inner,
}

impl<'e> Reader<'_, 'e> {
    /// `flow.search(..).settle().await`
    fn outcome(&self, expr: &'e Expr) -> Option<(Chain<'e>, &'e ExprAwait)> {
        let Expr::Await(waited) = plain(expr) else {
            return None;
        };
        let chain = self.scope.durable(&waited.base)?;
        (chain.known && is_settled(&waited.base)).then_some((chain, waited))
    }

    fn report(&mut self, chain: Chain<'_>, waited: &ExprAwait) {
        let (flow, method) = (self.scope.flow, &chain.first.method);
        let message = format!(
            "`{flow}.{method}(..).settle().await` is a `Result` in a `Result`; write `.settle().await?`"
        );
        self.diag.over(waited.await_token, message);
        let (at, links) = (method.span().start(), chain.links);
        let fix = Fix::Tried { links };
        self.changes.push(Change { at, fix });
    }

    /// `if let Ok(..) = ..`: the value, its pattern and where its names hold.
    fn taken_apart(&mut self, cond: &'e Expr, body: &Block) {
        let Expr::Let(found) = plain(cond) else {
            return;
        };
        let Some((chain, waited)) = self.outcome(&found.expr) else {
            return;
        };
        let is_wrong = match bound(&found.pat) {
            Bound::Nothing => true,
            Bound::Name(name) => Uses::of(name, |uses| uses.visit_block(body)).are_of_value(),
            Bound::Inner => false,
        };
        if is_wrong {
            self.report(chain, waited);
        }
    }

    fn is_wrong_match(found: &ExprMatch) -> bool {
        // Handed on, it may well be the `Result` that is wanted: rustc says so where it is not.
        found.arms.iter().all(|arm| match bound(&arm.pat) {
            Bound::Nothing => true,
            Bound::Name(name) => Uses::of(name, |uses| uses.visit_expr(&arm.body)).are_of_value(),
            Bound::Inner => false,
        })
    }
}

impl<'e> Visit<'e> for Reader<'_, 'e> {
    fn visit_item(&mut self, _: &'e Item) {}

    // The `?` of these is another's.
    fn visit_expr_closure(&mut self, _: &'e ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'e ExprAsync) {}

    fn visit_block(&mut self, block: &'e Block) {
        for (place, stmt) in block.stmts.iter().enumerate() {
            if let Stmt::Local(local) = stmt {
                self.let_else(local, &block.stmts[place + 1..]);
            }
            self.visit_stmt(stmt);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'e ExprMethodCall) {
        let name = call.method.to_string();
        if let Expr::MethodCall(inner) = plain(&call.receiver)
            && LOOKS_ON.contains(&name.as_str())
            && let Some((_, waited)) = self.outcome(&inner.receiver)
        {
            self.looked_into.push(waited);
        }
        if ASKED.contains(&name.as_str())
            && let Some((chain, waited)) = self.outcome(&call.receiver)
            && !call.args.iter().any(makes_result)
            && !self
                .looked_into
                .iter()
                .any(|known| std::ptr::eq(*known, waited))
        {
            self.report(chain, waited);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_if(&mut self, expr: &'e ExprIf) {
        self.taken_apart(&expr.cond, &expr.then_branch);
        visit::visit_expr_if(self, expr);
    }

    fn visit_expr_while(&mut self, expr: &'e ExprWhile) {
        self.taken_apart(&expr.cond, &expr.body);
        visit::visit_expr_while(self, expr);
    }

    fn visit_expr_match(&mut self, expr: &'e ExprMatch) {
        if let Some((chain, waited)) = self.outcome(&expr.expr)
            && Self::is_wrong_match(expr)
        {
            self.report(chain, waited);
        }
        visit::visit_expr_match(self, expr);
    }
}

impl<'e> Reader<'_, 'e> {
    /// `let Ok(found) = .. else { .. };`, whose names hold in what stands `behind`.
    fn let_else(&mut self, local: &'e Local, behind: &[Stmt]) {
        let Some(init) = local.init.as_ref().filter(|init| init.diverge.is_some()) else {
            return;
        };
        let Some((chain, waited)) = self.outcome(&init.expr) else {
            return;
        };
        let is_wrong = match bound(&local.pat) {
            Bound::Nothing => true,
            Bound::Name(name) => {
                let read =
                    |uses: &mut Uses<'_>| behind.iter().for_each(|stmt| uses.visit_stmt(stmt));
                Uses::of(name, read).are_of_value()
            }
            Bound::Inner => false,
        };
        if is_wrong {
            self.report(chain, waited);
        }
    }
}

fn plain(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) => plain(&paren.expr),
        Expr::Group(group) => plain(&group.expr),
        other => other,
    }
}

/// Whether `.settle()` is one of its methods.
pub(super) fn is_settled(expr: &Expr) -> bool {
    match plain(expr) {
        Expr::MethodCall(call) => call.method == "settle" || is_settled(&call.receiver),
        _ => false,
    }
}

/// `Err`, `|_| Ok(..)`: what takes the place of the outer one is a `Result`.
fn makes_result(expr: &Expr) -> bool {
    let tokens = macros::flat(expr.to_token_stream());
    // A path or a name may answer one, too.
    let is_name = !matches!(expr, Expr::Closure(_) | Expr::Lit(_) | Expr::Macro(_));
    let is_result = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "Ok" || ident == "Err");
    is_name || tokens.iter().any(is_result)
}

/// `Ok(..)`, `Result::Ok(..)`
fn variant<'e>(pat: &'e Pat, name: &str) -> Option<&'e Pat> {
    match pat {
        Pat::TupleStruct(found) => {
            let is_it = found
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == name);
            found.elems.first().filter(|_| is_it)
        }
        Pat::Paren(paren) => variant(&paren.pat, name),
        _ => None,
    }
}

fn is_variant(pat: &Pat, name: &str) -> bool {
    variant(pat, name).is_some()
}

fn bound(pat: &Pat) -> Bound<'_> {
    if is_variant(pat, "Err") || matches!(pat, Pat::Wild(_)) {
        return Bound::Nothing;
    }
    match variant(pat, "Ok") {
        Some(Pat::Wild(_) | Pat::Rest(_)) => Bound::Nothing,
        // A constant would be written like this, and is none of a `Result`.
        Some(Pat::Ident(name)) if name.subpat.is_none() => Bound::Name(&name.ident),
        _ => Bound::Inner,
    }
}

/// What a name is used for.
struct Uses<'n> {
    name: &'n Ident,
    /// As a `Result`, or it cannot be told.
    right: bool,
    /// As what no `Result` is.
    wrong: bool,
    handed_on: bool,
}

impl<'n> Uses<'n> {
    fn of(name: &'n Ident, read: impl FnOnce(&mut Self)) -> Self {
        let mut uses = Self {
            name,
            right: false,
            wrong: false,
            handed_on: false,
        };
        read(&mut uses);
        uses
    }

    /// Never as a `Result`: not at all, or as what its `Ok` holds.
    fn are_of_value(&self) -> bool {
        !self.right && (self.wrong || !self.handed_on)
    }

    fn is_it(&self, expr: &Expr) -> bool {
        match plain(expr) {
            Expr::Reference(reference) => self.is_it(&reference.expr),
            other => named_by(other) == Some(self.name),
        }
    }

    /// `"{name}"`, which no `Result` can be; `"{name:?}"` may be meant.
    fn text(&mut self, text: &str) {
        let name = self.name.to_string();
        self.wrong |= text.contains(&format!("{{{name}}}"));
        self.right |= text.contains(&format!("{{{name}:"));
    }
}

impl<'e> Visit<'e> for Uses<'_> {
    fn visit_expr(&mut self, expr: &'e Expr) {
        match expr {
            Expr::Match(found) => self.right |= self.is_it(&found.expr),
            Expr::Let(found) => self.right |= self.is_it(&found.expr),
            Expr::Try(tried) => self.right |= self.is_it(&tried.expr),
            other => self.handed_on |= named_by(other) == Some(self.name),
        }
        visit::visit_expr(self, expr);
    }

    fn visit_local(&mut self, local: &'e Local) {
        // Under another name it is followed no further.
        let init = local.init.as_ref();
        self.right |= init.is_some_and(|init| self.is_it(&init.expr));
        visit::visit_local(self, local);
    }

    fn visit_expr_method_call(&mut self, call: &'e ExprMethodCall) {
        if self.is_it(&call.receiver) {
            match OF_NO_RESULT.iter().any(|name| call.method == name) {
                true => self.wrong = true,
                false => self.right = true,
            }
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_field(&mut self, field: &'e ExprField) {
        self.wrong |= self.is_it(&field.base);
        visit::visit_expr_field(self, field);
    }

    fn visit_expr_index(&mut self, index: &'e ExprIndex) {
        self.wrong |= self.is_it(&index.expr);
        visit::visit_expr_index(self, index);
    }

    fn visit_pat_ident(&mut self, pat: &'e PatIdent) {
        self.right |= pat.ident == *self.name;
    }

    fn visit_macro(&mut self, mac: &'e Macro) {
        let tokens = macros::flat(mac.tokens.clone());
        let names =
            |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == self.name);
        let is_named = tokens.iter().any(names);
        for token in &tokens {
            if let TokenTree::Literal(literal) = token
                && let Lit::Str(text) = Lit::new(literal.clone())
            {
                self.text(&text.value());
            }
        }
        match macros::expressions(mac).filter(|_| macros::name(mac) != "matches") {
            Some(list) => list.iter().for_each(|expr| Visit::visit_expr(self, expr)),
            None => self.right |= is_named,
        }
    }
}
