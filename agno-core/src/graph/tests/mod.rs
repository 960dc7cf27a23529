//! Tests of the pictures, over one graph that has every kind of node.

mod constructs;
mod journal;
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

/// What a run did of it, known by name.
pub(crate) fn half_a_run() -> RunPath {
    let none = Tally::default();
    let steps = [
        (
            "search",
            Tally {
                completed: 1,
                ..none
            },
        ),
        (
            "read",
            Tally {
                completed: 3,
                cached: 2,
                ..none
            },
        ),
        (
            "summarize",
            Tally {
                completed: 4,
                failed: 1,
                ..none
            },
        ),
        ("write", Tally { running: 1, ..none }),
        ("cite", Tally { cached: 1, ..none }),
    ];
    RunPath {
        is_shown: true,
        named: steps
            .into_iter()
            .map(|(name, tally)| (name.to_owned(), tally))
            .collect(),
        ..RunPath::default()
    }
}
