//! A call that is used as what it answers: it has not run yet, or its option comes too late.

use proc_macro2::{Ident, Span};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprMethodCall, Type};

use super::calls::{Call, Chain};
use super::containers;
use super::mend::Fix;
use super::slips::{Inside, Slips};

/// Types that have none of our methods, and are no call.
const OF_STD: [&str; 21] = [
    "String", "Vec", "Option", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "bool", "char", "u8",
    "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "f32", "f64",
];

impl Slips<'_> {
    /// A call is used as if it had been awaited. `written` is the token that wants its result, if that says where.
    pub(super) fn not_run(
        &mut self,
        chain: Chain<'_>,
        question: bool,
        written: Option<(Span, &str)>,
    ) {
        let call = self.named(chain);
        let method = chain.first.method.span();
        let add = if question { ".await?" } else { ".await" };
        let links = chain.links;
        match self.inside {
            Inside::Flow | Inside::Async => {
                let (place, advice) = match written {
                    Some((span, advice)) => (span, advice.to_owned()),
                    None => (method, format!("add `{add}`")),
                };
                let message = format!("`{call}` has not run yet; {advice}");
                self.diag.at(place, message);
                self.change(method, Fix::Awaited { links, question });
            }
            Inside::Map => {
                let place = written.map_or(method, |(span, _)| span);
                let error = self.error(quote_spanned!(place=> _), containers::ONE_CALL.to_owned());
                self.change(method, Fix::Chain { links, error });
            }
            Inside::Closure => self.in_closure(chain, written.map_or(method, |(span, _)| span)),
        }
    }

    /// A closure cannot await.
    pub(super) fn in_closure(&mut self, chain: Chain<'_>, place: Span) {
        let flow = self.scope.flow;
        let message = format!(
            "a closure cannot wait for `{}`; use `{flow}.map(items, |item| ..)`, or a `for` loop",
            self.named(chain)
        );
        let error = self.error(quote_spanned!(place=> _), message);
        let links = chain.links;
        self.change(chain.first.method.span(), Fix::Chain { links, error });
    }

    /// An operand, a condition, a list to go through: no call is one.
    pub(super) fn operand(&mut self, expr: &Expr) {
        match self.certain(expr) {
            Some(chain) => self.not_run(chain, true, None),
            None => self.used_by_name(expr, true, false),
        }
    }

    /// The same where a `Result` is not wanted either.
    pub(super) fn value(&mut self, expr: &Expr) {
        match self.certain(expr) {
            Some(chain) => self.not_run(chain, true, None),
            None => self.used_by_name(expr, true, true),
        }
    }

    /// `.timeout(..)` behind `.await`
    pub(super) fn too_late(&mut self, call: &ExprMethodCall) {
        let (waited, question) = match &*call.receiver {
            Expr::Try(tried) => (&*tried.expr, true),
            other => (other, false),
        };
        let Expr::Await(waited) = waited else {
            return;
        };
        let Some(chain) = self.scope.durable(&waited.base) else {
            return;
        };
        let name = call.method.to_string();
        // A value may well have a method of this name, by a trait of the user's too; a `bool` and a `Vec` have none.
        let is_of_call = match chain.call {
            Call::Map => name == "limit",
            Call::Human => chain.first.method == "confirm" && name != "settle",
            _ => false,
        };
        let is_ours = !question || is_of_call || (name == "settle" && !self.is_users(chain));
        if is_ours && chain.call.modifiers().contains(&name.as_str()) {
            let whole = self.named(chain);
            let args = if call.args.is_empty() { "" } else { ".." };
            // Without it, what is settled is a `Result` in a `Result`.
            let tried = if question || name == "settle" {
                "?"
            } else {
                ""
            };
            self.diag.at(
                call.method.span(),
                format!(
                    "`{name}` goes before `.await`; write `{whole}.{name}({args}).await{tried}`"
                ),
            );
            // Who asks for the outcome does not ask for a second one around it.
            let question = name == "settle" && !question;
            let links = chain.links;
            self.change(chain.first.method.span(), Fix::Before { links, question });
        }
    }

    /// Whether a call may answer a type of the user's.
    fn is_users(&self, chain: Chain<'_>) -> bool {
        let value = match chain.call {
            Call::Step => self.scope.workflow.step(&chain.first.method),
            Call::Map | Call::Parallel | Call::Race | Call::Sleep => return false,
            _ => return true,
        };
        value.is_none_or(|step| !is_of_std(&step.method.output.value))
    }
}

pub(super) fn is_of_std(ty: &Type) -> bool {
    match ty {
        Type::Tuple(_) => true,
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| is_name_of_std(&last.ident))
        }
        _ => false,
    }
}

pub(crate) fn is_name_of_std(name: &Ident) -> bool {
    OF_STD.iter().any(|known| name == known)
}

impl Slips<'_> {
    /// `let found: Vec<String> = flow.search(topic);`
    pub(super) fn annotated(&mut self, ty: &Type, expr: &Expr) {
        let Some(chain) = self.certain(expr) else {
            if let Expr::MethodCall(collect) = expr {
                self.collected(Some(ty), collect);
            }
            return;
        };
        let of_result = matches!(ty, Type::Path(path)
            if path.path.segments.last().is_some_and(|last| last.ident == "Result"));
        if of_result || self.is_output(chain, ty) || is_of_std(ty) {
            self.not_run(chain, !of_result, None);
        }
    }

    /// Whether a type is written as that of what the call answers.
    pub(super) fn is_output(&self, chain: Chain<'_>, ty: &Type) -> bool {
        let step = self.scope.workflow.step(&chain.first.method);
        step.is_some_and(|step| is_same(ty, &step.method.output.value))
    }
}

/// Whether two types are written alike.
pub(super) fn is_same(one: &Type, other: &Type) -> bool {
    one.to_token_stream().to_string() == other.to_token_stream().to_string()
}
