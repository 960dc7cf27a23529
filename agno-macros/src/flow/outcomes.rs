//! The answers of `flow.map(hosts, |host| flow.probe(host).settle())`, each of them a `Result`, used as what the step answers.
//!
//! rustc would advise `.expect("REASON")`, which ends the run with a panic.

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{Expr, ExprForLoop, ExprMethodCall, Item, Local, Macro, Pat, PatIdent, Stmt, Type};

use super::calls::{Call, Scope};
use super::containers::only;
use super::lists::{bound, handed, reads};
use super::mend::Fix;
use super::named;
use super::settled::is_settled;
use super::shown;
use super::slips::Slips;
use super::values::named_by;

/// What hands out the items of a list as they are.
const AS_THEY_ARE: [&str; 4] = ["iter", "into_iter", "clone", "cloned"];

impl Slips<'_> {
    /// `let answers = flow.map(..).await?;`, and the statements behind it.
    pub(super) fn outcomes_get_name(&mut self, local: &Local, behind: &[Stmt]) {
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        let (Pat::Ident(pat), Some(init)) = (pat, &local.init) else {
            return;
        };
        let Some(answer) = self.answer_of_each(&init.expr) else {
            return;
        };
        let mut uses = Uses {
            list: &pat.ident,
            answer,
            scope: self.scope,
            found: Vec::new(),
            is_hidden: false,
        };
        behind.iter().for_each(|stmt| uses.visit_stmt(stmt));
        let Some(place) = uses.found.first().filter(|_| !uses.is_hidden) else {
            return;
        };
        let list = &pat.ident;
        let message = format!(
            "each of `{list}` is a `Result`, since its call was settled; write `{list}.into_iter().flatten()` for those that have not failed, or `match` each"
        );
        self.diag.at(place.span(), message);
        self.change(place.span(), Fix::Nothing);
    }

    /// What the step answers in `flow.map(items, |item| flow.step(item).settle()).await?`.
    fn answer_of_each(&self, expr: &Expr) -> Option<&Type> {
        let Expr::Try(tried) = expr else {
            return None;
        };
        let Expr::Await(waited) = &*tried.expr else {
            return None;
        };
        let map = self.certain(&waited.base)?;
        if map.call != Call::Map || is_settled(&waited.base) {
            return None;
        }
        let Some(Expr::Closure(closure)) = map.first.args.iter().nth(1) else {
            return None;
        };
        let each = only(&closure.body);
        let chain = self.certain(each).filter(|_| is_settled(each))?;
        let step = self.scope.workflow.step(&chain.first.method)?;
        Some(&step.method.output.value)
    }
}

struct Uses<'n> {
    list: &'n Ident,
    answer: &'n Type,
    scope: Scope<'n>,
    /// The list, where its items are taken for answers.
    found: Vec<Ident>,
    is_hidden: bool,
}

impl Uses<'_> {
    fn is_list(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Reference(reference) => self.is_list(&reference.expr),
            Expr::MethodCall(call) => {
                AS_THEY_ARE.iter().any(|name| call.method == name) && self.is_list(&call.receiver)
            }
            other => named_by(named::copied(other)) == Some(self.list),
        }
    }

    /// Items of `list` as `item` in `body`.
    fn items(&mut self, list: &Expr, item: Option<&Ident>, body: &[Stmt]) {
        if let (true, Some(item)) = (self.is_list(list), item)
            && (handed(item, self.answer, self.scope, body) || reads(body, item).is_some())
        {
            let mut names = Names(self.list, None);
            names.visit_expr(list);
            self.found.extend(names.1.cloned());
        }
    }
}

/// Where a name stands in an expression.
struct Names<'n, 'e>(&'n Ident, Option<&'e Ident>);

impl<'e> Visit<'e> for Names<'_, 'e> {
    fn visit_ident(&mut self, ident: &'e Ident) {
        if ident == self.0 {
            self.1 = Some(ident);
        }
    }
}

impl<'e> Visit<'e> for Uses<'_> {
    fn visit_item(&mut self, _: &'e Item) {}

    fn visit_pat_ident(&mut self, pat: &'e PatIdent) {
        self.is_hidden |= pat.ident == *self.list;
    }

    fn visit_macro(&mut self, mac: &'e Macro) {
        self.is_hidden |= shown::may_bind(mac, self.list);
    }

    fn visit_expr_for_loop(&mut self, expr: &'e ExprForLoop) {
        self.items(&expr.expr, bound(&expr.pat), &expr.body.stmts);
        visit::visit_expr_for_loop(self, expr);
    }

    fn visit_expr_method_call(&mut self, call: &'e ExprMethodCall) {
        let is_map = call.method == "map" && self.scope.is_flow(&call.receiver);
        if let (true, [list, Expr::Closure(closure)]) =
            (is_map, &*call.args.iter().collect::<Vec<_>>())
        {
            let body = [Stmt::Expr((*closure.body).clone(), None)];
            self.items(list, closure.inputs.first().and_then(bound), &body);
        }
        visit::visit_expr_method_call(self, call);
    }
}
