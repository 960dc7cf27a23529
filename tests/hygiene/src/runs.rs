//! What the cases are asked: does it run, and what does the registry know of it?

use durable::graph::Node;
use durable::{Result, Runtime, Workflow};

/// Runs a workflow in memory.
pub(crate) async fn run<W: Workflow>(workflow: W, input: W::Input) -> Result<W::Output> {
    let runtime = Runtime::builder().workflow(workflow).build().await?;
    let run = runtime.start::<W>(input).await?;
    let output = run.await?;
    Ok(output)
}

/// The names of its steps in the registry, and of those that stand in its graph.
pub(crate) async fn steps<W: Workflow>(workflow: W) -> Result<[Vec<String>; 2]> {
    let runtime = Runtime::builder().workflow(workflow).build().await?;
    let known = runtime
        .workflows()
        .into_iter()
        .flat_map(|workflow| workflow.steps);
    let known = known.map(|step| step.name).collect();
    let flows = runtime.graph(W::NAME)?.flows;
    let mut drawn = Vec::new();
    for flow in flows {
        names(flow.nodes, &mut drawn);
    }
    Ok([known, drawn])
}

fn names(nodes: &[Node], found: &mut Vec<String>) {
    for node in nodes {
        match node {
            Node::Step { name, .. } | Node::Subflow { name, .. } => found.push((*name).to_owned()),
            Node::If {
                then, otherwise, ..
            } => {
                names(then, found);
                names(otherwise, found);
            }
            Node::Match { arms, .. } => {
                for arm in *arms {
                    names(arm.body, found);
                }
            }
            Node::Loop { body, .. } | Node::Map { body, .. } => names(body, found),
            Node::Parallel { branches, .. } | Node::Race { branches, .. } => {
                for branch in *branches {
                    names(branch, found);
                }
            }
            _ => {}
        }
    }
}
