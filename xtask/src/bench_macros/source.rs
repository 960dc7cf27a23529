//! The generated crates. All forms of a shape share the user's own code.

use std::fmt::Write;

/// Calls in one flow. rustc itself takes more than its share for one very long function.
const CALLS: usize = 10;

/// How the steps are put together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One workflow without a flow: its steps run in their order.
    Ordered,
    /// One workflow whose flow calls sub-flows of ten steps each.
    Flows,
    /// One workflow whose fields are its steps.
    Fields,
}

/// Who registers the steps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nobody: the user's own code, and nothing durable.
    Plain,
    /// The user, as in `examples/no_macro.rs`.
    ByHand,
    Macros,
}

impl Shape {
    pub(super) const ALL: [Self; 3] = [Self::Ordered, Self::Flows, Self::Fields];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Flows => "flows",
            Self::Fields => "fields",
        }
    }

    pub(super) fn about(self) -> &'static str {
        match self {
            Self::Ordered => "steps in their order",
            Self::Flows => "sub-flows of ten calls each",
            Self::Fields => "fields",
        }
    }
}

impl Form {
    pub(super) const ALL: [Self; 3] = [Self::Plain, Self::ByHand, Self::Macros];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::ByHand => "hand",
            Self::Macros => "macros",
        }
    }

    fn attribute(self, name: &'static str) -> &'static str {
        match self {
            Self::Macros => name,
            Self::Plain | Self::ByHand => "",
        }
    }
}

pub(super) fn source(shape: Shape, form: Form, steps: usize) -> String {
    let mut text = String::from(
        "use agno::prelude::*;\n\n\
         #[data]\npub struct Note {\n    text: String,\n    times: u32,\n}\n\n",
    );
    match shape {
        Shape::Ordered => {
            methods(&mut text, form, steps, &[]);
        }
        Shape::Flows => {
            let flows: Vec<(String, Vec<Call>)> = flows(steps);
            methods(&mut text, form, steps, &flows);
        }
        Shape::Fields => fields(&mut text, form, steps),
    }
    if form == Form::ByHand {
        by_hand(&mut text, shape, steps);
    }
    text
}

/// Whoever uses the plain code polls it. An async function that nobody can poll is checked, but never compiled.
pub(super) fn compiled(text: &mut String, shape: Shape, steps: usize) {
    let methods: Vec<String> = match shape {
        Shape::Ordered => (0..steps).map(|step| format!("step{step}")).collect(),
        Shape::Flows => vec!["run".to_owned()],
        Shape::Fields => Vec::new(),
    };
    for method in methods {
        let _ = writeln!(
            text,
            "pub fn start_{method}(article: &Article, note: Note) \
             -> std::pin::Pin<Box<dyn Future<Output = Result<Note>> + Send + '_>> {{\n\
             Box::pin(article.{method}(note))\n}}"
        );
    }
}

/// What a flow calls: a step, or another flow.
struct Call {
    method: &'static str,
    name: String,
}

/// `run` calls the sub-flows, each of them its ten steps.
fn flows(steps: usize) -> Vec<(String, Vec<Call>)> {
    let call = |method, kind: &str, number| Call {
        method,
        name: format!("{kind}{number}"),
    };
    let subflows = 0..steps / CALLS;
    let entry = subflows
        .clone()
        .map(|number| call("subflow", "flow", number));
    let mut flows = vec![("run".to_owned(), entry.collect())];
    flows.extend(subflows.map(|number| {
        let steps = number * CALLS..(number + 1) * CALLS;
        let calls = steps.map(|step| call("step", "step", step));
        (format!("flow{number}"), calls.collect())
    }));
    flows
}

// Writing to a text cannot fail, here and below.
fn methods(text: &mut String, form: Form, steps: usize, flows: &[(String, Vec<Call>)]) {
    let workflow = form.attribute("#[workflow]\n");
    let step = form.attribute("#[step]\n");
    let _ = write!(
        text,
        "{workflow}pub struct Article;\n\n{workflow}impl Article {{\n"
    );
    for number in 0..steps {
        let _ = write!(
            text,
            "/// Reads a note once more.\n{step}\
             pub async fn step{number}(&self, note: Note) -> Result<Note> {{\n\
             Ok(Note {{ times: note.times + {number}, ..note }})\n}}\n"
        );
    }
    let attribute = form.attribute("#[flow]\n");
    let parameter = match form {
        Form::Plain => "&self",
        Form::ByHand | Form::Macros => "flow: &Flow<Self>",
    };
    for (name, calls) in flows {
        let _ = writeln!(
            text,
            "{attribute}pub async fn {name}({parameter}, note: Note) -> Result<Note> {{"
        );
        for Call { method, name } in calls {
            let _ = match form {
                Form::Plain => writeln!(text, "let note = self.{name}(note).await?;"),
                Form::ByHand => writeln!(
                    text,
                    "let note: Note = flow.{method}(\"{name}\", (note,)).await?;"
                ),
                Form::Macros => writeln!(text, "let note = flow.{name}(note).await?;"),
            };
        }
        text.push_str("Ok(note)\n}\n");
    }
    text.push_str("}\n");
}

