//! `flow` in a step.

use super::{errors, workflow};

fn step(params: &str, body: &str) -> Vec<String> {
    let item = format!(
        "impl A {{ #[step] async fn a(&self) -> Result<T> {{ x }}
         #[step] async fn b(&self{params}) -> Result<T> {{ {body} }}
         #[flow] async fn run(flow: &Flow<Self>) -> Result<T> {{ flow.a().await?; flow.b().await }} }}"
    );
    errors(workflow("", &item))
}

#[test]
fn a_step_has_no_flow() {
    for (body, part) in [
        (
            "flow.a().await",
            "call `a` in a `#[flow]` and hand its result to `b`",
        ),
        (
            "if x { let a = f(flow.a().await?); a } else { y }",
            "call `a` in",
        ),
        (
            "flow.say(\"now\"); x",
            "write `flow.say(..)` in the `#[flow]` that calls `b`",
        ),
        (
            "let now = flow.now(); flow.a().await",
            "write `flow.now(..)` in",
        ),
        ("flow.call::<Other>(x).await", "write `flow.call(..)` in"),
        (
            "flow.b().await",
            "make this one a flow: `#[flow] async fn b(",
        ),
    ] {
        let found = step("", body);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(
            found[0].starts_with("a step has no flow; "),
            "{body}: {found:?}"
        );
        assert!(found[0].contains(part), "{body}: {found:?}");
    }
}

#[test]
fn another_flow_is_another_thing() {
    for (params, body) in [
        ("", "let flow = water(); flow.say(1); x"),
        ("", "for flow in rivers { flow.now(); } x"),
        ("", "rivers.map(|flow| flow.now()); x"),
        ("", "self.flow.a().await"),
        ("", "river::flow.a()"),
        ("", "flow.level"),
        ("", "flow.rise(3)"),
        ("", "flow(3).now()"),
        (", flow: River", "flow.now(); x"),
    ] {
        assert_eq!(step(params, body), Vec::<String>::new(), "{body}");
    }
}
