//! Expressions that are certainly values: no call that waits to be awaited, and no `Result` of one.
//!
//! Where a call meets such a value, in the other branch of an `if` or to the left of `=`, rustc would only say that the
//! types differ.

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{Expr, ExprAssign, Item, Local, Macro, Pat, PatIdent, UnOp};

use super::macros;
use super::named;
use super::results;
use super::shown;
use super::slips::{Inside, Slips};
use super::unawaited::{is_name_of_std, is_of_std};

/// Methods that every reader knows the answer of.
const OF_VALUES: [&str; 10] = [
    "len",
    "is_empty",
    "to_string",
    "to_uppercase",
    "to_lowercase",
    "trim",
    "concat",
    "join",
    "contains",
    "as_str",
];

/// How many names in a row are followed.
const MOST_NAMES: usize = 4;

/// What it is certainly not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Not {
    Call,
    /// Nor a `Result`, as a parameter or what a step answers may be.
    Result,
}

impl Slips<'_> {
    /// Whether it is no call, whatever the types are.
    fn is_value(&self, expr: &Expr) -> bool {
        self.is_no(Not::Call, expr, MOST_NAMES)
    }

    /// Whether it is neither a call nor a `Result`.
    pub(super) fn is_plain(&self, expr: &Expr) -> bool {
        self.is_no(Not::Result, expr, MOST_NAMES)
    }

    fn is_no(&self, what: Not, expr: &Expr, names: usize) -> bool {
        match expr {
            Expr::Paren(paren) => self.is_no(what, &paren.expr, names),
            Expr::Group(group) => self.is_no(what, &group.expr, names),
            Expr::Unary(unary) if !matches!(unary.op, UnOp::Deref(_)) => {
                self.is_no(what, &unary.expr, names)
            }
            Expr::Binary(_) => what == Not::Call,
            Expr::Lit(_)
            | Expr::Cast(_)
            | Expr::Struct(_)
            | Expr::Array(_)
            | Expr::Repeat(_)
            | Expr::Range(_) => true,
            Expr::Macro(mac) => {
                let name = macros::name(&mac.mac);
                (name == "format" || name == "vec") && !self.own.is_macro(&mac.mac)
            }
            // The value of a call that was awaited.
            Expr::Try(tried) => match &*tried.expr {
                Expr::Await(waited) => what == Not::Call && self.certain(&waited.base).is_some(),
                _ => false,
            },
            // Only a call tells; a method of the user's may answer a `Result`.
            Expr::MethodCall(call) => {
                what == Not::Call
                    && !self.scope.is_flow(&call.receiver)
                    && OF_VALUES.iter().any(|name| call.method == name)
            }
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) => {
                    let segments: Vec<&Ident> =
                        path.path.segments.iter().map(|it| &it.ident).collect();
                    // A trait of the user's may have another function, which answers a `Result`.
                    let makes = |name: &Ident| what == Not::Call || name == "new" || name == "from";
                    matches!(*segments, [of, name] if is_name_of_std(of) && makes(name))
                }
                _ => false,
            },
            Expr::Path(path) => {
                let name = path.path.get_ident();
                names > 0 && name.is_some_and(|name| self.names_no(what, name, names - 1))
            }
            _ => false,
        }
    }

    /// A parameter, which is stored and so no call; or what a value is bound to, and nothing else.
    fn names_no(&self, what: Not, name: &Ident, names: usize) -> bool {
        let mut bound = Bound {
            name,
            count: 0,
            only: None,
        };
        bound.visit_block(self.body);
        let mut params = self.method.params.iter();
        match (bound.count, bound.only) {
            (0, _) => params.any(|param| {
                let is_it = param.ident.as_ref() == Some(name);
                is_it && (what == Not::Call || is_of_std(&param.ty))
            }),
            (1, Some(Init::Typed)) => true,
            (1, Some(Init::To(value))) => self.is_no(what, value, names),
            _ => false,
        }
    }

    /// `if long { flow.shorten(text) } else { text }`
    pub(super) fn branches(&mut self, whole: &Expr) {
        let is_choice = match whole {
            Expr::If(choice) => choice.else_branch.is_some(),
            other => matches!(other, Expr::Match(_)),
        };
        if !is_choice || !self.waits() {
            return;
        }
        let mut found = Vec::new();
        results::of_expr(whole, &mut found);
        if found.iter().all(|expr| self.certain(expr).is_none()) {
            return;
        }
        if found.iter().any(|expr| self.is_value(expr)) {
            found.iter().for_each(|expr| self.is_met(expr));
        }
    }

    /// `best = flow.cheaper(best, next);`
    pub(super) fn assigned(&mut self, expr: &ExprAssign) {
        let Some(chain) = self.certain(&expr.right).filter(|_| self.waits()) else {
            return;
        };
        // What is handed to a call is stored, and so is no call.
        let is_input = named_by(&expr.left).is_some_and(|name| {
            let mut inputs = chain.first.args.iter().map(named::copied);
            inputs.any(|input| named_by(input) == Some(name))
        });
        if is_input && self.scope.is_ours(&chain.first.method) || self.is_value(&expr.left) {
            self.is_met(&expr.right);
        }
    }

    /// A call where a value is wanted, which may have been reported for what else it is.
    fn is_met(&mut self, expr: &Expr) {
        let is_answer = self.is_answer(expr);
        let Some(chain) = self.certain(expr).filter(|_| !is_answer) else {
            return;
        };
        let at = chain.first.method.span().start();
        if self.changes.iter().all(|change| change.at != at) {
            self.not_run(chain, true, None);
        }
    }

    /// Whether a call can be awaited at the place being read.
    pub(super) fn waits(&self) -> bool {
        matches!(self.inside, Inside::Flow | Inside::Async)
    }
}

pub(super) fn named_by(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

/// What a name is bound to.
enum Init<'a> {
    /// By its type that of a value.
    Typed,
    To(&'a Expr),
}

/// Every place of a body that binds a name.
struct Bound<'n, 'a> {
    name: &'n Ident,
    count: usize,
    only: Option<Init<'a>>,
}

impl<'a> Visit<'a> for Bound<'_, 'a> {
    fn visit_item(&mut self, _: &'a Item) {}

    fn visit_macro(&mut self, mac: &'a Macro) {
        if shown::may_bind(mac, self.name) {
            self.count += 2;
        }
    }

    fn visit_pat_ident(&mut self, pat: &'a PatIdent) {
        self.count += usize::from(pat.ident == *self.name);
        visit::visit_pat_ident(self, pat);
    }

    fn visit_local(&mut self, local: &'a Local) {
        let (pat, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            other => (other, None),
        };
        if matches!(pat, Pat::Ident(pat) if pat.ident == *self.name && pat.by_ref.is_none()) {
            self.only = match ty.filter(|ty| is_of_std(ty)) {
                Some(_) => Some(Init::Typed),
                None => local.init.as_ref().map(|init| Init::To(&init.expr)),
            };
        }
        visit::visit_local(self, local);
    }
}
