//! What `cargo doc` of a user's crate shows of a workflow: one doc comment on its `impl Workflow` (`impl WorkflowInfo`, where
//! its fields are its steps), with the steps as a table and the flow as an outline.
//!
//! It is one literal, put together here, so that rustc has nothing to do for it.

mod markdown;
mod options;
mod outline;
mod source;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

use crate::flow::graph::Graph;
use crate::model::{Declaration, FieldStep, Method, Step, Workflow};
use crate::parse::attributes;
use markdown::{code, prose, table};

/// Of a workflow whose steps are methods.
pub(super) fn of_methods(workflow: &Workflow, graph: &Graph) -> TokenStream {
    let steps = &workflow.steps;
    let entry = workflow.entry().map(|flow| &flow.method);
    let first = entry.or_else(|| steps.first().map(|step| &step.method));
    let last = entry.or_else(|| steps.last().map(|step| &step.method));
    let mut text = String::new();
    if let (Some(first), Some(last)) = (first, last) {
        let input = inputs(first);
        let input = if input.is_empty() { "nothing" } else { &input };
        text = format!("Takes {input}, gives {}", code(&output(last)));
        if let Some(state) = &workflow.state {
            text.push_str(", has the state ");
            text.push_str(&code(&source::text(state)));
        }
        text.push_str(".\n\n");
    }
    let rows = steps.iter().map(|step| {
        let Step {
            method,
            name,
            options,
            ..
        } = step;
        let mut words = options::of_step(options);
        if method.state().is_some() {
            words.push("changes the state".to_owned());
        }
        [
            named(name, &method.attrs),
            inputs(method),
            code(&output(method)),
            words.join(", "),
            sentence(&method.summary),
        ]
    });
    text.push_str(&table(
        ["Step", "Takes", "Gives", "Options", "What it does"],
        &rows.collect::<Vec<_>>(),
    ));
    if workflow.flows.is_empty() {
        text.push_str(IN_ORDER);
    } else {
        text.push_str(&outline::outline(workflow, graph));
    }
    quote!(#[doc = #text])
}

const IN_ORDER: &str = "\nThe steps run in this order, each fed by the one before.\n";

/// Of a struct whose fields are its steps. What they take and give is known to rustc only.
pub(super) fn of_fields(declaration: &Declaration) -> TokenStream {
    let rows = declaration.steps.iter().map(|step| {
        let FieldStep {
            name,
            attrs,
            ty,
            options,
            template,
            ..
        } = step;
        let mut words = options::of_step(options);
        words.extend(template.as_ref().map(options::of_template));
        [
            named(name, attrs),
            code(&source::text(ty)),
            words.join(", "),
            sentence(&attributes::summary(attrs)),
        ]
    });
    let mut text = match &declaration.state {
        Some(state) => format!("Has the state {}.\n\n", code(&source::text(state))),
        None => String::new(),
    };
    text.push_str(&table(
        ["Step", "Done by", "Options", "What it does"],
        &rows.collect::<Vec<_>>(),
    ));
    text.push_str(IN_ORDER);
    quote!(#[doc = #text])
}

/// A step's name, and under which condition it is there.
fn named(name: &str, attrs: &[Attribute]) -> String {
    let mut text = code(name);
    let conditions = source::conditions(attrs);
    if !conditions.is_empty() {
        text.push_str(", if ");
        text.push_str(&code(&conditions));
    }
    text
}

fn inputs(method: &Method) -> String {
    let inputs = method
        .inputs()
        .map(|param| code(&format!("{}: {}", param.name, source::text(&param.ty))));
    inputs.collect::<Vec<_>>().join(", ")
}

fn output(method: &Method) -> String {
    source::text(&method.output.value)
}

/// The first sentence of a paragraph.
fn sentence(paragraph: &str) -> String {
    let end = paragraph.match_indices(". ").find(|(place, _)| {
        let next = paragraph[place + 2..].chars().next();
        next.is_some_and(char::is_uppercase)
    });
    prose(end.map_or(paragraph, |(place, _)| &paragraph[..=place]))
}
