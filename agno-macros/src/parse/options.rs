//! The options of an attribute: `name = value`, `name(..)`, `name`.
//!
//! Read by tokens, piece by piece, so that one bad option does not hide the others.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Lit, LitStr, Meta, Path, Type};

use super::duration;
use super::nesting;
use super::table::Table;
use crate::diag::{Diagnostics, did_you_mean, list, suggestion};

/// A value and the token that set it.
#[derive(Clone)]
pub(crate) struct Set<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// One option as it was given.
pub(crate) struct Given<'t> {
    pub(crate) name: Ident,
    value: Value,
    table: &'t Table,
}

enum Value {
    None,
    Equals(TokenStream),
    List(Group),
}

/// The options that were given and that the table knows.
pub(crate) struct Options<'t>(Vec<Given<'t>>);

impl<'t> Options<'t> {
    /// The options in an attribute on an item: `#[step(..)]`.
    pub(crate) fn of(attr: &Attribute, table: &'t Table, diag: &Diagnostics) -> Self {
        match &attr.meta {
            Meta::Path(_) => Self(Vec::new()),
            Meta::List(meta) if matches!(meta.delimiter, syn::MacroDelimiter::Paren(_)) => {
                Self::read(meta.tokens.clone(), table, diag)
            }
            other => {
                diag.over(
                    other,
                    format!("options stand in parentheses: `{}`", parentheses(table)),
                );
                Self(Vec::new())
            }
        }
    }

    /// The options in `tokens`, which stand between parentheses.
    pub(crate) fn read(tokens: TokenStream, table: &'t Table, diag: &Diagnostics) -> Self {
        let mut known: Vec<Given<'t>> = Vec::new();
        if !nesting::is_readable(tokens.clone(), diag) {
            return Self(known);
        }
        for piece in pieces(tokens, diag) {
            let Some(given) = piece_to_option(piece, table, diag) else {
                continue;
            };
            let name = given.name.to_string();
            if known.iter().any(|other| other.name == given.name) {
                diag.at(
                    given.name.span(),
                    format!("`{name}` is given twice; remove one of them"),
                );
            } else if table.names().any(|known| known == name) {
                known.push(given);
            } else if let Some(advice) = table.advice(&name) {
                diag.at(given.name.span(), advice);
            } else if name.starts_with(char::is_uppercase)
                && matches!(given.value, Value::None)
                && table.names().any(|known| known == "state")
            {
                let message = format!("a type alone says nothing; write `state = {name}`");
                diag.at(given.name.span(), message);
            } else if let Some(advice) = table.near_advice(&name) {
                diag.at(
                    given.name.span(),
                    format!("unknown option `{name}`; {advice}"),
                );
            } else {
                diag.at(
                    given.name.span(),
                    format!(
                        "unknown option `{name}`{} {} takes {}",
                        match did_you_mean(&name, table.names()) {
                            Some(meant) => format!(", did you mean `{meant}`?"),
                            None => ";".to_owned(),
                        },
                        table.owner,
                        list(table.names())
                    ),
                );
            }
        }
        Self(known)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Given<'t>> {
        self.0.iter().find(|given| given.name == name)
    }

    /// All of them, in the order in which they were given.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Given<'t>> {
        self.0.iter()
    }
}

fn parentheses(table: &Table) -> String {
    let owner = table
        .owner
        .trim_matches('`')
        .trim_start_matches("#[")
        .trim_end_matches(']');
    let example = table.options.first().map_or("", |spec| spec.example);
    format!("#[{owner}({example})]")
}

/// Splits at the commas outside of `<..>`.
fn pieces(tokens: TokenStream, diag: &Diagnostics) -> Vec<Vec<TokenTree>> {
    let mut pieces = vec![Vec::new()];
    let mut depth = 0_usize;
    for token in tokens {
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                mark @ (',' | ';') if depth == 0 => {
                    if mark == ';' {
                        let message = "a comma stands between two options; write `,` here";
                        diag.at(punct.span(), message);
                    }
                    pieces.push(Vec::new());
                    continue;
                }
                _ => {}
            }
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(token);
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn piece_to_option<'t>(
    piece: Vec<TokenTree>,
    table: &'t Table,
    diag: &Diagnostics,
) -> Option<Given<'t>> {
    let mut tokens = piece.into_iter();
    let name = match tokens.next() {
        Some(TokenTree::Ident(name)) => name,
        Some(other) => {
            let advice = table
                .written_with(&other)
                .unwrap_or_else(|| format!("{} takes {}", table.owner, list(table.names())));
            diag.at(other.span(), format!("expected an option here; {advice}"));
            return None;
        }
        None => return None,
    };
    let value = match tokens.next() {
        None => Value::None,
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            Value::List(group)
        }
        Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => {
            let value: Vec<TokenTree> = tokens.by_ref().collect();
            if let [TokenTree::Literal(_), TokenTree::Ident(next), ..] = &value[..] {
                diag.at(next.span(), "expected a comma before this");
                return None;
            }
            if value.is_empty() {
                let example = table.example(&name.to_string());
                diag.at(
                    punct.span(),
                    format!("the value is missing{}", write(example)),
                );
                return None;
            }
            Value::Equals(value.into_iter().collect())
        }
        Some(other) => {
            let example = table.example(&name.to_string());
            diag.at(
                other.span(),
                format!("expected `=`, `(..)` or a comma{}", write(example)),
            );
            return None;
        }
    };
    if let Some(extra) = tokens.next() {
        diag.at(extra.span(), "expected a comma before this");
        return None;
    }
    Some(Given { name, value, table })
}