fn fields(text: &mut String, form: Form, steps: usize) {
    let workflow = form.attribute("#[workflow]\n");
    let step = form.attribute("#[step] ");
    text.push_str(
        "use agno::{AnyState, Execute, Settings, StepContext};\n\n\
         pub struct Reader;\n\nimpl Settings for Reader {}\n\n\
         impl Execute for Reader {\n\
         type Input = Note;\ntype Output = Note;\n\
         async fn execute(&self, note: Note, _: &StepContext, _: Option<&mut dyn AnyState>) -> Result<Note> {\n\
         Ok(note)\n}\n}\n\n",
    );
    let _ = writeln!(text, "{workflow}pub struct Article {{");
    for number in 0..steps {
        let _ = write!(
            text,
            "/// Reads a note once more.\n{step}pub step{number}: Reader,\n"
        );
    }
    text.push_str("}\n");
}

/// What the macros stand for, with what is public.
fn by_hand(text: &mut String, shape: Shape, steps: usize) {
    text.push_str(
        "\nuse agno::graph::{FlowGraph, Graph, Node};\n\
         use agno::{Definition, FlowSpec, Handle, Link, Step, Workflow, WorkflowInfo, codec, fallible, param};\n\
         use std::panic::Location;\n\n\
         impl WorkflowInfo for Article {\nconst NAME: &'static str = \"Article\";\n}\n\n\
         impl Workflow for Article {\n\
         type Steps = Handle;\ntype Input = Note;\ntype Output = Note;\n\
         fn define(definition: &mut Definition<Self>) {\n",
    );
    let about = "describe(\"Reads a note once more.\")";
    let ports = "(param(\"note\", codec::<Note>()),), fallible::<Result<Note>, _>(codec())";
    for number in 0..steps {
        let _ = match shape {
            Shape::Ordered | Shape::Flows => writeln!(
                text,
                "definition.step(Step::new(\"step{number}\").{about}, {ports}, \
                 |workflow, _, (note,)| Box::pin(workflow.step{number}(note)));"
            ),
            Shape::Fields => writeln!(
                text,
                "definition.execute(Step::new(\"step{number}\").{about}, |workflow| &workflow.step{number});"
            ),
        };
    }
    let flows = flows(steps);
    if shape == Shape::Flows {
        for (place, (name, _)) in flows.iter().enumerate() {
            let register = if place == 0 { "flow" } else { "subflow" };
            let _ = writeln!(
                text,
                "definition.{register}(FlowSpec::new(\"{name}\"), {ports}, |flow, (note,)| Box::pin(Self::{name}(flow, note)));"
            );
        }
    } else {
        let input = if shape == Shape::Fields {
            "input"
        } else {
            "note"
        };
        let _ = write!(
            text,
            "definition.chain((param(\"{input}\", codec::<Note>()),), ["
        );
        for number in 0..steps {
            let _ = write!(text, "Link::new(\"step{number}\"), ");
        }
        text.push_str("]);\n");
    }
    text.push_str("definition.graph(&GRAPH);\n}\n}\n\nstatic GRAPH: Graph = Graph { flows: &[\n");
    let graphs = if shape == Shape::Flows {
        flows
    } else {
        let steps = (0..steps).map(|number| Call {
            method: "step",
            name: format!("step{number}"),
        });
        vec![("run".to_owned(), steps.collect())]
    };
    for (name, calls) in graphs {
        let _ = writeln!(text, "FlowGraph {{ name: \"{name}\", nodes: &[");
        for Call { method, name } in calls {
            let node = if method == "step" { "Step" } else { "Subflow" };
            let _ = writeln!(
                text,
                "Node::{node} {{ name: \"{name}\", at: Location::caller() }},"
            );
        }
        text.push_str("] },\n");
    }
    text.push_str("] };\n");
}
