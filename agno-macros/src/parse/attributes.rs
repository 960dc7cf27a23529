//! Documentation and conditions of an item.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The lines of a doc comment. Other forms (`include_str!`) are left to rustdoc.
fn doc_lines(attrs: &[Attribute]) -> Vec<String> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"))
        .filter_map(|attr| match &attr.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .flat_map(|text| {
            text.split('\n')
                .map(|line| line.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The prose of a doc comment, up to the first heading or code block.
pub(crate) fn description(attrs: &[Attribute]) -> String {
    paragraphs(attrs).join("\n\n")
}

/// The first paragraph of a doc comment.
pub(crate) fn summary(attrs: &[Attribute]) -> String {
    paragraphs(attrs).into_iter().next().unwrap_or_default()
}

fn paragraphs(attrs: &[Attribute]) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for line in doc_lines(attrs) {
        if line.starts_with('#') || line.starts_with("```") {
            break;
        }
        if line.is_empty() {
            if !open.is_empty() {
                found.push(std::mem::take(&mut open).join(" "));
            }
        } else {
            open.push(line);
        }
    }
    if !open.is_empty() {
        found.push(open.join(" "));
    }
    found
}

/// The `#[cfg(..)]` attributes.
pub(crate) fn conditions(attrs: &[Attribute]) -> Vec<Attribute> {
    pick(attrs, &["cfg"])
}

/// What the handle method repeats: documentation, conditions, deprecation.
pub(crate) fn repeated(attrs: &[Attribute]) -> Vec<Attribute> {
    pick(attrs, &["doc", "cfg", "deprecated"])
}

fn pick(attrs: &[Attribute], names: &[&str]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| names.iter().any(|name| attr.path().is_ident(name)))
        .cloned()
        .collect()
}
