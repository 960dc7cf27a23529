//! Calls that are given a name: `let quote = flow.quote(item);`, and then nothing, or `quote.price`.
//!
//! Of the first rustc says nothing, of the second that the field is not there. Only a name that stands for one thing
//! in the whole body is looked at.

use proc_macro2::{Delimiter, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprClosure, ExprMethodCall, Item, Local, Pat, PatIdent, Stmt};

use super::calls::{Chain, OF_RESULTS, Scope, is_of_answer};
use super::lint::Lint;
use super::macros;
use super::mend::Fix;
use super::slips::Slips;
use crate::model::Param;

/// Methods of values that a `Result` has as well.
const OF_BOTH: [&str; 4] = ["iter", "into_iter", "clone", "to_owned"];

/// The names of a body that stand for calls, or for what a call answered.
#[derive(Default)]
pub(super) struct Named<'e>(Vec<Name<'e>>);

struct Name<'e> {
    ident: &'e Ident,
    chain: Chain<'e>,
    /// Where it is awaited, if it is: without a `?` that is a `Result`.
    waited: Option<Span>,
}

impl<'e> Named<'e> {
    pub(super) fn read(block: &'e Block, params: &'e [Param], scope: Scope<'_>) -> Self {
        let mut reader = Reader {
            scope,
            bound: params
                .iter()
                .filter_map(|param| param.ident.as_ref())
                .collect(),
            names: Vec::new(),
        };
        reader.visit_block(block);
        let Reader { bound, names, .. } = reader;
        let mut names = names;
        if names.is_empty() {
            return Self(names);
        }
        names.retain(|name| bound.iter().filter(|bound| **bound == name.ident).count() == 1);
        let tokens = apart(block.to_token_stream());
        names.retain(|name| name.waited.is_some() || !is_still_a_call(name, &tokens));
        Self(names)
    }

    /// The call that this is a name for, which is then no longer looked for. `results` are names for what was awaited.
    fn take(&mut self, expr: &Expr, results: bool) -> Option<Name<'e>> {
        let Expr::Path(path) = expr else {
            return None;
        };
        let ident = path.path.get_ident()?;
        let mut names = self.0.iter();
        let place =
            names.position(|name| name.ident == ident && (results || name.waited.is_none()))?;
        Some(self.0.remove(place))
    }
}

/// Every token, those in groups too, with one behind each group that is no name: `f(quote).await` does not await `quote`.
fn apart(tokens: TokenStream) -> Vec<TokenTree> {
    let mut all = Vec::new();
    for token in tokens {
        let inner = match &token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        };
        all.push(token);
        if let Some(inner) = inner {
            all.extend(apart(inner));
            all.push(TokenTree::Punct(Punct::new(';', Spacing::Alone)));
        }
    }
    all
}

/// Whether it is awaited under its name, or given an option.
fn is_still_a_call(name: &Name<'_>, tokens: &[TokenTree]) -> bool {
    let options = name.chain.call.modifiers();
    tokens.windows(3).any(|tokens| match tokens {
        [
            TokenTree::Ident(ident),
            TokenTree::Punct(dot),
            TokenTree::Ident(method),
        ] => {
            let is_call = *method == "await" || options.iter().any(|option| method == option);
            ident == name.ident && dot.as_char() == '.' && is_call
        }
        _ => false,
    })
}

struct Reader<'a, 'e> {
    scope: Scope<'a>,
    /// Every name that a pattern binds.
    bound: Vec<&'e Ident>,
    names: Vec<Name<'e>>,
}

impl<'e> Visit<'e> for Reader<'_, 'e> {
    fn visit_item(&mut self, _: &'e Item) {}

    fn visit_pat_ident(&mut self, pat: &'e PatIdent) {
        self.bound.push(&pat.ident);
        visit::visit_pat_ident(self, pat);
    }

    // What has not run in a closure cannot be awaited there.
    fn visit_expr_closure(&mut self, closure: &'e ExprClosure) {
        let before = self.names.len();
        visit::visit_expr_closure(self, closure);
        self.names.truncate(before);
    }

    fn visit_local(&mut self, local: &'e Local) {
        if let (Pat::Ident(pat), Some(init)) = (&local.pat, &local.init)
            && pat.mutability.is_none()
            && pat.by_ref.is_none()
            && pat.subpat.is_none()
        {
            let (called, waited) = match &*init.expr {
                Expr::Await(waited) => (&*waited.base, Some(waited.await_token.span)),
                other => (other, None),
            };
            let chain = self.scope.durable(called).filter(|chain| chain.known);
            self.names.extend(chain.map(|chain| Name {
                ident: &pat.ident,
                chain,
                waited,
            }));
        }
        visit::visit_local(self, local);
    }
}

impl Slips<'_> {
    /// A name for a call, where the value is wanted that the call answers: without a `Result` around it if there is a
    /// `question`. `results` says that what was only awaited will not do there either.
    pub(super) fn used_by_name(&mut self, expr: &Expr, question: bool, results: bool) {
        if let (true, Expr::Await(waited)) = (results, expr) {
            if let Some(chain) = self.certain(&waited.base) {
                self.only_awaited(chain, waited.await_token.span);
            }
            return;
        }
        let Some(name) = self.calls.take(expr, results) else {
            return;
        };
        let chain = name.chain;
        if let Some(waited) = name.waited {
            return self.only_awaited(chain, waited);
        }
        let (ident, call, links) = (name.ident, self.named(chain), chain.links);
        let add = if question { ".await?" } else { ".await" };
        let method = chain.first.method.span();
        let message = format!("`{call}` has not run yet; write `let {ident} = {call}{add};`");
        self.diag.at(method, message);
        self.change(method, Fix::Awaited { links, question });
    }

