//! What stands in `flow.parallel(..)`, `flow.race(..)` and `flow.map(..)`: calls, and nothing else that could be awaited.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::visit::Visit;
use syn::{Expr, ExprAsync, ExprClosure, ExprMethodCall, Member, Path, Stmt};

use super::calls::Chain;
use super::dropped::answer_with_semicolon;
use super::hazards;
use super::macros;
use super::mend::Fix;
use super::plain;
use super::slips::{Inside, Slips, is_self};
use super::text::label;

/// A closure that awaits more than its answer.
pub(super) const ONE_CALL: &str = "`flow.map(..)` makes one call for each item and cannot wait between two; put these calls in a second `#[flow]` and call that here";

/// An `async` block that does more than one call.
const ASYNC: &str = "an `async` block is not recorded; put its calls in a second `#[flow]`, or its work in a step, and call that here";

/// `flow.parallel(..)`, `flow.race(..)`
pub(super) fn branches(slips: &mut Slips<'_>, call: &ExprMethodCall) {
    let method = &call.method;
    let whole = format!("{}.{method}", slips.scope.flow);
    if call.args.len() > 1 {
        slips.diag.at(
            method.span(),
            format!("`{whole}(..)` takes its calls as one tuple; write `{whole}((.., ..))`"),
        );
        slips.change(method.span(), Fix::Tuple);
        return call.args.iter().for_each(|arg| slips.visit_expr(arg));
    }
    match call.args.first() {
        Some(Expr::Tuple(tuple)) if !fits(method, tuple.elems.len()) => {
            let (least, most) = counts(method);
            let message = format!(
                "`{whole}((..))` takes {least} to {most} calls; use a `Vec` for more of one type, and `.await` for a single one"
            );
            let error = slips.error(method, message);
            slips.change(method.span(), Fix::Chain { links: 1, error });
        }
        Some(Expr::Tuple(tuple)) => elements(slips, call, tuple.elems.iter().collect()),
        Some(Expr::Macro(list)) if macros::name(&list.mac) == "vec" => {
            let list = macros::list(&list.mac).unwrap_or_default();
            elements(slips, call, list.iter().collect());
        }
        Some(Expr::Array(array)) => {
            let message = format!("`{whole}(..)` takes no array; write `vec![..]`, or a tuple");
            slips.diag.at(array.bracket_token.span.open(), message);
            slips.change(method.span(), Fix::List);
            array.elems.iter().for_each(|arg| slips.visit_expr(arg));
        }
        Some(other) => match slips.scope.durable(other) {
            Some(chain) => {
                let call = slips.named(chain);
                let message = format!(
                    "`{whole}(..)` takes several calls; write `{call}.await?` for this one, or `{whole}((.., ..))`"
                );
                let error = slips.error(method, message);
                slips.change(method.span(), Fix::Chain { links: 1, error });
            }
            None => match each_of(slips, other) {
                Some(written) => {
                    let message =
                        format!("`{whole}(..)` takes a `Vec` or a tuple; write `{written}`");
                    let error = slips.error(method, message);
                    slips.change(method.span(), Fix::Chain { links: 1, error });
                }
                None => slips.visit_expr(other),
            },
        },
        None => {}
    }
}

/// `topics.into_iter().map(|topic| flow.search(topic))`, as a map of the flow.
fn each_of(slips: &Slips<'_>, expr: &Expr) -> Option<String> {
    let Expr::MethodCall(mapped) = expr else {
        return None;
    };
    let Some(Expr::Closure(closure)) = mapped.args.first().filter(|_| mapped.method == "map")
    else {
        return None;
    };
    // Several calls in one chain, or another container, are left to rustc.
    let chain = slips.scope.durable(only(&closure.body))?;
    let items = match &*mapped.receiver {
        Expr::MethodCall(call)
            if call.args.is_empty()
                && ["into_iter", "iter"].iter().any(|name| call.method == name) =>
        {
            &*call.receiver
        }
        other => other,
    };
    let (flow, params, call) = (slips.scope.flow, label(&closure.inputs), slips.named(chain));
    Some(format!("{flow}.map({}, |{params}| {call})", label(items)))
}

/// How many calls a tuple may have.
fn counts(method: &Ident) -> (usize, usize) {
    match method == "race" {
        true => (2, 6),
        false => (1, 12),
    }
}

fn fits(method: &Ident, count: usize) -> bool {
    let (least, most) = counts(method);
    (least..=most).contains(&count)
}

