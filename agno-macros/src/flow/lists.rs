//! Lists of calls that are used as lists of values: `quotes.push(flow.quote(item))`, and then `quote.price` of each.
//!
//! rustc would say that the call has no such field, where it is read.

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprClosure, ExprField, ExprForLoop, ExprMethodCall, GenericArgument, Item, Local, Macro,
    Member, Pat, PatIdent, PathArguments, Stmt, Type,
};

use super::calls::{Chain, Scope};
use super::containers::only;
use super::named::{self, is_list};
use super::shown;
use super::slips::Slips;
use super::unawaited::{is_of_std, is_same};
use super::values::named_by;
use crate::model::Step;

/// What goes through a list, item by item.
const BY_ITEM: [&str; 6] = ["iter", "into_iter", "rev", "skip", "take", "filter"];

impl Slips<'_> {
    /// A `let` gives a list of calls a name, which the statements behind it may use.
    pub(super) fn list_gets_name(&mut self, local: &Local, behind: &[Stmt]) {
        let (pat, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            other => (other, None),
        };
        let (Pat::Ident(pat), Some(init)) = (pat, &local.init) else {
            return;
        };
        if !self.waits() {
            return;
        }
        let name = &pat.ident;
        if is_list(&init.expr) {
            let mut pushed = Pushed {
                name,
                scope: self.scope,
                calls: Vec::new(),
                is_clear: true,
                closures: 0,
            };
            behind.iter().for_each(|stmt| pushed.visit_stmt(stmt));
            let Some(first) = pushed.calls.first().filter(|_| pushed.is_clear) else {
                return;
            };
            let element = ty.and_then(element);
            if element.is_some_and(|ty| self.is_output(*first, ty)) || reads_items(behind, name) {
                pushed
                    .calls
                    .iter()
                    .for_each(|call| self.not_run(*call, true, None));
            }
        } else if let Expr::MethodCall(collect) = &*init.expr
            && let Some(chain) = self.mapped(collect)
            && reads_items(behind, name)
        {
            self.in_closure(chain, chain.first.method.span());
        }
    }

    /// `items.into_iter().map(|item| flow.quote(item)).collect::<Vec<Quote>>()`; `ty` is what is written in the `let`.
    pub(super) fn collected(&mut self, ty: Option<&Type>, collect: &ExprMethodCall) {
        let Some(chain) = self.mapped(collect) else {
            return;
        };
        let written = collect.turbofish.as_ref().and_then(|turbofish| {
            turbofish.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        });
        // Each is looked at where it is read.
        if written.is_some() == ty.is_some() {
            return;
        }
        let item = written.or(ty).and_then(element);
        if item.is_some_and(|ty| self.is_output(chain, ty) || is_of_std(ty)) {
            self.in_closure(chain, chain.first.method.span());
        }
    }

    /// The call in `items.into_iter().map(|item| flow.quote(item)).collect()`.
    fn mapped<'e>(&self, collect: &'e ExprMethodCall) -> Option<Chain<'e>> {
        let Expr::MethodCall(map) = &*collect.receiver else {
            return None;
        };
        let is_map = collect.method == "collect" && map.method == "map";
        match map.args.first().filter(|_| is_map)? {
            Expr::Closure(closure) if !self.scope.is_flow(&map.receiver) => {
                self.certain(only(&closure.body))
            }
            _ => None,
        }
    }

    /// `for order in orders { flow.check(order).await?; }`, where `orders` is the `Result` of a list: what it goes through is
    /// the list, once.
    pub(super) fn goes_through_result(&mut self, expr: &ExprForLoop) {
        let list = match &*expr.expr {
            Expr::Reference(reference) => &*reference.expr,
            other => other,
        };
        let (Some(called), Pat::Ident(item)) = (self.calls.result(list), &*expr.pat) else {
            return;
        };
        let step = self.scope.workflow.step(&called.method);
        let Some(item_type) = step.and_then(|step| element(&step.method.output.value)) else {
            return;
        };
        let (item, body) = (&item.ident, &expr.body.stmts);
        if handed(item, item_type, self.scope, body) || reads(body, item).is_some() {
            self.used_by_name(list, true, true);
        }
    }
}

/// The `T` of a `Vec<T>`.
fn element(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Vec")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// What is pushed to a list.
struct Pushed<'n, 'a, 'e> {
    name: &'n Ident,
    scope: Scope<'a>,
    calls: Vec<Chain<'e>>,
    /// Whether each is a call, and none in a closure.
    is_clear: bool,
    closures: usize,
}