fn write(example: &str) -> String {
    if example.is_empty() {
        String::new()
    } else {
        format!("; write `{example}`")
    }
}

impl Given<'_> {
    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }

    fn wrong(&self, diag: &Diagnostics, what: &str) {
        let example = self.table.example(&self.name.to_string());
        self.wrong_for(diag, what, example);
    }

    /// The same, with what to write.
    fn wrong_for(&self, diag: &Diagnostics, what: &str, example: &str) {
        let message = format!("`{}` takes {what}; write `{example}`", self.name);
        match &self.value {
            Value::None => diag.at(self.name.span(), message),
            Value::Equals(value) => diag.over(value, message),
            Value::List(group) => diag.at(group.span_open(), message),
        }
    }

    fn literal(&self) -> Option<Lit> {
        match &self.value {
            Value::Equals(value) => syn::parse2(value.clone()).ok(),
            _ => None,
        }
    }

    /// `name = "text"`
    pub(crate) fn text(&self, diag: &Diagnostics) -> Option<LitStr> {
        self.text_as(diag, "a text in quotes")
    }

    /// The same, with what the text is: "the question in quotes".
    pub(crate) fn text_as(&self, diag: &Diagnostics, what: &str) -> Option<LitStr> {
        if let Some(Lit::Str(text)) = self.literal() {
            return Some(text);
        }
        self.wrong(diag, what);
        None
    }

    /// `name = 3`
    pub(crate) fn integer(&self, diag: &Diagnostics) -> Option<Set<u32>> {
        if let Some(Lit::Int(number)) = self.literal()
            && let Ok(value) = number.base10_parse()
        {
            return Some(Set {
                value,
                span: number.span(),
            });
        }
        self.wrong(diag, "a whole number");
        None
    }

    /// `name = 2.0` or `name = 2`
    pub(crate) fn number(&self, diag: &Diagnostics) -> Option<Set<f64>> {
        let parsed = match self.literal() {
            Some(Lit::Float(number)) => number
                .base10_parse()
                .ok()
                .map(|value| (value, number.span())),
            Some(Lit::Int(number)) => number
                .base10_parse::<u32>()
                .ok()
                .map(|value| (f64::from(value), number.span())),
            _ => None,
        };
        if parsed.is_none() {
            self.wrong(diag, "a number");
        }
        parsed.map(|(value, span)| Set { value, span })
    }

    /// `name = true`
    pub(crate) fn boolean(&self, diag: &Diagnostics) -> Option<bool> {
        if let Some(Lit::Bool(value)) = self.literal() {
            return Some(value.value);
        }
        self.wrong(diag, "`true` or `false`");
        None
    }

    /// `name = true`, where it takes something else.
    pub(crate) fn switch(&self) -> Option<Set<bool>> {
        match self.literal()? {
            Lit::Bool(switch) => Some(Set {
                value: switch.value,
                span: switch.span,
            }),
            _ => None,
        }
    }

    /// What a number without a unit most likely counts.
    fn unit(&self) -> Unit {
        match self.name == "backoff" || self.name == "max_delay" {
            true => Unit::OfWaits,
            false => Unit::Seconds,
        }
    }

    /// `name = "20s"`, in milliseconds.
    pub(crate) fn duration(&self, diag: &Diagnostics) -> Option<Set<u64>> {
        const DURATION: &str = "a duration in quotes";
        let literal = self.literal();
        if let Some(written) = literal.and_then(|literal| meant(&literal, self.unit())) {
            let example = format!("{} = \"{written}\"", self.name);
            self.wrong_for(diag, DURATION, &example);
            return None;
        }
        let text = self.text_as(diag, DURATION)?;
        match duration::parse(&text.value()) {
            Ok(value) => Some(Set {
                value,
                span: text.span(),
            }),
            Err(message) => {
                diag.at(text.span(), message);
                None
            }
        }
    }

    /// `name = "one of these"`
    pub(crate) fn choice(
        &self,
        diag: &Diagnostics,
        choices: &[&'static str],
    ) -> Option<Set<&'static str>> {
        let text = self.text_as(diag, &format!("one of {}", list(choices)))?;
        let value = text.value();
        if let Some(choice) = choices.iter().find(|choice| **choice == value) {
            return Some(Set {
                value: choice,
                span: text.span(),
            });
        }
        diag.at(
            text.span(),
            format!(
                "`{}` cannot be `{value}`{}; it is one of {}",
                self.name,
                suggestion(&value, choices.iter().copied()).trim_end_matches('?'),
                list(choices)
            ),
        );
        None
    }

    /// `name(..)`, whatever is inside.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.value, Value::List(_))
    }

    /// `name`, without a value.
    pub(crate) fn flag(&self, diag: &Diagnostics) -> bool {
        if let Value::None = self.value {
            return true;
        }
        self.wrong(diag, "no value");
        false
    }

    /// `name(..)`; `name` alone when nothing inside is needed.
    pub(crate) fn nested<'t>(&self, table: &'t Table, diag: &Diagnostics) -> Option<Options<'t>> {
        match &self.value {
            Value::None => Some(Options(Vec::new())),
            Value::List(group) => Some(Options::read(group.stream(), table, diag)),
            Value::Equals(_) => {
                let what = "its options in parentheses";
                match self.literal().and_then(|value| table.first_with(&value)) {
                    Some(first) => {
                        self.wrong_for(diag, what, &format!("{}({first})", self.name));
                    }
                    None => self.wrong(diag, what),
                }
                None
            }
        }
    }

    /// `name = path::to::Type`
    pub(crate) fn ty(&self, diag: &Diagnostics) -> Option<Type> {
        if let Value::Equals(value) = &self.value
            && let Ok(ty) = syn::parse2::<Type>(value.clone())
        {
            return Some(ty);
        }
        self.wrong(diag, "a type");
        None
    }

    /// `crate = path`
    pub(crate) fn path(&self, diag: &Diagnostics) -> Option<Path> {
        if let Value::Equals(value) = &self.value
            && let Ok(path) = syn::parse::Parser::parse2(Path::parse_mod_style, value.clone())
        {
            return Some(path);
        }
        self.wrong(diag, "a path without quotes");
        None
    }
}

