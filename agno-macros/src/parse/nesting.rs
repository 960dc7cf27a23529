//! How deeply nested tokens may be.
//!
//! syn reads by recursion, and where the stack ends rustc ends with it, without a word about the place. rustc's own
//! parser gives up at 500 to 1000 levels; in the unoptimised build that a macro usually is, syn does at 150 to 600.
//! So the stack that reading will take is estimated first, from above, and what would take too much is refused.

use proc_macro2::{Delimiter, Punct, Spacing, Span, TokenStream, TokenTree};
use syn::parse::Parse;

use crate::diag::Diagnostics;

/// What may be used of the 8 MiB that rustc gives its threads, in KiB.
const BUDGET: usize = 6_000;

// The stack that one level takes in an unoptimised build, in KiB: measured by nesting it until the stack ended.
const PARENTHESES: usize = 36;
const BRACES: usize = 28;
const ANGLES: usize = 60;
const PREFIX: usize = 38;
const OPEN: usize = 20;
/// One more call of a chain, operator between two values, or `else`.
const LINK: usize = 5;

const TOO_DEEP: &str = "this is nested too deeply to be read; move the inner part into a function or a type of its own";

/// The token at which it gets too deep to be read.
pub(crate) fn too_deep(tokens: TokenStream) -> Option<Span> {
    stream(tokens, 0)
}

/// Whether these tokens can be read. If not, that is reported.
pub(crate) fn is_readable(tokens: TokenStream, diag: &Diagnostics) -> bool {
    let deep = too_deep(tokens);
    if let Some(span) = deep {
        diag.at(span, TOO_DEEP);
    }
    deep.is_none()
}

/// What these tokens say, or why they cannot be read: here the stack does not end.
pub(crate) fn parse<T: Parse>(tokens: TokenStream) -> syn::Result<T> {
    match too_deep(tokens.clone()) {
        Some(span) => Err(syn::Error::new(span, TOO_DEEP)),
        None => syn::parse2(tokens),
    }
}

/// `used` is the stack below these tokens.
fn stream(tokens: TokenStream, used: usize) -> Option<Span> {
    let mut level = Level::default();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        level.take(&token, tokens.peek());
        let used = used + level.stack();
        if used > BUDGET {
            return Some(token.span());
        }
        let TokenTree::Group(group) = token else {
            continue;
        };
        let is_block = group.delimiter() == Delimiter::Brace;
        let used = used + if is_block { BRACES } else { PARENTHESES };
        if used > BUDGET {
            return Some(group.span_open());
        }
        let inner = stream(group.stream(), used);
        if inner.is_some() {
            return inner;
        }
        if is_block && ends_statement(tokens.peek()) {
            level = Level::default();
        }
    }
    None
}

/// Whether a block is a statement of its own, by what follows: no `else`, nothing called on it.
fn ends_statement(next: Option<&TokenTree>) -> bool {
    match next {
        Some(TokenTree::Ident(next)) => next != "else" && next != "as",
        Some(TokenTree::Punct(next)) => next.as_char() == '#',
        Some(TokenTree::Group(_)) => false,
        Some(TokenTree::Literal(_)) | None => true,
    }
}

/// What of the tokens so far has those that follow inside, without a group around them.
#[derive(Default)]
struct Level {
    /// `<` that are not closed yet.
    angles: usize,
    /// `&`, `*`, `!` and `-` in front of the next value.
    prefixes: usize,
    /// What goes on to the end of the statement: `|x|`, `return`, `a =`, `->`.
    open: usize,
    /// `if`, `match`, `while` and `in` whose block is still to come.
    heads: usize,
    links: usize,
    in_params: bool,
    after_value: bool,
    /// The value is named like a type, so that `<` behind it may open a list.
    like_a_type: bool,
    /// The first sign of an operator between values, when another one follows at once.
    half: Option<char>,
    /// The sign before this token.
    before: Option<char>,
}

impl Level {
    fn stack(&self) -> usize {
        let open = self.open + self.heads;
        self.angles * ANGLES + self.prefixes * PREFIX + open * OPEN + self.links * LINK
    }

    fn take(&mut self, token: &TokenTree, next: Option<&TokenTree>) {
        let before = self.before.take();
        let half = self.half.take();
        match token {
            TokenTree::Punct(punct) => {
                self.before = Some(punct.as_char());
                match half {
                    Some(half) => self.second(half, punct.as_char()),
                    None => self.punct(punct, next),
                }
            }
            // `'a` and `#[..]` stand in front of what they belong to.
            TokenTree::Ident(_) if before == Some('\'') => self.after_value = false,
            TokenTree::Group(_) if before == Some('#') => self.after_value = false,
            TokenTree::Ident(ident) => self.word(&ident.to_string()),
            TokenTree::Literal(_) => {
                self.after_value = true;
                self.like_a_type = false;
            }
            TokenTree::Group(group) => {
                self.after_value = true;
                self.like_a_type = false;
                if group.delimiter() == Delimiter::Brace {
                    self.heads = self.heads.saturating_sub(1);
                    // What looked like lists of types compared.
                    self.angles = 0;
                }
            }
        }
    }

