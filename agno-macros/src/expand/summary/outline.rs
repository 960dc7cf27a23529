//! A flow as an outline, indented text.

use syn::ext::IdentExt;

use super::markdown::{block, line};
use super::{options, output, source};
use crate::flow::graph::{Graph, Kind, Node};
use crate::model::{Flow, Workflow};

/// Every flow of a workflow, the entry first.
pub(super) fn outline(workflow: &Workflow, graph: &Graph) -> String {
    let mut text = String::new();
    for flow in &workflow.flows {
        head(flow, &mut text);
        let name = flow.method.sig.ident.unraw().to_string();
        nodes(graph.flow(&name).unwrap_or_default(), 1, &mut text);
    }
    block(&text)
}

/// `finish(draft: Draft) -> Url, within 2 m`
fn head(flow: &Flow, text: &mut String) {
    let method = &flow.method;
    let inputs = method
        .inputs()
        .map(|param| format!("{}: {}", param.name, source::text(&param.ty)));
    let inputs: Vec<String> = inputs.collect();
    let head = format!(
        "{}({}) -> {}{}{}",
        method.sig.ident.unraw(),
        inputs.join(", "),
        output(method),
        options::of_flow(&flow.options),
        only_if(&source::conditions(&method.attrs)),
    );
    put(0, &head, text);
}

fn only_if(conditions: &str) -> String {
    match conditions {
        "" => String::new(),
        conditions => format!(" (if {conditions})"),
    }
}

fn put(depth: usize, words: &str, text: &mut String) {
    for _ in 0..depth {
        text.push_str("  ");
    }
    text.extend(line(words));
    text.push('\n');
}

fn nodes(list: &[Node], depth: usize, text: &mut String) {
    for node in list {
        one(node, depth, text);
    }
}

fn one(node: &Node, depth: usize, text: &mut String) {
    let only = only_if(&source::conditions(&node.conditions));
    let mut say = |words: String| put(depth, &format!("{words}{only}"), text);
    match &node.kind {
        Kind::Step { name, .. } => say(name.clone()),
        Kind::Subflow { name, .. } => say(format!("flow {name}")),
        Kind::Workflow { name, .. } => say(format!("workflow {name}")),
        Kind::Sleep { duration, .. } => say(format!("sleep {duration}")),
        Kind::Human { kind, .. } => say(format!("{kind} (a person answers)")),
        Kind::End { text: source } => say(source.clone()),
        Kind::Opaque { text: source } => say(format!("{source} (not read)")),
        Kind::If {
            condition,
            then,
            otherwise,
        } => {
            // What a `let .. else` does when nothing fits.
            let word = if then.is_empty() { "unless" } else { "if" };
            say(format!("{word} {condition}"));
            nodes(then, depth + 1, text);
            if then.is_empty() {
                nodes(otherwise, depth + 1, text);
            } else if !otherwise.is_empty() {
                put(depth, "else", text);
                nodes(otherwise, depth + 1, text);
            }
        }
        Kind::Match { on, arms } => {
            say(format!("match {on}"));
            for (conditions, pattern, body) in arms {
                put(
                    depth + 1,
                    &format!("{pattern} =>{}", only_if(&source::conditions(conditions))),
                    text,
                );
                nodes(body, depth + 2, text);
            }
        }
        Kind::Loop { head, body } => {
            say(head.clone());
            nodes(body, depth + 1, text);
        }
        Kind::Map { over, body, .. } => {
            say(format!("map over {over}"));
            nodes(body, depth + 1, text);
        }
        Kind::Parallel { branches, .. } => {
            say("parallel".to_owned());
            each(branches, depth + 1, text);
        }
        Kind::Race { branches, .. } => {
            say("race".to_owned());
            each(branches, depth + 1, text);
        }
    }
}

/// Branches: a mark where each begins.
fn each(branches: &[Vec<Node>], depth: usize, text: &mut String) {
    for branch in branches {
        let begin = text.len() + 2 * depth;
        nodes(branch, depth + 1, text);
        if begin + 2 <= text.len() {
            text.replace_range(begin..begin + 1, "-");
        }
    }
}