fn elements(slips: &mut Slips<'_>, call: &ExprMethodCall, list: Vec<&Expr>) {
    let of = list.len();
    for (index, expr) in list.into_iter().enumerate() {
        if finished(slips, expr, &call.method.to_string()) {
            continue;
        }
        if let Some(error) = unrecorded(slips, expr, &call.method.to_string()) {
            slips.change(call.method.span(), Fix::Element { index, of, error });
            continue;
        }
        slips.visit_expr(expr);
    }
}

/// A call that is awaited where it is made, or `?`.
fn finished(slips: &mut Slips<'_>, expr: &Expr, container: &str) -> bool {
    let Some((chain, place, written)) = awaited(slips, expr) else {
        return false;
    };
    let flow = slips.scope.flow;
    let message = format!("`{flow}.{container}(..)` awaits its calls itself; remove `{written}`");
    slips.diag.over(place, message);
    let links = chain.links;
    slips.change(chain.first.method.span(), Fix::Bare { links });
    slips.visit_expr_method_call(chain.first);
    true
}

/// `flow.search(..).await?`, with the token to point at and what is to go.
fn awaited<'e>(
    slips: &Slips<'_>,
    expr: &'e Expr,
) -> Option<(Chain<'e>, TokenStream, &'static str)> {
    let (base, question) = match expr {
        Expr::Try(tried) => (&*tried.expr, Some(&tried.question_token)),
        other => (other, None),
    };
    match (base, question) {
        (Expr::Await(waited), question) => {
            let chain = slips.scope.durable(&waited.base)?;
            let written = if question.is_some() {
                ".await?"
            } else {
                ".await"
            };
            Some((chain, waited.await_token.to_token_stream(), written))
        }
        (other, Some(question)) => {
            let chain = slips.scope.durable(other)?;
            Some((chain, question.to_token_stream(), "?"))
        }
        _ => None,
    }
}

/// Work that is none of the run's, as far as its tokens tell.
fn unrecorded(slips: &mut Slips<'_>, expr: &Expr, container: &str) -> Option<TokenStream> {
    match expr {
        Expr::Async(block) => {
            let message = of_async(slips, block, container, "");
            Some(slips.error(block.async_token, message))
        }
        Expr::Call(call) => {
            let Expr::Path(func) = &*call.func else {
                return None;
            };
            if slips.own.is_value(&func.path) || slips.own.is_item(&func.path) {
                return None;
            }
            if let Some(name) = helper(slips, &func.path) {
                let message = plain::no_flow(name, slips.scope.flow);
                return Some(slips.error(name, message));
            }
            // Reported as what it is; rustc would only say that it is no call.
            let segments: Vec<String> = func
                .path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            let hazard = hazards::of_path(&segments).or_else(|| hazards::of_call(&segments))?;
            let error =
                syn::Error::new_spanned(&func.path, hazard.problem_of_branch(slips.scope.flow))
                    .to_compile_error();
            Some(error)
        }
        Expr::MethodCall(call) => {
            let on_workflow = match &*call.receiver {
                Expr::MethodCall(inner) => {
                    inner.method == "workflow" && slips.scope.is_flow(&inner.receiver)
                }
                other => is_self(other),
            };
            let helpers = &slips.scope.workflow.unmarked;
            let helper = helpers
                .iter()
                .find(|helper| helper.sig.ident == call.method);
            helper.filter(|helper| on_workflow && helper.sig.asyncness.is_some())?;
            let (flow, method) = (slips.scope.flow, &call.method);
            let message = format!(
                "`{method}` is not a step, so nothing of it is recorded; put `#[step]` on `fn {method}` and write `{flow}.{method}(..)`"
            );
            Some(slips.error(method, message))
        }
        _ => None,
    }
}

/// `Self::polish`: a function of the block that takes the flow.
fn helper<'p>(slips: &Slips<'_>, path: &'p Path) -> Option<&'p Ident> {
    let name = of_type(slips, path)?;
    slips.scope.workflow.helper(name).map(|_| name)
}

/// `Self::search`: a step or sub-flow.
fn step_of_type<'p>(slips: &Slips<'_>, path: &'p Path) -> Option<&'p Ident> {
    of_type(slips, path).filter(|name| slips.scope.is_ours(name))
}

/// The name in `Self::name` or `Article::name`.
fn of_type<'p>(slips: &Slips<'_>, path: &'p Path) -> Option<&'p Ident> {
    let mut segments = path.segments.iter().map(|segment| &segment.ident);
    let (on, name) = (segments.next()?, segments.next()?);
    let is_own = *on == "Self" || *on == slips.scope.workflow.ident;
    (is_own && path.segments.len() == 2).then_some(name)
}

