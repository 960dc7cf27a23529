//! What a flow's operations show of its branches and loops.

use std::borrow::Cow;

use agno_storage::{EventKind, Place};
use proptest::prelude::*;

use super::*;
use crate::graph::constructs::Constructs;

#[track_caller]
const fn here() -> At {
    Location::caller()
}

/// Places that differ, as those of the calls in a flow do.
#[rustfmt::skip]
static PLACES: [At; 48] = [
    here(), here(), here(), here(), here(), here(), here(), here(),
    here(), here(), here(), here(), here(), here(), here(), here(),
    here(), here(), here(), here(), here(), here(), here(), here(),
    here(), here(), here(), here(), here(), here(), here(), here(),
    here(), here(), here(), here(), here(), here(), here(), here(),
    here(), here(), here(), here(), here(), here(), here(), here(),
];

fn place(number: usize) -> Place {
    let at = PLACES[number];
    Place {
        file: Cow::Borrowed(at.file()),
        line: at.line(),
        column: at.column(),
    }
}

fn call(number: usize) -> Node {
    Node::Step {
        name: "step",
        at: PLACES[number],
    }
}

fn leak<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}

fn graph(nodes: Vec<Node>) -> &'static Graph {
    let flows = leak(vec![FlowGraph {
        name: "run",
        nodes: leak(nodes),
    }]);
    Box::leak(Box::new(Graph { flows }))
}

fn forever(head: &'static str, body: Vec<Node>) -> Node {
    Node::Loop {
        head,
        body: leak(body),
    }
}

fn either(condition: &'static str, then: Vec<Node>, otherwise: Vec<Node>) -> Node {
    Node::If {
        condition,
        then: leak(then),
        otherwise: leak(otherwise),
    }
}

fn short(event: &EventKind) -> String {
    match event {
        EventKind::BranchTaken {
            scope,
            construct,
            on,
            branch,
        } => format!("{scope}{construct} {on}: {branch}"),
        EventKind::LoopRound { scope, head, round } => format!("{scope}{head} {round}"),
        other => format!("{other:?}"),
    }
}

/// What each operation shows, one line for each.
fn walk(constructs: &mut Constructs, scope: &str, asked: &[usize]) -> Vec<String> {
    let lines = asked.iter().map(|number| {
        let events = constructs.asked(scope, "run", &place(*number));
        let events: Vec<_> = events.iter().map(short).collect();
        events.join(", ")
    });
    lines.collect()
}

#[test]
fn branches_are_told_when_they_are_entered_and_rounds_when_they_begin() {
    let mut constructs = Constructs::new(graph(vec![
        call(0),
        forever(
            "for a in b",
            vec![
                call(1),
                either("c", vec![call(2), call(3)], vec![call(4)]),
                Node::Match {
                    on: "d",
                    arms: leak(vec![Arm {
                        pattern: "Some(e)",
                        body: leak(vec![forever("while f", vec![call(5)])]),
                    }]),
                },
            ],
        ),
        call(6),
    ]));
    let asked = [0, 1, 2, 3, 1, 4, 5, 5, 1, 2, 6, 6];
    assert_eq!(
        walk(&mut constructs, "", &asked),
        [
            "",
            "for a in b 1",
            "if c: then",
            "",
            "for a in b 2",
            "if c: else",
            "match d: Some(e), while f 1",
            "while f 2",
            "for a in b 3",
            "if c: then",
            "",
            "",
        ]
    );
}

#[test]
fn nested_constructs_are_told_outermost_first_and_again_in_each_round() {
    let mut constructs = Constructs::new(graph(vec![forever(
        "loop",
        vec![either(
            "a",
            vec![either("b", vec![call(0)], vec![])],
            vec![call(1)],
        )],
    )]));
    assert_eq!(
        walk(&mut constructs, "", &[0, 0, 1, 0]),
        [
            "loop 1, if a: then, if b: then",
            "loop 2, if a: then, if b: then",
            // From one branch to the other there is no way but around.
            "loop 3, if a: else",
            "loop 4, if a: then, if b: then",
        ]
    );
}

