//! `derive(State)`: the fields of a state under the names that serde writes, and how each is merged.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Field, Fields, LitStr, Meta, Path, Token, Type};

use crate::diag::{Diagnostics, list, suggestion};
use crate::expand::at;
use crate::parse::nesting;
use crate::parse::options::Options;
use crate::parse::table::{self, MERGE_RULES};
use crate::paths;

/// One field that is stored.
struct Stored {
    name: String,
    ty: Type,
    /// The rule as written and as the runtime calls it.
    rule: Option<(&'static str, &'static str)>,
}

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match nesting::parse(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let diag = Diagnostics::new();
    let krate = crate_path(&input.attrs, &diag);
    for attr in input
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("merge"))
    {
        let message =
            "each field is merged by a rule of its own; write this above the field that it is for";
        diag.over(&attr.meta, message);
    }
    let fields = read(&input, &diag);
    let errors = diag.finish();
    if !errors.is_empty() {
        // A state without fields beside the errors, so that who uses it has no error too.
        let named =
            matches!(&input.data, Data::Struct(data) if matches!(data.fields, Fields::Named(_)));
        let fallback = (named && input.generics.params.is_empty())
            .then(|| expand(&input.ident, &[], krate.as_ref()));
        return quote!(#errors #fallback);
    }
    expand(&input.ident, &fields, krate.as_ref())
}

fn expand(ident: &Ident, fields: &[Stored], krate: Option<&Path>) -> TokenStream {
    let import = paths::import(krate);
    let list = fields.iter().map(|field| {
        let name = &field.name;
        let rule = format_ident!("{}", field.rule.map_or("Conflict", |(_, rule)| rule));
        quote!(__agno::Field::new(#name, __agno::Merge::#rule))
    });
    // `last` fits every type.
    let checks = fields.iter().filter_map(|field| {
        let (rule, _) = field.rule.filter(|(rule, _)| *rule != "last")?;
        let ty = &field.ty;
        let bound = match rule {
            "append" => "MergeAppend",
            "union" => "MergeUnion",
            "sum" => "MergeSum",
            _ => "MergeExtreme",
        };
        let bound = Ident::new(bound, at(ty));
        Some(quote_spanned!(at(ty)=> const _: fn() = <#ty as __agno::#bound>::fits;))
    });
    quote! {
        const _: () = {
            #import
            #[automatically_derived]
            impl __agno::StateFields for #ident {
                const FIELDS: &'static [__agno::Field] = &[#(#list),*];
            }
            #(#checks)*
        };
    }
}

/// `#[state(crate = path)]`
fn crate_path(attrs: &[Attribute], diag: &Diagnostics) -> Option<Path> {
    let attr = attrs.iter().find(|attr| attr.path().is_ident("state"))?;
    Options::of(attr, &table::STATE, diag)
        .get("crate")?
        .path(diag)
}

fn read(input: &DeriveInput, diag: &Diagnostics) -> Vec<Stored> {
    if let Some(param) = input.generics.params.first() {
        diag.over(
            param,
            "a state cannot be generic, since it is stored; name the types",
        );
    }
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => &fields.named,
            Fields::Unnamed(fields) => {
                diag.at(
                    fields.paren_token.span.open(),
                    "a state needs named fields, since changes are merged field by field; write `{ name: .. }`",
                );
                return Vec::new();
            }
            Fields::Unit => return Vec::new(),
        },
        Data::Enum(data) => {
            diag.at(
                data.enum_token.span,
                "a state is a struct with named fields; put the enum in a field",
            );
            return Vec::new();
        }
        Data::Union(data) => {
            diag.at(
                data.union_token.span,
                "a state is a struct with named fields; write `struct`",
            );
            return Vec::new();
        }
    };
    let container = Serde::read(&input.attrs, diag);
    for (name, span) in &container.reshaping {
        diag.at(
            *span,
            format!("`{name}` hides the fields of a state, which are merged one by one; remove it"),
        );
    }
    let mut stored: Vec<Stored> = Vec::new();
    for field in fields {
        let Some(read) = read_field(field, &container, diag) else {
            continue;
        };
        if stored.iter().any(|other| other.name == read.name) {
            let name = &read.name;
            diag.over(
                &field.ident,
                format!("a second `{name}`; fields are stored under the names that serde writes, so rename this one"),
            );
        }
        stored.push(read);
    }
    stored
}

fn read_field(field: &Field, container: &Serde, diag: &Diagnostics) -> Option<Stored> {
    let ident = field.ident.as_ref()?;
    let rule = read_rule(&field.attrs, diag);
    let serde = Serde::read(&field.attrs, diag);
    if let Some(span) = serde.flatten {
        diag.at(span, "a flattened field of a state cannot be merged by name; write the field without `flatten`");
    }
    if serde.skip {
        if let Some((_, span)) = rule {
            diag.at(
                span,
                "this field is not stored, so it is never merged; remove `merge` or `skip`",
            );
        }
        return None;
    }
    let plain = ident.unraw().to_string();
    let name = serde.rename.unwrap_or_else(|| match &container.rename_all {
        Some(style) => restyle(&plain, style),
        None => plain,
    });
    Some(Stored {
        name,
        ty: field.ty.clone(),
        rule: rule.map(|(rule, _)| rule),
    })
}

type Rule = (&'static str, &'static str);

fn read_rule(attrs: &[Attribute], diag: &Diagnostics) -> Option<(Rule, Span)> {
    let mut found: Option<(Rule, Span)> = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("merge")) {
        let rules = MERGE_RULES.map(|(rule, _)| rule);
        let given: Option<Ident> = match &attr.meta {
            Meta::List(meta) => syn::parse2(meta.tokens.clone()).ok(),
            _ => None,
        };
        let Some(given) = given else {
            diag.over(
                &attr.meta,
                format!(
                    "`merge` takes one rule, such as `#[merge(append)]`; the rules are {}",
                    list(rules)
                ),
            );
            continue;
        };
        let name = given.to_string();
        let Some(rule) = MERGE_RULES.into_iter().find(|(rule, _)| *rule == name) else {
            let meant = suggestion(&name, rules);
            diag.at(
                given.span(),
                format!(
                    "unknown rule `{name}`{}; the rules are {}",
                    meant.trim_end_matches('?'),
                    list(rules)
                ),
            );
            continue;
        };
        if found.is_some() {
            diag.at(
                given.span(),
                "a second rule for this field; remove one of them",
            );
        }
        found = Some((rule, given.span()));
    }
    found
}