/// What a number without a unit counts.
#[derive(Clone, Copy)]
enum Unit {
    Seconds,
    /// Between two attempts: milliseconds, unless there are too few of them.
    OfWaits,
}

/// The least number that counts milliseconds between two attempts: nobody waits that many seconds, or so few milliseconds.
const LEAST_MILLIS: u64 = 60;

/// A number as the duration that it was probably meant to be.
fn meant(number: &Lit, unit: Unit) -> Option<String> {
    let suffix = match number {
        Lit::Int(number) => number.suffix(),
        Lit::Float(number) => number.suffix(),
        _ => return None,
    };
    let written = duration::unit(suffix);
    match number {
        Lit::Int(number) => {
            let count: u64 = number.base10_parse().ok()?;
            let unit = match (written, unit) {
                (Some((unit, _)), _) => unit,
                (None, Unit::OfWaits) if count >= LEAST_MILLIS => "ms",
                (None, _) => "s",
            };
            (count > 0).then(|| format!("{count}{unit}"))
        }
        Lit::Float(number) => {
            let count: f64 = number.base10_parse().ok()?;
            let factor = written.map_or(1_000, |(_, factor)| factor);
            let millis = (count * factor as f64).round();
            (1.0..1e15).contains(&millis).then(|| format!("{millis}ms"))
        }
        _ => None,
    }
}

impl Table {
    /// `retry(3)`: the same with the name of what it most likely is.
    fn written_with(&self, value: &TokenTree) -> Option<String> {
        let owner = self.owner.strip_prefix('`')?.strip_suffix("(..)`")?;
        let TokenTree::Literal(value) = value else {
            return None;
        };
        let first = self.first_with(&Lit::new(value.clone()))?;
        Some(format!("write `{owner}({first})`"))
    }

    /// The first option with this value, if it takes one of its kind.
    fn first_with(&self, value: &Lit) -> Option<String> {
        let first = self.options.first()?;
        let (_, example) = first.example.split_once("= ")?;
        let is_number = example.parse::<u32>().is_ok();
        match value {
            Lit::Int(number) if is_number => {
                let counts = duration::unit(number.suffix()).is_none();
                counts.then(|| format!("{} = {number}", first.name))
            }
            Lit::Int(_) | Lit::Float(_) if !is_number => {
                let written = meant(value, Unit::Seconds)?;
                Some(format!("{} = \"{written}\"", first.name))
            }
            Lit::Str(text) => {
                let is_duration = duration::parse(&text.value()).is_ok();
                (is_duration && !is_number)
                    .then(|| format!("{} = \"{}\"", first.name, text.value()))
            }
            _ => None,
        }
    }
}

/// Tokens as one line of text, for messages and comparisons.
pub(crate) fn plain_text(tokens: impl ToTokens) -> String {
    crate::flow::text::written(tokens.to_token_stream())
}