#[test]
fn a_loop_that_is_entered_anew_counts_anew() {
    let inner = forever("inner", vec![call(1)]);
    let mut constructs = Constructs::new(graph(vec![forever("outer", vec![call(0), inner])]));
    assert_eq!(
        walk(&mut constructs, "", &[0, 1, 1, 0, 1]),
        ["outer 1", "inner 1", "inner 2", "outer 2", "inner 1"]
    );
}

#[test]
fn the_parts_of_a_container_are_one_round() {
    let parallel = Node::Parallel {
        branches: leak(vec![leak(vec![call(0)]), leak(vec![call(1)])]),
        at: PLACES[2],
    };
    let mut constructs = Constructs::new(graph(vec![forever("loop", vec![parallel])]));
    assert_eq!(
        walk(&mut constructs, "", &[0, 1, 2, 0, 1, 2]),
        ["loop 1", "", "", "loop 2", "", ""]
    );
}

#[test]
fn scopes_are_followed_each_on_its_own() {
    let body = vec![either("long", vec![call(1)], vec![call(2)])];
    let map = Node::Map {
        over: "items",
        body: leak(body),
        at: PLACES[0],
    };
    let mut constructs = Constructs::new(graph(vec![forever("loop", vec![map])]));
    assert_eq!(walk(&mut constructs, "", &[0]), ["loop 1"]);
    // The loop is not entered once more for each item.
    for (scope, number, told) in [
        ("map#0[0]/", 1, "map#0[0]/if long: then"),
        ("map#0[1]/", 2, "map#0[1]/if long: else"),
        ("map#0[1]/", 2, ""),
    ] {
        assert_eq!(walk(&mut constructs, scope, &[number]), [told]);
    }
    constructs.forget("map#0[1]/");
    assert_eq!(walk(&mut constructs, "map#0[0]/", &[1]), [""]);
    assert_eq!(
        walk(&mut constructs, "map#0[1]/", &[2]),
        ["map#0[1]/if long: else"]
    );
    assert_eq!(walk(&mut constructs, "", &[0]), ["loop 2"]);
    constructs.forget("");
    assert_eq!(walk(&mut constructs, "", &[0]), ["loop 1"]);
    assert_eq!(walk(&mut constructs.fresh(), "", &[0]), ["loop 1"]);
}

#[test]
fn what_the_graph_does_not_know_says_nothing() {
    let nodes = vec![
        forever("loop", vec![call(0), call(1)]),
        // A macro may have written both at one place.
        either("a", vec![call(2)], vec![call(2)]),
    ];
    let mut constructs = Constructs::new(graph(nodes));
    assert_eq!(
        walk(&mut constructs, "", &[0, 9, 1, 2, 0]),
        ["loop 1", "", "", "", "loop 2"]
    );
    let elsewhere = Place {
        file: Cow::Borrowed("elsewhere.rs"),
        ..place(0)
    };
    assert_eq!(constructs.asked("", "run", &elsewhere), []);
    assert_eq!(constructs.asked("", "another", &place(0)), []);
    let mut none = Constructs::new(&Graph::EMPTY);
    assert_eq!(none.asked("", "run", &place(0)), []);
}

/// The shape of a flow, before its operations have places.
#[derive(Clone, Debug)]
enum Shape {
    Call,
    If(Vec<Shape>, Vec<Shape>),
    Match(Vec<Vec<Shape>>),
    Loop(Vec<Shape>),
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let leaf = Just(Shape::Call);
    let shape = leaf.prop_recursive(4, 24, 3, |inner| {
        let some = prop::collection::vec(inner, 0..3);
        prop_oneof![
            Just(Shape::Call),
            (some.clone(), some.clone()).prop_map(|(then, other)| Shape::If(then, other)),
            prop::collection::vec(some.clone(), 1..3).prop_map(Shape::Match),
            some.prop_map(Shape::Loop),
        ]
    });
    prop::collection::vec(shape, 1..4)
}

/// Gives every operation a place and every construct a text of its own.
#[derive(Default)]
struct Placing {
    calls: usize,
    texts: usize,
}