    /// The `Result` of a call is used as if it were its value.
    fn only_awaited(&mut self, chain: Chain<'_>, place: Span) {
        let message = format!(
            "`{}.await` is a `Result`; write `.await?`",
            self.named(chain)
        );
        self.diag.at(place, message);
        let links = chain.links;
        self.change(chain.first.method.span(), Fix::Tried { links });
    }
}

impl Slips<'_> {
    /// `quote.len()`
    pub(super) fn method_by_name(&mut self, call: &ExprMethodCall) {
        let name = call.method.to_string();
        if is_of_answer(&name) {
            let of_result = OF_RESULTS.contains(&name.as_str());
            let is_of_both = of_result || OF_BOTH.contains(&name.as_str());
            self.used_by_name(&call.receiver, !of_result, !is_of_both);
        }
    }
}

impl Lint<'_> {
    /// A call that is made, given a name, and never awaited.
    pub(super) fn forgotten(&self, local: &Local, behind: &[Stmt]) {
        if let Some((place, name)) = forgotten(local, behind, self.scope) {
            let flow = self.scope.flow;
            let message = format!(
                "nothing awaits `{name}`, so this does nothing; add `.await?`, or hand it to `{flow}.parallel(..)`"
            );
            self.diag.at(place, message);
        }
    }
}

/// A call that gets a name, or goes into a list, which the statements behind it do not name again: where it stands, and
/// its name.
fn forgotten(local: &Local, behind: &[Stmt], scope: Scope<'_>) -> Option<(Span, Ident)> {
    let pat = match &local.pat {
        Pat::Type(typed) => &*typed.pat,
        other => other,
    };
    let (Pat::Ident(pat), Some(init)) = (pat, &local.init) else {
        return None;
    };
    let name = &pat.ident;
    if let Some(chain) = scope.durable(&init.expr).filter(|chain| chain.known) {
        return (!is_named(name, behind)).then(|| (chain.first.method.span(), name.clone()));
    }
    is_list(&init.expr).then(|| pushed(name, behind, scope))?
}

/// Whether one of them names it, before another takes the name.
fn is_named(name: &Ident, behind: &[Stmt]) -> bool {
    for stmt in behind {
        if let Stmt::Local(local) = stmt
            && let (Pat::Ident(pat), Some(init)) = (&local.pat, &local.init)
            && pat.ident == *name
            && init.diverge.is_none()
        {
            return names(&init.expr, name);
        }
        if names(stmt, name) {
            return true;
        }
    }
    false
}

fn names(code: &dyn ToTokens, name: &Ident) -> bool {
    let tokens = macros::flat(code.to_token_stream());
    tokens.iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        // `"{name}"`
        TokenTree::Literal(literal) => is_shown(&literal.to_string(), name),
        _ => false,
    })
}

fn is_shown(literal: &str, name: &Ident) -> bool {
    literal.contains(&format!("{{{name}"))
}

/// `Vec::new()`, `vec![]`
fn is_list(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Path(path) if path.path.segments.iter().any(|part| part.ident == "Vec"))
        }
        Expr::Macro(mac) => mac.mac.path.is_ident("vec"),
        _ => false,
    }
}

/// The first call that is pushed to a list with which nothing else is done.
fn pushed(list: &Ident, behind: &[Stmt], scope: Scope<'_>) -> Option<(Span, Ident)> {
    let tokens: Vec<TokenTree> = behind
        .iter()
        .flat_map(|stmt| apart(stmt.to_token_stream()))
        .collect();
    let mut found = None;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) if ident == list => {}
            TokenTree::Literal(literal) if is_shown(&literal.to_string(), list) => return None,
            _ => continue,
        }
        let [
            TokenTree::Punct(dot),
            TokenTree::Ident(push),
            TokenTree::Group(value),
        ] = tokens.get(at + 1..at + 4)?
        else {
            return None;
        };
        let is_push =
            dot.as_char() == '.' && *push == "push" && value.delimiter() == Delimiter::Parenthesis;
        let value = is_push.then(|| syn::parse2::<Expr>(value.stream()).ok())??;
        let chain = scope.durable(&value).filter(|chain| chain.known)?;
        found.get_or_insert_with(|| (chain.first.method.span(), list.clone()));
    }
    found
}
