//! Tests of the pictures, over one graph that has every kind of node.

mod pictures;
mod reading;

use std::panic::Location;

use super::*;

const AT: At = Location::caller();

const fn step(name: &'static str) -> Node {
    Node::Step { name, at: AT }
}

pub(crate) const SAMPLE: Graph = Graph {
    flows: &[
        FlowGraph {
            name: "run",
            nodes: &[
                step("search"),
                Node::If {
                    condition: "sources.len() > 3 && topic == \"<rust>\"",
                    then: &[step("rank")],
                    otherwise: &[Node::If {
                        condition: "sources\n    .is_empty()",
                        then: &[Node::End {
                            text: "bail!(\"no sources\")",
                        }],
                        otherwise: &[],
                    }],
                },
                Node::Loop {
                    head: "for _ in 0..3",
                    body: &[
                        Node::Map {
                            over: "sources",
                            body: &[step("read"), step("summarize")],
                            at: AT,
                        },
                        step("write"),
                        Node::Match {
                            on: "flow.judge(draft)",
                            arms: &[
                                Arm {
                                    pattern: "Verdict::Good(post)",
                                    body: &[
                                        Node::Subflow {
                                            name: "release",
                                            at: AT,
                                        },
                                        Node::End {
                                            text: "return Ok(url)",
                                        },
                                    ],
                                },
                                Arm {
                                    pattern: "Verdict::Redo(better)",
                                    body: &[],
                                },
                            ],
                        },
                    ],
                },
                Node::Parallel {
                    branches: &[&[step("check_links")], &[step("check_facts"), step("cite")]],
                    at: AT,
                },
                Node::Subflow {
                    name: "release",
                    at: AT,
                },
                Node::Opaque {
                    text: "helper(flow, draft)",
                },
            ],
        },
        FlowGraph {
            name: "release",
            nodes: &[
                Node::Race {
                    branches: &[
                        &[Node::Human {
                            kind: "confirm",
                            at: AT,
                        }],
                        &[Node::Sleep {
                            duration: "Duration::from_secs(3600)",
                            at: AT,
                        }],
                    ],
                    at: AT,
                },
                Node::Workflow {
                    name: "Newsletter",
                    at: AT,
                },
                Node::Subflow {
                    name: "release",
                    at: AT,
                },
            ],
        },
    ],
};

/// What a run did of it.
pub(crate) fn half_a_run() -> RunPath {
    let tally = |completed, cached, failed, running| StepTally {
        completed,
        cached,
        failed,
        running,
    };
    let steps = [
        ("search", tally(1, 0, 0, 0)),
        ("read", tally(3, 2, 0, 0)),
        ("summarize", tally(4, 0, 1, 0)),
        ("write", tally(0, 0, 0, 1)),
        ("cite", tally(0, 1, 0, 0)),
    ];
    RunPath {
        steps: steps
            .into_iter()
            .map(|(name, tally)| (name.to_owned(), tally))
            .collect(),
    }
}
