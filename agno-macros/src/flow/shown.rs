//! Macros that show their arguments: none shows a call, and only `{:?}` shows the `Result` of one.

use proc_macro2::{Ident, TokenTree};
use syn::visit::Visit;
use syn::{Expr, Lit, LitStr, Macro};

use super::macros;
use super::slips::{Inside, Slips};

/// `("{x}")`, `("{}", x)`: a text that is made of others.
pub(super) fn formats(mac: &Macro) -> bool {
    let tokens = macros::flat(mac.tokens.clone());
    tokens.iter().any(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == ',',
        TokenTree::Literal(text) => text.to_string().contains('{'),
        _ => false,
    })
}

/// Macros that show their arguments.
const SHOWN: [&str; 8] = [
    "format",
    "bail",
    "ensure",
    "panic",
    "assert",
    "assert_eq",
    "assert_ne",
    "write",
];

/// Macros whose first text says how, in every edition.
const FORMATTED: [&str; 10] = [
    "format",
    "format_args",
    "bail",
    "ensure",
    "write",
    "writeln",
    "print",
    "println",
    "eprint",
    "eprintln",
];

impl Slips<'_> {
    pub(super) fn in_macro(&mut self, mac: &Macro) {
        let name = macros::name(mac);
        let is_shown = SHOWN.contains(&name.as_str());
        // Another one may put an `async` block around them.
        let is_clear = is_shown || matches!(self.inside, Inside::Flow | Inside::Async);
        if self.own.is_macro(mac) || !is_clear {
            return;
        }
        let Some(list) = macros::expressions(mac) else {
            return;
        };
        let text = match FORMATTED.contains(&name.as_str()) {
            true => text(&list),
            false => None,
        };
        for (place, expr) in list.iter().enumerate() {
            let of_text = text.as_ref().is_some_and(|(at, _)| place > *at);
            match argument(expr) {
                value if of_text && !self.is_debugged(&text) => self.value(value),
                value if is_shown => self.operand(value),
                _ => {}
            }
            Visit::visit_expr(self, expr);
        }
        if let Some((_, shown)) = &text {
            let is_given = |name: &str| list.iter().any(|expr| is_named(expr, name));
            for name in shown.names.iter().filter(|name| !is_given(name)) {
                self.shown_by_name(name);
            }
        }
    }

    /// Whether one of the arguments may be shown by `{:?}`.
    fn is_debugged(&self, text: &Option<(usize, Shown)>) -> bool {
        text.as_ref().is_some_and(|(_, shown)| shown.debugs)
    }
}

/// Whether a macro may bind a name that it is given: one of the user's may.
pub(super) fn may_bind(mac: &Macro, name: &Ident) -> bool {
    let called = macros::name(mac);
    let mut reads = SHOWN.iter().chain(&FORMATTED).chain(&["vec", "matches"]);
    let is = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == name);
    reads.all(|known| called != *known) && macros::flat(mac.tokens.clone()).iter().any(is)
}

/// `n = n`: the value.
fn argument(expr: &Expr) -> &Expr {
    match expr {
        Expr::Assign(named) => &named.right,
        other => other,
    }
}

/// `n = ..` for this name.
fn is_named(expr: &Expr, name: &str) -> bool {
    let Expr::Assign(named) = expr else {
        return false;
    };
    matches!(&*named.left, Expr::Path(path) if path.path.is_ident(name))
}

/// What a text shows.
struct Shown {
    /// `{name}`, without `?`.
    names: Vec<String>,
    /// Whether it shows an argument by `{:?}`.
    debugs: bool,
}

/// The first text, and its place.
fn text(list: &[Expr]) -> Option<(usize, Shown)> {
    let literal = |expr: &Expr| match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(read(text)),
            _ => None,
        },
        _ => None,
    };
    let mut texts = list.iter().map(literal).enumerate();
    texts.find_map(|(place, shown)| Some((place, shown?)))
}

fn read(text: &LitStr) -> Shown {
    let (mut names, mut debugs) = (Vec::new(), false);
    let text = text.value().replace("{{", "").replace("}}", "");
    for part in text.split('{').skip(1) {
        let inner = part.split_once('}').map_or(part, |(inner, _)| inner);
        let (name, how) = inner.split_once(':').unwrap_or((inner, ""));
        let (name, is_debug) = (name.trim(), how.trim().ends_with('?'));
        let is_name = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
        match (is_name, is_debug) {
            (true, false) => names.push(name.to_owned()),
            // What it names may be an argument behind the text.
            (_, is_debug) => debugs |= is_debug,
        }
    }
    Shown { names, debugs }
}