impl Placing {
    fn text(&mut self) -> &'static str {
        self.texts += 1;
        format!("c{}", self.texts).leak()
    }

    fn call(&mut self) -> Node {
        self.calls += 1;
        call((self.calls - 1) % PLACES.len())
    }

    fn nodes(&mut self, shapes: &[Shape]) -> Vec<Node> {
        shapes.iter().map(|shape| self.node(shape)).collect()
    }

    fn node(&mut self, shape: &Shape) -> Node {
        match shape {
            Shape::Call => self.call(),
            Shape::If(then, otherwise) => {
                either(self.text(), self.nodes(then), self.nodes(otherwise))
            }
            Shape::Match(arms) => {
                let on = self.text();
                let arms = arms.iter().map(|body| Arm {
                    pattern: self.text(),
                    body: leak(self.nodes(body)),
                });
                Node::Match {
                    on,
                    arms: leak(arms.collect()),
                }
            }
            // Every round is seen: its first operation is always asked for.
            Shape::Loop(body) => {
                let mut nodes = vec![self.call()];
                let head = self.text();
                nodes.extend(self.nodes(body));
                forever(head, nodes)
            }
        }
    }
}

/// Runs a flow by dice and says what it asked for, each operation with what it must show.
struct Walker<'a> {
    dice: std::iter::Cycle<std::slice::Iter<'a, u8>>,
    asked: Vec<(At, Vec<String>)>,
    /// Entered, and not shown by an operation yet.
    pending: Vec<String>,
}

impl Walker<'_> {
    fn roll(&mut self, ways: usize) -> usize {
        usize::from(*self.dice.next().expect("there are dice")) % ways
    }

    fn branch(&mut self, told: String, body: &'static [Node]) {
        let before = self.pending.len();
        self.pending.push(told);
        self.nodes(body);
        // Nothing was asked for in it.
        self.pending.truncate(before);
    }

    fn nodes(&mut self, nodes: &'static [Node]) {
        for node in nodes {
            match node {
                Node::Step { at, .. } => {
                    let shown = std::mem::take(&mut self.pending);
                    self.asked.push((at, shown));
                }
                Node::If {
                    condition,
                    then,
                    otherwise,
                } => match self.roll(2) {
                    0 => self.branch(format!("if {condition}: then"), then),
                    _ => self.branch(format!("if {condition}: else"), otherwise),
                },
                Node::Match { on, arms } => {
                    let arm = &arms[self.roll(arms.len())];
                    self.branch(format!("match {on}: {}", arm.pattern), arm.body);
                }
                Node::Loop { head, body } => {
                    for round in 1..=self.roll(4) {
                        self.branch(format!("{head} {round}"), body);
                    }
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #[test]
    fn a_walk_shows_what_was_walked(shapes in shapes(), dice in prop::collection::vec(any::<u8>(), 1..40)) {
        let mut placing = Placing::default();
        let graph = graph(placing.nodes(&shapes));
        prop_assume!(placing.calls <= PLACES.len());
        let mut walker = Walker { dice: dice.iter().cycle(), asked: Vec::new(), pending: Vec::new() };
        walker.nodes(graph.flows[0].nodes);
        let mut constructs = Constructs::new(graph);
        for (at, expected) in walker.asked {
            let place = Place { file: at.file().into(), line: at.line(), column: at.column() };
            let shown = constructs.asked("", "run", &place);
            let shown: Vec<String> = shown.iter().map(short).collect();
            prop_assert_eq!(shown, expected);
        }
    }

    /// Also in walks that no flow could make.
    #[test]
    fn rounds_have_no_gaps_and_branches_are_told_on_entry(
        shapes in shapes(),
        asked in prop::collection::vec(0..PLACES.len(), 0..80),
    ) {
        let mut placing = Placing::default();
        let mut constructs = Constructs::new(graph(placing.nodes(&shapes)));
        let mut rounds = std::collections::HashMap::new();
        let mut last: Option<usize> = None;
        for number in asked {
            let events = constructs.asked("", "run", &place(number));
            let mut turned = false;
            for event in &events {
                match event {
                    EventKind::LoopRound { head, round, .. } => {
                        turned = true;
                        let before = rounds.insert(head.clone(), *round).unwrap_or(0);
                        prop_assert!(*round == 1 || *round == before + 1, "{} after {}", round, before);
                    }
                    EventKind::BranchTaken { .. } => {
                        prop_assert!(turned || last != Some(number), "{:?}", events);
                    }
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            last = Some(number);
        }
    }
}