/// What serde's attributes say about names.
#[derive(Default)]
struct Serde {
    rename: Option<String>,
    rename_all: Option<String>,
    skip: bool,
    flatten: Option<Span>,
    /// Container attributes after which the fields are no longer keys.
    reshaping: Vec<(String, Span)>,
}

impl Serde {
    /// Unknown attributes are left alone: serde reports its own mistakes.
    fn read(attrs: &[Attribute], diag: &Diagnostics) -> Self {
        let mut read = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
            let Meta::List(meta) = &attr.meta else {
                continue;
            };
            let parsed = meta
                .parse_args_with(syn::punctuated::Punctuated::<Meta, Token![,]>::parse_terminated);
            for meta in parsed.into_iter().flatten() {
                read.take(&meta, diag);
            }
        }
        read
    }

    fn take(&mut self, meta: &Meta, diag: &Diagnostics) {
        let Some(ident) = meta.path().get_ident() else {
            return;
        };
        match ident.to_string().as_str() {
            "rename" => self.rename = name(meta, diag),
            "rename_all" => self.rename_all = name(meta, diag),
            "skip" => self.skip = true,
            "flatten" => self.flatten = Some(ident.span()),
            reshaping @ ("transparent" | "into" | "from" | "try_from") => {
                self.reshaping.push((reshaping.to_owned(), ident.span()));
            }
            _ => {}
        }
    }
}

/// `rename = "a"`, or `rename(serialize = "a", deserialize = "a")`.
fn name(meta: &Meta, diag: &Diagnostics) -> Option<String> {
    match meta {
        Meta::NameValue(pair) => match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        Meta::List(list) => {
            let mut names: Vec<LitStr> = Vec::new();
            // A mistake in here is serde's to report.
            let _ = list.parse_nested_meta(|meta| {
                names.push(meta.value()?.parse()?);
                Ok(())
            });
            let first = names.first()?.value();
            if let Some(other) = names.iter().find(|name| name.value() != first) {
                diag.at(
                    other.span(),
                    "a state is written and read under one name; use the same for both",
                );
            }
            Some(first)
        }
        Meta::Path(_) => None,
    }
}

/// serde's `rename_all` for a field, which is in snake case.
fn restyle(field: &str, style: &str) -> String {
    let pascal = || -> String {
        field
            .split('_')
            .map(|word| {
                let mut letters = word.chars();
                letters.next().map_or_else(String::new, |first| {
                    first.to_ascii_uppercase().to_string() + letters.as_str()
                })
            })
            .collect()
    };
    match style {
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => field.to_ascii_uppercase(),
        "PascalCase" => pascal(),
        "camelCase" => {
            let pascal = pascal();
            let mut letters = pascal.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_ascii_lowercase().to_string() + letters.as_str()
            })
        }
        "kebab-case" => field.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => field.to_ascii_uppercase().replace('_', "-"),
        _ => field.to_owned(),
    }
}
