//! Calls in the order of a `HashMap`, which is another one in each process: a replay would ask for them in that one.
//!
//! Names are judged by what is written: its type, or how it is made.

use std::cell::OnceCell;

use proc_macro2::{Ident, LineColumn, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprForLoop, ExprMethodCall, GenericArgument, Item, Local, Macro, Pat, PatIdent,
    Path, PathArguments, Type,
};

use super::calls::{Call, Scope};
use super::hazards::{self, Hazard};
use super::lint::Lint;
use super::macros;
use super::own::Own;
use super::shown;
use crate::model::Method;

/// Methods that go through a map or a set.
const GOES_THROUGH: [&str; 9] = [
    "iter",
    "iter_mut",
    "into_iter",
    "keys",
    "into_keys",
    "values",
    "values_mut",
    "into_values",
    "drain",
];

/// Methods of what goes through it that keep its order.
const KEEPS_ORDER: [&str; 11] = [
    "cloned",
    "copied",
    "filter",
    "filter_map",
    "map",
    "flatten",
    "flat_map",
    "enumerate",
    "inspect",
    "take",
    "skip",
];

const MAKERS: [&str; 4] = ["new", "from", "with_capacity", "default"];

/// The names of a body, and which of them are certainly a map or a set by hashes. They are read when somebody asks: few
/// flows go through anything.
pub(super) struct Hashed<'a> {
    block: &'a Block,
    method: &'a Method,
    scope: Scope<'a>,
    own: &'a Own,
    bound: OnceCell<Vec<Bound>>,
}

struct Bound {
    name: Ident,
    /// Nothing when it is something else.
    hazard: Option<&'static Hazard>,
    /// Behind which place it holds.
    from: LineColumn,
    /// The end of the block that it is bound in.
    to: LineColumn,
}

impl<'a> Hashed<'a> {
    pub(super) fn new(
        block: &'a Block,
        method: &'a Method,
        scope: Scope<'a>,
        own: &'a Own,
    ) -> Self {
        Self {
            block,
            method,
            scope,
            own,
            bound: OnceCell::new(),
        }
    }

    fn read(&self) -> Vec<Bound> {
        let braces = self.block.brace_token.span;
        let to = braces.close().end();
        let mut names = Names {
            block: self.block,
            scope: self.scope,
            own: self.own,
            to,
            bound: Vec::new(),
        };
        for param in &self.method.params {
            if let Some(name) = &param.ident {
                names.bound.push(Bound {
                    name: name.clone(),
                    hazard: of_type(&param.ty, self.own),
                    from: braces.open().start(),
                    to,
                });
            }
        }
        names.visit_block(self.block);
        names.bound
    }

    fn of(&self, expr: &Expr) -> Option<&'static Hazard> {
        let Expr::Path(path) = expr else {
            return None;
        };
        let name = path.path.get_ident()?;
        found(self.bound.get_or_init(|| self.read()), name)
    }
}

/// What a name is where it stands.
fn found(bound: &[Bound], name: &Ident) -> Option<&'static Hazard> {
    let place = name.span().start();
    let holds = |bound: &&Bound| bound.name == *name && bound.from <= place && place < bound.to;
    let last = bound.iter().filter(holds).max_by_key(|bound| bound.from)?;
    last.hazard
}

struct Names<'a> {
    block: &'a Block,
    scope: Scope<'a>,
    own: &'a Own,
    to: LineColumn,
    bound: Vec<Bound>,
}

impl Names<'_> {
    fn bind(&mut self, name: Ident, hazard: Option<&'static Hazard>, from: LineColumn) {
        let to = self.to;
        self.bound.push(Bound {
            name,
            hazard,
            from,
            to,
        });
    }

    /// `counts.into_iter().map(..).collect()`, as a list that keeps the order.
    fn listed(&self, name: &Ident, ty: Option<&Type>, expr: &Expr) -> Option<&'static Hazard> {
        let Expr::MethodCall(call) = expr else {
            return None;
        };
        let turbofish = call.turbofish.as_ref().and_then(|found| found.args.first());
        let ty = ty.or(match turbofish {
            Some(GenericArgument::Type(ty)) => Some(ty),
            _ => None,
        });
        if call.method != "collect" || !ty.is_some_and(is_list) {
            return None;
        }
        let mut source = &*call.receiver;
        while let Expr::MethodCall(call) = source {
            let named = |list: &[&str]| list.iter().any(|name| call.method == name);
            if !named(&GOES_THROUGH) && !named(&KEEPS_ORDER) {
                return None;
            }
            source = &call.receiver;
        }
        let Expr::Path(path) = source else {
            return None;
        };
        let hazard = found(&self.bound, path.path.get_ident()?)?;
        (!is_changed(self.block, name)).then_some(hazard)
    }
}

/// `Vec<..>`, `VecDeque<..>`
fn is_list(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "Vec" || last.ident == "VecDeque")
}