    fn word(&mut self, word: &str) {
        self.after_value = false;
        self.like_a_type = word.starts_with(char::is_uppercase);
        match word {
            "return" | "break" | "yield" => self.open += 1,
            "if" | "match" | "while" | "in" => self.heads += 1,
            "else" | "as" => self.links += 1,
            "mut" | "const" | "dyn" | "impl" | "fn" | "for" | "let" | "move" | "async"
            | "unsafe" | "loop" | "ref" | "where" => {}
            _ => self.after_value = true,
        }
    }

    /// The second sign of `->`, `=>`, `==`, `&&`, ..
    fn second(&mut self, half: char, punct: char) {
        match (half, punct) {
            // A type in a type.
            ('-', '>') => self.open += 3,
            ('=', '>') => *self = Self::default(),
            ('=', '=') => self.open = self.open.saturating_sub(1),
            ('<', '=') => self.angles = self.angles.saturating_sub(1),
            ('<', '<') => self.angles += 1,
            ('&', '&') | ('|', '|') => self.angles = 0,
            (_, '=') => self.open += 1,
            _ => {}
        }
        self.after_value = false;
    }

    fn punct(&mut self, punct: &Punct, next: Option<&TokenTree>) {
        let after_value = std::mem::take(&mut self.after_value);
        let joined = (punct.spacing() == Spacing::Joint).then_some(punct.as_char());
        match punct.as_char() {
            ';' => *self = Self::default(),
            ',' if self.angles == 0 && !self.in_params => *self = Self::default(),
            ',' | ':' | '#' | '\'' | '$' => {}
            '?' => {
                self.links += 1;
                self.after_value = after_value;
            }
            '|' if self.in_params => self.in_params = false,
            '|' if !after_value => {
                self.open += 1;
                self.in_params = true;
            }
            '<' => {
                // Behind a value or before a number it compares.
                let compares = (after_value && !self.like_a_type)
                    || matches!(next, Some(TokenTree::Literal(_)));
                self.angles += usize::from(!compares);
                self.half = joined.filter(|_| after_value);
            }
            '>' if self.angles > 0 => {
                self.angles -= 1;
                self.after_value = true;
                self.like_a_type = true;
            }
            '&' | '*' | '-' | '!' if !after_value => self.prefixes += 1,
            '!' if joined.is_none() => {}
            sign => {
                self.open += usize::from(sign == '=' || sign == '@');
                self.links += 1;
                if self.angles == 0 {
                    self.prefixes = 0;
                }
                self.half = joined;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::too_deep;

    fn is_refused(source: &str) -> bool {
        too_deep(source.parse().expect("tokens")).is_some()
    }

    #[test]
    fn what_stands_side_by_side_is_not_deep() {
        for piece in [
            "x = -a * !b;",
            "if a < b && c < d { f(x)? } else { g(&y) }",
            "let x: Vec<Vec<u8>> = y.z::<Vec<_>>().await?;",
            "a if a < b => -1,",
            "match x { Some(y) => return y, None => {} }",
            "#[step] pub async fn f(&self, x: &'a mut X<'a>) -> Result<Y, Z> where X: Y {}",
            "/// documented\n",
            "f(|a, b| a || b, || c);",
            "-a & -b, !c | !d,",
            "x.a <= y << 1;",
            "if score < LIMIT { x } else ",
            "x < L, f(x) < y, x[0] < Z,",
            "if A < B { c }",
        ] {
            assert!(!is_refused(&piece.repeat(1_000)), "{piece}");
        }
    }

    #[test]
    fn a_hundred_and_fifty_levels_are_read() {
        for (open, close) in [
            ("(", ")"),
            ("if x {", "}"),
            ("|x| ", ""),
            ("f(", ")"),
            ("x.y()", ""),
        ] {
            let deep = format!("{}1{}", open.repeat(150), close.repeat(150));
            assert!(!is_refused(&deep), "{open}");
        }
    }

    #[test]
    fn what_nests_is_refused_before_the_stack_ends() {
        for (open, close) in [
            ("(", ")"),
            ("{", "}"),
            ("f(x, ", ")"),
            ("Vec<", ">"),
            ("&", ""),
            ("&'a mut ", ""),
            ("- ", ""),
            ("#[a] !", ""),
            ("|x| ", ""),
            ("|x, y| ", ""),
            ("|| ", ""),
            ("return ", ""),
            ("x = ", ""),
            ("x += ", ""),
            ("fn() -> ", ""),
            ("x @ ", ""),
            ("if ", " {}"),
            ("x.y()?", ""),
            ("x + ", ""),
            ("if x {} else ", ""),
        ] {
            let deep = format!("{}x{}", open.repeat(1_500), close.repeat(1_500));
            assert!(is_refused(&deep), "{open}");
        }
    }
}
