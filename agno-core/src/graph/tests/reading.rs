use super::*;

#[test]
fn formats_are_read_and_written_by_name() {
    for format in GraphFormat::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    assert_eq!("SVG".parse(), Ok(GraphFormat::Svg));
    let unknown = "png\u{1b}"
        .parse::<GraphFormat>()
        .expect_err("it is wrong")
        .to_string();
    assert!(unknown.contains("`png\\u{1b}`"), "{unknown}");
    for format in GraphFormat::ALL {
        assert!(unknown.contains(format.name()), "{unknown}");
    }
}

#[test]
fn an_unreadable_part_hides_what_may_be_called() {
    assert_eq!(calls(&SAMPLE), None);
    const READABLE: Graph = Graph {
        flows: &[
            FlowGraph {
                name: "run",
                nodes: &[Node::Loop {
                    head: "loop",
                    body: &[Node::Parallel {
                        branches: &[&[step("search")], &[]],
                        at: AT,
                    }],
                }],
            },
            FlowGraph {
                name: "again",
                nodes: &[Node::Subflow {
                    name: "again",
                    at: AT,
                }],
            },
        ],
    };
    let called = calls(&READABLE).map(Vec::from_iter);
    assert_eq!(called, Some(vec!["search"]));
}

#[test]
fn a_branch_is_missed_when_none_of_its_steps_was_reached() {
    const SEARCH: &[Node] = &[step("search"), step("rank")];
    const RANK: &[Node] = &[step("rank")];
    const NO_STEPS: &[Node] = &[Node::End { text: "return" }];
    let path = half_a_run();
    assert!(!path.misses(SEARCH));
    assert!(path.misses(RANK));
    assert!(!path.misses(NO_STEPS));
    assert!(!RunPath::default().misses(RANK));
}

#[test]
fn a_graph_without_flows_is_drawn_too() {
    for format in GraphFormat::ALL {
        assert!(!render(&Graph::EMPTY, &RunPath::default(), format).is_empty());
    }
}

#[test]
fn every_flow_is_drawn_once() {
    const LONELY: Graph = Graph {
        flows: &[
            FlowGraph {
                name: "run",
                nodes: &[Node::Subflow {
                    name: "run",
                    at: AT,
                }],
            },
            FlowGraph {
                name: "never_called",
                nodes: &[step("a")],
            },
        ],
    };
    insta::assert_snapshot!(render(&LONELY, &RunPath::default(), GraphFormat::Text), @r"
    run
    └─ flow run (see there)
    never_called
    └─ a
    ");
}
