//! Calls that are given a name: `let quote = flow.quote(item);`, and then nothing, or `quote.price`.
//!
//! Of the first rustc says nothing, of the second that the field is not there. A name stands for its call to the end of
//! its block, or until something else gets it.

use proc_macro2::{Delimiter, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprMethodCall, Local, Macro, Pat, Stmt};

use super::calls::{Call, Chain, OF_RESULTS, Scope, is_of_answer};
use super::lint::Lint;
use super::macros;
use super::mend::Fix;
use super::shown;
use super::slips::{Inside, Slips};
use super::values::named_by;

/// Methods of values that a `Result` has as well.
const OF_BOTH: [&str; 4] = ["iter", "into_iter", "clone", "to_owned"];

/// The names at the place being read, the innermost last.
#[derive(Default)]
pub(super) struct Named(Vec<Name>);

struct Name {
    ident: Ident,
    /// What it stands for, unless that is something else, or has been reported.
    called: Option<Called>,
}

/// A call, or what it answered.
pub(super) struct Called {
    /// `flow.search(..)`
    written: String,
    /// Its first method.
    pub(super) method: Ident,
    links: usize,
    /// Where it is awaited, if it is: without a `?` that is a `Result`.
    waited: Option<Span>,
}

impl Named {
    /// What is bound from here on is left by `leave`.
    pub(super) fn mark(&self) -> usize {
        self.0.len()
    }