/// `lines.sort()`, `sort(&mut lines)`: it may have an order then.
fn is_changed(block: &Block, name: &Ident) -> bool {
    let tokens = macros::flat(block.to_token_stream());
    tokens.windows(3).any(|three| match three {
        [
            TokenTree::Ident(list),
            TokenTree::Punct(dot),
            TokenTree::Ident(method),
        ] => list == name && dot.as_char() == '.' && method.to_string().starts_with("sort"),
        [
            TokenTree::Punct(and),
            TokenTree::Ident(changed),
            TokenTree::Ident(list),
        ] => and.as_char() == '&' && changed == "mut" && list == name,
        _ => false,
    })
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item(&mut self, _: &'ast Item) {}

    // One of the user's may give a name to something else.
    fn visit_macro(&mut self, mac: &'ast Macro) {
        for token in macros::flat(mac.tokens.clone()) {
            if let TokenTree::Ident(name) = token
                && shown::may_bind(mac, &name)
            {
                let from = mac.path.span().start();
                self.bind(name, None, from);
            }
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let end = block.brace_token.span.close().end();
        let before = std::mem::replace(&mut self.to, end);
        visit::visit_block(self, block);
        self.to = before;
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.bind(pat.ident.clone(), None, pat.ident.span().start());
        visit::visit_pat_ident(self, pat);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let (pat, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            other => (other, None),
        };
        let Pat::Ident(name) = pat else {
            return visit::visit_local(self, local);
        };
        let made = || made(&local.init.as_ref()?.expr, self.scope, self.own);
        let hazard = ty.map_or_else(made, |ty| of_type(ty, self.own));
        let listed = || self.listed(&name.ident, ty, &local.init.as_ref()?.expr);
        let hazard = hazard.or_else(listed);
        if let Some(init) = &local.init {
            self.visit_local_init(init);
        }
        // What it is made of may have the same name.
        let from = local.semi_token.span.start();
        self.bind(name.ident.clone(), hazard, from);
    }
}

/// `HashMap::new()`, `.collect::<HashMap<_, _>>()`, `flow.group(orders).await?`
fn made(expr: &Expr, scope: Scope<'_>, own: &Own) -> Option<&'static Hazard> {
    match expr {
        Expr::Call(call) => {
            let Expr::Path(func) = &*call.func else {
                return None;
            };
            let made = func.path.segments.last()?;
            MAKERS.iter().find(|maker| made.ident == **maker)?;
            let mut path = func.path.clone();
            path.segments.pop();
            path.segments.pop_punct();
            of_path(&path, own)
        }
        Expr::MethodCall(call) if call.method == "collect" => {
            match call.turbofish.as_ref()?.args.first()? {
                GenericArgument::Type(ty) => of_type(ty, own),
                _ => None,
            }
        }
        other => answered(other, scope, own),
    }
}

/// What a step answers.
fn answered(expr: &Expr, scope: Scope<'_>, own: &Own) -> Option<&'static Hazard> {
    let Expr::Try(tried) = expr else {
        return None;
    };
    let Expr::Await(waited) = &*tried.expr else {
        return None;
    };
    let chain = scope.durable(&waited.base).filter(|chain| chain.known)?;
    let is_settled = chain.links > 1;
    let step = scope.workflow.step(&chain.first.method)?;
    of_type(&step.method.output.value, own).filter(|_| !is_settled)
}

fn of_type(ty: &Type, own: &Own) -> Option<&'static Hazard> {
    match ty {
        Type::Path(path) if path.qself.is_none() => of_path(&path.path, own),
        Type::Reference(reference) => of_type(&reference.elem, own),
        Type::Group(group) => of_type(&group.elem, own),
        Type::Paren(paren) => of_type(&paren.elem, own),
        _ => None,
    }
}

/// `HashMap<K, V>`, `std::collections::HashSet<T>`; with a hasher of its own it may have one order.
fn of_path(path: &Path, own: &Own) -> Option<&'static Hazard> {
    let first = path.segments.first()?;
    let is_of_std =
        path.segments.len() == 1 || first.ident == "std" || first.ident == "collections";
    if !is_of_std || own.is_item(path) {
        return None;
    }
    let last = path.segments.last()?;
    let (hazard, most) = match last.ident.to_string().as_str() {
        "HashMap" => (&hazards::MAP_ORDER, 2),
        "HashSet" => (&hazards::SET_ORDER, 1),
        _ => return None,
    };
    let fits = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.len() <= most,
        _ => true,
    };
    fits.then_some(hazard)
}

/// Whether a durable call is made in it.
fn calls(scope: Scope<'_>, block: &Block) -> bool {
    struct Calls<'a>(Scope<'a>, bool);
    impl<'ast> Visit<'ast> for Calls<'_> {
        fn visit_item(&mut self, _: &'ast Item) {}

        fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
            let is_flow = self.0.is_flow(&call.receiver);
            let kind = is_flow.then(|| self.0.kind(&call.method)).flatten();
            self.1 |= kind.is_some_and(|kind| kind != Call::Quiet);
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut found = Calls(scope, false);
    found.visit_block(block);
    found.1
}

impl Lint<'_> {
    /// `for order in orders { flow.check(order).await?; }`
    pub(super) fn hash_order_of_loop(&self, found: &ExprForLoop) {
        if calls(self.scope, &found.body) {
            self.hash_order(&found.expr);
        }
    }

    /// `flow.map(orders, |order| flow.check(order))`
    pub(super) fn hash_order_of_map(&self, map: &ExprMethodCall) {
        if let Some(items) = map.args.first() {
            self.hash_order(items);
        }
    }

    /// What is gone through where each item is a call.
    fn hash_order(&self, items: &Expr) {
        match items {
            Expr::Reference(reference) => self.hash_order(&reference.expr),
            Expr::Paren(paren) => self.hash_order(&paren.expr),
            Expr::MethodCall(call) => {
                let named = |list: &[&str]| list.iter().any(|name| call.method == name);
                if named(&GOES_THROUGH) || named(&KEEPS_ORDER) || call.method == "clone" {
                    self.hash_order(&call.receiver);
                }
            }
            Expr::Path(_) => {
                if let Some(hazard) = self.hashed.of(items) {
                    self.report(hazard, items);
                }
            }
            Expr::Try(tried) => {
                if let Some(hazard) = answered(items, self.scope, self.own) {
                    self.report(hazard, tried.question_token);
                }
            }
            _ => {}
        }
    }
}