fn of_async(slips: &Slips<'_>, block: &ExprAsync, container: &str, params: &str) -> String {
    let flow = slips.scope.flow;
    match block.block.stmts.as_slice() {
        [Stmt::Expr(only, None)] => match awaited(slips, only) {
            Some(_) => {
                let call = outline(slips, only);
                format!(
                    "`{flow}.{container}(..)` awaits its calls itself; write `{params}{call}` without `async`"
                )
            }
            None => ASYNC.to_owned(),
        },
        _ => ASYNC.to_owned(),
    }
}

/// `flow.search(..).settle()`, whether it is awaited there or not.
fn outline(slips: &Slips<'_>, expr: &Expr) -> String {
    match expr {
        Expr::Try(tried) => outline(slips, &tried.expr),
        Expr::Await(waited) => outline(slips, &waited.base),
        Expr::Paren(paren) => outline(slips, &paren.expr),
        Expr::MethodCall(call) => {
            let on = match slips.scope.is_flow(&call.receiver) {
                true => slips.scope.flow.to_string(),
                false => outline(slips, &call.receiver),
            };
            let arguments = if call.args.is_empty() { "" } else { ".." };
            format!("{on}.{}({arguments})", call.method)
        }
        other => label(other),
    }
}

/// `flow.map(items, |item| ..)`
pub(super) fn map(slips: &mut Slips<'_>, call: &ExprMethodCall) {
    let mut args = call.args.iter();
    if let Some(items) = args.next() {
        slips.visit_expr(items);
    }
    match args.next() {
        Some(Expr::Closure(closure)) => slips.within(|slips| {
            closure.inputs.iter().for_each(|pat| slips.visit_pat(pat));
            each(slips, call, closure);
        }),
        Some(Expr::Field(field)) if slips.scope.is_flow(&field.base) => {
            if let Member::Named(method) = &field.member
                && slips.scope.kind(method).is_some()
            {
                not_a_value(slips, method, 2);
            }
        }
        Some(Expr::Path(path)) => match step_of_type(slips, &path.path) {
            Some(method) => not_a_value(slips, method, 3),
            None => slips.visit_expr_path(path),
        },
        Some(other) => slips.visit_expr(other),
        None => {}
    }
}

/// `flow.search`, `Self::search`: so many tokens stand before the name.
fn not_a_value(slips: &mut Slips<'_>, method: &Ident, lead: usize) {
    let flow = slips.scope.flow;
    let message = format!("a method is no value; write `|item| {flow}.{method}(item)`");
    slips.diag.at(method.span(), message);
    slips.change(method.span(), Fix::Closure { lead });
}

fn each(slips: &mut Slips<'_>, call: &ExprMethodCall, closure: &ExprClosure) {
    let params = format!("|{}| ", label(&closure.inputs));
    let body = only(&closure.body);
    let refused = match (&closure.asyncness, body) {
        (Some(token), body) => Some((
            token.to_token_stream(),
            match awaited(slips, body) {
                Some(_) => {
                    let (flow, call) = (slips.scope.flow, outline(slips, body));
                    format!(
                        "`{flow}.map(..)` awaits its calls itself; write `{params}{call}` without `async`"
                    )
                }
                None => ASYNC.to_owned(),
            },
        )),
        (None, Expr::Async(block)) => Some((
            block.async_token.to_token_stream(),
            of_async(slips, block, "map", &params),
        )),
        _ => None,
    };
    if let Some((place, message)) = refused {
        let error = slips.error(place, message);
        return slips.change(call.method.span(), Fix::Answer { error });
    }
    if finished(slips, body, "map") {
        return;
    }
    if let Some((chain, semi)) = answer_with_semicolon(call, slips.scope) {
        let whole = slips.named(chain);
        let message = format!("the closure of a map answers `{whole}`; remove this `;`");
        let error = slips.error(quote_spanned!(semi=> ;), message);
        return slips.change(call.method.span(), Fix::Answer { error });
    }
    let before = std::mem::replace(&mut slips.inside, Inside::Map);
    slips.visit_expr(&closure.body);
    slips.inside = before;
}

/// The expression that a block in braces consists of.
pub(super) fn only(expr: &Expr) -> &Expr {
    match expr {
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(inner, None)] => only(inner),
            _ => expr,
        },
        Expr::Paren(paren) => only(&paren.expr),
        other => other,
    }
}