impl<'e> Visit<'e> for Pushed<'_, '_, 'e> {
    fn visit_item(&mut self, _: &'e Item) {}

    fn visit_pat_ident(&mut self, pat: &'e PatIdent) {
        self.is_clear &= pat.ident != *self.name;
    }

    fn visit_macro(&mut self, mac: &'e Macro) {
        self.is_clear &= !shown::may_bind(mac, self.name);
    }

    fn visit_expr_closure(&mut self, closure: &'e ExprClosure) {
        self.closures += 1;
        visit::visit_expr_closure(self, closure);
        self.closures -= 1;
    }

    fn visit_expr_method_call(&mut self, call: &'e ExprMethodCall) {
        if named_by(&call.receiver) == Some(self.name)
            && (call.method == "push" || call.method == "extend")
        {
            let value = call.args.first().filter(|_| call.method == "push");
            let chain = value.and_then(|value| self.scope.durable(value));
            match chain.filter(|chain| chain.known && self.closures == 0) {
                Some(chain) => self.calls.push(chain),
                None => self.is_clear = false,
            }
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// Whether a field is read of what goes by this name, before something else gets it.
pub(super) fn reads(stmts: &[Stmt], name: &Ident) -> Option<String> {
    let mut fields = Fields {
        name,
        found: None,
        is_hidden: false,
    };
    stmts.iter().for_each(|stmt| fields.visit_stmt(stmt));
    fields.found.filter(|_| !fields.is_hidden)
}

struct Fields<'n> {
    name: &'n Ident,
    found: Option<String>,
    is_hidden: bool,
}

impl<'e> Visit<'e> for Fields<'_> {
    fn visit_item(&mut self, _: &'e Item) {}

    fn visit_pat_ident(&mut self, pat: &'e PatIdent) {
        self.is_hidden |= pat.ident == *self.name;
    }

    fn visit_macro(&mut self, mac: &'e Macro) {
        self.is_hidden |= shown::may_bind(mac, self.name);
    }

    fn visit_expr_field(&mut self, expr: &'e ExprField) {
        if let Member::Named(member) = &expr.member
            && named_by(&expr.base) == Some(self.name)
        {
            self.found.get_or_insert_with(|| member.to_string());
        }
        visit::visit_expr_field(self, expr);
    }
}

/// Whether a field is read of an item of this list.
fn reads_items(stmts: &[Stmt], list: &Ident) -> bool {
    let mut items = Items {
        list,
        found: false,
        is_hidden: false,
    };
    stmts.iter().for_each(|stmt| items.visit_stmt(stmt));
    items.found && !items.is_hidden
}

struct Items<'n> {
    list: &'n Ident,
    found: bool,
    is_hidden: bool,
}

impl Items<'_> {
    /// `quotes`, `&quotes`, `quotes.iter()`
    fn is_list(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Reference(reference) => self.is_list(&reference.expr),
            Expr::MethodCall(call) => {
                BY_ITEM.iter().any(|name| call.method == name) && self.is_list(&call.receiver)
            }
            other => named_by(other) == Some(self.list),
        }
    }
}

impl<'e> Visit<'e> for Items<'_> {
    fn visit_item(&mut self, _: &'e Item) {}

    fn visit_pat_ident(&mut self, pat: &'e PatIdent) {
        self.is_hidden |= pat.ident == *self.list;
    }

    fn visit_macro(&mut self, mac: &'e Macro) {
        self.is_hidden |= shown::may_bind(mac, self.list);
    }

    fn visit_expr_for_loop(&mut self, expr: &'e ExprForLoop) {
        if let Some(item) = bound(&expr.pat).filter(|_| self.is_list(&expr.expr)) {
            self.found |= reads(&expr.body.stmts, item).is_some();
        }
        visit::visit_expr_for_loop(self, expr);
    }

    fn visit_expr_method_call(&mut self, call: &'e ExprMethodCall) {
        if let Some(Expr::Closure(closure)) = call.args.first()
            && matches!(&*call.receiver, Expr::MethodCall(_))
            && self.is_list(&call.receiver)
            && let Some(item) = closure.inputs.first().and_then(bound)
        {
            let body = Stmt::Expr((*closure.body).clone(), None);
            self.found |= reads(&[body], item).is_some();
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_field(&mut self, expr: &'e ExprField) {
        if let (Expr::Index(index), Member::Named(_)) = (&*expr.base, &expr.member) {
            self.found |= named_by(&index.expr) == Some(self.list);
        }
        visit::visit_expr_field(self, expr);
    }
}

/// `quote`, `&quote`
pub(super) fn bound(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(pat) => Some(&pat.ident),
        Pat::Reference(pat) => bound(&pat.pat),
        _ => None,
    }
}

/// Whether an item is handed to a step that takes such a type.
pub(super) fn handed(item: &Ident, ty: &Type, scope: Scope<'_>, body: &[Stmt]) -> bool {
    let mut handed = Handed {
        item,
        ty,
        scope,
        found: false,
        is_hidden: false,
    };
    body.iter().for_each(|stmt| handed.visit_stmt(stmt));
    handed.found && !handed.is_hidden
}

struct Handed<'n, 'a> {
    item: &'n Ident,
    ty: &'n Type,
    scope: Scope<'a>,
    found: bool,
    is_hidden: bool,
}

impl Handed<'_, '_> {
    fn is_taken(&self, step: &Step, call: &ExprMethodCall) -> bool {
        let mut inputs = step.method.inputs().zip(&call.args);
        inputs.any(|(param, value)| {
            named_by(named::copied(value)) == Some(self.item) && is_same(&param.ty, self.ty)
        })
    }
}

impl<'e> Visit<'e> for Handed<'_, '_> {
    fn visit_item(&mut self, _: &'e Item) {}

    fn visit_pat_ident(&mut self, pat: &'e PatIdent) {
        self.is_hidden |= pat.ident == *self.item;
    }

    fn visit_expr_method_call(&mut self, call: &'e ExprMethodCall) {
        if self.scope.is_flow(&call.receiver)
            && let Some(step) = self.scope.workflow.step(&call.method)
        {
            self.found |= self.is_taken(step, call);
        }
        visit::visit_expr_method_call(self, call);
    }
}