    pub(super) fn leave(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    /// The name stands for something else.
    pub(super) fn hide(&mut self, ident: &Ident) {
        let is_known = self.0.iter().any(|name| name.ident == *ident);
        if is_known {
            let ident = ident.clone();
            let called = None;
            self.0.push(Name { ident, called });
        }
    }

    /// A macro of the user's may give its names to something else.
    pub(super) fn hide_in(&mut self, mac: &Macro) {
        let bound = self.0.iter().map(|name| &name.ident);
        let bound = bound.filter(|ident| shown::may_bind(mac, ident));
        for ident in bound.cloned().collect::<Vec<_>>() {
            self.hide(&ident);
        }
    }

    /// The call that this is a name for, which is then no longer looked for. `results` are names for what was awaited.
    fn take(&mut self, expr: &Expr, results: bool) -> Option<(Ident, Called)> {
        self.take_name(&named_by(expr)?.to_string(), results)
    }

    fn take_name(&mut self, ident: &str, results: bool) -> Option<(Ident, Called)> {
        let mut inner_first = self.0.iter_mut().rev();
        let name = inner_first.find(|name| name.ident == *ident)?;
        let called = name
            .called
            .take_if(|called| results || called.waited.is_none())?;
        Some((name.ident.clone(), called))
    }

    /// The call whose `Result` has this name.
    pub(super) fn result(&self, expr: &Expr) -> Option<&Called> {
        let ident = named_by(expr)?;
        let mut inner_first = self.0.iter().rev();
        let name = inner_first.find(|name| name.ident == *ident)?;
        let called = name.called.as_ref();
        called.filter(|called| called.waited.is_some())
    }
}

/// What `quote.clone()` is a copy of.
pub(super) fn copied(expr: &Expr) -> &Expr {
    match expr {
        Expr::MethodCall(call) if call.method == "clone" || call.method == "to_owned" => {
            match &*call.receiver {
                name @ Expr::Path(_) => name,
                _ => expr,
            }
        }
        other => other,
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
fn is_still_a_call(name: &Ident, call: Call, behind: &[Stmt]) -> bool {
    let options = call.modifiers();
    let another = behind.iter().position(|stmt| {
        matches!(stmt, Stmt::Local(local) if matches!(&local.pat, Pat::Ident(pat) if pat.ident == *name))
    });
    let until = another.map_or(behind.len(), |place| place + 1);
    let stmts = behind[..until].iter();
    let tokens: Vec<TokenTree> = stmts
        .flat_map(|stmt| apart(stmt.to_token_stream()))
        .collect();
    tokens.windows(3).any(|tokens| match tokens {
        [
            TokenTree::Ident(ident),
            TokenTree::Punct(dot),
            TokenTree::Ident(method),
        ] => {
            let is_call = *method == "await" || options.iter().any(|option| method == option);
            ident == name && dot.as_char() == '.' && is_call
        }
        _ => false,
    })
}

impl Slips<'_> {
    /// A `let` gives a call a name, or what it answered, which the statements behind it may use.
    pub(super) fn call_gets_name(&mut self, local: &Local, behind: &[Stmt]) {
        // What has not run in a closure cannot be awaited there.
        if !matches!(self.inside, Inside::Flow | Inside::Async) {
            return;
        }
        let (Pat::Ident(pat), Some(init)) = (&local.pat, &local.init) else {
            return;
        };
        if pat.mutability.is_some() || pat.by_ref.is_some() || pat.subpat.is_some() {
            return;
        }
        let (called, waited) = match &*init.expr {
            Expr::Await(waited) => (&*waited.base, Some(waited.await_token.span)),
            other => (other, None),
        };
        let Some(chain) = self.certain(called) else {
            return;
        };
        if waited.is_none() && is_still_a_call(&pat.ident, chain.call, behind) {
            return;
        }
        let ident = pat.ident.clone();
        let called = Some(self.called(chain, waited));
        self.calls.0.push(Name { ident, called });
    }

    fn called(&self, chain: Chain<'_>, waited: Option<Span>) -> Called {
        Called {
            written: self.named(chain),
            method: chain.first.method.clone(),
            links: chain.links,
            waited,
        }
    }

    /// A name for a call, where the value is wanted that the call answers: without a `Result` around it if there is a
    /// `question`. `results` says that what was only awaited will not do there either.
    pub(super) fn used_by_name(&mut self, expr: &Expr, question: bool, results: bool) {
        if let Expr::Await(waited) = expr {
            // Elsewhere that it is awaited is the mistake.
            let waits = matches!(self.inside, Inside::Flow | Inside::Async);
            if let Some(chain) = self.certain(&waited.base).filter(|_| results && waits) {
                let place = waited.await_token.span;
                self.only_awaited(&self.called(chain, Some(place)), place);
            }
            return;
        }
        if let Some((ident, called)) = self.calls.take(expr, results) {
            self.used(&ident, called, question);
        }
    }

    /// `format!("{quote}")`
    pub(super) fn shown_by_name(&mut self, name: &str) {
        if let Some((ident, called)) = self.calls.take_name(name, true) {
            self.used(&ident, called, true);
        }
    }

    fn used(&mut self, ident: &Ident, called: Called, question: bool) {
        if let Some(waited) = called.waited {
            return self.only_awaited(&called, waited);
        }
        let Called {
            written,
            method,
            links,
            ..
        } = called;
        let add = if question { ".await?" } else { ".await" };
        let message = format!("`{written}` has not run yet; write `let {ident} = {written}{add};`");
        self.diag.at(method.span(), message);
        self.change(method.span(), Fix::Awaited { links, question });
    }

    /// The `Result` of a call is used as if it were its value.
    fn only_awaited(&mut self, called: &Called, place: Span) {
        let message = format!("`{}.await` is a `Result`; write `.await?`", called.written);
        self.diag.at(place, message);
        let links = called.links;
        self.change(called.method.span(), Fix::Tried { links });
    }

    /// `quote.len()`
    pub(super) fn method_by_name(&mut self, call: &ExprMethodCall) {
        let name = call.method.to_string();
        if is_of_answer(&name) {
            let of_result = OF_RESULTS.contains(&name.as_str());
            let is_of_both = of_result || OF_BOTH.contains(&name.as_str());
            self.used_by_name(&call.receiver, !of_result, !is_of_both);
        }
        // Nobody goes through a `Result` where it is made, unless it is flattened.
        if let Expr::MethodCall(through) = &*call.receiver
            && (through.method == "iter" || through.method == "into_iter")
            && matches!(&*through.receiver, Expr::Await(_))
            && call.method != "flatten"
        {
            self.used_by_name(&through.receiver, true, true);
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
pub(super) fn is_list(expr: &Expr) -> bool {
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
