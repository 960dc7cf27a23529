//! What the emitted body says in place of a mistake, so that only our own error is left.
//!
//! rustc reads the body as well, and most mistakes are one in its eyes too. The body is therefore emitted as the message
//! tells the user to write it; where that is not known, the error itself stands there, which has any type.

use proc_macro2::{Delimiter, Group, Ident, LineColumn, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use crate::parse::strip::regroup;

/// One mistake in a body.
pub(crate) struct Mend {
    pub(crate) body: usize,
    pub(crate) change: Change,
}

impl Mend {
    /// The body answers nothing. It is about the method whose name stands at `place`.
    pub(crate) fn nothing(body: usize, place: Span) -> Self {
        let at = place.start();
        let fix = Fix::Nothing;
        Self {
            body,
            change: Change { at, fix },
        }
    }
}

pub(crate) struct Change {
    /// Where the identifier stands that it is about: of a chain of calls the first method.
    pub(crate) at: LineColumn,
    pub(crate) fix: Fix,
}

pub(crate) enum Fix {
    /// `self` is the flow.
    OnSelf,
    /// `self` is the workflow.
    Workflow,
    /// `Self::` is the flow.
    OnType,
    /// A chain of so many methods is awaited, and its error returned.
    Awaited { links: usize, question: bool },
    /// A chain of so many methods is awaited, and its error is to be returned as well.
    Tried { links: usize },
    /// A chain of so many methods is not awaited here.
    Bare { links: usize },
    /// The method behind `.await` goes before it, its error returned when nobody else does.
    Before { links: usize, question: bool },
    /// The first argument of the last of so many methods is another.
    Argument { links: usize, value: TokenStream },
    /// The arguments are a tuple.
    Tuple,
    /// The arguments are those of `format!`.
    Format,
    /// The array is a `Vec`.
    List,
    /// `flow.step` or `Self::step` is a closure. So many tokens stand before the name.
    Closure { lead: usize },
    /// The error stands for one of the calls in a tuple or a `vec!`.
    Element {
        index: usize,
        of: usize,
        error: TokenStream,
    },
    /// The error stands for what a closure answers.
    Answer { error: TokenStream },
    /// The error stands for a chain of so many methods, awaited or not.
    Chain { links: usize, error: TokenStream },
    /// The error stands at the end of the body.
    End { error: TokenStream },
    /// The body answers nothing: its type has an error of its own.
    Nothing,
}

/// A body with one mistake mended. What does not have the expected shape stays.
pub(crate) fn mend(tokens: TokenStream, change: &Change, flow: &Ident) -> TokenStream {
    match &change.fix {
        Fix::Nothing => quote!(loop {}),
        Fix::End { error } => quote!(#tokens #error),
        _ => {
            let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
            change.within(&mut tokens, flow);
            tokens.into_iter().collect()
        }
    }
}

impl Change {
    /// Looks for the place, and says whether it was found and mended.
    fn within(&self, tokens: &mut Vec<TokenTree>, flow: &Ident) -> bool {
        for index in 0..tokens.len() {
            let is_here = matches!(&tokens[index], TokenTree::Ident(ident) if ident.span().start() == self.at);
            if is_here && self.here(tokens, index, flow).is_some() {
                return true;
            }
            if let TokenTree::Group(group) = &tokens[index] {
                let mut inner: Vec<TokenTree> = group.stream().into_iter().collect();
                if self.within(&mut inner, flow) {
                    let inner = inner.into_iter().collect();
                    tokens[index] = TokenTree::Group(regroup(group, inner));
                    return true;
                }
            }
        }
        false
    }

    fn here(&self, tokens: &mut Vec<TokenTree>, index: usize, flow: &Ident) -> Option<()> {
        let span = tokens[index].span();
        let mut flow = flow.clone();
        flow.set_span(span);
        match &self.fix {
            Fix::OnSelf => splice(tokens, index, index + 1, quote!(#flow)),
            Fix::Workflow => {
                splice(
                    tokens,
                    index,
                    index + 1,
                    quote_spanned!(span=> #flow.workflow()),
                );
            }
            Fix::OnType => {
                let path = is(tokens.get(index + 1), ':') && is(tokens.get(index + 2), ':');
                path.then(|| splice(tokens, index, index + 3, quote_spanned!(span=> #flow.)))?;
            }
            Fix::Awaited { links, question } => {
                let end = chain(tokens, index, *links)?;
                if awaited(tokens, end) {
                    return None;
                }
                let question = question.then(|| quote_spanned!(span=> ?));
                splice(tokens, end, end, quote_spanned!(span=> .await #question));
            }
            Fix::Tried { links } => {
                let end = chain(tokens, index, *links)?;
                let question = quote_spanned!(span=> ?);
                awaited(tokens, end).then(|| splice(tokens, end + 2, end + 2, question))?;
            }
            Fix::Bare { links } => {
                let end = chain(tokens, index, *links)?;
                let after = behind(tokens, end);
                (after > end).then(|| splice(tokens, end, after, TokenStream::new()))?;
            }
            Fix::Before { links, question } => {
                let end = chain(tokens, index, *links)?;
                let after = behind(tokens, end);
                let moved = chain(tokens, after + 1, 1)?;
                let waits: TokenStream = tokens[end..after].iter().cloned().collect();
                let method: TokenStream = tokens[after..moved].iter().cloned().collect();
                let question = question.then(|| quote!(?));
                splice(tokens, end, moved, quote!(#method #waits #question));
            }
            Fix::Argument { links, value } => {
                let end = chain(tokens, index, *links)?;
                in_group(&mut tokens[end - 1], |arguments| {
                    let end = parts(arguments).first()?.1;
                    splice(arguments, 0, end, value.clone());
                    Some(())
                })?;
            }
            Fix::Tuple => {
                let end = chain(tokens, index, 1)?;
                in_group(&mut tokens[end - 1], |arguments| {
                    let tuple = Group::new(Delimiter::Parenthesis, arguments.drain(..).collect());
                    arguments.push(TokenTree::Group(tuple));
                    Some(())
                })?;
            }
            Fix::Format => {
                let end = chain(tokens, index, 1)?;
                in_group(&mut tokens[end - 1], |arguments| {
                    let text: TokenStream = arguments.drain(..).collect();
                    arguments.extend(quote!(::std::format!(#text)));
                    Some(())
                })?;
            }
            Fix::List => {
                let end = chain(tokens, index, 1)?;
                in_group(&mut tokens[end - 1], |arguments| {
                    splice(arguments, 0, 0, quote!(::std::vec!));
                    Some(())
                })?;
            }
            Fix::Closure { lead } => {
                let start = index.checked_sub(*lead)?;
                let method = tokens[index].clone();
                let closure = quote_spanned!(span=> |item| #flow.#method(item));
                splice(tokens, start, index + 1, closure);
            }
            Fix::Element {
                index: at,
                of,
                error,
            } => {
                let end = chain(tokens, index, 1)?;
                in_group(&mut tokens[end - 1], |arguments| {
                    let list = arguments
                        .iter_mut()
                        .find(|token| matches!(token, TokenTree::Group(_)))?;
                    in_group(list, |elements| {
                        // A comma in `::<A, B>` is none between them.
                        let parts = parts(elements);
                        let (start, end) = *parts.get(*at).filter(|_| parts.len() == *of)?;
                        splice(elements, start, end, error.clone());
                        Some(())
                    })
                })?;
            }
            Fix::Answer { error } => {
                let end = chain(tokens, index, 1)?;
                in_group(&mut tokens[end - 1], |arguments| {
                    let bars = (0..arguments.len()).filter(|at| is(arguments.get(*at), '|'));
                    let [first, second] = bars.take(2).collect::<Vec<_>>()[..] else {
                        return None;
                    };
                    splice(arguments, second + 1, arguments.len(), error.clone());
                    // `async |item|` answers a future of it.
                    let is_async = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "async");
                    let start = arguments[..first].iter().rposition(is_async);
                    if let Some(start) = start {
                        arguments.remove(start);
                    }
                    Some(())
                })?;
            }
            Fix::Chain { links, error } => {
                let start = index.checked_sub(2)?;
                let end = chain(tokens, index, *links)?;
                let end = behind(tokens, end);
                splice(tokens, start, end, error.clone());
            }
            Fix::End { .. } | Fix::Nothing => {}
        }
        Some(())
    }
}

fn splice(tokens: &mut Vec<TokenTree>, start: usize, end: usize, new: TokenStream) {
    tokens.splice(start..end, new);
}

fn is(token: Option<&TokenTree>, punct: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == punct)
}

fn in_group(
    token: &mut TokenTree,
    change: impl FnOnce(&mut Vec<TokenTree>) -> Option<()>,
) -> Option<()> {
    let TokenTree::Group(group) = &*token else {
        return None;
    };
    let mut inner: Vec<TokenTree> = group.stream().into_iter().collect();
    change(&mut inner)?;
    let changed = regroup(group, inner.into_iter().collect());
    *token = TokenTree::Group(changed);
    Some(())
}

/// Where a chain of so many methods ends whose first identifier stands here.
fn chain(tokens: &[TokenTree], start: usize, links: usize) -> Option<usize> {
    let mut at = start;
    for link in 0..links {
        if link > 0 {
            is(tokens.get(at), '.').then_some(())?;
            at += 1;
        }
        matches!(tokens.get(at), Some(TokenTree::Ident(_))).then_some(())?;
        at += 1;
        // `::<T>`
        if is(tokens.get(at), ':') {
            let mut depth = 0;
            loop {
                let token = tokens.get(at)?;
                depth += i32::from(is(Some(token), '<')) - i32::from(is(Some(token), '>'));
                at += 1;
                if depth == 0 && is(Some(token), '>') {
                    break;
                }
            }
        }
        matches!(tokens.get(at), Some(TokenTree::Group(_))).then_some(())?;
        at += 1;
    }
    Some(at)
}

fn awaited(tokens: &[TokenTree], end: usize) -> bool {
    is(tokens.get(end), '.')
        && matches!(tokens.get(end + 1), Some(TokenTree::Ident(ident)) if ident == "await")
}

/// Past every `.await` and `?`.
fn behind(tokens: &[TokenTree], mut end: usize) -> usize {
    loop {
        if awaited(tokens, end) {
            end += 2;
        } else if is(tokens.get(end), '?') {
            end += 1;
        } else {
            return end;
        }
    }
}

/// What stands between the commas: from where to where.
fn parts(tokens: &[TokenTree]) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut start = 0;
    for at in 0..=tokens.len() {
        if at == tokens.len() || is(tokens.get(at), ',') {
            if at > start {
                parts.push((start, at));
            }
            start = at + 1;
        }
    }
    parts
}
