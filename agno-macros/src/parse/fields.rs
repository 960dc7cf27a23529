//! From a struct to the model: its fields, and those that are steps.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Field, Fields, ItemStruct, LitStr, Member};

use super::attributes::conditions;
use super::methods::{hidden_marker, is_named, take_markers, without_self};
use super::{nesting, step, template};
use crate::diag::Diagnostics;
use crate::model::{FieldStep, Piece, PlainField, Template};

/// The fields of a workflow struct.
#[derive(Default)]
pub(crate) struct Parsed {
    pub(crate) fields: Vec<PlainField>,
    pub(crate) steps: Vec<FieldStep>,
    /// Some field is marked, rightly or not: the struct must be stripped.
    pub(crate) is_marked: bool,
}

/// Reads the fields. What does not parse is rustc's to report.
pub(crate) fn read(item: TokenStream, diag: &Diagnostics) -> Parsed {
    if !nesting::is_readable(item.clone(), diag) {
        return Parsed::default();
    }
    let Ok(item) = syn::parse2::<ItemStruct>(item) else {
        return Parsed::default();
    };
    let is_tuple = matches!(item.fields, Fields::Unnamed(_));
    let is_packed = is_packed(&item.attrs);
    let mut parsed = Parsed::default();
    let mut templates: Vec<(usize, LitStr)> = Vec::new();
    for (index, mut field) in item.fields.into_iter().enumerate() {
        // syn takes it for a name, rustc does not.
        if field.ident.as_ref().is_some_and(|ident| ident == "_") {
            continue;
        }
        let markers = take_markers(&mut field.attrs);
        parsed.is_marked |= !markers.is_empty();
        // Behind a field without a name that may be absent, the numbers are not known.
        let is_counted = !is_tuple
            || parsed
                .fields
                .iter()
                .all(|field| field.conditions.is_empty());
        if !is_packed && is_counted {
            parsed.fields.push(plain(&field, index));
        }
        if let Some(extra) = markers.get(1) {
            diag.over(extra, "a field is a `#[step]` once; remove one of them");
        }
        let Some(marker) = markers.into_iter().next() else {
            hidden_marker(&field.attrs, "field", diag);
            continue;
        };
        if is_named(&marker, "flow") {
            let problem = "a flow is a function; for a field that does a step write `#[step]`";
            diag.over(marker.path(), problem);
        } else if is_tuple {
            diag.over(
                marker.path(),
                format!(
                    "a step is recorded under its name, so give the fields names: `struct {} {{ writer: .. }}`",
                    item.ident
                ),
            );
        } else if let Some(ident) = field.ident.clone() {
            let (step, template) = read_step(&marker, field, ident, &item.ident, diag);
            templates.extend(template.map(|text| (parsed.steps.len(), text)));
            parsed.steps.push(step);
        }
    }
    for (place, text) in templates {
        parsed.steps[place].template = resolve(&text, place, &parsed.steps, diag);
    }
    parsed
}

fn plain(field: &Field, index: usize) -> PlainField {
    PlainField {
        name: match &field.ident {
            Some(ident) => ident.unraw().to_string(),
            None => index.to_string(),
        },
        member: match &field.ident {
            Some(ident) => Member::Named(ident.clone()),
            None => Member::from(index),
        },
        conditions: conditions(&field.attrs),
    }
}

fn read_step(
    marker: &Attribute,
    field: Field,
    ident: Ident,
    this: &Ident,
    diag: &Diagnostics,
) -> (FieldStep, Option<LitStr>) {
    let (options, name, template) = step::field(marker, diag);
    let (name, name_span) = match name {
        Some(set) => (set.value, set.span),
        None => (ident.unraw().to_string(), ident.span()),
    };
    let step = FieldStep {
        marker: marker.path().clone(),
        ty: without_self(&field.ty, this),
        attrs: field.attrs,
        ident,
        name,
        name_span,
        options,
        template: None,
    };
    (step, template)
}

/// The template with the fields it names; nothing when it has a mistake, which is then reported.
fn resolve(
    text: &LitStr,
    place: usize,
    steps: &[FieldStep],
    diag: &Diagnostics,
) -> Option<Template> {
    let field = |step: &FieldStep| step.ident.unraw().to_string();
    let earlier: Vec<String> = steps[..place].iter().map(field).collect();
    let later: Vec<String> = steps[place..].iter().map(field).collect();
    let pieces = template::parse(&text.value()).and_then(|parts| {
        let pieces = parts.into_iter().map(|part| match part {
            template::Part::Text(text) => Ok(Piece::Text(text)),
            template::Part::Name(name) => match name.as_str() {
                "input" => Ok(Piece::Input),
                "previous" if place > 0 => Ok(Piece::Previous),
                _ => match earlier.iter().position(|field| *field == name) {
                    Some(index) => Ok(Piece::Output(steps[index].name.clone())),
                    None => Err(template::unknown(&name, &earlier, &later)),
                },
            },
        });
        pieces.collect::<Result<Vec<Piece>, String>>()
    });
    match pieces {
        Ok(pieces) => Some(Template { pieces }),
        Err(problem) => {
            diag.at(text.span(), problem);
            None
        }
    }
}

/// References to packed fields do not exist.
fn is_packed(attrs: &[Attribute]) -> bool {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("repr"))
        .any(|attr| attr.meta.to_token_stream().to_string().contains("packed"))
}
